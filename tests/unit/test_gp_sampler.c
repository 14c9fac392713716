/**
 * test_gp_sampler.c: what only the Gaussian processes promise: minima in few trials, of every kind
 * of space; parallel trials that keep apart; a wide berth around failures.
 */
#include "support/test.h"

#include "support/driver.h"
#include "support/literal.h"

#include <math.h>

static test_driver *make(const caviar_parameter *parameters, size_t count, int64_t budget)
{
    static const cav_option_value options[] = {{"effort", "0.3", ""}, {"draws", "0", ""}};
    cav_error error = {0};
    cav_space *space = caviar_space_new();
    for (size_t i = 0; i < count; i++)
        assert_int_equal(caviar_space_add(space, &parameters[i]), CAVIAR_OK);
    driver_options how = {.space = space,
                          .sampler = "gp",
                          .options = options,
                          .option_count = CAV_COUNT_OF(options),
                          .seed = test_seed(821),
                          .budget = budget};
    test_driver *driver = driver_new(&how, &error);
    assert_non_null(driver);
    return driver;
}

static void destroy(test_driver *driver)
{
    cav_space *space = driver->space;
    driver_free(driver);
    caviar_space_free(space);
}

typedef double loss_function(const double *raw);

// The least loss in so many trials.
static double run(test_driver *driver, loss_function *function, int trials)
{
    double least = INFINITY;
    size_t number;
    for (int i = 0; i < trials; i++) {
        assert_int_equal(driver_ask(driver, &number), CAVIAR_OK);
        double loss = function(driver->raw);
        least = fmin(least, loss);
        driver_tell_loss(driver, number, loss);
    }
    return least;
}

// Dixon and Szegö 1978: three minima of 0.397887.
static double branin(const double *raw)
{
    double x = raw[0], y = raw[1];
    double valley = y - 5.1 / (4 * M_PI * M_PI) * x * x + 5 / M_PI * x - 6;
    return valley * valley + 10 * (1 - 1 / (8 * M_PI)) * cos(x) + 10;
}

static void test_branins_minimum_is_found_in_forty_trials(void **state)
{
    (void)state;
    const caviar_parameter parameters[] = {{.name = "x", .low = -5, .high = 10},
                                           {.name = "y", .high = 15}};
    test_driver *driver = make(parameters, 2, 40);
    assert_near(run(driver, branin, 40), 0.397887, 2e-3);
    destroy(driver);
}

// Each choice has a minimum of its own; the best is that of "c" at n = 7.
static double mixed(const double *raw)
{
    static const double offsets[] = {0.5, 0.3, 0}, places[] = {-1, -3, -2}, levels[] = {2, 10, 7};
    size_t choice = (size_t)raw[0];
    double off = log10(raw[1]) - places[choice], step = (raw[2] - levels[choice]) / 4;
    return offsets[choice] + 0.5 * off * off + step * step;
}

static void test_choices_and_levels_are_found_with_the_numbers(void **state)
{
    (void)state;
    const caviar_parameter parameters[] = {
        {.name = "c", .type = CATEGORICAL, CHOICES(TEXT("a"), TEXT("b"), TEXT("c"))},
        {.name = "x", .scale = LOG, .low = 1e-5, .high = 1},
        {.name = "n", .type = INT, .low = 1, .high = 12}};
    test_driver *driver = make(parameters, CAV_COUNT_OF(parameters), 50);
    assert_near(run(driver, mixed, 50), 0, 5e-3);
    destroy(driver);
}

// A branch of three has the least loss, at x = 0.3; y exists in another one only.
static double branches(const double *raw)
{
    if (raw[0] == 0)
        return 0.2 + (raw[1] - 0.3) * (raw[1] - 0.3);
    if (raw[0] == 1)
        return 2 * (raw[2] - 0.8) * (raw[2] - 0.8);
    return 0.5;
}

static void test_the_best_branch_of_a_conditional_space_is_found(void **state)
{
    (void)state;
    const caviar_parameter parameters[] = {
        {.name = "a", .type = CATEGORICAL, CHOICES(TEXT("x"), TEXT("y"), TEXT("z"))},
        {.name = "x", .high = 1, WHEN(HAS("a", TEXT("x")))},
        {.name = "y", .high = 1, WHEN(HAS("a", TEXT("y")))}};
    test_driver *driver = make(parameters, CAV_COUNT_OF(parameters), 40);
    assert_near(run(driver, branches, 40), 0, 1e-3);
    destroy(driver);
}

static void test_trials_in_flight_keep_apart(void **state)
{
    (void)state;
    const caviar_parameter parameters[] = {{.name = "x", .low = -5, .high = 10},
                                           {.name = "y", .high = 15}};
    enum { FLIGHT = 6 };
    test_driver *driver = make(parameters, 2, 100);
    size_t number;
    run(driver, branin, 16);
    for (int i = 0; i < FLIGHT; i++)
        assert_int_equal(driver_ask(driver, &number), CAVIAR_OK);
    const double *points = driver->history->points + 2 * 16;
    for (int i = 0; i < FLIGHT; i++)
        for (int k = 0; k < i; k++)
            assert_true(
                hypot(points[2 * i] - points[2 * k], points[2 * i + 1] - points[2 * k + 1]) > 1e-3);
    destroy(driver);
}

static void test_where_trials_fail_there_are_soon_few(void **state)
{
    (void)state;
    const caviar_parameter parameters[] = {{.name = "x", .high = 1}, {.name = "y", .high = 1}};
    test_driver *driver = make(parameters, 2, 50);
    size_t number, failures = 0;
    for (int i = 0; i < 50; i++) { // the loss falls towards the edge beyond which all fail
        assert_int_equal(driver_ask(driver, &number), CAVIAR_OK);
        bool fails = driver->raw[0] > 0.6;
        failures += fails && i >= 20;
        if (fails)
            driver_tell(driver, number, NULL);
        else
            driver_tell_loss(driver, number, -driver->raw[0] + driver->raw[1]);
    }
    assert_true(failures <= 15);
    destroy(driver);
}

static double slope(const double *raw)
{
    return -raw[0];
}

static void test_the_search_goes_on_past_high_where_limits_allow(void **state)
{
    (void)state;
    const caviar_parameter parameter = {
        .name = "x", .low = 1, .high = 2, .limit_low = 0, .limit_high = 10};
    test_driver *driver = make(&parameter, 1, 60);
    assert_true(run(driver, slope, 40) < -9.9);
    destroy(driver);
}

static void test_it_says_why(void **state)
{
    (void)state;
    const caviar_parameter parameters[] = {{.name = "x", .low = -5, .high = 10},
                                           {.name = "y", .high = 15}};
    test_driver *driver = make(parameters, 2, 40);
    const cav_sampler *sampler = &driver->sampler;
    run(driver, branin, 1);
    assert_string_equal(sampler->type->explain(sampler->state), "gp: an even spread to begin with");
    double skill = 0;
    cav_error error = {0};
    assert_ok(sampler->type->skill(sampler->state, driver->history, &skill, &error), &error);
    assert_true(isnan(skill));
    run(driver, branin, 30);
    const char *words = sampler->type->explain(sampler->state);
    assert_contains(words, "gp: expects most here; explains ");
    assert_contains(words, "Matern");
    assert_ok(sampler->type->skill(sampler->state, driver->history, &skill, &error), &error);
    assert_true(skill > 0.5 && skill <= 1);
    destroy(driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_branins_minimum_is_found_in_forty_trials),
        cmocka_unit_test(test_choices_and_levels_are_found_with_the_numbers),
        cmocka_unit_test(test_the_best_branch_of_a_conditional_space_is_found),
        cmocka_unit_test(test_trials_in_flight_keep_apart),
        cmocka_unit_test(test_where_trials_fail_there_are_soon_few),
        cmocka_unit_test(test_the_search_goes_on_past_high_where_limits_allow),
        cmocka_unit_test(test_it_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
