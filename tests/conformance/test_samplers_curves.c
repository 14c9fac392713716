/**
 * test_samplers_curves.c: what every sampler of the table owes in a study whose trials report and
 * are paused: the same points whoever comes when; and those with a model learn from such trials.
 */
#include "support/test.h"

#include "support/driver.h"
#include "support/literal.h"

#include "base/memory.h"
#include "base/order.h"
#include "base/random.h"

enum { LAST = 30, TRIALS = 50 };

static cav_space *make_space(void)
{
    const caviar_parameter parameters[] = {
        {.name = "x", .high = 1},
        {.name = "c", .type = CATEGORICAL, CHOICES(TEXT("a"), TEXT("b"), TEXT("c"))},
        {.name = "y", .high = 1},
    };
    cav_space *space = caviar_space_new();
    for (size_t i = 0; i < CAV_COUNT_OF(parameters); i++)
        assert_int_equal(caviar_space_add(space, &parameters[i]), CAVIAR_OK);
    return space;
}

static test_driver *drive(const cav_sampler_type *type, cav_space *space, uint64_t seed)
{
    static const cav_option_value grid[] = {{"points", "9", ""}};
    cav_error error = {0};
    driver_options options = {
        .space = space, .sampler = type->name, .seed = seed, .step_max = LAST};
    if (strcmp(type->name, "grid") == 0) {
        options.options = grid;
        options.option_count = 1;
    }
    test_driver *driver = driver_new(&options, &error);
    if (!driver)
        fail_msg("%s: %s", type->name, error.message);
    return driver;
}

// A trial that reports some steps: every fourth is complete, some run on, the others are paused.
static void run_one(test_driver *driver, cav_random *random)
{
    size_t number;
    assert_int_equal(driver_ask(driver, &number), CAVIAR_OK);
    int64_t steps = 1 + (int64_t)cav_random_below(random, 12);
    uint64_t lot = cav_random_below(random, 4);
    driver_report(driver, number, 1, lot == 0 ? LAST : steps);
    const double *point = driver->history->points + number * driver->space->dim_count;
    if (lot == 0)
        driver_tell_loss(driver, number, driver_loss(driver, point));
    else if (lot < 3)
        driver_pause(driver, number);
}

static void suggest(test_driver *driver, const cav_history *history, double *ret_point)
{
    cav_error error = {0};
    cav_suggest at = {.number = history->count};
    assert_ok(driver->sampler.type->suggest(driver->sampler.state, history, &at, ret_point, &error),
              &error);
}

static void test_a_late_worker_comes_to_the_same_points(void **state)
{
    (void)state;
    uint64_t seed = test_seed(641);
    cav_space *space = make_space();
    for (size_t i = 0; i < cav_sampler_count; i++) {
        const cav_sampler_type *type = cav_samplers[i];
        test_driver *old = drive(type, space, seed);
        cav_random random = cav_random_stream(seed, i, CAV_PURPOSE_TEST, 0);
        for (int trial = 0; trial < 36; trial++) {
            run_one(old, &random);
            if (trial % 7)
                continue;
            double a[3], b[3];
            test_driver *late = drive(type, space, seed);
            suggest(old, old->history, a);
            suggest(late, old->history, b);
            if (memcmp(a, b, sizeof a) != 0)
                fail_msg("%s: a late worker comes to another point after trial %d", type->name,
                         trial);
            driver_free(late);
        }
        driver_free(old);
    }
    caviar_space_free(space);
}

static double quartile_of_losses(const test_driver *driver, size_t from, size_t to)
{
    double losses[TRIALS];
    for (size_t i = from; i < to; i++)
        losses[i - from] =
            driver_loss(driver, driver->history->points + i * driver->space->dim_count);
    cav_sort(losses, to - from);
    return losses[(to - from) / 4];
}

static void test_models_learn_from_trials_none_of_which_is_complete(void **state)
{
    (void)state;
    static const char *const models[] = {"auto", "gp", "rf", "tpe", "zoom"};
    uint64_t seed = test_seed(642);
    cav_space *space = make_space();
    for (size_t i = 0; i < CAV_COUNT_OF(models); i++) {
        const cav_sampler_type *type;
        assert_int_equal(cav_sampler_find(models[i], &type, NULL), CAVIAR_OK);
        test_driver *driver = drive(type, space, seed);
        for (int trial = 0; trial < TRIALS; trial++) {
            size_t number;
            assert_int_equal(driver_ask(driver, &number), CAVIAR_OK);
            driver_report(driver, number, 1, 6);
            driver_pause(driver, number);
        }
        // not all of the last ones are near the best: some look elsewhere when nothing is gained
        double first = quartile_of_losses(driver, 0, 10);
        double last = quartile_of_losses(driver, 30, TRIALS);
        if (!(last < 0.6 * first))
            fail_msg("%s: %g at first, %g in the end", models[i], first, last);
        driver_free(driver);
    }
    caviar_space_free(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_late_worker_comes_to_the_same_points),
        cmocka_unit_test(test_models_learn_from_trials_none_of_which_is_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
