/**
 * test_outlook.c: what is left of budgets of steps and of time, counted by hand.
 */
#include "support/test.h"

#include "schedule/outlook.h"

#include <math.h>

static const bool minimize[1];

// A trial with so many reports, that began at a time, and was last heard of or ended at another.
static void put(cav_history *history, caviar_state state, int64_t steps, int64_t from_ms,
                int64_t to_ms, bool uncounted)
{
    size_t number = history->count;
    double value = 1, raw = (double)number;
    cav_record record = {.number = (int64_t)number,
                         .attempt = 1,
                         .state = CAVIAR_STATE_RUNNING,
                         .raw = &raw,
                         .values = &value,
                         .step = -1,
                         .started_ms = from_ms,
                         .uncounted = uncounted};
    assert_int_equal(cav_history_put(history, &record, &raw, NULL), CAVIAR_OK);
    for (int64_t step = 1; step <= steps; step++)
        assert_int_equal(cav_history_report(history, number, step, &value, NULL), CAVIAR_OK);
    history->reported_ms[number] = steps > 0 ? to_ms : 0;
    record.state = state;
    record.step = steps;
    record.finished_ms = state == CAVIAR_STATE_RUNNING ? 0 : to_ms;
    assert_int_equal(cav_history_put(history, &record, &raw, NULL), CAVIAR_OK);
}

static void test_without_budgets_no_end_is_known(void **state)
{
    (void)state;
    cav_history *history = cav_history_new(1, 1, 1, minimize);
    put(history, CAVIAR_STATE_RUNNING, 3, 1000, 2000, false);
    cav_outlook at = cav_outlook_make(&(cav_scheduler_setup){.trial_budget = 7}, history);
    assert_true(isinf(at.all) && isinf(at.left) && isinf(at.each));
    assert_true(isinf(cav_outlook_room(&at, history, 9, SIZE_MAX)));
    cav_history_free(history);
}

static void test_steps_that_are_taken_and_those_that_running_trials_will_take(void **state)
{
    (void)state;
    cav_history *history = cav_history_new(1, 1, 1, minimize);
    put(history, CAVIAR_STATE_COMPLETE, 10, 1000, 2000, false);
    put(history, CAVIAR_STATE_COMPLETE, 10, 1000, 2000, true); // beside the budget
    put(history, CAVIAR_STATE_PAUSED, 6, 1000, 2000, false);
    put(history, CAVIAR_STATE_RUNNING, 4, 1000, 2000, false);
    put(history, CAVIAR_STATE_RUNNING, 0, 1000, 2000, false);
    cav_outlook at = cav_outlook_make(&(cav_scheduler_setup){.step_budget = 50}, history);
    assert_true(at.all == 50 && at.left == 30 && isinf(at.each));
    assert_true(cav_outlook_room(&at, history, 10, SIZE_MAX) == 30 - 6 - 10);
    assert_true(cav_outlook_room(&at, history, 10, 3) == 30 - 10);
    assert_true(cav_outlook_room(&at, history, 3, SIZE_MAX) == 30 - 3); // one is beyond it
    at = cav_outlook_make(&(cav_scheduler_setup){.step_budget = 12}, history);
    assert_true(at.left == 0);
    cav_history_free(history);
}

static void test_time_is_worth_as_many_steps_as_were_taken_in_it(void **state)
{
    (void)state;
    const cav_scheduler_setup setup = {.time_budget_ms = 10000};
    cav_history *history = cav_history_new(1, 1, 1, minimize);
    put(history, CAVIAR_STATE_RUNNING, 0, 1000, 1000, false);
    cav_outlook at = cav_outlook_make(&setup, history);
    assert_true(isinf(at.all)); // nothing was heard yet
    put(history, CAVIAR_STATE_COMPLETE, 5, 1000, 3000, false);
    put(history, CAVIAR_STATE_RUNNING, 3, 2000, 5000, false);
    at = cav_outlook_make(&setup, history); // 8 steps in 4 s, by two that run
    assert_true(at.all == 20 && at.left == 12 && at.each == 6);
    assert_true(cav_outlook_room(&at, history, 5, SIZE_MAX) == 12 - 5 - 2);
    assert_true(cav_outlook_room(&at, history, 1, SIZE_MAX) == 6);
    cav_outlook both = cav_outlook_make(
        &(cav_scheduler_setup){.time_budget_ms = 10000, .step_budget = 16}, history);
    assert_true(both.all == 16 && both.left == 8 && both.each == 6);
    at = cav_outlook_make(&(cav_scheduler_setup){.time_budget_ms = 3000}, history);
    assert_true(at.left == 0 && at.each == 0);
    cav_history_free(history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_budgets_no_end_is_known),
        cmocka_unit_test(test_steps_that_are_taken_and_those_that_running_trials_will_take),
        cmocka_unit_test(test_time_is_worth_as_many_steps_as_were_taken_in_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
