/**
 * test_forest.c: the random forest: what it must reproduce, what its variance means, that its trees
 * can be read, and that it predicts as well as another's.
 */
#include "support/test.h"

#include "base/memory.h"
#include "base/random.h"
#include "surrogate/forest.h"

#include <math.h>

static const size_t ordered[8]; // no choices

static cav_forest *grow(cav_forest_setup setup)
{
    cav_forest *forest = cav_forest_new(&setup);
    assert_non_null(forest);
    return forest;
}

static double mean_at(const cav_forest *forest, const double *point)
{
    double mean, variance;
    cav_forest_predict(forest, point, &mean, &variance);
    return mean;
}

// Two coordinates, five values each: steps in the first, a square in both.
static double steps(double x, double y)
{
    return floor(x * 3) + (x > 0.5 && y > 0.5 ? 10 : 0);
}

static void test_it_is_exact_on_a_piecewise_constant_function(void **state)
{
    (void)state;
    enum { SIDE = 12, COUNT = SIDE * SIDE };
    double rows[COUNT][2], targets[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        rows[i][0] = ((double)(i % SIDE) + 0.5) / SIDE;
        rows[i][1] = ((double)(i / SIDE) + 0.5) / SIDE;
        targets[i] = steps(rows[i][0], rows[i][1]);
    }
    cav_forest *forest = grow((cav_forest_setup){.axis_count = 2,
                                                 .row_count = COUNT,
                                                 .choices = ordered,
                                                 .rows = rows[0],
                                                 .targets = targets,
                                                 .tree_count = 5,
                                                 .least_leaf = 1,
                                                 .axis_share = 1,
                                                 .no_bootstrap = true});
    for (size_t i = 0; i < COUNT; i++) {
        double mean, variance;
        cav_forest_predict(forest, rows[i], &mean, &variance);
        assert_near(mean, targets[i], 1e-12);
        assert_near(variance, 0, 1e-12);
    }
    cav_forest_free(forest);
}

// The whole of the cube falls into the leaves of each tree, each part into one.
static void test_the_leaves_of_a_tree_are_boxes_that_hold_what_its_nodes_say(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(751), 0, CAV_PURPOSE_TEST, 0);
    double rows[80][3], targets[80];
    for (size_t i = 0; i < 80; i++) {
        for (size_t axis = 0; axis < 3; axis++)
            rows[i][axis] = cav_random_unit(&random);
        targets[i] = cav_random_normal(&random);
    }
    cav_forest *forest = grow((cav_forest_setup){.axis_count = 3,
                                                 .row_count = 80,
                                                 .choices = ordered,
                                                 .rows = rows[0],
                                                 .targets = targets,
                                                 .tree_count = 10,
                                                 .least_leaf = 4,
                                                 .axis_share = 0.7});
    for (size_t t = 0; t < 10; t++) {
        const cav_forest_tree *tree = &forest->trees[t];
        double leaf_weight = 0, drawn = 0;
        for (size_t n = 0; n < tree->node_count; n++) {
            const cav_forest_node *node = &tree->nodes[n];
            double weight = 0, sum = 0, squares = 0;
            for (size_t i = 0; i < 80 && node->left == 0; i++) {
                bool within = cav_forest_leaf(forest, tree, rows[i]) == n;
                weight += within * tree->drawn[i];
                sum += within * tree->drawn[i] * targets[i];
                squares += within * tree->drawn[i] * targets[i] * targets[i];
            }
            if (node->left > 0) {
                assert_true(node->left > n && node->right > n && node->right < tree->node_count);
                continue;
            }
            assert_near(node->weight, weight, 0);
            assert_near(node->mean, sum / weight, 1e-12);
            assert_near(node->variance, squares / weight - node->mean * node->mean, 1e-12);
            assert_true(weight >= 4);
            leaf_weight += weight;
        }
        for (size_t i = 0; i < 80; i++)
            drawn += tree->drawn[i];
        assert_near(drawn, 80, 0);
        assert_near(leaf_weight, 80, 0);
    }
    cav_forest_free(forest);
}

// Good choices are 1, 4, 66 and 129, among 130: they end up on one side of one split.
static void test_a_subset_of_many_choices_is_found(void **state)
{
    (void)state;
    const size_t choices[] = {130};
    double rows[260], targets[260];
    for (size_t i = 0; i < 260; i++) {
        size_t choice = i % 130;
        rows[i] = (double)choice;
        targets[i] = choice == 1 || choice == 4 || choice == 66 || choice == 129 ? -1 : 1;
    }
    cav_forest *forest = grow((cav_forest_setup){.axis_count = 1,
                                                 .row_count = 260,
                                                 .choices = choices,
                                                 .rows = rows,
                                                 .targets = targets,
                                                 .tree_count = 1,
                                                 .least_leaf = 1,
                                                 .axis_share = 1,
                                                 .no_bootstrap = true});
    assert_int_equal(forest->trees[0].node_count, 3); // a root and two leaves
    for (size_t i = 0; i < 130; i++)
        assert_near(mean_at(forest, &rows[i]), targets[i], 0);
    cav_forest_free(forest);
}

// y matters where it is there (a branch), and where it is missing all is 5.
static void test_what_is_missing_goes_its_own_way(void **state)
{
    (void)state;
    const size_t choices[] = {0, 3};
    double rows[120][2], targets[120];
    for (size_t i = 0; i < 120; i++) {
        double u = ((double)i + 0.5) / 120;
        rows[i][0] = i % 3 ? u : NAN;
        rows[i][1] = i % 2 ? (double)(i % 5 % 3) : NAN;
        targets[i] = isnan(rows[i][0]) ? 5 : u > 0.5 ? 1 : 9;
        targets[i] += isnan(rows[i][1]) ? 100 : 10 * rows[i][1];
    }
    cav_forest *forest = grow((cav_forest_setup){.axis_count = 2,
                                                 .row_count = 120,
                                                 .choices = choices,
                                                 .rows = rows[0],
                                                 .targets = targets,
                                                 .tree_count = 4,
                                                 .least_leaf = 1,
                                                 .axis_share = 1,
                                                 .no_bootstrap = true});
    for (size_t i = 0; i < 120; i++)
        assert_near(mean_at(forest, rows[i]), targets[i], 1e-12);
    assert_near(mean_at(forest, (const double[]){NAN, NAN}), 105, 1e-12);
    assert_near(mean_at(forest, (const double[]){0.9, 2}), 21, 1e-12);
    cav_forest_free(forest);
}

// A line with a gap and noise on one half.
static void test_the_variance_is_that_of_the_noise_and_grows_between_data(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(752), 0, CAV_PURPOSE_TEST, 0);
    enum { COUNT = 400 };
    double rows[COUNT], targets[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        double u = ((double)i + 0.5) / COUNT;
        rows[i] = u < 0.5 ? 0.6 * u : 0.7 + 0.6 * (u - 0.5); // nothing between 0.3 and 0.7
        targets[i] = u < 0.5 ? 0 : 3 + 0.5 * cav_random_normal(&random);
    }
    cav_forest *forest = grow((cav_forest_setup){.axis_count = 1,
                                                 .row_count = COUNT,
                                                 .choices = ordered,
                                                 .rows = rows,
                                                 .targets = targets,
                                                 .tree_count = 50,
                                                 .least_leaf = 5,
                                                 .axis_share = 1});
    double mean, variance, noise = 0;
    cav_forest_predict(forest, (const double[]){0.15}, &mean, &variance);
    assert_near(mean, 0, 1e-9);
    assert_near(variance, 0, 1e-9);
    cav_forest_predict(forest, (const double[]){0.5}, &mean, &variance); // half of the trees each
    assert_near(mean, 1.5, 0.8);
    assert_true(variance > 1.5); // 2.25 of two values that are 3 apart
    for (int i = 0; i < 100; i++) {
        double at = 0.72 + 0.0026 * i;
        cav_forest_predict(forest, &at, &mean, &variance);
        noise += variance / 100;
    }
    assert_near(noise, 0.25, 0.09); // the sample's own by 0.025; splits find a little of it
    cav_forest_free(forest);
}

// Numerical Recipes' 64-bit generator, as in tests/support/forest_golden.py.
static double draw(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) * 0x1p-53;
}

enum { AXES = 6, TRAIN = 300, TEST = 1000 };

typedef struct table {
    double rows[TRAIN + TEST][AXES], targets[TRAIN + TEST];
} table;

static void fill(table *at)
{
    uint64_t state = 1991;
    for (size_t i = 0; i < TRAIN + TEST; i++) {
        double *x = at->rows[i];
        for (size_t axis = 0; axis < AXES; axis++)
            x[axis] = draw(&state);
        at->targets[i] =
            10 * sin(M_PI * x[0] * x[1]) + 20 * (x[2] - 0.5) * (x[2] - 0.5) + 10 * x[3] + 5 * x[4];
    }
}

static cav_forest *grow_table(const table *at, double leaf, double share, uint64_t seed)
{
    return grow((cav_forest_setup){.axis_count = AXES,
                                   .row_count = TRAIN,
                                   .choices = ordered,
                                   .rows = at->rows[0],
                                   .targets = at->targets,
                                   .tree_count = 100,
                                   .least_leaf = leaf,
                                   .axis_share = share,
                                   .seed = seed});
}

// 1 - the squares that the predictions leave / those about the mean.
static double explained(const table *at, const cav_forest *forest)
{
    double mean = 0, total = 0, left = 0;
    for (size_t i = TRAIN; i < TRAIN + TEST; i++)
        mean += at->targets[i] / TEST;
    for (size_t i = TRAIN; i < TRAIN + TEST; i++) {
        double error = at->targets[i] - mean_at(forest, at->rows[i]);
        left += error * error;
        total += (at->targets[i] - mean) * (at->targets[i] - mean);
    }
    return 1 - left / total;
}

static void test_it_predicts_as_well_as_the_forests_of_scikit_learn(void **state)
{
    (void)state;
    // R^2 as tests/support/forest_golden.py prints it
    static const double known[][3] = {{1, 1, 0.8325}, {2, 5.0 / 6, 0.8286}};
    uint64_t seed = test_seed(753);
    static table at;
    fill(&at);
    for (size_t k = 0; k < CAV_COUNT_OF(known); k++) {
        double mean = 0;
        for (uint64_t i = 0; i < 4; i++) {
            cav_forest *forest = grow_table(&at, known[k][0], known[k][1], seed + i);
            mean += explained(&at, forest) / 4;
            cav_forest_free(forest);
        }
        print_message("# R^2 %.4f, scikit-learn %.4f\n", mean, known[k][2]);
        assert_true(mean > known[k][2] - 0.01);
    }
}

static void test_out_of_bag_means_tell_the_error_on_new_rows(void **state)
{
    (void)state;
    uint64_t seed = test_seed(754);
    static table at;
    fill(&at);
    cav_forest *forest = grow_table(&at, 2, 1, seed);
    double own = 0, bag = 0, fresh = 0, count = 0, mean, variance;
    for (size_t i = 0; i < TRAIN; i++) {
        own += pow(at.targets[i] - mean_at(forest, at.rows[i]), 2) / TRAIN;
        if (!cav_forest_out_of_bag(forest, i, &mean, &variance))
            continue;
        count++;
        bag += pow(at.targets[i] - mean, 2);
        assert_true(variance > 0);
    }
    for (size_t i = TRAIN; i < TRAIN + TEST; i++)
        fresh += pow(at.targets[i] - mean_at(forest, at.rows[i]), 2) / TEST;
    bag /= count;
    print_message("# squares: own rows %.2f, out of bag %.2f, new rows %.2f\n", own, bag, fresh);
    assert_true(count > 0.99 * TRAIN);
    assert_true(bag > 0.75 * fresh && bag < 1.3 * fresh && own < 0.5 * fresh);
    cav_forest_free(forest);
}

static void test_the_same_seed_gives_the_same_forest_and_another_another(void **state)
{
    (void)state;
    static table at;
    fill(&at);
    cav_forest *first = grow_table(&at, 2, 0.8, 5), *same = grow_table(&at, 2, 0.8, 5);
    cav_forest *other = grow_table(&at, 2, 0.8, 6);
    for (size_t i = 0; i < 50; i++) {
        assert_true(mean_at(first, at.rows[i]) == mean_at(same, at.rows[i]));
        assert_true(mean_at(first, at.rows[i]) != mean_at(other, at.rows[i]));
    }
    cav_forest_free(first);
    cav_forest_free(same);
    cav_forest_free(other);
}

static void test_a_single_row_and_rows_that_are_all_alike(void **state)
{
    (void)state;
    const double rows[] = {0.5, 0.5, 0.5}, targets[] = {1, 2, 6};
    for (size_t count = 1; count <= 3; count += 2) {
        cav_forest *forest = grow((cav_forest_setup){.axis_count = 1,
                                                     .row_count = count,
                                                     .choices = ordered,
                                                     .rows = rows,
                                                     .targets = targets,
                                                     .tree_count = 3,
                                                     .least_leaf = 1,
                                                     .axis_share = 1,
                                                     .no_bootstrap = true});
        assert_near(mean_at(forest, rows), count == 1 ? 1 : 3, 1e-12);
        cav_forest_free(forest);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_exact_on_a_piecewise_constant_function),
        cmocka_unit_test(test_the_leaves_of_a_tree_are_boxes_that_hold_what_its_nodes_say),
        cmocka_unit_test(test_a_subset_of_many_choices_is_found),
        cmocka_unit_test(test_what_is_missing_goes_its_own_way),
        cmocka_unit_test(test_the_variance_is_that_of_the_noise_and_grows_between_data),
        cmocka_unit_test(test_it_predicts_as_well_as_the_forests_of_scikit_learn),
        cmocka_unit_test(test_out_of_bag_means_tell_the_error_on_new_rows),
        cmocka_unit_test(test_the_same_seed_gives_the_same_forest_and_another_another),
        cmocka_unit_test(test_a_single_row_and_rows_that_are_all_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
