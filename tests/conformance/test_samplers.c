/**
 * test_samplers.c: what every sampler of the table owes: a new one is covered by standing in it.
 *
 * A sampler may refuse a space with CAVIAR_INVALID (the grid refuses a continuum and absurd sizes),
 * but not a small finite one.
 */
#include "support/test.h"

#include "support/driver.h"
#include "support/literal.h"
#include "support/random_space.h"

#include "space/walk.h"

#include <math.h>
#include <stdio.h>

static void add_all(cav_space *space, const caviar_parameter *parameters, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (caviar_space_add(space, &parameters[i]))
            fail_msg("%s", caviar_space_message(space));
}

#define SPACE(...)                                                                                 \
    do {                                                                                           \
        const caviar_parameter parameters[] = {__VA_ARGS__};                                       \
        add_all(space, parameters, CAV_COUNT_OF(parameters));                                      \
    } while (0)

static void line(cav_space *space)
{
    SPACE({.name = "x", .high = 1});
}

static void small(cav_space *space)
{
    SPACE({.name = "a", .type = CATEGORICAL, CHOICES(TEXT("x"), TEXT("y"), TEXT("z"))},
          {.name = "n", .type = INT, .high = 3}, {.name = "s", .high = 1, .step = 0.5},
          {.name = "o", .type = ORDINAL, CHOICES(WHOLE(1), WHOLE(2))});
}

static void conditional(cav_space *space)
{
    SPACE({.name = "a", .type = CATEGORICAL, CHOICES(TEXT("x"), TEXT("y"), TEXT("z"))},
          {.name = "n", .type = INT, .high = 3, WHEN(HAS("a", TEXT("x"), TEXT("y")))},
          {.name = "m", .type = INT, .high = 2, SPECIALS(-1), WHEN(LIES("n", 2, 9))},
          {.name = "k", .type = INT, .high = 1, WHEN(HAS("a", TEXT("z")))});
}

static void constrained(cav_space *space)
{
    SPACE({.name = "a", .type = INT, .low = 1, .high = 12},
          {.name = "b", .type = INT, .low = 1, .high = 12});
    assert_int_equal(caviar_space_constrain(space, "a * b <= 24"), CAVIAR_OK);
    assert_int_equal(caviar_space_constrain(space, "a + b > 4"), CAVIAR_OK);
}

static void mixed(cav_space *space)
{
    SPACE(
        {.name = "lr", .scale = LOG, .low = 1e-5, .high = 1, .tier = CAVIAR_TIER_MOST},
        {.name = "decay", .scale = LOG, .low = 1e-6, .high = 1e-2, SPECIALS(0)},
        {.name = "momentum", .scale = REVERSE_LOG, .low = 0.9, .high = 0.999},
        {.name = "units",
         .type = INT,
         .scale = LOG,
         .low = 16,
         .high = 512,
         .limit_low = 1,
         .limit_high = 4096},
        {.name = "batch", .type = INT, .scale = LOG, .low = 16, .high = 512, .step_factor = 2},
        {.name = "data", .type = CONSTANT, CHOICES(TEXT("mnist"))},
        {.name = "epsilon", .high = 1, .initial = REAL(0.5), .tier = CAVIAR_TIER_FIXED},
        {.name = "opt", .type = CATEGORICAL, CHOICES(TEXT("sgd"), TEXT("adam"))},
        {.name = "beta", .scale = LOGIT, .low = 0.1, .high = 0.99, WHEN(HAS("opt", TEXT("adam")))},
        {.name = "layers", .type = ORDINAL, CHOICES(WHOLE(1), WHOLE(2), WHOLE(4))});
}

static void believed(cav_space *space)
{
    SPACE({.name = "lr", .scale = LOG, .low = 1e-5, .high = 1, .prior = REAL(0.01)},
          {.name = "opt",
           .type = CATEGORICAL,
           CHOICES(TEXT("sgd"), TEXT("adam"), TEXT("rmsprop")),
           .prior = TEXT("adam"),
           .confidence = CAVIAR_CONFIDENCE_HIGH},
          {.name = "beta",
           .scale = LOGIT,
           .low = 0.1,
           .high = 0.99,
           .prior = REAL(0.9),
           WHEN(HAS("opt", TEXT("adam")))});
}

static void nothing_to_vary(cav_space *space)
{
    SPACE({.name = "c", .type = CONSTANT, CHOICES(TEXT("only"))});
}

typedef void filler(cav_space *space);
static filler *const fills[] = {line,  small,    conditional,    constrained,
                                mixed, believed, nothing_to_vary};

static cav_space *make(filler *fill)
{
    cav_space *space = caviar_space_new();
    fill(space);
    return space;
}

// Options that let a sampler take more spaces than by default, or think less about each trial: what
// is tested here does not depend on how hard a model is fitted, and there are many trials.
static driver_options options_for(const cav_sampler_type *type, cav_space *space, uint64_t seed)
{
    static const cav_option_value grid[] = {{"points", "3", ""}, {"most", "1000000", ""}};
    static const cav_option_value gp[] = {
        {"effort", "0", ""}, {"trials", "16", ""}, {"draws", "0", ""}};
    static const cav_option_value rf = {"trees", "4", ""};
    driver_options options = {.space = space, .sampler = type->name, .seed = seed};
    bool continuum = !cav_space_is_finite(space);
    if (strcmp(type->name, "grid") == 0) {
        options.options = continuum ? grid : grid + 1;
        options.option_count = continuum ? 2 : 1;
    } else if (strcmp(type->name, "gp") == 0) {
        options.options = gp;
        options.option_count = CAV_COUNT_OF(gp);
    } else if (strcmp(type->name, "auto") == 0) {
        options.options = gp;
        options.option_count = CAV_COUNT_OF(gp) - 1;
    } else if (strcmp(type->name, "rf") == 0) {
        options.options = &rf;
        options.option_count = 1;
    }
    return options;
}

// A driver; NULL where the sampler refuses a space that it may refuse.
static test_driver *drive(const cav_sampler_type *type, cav_space *space, uint64_t seed)
{
    cav_error error = {0};
    driver_options options = options_for(type, space, seed);
    test_driver *driver = driver_new(&options, &error);
    if (!driver)
        assert_int_equal(error.code, CAVIAR_INVALID);
    if (!driver && cav_space_size(space) <= 1000)
        fail_msg("%s refuses a small finite space: %s", type->name, error.message);
    return driver;
}

typedef void property(const cav_sampler_type *type, cav_space *space, uint64_t seed);

// Calls the check for every sampler on every space above and on some random ones.
static void check_all(property *check, uint64_t seed)
{
    seed = test_seed(seed);
    for (size_t i = 0; i < cav_sampler_count; i++) {
        for (size_t k = 0; k < CAV_COUNT_OF(fills); k++) {
            cav_space *space = make(fills[k]);
            check(cav_samplers[i], space, seed + k);
            caviar_space_free(space);
        }
        cav_random random = cav_random_stream(seed, 0, CAV_PURPOSE_TEST, 0);
        for (size_t k = test_rounds(12); k > 0; k--) {
            cav_space *space = random_space_new(&random, 8, (random_limits){.finite = k % 2});
            check(cav_samplers[i], space, seed + k);
            caviar_space_free(space);
        }
    }
}

// The driver itself checks the bounds and the conditions of each point.
static void stays_allowed(const cav_sampler_type *type, cav_space *space, uint64_t seed)
{
    test_driver *driver = drive(type, space, seed);
    if (driver)
        driver_run(driver, 80);
    driver_free(driver);
}

static void test_points_are_in_the_cube_and_their_configurations_allowed(void **state)
{
    (void)state;
    check_all(stays_allowed, 601);
}

static bool same(const double *a, const double *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (a[i] != b[i] && !(isnan(a[i]) && isnan(b[i])))
            return false;
    return true;
}

static void repeats_itself(const cav_sampler_type *type, cav_space *space, uint64_t seed)
{
    test_driver *first = drive(type, space, seed), *second = drive(type, space, seed);
    if (first) {
        bool whole = driver_run(first, 80);
        assert_int_equal(driver_run(second, 80), whole);
        assert_int_equal(first->history->count, second->history->count);
        assert_true(same(first->history->points, second->history->points,
                         first->history->count * space->dim_count));
    }
    driver_free(first);
    driver_free(second);
}

static void test_the_same_seed_gives_the_same_trials(void **state)
{
    (void)state;
    check_all(repeats_itself, 602);
}

static void test_another_seed_gives_other_trials(void **state)
{
    (void)state;
    uint64_t seed = test_seed(603);
    for (size_t i = 0; i < cav_sampler_count; i++) {
        if (strcmp(cav_samplers[i]->name, "grid") == 0)
            continue; // has nothing that is random
        cav_space *space = make(mixed);
        test_driver *first = drive(cav_samplers[i], space, seed);
        test_driver *second = drive(cav_samplers[i], space, seed + 1);
        driver_run(first, 50);
        driver_run(second, 50);
        size_t alike = 0, alike_inside = 0, dims = space->dim_count;
        for (size_t k = 0; k < 50 * dims; k += dims) {
            const double *a = first->history->points + k, *b = second->history->points + k;
            alike += same(a, b, dims);
            alike_inside += a[0] == b[0] && a[0] > 0 && a[0] < 1; // lr
        }
        assert_true(alike <= 1);        // the defaults
        assert_true(alike_inside <= 5); // models may go to the same edge of it, which is not inside
        driver_free(first);
        driver_free(second);
        caviar_space_free(space);
    }
}

static size_t count_feasible(const cav_space *space)
{
    size_t count = 0;
    cav_walk *walk = cav_walk_new(space, 0);
    while (cav_walk_next(walk))
        count += cav_space_is_feasible(space, walk->raw);
    cav_walk_free(walk);
    return count;
}

static void exhausts(const cav_sampler_type *type, cav_space *space, uint64_t seed)
{
    if (!cav_space_is_finite(space) || cav_space_size(space) > 3000)
        return;
    test_driver *driver = drive(type, space, seed);
    size_t expected = count_feasible(space);
    if (!driver_run(driver, expected)) // which never tries a point twice
        fail_msg("%s gives %zu of %zu points", type->name, driver->history->count, expected);
    assert_false(driver_run(driver, 1));
    assert_false(driver_run(driver, 1)); // and stays done
    assert_int_equal(driver->history->count, expected);
    driver_free(driver);
}

static void test_a_finite_space_is_exhausted_without_a_duplicate(void **state)
{
    (void)state;
    check_all(exhausts, 604);
}

static void test_a_refused_point_is_not_suggested_again(void **state)
{
    (void)state;
    enum { ATTEMPTS = 12 };
    uint64_t seed = test_seed(614);
    for (size_t i = 0; i < cav_sampler_count; i++) {
        cav_space *space = make(line);
        driver_options options = options_for(cav_samplers[i], space, seed);
        static const cav_option_value many = {"points", "50", ""};
        if (strcmp(cav_samplers[i]->name, "grid") == 0) {
            options.options = &many;
            options.option_count = 1;
        }
        cav_error error = {0};
        test_driver *driver = driver_new(&options, &error);
        assert_true(driver_run(driver, 30)); // boxes, models and the like are made by now
        double points[ATTEMPTS];
        for (uint32_t attempt = 0; attempt < ATTEMPTS; attempt++) {
            cav_suggest suggest = {.number = driver->history->count, .attempt = attempt};
            assert_ok(driver->sampler.type->suggest(driver->sampler.state, driver->history,
                                                    &suggest, &points[attempt], &error),
                      &error);
            for (uint32_t before = 0; before < attempt; before++)
                assert_true(points[attempt] != points[before]);
        }
        driver_free(driver);
        caviar_space_free(space);
    }
}

static void test_both_ends_of_a_range_are_reached(void **state)
{
    (void)state;
    uint64_t seed = test_seed(605);
    cav_random noise = cav_random_stream(seed, 0, CAV_PURPOSE_TEST, 0);
    for (size_t i = 0; i < cav_sampler_count; i++) {
        cav_space *space = caviar_space_new();
        SPACE({.name = "n", .type = INT, .low = 1, .high = 10}, {.name = "x", .high = 1},
              {.name = "c", .type = CATEGORICAL, CHOICES(TEXT("a"), TEXT("b"), TEXT("c"))});
        test_driver *driver = drive(cav_samplers[i], space, seed);
        double least = 1, most = 0;
        bool seen[11] = {false}, chosen[3] = {false};
        size_t number;
        for (int k = 0; k < 500 && driver_ask(driver, &number) == CAVIAR_OK; k++) {
            driver_tell_loss(driver, number, cav_random_unit(&noise)); // nothing to converge to
            seen[(int)driver->raw[0]] = chosen[(int)driver->raw[2]] = true;
            least = fmin(least, driver->raw[1]);
            most = fmax(most, driver->raw[1]);
        }
        assert_true(seen[1] && seen[10] && chosen[0] && chosen[1] && chosen[2]);
        assert_true(least < 0.05 && most > 0.95);
        driver_free(driver);
        caviar_space_free(space);
    }
}

static void starts_within(const cav_sampler_type *type, cav_space *space, uint64_t seed)
{
    test_driver *driver = drive(type, space, seed);
    size_t number;
    // nothing is told, so nothing is known that would lead beyond low and high
    for (int k = 0; driver && k < 40 && driver_ask(driver, &number) == CAVIAR_OK; k++) {
        for (size_t i = 0; i < space->count; i++) {
            const cav_parameter *parameter = &space->parameters[i];
            double x = driver->raw[i], slack = 1e-9 * (parameter->high - parameter->low);
            bool special = isnan(x) || parameter->choice_count > 0;
            for (size_t j = 0; j < parameter->special_count; j++)
                special |= parameter->specials[j] == x;
            if (!special && !(x >= parameter->low - slack && x <= parameter->high + slack))
                fail_msg("%s: %.17g is outside of %.17g to %.17g", type->name, x, parameter->low,
                         parameter->high);
        }
    }
    driver_free(driver);
}

static void test_the_search_starts_between_low_and_high(void **state)
{
    (void)state;
    uint64_t seed = test_seed(606);
    for (size_t i = 0; i < cav_sampler_count; i++) {
        cav_space *space = caviar_space_new();
        SPACE({.name = "x", .low = 1, .high = 2, .limit_low = -8, .limit_high = 8},
              {.name = "n", .type = INT, .low = 4, .high = 6, .limit_low = 1, .limit_high = 99},
              {.name = "l",
               .type = INT,
               .scale = LOG,
               .low = 16,
               .high = 64,
               .step_factor = 2,
               .limit_low = 1,
               .limit_high = 4096,
               SPECIALS(0)},
              {.name = "s", .high = 0.9, .step = 0.3, .limit_low = -3, .limit_high = 3});
        starts_within(cav_samplers[i], space, seed);
        caviar_space_free(space);
    }
}

// Trials that end badly in every way must not lead a sampler astray, nor stop it.
static void survives_failures(const cav_sampler_type *type, cav_space *space, uint64_t seed)
{
    static const double bad[] = {NAN, INFINITY, -INFINITY, 1e308, -1e308};
    test_driver *driver = drive(type, space, seed);
    size_t number;
    for (size_t k = 0; driver && k < 150 && driver_ask(driver, &number) == CAVIAR_OK; k++) {
        if (k % 3 == 0 || k < 20)
            driver_tell(driver, number, NULL);
        else if (k % 3 == 1)
            driver_tell_loss(driver, number, bad[k / 3 % CAV_COUNT_OF(bad)]);
        else if (k % 5 > 0) // every fifth goes on running for ever
            driver_tell_loss(driver, number, driver_loss(driver, driver->point));
    }
    driver_free(driver);
}

static void test_failed_trials_and_losses_that_are_no_numbers_do_no_harm(void **state)
{
    (void)state;
    check_all(survives_failures, 607);
}

static void test_a_nan_loss_is_not_mistaken_for_the_best(void **state)
{
    (void)state;
    // good losses on the left, NaN on the right: the search must not move to the right
    uint64_t seed = test_seed(608);
    for (size_t i = 0; i < cav_sampler_count; i++) {
        cav_space *space = make(line);
        test_driver *driver = drive(cav_samplers[i], space, seed);
        size_t number, right = 0, all = 0;
        for (int k = 0; k < 300 && driver_ask(driver, &number) == CAVIAR_OK; k++, all++) {
            double x = driver->point[0];
            driver_tell_loss(driver, number, x > 0.5 ? NAN : x);
            right += x > 0.5;
        }
        assert_true(right <= all * 6 / 10);
        driver_free(driver);
        caviar_space_free(space);
    }
}

static void takes_several_metrics(const cav_sampler_type *type, cav_space *space, uint64_t seed)
{
    cav_error error = {0};
    driver_options options = options_for(type, space, seed);
    options.metric_count = 3;
    test_driver *driver = driver_new(&options, &error);
    if (type->one_metric) {
        assert_null(driver);
        assert_contains(error.message, "follows one metric, and there are 3: take ");
    }
    if (driver)
        driver_run(driver, 60);
    driver_free(driver);
}

static void test_several_metrics(void **state)
{
    (void)state;
    check_all(takes_several_metrics, 609);
}

// Keeps eight trials running and ends them in an order of their own.
static void run_in_parallel(test_driver *driver, cav_random *random, size_t trials)
{
    size_t running[8], count = 0;
    for (size_t made = 0; made < trials || count > 0;) {
        bool full = count == CAV_COUNT_OF(running) || made == trials;
        if (!full && driver_ask(driver, &running[count]) == CAVIAR_OK) {
            count++;
            made++;
            continue;
        }
        if (count == 0)
            return; // exhausted
        if (!full)
            made = trials;
        size_t at = (size_t)cav_random_below(random, count), number = running[at];
        const double *point = driver->history->points + number * driver->space->dim_count;
        driver_tell_loss(driver, number, driver_loss(driver, point));
        running[at] = running[--count];
    }
}

static void runs_in_parallel(const cav_sampler_type *type, cav_space *space, uint64_t seed)
{
    test_driver *first = drive(type, space, seed), *second = drive(type, space, seed);
    cav_random order = cav_random_stream(seed, 1, CAV_PURPOSE_TEST, 0), again = order;
    if (first) {
        run_in_parallel(first, &order, 64);
        run_in_parallel(second, &again, 64); // in the same order, so it is the same
        assert_int_equal(first->history->count, second->history->count);
        assert_int_equal(first->history->open_count, 0);
        assert_true(same(first->history->points, second->history->points,
                         first->history->count * space->dim_count));
    }
    driver_free(first);
    driver_free(second);
}

static void test_trials_may_end_in_any_order(void **state)
{
    (void)state;
    check_all(runs_in_parallel, 610);
}

// A worker that joins late reads the history at one go; it must come to the same point as one that
// saw it grow.
static void resumes(const cav_sampler_type *type, cav_space *space, uint64_t seed)
{
    test_driver *old = drive(type, space, seed);
    cav_random order = cav_random_stream(seed, 2, CAV_PURPOSE_TEST, 0);
    for (int round = 0; old && round < 12; round++) {
        run_in_parallel(old, &order, 7);
        test_driver *late = drive(type, space, seed);
        cav_history *own = late->history;
        late->history = old->history;
        cav_error error = {0};
        size_t dims = space->dim_count, number = old->history->count;
        double *a = calloc(dims + 1, sizeof *a), *b = calloc(dims + 1, sizeof *b);
        cav_suggest suggest = {.number = number};
        caviar_code code = type->suggest(old->sampler.state, old->history, &suggest, a, &error);
        caviar_code late_code =
            type->suggest(late->sampler.state, late->history, &suggest, b, &error);
        bool free_choice = space->constraint_count == 0; // else it has not seen what was refused
        assert_true(late_code == code || !free_choice);
        if (!code && free_choice && !same(a, b, dims))
            fail_msg("%s: a late worker comes to another point for trial %zu", type->name, number);
        if (!code) { // asked again for the same, the answer is the same
            assert_ok(type->suggest(old->sampler.state, old->history, &suggest, b, &error), &error);
            assert_true(same(a, b, dims));
        }
        free(a);
        free(b);
        late->history = own;
        driver_free(late);
    }
    driver_free(old);
}

static void test_a_late_worker_comes_to_the_same_points(void **state)
{
    (void)state;
    check_all(resumes, 611);
}

static void test_a_thousand_parameters(void **state)
{
    (void)state;
    uint64_t seed = test_seed(612);
    cav_random random = cav_random_stream(seed, 0, CAV_PURPOSE_TEST, 0);
    cav_space *space = caviar_space_new();
    for (int i = 0; i < 1000; i++) {
        random_parameter draft;
        char name[16];
        snprintf(name, sizeof name, "p%d", i);
        caviar_type type = i % 10 ? random_type(&random) : CAVIAR_TYPE_FLOAT;
        random_parameter_draw(&random, type, (random_limits){.ordinary = true}, name, &draft);
        assert_int_equal(caviar_space_add(space, &draft.given), CAVIAR_OK);
    }
    for (size_t i = 0; i < cav_sampler_count; i++) {
        test_driver *driver = drive(cav_samplers[i], space, seed);
        if (driver)
            assert_true(driver_run(driver, test_rounds(100)));
        driver_free(driver);
    }
    caviar_space_free(space);
}

static void test_a_hundred_thousand_trials_cost_one_suggestion_each(void **state)
{
    (void)state;
    uint64_t seed = test_seed(613);
    size_t trials = test_rounds(100000);
    trials = trials < 100000 ? trials : 100000;
    for (size_t i = 0; i < cav_sampler_count; i++) {
        cav_space *space = caviar_space_new();
        SPACE({.name = "x", .high = 1, .step = 0x1p-9}, {.name = "y", .high = 1, .step = 0x1p-9},
              {.name = "c", .type = CATEGORICAL, CHOICES(TEXT("a"), TEXT("b"), TEXT("c"))});
        if (strcmp(cav_samplers[i]->name, "grid") != 0) // the others get a continuum
            SPACE({.name = "z", .high = 1});
        driver_options options = options_for(cav_samplers[i], space, seed);
        // what a model costs at most is an option of its own; that it is bounded shows in the time
        static const cav_option_value small[] = {{"kernels", "64", ""}, {"candidates", "4", ""}};
        bool is_tpe = strcmp(cav_samplers[i]->name, "tpe") == 0;
        if (is_tpe) {
            options.options = small;
            options.option_count = CAV_COUNT_OF(small);
        }
        cav_error error = {0};
        test_driver *driver = driver_new(&options, &error);
        assert_non_null(driver);
        // a model takes milliseconds a trial, and tpe a fifth of one, so the quick run goes less
        // far with them
        bool has_model = cav_samplers[i]->skill || strcmp(cav_samplers[i]->name, "auto") == 0;
        size_t part = getenv("CAVIAR_TEST_LONG") ? 1 : has_model ? 200 : is_tpe ? 5 : 1;
        size_t count = trials / part;
        assert_true(driver_run(driver, count));
        assert_int_equal(driver->suggest_count, count);
        assert_int_equal(driver->history->finished_count, count);
        driver_free(driver);
        caviar_space_free(space);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_points_are_in_the_cube_and_their_configurations_allowed),
        cmocka_unit_test(test_the_same_seed_gives_the_same_trials),
        cmocka_unit_test(test_another_seed_gives_other_trials),
        cmocka_unit_test(test_a_finite_space_is_exhausted_without_a_duplicate),
        cmocka_unit_test(test_a_refused_point_is_not_suggested_again),
        cmocka_unit_test(test_both_ends_of_a_range_are_reached),
        cmocka_unit_test(test_the_search_starts_between_low_and_high),
        cmocka_unit_test(test_failed_trials_and_losses_that_are_no_numbers_do_no_harm),
        cmocka_unit_test(test_a_nan_loss_is_not_mistaken_for_the_best),
        cmocka_unit_test(test_several_metrics),
        cmocka_unit_test(test_trials_may_end_in_any_order),
        cmocka_unit_test(test_a_late_worker_comes_to_the_same_points),
        cmocka_unit_test(test_a_thousand_parameters),
        cmocka_unit_test(test_a_hundred_thousand_trials_cost_one_suggestion_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
