/**
 * test_train_batch_norm.c: batch normalisation against a worked example (computed with PyTorch and
 * by hand), in training and at test time. Compiled for float and for double.
 */
#include "support/train.h"

#include "trainer/kernels.h"

#include <math.h>

#ifdef TRAIN_DOUBLE
static const double tolerance = 5e-8; // the example has seven digits
#else
static const double tolerance = 2e-6;
#endif

enum { M = 4, N = 2 };

static const real example_x[M * N] = {1, 2, 3, -1, 0, 4, 2, (real)0.5};
static const real example_dy[M * N] = {1, (real)0.5, -2, 1, (real)0.5, -1, 3, 2};
static const real example_gamma[N] = {(real)1.5, (real)0.5};
static const real example_beta[N] = {(real)0.1, (real)-0.2};

typedef struct example {
    real z[M * N], a[M * N], slope[M * N], mean[N], sigma[N], scratch[2 * N];
    real running_mean[N], running_variance[N], dgamma[N], dbeta[N];
    stage stage;
} example;

static void example_make(example *at)
{
    memcpy(at->z, example_x, sizeof example_x);
    for (size_t j = 0; j < N; j++) {
        at->running_mean[j] = 0;
        at->running_variance[j] = 1;
    }
    at->stage = (stage){.n = N,
                        .activation = ACTIVATION_NONE,
                        .gamma = example_gamma,
                        .beta = example_beta,
                        .dgamma = at->dgamma,
                        .dbeta = at->dbeta,
                        .epsilon = 1e-5,
                        .new_weight = 0.1,
                        .running_mean = at->running_mean,
                        .running_variance = at->running_variance,
                        .z = at->z,
                        .a = at->a,
                        .slope = at->slope,
                        .mean = at->mean,
                        .sigma = at->sigma,
                        .scratch = at->scratch};
}

static void test_forward_and_backward_give_the_worked_example(void **state)
{
    (void)state;
    for (size_t t = 0; kernels_at(t); t++) {
        example at;
        real dx[M * N];
        example_make(&at);
        memcpy(dx, example_dy, sizeof dx);
        kernels_at(t)->stage_forward(&at.stage, M);
        assert_near((double)at.a[0], -0.5708177, tolerance);
        assert_near((double)at.a[1], -0.0310659, tolerance);
        kernels_at(t)->stage_backward(&at.stage, M, dx);
        assert_near((double)dx[0], 0.1341665, tolerance);
        assert_near((double)dx[1], 0.0456660, tolerance);
        assert_near((double)at.dgamma[0], -2.4596649, tolerance);
        assert_near((double)at.dgamma[1], -3.4800424, tolerance);
        assert_near((double)at.dbeta[0], 2.5, tolerance);
        assert_near((double)at.dbeta[1], 2.5, tolerance);
    }
}

static void test_running_averages_give_a_tenth_to_the_newest_unbiased_variance(void **state)
{
    (void)state;
    for (size_t t = 0; kernels_at(t); t++) {
        example at;
        example_make(&at);
        kernels_at(t)->stage_forward(&at.stage, M);
        assert_near((double)at.running_mean[0], 0.15, tolerance);
        assert_near((double)at.running_mean[1], 0.1375, tolerance);
        assert_near((double)at.running_variance[0], 1.0666667, tolerance);
        assert_near((double)at.running_variance[1], 1.35625, tolerance);
    }
}

static void test_running_averages_approach_the_statistics_of_a_lasting_mini_batch(void **state)
{
    (void)state;
    for (size_t t = 0; kernels_at(t); t++) {
        example at;
        example_make(&at);
        for (int i = 0; i < 300; i++) {
            memcpy(at.z, example_x, sizeof example_x);
            kernels_at(t)->stage_forward(&at.stage, M);
        }
        assert_near((double)at.running_mean[1], 1.375, 3e-6);
        assert_near((double)at.running_variance[1], 4.5625, 3e-6); // 13.6875 / 3
    }
}

static void test_test_time_uses_the_running_averages(void **state)
{
    (void)state;
    for (size_t t = 0; kernels_at(t); t++) {
        for (size_t m = 1; m <= M; m++) { // a single sample is fine
            example at;
            example_make(&at);
            at.running_mean[0] = 2;
            at.running_variance[0] = 9;
            kernels_at(t)->stage_evaluate(&at.stage, m);
            for (size_t i = 0; i < m; i++) {
                double x0 = (double)example_x[i * N], x1 = (double)example_x[i * N + 1];
                assert_near((double)at.a[i * N], 1.5 * (x0 - 2) / sqrt(9 + 1e-5) + 0.1, tolerance);
                assert_near((double)at.a[i * N + 1], 0.5 * x1 / sqrt(1 + 1e-5) - 0.2, tolerance);
            }
            assert_true(at.running_mean[0] == 2 && at.running_variance[0] == 9);
        }
    }
}

static void test_a_column_that_does_not_vary_becomes_beta(void **state)
{
    (void)state;
    for (size_t t = 0; kernels_at(t); t++) {
        example at;
        real dx[M * N];
        example_make(&at);
        memcpy(dx, example_dy, sizeof dx);
        for (size_t i = 0; i < M; i++)
            at.z[i * N] = 7;
        kernels_at(t)->stage_forward(&at.stage, M);
        kernels_at(t)->stage_backward(&at.stage, M, dx);
        for (size_t i = 0; i < M; i++) {
            assert_near((double)at.a[i * N], 0.1, tolerance);
            assert_true(isfinite((double)dx[i * N]));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forward_and_backward_give_the_worked_example),
        cmocka_unit_test(test_running_averages_give_a_tenth_to_the_newest_unbiased_variance),
        cmocka_unit_test(test_running_averages_approach_the_statistics_of_a_lasting_mini_batch),
        cmocka_unit_test(test_test_time_uses_the_running_averages),
        cmocka_unit_test(test_a_column_that_does_not_vary_becomes_beta),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
