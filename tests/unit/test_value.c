/**
 * test_value.c: values of a parameter as they come from outside and go there.
 */
#include "support/test.h"

#include "support/literal.h"

#include "base/memory.h"
#include "space/parameter.h"

#include <math.h>
#include <stdio.h>

static cav_parameter make(const caviar_parameter *given)
{
    cav_error error = {0};
    cav_parameter parameter;
    assert_ok(cav_parameter_init(&parameter, given, &error), &error);
    return parameter;
}

static void test_equal_values_mean_the_same(void **state)
{
    (void)state;
    const struct {
        caviar_value a, b;
        bool equal;
    } cases[] = {
        {WHOLE(16), REAL(16.0), true},
        {WHOLE(16), TEXT("16"), false},
        {REAL(0.1), REAL(0.1), true},
        {REAL(0.0), REAL(-0.0), true},
        {WHOLE(1), TRUTH(true), false},
        {TRUTH(true), TRUTH(true), true},
        {TRUTH(true), TRUTH(false), false},
        {TEXT("a"), TEXT("a"), true},
        {TEXT("a"), TEXT("A"), false},
        {TEXT("true"), TRUTH(true), false},
        {{.kind = CAVIAR_KIND_NONE}, {.kind = CAVIAR_KIND_NONE}, true},
        {{.kind = CAVIAR_KIND_NONE}, WHOLE(0), false},
        {REAL(NAN), REAL(NAN), false},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++) {
        assert_int_equal(cav_value_equal(&cases[i].a, &cases[i].b), cases[i].equal);
        assert_int_equal(cav_value_equal(&cases[i].b, &cases[i].a), cases[i].equal);
    }
}

static void test_values_print_as_in_a_command_line(void **state)
{
    (void)state;
    const struct {
        caviar_value value;
        const char *text;
    } cases[] = {
        {REAL(0.01), "0.01"},
        {REAL(64), "64"},
        {REAL(1e-5), "1e-05"},
        {WHOLE(-7), "-7"},
        {WHOLE(INT64_MIN), "-9223372036854775808"},
        {TRUTH(true), "true"},
        {TRUTH(false), "false"},
        {TEXT("relu"), "relu"},
        {TEXT(""), ""},
        {{.kind = CAVIAR_KIND_NONE}, ""},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++) {
        cav_text text = {0};
        cav_value_print(&cases[i].value, &text);
        assert_string_equal(cav_text_get(&text), cases[i].text);
        cav_text_free(&text);
    }
}

// A word of a command line for a parameter: the raw value that it gives, or the complaint.
typedef struct word_case {
    const char *word;
    double raw;
    const char *piece; // NULL: it is read
} word_case;

static void read_words(const caviar_parameter *given, const word_case *cases, size_t count)
{
    cav_parameter parameter = make(given);
    for (size_t i = 0; i < count; i++) {
        cav_error error = {0};
        double raw = -12345;
        caviar_code code = cav_parameter_read_text(&parameter, cases[i].word, &raw, &error);
        if (!cases[i].piece) {
            assert_ok(code, &error);
            assert_true(raw == cases[i].raw);
        } else {
            assert_int_equal(code, CAVIAR_INVALID);
            assert_contains(error.message, cases[i].piece);
            assert_true(raw == -12345);
        }
    }
    cav_parameter_free(&parameter);
}

static void test_words_for_a_float(void **state)
{
    (void)state;
    static const word_case cases[] = {
        {"0.5", 0.5, NULL},
        {"1", 1, NULL},
        {"5e-1", 0.5, NULL},
        {"-3", -3, NULL}, // the special value
        {"1.0000001", 0, "parameter 'p': 1.0000001 lies outside of 0 to 1"},
        {"nan", 0, "parameter 'p': nan lies outside"},
        {"inf", 0, "parameter 'p': inf lies outside"},
        {"", 0, "a number is expected"},
        {"0x1", 0, "a number is expected"},
        {" 1", 0, "a number is expected"},
        {"1,5", 0, "a number is expected"},
        {"relu", 0, "a number is expected"},
    };
    caviar_parameter given = P(.high = 1, SPECIALS(-3));
    read_words(&given, cases, CAV_COUNT_OF(cases));
}

static void test_words_for_an_int(void **state)
{
    (void)state;
    static const word_case cases[] = {
        {"10000000000", 1e10, NULL},
        {"1e10", 1e10, NULL},
        {"64.0", 0, "64 is not one of its steps; the nearest is 60"},
        {"60.0", 60, NULL},
        {"0.5", 0, "0.5 is not a whole number"},
        {"10000000001", 0, "10000000001 is not one of its steps; the nearest is 10000000000"},
        {"-10", 0, "-10 lies outside of 0 to 100000000000"},
        {"inf", 0, "inf lies outside"},
        {"nan", 0, "nan is not a whole number"},
    };
    caviar_parameter given = P(.type = INT, .high = 1e11, .step = 10);
    read_words(&given, cases, CAV_COUNT_OF(cases));
}

static void test_words_for_a_stepped_float_may_be_rounded(void **state)
{
    (void)state;
    static const word_case cases[] = {
        {"0.1", 0.1, NULL},
        {"0.30000000000000004", 0.3, NULL},
        {"0.3000000001", 0.3, NULL},
        {"0.3001", 0, "0.3001 is not one of its steps; the nearest is 0.3"},
        {"1e-12", 0, NULL},
    };
    caviar_parameter given = P(.high = 1, .step = 0.1);
    read_words(&given, cases, CAV_COUNT_OF(cases));
}

static void test_words_for_a_choice(void **state)
{
    (void)state;
    static const word_case cases[] = {
        {"relu", 0, NULL},
        {"16", 1, NULL},
        {"16.0", 1, NULL},
        {"1.6e1", 1, NULL},
        {"true", 2, NULL},
        {"0.1", 3, NULL},
        {"0.10", 3, NULL},
        {"a b", 4, NULL},
        {"", 0, "parameter 'p': '' is none of its choices: relu, 16, true, 0.1, a b"},
        {"Relu", 0, "'Relu' is none of its choices"},
        {"17", 0, "'17' is none of its choices"},
        {"True", 0, "'True' is none of its choices"},
    };
    caviar_parameter given = P(.type = CATEGORICAL, CHOICES(TEXT("relu"), WHOLE(16), TRUTH(true),
                                                            REAL(0.1), TEXT("a b")));
    read_words(&given, cases, CAV_COUNT_OF(cases));
}

static void test_text_is_no_number_where_kinds_are_known(void **state)
{
    (void)state;
    cav_error error = {0};
    double raw;
    cav_parameter parameter = make(&(caviar_parameter)P(.high = 1));
    caviar_value values[] = {TEXT("0.5"), TRUTH(true), {.kind = CAVIAR_KIND_NONE}};
    for (size_t i = 0; i < CAV_COUNT_OF(values); i++) {
        assert_int_equal(cav_parameter_read(&parameter, &values[i], &raw, &error), CAVIAR_INVALID);
        assert_string_equal(error.message, "parameter 'p': a number is expected");
    }
    cav_parameter_free(&parameter);
}

static void test_raw_values_become_values_of_their_kind(void **state)
{
    (void)state;
    cav_parameter real = make(&(caviar_parameter)P(.high = 4));
    cav_parameter whole = make(&(caviar_parameter)P(.type = INT, .high = 4));
    cav_parameter choice =
        make(&(caviar_parameter)P(.type = CATEGORICAL, CHOICES(TEXT("a"), TRUTH(false))));
    assert_int_equal(cav_parameter_value(&real, 3).kind, CAVIAR_KIND_REAL);
    assert_int_equal(cav_parameter_value(&whole, 3).kind, CAVIAR_KIND_INT);
    assert_int_equal(cav_parameter_value(&whole, 3).integer, 3);
    assert_string_equal(cav_parameter_value(&choice, 0).text, "a");
    assert_int_equal(cav_parameter_value(&choice, 1).kind, CAVIAR_KIND_BOOL);
    assert_int_equal(cav_parameter_value(&choice, NAN).kind, CAVIAR_KIND_NONE);
    assert_int_equal(cav_parameter_value(&real, NAN).kind, CAVIAR_KIND_NONE);
    cav_parameter_free(&real);
    cav_parameter_free(&whole);
    cav_parameter_free(&choice);
}

static void test_the_check_takes_only_an_index_for_a_choice(void **state)
{
    (void)state;
    cav_error error = {0};
    cav_parameter parameter =
        make(&(caviar_parameter)P(.type = ORDINAL, CHOICES(TEXT("a"), TEXT("b"))));
    assert_ok(cav_parameter_check(&parameter, 1, &error), &error);
    const double wrong[] = {-1, 2, 0.5, NAN, INFINITY};
    for (size_t i = 0; i < CAV_COUNT_OF(wrong); i++)
        assert_int_equal(cav_parameter_check(&parameter, wrong[i], &error), CAVIAR_INVALID);
    assert_int_equal(cav_parameter_check(&parameter, 2, NULL), CAVIAR_INVALID);
    cav_parameter_free(&parameter);
}

static void test_a_long_list_of_choices_is_cut_in_the_message(void **state)
{
    (void)state;
    static char words[100][48];
    caviar_value choices[100];
    for (int i = 0; i < 100; i++) {
        snprintf(words[i], sizeof words[i], "a-rather-long-choice-with-number-%d", i);
        choices[i] = (caviar_value)TEXT(words[i]);
    }
    caviar_parameter given =
        P(.type = CATEGORICAL, .choices = choices, .choice_count = CAV_COUNT_OF(choices));
    cav_parameter parameter = make(&given);
    cav_error error = {0};
    double raw;
    assert_int_equal(cav_parameter_read_text(&parameter, "x", &raw, &error), CAVIAR_INVALID);
    assert_true(strlen(error.message) < 500);
    cav_parameter_free(&parameter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_values_mean_the_same),
        cmocka_unit_test(test_values_print_as_in_a_command_line),
        cmocka_unit_test(test_words_for_a_float),
        cmocka_unit_test(test_words_for_an_int),
        cmocka_unit_test(test_words_for_a_stepped_float_may_be_rounded),
        cmocka_unit_test(test_words_for_a_choice),
        cmocka_unit_test(test_text_is_no_number_where_kinds_are_known),
        cmocka_unit_test(test_raw_values_become_values_of_their_kind),
        cmocka_unit_test(test_the_check_takes_only_an_index_for_a_choice),
        cmocka_unit_test(test_a_long_list_of_choices_is_cut_in_the_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
