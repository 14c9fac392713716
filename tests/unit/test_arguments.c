/**
 * test_arguments.c: command lines against a verb's table of flags.
 */
#include "support/test.h"

#include "base/memory.h"
#include "base/text.h"
#include "cli/verb.h"

#include <stdio.h>

static const cav_flag flags[] = {
    {'n', "trials", "N", "how many"},
    {'q', "quiet", NULL, "say less"},
    {0, "set", "NAME=TEXT", "may be repeated"},
    {0, "value", "X", "a number"},
};

static const cav_verb verb = {.name = "try",
                              .operands = "[FILE]",
                              .flags = flags,
                              .flag_count = CAV_COUNT_OF(flags),
                              .has_store = true,
                              .has_json = true,
                              .least = 0,
                              .most = 2};

static const cav_verb strict = {.name = "one", .operands = "FILE", .least = 1, .most = 1};

enum { MOST_WORDS = 300 };

// Parses a line that is split at blanks; the words live as long as the test program.
static caviar_code parse_as(const cav_verb *as, const char *line, cav_arguments *arguments,
                            cav_error *error)
{
    static char copy[4096];
    static char *words[MOST_WORDS + 1];
    int count = 0;
    snprintf(copy, sizeof copy, "%s %s", as->name, line);
    for (char *word = strtok(copy, " "); word && count < MOST_WORDS; word = strtok(NULL, " "))
        words[count++] = word;
    words[count] = NULL;
    return cav_arguments_parse(as, count, words, arguments, error);
}

static cav_arguments parse(const char *line)
{
    cav_error error;
    cav_arguments arguments;
    assert_ok(parse_as(&verb, line, &arguments, &error), &error);
    return arguments;
}

static void expect_refused(const cav_verb *as, const char *line, const char *piece)
{
    cav_error error = {0};
    cav_arguments arguments;
    assert_int_equal(parse_as(as, line, &arguments, &error), CAVIAR_INVALID);
    assert_ptr_equal(arguments.verb, as);
    assert_contains(error.message, piece);
}

static void expect_operands(const cav_arguments *arguments, const char *expected)
{
    cav_text text = {0};
    for (size_t i = 0; i < arguments->operand_count; i++)
        cav_text_appendf(&text, "<%s>", arguments->operands[i]);
    assert_string_equal(cav_text_get(&text), expected);
    cav_text_free(&text);
}

static void test_flags_in_every_form(void **state)
{
    (void)state;
    static const char *const lines[] = {"--trials 5", "--trials=5",   "-n 5",     "-n5",
                                        "-qn5",       "-n 4 -n 5",    "a -n 5 b", "-n 5 a b",
                                        "a b -n 5",   "--trials 5 -q"};
    for (size_t i = 0; i < CAV_COUNT_OF(lines); i++) {
        int64_t number = 0;
        cav_error error;
        cav_arguments arguments = parse(lines[i]);
        assert_ok(cav_flag_int(&arguments, "trials", 1, 10, &number, &error), &error);
        assert_int_equal(number, 5);
    }
}

static void test_flags_that_were_not_given(void **state)
{
    (void)state;
    cav_error error;
    int64_t number = 42;
    cav_arguments arguments = parse("");
    assert_null(cav_flag_get(&arguments, "trials"));
    assert_false(cav_flag_is_on(&arguments, "quiet"));
    assert_ok(cav_flag_int(&arguments, "trials", 1, 10, &number, &error), &error);
    assert_int_equal(number, 42);
    assert_int_equal(arguments.operand_count, 0);
    assert_false(arguments.has_command);
}

static void test_a_flag_takes_the_next_word_whatever_it_is(void **state)
{
    (void)state;
    cav_arguments arguments = parse("--set --quiet --value -5");
    assert_string_equal(cav_flag_get(&arguments, "set"), "--quiet");
    assert_string_equal(cav_flag_get(&arguments, "value"), "-5");
    assert_false(cav_flag_is_on(&arguments, "quiet"));
    arguments = parse("--set=a=b=c --value=");
    assert_string_equal(cav_flag_get(&arguments, "set"), "a=b=c");
    assert_string_equal(cav_flag_get(&arguments, "value"), "");
}

static void test_repeated_flags_keep_their_order(void **state)
{
    (void)state;
    cav_arguments arguments = parse("--set a=1 -q --set b=2 --set a=3");
    assert_int_equal(arguments.given_count, 4);
    assert_string_equal(arguments.given[0].value, "a=1");
    assert_string_equal(arguments.given[2].value, "b=2");
    assert_string_equal(cav_flag_get(&arguments, "set"), "a=3");
}

static void test_operands_may_stand_among_flags(void **state)
{
    (void)state;
    cav_arguments arguments = parse("one --quiet two");
    expect_operands(&arguments, "<one><two>");
    assert_true(cav_flag_is_on(&arguments, "quiet"));
    arguments = parse("- -n 5");
    expect_operands(&arguments, "<->");
}

static void test_a_negative_number_is_an_operand(void **state)
{
    (void)state;
    cav_arguments arguments = parse("7 -0.5");
    expect_operands(&arguments, "<7><-0.5>");
    arguments = parse("-5 -q -.5");
    expect_operands(&arguments, "<-5><-.5>");
    assert_true(cav_flag_is_on(&arguments, "quiet"));
    arguments = parse("-1e-3 -n 5");
    expect_operands(&arguments, "<-1e-3>");
    expect_refused(&verb, "-q5", "unknown flag -q5");
    expect_refused(&verb, "-5x", "unknown flag -5x");
}

static void test_a_command_stands_behind_two_dashes_untouched(void **state)
{
    (void)state;
    cav_arguments arguments = parse("-q -- prog --trials 3 -- -n");
    assert_true(arguments.has_command);
    assert_int_equal(arguments.command_count, 5);
    assert_string_equal(arguments.command[1], "--trials");
    assert_string_equal(arguments.command[3], "--");
    assert_null(cav_flag_get(&arguments, "trials"));
    assert_int_equal(arguments.operand_count, 0);
    arguments = parse("--");
    assert_true(arguments.has_command);
    assert_int_equal(arguments.command_count, 0);
}

static void test_what_is_wrong_is_named_with_a_hint(void **state)
{
    (void)state;
    expect_refused(&verb, "--trails 5", "unknown flag --trails; did you mean --trials?");
    expect_refused(&verb, "--trails=5", "unknown flag --trails=5; did you mean --trials?");
    expect_refused(&verb, "-x", "unknown flag -x");
    expect_refused(&verb, "-qx", "unknown flag -qx");
    expect_refused(&verb, "--quiet=3", "--quiet takes no value");
    expect_refused(&verb, "--trials", "--trials needs a value");
    expect_refused(&verb, "-n", "-n needs a value");
    expect_refused(&verb, "a -n", "-n needs a value");
    expect_refused(&verb, "a b c", "'c' is one word too many");
    expect_refused(&strict, "", "something is missing: caviar one FILE");
    expect_refused(&strict, "--store x y", "unknown flag --store");
}

static void test_a_flag_is_not_shortened(void **state)
{
    (void)state; // a script that says --tri would break when --tries comes
    expect_refused(&verb, "--tri 5", "unknown flag --tri; did you mean --trials?");
    expect_refused(&verb, "--js", "unknown flag --js");
}

static void test_help_asks_for_no_operands(void **state)
{
    (void)state;
    cav_error error;
    cav_arguments arguments;
    assert_ok(parse_as(&strict, "--help", &arguments, &error), &error);
    assert_true(cav_flag_is_on(&arguments, "help"));
    assert_ok(parse_as(&strict, "-h a b", &arguments, &error), &error);
}

static void test_whole_numbers_are_checked(void **state)
{
    (void)state;
    static const char *const wrong[] = {"0",    "11",  "-1",  "5.5",
                                        "five", "1e1", "0x5", "99999999999999999999"};
    for (size_t i = 0; i < CAV_COUNT_OF(wrong); i++) {
        char line[64];
        int64_t number = 42;
        cav_error error;
        snprintf(line, sizeof line, "-n %s", wrong[i]);
        cav_arguments arguments = parse(line);
        assert_int_equal(cav_flag_int(&arguments, "trials", 1, 10, &number, &error),
                         CAVIAR_INVALID);
        assert_contains(error.message, "--trials: a whole number from 1 to 10 is expected, not '");
        assert_contains(error.message, wrong[i]);
        assert_int_equal(number, 42);
    }
}

static void test_more_flags_than_anybody_needs_are_an_error(void **state)
{
    (void)state;
    cav_text text = {0};
    for (int i = 0; i <= CAV_MOST_REPEATS; i++)
        cav_text_append(&text, "-q ");
    expect_refused(&verb, cav_text_get(&text), "too many flags");
    cav_text_free(&text);
}

static void test_common_flags_come_last_and_once(void **state)
{
    (void)state;
    cav_arguments arguments;
    static const cav_flag own[] = {{0, "json", "FORM", "of its own"}};
    static const cav_verb with_own = {
        .name = "x", .flags = own, .flag_count = 1, .has_json = true, .has_store = true};
    cav_arguments_list(&with_own, &arguments);
    assert_int_equal(arguments.flag_count, 5);
    assert_string_equal(arguments.flags[0]->help, "of its own");
    assert_string_equal(arguments.flags[1]->name, "store");
    assert_string_equal(arguments.flags[2]->name, "folder");
    assert_string_equal(arguments.flags[3]->name, "study");
    assert_string_equal(arguments.flags[4]->name, "help");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flags_in_every_form),
        cmocka_unit_test(test_flags_that_were_not_given),
        cmocka_unit_test(test_a_flag_takes_the_next_word_whatever_it_is),
        cmocka_unit_test(test_repeated_flags_keep_their_order),
        cmocka_unit_test(test_operands_may_stand_among_flags),
        cmocka_unit_test(test_a_negative_number_is_an_operand),
        cmocka_unit_test(test_a_command_stands_behind_two_dashes_untouched),
        cmocka_unit_test(test_what_is_wrong_is_named_with_a_hint),
        cmocka_unit_test(test_a_flag_is_not_shortened),
        cmocka_unit_test(test_help_asks_for_no_operands),
        cmocka_unit_test(test_whole_numbers_are_checked),
        cmocka_unit_test(test_more_flags_than_anybody_needs_are_an_error),
        cmocka_unit_test(test_common_flags_come_last_and_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
