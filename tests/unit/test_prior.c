/**
 * test_prior.c: a belief is a density, its slope is its slope, what is placed follows it, and what
 * cannot be believed is refused.
 */
#include "support/test.h"

#include "support/literal.h"

#include "space/prior.h"

#include <math.h>

static const caviar_parameter believed[] = {
    {.name = "a", .high = 1, .prior = REAL(0.3)},
    {.name = "b",
     .scale = LOG,
     .low = 1e-5,
     .high = 1,
     .prior = REAL(1e-5),
     .confidence = CAVIAR_CONFIDENCE_HIGH},
    {.name = "c", .high = 10, .prior = REAL(7), .confidence = CAVIAR_CONFIDENCE_LOW},
    {.name = "d", .scale = LOG, .low = 1e-6, .high = 1e-2, SPECIALS(0), .prior = REAL(1e-4)},
    {.name = "e", .scale = LOG, .low = 1e-6, .high = 1e-2, SPECIALS(0), .prior = REAL(0)},
    {.name = "f", .low = 1, .high = 2, .limit_low = 0.5, .limit_high = 4, .prior = REAL(2)},
    {.name = "g",
     .type = CATEGORICAL,
     CHOICES(TEXT("x"), TEXT("y"), TEXT("z")),
     .prior = TEXT("y")},
    {.name = "h",
     .type = CATEGORICAL,
     CHOICES(TEXT("x"), TEXT("y")),
     .prior = TEXT("y"),
     .confidence = CAVIAR_CONFIDENCE_HIGH},
};

static cav_space *make(void)
{
    cav_space *space = caviar_space_new();
    for (size_t i = 0; i < CAV_COUNT_OF(believed); i++)
        if (caviar_space_add(space, &believed[i]))
            fail_msg("%s", caviar_space_message(space));
    return space;
}

static double density(const cav_parameter *parameter, double u)
{
    return exp(cav_prior_log_density(parameter, u, NULL));
}

static void test_a_belief_is_a_density_over_where_the_search_starts(void **state)
{
    (void)state;
    enum { STEPS = 60000 };
    cav_space *space = make();
    for (size_t i = 0; i < space->count; i++) {
        double sum = 0;
        for (size_t k = 0; k < STEPS; k++)
            sum += density(&space->parameters[i], ((double)k + 0.5) / STEPS) / STEPS;
        assert_near(sum, 1, 1e-3);
    }
    caviar_space_free(space);
}

static void test_it_is_greatest_at_the_believed_value_and_nothing_is_ruled_out(void **state)
{
    (void)state;
    cav_space *space = make();
    for (size_t i = 0; i < space->count; i++) {
        const cav_parameter *parameter = &space->parameters[i];
        double most = density(parameter, cav_parameter_encode(parameter, parameter->prior));
        for (double u = 0; u <= 1; u += 1.0 / 64) {
            assert_true(density(parameter, u) <= most + 1e-12);
            assert_true(density(parameter, u) >= 0.1);
        }
        assert_true(most > 1.2);
    }
    caviar_space_free(space);
}

static void test_the_slope_is_that_of_finite_differences(void **state)
{
    (void)state;
    cav_space *space = make();
    for (size_t i = 0; i < 4; i++) {
        for (double u = 0.21; u < 0.98; u += 0.05) {
            double slope, step = 1e-6;
            cav_prior_log_density(&space->parameters[i], u, &slope);
            double difference = cav_prior_log_density(&space->parameters[i], u + step, NULL) -
                                cav_prior_log_density(&space->parameters[i], u - step, NULL);
            assert_near(slope, difference / (2 * step), 1e-5 * (1 + fabs(slope)));
        }
    }
    caviar_space_free(space);
}

// Even numbers are placed so that the share of them up to u is the density's integral up to u, once
// its even part is taken off.
static void test_what_is_placed_follows_the_density(void **state)
{
    (void)state;
    enum { STEPS = 20000 };
    cav_space *space = make();
    for (size_t i = 0; i < space->count; i++) {
        const cav_parameter *parameter = &space->parameters[i];
        for (double to = 0.05; to < 1; to += 0.1) {
            double below = 0, integral = 0;
            for (size_t k = 0; k < STEPS; k++) {
                double v = ((double)k + 0.5) / STEPS;
                below += cav_prior_place(parameter, v) < to;
                integral += v < to ? (density(parameter, v) - 0.1) / 0.9 : 0;
            }
            assert_near(below / STEPS, integral / STEPS, 2e-3);
        }
    }
    caviar_space_free(space);
}

static void test_without_a_belief_all_is_even(void **state)
{
    (void)state;
    cav_space *space = caviar_space_new();
    assert_int_equal(caviar_space_add(space, &(caviar_parameter){.name = "x", .high = 1}),
                     CAVIAR_OK);
    assert_false(cav_prior_any(space));
    assert_true(cav_prior_place(&space->parameters[0], 0.3) == 0.3);
    assert_true(cav_prior_log_density(&space->parameters[0], 0.3, NULL) == 0);
    caviar_space_free(space);
}

static void test_the_first_guess_is_the_default_or_else_the_belief(void **state)
{
    (void)state;
    cav_space *space = caviar_space_new();
    const caviar_parameter both = {
        .name = "x", .high = 1, .prior = REAL(0.25), .initial = REAL(0.75)};
    const caviar_parameter one = {.name = "y", .high = 1, .prior = REAL(0.25)};
    double point[2];
    assert_int_equal(caviar_space_add(space, &both), CAVIAR_OK);
    assert_int_equal(caviar_space_add(space, &one), CAVIAR_OK);
    cav_space_put_defaults(space, point);
    assert_true(point[0] == 0.75 && point[1] == 0.25);
    caviar_space_free(space);
}

static void test_a_belief_that_the_parameter_cannot_have_is_refused(void **state)
{
    (void)state;
    const struct refusal {
        caviar_parameter parameter;
        const char *piece;
    } refusals[] = {
        {{.name = "x", .high = 1, .prior = REAL(2)}, "prior"},
        {{.name = "x", .high = 1, .prior = TEXT("a")}, "prior"},
        {{.name = "x", .type = CATEGORICAL, CHOICES(TEXT("a"), TEXT("b")), .prior = TEXT("c")},
         "prior"},
        {{.name = "x", .type = CONSTANT, CHOICES(TEXT("a")), .prior = TEXT("a")}, "is searched"},
        {{.name = "x", .high = 1, .initial = REAL(1), .tier = CAVIAR_TIER_FIXED, .prior = REAL(1)},
         "is searched"},
        {{.name = "x", .high = 1, .prior = REAL(1), .confidence = (caviar_confidence)3},
         "confidence"},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(refusals); i++) {
        cav_space *space = caviar_space_new();
        assert_int_equal(caviar_space_add(space, &refusals[i].parameter), CAVIAR_INVALID);
        assert_contains(caviar_space_message(space), refusals[i].piece);
        caviar_space_free(space);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_belief_is_a_density_over_where_the_search_starts),
        cmocka_unit_test(test_it_is_greatest_at_the_believed_value_and_nothing_is_ruled_out),
        cmocka_unit_test(test_the_slope_is_that_of_finite_differences),
        cmocka_unit_test(test_what_is_placed_follows_the_density),
        cmocka_unit_test(test_without_a_belief_all_is_even),
        cmocka_unit_test(test_the_first_guess_is_the_default_or_else_the_belief),
        cmocka_unit_test(test_a_belief_that_the_parameter_cannot_have_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
