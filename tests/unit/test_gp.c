/**
 * test_gp.c: Gaussian processes against numpy and scipy, and gradients against differences.
 */
#include "support/test.h"

#include "gp_golden.h"
#include "gp_golden_space.h"

#include "surrogate/gp_fit.h"

enum {
    COUNT = CAV_COUNT_OF(golden_outcomes),
    TESTS = CAV_COUNT_OF(golden_tests),
    DIMS = GOLDEN_DIMS
};

typedef struct fixture {
    cav_space *space;
    cav_gp_axes *axes;
    cav_gp_work *work;
    cav_gp *gp;
    cav_gp_data data;
} fixture;

static void set_up(fixture *at, int smoothness, bool warps)
{
    at->space = golden_space();
    at->axes = cav_gp_axes_new(at->space);
    at->work = cav_gp_work_new(at->axes);
    at->gp = cav_gp_new(at->axes, smoothness, warps);
    at->data =
        (cav_gp_data){.count = COUNT, .points = &golden_points[0][0], .outcomes = golden_outcomes};
    assert_true(cav_gp_work_reserve(at->work, COUNT + 4) && cav_gp_reserve(at->gp, COUNT + 4));
    memcpy(at->gp->params, warps ? golden_params_warped : golden_params,
           at->gp->param_count * sizeof(double));
}

static void tear_down(fixture *at)
{
    cav_gp_free(at->gp);
    cav_gp_work_free(at->work);
    cav_gp_axes_free(at->axes);
    caviar_space_free(at->space);
}

static const struct golden {
    int smoothness;
    bool warps;
    const double *evidence, *means, *variances, (*left_out)[2];
} goldens[] = {
    {3, false, golden_evidence_3, golden_means_3, golden_variances_3, golden_left_out_3},
    {5, false, golden_evidence_5, golden_means_5, golden_variances_5, golden_left_out_5},
    {3, true, golden_evidence_3_warped, golden_means_3_warped, golden_variances_3_warped,
     golden_left_out_3_warped},
    {5, true, golden_evidence_5_warped, golden_means_5_warped, golden_variances_5_warped,
     golden_left_out_5_warped},
};

typedef void check(fixture *at, const struct golden *golden);

static void check_all(check *run)
{
    for (size_t i = 0; i < CAV_COUNT_OF(goldens); i++) {
        fixture at;
        set_up(&at, goldens[i].smoothness, goldens[i].warps);
        run(&at, &goldens[i]);
        tear_down(&at);
    }
}

static void has_the_evidence(fixture *at, const struct golden *golden)
{
    assert_int_equal(at->gp->param_count, golden->warps ? CAV_COUNT_OF(golden_params_warped)
                                                        : CAV_COUNT_OF(golden_params));
    double evidence = cav_gp_evidence(at->gp, &at->data, at->gp->params, at->work, NULL);
    assert_near(evidence, golden->evidence[0], 1e-9);
}

static void test_the_evidence_is_a_multivariate_t_density(void **state)
{
    (void)state;
    check_all(has_the_evidence);
}

static void has_its_gradient(fixture *at, const struct golden *golden)
{
    (void)golden;
    double gradient[16], other[16], *params = at->gp->params;
    cav_gp_evidence(at->gp, &at->data, params, at->work, gradient);
    for (size_t i = 0; i < at->gp->param_count; i++) {
        double kept = params[i], step = 1e-5;
        params[i] = kept + step;
        double above = cav_gp_evidence(at->gp, &at->data, params, at->work, NULL);
        params[i] = kept - step;
        double below = cav_gp_evidence(at->gp, &at->data, params, at->work, other);
        params[i] = kept;
        assert_near(gradient[i], (above - below) / (2 * step), 1e-6 * (1 + fabs(gradient[i])));
    }
}

static void test_the_gradient_of_the_evidence_is_its_derivative(void **state)
{
    (void)state;
    check_all(has_its_gradient);
}

static void predicts(fixture *at, const struct golden *golden)
{
    double means[8], variances[8], mean, variance, unused[2][DIMS];
    assert_true(cav_gp_condition(at->gp, &at->data, at->work));
    cav_gp_predict_eight(at->gp, &golden_tests[0][0], at->work, means, variances);
    for (size_t i = 0; i < TESTS; i++) {
        assert_near(means[i], golden->means[i], 1e-9);
        assert_near(variances[i], golden->variances[i], 1e-9);
        cav_gp_predict(at->gp, golden_tests[i], at->work, &mean, &variance, unused[0], unused[1]);
        assert_near(mean, means[i], 1e-12);
        assert_near(variance, variances[i], 1e-12);
    }
    cav_gp_predict_eight(at->gp, &golden_tests[0][0], at->work, variances, NULL);
    assert_memory_equal(means, variances, sizeof means);
}

static void test_predictions(void **state)
{
    (void)state;
    check_all(predicts);
}

static void has_gradients(fixture *at, const struct golden *golden)
{
    (void)golden;
    double mean, variance, by_mean[DIMS], by_variance[DIMS], unused[DIMS], moved[DIMS];
    assert_true(cav_gp_condition(at->gp, &at->data, at->work));
    for (size_t i = 0; i < TESTS; i++) {
        cav_gp_predict(at->gp, golden_tests[i], at->work, &mean, &variance, by_mean, by_variance);
        for (size_t dim = 0; dim < DIMS; dim++) {
            bool moves = dim != 1 && !isnan(golden_tests[i][dim]) &&
                         (dim != 2 || golden_tests[i][dim] > 0.1);
            double step = 1e-6, means[2], variances[2];
            for (int side = 0; side < 2; side++) {
                memcpy(moved, golden_tests[i], sizeof moved);
                moved[dim] += moves ? (side ? step : -step) : 0;
                cav_gp_predict(at->gp, moved, at->work, &means[side], &variances[side], unused,
                               unused);
            }
            if (!moves)
                continue;
            assert_near(by_mean[dim], (means[1] - means[0]) / (2 * step), 1e-6);
            assert_near(by_variance[dim], (variances[1] - variances[0]) / (2 * step), 1e-6);
        }
        assert_true(by_mean[1] == 0 && by_variance[1] == 0);
    }
}

static void test_gradients_of_predictions_are_derivatives(void **state)
{
    (void)state;
    check_all(has_gradients);
}

static void leaves_one_out(fixture *at, const struct golden *golden)
{
    double means[COUNT], variances[COUNT];
    assert_true(cav_gp_condition(at->gp, &at->data, at->work));
    cav_gp_leave_one_out(at->gp, means, variances);
    for (size_t i = 0; i < COUNT; i++) {
        assert_near(means[i], golden->left_out[i][0], 1e-8);
        assert_near(variances[i], golden->left_out[i][1], 1e-8);
    }
}

static void test_leaving_one_out(void **state)
{
    (void)state;
    check_all(leaves_one_out);
}

static void grows(fixture *at, const struct golden *golden)
{
    (void)golden;
    double all[8], grown[8], again[8], outcomes[COUNT + 1];
    memcpy(outcomes, golden_outcomes, sizeof golden_outcomes);
    outcomes[COUNT] = 0.7;
    assert_true(cav_gp_condition(at->gp, &at->data, at->work));
    cav_gp_predict_eight(at->gp, &golden_tests[0][0], at->work, all, again);
    cav_gp_data fewer = {
        .count = COUNT - 3, .points = at->data.points, .outcomes = at->data.outcomes};
    assert_true(cav_gp_condition(at->gp, &fewer, at->work));
    for (size_t i = COUNT - 3; i < COUNT; i++)
        assert_true(cav_gp_append(at->gp, golden_points[i], at->work));
    cav_gp_set_outcomes(at->gp, golden_outcomes, at->work);
    cav_gp_predict_eight(at->gp, &golden_tests[0][0], at->work, grown, again);
    for (size_t i = 0; i < TESTS; i++)
        assert_near(grown[i], all[i], 1e-9);
    assert_true(cav_gp_append(at->gp, golden_tests[0], at->work));
    cav_gp_set_outcomes(at->gp, outcomes, at->work);
    cav_gp_predict_eight(at->gp, &golden_tests[0][0], at->work, again, grown);
    assert_true(fabs(again[0] - all[0]) > 1e-3);
    cav_gp_truncate(at->gp, COUNT);
    cav_gp_set_outcomes(at->gp, golden_outcomes, at->work);
    cav_gp_predict_eight(at->gp, &golden_tests[0][0], at->work, again, grown);
    for (size_t i = 0; i < TESTS; i++)
        assert_near(again[i], all[i], 1e-9);
}

static void test_points_may_be_added_and_forgotten_again(void **state)
{
    (void)state;
    check_all(grows);
}

static const double uncertain[COUNT] = {0.3, 0, 2, 0, 0.05, 0};

static void has_its_gradient_with_noises(fixture *at, const struct golden *golden)
{
    at->data.noises = uncertain;
    has_its_gradient(at, golden);
}

// Two measurements of a point with twice the noise are worth one at their mean.
static void counts_rows_by_their_noise(fixture *at, const struct golden *golden)
{
    (void)golden;
    double points[(COUNT + 1) * DIMS], outcomes[COUNT + 1], noises[COUNT + 1];
    double once[8], spread[8], twice[8], twice_spread[8];
    double noise = exp(at->gp->params[at->gp->param_count - 1]);
    at->data.noises = uncertain;
    assert_true(cav_gp_condition(at->gp, &at->data, at->work));
    double scale = at->gp->scale;
    cav_gp_predict_eight(at->gp, &golden_tests[0][0], at->work, once, spread);
    memcpy(points, golden_points, sizeof golden_points);
    memcpy(outcomes, golden_outcomes, sizeof golden_outcomes);
    memcpy(noises, uncertain, sizeof uncertain);
    memcpy(points + COUNT * (size_t)DIMS, golden_points[0], sizeof golden_points[0]);
    outcomes[0] = golden_outcomes[0] - 0.2;
    outcomes[COUNT] = golden_outcomes[0] + 0.2;
    noises[0] = noises[COUNT] = noise + 2 * uncertain[0];
    cav_gp_data data = {COUNT + 1, points, outcomes, noises};
    assert_true(cav_gp_condition(at->gp, &data, at->work));
    cav_gp_predict_eight(at->gp, &golden_tests[0][0], at->work, twice, twice_spread);
    for (size_t i = 0; i < TESTS; i++) {
        assert_near(twice[i], once[i], 1e-9);
        assert_near(twice_spread[i] / at->gp->scale, spread[i] / scale, 1e-9);
    }
}

// What nothing is known of might as well not be there.
static void forgets_what_is_all_noise(fixture *at, const struct golden *golden)
{
    (void)golden;
    double noises[COUNT] = {0}, with[8], without[8], unused[8];
    noises[COUNT - 1] = 1e10;
    at->data.noises = noises;
    assert_true(cav_gp_condition(at->gp, &at->data, at->work));
    cav_gp_predict_eight(at->gp, &golden_tests[0][0], at->work, with, unused);
    at->data.count = COUNT - 1;
    assert_true(cav_gp_condition(at->gp, &at->data, at->work));
    cav_gp_predict_eight(at->gp, &golden_tests[0][0], at->work, without, unused);
    for (size_t i = 0; i < TESTS; i++)
        assert_near(with[i], without[i], 1e-7);
}

static void test_rows_count_by_their_own_noise(void **state)
{
    (void)state;
    check_all(has_its_gradient_with_noises);
    check_all(counts_rows_by_their_noise);
    check_all(forgets_what_is_all_noise);
}

static void climbs(fixture *at, const struct golden *golden)
{
    double reached, gradient[16], low[16], high[16], mode[16];
    cav_gp_reset(at->gp);
    assert_true(cav_gp_climb(at->gp, &at->data, 200, at->work, &reached));
    assert_true(reached > golden->evidence[0]);
    double value = cav_gp_evidence(at->gp, &at->data, at->gp->params, at->work, gradient);
    assert_near(value, reached, 1e-9);
    cav_gp_prior(at->gp, low, high, mode);
    for (size_t i = 0; i < at->gp->param_count; i++)
        if (at->gp->params[i] > low[i] && at->gp->params[i] < high[i])
            assert_near(gradient[i], 0, 0.2);
}

static void test_climbing_ends_where_the_gradient_vanishes(void **state)
{
    (void)state;
    check_all(climbs);
}

// With next to no data the posterior of the noise is its prior, whose moments are known.
static void test_slice_sampling_draws_from_the_posterior(void **state)
{
    (void)state;
    fixture at;
    set_up(&at, 5, false);
    cav_random random = cav_random_stream(test_seed(811), 0, CAV_PURPOSE_TEST, 0);
    at.data.count = 1;
    double sum = 0, square = 0, low[16], high[16], mode[16];
    size_t draws = test_rounds(4000), last = at.gp->param_count - 1;
    cav_gp_prior(at.gp, low, high, mode);
    cav_gp_reset(at.gp);
    for (size_t i = 0; i < draws; i++) {
        const cav_gp *others[] = {at.gp};
        assert_true(cav_gp_sample(at.gp, &at.data, 7, others, 1, &random, at.work));
        double off = at.gp->params[0] - mode[0]; // of the first length scale
        sum += off;
        square += off * off;
        assert_true(at.gp->params[last] >= low[last] && at.gp->params[last] <= high[last]);
    }
    double mean = sum / (double)draws, deviation = sqrt(square / (double)draws - mean * mean);
    if (draws >= 4000) {
        assert_near(mean, 0, 0.15);
        assert_near(deviation, 1.2, 0.12);
    }
    tear_down(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_evidence_is_a_multivariate_t_density),
        cmocka_unit_test(test_the_gradient_of_the_evidence_is_its_derivative),
        cmocka_unit_test(test_predictions),
        cmocka_unit_test(test_gradients_of_predictions_are_derivatives),
        cmocka_unit_test(test_leaving_one_out),
        cmocka_unit_test(test_points_may_be_added_and_forgotten_again),
        cmocka_unit_test(test_rows_count_by_their_own_noise),
        cmocka_unit_test(test_climbing_ends_where_the_gradient_vanishes),
        cmocka_unit_test(test_slice_sampling_draws_from_the_posterior),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
