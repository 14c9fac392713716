/**
 * test_focus.c: tiers: what is varied first, when the rest opens, and what that is worth.
 */
#include "support/test.h"

#include "support/driver.h"
#include "support/literal.h"
#include "support/trials.h"

#include "search/focus.h"

#include <math.h>

enum { DIMS = 7, MOST_TRIALS = 40 };

static const caviar_parameter tiered[DIMS] = {
    {.name = "lr", .scale = LOG, .low = 1e-5, .high = 1, .tier = CAVIAR_TIER_MOST},
    {.name = "momentum", .high = 1, .tier = CAVIAR_TIER_MEDIUM, .initial = REAL(0.9)},
    {.name = "units", .type = INT, .low = 1, .high = 99}, // as if it were medium
    {.name = "decay", .high = 1, .tier = CAVIAR_TIER_LEAST, .prior = REAL(0.25)},
    {.name = "act",
     .type = CATEGORICAL,
     CHOICES(TEXT("relu"), TEXT("tanh"), TEXT("elu")),
     .tier = CAVIAR_TIER_LEAST,
     .initial = TEXT("tanh")},
    {.name = "a", .high = 1, .tier = CAVIAR_TIER_LEAST},
    {.name = "b", .high = 1, .tier = CAVIAR_TIER_LEAST},
};

enum { LR, MOMENTUM, UNITS, DECAY, ACT };

static cav_space *make_space(bool has_tiers)
{
    cav_space *space = caviar_space_new();
    for (size_t i = 0; i < DIMS; i++) {
        caviar_parameter parameter = tiered[i];
        parameter.tier = has_tiers ? parameter.tier : CAVIAR_TIER_UNSET;
        assert_int_equal(caviar_space_add(space, &parameter), CAVIAR_OK);
    }
    return space;
}

static test_driver *make(cav_space *space, const char *sampler, const char *tiers, uint64_t seed)
{
    const cav_option_value options[] = {{"effort", "0.3", ""}, {"tiers", tiers, ""}};
    cav_error error = {0};
    driver_options how = {.space = space,
                          .sampler = sampler,
                          .options = options,
                          .option_count = CAV_COUNT_OF(options),
                          .seed = seed,
                          .budget = MOST_TRIALS};
    test_driver *driver = driver_new(&how, &error);
    assert_non_null(driver);
    return driver;
}

// Only the learning rate matters much, and the defaults are not bad.
static double as_presumed(const double *raw)
{
    double off = log10(raw[LR] / 3e-3);
    return off * off + 0.3 * pow(raw[MOMENTUM] - 0.8, 2) + 1e-5 * pow(raw[UNITS] - 60, 2) +
           0.05 * pow(raw[DECAY] - 0.3, 2) + (raw[ACT] == 1 ? 0 : 0.02);
}

// What was presumed to matter least matters most, and its default is bad.
static double otherwise(const double *raw)
{
    return 5 * pow(raw[DECAY] - 0.9, 2) + (raw[ACT] == 1 ? 1 : 0) + 0.05 * as_presumed(raw);
}

typedef double loss_function(const double *raw);

// Runs so many trials, and puts their configurations down.
static void run(test_driver *driver, loss_function *function, int count, double *ret_raw)
{
    size_t number;
    for (int i = 0; i < count; i++) {
        assert_int_equal(driver_ask(driver, &number), CAVIAR_OK);
        memcpy(ret_raw + i * DIMS, driver->raw, DIMS * sizeof *ret_raw);
        driver_tell_loss(driver, number, function(driver->raw));
    }
}

static double least_of(loss_function *function, bool has_tiers, const char *tiers, int count)
{
    enum { SEEDS = 10 };
    double sum = 0, raw[MOST_TRIALS * DIMS];
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        cav_space *space = make_space(has_tiers);
        test_driver *driver = make(space, seed % 2 ? "auto" : "gp", tiers, test_seed(1001) + seed);
        double least = INFINITY;
        run(driver, function, count, raw);
        for (int i = 0; i < count; i++)
            least = fmin(least, function(raw + i * DIMS));
        sum += least / SEEDS;
        driver_free(driver);
        caviar_space_free(space);
    }
    return sum;
}

static void test_tiers_open_from_top_to_bottom_and_every_fourth_trial_is_free(void **state)
{
    (void)state;
    double raw[MOST_TRIALS * DIMS];
    cav_space *space = make_space(true);
    test_driver *driver = make(space, "auto", "on", test_seed(1021));
    run(driver, as_presumed, 14, raw);
    for (int i = 0; i < 9; i++) { // medium opens at 4, least at 9
        const double *at = raw + i * DIMS;
        bool is_free = cav_focus_is_free((uint64_t)i);
        bool low_held = at[DECAY] == 0.25 && at[ACT] == 1;
        bool medium_held = at[MOMENTUM] == 0.9 && at[UNITS] == 50;
        assert_int_equal(low_held, !is_free);
        assert_int_equal(medium_held, !is_free && i < 4);
    }
    bool varies = false;
    for (int i = 9; i < 14; i++)
        varies |= raw[i * DIMS + DECAY] != 0.25 && !cav_focus_is_free((uint64_t)i);
    assert_true(varies);
    driver_free(driver);
    caviar_space_free(space);
}

static void test_trials_that_rest_open_tiers_as_those_that_have_ended(void **state)
{
    (void)state;
    enum { NUMBER = 100 }; // of a trial that is not free
    trials at;
    cav_focus focus;
    double raw[DIMS];
    trials_init(&at, tiered, DIMS, test_seed(1031));
    assert_true(cav_focus_init(&focus, at.space));
    for (int heard = 1; heard <= 10; heard++) {
        trials_draw(&at, raw);
        trials_put(&at, raw, 1, heard % 3 ? CAVIAR_STATE_PAUSED : CAVIAR_STATE_COMPLETE);
        cav_focus_learn(&focus, at.history);
        assert_int_equal(isnan(cav_focus_held(&focus, at.history, NUMBER, UNITS)), heard >= 4);
        assert_int_equal(isnan(cav_focus_held(&focus, at.history, NUMBER, DECAY)), heard >= 9);
    }
    cav_focus_free(&focus);
    trials_free(&at);
}

static void test_few_trials_bring_more_where_the_presumption_holds(void **state)
{
    (void)state;
    double with = least_of(as_presumed, true, "on", 12);
    double without = least_of(as_presumed, true, "off", 12);
    assert_true(with < 0.8 * without);
}

static void test_where_it_does_not_hold_all_is_open_soon(void **state)
{
    (void)state;
    enum { RUNS = 5 };
    double raw[MOST_TRIALS * DIMS];
    size_t over = 0; // before the ninth trial, at which it would be in any case
    for (uint64_t seed = 0; seed < RUNS; seed++) {
        cav_space *space = make_space(true);
        test_driver *driver = make(space, "gp", "on", test_seed(1041) + seed);
        cav_focus focus;
        run(driver, otherwise, 8, raw);
        assert_true(cav_focus_init(&focus, space));
        cav_focus_learn(&focus, driver->history);
        over += focus.is_over;
        cav_focus_free(&focus);
        driver_free(driver);
        caviar_space_free(space);
    }
    assert_true(over >= 2); // mostly 4 or 5
    double with = least_of(otherwise, true, "on", MOST_TRIALS);
    double without = least_of(otherwise, true, "off", MOST_TRIALS);
    assert_true(with < without + 0.02);
}

static void test_without_tiers_nothing_changes(void **state)
{
    (void)state;
    double raw[2][MOST_TRIALS * DIMS];
    for (int on = 0; on < 2; on++) {
        cav_space *space = make_space(false);
        test_driver *driver = make(space, "auto", on ? "on" : "off", 1051);
        run(driver, as_presumed, 16, raw[on]);
        driver_free(driver);
        caviar_space_free(space);
    }
    assert_memory_equal(raw[0], raw[1], 16 * DIMS * sizeof(double));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tiers_open_from_top_to_bottom_and_every_fourth_trial_is_free),
        cmocka_unit_test(test_trials_that_rest_open_tiers_as_those_that_have_ended),
        cmocka_unit_test(test_few_trials_bring_more_where_the_presumption_holds),
        cmocka_unit_test(test_where_it_does_not_hold_all_is_open_soon),
        cmocka_unit_test(test_without_tiers_nothing_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
