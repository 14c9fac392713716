/**
 * test_cube.c: what is active in the cube is what the space makes of the same point; where trials
 * are looked for; edges between levels.
 */
#include "support/random_space.h"
#include "support/test.h"
#include "support/trials.h"

#include "insight/cube.h"

#include <math.h>

enum { SPACES = 300, POINTS = 200, MOST = 12 };

static cav_cube make_cube(const cav_space *space, const cav_history *history,
                          const cav_ranking *ranking, cav_arena *arena)
{
    cav_cube cube;
    assert_true(cav_cube_make(space, history, ranking, arena, &cube));
    assert_int_equal(cube.count, space->dim_count);
    return cube;
}

// The value of a parameter at a point of the cube, as if it were active whatever the others are.
static double value_at(const cav_space *space, size_t dim, const double *point)
{
    return cav_parameter_decode(&space->parameters[space->dims[dim]], point[dim]);
}

static void compare_point(const cav_cube *cube, const double *point)
{
    const cav_space *space = cube->space;
    double raw[MOST], own[MOST], masked[MOST], encoded[MOST];
    cav_space_decode(space, point, raw, own);
    cav_cube_mask(cube, point, masked);
    cav_cube_encode(cube, own, encoded);
    for (size_t dim = 0; dim < cube->count; dim++) {
        double value = raw[space->dims[dim]];
        bool is_active = !isnan(value);
        assert_int_equal(cav_cube_is_active(cube, dim, point), is_active);
        assert_int_equal(!isnan(masked[dim]), is_active);
        assert_int_equal(!isnan(encoded[dim]), is_active);
        if (is_active && cube->axes[dim].choices > 0) {
            assert_true(masked[dim] == value && encoded[dim] == value);
            assert_true(value < (double)cube->axes[dim].choices);
        } else if (is_active) {
            assert_true(masked[dim] == point[dim] && encoded[dim] == own[dim]);
            assert_true(value_at(space, dim, point) == value);
        }
    }
}

// A space, no trials, and many points.
static void compare(cav_space *space, cav_random *random)
{
    static const bool maximize[1];
    cav_arena *arena = cav_arena_new();
    cav_history *history = cav_history_new(space->count, space->dim_count, 1, maximize);
    assert_true(arena && history);
    cav_cube cube = make_cube(space, history, &(cav_ranking){0}, arena);
    for (size_t k = 0; k < POINTS; k++) {
        double point[MOST];
        for (size_t dim = 0; dim < cube.count; dim++)
            point[dim] = cav_random_unit(random);
        compare_point(&cube, point);
    }
    cav_history_free(history);
    cav_arena_free(arena);
}

static void test_what_is_active_is_what_the_space_makes_of_the_point(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(1), 0, CAV_PURPOSE_TEST, 0);
    for (size_t i = 0; i < SPACES; i++) {
        // in a range of one unit in the last place a single value has no width
        cav_space *space = random_space_new(&random, MOST, (random_limits){.ordinary = true});
        compare(space, &random);
        caviar_space_free(space);
    }
}

static void test_an_axis_spans_where_the_search_starts_and_where_trials_were(void **state)
{
    (void)state;
    static const bool maximize[1];
    cav_error error = {0};
    cav_space *space = caviar_space_new();
    assert_int_equal(
        caviar_space_define(space, "x", "{type: float, low: 0, high: 1, limits: [-1, 3]}"),
        CAVIAR_OK);
    assert_int_equal(caviar_space_define(space, "y", "0 1"), CAVIAR_OK);
    cav_arena *arena = cav_arena_new();
    cav_history *history = cav_history_new(2, 2, 1, maximize);
    cav_cube cube = make_cube(space, history, &(cav_ranking){0}, arena);
    assert_near(cube.axes[0].whole.low, 0.25, 1e-12);
    assert_near(cube.axes[0].whole.high, 0.5, 1e-12);
    assert_true(cube.axes[1].whole.low == 0 && cube.axes[1].whole.high == 1);
    double raw[2] = {2, 0.5}, point[2], value[1] = {0};
    cav_space_encode(space, raw, point);
    cav_record record = {.attempt = 1, .state = CAVIAR_STATE_COMPLETE, .raw = raw, .values = value};
    assert_ok(cav_history_put(history, &record, point, &error), &error);
    cav_ranking ranking;
    assert_ok(cav_ranking_make(history, 0, arena, &ranking, &error), &error);
    cube = make_cube(space, history, &ranking, arena);
    assert_near(cube.axes[0].whole.low, 0.25, 1e-12);
    assert_near(cube.axes[0].whole.high, 0.75, 1e-12);
    cav_history_free(history);
    cav_arena_free(arena);
    caviar_space_free(space);
}

static void test_a_threshold_stands_for_an_edge_between_levels(void **state)
{
    (void)state;
    static const bool maximize[1];
    cav_space *space = caviar_space_new();
    assert_int_equal(caviar_space_define(space, "n", "int 1 4"), CAVIAR_OK);
    assert_int_equal(caviar_space_define(space, "x", "0 1"), CAVIAR_OK);
    cav_arena *arena = cav_arena_new();
    cav_history *history = cav_history_new(2, 2, 1, maximize);
    cav_cube cube = make_cube(space, history, &(cav_ranking){0}, arena);
    assert_near(cav_cube_edge(&cube.axes[0], 0.3), 0.25, 1e-12);
    assert_near(cav_cube_edge(&cube.axes[0], 0.45), 0.5, 1e-12);
    assert_true(cav_cube_edge(&cube.axes[0], 0) == 0 && cav_cube_edge(&cube.axes[0], 1) == 1);
    assert_true(cav_cube_edge(&cube.axes[1], 0.3) == 0.3);
    cav_history_free(history);
    cav_arena_free(arena);
    caviar_space_free(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_active_is_what_the_space_makes_of_the_point),
        cmocka_unit_test(test_an_axis_spans_where_the_search_starts_and_where_trials_were),
        cmocka_unit_test(test_a_threshold_stands_for_an_edge_between_levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
