/**
 * test_inline.c: parameters defined in the command that uses them: the same study as a file's, and
 * what is said when something is wrong.
 */
#include "support/spec_text.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static caviar_code read_words(const char *const *words, size_t count, const char *settings,
                              cav_spec **ret_spec, cav_error *error)
{
    cav_error_clear(error);
    return cav_spec_from_command(words, count, settings, ret_spec, error);
}

// One argument after the program's name.
static caviar_code read_word(const char *word, cav_spec **ret_spec, cav_error *error)
{
    return read_words((const char *const[]){"train", word}, 2, "{}", ret_spec, error);
}

static void test_a_definition_gives_the_same_study_as_a_file(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"log 1e-5 1", "{type: float, scale: log, low: 1e-5, high: 1}"},
        {"0 1", "{type: float, low: 0, high: 1}"},
        {"float 0 1", "{type: float, low: 0, high: 1}"},
        {"float linear 0 1", "{type: float, scale: linear, low: 0, high: 1}"},
        {"reverse-log 0.9 0.999", "{type: float, scale: reverse-log, low: 0.9, high: 0.999}"},
        {"logit 0.01 0.99", "{type: float, scale: logit, low: 0.01, high: 0.99}"},
        {"int 1 8", "{type: int, low: 1, high: 8}"},
        {"int -8 8", "{type: int, low: -8, high: 8}"},
        {"int log 16 512", "{type: int, scale: log, low: 16, high: 512}"},
        {"int log 16 512 step x2", "{type: int, scale: log, low: 16, high: 512, step: x2}"},
        {"int 0 10 step 5", "{type: int, low: 0, high: 10, step: 5}"},
        {"0 1 step 0.25", "{type: float, low: 0, high: 1, step: 0.25}"},
        {"log 1e-5 1 special 0", "{type: float, scale: log, low: 1e-5, high: 1, special: [0]}"},
        {"log 1e-5 1 special 0,-1",
         "{type: float, scale: log, low: 1e-5, high: 1, special: [0, -1]}"},
        {"log 1e-5 1 limits 1e-9 10",
         "{type: float, scale: log, low: 1e-5, high: 1, limits: [1e-9, 10]}"},
        {"0 1 default 0.5", "{type: float, low: 0, high: 1, default: 0.5}"},
        {"0 1 tier most", "{type: float, low: 0, high: 1, tier: most}"},
        {"0 1 tier medium", "{type: float, low: 0, high: 1, tier: medium}"},
        {"0 1 tier least", "{type: float, low: 0, high: 1, tier: least}"},
        {"int 1 9 live true", "{type: int, low: 1, high: 9, live: true}"},
        {"0 1 tier fixed default 0.5", "{type: float, low: 0, high: 1, tier: fixed, default: 0.5}"},
        {"int log 16 512 step x2 tier most default 64 special 0 limits 16 1024",
         "{type: int, scale: log, low: 16, high: 512, step: x2, tier: most, default: 64, special: "
         "[0], limits: [16, 1024]}"},
        {"0 1 prior 0.5", "{type: float, low: 0, high: 1, prior: {value: 0.5}}"},
        {"log 1e-5 1 prior 0.01 high default 0.1",
         "{type: float, scale: log, low: 1e-5, high: 1, prior: {value: 0.01, confidence: high}, "
         "default: 0.1}"},
        {"relu|tanh prior tanh low",
         "{type: categorical, choices: [relu, tanh], prior: {value: tanh, confidence: low}}"},
        {"relu|tanh|gelu", "{type: categorical, choices: [relu, tanh, gelu]}"},
        {"16|32|0.5|true|x", "{type: categorical, choices: [16, 32, 0.5, true, x]}"},
        {"relu|tanh default tanh tier least",
         "{type: categorical, choices: [relu, tanh], default: tanh, tier: least}"},
        {"ordinal small|medium|large", "{type: ordinal, choices: [small, medium, large]}"},
        {"constant 3", "{type: constant, value: 3}"},
        {"constant word", "{type: constant, value: word}"},
        {"{type: float, low: 0, high: 1, when: {b: x}}",
         "{type: float, low: 0, high: 1, when: {b: x}}"},
        {"[relu, 'two words', \"16\"]", "{type: categorical, choices: [relu, two words, '16']}"},
        {"  log  1e-5\t1 ", "{type: float, scale: log, low: 1e-5, high: 1}"},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(pairs); i++) {
        char first[200], second[] = "{b: x|y}", file[600];
        snprintf(first, sizeof first, "--x={x: %s}", pairs[i][0]);
        snprintf(file, sizeof file,
                 "study: train\ncommand: [train, '--x={x}', '{b}']\n"
                 "space:\n  x: %s\n  b: [x, y]\n",
                 pairs[i][1]);
        cav_spec *inlined = NULL, *filed = spec_parse(file);
        cav_error error = {0};
        const char *const words[] = {"train", first, second};
        assert_ok(read_words(words, 3, "{}", &inlined, &error), &error);
        char *one = spec_text(inlined), *two = spec_text(filed);
        assert_string_equal(one, two);
        free(one);
        free(two);
        cav_spec_free(inlined);
        cav_spec_free(filed);
    }
}

static void test_settings_are_the_other_keys(void **state)
{
    (void)state;
    cav_error error = {0};
    cav_spec *inlined = NULL;
    const char *const words[] = {
        "train",   "--lr", "{lr: log 1e-5 1}", "--momentum", "{momentum: reverse-log 0.9 0.999}",
        "--again", "{lr}"};
    assert_ok(read_words(words, 7,
                         "{\"study\":\"s\",\"budget\":{\"trials\":100},\"parallel\":4,"
                         "\"metric\":{\"name\":\"loss\",\"direction\":\"minimize\"}}",
                         &inlined, &error),
              &error);
    cav_spec *filed =
        spec_parse("study: s\nbudget: {trials: 100}\nparallel: 4\nmetric: loss\n"
                   "command: train --lr {lr} --momentum {momentum} --again {lr}\n"
                   "space:\n  lr: {type: float, scale: log, low: 1e-5, high: 1}\n"
                   "  momentum: {type: float, scale: reverse-log, low: 0.9, high: 0.999}\n");
    char *one = spec_text(inlined), *two = spec_text(filed);
    assert_string_equal(one, two);
    free(one);
    free(two);
    cav_spec_free(inlined);
    cav_spec_free(filed);
}

static void test_braces_and_other_words_stay_as_they_are(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"{x: 0 1}", "{x}"},
        {"a{x: 0 1}b", "a{x}b"},
        {"{x: 0 1}{x}", "{x}{x}"},
        {"{ x : 0 1 }", "{x}"},
        {"{{x: 0 1}} {x: 0 1}", "{{x: 0 1}} {x}"},
        {"{{{x: 0 1}}}", "{{{x}}}"},
        {"} {x: 0 1} }", "} {x} }"},
        {"{x: {type: float, low: 0, high: 1}}", "{x}"},
        {"{trial} {seed} {dir} {x: 0 1}", "{trial} {seed} {dir} {x}"},
        {"two words 'quoted' $HOME | {x: 0 1}", "two words 'quoted' $HOME | {x}"},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(pairs); i++) {
        cav_spec *spec = NULL;
        cav_error error = {0};
        assert_ok(read_word(pairs[i][0], &spec, &error), &error);
        assert_int_equal(spec->command_count, 2);
        assert_string_equal(spec->command[1], pairs[i][1]);
        cav_spec_free(spec);
    }
}

#define EXAMPLES "; write for example {x: log 1e-5 1}, {x: int 1 8}, {x: relu|tanh}"

static void test_what_is_said_about_definitions(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"{x: }", "parameter 'x': nothing stands behind the colon" EXAMPLES},
        {"{x: relu}", "parameter 'x': a range needs two numbers, low and high" EXAMPLES},
        {"{x: log}", "parameter 'x': a range needs two numbers, low and high" EXAMPLES},
        {"{x: log 1}", "parameter 'x': a range needs two numbers, low and high" EXAMPLES},
        {"{x: lgo 1 2}", "parameter 'x': 'lgo' is not understood; did you mean 'log'?"},
        {"{x: itn 1 2}", "parameter 'x': 'itn' is not understood; did you mean 'int'?"},
        {"{x: 0 1 step}", "parameter 'x': a value is missing at the end" EXAMPLES},
        {"{x: 0 1 stpe 3}", "parameter 'x': 'stpe' is not understood; did you mean 'step'?"},
        {"{x: 0 1 2}", "parameter 'x': '2' is not understood; known: step, default, tier, live, "
                       "special, limits, prior"},
        {"{x: 0 1 prior}", "parameter 'x': a value is missing at the end" EXAMPLES},
        {"{x: 0 1 prior 2}", "prior: parameter 'x': 2 lies outside of 0 to 1"},
        {"{x: 0 1 prior 1 hihg}", "parameter 'x': 'hihg' is not understood; known: step, default, "
                                  "tier, live, special, limits, prior"},
        {"{x: 0 1 tier msot}", "parameter 'x': unknown tier 'msot'; did you mean 'most'?"},
        {"{x: 0 1 limits 0}", "parameter 'x': limits needs two numbers" EXAMPLES},
        {"{x: 0 1 special a}", "parameter 'x': special: a number is expected, not 'a'"},
        {"{x: a||b}", "parameter 'x': choices: a single value is expected, not nothing"},
        {"{x: ordinal}", "parameter 'x': a value is missing" EXAMPLES},
        {"{x: constant}", "parameter 'x': a value is missing" EXAMPLES},
        {"{x: {type: float, low: a, high: 1}}",
         "parameter 'x': low: a number is expected, not 'a'"},
        {"{x: {type: float, low: 0, hgih: 1}}",
         "parameter 'x': unknown key 'hgih'; did you mean 'high'?"},
        {"{a b: 0 1}", "'a b' between braces is no name; write {{ for a brace"},
        {"{}", "'' between braces is no name; write {{ for a brace"},
        {"{x: 0 1} {a b}", "'a b' between braces is no name; write {{ for a brace"},
        {"{\"json\": 3}", "'\"json\"' between braces is no name; write {{ for a brace"},
        {"a {x: 0 1", "a { is never closed in '{x: 0 1'; write {{ for a brace"},
        {"{x: 0 1} {x: 0 2}", "parameter 'x' is defined twice; the second time write just {x}"},
        {"{x}", "the command varies nothing: put a parameter where its value belongs, such as --lr "
                "'{lr: log 1e-5 1}'"},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(pairs); i++) {
        cav_spec *spec = NULL;
        cav_error error = {0};
        assert_int_equal(read_word(pairs[i][0], &spec, &error), CAVIAR_INVALID);
        assert_null(spec);
        if (strcmp(error.message, pairs[i][1]) != 0)
            fail_msg("\n%s\n  says    %s\n  and not %s", pairs[i][0], error.message, pairs[i][1]);
    }
}

static void test_settings_that_are_no_map_are_refused(void **state)
{
    (void)state;
    static const char *const settings[] = {"[]", "3", "'x'", "", "{\"seeed\":1}", "{"};
    for (size_t i = 0; i < CAV_COUNT_OF(settings); i++) {
        cav_spec *spec = NULL;
        cav_error error = {0};
        assert_int_equal(
            read_words((const char *const[]){"{x: 0 1}"}, 1, settings[i], &spec, &error),
            CAVIAR_INVALID);
        assert_true(strlen(error.message) > 0);
        assert_null(spec);
    }
}

static void test_no_words_at_all_are_refused(void **state)
{
    (void)state;
    cav_spec *spec = NULL;
    cav_error error = {0};
    assert_int_equal(read_words(NULL, 0, "{}", &spec, &error), CAVIAR_INVALID);
    assert_contains(error.message, "the command varies nothing");
}

static void test_a_space_of_the_public_interface_takes_both_forms(void **state)
{
    (void)state;
    caviar_space *space = caviar_space_new();
    assert_int_equal(caviar_space_define(space, "act", "relu|tanh"), CAVIAR_OK);
    assert_int_equal(caviar_space_define(space, "lr", "log 1e-5 1"), CAVIAR_OK);
    assert_int_equal(caviar_space_define(space, "beta",
                                         "{\"type\": \"float\", \"low\": 0, \"high\": 0.5, "
                                         "\"when\": {\"act\": \"tanh\"}}"),
                     CAVIAR_OK);
    assert_int_equal(space->count, 3);
    assert_int_equal(space->parameters[1].scale, CAVIAR_SCALE_LOG);
    assert_true(space->parameters[2].high == 0.5 && space->parameters[2].when_count == 1);
    assert_int_equal(caviar_space_define(space, "lr", "0 1"), CAVIAR_EXISTS);
    assert_int_equal(caviar_space_define(space, "x", "{type: float, low: 0}"), CAVIAR_INVALID);
    assert_contains(caviar_space_message(space), "parameter 'x' needs high");
    assert_int_equal(caviar_space_define(space, "x", "log 1 0"), CAVIAR_INVALID);
    assert_contains(caviar_space_message(space), "parameter 'x'");
    assert_int_equal(space->count, 3);
    caviar_space_free(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_definition_gives_the_same_study_as_a_file),
        cmocka_unit_test(test_settings_are_the_other_keys),
        cmocka_unit_test(test_braces_and_other_words_stay_as_they_are),
        cmocka_unit_test(test_what_is_said_about_definitions),
        cmocka_unit_test(test_settings_that_are_no_map_are_refused),
        cmocka_unit_test(test_no_words_at_all_are_refused),
        cmocka_unit_test(test_a_space_of_the_public_interface_takes_both_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
