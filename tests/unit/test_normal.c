/**
 * test_normal.c: the normal distribution against values of sixty digits, from mpmath.
 */
#include "support/test.h"

#include "base/memory.h"
#include "base/normal.h"

#include <math.h>

static void test_the_log_of_the_improvement_is_exact_near_and_far(void **state)
{
    (void)state;
    static const double known[][2] = {
        {8, 2.07944154167983594},      {2, 0.697383545788228312},     {0.5, -0.359827683745063819},
        {0, -0.918938533204672742},    {-0.5, -1.62051626438731992},  {-1, -2.48512102571264134},
        {-3, -7.86968605960302852},    {-8, -37.122364261692633},     {-15, -118.848170684113584},
        {-24.9, -317.358485742667344}, {-25.1, -322.374409872464066}, {-40, -808.29856835661996},
        {-300, -45012.3265368145542},  {-1e5, -5000000023.94478946},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(known); i++)
        assert_near(cav_normal_log_improvement(known[i][0]), known[i][1],
                    5e-13 * fmax(1, fabs(known[i][1])));
}

static void test_the_log_of_the_improvement_rises_everywhere(void **state)
{
    (void)state;
    double before = -INFINITY;
    for (double z = -40; z < 10; z += 1.0 / 64) {
        double value = cav_normal_log_improvement(z);
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
        cmocka_unit_test(test_the_log_of_the_improvement_is_exact_near_and_far),
        cmocka_unit_test(test_the_log_of_the_improvement_rises_everywhere),
        cmocka_unit_test(test_the_quantile_is_exact_into_the_tails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
