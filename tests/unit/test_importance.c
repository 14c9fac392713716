/**
 * test_importance.c: known importances, chance under no influence, and what must not matter.
 */
#include "support/test.h"
#include "support/trials.h"

#include "insight/importance.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "importance_golden.h"

enum { MOST_PARAMETERS = 8 };

// Trials and what was measured of them.
typedef struct bench {
    trials of;
    cav_importance found[MOST_PARAMETERS]; // by parameter, not by size
    cav_importance order[MOST_PARAMETERS]; // as measured
    cav_importance_basis basis;
} bench;

static bench bench_of(const caviar_parameter *parameters, size_t count, uint64_t seed)
{
    bench at = {0};
    trials_init(&at.of, parameters, count, seed);
    return at;
}

static bench bench_of_floats(size_t count, uint64_t seed)
{
    bench at = {0};
    trials_init_floats(&at.of, count, seed);
    return at;
}

static void bench_free(bench *at)
{
    trials_free(&at->of);
}

static void measure(bench *at, uint64_t seed)
{
    cav_error error = {0};
    assert_ok(cav_importance_measure(at->of.space, at->of.history, 0, seed, at->order, &at->basis,
                                     &error),
              &error);
    double sum = 0;
    for (size_t i = 0; i < at->of.space->dim_count; i++) {
        const cav_importance *item = &at->order[i];
        sum += item->share;
        assert_true(item->low >= 0 && item->low <= item->share);
        assert_true(item->high >= item->share && item->high <= 1);
        assert_true(item->chance > 0 && item->chance <= 1);
        assert_true(i == 0 || item->share <= at->order[i - 1].share);
        at->found[item->parameter] = *item;
    }
    assert_true(fabs(sum - 1) < 1e-9 || sum == 0);
}

static double first_only(const double *raw, cav_random *random)
{
    (void)random;
    return (raw[0] - 0.3) * (raw[0] - 0.3);
}

static double weighted(const double *raw, cav_random *random)
{
    (void)random;
    return 4 * raw[0] + 2 * raw[1] + raw[2];
}

static double nothing(const double *raw, cav_random *random)
{
    (void)raw;
    return cav_random_unit(random);
}

static void test_a_parameter_that_alone_matters_gets_almost_everything(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        bench at = bench_of_floats(5, seed);
        trials_fill(&at.of, 200, first_only);
        measure(&at, seed);
        print_message("# seed %d: %.3f\n", (int)seed, at.found[0].share);
        assert_true(at.found[0].share > 0.9);
        assert_true(at.found[0].chance < 0.01);
        assert_true(at.found[0].low > 0.7);
        for (size_t i = 1; i < 5; i++)
            assert_true(at.found[i].share < 0.06 && at.found[i].low < 0.01);
        bench_free(&at);
    }
}

static void test_additive_influences_rank_by_their_weight(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        bench at = bench_of_floats(4, seed);
        trials_fill(&at.of, 2000, weighted);
        measure(&at, seed);
        print_message("# seed %d: %.3f %.3f %.3f %.3f\n", (int)seed, at.found[0].share,
                      at.found[1].share, at.found[2].share, at.found[3].share);
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(at.order[i].parameter, i);
            assert_true(at.found[i].chance < 0.01);
        }
        assert_true(at.found[0].low > at.found[1].high && at.found[1].low > at.found[2].high);
        bench_free(&at);
    }
}

// Chances are uniform where nothing matters, whatever the kind of the parameter.
static void test_without_influence_every_chance_is_as_likely(void **state)
{
    (void)state;
    enum { STUDIES = 80, PARAMETERS = 3, BINS = 5 };
    int counts[BINS] = {0};
    for (uint64_t seed = 1; seed <= STUDIES; seed++) {
        bench at = bench_of_floats(PARAMETERS, seed);
        trials_fill(&at.of, 50, nothing);
        measure(&at, seed);
        for (size_t i = 0; i < PARAMETERS; i++)
            counts[(int)fmin(BINS - 1, at.found[i].chance * BINS)]++;
        bench_free(&at);
    }
    double expected = (double)STUDIES * PARAMETERS / BINS, chi2 = 0;
    for (int i = 0; i < BINS; i++)
        chi2 += (counts[i] - expected) * (counts[i] - expected) / expected;
    print_message("# seeds 1 to %d: %d %d %d %d %d, chi2 %.2f\n", STUDIES, counts[0], counts[1],
                  counts[2], counts[3], counts[4], chi2);
    assert_true(chi2 < 18.47); // 4 degrees of freedom, p = 0.001
}

static const caviar_value three_choices[] = {{CAVIAR_KIND_TEXT, .text = "a"},
                                             {CAVIAR_KIND_TEXT, .text = "b"},
                                             {CAVIAR_KIND_TEXT, .text = "c"}};

static const double zero[] = {0};

// Every kind of parameter; `inner` is there only where `act` is b.
static bench bench_of_kinds(uint64_t seed)
{
    static const caviar_condition when_b[] = {
        {.parent = "act", .values = three_choices + 1, .value_count = 1}};
    const caviar_parameter parameters[] = {
        {.name = "act",
         .type = CAVIAR_TYPE_CATEGORICAL,
         .choices = three_choices,
         .choice_count = 3},
        {.name = "rate",
         .scale = CAVIAR_SCALE_LOG,
         .low = 1e-4,
         .high = 1,
         .specials = zero,
         .special_count = 1},
        {.name = "units", .type = CAVIAR_TYPE_INT, .low = 1, .high = 4},
        {.name = "inner", .low = 0, .high = 1, .when = when_b, .when_count = 1},
    };
    return bench_of(parameters, 4, seed);
}

static double choice_matters(const double *raw, cav_random *random)
{
    return (raw[0] == 1 ? 0 : 5) + cav_random_unit(random);
}

static double special_matters(const double *raw, cav_random *random)
{
    return (raw[1] == 0 ? 0 : 5) + cav_random_unit(random);
}

static double int_matters(const double *raw, cav_random *random)
{
    return fabs(raw[2] - 3) + cav_random_unit(random);
}

static double inner_matters(const double *raw, cav_random *random)
{
    return isnan(raw[3]) ? 5 + cav_random_unit(random) : raw[3];
}

// Parameter `which` gets almost everything, and what the others get may be chance.
static void check_kind(trials_value *value, size_t which)
{
    for (uint64_t seed = 1; seed <= 4; seed++) {
        bench at = bench_of_kinds(seed);
        trials_fill(&at.of, 300, value);
        measure(&at, seed);
        print_message("# seed %d: %.3f %.3f %.3f %.3f\n", (int)seed, at.found[0].share,
                      at.found[1].share, at.found[2].share, at.found[3].share);
        assert_true(at.found[which].share > 0.85);
        assert_true(at.found[which].chance < 0.01);
        for (size_t i = 0; i < 4; i++)
            assert_true(i == which || at.found[i].low < 0.01);
        bench_free(&at);
    }
}

// That `inner` is there whenever b is chosen is no merit of its own.
static void test_a_choice_that_matters_takes_nothing_to_its_child(void **state)
{
    (void)state;
    check_kind(choice_matters, 0);
}

static void test_a_special_value_that_matters_is_found(void **state)
{
    (void)state;
    check_kind(special_matters, 1);
}

static void test_an_int_that_matters_is_found(void **state)
{
    (void)state;
    check_kind(int_matters, 2);
}

static void test_a_conditional_parameter_shares_with_its_parent(void **state)
{
    (void)state;
    bench at = bench_of_kinds(5);
    trials_fill(&at.of, 600, inner_matters);
    measure(&at, 5);
    assert_true(at.found[0].chance < 0.01 && at.found[3].chance < 0.01);
    assert_true(at.found[0].share > 0.2 && at.found[3].share > 0.2);
    assert_true(at.found[1].share + at.found[2].share < 0.1);
    bench_free(&at);
}

static void test_maximising_is_minimising_the_negative(void **state)
{
    (void)state;
    bench down = bench_of_floats(3, 6), up = bench_of_floats(3, 6);
    up.of.maximize[0] = true;
    for (int i = 0; i < 60; i++) {
        double raw[3];
        trials_draw(&down.of, raw);
        double value = weighted(raw, NULL);
        trials_put(&down.of, raw, value, CAVIAR_STATE_COMPLETE);
        trials_put(&up.of, raw, -value, CAVIAR_STATE_COMPLETE);
    }
    measure(&down, 6);
    measure(&up, 6);
    assert_memory_equal(down.order, up.order, 3 * sizeof down.order[0]);
    bench_free(&down);
    bench_free(&up);
}

static void test_only_complete_trials_with_a_finite_value_count(void **state)
{
    (void)state;
    bench clean = bench_of_floats(3, 7), mixed = bench_of_floats(3, 7);
    static const double none[] = {0.5, 0.5, 0.5};
    for (int i = 0; i < 60; i++) {
        double raw[3];
        trials_draw(&clean.of, raw);
        trials_put(&clean.of, raw, weighted(raw, NULL), CAVIAR_STATE_COMPLETE);
        trials_put(&mixed.of, raw, weighted(raw, NULL), CAVIAR_STATE_COMPLETE);
        trials_put(&mixed.of, none, -100, CAVIAR_STATE_PRUNED);
        trials_put(&mixed.of, none, -100, CAVIAR_STATE_FAILED);
        trials_put(&mixed.of, none, NAN, CAVIAR_STATE_COMPLETE);
        trials_put(&mixed.of, none, -INFINITY, CAVIAR_STATE_COMPLETE);
        trials_put(&mixed.of, none, NAN, CAVIAR_STATE_RUNNING);
    }
    measure(&clean, 7);
    measure(&mixed, 7);
    assert_int_equal(mixed.basis.trial_count, 60);
    assert_memory_equal(clean.order, mixed.order, 3 * sizeof clean.order[0]);
    bench_free(&clean);
    bench_free(&mixed);
}

static double first_rounded(const double *raw, cav_random *random)
{
    (void)random;
    return floor(raw[0] * 3);
}

static double constant(const double *raw, cav_random *random)
{
    (void)raw, (void)random;
    return 7;
}

// A third of the trials have the best value, which is more than the best are: which of them come
// first in the study must not matter.
static void test_ties_are_not_broken_by_the_order_of_trials(void **state)
{
    (void)state;
    bench at = bench_of_floats(2, 8), back = bench_of_floats(2, 8);
    double raw[90][2];
    for (int i = 0; i < 90; i++)
        trials_draw(&at.of, raw[i]);
    for (int i = 0; i < 90; i++) {
        trials_put(&at.of, raw[i], first_rounded(raw[i], NULL), CAVIAR_STATE_COMPLETE);
        trials_put(&back.of, raw[89 - i], first_rounded(raw[89 - i], NULL), CAVIAR_STATE_COMPLETE);
    }
    measure(&at, 8);
    measure(&back, 8);
    for (size_t i = 0; i < 2; i++)
        assert_near(at.found[i].share, back.found[i].share, 1e-9);
    assert_true(at.found[0].share > 0.9);
    bench_free(&at);
    bench_free(&back);
}

static void test_equal_values_tell_nothing(void **state)
{
    (void)state;
    bench at = bench_of_floats(2, 9);
    trials_fill(&at.of, 40, constant);
    measure(&at, 9);
    for (size_t i = 0; i < 2; i++) {
        assert_true(at.found[i].share == 0 || at.found[i].chance > 0.9);
        assert_near(at.found[i].chance, 1, 0);
    }
    bench_free(&at);
}

static void test_the_same_seed_gives_the_same_result(void **state)
{
    (void)state;
    bench at = bench_of_kinds(10);
    trials_fill(&at.of, 100, int_matters);
    measure(&at, 10);
    cav_importance before[4];
    memcpy(before, at.order, sizeof before);
    measure(&at, 10);
    assert_memory_equal(before, at.order, sizeof before);
    measure(&at, 11);
    assert_memory_not_equal(before, at.order, sizeof before);
    bench_free(&at);
}

// Nine trials in ten crowd around the optimum of x0, and, for no reason, around 0.7 in x1.
static void test_a_crowd_does_not_make_its_other_parameters_matter(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        bench at = bench_of_floats(2, seed);
        for (int i = 0; i < 400; i++) {
            double raw[2];
            trials_draw(&at.of, raw);
            if (i % 10) {
                raw[0] = 0.29 + 0.02 * raw[0];
                raw[1] = 0.67 + 0.06 * raw[1];
            }
            trials_put(&at.of, raw, first_only(raw, NULL), CAVIAR_STATE_COMPLETE);
        }
        measure(&at, seed);
        print_message("# seed %d: %.3f, %.0f of 400\n", (int)seed, at.found[0].share,
                      at.basis.even_count);
        assert_true(at.found[0].share > 0.75);
        assert_true(at.basis.even_count > 25 && at.basis.even_count < 80);
        bench_free(&at);
    }
}

static void test_shares_are_those_of_the_definition(void **state)
{
    (void)state;
    static const caviar_condition when_b[] = {
        {.parent = "act", .values = three_choices + 1, .value_count = 1}};
    const caviar_parameter parameters[] = {
        {.name = "lr",
         .scale = CAVIAR_SCALE_LOG,
         .low = 1e-4,
         .high = 1,
         .specials = zero,
         .special_count = 1},
        {.name = "act",
         .type = CAVIAR_TYPE_CATEGORICAL,
         .choices = three_choices,
         .choice_count = 3},
        {.name = "units", .type = CAVIAR_TYPE_INT, .low = 1, .high = 4},
        {.name = "momentum",
         .scale = CAVIAR_SCALE_REVERSE_LOG,
         .low = 0.9,
         .high = 0.999,
         .when = when_b,
         .when_count = 1},
    };
    bench at = bench_of(parameters, 4, 0);
    for (size_t i = 0; i < CAV_COUNT_OF(golden_trials); i++)
        trials_put(&at.of, golden_trials[i], golden_trials[i][4], CAVIAR_STATE_COMPLETE);
    measure(&at, 1);
    for (size_t i = 0; i < 4; i++)
        assert_near(at.found[i].share, golden_shares[i], 1e-7);
    assert_near(at.basis.even_count, golden_even_count, 1e-7);
    bench_free(&at);
}

static void test_too_few_trials_are_refused_with_their_number(void **state)
{
    (void)state;
    bench at = bench_of_floats(2, 12);
    cav_importance found[2] = {{.parameter = 77}};
    cav_error error = {0};
    trials_fill(&at.of, CAV_RANKING_LEAST - 1, nothing);
    assert_int_equal(cav_importance_measure(at.of.space, at.of.history, 0, 1, found, NULL, &error),
                     CAVIAR_NOT_FOUND);
    assert_contains(error.message, "16");
    assert_contains(error.message, "15");
    assert_int_equal(found[0].parameter, 77);
    trials_fill(&at.of, 1, nothing);
    measure(&at, 1);
    bench_free(&at);
}

static void test_a_space_that_varies_nothing_has_no_importances(void **state)
{
    (void)state;
    const caviar_parameter parameters[] = {
        {.name = "c", .type = CAVIAR_TYPE_CONSTANT, .choices = three_choices, .choice_count = 1}};
    bench at = bench_of(parameters, 1, 13);
    trials_fill(&at.of, 20, nothing);
    measure(&at, 13);
    assert_int_equal(at.basis.trial_count, 20);
    bench_free(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_parameter_that_alone_matters_gets_almost_everything),
        cmocka_unit_test(test_additive_influences_rank_by_their_weight),
        cmocka_unit_test(test_without_influence_every_chance_is_as_likely),
        cmocka_unit_test(test_a_choice_that_matters_takes_nothing_to_its_child),
        cmocka_unit_test(test_a_special_value_that_matters_is_found),
        cmocka_unit_test(test_an_int_that_matters_is_found),
        cmocka_unit_test(test_a_conditional_parameter_shares_with_its_parent),
        cmocka_unit_test(test_maximising_is_minimising_the_negative),
        cmocka_unit_test(test_only_complete_trials_with_a_finite_value_count),
        cmocka_unit_test(test_ties_are_not_broken_by_the_order_of_trials),
        cmocka_unit_test(test_equal_values_tell_nothing),
        cmocka_unit_test(test_the_same_seed_gives_the_same_result),
        cmocka_unit_test(test_a_crowd_does_not_make_its_other_parameters_matter),
        cmocka_unit_test(test_shares_are_those_of_the_definition),
        cmocka_unit_test(test_too_few_trials_are_refused_with_their_number),
        cmocka_unit_test(test_a_space_that_varies_nothing_has_no_importances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
