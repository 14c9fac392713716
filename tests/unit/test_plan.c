/**
 * test_plan.c: situations, and what to do in them.
 */
#include "support/test.h"

#include "insight/plan.h"

#include <math.h>

static const double second = 1000, minute = 60 * 1000, hour = 3600 * 1000;

static cav_plan make(cav_plan_case given)
{
    cav_error error = {0};
    cav_plan plan;
    assert_ok(cav_plan_make(&given, &plan, &error), &error);
    return plan;
}

static bool has_reason(const cav_plan *plan, const char *piece)
{
    for (size_t i = 0; i < plan->reason_count; i++)
        if (strstr(plan->reasons[i], piece))
            return true;
    return false;
}

static void test_one_training_that_just_fits_is_nursed(void **state)
{
    (void)state;
    cav_plan plan = make((cav_plan_case){
        .step_ms = 5 * minute, .steps = 90, .deadline_ms = 12 * hour, .workers = 1});
    assert_true(plan.is_panda);
    assert_int_equal(plan.trials, 1);
    assert_int_equal(plan.parallel, 1);
    assert_int_equal(plan.step_max, 90);
    assert_true(fabs(plan.full_trainings - 1.6) < 1e-9);
    plan = make(
        (cav_plan_case){.step_ms = 5 * minute, .steps = 90, .deadline_ms = 9 * hour, .workers = 1});
    assert_true(plan.is_panda && has_reason(&plan, "waste: 0.2}"));
}

static void test_workers_that_one_run_leaves_over_are_spoken_of(void **state)
{
    (void)state;
    cav_plan plan =
        make((cav_plan_case){.step_ms = hour, .steps = 10, .deadline_ms = 12 * hour, .workers = 3});
    assert_true(plan.is_panda); // worth 3.6 trainings, of which going back takes its part
    assert_int_equal(plan.trials, 2);
    assert_true(has_reason(&plan, "1 worker would have nothing to do"));
}

static void test_a_training_that_does_not_fit_is_shortened(void **state)
{
    (void)state;
    cav_plan plan = make(
        (cav_plan_case){.step_ms = 5 * minute, .steps = 90, .deadline_ms = 2 * hour, .workers = 1});
    assert_true(plan.is_panda);
    assert_int_equal(plan.step_max, 24);
    assert_true(has_reason(&plan, "24 steps are as far as it gets"));
    cav_error error = {0};
    cav_plan_case hopeless = {.step_ms = hour, .steps = 90, .deadline_ms = 3 * hour, .workers = 8};
    assert_int_equal(cav_plan_make(&hopeless, &plan, &error), CAVIAR_INVALID);
    assert_contains(error.message, "time for 3 steps");
}

static void test_many_trainings_are_compared_and_the_poor_ones_stopped(void **state)
{
    (void)state;
    cav_plan plan = make((cav_plan_case){.step_ms = 40 * second,
                                         .steps = 81,
                                         .deadline_ms = 9 * hour,
                                         .workers = 4,
                                         .tiers = {2, 3, 2}});
    assert_false(plan.is_panda);
    assert_int_equal(plan.parallel, 4);
    assert_string_equal(plan.scheduler, "auto");
    assert_int_equal(plan.step_min, 1);
    // rungs at 1, 3, 9, 27 and the end: 1 + 2/3 + 6/9 + 18/27 + 54/81 steps on average
    assert_int_equal(plan.trials, (int64_t)(4 * 9 * 3600 / 40 / (1 + 4 * 2.0 / 3)));
    assert_int_equal(plan.parameter_count, 7);
}

static void test_what_stopping_saved_so_far_is_what_it_will_save(void **state)
{
    (void)state;
    cav_plan plan = make((cav_plan_case){.step_ms = 10 * second,
                                         .measured_count = 40,
                                         .trial_steps = 9,
                                         .steps = 30,
                                         .deadline_ms = hour,
                                         .workers = 1});
    assert_int_equal(plan.trials, 40);
    assert_true(has_reason(&plan, "as measured"));
    assert_true(has_reason(&plan, "measured on 40 trials"));
}

static void test_few_trials_are_spent_on_the_upper_tiers(void **state)
{
    (void)state;
    cav_plan_case given = {.step_ms = minute,
                           .steps = 4, // too short to stop any
                           .deadline_ms = 4 * 25 * minute,
                           .workers = 1,
                           .tiers = {1, 1, 3}};
    cav_plan plan = make(given);
    assert_int_equal(plan.trials, 25);
    assert_string_equal(plan.scheduler, "none");
    assert_int_equal(plan.parameter_count, 2);
    assert_int_equal(plan.last_tier, CAV_PLAN_MEDIUM);
    assert_true(has_reason(&plan, "fix the other 3"));
    given.tiers[CAV_PLAN_MOST] = 0;
    given.tiers[CAV_PLAN_MEDIUM] = 5;
    given.tiers[CAV_PLAN_LEAST] = 0;
    plan = make(given);
    assert_int_equal(plan.parameter_count, 5);
    assert_true(has_reason(&plan, "few for 5 parameters"));
}

static void test_workers_with_time_for_one_training_each_are_a_population(void **state)
{
    (void)state;
    cav_plan_case given = {.step_ms = minute,
                           .steps = 60,
                           .deadline_ms = 1.5 * hour,
                           .workers = 8,
                           .tiers = {1, 1, 0}};
    cav_plan plan = make(given);
    assert_string_equal(plan.scheduler, "pbt");
    assert_int_equal(plan.population, 8);
    assert_int_equal(plan.trials, 8);
    given.cannot_restore = true;
    plan = make(given);
    assert_string_equal(plan.scheduler, "auto");
    assert_int_equal(plan.population, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_training_that_just_fits_is_nursed),
        cmocka_unit_test(test_workers_that_one_run_leaves_over_are_spoken_of),
        cmocka_unit_test(test_a_training_that_does_not_fit_is_shortened),
        cmocka_unit_test(test_many_trainings_are_compared_and_the_poor_ones_stopped),
        cmocka_unit_test(test_what_stopping_saved_so_far_is_what_it_will_save),
        cmocka_unit_test(test_few_trials_are_spent_on_the_upper_tiers),
        cmocka_unit_test(test_workers_with_time_for_one_training_each_are_a_population),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
