/**
 * test_nsga2.c: what only NSGA-II promises: a front that is near and wide, in any space, whoever
 * looks and whenever.
 */
#include "support/test.h"

#include "support/driver.h"
#include "support/literal.h"

#include "base/pareto.h"

#include <math.h>

enum { DIMS = 8, MOST_TRIALS = 200, MOST_METRICS = 3 };

typedef void objectives(const double *x, double *ret_values);

static cav_space *make(const caviar_parameter *parameters, size_t count)
{
    cav_space *space = caviar_space_new();
    for (size_t i = 0; i < count; i++)
        if (caviar_space_add(space, &parameters[i]))
            fail_msg("%s", caviar_space_message(space));
    return space;
}

static cav_space *make_cube(void)
{
    static const char *const names[DIMS] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    cav_space *space = caviar_space_new();
    for (size_t i = 0; i < DIMS; i++)
        assert_int_equal(caviar_space_add(space, &(caviar_parameter){.name = names[i], .high = 1}),
                         CAVIAR_OK);
    return space;
}

static test_driver *open_with(cav_space *space, const char *sampler, uint64_t seed, size_t metrics,
                              const cav_option_value *options, size_t option_count)
{
    cav_error error = {0};
    driver_options how = {.space = space,
                          .sampler = sampler,
                          .seed = seed,
                          .budget = MOST_TRIALS,
                          .metric_count = metrics,
                          .options = options,
                          .option_count = option_count};
    test_driver *driver = driver_new(&how, &error);
    if (!driver)
        fail_msg("%s", error.message);
    return driver;
}

// ZDT1 to 3 (Zitzler, Deb, Thiele 2000): how far the others are from 0 makes g.
static double zdt_distance(const double *x)
{
    double sum = 0;
    for (size_t i = 1; i < DIMS; i++)
        sum += x[i];
    return 1 + 9 * sum / (DIMS - 1);
}

static void zdt1(const double *x, double *ret_values)
{
    double g = zdt_distance(x);
    ret_values[0] = x[0];
    ret_values[1] = g * (1 - sqrt(x[0] / g));
}

static void zdt2(const double *x, double *ret_values)
{
    double g = zdt_distance(x);
    ret_values[0] = x[0];
    ret_values[1] = g * (1 - x[0] / g * x[0] / g);
}

static void zdt3(const double *x, double *ret_values)
{
    double g = zdt_distance(x), share = x[0] / g;
    ret_values[0] = x[0];
    ret_values[1] = g * (1 - sqrt(share) - share * sin(10 * M_PI * x[0]));
}

// DTLZ2 (Deb, Thiele, Laumanns, Zitzler 2002) with three metrics: a sphere, larger by g.
static void dtlz2(const double *x, double *ret_values)
{
    double g = 1, a = x[0] * M_PI_2, b = x[1] * M_PI_2;
    for (size_t i = 2; i < DIMS; i++)
        g += (x[i] - 0.5) * (x[i] - 0.5);
    ret_values[0] = g * cos(a) * cos(b);
    ret_values[1] = g * cos(a) * sin(b);
    ret_values[2] = g * sin(a);
}

static double volume_found(const char *sampler, uint64_t seed, objectives *function,
                           const double *reference, size_t metrics)
{
    cav_space *space = make_cube();
    test_driver *driver = open_with(space, sampler, seed, metrics, NULL, 0);
    double values[MOST_TRIALS * MOST_METRICS];
    for (size_t i = 0; i < MOST_TRIALS; i++) {
        size_t number;
        assert_int_equal(driver_ask(driver, &number), CAVIAR_OK);
        function(driver->raw, values + i * metrics);
        driver_tell(driver, number, values + i * metrics);
    }
    driver_free(driver);
    caviar_space_free(space);
    return cav_pareto_volume(values, MOST_TRIALS, metrics, reference);
}

// Of the volume that the whole front covers, it misses clearly less.
static void test_it_covers_much_more_than_random_search(void **state)
{
    (void)state;
    static const struct problem {
        const char *name;
        objectives *function;
        double reference[MOST_METRICS], whole;
        size_t metrics;
    } problems[] = {
        // areas under the front: ∫ 1 - √x, ∫ 1 - x²; of ZDT3 from 200,000 points of it
        {"zdt1", zdt1, {1, 6}, 6 - 1.0 / 3, 2},
        {"zdt2", zdt2, {1, 6}, 6 - 2.0 / 3, 2},
        {"zdt3", zdt3, {1, 6}, 6.0444, 2},
        {"dtlz2", dtlz2, {2, 2, 2}, 8 - M_PI / 6, 3},
    };
    uint64_t seed = test_seed(881);
    for (size_t i = 0; i < CAV_COUNT_OF(problems); i++) {
        const struct problem *at = &problems[i];
        double missing[2] = {0};
        for (uint64_t k = 0; k < 5; k++) {
            missing[0] += at->whole -
                          volume_found("nsga2", seed + k, at->function, at->reference, at->metrics);
            missing[1] += at->whole - volume_found("random", seed + k, at->function, at->reference,
                                                   at->metrics);
        }
        if (!(missing[0] >= 0 && missing[0] < 0.8 * missing[1]))
            fail_msg("%s: %g is missing, of random search %g", at->name, missing[0] / 5,
                     missing[1] / 5);
    }
}

static void test_the_front_is_spread_from_end_to_end(void **state)
{
    (void)state;
    // x is the front between the two metrics, y is to be 0
    const caviar_parameter both[] = {{.name = "x", .high = 1}, {.name = "y", .high = 1}};
    cav_space *space = make(both, 2);
    test_driver *driver = open_with(space, "nsga2", test_seed(882), 2, NULL, 0);
    size_t in_fifth[5] = {0};
    double y = 0;
    for (size_t k = 0; k < MOST_TRIALS; k++) {
        size_t number;
        assert_int_equal(driver_ask(driver, &number), CAVIAR_OK);
        const double values[] = {driver->raw[0] + driver->raw[1],
                                 1 - driver->raw[0] + driver->raw[1]};
        driver_tell(driver, number, values);
        if (k < MOST_TRIALS / 2)
            continue;
        in_fifth[(size_t)fmin(4, 5 * driver->raw[0])]++;
        y += driver->raw[1] / (MOST_TRIALS / 2);
    }
    for (size_t i = 0; i < 5; i++)
        assert_true(in_fifth[i] >= 5);
    assert_true(y < 0.1);
    driver_free(driver);
    caviar_space_free(space);
}

static const caviar_parameter tree[] = {
    {.name = "model", .type = CATEGORICAL, CHOICES(TEXT("a"), TEXT("b"), TEXT("c"))},
    {.name = "x", .high = 1, WHEN(HAS("model", TEXT("a")))},
    {.name = "n", .type = INT, .low = 1, .high = 20, WHEN(HAS("model", TEXT("b")))},
    {.name = "rate", .scale = LOG, .low = 1e-4, .high = 1},
};

// Best with model b, n = 13, rate = 0.01.
static double tree_loss(const double *raw)
{
    double rate = log10(raw[3]) + 2;
    if (raw[0] != 1)
        return 1 + (raw[0] == 0 ? raw[1] : 0.5) + rate * rate;
    return fabs(raw[2] - 13) / 20 + rate * rate;
}

static void test_choices_levels_and_conditions_are_bred_too(void **state)
{
    (void)state;
    uint64_t seed = test_seed(883);
    cav_space *space = make(tree, CAV_COUNT_OF(tree));
    size_t right = 0, trials = 0;
    for (uint64_t i = 0; i < 5; i++) {
        test_driver *driver = open_with(space, "nsga2", seed + i, 1, NULL, 0);
        for (size_t k = 0; k < 120; k++) {
            size_t number;
            assert_int_equal(driver_ask(driver, &number), CAVIAR_OK);
            driver_tell_loss(driver, number, tree_loss(driver->raw));
            right += k >= 80 && driver->raw[0] == 1 && fabs(driver->raw[2] - 13) <= 2;
            trials += k >= 80;
        }
        driver_free(driver);
    }
    if (right <= trials / 4) // by chance 1 in 12
        fail_msg("%zu of %zu are near the best", right, trials);
    caviar_space_free(space);
}

static void test_a_failed_or_stopped_trial_is_never_a_parent(void **state)
{
    (void)state;
    // what lies on the right looks best, but fails, or is stopped
    const caviar_parameter line[] = {{.name = "x", .high = 1}};
    static const cav_option_value few = {"population", "10", ""};
    cav_space *space = make(line, 1);
    test_driver *driver = open_with(space, "nsga2", test_seed(884), 1, &few, 1);
    size_t right = 0;
    for (size_t k = 0; k < 100; k++) {
        size_t number;
        assert_int_equal(driver_ask(driver, &number), CAVIAR_OK);
        double x = driver->raw[0], value = -x;
        cav_record record = {.number = (int64_t)number,
                             .attempt = 1,
                             .state = x < 0.5   ? CAVIAR_STATE_COMPLETE
                                      : x < 0.7 ? CAVIAR_STATE_PRUNED
                                                : CAVIAR_STATE_FAILED,
                             .raw = driver->raw,
                             .values = &value,
                             .step = 1};
        cav_error error = {0};
        assert_ok(cav_history_put(driver->history, &record, driver->point, &error), &error);
        right += k >= 50 && x > 0.7;
    }
    assert_true(right < 10);
    driver_free(driver);
    caviar_space_free(space);
}

static void test_the_constraints_hold_without_asking_again(void **state)
{
    (void)state;
    const caviar_parameter both[] = {{.name = "x", .high = 1}, {.name = "y", .high = 1}};
    static const cav_option_value few = {"population", "10", ""};
    cav_space *space = make(both, 2);
    assert_int_equal(caviar_space_constrain(space, "x + y <= 0.5"), CAVIAR_OK); // one in eight
    test_driver *driver = open_with(space, "nsga2", test_seed(885), 1, &few, 1);
    for (size_t k = 0; k < 100; k++) {
        size_t number, before = driver->suggest_count;
        assert_int_equal(driver_ask(driver, &number), CAVIAR_OK);
        assert_true(k < 10 || driver->suggest_count == before + 1);
        driver_tell_loss(driver, number, fabs(driver->raw[0] - driver->raw[1]));
    }
    driver_free(driver);
    caviar_space_free(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_covers_much_more_than_random_search),
        cmocka_unit_test(test_the_front_is_spread_from_end_to_end),
        cmocka_unit_test(test_choices_levels_and_conditions_are_bred_too),
        cmocka_unit_test(test_a_failed_or_stopped_trial_is_never_a_parent),
        cmocka_unit_test(test_the_constraints_hold_without_asking_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
