/**
 * test_outcome.c: losses to outcomes, against scipy and Vizier's description.
 */
#include "support/test.h"

#include "gp_golden.h"

#include "base/memory.h"
#include "surrogate/outcome.h"

enum { COUNT = CAV_COUNT_OF(golden_losses) };

static void test_the_most_likely_power_is_scipys(void **state)
{
    (void)state;
    double outcomes[COUNT];
    assert_true(cav_outcome_warp(CAV_OUTCOME_POWER, golden_losses, COUNT, outcomes, NULL));
    for (size_t i = 0; i < COUNT; i++)
        assert_near(outcomes[i], golden_powered[i], 1e-5);
}

static void test_the_worse_half_goes_by_rank_as_vizier_has_it(void **state)
{
    (void)state;
    double outcomes[COUNT];
    assert_true(cav_outcome_warp(CAV_OUTCOME_RANK, golden_losses, COUNT, outcomes, NULL));
    for (size_t i = 0; i < COUNT; i++)
        assert_near(outcomes[i], golden_ranked[i], 1e-9);
}

static void test_order_stays_and_equals_stay_equal(void **state)
{
    (void)state;
    static const double losses[] = {3, 1, 1e100, 2, 2, -40, 0, 1, 1e9, 5};
    for (int kind = CAV_OUTCOME_POWER; kind <= CAV_OUTCOME_RANK; kind++) {
        double outcomes[CAV_COUNT_OF(losses)];
        assert_true(
            cav_outcome_warp((cav_outcome)kind, losses, CAV_COUNT_OF(losses), outcomes, NULL));
        for (size_t i = 0; i < CAV_COUNT_OF(losses); i++) {
            assert_true(fabs(outcomes[i]) < 10);
            for (size_t j = 0; j < CAV_COUNT_OF(losses); j++)
                assert_true(losses[i] > losses[j] || outcomes[i] <= outcomes[j]);
        }
        assert_true(outcomes[3] == outcomes[4] && outcomes[1] < outcomes[3]);
    }
}

static void test_slopes_are_derivatives_in_the_better_half(void **state)
{
    (void)state;
    for (int kind = CAV_OUTCOME_POWER; kind <= CAV_OUTCOME_RANK; kind++) {
        double outcomes[COUNT], slopes[COUNT], moved[COUNT], losses[COUNT];
        memcpy(losses, golden_losses, sizeof losses);
        assert_true(cav_outcome_warp((cav_outcome)kind, losses, COUNT, outcomes, slopes));
        // two losses next to each other show the slope, where one more changes nothing else much
        size_t best = 0, next = SIZE_MAX;
        for (size_t i = 0; i < COUNT; i++)
            best = losses[i] < losses[best] ? i : best;
        for (size_t i = 0; i < COUNT; i++)
            if (i != best && (next == SIZE_MAX || losses[i] < losses[next]))
                next = i;
        memcpy(moved, outcomes, sizeof moved);
        double slope = (moved[next] - moved[best]) / (losses[next] - losses[best]);
        double between = 0.5 * (slopes[next] + slopes[best]);
        assert_near(log(slope), between, 0.05);
    }
}

static void test_equal_losses_become_nought(void **state)
{
    (void)state;
    static const double losses[] = {4, 4, 4};
    for (int kind = CAV_OUTCOME_POWER; kind <= CAV_OUTCOME_RANK; kind++) {
        double outcomes[3], slopes[3];
        assert_true(cav_outcome_warp((cav_outcome)kind, losses, 3, outcomes, slopes));
        for (int i = 0; i < 3; i++)
            assert_true(outcomes[i] == 0 && isfinite(slopes[i]));
    }
}

static void test_deviations_go_along_with_the_outcomes(void **state)
{
    (void)state;
    static const double losses[] = {4, 1, 2}, outcomes[] = {30, 0, 10}; // slope 10
    static const double deviations[] = {0, 0.5, 1};
    double variances[3] = {-1, -1, -1};
    assert_true(cav_outcome_spread(losses, deviations, outcomes, 3, variances));
    assert_near(variances[0], 0, 0);
    assert_near(variances[1], 25, 1e-12); // only upwards is there something to go by
    assert_near(variances[2], 100, 1e-12);
    assert_true(cav_outcome_spread(losses, NULL, outcomes, 3, variances));
    assert_true(variances[1] == 0 && variances[2] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_most_likely_power_is_scipys),
        cmocka_unit_test(test_the_worse_half_goes_by_rank_as_vizier_has_it),
        cmocka_unit_test(test_order_stays_and_equals_stay_equal),
        cmocka_unit_test(test_slopes_are_derivatives_in_the_better_half),
        cmocka_unit_test(test_equal_losses_become_nought),
        cmocka_unit_test(test_deviations_go_along_with_the_outcomes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
