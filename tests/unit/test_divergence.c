/**
 * test_divergence.c: the estimate against closed forms, the kernel's mass, the border of the best.
 */
#include "support/test.h"

#include "insight/divergence.h"
#include "insight/parzen.h"
#include "insight/ranking.h"

#include <math.h>
#include <string.h>

enum { CELLS = CAV_PARZEN_CELLS };

static double divergence_of_choices(const double *best, const double *all, size_t count)
{
    cav_cells cells = {.alone_count = count, .count = count};
    double best_weights[8], all_weights[8];
    memcpy(best_weights, best, count * sizeof *best);
    memcpy(all_weights, all, count * sizeof *all);
    // a weight of 1 each: the sum of squares is the sum
    cav_tally best_tally = {best_weights, best_weights}, all_tally = {all_weights, all_weights};
    return cav_divergence(&cells, &best_tally, &all_tally);
}

// With t of the best k in a cell that m of all n are in, a pair of the best is alike n / m in
// t (t - 1) of k (k - 1) cases; and a pair of all in m (m - 1) of n (n - 1).
static void test_choices_have_a_closed_form(void **state)
{
    (void)state;
    double best[] = {6, 2, 0}, all[] = {20, 40, 30};
    double alike = 90.0 * (6 * 5 / 20.0 + 2 * 1 / 40.0) / (8 * 7);
    double random = 90.0 * (19 + 39 + 29) / (90.0 * 89);
    assert_near(divergence_of_choices(best, all, 3), alike - random, 1e-12);
}

static void test_choices_nobody_made_change_nothing(void **state)
{
    (void)state;
    double best[] = {6, 0, 2}, all[] = {20, 0, 40};
    double best_packed[] = {6, 2}, all_packed[] = {20, 40};
    assert_near(divergence_of_choices(best, all, 3),
                divergence_of_choices(best_packed, all_packed, 2), 0);
}

// Over all ways to choose the best, the estimate is 0 on average: here 3 of 6, two in each choice.
static void test_it_is_zero_on_average_over_all_ways_to_choose(void **state)
{
    (void)state;
    double sum = 0, all[] = {2, 2, 2};
    for (int a = 0; a < 6; a++) {
        for (int b = 0; b < a; b++) {
            for (int c = 0; c < b; c++) {
                double best[3] = {0};
                best[a / 2]++;
                best[b / 2]++;
                best[c / 2]++;
                sum += divergence_of_choices(best, all, 3);
            }
        }
    }
    assert_near(sum, 0, 1e-12);
}

static void test_one_trial_tells_nothing(void **state)
{
    (void)state;
    double best[] = {1, 0}, all[] = {5, 5};
    assert_near(divergence_of_choices(best, all, 2), 0, 0);
}

static void test_smoothing_keeps_the_mass(void **state)
{
    (void)state;
    static const double bandwidths[] = {0.31, 1, 7, 50, 1000};
    for (size_t b = 0; b < CAV_COUNT_OF(bandwidths); b++) {
        cav_parzen kernel;
        cav_parzen_fill(&kernel, bandwidths[b]);
        for (size_t from = 0; from < CELLS; from++) {
            double weights[CELLS] = {0}, mass[CELLS], sum = 0;
            weights[from] = 3;
            cav_parzen_smooth(&kernel, weights, mass);
            for (size_t to = 0; to < CELLS; to++)
                sum += mass[to];
            assert_near(sum, 3, 1e-9);
        }
    }
}

// One standard deviation on either side of the middle has 68.27 % of a Gaussian.
static void test_the_kernel_is_a_gaussian(void **state)
{
    (void)state;
    cav_parzen kernel;
    double weights[CELLS] = {0}, mass[CELLS], sum = 0;
    weights[24] = 1;
    cav_parzen_fill(&kernel, 4.5);
    cav_parzen_smooth(&kernel, weights, mass);
    for (size_t to = 20; to <= 28; to++) // nine cells: two standard deviations
        sum += mass[to];
    assert_near(sum, 0.682689492137086, 1e-6);
}

static void test_squares_are_those_of_the_masses(void **state)
{
    (void)state;
    cav_parzen kernel;
    double factors[CELLS], sums[CELLS];
    for (size_t i = 0; i < CELLS; i++)
        factors[i] = 1 + (double)(i * i % 7);
    cav_parzen_fill(&kernel, 3);
    cav_parzen_squares(&kernel, factors, sums);
    for (size_t from = 0; from < CELLS; from++) {
        double weights[CELLS] = {0}, mass[CELLS], sum = 0;
        weights[from] = 1;
        cav_parzen_smooth(&kernel, weights, mass);
        for (size_t to = 0; to < CELLS; to++)
            sum += factors[to] * mass[to] * mass[to];
        assert_near(sums[from], sum, 1e-12);
    }
}

static void test_bandwidth_follows_the_spread_and_has_a_least(void **state)
{
    (void)state;
    double even[CELLS], one[CELLS] = {0}, none[CELLS] = {0};
    for (size_t i = 0; i < CELLS; i++)
        even[i] = 2;
    one[10] = 100;
    // of 0 … 49: variance (50^2 - 1) / 12; the quartiles are 12.5 and 37.5
    double sd = sqrt((2500.0 - 1) / 12), range = 25 / 1.34;
    assert_near(cav_parzen_bandwidth(even), 1.059 * fmin(sd, range) * pow(100, -0.2), 1e-12);
    assert_near(cav_parzen_bandwidth(one), 0.5 / 1.645, 0);
    assert_near(cav_parzen_bandwidth(none), 0.5 / 1.645, 0);
}

static void test_cells_cover_the_unit_interval(void **state)
{
    (void)state;
    assert_int_equal(cav_parzen_cell(-1), 0);
    assert_int_equal(cav_parzen_cell(0), 0);
    assert_int_equal(cav_parzen_cell(0.5), 25);
    assert_int_equal(cav_parzen_cell(1), CELLS - 1);
    assert_int_equal(cav_parzen_cell(2), CELLS - 1);
}

static void test_equal_trials_share_the_last_places(void **state)
{
    (void)state;
    static const double losses[] = {1, 2, 2, 2, 3}, ones[] = {1, 1, 1, 1, 1};
    cav_border border = cav_border_find(losses, ones, 5, 2);
    assert_int_equal(border.whole, 1);
    assert_int_equal(border.end, 4);
    assert_near(border.share, 1.0 / 3, 1e-15);
    assert_near(cav_border_share(&border, 0), 1, 0);
    assert_near(cav_border_share(&border, 3), 1.0 / 3, 1e-15);
    assert_near(cav_border_share(&border, 4), 0, 0);
    static const double heavy[] = {0, 4, 0, 0, 1};
    border = cav_border_find(losses, heavy, 5, 2);
    assert_near(border.share, 0.5, 0);
}

static void test_the_best_are_a_tenth_but_not_too_few(void **state)
{
    (void)state;
    assert_near(cav_best_count(1000), 100, 0);
    assert_near(cav_best_count(60), 8, 0);
    assert_near(cav_best_count(24), 8, 0);
    assert_near(cav_best_count(18), 6, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choices_have_a_closed_form),
        cmocka_unit_test(test_choices_nobody_made_change_nothing),
        cmocka_unit_test(test_it_is_zero_on_average_over_all_ways_to_choose),
        cmocka_unit_test(test_one_trial_tells_nothing),
        cmocka_unit_test(test_smoothing_keeps_the_mass),
        cmocka_unit_test(test_the_kernel_is_a_gaussian),
        cmocka_unit_test(test_squares_are_those_of_the_masses),
        cmocka_unit_test(test_bandwidth_follows_the_spread_and_has_a_least),
        cmocka_unit_test(test_cells_cover_the_unit_interval),
        cmocka_unit_test(test_equal_trials_share_the_last_places),
        cmocka_unit_test(test_the_best_are_a_tenth_but_not_too_few),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
