/**
 * test_stores_nudges.c: nudges in every store: kept as they were given, read once for each change,
 * refused for trials that have ended; and what a report says of its trial.
 */
#include "support/store_fixture.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What a reading gave: one word for each nudge, in its order.
typedef struct heard {
    cav_text words;
    int visits;
    int refuse_at; // the visit that is broken off; 0: none
} heard;

static caviar_code note(void *context, const cav_nudge *nudge, cav_error *error)
{
    heard *at = context;
    if (++at->visits == at->refuse_at)
        return cav_fail(error, CAVIAR_INTERRUPTED, "enough");
    cav_text_appendf(&at->words, "%lld:%lld:%s:%s@%lld>%lld", (long long)nudge->id,
                     (long long)nudge->number, cav_nudge_kind_name(nudge->kind),
                     cav_nudge_state_name(nudge->state), (long long)nudge->step,
                     (long long)nudge->target);
    for (size_t i = 0; nudge->raw && i < STORE_PARAMS; i++) {
        if (isnan(nudge->raw[i]))
            continue;
        cav_text_appendf(&at->words, ",%zu=", i);
        cav_text_append_number(&at->words, nudge->raw[i]);
    }
    cav_text_appendf(&at->words, " %s/%s;", nudge->author, nudge->note);
    assert_int_equal(nudge->created_ms, STORE_START_MS);
    assert_int_equal(nudge->delivered_ms != 0, nudge->state != CAV_NUDGE_WAITING);
    return CAVIAR_OK;
}

static void expect(store_fixture *at, int64_t *cursor, const char *words)
{
    heard found = {0};
    assert_ok(at->type->nudge_read(at->store, &at->scope, cursor, note, &found, &at->error),
              &at->error);
    assert_string_equal(cav_text_get(&found.words), words);
    cav_text_free(&found.words);
}

static caviar_code add(store_fixture *at, const cav_nudge *nudge, int64_t *ret_id)
{
    cav_error_clear(&at->error);
    return at->type->nudge_add(at->store, &at->scope, nudge, ret_id, &at->error);
}

// A change of x, of trial `number`, for the next report.
static int64_t add_change(store_fixture *at, int64_t number, double x)
{
    int64_t id = -1;
    double raw[STORE_PARAMS] = {x, NAN, NAN, NAN, NAN};
    cav_nudge nudge = {.number = number, .step = -1, .target = -1, .raw = raw, .author = "me"};
    assert_ok(add(at, &nudge, &id), &at->error);
    return id;
}

static void set(store_fixture *at, int64_t id, cav_nudge_state state, int64_t step)
{
    assert_ok(at->type->nudge_set(at->store, &at->scope, id, state, step, &at->error), &at->error);
}

static void test_a_nudge_comes_back_as_it_was_given(void **state)
{
    store_fixture *at = store_fixture_of(state);
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    store_add(at, 1, CAVIAR_STATE_WAITING);
    // out of its range, a choice that is hard to print, and a number with all its digits
    double raw[STORE_PARAMS] = {NAN, -7, 3, NAN, 0.1 + 0.2};
    cav_nudge change = {.number = 1,
                        .step = 12,
                        .target = -1,
                        .raw = raw,
                        .author = "a \"b\"\n",
                        .note = "\xe2\x98\x83 'why'"};
    cav_nudge back = {.number = 0, .kind = CAV_NUDGE_ROLLBACK, .step = -1, .target = 5};
    cav_nudge stop = {.number = 0, .kind = CAV_NUDGE_STOP, .step = -1, .target = -1};
    int64_t first = -1, second = -1, third = -1, cursor = 0;
    assert_ok(add(at, &change, &first), &at->error);
    assert_ok(add(at, &back, &second), &at->error);
    assert_ok(add(at, &stop, &third), &at->error);
    assert_true(first == 1 && second == 2 && third == 3);
    store_fixture_reopen(at);
    expect(at, &cursor,
           "1:1:change:waiting@12>-1,1=-7,2=3,4=0.30000000000000004 a \"b\"\n/\xe2\x98\x83 'why';"
           "2:0:rollback:waiting@-1>5 /;3:0:stop:waiting@-1>-1 /;");
    expect(at, &cursor, "");
    store_assert_sound(at->store);
}

static void test_each_change_of_a_nudge_is_read_once_in_the_order_of_the_latest(void **state)
{
    store_fixture *at = store_fixture_of(state);
    int64_t cursor = 0;
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    add_change(at, 0, 1);
    add_change(at, 0, 2);
    set(at, 1, CAV_NUDGE_ACTIVE, 3);
    expect(at, &cursor, "2:0:change:waiting@-1>-1,0=2 me/;1:0:change:active@3>-1,0=1 me/;");
    set(at, 2, CAV_NUDGE_REFUSED, 4);
    set(at, 1, CAV_NUDGE_UNDONE, 3);
    expect(at, &cursor, "2:0:change:refused@4>-1,0=2 me/;1:0:change:undone@3>-1,0=1 me/;");
    expect(at, &cursor, "");
}

static caviar_code keep_times(void *context, const cav_nudge *nudge, cav_error *error)
{
    (void)error;
    cav_text_appendf(context, "%lld %lld", (long long)(nudge->created_ms - STORE_START_MS),
                     (long long)(nudge->delivered_ms - STORE_START_MS));
    return CAVIAR_OK;
}

static void test_the_time_of_a_delivery_is_the_first_one(void **state)
{
    store_fixture *at = store_fixture_of(state);
    int64_t cursor = 0;
    cav_text times = {0};
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    at->clock.now_ms += 3;
    add_change(at, 0, 1);
    at->clock.now_ms += 5;
    set(at, 1, CAV_NUDGE_ACTIVE, 3);
    at->clock.now_ms += 7;
    set(at, 1, CAV_NUDGE_UNDONE, 3);
    assert_ok(at->type->nudge_read(at->store, &at->scope, &cursor, keep_times, &times, &at->error),
              &at->error);
    assert_string_equal(cav_text_get(&times), "3 8");
    cav_text_free(&times);
}

static void test_a_reading_that_was_broken_off_starts_again(void **state)
{
    store_fixture *at = store_fixture_of(state);
    int64_t cursor = 0;
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    add_change(at, 0, 1);
    add_change(at, 0, 2);
    heard found = {.refuse_at = 2};
    assert_int_equal(at->type->nudge_read(at->store, &at->scope, &cursor, note, &found, &at->error),
                     CAVIAR_INTERRUPTED);
    cav_text_free(&found.words);
    assert_int_equal(cursor, 0);
    expect(at, &cursor, "1:0:change:waiting@-1>-1,0=1 me/;2:0:change:waiting@-1>-1,0=2 me/;");
}

static void test_a_trial_that_has_ended_or_is_not_there_takes_none(void **state)
{
    store_fixture *at = store_fixture_of(state);
    int64_t id = -1, cursor = 0;
    cav_nudge stop = {.number = 0, .kind = CAV_NUDGE_STOP, .step = -1, .target = -1};
    assert_int_equal(add(at, &stop, &id), CAVIAR_NOT_FOUND);
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    assert_ok(store_move(at, 0, 1, CAVIAR_STATE_PAUSED, NAN), &at->error);
    assert_ok(add(at, &stop, &id), &at->error);
    assert_int_equal(store_claim(at, 0, "b"), 0);
    assert_ok(store_move(at, 0, 2, CAVIAR_STATE_COMPLETE, 1), &at->error);
    assert_int_equal(add(at, &stop, &id), CAVIAR_STATE);
    assert_contains(at->error.message, "trial 0 is complete");
    expect(at, &cursor, "1:0:stop:waiting@-1>-1 /;");
}

static void test_what_is_set_must_be_there(void **state)
{
    store_fixture *at = store_fixture_of(state);
    cav_nudge_state done = CAV_NUDGE_ACTIVE;
    assert_int_equal(at->type->nudge_set(at->store, &at->scope, 1, done, 3, &at->error),
                     CAVIAR_NOT_FOUND);
    assert_int_equal(at->type->nudge_set(at->store, &at->scope, 0, done, 3, &at->error),
                     CAVIAR_NOT_FOUND);
}

static void test_studies_do_not_see_each_others_nudges(void **state)
{
    store_fixture *at = store_fixture_of(state);
    int64_t cursor = 0, other = 0;
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    add_change(at, 0, 1);
    cav_scope scope = at->scope;
    at->scope = store_study_add(at, "other");
    expect(at, &other, "");
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    assert_int_equal(add_change(at, 0, 2), 1);
    expect(at, &other, "1:0:change:waiting@-1>-1,0=2 me/;");
    assert_ok(at->type->study_remove(at->store, at->scope.study, &at->error), &at->error);
    int64_t gone = 0;
    heard found = {0};
    assert_int_equal(at->type->nudge_read(at->store, &at->scope, &gone, note, &found, &at->error),
                     CAVIAR_NOT_FOUND);
    at->scope = scope;
    expect(at, &cursor, "1:0:change:waiting@-1>-1,0=1 me/;");
    store_assert_sound(at->store);
}

static void test_another_handle_sees_a_nudge_at_once(void **state)
{
    store_fixture *at = store_fixture_of(state);
    int64_t cursor = 0;
    if (!at->persists)
        return;
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    expect(at, &cursor, "");
    cav_store *mine = at->store;
    at->store = store_fixture_open(at, false);
    add_change(at, 0, 1);
    cav_store_close(at->store);
    at->store = mine;
    expect(at, &cursor, "1:0:change:waiting@-1>-1,0=1 me/;");
}

static void look_at_trials(store_fixture *at)
{
    int64_t cursor = 0;
    store_rows rows = store_read(at, &cursor);
    store_rows_free(&rows);
}

// A store may have found out about both at once.
static void test_a_look_at_trials_hides_no_nudge(void **state)
{
    store_fixture *at = store_fixture_of(state);
    int64_t cursor = 0, oldest = 0, other = 0;
    const char *first = "1:0:change:waiting@-1>-1,0=1 me/;";
    if (!at->persists)
        return;
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    cav_store *mine = at->store, *theirs = store_fixture_open(at, false);
    expect(at, &cursor, "");
    look_at_trials(at);
    expect(at, &cursor, ""); // and asked again
    at->store = theirs;
    add_change(at, 0, 1);
    at->store = mine;
    expect(at, &cursor, first);
    look_at_trials(at);
    expect(at, &oldest, first); // whoever has read less than others
    at->store = theirs;
    add_change(at, 0, 2);
    at->store = mine;
    look_at_trials(at);
    expect(at, &cursor, "2:0:change:waiting@-1>-1,0=2 me/;");
    look_at_trials(at);
    add_change(at, 0, 3); // its own, in between
    expect(at, &cursor, "3:0:change:waiting@-1>-1,0=3 me/;");
    cav_scope scope = at->scope;
    at->scope = store_study_add(at, "other");
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    add_change(at, 0, 1);
    cav_scope another = at->scope;
    at->scope = scope;
    look_at_trials(at);
    at->scope = another;
    expect(at, &other, first);
    cav_store_close(theirs);
}

static caviar_code report_as(store_fixture *at, unsigned can, const char *checkpoints)
{
    cav_report report = {
        .number = 0, .attempt = 1, .step = 1, .can = can, .checkpoints = checkpoints};
    return at->type->report_add(at->store, &at->scope, &report, 1000, &at->error);
}

static caviar_code keep_abilities(void *context, const cav_record *record, cav_error *error)
{
    (void)error;
    cav_text_appendf(context, "%u %s", record->can, record->checkpoints);
    return CAVIAR_OK;
}

static void expect_abilities(store_fixture *at, const char *words)
{
    int64_t cursor = 0;
    cav_text kept = {0};
    assert_ok(
        at->type->trial_read(at->store, &at->scope, &cursor, keep_abilities, &kept, &at->error),
        &at->error);
    assert_string_equal(cav_text_get(&kept), words);
    cav_text_free(&kept);
}

static void test_a_report_tells_what_its_trial_can_and_only_news_are_a_change(void **state)
{
    store_fixture *at = store_fixture_of(state);
    int64_t cursor = 0;
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    expect_abilities(at, "0 ");
    assert_ok(report_as(at, CAVIAR_CAN_RESTORE, "[1,2]"), &at->error);
    store_rows rows = store_read(at, &cursor);
    store_rows_free(&rows);
    assert_ok(report_as(at, 0, NULL), &at->error);
    assert_ok(report_as(at, CAVIAR_CAN_RESTORE, "[1,2]"), &at->error);
    rows = store_read(at, &cursor);
    assert_int_equal(rows.count, 0);
    store_rows_free(&rows);
    assert_ok(report_as(at, 0, "[2]"), &at->error);
    expect_abilities(at, "2 [2]");
    assert_ok(report_as(at, CAVIAR_CAN_CHANGE, NULL), &at->error);
    expect_abilities(at, "1 [2]");
}

static caviar_code check_lineage(void *context, const cav_record *record, cav_error *error)
{
    (void)context, (void)error;
    assert_int_equal(record->has_parent, record->number == 1);
    if (record->has_parent)
        assert_true(record->parent == 0 && record->parent_step == 4 && record->seed_number == 0);
    return CAVIAR_OK;
}

static void test_a_trial_knows_its_parent(void **state)
{
    store_fixture *at = store_fixture_of(state);
    double raw[STORE_PARAMS];
    int64_t number = -1, cursor = 0;
    store_raw(3, raw);
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    cav_record child = {.raw = raw, .step = 4, .has_parent = true, .parent = 0, .parent_step = 4};
    assert_ok(at->type->trial_add(at->store, &at->scope, &child, &(cav_insert){.expected = -1},
                                  &number, &at->error),
              &at->error);
    store_fixture_reopen(at);
    assert_ok(at->type->trial_read(at->store, &at->scope, &cursor, check_lineage, NULL, &at->error),
              &at->error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_nudge_comes_back_as_it_was_given),
        cmocka_unit_test(test_each_change_of_a_nudge_is_read_once_in_the_order_of_the_latest),
        cmocka_unit_test(test_the_time_of_a_delivery_is_the_first_one),
        cmocka_unit_test(test_a_reading_that_was_broken_off_starts_again),
        cmocka_unit_test(test_a_trial_that_has_ended_or_is_not_there_takes_none),
        cmocka_unit_test(test_what_is_set_must_be_there),
        cmocka_unit_test(test_studies_do_not_see_each_others_nudges),
        cmocka_unit_test(test_another_handle_sees_a_nudge_at_once),
        cmocka_unit_test(test_a_look_at_trials_hides_no_nudge),
        cmocka_unit_test(test_a_report_tells_what_its_trial_can_and_only_news_are_a_change),
        cmocka_unit_test(test_a_trial_knows_its_parent),
    };
    return store_suite_run("stores: nudges", tests, CAV_COUNT_OF(tests));
}
