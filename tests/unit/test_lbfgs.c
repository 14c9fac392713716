/**
 * test_lbfgs.c: minima that are known, inside of the box and on its walls.
 */
#include "support/test.h"

#include "base/lbfgs.h"

#include <math.h>

enum { COUNT = 6 };

static size_t calls;

static double rosenbrock(void *context, const double *x, double *gradient)
{
    (void)context;
    double sum = 0;
    calls++;
    memset(gradient, 0, COUNT * sizeof *gradient);
    for (int i = 0; i + 1 < COUNT; i++) {
        double bend = x[i + 1] - x[i] * x[i];
        sum += 100 * bend * bend + (1 - x[i]) * (1 - x[i]);
        gradient[i] += -400 * bend * x[i] - 2 * (1 - x[i]);
        gradient[i + 1] += 200 * bend;
    }
    return sum;
}

// Least at `context`, with curvatures from 1 to 1e4.
static double bowl(void *context, const double *x, double *gradient)
{
    const double *center = context;
    double sum = 0;
    for (int i = 0; i < COUNT; i++) {
        double curvature = pow(10, 4.0 * i / (COUNT - 1));
        sum += curvature * (x[i] - center[i]) * (x[i] - center[i]);
        gradient[i] = 2 * curvature * (x[i] - center[i]);
    }
    return sum;
}

static double log_barrier(void *context, const double *x, double *gradient)
{
    (void)context;
    gradient[0] = 1 - 1 / x[0];
    return x[0] - log(x[0]); // NaN for x < 0
}

static double minimize(cav_lbfgs_function *function, void *context, size_t count, double low,
                       double high, double *x)
{
    double lows[COUNT], highs[COUNT], *work = malloc(cav_lbfgs_work_size(count) * sizeof *work);
    for (size_t i = 0; i < count; i++) {
        lows[i] = low;
        highs[i] = high;
    }
    cav_lbfgs settings = {.count = count,
                          .low = lows,
                          .high = highs,
                          .most_steps = 500,
                          .most_calls = 1000,
                          .gradient_tolerance = 1e-9};
    double value = cav_lbfgs_minimize(&settings, function, context, x, work);
    free(work);
    return value;
}

static void test_rosenbrocks_valley_is_followed_to_its_end(void **state)
{
    (void)state;
    double x[COUNT] = {2, -1, 0.5, 0.3, 2, -2};
    calls = 0;
    assert_near(minimize(rosenbrock, NULL, COUNT, -3, 3, x), 0, 1e-15);
    for (int i = 0; i < COUNT; i++)
        assert_near(x[i], 1, 1e-6);
    assert_true(calls < 300);
}

static void test_a_minimum_outside_ends_on_the_walls(void **state)
{
    (void)state;
    double center[COUNT] = {-2, 0.25, 5, 0.5, -1, 0.75}, x[COUNT] = {0.5, 0.5, 0.5, 0.9, 0.9, 0.1};
    minimize(bowl, center, COUNT, 0, 1, x);
    for (int i = 0; i < COUNT; i++)
        assert_near(x[i], fmin(fmax(center[i], 0), 1), 1e-7);
}

static void test_places_without_a_value_are_kept_away_from(void **state)
{
    (void)state;
    double x[1] = {30};
    assert_near(minimize(log_barrier, NULL, 1, -50, 50, x), 1, 1e-12);
    assert_near(x[0], 1, 1e-6);
}

static void test_a_start_outside_is_moved_into_the_box_and_one_without_a_value_stays(void **state)
{
    (void)state;
    double x[1] = {99};
    assert_near(minimize(log_barrier, NULL, 1, 2, 50, x), 2 - log(2), 1e-12);
    assert_true(x[0] == 2);
    x[0] = -7;
    assert_true(isnan(minimize(log_barrier, NULL, 1, -50, 50, x)));
    assert_true(x[0] == -7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rosenbrocks_valley_is_followed_to_its_end),
        cmocka_unit_test(test_a_minimum_outside_ends_on_the_walls),
        cmocka_unit_test(test_places_without_a_value_are_kept_away_from),
        cmocka_unit_test(test_a_start_outside_is_moved_into_the_box_and_one_without_a_value_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
