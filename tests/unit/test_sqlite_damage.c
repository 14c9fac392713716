/**
 * test_sqlite_damage.c: a store file with damage in it. Whatever was done to the bytes: no crash,
 * nothing is written once the damage was seen, and the check says that there is some.
 *
 * The file is made once, with every kind of row in it; each test damages copies.
 */
#include "support/store_fixture.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/random.h"
#include "store/sqlite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGE = 4096, TRIALS = 300, SEED = 77 };

typedef struct damage {
    store_fixture *store;
    cav_text whole; // bytes of the file, closed and in order
    char path[128], log[140], shm[140];
    cav_error error;
    size_t problems;         // what the check found
    size_t touched;          // keeps the compiler from dropping the reading
    cav_text seen, log_seen; // the bytes when the damage was first seen
    bool was_seen;
} damage;

static void fill_store(store_fixture *at)
{
    assert_ok(at->type->begin(at->store, &at->error), &at->error);
    for (int i = 0; i < TRIALS; i++) {
        int64_t number = store_add(at, i, i % 7 ? CAVIAR_STATE_RUNNING : CAVIAR_STATE_WAITING);
        for (int64_t step = 0; i % 7 && step < 3; step++)
            assert_ok(store_report(at, number, 1, step, i), &at->error);
        if (i % 7 > 1)
            assert_ok(
                store_move(at, number, 1, i % 3 ? CAVIAR_STATE_COMPLETE : CAVIAR_STATE_FAILED, i),
                &at->error);
    }
    assert_ok(at->type->commit(at->store, &at->error), &at->error);
}

static int set_up(void **state)
{
    damage *at = calloc(1, sizeof *at);
    assert_non_null(at);
    at->store = store_fixture_new(&cav_store_sqlite);
    fill_store(at->store);
    cav_store_close(at->store->store);
    at->store->store = NULL;
    snprintf(at->path, sizeof at->path, "%s/damaged.db", at->store->folder);
    snprintf(at->log, sizeof at->log, "%s-wal", at->path);
    snprintf(at->shm, sizeof at->shm, "%s-shm", at->path);
    assert_ok(cav_file_read(at->store->location, 1 << 26, &at->whole, &at->error), &at->error);
    assert_true(at->whole.size > 20 * PAGE);
    *state = at;
    return 0;
}

static int tear_down(void **state)
{
    damage *at = *state;
    cav_text_free(&at->whole);
    store_fixture_free(at->store);
    free(at);
    return 0;
}

static void put_file(damage *at, const char *bytes, size_t size)
{
    unlink(at->log);
    unlink(at->shm);
    assert_ok(cav_file_replace(at->path, bytes, size, &at->error), &at->error);
    at->was_seen = false;
    at->problems = 0;
}

static cav_text bytes_of(const char *path)
{
    cav_text bytes = {0};
    if (access(path, F_OK) == 0)
        assert_int_equal(cav_file_read(path, 1 << 26, &bytes, NULL), CAVIAR_OK);
    return bytes;
}

// Remembers the bytes when a call says for the first time that the file is damaged.
static void note(damage *at, caviar_code code)
{
    if (code != CAVIAR_CORRUPT || at->was_seen)
        return;
    at->was_seen = true;
    at->seen = bytes_of(at->path);
    at->log_seen = bytes_of(at->log);
}

static void expect_same_bytes(const char *path, cav_text *before)
{
    cav_text after = bytes_of(path);
    assert_int_equal(after.size, before->size);
    if (after.size)
        assert_memory_equal(after.data, before->data, after.size);
    cav_text_free(&after);
    cav_text_free(before);
}

static caviar_code touch_study(void *context, const cav_study_row *row, cav_error *error)
{
    (void)error;
    ((damage *)context)->touched += strlen(row->name) + strlen(row->definition);
    return CAVIAR_OK;
}

static caviar_code touch_record(void *context, const cav_record *record, cav_error *error)
{
    (void)error;
    damage *at = context;
    at->touched += strlen(record->origin) + strlen(record->owner) + strlen(record->message);
    for (size_t i = 0; i < STORE_PARAMS; i++)
        at->touched += isnan(record->raw[i]) ? 1 : 0;
    assert_true(record->number >= 0 && (size_t)record->state < 6);
    assert_true(isnan(record->raw[2]) || (record->raw[2] >= 0 && record->raw[2] < 8));
    return CAVIAR_OK;
}

static caviar_code touch_report(void *context, const cav_report *report, cav_error *error)
{
    (void)error;
    for (size_t i = 0; i < report->metric_count; i++)
        ((damage *)context)->touched += strlen(report->metrics[i].name);
    assert_true(report->number >= 0);
    return CAVIAR_OK;
}

static void count_problem(void *context, const char *problem)
{
    damage *at = context;
    at->problems++;
    at->touched += strlen(problem);
}

static void read_all(damage *at, cav_store *store, const cav_scope *scope)
{
    int64_t cursor = 0, first = 0, one = 0;
    cav_text output = {0};
    cav_control control;
    note(at, store->type->study_read(store, NULL, touch_study, at, &at->error));
    note(at, store->type->study_control(store, scope->study, &control, NULL, &at->error));
    note(at, store->type->trial_read(store, scope, &cursor, touch_record, at, &at->error));
    note(at, store->type->report_read(store, scope, -1, &first, touch_report, at, &at->error));
    note(at, store->type->report_read(store, scope, 5, &one, touch_report, at, &at->error));
    note(at, store->type->output_read(store, scope, 6, &output, &at->error));
    cav_text_free(&output);
}

static void write_some(damage *at, cav_store *store, const cav_scope *scope)
{
    double raw[STORE_PARAMS];
    store_raw(7, raw);
    cav_record record = {.state = CAVIAR_STATE_RUNNING, .raw = raw, .step = -1};
    cav_insert insert = {.expected = -1};
    cav_claim claim = {.number = -1, .owner = "me", .lease_ms = 1000, .most_failures = 1};
    int64_t number = 0, claimed = 0;
    note(at, store->type->trial_add(store, scope, &record, &insert, &number, &at->error));
    note(at, store->type->trial_claim(store, scope, &claim, &claimed, &at->error));
    cav_move move = {.number = claimed, .attempt = 1, .to = CAVIAR_STATE_COMPLETE};
    note(at, store->type->trial_move(store, scope, &move, &at->error));
    note(at, store->type->sync(store, &at->error));
}

// Everything that can be done with a store; answers whether anybody noticed the damage.
static bool use_damaged(damage *at)
{
    cav_store *store = NULL;
    caviar_code code =
        cav_store_open(&(cav_store_options){.location = at->path}, &store, &at->error);
    note(at, code);
    if (!code) {
        read_all(at, store, &at->store->scope);
        write_some(at, store, &at->store->scope);
        code = store->type->check(store, count_problem, at, &at->error);
        assert_true(code == CAVIAR_OK || code == CAVIAR_IO || code == CAVIAR_NOMEM);
        if (at->was_seen && at->problems == 0 && code == CAVIAR_OK)
            fail_msg("damage was seen, and the check found nothing: %s", at->error.message);
        write_some(at, store, &at->store->scope);
        cav_store_close(store);
    }
    if (at->was_seen) {
        expect_same_bytes(at->path, &at->seen);
        expect_same_bytes(at->log, &at->log_seen);
    }
    return code != CAVIAR_OK || at->was_seen || at->problems > 0;
}

static char *copy_whole(const damage *at)
{
    char *copy = malloc(at->whole.size);
    assert_non_null(copy);
    memcpy(copy, at->whole.data, at->whole.size);
    return copy;
}

static void test_the_file_is_sound_before(void **state)
{
    damage *at = *state;
    put_file(at, at->whole.data, at->whole.size);
    assert_false(use_damaged(at));
}

static void test_flipped_bits_do_no_harm(void **state)
{
    damage *at = *state;
    print_message("# seed %d\n", SEED);
    int noticed = 0;
    for (uint64_t round = 0; round < 200; round++) {
        cav_random random = cav_random_stream(SEED, round, CAV_PURPOSE_TEST, 0);
        char *bytes = copy_whole(at);
        uint64_t flips = 1 + cav_random_below(&random, round % 2 ? 4 : 64);
        for (uint64_t i = 0; i < flips; i++)
            bytes[cav_random_below(&random, at->whole.size)] ^=
                (char)(1 << cav_random_below(&random, 8));
        put_file(at, bytes, at->whole.size);
        noticed += use_damaged(at);
        free(bytes);
    }
    print_message("# noticed in %d of 200\n", noticed);
    assert_true(noticed > 100); // many bits lie in free space, or in a number or a text
}

// The header of each page is where damage does most.
static void test_damaged_page_headers_are_noticed(void **state)
{
    damage *at = *state;
    for (size_t page = 0; page < at->whole.size / PAGE; page++) {
        char *bytes = copy_whole(at);
        memset(bytes + page * PAGE + (page == 0 ? 100 : 0), 0x5a, 12);
        put_file(at, bytes, at->whole.size);
        if (!use_damaged(at))
            fail_msg("page %zu", page);
        free(bytes);
    }
}

static void test_pages_of_zeros_or_of_another_place_are_noticed(void **state)
{
    damage *at = *state;
    size_t pages = at->whole.size / PAGE;
    for (size_t page = 1; page < pages; page++) {
        for (int way = 0; way < 2; way++) {
            char *bytes = copy_whole(at);
            if (way == 0)
                memset(bytes + page * PAGE, 0, PAGE);
            else
                memcpy(bytes + page * PAGE, at->whole.data + (page % (pages - 1) + 1) * PAGE, PAGE);
            bool is_damage =
                memcmp(bytes, at->whole.data, at->whole.size) != 0; // empty ones are alike
            put_file(at, bytes, at->whole.size);
            if (is_damage && !use_damaged(at))
                fail_msg("page %zu, way %d", page, way);
            free(bytes);
        }
    }
}

static void test_a_file_that_was_cut_is_noticed(void **state)
{
    damage *at = *state;
    for (size_t size = 1; size < at->whole.size; size += size < PAGE ? 511 : 5000) {
        put_file(at, at->whole.data, size);
        if (!use_damaged(at))
            fail_msg("cut after %zu bytes", size);
    }
}

static void change_file(damage *at, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(at->path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

// Damage that SQLite cannot see, as the tables themselves are in order.
static void test_rows_that_make_no_sense_are_noticed(void **state)
{
    damage *at = *state;
    static const char *const changes[] = {
        "UPDATE trials SET state = 'runnimg' WHERE number = 3",
        "UPDATE trials SET reason = 'whim' WHERE number = 6",
        "UPDATE trials SET params = 'no object' WHERE number = 3",
        "UPDATE trials SET params = '{\"x\":1' WHERE number = 3",
        "UPDATE trials SET params = '[1]' WHERE number = 3",
        "UPDATE trials SET metrics = '' WHERE number = 3",
        "UPDATE trials SET metrics = '{\"loss\":}' WHERE number = 3",
        "UPDATE trials SET number = -1 WHERE number = 3",
        "UPDATE trials SET number = 4000000000000000000 WHERE number = 3",
        "UPDATE trials SET number = 1000 WHERE number = 299",
        "DELETE FROM trials WHERE number = 3",
        "UPDATE reports SET number = -5 WHERE id = 3",
        "UPDATE reports SET number = 5000000 WHERE id = 3",
        "UPDATE reports SET metrics = '{' WHERE id = 3",
        "UPDATE reports SET metrics = '[1,2]' WHERE id = 3",
        "UPDATE studies SET control = 'wlak'",
        "UPDATE studies SET trials = 7",
        "UPDATE studies SET imported = 7",
        "UPDATE studies SET changes = 7",
        "UPDATE studies SET definition = '{'",
        "DROP TABLE reports",
        "DROP INDEX trials_by_state",
    };
    for (size_t i = 0; i < CAV_COUNT_OF(changes); i++) {
        put_file(at, at->whole.data, at->whole.size);
        change_file(at, changes[i]);
        if (!use_damaged(at))
            fail_msg("%s", changes[i]);
    }
}

static void test_parameters_of_the_wrong_kind_are_refused(void **state)
{
    damage *at = *state;
    static const char *const params[] = {"{\"x\":1,\"units\":1e300,\"act\":\"sgd\"}",
                                         "{\"x\":1,\"units\":0.5,\"act\":\"sgd\"}",
                                         "{\"x\":1,\"units\":\"3\",\"act\":\"sgd\"}"};
    for (size_t i = 0; i < CAV_COUNT_OF(params); i++) {
        char sql[200];
        snprintf(sql, sizeof sql, "UPDATE trials SET params = '%s' WHERE number = 3", params[i]);
        put_file(at, at->whole.data, at->whole.size);
        change_file(at, sql);
        cav_store *store = NULL;
        assert_ok(cav_store_open(&(cav_store_options){.location = at->path}, &store, &at->error),
                  &at->error);
        int64_t cursor = 0;
        assert_int_equal(store->type->trial_read(store, &at->store->scope, &cursor, touch_record,
                                                 at, &at->error),
                         CAVIAR_INVALID);
        assert_contains(at->error.message, "trial 3: parameter 'units'");
        assert_int_equal(cursor, 0);
        cav_store_close(store);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_file_is_sound_before),
        cmocka_unit_test(test_flipped_bits_do_no_harm),
        cmocka_unit_test(test_damaged_page_headers_are_noticed),
        cmocka_unit_test(test_pages_of_zeros_or_of_another_place_are_noticed),
        cmocka_unit_test(test_a_file_that_was_cut_is_noticed),
        cmocka_unit_test(test_rows_that_make_no_sense_are_noticed),
        cmocka_unit_test(test_parameters_of_the_wrong_kind_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
