/**
 * test_nudge_change.c: changes of a value as words: set, multiplied, added to.
 */
#include "support/test.h"

#include "space/parameter.h"

#include <math.h>

typedef struct change {
    double now;
    const char *text;
    bool is_free;
    double after; // NaN: refused
    const char *piece;
} change;

static void expect(const caviar_parameter *given, const change *wanted)
{
    cav_error error = {0};
    cav_parameter parameter;
    double raw = -77;
    assert_ok(cav_parameter_init(&parameter, given, &error), &error);
    caviar_code code = cav_parameter_read_change(&parameter, wanted->now, wanted->text,
                                                 wanted->is_free, &raw, &error);
    if (isnan(wanted->after)) {
        assert_int_equal(code, CAVIAR_INVALID);
        assert_contains(error.message, wanted->piece);
        assert_true(raw == -77);
    } else {
        assert_ok(code, &error);
        if (raw != wanted->after)
            fail_msg("%g changed by %s is %.17g, not %.17g", wanted->now, wanted->text, raw,
                     wanted->after);
    }
    cav_parameter_free(&parameter);
}

static void expect_all(const caviar_parameter *given, const change *wanted, size_t count)
{
    for (size_t i = 0; i < count; i++)
        expect(given, &wanted[i]);
}

static void test_real_numbers(void **state)
{
    (void)state;
    const caviar_parameter lr = {.name = "lr", .scale = CAVIAR_SCALE_LOG, .low = 1e-4, .high = 1};
    static const change wanted[] = {
        {0.1, "0.003", false, 0.003, ""},
        {0.1, "x0.5", false, 0.05, ""},
        {0.1, "x3", false, 0.3, ""}, // not 0.30000000000000004
        {0.1, "+0.2", false, 0.3, ""},
        {0.1, "+-0.07", false, 0.03, ""},
        {0.1, "x20", false, NAN, "2 lies outside of 0.0001 to 1"},
        {0.1, "5", false, NAN, "lies outside"},
        {0.1, "-0.01", false, NAN, "lies outside"},
        {0.1, "x20", true, 2, ""},
        {0.1, "-0.01", true, -0.01, ""},
        {0.1, "x", false, NAN, "x0.5 or +0.01 is expected"},
        {0.1, "+fast", true, NAN, "x0.5 or +0.01 is expected"},
        {0.1, "xinf", true, NAN, "x0.5 or +0.01 is expected"},
        {0.1, "inf", true, NAN, "cannot be inf"},
        {0.1, "nan", true, NAN, "cannot be nan"},
        {0.1, "", false, NAN, "lr"},
    };
    expect_all(&lr, wanted, sizeof wanted / sizeof *wanted);
}

static void test_whole_numbers_and_steps_are_rounded_to_what_there_is(void **state)
{
    (void)state;
    const caviar_parameter units = {
        .name = "units", .type = CAVIAR_TYPE_INT, .low = 1, .high = 512};
    const caviar_parameter share = {.name = "share", .low = 0, .high = 1, .step = 0.1};
    static const change of_units[] = {
        {33, "x0.5", false, 17, ""},
        {33, "+2", false, 35, ""},
        {33, "16.5", false, NAN, "not a whole number"},
        {33, "16.5", true, NAN, "not a whole number"},
        {33, "x100", true, 3300, ""},
        {33, "1024", false, NAN, "lies outside"},
        {33, "1024", true, 1024, ""},
    };
    static const change of_share[] = {
        {0.2, "x1.6", false, 0.3, ""},
        {0.2, "0.25", false, NAN, "not one of its steps"},
        {0.2, "0.25", true, 0.25, ""},
        {0.2, "x1.25", true, 0.25, ""},
    };
    expect_all(&units, of_units, sizeof of_units / sizeof *of_units);
    expect_all(&share, of_share, sizeof of_share / sizeof *of_share);
}

static void test_choices_are_set_and_never_counted_with(void **state)
{
    (void)state;
    static const caviar_value choices[] = {{.kind = CAVIAR_KIND_TEXT, .text = "sgd"},
                                           {.kind = CAVIAR_KIND_TEXT, .text = "x2"}};
    const caviar_parameter kind = {
        .name = "kind", .type = CAVIAR_TYPE_CATEGORICAL, .choices = choices, .choice_count = 2};
    static const change wanted[] = {
        {0, "x2", false, 1, ""},
        {0, "x2", true, 1, ""},
        {1, "+1", false, NAN, "none of its choices"},
        {1, "adam", true, NAN, "none of its choices"},
    };
    expect_all(&kind, wanted, sizeof wanted / sizeof *wanted);
}

// From a value a distance on its scale is the value it should be.
static void expect_shift(const caviar_parameter *given, double raw, double distance, double after)
{
    cav_error error = {0};
    cav_parameter parameter;
    assert_ok(cav_parameter_init(&parameter, given, &error), &error);
    double shifted = cav_parameter_shift(&parameter, raw, distance);
    if (shifted != after)
        fail_msg("%s: %g moved by %g is %.17g, not %g", given->name, raw, distance, shifted, after);
    cav_parameter_free(&parameter);
}

static void test_a_shift_goes_its_way_on_the_scale(void **state)
{
    (void)state;
    static const double zero = 0;
    const caviar_parameter lr = {.name = "lr", .scale = CAVIAR_SCALE_LOG, .low = 1e-4, .high = 1};
    const caviar_parameter momentum = {
        .name = "momentum", .scale = CAVIAR_SCALE_REVERSE_LOG, .low = 0.9, .high = 0.999};
    const caviar_parameter units = {
        .name = "units", .type = CAVIAR_TYPE_INT, .low = 1, .high = 512};
    const caviar_parameter layers = {
        .name = "layers", .type = CAVIAR_TYPE_INT, .low = 1, .high = 3};
    const caviar_parameter decay = {.name = "decay",
                                    .scale = CAVIAR_SCALE_LOG,
                                    .low = 1e-6,
                                    .high = 1e-2,
                                    .specials = &zero,
                                    .special_count = 1};
    expect_shift(&lr, 0.01, 0.25, 0.1);
    expect_shift(&lr, 0.1, -0.5, 0.001);
    expect_shift(&lr, 0.5, 0.25, 1); // as far as there is
    expect_shift(&lr, 1, 0.25, 1);
    expect_shift(&momentum, 0.9, 0.5, 0.99);
    expect_shift(&momentum, 0.99, 0.25, 0.997); // 0.99684 in three digits
    expect_shift(&units, 100, 0.1, 151);
    expect_shift(&layers, 1, 0.05, 2); // at least the next one
    expect_shift(&layers, 3, -0.05, 2);
    expect_shift(&decay, 1e-6, -0.05, 0);
}

static void test_what_is_live_is_a_float_or_said_to_be(void **state)
{
    (void)state;
    static const struct {
        caviar_parameter given;
        bool is_live;
    } wanted[] = {
        {{.name = "a", .high = 1}, true},
        {{.name = "b", .high = 1, .live = CAVIAR_LIVE_NO}, false},
        {{.name = "c", .type = CAVIAR_TYPE_INT, .high = 9}, false},
        {{.name = "d", .type = CAVIAR_TYPE_INT, .high = 9, .live = CAVIAR_LIVE_YES}, true},
        {{.name = "e",
          .high = 1,
          .tier = CAVIAR_TIER_FIXED,
          .initial = {.kind = CAVIAR_KIND_REAL, .real = 0.5},
          .live = CAVIAR_LIVE_YES},
         false},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        cav_error error = {0};
        cav_parameter parameter;
        assert_ok(cav_parameter_init(&parameter, &wanted[i].given, &error), &error);
        assert_int_equal(cav_parameter_is_live(&parameter), wanted[i].is_live);
        cav_parameter_free(&parameter);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_real_numbers),
        cmocka_unit_test(test_whole_numbers_and_steps_are_rounded_to_what_there_is),
        cmocka_unit_test(test_choices_are_set_and_never_counted_with),
        cmocka_unit_test(test_a_shift_goes_its_way_on_the_scale),
        cmocka_unit_test(test_what_is_live_is_a_float_or_said_to_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
