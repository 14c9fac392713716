/**
 * test_pareto.c: dominance, and hypervolumes against the sum over all subsets, and closed forms.
 */
#include "support/test.h"

#include "base/pareto.h"
#include "base/random.h"

#include <math.h>

enum { MOST_DIMS = 6, MOST_POINTS = 10 };

// The volume of what a subset's boxes have in common, from the worst corner to the reference.
static double common_volume(const double *points, unsigned subset, size_t dims,
                            const double *reference)
{
    double volume = 1;
    for (size_t d = 0; d < dims; d++) {
        double worst = -INFINITY;
        for (size_t i = 0; subset >> i; i++)
            if (subset >> i & 1)
                worst = fmax(worst, points[i * dims + d]);
        volume *= fmax(0, reference[d] - worst);
    }
    return volume;
}

// Inclusion and exclusion: boxes that overlap an odd number of times count, the others are taken
// off.
static double volume_by_subsets(const double *points, size_t count, size_t dims,
                                const double *reference)
{
    double volume = 0;
    for (unsigned subset = 1; subset < 1u << count; subset++) {
        size_t size = 0;
        for (size_t i = 0; i < count; i++)
            size += subset >> i & 1;
        volume += (size % 2 ? 1 : -1) * common_volume(points, subset, dims, reference);
    }
    return volume;
}

static void test_it_is_the_volume_of_the_union_of_boxes(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(891), 0, CAV_PURPOSE_TEST, 0);
    for (size_t round = test_rounds(300); round > 0; round--) {
        size_t count = cav_random_below(&random, MOST_POINTS + 1);
        size_t dims = 1 + cav_random_below(&random, MOST_DIMS);
        bool is_coarse = cav_random_below(&random, 2); // then many coordinates are equal
        double points[MOST_POINTS * MOST_DIMS], reference[MOST_DIMS];
        for (size_t d = 0; d < dims; d++)
            reference[d] = 0.7 + 0.4 * cav_random_unit(&random);
        for (size_t i = 0; i < count * dims; i++)
            points[i] =
                is_coarse ? (double)cav_random_below(&random, 5) / 4 : cav_random_unit(&random);
        assert_near(cav_pareto_volume(points, count, dims, reference),
                    volume_by_subsets(points, count, dims, reference), 1e-10);
    }
}

// Points of the simplex Σ x = 1 with coordinates that are multiples of 1/parts. Returns how many.
static size_t make_lattice(size_t dims, size_t parts, double *ret_points)
{
    size_t count = 0, index[MOST_DIMS] = {0};
    for (;;) {
        size_t sum = 0;
        for (size_t d = 0; d + 1 < dims; d++)
            sum += index[d];
        if (sum <= parts) {
            for (size_t d = 0; d + 1 < dims; d++)
                ret_points[count * dims + d] = (double)index[d] / (double)parts;
            ret_points[count * dims + dims - 1] = (double)(parts - sum) / (double)parts;
            count++;
        }
        size_t d = 0;
        while (d + 1 < dims && ++index[d] > parts)
            index[d++] = 0;
        if (d + 1 >= dims)
            return count;
    }
}

static double factorial(size_t n)
{
    double product = 1;
    for (size_t i = 2; i <= n; i++)
        product *= (double)i;
    return product;
}

// What a lattice on the simplex leaves of the unit cube are the cells of side 1/parts whose lower
// corner has a sum of at most parts - 1: binomial(parts + dims - 1, dims) of them.
static void test_a_lattice_on_the_simplex_leaves_the_cells_below_it(void **state)
{
    (void)state;
    static const size_t parts_of[] = {0, 0, 50, 20, 7, 4};
    static double points[2000 * MOST_DIMS];
    const double reference[] = {1, 1, 1, 1, 1};
    for (size_t dims = 2; dims <= 5; dims++) {
        size_t parts = parts_of[dims], count = make_lattice(dims, parts, points);
        double cells = 1;
        for (size_t d = 0; d < dims; d++)
            cells *= (double)(parts + d);
        double left = cells / factorial(dims) / pow((double)parts, (double)dims);
        assert_near(cav_pareto_volume(points, count, dims, reference), 1 - left, 1e-12);
    }
}

// Of the sphere octant, the front of DTLZ2, the cube without it: 1 - π/6.
static void test_many_points_of_the_sphere_come_near_its_octant(void **state)
{
    (void)state;
    enum { STEPS = 60 };
    static double points[(STEPS + 1) * (STEPS + 1) * 3];
    size_t count = 0;
    for (size_t i = 0; i <= STEPS; i++)
        for (size_t k = 0; k <= STEPS; k++, count++) {
            double a = M_PI_2 * (double)i / STEPS, b = M_PI_2 * (double)k / STEPS;
            points[3 * count] = cos(a) * cos(b);
            points[3 * count + 1] = cos(a) * sin(b);
            points[3 * count + 2] = sin(a);
        }
    const double reference[] = {1, 1, 1};
    double found = cav_pareto_volume(points, count, 3, reference), all = 1 - M_PI / 6;
    assert_true(found < all && found > all - 0.03);
}

static void test_points_that_are_not_below_the_reference_add_nothing(void **state)
{
    (void)state;
    const double points[] = {0.5, 0.5, 0.1, 1, 2, 0.1, 0.75, 0.25};
    const double reference[] = {1, 1};
    assert_near(cav_pareto_volume(points, 4, 2, reference), 0.25 + 0.25 * 0.25, 1e-15);
    assert_true(cav_pareto_volume(points + 2, 2, 2, reference) == 0);
    assert_true(cav_pareto_volume(NULL, 0, 3, (const double[]){1, 1, 1}) == 0);
    assert_true(cav_pareto_volume((const double[]){-INFINITY, 0}, 1, 2, reference) == INFINITY);
}

static void test_dominance_needs_one_better_and_none_worse(void **state)
{
    (void)state;
    assert_true(cav_pareto_dominates((const double[]){1, 2}, (const double[]){1, 3}, 2));
    assert_false(cav_pareto_dominates((const double[]){1, 3}, (const double[]){1, 3}, 2));
    assert_false(cav_pareto_dominates((const double[]){1, 4}, (const double[]){2, 3}, 2));
    assert_true(cav_pareto_dominates((const double[]){1, 4}, (const double[]){INFINITY, 4}, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_the_volume_of_the_union_of_boxes),
        cmocka_unit_test(test_a_lattice_on_the_simplex_leaves_the_cells_below_it),
        cmocka_unit_test(test_many_points_of_the_sphere_come_near_its_octant),
        cmocka_unit_test(test_points_that_are_not_below_the_reference_add_nothing),
        cmocka_unit_test(test_dominance_needs_one_better_and_none_worse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
