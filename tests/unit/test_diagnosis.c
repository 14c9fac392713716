/**
 * test_diagnosis.c: curves whose course is known, and what is said of them; the noise against
 * curves that were made with it.
 */
#include "support/test.h"

#include "base/memory.h"
#include "base/random.h"
#include "insight/diagnosis.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { STEPS = 40, SEEDS = 200 };

typedef double course(int step);

static double falling(int step)
{
    return 2 - 0.03 * step;
}

static double saturating(int step)
{
    return 0.1 + exp(-step / 3.0);
}

// Falls, and rises from step 15 on.
static double turning(int step)
{
    return 0.3 + exp(-step / 4.0) + (step > 15 ? 0.02 * (step - 15) : 0);
}

static double training(int step)
{
    return 0.5 * exp(-step / 12.0);
}

typedef struct sample {
    int64_t steps[STEPS];
    double losses[STEPS], train[STEPS];
    cav_symptoms symptoms;
} sample;

static void make(sample *at, course *of, course *train, double noise, uint64_t seed)
{
    cav_random random = cav_random_stream(seed, 0, CAV_PURPOSE_SUGGEST, 0);
    for (int i = 0; i < STEPS; i++) {
        at->steps[i] = i + 1;
        at->losses[i] = of(i + 1) + noise * cav_random_normal(&random);
        at->train[i] = train ? train(i + 1) + noise * cav_random_normal(&random) : 0;
    }
    at->symptoms = (cav_symptoms){.metric = "val_loss",
                                  .train_metric = train ? "train_loss" : NULL,
                                  .steps = at->steps,
                                  .losses = at->losses,
                                  .count = STEPS,
                                  .train_steps = at->steps,
                                  .train_losses = at->train,
                                  .train_count = train ? STEPS : 0,
                                  .state = CAVIAR_STATE_COMPLETE};
}

static bool finds(const cav_symptoms *symptoms, cav_finding wanted)
{
    cav_diagnosis found[CAV_FINDING_COUNT];
    size_t count = cav_diagnose(symptoms, found);
    for (size_t i = 0; i < count; i++)
        if (found[i].finding == wanted)
            return true;
    return false;
}

// The share of noisy curves of which something is said.
static double share(course *of, course *train, double noise, cav_finding wanted)
{
    int said = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        sample at;
        make(&at, of, train, noise, seed);
        said += finds(&at.symptoms, wanted);
    }
    return (double)said / SEEDS;
}

static void expect_only(course *of, course *train, cav_finding wanted)
{
    sample at;
    cav_diagnosis found[CAV_FINDING_COUNT];
    make(&at, of, train, 0, 1);
    size_t count = cav_diagnose(&at.symptoms, found);
    assert_int_equal(count, 1);
    assert_string_equal(cav_finding_name(found[0].finding), cav_finding_name(wanted));
    assert_true(found[0].evidence[0] && cav_finding_advice(wanted)[0]);
}

static void test_clean_curves_are_called_by_their_name(void **state)
{
    (void)state;
    expect_only(falling, NULL, CAV_FINDING_FALLING);
    expect_only(saturating, NULL, CAV_FINDING_PLATEAU);
    expect_only(saturating, saturating, CAV_FINDING_PLATEAU);
    expect_only(turning, training, CAV_FINDING_OVERFITTING);
    expect_only(turning, NULL, CAV_FINDING_DIVERGING);
    expect_only(turning, turning, CAV_FINDING_DIVERGING);
}

static void test_noise_hides_little_of_it_and_invents_little(void **state)
{
    (void)state;
    assert_true(share(falling, NULL, 0.02, CAV_FINDING_FALLING) > 0.95);
    assert_true(share(turning, training, 0.02, CAV_FINDING_OVERFITTING) > 0.95);
    assert_true(share(turning, NULL, 0.02, CAV_FINDING_DIVERGING) > 0.95);
    assert_true(share(saturating, saturating, 0.02, CAV_FINDING_OVERFITTING) < 0.02);
    assert_true(share(saturating, NULL, 0.02, CAV_FINDING_DIVERGING) < 0.02);
    assert_true(share(saturating, NULL, 0.02, CAV_FINDING_FALLING) < 0.05);
    assert_true(share(saturating, NULL, 0.02, CAV_FINDING_NOISY) < 0.05);
    assert_true(share(saturating, NULL, 0.3, CAV_FINDING_NOISY) > 0.95);
}

static double still(int step)
{
    (void)step;
    return 5;
}

static void test_the_noise_is_what_a_curve_was_made_with(void **state)
{
    (void)state;
    double sum = 0, of_slope = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        sample at;
        make(&at, still, NULL, 0.1, seed);
        sum += cav_diagnosis_noise(at.losses, STEPS) / SEEDS;
        make(&at, falling, NULL, 0.1, seed);
        of_slope += cav_diagnosis_noise(at.losses, STEPS) / SEEDS;
    }
    assert_true(fabs(sum - 0.1) < 0.01);
    assert_true(fabs(of_slope - sum) < 1e-9); // a straight line is no noise
    assert_true(cav_diagnosis_noise((double[]){1, 2}, 2) == 0);
}

static void test_a_value_that_is_no_number_is_all_that_is_said(void **state)
{
    (void)state;
    sample at;
    cav_diagnosis found[CAV_FINDING_COUNT];
    make(&at, falling, NULL, 0, 1);
    at.losses[7] = NAN;
    assert_int_equal(cav_diagnose(&at.symptoms, found), 1);
    assert_int_equal(found[0].finding, CAV_FINDING_NOT_FINITE);
    assert_contains(found[0].evidence, "step 8");
    at.symptoms.count = 3; // however short
    at.symptoms.state = CAVIAR_STATE_FAILED;
    at.symptoms.reason = CAVIAR_REASON_NOT_FINITE;
    assert_int_equal(cav_diagnose(&at.symptoms, found), 1);
    assert_int_equal(found[0].finding, CAV_FINDING_NOT_FINITE);
}

static void test_one_that_was_stopped_while_it_fell_was_stopped_too_early(void **state)
{
    (void)state;
    sample at;
    make(&at, falling, NULL, 0, 1);
    at.symptoms.state = CAVIAR_STATE_PRUNED;
    assert_true(finds(&at.symptoms, CAV_FINDING_STOPPED_EARLY));
    assert_false(finds(&at.symptoms, CAV_FINDING_FALLING));
}

static void test_of_a_short_curve_nothing_is_said(void **state)
{
    (void)state;
    sample at;
    cav_diagnosis found[CAV_FINDING_COUNT];
    make(&at, falling, NULL, 0, 1);
    for (size_t count = 0; count < 8; count++) {
        at.symptoms.count = count;
        assert_int_equal(cav_diagnose(&at.symptoms, found), 0);
    }
    at.symptoms.count = 8;
    assert_true(cav_diagnose(&at.symptoms, found) > 0);
}

static void test_more_is_better_is_told_in_the_metrics_own_direction(void **state)
{
    (void)state;
    sample at;
    cav_diagnosis found[CAV_FINDING_COUNT];
    make(&at, turning, NULL, 0, 1);
    for (int i = 0; i < STEPS; i++)
        at.losses[i] -= 2; // an accuracy, turned round
    at.symptoms.is_maximized = true;
    assert_int_equal(cav_diagnose(&at.symptoms, found), 1);
    assert_contains(found[0].evidence, "has fallen to 1.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clean_curves_are_called_by_their_name),
        cmocka_unit_test(test_noise_hides_little_of_it_and_invents_little),
        cmocka_unit_test(test_the_noise_is_what_a_curve_was_made_with),
        cmocka_unit_test(test_a_value_that_is_no_number_is_all_that_is_said),
        cmocka_unit_test(test_one_that_was_stopped_while_it_fell_was_stopped_too_early),
        cmocka_unit_test(test_of_a_short_curve_nothing_is_said),
        cmocka_unit_test(test_more_is_better_is_told_in_the_metrics_own_direction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
