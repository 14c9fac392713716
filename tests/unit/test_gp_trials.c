/**
 * test_gp_trials.c: what a Gaussian process is given to learn from.
 */
#include "support/test.h"

#include "search/gp_trials.h"

#include <math.h>

static const bool minimize[1];

static cav_space *make_space(void)
{
    cav_space *space = caviar_space_new();
    assert_int_equal(caviar_space_add(space, &(caviar_parameter){.name = "x", .high = 1}),
                     CAVIAR_OK);
    return space;
}

static void put(cav_history *history, caviar_state state, caviar_reason reason, double loss)
{
    cav_error error = {0};
    double point = (double)history->count / 1024;
    cav_record record = {.number = (int64_t)history->count,
                         .attempt = 1,
                         .state = state,
                         .reason = reason,
                         .raw = &point,
                         .values = &loss,
                         .step = -1,
                         .origin = "test"};
    assert_ok(cav_history_put(history, &record, &point, &error), &error);
}

static void complete(cav_history *history, double loss)
{
    put(history, CAVIAR_STATE_COMPLETE, CAVIAR_REASON_NONE, loss);
}

static void test_trials_that_end_badly_teach_what_they_can(void **state)
{
    (void)state;
    cav_space *space = make_space();
    cav_gp_region region = cav_gp_region_make(space, SIZE_MAX);
    cav_history *history = cav_history_new(1, 1, 1, minimize);
    cav_gp_table *table = cav_gp_table_new(&region, 1, 20);
    for (int i = 0; i < 5; i++)
        complete(history, i);
    put(history, CAVIAR_STATE_PRUNED, CAVIAR_REASON_NONE, 0.5); // not run to its end: the middle
    put(history, CAVIAR_STATE_PRUNED, CAVIAR_REASON_NONE, 7);
    put(history, CAVIAR_STATE_FAILED, CAVIAR_REASON_LOST, NAN); // says nothing
    put(history, CAVIAR_STATE_FAILED, CAVIAR_REASON_EXIT, NAN);
    complete(history, NAN);
    complete(history, -INFINITY);
    complete(history, -1e300);
    put(history, CAVIAR_STATE_RUNNING, CAVIAR_REASON_NONE, NAN); // has not ended
    static const struct {
        double loss;
        bool failed;
    } expected[] = {{0, false}, {1, false}, {2, false}, {3, false}, {4, false},     {2, false},
                    {7, false}, {7, true},  {7, true},  {7, true},  {-1e100, false}};
    cav_gp_table_fill(table, history, NULL, history->finished_count, history->finished_count);
    assert_int_equal(table->count, CAV_COUNT_OF(expected));
    assert_int_equal(table->good_count, 8);
    for (size_t i = 0; i < table->count; i++) {
        assert_true(table->losses[i] == expected[i].loss);
        assert_int_equal(table->failed[i], expected[i].failed);
        assert_true(table->points[i] == (double)(i + (i >= 7)) / 1024);
    }
    cav_gp_table_free(table);
    cav_history_free(history);
    caviar_space_free(space);
}

static bool holds(const cav_gp_table *table, size_t number)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->points[i] == (double)number / 1024)
            return true;
    return false;
}

static void test_of_too_many_the_best_and_the_latest_are_kept(void **state)
{
    (void)state;
    enum { TRIALS = 400, MOST = 40 };
    cav_space *space = make_space();
    cav_gp_region region = cav_gp_region_make(space, SIZE_MAX);
    cav_history *history = cav_history_new(1, 1, 1, minimize);
    cav_gp_table *grown = cav_gp_table_new(&region, 1, MOST),
                 *late = cav_gp_table_new(&region, 1, MOST);
    for (size_t i = 0; i < TRIALS; i++) {
        complete(history, (double)(i * 173 % TRIALS)); // each loss once
        cav_gp_table_fill(grown, history, NULL, i + 1, i + 1);
    }
    cav_gp_table_fill(late, history, NULL, TRIALS, TRIALS);
    assert_true(late->count <= MOST && late->count > MOST * 3 / 4);
    for (size_t i = 0; i < TRIALS; i++)
        if (i * 173 % TRIALS < MOST / 2 || i >= TRIALS - MOST / 4)
            assert_true(holds(late, i));
    assert_int_equal(grown->count, late->count); // however it came there
    assert_memory_equal(grown->points, late->points, late->count * sizeof(double));
    assert_memory_equal(grown->losses, late->losses, late->count * sizeof(double));
    for (size_t i = 1; i < late->count; i++)
        assert_true(late->points[i] > late->points[i - 1]); // in order, each once
    cav_gp_table_free(grown);
    cav_gp_table_free(late);
    cav_history_free(history);
    caviar_space_free(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trials_that_end_badly_teach_what_they_can),
        cmocka_unit_test(test_of_too_many_the_best_and_the_latest_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
