/**
 * test_history.c: the columns of a study's trials, the lists of open and finished ones, the index
 * of points, curves, the best, the time that was busy.
 */
#include "support/test.h"

#include "base/memory.h"
#include "base/random.h"
#include "trial/history.h"

#include <math.h>
#include <stdlib.h>

enum { DIMS = 2, METRICS = 2 };

static const bool directions[METRICS] = {false, true}; // the second is maximised

static cav_history *make(void)
{
    cav_history *history = cav_history_new(DIMS + 1, DIMS, METRICS, directions);
    assert_non_null(history);
    return history;
}

static void put_record(cav_history *history, const cav_record *record, double u, double v)
{
    cav_error error = {0};
    assert_ok(cav_history_put(history, record, (const double[]){u, v}, &error), &error);
}

// Adds or changes a trial; its point is derived from its number.
static void put(cav_history *history, int64_t number, caviar_state state, double first,
                double second)
{
    const double raw[] = {(double)number, 1, 2}, values[] = {first, second};
    cav_record record = {
        .number = number, .attempt = 1, .state = state, .raw = raw, .values = values, .step = -1};
    put_record(history, &record, (double)number / 100, 0.5);
}

static void assert_list(const size_t *list, size_t count, const size_t *expected,
                        size_t expected_count)
{
    assert_int_equal(count, expected_count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(list[i], expected[i]);
}

#define LISTED(...)                                                                                \
    (const size_t[]){__VA_ARGS__}, sizeof((const size_t[]){__VA_ARGS__}) / sizeof(size_t)

static void test_a_row_has_what_the_record_had(void **state)
{
    (void)state;
    cav_history *history = make();
    const double raw[] = {3, NAN, 0.25}, values[] = {0.5, 0.75};
    cav_record record = {.number = 0,
                         .attempt = 2,
                         .failures = 1,
                         .state = CAVIAR_STATE_COMPLETE,
                         .reason = CAVIAR_REASON_NONE,
                         .raw = raw,
                         .values = values,
                         .step = 9,
                         .started_ms = 100,
                         .finished_ms = 250};
    put_record(history, &record, 0.125, NAN);
    assert_int_equal(history->count, 1);
    assert_true(history->points[0] == 0.125 && isnan(history->points[1]));
    assert_true(history->raw[0] == 3 && isnan(history->raw[1]) && history->raw[2] == 0.25);
    assert_true(history->losses[0] == 0.5 && history->losses[1] == -0.75);
    assert_int_equal(history->states[0], CAVIAR_STATE_COMPLETE);
    assert_int_equal(history->attempts[0], 2);
    assert_int_equal(history->failures[0], 1);
    assert_int_equal(history->steps[0], 9);
    assert_int_equal(history->started_ms[0], 100);
    assert_int_equal(history->finished_ms[0], 250);
    cav_history_free(history);
    cav_history_free(NULL);
}

static void test_losses_are_known_of_complete_and_pruned_trials_only(void **state)
{
    (void)state;
    cav_history *history = make();
    for (int64_t i = CAVIAR_STATE_WAITING; i <= CAVIAR_STATE_FAILED; i++) {
        put(history, i, (caviar_state)i, 1, 2);
        bool known = i == CAVIAR_STATE_COMPLETE || i == CAVIAR_STATE_PRUNED;
        assert_int_equal(isnan(history->losses[i * METRICS]), !known);
        assert_int_equal(isnan(history->losses[i * METRICS + 1]), !known);
    }
    cav_record without = {.number = 9, .state = CAVIAR_STATE_COMPLETE, .raw = (double[]){0, 0, 0}};
    put_record(history, &without, 0, 0);
    assert_true(isnan(history->losses[9 * METRICS]));
    cav_history_free(history);
}

static void test_open_and_finished_are_in_the_order_of_events(void **state)
{
    (void)state;
    cav_history *history = make();
    for (int64_t i = 0; i < 5; i++)
        put(history, i, CAVIAR_STATE_WAITING, NAN, NAN);
    assert_list(history->open, history->open_count, LISTED(0, 1, 2, 3, 4));
    put(history, 3, CAVIAR_STATE_RUNNING, NAN, NAN);
    put(history, 3, CAVIAR_STATE_COMPLETE, 1, 1);
    put(history, 0, CAVIAR_STATE_RUNNING, NAN, NAN);
    put(history, 0, CAVIAR_STATE_PAUSED, NAN, NAN); // still open
    put(history, 4, CAVIAR_STATE_FAILED, NAN, NAN);
    put(history, 1, CAVIAR_STATE_PRUNED, 2, 2);
    assert_list(history->open, history->open_count, LISTED(0, 2));
    assert_list(history->finished, history->finished_count, LISTED(3, 4, 1));
    put(history, 3, CAVIAR_STATE_COMPLETE, 1, 1); // told again: no second entry
    put(history, 0, CAVIAR_STATE_WAITING, NAN, NAN);
    assert_list(history->open, history->open_count, LISTED(0, 2));
    assert_list(history->finished, history->finished_count, LISTED(3, 4, 1));
    cav_history_free(history);
}

static void test_rows_that_have_not_come_yet_are_nowhere(void **state)
{
    (void)state;
    cav_history *history = make();
    put(history, 70, CAVIAR_STATE_COMPLETE, 5, 5); // past the first capacity
    assert_int_equal(history->count, 71);
    assert_list(history->finished, history->finished_count, LISTED(70));
    assert_int_equal(history->open_count, 0);
    assert_int_equal(cav_history_best(history, 0), 70);
    assert_int_equal(cav_history_busy_ms(history, 1000), 0);
    assert_true(cav_history_find(history, (const double[]){0.03, 0.5}) == SIZE_MAX);
    assert_int_equal(history->steps[3], -1);
    put(history, 3, CAVIAR_STATE_RUNNING, NAN, NAN);
    assert_int_equal(cav_history_find(history, (const double[]){0.03, 0.5}), 3);
    assert_list(history->open, history->open_count, LISTED(3));
    assert_int_equal(history->count, 71);
    cav_history_free(history);
}

static void test_points_are_found_bit_for_bit_but_for_nan_and_minus_zero(void **state)
{
    (void)state;
    cav_history *history = make();
    const double points[][DIMS] = {{0.5, 0.25}, {NAN, 0.5}, {0, NAN}, {0.1, 0.2}, {0.1, 0.2}};
    cav_record record = {.raw = (double[]){0, 0, 0}};
    assert_true(cav_history_find(history, points[0]) == SIZE_MAX); // in the empty one
    for (int64_t i = 0; i < 5; i++) {
        record.number = i;
        put_record(history, &record, points[i][0], points[i][1]);
    }
    assert_int_equal(cav_history_find(history, (const double[]){0.5, 0.25}), 0);
    assert_int_equal(cav_history_find(history, (const double[]){-NAN, 0.5}), 1);
    assert_int_equal(cav_history_find(history, (const double[]){-0.0, NAN}), 2);
    size_t twice = cav_history_find(history, (const double[]){0.1, 0.2});
    assert_true(twice == 3 || twice == 4);
    const double others[][DIMS] = {
        {0.25, 0.5}, {0.5, NAN}, {NAN, NAN}, {0, 0}, {0.1, nextafter(0.2, 1)}};
    for (size_t i = 0; i < CAV_COUNT_OF(others); i++)
        assert_true(cav_history_find(history, others[i]) == SIZE_MAX);
    cav_history_free(history);
}

static void test_many_points_are_all_found_again(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(1401), 0, CAV_PURPOSE_TEST, 0);
    cav_history *history = make();
    size_t count = test_rounds(20000);
    cav_record record = {.raw = (double[]){0, 0, 0}};
    for (size_t i = 0; i < count; i++) {
        record.number = (int64_t)i;
        double u = cav_random_unit(&random);
        put_record(history, &record, i % 7 ? u : NAN, (double)i);
    }
    for (size_t i = 0; i < count; i++) {
        const double *point = history->points + i * DIMS;
        assert_int_equal(cav_history_find(history, point), i);
        assert_true(cav_history_find(history, (double[]){point[1], point[0]}) == SIZE_MAX);
    }
    cav_history_free(history);
}

static void test_a_space_without_dimensions_has_one_point(void **state)
{
    (void)state;
    cav_error error = {0};
    cav_history *history = cav_history_new(0, 0, 1, directions);
    cav_record record = {.state = CAVIAR_STATE_RUNNING};
    assert_true(cav_history_find(history, NULL) == SIZE_MAX);
    assert_ok(cav_history_put(history, &record, NULL, &error), &error);
    assert_int_equal(cav_history_find(history, NULL), 0);
    cav_history_free(history);
}

static void test_the_best_is_complete_and_of_equals_the_earliest(void **state)
{
    (void)state;
    cav_history *history = make();
    assert_true(cav_history_best(history, 0) == SIZE_MAX);
    put(history, 0, CAVIAR_STATE_FAILED, 0, 9);
    put(history, 1, CAVIAR_STATE_PRUNED, 0, 9);
    put(history, 2, CAVIAR_STATE_RUNNING, 0, 9);
    assert_true(cav_history_best(history, 0) == SIZE_MAX);
    put(history, 3, CAVIAR_STATE_COMPLETE, NAN, 3);
    assert_true(cav_history_best(history, 0) == SIZE_MAX);
    assert_int_equal(cav_history_best(history, 1), 3);
    put(history, 4, CAVIAR_STATE_COMPLETE, 2, 1);
    put(history, 5, CAVIAR_STATE_COMPLETE, 1, 5);
    put(history, 6, CAVIAR_STATE_COMPLETE, 1, 7);
    put(history, 7, CAVIAR_STATE_COMPLETE, 3, 7);
    assert_int_equal(cav_history_best(history, 0), 5); // the least
    assert_int_equal(cav_history_best(history, 1), 6); // the greatest
    cav_history_free(history);
}

static void report(cav_history *history, size_t number, int64_t step, double first, double second)
{
    cav_error error = {0};
    assert_ok(cav_history_report(history, number, step, (const double[]){first, second}, &error),
              &error);
}

static void assert_steps(const cav_curve *curve, const int64_t *steps, size_t count)
{
    assert_int_equal(curve->count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(curve->steps[i], steps[i]);
}

#define STEPS(...)                                                                                 \
    (const int64_t[]){__VA_ARGS__}, sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)

static void test_a_curve_has_the_losses_of_its_reports(void **state)
{
    (void)state;
    cav_history *history = make();
    put(history, 0, CAVIAR_STATE_RUNNING, NAN, NAN);
    report(history, 0, 1, 0.9, 0.1);
    report(history, 0, 2, NAN, 0.2);
    report(history, 0, 5, 0.5, NAN);
    const cav_curve *curve = &history->curves[0];
    assert_steps(curve, STEPS(1, 2, 5));
    assert_true(curve->losses[0] == 0.9 && curve->losses[1] == -0.1);
    assert_true(isnan(curve->losses[2]) && curve->losses[3] == -0.2);
    assert_true(curve->losses[4] == 0.5 && isnan(curve->losses[5]));
    assert_int_equal(history->steps[0], 5);
    cav_history_free(history);
}

static void test_a_branch_that_was_given_up_goes(void **state)
{
    (void)state;
    cav_history *history = make();
    put(history, 0, CAVIAR_STATE_RUNNING, NAN, NAN);
    for (int64_t step = 1; step <= 6; step++)
        report(history, 0, step, (double)step, 0);
    report(history, 0, 3, 30, 0); // back to the checkpoint of step 2
    assert_steps(&history->curves[0], STEPS(1, 2, 3));
    assert_true(history->curves[0].losses[2 * METRICS] == 30);
    assert_int_equal(history->steps[0], 3);
    report(history, 0, 4, 40, 0);
    report(history, 0, 4, 41, 0); // the same step again
    assert_steps(&history->curves[0], STEPS(1, 2, 3, 4));
    assert_true(history->curves[0].losses[3 * METRICS] == 41);
    report(history, 0, 0, 0, 0);
    assert_steps(&history->curves[0], STEPS(0));
    cav_history_free(history);
}

static void test_the_sum_of_steps_counts_what_was_given_up(void **state)
{
    (void)state;
    cav_history *history = make();
    put(history, 0, CAVIAR_STATE_RUNNING, NAN, NAN);
    put(history, 1, CAVIAR_STATE_RUNNING, NAN, NAN);
    assert_int_equal(history->step_sum, 0);
    report(history, 0, 7, 0, 0);
    report(history, 1, 2, 0, 0);
    assert_int_equal(history->step_sum, 9);
    report(history, 0, 3, 0, 0); // rolled back
    assert_int_equal(history->step_sum, 9 + 3);
    report(history, 0, 4, 0, 0); // and on from there
    assert_int_equal(history->step_sum, 9 + 4);
    cav_record record = {.number = 1, .state = CAVIAR_STATE_COMPLETE, .step = 4};
    put_record(history, &record, 0, 0); // its reports were not read
    assert_int_equal(history->step_sum, 9 + 4 + 2);
    assert_int_equal(history->reported_count, 4);
    assert_int_equal(history->reported[1], 1);
    assert_int_equal(history->curves[0].rewinds, 1);
    cav_history_free(history);
}

static void test_a_fork_has_spent_what_it_did_itself(void **state)
{
    (void)state;
    cav_history *history = make();
    cav_record record = {.state = CAVIAR_STATE_WAITING,
                         .raw = (const double[]){0, 1, 2},
                         .step = 10,
                         .has_parent = true,
                         .parent = 0,
                         .parent_step = 10};
    put_record(history, &record, 0, 0);
    assert_int_equal(history->step_sum, 0);
    report(history, 0, 11, 0, 0);
    report(history, 0, 13, 0, 0);
    assert_int_equal(history->step_sum, 3);
    cav_history_free(history);
}

static void test_stopped_trials_save_what_they_had_left(void **state)
{
    (void)state;
    static const struct {
        caviar_state state;
        int64_t step;
    } trials[] = {{CAVIAR_STATE_PRUNED, 3},  {CAVIAR_STATE_PRUNED, -1}, {CAVIAR_STATE_COMPLETE, 4},
                  {CAVIAR_STATE_PRUNED, 12}, {CAVIAR_STATE_FAILED, 2},  {CAVIAR_STATE_PAUSED, 1}};
    cav_history *history = make();
    for (size_t i = 0; i < CAV_COUNT_OF(trials); i++) {
        cav_record record = {.number = (int64_t)i,
                             .state = trials[i].state,
                             .raw = (double[]){0, 0, 0},
                             .step = trials[i].step};
        put_record(history, &record, 0, 0);
    }
    assert_int_equal(cav_history_saved_steps(history, 10), 7 + 10);
    assert_int_equal(cav_history_saved_steps(history, 0), 0);
    cav_history_free(history);
}

static void test_long_curves(void **state)
{
    (void)state;
    cav_history *history = make();
    put(history, 0, CAVIAR_STATE_RUNNING, NAN, NAN);
    for (int64_t step = 0; step < 10000; step++)
        report(history, 0, step, (double)step, -(double)step);
    assert_int_equal(history->curves[0].count, 10000);
    for (size_t i = 0; i < 10000; i++)
        assert_true(history->curves[0].losses[i * METRICS + 1] == (double)i);
    cav_history_free(history);
}

// A trial that ran from `start` to `end`; 0, 0: never started; end 0: still running.
static void span(cav_history *history, int64_t number, int64_t start, int64_t end)
{
    cav_record record = {.number = number,
                         .state = end     ? CAVIAR_STATE_COMPLETE
                                  : start ? CAVIAR_STATE_RUNNING
                                          : CAVIAR_STATE_WAITING,
                         .raw = (double[]){0, 0, 0},
                         .started_ms = start,
                         .finished_ms = end};
    put_record(history, &record, 0, 0);
}

static void test_busy_time_counts_each_moment_once(void **state)
{
    (void)state;
    static const struct {
        int64_t spans[4][2], now, busy;
    } cases[] = {
        {{{0, 0}}, 500, 0},
        {{{100, 200}}, 500, 100},
        {{{100, 200}, {300, 350}}, 500, 150},
        {{{100, 200}, {150, 250}}, 500, 150},
        {{{100, 400}, {150, 250}, {200, 300}}, 500, 300}, // nested
        {{{300, 350}, {100, 200}, {190, 310}}, 500, 250}, // joined by the third
        {{{100, 200}, {200, 300}}, 500, 200},
        {{{100, 100}}, 500, 0},
        {{{100, 0}}, 500, 400}, // running
        {{{100, 0}, {50, 120}, {0, 0}}, 500, 450},
        {{{600, 0}}, 500, 0}, // the clock went back
        {{{300, 200}}, 500, 0},
        {{{300, 200}, {100, 150}}, 500, 50},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++) {
        cav_history *history = make();
        for (int64_t k = 0; k < 4; k++)
            span(history, k, cases[i].spans[k][0], cases[i].spans[k][1]);
        if (cav_history_busy_ms(history, cases[i].now) != cases[i].busy)
            fail_msg("case %zu: %lld", i, (long long)cav_history_busy_ms(history, cases[i].now));
        cav_history_free(history);
    }
}

static void test_random_busy_times_are_those_of_a_count_by_the_millisecond(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(1402), 0, CAV_PURPOSE_TEST, 0);
    for (size_t round = test_rounds(300); round > 0; round--) {
        cav_history *history = make();
        bool busy[400] = {false};
        int64_t count = 0, now = 390;
        for (int64_t i = 0; i < 12; i++) {
            int64_t start = 1 + (int64_t)cav_random_below(&random, 380);
            int64_t end = start + (int64_t)cav_random_below(&random, 400 - (uint64_t)start);
            bool running = cav_random_below(&random, 6) == 0;
            span(history, i, start, running ? 0 : end);
            for (int64_t t = start; t < (running ? now : end); t++)
                busy[t] = true;
        }
        for (int t = 0; t < 400; t++)
            count += busy[t];
        assert_int_equal(cav_history_busy_ms(history, now), count);
        cav_history_free(history);
    }
}

static void test_imported_trials_are_counted_once(void **state)
{
    (void)state;
    cav_history *history = make();
    cav_record record = {
        .number = 0, .uncounted = true, .state = CAVIAR_STATE_COMPLETE, .raw = (double[]){0, 0, 0}};
    put_record(history, &record, 0, 0);
    put_record(history, &record, 0, 0);
    put(history, 1, CAVIAR_STATE_COMPLETE, 0, 0);
    assert_int_equal(history->uncounted_count, 1);
    cav_history_free(history);
}

static void test_changes_are_listed_as_they_came(void **state)
{
    (void)state;
    cav_history *history = make();
    cav_error error = {0};
    put(history, 0, CAVIAR_STATE_RUNNING, NAN, NAN);
    put(history, 1, CAVIAR_STATE_RUNNING, NAN, NAN);
    put(history, 0, CAVIAR_STATE_COMPLETE, 1, 2);
    assert_list(history->changed, history->changed_count, LISTED(0, 1, 0));
    assert_list(history->latest, history->count, LISTED(2, 1));
    cav_nudge nudge = {.id = 1, .number = 1, .kind = CAV_NUDGE_STOP, .author = "", .note = ""};
    assert_ok(cav_history_nudge(history, &nudge, &error), &error);
    assert_list(history->changed, history->changed_count, LISTED(0, 1, 0, 1));
    assert_list(history->latest, history->count, LISTED(2, 3));
    cav_history_free(history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_row_has_what_the_record_had),
        cmocka_unit_test(test_losses_are_known_of_complete_and_pruned_trials_only),
        cmocka_unit_test(test_open_and_finished_are_in_the_order_of_events),
        cmocka_unit_test(test_rows_that_have_not_come_yet_are_nowhere),
        cmocka_unit_test(test_points_are_found_bit_for_bit_but_for_nan_and_minus_zero),
        cmocka_unit_test(test_many_points_are_all_found_again),
        cmocka_unit_test(test_a_space_without_dimensions_has_one_point),
        cmocka_unit_test(test_the_best_is_complete_and_of_equals_the_earliest),
        cmocka_unit_test(test_a_curve_has_the_losses_of_its_reports),
        cmocka_unit_test(test_a_branch_that_was_given_up_goes),
        cmocka_unit_test(test_the_sum_of_steps_counts_what_was_given_up),
        cmocka_unit_test(test_a_fork_has_spent_what_it_did_itself),
        cmocka_unit_test(test_stopped_trials_save_what_they_had_left),
        cmocka_unit_test(test_long_curves),
        cmocka_unit_test(test_busy_time_counts_each_moment_once),
        cmocka_unit_test(test_random_busy_times_are_those_of_a_count_by_the_millisecond),
        cmocka_unit_test(test_imported_trials_are_counted_once),
        cmocka_unit_test(test_changes_are_listed_as_they_came),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
