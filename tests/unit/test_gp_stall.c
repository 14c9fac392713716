/**
 * test_gp_stall.c: when a trial looks away from the best one, and how many do.
 */
#include "support/test.h"

#include "support/trials.h"

#include "search/gp_stall.h"

#include <math.h>

static const bool minimize[1];

typedef struct fixture {
    cav_space *space;
    cav_history *history;
    cav_gp_region region;
    cav_gp_table *table;
} fixture;

static fixture *make(void)
{
    static fixture at;
    at = (fixture){.space = caviar_space_new(), .history = cav_history_new(2, 2, 1, minimize)};
    for (int i = 0; i < 2; i++)
        assert_int_equal(
            caviar_space_add(at.space, &(caviar_parameter){.name = i ? "y" : "x", .high = 1}),
            CAVIAR_OK);
    at.region = cav_gp_region_make(at.space, SIZE_MAX);
    at.table = cav_gp_table_new(&at.region, 1, 60);
    assert_non_null(at.table);
    return &at;
}

static void destroy(fixture *at)
{
    cav_gp_table_free(at->table);
    cav_history_free(at->history);
    caviar_space_free(at->space);
}

static void add(fixture *at, double loss)
{
    double point[] = {(double)at->history->count / 1024, 0.5};
    trials_put_at(at->history, point, point, loss, CAVIAR_STATE_COMPLETE);
}

// Of a thousand trials, how many look elsewhere; all of them away from the same row.
static int count_beside(fixture *at, size_t row, size_t open)
{
    size_t finished = at->history->finished_count;
    int count = 0;
    cav_gp_table_fill(at->table, at->history, NULL, finished, finished);
    for (uint64_t trial = 0; trial < 1000; trial++) {
        cav_random random = cav_random_stream(test_seed(5), trial, CAV_PURPOSE_TEST, 0);
        size_t away = cav_gp_stalled(at->table, finished, open, &random);
        assert_true(away == SIZE_MAX || away == row);
        count += away != SIZE_MAX;
    }
    return count;
}

static int count_elsewhere(fixture *at, size_t row)
{
    return count_beside(at, row, 0);
}

static void test_the_share_grows_with_the_wait(void **state)
{
    (void)state;
    fixture *at = make();
    assert_int_equal(count_elsewhere(at, 0), 0); // nothing is known
    for (int i = 0; i < 10; i++)
        add(at, 10 - i);
    assert_int_equal(count_elsewhere(at, 9), 0);
    for (int i = 0; i < 6; i++) // four, and one for each coordinate
        add(at, 8);
    assert_int_equal(count_elsewhere(at, 9), 0);
    for (int i = 0; i < 6; i++)
        add(at, 8);
    assert_near(count_elsewhere(at, 9), 250, 60); // (1 - 6/12)/2
    for (int i = 0; i < 12; i++)
        add(at, 8);
    assert_near(count_elsewhere(at, 9), 375, 70); // (1 - 6/24)/2
    assert_near(count_beside(at, 9, 6), 250, 60); // (1 - 12/24)/2
    assert_int_equal(count_beside(at, 9, 18), 0);
    destroy(at);
}

static void test_only_what_is_worth_it_is_a_gain(void **state)
{
    (void)state;
    fixture *at = make();
    for (int i = 0; i < 21; i++)
        add(at, i == 0 ? 0 : 1);
    assert_near(count_elsewhere(at, 0), 350, 70);
    add(at, -0.019); // of one from the median to the best
    assert_near(count_elsewhere(at, 21), 357, 70);
    add(at, -0.05); // from the last gain on
    assert_int_equal(count_elsewhere(at, 22), 0);
    destroy(at);
}

static void test_trials_beyond_the_table_count(void **state)
{
    (void)state;
    fixture *at = make();
    add(at, 0);
    for (int i = 0; i < 500; i++)
        add(at, 1 + i % 7);
    assert_near(count_elsewhere(at, 0), 494, 70); // (1 - 6/500)/2, of a table of sixty
    destroy(at);
}

static void test_failures_are_no_gain_and_many_of_them_forbid_it(void **state)
{
    (void)state;
    fixture *at = make();
    add(at, NAN);
    for (int i = 0; i < 20; i++)
        add(at, i == 0 ? 1 : 2);
    assert_near(count_elsewhere(at, 1), 342, 70);
    add(at, NAN); // of 22
    assert_near(count_elsewhere(at, 1), 350, 70);
    add(at, NAN); // of 23
    assert_int_equal(count_elsewhere(at, 1), 0);
    destroy(at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_share_grows_with_the_wait),
        cmocka_unit_test(test_only_what_is_worth_it_is_a_gain),
        cmocka_unit_test(test_trials_beyond_the_table_count),
        cmocka_unit_test(test_failures_are_no_gain_and_many_of_them_forbid_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
