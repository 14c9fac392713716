/**
 * test_pareto_boxes.c: that the boxes are disjoint, free, and all that is free.
 */
#include "support/test.h"

#include "base/pareto.h"
#include "base/pareto_boxes.h"
#include "base/random.h"

#include <math.h>

enum { MOST_POINTS = 12 };

// What a box has between `floor` and its upper end.
static double volume_above(const cav_pareto_boxes *boxes, const cav_pareto_box *box, double floor)
{
    double volume = 1;
    for (size_t d = 0; d < boxes->dims; d++)
        volume *= boxes->edges[d][box->high[d]] - fmax(floor, boxes->edges[d][box->low[d]]);
    return volume;
}

static bool overlap(const cav_pareto_boxes *boxes, const cav_pareto_box *a, const cav_pareto_box *b)
{
    for (size_t d = 0; d < boxes->dims; d++)
        if (a->high[d] <= b->low[d] || b->high[d] <= a->low[d])
            return false;
    return true;
}

// A point of the box, near its upper end.
static void upper_end(const cav_pareto_boxes *boxes, const cav_pareto_box *box, double *ret_point)
{
    for (size_t d = 0; d < boxes->dims; d++)
        ret_point[d] = boxes->edges[d][box->high[d]] - 1e-9;
}

static void check(const cav_pareto_boxes *boxes, const double *points, size_t count,
                  const double *reference)
{
    double sum = 0, all = 1, end[CAV_PARETO_BOXES_DIMS];
    size_t dims = boxes->dims;
    for (size_t i = 0; i < boxes->count; i++) {
        const cav_pareto_box *box = &boxes->boxes[i];
        for (size_t d = 0; d < dims; d++)
            assert_true(boxes->edges[d][box->low[d]] < boxes->edges[d][box->high[d]]);
        for (size_t k = 0; k < i; k++)
            assert_false(overlap(boxes, box, &boxes->boxes[k]));
        upper_end(boxes, box, end);
        for (size_t k = 0; k < count; k++)
            assert_false(cav_pareto_dominates(points + k * dims, end, dims));
        sum += volume_above(boxes, box, -1);
    }
    for (size_t d = 0; d < dims; d++)
        all *= reference[d] + 1;
    // what is free above -1 everywhere is what the points do not cover of it
    assert_near(sum, all - cav_pareto_volume(points, count, dims, reference), 1e-10);
    assert_true(boxes->count <= 2 * count + 1);
}

static void test_they_are_all_that_is_free(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(897), 0, CAV_PURPOSE_TEST, 0);
    cav_pareto_boxes boxes = {0};
    for (size_t round = test_rounds(2000); round > 0; round--) {
        size_t count = cav_random_below(&random, MOST_POINTS + 1);
        size_t dims = 2 + cav_random_below(&random, 2);
        bool is_coarse = cav_random_below(&random, 2); // then many coordinates are equal
        double points[MOST_POINTS * CAV_PARETO_BOXES_DIMS], reference[CAV_PARETO_BOXES_DIMS];
        for (size_t d = 0; d < dims; d++)
            reference[d] = 0.7 + 0.4 * cav_random_unit(&random);
        for (size_t i = 0; i < count * dims; i++)
            points[i] =
                is_coarse ? (double)cav_random_below(&random, 5) / 4 : cav_random_unit(&random);
        assert_true(cav_pareto_boxes_make(&boxes, points, count, dims, reference));
        check(&boxes, points, count, reference);
    }
    cav_pareto_boxes_free(&boxes);
}

static void test_two_losses_have_a_box_more_than_points(void **state)
{
    (void)state;
    const double points[] = {3, 1, 1, 3, 2, 2, 3, 3}, reference[] = {4, 4};
    const double expected[4][3] = {{-INFINITY, 1, 4}, {1, 2, 3}, {2, 3, 2}, {3, 4, 1}};
    cav_pareto_boxes boxes = {0};
    assert_true(cav_pareto_boxes_make(&boxes, points, 4, 2, reference));
    assert_int_equal(boxes.count, 4);
    for (size_t i = 0; i < boxes.count; i++) {
        const cav_pareto_box *box = &boxes.boxes[i];
        assert_true(boxes.edges[0][box->low[0]] == expected[i][0]);
        assert_true(boxes.edges[0][box->high[0]] == expected[i][1]);
        assert_true(boxes.edges[1][box->low[1]] == -INFINITY);
        assert_true(boxes.edges[1][box->high[1]] == expected[i][2]);
    }
    cav_pareto_boxes_free(&boxes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_they_are_all_that_is_free),
        cmocka_unit_test(test_two_losses_have_a_box_more_than_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
