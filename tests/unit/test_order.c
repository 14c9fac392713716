/**
 * test_order.c: numbers kept in order, against a sorted array.
 */
#include "support/test.h"

#include "base/order.h"
#include "base/random.h"

#include <math.h>

enum { MOST = 3000 };

static int by_value(const void *a, const void *b)
{
    const cav_order_item *x = a, *y = b;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static void expect_order(const cav_order *order, cav_order_item *items, size_t count)
{
    qsort(items, count, sizeof *items, by_value);
    assert_int_equal(order->count, count);
    for (size_t i = 0; i < count; i++) {
        assert_true(cav_order_at(order, i).id == items[i].id);
        assert_int_equal(cav_order_rank(order, items[i].value, items[i].id), i);
    }
}

static void test_ranks_are_those_of_a_sorted_array(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(711), 0, CAV_PURPOSE_TEST, 0);
    static cav_order_item items[MOST];
    cav_order order = {0};
    for (size_t i = 0; i < MOST; i++) { // many ties
        items[i] = (cav_order_item){floor(300 * cav_random_unit(&random)), i};
        assert_true(cav_order_add(&order, items[i].value, i));
    }
    expect_order(&order, items, MOST);
    size_t left = MOST;
    while (left > 10) {
        size_t gone = (size_t)cav_random_below(&random, left);
        assert_true(cav_order_remove(&order, items[gone].value, items[gone].id));
        assert_false(cav_order_remove(&order, items[gone].value, items[gone].id));
        items[gone] = items[--left];
        if (left % 500 == 10)
            expect_order(&order, items, left);
    }
    cav_order_free(&order);
}

static void test_growing_and_falling_values(void **state)
{
    (void)state;
    for (int sign = -1; sign <= 1; sign += 2) {
        cav_order order = {0};
        for (size_t i = 0; i < MOST; i++)
            assert_true(cav_order_add(&order, sign * (double)i, i));
        for (size_t i = 0; i < MOST; i++)
            assert_int_equal(cav_order_at(&order, i).id, sign > 0 ? i : MOST - 1 - i);
        for (size_t i = 0; i < MOST; i++)
            assert_true(cav_order_remove(&order, sign * (double)i, i));
        assert_int_equal(order.count, 0);
        assert_int_equal(cav_order_rank(&order, 1, 1), 0);
        cav_order_free(&order);
    }
}

static void test_nan_is_as_bad_as_infinity(void **state)
{
    (void)state;
    cav_order order = {0};
    assert_true(cav_order_add(&order, NAN, 2));
    assert_true(cav_order_add(&order, INFINITY, 1));
    assert_true(cav_order_add(&order, 1e308, 3));
    assert_int_equal(cav_order_at(&order, 0).id, 3);
    assert_int_equal(cav_order_at(&order, 1).id, 1);
    assert_int_equal(cav_order_at(&order, 2).id, 2);
    assert_int_equal(cav_order_rank(&order, NAN, 2), 2);
    assert_true(cav_order_remove(&order, NAN, 2));
    assert_int_equal(order.count, 2);
    cav_order_free(&order);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranks_are_those_of_a_sorted_array),
        cmocka_unit_test(test_growing_and_falling_values),
        cmocka_unit_test(test_nan_is_as_bad_as_infinity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
