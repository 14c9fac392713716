/**
 * test_earlier.c: an earlier study's trials in the space of another one.
 */
#include "support/test.h"

#include "support/literal.h"
#include "support/trials.h"

#include "surrogate/earlier.h"

#include <math.h>

static const caviar_parameter there[] = {
    {.name = "lr", .scale = LOG, .low = 1e-5, .high = 1},
    {.name = "units", .type = INT, .low = 1, .high = 512},
    {.name = "act", .type = CATEGORICAL, CHOICES(TEXT("relu"), TEXT("tanh"), TEXT("elu"))},
    {.name = "gone", .high = 1},
};

// A narrower range, other choices in another order, and a parameter that is new.
static const caviar_parameter here[] = {
    {.name = "act", .type = CATEGORICAL, CHOICES(TEXT("tanh"), TEXT("relu"))},
    {.name = "lr", .scale = LOG, .low = 1e-4, .high = 1e-1},
    {.name = "units", .type = INT, .low = 1, .high = 1024},
    {.name = "beta", .high = 1, .initial = REAL(0.9)},
};

enum { LR, UNITS, ACT };

typedef struct scene {
    trials from, to;
    cav_earlier earlier;
} scene;

static void put(scene *at, double lr, double units, double act, double loss, caviar_state state)
{
    const double raw[] = {[LR] = lr, [UNITS] = units, [ACT] = act, 0.5};
    trials_put(&at->from, raw, loss, state);
}

static scene start(void)
{
    scene at = {0};
    trials_init(&at.from, there, CAV_COUNT_OF(there), 1);
    trials_init(&at.to, here, CAV_COUNT_OF(here), 1);
    return at;
}

static void take(scene *at, size_t finished)
{
    cav_error error = {0};
    cav_earlier_source source = {
        .name = "old", .space = at->from.space, .history = at->from.history, .finished = finished};
    assert_ok(cav_earlier_init(&at->earlier, at->to.space, &source, &error), &error);
}

static void finish(scene *at)
{
    cav_earlier_free(&at->earlier);
    trials_free(&at->from);
    trials_free(&at->to);
}

static double value_of(const scene *at, size_t trial, size_t dim)
{
    const cav_parameter *parameter = &at->to.space->parameters[at->to.space->dims[dim]];
    return cav_parameter_decode(parameter, at->earlier.points[trial * 4 + dim]);
}

static void test_parameters_are_matched_by_name_and_choices_by_their_text(void **state)
{
    (void)state;
    scene at = start();
    put(&at, 1e-2, 64, 1, 0.25, CAVIAR_STATE_COMPLETE);
    take(&at, SIZE_MAX);
    assert_int_equal(at.earlier.count, 1);
    assert_int_equal(at.earlier.shared_count, 3);
    assert_near(value_of(&at, 0, 0), 0, 0); // tanh
    assert_near(value_of(&at, 0, 1), 1e-2, 1e-12);
    assert_near(value_of(&at, 0, 2), 64, 0);
    assert_near(at.earlier.losses[0], 0.25, 0);
    assert_true(at.earlier.is_inside[0] && at.earlier.is_feasible[0]);
    finish(&at);
}

static void test_what_the_earlier_study_lacks_has_its_default_and_is_not_known(void **state)
{
    (void)state;
    scene at = start();
    put(&at, 1e-2, 64, 1, 0.25, CAVIAR_STATE_COMPLETE);
    take(&at, SIZE_MAX);
    assert_near(value_of(&at, 0, 3), 0.9, 1e-12);
    assert_false(at.earlier.knows[3]);
    assert_true(at.earlier.knows[0] && at.earlier.knows[1] && at.earlier.knows[2]);
    finish(&at);
}

static void test_a_number_out_of_range_moves_to_its_end_and_is_marked(void **state)
{
    (void)state;
    scene at = start();
    put(&at, 0.5, 64, 1, 0.25, CAVIAR_STATE_COMPLETE);
    take(&at, SIZE_MAX);
    assert_near(value_of(&at, 0, 1), 1e-1, 1e-12);
    assert_false(at.earlier.is_inside[0]);
    finish(&at);
}

static void test_a_choice_that_is_none_here_leaves_its_trial_out(void **state)
{
    (void)state;
    scene at = start();
    put(&at, 1e-2, 64, 2, 0.25, CAVIAR_STATE_COMPLETE); // elu
    put(&at, 1e-3, 64, 0, 0.5, CAVIAR_STATE_COMPLETE);
    take(&at, SIZE_MAX);
    assert_int_equal(at.earlier.count, 1);
    assert_near(at.earlier.losses[0], 0.5, 0);
    finish(&at);
}

static void test_only_complete_trials_of_the_first_that_ended_count(void **state)
{
    (void)state;
    scene at = start();
    put(&at, 1e-2, 1, 0, 1, CAVIAR_STATE_COMPLETE);
    put(&at, 1e-2, 2, 0, 2, CAVIAR_STATE_PRUNED);
    put(&at, 1e-2, 3, 0, NAN, CAVIAR_STATE_FAILED);
    put(&at, 1e-2, 4, 0, 4, CAVIAR_STATE_COMPLETE);
    put(&at, 1e-2, 5, 0, 5, CAVIAR_STATE_COMPLETE);
    take(&at, 4);
    assert_int_equal(at.earlier.count, 2);
    assert_near(at.earlier.losses[1], 4, 0);
    finish(&at);
}

static void test_a_configuration_that_breaks_a_constraint_is_marked(void **state)
{
    (void)state;
    scene at = start();
    assert_int_equal(caviar_space_constrain(at.to.space, "units <= 100"), CAVIAR_OK);
    put(&at, 1e-2, 64, 1, 1, CAVIAR_STATE_COMPLETE);
    put(&at, 1e-2, 128, 1, 2, CAVIAR_STATE_COMPLETE);
    take(&at, SIZE_MAX);
    assert_true(at.earlier.is_feasible[0]);
    assert_false(at.earlier.is_feasible[1]);
    finish(&at);
}

static void test_a_study_that_is_there_no_more_has_no_trials(void **state)
{
    (void)state;
    cav_error error = {0};
    scene at = start();
    cav_earlier_source gone = {.name = "old"};
    assert_ok(cav_earlier_init(&at.earlier, at.to.space, &gone, &error), &error);
    assert_int_equal(at.earlier.count, 0);
    assert_int_equal(at.earlier.shared_count, 0);
    finish(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parameters_are_matched_by_name_and_choices_by_their_text),
        cmocka_unit_test(test_what_the_earlier_study_lacks_has_its_default_and_is_not_known),
        cmocka_unit_test(test_a_number_out_of_range_moves_to_its_end_and_is_marked),
        cmocka_unit_test(test_a_choice_that_is_none_here_leaves_its_trial_out),
        cmocka_unit_test(test_only_complete_trials_of_the_first_that_ended_count),
        cmocka_unit_test(test_a_configuration_that_breaks_a_constraint_is_marked),
        cmocka_unit_test(test_a_study_that_is_there_no_more_has_no_trials),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
