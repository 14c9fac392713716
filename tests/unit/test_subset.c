/**
 * test_subset.c: the trials that lie in the space, with their curves, whatever comes in which
 * order.
 */
#include "support/test.h"

#include "base/random.h"
#include "trial/subset.h"

#include <math.h>

enum { TRIALS = 12 };

static const bool maximize[] = {true, false};

static void put(cav_history *history, int64_t number, caviar_state state, cav_space_place place)
{
    const double raw[] = {(double)number}, values[] = {(double)number / 8, NAN};
    cav_record record = {.number = number,
                         .attempt = 1,
                         .state = state,
                         .raw = raw,
                         .values = values,
                         .step = -1,
                         .place = place};
    assert_int_equal(cav_history_put(history, &record, raw, NULL), CAVIAR_OK);
}

static void report(cav_history *history, size_t number, int64_t step)
{
    const double values[] = {(double)step, (double)number};
    assert_int_equal(cav_history_report(history, number, step, values, NULL), CAVIAR_OK);
}

static void look(cav_subset *subset, const cav_history *history)
{
    assert_int_equal(cav_subset_look(subset, history, NULL), CAVIAR_OK);
}

// The row of a trial, found by its parameter; SIZE_MAX.
static size_t row_of(const cav_history *view, size_t number)
{
    for (size_t i = 0; i < view->count; i++)
        if (view->raw[i] == (double)number)
            return i;
    return SIZE_MAX;
}

static void assert_curve(const cav_history *view, size_t row, const cav_history *history,
                         size_t number)
{
    const cav_curve *found = &view->curves[row], *wanted = &history->curves[number];
    assert_int_equal(found->count, wanted->count);
    for (size_t i = 0; i < wanted->count; i++) {
        assert_int_equal(found->steps[i], wanted->steps[i]);
        assert_true(found->losses[2 * i] == wanted->losses[2 * i] &&
                    found->losses[2 * i + 1] == wanted->losses[2 * i + 1]);
    }
}

static void test_trials_outside_are_left_out(void **state)
{
    (void)state;
    cav_history *history = cav_history_new(1, 1, 2, maximize);
    cav_subset *subset = cav_subset_new(history);
    put(history, 0, CAVIAR_STATE_COMPLETE, CAV_PLACE_INSIDE);
    put(history, 1, CAVIAR_STATE_COMPLETE, CAV_PLACE_OUTSIDE);
    put(history, 2, CAVIAR_STATE_RUNNING, CAV_PLACE_BESIDE);
    look(subset, history);
    const cav_history *view = cav_subset_view(subset);
    assert_int_equal(view->count, 2);
    assert_int_equal(row_of(view, 1), SIZE_MAX);
    assert_true(view->losses[0] == 0 && view->finished_count == 1 && view->open_count == 1);
    put(history, 2, CAVIAR_STATE_COMPLETE, CAV_PLACE_BESIDE);
    look(subset, history);
    assert_true(view->count == 2 && view->finished_count == 2);
    assert_true(view->losses[2] == -0.25); // maximised
    cav_subset_free(subset);
    cav_history_free(history);
}

static void test_curves_are_those_of_the_history_through_every_way_back(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(1201), 0, CAV_PURPOSE_TEST, 0);
    cav_history *history = cav_history_new(1, 1, 2, maximize);
    cav_subset *subset = cav_subset_new(history);
    int64_t steps[TRIALS] = {0};
    for (int64_t i = 0; i < TRIALS; i++)
        put(history, i, CAVIAR_STATE_RUNNING, i % 3 ? CAV_PLACE_INSIDE : CAV_PLACE_OUTSIDE);
    for (int i = 0; i < 600; i++) {
        size_t number = (size_t)cav_random_below(&random, TRIALS);
        bool goes_back = steps[number] > 2 && cav_random_below(&random, 6) == 0;
        steps[number] = goes_back ? 1 + (int64_t)cav_random_below(&random, (uint64_t)steps[number])
                                  : steps[number] + 1 + (int64_t)cav_random_below(&random, 3);
        report(history, number, steps[number]);
        if (cav_random_below(&random, 4) == 0)
            look(subset, history);
    }
    look(subset, history);
    const cav_history *view = cav_subset_view(subset);
    assert_int_equal(view->count, TRIALS - TRIALS / 3);
    for (size_t i = 0; i < TRIALS; i++)
        if (i % 3)
            assert_curve(view, row_of(view, i), history, i);
    cav_subset_free(subset);
    cav_history_free(history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trials_outside_are_left_out),
        cmocka_unit_test(test_curves_are_those_of_the_history_through_every_way_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
