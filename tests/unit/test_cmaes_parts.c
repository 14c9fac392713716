/**
 * test_cmaes_parts.c: the distributions of the evolution strategy against those of numpy, and what
 * they promise.
 */
#include "support/test.h"

#include "cmaes_golden.h"

#include "base/memory.h"
#include "base/normal.h"
#include "base/random.h"
#include "search/cmaes_choices.h"
#include "search/cmaes_gauss.h"
#include "search/cmaes_margin.h"

#include <math.h>

typedef struct known {
    size_t dims, lambda;
    bool is_diagonal;
    const double *steps, *weights, *states;
} known;

static void check_state(const known *expected, const cav_gauss *gauss, const double *state)
{
    size_t n = gauss->dims;
    assert_near(gauss->sigma, state[n], 1e-13);
    for (size_t i = 0; i < n; i++) {
        assert_near(gauss->mean[i], state[i], 1e-13);
        assert_near(gauss->path_sigma[i], state[n + 1 + i], 1e-12);
        assert_near(gauss->path_c[i], state[2 * n + 1 + i], 1e-12);
        for (size_t k = i; k < n; k++) { // of C the upper triangle is kept
            double cell = state[3 * n + 1 + i * n + k];
            if (!expected->is_diagonal)
                assert_near(gauss->covariance[i * n + k], cell, 1e-12);
            else if (i == k)
                assert_near(gauss->covariance[i], cell, 1e-12);
        }
    }
}

// Goes through the generations as the sampler does.
static void follow(const known *expected)
{
    size_t n = expected->dims, lambda = expected->lambda, state_size = 3 * n + 1 + n * n;
    cav_gauss gauss;
    assert_true(cav_gauss_init(&gauss, n, expected->is_diagonal));
    assert_true(cav_gauss_set_lambda(&gauss, lambda));
    for (size_t i = 0; i < n; i++) {
        gauss.mean[i] = 0.5;
        gauss.covariance[expected->is_diagonal ? i : i * n + i] = 0.09;
    }
    cav_gauss_start(&gauss);
    assert_near(gauss.sigma, 0.3, 1e-15);
    for (size_t i = 0; i < lambda; i++)
        assert_near(gauss.weights[i], expected->weights[i], 1e-15);
    for (size_t g = 0; g < GOLDEN_GENERATIONS; g++) {
        const double *steps[16];
        size_t ranks[16];
        double pulls[16];
        for (size_t k = 0; k < lambda; k++) {
            steps[k] = expected->steps + (g * lambda + k) * n;
            ranks[k] = k;
        }
        cav_gauss_pulls(&gauss, ranks, pulls);
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < lambda; k++)
                gauss.mean[i] += gauss.sigma * pulls[k] * steps[k][i];
        cav_gauss_learn(&gauss, steps, ranks);
        check_state(expected, &gauss, expected->states + g * state_size);
    }
    cav_gauss_free(&gauss);
}

static void test_generations_move_the_distribution_as_numpy_says(void **state)
{
    (void)state;
    follow(&(known){4, 8, false, golden_full_steps[0], golden_full_weights, golden_full_states[0]});
    follow(&(known){5, 7, true, golden_diagonal_steps[0], golden_diagonal_weights,
                    golden_diagonal_states[0]});
}

static void test_members_that_are_equal_share_their_weights(void **state)
{
    (void)state;
    cav_gauss gauss;
    assert_true(cav_gauss_init(&gauss, 2, false) && cav_gauss_set_lambda(&gauss, 6));
    const size_t ranks[] = {0, 1, 1, 1, 2, 3};
    double pulls[6], sum = 0;
    cav_gauss_pulls(&gauss, ranks, pulls);
    for (size_t i = 0; i < 6; i++)
        sum += pulls[i];
    assert_near(sum, 1, 1e-15);
    assert_near(pulls[0], gauss.weights[0], 0);
    assert_near(pulls[1], (gauss.weights[1] + gauss.weights[2]) / 3, 1e-16);
    assert_true(pulls[1] == pulls[2] && pulls[2] == pulls[3] && pulls[4] == 0 && pulls[5] == 0);
    cav_gauss_free(&gauss);
}

static void test_a_step_from_elsewhere_is_clipped_to_the_length_of_drawn_ones(void **state)
{
    (void)state;
    cav_gauss gauss;
    assert_true(cav_gauss_init(&gauss, 2, false) && cav_gauss_set_lambda(&gauss, 6));
    const double whole[] = {4, 0, 0, 1}; // deviations 2 and 1, sigma their mean sqrt(2)
    memcpy(gauss.covariance, whole, sizeof whole);
    cav_gauss_start(&gauss);
    assert_near(gauss.sigma, sqrt(2), 1e-15);
    const double far[] = {20 / sqrt(2), 0}, near[] = {1, 1};
    double most = sqrt(2) + 2 * 2 / (2.0 + 2);
    assert_near(cav_gauss_length(&gauss, far), 10, 1e-12);
    assert_near(cav_gauss_clip(&gauss, far), most / 10, 1e-12);
    assert_near(cav_gauss_clip(&gauss, near), 1, 0);
    cav_gauss_free(&gauss);
}

static void test_margins_are_corrected_as_python_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < CAV_COUNT_OF(golden_margins); i++) {
        const double *row = golden_margins[i];
        cav_margin_axis axis = {row[0], row[1], row[2]};
        cav_margin_correct(&axis, row[3], row[4], row[5]);
        assert_near(axis.mean, row[6], 1e-12);
        assert_near(axis.stretch, row[7], 1e-11);
    }
}

static void test_a_level_never_loses_its_way_out(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(711), 0, CAV_PURPOSE_TEST, 0);
    for (int round = 0; round < 2000; round++) {
        double width = pow(10, -3 * cav_random_unit(&random)), low = cav_random_unit(&random);
        double high = low + width, margin = pow(10, -4 * cav_random_unit(&random)) / 4;
        unsigned place = (unsigned)cav_random_below(&random, 3); // least, greatest, between
        cav_margin_axis axis = {low + cav_random_unit(&random) * width,
                                pow(10, 4 * cav_random_unit(&random)),
                                width * pow(10, -12 * cav_random_unit(&random))};
        double from = place == 0 ? -INFINITY : low, to = place == 1 ? INFINITY : high;
        cav_margin_correct(&axis, from, to, margin);
        double spread = axis.stretch * axis.deviation;
        double below = cav_normal_cdf((from - axis.mean) / spread);
        double above = cav_normal_cdf((axis.mean - to) / spread);
        assert_true(below + above >= margin * (1 - 1e-5));
        if (place == 2)
            assert_true(below >= margin / 2 * (1 - 1e-5) && above >= margin / 2 * (1 - 1e-6));
        assert_true(axis.mean >= from - 1e-12 && axis.mean <= to + 1e-12);
    }
}

static void pick_all(cav_choices *choices, const size_t (*picks)[3], const double *pulls,
                     size_t member_count)
{
    const size_t *rows[16];
    for (size_t k = 0; k < member_count; k++)
        rows[k] = picks[k];
    cav_choices_learn(choices, rows, pulls, member_count);
}

static void test_shares_move_as_numpy_says(void **state)
{
    (void)state;
    cav_choices choices;
    assert_true(cav_choices_init(&choices, 3, (const size_t[]){3, 2, 5}));
    for (size_t g = 0; g < GOLDEN_GENERATIONS; g++) {
        pick_all(&choices, golden_picks + 4 * g, golden_pulls, 4);
        for (size_t k = 0; k < 10; k++)
            assert_near(choices.shares[k], golden_shares[g][k], 1e-13);
        assert_near(choices.pace, golden_shares[g][10], 1e-13);
    }
    cav_choices_free(&choices);
}

static void test_a_choice_that_always_wins_takes_all_but_the_margin(void **state)
{
    (void)state;
    cav_choices choices;
    assert_true(cav_choices_init(&choices, 3, (const size_t[]){3, 1, 4}));
    const size_t picks[][3] = {{1, 0, 3}, {1, 0, SIZE_MAX}};
    for (int g = 0; g < 200; g++)
        pick_all(&choices, picks, (const double[]){0.6, 0.4}, 2);
    double least = cav_choices_margin(&choices, 0);
    assert_near(least, (1 - pow(0.73, 1.0 / 3)) / 2, 1e-15);
    assert_near(choices.shares[0], least, 1e-12);
    assert_near(choices.shares[1], 1 - 2 * least, 1e-12);
    assert_near(choices.shares[3], 1, 1e-15); // the only one
    assert_near(choices.shares[7], 1 - 3 * cav_choices_margin(&choices, 2), 1e-12);
    cav_choices_free(&choices);
}

static void test_what_was_inactive_in_all_members_keeps_its_shares(void **state)
{
    (void)state;
    cav_choices choices;
    assert_true(cav_choices_init(&choices, 3, (const size_t[]){3, 2, 4}));
    const size_t picks[][3] = {{1, SIZE_MAX, 3}, {0, SIZE_MAX, 2}};
    for (int g = 0; g < 5; g++)
        pick_all(&choices, picks, (const double[]){0.7, 0.3}, 2);
    assert_near(choices.shares[3], 0.5, 1e-15);
    assert_true(choices.shares[1] > 0.4);
    cav_choices_free(&choices);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generations_move_the_distribution_as_numpy_says),
        cmocka_unit_test(test_members_that_are_equal_share_their_weights),
        cmocka_unit_test(test_a_step_from_elsewhere_is_clipped_to_the_length_of_drawn_ones),
        cmocka_unit_test(test_margins_are_corrected_as_python_says),
        cmocka_unit_test(test_a_level_never_loses_its_way_out),
        cmocka_unit_test(test_shares_move_as_numpy_says),
        cmocka_unit_test(test_a_choice_that_always_wins_takes_all_but_the_margin),
        cmocka_unit_test(test_what_was_inactive_in_all_members_keeps_its_shares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
