/**
 * test_command.c: values in the words of a command.
 */
#include "support/test.h"

#include "support/literal.h"
#include "support/scratch.h"

#include "base/text.h"
#include "run/command.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

// A study with the parameters lr, units, act, nesterov and beta (which may be inactive).
#define SPACE                                                                                      \
    "space: {lr: {type: float, low: 0, high: 1}, units: {type: int, low: 1, high: 64}, "           \
    "act: {type: categorical, choices: [relu, tanh]}, "                                            \
    "nesterov: {type: categorical, choices: [true, false]}, "                                      \
    "beta: {type: float, low: 0, high: 1, when: {act: tanh}}, "                                    \
    "gamma: {type: float, low: 0, high: 1, when: {act: tanh}}}"

static const char *const names[] = {"lr", "units", "act", "nesterov", "beta", "gamma"};

static cav_spec *spec_with(const char *keys)
{
    cav_error error;
    cav_spec *spec;
    cav_text text = {0};
    cav_text_appendf(&text, "{%s, " SPACE "}", keys);
    assert_ok(cav_spec_parse("", text.data, text.size, &spec, &error), &error);
    cav_text_free(&text);
    return spec;
}

static caviar_trial *trial_with(const caviar_value values[6])
{
    caviar_trial *trial = cav_trial_new(6, 1);
    assert_non_null(trial);
    trial->number = 7;
    trial->seed = 2147483647;
    for (size_t i = 0; i < 6; i++)
        assert_true(cav_trial_set(trial, i, names[i], &values[i]));
    return trial;
}

static caviar_trial *usual_trial(void)
{
    return trial_with(
        (caviar_value[]){REAL(1e-05), WHOLE(64), TEXT("relu"), TRUTH(true), {0}, {0}});
}

// The words as <one><two>.
static void expect_argv(char *const *argv, const char *expected)
{
    cav_text text = {0};
    for (; *argv; argv++)
        cav_text_appendf(&text, "<%s>", *argv);
    assert_string_equal(cav_text_get(&text), expected);
    cav_text_free(&text);
}

static void expect_words(const char *command, const char *expected)
{
    cav_error error;
    char **argv;
    cav_text keys = {0};
    cav_text_appendf(&keys, "command: %s, steps: 20, set: {data: '/a b/$HOME', fold: 3}", command);
    cav_spec *spec = spec_with(cav_text_get(&keys));
    caviar_trial *trial = usual_trial();
    assert_ok(cav_command_check(spec, &error), &error);
    assert_ok(cav_command_fill(spec, trial, "/x y/7", &argv, &error), &error);
    expect_argv(argv, expected);
    caviar_trial_free(trial);
    cav_spec_free(spec);
    cav_text_free(&keys);
}

static void test_parameters_and_names_of_ones_own_are_put_in(void **state)
{
    (void)state;
    expect_words("'true --lr {lr} -u{units} {act}-{nesterov}'",
                 "<true><--lr><1e-05><-u64><relu-true>");
    expect_words("'true {trial} {seed} {dir} {steps}'", "<true><7><2147483647></x y/7><20>");
    expect_words("'true --data {data}/{fold}'", "<true><--data></a b/$HOME/3>");
    expect_words("[true, 'a b', '']", "<true><a b><>");
}

static void test_doubled_braces_are_braces(void **state)
{
    (void)state;
    expect_words("[true, '{{', '}}', '}', '{{lr}}', '{{\"lr\": {lr}}}']",
                 "<true><{><}><}><{lr}><{\"lr\": 1e-05}>");
}

static void test_what_is_inactive_goes_and_its_flag_with_it(void **state)
{
    (void)state;
    expect_words("'true --beta {beta} --lr {lr}'", "<true><--lr><1e-05>");
    expect_words("'true -b {beta} x'", "<true><x>");
    expect_words("'true --beta={beta} x'", "<true><x>");
    expect_words("'true a{beta}b x'", "<true><x>");
    expect_words("'true {beta}'", "<true>");
    expect_words("'true --beta {beta} --gamma {gamma}'", "<true>");
}

static void test_what_is_no_flag_of_the_inactive_word_stays(void **state)
{
    (void)state;
    expect_words("'true --verbose --beta={beta}'", "<true><--verbose>");
    expect_words("'true --verbose {lr} {beta}'", "<true><--verbose><1e-05>");
    expect_words("'true --keep --beta={beta} {gamma}'", "<true><--keep>");
    expect_words("'true --keep {beta} {gamma}'", "<true>");
    expect_words("'true -- {beta}'", "<true><-->");
    expect_words("'true - {beta}'", "<true><->");
    expect_words("'true -5 {beta}'", "<true><-5>");
    expect_words("'true --keep=3 {beta}'", "<true><--keep=3>");
    expect_words("'true --list x{beta}'", "<true><--list>");
}

static void test_a_value_stays_one_word_whatever_is_in_it(void **state)
{
    (void)state;
    static const char *const values[] = {
        "",       " ",        "a b",       "'",      "\"",     "\\",   "$HOME", "`id`",
        "$(id)",  "a;b",      "a|b&c>d<e", "*",      "~",      "#",    "{lr}",  "{{",
        "}",      "-",        "--",        "--flag", "-5",     "%s%n", "a\nb",  "a\tb\r",
        "学习率", "\xff\xfe", "!history",  "a=b",    "x\x01y",
    };
    cav_spec *spec = spec_with("command: [true, '{act}', '--act={act}']");
    for (size_t i = 0; i < CAV_COUNT_OF(values); i++) {
        cav_error error;
        char **argv;
        cav_text expected = {0};
        caviar_trial *trial = trial_with(
            (caviar_value[]){REAL(0), WHOLE(1), TEXT(values[i]), TRUTH(false), {0}, {0}});
        assert_ok(cav_command_fill(spec, trial, "", &argv, &error), &error);
        cav_text_appendf(&expected, "<true><%s><--act=%s>", values[i], values[i]);
        expect_argv(argv, cav_text_get(&expected));
        cav_text_free(&expected);
        caviar_trial_free(trial);
    }
    cav_spec_free(spec);
}

static void test_numbers_are_printed_so_that_they_read_back(void **state)
{
    (void)state;
    static const struct {
        caviar_value value;
        const char *printed;
    } cases[] = {
        {REAL(0.1), "0.1"},       {REAL(1.0 / 3), "0.3333333333333333"},
        {REAL(1e-300), "1e-300"}, {REAL(3), "3"},
        {REAL(-0.0), "0"},        {WHOLE(9007199254740992), "9007199254740992"},
        {WHOLE(-5), "-5"},        {TRUTH(false), "false"},
    };
    cav_spec *spec = spec_with("command: [true, '{lr}']");
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++) {
        cav_error error;
        char **argv;
        caviar_trial *trial = trial_with(
            (caviar_value[]){cases[i].value, WHOLE(1), TEXT("a"), TRUTH(true), {0}, {0}});
        assert_ok(cav_command_fill(spec, trial, "", &argv, &error), &error);
        assert_string_equal(argv[1], cases[i].printed);
        caviar_trial_free(trial);
    }
    cav_spec_free(spec);
}

static void expect_refused(const char *keys, caviar_code code, const char *piece)
{
    cav_error error = {0};
    cav_spec *spec = spec_with(keys);
    assert_int_equal(cav_command_check(spec, &error), code);
    assert_contains(error.message, piece);
    cav_spec_free(spec);
}

static void test_unknown_names_are_refused_with_what_to_do(void **state)
{
    (void)state;
    expect_refused("command: 'true {lrr}'", CAVIAR_INVALID, "did you mean 'lr'?");
    expect_refused("command: 'true {lrr}'", CAVIAR_INVALID, "--set lrr=...");
    expect_refused("command: 'true {trail}'", CAVIAR_INVALID, "did you mean 'trial'?");
    expect_refused("command: 'true {data}'", CAVIAR_INVALID,
                   "{data} is neither a parameter nor set");
    expect_refused("command: [true, '{ lr }']", CAVIAR_INVALID, "{ lr }");
    expect_refused("command: 'true {}'", CAVIAR_INVALID, "{} is neither");
    expect_refused("command: 'true {steps}'", CAVIAR_INVALID, "the study has no steps");
    expect_refused("command: [true, '{lr']", CAVIAR_INVALID, "never closed");
    expect_refused("command: [true, '{\"lr\": {lr}}']", CAVIAR_INVALID, "{{ stands for a brace");
    expect_refused("metric: loss", CAVIAR_INVALID, "has no command");
}

static void test_an_unclosed_brace_at_the_end_of_a_long_word_is_no_overflow(void **state)
{
    (void)state;
    cav_text keys = {0};
    cav_text_append(&keys, "command: [true, '{");
    for (int i = 0; i < 3000; i++)
        cav_text_append(&keys, "x");
    cav_text_append(&keys, "}']");
    expect_refused(cav_text_get(&keys), CAVIAR_INVALID, "never closed");
    cav_text_free(&keys);
}

static void test_a_program_that_cannot_be_started_is_seen_before(void **state)
{
    (void)state;
    scratch at = scratch_new();
    char keys[3 * SCRATCH_SIZE];
    const char *path = scratch_path(&at, "program");
    snprintf(keys, sizeof keys, "command: '%s'", path);
    expect_refused("command: no-such-program-here", CAVIAR_NOT_FOUND,
                   "cannot start 'no-such-program-here': there is no such program");
    expect_refused(keys, CAVIAR_NOT_FOUND, "there is no such program");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(chmod(path, 0644), 0);
    expect_refused(keys, CAVIAR_NOT_FOUND, "it is not executable");
    assert_int_equal(chmod(path, 0755), 0);
    cav_error error;
    cav_spec *spec = spec_with(keys);
    assert_ok(cav_command_check(spec, &error), &error);
    cav_spec_free(spec);
    snprintf(keys, sizeof keys, "command: '%s'", at.folder);
    expect_refused(keys, CAVIAR_NOT_FOUND, "it is a folder");
    scratch_remove(&at);
}

static void test_a_program_that_is_inactive_is_no_program(void **state)
{
    (void)state;
    cav_error error;
    char **argv = NULL;
    cav_spec *spec = spec_with("command: ['{beta}', x]");
    caviar_trial *trial = usual_trial();
    assert_ok(cav_command_check(spec, &error), &error);
    assert_int_equal(cav_command_fill(spec, trial, "", &argv, &error), CAVIAR_INVALID);
    assert_contains(error.message, "'{beta}' is inactive");
    assert_null(argv);
    caviar_trial_free(trial);
    cav_spec_free(spec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parameters_and_names_of_ones_own_are_put_in),
        cmocka_unit_test(test_doubled_braces_are_braces),
        cmocka_unit_test(test_what_is_inactive_goes_and_its_flag_with_it),
        cmocka_unit_test(test_what_is_no_flag_of_the_inactive_word_stays),
        cmocka_unit_test(test_a_value_stays_one_word_whatever_is_in_it),
        cmocka_unit_test(test_numbers_are_printed_so_that_they_read_back),
        cmocka_unit_test(test_unknown_names_are_refused_with_what_to_do),
        cmocka_unit_test(test_an_unclosed_brace_at_the_end_of_a_long_word_is_no_overflow),
        cmocka_unit_test(test_a_program_that_cannot_be_started_is_seen_before),
        cmocka_unit_test(test_a_program_that_is_inactive_is_no_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
