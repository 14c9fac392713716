/**
 * test_anova.c: shares against closed forms and against enumeration; conditions; noise.
 */
#include "support/test.h"
#include "support/trials.h"

#include "base/memory.h"
#include "insight/anova.h"
#include "insight/shapley.h"
#include "insight/tiers.h"

#include <math.h>
#include <stdio.h>

enum { MOST = TRIALS_MOST_PARAMETERS };

// What was measured, by parameter.
typedef struct shares {
    cav_importance single[MOST], shapley[MOST];
    double pair[MOST][MOST];
    double explained;
    bool is_enough;
} shares;

static void measure(const trials *at, uint64_t seed, shares *ret_shares)
{
    cav_error error = {0};
    cav_fitted fitted;
    cav_importance items[MOST];
    cav_interaction pairs[MOST * MOST / 2];
    assert_ok(cav_fitted_make(at->space, at->history, 0, seed, &fitted, &error), &error);
    *ret_shares =
        (shares){.explained = fitted.explained, .is_enough = cav_fitted_is_enough(&fitted)};
    assert_true(cav_anova_singles(&fitted, items));
    for (size_t i = 0; i < fitted.cube.count; i++) {
        assert_true(items[i].low <= items[i].share && items[i].share <= items[i].high);
        assert_true(i == 0 || items[i - 1].share >= items[i].share);
        ret_shares->single[items[i].parameter] = items[i];
    }
    assert_true(cav_shapley_shares(&fitted, items));
    for (size_t i = 0; i < fitted.cube.count; i++)
        ret_shares->shapley[items[i].parameter] = items[i];
    assert_true(cav_anova_pairs(&fitted, pairs));
    for (size_t i = 0; i < cav_anova_pair_count(&fitted); i++)
        ret_shares->pair[pairs[i].first][pairs[i].second] = pairs[i].share;
    cav_fitted_free(&fitted);
}

static double additive(const double *raw, cav_random *random)
{
    (void)random;
    return 3 * raw[0] + raw[1];
}

static void test_additive_functions_have_the_shares_of_their_squares(void **state)
{
    (void)state;
    trials at;
    shares found;
    trials_init_floats(&at, 3, test_seed(1));
    trials_fill(&at, 1000, additive);
    measure(&at, 1, &found);
    print_message("# singles %.3f %.3f %.3f, pair %.4f, explained %.3f\n", found.single[0].share,
                  found.single[1].share, found.single[2].share, found.pair[0][1], found.explained);
    assert_true(found.is_enough && found.explained > 0.95);
    assert_near(found.single[0].share, 0.9, 0.02);
    assert_near(found.single[1].share, 0.1, 0.02);
    assert_near(found.shapley[0].share, 0.9, 0.03);
    assert_near(found.shapley[1].share, 0.1, 0.03);
    assert_true(found.single[2].share < 0.005 && found.pair[0][1] < 0.02);
    assert_true(found.single[0].chance < 0.05 && found.single[1].chance < 0.05);
    trials_free(&at);
}

// Ishigami and Homma 1990, with a = 7, b = 0.1.
static double ishigami(const double *raw, cav_random *random)
{
    (void)random;
    double x[3];
    for (size_t i = 0; i < 3; i++)
        x[i] = M_PI * (2 * raw[i] - 1);
    return sin(x[0]) * (1 + 0.1 * pow(x[2], 4)) + 7 * sin(x[1]) * sin(x[1]);
}

// A forest smooths and leaves noise, so that what it says is near the function's own, not equal:
// S1 0.3139, S2 0.4424, S3 0, S13 0.2437; Shapley effects 0.4357, 0.4424, 0.1218.
static void test_ishigami_has_its_sobol_indices_and_shapley_effects(void **state)
{
    (void)state;
    trials at;
    shares found;
    trials_init_floats(&at, 3, test_seed(1));
    trials_fill(&at, 4000, ishigami);
    measure(&at, 1, &found);
    print_message("# singles %.3f %.3f %.3f, pairs %.3f %.3f %.3f, Shapley %.3f %.3f %.3f\n",
                  found.single[0].share, found.single[1].share, found.single[2].share,
                  found.pair[0][1], found.pair[0][2], found.pair[1][2], found.shapley[0].share,
                  found.shapley[1].share, found.shapley[2].share);
    assert_near(found.single[0].share, 0.3139, 0.08);
    assert_near(found.single[1].share, 0.4424, 0.08);
    assert_true(found.single[2].share < 0.02);
    assert_near(found.pair[0][2], 0.2437, 0.04);
    assert_true(found.pair[0][1] < 0.04 && found.pair[1][2] < 0.04);
    assert_near(found.shapley[0].share, 0.4357, 0.05);
    assert_near(found.shapley[1].share, 0.4424, 0.05);
    assert_near(found.shapley[2].share, 0.1218, 0.05);
    trials_free(&at);
}

static double exclusive_or(const double *raw, cav_random *random)
{
    (void)random;
    return (raw[0] < 0.5) == (raw[1] < 0.5);
}

static void test_what_two_do_only_together_is_a_pair_and_shared_evenly(void **state)
{
    (void)state;
    trials at;
    shares found;
    trials_init_floats(&at, 2, test_seed(3));
    trials_fill(&at, 1000, exclusive_or);
    measure(&at, 1, &found);
    print_message("# singles %.3f %.3f, pair %.3f, Shapley %.3f %.3f\n", found.single[0].share,
                  found.single[1].share, found.pair[0][1], found.shapley[0].share,
                  found.shapley[1].share);
    assert_true(found.single[0].share < 0.03 && found.single[1].share < 0.03);
    assert_true(found.pair[0][1] > 0.95);
    assert_near(found.shapley[0].share, 0.5, 0.04);
    trials_free(&at);
}

// ---- Conditions, against enumeration ----------------------------------------------------------

static const caviar_value choices[] = {{CAVIAR_KIND_TEXT, .text = "a"},
                                       {CAVIAR_KIND_TEXT, .text = "b"},
                                       {CAVIAR_KIND_TEXT, .text = "c"}};

enum { P, X, Y, Z, FINITE };

// x where p is a or c, y always, z where x is 2 or 3 (and so p is a or c): a cube of 3 x 4 x 3 x 2.
static void init_finite(trials *at, uint64_t seed)
{
    static const caviar_value some[] = {{CAVIAR_KIND_TEXT, .text = "a"},
                                        {CAVIAR_KIND_TEXT, .text = "c"}};
    static const caviar_condition when_p[] = {{.parent = "p", .values = some, .value_count = 2}};
    static const caviar_condition when_x[] = {{.parent = "x", .low = 2, .high = 3}};
    const caviar_parameter parameters[FINITE] = {
        [P] = {.name = "p", .type = CAVIAR_TYPE_CATEGORICAL, .choices = choices, .choice_count = 3},
        [X] = {.name = "x",
               .type = CAVIAR_TYPE_INT,
               .low = 1,
               .high = 4,
               .when = when_p,
               .when_count = 1},
        [Y] = {.name = "y", .type = CAVIAR_TYPE_INT, .low = 0, .high = 2},
        [Z] = {.name = "z",
               .type = CAVIAR_TYPE_CATEGORICAL,
               .choices = choices,
               .choice_count = 2,
               .when = when_x,
               .when_count = 1},
    };
    trials_init(at, parameters, FINITE, seed);
}

static const size_t sizes[FINITE] = {3, 4, 3, 2};

static double tangled(const double *raw, cav_random *random)
{
    (void)random;
    double x = isnan(raw[X]) ? 0 : raw[X] * raw[X], z = isnan(raw[Z]) ? 0 : 1 + raw[Z];
    return 2 * raw[P] + x * (1 + raw[P]) + raw[Y] * (raw[P] == 1) + 5 * z * (raw[Y] - 1);
}

typedef struct table {
    double values[72];
    bool active[72][FINITE];
    size_t cells[72][FINITE];
} table;

// What one tree says at every point of the cube.
static void enumerate(const cav_fitted *fitted, const cav_forest_tree *tree, table *ret_table)
{
    for (size_t n = 0; n < 72; n++) {
        double point[FINITE], row[FINITE];
        size_t rest = n;
        for (size_t i = 0; i < FINITE; rest /= sizes[i], i++) {
            ret_table->cells[n][i] = rest % sizes[i];
            point[i] = ((double)(rest % sizes[i]) + 0.5) / (double)sizes[i];
        }
        for (size_t i = 0; i < FINITE; i++)
            ret_table->active[n][i] = cav_cube_is_active(&fitted->cube, i, point);
        cav_cube_mask(&fitted->cube, point, row);
        ret_table->values[n] = tree->nodes[cav_forest_leaf(fitted->forest, tree, row)].mean;
    }
}

// Mean over the points where `first` and `second` are active and have the cells of point n; a
// coordinate of FINITE is left free.
static double mean_given(const table *at, size_t first, size_t second, size_t fixed, size_t other,
                         size_t n, double *ret_share)
{
    double sum = 0, count = 0, all = 0;
    for (size_t m = 0; m < 72; m++) {
        if (!at->active[m][first] || !at->active[m][second])
            continue;
        all++;
        bool same = (fixed == FINITE || at->cells[m][fixed] == at->cells[n][fixed]) &&
                    (other == FINITE || at->cells[m][other] == at->cells[n][other]);
        sum += same ? at->values[m] : 0;
        count += same;
    }
    *ret_share = all / 72;
    return sum / count;
}

// The variance that two parameters make together, or, where they are the same, one alone.
static double variance_of(const table *at, size_t first, size_t second)
{
    double sum = 0, share;
    for (size_t n = 0; n < 72; n++) {
        if (!at->active[n][first] || !at->active[n][second])
            continue;
        double mean = mean_given(at, first, second, FINITE, FINITE, n, &share);
        double both = mean_given(at, first, second, first, second, n, &share);
        double one = mean_given(at, first, second, first, FINITE, n, &share);
        double two = mean_given(at, first, second, FINITE, second, n, &share);
        double effect = first == second ? both - mean : both - one - two + mean;
        sum += effect * effect / 72;
    }
    return sum;
}

static double share_by_enumeration(const cav_fitted *fitted, size_t first, size_t second)
{
    double sum = 0;
    for (size_t t = 0; t < fitted->forest->tree_count; t++) {
        table at;
        double mean = 0, total = 0;
        enumerate(fitted, &fitted->forest->trees[t], &at);
        for (size_t n = 0; n < 72; n++)
            mean += at.values[n] / 72;
        for (size_t n = 0; n < 72; n++)
            total += (at.values[n] - mean) * (at.values[n] - mean) / 72;
        sum += variance_of(&at, first, second) / total;
    }
    return sum / (double)fitted->forest->tree_count;
}

static void test_conditions_give_what_enumeration_gives(void **state)
{
    (void)state;
    uint64_t usual = test_seed(1);
    for (uint64_t seed = usual; seed < usual + 3; seed++) {
        trials at;
        cav_error error = {0};
        cav_fitted fitted;
        cav_importance singles[FINITE];
        cav_interaction pairs[FINITE * FINITE];
        init_finite(&at, seed);
        trials_fill(&at, 60 * seed, tangled);
        assert_ok(cav_fitted_make(at.space, at.history, 0, seed, &fitted, &error), &error);
        assert_true(cav_anova_singles(&fitted, singles) && cav_anova_pairs(&fitted, pairs));
        for (size_t i = 0; i < FINITE; i++) {
            size_t parameter = singles[i].parameter;
            assert_near(singles[i].share, share_by_enumeration(&fitted, parameter, parameter),
                        1e-12);
        }
        assert_int_equal(cav_anova_pair_count(&fitted), 6);
        for (size_t i = 0; i < 6; i++)
            assert_near(pairs[i].share,
                        share_by_enumeration(&fitted, pairs[i].first, pairs[i].second), 1e-12);
        cav_fitted_free(&fitted);
        trials_free(&at);
    }
}

// One parameter with its value where it is active: with conditions, its Shapley effect is its own
// share, and its parent has the rest.
static double inner(const double *raw, cav_random *random)
{
    (void)random;
    return raw[P] + (isnan(raw[X]) ? 0 : 2 * raw[X]);
}

static void test_what_a_child_does_is_its_own_and_that_it_is_there_its_parents(void **state)
{
    (void)state;
    trials at;
    shares found;
    init_finite(&at, test_seed(5));
    trials_fill(&at, 600, inner);
    measure(&at, 1, &found);
    // given p: a 5, b 1, c 7 on average; x has the variance 4 * 1.25 where it is active
    double of_p = (25 + 1 + 49) / 3. - pow(13 / 3., 2), of_x = 2 / 3. * 5;
    double share = of_x / (of_x + of_p);
    assert_near(found.single[X].share, share, 0.02);
    assert_near(found.single[P].share, 1 - share, 0.02);
    assert_near(found.shapley[X].share, share, 0.03);
    assert_near(found.shapley[P].share, 1 - share, 0.03);
    trials_free(&at);
}

// ---- Noise ------------------------------------------------------------------------------------

static double nothing(const double *raw, cav_random *random)
{
    (void)raw;
    return cav_random_normal(random);
}

static double hidden(const double *raw, cav_random *random)
{
    return raw[0] + cav_random_normal(random);
}

static double half_hidden(const double *raw, cav_random *random)
{
    return 4 * raw[0] + cav_random_normal(random);
}

static void test_noise_is_not_ranked(void **state)
{
    (void)state;
    uint64_t usual = test_seed(1);
    static const size_t counts[] = {16, 40, 200};
    for (size_t c = 0; c < CAV_COUNT_OF(counts); c++) {
        int ranked = 0;
        for (uint64_t seed = usual; seed < usual + 40; seed++) {
            trials at;
            cav_error error = {0};
            cav_fitted fitted;
            trials_init_floats(&at, 5, seed);
            trials_fill(&at, counts[c], nothing);
            assert_ok(cav_fitted_make(at.space, at.history, 0, seed, &fitted, &error), &error);
            ranked += cav_fitted_is_enough(&fitted);
            cav_fitted_free(&fitted);
            trials_free(&at);
        }
        print_message("# %zu trials of noise: %d of 40 ranked\n", counts[c], ranked);
        assert_true(ranked <= 3);
    }
}

static void test_a_parameter_that_does_nothing_is_told_from_one_that_does(void **state)
{
    (void)state;
    uint64_t usual = test_seed(1);
    int idle = 0, idle_count = 0;
    for (uint64_t seed = usual; seed < usual + 15; seed++) {
        trials at;
        shares found;
        trials_init_floats(&at, 4, seed);
        trials_fill(&at, 150, half_hidden);
        measure(&at, seed, &found);
        assert_true(found.is_enough && found.single[0].chance < CAV_IMPORTANCE_NOISE);
        for (size_t i = 1; i < 4; i++, idle_count++)
            idle += found.single[i].chance < CAV_IMPORTANCE_NOISE;
        trials_free(&at);
    }
    print_message("# idle parameters not marked: %d of %d\n", idle, idle_count);
    assert_true(idle <= idle_count / 6);
}

static void test_the_explained_share_is_that_of_the_signal(void **state)
{
    (void)state;
    trials at;
    shares found;
    trials_init_floats(&at, 1, test_seed(2));
    trials_fill(&at, 3000, hidden);
    measure(&at, 1, &found);
    // 1/12 of 1 + 1/12 at most; a forest with pure leaves leaves more
    print_message("# explained %.3f\n", found.explained);
    assert_true(found.explained < 0.09 && !found.is_enough);
    trials_free(&at);
}

// ---- Far-out losses ---------------------------------------------------------------------------

static double with_wrecks(const double *raw, cav_random *random)
{
    return raw[1] > 0.98 ? 1e30 * (1 + cav_random_unit(random)) : raw[0];
}

static void test_a_few_wrecks_are_not_all_of_the_variation(void **state)
{
    (void)state;
    trials at;
    shares found;
    trials_init_floats(&at, 2, test_seed(1));
    trials_fill(&at, 300, with_wrecks);
    measure(&at, 1, &found);
    print_message("# shares %.3f %.3f\n", found.single[0].share, found.single[1].share);
    assert_true(found.single[0].share > 0.2 && found.single[1].share > 0.2);
    trials_free(&at);
}

// ---- Nothing to tell ---------------------------------------------------------------------------

static double always(const double *raw, cav_random *random)
{
    (void)raw;
    (void)random;
    return 3;
}

static void test_equal_losses_and_spaces_that_vary_nothing_have_no_shares(void **state)
{
    (void)state;
    const caviar_parameter fixed = {
        .name = "one", .type = CAVIAR_TYPE_CONSTANT, .choices = choices, .choice_count = 1};
    for (size_t count = 0; count <= 2; count++) {
        trials at;
        shares found;
        if (count == 0)
            trials_init(&at, &fixed, 1, test_seed(1));
        else
            trials_init_floats(&at, count, test_seed(1));
        trials_fill(&at, 40, always);
        measure(&at, 1, &found);
        assert_false(found.is_enough);
        for (size_t i = 0; i < count; i++)
            assert_true(found.single[i].share == 0 && found.shapley[i].share == 0);
        trials_free(&at);
    }
}

// ---- Tiers ------------------------------------------------------------------------------------

static void test_the_measured_order_is_held_against_the_tiers(void **state)
{
    (void)state;
    const caviar_parameter parameters[] = {
        {.name = "lr", .high = 1, .tier = CAVIAR_TIER_MOST},
        {.name = "momentum", .high = 1, .tier = CAVIAR_TIER_MEDIUM},
        {.name = "layers", .high = 1, .tier = CAVIAR_TIER_LEAST},
        {.name = "width", .high = 1},
    };
    trials at;
    cav_text text = {0};
    trials_init(&at, parameters, 4, 1);
    cav_importance items[] = {{3, 0.5, 0.4, 0.6, 0.01},
                              {1, 0.3, 0.2, 0.35, 0.01},
                              {0, 0.1, 0.05, 0.15, 0.01},
                              {2, 0.1, 0.05, 0.15, 0.01}};
    assert_int_equal(cav_tiers_compare(at.space, items, 4, 5, &text), 1);
    assert_string_equal(cav_text_get(&text),
                        "here momentum (tier medium) matters more than lr (tier most)");
    cav_text_clear(&text);
    items[1].chance = 0.2; // may be noise
    assert_int_equal(cav_tiers_compare(at.space, items, 4, 5, &text), 0);
    items[1].chance = NAN; // the method does not say
    items[2].high = 0.25;  // the intervals overlap
    assert_int_equal(cav_tiers_compare(at.space, items, 4, 5, &text), 0);
    assert_string_equal(cav_text_get(&text), "");
    cav_text_free(&text);
    trials_free(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_additive_functions_have_the_shares_of_their_squares),
        cmocka_unit_test(test_ishigami_has_its_sobol_indices_and_shapley_effects),
        cmocka_unit_test(test_what_two_do_only_together_is_a_pair_and_shared_evenly),
        cmocka_unit_test(test_conditions_give_what_enumeration_gives),
        cmocka_unit_test(test_what_a_child_does_is_its_own_and_that_it_is_there_its_parents),
        cmocka_unit_test(test_noise_is_not_ranked),
        cmocka_unit_test(test_a_parameter_that_does_nothing_is_told_from_one_that_does),
        cmocka_unit_test(test_the_explained_share_is_that_of_the_signal),
        cmocka_unit_test(test_a_few_wrecks_are_not_all_of_the_variation),
        cmocka_unit_test(test_equal_losses_and_spaces_that_vary_nothing_have_no_shares),
        cmocka_unit_test(test_the_measured_order_is_held_against_the_tiers),
    };
    return cmocka_run_group_tests_name("fANOVA and Shapley effects", tests, NULL, NULL);
}
