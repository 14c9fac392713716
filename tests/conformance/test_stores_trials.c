/**
 * test_stores_trials.c: what every store does with trials: numbers, conditions of an insert,
 * claims, leases, fencing, and the table of moves.
 */
#include "support/store_fixture.h"

#include "trial/state.h"

#include <math.h>
#include <string.h>

static caviar_code add_with(store_fixture *at, double x, const cav_insert *insert, bool imported,
                            int64_t *ret_number)
{
    double raw[STORE_PARAMS];
    store_raw(x, raw);
    cav_record record = {.state = imported ? CAVIAR_STATE_COMPLETE : CAVIAR_STATE_RUNNING,
                         .raw = raw,
                         .uncounted = imported,
                         .step = -1};
    cav_error_clear(&at->error);
    return at->type->trial_add(at->store, &at->scope, &record, insert, ret_number, &at->error);
}

static void test_numbers_begin_at_0_and_have_no_gaps(void **state)
{
    store_fixture *at = store_fixture_of(state);
    for (int i = 0; i < 5; i++)
        assert_int_equal(store_add(at, i, CAVIAR_STATE_RUNNING), i);
    int64_t number;
    assert_int_equal(add_with(at, 9, &(cav_insert){.expected = 3}, false, &number), CAVIAR_EXISTS);
    assert_int_equal(add_with(at, 9, &(cav_insert){.expected = -1, .budget = 2}, false, &number),
                     CAVIAR_DONE);
    assert_int_equal(store_add(at, 9, CAVIAR_STATE_RUNNING), 5);
    store_fixture_reopen(at);
    assert_int_equal(store_add(at, 9, CAVIAR_STATE_RUNNING), 6);
    store_assert_sound(at->store);
}

static void test_each_study_counts_for_itself(void **state)
{
    store_fixture *at = store_fixture_of(state);
    store_add(at, 1, CAVIAR_STATE_RUNNING);
    store_add(at, 2, CAVIAR_STATE_RUNNING);
    at->scope = store_study_add(at, "other");
    assert_int_equal(store_add(at, 1, CAVIAR_STATE_RUNNING), 0);
    int64_t cursor = 0;
    store_rows rows = store_read(at, &cursor);
    assert_int_equal(rows.count, 1);
    store_rows_free(&rows);
}

static void test_an_expected_number_must_come_true(void **state)
{
    store_fixture *at = store_fixture_of(state);
    int64_t number = -7;
    assert_int_equal(add_with(at, 1, &(cav_insert){.expected = 1}, false, &number), CAVIAR_EXISTS);
    assert_int_equal(number, -7);
    assert_ok(add_with(at, 1, &(cav_insert){.expected = 0}, false, &number), &at->error);
    assert_int_equal(number, 0);
    assert_int_equal(add_with(at, 2, &(cav_insert){.expected = 0}, false, &number), CAVIAR_EXISTS);
    assert_contains(at->error.message, "trial 0");
}

// Whichever number comes next, of those that were prepared for, the trial has its parameters.
static void test_a_number_that_follows_the_expected_one_has_its_own_parameters(void **state)
{
    store_fixture *at = store_fixture_of(state);
    double following[3 * STORE_PARAMS], first[STORE_PARAMS];
    store_raw(10, first);
    for (size_t i = 0; i < 3; i++)
        store_raw(11 + (double)i, following + i * STORE_PARAMS);
    cav_record record = {.state = CAVIAR_STATE_RUNNING, .raw = first, .step = -1};
    cav_insert insert = {.expected = 0, .following = following, .following_count = 3};
    for (int64_t expected = 0; expected < 4; expected++) {
        int64_t number = -7;
        assert_ok(at->type->trial_add(at->store, &at->scope, &record, &insert, &number, &at->error),
                  &at->error);
        assert_int_equal(number, expected);
        cav_record row = store_row(at, number);
        assert_true(row.raw[0] == 10 + (double)expected);
        assert_true(row.raw[1] == 10 + (double)expected);
        store_row_free(&row);
    }
    int64_t number = -7;
    assert_int_equal(
        at->type->trial_add(at->store, &at->scope, &record, &insert, &number, &at->error),
        CAVIAR_EXISTS);
    assert_int_equal(number, -7);
    insert.expected = 5; // nor before its time
    assert_int_equal(
        at->type->trial_add(at->store, &at->scope, &record, &insert, &number, &at->error),
        CAVIAR_EXISTS);
}

static void test_the_budget_counts_all_but_imported_trials(void **state)
{
    store_fixture *at = store_fixture_of(state);
    cav_insert insert = {.expected = -1, .budget = 2};
    int64_t number = -7;
    for (int i = 0; i < 5; i++)
        assert_ok(add_with(at, i, &insert, true, &number), &at->error);
    assert_ok(add_with(at, 5, &insert, false, &number), &at->error);
    assert_ok(add_with(at, 6, &insert, false, &number), &at->error);
    number = -7;
    assert_int_equal(add_with(at, 7, &insert, false, &number), CAVIAR_DONE);
    assert_contains(at->error.message, "2 trials");
    assert_int_equal(number, -7);
    assert_ok(add_with(at, 7, &insert, true, &number), &at->error); // still allowed
    insert.budget = 3;                                              // a study can be extended
    assert_ok(add_with(at, 7, &insert, false, &number), &at->error);
    assert_int_equal(number, 8);
}

// A queued trial that failed at once, say, has used its place in the budget.
static void test_the_budget_counts_trials_of_every_state(void **state)
{
    store_fixture *at = store_fixture_of(state);
    store_add(at, 0, CAVIAR_STATE_WAITING);
    store_add(at, 1, CAVIAR_STATE_RUNNING);
    assert_ok(store_move(at, 1, 1, CAVIAR_STATE_FAILED, NAN), &at->error);
    int64_t number;
    assert_int_equal(add_with(at, 2, &(cav_insert){.expected = -1, .budget = 2}, false, &number),
                     CAVIAR_DONE);
}

static void test_a_distinct_trial_is_refused_where_its_parameters_were_inserted_so(void **state)
{
    store_fixture *at = store_fixture_of(state);
    cav_insert distinct = {.expected = -1, .distinct = true};
    int64_t number = -7;
    store_add(at, 1, CAVIAR_STATE_RUNNING); // not inserted as distinct: does not count
    assert_ok(add_with(at, 1, &distinct, false, &number), &at->error);
    number = -7;
    assert_int_equal(add_with(at, 1, &distinct, false, &number), CAVIAR_EXISTS);
    assert_int_equal(number, -7);
    assert_ok(add_with(at, 2, &distinct, false, &number), &at->error); // beta is inactive here
    assert_int_equal(add_with(at, 2, &distinct, false, &number), CAVIAR_EXISTS);
    store_fixture_reopen(at);
    assert_int_equal(add_with(at, 1, &distinct, false, &number), CAVIAR_EXISTS);
    assert_int_equal(store_add(at, 1, CAVIAR_STATE_RUNNING), 3);
}

// Apart by one bit, by a parameter that is inactive, and by one of the last ones.
static void test_what_differs_in_one_parameter_is_distinct(void **state)
{
    store_fixture *at = store_fixture_of(state);
    const double rows[][STORE_PARAMS] = {
        {0.1, 1, 0, NAN, 1},
        {nextafter(0.1, 1), 1, 0, NAN, 1},
        {0.1, 1, 1, 0.25, 1},
        {0.1, 1, 1, 0, 1},
        {0.1, 1, 0, NAN, 2},
        {0.1, 1099511627776, 0, NAN, 1},
        {0.1, 1099511627775, 0, NAN, 1},
    };
    cav_insert distinct = {.expected = -1, .distinct = true};
    for (size_t twice = 0; twice < 2; twice++) {
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            cav_record record = {.state = CAVIAR_STATE_RUNNING, .raw = rows[i], .step = -1};
            int64_t number;
            assert_int_equal(
                at->type->trial_add(at->store, &at->scope, &record, &distinct, &number, &at->error),
                twice ? CAVIAR_EXISTS : CAVIAR_OK);
        }
    }
}

static void test_an_added_trial_has_its_times_and_its_attempt(void **state)
{
    store_fixture *at = store_fixture_of(state);
    static const struct {
        caviar_state state;
        int64_t attempt;
        bool started, finished;
    } cases[] = {
        {CAVIAR_STATE_WAITING, 0, false, false},
        {CAVIAR_STATE_RUNNING, 1, true, false},
        {CAVIAR_STATE_COMPLETE, 0, false, true},
    };
    for (size_t i = 0; i < 3; i++) {
        cav_record row = store_row(at, store_add(at, 1, cases[i].state));
        assert_int_equal(row.state, cases[i].state);
        assert_int_equal(row.attempt, cases[i].attempt);
        assert_int_equal(row.created_ms, STORE_START_MS);
        assert_int_equal(row.started_ms, cases[i].started ? STORE_START_MS : 0);
        assert_int_equal(row.finished_ms, cases[i].finished ? STORE_START_MS : 0);
        assert_int_equal(row.failures, 0);
        assert_int_equal(row.step, -1);
        assert_string_equal(row.origin, "test");
        assert_string_equal(row.owner, "me");
        assert_string_equal(row.message, "");
        store_row_free(&row);
    }
}

static void test_an_imported_trial_keeps_what_it_came_with(void **state)
{
    store_fixture *at = store_fixture_of(state);
    double raw[STORE_PARAMS], values[STORE_METRICS] = {NAN, 7};
    store_raw(3, raw);
    cav_record record = {.state = CAVIAR_STATE_FAILED,
                         .reason = CAVIAR_REASON_SIGNAL,
                         .uncounted = true,
                         .failures = 2,
                         .raw = raw,
                         .values = values,
                         .step = 12,
                         .origin = "csv",
                         .message = "killed by signal 9",
                         .output = "out of memory\n"};
    int64_t number = -1;
    assert_ok(at->type->trial_add(at->store, &at->scope, &record, &(cav_insert){.expected = -1},
                                  &number, &at->error),
              &at->error);
    store_fixture_reopen(at);
    cav_record row = store_row(at, number);
    assert_int_equal(row.reason, CAVIAR_REASON_SIGNAL);
    assert_true(row.uncounted);
    assert_int_equal(row.failures, 2);
    assert_int_equal(row.step, 12);
    assert_string_equal(row.origin, "csv");
    assert_string_equal(row.owner, "");
    assert_string_equal(row.message, "killed by signal 9");
    assert_true(isnan(row.values[0]) && row.values[1] == 7);
    store_row_free(&row);
    cav_text output = {0};
    assert_ok(at->type->output_read(at->store, &at->scope, number, &output, &at->error),
              &at->error);
    assert_string_equal(cav_text_get(&output), "out of memory\n");
    cav_text_free(&output);
    store_assert_sound(at->store);
}

static void test_the_first_that_waits_is_claimed_first(void **state)
{
    store_fixture *at = store_fixture_of(state);
    assert_int_equal(store_claim(at, -1, "a"), -1);
    for (int i = 0; i < 12; i++)
        store_add(at, i, i % 3 == 0 ? CAVIAR_STATE_RUNNING : CAVIAR_STATE_WAITING);
    static const int64_t order[] = {1, 2, 4, 5, 7, 8, 10, 11, -1};
    for (size_t i = 0; i < 9; i++)
        assert_int_equal(store_claim(at, -1, "a"), order[i]);
    assert_ok(store_move(at, 8, 1, CAVIAR_STATE_WAITING, NAN), &at->error);
    assert_ok(store_move(at, 2, 1, CAVIAR_STATE_WAITING, NAN), &at->error);
    assert_int_equal(store_claim(at, -1, "a"), 2);
    assert_int_equal(store_claim(at, -1, "a"), 8);
}

// Hands a trial out and takes it back as failed.
static void fail_once(store_fixture *at, int64_t number)
{
    assert_int_equal(store_claim(at, number, "a"), number);
    cav_record row = store_row(at, number);
    cav_move move = {
        .number = number, .attempt = row.attempt, .to = CAVIAR_STATE_WAITING, .is_failure = true};
    store_row_free(&row);
    assert_ok(at->type->trial_move(at->store, &at->scope, &move, &at->error), &at->error);
}

static void test_what_failed_less_often_is_claimed_first(void **state)
{
    store_fixture *at = store_fixture_of(state);
    static const int failures[] = {2, 0, 1, 2, 0, 1};
    static const int64_t order[] = {1, 4, 2, 5, 0, 3, -1};
    for (int i = 0; i < 6; i++) {
        store_add(at, i, CAVIAR_STATE_WAITING);
        for (int f = 0; f < failures[i]; f++)
            fail_once(at, i);
    }
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(store_claim(at, -1, "a"), order[i]);
}

static void test_what_fails_again_waits_for_twice_as_many_others(void **state)
{
    store_fixture *at = store_fixture_of(state);
    static const int due[] = {1, 1, 3, 7, 15, 31}; // so many trials there are, after i failures
    store_add(at, 0, CAVIAR_STATE_WAITING);
    for (int failures = 0, trials = 1; failures < 6; failures++) {
        while (trials < due[failures]) {
            assert_int_equal(store_claim(at, -1, "a"), -1);
            store_add(at, trials++, CAVIAR_STATE_COMPLETE);
        }
        assert_int_equal(store_claim(at, -1, "a"), 0);
        assert_ok(store_move(at, 0, 2 * failures + 1, CAVIAR_STATE_WAITING, NAN), &at->error);
        fail_once(at, 0);
    }
}

static void test_what_is_not_due_is_claimed_last(void **state)
{
    store_fixture *at = store_fixture_of(state);
    cav_claim last = {.number = -1, .is_last = true, .owner = "a", .lease_ms = 1000};
    int64_t number = -1;
    store_add(at, 0, CAVIAR_STATE_WAITING);
    store_add(at, 1, CAVIAR_STATE_WAITING);
    for (int f = 0; f < 100; f++)
        fail_once(at, 0);
    for (int f = 0; f < 2; f++)
        fail_once(at, 1);
    assert_int_equal(store_claim(at, -1, "a"), -1);
    assert_ok(store_claim_as(at, &last, &number), &at->error);
    assert_int_equal(number, 1);
    assert_ok(store_claim_as(at, &last, &number), &at->error);
    assert_int_equal(number, 0);
    assert_int_equal(store_claim_as(at, &last, &number), CAVIAR_NOT_FOUND);
}

static void test_a_claim_sets_owner_attempt_lease_and_times(void **state)
{
    store_fixture *at = store_fixture_of(state);
    store_add(at, 1, CAVIAR_STATE_WAITING);
    at->clock.now_ms += 10;
    assert_int_equal(store_claim(at, -1, "first"), 0);
    at->clock.now_ms += 10;
    assert_ok(store_move(at, 0, 1, CAVIAR_STATE_WAITING, NAN), &at->error);
    at->clock.now_ms += 10;
    assert_int_equal(store_claim(at, -1, "second"), 0);
    store_fixture_reopen(at);
    cav_record row = store_row(at, 0);
    assert_int_equal(row.state, CAVIAR_STATE_RUNNING);
    assert_int_equal(row.attempt, 2);
    assert_string_equal(row.owner, "second");
    assert_int_equal(row.created_ms, STORE_START_MS);
    assert_int_equal(row.started_ms, STORE_START_MS + 30); // of this attempt
    assert_int_equal(row.lease_ms, STORE_START_MS + 30 + 1000);
    store_row_free(&row);
}

static void test_a_trial_is_claimed_by_its_number(void **state)
{
    store_fixture *at = store_fixture_of(state);
    for (int i = 0; i < 4; i++)
        store_add(at, i, i < 2 ? CAVIAR_STATE_WAITING : CAVIAR_STATE_RUNNING);
    assert_ok(store_move(at, 3, 1, CAVIAR_STATE_PAUSED, NAN), &at->error);
    assert_int_equal(store_claim(at, 1, "a"), 1);
    assert_int_equal(store_claim(at, 1, "b"), -1); // is running
    assert_int_equal(store_claim(at, 2, "b"), -1);
    assert_contains(at->error.message, "trial 2");
    assert_int_equal(store_claim(at, 99, "b"), -1);
    assert_contains(at->error.message, "trial 99");
    assert_int_equal(store_claim(at, 3, "b"), 3); // a paused one goes on
    store_assert_state(at, 3, CAVIAR_STATE_RUNNING, 2);
    assert_int_equal(store_claim(at, -1, "b"), 0);
}

static void test_a_paused_trial_is_claimed_by_its_number_only(void **state)
{
    store_fixture *at = store_fixture_of(state);
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    assert_ok(store_move(at, 0, 1, CAVIAR_STATE_PAUSED, 0.5), &at->error);
    at->clock.now_ms += 100000; // nor does it have a lease that could run out
    assert_int_equal(store_claim(at, -1, "a"), -1);
    store_assert_state(at, 0, CAVIAR_STATE_PAUSED, 1);
}

static void test_a_lease_that_ran_out_frees_the_trial(void **state)
{
    store_fixture *at = store_fixture_of(state);
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    at->clock.now_ms += 1000;
    assert_int_equal(store_claim(at, -1, "other"), -1); // the last moment of its lease
    at->clock.now_ms += 1;
    assert_int_equal(store_claim(at, -1, "other"), 0);
    cav_record row = store_row(at, 0);
    assert_int_equal(row.attempt, 2);
    assert_int_equal(row.failures, 1);
    assert_int_equal(row.reason, CAVIAR_REASON_NONE);
    assert_string_equal(row.owner, "other");
    store_row_free(&row);
}

static void test_a_lost_trial_is_put_back_also_when_another_is_claimed(void **state)
{
    store_fixture *at = store_fixture_of(state);
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    at->clock.now_ms += 2000;
    assert_int_equal(store_claim(at, 77, "other"), -1);
    store_assert_state(at, 0, CAVIAR_STATE_WAITING, 1);
    assert_int_equal(store_claim(at, 0, "other"), 0);
}

static void test_a_heartbeat_renews_the_leases_of_its_owner(void **state)
{
    store_fixture *at = store_fixture_of(state);
    store_add(at, 0, CAVIAR_STATE_WAITING);
    store_add(at, 1, CAVIAR_STATE_WAITING);
    store_add(at, 2, CAVIAR_STATE_WAITING);
    store_claim(at, 0, "alive");
    store_claim(at, 1, "alive");
    store_claim(at, 2, "dead");
    at->clock.now_ms += 900;
    assert_ok(at->type->lease_renew(at->store, &at->scope, "alive", 1000, &at->error), &at->error);
    at->clock.now_ms += 900;
    assert_int_equal(store_claim(at, -1, "c"), 2);
    assert_int_equal(store_claim(at, -1, "c"), -1);
    cav_record row = store_row(at, 1);
    assert_int_equal(row.lease_ms, STORE_START_MS + 1900);
    store_row_free(&row);
}

static void test_a_report_renews_the_lease(void **state)
{
    store_fixture *at = store_fixture_of(state);
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    at->clock.now_ms += 900;
    assert_ok(store_report(at, 0, 1, 1, 0.5), &at->error);
    at->clock.now_ms += 900;
    assert_int_equal(store_claim(at, -1, "b"), -1);
    at->clock.now_ms += 101;
    assert_int_equal(store_claim(at, -1, "b"), 0);
}

static void test_a_trial_that_is_lost_too_often_fails_as_lost(void **state)
{
    store_fixture *at = store_fixture_of(state);
    store_add(at, 0, CAVIAR_STATE_WAITING);
    cav_claim claim = {
        .number = -1, .is_last = true, .owner = "a", .lease_ms = 10, .most_failures = 2};
    int64_t number = -1;
    for (int i = 0; i < 3; i++) {
        assert_ok(store_claim_as(at, &claim, &number), &at->error);
        at->clock.now_ms += 11;
    }
    number = -7;
    assert_int_equal(store_claim_as(at, &claim, &number), CAVIAR_NOT_FOUND);
    assert_int_equal(number, -7);
    store_fixture_reopen(at);
    cav_record row = store_row(at, 0);
    assert_int_equal(row.state, CAVIAR_STATE_FAILED);
    assert_int_equal(row.reason, CAVIAR_REASON_LOST);
    assert_int_equal(row.failures, 3);
    assert_int_equal(row.attempt, 3);
    assert_int_equal(row.finished_ms, STORE_START_MS + 33);
    assert_contains(row.message, "vanished");
    store_row_free(&row);
    assert_int_equal(store_move(at, 0, 3, CAVIAR_STATE_COMPLETE, 1), CAVIAR_STATE);
}

static void test_many_leases_that_ran_out_are_all_put_back(void **state)
{
    store_fixture *at = store_fixture_of(state);
    for (int i = 0; i < 30; i++)
        store_add(at, i, CAVIAR_STATE_RUNNING);
    for (int i = 0; i < 30; i += 2)
        assert_ok(store_move(at, i, 1, CAVIAR_STATE_COMPLETE, i), &at->error);
    int64_t cursor = 0;
    store_rows before = store_read(at, &cursor);
    store_rows_free(&before);
    at->clock.now_ms += 1001;
    assert_int_equal(store_claim(at, -1, "b"), 1);
    store_rows rows = store_read(at, &cursor);
    assert_int_equal(rows.count, 15);
    for (size_t i = 0; i < 14; i++) { // put back in order of their numbers, then the claim
        assert_int_equal(rows.rows[i].number, 2 * i + 3);
        assert_int_equal(rows.rows[i].state, CAVIAR_STATE_WAITING);
    }
    assert_int_equal(rows.rows[14].number, 1);
    store_rows_free(&rows);
}

static void test_a_late_result_of_an_earlier_attempt_is_stale(void **state)
{
    store_fixture *at = store_fixture_of(state);
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    at->clock.now_ms += 1001;
    assert_int_equal(store_claim(at, -1, "b"), 0);
    static const caviar_state to[] = {CAVIAR_STATE_COMPLETE, CAVIAR_STATE_PRUNED,
                                      CAVIAR_STATE_FAILED, CAVIAR_STATE_WAITING,
                                      CAVIAR_STATE_PAUSED};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(store_move(at, 0, 1, to[i], 1), CAVIAR_STALE);
    assert_contains(at->error.message, "trial 0");
    assert_int_equal(store_report(at, 0, 1, 1, 0.5), CAVIAR_STALE);
    assert_int_equal(store_move(at, 0, 3, CAVIAR_STATE_COMPLETE, 1), CAVIAR_STALE); // from nowhere
    assert_ok(store_move(at, 0, 2, CAVIAR_STATE_COMPLETE, 2), &at->error);
    assert_int_equal(store_move(at, 0, 1, CAVIAR_STATE_COMPLETE, 1), CAVIAR_STALE); // still
    cav_record row = store_row(at, 0);
    assert_true(row.values[0] == 2);
    store_row_free(&row);
}

static void test_a_trial_that_nobody_took_still_accepts_its_result(void **state)
{
    store_fixture *at = store_fixture_of(state);
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    store_add(at, 1, CAVIAR_STATE_RUNNING);
    at->clock.now_ms += 5000; // nobody has looked at the leases
    assert_ok(store_report(at, 0, 1, 1, 0.5), &at->error);
    assert_ok(store_move(at, 0, 1, CAVIAR_STATE_COMPLETE, 3), &at->error);
    assert_int_equal(store_claim(at, 77, "b"), -1); // somebody has, and took none
    store_assert_state(at, 1, CAVIAR_STATE_WAITING, 1);
    assert_ok(store_report(at, 1, 1, 1, 0.5), &at->error);
    assert_ok(store_move(at, 1, 1, CAVIAR_STATE_PRUNED, 4), &at->error);
    store_assert_state(at, 1, CAVIAR_STATE_PRUNED, 1);
    assert_int_equal(store_claim(at, -1, "b"), -1);
}

static void test_a_result_is_recorded_once(void **state)
{
    store_fixture *at = store_fixture_of(state);
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    at->clock.now_ms += 7;
    assert_ok(store_move(at, 0, 1, CAVIAR_STATE_COMPLETE, 0.25), &at->error);
    at->clock.now_ms += 7;
    assert_int_equal(store_move(at, 0, 1, CAVIAR_STATE_COMPLETE, 0.5), CAVIAR_STATE);
    assert_contains(at->error.message, "trial 0 is complete");
    assert_int_equal(store_report(at, 0, 1, 1, 0.5), CAVIAR_STATE);
    store_fixture_reopen(at);
    cav_record row = store_row(at, 0);
    assert_true(row.values[0] == 0.25);
    assert_int_equal(row.finished_ms, STORE_START_MS + 7);
    store_row_free(&row);
}

static void test_no_trial_ends_before_it_began_whatever_the_clock_says(void **state)
{
    store_fixture *at = store_fixture_of(state);
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    at->clock.now_ms -= 3600000;
    assert_ok(store_move(at, 0, 1, CAVIAR_STATE_COMPLETE, 0.25), &at->error);
    cav_record row = store_row(at, 0);
    assert_int_equal(row.started_ms, STORE_START_MS);
    assert_int_equal(row.finished_ms, STORE_START_MS);
    store_row_free(&row);
}

static void test_what_is_given_up_while_it_rests_ended_when_it_began_to(void **state)
{
    store_fixture *at = store_fixture_of(state);
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    at->clock.now_ms += 7;
    assert_ok(store_move(at, 0, 1, CAVIAR_STATE_PAUSED, NAN), &at->error);
    at->clock.now_ms += 3600000;
    assert_ok(store_move(at, 0, 1, CAVIAR_STATE_PRUNED, NAN), &at->error);
    cav_record row = store_row(at, 0);
    assert_int_equal(row.state, CAVIAR_STATE_PRUNED);
    assert_int_equal(row.finished_ms, STORE_START_MS + 7);
    store_row_free(&row);
}

static void test_an_unknown_number_is_not_found(void **state)
{
    store_fixture *at = store_fixture_of(state);
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    static const int64_t numbers[] = {1, -1, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(store_move(at, numbers[i], 1, CAVIAR_STATE_COMPLETE, 1), CAVIAR_NOT_FOUND);
        assert_int_equal(store_report(at, numbers[i], 1, 1, 1), CAVIAR_NOT_FOUND);
    }
}

// Brings a fresh trial into a state, with attempt 1, or 0 if it still waits.
static int64_t trial_in(store_fixture *at, caviar_state state)
{
    if (state == CAVIAR_STATE_WAITING)
        return store_add(at, 0, state);
    int64_t number = store_add(at, 0, CAVIAR_STATE_RUNNING);
    if (state != CAVIAR_STATE_RUNNING)
        assert_ok(store_move(at, number, 1, state, 1), &at->error);
    return number;
}

// Running is what a claim makes of a trial: nothing moves there.
static void test_moves_follow_the_table(void **state)
{
    store_fixture *at = store_fixture_of(state);
    for (int from = 0; from < 6; from++) {
        for (int to = 0; to < 6; to++) {
            int64_t number = trial_in(at, (caviar_state)from);
            int64_t attempt = from == CAVIAR_STATE_WAITING ? 0 : 1;
            bool legal = cav_state_may_move((caviar_state)from, (caviar_state)to) &&
                         to != CAVIAR_STATE_RUNNING;
            caviar_code code = store_move(at, number, attempt, (caviar_state)to, 2);
            if (code != (legal ? CAVIAR_OK : CAVIAR_STATE))
                fail_msg("%s to %s: %s (%s)", caviar_state_name((caviar_state)from),
                         caviar_state_name((caviar_state)to), caviar_code_name(code),
                         at->error.message);
            store_assert_state(at, number, (caviar_state)(legal ? to : from), attempt);
        }
    }
    store_assert_sound(at->store);
}

static void test_a_failed_trial_must_say_why(void **state)
{
    store_fixture *at = store_fixture_of(state);
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    cav_move move = {.number = 0, .attempt = 1, .to = CAVIAR_STATE_FAILED};
    assert_int_equal(at->type->trial_move(at->store, &at->scope, &move, &at->error),
                     CAVIAR_INVALID);
    store_assert_state(at, 0, CAVIAR_STATE_RUNNING, 1);
}

static void test_a_move_keeps_what_it_does_not_name(void **state)
{
    store_fixture *at = store_fixture_of(state);
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    double values[STORE_METRICS] = {1, 2};
    cav_move move = {.number = 0,
                     .attempt = 1,
                     .to = CAVIAR_STATE_WAITING,
                     .is_failure = true,
                     .values = values,
                     .message = "exit status 3",
                     .output = "Traceback\n"};
    assert_ok(at->type->trial_move(at->store, &at->scope, &move, &at->error), &at->error);
    assert_int_equal(store_claim(at, 0, "b"), 0);
    at->clock.now_ms += 1001;
    assert_int_equal(store_claim(at, 0, "c"), 0); // lost once
    assert_ok(store_move(at, 0, 3, CAVIAR_STATE_PAUSED, NAN), &at->error);
    store_fixture_reopen(at);
    cav_record row = store_row(at, 0);
    assert_true(row.values[0] == 1 && row.values[1] == 2);
    assert_int_equal(row.failures, 2);
    assert_string_equal(row.message, "exit status 3");
    store_row_free(&row);
    cav_text output = {0};
    assert_ok(at->type->output_read(at->store, &at->scope, 0, &output, &at->error), &at->error);
    assert_string_equal(cav_text_get(&output), "Traceback\n");
    cav_text_free(&output);
}

static caviar_code note_raw(void *context, const cav_record *record, cav_error *error)
{
    (void)error;
    double(*seen)[STORE_PARAMS + 1] = context;
    memcpy(seen[record->number], record->raw, sizeof *seen);
    return CAVIAR_OK;
}

static void test_a_move_may_bring_other_parameters_of_a_space_that_has_grown(void **state)
{
    store_fixture *at = store_fixture_of(state);
    double raw[STORE_PARAMS + 1], seen[2][STORE_PARAMS + 1];
    int64_t cursor = 0;
    store_add(at, 0.25, CAVIAR_STATE_RUNNING);
    store_add(at, 0.5, CAVIAR_STATE_RUNNING);
    caviar_parameter fresh = {.name = "fresh", .high = 10};
    assert_ok(cav_space_add(at->space, &fresh, &at->error), &at->error);
    store_raw(0.75, raw);
    raw[1] = NAN; // not named
    raw[STORE_PARAMS] = 7.5;
    cav_move move = {.number = 1, .attempt = 1, .to = CAVIAR_STATE_COMPLETE, .raw = raw};
    assert_ok(at->type->trial_move(at->store, &at->scope, &move, &at->error), &at->error);
    store_fixture_reopen(at);
    assert_ok(at->type->trial_read(at->store, &at->scope, &cursor, note_raw, seen, &at->error),
              &at->error);
    assert_true(seen[0][0] == 0.25 && isnan(seen[0][STORE_PARAMS]));
    assert_true(seen[1][0] == 0.75 && isnan(seen[1][1]) && seen[1][STORE_PARAMS] == 7.5);
}

static void report_usage(store_fixture *at, cav_usage usage)
{
    cav_report report = {.attempt = 1, .step = 1, .usage = usage};
    assert_ok(at->type->report_add(at->store, &at->scope, &report, 1000, &at->error), &at->error);
}

static void expect_usage(store_fixture *at, int64_t cpu_ms, int64_t memory_bytes)
{
    cav_record row = store_row(at, 0);
    assert_int_equal(row.usage.cpu_ms, cpu_ms);
    assert_int_equal(row.usage.memory_bytes, memory_bytes);
    store_row_free(&row);
}

static size_t count_news(store_fixture *at, int64_t *cursor)
{
    store_rows rows = store_read(at, cursor);
    size_t count = rows.count;
    store_rows_free(&rows);
    return count;
}

static void test_what_a_trial_took_grows_and_only_that_is_a_change(void **state)
{
    store_fixture *at = store_fixture_of(state);
    const int64_t much = INT64_C(1) << 40;
    int64_t cursor = 0;
    store_add(at, 0, CAVIAR_STATE_RUNNING);
    expect_usage(at, 0, 0);
    report_usage(at, (cav_usage){.cpu_ms = 900, .memory_bytes = much});
    assert_int_equal(count_news(at, &cursor), 1);
    report_usage(at, (cav_usage){.cpu_ms = 900, .memory_bytes = 7});
    report_usage(at, (cav_usage){0});
    assert_int_equal(count_news(at, &cursor), 0);
    report_usage(at, (cav_usage){.cpu_ms = 1000});
    assert_int_equal(count_news(at, &cursor), 1);
    store_fixture_reopen(at);
    expect_usage(at, 1000, much);
    cav_move move = {.attempt = 1, .to = CAVIAR_STATE_PAUSED, .usage = {.memory_bytes = much + 1}};
    assert_ok(at->type->trial_move(at->store, &at->scope, &move, &at->error), &at->error);
    expect_usage(at, 1000, much + 1);
    assert_int_equal(store_claim(at, 0, "another"), 0);
    move = (cav_move){.attempt = 2, .to = CAVIAR_STATE_COMPLETE, .usage = {.cpu_ms = 2500}};
    assert_ok(at->type->trial_move(at->store, &at->scope, &move, &at->error), &at->error);
    store_fixture_reopen(at);
    expect_usage(at, 2500, much + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_begin_at_0_and_have_no_gaps),
        cmocka_unit_test(test_each_study_counts_for_itself),
        cmocka_unit_test(test_an_expected_number_must_come_true),
        cmocka_unit_test(test_a_number_that_follows_the_expected_one_has_its_own_parameters),
        cmocka_unit_test(test_the_budget_counts_all_but_imported_trials),
        cmocka_unit_test(test_the_budget_counts_trials_of_every_state),
        cmocka_unit_test(test_a_distinct_trial_is_refused_where_its_parameters_were_inserted_so),
        cmocka_unit_test(test_what_differs_in_one_parameter_is_distinct),
        cmocka_unit_test(test_an_added_trial_has_its_times_and_its_attempt),
        cmocka_unit_test(test_an_imported_trial_keeps_what_it_came_with),
        cmocka_unit_test(test_the_first_that_waits_is_claimed_first),
        cmocka_unit_test(test_what_failed_less_often_is_claimed_first),
        cmocka_unit_test(test_what_fails_again_waits_for_twice_as_many_others),
        cmocka_unit_test(test_what_is_not_due_is_claimed_last),
        cmocka_unit_test(test_a_claim_sets_owner_attempt_lease_and_times),
        cmocka_unit_test(test_a_trial_is_claimed_by_its_number),
        cmocka_unit_test(test_a_paused_trial_is_claimed_by_its_number_only),
        cmocka_unit_test(test_a_lease_that_ran_out_frees_the_trial),
        cmocka_unit_test(test_a_lost_trial_is_put_back_also_when_another_is_claimed),
        cmocka_unit_test(test_a_heartbeat_renews_the_leases_of_its_owner),
        cmocka_unit_test(test_a_report_renews_the_lease),
        cmocka_unit_test(test_a_trial_that_is_lost_too_often_fails_as_lost),
        cmocka_unit_test(test_many_leases_that_ran_out_are_all_put_back),
        cmocka_unit_test(test_a_late_result_of_an_earlier_attempt_is_stale),
        cmocka_unit_test(test_a_trial_that_nobody_took_still_accepts_its_result),
        cmocka_unit_test(test_a_result_is_recorded_once),
        cmocka_unit_test(test_no_trial_ends_before_it_began_whatever_the_clock_says),
        cmocka_unit_test(test_what_is_given_up_while_it_rests_ended_when_it_began_to),
        cmocka_unit_test(test_an_unknown_number_is_not_found),
        cmocka_unit_test(test_moves_follow_the_table),
        cmocka_unit_test(test_a_failed_trial_must_say_why),
        cmocka_unit_test(test_a_move_keeps_what_it_does_not_name),
        cmocka_unit_test(test_a_move_may_bring_other_parameters_of_a_space_that_has_grown),
        cmocka_unit_test(test_what_a_trial_took_grows_and_only_that_is_a_change),
    };
    return store_suite_run("stores: trials", tests, sizeof tests / sizeof tests[0]);
}
