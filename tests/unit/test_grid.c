/**
 * test_grid.c: the grid, and what the notes claim of it: of N trials in d dimensions where one
 * parameter matters, a grid tries N^(1/d) values of it and a random search N.
 */
#include "support/test.h"

#include "support/driver.h"
#include "support/literal.h"

#include <math.h>
#include <stdio.h>

static cav_space *make(const caviar_parameter *parameters, size_t count)
{
    cav_space *space = caviar_space_new();
    for (size_t i = 0; i < count; i++)
        if (caviar_space_add(space, &parameters[i]))
            fail_msg("%s", caviar_space_message(space));
    return space;
}

static test_driver *open_grid(cav_space *space, const char *points, const char *most,
                              cav_error *error)
{
    cav_option_value options[] = {{"points", points, ""}, {"most", most, ""}};
    return driver_new(
        &(driver_options){
            .space = space, .sampler = "grid", .options = options, .option_count = most ? 2 : 1},
        error);
}

static size_t count_trials(test_driver *driver)
{
    while (driver_run(driver, 1))
        ;
    return driver->history->count;
}

static void test_sizes(void **state)
{
    (void)state;
    const caviar_parameter parameters[] = {
        {.name = "x", .high = 1},
        {.name = "n", .type = INT, .high = 2},
        {.name = "c", .type = CATEGORICAL, CHOICES(TEXT("a"), TEXT("b"), TEXT("c"), TEXT("d"))},
        {.name = "s", .scale = LOG, .low = 1e-3, .high = 1, SPECIALS(0)},
    };
    static const struct {
        const char *points;
        size_t trials;
    } cases[] = {
        {"1", 1 * 1 * 4 * 2}, {"2", 2 * 2 * 4 * 3}, {"3", 3 * 3 * 4 * 4}, {"5", 5 * 3 * 4 * 6}};
    cav_space *space = make(parameters, 4);
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++) {
        cav_error error = {0};
        test_driver *driver = open_grid(space, cases[i].points, NULL, &error);
        assert_int_equal(count_trials(driver), cases[i].trials);
        driver_free(driver);
    }
    caviar_space_free(space);
}

static void test_ends_are_among_the_points_exactly(void **state)
{
    (void)state;
    caviar_parameter given = P(.scale = REVERSE_LOG, .low = 0.9, .high = 0.999);
    cav_space *space = make(&given, 1);
    cav_error error = {0};
    test_driver *driver = open_grid(space, "3", NULL, &error);
    assert_int_equal(count_trials(driver), 3);
    assert_true(driver->history->raw[0] == 0.9);
    assert_true(driver->history->raw[1] == 0.99);
    assert_true(driver->history->raw[2] == 0.999);
    driver_free(driver);
    caviar_space_free(space);
}

static void test_a_continuum_needs_points(void **state)
{
    (void)state;
    const caviar_parameter parameters[] = {{.name = "n", .type = INT, .high = 2},
                                           {.name = "rate", .high = 1}};
    cav_space *space = make(parameters, 2);
    cav_error error = {0};
    assert_null(open_grid(space, "0", NULL, &error));
    assert_int_equal(error.code, CAVIAR_INVALID);
    assert_contains(error.message, "parameter 'rate' has no finite number of values");
    assert_contains(error.message, "{type: grid, points: 5}");
    caviar_space_free(space);
}

static void test_absurd_sizes_are_refused_with_the_count(void **state)
{
    (void)state;
    caviar_parameter parameters[10];
    char names[10][16];
    for (int i = 0; i < 10; i++) {
        snprintf(names[i], sizeof names[i], "p%d", i);
        parameters[i] = (caviar_parameter){.name = names[i], .high = 1};
    }
    cav_space *space = make(parameters, 10);
    cav_error error = {0};
    assert_null(open_grid(space, "10", NULL, &error));
    assert_int_equal(error.code, CAVIAR_INVALID);
    assert_contains(error.message,
                    "the grid has 10000000000 combinations of 10 parameters, more than 100000");
    assert_null(open_grid(space, "1000000", NULL, &error));
    assert_contains(error.message, "the grid has 1e+60 combinations");
    test_driver *driver = open_grid(space, "2", "1024", &error); // just so many
    assert_int_equal(count_trials(driver), 1024);
    driver_free(driver);
    assert_null(open_grid(space, "2", "1023", &error));
    caviar_space_free(space);
}

static void test_a_size_beyond_all_doubles_is_refused(void **state)
{
    (void)state;
    cav_space *space = caviar_space_new();
    for (int i = 0; i < 1000; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%d", i);
        caviar_parameter given = {.name = name, .type = INT, .high = 9};
        assert_int_equal(caviar_space_add(space, &given), CAVIAR_OK);
    }
    cav_error error = {0};
    assert_null(open_grid(space, "0", NULL, &error));
    assert_contains(error.message, "the grid has inf combinations of 1000 parameters");
    caviar_space_free(space);
}

static void test_conditions_make_the_grid_smaller(void **state)
{
    (void)state;
    const caviar_parameter parameters[] = {
        {.name = "opt", .type = CATEGORICAL, CHOICES(TEXT("sgd"), TEXT("adam"))},
        {.name = "momentum", .high = 1, WHEN(HAS("opt", TEXT("sgd")))},
        {.name = "beta", .high = 1, WHEN(HAS("opt", TEXT("adam")))},
        {.name = "lr", .high = 1},
    };
    cav_space *space = make(parameters, 4);
    cav_error error = {0};
    test_driver *driver = open_grid(space, "4", NULL, &error);
    assert_int_equal(count_trials(driver), 4 * 4 + 4 * 4);
    driver_free(driver);
    caviar_space_free(space);
}

static void test_workers_share_one_grid_by_way_of_the_history(void **state)
{
    (void)state;
    const caviar_parameter parameters[] = {{.name = "a", .type = INT, .high = 9},
                                           {.name = "b", .type = INT, .high = 9}};
    cav_space *space = make(parameters, 2);
    cav_error error = {0};
    test_driver *first = open_grid(space, "0", NULL, &error);
    test_driver *second = open_grid(space, "0", NULL, &error);
    cav_history *own = second->history;
    second->history = first->history;
    size_t number, made = 0;
    while (driver_ask(made % 3 ? first : second, &number) == CAVIAR_OK) // never a point twice
        driver_tell_loss(first, made++, 0);
    assert_int_equal(made, 100);
    assert_int_equal(driver_ask(first, &number), CAVIAR_DONE);
    assert_int_equal(driver_ask(second, &number), CAVIAR_DONE);
    second->history = own;
    driver_free(first);
    driver_free(second);
    caviar_space_free(space);
}

// Distinct values of the first parameter among the trials.
static size_t count_values(const test_driver *driver)
{
    const cav_history *history = driver->history;
    size_t distinct = 0;
    for (size_t i = 0; i < history->count; i++) {
        size_t j = 0;
        while (history->raw[j * history->param_count] != history->raw[i * history->param_count])
            j++;
        distinct += j == i;
    }
    return distinct;
}

static void test_random_tries_n_values_of_what_matters_and_a_grid_the_dth_root_of_n(void **state)
{
    (void)state;
    uint64_t seed = test_seed(801);
    for (int dims = 1; dims <= 4; dims++) {
        cav_space *space = caviar_space_new();
        for (int i = 0; i < dims; i++) {
            char name[16];
            snprintf(name, sizeof name, "x%d", i);
            caviar_parameter given = {.name = name, .high = 1};
            assert_int_equal(caviar_space_add(space, &given), CAVIAR_OK);
        }
        // 4096 trials = 4096, 64, 16, 8 to the power of 1, 2, 3, 4
        static const char *const points[] = {"4096", "64", "16", "8"};
        cav_error error = {0};
        test_driver *grid = open_grid(space, points[dims - 1], NULL, &error);
        assert_int_equal(count_trials(grid), 4096);
        assert_int_equal(count_values(grid), (size_t)lround(pow(4096, 1.0 / dims)));
        static const char *const others[] = {"random", "sobol"};
        for (size_t k = 0; k < CAV_COUNT_OF(others); k++) {
            test_driver *other = driver_new(
                &(driver_options){.space = space, .sampler = others[k], .seed = seed}, &error);
            assert_true(driver_run(other, 4096));
            assert_int_equal(count_values(other), 4096);
            driver_free(other);
        }
        driver_free(grid);
        caviar_space_free(space);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_ends_are_among_the_points_exactly),
        cmocka_unit_test(test_a_continuum_needs_points),
        cmocka_unit_test(test_absurd_sizes_are_refused_with_the_count),
        cmocka_unit_test(test_a_size_beyond_all_doubles_is_refused),
        cmocka_unit_test(test_conditions_make_the_grid_smaller),
        cmocka_unit_test(test_workers_share_one_grid_by_way_of_the_history),
        cmocka_unit_test(test_random_tries_n_values_of_what_matters_and_a_grid_the_dth_root_of_n),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
