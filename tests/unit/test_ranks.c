/**
 * test_ranks.c: middle ranks, and correlations of them with their intervals.
 */
#include "support/test.h"

#include "base/random.h"
#include "base/ranks.h"

#include <math.h>

static void test_equal_values_share_the_middle_of_their_ranks(void **state)
{
    (void)state;
    const double values[] = {3, 1, 3, -2, 3};
    const double expected[] = {3, 1, 3, 0, 3};
    cav_rank_item room[5];
    double ranks[5];
    cav_ranks(values, 5, room, ranks);
    for (size_t i = 0; i < 5; i++)
        assert_near(ranks[i], expected[i], 0);
}

static void test_only_the_order_counts(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3, 4, 5, 6}, y[] = {1, 10, 100, 1e3, 1e4, 1e9};
    const double back[] = {6, 5, 4, 3, 2, 1}, flat[] = {7, 7, 7, 7, 7, 7};
    cav_rank_correlation found;
    assert_true(cav_rank_correlate(x, y, 6, &found));
    assert_near(found.value, 1, 1e-12);
    assert_true(cav_rank_correlate(x, back, 6, &found));
    assert_near(found.value, -1, 1e-12);
    assert_true(cav_rank_correlate(x, flat, 6, &found));
    assert_near(found.value, 0, 0);
}

static void test_few_pairs_tell_nothing(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3};
    cav_rank_correlation found;
    for (size_t count = 0; count <= 3; count++) {
        assert_true(cav_rank_correlate(x, x, count, &found));
        assert_near(found.low, -1, 0);
        assert_near(found.high, 1, 0);
    }
}

// Of two lists that have nothing to do with each other the interval leaves 0 out one time in ten.
static void test_the_interval_holds_the_truth_nine_times_in_ten(void **state)
{
    (void)state;
    enum { COUNT = 20, TIMES = 2000 };
    cav_random random = cav_random_stream(test_seed(871), 0, CAV_PURPOSE_TEST, 0);
    size_t held = 0;
    for (size_t t = 0; t < TIMES; t++) {
        double x[COUNT], y[COUNT];
        cav_rank_correlation found;
        for (size_t i = 0; i < COUNT; i++) {
            x[i] = cav_random_unit(&random);
            y[i] = cav_random_unit(&random);
        }
        assert_true(cav_rank_correlate(x, y, COUNT, &found));
        held += found.low <= 0 && found.high >= 0;
    }
    assert_near((double)held / TIMES, 0.9, 0.03);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_values_share_the_middle_of_their_ranks),
        cmocka_unit_test(test_only_the_order_counts),
        cmocka_unit_test(test_few_pairs_tell_nothing),
        cmocka_unit_test(test_the_interval_holds_the_truth_nine_times_in_ten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
