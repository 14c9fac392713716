/**
 * test_preset.c: which parameters of a preset a study gets, and that every preset is a space.
 */
#include "support/test.h"

#include "support/spec_text.h"

#include "config/preset.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// "lr batch x": the names of the parameters, in their order.
static void expect_names(const char *text, const char *names)
{
    cav_spec *spec = spec_parse(text);
    cav_text found = {0};
    for (size_t i = 0; i < spec->space->count; i++)
        cav_text_appendf(&found, "%s%s", i ? " " : "", spec->space->parameters[i].name);
    assert_string_equal(cav_text_get(&found), names);
    cav_text_free(&found);
    cav_spec_free(spec);
}

static void test_every_preset_is_a_space_with_tiers_and_defaults(void **state)
{
    (void)state;
    for (size_t i = 0; i < cav_preset_count; i++) {
        char text[200];
        snprintf(text, sizeof text, "preset: %s", cav_presets[i].name);
        cav_spec *spec = spec_parse(text);
        for (size_t k = 0; k < spec->space->count; k++) {
            const cav_parameter *parameter = &spec->space->parameters[k];
            assert_true(parameter->tier != CAVIAR_TIER_UNSET && !isnan(parameter->initial));
        }
        assert_true(spec->space->dim_count > 0);
        cav_spec_free(spec);
    }
}

static void test_without_a_command_all_parameters_are_taken(void **state)
{
    (void)state;
    expect_names("preset: neural-net", "lr momentum batch units layers decay l2 dropout activation "
                                       "beta1 beta2 epsilon");
    expect_names("preset: neural-net\ncommand: ./train --config file",
                 "lr momentum batch units layers decay l2 dropout activation beta1 beta2 epsilon");
}

static void test_of_a_command_those_are_taken_that_it_names(void **state)
{
    (void)state;
    expect_names("preset: neural-net\ncommand: ./train --lr={lr} -b {batch} --beta1 {{beta1}}",
                 "lr batch");
    expect_names("command: [./train, '{beta1}x{lr}', '{l2']\npreset: neural-net", "lr beta1");
}

static void test_what_the_study_defines_goes_before(void **state)
{
    (void)state;
    const char *text = "preset: neural-net\ncommand: ./train {lr} {batch} {x}\n"
                       "space: {x: [a, b], batch: {type: int, low: 1, high: 4}}";
    expect_names(text, "x batch lr");
    cav_spec *spec = spec_parse(text);
    assert_true(spec->space->parameters[1].high == 4);
    cav_spec_free(spec);
}

static void test_an_inline_command_takes_its_names_from_it(void **state)
{
    (void)state;
    static const char *const words[] = {"./train", "{lr}", "{momentum}", "{x: 0 1}",
                                        "{units: int 1 8}"};
    cav_spec *spec;
    cav_error error = {0};
    assert_ok(cav_spec_from_command(words, CAV_COUNT_OF(words), "{\"preset\": \"neural-net\"}",
                                    &spec, &error),
              &error);
    assert_int_equal(spec->space->count, 4);
    assert_string_equal(spec->space->parameters[0].name, "x");
    assert_true(spec->space->parameters[1].high == 8);
    assert_int_equal(spec->space->parameters[2].tier, CAVIAR_TIER_MOST);
    assert_int_equal(spec->space->parameters[3].scale, CAVIAR_SCALE_REVERSE_LOG);
    cav_spec_free(spec);
}

static void test_an_unknown_preset_is_refused(void **state)
{
    (void)state;
    cav_spec *spec;
    cav_error error = {0};
    static const char text[] = "preset: neural-nte\n";
    assert_int_equal(cav_spec_parse("s.yaml", text, strlen(text), &spec, &error), CAVIAR_INVALID);
    assert_string_equal(error.message, "s.yaml:1:9: preset: there is no 'neural-nte'; did you mean "
                                       "'neural-net'?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_preset_is_a_space_with_tiers_and_defaults),
        cmocka_unit_test(test_without_a_command_all_parameters_are_taken),
        cmocka_unit_test(test_of_a_command_those_are_taken_that_it_names),
        cmocka_unit_test(test_what_the_study_defines_goes_before),
        cmocka_unit_test(test_an_inline_command_takes_its_names_from_it),
        cmocka_unit_test(test_an_unknown_preset_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
