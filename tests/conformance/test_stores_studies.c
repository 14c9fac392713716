/**
 * test_stores_studies.c: what every store does with studies.
 */
#include "support/store_fixture.h"

#include <stdio.h>
#include <string.h>

typedef struct study_list {
    char names[8][32], definitions[8][64];
    int64_t ids[8], created_ms[8], counts[8][6];
    cav_control controls[8];
    size_t count;
} study_list;

static caviar_code keep_study(void *context, const cav_study_row *row, cav_error *error)
{
    (void)error;
    study_list *list = context;
    size_t i = list->count++;
    assert_true(i < 8);
    snprintf(list->names[i], sizeof list->names[i], "%s", row->name);
    snprintf(list->definitions[i], sizeof list->definitions[i], "%s", row->definition);
    memcpy(list->counts[i], row->counts, sizeof row->counts);
    list->ids[i] = row->id;
    list->created_ms[i] = row->created_ms;
    list->controls[i] = row->control;
    return CAVIAR_OK;
}

static study_list read_studies(store_fixture *at, const char *name)
{
    study_list list = {0};
    assert_ok(at->type->study_read(at->store, name, keep_study, &list, &at->error), &at->error);
    return list;
}

static int64_t add_study(store_fixture *at, const char *name, const char *definition)
{
    int64_t id = -1;
    assert_ok(at->type->study_add(at->store, name, definition, &id, &at->error), &at->error);
    return id;
}

static void test_a_study_is_read_as_it_was_added(void **state)
{
    store_fixture *at = store_fixture_of(state);
    at->clock.now_ms = STORE_START_MS + 5;
    int64_t id = add_study(at, "mnist", "{\"seed\":1}");
    store_fixture_reopen(at);
    study_list list = read_studies(at, "mnist");
    assert_int_equal(list.count, 1);
    assert_int_equal(list.ids[0], id);
    assert_string_equal(list.names[0], "mnist");
    assert_string_equal(list.definitions[0], "{\"seed\":1}");
    assert_int_equal(list.created_ms[0], STORE_START_MS + 5);
    assert_int_equal(list.controls[0], CAV_CONTROL_RUN);
}

static void test_studies_are_listed_by_name(void **state)
{
    store_fixture *at = store_fixture_of(state);
    add_study(at, "zebra", "{}");
    add_study(at, "Ant", "{}");
    add_study(at, "\xc3\xa4pfel", "{}");
    study_list list = read_studies(at, NULL);
    assert_int_equal(list.count, 4);
    assert_string_equal(list.names[0], "Ant");
    assert_string_equal(list.names[1], "study");
    assert_string_equal(list.names[2], "zebra");
    assert_string_equal(list.names[3], "\xc3\xa4pfel");
}

static void test_a_name_is_taken_once(void **state)
{
    store_fixture *at = store_fixture_of(state);
    int64_t id = -7;
    assert_int_equal(at->type->study_add(at->store, "study", "{}", &id, &at->error), CAVIAR_EXISTS);
    assert_contains(at->error.message, "'study'");
    assert_int_equal(id, -7);
    assert_true(add_study(at, "Study", "{}") != at->study); // names tell case apart
}

static void test_an_unknown_name_is_not_found(void **state)
{
    store_fixture *at = store_fixture_of(state);
    study_list list = {0};
    assert_int_equal(at->type->study_read(at->store, "minst", keep_study, &list, &at->error),
                     CAVIAR_NOT_FOUND);
    assert_contains(at->error.message, "'minst'");
    assert_int_equal(list.count, 0);
}

static caviar_code refuse(void *context, const cav_study_row *row, cav_error *error)
{
    (void)row;
    ++*(int *)context;
    return cav_fail(error, CAVIAR_INTERRUPTED, "enough");
}

static void test_a_visitor_ends_the_reading_with_its_own_code(void **state)
{
    store_fixture *at = store_fixture_of(state);
    add_study(at, "other", "{}");
    int visits = 0;
    assert_int_equal(at->type->study_read(at->store, NULL, refuse, &visits, &at->error),
                     CAVIAR_INTERRUPTED);
    assert_string_equal(at->error.message, "enough");
    assert_int_equal(visits, 1);
}

static void test_counts_are_of_each_state(void **state)
{
    store_fixture *at = store_fixture_of(state);
    static const caviar_state states[] = {
        CAVIAR_STATE_WAITING, CAVIAR_STATE_RUNNING, CAVIAR_STATE_RUNNING, CAVIAR_STATE_COMPLETE,
        CAVIAR_STATE_PRUNED,  CAVIAR_STATE_PRUNED,  CAVIAR_STATE_PRUNED,  CAVIAR_STATE_RUNNING,
    };
    for (size_t i = 0; i < 8; i++)
        store_add(at, (double)i, states[i]);
    assert_int_equal(store_move(at, 7, 1, CAVIAR_STATE_PAUSED, 1), CAVIAR_OK);
    assert_int_equal(store_move(at, 2, 1, CAVIAR_STATE_FAILED, 1), CAVIAR_OK);
    study_list list = read_studies(at, "study");
    const int64_t expected[6] = {
        [CAVIAR_STATE_WAITING] = 1,  [CAVIAR_STATE_RUNNING] = 1, [CAVIAR_STATE_PAUSED] = 1,
        [CAVIAR_STATE_COMPLETE] = 1, [CAVIAR_STATE_PRUNED] = 3,  [CAVIAR_STATE_FAILED] = 1};
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(list.counts[0][i], expected[i]);
}

static void test_setting_replaces_the_definition_and_the_control(void **state)
{
    store_fixture *at = store_fixture_of(state);
    assert_ok(at->type->study_set(at->store, at->study, "{\"a\":2}", CAV_CONTROL_PAUSE, &at->error),
              &at->error);
    assert_ok(at->type->study_set(at->store, at->study, NULL, CAV_CONTROL_STOP, &at->error),
              &at->error);
    store_fixture_reopen(at);
    study_list list = read_studies(at, "study");
    assert_string_equal(list.definitions[0], "{\"a\":2}");
    assert_int_equal(list.controls[0], CAV_CONTROL_STOP);
}

static void test_each_control_is_read_back(void **state)
{
    store_fixture *at = store_fixture_of(state);
    for (int want = 0; cav_control_name((cav_control)want)[0]; want++) {
        cav_control found = CAV_CONTROL_RUN;
        assert_ok(at->type->study_set(at->store, at->study, NULL, (cav_control)want, &at->error),
                  &at->error);
        assert_ok(at->type->study_control(at->store, at->study, &found, NULL, &at->error),
                  &at->error);
        assert_int_equal(found, want);
    }
}

static uint64_t read_revision(store_fixture *at)
{
    cav_control control;
    uint64_t revision = 0;
    assert_ok(at->type->study_control(at->store, at->study, &control, &revision, &at->error),
              &at->error);
    return revision;
}

static void test_the_revision_is_another_one_when_the_definition_is(void **state)
{
    store_fixture *at = store_fixture_of(state);
    uint64_t before = read_revision(at);
    assert_ok(at->type->study_set(at->store, at->study, NULL, CAV_CONTROL_PAUSE, &at->error),
              &at->error);
    assert_true(read_revision(at) == before);
    assert_ok(at->type->study_set(at->store, at->study, "{\"a\":2}", CAV_CONTROL_RUN, &at->error),
              &at->error);
    uint64_t after = read_revision(at);
    assert_true(after != before);
    store_fixture_reopen(at);
    assert_true(read_revision(at) == after);
}

static void test_a_removed_study_is_gone_with_its_trials(void **state)
{
    store_fixture *at = store_fixture_of(state);
    cav_scope other = store_study_add(at, "other"), kept = at->scope;
    at->scope = other;
    store_add(at, 1, CAVIAR_STATE_RUNNING);
    assert_int_equal(store_report(at, 0, 1, 1, 0.5), CAVIAR_OK);
    at->scope = kept;
    store_add(at, 1, CAVIAR_STATE_RUNNING);
    assert_ok(at->type->study_remove(at->store, other.study, &at->error), &at->error);
    study_list list = read_studies(at, NULL);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.counts[0][CAVIAR_STATE_RUNNING], 1);
    store_assert_sound(at->store);
}

// A worker that still holds the number of a removed study must not write into the next one.
static void test_the_id_of_a_removed_study_is_not_given_out_again(void **state)
{
    store_fixture *at = store_fixture_of(state);
    int64_t last = add_study(at, "last", "{}");
    assert_ok(at->type->study_remove(at->store, last, &at->error), &at->error);
    store_fixture_reopen(at);
    assert_true(add_study(at, "last", "{}") > last);
}

static void test_every_call_on_a_removed_study_is_not_found(void **state)
{
    store_fixture *at = store_fixture_of(state);
    const cav_store_type *type = at->type;
    store_add(at, 1, CAVIAR_STATE_RUNNING);
    assert_ok(type->study_remove(at->store, at->study, &at->error), &at->error);
    double raw[STORE_PARAMS];
    store_raw(1, raw);
    cav_record record = {.raw = raw, .step = -1};
    cav_insert insert = {.expected = -1};
    cav_claim claim = {.number = -1, .owner = "me", .lease_ms = 1};
    cav_claim claim_one = {.number = 0, .owner = "me", .lease_ms = 1};
    cav_move move = {.number = 0, .attempt = 1, .to = CAVIAR_STATE_COMPLETE};
    cav_report report = {.number = 0, .attempt = 1, .step = 1};
    cav_control control;
    int64_t number, cursor = 0, first = 0;
    cav_text text = {0};
    caviar_code codes[] = {
        type->study_set(at->store, at->study, "{}", CAV_CONTROL_RUN, &at->error),
        type->study_control(at->store, at->study, &control, NULL, &at->error),
        type->study_remove(at->store, at->study, &at->error),
        type->trial_add(at->store, &at->scope, &record, &insert, &number, &at->error),
        type->trial_claim(at->store, &at->scope, &claim, &number, &at->error),
        type->trial_claim(at->store, &at->scope, &claim_one, &number, &at->error),
        type->trial_move(at->store, &at->scope, &move, &at->error),
        type->report_add(at->store, &at->scope, &report, 1, &at->error),
        type->lease_renew(at->store, &at->scope, "me", 1, &at->error),
        type->trial_read(at->store, &at->scope, &cursor, NULL, NULL, &at->error),
        type->report_read(at->store, &at->scope, -1, &first, NULL, NULL, &at->error),
        type->output_read(at->store, &at->scope, 0, &text, &at->error),
    };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i] != CAVIAR_NOT_FOUND)
            fail_msg("call %zu answers %s", i, caviar_code_name(codes[i]));
    cav_text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_study_is_read_as_it_was_added),
        cmocka_unit_test(test_studies_are_listed_by_name),
        cmocka_unit_test(test_a_name_is_taken_once),
        cmocka_unit_test(test_an_unknown_name_is_not_found),
        cmocka_unit_test(test_a_visitor_ends_the_reading_with_its_own_code),
        cmocka_unit_test(test_counts_are_of_each_state),
        cmocka_unit_test(test_setting_replaces_the_definition_and_the_control),
        cmocka_unit_test(test_each_control_is_read_back),
        cmocka_unit_test(test_the_revision_is_another_one_when_the_definition_is),
        cmocka_unit_test(test_a_removed_study_is_gone_with_its_trials),
        cmocka_unit_test(test_the_id_of_a_removed_study_is_not_given_out_again),
        cmocka_unit_test(test_every_call_on_a_removed_study_is_not_found),
    };
    return store_suite_run("stores: studies", tests, sizeof tests / sizeof tests[0]);
}
