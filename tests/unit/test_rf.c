/**
 * test_rf.c: the forest as a sampler: that it finds its way through choices and conditions, keeps
 * away from what fails and from what is running, and ranks trials as it says.
 */
#include "support/test.h"

#include "support/driver.h"
#include "support/literal.h"

#include "base/memory.h"
#include "base/normal.h"
#include "base/pareto.h"
#include "base/random.h"
#include "search/rf_table.h"

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

static test_driver *drive(cav_space *space, const char *sampler, uint64_t seed)
{
    cav_error error = {0};
    driver_options how = {.space = space, .sampler = sampler, .seed = seed, .budget = 200};
    test_driver *driver = driver_new(&how, &error);
    if (!driver)
        fail_msg("%s", error.message);
    return driver;
}

// The best loss of so many trials, mean over some seeds.
static double mean_best(const caviar_parameter *parameters, size_t count, const char *sampler,
                        loss_function *loss, size_t trials, uint64_t seed)
{
    enum { SEEDS = 4 };
    double sum = 0;
    cav_space *space = make(parameters, count);
    for (uint64_t i = 0; i < SEEDS; i++) {
        test_driver *driver = drive(space, sampler, seed + i);
        for (size_t k = 0; k < trials; k++) {
            size_t number;
            assert_int_equal(driver_ask(driver, &number), CAVIAR_OK);
            driver_tell_loss(driver, number, loss(driver->raw));
        }
        sum += driver->history->losses[cav_history_best(driver->history, 0)] / SEEDS;
        driver_free(driver);
    }
    caviar_space_free(space);
    return sum;
}

#define LETTERS CHOICES(TEXT("a"), TEXT("b"), TEXT("c"), TEXT("d"), TEXT("e"), TEXT("f"))

static const caviar_parameter choices_only[] = {
    {.name = "p", .type = CATEGORICAL, LETTERS}, {.name = "q", .type = CATEGORICAL, LETTERS},
    {.name = "r", .type = CATEGORICAL, LETTERS}, {.name = "s", .type = CATEGORICAL, LETTERS},
    {.name = "t", .type = CATEGORICAL, LETTERS},
};

// 0 at one of 7,776; each choice that is wrong costs, p and q depend on each other.
static double words(const double *raw)
{
    return (raw[0] != 2) + (raw[1] != (raw[0] == 2 ? 4 : 1)) + 0.5 * (raw[2] != 3) +
           0.3 * (raw[3] != 0) + 0.1 * fabs(raw[4] - 5);
}

static void test_the_best_of_thousands_of_words_is_found_in_a_hundred_trials(void **state)
{
    (void)state;
    uint64_t seed = test_seed(761);
    double forest = mean_best(choices_only, 5, "rf", words, 100, seed);
    double random = mean_best(choices_only, 5, "random", words, 100, seed);
    print_message("# %.3f, by random search %.3f\n", forest, random);
    assert_true(forest < 0.4 && forest < random / 1.5);
}

static const caviar_parameter tree[] = {
    {.name = "kind", .type = CATEGORICAL, CHOICES(TEXT("a"), TEXT("b"), TEXT("c"))},
    {.name = "x", .high = 1, WHEN(HAS("kind", TEXT("a")))},
    {.name = "y", .high = 1, WHEN(HAS("kind", TEXT("a")))},
    {.name = "m", .type = INT, .low = 1, .high = 9, WHEN(HAS("kind", TEXT("b")))},
    {.name = "deep", .high = 1, WHEN(LIES("m", 5, 9))},
    {.name = "z", .high = 1},
};

// c is at once good, b with m = 7 and deep = 0.3 better.
static double branched(const double *raw)
{
    double own = 1;
    if (raw[0] == 0)
        own = 1 + fabs(raw[1] - 0.4) + fabs(raw[2] - 0.8);
    if (raw[0] == 1)
        own = raw[3] < 5 ? 2 : 0.2 * fabs(raw[3] - 7) + fabs(raw[4] - 0.3);
    return own + fabs(raw[5] - 0.6);
}

static void test_the_best_branch_of_a_deep_tree_is_found_and_searched(void **state)
{
    (void)state;
    uint64_t seed = test_seed(762);
    double forest = mean_best(tree, CAV_COUNT_OF(tree), "rf", branched, 80, seed);
    double random = mean_best(tree, CAV_COUNT_OF(tree), "random", branched, 80, seed);
    print_message("# %.3f, by random search %.3f\n", forest, random);
    assert_true(forest < 0.15 && forest < random / 2);
}

static const caviar_parameter square[] = {{.name = "x", .high = 1}, {.name = "y", .high = 1}};

static void test_it_keeps_away_from_where_trials_fail(void **state)
{
    (void)state;
    uint64_t seed = test_seed(763);
    cav_space *space = make(square, 2);
    test_driver *driver = drive(space, "rf", seed);
    size_t late_failures = 0;
    for (size_t k = 0; k < 100; k++) {
        size_t number;
        assert_int_equal(driver_ask(driver, &number), CAVIAR_OK);
        double loss = fabs(driver->raw[0] - 0.5) + fabs(driver->raw[1] - 0.5);
        bool fails = driver->raw[0] > 0.6;
        driver_tell(driver, number, fails ? NULL : &loss);
        late_failures += fails && k >= 50;
    }
    assert_true(late_failures <= 10); // by random search 20
    driver_free(driver);
    caviar_space_free(space);
}

// Of eight trials that run at once, how far is each from the one nearest to it?
static void test_trials_that_run_at_once_keep_apart(void **state)
{
    (void)state;
    uint64_t seed = test_seed(764);
    cav_space *space = make(square, 2);
    double nearest = 0;
    for (uint64_t i = 0; i < 5; i++) {
        test_driver *driver = drive(space, "rf", seed + i);
        double points[8][2];
        size_t number;
        for (size_t k = 0; k < 40; k++) {
            assert_int_equal(driver_ask(driver, &number), CAVIAR_OK);
            driver_tell_loss(driver, number,
                             fabs(driver->raw[0] - 0.3) + fabs(driver->raw[1] - 0.7));
        }
        for (size_t k = 0; k < 8; k++) {
            assert_int_equal(driver_ask(driver, &number), CAVIAR_OK);
            memcpy(points[k], driver->point, sizeof points[k]);
        }
        for (size_t a = 0; a < 8; a++) {
            double least = INFINITY;
            for (size_t b = 0; b < 8; b++)
                if (a != b)
                    least = fmin(least,
                                 hypot(points[a][0] - points[b][0], points[a][1] - points[b][1]));
            nearest += least / 40;
        }
        driver_free(driver);
    }
    print_message("# mean distance to the nearest %.4f\n", nearest);
    assert_true(nearest > 0.02);
    caviar_space_free(space);
}

static double noise(const double *raw)
{
    uint64_t bits[2]; // of both: steps by one coordinate leave the other as it is
    memcpy(bits, raw, sizeof bits);
    return (double)(cav_mix64(bits[0] ^ cav_mix64(bits[1])) >> 11);
}

static double slope(const double *raw)
{
    return exp(8 * raw[0]);
}

static double skill_after(size_t trials, loss_function *loss, uint64_t seed)
{
    cav_space *space = make(square, 2);
    test_driver *driver = drive(space, "rf", seed);
    for (size_t k = 0; k < trials; k++) {
        size_t number;
        assert_int_equal(driver_ask(driver, &number), CAVIAR_OK);
        driver_tell_loss(driver, number, loss(driver->raw));
    }
    double skill = 0;
    cav_error error = {0};
    assert_ok(driver->sampler.type->skill(driver->sampler.state, driver->history, &skill, &error),
              &error);
    driver_free(driver);
    caviar_space_free(space);
    return skill;
}

static void test_its_skill_is_what_it_predicts_of_trials_it_has_not_seen(void **state)
{
    (void)state;
    uint64_t seed = test_seed(765);
    assert_true(isnan(skill_after(5, slope, seed)));
    double learned = skill_after(60, slope, seed), guessed = skill_after(60, noise, seed);
    print_message("# %.3f, of noise %.3f\n", learned, guessed);
    assert_true(learned > 0.8);
    assert_true(guessed < 0.3);
}

static void put(cav_history *history, const cav_space *space, int64_t number, caviar_state state,
                double value)
{
    cav_error error = {0};
    double raw = ((double)number + 0.5) / 10, point;
    cav_record record = {
        .number = number, .state = state, .raw = &raw, .values = &value, .step = 1};
    cav_space_encode(space, &raw, &point);
    assert_ok(cav_history_put(history, &record, &point, &error), &error);
}

static void test_targets_are_the_normal_scores_of_ranks(void **state)
{
    (void)state;
    static const bool minimize[1];
    cav_space *space = make(square, 1);
    cav_history *history = cav_history_new(1, 1, 1, minimize);
    put(history, space, 0, CAVIAR_STATE_COMPLETE, 1e300);
    put(history, space, 1, CAVIAR_STATE_FAILED, 0);
    put(history, space, 2, CAVIAR_STATE_COMPLETE, -5);
    put(history, space, 3, CAVIAR_STATE_PRUNED, -9); // counts as the median, 2
    put(history, space, 4, CAVIAR_STATE_COMPLETE, 2);
    put(history, space, 5, CAVIAR_STATE_COMPLETE, NAN); // is as good as failed
    cav_rf_table table;
    cav_scalar scalar;
    cav_error error = {0};
    assert_true(cav_rf_table_init(&table, space) && cav_scalar_init(&scalar, 1));
    assert_ok(cav_rf_table_fill(&table, space, history, &scalar, 6, 100, &error), &error);
    static const struct expected {
        size_t number;
        double share; // of the trials before it, and half of its equals
    } expected[] = {{2, 0.5 / 6}, {3, 2.0 / 6}, {4, 2.0 / 6},
                    {0, 3.5 / 6}, {1, 5.0 / 6}, {5, 5.0 / 6}};
    assert_int_equal(table.row_count, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(table.numbers[i], expected[i].number);
        assert_near(table.targets[i], cav_normal_quantile(expected[i].share), 1e-12);
        assert_near(table.rows[i], ((double)expected[i].number + 0.5) / 10, 1e-12);
    }
    // of more than there is room for: the best two, and the last two of the others
    assert_ok(cav_rf_table_fill(&table, space, history, &scalar, 6, 4, &error), &error);
    assert_int_equal(table.row_count, 4);
    assert_int_equal(table.numbers[0], 2);
    assert_int_equal(table.numbers[1], 3);
    assert_int_equal(table.numbers[2], 4);
    assert_int_equal(table.numbers[3], 5);
    cav_rf_table_free(&table);
    cav_scalar_free(&scalar);
    cav_history_free(history);
    caviar_space_free(space);
}

// ZDT1 in six dimensions: the front is where all coordinates but the first are 0.
static void two_losses(const double *raw, double *ret_losses)
{
    double rest = 1;
    for (size_t i = 1; i < 6; i++)
        rest += 9 * raw[i] / 5;
    ret_losses[0] = raw[0];
    ret_losses[1] = rest * (1 - sqrt(raw[0] / rest));
}

// What is missing of the hypervolume below (1.1, 11) after 80 trials, mean over some seeds.
static double missing(const char *sampler, uint64_t seed)
{
    enum { SEEDS = 3, TRIALS = 80 };
    static const double reference[] = {1.1, 11}, whole = 0.1 * 11 + 10 + 2.0 / 3;
    cav_error error = {0};
    double sum = 0;
    cav_space *space = caviar_space_new();
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(caviar_space_define(space, (const char[]){(char)('a' + i), 0}, "0 1"),
                         CAVIAR_OK);
    for (uint64_t s = 0; s < SEEDS; s++) {
        driver_options how = {.space = space,
                              .sampler = sampler,
                              .seed = seed + s,
                              .budget = TRIALS,
                              .metric_count = 2};
        test_driver *driver = driver_new(&how, &error);
        assert_non_null(driver);
        for (size_t k = 0; k < TRIALS; k++) {
            size_t number;
            double losses[2];
            assert_int_equal(driver_ask(driver, &number), CAVIAR_OK);
            two_losses(driver->raw, losses);
            driver_tell(driver, number, losses);
        }
        sum += whole - cav_pareto_volume(driver->history->losses, TRIALS, 2, reference);
        driver_free(driver);
    }
    caviar_space_free(space);
    return sum / SEEDS;
}

static void test_of_two_metrics_the_front_is_found(void **state)
{
    (void)state;
    uint64_t seed = test_seed(781);
    double forest = missing("rf", seed), random = missing("random", seed);
    print_message("# %.3f, by random search %.3f\n", forest, random);
    assert_true(forest < 0.5 * random);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_best_of_thousands_of_words_is_found_in_a_hundred_trials),
        cmocka_unit_test(test_the_best_branch_of_a_deep_tree_is_found_and_searched),
        cmocka_unit_test(test_it_keeps_away_from_where_trials_fail),
        cmocka_unit_test(test_trials_that_run_at_once_keep_apart),
        cmocka_unit_test(test_its_skill_is_what_it_predicts_of_trials_it_has_not_seen),
        cmocka_unit_test(test_targets_are_the_normal_scores_of_ranks),
        cmocka_unit_test(test_of_two_metrics_the_front_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
