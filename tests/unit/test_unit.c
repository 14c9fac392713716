/**
 * test_unit.c: the unit coordinate of parameters: properties over random ones of every sort.
 */
#include "support/test.h"

#include "support/random_space.h"

#include "base/number.h"
#include "space/scale.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

enum { PARAMETERS = 20000, DRAWS = 40 };

// A parameter with all that a failed property wants to tell of it.
typedef struct specimen {
    random_parameter draft;
    cav_parameter parameter;
    char words[500];
} specimen;

static void subject_make(cav_random *random, caviar_type type, random_limits limits, specimen *ret)
{
    cav_error error = {0};
    random_parameter_draw(random, type, limits, "p", &ret->draft);
    const caviar_parameter *given = &ret->draft.given;
    snprintf(ret->words, sizeof ret->words,
             "%s %s low %.17g high %.17g limits %.17g %.17g step %.17g factor %.17g specials %zu "
             "choices %zu %s",
             caviar_type_name(given->type), caviar_scale_name(given->scale), given->low,
             given->high, given->limit_low, given->limit_high, given->step, given->step_factor,
             given->special_count, given->choice_count, caviar_tier_name(given->tier));
    if (cav_parameter_init(&ret->parameter, given, &error))
        fail_msg("%s: %s", ret->words, error.message);
}

#define expect(subject, condition, u, x)                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fail_msg("%s: %s at u %.17g, x %.17g", (subject)->words, #condition, u, x);            \
    } while (0)

typedef void property(cav_random *random, const specimen *subject);

static void check_many(uint64_t seed, random_limits limits, property *check)
{
    cav_random random = cav_random_stream(test_seed(seed), 0, CAV_PURPOSE_TEST, 0);
    for (size_t i = test_rounds(PARAMETERS); i > 0; i--) {
        specimen subject;
        subject_make(&random, random_type(&random), limits, &subject);
        check(&random, &subject);
        cav_parameter_free(&subject.parameter);
    }
}

static bool is_in_range(const cav_parameter *parameter, double x)
{
    if (parameter->choice_count > 0)
        return x >= 0 && x < (double)parameter->choice_count && x == floor(x);
    for (size_t i = 0; i < parameter->special_count; i++)
        if (parameter->specials[i] == x)
            return true;
    bool whole = parameter->type != CAVIAR_TYPE_INT || x == floor(x);
    return whole && x >= parameter->limit_low && x <= parameter->limit_high;
}

static void stays_in_range(cav_random *random, const specimen *subject)
{
    cav_error error = {0};
    for (int i = 0; i < DRAWS; i++) {
        double u = random_coordinate(random);
        double x = cav_parameter_decode(&subject->parameter, u);
        expect(subject, is_in_range(&subject->parameter, x), u, x);
        if (cav_parameter_check(&subject->parameter, x, &error))
            fail_msg("%s: %s", subject->words, error.message);
    }
}

// A cell is one value, and beyond either end of it is another.
static void has_its_cell(cav_random *random, const specimen *subject)
{
    const cav_parameter *parameter = &subject->parameter;
    double u = cav_random_unit(random), low, high;
    if (parameter->axis == CAV_AXIS_NONE)
        return;
    double x = cav_parameter_decode(parameter, u);
    cav_parameter_cell(parameter, u, &low, &high);
    expect(subject, low <= u && u <= high, u, x);
    if (low == high) {
        expect(subject, parameter->level_count == 0, u, x);
        return;
    }
    double slack = 1e-9 * (high - low);
    expect(subject, cav_parameter_decode(parameter, low + slack) == x, u, x);
    expect(subject, cav_parameter_decode(parameter, high - slack) == x, u, x);
    expect(subject, low == 0 || cav_parameter_decode(parameter, low - slack) != x, u, x);
    expect(subject, high == 1 || cav_parameter_decode(parameter, high + slack) != x, u, x);
}

static void test_a_cell_is_all_that_has_one_value(void **state)
{
    (void)state;
    check_many(113, (random_limits){.ordinary = true}, has_its_cell);
}

static void test_what_is_decoded_is_in_range_and_passes_the_check(void **state)
{
    (void)state;
    check_many(101, (random_limits){0}, stays_in_range);
}

static void comes_back(cav_random *random, const specimen *subject)
{
    const cav_parameter *parameter = &subject->parameter;
    for (int i = 0; i < DRAWS; i++) {
        double u = random_coordinate(random);
        double x = cav_parameter_decode(parameter, u);
        double encoded = cav_parameter_encode(parameter, x);
        expect(subject, encoded >= 0 && encoded <= 1, u, x);
        expect(subject, cav_parameter_decode(parameter, encoded) == x, u, x);
    }
}

static void test_decoded_values_survive_encoding_and_decoding_bit_for_bit(void **state)
{
    (void)state;
    check_many(102, (random_limits){0}, comes_back);
}

static void has_its_ends(cav_random *random, const specimen *subject)
{
    (void)random;
    const cav_parameter *parameter = &subject->parameter;
    if (parameter->axis == CAV_AXIS_NONE || parameter->choice_count > 0)
        return;
    double first = cav_parameter_decode(parameter, parameter->special_share);
    double last = cav_parameter_decode(parameter, 1);
    bool stepped = parameter->level_count > 0;
    bool limited = parameter->limit_low != parameter->low;
    if (!stepped || !limited)
        expect(subject, first == parameter->limit_low, parameter->special_share, first);
    double step = parameter->step, factor = parameter->step_factor;
    double next = factor != 0 ? last * factor : last + step;
    bool whole = parameter->type == CAVIAR_TYPE_INT && step == 1;
    if (!stepped || whole)
        expect(subject, last == parameter->limit_high, 1.0, last);
    else // the next one would be outside
        expect(subject,
               last <= parameter->limit_high && next + 1e-8 * fabs(next) > parameter->limit_high,
               1.0, last);
    if (parameter->special_count > 0)
        expect(subject, cav_parameter_decode(parameter, 0) == parameter->specials[0], 0.0, first);
    if (!stepped || whole) // both ends belong to it, specials or not
        expect(subject,
               cav_parameter_decode(parameter, cav_parameter_encode(parameter, last)) == last, 1.0,
               last);
}

static void test_zero_and_one_give_the_bounds_exactly(void **state)
{
    (void)state;
    check_many(103, (random_limits){0}, has_its_ends);
}

static void is_monotone(cav_random *random, const specimen *subject)
{
    const cav_parameter *parameter = &subject->parameter;
    if (parameter->axis == CAV_AXIS_NONE)
        return;
    double share = parameter->special_share;
    for (int i = 0; i < DRAWS; i++) {
        double u = fmax(share, random_coordinate(random));
        double w = random_once_in(random, 2) ? fmin(1, u + pow(2, -random_between(random, 1, 55)))
                                             : fmax(share, random_coordinate(random));
        if (u > w)
            continue;
        double x = cav_parameter_decode(parameter, u), y = cav_parameter_decode(parameter, w);
        expect(subject, x <= y, u, x);
        double a = cav_parameter_encode(parameter, x), b = cav_parameter_encode(parameter, y);
        expect(subject, a <= b && (x == y) == (a == b), u, x);
    }
}

static void test_both_ways_are_monotone(void **state)
{
    (void)state;
    check_many(104, (random_limits){0}, is_monotone);
}

// What a coordinate may lose: 12 digits of the range, or 14 of the number where that is more.
static double coarseness(const cav_parameter *parameter, double x)
{
    double unit = 1e-13 * fabs(x) + DBL_TRUE_MIN;
    double slope = cav_scale_slope(parameter->scale, x);
    return 1e-11 + unit / slope / parameter->span;
}

static void stays_near(cav_random *random, const specimen *subject)
{
    const cav_parameter *parameter = &subject->parameter;
    if (parameter->axis != CAV_AXIS_CONTINUOUS)
        return;
    for (int i = 0; i < DRAWS; i++) {
        double share = parameter->special_share;
        double u = share + (1 - share) * random_coordinate(random);
        double x = cav_parameter_decode(parameter, u);
        double back = cav_parameter_encode(parameter, x);
        expect(subject, fabs(back - u) <= coarseness(parameter, x), u, x);
    }
}

static void test_a_continuous_coordinate_is_kept_to_eleven_digits(void **state)
{
    (void)state;
    check_many(105, (random_limits){0}, stays_near);
}

static void test_an_ordinary_continuous_coordinate_is_kept_to_eleven_digits(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(106), 0, CAV_PURPOSE_TEST, 0);
    for (size_t i = test_rounds(PARAMETERS); i > 0; i--) {
        specimen subject;
        subject_make(&random, CAVIAR_TYPE_FLOAT, (random_limits){.ordinary = true}, &subject);
        const cav_parameter *parameter = &subject.parameter;
        double u = random_between(&random, parameter->special_share, 1);
        double x = cav_parameter_decode(parameter, u);
        bool narrow = parameter->high - parameter->low < 0.01 * fabs(parameter->high);
        if (parameter->axis == CAV_AXIS_CONTINUOUS && !narrow)
            expect(&subject, fabs(cav_parameter_encode(parameter, x) - u) < 1e-11, u, x);
        cav_parameter_free(&subject.parameter);
    }
}

static void prints_and_reads(cav_random *random, const specimen *subject)
{
    const cav_parameter *parameter = &subject->parameter;
    for (int i = 0; i < DRAWS / 4; i++) {
        double u = random_coordinate(random), back, number;
        double x = cav_parameter_decode(parameter, u);
        cav_error error = {0};
        cav_text text = {0};
        cav_parameter_print(parameter, x, &text);
        caviar_value value = cav_parameter_value(parameter, x);
        assert_ok(cav_parameter_read(parameter, &value, &back, &error), &error);
        expect(subject, back == x, u, back);
        // two choices may print alike: 16 and "16"
        assert_ok(cav_parameter_read_text(parameter, cav_text_get(&text), &back, &error), &error);
        if (parameter->choice_count == 0) {
            expect(subject, back == x, u, back);
            assert_true(cav_number_parse(text.data, text.size, &number));
            expect(subject, number == x, u, number);
        }
        cav_text_free(&text);
    }
}

static void test_values_print_and_read_back_the_same(void **state)
{
    (void)state;
    check_many(107, (random_limits){0}, prints_and_reads);
}

static void has_middles(cav_random *random, const specimen *subject)
{
    const cav_parameter *parameter = &subject->parameter;
    size_t size = cav_parameter_size(parameter);
    if (parameter->axis == CAV_AXIS_NONE || parameter->level_count == 0)
        return;
    for (int i = 0; i < DRAWS / 4; i++) {
        size_t index = (size_t)cav_random_below(random, size);
        double u = cav_parameter_nth(parameter, index);
        double x = cav_parameter_decode(parameter, u);
        expect(subject, cav_parameter_encode(parameter, x) == u, u, x);
        // the same way to the next cell on either side
        double before = index ? cav_parameter_nth(parameter, index - 1) : 0;
        double after = index + 1 < size ? cav_parameter_nth(parameter, index + 1) : 1;
        expect(subject, before < u && u < after, u, x);
        if (index > parameter->special_count)
            expect(subject, cav_parameter_decode(parameter, before) < x, u, x);
    }
}

static void has_cells(cav_random *random, const specimen *subject)
{
    const cav_parameter *parameter = &subject->parameter;
    size_t size = cav_parameter_size(parameter);
    if (parameter->axis == CAV_AXIS_NONE || parameter->level_count == 0)
        return;
    for (int i = 0; i < DRAWS / 4; i++) {
        size_t index = (size_t)cav_random_below(random, size);
        double u = cav_parameter_nth(parameter, index), low, high, next = 1, unused;
        double x = cav_parameter_decode(parameter, u);
        expect(subject, cav_parameter_index(parameter, x) == index, u, x);
        cav_parameter_cell(parameter, index, &low, &high);
        expect(subject, low < u && u < high && fabs((low + high) / 2 - u) < 1e-12, u, x);
        expect(subject, index > 0 || low == 0, u, x);
        if (index + 1 < size)
            cav_parameter_cell(parameter, index + 1, &next, &unused);
        expect(subject, fabs(next - high) < 1e-12, u, x);
    }
}

static void test_cells_lie_side_by_side_around_their_values(void **state)
{
    (void)state;
    check_many(114, (random_limits){0}, has_cells);
}

static void test_levels_and_choices_stand_in_the_middle_of_their_cells(void **state)
{
    (void)state;
    check_many(108, (random_limits){0}, has_middles);
}

// The cell of a value by bisection must have the value's own coordinate in the middle.
static double edge_below(const cav_parameter *parameter, double u)
{
    double x = cav_parameter_decode(parameter, u), low = 0, high = u;
    if (cav_parameter_decode(parameter, 0) == x)
        return 0;
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (cav_parameter_decode(parameter, middle) == x)
            high = middle;
        else
            low = middle;
    }
    return high;
}

static void test_cells_of_an_integer_are_symmetric_about_its_coordinate(void **state)
{
    (void)state;
    caviar_parameter given[] = {
        {.name = "a", .type = CAVIAR_TYPE_INT, .low = 1, .high = 7},
        {.name = "b", .type = CAVIAR_TYPE_INT, .scale = CAVIAR_SCALE_LOG, .low = 1, .high = 50},
        {.name = "c", .type = CAVIAR_TYPE_FLOAT, .low = 0, .high = 1, .step = 0.25},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(given); i++) {
        cav_error error = {0};
        cav_parameter parameter;
        assert_ok(cav_parameter_init(&parameter, &given[i], &error), &error);
        for (size_t index = 0; index + 1 < parameter.level_count; index++) {
            double u = cav_parameter_nth(&parameter, index);
            double below = edge_below(&parameter, u);
            double above = edge_below(&parameter, cav_parameter_nth(&parameter, index + 1));
            assert_near(u, (below + above) / 2, 1e-12);
        }
        cav_parameter_free(&parameter);
    }
}

static void test_every_integer_of_a_linear_range_has_the_same_share(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(109), 0, CAV_PURPOSE_TEST, 0);
    static const double ranges[][3] = {{0, 1, 0}, {-3, 3, 0}, {1, 10, 0}, {5, 20, 5}, {0, 100, 7}};
    // the 0.999 quantile of chi-square with 1, 6, 9, 3 and 14 degrees of freedom
    static const double most[] = {10.83, 22.46, 27.88, 16.27, 36.12};
    for (size_t i = 0; i < CAV_COUNT_OF(ranges); i++) {
        caviar_parameter given = {.name = "n",
                                  .type = CAVIAR_TYPE_INT,
                                  .low = ranges[i][0],
                                  .high = ranges[i][1],
                                  .step = ranges[i][2]};
        cav_error error = {0};
        cav_parameter parameter;
        assert_ok(cav_parameter_init(&parameter, &given, &error), &error);
        size_t counts[16] = {0}, draws = test_rounds(100000);
        double step = ranges[i][2] > 0 ? ranges[i][2] : 1, chi2 = 0;
        for (size_t draw = 0; draw < draws; draw++) {
            double x = cav_parameter_decode(&parameter, cav_random_unit(&random));
            counts[(size_t)((x - given.low) / step)]++;
        }
        double expected = (double)draws / (double)parameter.level_count;
        for (size_t level = 0; level < parameter.level_count; level++)
            chi2 += pow((double)counts[level] - expected, 2) / expected;
        if (chi2 > most[i])
            fail_msg("chi-square of [%g, %g] is %g", given.low, given.high, chi2);
        cav_parameter_free(&parameter);
    }
}

static void hits_specials(cav_random *random, const specimen *subject)
{
    (void)random;
    const cav_parameter *parameter = &subject->parameter;
    for (size_t i = 0; i < parameter->special_count && parameter->axis != CAV_AXIS_NONE; i++) {
        double u = cav_parameter_encode(parameter, parameter->specials[i]);
        double x = cav_parameter_decode(parameter, u);
        expect(subject, u > 0 && u < parameter->special_share, u, x);
        expect(subject, x == parameter->specials[i], u, x);
        expect(subject, u == cav_parameter_nth(parameter, i), u, x);
        expect(subject, cav_parameter_start(parameter, u) == u, u, x);
    }
}

static void test_special_values_are_hit_exactly(void **state)
{
    (void)state;
    check_many(110, (random_limits){0}, hits_specials);
}

static void test_a_special_value_has_a_tenth_of_the_interval(void **state)
{
    (void)state;
    cav_error error = {0};
    cav_parameter parameter;
    caviar_parameter given = {.name = "decay",
                              .scale = CAVIAR_SCALE_LOG,
                              .low = 1e-6,
                              .high = 1e-2,
                              .specials = (double[]){0},
                              .special_count = 1};
    assert_ok(cav_parameter_init(&parameter, &given, &error), &error);
    assert_true(cav_parameter_decode(&parameter, 0.0999) == 0);
    assert_true(cav_parameter_decode(&parameter, 0.1) == 1e-6);
    assert_true(cav_parameter_decode(&parameter, 0.55) == 1e-4);
    cav_parameter_free(&parameter);
}

static void starts_inside(cav_random *random, const specimen *subject)
{
    (void)random;
    const cav_parameter *parameter = &subject->parameter;
    if (parameter->axis == CAV_AXIS_NONE || parameter->choice_count > 0)
        return;
    double before = -1;
    for (int i = 0; i <= DRAWS; i++) {
        double share = parameter->special_share;
        double v = share + (1 - share) * i / DRAWS;
        double u = cav_parameter_start(parameter, v), x = cav_parameter_decode(parameter, u);
        double slack = coarseness(parameter, x) * parameter->span *
                       cav_scale_slope(parameter->scale, x); // a continuous value is rounded
        slack = parameter->level_count ? 0 : slack + DBL_TRUE_MIN;
        expect(subject, x >= parameter->low - slack && x <= parameter->high + slack, u, x);
        expect(subject, u >= before, u, x);
        before = u;
        if (i == 0)
            expect(subject, fabs(x - parameter->low) <= slack, u, x);
    }
}

static void test_the_search_starts_between_low_and_high(void **state)
{
    (void)state;
    check_many(111, (random_limits){0}, starts_inside);
}

static void test_a_value_where_the_rounding_changes_comes_back_too(void **state)
{
    (void)state;
    // decimals are dropped one by one as a log scale goes up; look closely at each of these places
    cav_error error = {0};
    for (int attempt = 0; attempt < 2000; attempt++) {
        caviar_parameter given = {
            .name = "x", .scale = CAVIAR_SCALE_LOG, .low = 1e-5, .high = 1 + attempt * 1.37e-3};
        cav_parameter parameter;
        assert_ok(cav_parameter_init(&parameter, &given, &error), &error);
        for (int decade = -5; decade < 0; decade++) {
            double boundary = pow(10, decade) / (1e-12 * parameter.span) *
                              pow(10, floor(log10(1e-12 * parameter.span)));
            double u = cav_parameter_encode(&parameter, boundary);
            for (int k = -200; k <= 200; k++) {
                double x = cav_parameter_decode(&parameter, u + k * 0x1p-53);
                double again =
                    cav_parameter_decode(&parameter, cav_parameter_encode(&parameter, x));
                if (again != x)
                    fail_msg("high %.17g: %.17g comes back as %.17g", given.high, x, again);
            }
        }
        cav_parameter_free(&parameter);
    }
}

static void test_a_value_on_the_very_place_where_it_changes_comes_back(void **state)
{
    (void)state;
    // ranges made so that the rounding goes from 14 decimals to 13 at a value with 14 of them, up
    // to the last bit: a coordinate that errs by one bit is on the other side
    cav_error error = {0};
    for (int k = 1; k < 20; k++) {
        double change = 0.0025 + k * 1e-14, span = 1e-2 / change;
        double high = 1e-3 * exp(span);
        for (int step = -300; step <= 300; step++) {
            caviar_parameter given = {.name = "x", .scale = CAVIAR_SCALE_LOG, .low = 1e-3};
            given.high = high * (1 + step * 0x1p-53);
            cav_parameter parameter;
            assert_ok(cav_parameter_init(&parameter, &given, &error), &error);
            double u = cav_parameter_encode(&parameter, change);
            for (int i = -4; i <= 4; i++) {
                double x = cav_parameter_decode(&parameter, u + i * 0x1p-54);
                double again =
                    cav_parameter_decode(&parameter, cav_parameter_encode(&parameter, x));
                if (again != x)
                    fail_msg("high %.17g: %.17g comes back as %.17g", given.high, x, again);
            }
            cav_parameter_free(&parameter);
        }
    }
}

static void test_a_coordinate_that_left_is_mirrored_back(void **state)
{
    (void)state;
    static const double known[][2] = {{0.25, 0.25},  {-0.25, 0.25}, {1.25, 0.75}, {2.25, 0.25},
                                      {-1.75, 0.25}, {1, 1},        {0, 0},       {-3, 1}};
    for (size_t i = 0; i < CAV_COUNT_OF(known); i++)
        assert_near(cav_unit_mirror(known[i][0]), known[i][1], 1e-15);
}

static void test_coordinates_outside_and_nan_are_clamped(void **state)
{
    (void)state;
    cav_error error = {0};
    cav_parameter parameter;
    caviar_parameter given = {.name = "x", .low = -2, .high = 3};
    assert_ok(cav_parameter_init(&parameter, &given, &error), &error);
    assert_true(cav_parameter_decode(&parameter, -1) == -2);
    assert_true(cav_parameter_decode(&parameter, 1.5) == 3);
    assert_true(cav_parameter_decode(&parameter, NAN) == -2);
    assert_true(cav_parameter_encode(&parameter, 99) == 1);
    assert_true(cav_parameter_encode(&parameter, -99) == 0);
    cav_parameter_free(&parameter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_cell_is_all_that_has_one_value),
        cmocka_unit_test(test_what_is_decoded_is_in_range_and_passes_the_check),
        cmocka_unit_test(test_decoded_values_survive_encoding_and_decoding_bit_for_bit),
        cmocka_unit_test(test_zero_and_one_give_the_bounds_exactly),
        cmocka_unit_test(test_both_ways_are_monotone),
        cmocka_unit_test(test_a_continuous_coordinate_is_kept_to_eleven_digits),
        cmocka_unit_test(test_an_ordinary_continuous_coordinate_is_kept_to_eleven_digits),
        cmocka_unit_test(test_values_print_and_read_back_the_same),
        cmocka_unit_test(test_levels_and_choices_stand_in_the_middle_of_their_cells),
        cmocka_unit_test(test_cells_lie_side_by_side_around_their_values),
        cmocka_unit_test(test_cells_of_an_integer_are_symmetric_about_its_coordinate),
        cmocka_unit_test(test_every_integer_of_a_linear_range_has_the_same_share),
        cmocka_unit_test(test_special_values_are_hit_exactly),
        cmocka_unit_test(test_a_special_value_has_a_tenth_of_the_interval),
        cmocka_unit_test(test_the_search_starts_between_low_and_high),
        cmocka_unit_test(test_a_value_where_the_rounding_changes_comes_back_too),
        cmocka_unit_test(test_a_value_on_the_very_place_where_it_changes_comes_back),
        cmocka_unit_test(test_a_coordinate_that_left_is_mirrored_back),
        cmocka_unit_test(test_coordinates_outside_and_nan_are_clamped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
