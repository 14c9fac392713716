/**
 * test_parameter.c: every complaint about a parameter by its message, and what is derived from the
 * bounds, steps, limits, special values and tiers.
 */
#include "support/test.h"

#include "support/literal.h"

#include "base/memory.h"
#include "space/parameter.h"

#include <math.h>
#include <string.h>

// What is wrong with a parameter, and a piece of the sentence that says so.
static const struct {
    caviar_parameter given;
    const char *piece;
} complaints[] = {
    {{.name = NULL, .high = 1}, "'' is no name"},
    {{.name = "", .high = 1}, "'' is no name"},
    {{.name = "2x", .high = 1}, "'2x' is no name for a parameter: use a letter or _"},
    {{.name = "a b", .high = 1}, "'a b' is no name"},
    {{.name = "-x", .high = 1}, "'-x' is no name"},
    {{.name = "\xc3\xa4", .high = 1}, "is no name"},
    {{.name = "x", .high = 1, .type = (caviar_type)99},
     "unknown type, scale, tier, live or confidence"},
    {{.name = "x", .high = 1, .scale = (caviar_scale)-1},
     "unknown type, scale, tier, live or confidence"},
    {{.name = "x", .high = 1, .tier = (caviar_tier)5},
     "unknown type, scale, tier, live or confidence"},
    {{.name = "x"}, "'x': low must be less than high"},
    {{.name = "x", .low = 1}, "low must be less than high"},
    {{.name = "x", .low = NAN, .high = 1}, "must be finite"},
    {{.name = "x", .high = INFINITY}, "must be finite"},
    {{.name = "x", .scale = LOG, .high = 1}, "special: [0] adds exactly 0"},
    {{.name = "x", .scale = REVERSE_LOG, .high = 1}, "less than 1 on this scale"},
    {{.name = "x", .scale = LOGIT, .high = 0.5}, "greater than 0"},
    {{.name = "x", .high = 1, CHOICES(TEXT("relu"), TEXT("tanh"))},
     "choices: belong to a categorical or ordinal"},
    {{.name = "n", .type = INT, .low = 0.5, .high = 3}, "bounds of an int must be whole"},
    {{.name = "n", .type = INT, .high = 2.5}, "bounds of an int must be whole"},
    {{.name = "n", .type = INT, .high = 1e17}, "within 2^53"},
    {{.name = "n", .type = INT, .high = 9, .limit_high = 9.5}, "bounds of an int must be whole"},
    {{.name = "n", .type = INT, .low = -0x1p53, .high = 0x1p53}, "than the search can tell apart"},
    {{.name = "n", .type = INT, .high = 0x1p45}, "than the search can tell apart"},
    {{.name = "n", .type = INT, .scale = LOG, .low = 1, .high = 1e13}, "search can tell apart"},
    {{.name = "x", .high = 1, .step = -1}, "step: must be greater than 0"},
    {{.name = "x", .high = 1, .step = NAN}, "step: must be greater than 0"},
    {{.name = "x", .high = 1, .step = INFINITY}, "step: must be greater than 0"},
    {{.name = "x", .low = 1, .high = 9, .scale = LOG, .step_factor = 1},
     "step: the factor must be greater than 1"},
    {{.name = "x", .low = 1, .high = 9, .scale = LOG, .step_factor = NAN},
     "step: the factor must be greater than 1"},
    {{.name = "x", .low = 1, .high = 9, .scale = LOG, .step_factor = INFINITY},
     "step: the factor must be greater than 1"},
    {{.name = "x", .low = 1, .high = 9, .scale = LOG, .step = 1, .step_factor = 2},
     "step: either a distance or a factor, not both"},
    {{.name = "x", .low = 1, .high = 9, .step_factor = 2}, "step: a factor (xN) needs scale: log"},
    {{.name = "n", .type = INT, .high = 9, .step = 1.5}, "step: must be whole for an int"},
    {{.name = "n", .type = INT, .low = 1, .high = 9, .scale = LOG, .step_factor = 1.5},
     "step: must be whole for an int"},
    {{.name = "x", .high = 1, .step = 1e-14}, "step: more values than the search can tell apart"},
    {{.name = "x", .low = 1e6, .high = 1e6 + 1e-3, .step = 1e-8}, "than the search can tell apart"},
    {{.name = "x", .low = 1, .high = 9, .scale = LOG, .step_factor = 1 + 1e-12},
     "step: more values than the search can tell apart"},
    {{.name = "x", .high = 1, .limit_low = 2, .limit_high = 1}, "limits: low must be less"},
    {{.name = "x", .high = 1, .limit_low = 0.5, .limit_high = 2}, "limits: must contain low and"},
    {{.name = "x", .high = 1, .limit_low = -1, .limit_high = 0.5}, "limits: must contain low and"},
    {{.name = "x", .high = 1, .limit_low = NAN, .limit_high = 2}, "limits: low and high must be"},
    {{.name = "x", .low = 1, .high = 2, .scale = LOG, .limit_high = 3},
     "limits: low must be greater than 0"},
    {{.name = "x", .high = 1, SPECIALS(0.5)}, "special: lies in the range already"},
    {{.name = "x", .high = 1, SPECIALS(1)}, "special: lies in the range already"},
    {{.name = "x", .high = 1, .limit_low = -3, .limit_high = 3, SPECIALS(2)},
     "special: lies in the range already"},
    {{.name = "x", .high = 1, SPECIALS(2, 2)}, "special: the same value twice"},
    {{.name = "x", .high = 1, SPECIALS(NAN)}, "special: must be numbers of the parameter's type"},
    {{.name = "n", .type = INT, .high = 9, SPECIALS(-0.5)},
     "special: must be numbers of the parameter's type"},
    {{.name = "c", .type = CATEGORICAL}, "choices: at least two are needed"},
    {{.name = "c", .type = CATEGORICAL, CHOICES(TEXT("relu"))}, "at least two"},
    {{.name = "c", .type = ORDINAL, CHOICES(TEXT("relu"))}, "choices: at least two are needed"},
    {{.name = "c", .type = CONSTANT}, "choices: a constant has one value"},
    {{.name = "c", .type = CONSTANT, CHOICES(TEXT("relu"), TEXT("tanh"))},
     "choices: a constant has one value"},
    {{.name = "c", .type = CATEGORICAL, .high = 1, CHOICES(TEXT("relu"), TEXT("tanh"))},
     "low, high, limits, scale, step and special belong to a float or an int"},
    {{.name = "c", .type = CATEGORICAL, .scale = LOG, CHOICES(TEXT("relu"), TEXT("tanh"))},
     "belong to a float or an int"},
    {{.name = "c", .type = CATEGORICAL, .step = 1, CHOICES(TEXT("relu"), TEXT("tanh"))},
     "belong to a float or an int"},
    {{.name = "c", .type = CATEGORICAL, .special_count = 1, CHOICES(TEXT("relu"), TEXT("tanh"))},
     "belong to a float or an int"},
    {{.name = "c", .type = CATEGORICAL, CHOICES(TEXT("a"), TEXT("a"))},
     "choices: the same choice twice"},
    {{.name = "c", .type = CATEGORICAL, CHOICES(WHOLE(16), REAL(16.0))},
     "choices: the same choice twice"},
    {{.name = "c", .type = CATEGORICAL, CHOICES(WHOLE(1), REAL(NAN))},
     "choices: must be text, numbers, true or false"},
    {{.name = "c", .type = CATEGORICAL, CHOICES(WHOLE(1), {.kind = CAVIAR_KIND_NONE})},
     "choices: must be text, numbers, true or false"},
    {{.name = "c", .type = CATEGORICAL, CHOICES(WHOLE(1), TEXT(NULL))},
     "choices: must be text, numbers, true or false"},
    {{.name = "c", .type = CATEGORICAL, CHOICES(WHOLE(1), TEXT("\xff"))},
     "choices: must be UTF-8 text"},
    {{.name = "x", .high = 1, .tier = CAVIAR_TIER_FIXED}, "tier: fixed needs a default"},
    {{.name = "x", .high = 1, .initial = REAL(2)}, "default: parameter 'x': 2 lies outside of 0"},
    {{.name = "x", .high = 1, .initial = TEXT("1")}, "default: parameter 'x': a number is"},
    {{.name = "n", .type = INT, .high = 9, .initial = REAL(2.5)}, "2.5 is not a whole number"},
    {{.name = "x", .high = 1, .step = 0.25, .initial = REAL(0.3)},
     "default: parameter 'x': 0.3 is not one of its steps; the nearest is 0.25"},
    {{.name = "c",
      .type = CATEGORICAL,
      CHOICES(TEXT("relu"), TEXT("tanh")),
      .initial = TEXT("gelu")},
     "default: parameter 'c': 'gelu' is none of its choices: relu, tanh"},
};

static void test_each_complaint_has_its_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < CAV_COUNT_OF(complaints); i++) {
        cav_error error = {0};
        cav_parameter parameter;
        caviar_code code = cav_parameter_init(&parameter, &complaints[i].given, &error);
        if (code != CAVIAR_INVALID)
            fail_msg("case %zu (%s) gives code %d", i, complaints[i].piece, code);
        assert_int_equal(error.code, CAVIAR_INVALID);
        assert_contains(error.message, complaints[i].piece);
        static const cav_parameter empty; // left empty on failure
        assert_memory_equal(&parameter, &empty, sizeof empty);
    }
}

static cav_parameter make(const caviar_parameter *given)
{
    cav_error error = {0};
    cav_parameter parameter;
    assert_ok(cav_parameter_init(&parameter, given, &error), &error);
    return parameter;
}

static void assert_levels(const caviar_parameter *given, const double *levels, size_t count)
{
    cav_parameter parameter = make(given);
    assert_int_equal(cav_parameter_size(&parameter), count);
    for (size_t i = 0; i < count; i++) {
        double level = cav_parameter_decode(&parameter, cav_parameter_nth(&parameter, i));
        if (level != levels[i])
            fail_msg("level %zu is %.17g, not %.17g", i, level, levels[i]);
    }
    cav_parameter_free(&parameter);
}

#define assert_has_levels(given, ...)                                                              \
    assert_levels(&(caviar_parameter)given, (const double[])__VA_ARGS__,                           \
                  CAV_COUNT_OF(((const double[])__VA_ARGS__)))

static void test_steps_give_the_decimals_that_a_person_would_write(void **state)
{
    (void)state;
    assert_has_levels(P(.high = 1, .step = 0.1),
                      {0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1});
    assert_has_levels(P(.low = 0.1, .high = 0.7, .step = 0.2), {0.1, 0.3, 0.5, 0.7});
    assert_has_levels(P(.low = -0.3, .high = 0.3, .step = 0.3), {-0.3, 0, 0.3});
    assert_has_levels(P(.high = 1, .step = 0.3), {0, 0.3, 0.6, 0.9});
    assert_has_levels(P(.low = 1e-4, .high = 0.1, .scale = LOG, .step_factor = 10),
                      {1e-4, 1e-3, 1e-2, 0.1});
    assert_has_levels(P(.low = 1e6, .high = 1e6 + 1, .step = 0.25),
                      {1000000, 1000000.25, 1000000.5, 1000000.75, 1000001});
}

static void test_bounds_with_many_digits_are_levels_exactly(void **state)
{
    (void)state;
    double third = 1.0 / 3;
    assert_has_levels(P(.low = third, .high = 1, .step = third), {third, 0.66666666666667, 1});
    assert_has_levels(P(.low = -third, .high = third, .step = third), {-third, 0, third});
    assert_has_levels(P(.low = third, .high = 3 * third, .scale = LOG, .step_factor = 3),
                      {third, 1});
}

static void test_steps_of_an_int(void **state)
{
    (void)state;
    assert_has_levels(P(.type = INT, .low = -2, .high = 2), {-2, -1, 0, 1, 2});
    assert_has_levels(P(.type = INT, .low = 1, .high = 10, .step = 4), {1, 5, 9});
    assert_has_levels(P(.type = INT, .low = 16, .high = 100, .scale = LOG, .step_factor = 2),
                      {16, 32, 64});
    assert_has_levels(P(.type = INT, .low = 1, .high = 4, .scale = LOG), {1, 2, 3, 4});
    assert_has_levels(P(.type = INT, .low = 0, .high = 5, .step = 100), {0});
}

static void test_limits_extend_the_same_grid(void **state)
{
    (void)state;
    assert_has_levels(
        P(.type = INT, .low = 10, .high = 14, .step = 2, .limit_low = 5, .limit_high = 17),
        {6, 8, 10, 12, 14, 16});
    assert_has_levels(P(.type = INT, .low = 16, .high = 32, .limit_low = 3, .limit_high = 100,
                        .scale = LOG, .step_factor = 2),
                      {4, 8, 16, 32, 64});
    // 12 / 5 is no whole number, so the grid does not go below it
    assert_has_levels(P(.type = INT, .low = 12, .high = 60, .limit_low = 1, .limit_high = 300,
                        .scale = LOG, .step_factor = 5),
                      {12, 60, 300});
    assert_has_levels(P(.low = 0.5, .high = 1, .step = 0.5, .limit_low = -0.7, .limit_high = 2.2),
                      {-0.5, 0, 0.5, 1, 1.5, 2});
}

static void test_specials_stand_before_the_levels(void **state)
{
    (void)state;
    assert_has_levels(
        P(.type = INT, .low = 4, .high = 16, .scale = LOG, .step_factor = 2, SPECIALS(0, -1)),
        {0, -1, 4, 8, 16});
}

static void test_an_int_never_gets_more_values_than_its_range(void **state)
{
    (void)state;
    static const double highs[] = {1e3, 1e6, 1e9, 1e10, 1e12, 0x1p43};
    for (size_t i = 0; i < CAV_COUNT_OF(highs); i++) {
        cav_parameter parameter = make(&(caviar_parameter)P(.type = INT, .high = highs[i]));
        assert_true((double)cav_parameter_size(&parameter) == highs[i] + 1);
        assert_true(cav_parameter_decode(&parameter, 1) == highs[i]);
        cav_parameter_free(&parameter);
        parameter = make(&(caviar_parameter)P(.type = INT, .high = highs[i] - 1, .step = highs[i]));
        assert_int_equal(cav_parameter_size(&parameter), 1);
        cav_parameter_free(&parameter);
    }
}

static void test_start_of_a_stepped_range_stops_at_the_last_step_below_high(void **state)
{
    (void)state;
    cav_parameter parameter =
        make(&(caviar_parameter)P(.high = 1.1, .step = 0.3, .limit_high = 2.1));
    assert_true(cav_parameter_decode(&parameter, cav_parameter_start(&parameter, 1)) == 0.9);
    assert_true(cav_parameter_decode(&parameter, cav_parameter_start(&parameter, 0)) == 0);
    assert_true(cav_parameter_decode(&parameter, 1) == 2.1);
    cav_parameter_free(&parameter);
}

static void test_a_fixed_parameter_is_no_axis_and_has_its_default(void **state)
{
    (void)state;
    cav_parameter parameter =
        make(&(caviar_parameter)P(.high = 1, .step = 0.1, .initial = REAL(0.3),
                                  .tier = CAVIAR_TIER_FIXED));
    assert_int_equal(parameter.axis, CAV_AXIS_NONE);
    assert_int_equal(cav_parameter_size(&parameter), 1);
    assert_true(cav_parameter_decode(&parameter, 0.9) == 0.3);
    cav_error error = {0};
    assert_ok(cav_parameter_check(&parameter, 0.7, &error), &error); // by hand, any step will do
    assert_int_equal(cav_parameter_check(&parameter, 0.75, &error), CAVIAR_INVALID);
    cav_parameter_free(&parameter);
}

static void test_a_fixed_parameter_may_be_fixed_at_a_special_value(void **state)
{
    (void)state;
    cav_parameter parameter =
        make(&(caviar_parameter)P(.type = INT, .low = 1, .high = 9, SPECIALS(0),
                                  .initial = WHOLE(0), .tier = CAVIAR_TIER_FIXED));
    assert_true(cav_parameter_decode(&parameter, 0.5) == 0);
    cav_parameter_free(&parameter);
}

static void test_axes(void **state)
{
    (void)state;
    const struct {
        caviar_parameter given;
        cav_axis axis;
    } cases[] = {
        {P(.high = 1), CAV_AXIS_CONTINUOUS},
        {P(.high = 1, .step = 0.5), CAV_AXIS_LEVELS},
        {P(.type = INT, .high = 1), CAV_AXIS_LEVELS},
        {P(.type = CATEGORICAL, CHOICES(TEXT("relu"), TEXT("tanh"))), CAV_AXIS_CHOICES},
        {P(.type = ORDINAL, CHOICES(TEXT("relu"), TEXT("tanh"))), CAV_AXIS_LEVELS},
        {P(.type = CONSTANT, CHOICES(TEXT("relu"))), CAV_AXIS_NONE},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++) {
        cav_parameter parameter = make(&cases[i].given);
        assert_int_equal(parameter.axis, cases[i].axis);
        cav_parameter_free(&parameter);
    }
}

static void test_nothing_of_the_description_is_kept_by_reference(void **state)
{
    (void)state;
    char name[] = "p", word[] = "relu";
    caviar_value choices[] = {TEXT(word), TEXT("tanh")};
    caviar_parameter given = {
        .name = name, .type = CATEGORICAL, .choices = choices, .choice_count = 2};
    cav_parameter parameter = make(&given);
    name[0] = word[0] = 'X';
    choices[1].text = "X";
    assert_string_equal(parameter.name, "p");
    assert_string_equal(parameter.choices[0].text, "relu");
    assert_string_equal(parameter.choices[1].text, "tanh");
    cav_parameter_free(&parameter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_complaint_has_its_sentence),
        cmocka_unit_test(test_steps_give_the_decimals_that_a_person_would_write),
        cmocka_unit_test(test_bounds_with_many_digits_are_levels_exactly),
        cmocka_unit_test(test_steps_of_an_int),
        cmocka_unit_test(test_limits_extend_the_same_grid),
        cmocka_unit_test(test_specials_stand_before_the_levels),
        cmocka_unit_test(test_an_int_never_gets_more_values_than_its_range),
        cmocka_unit_test(test_start_of_a_stepped_range_stops_at_the_last_step_below_high),
        cmocka_unit_test(test_a_fixed_parameter_is_no_axis_and_has_its_default),
        cmocka_unit_test(test_a_fixed_parameter_may_be_fixed_at_a_special_value),
        cmocka_unit_test(test_axes),
        cmocka_unit_test(test_nothing_of_the_description_is_kept_by_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
