/**
 * test_telling.c: what becomes of a trial: its reports, its result, its failure.
 */
#include "support/test.h"

#include "support/api.h"
#include "support/literal.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>

static const caviar_objective two[] = {{"loss", false}, {"acc", true}};

static void start_two(api *at)
{
    api_start(at, (caviar_study_options){.objectives = two, .objective_count = 2});
}

static void expect_trial(caviar_study *study, int64_t number, caviar_state state,
                         caviar_reason reason, const char *message)
{
    caviar_trial *trial = api_look(study, number);
    assert_string_equal(caviar_state_name(caviar_trial_state(trial)), caviar_state_name(state));
    assert_string_equal(caviar_reason_name(caviar_trial_reason(trial)), caviar_reason_name(reason));
    assert_string_equal(caviar_trial_message(trial), message);
    caviar_trial_free(trial);
}

static caviar_verdict report(caviar_trial *trial, int64_t step, double value)
{
    caviar_verdict verdict = CAVIAR_VERDICT_RESTORE;
    caviar_metric metric = {.value = value};
    if (caviar_trial_report(trial, step, &metric, 1, &verdict))
        fail_msg("%s", caviar_trial_message(trial));
    return verdict;
}

// ---- Results --------------------------------------------------------------------------------

static void test_several_metrics_are_told_by_name_in_any_order(void **state)
{
    api *at = *state;
    start_two(at);
    caviar_trial *trial = api_ask(at->study);
    caviar_metric metrics[] = {{"acc", 0.75}, {"seconds", 12}, {"loss", 0.5}};
    assert_int_equal(caviar_trial_tell(trial, metrics, 3), CAVIAR_OK);
    caviar_trial_free(trial);
    trial = api_look(at->study, 0);
    assert_true(caviar_trial_value(trial, 0) == 0.5);
    assert_true(caviar_trial_value(trial, 1) == 0.75); // in the user's direction
    caviar_trial_free(trial);
}

static void test_the_first_metric_is_meant_where_none_is_named(void **state)
{
    api *at = *state;
    start_two(at);
    caviar_trial *trial = api_ask(at->study);
    caviar_metric metrics[] = {{NULL, 0.5}, {"acc", 0.75}};
    assert_int_equal(caviar_trial_tell(trial, metrics, 2), CAVIAR_OK);
    assert_true(caviar_trial_value(trial, 0) == 0.5);
    caviar_trial_free(trial);
    trial = api_ask(at->study);
    metrics[0].name = "";
    assert_int_equal(caviar_trial_tell(trial, metrics, 2), CAVIAR_OK);
    assert_true(caviar_trial_value(trial, 0) == 0.5);
    caviar_trial_free(trial);
}

static void test_a_metric_that_is_missing_fails_the_trial_by_its_name(void **state)
{
    api *at = *state;
    start_two(at);
    caviar_trial *trial = api_ask(at->study);
    assert_int_equal(caviar_trial_tell_value(trial, 0.5), CAVIAR_OK);
    assert_int_equal(caviar_trial_state(trial), CAVIAR_STATE_FAILED);
    assert_int_equal(caviar_trial_reason(trial), CAVIAR_REASON_NO_METRIC);
    assert_string_equal(caviar_trial_message(trial), "the metric 'acc' was never given");
    caviar_trial_free(trial);
    trial = api_ask(at->study);
    assert_int_equal(caviar_trial_tell(trial, NULL, 0), CAVIAR_OK);
    assert_int_equal(caviar_trial_reason(trial), CAVIAR_REASON_NO_METRIC);
    caviar_trial_free(trial);
    expect_trial(at->study, 0, CAVIAR_STATE_FAILED, CAVIAR_REASON_NO_METRIC,
                 "the metric 'acc' was never given");
}

static void test_what_is_not_told_is_what_was_reported_last(void **state)
{
    api *at = *state;
    start_two(at);
    caviar_verdict verdict;
    caviar_trial *trial = api_ask(at->study);
    caviar_metric both[] = {{"loss", 0.5}, {"acc", 0.25}}, better = {"loss", 0.125};
    assert_int_equal(caviar_trial_report(trial, 1, both, 2, &verdict), CAVIAR_OK);
    assert_int_equal(caviar_trial_report(trial, 2, &better, 1, &verdict), CAVIAR_OK);
    assert_int_equal(caviar_trial_tell(trial, NULL, 0), CAVIAR_OK);
    assert_int_equal(caviar_trial_state(trial), CAVIAR_STATE_COMPLETE);
    caviar_trial_free(trial);
    trial = api_look(at->study, 0);
    assert_true(caviar_trial_value(trial, 0) == 0.125 && caviar_trial_value(trial, 1) == 0.25);
    caviar_trial_free(trial);
}

static void test_a_result_is_recorded_once(void **state)
{
    api *at = *state;
    caviar_verdict verdict = CAVIAR_VERDICT_PAUSE;
    api_start(at, (caviar_study_options){0});
    caviar_trial *trial = api_ask(at->study);
    assert_int_equal(caviar_trial_tell_value(trial, 0.5), CAVIAR_OK);
    assert_int_equal(caviar_trial_tell_value(trial, 0.25), CAVIAR_STATE);
    assert_contains(caviar_trial_message(trial), "trial 0 is complete; there is nothing to tell");
    assert_int_equal(caviar_trial_fail(trial, CAVIAR_REASON_EXIT, ""), CAVIAR_STATE);
    assert_int_equal(caviar_trial_report(trial, 1, &(caviar_metric){"value", 1}, 1, &verdict),
                     CAVIAR_STATE);
    assert_int_equal(verdict, CAVIAR_VERDICT_PAUSE); // left alone
    assert_true(caviar_trial_value(trial, 0) == 0.5);
    caviar_trial_free(trial);
    trial = api_look(at->study, 0);
    assert_true(caviar_trial_value(trial, 0) == 0.5);
    caviar_trial_free(trial);
}

static void test_numbers_come_back_as_they_were_told(void **state)
{
    static const double values[] = {0.1,    1.0 / 3,      -0.0, 5e-324, -1.7976931348623157e308,
                                    1e-300, 123456789012, 0,    -1,     2.2250738585072014e-308};
    api *at = *state;
    api_start(at, (caviar_study_options){0});
    for (size_t i = 0; i < CAV_COUNT_OF(values); i++)
        api_finish(api_ask(at->study), values[i]);
    if (at->store)
        api_start(at, (caviar_study_options){0});
    for (size_t i = 0; i < CAV_COUNT_OF(values); i++) {
        caviar_trial *trial = api_look(at->study, (int64_t)i);
        assert_true(caviar_trial_value(trial, 0) == values[i]);
        caviar_trial_free(trial);
    }
}

static void test_what_is_not_finite_is_a_failure_and_never_the_best(void **state)
{
    static const double values[] = {NAN, INFINITY, -INFINITY};
    static const char *const words[] = {"value is nan", "value is inf", "value is -inf"};
    api *at = *state;
    api_start(at, (caviar_study_options){.retry = 3}); // it is not tried again
    for (size_t i = 0; i < 3; i++) {
        caviar_trial *trial = api_ask(at->study);
        assert_int_equal(caviar_trial_tell_value(trial, values[i]), CAVIAR_OK);
        assert_int_equal(caviar_trial_state(trial), CAVIAR_STATE_FAILED);
        assert_int_equal(caviar_trial_reason(trial), CAVIAR_REASON_NOT_FINITE);
        assert_string_equal(caviar_trial_message(trial), words[i]);
        caviar_trial_free(trial);
        expect_trial(at->study, (int64_t)i, CAVIAR_STATE_FAILED, CAVIAR_REASON_NOT_FINITE,
                     words[i]);
    }
    caviar_trial *best = NULL;
    assert_int_equal(caviar_study_best(at->study, &best), CAVIAR_NOT_FOUND);
    api_finish(api_ask(at->study), 1e300);
    assert_int_equal(caviar_study_best(at->study, &best), CAVIAR_OK);
    assert_int_equal(caviar_trial_number(best), 3);
    caviar_trial_free(best);
}

static void test_a_metric_that_is_not_tuned_may_be_anything(void **state)
{
    api *at = *state;
    caviar_verdict verdict;
    api_start(at, (caviar_study_options){0});
    caviar_trial *trial = api_ask(at->study);
    caviar_metric metrics[] = {{"value", 0.5}, {"gradient", INFINITY}, {"other", NAN}};
    assert_int_equal(caviar_trial_report(trial, 1, metrics, 3, &verdict), CAVIAR_OK);
    assert_int_equal(verdict, CAVIAR_VERDICT_CONTINUE);
    assert_int_equal(caviar_trial_tell(trial, metrics, 3), CAVIAR_OK);
    assert_int_equal(caviar_trial_state(trial), CAVIAR_STATE_COMPLETE);
    caviar_trial_free(trial);
}

// ---- Reports --------------------------------------------------------------------------------

static void test_a_report_that_is_not_finite_ends_the_trial_with_stop(void **state)
{
    api *at = *state;
    api_start(at, (caviar_study_options){0});
    caviar_trial *trial = api_ask(at->study);
    assert_int_equal(report(trial, 3, 0.5), CAVIAR_VERDICT_CONTINUE);
    assert_int_equal(report(trial, 4, NAN), CAVIAR_VERDICT_STOP);
    assert_int_equal(caviar_trial_state(trial), CAVIAR_STATE_FAILED);
    assert_string_equal(caviar_trial_message(trial), "value is nan (after step 4)");
    caviar_trial_free(trial);
    expect_trial(at->study, 0, CAVIAR_STATE_FAILED, CAVIAR_REASON_NOT_FINITE,
                 "value is nan (after step 4)");
}

static void test_reports_that_are_wrong_change_nothing(void **state)
{
    api *at = *state;
    caviar_metric many[65];
    caviar_verdict verdict = CAVIAR_VERDICT_PAUSE;
    api_start(at, (caviar_study_options){0});
    caviar_trial *trial = api_ask(at->study);
    for (size_t i = 0; i < 65; i++)
        many[i] = (caviar_metric){"m", 1};
    assert_int_equal(caviar_trial_report(trial, -1, many, 1, &verdict), CAVIAR_INVALID);
    assert_contains(caviar_trial_message(trial), "a step is 0 or more, not -1");
    assert_int_equal(caviar_trial_report(trial, 1, many, 65, &verdict), CAVIAR_INVALID);
    assert_contains(caviar_trial_message(trial), "at most 64 metrics");
    assert_int_equal(verdict, CAVIAR_VERDICT_PAUSE);
    assert_int_equal(caviar_trial_state(trial), CAVIAR_STATE_RUNNING);
    assert_int_equal(report(trial, 0, 1), CAVIAR_VERDICT_CONTINUE);
    assert_int_equal(report(trial, 0, 0.5), CAVIAR_VERDICT_CONTINUE); // the same step again
    assert_int_equal(caviar_trial_tell(trial, NULL, 0), CAVIAR_OK);
    assert_true(caviar_trial_value(trial, 0) == 0.5);
    caviar_trial_free(trial);
}

// ---- Failures -------------------------------------------------------------------------------

static void test_a_failure_is_tried_again_as_often_as_retry_says(void **state)
{
    static const caviar_reason reasons[] = {CAVIAR_REASON_EXIT, CAVIAR_REASON_SIGNAL,
                                            CAVIAR_REASON_TIMEOUT};
    api *at = *state;
    api_start(at, (caviar_study_options){.retry = 2, .trial_budget = 2});
    for (int i = 0; i < 3; i++) {
        if (i == 2) // the budget is of trials, not of attempts
            assert_int_equal(api_run_one(at->study), 1);
        caviar_trial *trial = api_ask(at->study);
        assert_int_equal(caviar_trial_number(trial), 0);
        assert_int_equal(caviar_trial_fail(trial, reasons[i], "bad luck"), CAVIAR_OK);
        assert_int_equal(caviar_trial_state(trial),
                         i < 2 ? CAVIAR_STATE_WAITING : CAVIAR_STATE_FAILED);
        assert_string_equal(caviar_trial_message(trial), "bad luck");
        assert_int_equal(caviar_trial_fail(trial, reasons[i], "again"), CAVIAR_STATE);
        caviar_trial_free(trial);
    }
    expect_trial(at->study, 0, CAVIAR_STATE_FAILED, CAVIAR_REASON_TIMEOUT, "bad luck");
    api_ask_fails(at->study, CAVIAR_DONE, "budget");
}

static void test_what_the_same_parameters_would_give_again_is_not_tried_again(void **state)
{
    static const caviar_reason reasons[] = {CAVIAR_REASON_INFEASIBLE, CAVIAR_REASON_NOT_FINITE,
                                            CAVIAR_REASON_NO_METRIC};
    api *at = *state;
    api_start(at, (caviar_study_options){.retry = 2});
    for (int64_t i = 0; i < 3; i++) {
        caviar_trial *trial = api_ask(at->study);
        assert_int_equal(caviar_trial_number(trial), i);
        assert_int_equal(caviar_trial_fail(trial, reasons[i], NULL), CAVIAR_OK);
        assert_int_equal(caviar_trial_state(trial), CAVIAR_STATE_FAILED);
        caviar_trial_free(trial);
    }
}

static void test_a_second_attempt_does_not_inherit_values(void **state)
{
    api *at = *state;
    api_start(at, (caviar_study_options){.retry = 1});
    caviar_trial *trial = api_ask(at->study);
    report(trial, 3, 0.5);
    assert_int_equal(caviar_trial_fail(trial, CAVIAR_REASON_EXIT, ""), CAVIAR_OK);
    caviar_trial_free(trial);
    trial = api_ask(at->study);
    assert_true(isnan(caviar_trial_value(trial, 0)));
    assert_true(caviar_trial_first_step(trial) == 3); // where a checkpoint may be
    assert_int_equal(caviar_trial_tell(trial, NULL, 0), CAVIAR_OK);
    assert_int_equal(caviar_trial_reason(trial), CAVIAR_REASON_NO_METRIC);
    caviar_trial_free(trial);
}

static void test_a_failure_needs_a_reason(void **state)
{
    api *at = *state;
    api_start(at, (caviar_study_options){0});
    caviar_trial *trial = api_ask(at->study);
    assert_int_equal(caviar_trial_fail(trial, CAVIAR_REASON_NONE, ""), CAVIAR_INVALID);
    assert_int_equal(caviar_trial_fail(trial, (caviar_reason)99, ""), CAVIAR_INVALID);
    assert_int_equal(caviar_trial_fail(trial, (caviar_reason)-1, ""), CAVIAR_INVALID);
    assert_contains(caviar_trial_message(trial), "a failure needs a reason");
    api_finish(trial, 1);
    assert_int_equal(caviar_study_trial_count(at->study), 1);
}

static void test_words_of_every_kind_are_kept_with_a_failure(void **state)
{
    api *at = *state;
    char longest[5000];
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    const char *const words[] = {"", "it's \"bad\"; DROP TABLE trials; --\n\t", "学习率 🐼",
                                 longest};
    api_start(at, (caviar_study_options){0});
    for (size_t i = 0; i < CAV_COUNT_OF(words); i++) {
        caviar_trial *trial = api_ask(at->study);
        assert_int_equal(caviar_trial_fail(trial, CAVIAR_REASON_EXIT, words[i]), CAVIAR_OK);
        assert_string_equal(caviar_trial_message(trial), words[i]);
        caviar_trial_free(trial);
        expect_trial(at->study, (int64_t)i, CAVIAR_STATE_FAILED, CAVIAR_REASON_EXIT, words[i]);
    }
}

// Asks until the study is over, and fails all that it is given.
static size_t fail_all(caviar_study *study, int64_t *ret_numbers, size_t most)
{
    caviar_trial *trial;
    size_t count = 0;
    for (; !caviar_study_ask(study, &trial); count++) {
        assert_true(count < most);
        ret_numbers[count] = caviar_trial_number(trial);
        assert_int_equal(caviar_trial_fail(trial, CAVIAR_REASON_EXIT, ""), CAVIAR_OK);
        caviar_trial_free(trial);
    }
    return count;
}

static void test_what_always_fails_leaves_room_for_others(void **state)
{
    api *at = *state;
    static const int64_t first[] = {0, 0, 1, 1, 2, 2, 0, 3, 3, 1, 4, 4, 2};
    int64_t numbers[20 * 51];
    api_start(at, (caviar_study_options){.retry = 50, .trial_budget = 20});
    assert_int_equal(fail_all(at->study, numbers, CAV_COUNT_OF(numbers)), 20 * 51);
    assert_memory_equal(numbers, first, sizeof first);
    size_t begun = 0;
    while (numbers[begun] != 19)
        begun++;
    assert_true(begun < 20 * 5); // each has failed five times at most by then: 2, 6, 14 < 20 < 30
}

// A finite space has no new points either, whatever the budget.
static void test_what_failed_is_tried_again_when_there_is_nothing_new(void **state)
{
    api *at = *state;
    int64_t numbers[4 * 6];
    caviar_space *space = api_small_space(4);
    api_start(at, (caviar_study_options){.retry = 5, .space = space});
    assert_int_equal(fail_all(at->study, numbers, CAV_COUNT_OF(numbers)), 4 * 6);
    caviar_space_free(space);
}

static void test_a_study_under_retry_ends_when_everything_failed(void **state)
{
    api *at = *state;
    int64_t numbers[20];
    api_start(at, (caviar_study_options){.retry = 3, .trial_budget = 5});
    assert_int_equal(fail_all(at->study, numbers, CAV_COUNT_OF(numbers)), 20);
    assert_int_equal(caviar_study_trial_count(at->study), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH_STORES(test_several_metrics_are_told_by_name_in_any_order),
        BOTH_STORES(test_the_first_metric_is_meant_where_none_is_named),
        BOTH_STORES(test_a_metric_that_is_missing_fails_the_trial_by_its_name),
        BOTH_STORES(test_what_is_not_told_is_what_was_reported_last),
        BOTH_STORES(test_a_result_is_recorded_once),
        BOTH_STORES(test_numbers_come_back_as_they_were_told),
        BOTH_STORES(test_what_is_not_finite_is_a_failure_and_never_the_best),
        BOTH_STORES(test_a_metric_that_is_not_tuned_may_be_anything),
        BOTH_STORES(test_a_report_that_is_not_finite_ends_the_trial_with_stop),
        BOTH_STORES(test_reports_that_are_wrong_change_nothing),
        BOTH_STORES(test_a_failure_is_tried_again_as_often_as_retry_says),
        BOTH_STORES(test_what_the_same_parameters_would_give_again_is_not_tried_again),
        BOTH_STORES(test_a_second_attempt_does_not_inherit_values),
        BOTH_STORES(test_a_failure_needs_a_reason),
        BOTH_STORES(test_words_of_every_kind_are_kept_with_a_failure),
        BOTH_STORES(test_what_always_fails_leaves_room_for_others),
        BOTH_STORES(test_what_failed_is_tried_again_when_there_is_nothing_new),
        BOTH_STORES(test_a_study_under_retry_ends_when_everything_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
