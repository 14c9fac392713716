/**
 * test_normal.c: the normal distribution against fifty digits, far into its tails.
 */
#include "support/test.h"

#include "gp_golden.h"

#include "base/memory.h"
#include "base/normal.h"

static void assert_close(double x, double exact, double relative)
{
    assert_near(x, exact, relative * fmax(fabs(exact), 1e-300));
}

static void test_log_cdf_and_log_h_in_the_middle_and_in_the_tails(void **state)
{
    (void)state;
    for (size_t i = 0; i < CAV_COUNT_OF(golden_normal); i++) {
        const double *golden = golden_normal[i];
        double slope;
        assert_close(cav_normal_log_cdf(golden[0]), golden[1], 1e-13);
        assert_close(cav_normal_log_h(golden[0], &slope), golden[2], 1e-12);
        assert_close(slope, golden[3], 1e-9);
    }
}

static void test_the_slope_of_log_h_is_its_derivative(void **state)
{
    (void)state;
    for (double z = -60; z < 9; z += 0.37) {
        double slope, step = 1e-5 * (1 + fabs(z));
        cav_normal_log_h(z, &slope);
        double change = cav_normal_log_h(z + step, NULL) - cav_normal_log_h(z - step, NULL);
        assert_close(change / (2 * step), slope, 1e-5);
    }
}

static void test_log_h_has_no_steps_where_its_forms_meet(void **state)
{
    (void)state;
    static const double places[] = {-1, -14};
    for (size_t i = 0; i < CAV_COUNT_OF(places); i++) {
        double slope;
        double before = cav_normal_log_h(places[i] - 1e-9, &slope);
        double after = cav_normal_log_h(places[i] + 1e-9, NULL);
        assert_near(after - before, 2e-9 * slope, 1e-10);
    }
}

static void test_quantiles(void **state)
{
    (void)state;
    for (size_t i = 0; i < CAV_COUNT_OF(golden_quantiles); i++)
        assert_near(cav_normal_quantile(golden_quantiles[i][0]), golden_quantiles[i][1], 1e-12);
    assert_true(cav_normal_quantile(0) == -INFINITY && cav_normal_quantile(1) == INFINITY);
    assert_true(isnan(cav_normal_quantile(-0.1)) && isnan(cav_normal_quantile(NAN)));
}

static void test_the_log_of_the_improvement_rises_everywhere(void **state)
{
    (void)state;
    double before = -INFINITY;
    for (double z = -40; z < 10; z += 1.0 / 64) {
        double value = cav_normal_log_h(z, NULL);
        assert_true(value > before); // no step where the two forms meet
        before = value;
    }
}

static void test_the_quantile_is_exact_into_the_tails(void **state)
{
    (void)state;
    static const double known[][2] = {
        {1e-300, -37.0470962993611992}, {1e-20, -9.26234008979840757}, {1e-6, -4.75342430882289895},
        {0.02, -2.05374891063182305},   {0.3, -0.524400512708040784},  {0.5, 0},
        {0.7, 0.524400512708040784},    {0.975, 1.95996398454005424},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(known); i++) {
        double z = cav_normal_quantile(known[i][0]);
        assert_near(z, known[i][1], 4e-15 * fmax(1, fabs(z)));
        assert_near(cav_normal_cdf(z), known[i][0], 1e-12 * known[i][0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log_cdf_and_log_h_in_the_middle_and_in_the_tails),
        cmocka_unit_test(test_the_slope_of_log_h_is_its_derivative),
        cmocka_unit_test(test_log_h_has_no_steps_where_its_forms_meet),
        cmocka_unit_test(test_the_log_of_the_improvement_rises_everywhere),
        cmocka_unit_test(test_the_quantile_is_exact_into_the_tails),
        cmocka_unit_test(test_quantiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
