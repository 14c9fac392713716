/**
 * test_walk.c: walks against brute force: every combination once, in order, conditions respected.
 */
#include "support/test.h"

#include "support/literal.h"
#include "support/random_space.h"

#include "space/walk.h"

#include <math.h>

enum { SPACES = 400, MOST = 5, MOST_COMBINATIONS = 20000 };

static cav_space *make(const caviar_parameter *parameters, size_t count)
{
    cav_space *space = caviar_space_new();
    for (size_t i = 0; i < count; i++)
        if (caviar_space_add(space, &parameters[i]))
            fail_msg("%s", caviar_space_message(space));
    return space;
}

static int compare_numbers(double a, double b)
{
    if (isnan(a) || isnan(b))
        return !isnan(a) - !isnan(b);
    return (a > b) - (a < b);
}

// Lexicographic, with NaN before everything.
static int compare_points(const double *a, const double *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (compare_numbers(a[i], b[i]))
            return compare_numbers(a[i], b[i]);
    return 0;
}

static int by_point(const void *a, const void *b, void *dims)
{
    return compare_points(a, b, *(const size_t *)dims);
}

// Every combination of the parameters' values, decoded, sorted, each once: the number of points.
static size_t by_brute_force(const cav_space *space, double *ret_points)
{
    size_t dims = space->dim_count, indices[MOST] = {0}, count = 0;
    double raw[MOST];
    for (;;) {
        double *point = ret_points + count++ * dims;
        for (size_t dim = 0; dim < dims; dim++)
            point[dim] = cav_parameter_nth(&space->parameters[space->dims[dim]], indices[dim]);
        cav_space_decode(space, point, raw, point);
        size_t dim = 0;
        while (dim < dims &&
               ++indices[dim] == cav_parameter_size(&space->parameters[space->dims[dim]]))
            indices[dim++] = 0;
        if (dim == dims)
            break;
    }
    qsort_r(ret_points, count, dims * sizeof(double), by_point, &dims);
    size_t kept = 1;
    for (size_t i = 1; i < count; i++)
        if (compare_points(ret_points + i * dims, ret_points + (kept - 1) * dims, dims))
            memcpy(ret_points + kept++ * dims, ret_points + i * dims, dims * sizeof(double));
    return kept;
}

static void test_a_walk_is_what_brute_force_finds_in_order(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(501), 0, CAV_PURPOSE_TEST, 0);
    double *points = malloc(MOST_COMBINATIONS * MOST * sizeof *points);
    size_t conditional = 0;
    for (size_t i = test_rounds(SPACES); i > 0; i--) {
        cav_space *space = random_space_new(&random, MOST, (random_limits){.finite = true});
        size_t dims = space->dim_count;
        if (dims == 0 || cav_space_size(space) > MOST_COMBINATIONS) {
            caviar_space_free(space);
            continue;
        }
        size_t expected = by_brute_force(space, points), count = 0;
        cav_walk *walk = cav_walk_new(space, 0);
        assert_true(cav_walk_size(walk) == cav_space_size(space));
        for (; cav_walk_next(walk); count++)
            if (count >= expected || compare_points(walk->point, points + count * dims, dims))
                fail_msg("point %zu of %zu is another", count, expected);
        assert_int_equal(count, expected);
        conditional += (double)expected < cav_space_size(space);
        assert_true(cav_walk_next(walk)); // once more from the start
        assert_int_equal(compare_points(walk->point, points, dims), 0);
        cav_walk_free(walk);
        caviar_space_free(space);
    }
    free(points);
    assert_true(conditional > 10 || test_rounds(SPACES) < SPACES);
}

static void test_a_walk_can_be_put_anywhere(void **state)
{
    (void)state;
    const caviar_parameter parameters[] = {
        {.name = "a", .type = CATEGORICAL, CHOICES(TEXT("x"), TEXT("y"))},
        {.name = "b", .type = INT, .high = 2, WHEN(HAS("a", TEXT("x")))},
        {.name = "c", .type = INT, .high = 4},
    };
    cav_space *space = make(parameters, 3);
    cav_walk *walk = cav_walk_new(space, 0);
    assert_true(cav_walk_size(walk) == 2 * 3 * 5);
    cav_walk_seek(walk, (const uint64_t[]){0, 2, 3});
    assert_true(walk->raw[0] == 0 && walk->raw[1] == 2 && walk->raw[2] == 3);
    assert_true(cav_walk_next(walk));
    assert_true(walk->raw[0] == 0 && walk->raw[1] == 2 && walk->raw[2] == 4);
    assert_true(cav_walk_next(walk)); // y has no b
    assert_true(walk->raw[0] == 1 && isnan(walk->raw[1]) && walk->raw[2] == 0);
    // indices are taken modulo the sizes, those of what is inactive count for nothing
    cav_walk_seek(walk, (const uint64_t[]){2 * 7 + 1, UINT64_MAX, 5 * 1000 + 3});
    assert_true(walk->raw[0] == 1 && isnan(walk->raw[1]) && walk->raw[2] == 3);
    assert_true(cav_walk_next(walk) && walk->raw[2] == 4);
    assert_false(cav_walk_next(walk));
    size_t count = 0;
    while (cav_walk_next(walk))
        count++;
    assert_int_equal(count, 3 * 5 + 5);
    cav_walk_free(walk);
    caviar_space_free(space);
}

static void test_seeking_reaches_every_combination(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(502), 0, CAV_PURPOSE_TEST, 0);
    const caviar_parameter parameters[] = {
        {.name = "a", .type = INT, .high = 3},
        {.name = "b", .type = INT, .high = 3, WHEN(LIES("a", 2, 3))},
    };
    cav_space *space = make(parameters, 2);
    cav_walk *walk = cav_walk_new(space, 0);
    int seen[4][5] = {0};
    for (int i = 0; i < 2000; i++) {
        uint64_t indices[] = {cav_random_u64(&random), cav_random_u64(&random)};
        cav_walk_seek(walk, indices);
        seen[(int)walk->raw[0]][isnan(walk->raw[1]) ? 4 : (int)walk->raw[1]]++;
    }
    for (int a = 0; a < 4; a++)
        for (int b = 0; b < 5; b++)
            assert_int_equal(seen[a][b] > 0, (a >= 2) == (b < 4));
    cav_walk_free(walk);
    caviar_space_free(space);
}

// The values of a one-parameter walk with so many points an axis.
static void assert_axis(const caviar_parameter *given, size_t axis_points, const double *values,
                        size_t count)
{
    cav_space *space = make(given, 1);
    cav_walk *walk = cav_walk_new(space, axis_points);
    for (size_t i = 0; i < count; i++) {
        assert_true(cav_walk_next(walk));
        if (fabs(walk->raw[0] - values[i]) > 1e-12 * fabs(values[i]))
            fail_msg("value %zu is %.17g, not %.17g", i, walk->raw[0], values[i]);
    }
    assert_false(cav_walk_next(walk));
    assert_true(cav_walk_size(walk) >= (double)count);
    cav_walk_free(walk);
    caviar_space_free(space);
}

#define assert_axis_has(points, given, ...)                                                        \
    assert_axis(&(caviar_parameter)given, points, (const double[])__VA_ARGS__,                     \
                CAV_COUNT_OF(((const double[])__VA_ARGS__)))

static void test_points_spread_over_the_own_scale_with_both_ends(void **state)
{
    (void)state;
    assert_axis_has(3, P(.low = 1e-4, .high = 1, .scale = LOG), {1e-4, 1e-2, 1});
    assert_axis_has(5, P(.high = 1), {0, 0.25, 0.5, 0.75, 1});
    assert_axis_has(3, P(.low = 0.9, .high = 0.999, .scale = REVERSE_LOG), {0.9, 0.99, 0.999});
    assert_axis_has(1, P(.high = 1), {0.5});
    assert_axis_has(3, P(.low = 1, .high = 3, SPECIALS(0)), {0, 1, 2, 3});
    assert_axis_has(9, P(.type = INT, .high = 3), {0, 1, 2, 3});
    assert_axis_has(3, P(.type = INT, .high = 100), {0, 50, 100});
    assert_axis_has(2, P(.type = CATEGORICAL, CHOICES(TEXT("a"), TEXT("b"), TEXT("c"))), {0, 1, 2});
    assert_axis_has(2, P(.type = ORDINAL, CHOICES(TEXT("a"), TEXT("b"), TEXT("c"))), {0, 2});
    // the search starts between low and high, however far the limits go
    assert_axis_has(3, P(.low = 1, .high = 2, .limit_low = -9, .limit_high = 9), {1, 1.5, 2});
    assert_axis_has(3, P(.type = INT, .low = 10, .high = 12, .limit_low = 1, .limit_high = 99),
                    {10, 11, 12});
}

static void test_no_value_comes_twice_where_levels_are_wider_than_the_spread(void **state)
{
    (void)state;
    // eight points on the log scale from 1 to 10 would give 1, 1, 2, 3 …
    for (size_t points = 1; points <= 12; points++) {
        caviar_parameter given = P(.type = INT, .low = 1, .high = 10, .scale = LOG);
        cav_space *space = make(&given, 1);
        cav_walk *walk = cav_walk_new(space, points);
        double before = -1;
        size_t count = 0;
        for (; cav_walk_next(walk); count++) {
            assert_true(walk->raw[0] > before);
            before = walk->raw[0];
        }
        assert_true(count <= points && (points < 10 || count == 10));
        assert_true(points == 1 || before == 10);
        cav_walk_free(walk);
        caviar_space_free(space);
    }
}

static void test_random_walks_with_points_never_repeat(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(503), 0, CAV_PURPOSE_TEST, 0);
    for (size_t i = test_rounds(SPACES); i > 0; i--) {
        cav_space *space = random_space_new(&random, 3, (random_limits){.ordinary = true});
        size_t dims = space->dim_count;
        cav_walk *walk = cav_walk_new(space, 1 + cav_random_below(&random, 7));
        double before[3];
        for (size_t count = 0; cav_walk_next(walk); count++) {
            if (count > 0)
                assert_true(compare_points(before, walk->point, dims) < 0);
            memcpy(before, walk->point, dims * sizeof(double));
        }
        cav_walk_free(walk);
        caviar_space_free(space);
    }
}

static void test_a_space_without_dimensions_has_one_configuration(void **state)
{
    (void)state;
    caviar_parameter given = P(.type = CONSTANT, CHOICES(TEXT("a")));
    cav_space *space = make(&given, 1);
    cav_walk *walk = cav_walk_new(space, 0);
    assert_true(cav_walk_size(walk) == 1);
    assert_true(cav_walk_next(walk));
    assert_true(walk->raw[0] == 0);
    assert_false(cav_walk_next(walk));
    cav_walk_free(walk);
    caviar_space_free(space);
    cav_walk_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_walk_is_what_brute_force_finds_in_order),
        cmocka_unit_test(test_a_walk_can_be_put_anywhere),
        cmocka_unit_test(test_seeking_reaches_every_combination),
        cmocka_unit_test(test_points_spread_over_the_own_scale_with_both_ends),
        cmocka_unit_test(test_no_value_comes_twice_where_levels_are_wider_than_the_spread),
        cmocka_unit_test(test_random_walks_with_points_never_repeat),
        cmocka_unit_test(test_a_space_without_dimensions_has_one_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
