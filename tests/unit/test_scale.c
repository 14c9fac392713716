/**
 * test_scale.c: the scales against the formulas of the design, in long double, and at the ends of
 * what doubles can hold.
 */
#include "support/test.h"

#include "support/random_space.h"

#include "space/scale.h"

#include <float.h>
#include <math.h>

// t(x) itself, by the book: the differences of it lose digits that the code must keep
static long double by_the_book(caviar_scale scale, long double x)
{
    switch (scale) {
    case CAVIAR_SCALE_LINEAR:
        return x;
    case CAVIAR_SCALE_LOG:
        return logl(x);
    case CAVIAR_SCALE_REVERSE_LOG:
        return -logl(1 - x);
    case CAVIAR_SCALE_LOGIT:
        return logl(x) - logl(1 - x);
    }
    return 0;
}

static const struct {
    caviar_scale scale;
    double low, high, median;
} examples[] = {
    {CAVIAR_SCALE_LINEAR, -1, 3, 1},
    {CAVIAR_SCALE_LINEAR, 10, 11, 10.5},
    {CAVIAR_SCALE_LOG, 1e-4, 1, 1e-2},
    {CAVIAR_SCALE_LOG, 1, 100, 10},
    {CAVIAR_SCALE_LOG, 3, 12, 6},
    {CAVIAR_SCALE_REVERSE_LOG, 0.9, 0.999, 0.99},
    {CAVIAR_SCALE_REVERSE_LOG, 0, 0.99, 0.9},
    {CAVIAR_SCALE_REVERSE_LOG, -8, 0, -2},
    {CAVIAR_SCALE_LOGIT, 0.01, 0.99, 0.5},
    {CAVIAR_SCALE_LOGIT, 0.2, 0.8, 0.5},
    {CAVIAR_SCALE_LOGIT, 0.5, 0.9, 0.75}, // odds 1 and 9: the middle is 3
};

static void test_the_formulas_of_the_design(void **state)
{
    (void)state;
    for (size_t i = 0; i < CAV_COUNT_OF(examples); i++) {
        caviar_scale scale = examples[i].scale;
        double low = examples[i].low, high = examples[i].high;
        double span = cav_scale_distance(scale, low, high);
        for (int k = 0; k <= 16; k++) {
            double x = low + k * (high - low) / 16;
            long double t = by_the_book(scale, x) - by_the_book(scale, low);
            long double whole = by_the_book(scale, high) - by_the_book(scale, low);
            assert_near(cav_scale_distance(scale, low, x) / span, (double)(t / whole), 1e-15);
        }
    }
}

static void test_the_medians(void **state)
{
    (void)state;
    for (size_t i = 0; i < CAV_COUNT_OF(examples); i++) {
        double span = cav_scale_distance(examples[i].scale, examples[i].low, examples[i].high);
        double median = cav_scale_advance(examples[i].scale, examples[i].low, span / 2);
        assert_near(median, examples[i].median, 4e-15 * fmax(1, fabs(median)));
    }
}

static void test_momentum_has_its_median_at_0_99_exactly(void **state)
{
    (void)state;
    cav_error error = {0};
    cav_parameter parameter;
    caviar_parameter given = {
        .name = "momentum", .scale = CAVIAR_SCALE_REVERSE_LOG, .low = 0.9, .high = 0.999};
    assert_ok(cav_parameter_init(&parameter, &given, &error), &error);
    assert_true(cav_parameter_decode(&parameter, 0.5) == 0.99);
    assert_near(cav_parameter_encode(&parameter, 0.99), 0.5, 1e-15);
    cav_parameter_free(&parameter);
}

static void test_advance_undoes_distance(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(201), 0, CAV_PURPOSE_TEST, 0);
    for (size_t i = test_rounds(100000); i > 0; i--) {
        random_parameter draft;
        random_limits plain = {.unlimited = true};
        random_parameter_draw(&random, CAVIAR_TYPE_FLOAT, plain, "x", &draft);
        caviar_scale scale = draft.given.scale;
        double low = draft.given.low, high = draft.given.high;
        double x = fmin(low + (high - low) * random_coordinate(&random), high);
        double distance = cav_scale_distance(scale, low, x);
        double back = cav_scale_advance(scale, low, distance);
        // an error of the distance by a few units in the last place, seen through the slope
        double slack = 8 * DBL_EPSILON * (fabs(x) + fabs(distance * cav_scale_slope(scale, x)));
        if (!(fabs(back - x) <= slack + DBL_TRUE_MIN))
            fail_msg("%s [%.17g, %.17g]: %.17g comes back as %.17g", caviar_scale_name(scale), low,
                     high, x, back);
    }
}

static void test_narrow_ranges_lose_nothing(void **state)
{
    (void)state;
    static const struct {
        caviar_scale scale;
        double low;
    } places[] = {
        {CAVIAR_SCALE_LOG, 1},           {CAVIAR_SCALE_LOG, 3e200},
        {CAVIAR_SCALE_REVERSE_LOG, 0.5}, {CAVIAR_SCALE_REVERSE_LOG, -1e6},
        {CAVIAR_SCALE_LOGIT, 0.25},      {CAVIAR_SCALE_LOGIT, 1e-200},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(places); i++) {
        // so narrow that the scale is straight: the distance is the difference over the slope
        caviar_scale scale = places[i].scale;
        double low = places[i].low, x = low + fabs(low) * 0x1p-50;
        double straight = (x - low) / cav_scale_slope(scale, low);
        assert_near(cav_scale_distance(scale, low, x) / straight, 1, 1e-14);
        assert_true(cav_scale_advance(scale, low, cav_scale_distance(scale, low, x)) == x);
    }
}

static void test_the_widest_ranges_have_a_span(void **state)
{
    (void)state;
    double most = nextafter(1, 0);
    assert_near(cav_scale_distance(CAVIAR_SCALE_LOG, DBL_TRUE_MIN, DBL_MAX), 2098 * M_LN2,
                1e-10); // from 2^-1074 to almost 2^1024
    assert_near(cav_scale_distance(CAVIAR_SCALE_REVERSE_LOG, -DBL_MAX, most), (1024 + 53) * M_LN2,
                1e-10);
    assert_near(cav_scale_distance(CAVIAR_SCALE_LOGIT, DBL_TRUE_MIN, most), (1074 + 53) * M_LN2,
                1e-10);
    assert_near(cav_scale_advance(CAVIAR_SCALE_LOG, DBL_TRUE_MIN, 1074 * M_LN2), 1, 1e-10);
    assert_near(cav_scale_advance(CAVIAR_SCALE_REVERSE_LOG, -DBL_MAX, 1024 * M_LN2), 0, 1e-10);
    assert_near(cav_scale_advance(CAVIAR_SCALE_LOGIT, DBL_TRUE_MIN, 1074 * M_LN2), 0.5, 1e-10);
}

static void test_the_slope_is_the_derivative(void **state)
{
    (void)state;
    for (size_t i = 0; i < CAV_COUNT_OF(examples); i++) {
        caviar_scale scale = examples[i].scale;
        double low = examples[i].low, x = (low + examples[i].high) / 2, h = 1e-6;
        double t = cav_scale_distance(scale, low, x);
        double ahead = cav_scale_advance(scale, low, t + h);
        double behind = cav_scale_advance(scale, low, t - h);
        assert_near((ahead - behind) / (2 * h) / cav_scale_slope(scale, x), 1, 1e-7);
    }
}

static void test_room_never_leaves_the_scale(void **state)
{
    (void)state;
    assert_true(isinf(cav_scale_room_below(CAVIAR_SCALE_LINEAR, -5)));
    assert_true(isinf(cav_scale_room_above(CAVIAR_SCALE_LOG, 5)));
    assert_true(cav_scale_room_below(CAVIAR_SCALE_LOG, 0.5) == 0.25);
    assert_true(cav_scale_room_below(CAVIAR_SCALE_LOGIT, 0.5) == 0.25);
    assert_true(cav_scale_room_above(CAVIAR_SCALE_REVERSE_LOG, 0.5) == 0.25);
    assert_true(cav_scale_room_above(CAVIAR_SCALE_LOGIT, 0.5) == 0.25);
}

static void test_complaints(void **state)
{
    (void)state;
    static const struct {
        caviar_scale scale;
        double low, high;
        const char *piece; // NULL: fine
    } cases[] = {
        {CAVIAR_SCALE_LINEAR, 0, 1, NULL},
        {CAVIAR_SCALE_LINEAR, -DBL_MAX / 2, DBL_MAX / 2, NULL},
        {CAVIAR_SCALE_LINEAR, -DBL_MAX, DBL_MAX, "finite"},
        {CAVIAR_SCALE_LINEAR, NAN, 1, "finite"},
        {CAVIAR_SCALE_LINEAR, 0, INFINITY, "finite"},
        {CAVIAR_SCALE_LINEAR, 1, 1, "low must be less than high"},
        {CAVIAR_SCALE_LINEAR, 2, 1, "low must be less than high"},
        {CAVIAR_SCALE_LOG, 0, 1, "special: [0]"},
        {CAVIAR_SCALE_LOG, -1, 1, "greater than 0"},
        {CAVIAR_SCALE_LOG, DBL_TRUE_MIN, DBL_MAX, NULL},
        {CAVIAR_SCALE_REVERSE_LOG, 0.9, 1, "less than 1"},
        {CAVIAR_SCALE_REVERSE_LOG, -5, 0.5, NULL},
        {CAVIAR_SCALE_LOGIT, 0, 0.5, "greater than 0"},
        {CAVIAR_SCALE_LOGIT, 0.5, 1, "less than 1"},
        {CAVIAR_SCALE_LOGIT, 0.1, 0.9, NULL},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++) {
        const char *complaint = cav_scale_complaint(cases[i].scale, cases[i].low, cases[i].high);
        if (!cases[i].piece)
            assert_null(complaint);
        else
            assert_contains(complaint ? complaint : "", cases[i].piece);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_formulas_of_the_design),
        cmocka_unit_test(test_the_medians),
        cmocka_unit_test(test_momentum_has_its_median_at_0_99_exactly),
        cmocka_unit_test(test_advance_undoes_distance),
        cmocka_unit_test(test_narrow_ranges_lose_nothing),
        cmocka_unit_test(test_the_widest_ranges_have_a_span),
        cmocka_unit_test(test_the_slope_is_the_derivative),
        cmocka_unit_test(test_room_never_leaves_the_scale),
        cmocka_unit_test(test_complaints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
