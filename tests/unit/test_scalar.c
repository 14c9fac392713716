/**
 * test_scalar.c: one loss out of several: ranges, weights, and that each trial of the front is the
 * best for some of them.
 */
#include "support/test.h"

#include "search/scalar.h"

#include <math.h>

static void test_ranges_are_those_of_the_front(void **state)
{
    (void)state;
    cav_scalar scalar;
    assert_true(cav_scalar_init(&scalar, 2));
    const double losses[] = {1, 8, 2, 6, 5, 4, 5, 1000, 9, 4}; // the last two are dominated
    cav_scalar_measure(&scalar, losses, 5);
    assert_true(scalar.least[0] == 1 && scalar.least[1] == 4);
    assert_true(scalar.range[0] == 4 && scalar.range[1] == 4);
    scalar.weights[0] = 0.25;
    scalar.weights[1] = 0.75;
    const double at[] = {3, 5}; // 0.5 and 0.25 of the ranges
    assert_near(cav_scalar_loss(&scalar, at), 0.1875 + 0.05 * (0.125 + 0.1875), 1e-15);
    cav_scalar_free(&scalar);
}

static void test_a_front_of_one_trial_has_ranges_too(void **state)
{
    (void)state;
    cav_scalar scalar;
    assert_true(cav_scalar_init(&scalar, 2));
    const double losses[] = {1, 1, 3, 1, 2, 1};
    cav_scalar_measure(&scalar, losses, 3);
    assert_near(scalar.range[0], 1, 1e-15); // the mean distance from 1
    assert_near(scalar.range[1], 1, 0);     // all alike
    cav_scalar_measure(&scalar, losses, 0);
    assert_true(scalar.range[0] == 1 && scalar.least[0] == 0);
    cav_scalar_free(&scalar);
}

static void test_one_metric_is_left_as_it_is(void **state)
{
    (void)state;
    cav_scalar scalar;
    cav_random random = cav_random_stream(test_seed(861), 0, CAV_PURPOSE_TEST, 0);
    assert_true(cav_scalar_init(&scalar, 1));
    const double losses[] = {3, -0.1, 7};
    cav_scalar_measure(&scalar, losses, 3);
    cav_scalar_draw(&scalar, &random);
    for (int i = 0; i < 3; i++)
        assert_true(cav_scalar_loss(&scalar, &losses[i]) == losses[i]);
    cav_scalar_free(&scalar);
}

// A concave front, of which a weighted sum finds the ends alone.
static void test_every_trial_of_a_front_is_some_weights_best(void **state)
{
    (void)state;
    enum { POINTS = 5, DRAWS = 4000 };
    cav_scalar scalar;
    cav_random random = cav_random_stream(test_seed(862), 0, CAV_PURPOSE_TEST, 0);
    double losses[2 * POINTS], mean = 0;
    int chosen[POINTS] = {0};
    for (int i = 0; i < POINTS; i++) {
        losses[2 * i] = sin(M_PI / 2 * i / (POINTS - 1));
        losses[2 * i + 1] = cos(M_PI / 2 * i / (POINTS - 1));
    }
    assert_true(cav_scalar_init(&scalar, 2));
    cav_scalar_measure(&scalar, losses, POINTS);
    for (int draw = 0; draw < DRAWS; draw++) {
        int best = 0;
        cav_scalar_draw(&scalar, &random);
        assert_near(scalar.weights[0] + scalar.weights[1], 1, 1e-12);
        mean += scalar.weights[0] / DRAWS;
        for (int i = 1; i < POINTS; i++)
            if (cav_scalar_loss(&scalar, &losses[2 * i]) <
                cav_scalar_loss(&scalar, &losses[2 * best]))
                best = i;
        chosen[best]++;
    }
    assert_near(mean, 0.5, 0.02); // even on [0, 1]: its standard error is 0.005
    for (int i = 0; i < POINTS; i++)
        if (chosen[i] <= DRAWS / 200)
            fail_msg("trial %d is the best for %d of %d", i, chosen[i], DRAWS);
    cav_scalar_free(&scalar);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranges_are_those_of_the_front),
        cmocka_unit_test(test_a_front_of_one_trial_has_ranges_too),
        cmocka_unit_test(test_one_metric_is_left_as_it_is),
        cmocka_unit_test(test_every_trial_of_a_front_is_some_weights_best),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
