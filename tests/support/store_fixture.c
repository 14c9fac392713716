/**
 * store_fixture.c: making stores for tests, and short forms of what tests do with them.
 */
#include "support/store_fixture.h"

#include "support/postgres.h"

#include "base/file.h"
#include "base/memory.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void store_folder_make(char *ret_folder, size_t size)
{
    const char *root = getenv("TMPDIR");
    if (!root || strlen(root) > 30)
        root = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"; // a sync costs nothing there
    snprintf(ret_folder, size, "%s/caviar-test-XXXXXX", root);
    assert_non_null(mkdtemp(ret_folder));
}

cav_space *store_space_new(void)
{
    static const caviar_value acts[] = {
        {.kind = CAVIAR_KIND_TEXT, .text = "sgd"},
        {.kind = CAVIAR_KIND_TEXT, .text = "adam"},
        {.kind = CAVIAR_KIND_TEXT, .text = "a \"quoted\" \\ back\nslash\tand 'more'"},
        {.kind = CAVIAR_KIND_TEXT, .text = "\xe2\x98\x83 \xf0\x9f\x90\xbc {}:,"},
        {.kind = CAVIAR_KIND_TEXT, .text = ""},
        {.kind = CAVIAR_KIND_INT, .integer = 16},
        {.kind = CAVIAR_KIND_REAL, .real = 0.5},
        {.kind = CAVIAR_KIND_BOOL, .truth = true},
    };
    static const caviar_condition when_adam = {.parent = "act", .values = &acts[1], 1};
    const caviar_parameter parameters[STORE_PARAMS] = {
        {.name = "x", .low = -1e300, .high = 1e300},
        {.name = "units", .type = CAVIAR_TYPE_INT, .low = 0, .high = 1099511627776},
        {.name = "act", .type = CAVIAR_TYPE_CATEGORICAL, .choices = acts, .choice_count = 8},
        {.name = "beta", .low = 0, .high = 1, .when = &when_adam, .when_count = 1},
        {.name = "big", .scale = CAVIAR_SCALE_LOG, .low = 1e-300, .high = 1e300},
    };
    cav_error error = {0};
    cav_space *space = caviar_space_new();
    assert_non_null(space);
    for (size_t i = 0; i < STORE_PARAMS; i++)
        assert_ok(cav_space_add(space, &parameters[i], &error), &error);
    return space;
}

void store_raw(double x, double *ret_raw)
{
    bool adam = fmod(fabs(x), 2) == 1;
    ret_raw[0] = x;
    ret_raw[1] = floor(fmod(fabs(x), 1e9));
    ret_raw[2] = adam ? 1 : 0;
    ret_raw[3] = adam ? 0.25 : (double)NAN;
    ret_raw[4] = 1;
}

// The URL of a store that needs one, "" for memory, else a path; NULL if it cannot be tested here.
static const char *place_of(const cav_store_type *type, const char *path)
{
    if (type->owns("memory:"))
        return "memory:";
    if (type->owns(path))
        return path;
    char variable[64] = "CAVIAR_TEST_";
    size_t length = strlen(variable);
    for (const char *c = type->name; *c && length < sizeof variable - 1; c++)
        variable[length++] = (char)toupper((unsigned char)*c);
    return getenv(variable);
}

cav_store *store_fixture_open(store_fixture *at, bool read_only)
{
    cav_store *store = NULL;
    cav_store_options options = {.location = at->location,
                                 .clock = &at->clock.clock,
                                 .create = !read_only,
                                 .read_only = read_only};
    assert_ok(at->type->open(&options, &store, &at->error), &at->error);
    assert_ptr_equal(store->type, at->type);
    return store;
}

void store_fixture_reopen(store_fixture *at)
{
    if (!at->persists)
        return;
    cav_store_close(at->store);
    at->store = store_fixture_open(at, false);
}

cav_scope store_study_add(store_fixture *at, const char *name)
{
    static const char *const metrics[STORE_METRICS] = {"loss", "time"};
    cav_scope scope = {
        .space = at->space, .metrics = metrics, .metric_count = STORE_METRICS, .study = -1};
    assert_ok(at->type->study_add(at->store, name, "{}", &scope.study, &at->error), &at->error);
    return scope;
}

store_fixture *store_fixture_new(const cav_store_type *type)
{
    store_fixture *at = calloc(1, sizeof *at);
    assert_non_null(at);
    at->type = type;
    at->clock = cav_manual_clock_at(STORE_START_MS);
    store_folder_make(at->folder, sizeof at->folder);
    char path[128];
    snprintf(path, sizeof path, "%s/store.db", at->folder);
    const char *place = place_of(type, path);
    at->persists = place && strcmp(place, "memory:") != 0;
    if (!place) {
        store_fixture_free(at);
        return NULL;
    }
    at->is_on_server = type == &cav_store_postgresql;
    if (at->is_on_server)
        postgres_schema_make(place, at->location, sizeof at->location);
    else
        snprintf(at->location, sizeof at->location, "%s", place);
    at->space = store_space_new();
    at->store = store_fixture_open(at, false);
    at->scope = store_study_add(at, "study");
    at->study = at->scope.study;
    return at;
}

void store_fixture_free(store_fixture *at)
{
    cav_store_close(at->store);
    if (at->is_on_server)
        postgres_schema_remove(at->location);
    caviar_space_free(at->space);
    cav_folder_remove(at->folder, NULL);
    free(at);
}

static int set_up(void **state)
{
    const cav_store_type *type = *state;
    *state = store_fixture_new(type);
    return 0;
}

static int tear_down(void **state)
{
    if (*state)
        store_fixture_free(*state);
    return 0;
}

store_fixture *store_fixture_of(void **state)
{
    if (!*state)
        skip();
    return *state;
}

int store_suite_run(const char *name, const struct CMUnitTest *tests, size_t count)
{
    size_t all = count * cav_store_count;
    struct CMUnitTest *product = calloc(all, sizeof *product);
    char(*names)[128] = calloc(all, sizeof *names);
    if (!product || !names)
        return 1;
    for (size_t i = 0; i < all; i++) {
        const cav_store_type *type = cav_stores[i / count];
        product[i] = tests[i % count];
        snprintf(names[i], sizeof names[i], "%s: %s", type->name, product[i].name);
        product[i].name = names[i];
        product[i].setup_func = set_up;
        product[i].teardown_func = tear_down;
        product[i].initial_state = (void *)(uintptr_t)type;
    }
    int failed = _cmocka_run_group_tests(name, product, all, NULL, NULL);
    free(names);
    free(product);
    return failed;
}

int64_t store_add(store_fixture *at, double x, caviar_state state)
{
    double raw[STORE_PARAMS];
    store_raw(x, raw);
    cav_record record = {.state = state, .raw = raw, .step = -1, .origin = "test", .owner = "me"};
    int64_t number = -1;
    assert_ok(at->type->trial_add(at->store, &at->scope, &record,
                                  &(cav_insert){.expected = -1, .lease_ms = 1000}, &number,
                                  &at->error),
              &at->error);
    return number;
}

caviar_code store_claim_as(store_fixture *at, const cav_claim *claim, int64_t *ret_number)
{
    cav_error_clear(&at->error);
    return at->type->trial_claim(at->store, &at->scope, claim, ret_number, &at->error);
}

int64_t store_claim(store_fixture *at, int64_t number, const char *owner)
{
    int64_t taken = -1;
    cav_claim claim = {.number = number, .owner = owner, .lease_ms = 1000, .most_failures = 100};
    caviar_code code = store_claim_as(at, &claim, &taken);
    if (code != CAVIAR_NOT_FOUND)
        assert_ok(code, &at->error);
    return taken;
}

caviar_code store_move(store_fixture *at, int64_t number, int64_t attempt, caviar_state to,
                       double value)
{
    double values[STORE_METRICS] = {value, NAN};
    bool fails = to == CAVIAR_STATE_FAILED;
    cav_move move = {.number = number,
                     .attempt = attempt,
                     .to = to,
                     .reason = fails ? CAVIAR_REASON_EXIT : CAVIAR_REASON_NONE,
                     .values = isnan(value) ? NULL : values};
    cav_error_clear(&at->error);
    return at->type->trial_move(at->store, &at->scope, &move, &at->error);
}

caviar_code store_report(store_fixture *at, int64_t number, int64_t attempt, int64_t step,
                         double value)
{
    caviar_metric metric = {"loss", value};
    cav_report report = {
        .number = number, .attempt = attempt, .step = step, .metrics = &metric, .metric_count = 1};
    cav_error_clear(&at->error);
    return at->type->report_add(at->store, &at->scope, &report, 1000, &at->error);
}

static const char *copy_text(const char *text)
{
    char *copy = strdup(text);
    assert_non_null(copy);
    return copy;
}

static const double *copy_numbers(const double *numbers, size_t count)
{
    double *copy = malloc(count * sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, numbers, count * sizeof *copy);
    return copy;
}

static cav_record copy_row(const cav_record *record)
{
    cav_record copy = *record;
    copy.raw = copy_numbers(record->raw, STORE_PARAMS);
    copy.values = copy_numbers(record->values, STORE_METRICS);
    copy.origin = copy_text(record->origin);
    copy.owner = copy_text(record->owner);
    copy.message = copy_text(record->message);
    copy.output = copy_text(record->output);
    return copy;
}

static caviar_code keep_row(void *context, const cav_record *record, cav_error *error)
{
    (void)error;
    store_rows *rows = context;
    assert_true(CAV_GROW(&rows->rows, &rows->capacity, rows->count + 1));
    rows->rows[rows->count++] = copy_row(record);
    return CAVIAR_OK;
}

store_rows store_read_from(cav_store *store, const cav_scope *scope, int64_t *cursor)
{
    store_rows rows = {0};
    cav_error error = {0};
    assert_ok(store->type->trial_read(store, scope, cursor, keep_row, &rows, &error), &error);
    return rows;
}

store_rows store_read(store_fixture *at, int64_t *cursor)
{
    return store_read_from(at->store, &at->scope, cursor);
}

void store_row_free(cav_record *row)
{
    const void *parts[] = {row->raw,   row->values,  row->origin,
                           row->owner, row->message, row->output};
    for (size_t i = 0; i < CAV_COUNT_OF(parts); i++)
        free((void *)(uintptr_t)parts[i]);
}

void store_rows_free(store_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        store_row_free(&rows->rows[i]);
    free(rows->rows);
}

cav_record store_row(store_fixture *at, int64_t number)
{
    int64_t cursor = 0;
    store_rows rows = store_read(at, &cursor);
    cav_record found = {.number = -1};
    for (size_t i = 0; i < rows.count; i++)
        if (rows.rows[i].number == number)
            found = copy_row(&rows.rows[i]);
    store_rows_free(&rows);
    assert_int_equal(found.number, number);
    return found;
}

void store_assert_state(store_fixture *at, int64_t number, caviar_state state, int64_t attempt)
{
    cav_record row = store_row(at, number);
    assert_string_equal(caviar_state_name(row.state), caviar_state_name(state));
    assert_int_equal(row.attempt, attempt);
    store_row_free(&row);
}

static void complain(void *context, const char *problem)
{
    (void)context;
    fail_msg("the check found: %s", problem);
}

void store_assert_sound(cav_store *store)
{
    cav_error error = {0};
    assert_ok(store->type->check(store, complain, NULL, &error), &error);
}
