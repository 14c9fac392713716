/**
 * test_curve_ends.c: ends of curves from what similar configurations came to.
 */
#include "support/test.h"

#include "base/random.h"
#include "surrogate/curve_ends.h"

#include <math.h>

enum { LAST = 40, TRIALS = 40, SHORT = 3 };

static const bool minimize[1];

typedef struct fixture {
    uint64_t seed;
    cav_space *space;
    cav_history *history;
    cav_curve_model *model;
    cav_curve_ends *ends;
} fixture;

static double end_of(const fixture *at, size_t trial)
{
    double x = at->history->points[trial];
    return 0.2 + (x - 0.4) * (x - 0.4);
}

// A power law whose amplitude has nothing to do with its end, so that its beginning says little.
static double loss_of(const fixture *at, size_t trial, int64_t step)
{
    cav_random random = cav_random_stream(at->seed, trial, CAV_PURPOSE_TEST, 0);
    double amplitude = 0.3 + 0.6 * cav_random_unit(&random);
    double far = pow((double)step, -0.5) - pow(LAST, -0.5);
    return end_of(at, trial) + amplitude * far;
}

static void set_up(fixture *at)
{
    *at = (fixture){.seed = test_seed(741), .history = cav_history_new(1, 1, 1, minimize)};
    at->space = caviar_space_new();
    caviar_space_add(at->space, &(caviar_parameter){.name = "x", .high = 1});
    at->model = cav_curve_model_new(LAST);
    at->ends = cav_curve_ends_new(at->space);
    assert_true(at->history && at->model && at->ends);
}

static void tear_down(fixture *at)
{
    cav_curve_ends_free(at->ends);
    cav_curve_model_free(at->model);
    cav_history_free(at->history);
    caviar_space_free(at->space);
}

static void put(fixture *at, size_t number, double x, caviar_state state)
{
    cav_record record = {
        .number = (int64_t)number, .attempt = 1, .state = state, .raw = &x, .step = -1};
    assert_int_equal(cav_history_put(at->history, &record, &x, NULL), CAVIAR_OK);
}

static void report(fixture *at, size_t trial, int64_t from, int64_t to)
{
    for (int64_t step = from; step <= to; step++) {
        double loss = loss_of(at, trial, step);
        assert_int_equal(cav_history_report(at->history, trial, step, &loss, NULL), CAVIAR_OK);
    }
}

static void look(fixture *at)
{
    cav_error error = {0};
    assert_ok(cav_curve_ends_look(at->ends, at->model, at->history, &error), &error);
}

// Every other trial goes to its end, the others to an early step.
static void run_half(fixture *at)
{
    for (size_t i = 0; i < TRIALS; i++) {
        put(at, i, fmod(0.618 * (double)i, 1), CAVIAR_STATE_RUNNING);
        report(at, i, 1, i % 2 ? SHORT : LAST);
    }
}

static void test_a_short_curve_ends_as_similar_ones_did(void **state)
{
    (void)state;
    fixture at;
    set_up(&at);
    run_half(&at);
    look(&at);
    assert_true(cav_curve_model_is_trusted(at.model));
    double alone = 0, united = 0, surprise = 0, count = 0;
    for (size_t i = 1; i < TRIALS; i += 2) {
        cav_curve_guess own = cav_curve_model_guess(at.model, at.history, i, LAST);
        cav_curve_guess guess = cav_curve_ends_guess(at.ends, at.model, at.history, i, LAST);
        double off = guess.mean - end_of(&at, i);
        alone += fabs(own.mean - end_of(&at, i));
        united += fabs(off);
        surprise += off * off / (guess.sd * guess.sd);
        assert_true(guess.sd < own.sd);
        count++;
    }
    if (!(united < 0.3 * alone && surprise < 4 * count))
        fail_msg("error %g, %g of the curve alone; squared surprise %g", united / count,
                 alone / count, surprise / count);
    tear_down(&at);
}

static void test_a_curve_that_is_all_there_has_its_own_end(void **state)
{
    (void)state;
    fixture at;
    set_up(&at);
    run_half(&at);
    look(&at);
    for (size_t i = 0; i < TRIALS; i += 2) {
        cav_curve_guess guess = cav_curve_ends_guess(at.ends, at.model, at.history, i, LAST);
        assert_near(guess.mean, end_of(&at, i), 0.01);
    }
    tear_down(&at);
}

static void test_a_new_trial_is_like_the_latest_ones(void **state)
{
    (void)state;
    fixture at;
    set_up(&at);
    run_half(&at);
    look(&at);
    cav_curve_guess before = cav_curve_ends_guess_new(at.ends, at.model, LAST);
    for (size_t i = TRIALS; i < TRIALS + 20; i++) { // all of them near the least end, 0.2
        put(&at, i, 0.35 + 0.005 * (double)(i - TRIALS), CAVIAR_STATE_RUNNING);
        report(&at, i, 1, 1);
    }
    look(&at);
    cav_curve_guess after = cav_curve_ends_guess_new(at.ends, at.model, LAST);
    assert_true(before.mean > 0.24);
    assert_near(after.mean, 0.2, 0.02);
    assert_true(after.sd < before.sd);
    tear_down(&at);
}

static void test_who_comes_late_guesses_the_same(void **state)
{
    (void)state;
    fixture at;
    set_up(&at);
    for (size_t i = 0; i < TRIALS; i++) {
        put(&at, i, fmod(0.618 * (double)i, 1), CAVIAR_STATE_RUNNING);
        for (int64_t step = 1; step <= (i % 2 ? SHORT : LAST); step++) {
            report(&at, i, step, step);
            look(&at);
        }
    }
    fixture late = at;
    late.model = cav_curve_model_new(LAST);
    late.ends = cav_curve_ends_new(at.space);
    look(&late);
    for (size_t i = 0; i < TRIALS; i++) {
        for (int64_t step = 1; step <= LAST; step += 13) {
            cav_curve_guess a = cav_curve_ends_guess(at.ends, at.model, at.history, i, step);
            cav_curve_guess b = cav_curve_ends_guess(late.ends, late.model, at.history, i, step);
            assert_true(a.mean == b.mean && a.sd == b.sd);
        }
    }
    cav_curve_ends_free(late.ends);
    cav_curve_model_free(late.model);
    tear_down(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_short_curve_ends_as_similar_ones_did),
        cmocka_unit_test(test_a_curve_that_is_all_there_has_its_own_end),
        cmocka_unit_test(test_a_new_trial_is_like_the_latest_ones),
        cmocka_unit_test(test_who_comes_late_guesses_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
