/**
 * test_sampler_table.c: samplers by name: typos, options, what the default picks.
 */
#include "support/test.h"

#include "support/driver.h"
#include "support/literal.h"

static cav_space *make(const caviar_parameter *given)
{
    cav_space *space = caviar_space_new();
    assert_int_equal(caviar_space_add(space, given), CAVIAR_OK);
    return space;
}

static void test_every_sampler_is_found_and_has_a_summary(void **state)
{
    (void)state;
    assert_true(cav_sampler_count >= 5);
    for (size_t i = 0; i < cav_sampler_count; i++) {
        cav_error error = {0};
        const cav_sampler_type *type = NULL;
        assert_ok(cav_sampler_find(cav_samplers[i]->name, &type, &error), &error);
        assert_ptr_equal(type, cav_samplers[i]);
        assert_true(type->summary && type->summary[0]);
        assert_true(type->create && type->suggest && type->destroy);
        for (size_t k = 0; k < type->option_count; k++) {
            const cav_option *option = &type->options[k];
            assert_true(option->help && option->help[0]);
            assert_true(option->low <= option->initial && option->initial <= option->high);
            assert_true(option->offset < type->settings_size);
        }
    }
}

static void test_an_unknown_name_gets_a_hint(void **state)
{
    (void)state;
    cav_error error = {0};
    const cav_sampler_type *type = NULL;
    assert_int_equal(cav_sampler_find("zom", &type, &error), CAVIAR_INVALID);
    assert_string_equal(error.message, "unknown sampler 'zom'; did you mean 'zoom'?");
    assert_int_equal(cav_sampler_find("annealing", &type, &error), CAVIAR_INVALID);
    assert_contains(error.message, "unknown sampler 'annealing'; known: auto, ");
    assert_null(type);
}

static void test_a_sampler_that_does_not_open_is_left_empty(void **state)
{
    (void)state;
    cav_space *space = make(&(caviar_parameter)P(.high = 1));
    cav_sampler_setup setup = {.space = space};
    static const struct {
        const char *name;
        cav_option_value option;
        const char *piece;
    } cases[] = {
        {"nothing", {"x", "1", ""}, "unknown sampler 'nothing'"},
        {"zoom",
         {"outsid", "1", "s.yaml:3:1"},
         "s.yaml:3:1: sampler zoom has no option 'outsid'; did you mean 'outside'?"},
        {"zoom", {"outside", "1.5", ""}, "option 'outside' of sampler zoom is '1.5'; use a number"},
        {"random", {"points", "5", ""}, "sampler random has no option 'points'; it takes none"},
        {"grid", {"points", "0", ""}, "sampler grid: parameter 'p' has no finite number of values"},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++) {
        cav_sampler sampler;
        cav_error error = {0};
        caviar_code code =
            cav_sampler_open(&sampler, cases[i].name, &cases[i].option, 1, &setup, &error);
        assert_int_equal(code, CAVIAR_INVALID);
        assert_contains(error.message, cases[i].piece);
        assert_true(!sampler.type && !sampler.settings && !sampler.state);
        cav_sampler_close(&sampler); // is fine on an empty one
    }
    caviar_space_free(space);
}

// The points of two samplers on one space, with nothing told.
static bool agree(cav_space *space, const char *first, const char *second, int64_t budget)
{
    cav_error error = {0};
    driver_options how = {.space = space, .sampler = first, .seed = 9, .budget = budget};
    test_driver *one = driver_new(&how, &error);
    how.sampler = second;
    test_driver *two = driver_new(&how, &error);
    bool same = one && two;
    size_t number;
    for (int i = 0; i < 5 && same; i++) {
        assert_int_equal(driver_ask(one, &number), CAVIAR_OK);
        assert_int_equal(driver_ask(two, &number), CAVIAR_OK);
        same = one->point[0] == two->point[0];
    }
    driver_free(one);
    driver_free(two);
    return same;
}

static void test_the_default_tries_a_small_space_whole_and_models_others(void **state)
{
    (void)state;
    cav_space *small = make(&(caviar_parameter)P(.type = INT, .high = 9));
    cav_space *line = make(&(caviar_parameter)P(.high = 1));
    assert_true(agree(small, "auto", "grid", 10));
    assert_false(agree(small, "auto", "grid", 9)); // the budget does not cover it
    assert_true(agree(small, "auto", "gp", 9));
    assert_true(agree(small, "auto", "gp", 0)); // nor is it known to
    assert_true(agree(line, "auto", "gp", 1000));
    caviar_space_free(small);
    caviar_space_free(line);
}

static void test_zoom_tries_the_defaults_first(void **state)
{
    (void)state;
    cav_space *space = make(&(caviar_parameter)P(.high = 1, .initial = REAL(0.125)));
    cav_error error = {0};
    size_t number;
    test_driver *driver =
        driver_new(&(driver_options){.space = space, .sampler = "zoom", .seed = 1}, &error);
    assert_int_equal(driver_ask(driver, &number), CAVIAR_OK);
    assert_true(driver->raw[0] == 0.125);
    assert_int_equal(driver_ask(driver, &number), CAVIAR_OK);
    assert_true(driver->raw[0] != 0.125);
    driver_free(driver);
    caviar_space_free(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_sampler_is_found_and_has_a_summary),
        cmocka_unit_test(test_an_unknown_name_gets_a_hint),
        cmocka_unit_test(test_a_sampler_that_does_not_open_is_left_empty),
        cmocka_unit_test(test_the_default_tries_a_small_space_whole_and_models_others),
        cmocka_unit_test(test_zoom_tries_the_defaults_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
