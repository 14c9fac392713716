/**
 * test_tpe.c: what only TPE promises: it learns, also under conditions, from failures and from what
 * is running.
 */
#include "support/test.h"

#include "support/driver.h"
#include "support/literal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef double loss_function(const double *raw);

static cav_space *make(const caviar_parameter *parameters, size_t count)
{
    cav_space *space = caviar_space_new();
    for (size_t i = 0; i < count; i++)
        if (caviar_space_add(space, &parameters[i]))
            fail_msg("%s", caviar_space_message(space));
    return space;
}

static test_driver *open_with(cav_space *space, const char *sampler, uint64_t seed,
                              const cav_option_value *options, size_t option_count)
{
    cav_error error = {0};
    driver_options how = {.space = space,
                          .sampler = sampler,
                          .seed = seed,
                          .options = options,
                          .option_count = option_count};
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
        driver_tell_loss(driver, number, loss(driver->raw));
    }
}

static double best_loss(const test_driver *driver)
{
    return driver->history->losses[cav_history_best(driver->history, 0)];
}

// The median over so many seeds of the best loss after so many trials.
static double median_best(cav_space *space, const char *sampler, uint64_t seed, size_t trials,
                          loss_function *loss)
{
    enum { SEEDS = 9 };
    double found[SEEDS];
    for (size_t i = 0; i < SEEDS; i++) {
        test_driver *driver = open_with(space, sampler, seed + i, NULL, 0);
        run(driver, trials, loss);
        double best = best_loss(driver);
        size_t at = i;
        for (; at > 0 && found[at - 1] > best; at--)
            found[at] = found[at - 1];
        found[at] = best;
        driver_free(driver);
    }
    return found[SEEDS / 2];
}

static const caviar_parameter tree[] = {
    {.name = "model", .type = CATEGORICAL, CHOICES(TEXT("a"), TEXT("b"), TEXT("c"))},
    {.name = "x", .high = 1, WHEN(HAS("model", TEXT("a")))},
    {.name = "y", .high = 1, WHEN(HAS("model", TEXT("b")))},
    {.name = "n", .type = INT, .low = 1, .high = 20, WHEN(HAS("model", TEXT("b")))},
    {.name = "rate", .scale = LOG, .low = 1e-4, .high = 1},
};

// The best is in branch b, at y = 0.7, n = 6, rate = 0.01.
static double tree_loss(const double *raw)
{
    double rate = log10(raw[4]) + 2;
    if (raw[0] == 0)
        return 0.8 + 0.5 * raw[1] + 0.05 * rate * rate;
    if (raw[0] == 1)
        return 4 * (raw[2] - 0.7) * (raw[2] - 0.7) + 0.02 * (raw[3] - 6) * (raw[3] - 6) +
               0.3 * rate * rate;
    return 1 + 0.1 * rate * rate;
}

static void test_it_finds_better_points_than_random_search_does_with_twice_the_trials(void **state)
{
    (void)state;
    uint64_t seed = test_seed(831);
    cav_space *space = make(tree, CAV_COUNT_OF(tree));
    double tpe = median_best(space, "tpe", seed, 80, tree_loss);
    double random = median_best(space, "random", seed, 160, tree_loss);
    if (!(tpe < random))
        fail_msg("tpe %g, random %g", tpe, random);
    caviar_space_free(space);
}

static void test_it_comes_to_draw_mostly_from_the_best_branch(void **state)
{
    (void)state;
    uint64_t seed = test_seed(832);
    cav_space *space = make(tree, CAV_COUNT_OF(tree));
    size_t in_best = 0;
    for (uint64_t i = 0; i < 5; i++) {
        test_driver *driver = open_with(space, "tpe", seed + i, NULL, 0);
        run(driver, 150, tree_loss);
        for (size_t k = 100; k < 150; k++)
            in_best += driver->history->raw[k * driver->history->param_count] == 1;
        driver_free(driver);
    }
    assert_true(in_best > 120); // of 250; a third would be chance
    caviar_space_free(space);
}

static double depends_on_both(const double *raw)
{
    return fabs(raw[0] - raw[1]) + 0.1 * fabs(raw[0] - 0.5); // good along the diagonal
}

// Branch a is fair everywhere, branch b is better in a small part only.
static double trap_loss(const double *raw)
{
    double rate = log10(raw[4]) + 2;
    return raw[0] == 0 ? 0.4 + 0.1 * raw[1] + 0.05 * rate * rate : tree_loss(raw);
}

static void test_a_branch_that_is_fair_at_once_does_not_hide_a_better_one(void **state)
{
    (void)state;
    uint64_t seed = test_seed(840);
    cav_space *space = make(tree, CAV_COUNT_OF(tree));
    double tpe = median_best(space, "tpe", seed, 100, trap_loss);
    if (!(tpe < 0.1))
        fail_msg("half of the searches found no better than %g", tpe);
    caviar_space_free(space);
}

static void test_it_learns_what_goes_well_together(void **state)
{
    (void)state;
    const caviar_parameter both[] = {{.name = "x", .high = 1}, {.name = "y", .high = 1}};
    uint64_t seed = test_seed(833);
    cav_space *space = make(both, 2);
    double apart = 0;
    for (uint64_t i = 0; i < 5; i++) {
        test_driver *driver = open_with(space, "tpe", seed + i, NULL, 0);
        run(driver, 100, depends_on_both);
        for (size_t k = 60; k < 100; k++)
            apart += fabs(driver->history->raw[2 * k] - driver->history->raw[2 * k + 1]) / 200;
        driver_free(driver);
    }
    assert_true(apart < 0.2); // two independent draws are 1/3 apart
    caviar_space_free(space);
}

static void test_the_first_trial_takes_the_defaults(void **state)
{
    (void)state;
    const caviar_parameter guess[] = {
        {.name = "x", .high = 1, .initial = REAL(0.25)},
        {.name = "c", .type = CATEGORICAL, CHOICES(TEXT("a"), TEXT("b")), .initial = TEXT("b")},
        {.name = "y", .high = 1}};
    cav_space *space = make(guess, 3);
    test_driver *driver = open_with(space, "tpe", 1, NULL, 0);
    size_t number;
    assert_int_equal(driver_ask(driver, &number), CAVIAR_OK);
    assert_true(driver->raw[0] == 0.25 && driver->raw[1] == 1);
    assert_int_equal(driver_ask(driver, &number), CAVIAR_OK);
    assert_true(driver->raw[0] != 0.25);
    driver_free(driver);
    caviar_space_free(space);
}

// How many of the next hundred points would lie where the best values are, were they asked for now.
static size_t count_near_best(test_driver *driver)
{
    size_t count = 0;
    for (size_t k = 0; k < 100; k++) {
        double x;
        cav_error error = {0};
        cav_suggest suggest = {.number = driver->history->count + k};
        assert_ok(driver->sampler.type->suggest(driver->sampler.state, driver->history, &suggest,
                                                &x, &error),
                  &error);
        count += fabs(x - 0.5) < 0.03;
    }
    return count;
}

static void put_line(test_driver *driver, double x, caviar_state state)
{
    double value = fabs(x - 0.5);
    cav_error error = {0};
    cav_record record = {.number = (int64_t)driver->history->count,
                         .state = state,
                         .raw = &x,
                         .values = &value,
                         .step = -1};
    assert_ok(cav_history_put(driver->history, &record, &x, &error), &error);
}

static void test_what_is_running_keeps_others_away(void **state)
{
    (void)state;
    const caviar_parameter line[] = {{.name = "x", .high = 1}};
    cav_space *space = make(line, 1);
    test_driver *driver = open_with(space, "tpe", test_seed(834), NULL, 0);
    for (size_t k = 0; k < 40; k++) // evenly spread
        put_line(driver, ((double)k + 0.5) / 40, CAVIAR_STATE_COMPLETE);
    size_t before = count_near_best(driver);
    for (size_t k = 0; k < 30; k++)
        put_line(driver, 0.485 + 0.001 * (double)k, CAVIAR_STATE_RUNNING);
    size_t after = count_near_best(driver);
    if (!(before >= 20 && after <= before / 2))
        fail_msg("%zu of a hundred are near the best, and %zu with 30 trials running there", before,
                 after);
    driver_free(driver);
    caviar_space_free(space);
}

static void test_where_trials_fail_fewer_are_tried(void **state)
{
    (void)state;
    const caviar_parameter line[] = {{.name = "x", .high = 1}, {.name = "y", .high = 1}};
    uint64_t seed = test_seed(835);
    cav_space *space = make(line, 2);
    size_t failed = 0;
    for (uint64_t i = 0; i < 5; i++) {
        test_driver *driver = open_with(space, "tpe", seed + i, NULL, 0);
        for (size_t k = 0; k < 120; k++) {
            size_t number;
            driver_ask(driver, &number);
            bool fails = driver->raw[0] > 0.6;
            if (fails)
                driver_tell(driver, number, NULL);
            else
                driver_tell_loss(driver, number, driver->raw[1]);
            failed += fails && k >= 60;
        }
        driver_free(driver);
    }
    assert_true(failed < 5 * 60 / 4); // by chance 4 in 10
    caviar_space_free(space);
}

static void test_the_constraints_hold_without_asking_again(void **state)
{
    (void)state;
    const caviar_parameter both[] = {{.name = "x", .high = 1}, {.name = "y", .high = 1}};
    cav_space *space = make(both, 2);
    assert_int_equal(caviar_space_constrain(space, "x + y <= 0.5"), CAVIAR_OK); // one in eight
    test_driver *driver = open_with(space, "tpe", test_seed(836), NULL, 0);
    run(driver, 40, depends_on_both);
    size_t before = driver->suggest_count;
    run(driver, 100, depends_on_both);
    assert_int_equal(driver->suggest_count - before, 100);
    driver_free(driver);
    caviar_space_free(space);
}

static void test_several_metrics_spread_over_the_front(void **state)
{
    (void)state;
    // x is the front between the two metrics, y is to be 0
    const caviar_parameter both[] = {{.name = "x", .high = 1}, {.name = "y", .high = 1}};
    uint64_t seed = test_seed(837);
    cav_space *space = make(both, 2);
    cav_error error = {0};
    driver_options how = {.space = space, .sampler = "tpe", .seed = seed, .metric_count = 2};
    test_driver *driver = driver_new(&how, &error);
    double left = 0, right = 0, y = 0;
    for (size_t k = 0; k < 150; k++) {
        size_t number;
        driver_ask(driver, &number);
        const double values[] = {driver->raw[0] + driver->raw[1],
                                 1 - driver->raw[0] + driver->raw[1]};
        driver_tell(driver, number, values);
        if (k < 100)
            continue;
        left += driver->raw[0] < 0.4;
        right += driver->raw[0] > 0.6;
        y += driver->raw[1] / 50;
    }
    assert_true(left >= 8 && right >= 8);
    assert_true(y < 0.3);
    driver_free(driver);
    caviar_space_free(space);
}

static void test_a_stopped_trial_teaches_less_than_a_complete_one(void **state)
{
    (void)state;
    // pruned trials on the right have the better values so far; the complete ones on the left count
    const caviar_parameter line[] = {{.name = "x", .high = 1}};
    uint64_t seed = test_seed(838);
    cav_space *space = make(line, 1);
    test_driver *driver = open_with(space, "tpe", seed, NULL, 0);
    size_t right = 0;
    for (size_t k = 0; k < 150; k++) {
        size_t number;
        driver_ask(driver, &number);
        double x = driver->raw[0], value = x > 0.5 ? -1 - x : x;
        cav_record record = {.number = (int64_t)number,
                             .attempt = 1,
                             .state = x > 0.5 ? CAVIAR_STATE_PRUNED : CAVIAR_STATE_COMPLETE,
                             .raw = driver->raw,
                             .values = &value,
                             .step = 1};
        cav_error error = {0};
        assert_ok(cav_history_put(driver->history, &record, driver->point, &error), &error);
        right += k >= 50 && x > 0.5;
    }
    assert_true(right < 40);
    driver_free(driver);
    caviar_space_free(space);
}

static void test_with_more_trials_than_kernels_it_goes_on_learning(void **state)
{
    (void)state;
    static const cav_option_value few = {"kernels", "64", ""};
    uint64_t seed = test_seed(839);
    cav_space *space = make(tree, CAV_COUNT_OF(tree));
    test_driver *driver = open_with(space, "tpe", seed, &few, 1);
    run(driver, 1000, tree_loss);
    assert_true(best_loss(driver) < 0.05);
    driver_free(driver);
    caviar_space_free(space);
}

static void test_it_says_why(void **state)
{
    (void)state;
    cav_space *space = make(tree, CAV_COUNT_OF(tree));
    static const cav_option_value within = {"branches", "1", ""};
    test_driver *driver = open_with(space, "tpe", test_seed(846), &within, 1);
    const cav_sampler *sampler = &driver->sampler;
    run(driver, 10, tree_loss);
    assert_string_equal(sampler->type->explain(sampler->state),
                        "tpe: an even spread to begin with");
    run(driver, 30, tree_loss);
    for (int i = 0; i < 40 && !strstr(sampler->type->explain(sampler->state), "branch"); i++)
        run(driver, 1, tree_loss); // one in four is not within a branch
    const char *words = sampler->type->explain(sampler->state);
    int good = 0, others = 0;
    double denser = 0;
    assert_int_equal(sscanf(words,
                            "tpe: of 24 draws near %d good trials of one branch the one where "
                            "these are %lf times as dense as the %d others",
                            &good, &denser, &others),
                     3);
    int told = (int)driver->history->count - 1;
    assert_true(good > 0 && good <= ceil(0.15 * told) && good + others <= told && denser > 0);
    driver_free(driver);
    caviar_space_free(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_finds_better_points_than_random_search_does_with_twice_the_trials),
        cmocka_unit_test(test_it_comes_to_draw_mostly_from_the_best_branch),
        cmocka_unit_test(test_a_branch_that_is_fair_at_once_does_not_hide_a_better_one),
        cmocka_unit_test(test_it_learns_what_goes_well_together),
        cmocka_unit_test(test_the_first_trial_takes_the_defaults),
        cmocka_unit_test(test_what_is_running_keeps_others_away),
        cmocka_unit_test(test_where_trials_fail_fewer_are_tried),
        cmocka_unit_test(test_the_constraints_hold_without_asking_again),
        cmocka_unit_test(test_several_metrics_spread_over_the_front),
        cmocka_unit_test(test_a_stopped_trial_teaches_less_than_a_complete_one),
        cmocka_unit_test(test_it_says_why),
        cmocka_unit_test(test_with_more_trials_than_kernels_it_goes_on_learning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
