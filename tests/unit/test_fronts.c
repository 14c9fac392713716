/**
 * test_fronts.c: the best few of several metrics, against the definitions.
 */
#include "support/test.h"

#include "base/random.h"
#include "search/fronts.h"

#include <math.h>

enum { MOST_TRIALS = 200, MOST_METRICS = 4 };

// Losses [count x metrics] of random trials; a coarse grid, so that some are equal.
typedef struct trials {
    size_t count, metrics;
    double losses[MOST_TRIALS * MOST_METRICS];
    size_t ranks[MOST_TRIALS];
} trials;

static bool dominates(const trials *all, size_t a, size_t b)
{
    bool worse = false, better = false;
    for (size_t m = 0; m < all->metrics; m++) {
        double x = all->losses[a * all->metrics + m], y = all->losses[b * all->metrics + m];
        worse |= x > y;
        better |= x < y;
    }
    return better && !worse;
}

// Front after front is taken off.
static void rank_by_definition(trials *all)
{
    for (size_t i = 0; i < all->count; i++)
        all->ranks[i] = SIZE_MAX;
    size_t left = all->count;
    for (size_t rank = 0; left > 0; rank++) {
        for (size_t i = 0; i < all->count; i++) {
            bool free = all->ranks[i] == SIZE_MAX;
            for (size_t k = 0; k < all->count && free; k++)
                free = all->ranks[k] < rank || !dominates(all, k, i);
            if (free)
                all->ranks[i] = rank + all->count; // of this front, while it is being found
        }
        for (size_t i = 0; i < all->count; i++) {
            if (all->ranks[i] != rank + all->count)
                continue;
            all->ranks[i] = rank;
            left--;
        }
    }
}

static void draw(trials *all, cav_random *random)
{
    all->count = 1 + cav_random_below(random, MOST_TRIALS);
    all->metrics = 2 + cav_random_below(random, MOST_METRICS - 1);
    for (size_t i = 0; i < all->count * all->metrics; i++)
        all->losses[i] = (double)cav_random_below(random, 30) / 10;
    rank_by_definition(all);
}

static cav_fronts *add_all(const trials *all, size_t most, const size_t *order)
{
    cav_error error = {0};
    cav_fronts *fronts = cav_fronts_new(all->metrics, most);
    assert_non_null(fronts);
    for (size_t i = 0; i < all->count; i++) {
        size_t number = order ? order[i] : i;
        assert_ok(cav_fronts_add(fronts, number, all->losses + number * all->metrics, &error),
                  &error);
    }
    return fronts;
}

static size_t choose(cav_fronts *fronts, size_t wanted, size_t *ret_numbers)
{
    cav_error error = {0};
    size_t count = 0;
    assert_ok(cav_fronts_choose(fronts, wanted, ret_numbers, &count, &error), &error);
    return count;
}

static void test_whole_fronts_are_chosen_before_the_next_one(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(811), 0, CAV_PURPOSE_TEST, 0);
    for (size_t round = test_rounds(200); round > 0; round--) {
        trials all;
        draw(&all, &random);
        size_t most = 1 + cav_random_below(&random, 40), numbers[40];
        size_t wanted = 1 + cav_random_below(&random, most);
        cav_fronts *fronts = add_all(&all, most, NULL);
        size_t count = choose(fronts, wanted, numbers), worst = 0;
        assert_int_equal(count, wanted < all.count ? wanted : all.count);
        bool chosen[MOST_TRIALS] = {false};
        for (size_t i = 0; i < count; i++) {
            assert_false(chosen[numbers[i]]);
            chosen[numbers[i]] = true;
            worst = all.ranks[numbers[i]] > worst ? all.ranks[numbers[i]] : worst;
        }
        for (size_t i = 0; i < all.count; i++)
            assert_true(chosen[i] || all.ranks[i] >= worst);
        cav_fronts_free(fronts);
    }
}

static int by_number(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

static void test_the_order_of_adding_does_not_matter(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(812), 0, CAV_PURPOSE_TEST, 0);
    for (size_t round = test_rounds(100); round > 0; round--) {
        trials all;
        draw(&all, &random);
        size_t order[MOST_TRIALS], first[20], second[20];
        for (size_t i = 0; i < all.count; i++) {
            size_t at = cav_random_below(&random, i + 1);
            order[i] = order[at];
            order[at] = i;
        }
        cav_fronts *one = add_all(&all, 20, NULL), *other = add_all(&all, 20, order);
        size_t count = choose(one, 13, first);
        assert_int_equal(choose(other, 13, second), count);
        assert_memory_equal(first, second, count * sizeof *first);
        qsort(first, count, sizeof *first, by_number);
        for (size_t i = 1; i < count; i++)
            assert_true(first[i - 1] < first[i]);
        cav_fronts_free(one);
        cav_fronts_free(other);
    }
}

// The area that points of a front, from left to right, dominate below (1.1, 1.1).
static double area(const double (*points)[2], const bool *is_in, size_t count)
{
    double sum = 0, left = 1.1;
    for (size_t i = count; i-- > 0;) {
        if (!is_in[i])
            continue;
        sum += (left - points[i][0]) * (1.1 - points[i][1]);
        left = points[i][0];
    }
    return sum;
}

// The most that a subset of this size can cover, by trying all.
static double best_area(const double (*points)[2], size_t count, size_t wanted)
{
    double most = 0;
    for (unsigned subset = 0; subset < 1u << count; subset++) {
        bool is_in[16];
        size_t size = 0;
        for (size_t i = 0; i < count; i++)
            size += is_in[i] = subset >> i & 1;
        if (size == wanted)
            most = fmax(most, area(points, is_in, count));
    }
    return most;
}

static void test_of_one_front_the_chosen_cover_nearly_the_most_hypervolume(void **state)
{
    (void)state;
    enum { COUNT = 12 };
    cav_random random = cav_random_stream(test_seed(813), 0, CAV_PURPOSE_TEST, 0);
    for (size_t round = test_rounds(30); round > 0; round--) {
        double points[COUNT][2], x = 0, y = 0;
        for (size_t i = 0; i < COUNT; i++) { // steps to the right and down
            points[i][0] = x += 0.02 + cav_random_unit(&random);
            points[i][1] = y -= 0.02 + cav_random_unit(&random);
        }
        for (size_t i = 0; i < COUNT; i++) { // onto [0, 1]
            points[i][0] = i == COUNT - 1 ? 1 : i == 0 ? 0 : points[i][0] / (x + 1);
            points[i][1] = i == 0 ? 1 : i == COUNT - 1 ? 0 : (points[i][1] - y) / (1 - y);
        }
        cav_fronts *fronts = cav_fronts_new(2, 10);
        cav_error error = {0};
        for (size_t i = 0; i < COUNT; i++)
            assert_ok(cav_fronts_add(fronts, i, points[i], &error), &error);
        for (size_t wanted = 1; wanted <= 6; wanted++) {
            size_t numbers[10];
            bool is_in[COUNT] = {false};
            assert_int_equal(choose(fronts, wanted, numbers), wanted);
            for (size_t i = 0; i < wanted; i++)
                is_in[numbers[i]] = true;
            double found = area((const double(*)[2])points, is_in, COUNT);
            double most = best_area((const double(*)[2])points, COUNT, wanted);
            // the best one is found; with it chosen, others cannot always make up the best subset
            if (found < (wanted == 1 ? 0.97 : 0.85) * most)
                fail_msg("%zu chosen cover %g of %g", wanted, found, most);
        }
        cav_fronts_free(fronts);
    }
}

static void test_nothing_is_chosen_of_nothing_and_equals_are_all_kept(void **state)
{
    (void)state;
    cav_error error = {0};
    cav_fronts *fronts = cav_fronts_new(3, 5);
    size_t numbers[5];
    assert_int_equal(choose(fronts, 5, numbers), 0);
    const double same[] = {1e308, -1e308, 0};
    for (size_t i = 0; i < 4; i++)
        assert_ok(cav_fronts_add(fronts, i, same, &error), &error);
    assert_int_equal(choose(fronts, 5, numbers), 4);
    assert_int_equal(choose(fronts, 2, numbers), 2);
    cav_fronts_free(fronts);
    cav_fronts_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_fronts_are_chosen_before_the_next_one),
        cmocka_unit_test(test_the_order_of_adding_does_not_matter),
        cmocka_unit_test(test_of_one_front_the_chosen_cover_nearly_the_most_hypervolume),
        cmocka_unit_test(test_nothing_is_chosen_of_nothing_and_equals_are_all_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
