/**
 * test_cmaes.c: the evolution strategy as a sampler: that it converges, and what it does with
 * levels, choices, conditions, failures, other people's trials and trials that end late.
 */
#include "support/test.h"

#include "support/driver.h"
#include "support/literal.h"

#include "base/random.h"

#include <math.h>
#include <stdio.h>

enum { MOST_DIMS = 10 };

typedef double loss_function(const double *raw, size_t dims);

static cav_space *make(const caviar_parameter *parameters, size_t count)
{
    cav_space *space = caviar_space_new();
    for (size_t i = 0; i < count; i++)
        if (caviar_space_add(space, &parameters[i]))
            fail_msg("%s", caviar_space_message(space));
    return space;
}

static cav_space *make_cube(size_t dims, double low, double high)
{
    cav_space *space = caviar_space_new();
    for (size_t i = 0; i < dims; i++) {
        char name[24];
        snprintf(name, sizeof name, "x%zu", i);
        caviar_parameter parameter = {.name = name, .low = low, .high = high};
        assert_int_equal(caviar_space_add(space, &parameter), CAVIAR_OK);
    }
    return space;
}

static test_driver *drive(cav_space *space, const cav_option_value *options, size_t option_count,
                          uint64_t seed)
{
    cav_error error = {0};
    driver_options how = {.space = space,
                          .sampler = "cmaes",
                          .options = options,
                          .option_count = option_count,
                          .seed = seed};
    test_driver *driver = driver_new(&how, &error);
    if (!driver)
        fail_msg("%s", error.message);
    return driver;
}

static void run(test_driver *driver, size_t trials, loss_function *loss)
{
    for (size_t i = 0; i < trials; i++) {
        size_t number;
        assert_int_equal(driver_ask(driver, &number), CAVIAR_OK);
        driver_tell_loss(driver, number, loss(driver->raw, driver->space->count));
    }
}

static double sphere(const double *x, size_t dims)
{
    double sum = 0;
    for (size_t i = 0; i < dims; i++)
        sum += (x[i] - 0.7) * (x[i] - 0.7);
    return sum;
}

static double ellipsoid(const double *x, size_t dims)
{
    double sum = 0;
    for (size_t i = 0; i < dims; i++) {
        double turned = x[i] - 0.7, other = x[dims - 1 - i] - 0.7;
        turned = (i < dims / 2 ? turned + other : other - turned) / sqrt(2);
        sum += pow(1e6, (double)i / (double)(dims - 1)) * turned * turned;
    }
    return sum;
}

static double rosenbrock(const double *x, size_t dims)
{
    double sum = 0;
    for (size_t i = 0; i + 1 < dims; i++) {
        double bend = x[i] * x[i] - x[i + 1];
        sum += 100 * bend * bend + (x[i] - 1) * (x[i] - 1);
    }
    return sum;
}

// How many trials it takes to a loss of 1e-8, of at most so many; median of three seeds.
static size_t trials_to_target(size_t dims, loss_function *loss, size_t most, uint64_t seed)
{
    size_t counts[3];
    for (size_t i = 0; i < 3; i++) {
        cav_space *space = make_cube(dims, -5, 5);
        test_driver *driver = drive(space, NULL, 0, seed + i);
        double least = INFINITY;
        size_t count = 0;
        while (least > 1e-8 && count < most) {
            run(driver, 1, loss);
            least = fmin(least, driver->history->losses[count++]);
        }
        size_t at = i;
        for (; at > 0 && counts[at - 1] > count; at--)
            counts[at] = counts[at - 1];
        counts[at] = count;
        driver_free(driver);
        caviar_space_free(space);
    }
    print_message("# %zu trials\n", counts[1]);
    return counts[1];
}

// What the `cmaes` package takes, the median of fifteen seeds (tests/support/cmaes_trials.py).
static const struct {
    loss_function *loss;
    size_t trials;
} peer[] = {{sphere, 1444}, {ellipsoid, 4114}, {rosenbrock, 5550}};

static void test_it_converges_about_as_fast_as_another_cma_es(void **state)
{
    (void)state;
    uint64_t seed = test_seed(721);
    for (size_t i = 0; i < CAV_COUNT_OF(peer); i++) {
        size_t most = peer[i].trials * 14 / 10;
        assert_true(trials_to_target(10, peer[i].loss, most + 1, seed) <= most);
    }
}

static double at_the_edge(const double *x, size_t dims)
{
    double sum = 0;
    for (size_t i = 0; i < dims; i++)
        sum += i % 2 ? 5 - x[i] : x[i] + 5;
    return sum;
}

static void test_an_optimum_in_a_corner_is_reached(void **state)
{
    (void)state;
    uint64_t seed = test_seed(722);
    cav_space *space = make_cube(6, -5, 5);
    test_driver *driver = drive(space, NULL, 0, seed);
    run(driver, 1800, at_the_edge);
    assert_true(driver->history->losses[cav_history_best(driver->history, 0)] < 1e-4);
    driver_free(driver);
    caviar_space_free(space);
}

static const caviar_parameter mixed[] = {
    {.name = "x", .low = -5, .high = 5},
    {.name = "y", .low = -5, .high = 5},
    {.name = "n", .type = INT, .low = 0, .high = 40},
    {.name = "b", .type = INT, .low = 0, .high = 1},
    {.name = "c", .type = CATEGORICAL, CHOICES(TEXT("p"), TEXT("q"), TEXT("r"), TEXT("s"))},
};

static double mixed_loss(const double *raw, size_t dims)
{
    (void)dims;
    double n = (raw[2] - 17) / 8;
    return raw[0] * raw[0] + (raw[1] - 1) * (raw[1] - 1) + n * n + (raw[3] == 0) +
           2 * (raw[4] != 2);
}

static void test_levels_and_choices_are_found_along_with_the_continuous_ones(void **state)
{
    (void)state;
    uint64_t seed = test_seed(723);
    cav_space *space = make(mixed, CAV_COUNT_OF(mixed));
    for (uint64_t i = 0; i < 5; i++) {
        test_driver *driver = drive(space, NULL, 0, seed + i);
        run(driver, 2500, mixed_loss);
        assert_true(driver->history->losses[cav_history_best(driver->history, 0)] < 1e-6);
        driver_free(driver);
    }
    caviar_space_free(space);
}

// x converges while nothing depends on n: it must go on being varied.
static double x_alone(const double *raw, size_t dims)
{
    (void)dims;
    return raw[0] * raw[0];
}

static void test_a_level_goes_on_being_varied_when_all_else_has_converged(void **state)
{
    (void)state;
    uint64_t seed = test_seed(724);
    static const cav_option_value lasting[] = {{"restarts", "false", ""}};
    static const caviar_parameter two[] = {{.name = "x", .low = -5, .high = 5},
                                           {.name = "n", .type = INT, .low = 0, .high = 9}};
    cav_space *space = make(two, 2);
    test_driver *driver = drive(space, lasting, 1, seed);
    run(driver, 1500, x_alone);
    size_t others = 0, most = 0, counts[10] = {0};
    for (size_t i = 1000; i < 1500; i++)
        counts[(size_t)driver->history->raw[2 * i + 1]]++;
    for (size_t k = 0; k < 10; k++) {
        most = counts[k] > most ? counts[k] : most;
        others += counts[k];
    }
    assert_true(fabs(driver->history->raw[2 * 1499]) < 1e-6);
    assert_true(others - most >= 500 / 12 / 2); // margin 1/(2 * 6), half for chance
    driver_free(driver);
    caviar_space_free(space);
}

static void test_a_converged_run_is_followed_by_another_elsewhere(void **state)
{
    (void)state;
    uint64_t seed = test_seed(725);
    cav_space *space = make_cube(3, -5, 5);
    test_driver *driver = drive(space, NULL, 0, seed);
    run(driver, 4000, sphere);
    size_t converged = 0, far_after = 0;
    for (size_t i = 0; i < 4000; i++) {
        bool at_optimum = driver->history->losses[i] < 1e-12;
        converged += at_optimum;
        far_after += converged > 0 && driver->history->losses[i] > 4;
    }
    assert_true(converged > 50 && far_after > 50);
    driver_free(driver);
    caviar_space_free(space);
}

static const caviar_parameter branches[] = {
    {.name = "kind", .type = CATEGORICAL, CHOICES(TEXT("a"), TEXT("b"))},
    {.name = "x", .low = -5, .high = 5, WHEN(HAS("kind", TEXT("a")))},
    {.name = "y", .low = -5, .high = 5, WHEN(HAS("kind", TEXT("b")))},
    {.name = "z", .low = -5, .high = 5},
};

static double branched(const double *raw, size_t dims)
{
    (void)dims;
    double own = raw[0] == 0 ? 0.5 + raw[1] * raw[1] : (raw[2] - 2) * (raw[2] - 2);
    return own + raw[3] * raw[3];
}

static void test_the_better_branch_is_found_and_searched(void **state)
{
    (void)state;
    uint64_t seed = test_seed(726);
    cav_space *space = make(branches, CAV_COUNT_OF(branches));
    for (uint64_t i = 0; i < 5; i++) {
        test_driver *driver = drive(space, NULL, 0, seed + i);
        run(driver, 800, branched);
        assert_true(driver->history->losses[cav_history_best(driver->history, 0)] < 1e-4);
        driver_free(driver);
    }
    caviar_space_free(space);
}

// Half of the cube always fails, the optimum lies in the other at its border.
static void test_failed_trials_drive_the_search_away(void **state)
{
    (void)state;
    uint64_t seed = test_seed(727);
    cav_space *space = make_cube(4, 0, 1);
    test_driver *driver = drive(space, NULL, 0, seed);
    size_t late_failures = 0;
    double least = INFINITY;
    for (size_t i = 0; i < 600; i++) {
        size_t number;
        assert_int_equal(driver_ask(driver, &number), CAVIAR_OK);
        double loss = sphere(driver->raw, 4);
        bool fails = driver->raw[0] > 0.6;
        driver_tell(driver, number, fails ? NULL : &loss);
        late_failures += fails && i >= 300;
        least = fails ? least : fmin(least, loss);
    }
    assert_true(least < 0.0102); // 0.01 at the border
    assert_true(late_failures < 200);
    driver_free(driver);
    caviar_space_free(space);
}

// A user's trials beside its own: the one good one among them must draw the search to it.
static void test_a_good_trial_from_elsewhere_is_used(void **state)
{
    (void)state;
    uint64_t seed = test_seed(728);
    double sums[2] = {0};
    for (uint64_t i = 0; i < 10; i++) {
        for (int told = 0; told < 2; told++) {
            cav_space *space = make_cube(8, -5, 5);
            test_driver *driver = drive(space, NULL, 0, seed + i);
            run(driver, 40, sphere);
            for (int k = 0; k < 3 && told; k++) {
                cav_error error = {0};
                double raw[8], point[8];
                for (size_t dim = 0; dim < 8; dim++)
                    raw[dim] = 0.65 + 0.02 * k;
                cav_space_encode(space, raw, point);
                double loss = sphere(raw, 8);
                cav_record record = {.number = (int64_t)driver->history->count,
                                     .state = CAVIAR_STATE_COMPLETE,
                                     .raw = raw,
                                     .values = &loss,
                                     .step = -1};
                assert_ok(cav_history_put(driver->history, &record, point, &error), &error);
            }
            run(driver, 60, sphere);
            for (size_t k = driver->history->count - 10; k < driver->history->count; k++)
                sums[told] += driver->history->losses[k] / 100;
            driver_free(driver);
            caviar_space_free(space);
        }
    }
    print_message("# mean loss of the last ten: %g without, %g with\n", sums[0], sums[1]);
    assert_true(sums[1] < 0.7 * sums[0]);
}

// A study that was begun with another sampler goes on around its best trials.
static void test_it_starts_around_the_best_of_what_is_there(void **state)
{
    (void)state;
    uint64_t seed = test_seed(729);
    cav_space *space = make_cube(5, -5, 5);
    cav_error error = {0};
    driver_options how = {.space = space, .sampler = "random", .seed = seed};
    test_driver *driver = driver_new(&how, &error);
    run(driver, 300, sphere);
    double before = 0, after = 0;
    for (size_t k = 0; k < 300; k++)
        before += driver->history->losses[k] / 300;
    cav_sampler_close(&driver->sampler);
    cav_sampler_setup setup = {.space = space, .seed = seed};
    assert_ok(cav_sampler_open(&driver->sampler, "cmaes", NULL, 0, &setup, &error), &error);
    run(driver, 20, sphere);
    for (size_t k = 300; k < 320; k++)
        after += driver->history->losses[k] / 20;
    assert_true(after < before / 2);
    driver_free(driver);
    caviar_space_free(space);
}

// Sixteen at once, ending in any order: late members count, and it converges all the same.
static void test_many_at_once_converge_too(void **state)
{
    (void)state;
    uint64_t seed = test_seed(730);
    enum { RUNNING = 16 };
    cav_random random = cav_random_stream(seed, 0, CAV_PURPOSE_TEST, 0);
    cav_space *space = make_cube(5, -5, 5);
    test_driver *driver = drive(space, NULL, 0, seed);
    size_t running[RUNNING], count = 0;
    for (size_t i = 0; i < 1500; i++) {
        if (count < RUNNING) {
            assert_int_equal(driver_ask(driver, &running[count++]), CAVIAR_OK);
            continue;
        }
        size_t at = (size_t)cav_random_below(&random, count), number = running[at];
        memcpy(driver->point, driver->history->points + number * 5, 5 * sizeof(double));
        memcpy(driver->raw, driver->history->raw + number * 5, 5 * sizeof(double));
        driver_tell_loss(driver, number, sphere(driver->raw, 5));
        running[at] = running[--count];
    }
    assert_true(driver->history->losses[cav_history_best(driver->history, 0)] < 1e-4);
    driver_free(driver);
    caviar_space_free(space);
}

static void test_the_first_trial_has_the_defaults(void **state)
{
    (void)state;
    static const caviar_parameter some[] = {{.name = "x", .high = 1, .initial = REAL(0.123)},
                                            {.name = "y", .high = 1}};
    cav_space *space = make(some, 2);
    test_driver *driver = drive(space, NULL, 0, 1);
    size_t number;
    assert_int_equal(driver_ask(driver, &number), CAVIAR_OK);
    assert_near(driver->raw[0], 0.123, 0);
    driver_free(driver);
    caviar_space_free(space);
}

static void test_it_says_why(void **state)
{
    (void)state;
    cav_space *space = make_cube(3, -5, 5);
    const cav_option_value options[] = {{"first", "8", ""}, {"population", "6", ""}};
    test_driver *driver = drive(space, options, CAV_COUNT_OF(options), test_seed(732));
    const cav_sampler *sampler = &driver->sampler;
    run(driver, 8, sphere);
    assert_string_equal(sampler->type->explain(sampler->state),
                        "cmaes: an even spread to begin with");
    run(driver, 8, sphere);
    const char *words = sampler->type->explain(sampler->state);
    double least = 0, most = 0;
    assert_int_equal(sscanf(words,
                            "cmaes: generation 2 of run 1, around the mean of the better trials; "
                            "deviations of %lf to %lf %% of the range",
                            &least, &most),
                     2);
    assert_true(least > 0 && least <= most && most <= 50);
    driver_free(driver);
    caviar_space_free(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_converges_about_as_fast_as_another_cma_es),
        cmocka_unit_test(test_an_optimum_in_a_corner_is_reached),
        cmocka_unit_test(test_levels_and_choices_are_found_along_with_the_continuous_ones),
        cmocka_unit_test(test_a_level_goes_on_being_varied_when_all_else_has_converged),
        cmocka_unit_test(test_a_converged_run_is_followed_by_another_elsewhere),
        cmocka_unit_test(test_the_better_branch_is_found_and_searched),
        cmocka_unit_test(test_failed_trials_drive_the_search_away),
        cmocka_unit_test(test_a_good_trial_from_elsewhere_is_used),
        cmocka_unit_test(test_it_starts_around_the_best_of_what_is_there),
        cmocka_unit_test(test_many_at_once_converge_too),
        cmocka_unit_test(test_it_says_why),
        cmocka_unit_test(test_the_first_trial_has_the_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
