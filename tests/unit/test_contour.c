/**
 * test_contour.c: the surrogate's mean over two parameters, held against functions that are
 * known.
 */
#include "support/test.h"
#include "support/trials.h"

#include "insight/contour.h"
#include "insight/effect.h"

#include <math.h>

static void make(const trials *at, const char *first, const char *second, cav_arena *arena,
                 cav_contour *ret_contour)
{
    cav_error error = {0};
    assert_ok(
        cav_contour_of(at->space, at->history, 0, 1, first, second, arena, ret_contour, &error),
        &error);
}

// A third parameter adds to it, so that the mean over its values is the same function, moved.
static double valley(const double *raw, cav_random *random)
{
    (void)random;
    return (raw[0] - 0.3) * (raw[0] - 0.3) + 2 * (raw[1] - 0.7) * (raw[1] - 0.7) + 0.1 * raw[2];
}

// Ranks the worse half, so only the order of the places is that of the function; nearly.
static void test_the_valley_of_a_sum_is_found(void **state)
{
    (void)state;
    trials at;
    cav_contour found;
    cav_arena *arena = cav_arena_new();
    trials_init_floats(&at, 3, test_seed(1));
    trials_fill(&at, 150, valley);
    make(&at, "x0", "x1", arena, &found);
    assert_true(found.width == 28 && found.height == 28 && found.trial_count == 150);
    assert_true(found.skill > 0.9);
    size_t least = 0, agree = 0, pairs = 0;
    for (size_t i = 0; i < found.width * found.height; i++)
        if (found.heights[i] < found.heights[least])
            least = i;
    assert_true(found.heights[least] == 0);
    assert_true(fabs(found.across[least % found.width] - 0.3) < 0.08);
    assert_true(fabs(found.up[least / found.width] - 0.7) < 0.08);
    for (size_t i = 0; i < found.width * found.height; i += 7)
        for (size_t k = 0; k < i; k += 11) {
            double a[] = {found.across[i % 28], found.up[i / 28], 0.5};
            double b[] = {found.across[k % 28], found.up[k / 28], 0.5};
            double difference = valley(a, NULL) - valley(b, NULL);
            if (fabs(difference) < 0.1)
                continue;
            pairs++;
            agree += (difference > 0) == (found.losses[i] > found.losses[k]);
        }
    assert_true(pairs > 1000 && (double)agree > 0.95 * (double)pairs);
    // what it says of the best place is a loss that was seen near there
    assert_true(found.losses[least] > -0.02 && found.losses[least] < 0.15);
    trials_free(&at);
    cav_arena_free(arena);
}

static void test_the_two_can_be_swapped(void **state)
{
    (void)state;
    trials at;
    cav_contour one, other;
    cav_arena *arena = cav_arena_new();
    trials_init_floats(&at, 3, test_seed(2));
    trials_fill(&at, 60, valley);
    make(&at, "x0", "x2", arena, &one);
    make(&at, "x2", "x0", arena, &other);
    for (size_t y = 0; y < one.height; y++)
        for (size_t x = 0; x < one.width; x++)
            assert_true(fabs(one.heights[y * 28 + x] - other.heights[x * 28 + y]) < 1e-9);
    trials_free(&at);
    cav_arena_free(arena);
}

static const caviar_value choices[] = {{CAVIAR_KIND_TEXT, .text = "a"},
                                       {CAVIAR_KIND_TEXT, .text = "b"}};

static void init_conditional(trials *at)
{
    static const caviar_condition only_b = {
        .parent = "act", .values = choices + 1, .value_count = 1};
    const caviar_parameter parameters[] = {
        {.name = "act", .type = CAVIAR_TYPE_CATEGORICAL, .choices = choices, .choice_count = 2},
        {.name = "x", .high = 1},
        {.name = "beta", .high = 1, .when = &only_b, .when_count = 1}};
    trials_init(at, parameters, 3, test_seed(3));
}

static double with_beta(const double *raw, cav_random *random)
{
    (void)random;
    return raw[1] + (raw[0] == 1 ? 1 + raw[2] : 0);
}

static void test_where_a_parameter_is_not_active_nothing_is_said(void **state)
{
    (void)state;
    trials at;
    cav_contour found;
    cav_arena *arena = cav_arena_new();
    init_conditional(&at);
    trials_fill(&at, 80, with_beta);
    make(&at, "act", "beta", arena, &found);
    assert_int_equal(found.width, 2);
    for (size_t y = 0; y < found.height; y++) {
        assert_true(isnan(found.losses[y * 2]) && isnan(found.heights[y * 2]));
        assert_true(isfinite(found.losses[y * 2 + 1]));
    }
    make(&at, "act", "x", arena, &found); // each choice from the trials that had it
    for (size_t i = 0; i < found.width * found.height; i++)
        assert_true(isfinite(found.losses[i]));
    assert_true(found.losses[0] < found.losses[1]);
    trials_free(&at);
    cav_arena_free(arena);
}

static void refuse(const trials *at, const char *first, const char *second, caviar_code code,
                   const char *piece)
{
    cav_error error = {0};
    cav_contour found;
    cav_arena *arena = cav_arena_new();
    assert_int_equal(
        cav_contour_of(at->space, at->history, 0, 1, first, second, arena, &found, &error), code);
    assert_contains(error.message, piece);
    cav_arena_free(arena);
}

static void test_what_cannot_be_drawn_is_said(void **state)
{
    (void)state;
    trials at;
    trials_init_floats(&at, 2, 1);
    trials_put(&at, (double[]){0.5, 0.5}, 1, CAVIAR_STATE_COMPLETE);
    refuse(&at, "x0", "x1", CAVIAR_NOT_FOUND, "16 trials");
    refuse(&at, "x0", "x7", CAVIAR_INVALID, "'x7'");
    refuse(&at, "x1", "x1", CAVIAR_INVALID, "twice");
    trials_free(&at);
}

static void test_the_effect_of_each_parameter_is_that_of_the_sum_s_own_part(void **state)
{
    (void)state;
    trials at;
    cav_smooth smooth;
    cav_effects found;
    cav_error error = {0};
    cav_arena *arena = cav_arena_new();
    trials_init_floats(&at, 3, test_seed(1));
    trials_fill(&at, 150, valley);
    assert_ok(cav_smooth_make(at.space, at.history, 0, 1, CAV_SMOOTH_CALLS, &smooth, &error),
              &error);
    assert_ok(cav_effects_make(&smooth, arena, &found, &error), &error);
    assert_true(found.trial_count == 150 && found.skill > 0.9);
    const double best[] = {0.3, 0.7, 0};
    double swing[3];
    for (size_t dim = 0; dim < 3; dim++) {
        const cav_effect *one = &found.items[dim];
        size_t least = 0, most = 0;
        assert_true(one->parameter == dim && one->count == 28);
        for (size_t i = 0; i < one->count; i++) {
            least = one->losses[i] < one->losses[least] ? i : least;
            most = one->losses[i] > one->losses[most] ? i : most;
        }
        swing[dim] = one->losses[most] - one->losses[least];
        if (dim < 2)
            assert_true(fabs(one->places[least] - best[dim]) < 0.08);
    }
    assert_true(swing[1] > swing[0] && swing[0] > 2 * swing[2]);
    cav_smooth_free(&smooth);
    cav_arena_free(arena);
    trials_free(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_valley_of_a_sum_is_found),
        cmocka_unit_test(test_the_effect_of_each_parameter_is_that_of_the_sum_s_own_part),
        cmocka_unit_test(test_the_two_can_be_swapped),
        cmocka_unit_test(test_where_a_parameter_is_not_active_nothing_is_said),
        cmocka_unit_test(test_what_cannot_be_drawn_is_said),
    };
    return cmocka_run_group_tests_name("contour", tests, NULL, NULL);
}
