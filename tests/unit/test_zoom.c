/**
 * test_zoom.c: the coarse-to-fine search: where its box goes, and that it pays.
 */
#include "support/test.h"

#include "support/driver.h"
#include "support/literal.h"

#include <math.h>

typedef double loss_function(const double *raw);

static cav_space *make(const caviar_parameter *parameters, size_t count)
{
    cav_space *space = caviar_space_new();
    for (size_t i = 0; i < count; i++)
        if (caviar_space_add(space, &parameters[i]))
            fail_msg("%s", caviar_space_message(space));
    return space;
}

// Runs a sampler on a loss and gives back the driver with its history.
static test_driver *run(cav_space *space, const char *sampler, const cav_option_value *options,
                        size_t option_count, uint64_t seed, size_t trials, loss_function *loss)
{
    cav_error error = {0};
    driver_options how = {.space = space,
                          .sampler = sampler,
                          .options = options,
                          .option_count = option_count,
                          .seed = seed,
                          .budget = (int64_t)trials};
    test_driver *driver = driver_new(&how, &error);
    if (!driver)
        fail_msg("%s", error.message);
    for (size_t i = 0; i < trials; i++) {
        size_t number;
        assert_int_equal(driver_ask(driver, &number), CAVIAR_OK);
        driver_tell_loss(driver, number, loss(driver->raw));
    }
    return driver;
}

static double raw_at(const test_driver *driver, size_t trial, size_t parameter)
{
    return driver->history->raw[trial * driver->history->param_count + parameter];
}

// The width of what the last `count` trials tried of a parameter.
static double width_of_last(const test_driver *driver, size_t count, size_t parameter)
{
    double least = INFINITY, most = -INFINITY;
    for (size_t i = driver->history->count - count; i < driver->history->count; i++) {
        least = fmin(least, raw_at(driver, i, parameter));
        most = fmax(most, raw_at(driver, i, parameter));
    }
    return most - least;
}

static double best_loss(const test_driver *driver)
{
    return driver->history->losses[cav_history_best(driver->history, 0)];
}

static double best_raw(const test_driver *driver, size_t parameter)
{
    return raw_at(driver, cav_history_best(driver->history, 0), parameter);
}

static const caviar_parameter square[] = {{.name = "matters", .high = 1},
                                          {.name = "idle", .high = 1}};

static const cav_option_value all_inside[] = {{"outside", "0", ""}};

static double first_alone(const double *raw)
{
    return (raw[0] - 0.4) * (raw[0] - 0.4);
}

static void test_the_box_closes_in_on_what_matters_and_stays_wide_on_what_does_not(void **state)
{
    (void)state;
    uint64_t seed = test_seed(901);
    cav_space *space = make(square, 2);
    double idle = 0;
    for (uint64_t i = 0; i < 20; i++) {
        test_driver *driver = run(space, "zoom", all_inside, 1, seed + i, 80, first_alone);
        assert_true(width_of_last(driver, 30, 0) < 0.05);
        assert_true(width_of_last(driver, 30, 1) > 0.2);
        assert_near(best_raw(driver, 0), 0.4, 0.005);
        idle += width_of_last(driver, 30, 1) / 20;
        driver_free(driver);
    }
    assert_true(idle > 0.6); // 0.85 where the coordinate is drawn from everywhere
    caviar_space_free(space);
}

static void test_each_round_is_narrower_than_the_one_before(void **state)
{
    (void)state;
    uint64_t seed = test_seed(902);
    cav_space *space = make(square, 1);
    test_driver *driver = run(space, "zoom", all_inside, 1, seed, 100, first_alone);
    double widths[4];
    for (int k = 0; k < 4; k++) { // the spread about the minimum, in quarters of the trials
        widths[k] = 0;
        for (size_t i = 0; i < 25; i++)
            widths[k] += fabs(raw_at(driver, (size_t)k * 25 + i, 0) - 0.4) / 25;
    }
    for (int k = 0; k < 3; k++)
        assert_true(widths[k + 1] < widths[k] / 2);
    driver_free(driver);
    caviar_space_free(space);
}

static double at_six(const double *raw)
{
    return fabs(raw[0] - 6);
}

static double far_above(const double *raw)
{
    return -raw[0];
}

static double far_below(const double *raw)
{
    return raw[0];
}

static void test_the_box_grows_past_low_and_high_as_far_as_the_limits(void **state)
{
    (void)state;
    uint64_t seed = test_seed(903);
    caviar_parameter given = P(.high = 1, .limit_low = -10, .limit_high = 10);
    cav_space *space = make(&given, 1);
    for (uint64_t i = 0; i < 10; i++) {
        test_driver *inside = run(space, "zoom", NULL, 0, seed + i, 200, at_six);
        test_driver *above = run(space, "zoom", NULL, 0, seed + i, 200, far_above);
        test_driver *below = run(space, "zoom", NULL, 0, seed + i, 200, far_below);
        assert_near(best_raw(inside, 0), 6, 0.2);
        assert_true(best_raw(above, 0) > 9.9); // the driver sees to it that nothing lies beyond
        assert_true(best_raw(below, 0) < -9.9);
        driver_free(inside);
        driver_free(above);
        driver_free(below);
    }
    caviar_space_free(space);
}

static void test_an_integer_on_a_log_scale_grows_too(void **state)
{
    (void)state;
    uint64_t seed = test_seed(904);
    caviar_parameter given = P(.type = INT, .scale = LOG, .low = 16, .high = 64, .step_factor = 2,
                               .limit_low = 1, .limit_high = 4096, SPECIALS(0));
    cav_space *space = make(&given, 1);
    cav_error error = {0};
    driver_options how = {.space = space, .sampler = "zoom", .seed = seed};
    test_driver *driver = driver_new(&how, &error);
    size_t number, trials = 0;
    double best = 0;
    for (; trials < 14 && driver_ask(driver, &number) == CAVIAR_OK; trials++) { // all there are
        driver_tell_loss(driver, number, -driver->raw[0]);
        best = fmax(best, driver->raw[0]);
    }
    assert_int_equal(trials, 14);
    assert_true(best == 4096);
    driver_free(driver);
    caviar_space_free(space);
}

static void test_without_limits_nothing_grows(void **state)
{
    (void)state;
    uint64_t seed = test_seed(905);
    cav_space *space = make(square, 1);
    test_driver *driver = run(space, "zoom", NULL, 0, seed, 100, far_above);
    assert_true(best_raw(driver, 0) > 0.999 && best_raw(driver, 0) <= 1);
    driver_free(driver);
    caviar_space_free(space);
}

// Of the last 400 of 500 trials, how many lie far from the minimum at 0.4: outside of any box.
static double share_far_off(cav_space *space, const char *outside, uint64_t seed)
{
    cav_option_value option = {"outside", outside, ""};
    test_driver *driver = run(space, "zoom", &option, 1, seed, 500, first_alone);
    size_t far = 0;
    for (size_t i = 100; i < 500; i++)
        far += fabs(raw_at(driver, i, 0) - 0.4) > 0.1;
    driver_free(driver);
    return (double)far / 400;
}

static void test_the_share_outside_is_what_was_asked_for(void **state)
{
    (void)state;
    // of what is drawn from everywhere, four fifths are further than 0.1 from the minimum
    uint64_t seed = test_seed(906);
    cav_space *space = make(square, 1);
    assert_true(share_far_off(space, "0", seed) == 0);
    assert_near(share_far_off(space, "0.15", seed), 0.12, 0.065); // 4 deviations of 400 draws
    assert_near(share_far_off(space, "0.5", seed), 0.4, 0.1);
    assert_near(share_far_off(space, "1", seed), 0.8, 0.02); // stratified
    caviar_space_free(space);
}

static double choice_1_is_best(const double *raw)
{
    return raw[0] == 1 ? 0 : 1;
}

static void test_the_best_choice_is_tried_most_and_the_others_still(void **state)
{
    (void)state;
    uint64_t seed = test_seed(907);
    const caviar_parameter parameters[] = {
        {.name = "c", .type = CATEGORICAL, CHOICES(TEXT("a"), TEXT("b"), TEXT("c"), TEXT("d"))},
        {.name = "x", .high = 1}};
    cav_space *space = make(parameters, 2);
    test_driver *driver = run(space, "zoom", all_inside, 1, seed, 300, choice_1_is_best);
    int counts[4] = {0};
    for (size_t i = 100; i < 300; i++)
        counts[(int)raw_at(driver, i, 0)]++;
    assert_true(counts[1] > 110);
    assert_true(counts[0] > 0 && counts[2] > 0 && counts[3] > 0);
    driver_free(driver);
    caviar_space_free(space);
}

static double child_at_a_tenth(const double *raw)
{
    return raw[0] == 0 ? fabs(raw[1] - 0.1) : 0.5;
}

static void test_a_conditional_parameter_has_its_own_box(void **state)
{
    (void)state;
    uint64_t seed = test_seed(908);
    const caviar_parameter parameters[] = {
        {.name = "c", .type = CATEGORICAL, CHOICES(TEXT("a"), TEXT("b"))},
        {.name = "x", .high = 1, WHEN(HAS("c", TEXT("a")))}};
    cav_space *space = make(parameters, 2);
    for (uint64_t i = 0; i < 10; i++) {
        test_driver *driver = run(space, "zoom", NULL, 0, seed + i, 100, child_at_a_tenth);
        assert_near(best_raw(driver, 1), 0.1, 0.01);
        driver_free(driver);
    }
    caviar_space_free(space);
}

static double shifted_quadratic(const double *raw)
{
    static const double centre[] = {0.23, 0.71, 0.42, 0.88, 0.13, 0.6};
    double loss = 0;
    for (int i = 0; i < 6; i++)
        loss += (raw[i] - centre[i]) * (raw[i] - centre[i]);
    return loss;
}

static void test_zoom_beats_random_search_at_equal_trials(void **state)
{
    (void)state;
    uint64_t seed = test_seed(909);
    static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
    caviar_parameter parameters[6];
    for (int i = 0; i < 6; i++)
        parameters[i] = (caviar_parameter){.name = names[i], .high = 1};
    enum { SEEDS = 20, TRIALS = 100 };
    for (size_t dims = 2; dims <= 6; dims += 2) {
        for (size_t i = 0; i < 6; i++) { // those that are not varied add the same to every loss
            parameters[i].initial = (caviar_value){.kind = CAVIAR_KIND_REAL, .real = 0.5};
            parameters[i].tier = i < dims ? CAVIAR_TIER_UNSET : CAVIAR_TIER_FIXED;
        }
        cav_space *space = make(parameters, 6);
        int wins = 0;
        double gain = 0;
        for (uint64_t i = 0; i < SEEDS; i++) {
            test_driver *zoom = run(space, "zoom", NULL, 0, seed + i, TRIALS, shifted_quadratic);
            test_driver *random =
                run(space, "random", NULL, 0, seed + i, TRIALS, shifted_quadratic);
            wins += best_loss(zoom) < best_loss(random);
            gain += log(best_loss(random) / best_loss(zoom)) / SEEDS;
            driver_free(zoom);
            driver_free(random);
        }
        // by the sign test, 18 of 20 have a chance of 0.0002 if there were no difference
        if (wins < 18)
            fail_msg("%zu dimensions: zoom wins %d of %d", dims, wins, SEEDS);
        assert_true(gain > 0);
        caviar_space_free(space);
    }
}

static void test_failures_count_for_no_round(void **state)
{
    (void)state;
    // a box is made of complete trials; while there are none, the search stays coarse
    uint64_t seed = test_seed(910);
    cav_space *space = make(square, 1);
    cav_error error = {0};
    driver_options how = {.space = space, .sampler = "zoom", .seed = seed};
    test_driver *failing = driver_new(&how, &error), *waiting = driver_new(&how, &error);
    for (int i = 0; i < 60; i++) {
        size_t number;
        assert_int_equal(driver_ask(failing, &number), CAVIAR_OK);
        driver_tell(failing, number, NULL);
        assert_int_equal(driver_ask(waiting, &number), CAVIAR_OK);
        assert_true(failing->point[0] == waiting->point[0]);
    }
    driver_free(failing);
    driver_free(waiting);
    caviar_space_free(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_box_closes_in_on_what_matters_and_stays_wide_on_what_does_not),
        cmocka_unit_test(test_each_round_is_narrower_than_the_one_before),
        cmocka_unit_test(test_the_box_grows_past_low_and_high_as_far_as_the_limits),
        cmocka_unit_test(test_an_integer_on_a_log_scale_grows_too),
        cmocka_unit_test(test_without_limits_nothing_grows),
        cmocka_unit_test(test_the_share_outside_is_what_was_asked_for),
        cmocka_unit_test(test_the_best_choice_is_tried_most_and_the_others_still),
        cmocka_unit_test(test_a_conditional_parameter_has_its_own_box),
        cmocka_unit_test(test_zoom_beats_random_search_at_equal_trials),
        cmocka_unit_test(test_failures_count_for_no_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
