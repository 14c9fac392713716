/**
 * test_curve_model.c: learning curves: the closed form, extrapolation, and when not to trust it.
 */
#include "support/test.h"

#include "base/memory.h"
#include "base/random.h"
#include "surrogate/comparable.h"
#include "surrogate/curve_posterior.h"

#include <math.h>

enum { LAST = 50 };

static const bool minimize[1];

// ---- One curve ------------------------------------------------------------------------------

// Against the conditional normal distributions of (e, d), by numpy: y ~ N(X m, X S X' + noise I),
// with X = [1 s], mixed over the three levels of noise by their densities.
static void test_the_posterior_is_that_of_a_normal_regression(void **state)
{
    (void)state;
    static const double s[] = {1, 0.6, 0.35, 0.3}, y[] = {2.1, 1.5, 1.2, 1.05};
    cav_curve_prior prior = {
        .mean = {0.8, 1.1}, .covariance = {0.5, -0.1, 0.4}, .noise = 0.01, .shares = {1}};
    static cav_curve_sums sums;
    static cav_curve_posterior posterior;
    double shapes[CAV_CURVE_SHAPES] = {0}, mean, variance;
    for (size_t i = 0; i < CAV_COUNT_OF(s); i++) {
        shapes[0] = s[i];
        cav_curve_sums_add(&sums, shapes, y[i]);
    }
    cav_curve_posterior_find(&prior, &sums, &posterior);
    shapes[0] = 0.1;
    cav_curve_posterior_at(&posterior, shapes, &mean, &variance);
    assert_near(mean, 0.7996339854178147, 1e-12);
    assert_near(variance, 0.005056652505679993, 1e-12);
    assert_near(posterior.noise, 0.006436697634076602, 1e-12);
    assert_near(posterior.residual, 0.014856975875051085, 1e-12);
}

static void test_without_observations_the_posterior_is_the_prior(void **state)
{
    (void)state;
    cav_curve_prior prior = {.mean = {2, 3}, .covariance = {1, 0.5, 4}, .noise = 1};
    for (size_t k = 0; k < CAV_CURVE_SHAPES; k++)
        prior.shares[k] = 1.0 / CAV_CURVE_SHAPES;
    static cav_curve_sums sums;
    static cav_curve_posterior posterior;
    double shapes[CAV_CURVE_SHAPES], mean, variance;
    for (size_t k = 0; k < CAV_CURVE_SHAPES; k++)
        shapes[k] = 0.5;
    cav_curve_posterior_find(&prior, &sums, &posterior);
    cav_curve_posterior_at(&posterior, shapes, &mean, &variance);
    assert_near(mean, 2 + 0.5 * 3, 1e-9);
    assert_near(variance, 1 + 2 * 0.5 * 0.5 + 0.25 * 4, 1e-9);
}

static void test_shapes_fall_to_nothing_at_the_horizon(void **state)
{
    (void)state;
    static cav_curve_shapes shapes;
    static const int64_t horizons[] = {1, 2, 50, 64, 65, 100000};
    for (size_t i = 0; i < CAV_COUNT_OF(horizons); i++) {
        cav_curve_shapes_draw(&shapes, horizons[i]);
        assert_true(shapes.steps[0] == 1);
        assert_near(shapes.steps[shapes.node_count - 1], (double)horizons[i], 1e-6);
        for (size_t k = 0; k < CAV_CURVE_SHAPES; k++) {
            assert_true(shapes.values[shapes.node_count - 1][k] == 0);
            for (size_t node = 0; node < shapes.node_count; node++)
                assert_true(fabs(shapes.values[node][k]) <= 1 + 1e-12);
        }
    }
    double between[CAV_CURVE_SHAPES];
    double step = 0.5 * (shapes.steps[9] + shapes.steps[10]);
    cav_curve_shapes_at(&shapes, step, between);
    for (size_t k = 0; k < CAV_CURVE_SHAPES; k++)
        assert_near(between[k], 0.5 * (shapes.values[9][k] + shapes.values[10][k]), 1e-12);
}

// ---- A study's curves -----------------------------------------------------------------------

typedef double curve_function(size_t trial, int64_t step);

static double noise_of(size_t trial, int64_t step)
{
    cav_random random = cav_random_stream(9, trial * 1000 + (uint64_t)step, CAV_PURPOSE_TEST, 0);
    return cav_random_normal(&random);
}

static double end_of(size_t trial)
{
    return 0.1 + 0.02 * (double)(trial * 7 % 23);
}

// A power law, with a little noise; the end is end_of plus 0.08.
static double power_law(size_t trial, int64_t step)
{
    return end_of(trial) + 0.9 * pow((double)step, -0.6) + 0.002 * noise_of(trial, step);
}

// Flat, until the learning rate falls late in the training, which helps some and harms others.
static double cosine(size_t trial, int64_t step)
{
    double late = step > LAST * 6 / 10 ? (double)(step - LAST * 6 / 10) / LAST : 0;
    double turn = (double)(trial * 5 % 11) / 5 - 1;
    return 0.8 + 0.05 * end_of(trial) + turn * late + 0.001 * noise_of(trial, step);
}

static void put(cav_history *history, size_t number, caviar_state state, double value)
{
    double x = (double)number / 100;
    cav_record record = {.number = (int64_t)number,
                         .attempt = 1,
                         .state = state,
                         .raw = &x,
                         .values = &value,
                         .step = -1};
    assert_int_equal(cav_history_put(history, &record, &x, NULL), CAVIAR_OK);
}

// Trials in turn, of which every third goes to the end and the others to step `part`.
static cav_history *make(curve_function *curve, size_t trials, int64_t part)
{
    cav_history *history = cav_history_new(1, 1, 1, minimize);
    for (size_t i = 0; i < trials; i++) {
        int64_t last = i % 3 == 0 ? LAST : part;
        put(history, i, CAVIAR_STATE_RUNNING, NAN);
        for (int64_t step = 1; step <= last; step++) {
            double loss = curve(i, step);
            assert_int_equal(cav_history_report(history, i, step, &loss, NULL), CAVIAR_OK);
        }
        if (last == LAST)
            put(history, i, CAVIAR_STATE_COMPLETE, curve(i, LAST));
        else
            put(history, i, i % 3 == 1 ? CAVIAR_STATE_PAUSED : CAVIAR_STATE_PRUNED, curve(i, last));
    }
    return history;
}

static cav_curve_model *learn(const cav_history *history, int64_t step_max)
{
    cav_error error = {0};
    cav_curve_model *model = cav_curve_model_new(step_max);
    assert_ok(cav_curve_model_look(model, history, history->reported_count, &error), &error);
    return model;
}

static void test_power_laws_are_extrapolated(void **state)
{
    (void)state;
    cav_history *history = make(power_law, 30, 10);
    cav_curve_model *model = learn(history, LAST);
    assert_true(cav_curve_model_is_trusted(model));
    double error = 0, naive = 0, surprise = 0, count = 0;
    for (size_t i = 1; i < 30; i += i % 3) { // those that went to step 10
        cav_curve_guess guess = cav_curve_model_guess(model, history, i, LAST);
        double end = end_of(i) + 0.9 * pow(LAST, -0.6);
        double loss = cav_curve_model_loss(model, guess.mean);
        assert_true(guess.sd > 0 && guess.sd < 0.1);
        error += fabs(loss - end);
        naive += fabs(power_law(i, 10) - end);
        double z = (guess.mean - cav_curve_model_scale(model, end)) / guess.sd;
        surprise += z * z;
        count++;
    }
    assert_true(error < 0.1 * naive);
    if (!(surprise > 0.25 * count && surprise < 2 * count))
        fail_msg("mean squared surprise %g", surprise / count);
    cav_curve_model_free(model);
    cav_history_free(history);
}

static void test_curves_that_turn_late_are_not_trusted(void **state)
{
    (void)state;
    cav_history *history = make(cosine, 30, 10);
    cav_curve_model *model = learn(history, LAST);
    assert_false(cav_curve_model_is_trusted(model));
    cav_curve_model_free(model);
    cav_history_free(history);
}

static void test_a_few_reports_are_nothing_to_go_by(void **state)
{
    (void)state;
    cav_history *history = make(power_law, 1, 1);
    cav_curve_model *model = learn(history, LAST);
    assert_false(cav_curve_model_is_trusted(model));
    assert_true(isnan(cav_curve_model_guess(model, history, 7, LAST).mean));
    cav_curve_model_free(model);
    cav_history_free(history);
}

static void expect_same(cav_curve_model *a, cav_curve_model *b, const cav_history *history)
{
    assert_int_equal(cav_curve_model_is_trusted(a), cav_curve_model_is_trusted(b));
    for (size_t i = 0; i < history->count; i++) {
        cav_curve_guess x = cav_curve_model_guess(a, history, i, LAST);
        cav_curve_guess y = cav_curve_model_guess(b, history, i, LAST);
        assert_true(x.mean == y.mean || (isnan(x.mean) && isnan(y.mean)));
        assert_true(x.sd == y.sd || (isnan(x.sd) && isnan(y.sd)));
    }
}

static void test_who_comes_late_has_the_same_model(void **state)
{
    (void)state;
    static const int64_t step_max[] = {LAST, 0}; // given, and to be found out
    for (size_t k = 0; k < CAV_COUNT_OF(step_max); k++) {
        cav_history *history = cav_history_new(1, 1, 1, minimize);
        cav_curve_model *early = learn(history, step_max[k]);
        for (size_t i = 0; i < 12; i++)
            put(history, i, CAVIAR_STATE_RUNNING, NAN);
        for (int turn = 0; turn < 400; turn++) {
            size_t number = (size_t)(turn * 7 % 12);
            int64_t step =
                turn % 61 == 60 ? 2 : (int64_t)history->curves[number].count + 1; // some rewind
            double loss = power_law(number, step);
            cav_error error = {0};
            assert_int_equal(cav_history_report(history, number, step, &loss, NULL), CAVIAR_OK);
            assert_ok(cav_curve_model_look(early, history, history->reported_count, &error),
                      &error);
            if (turn % 57 == 56) {
                cav_curve_model *late = learn(history, step_max[k]);
                expect_same(early, late, history);
                cav_curve_model_free(late);
            }
        }
        cav_curve_model_free(early);
        cav_history_free(history);
    }
}

static double in_thousands(size_t trial, int64_t step)
{
    return 1e6 * exp(-3 * power_law(trial, 1) / power_law(trial, step));
}

static void test_losses_far_apart_are_taken_by_their_logarithm(void **state)
{
    (void)state;
    cav_history *history = make(in_thousands, 12, 10);
    cav_curve_model *model = learn(history, LAST);
    assert_near(cav_curve_model_scale(model, M_E), 1, 1e-15);
    assert_near(cav_curve_model_loss(model, 1), M_E, 1e-15);
    cav_curve_model_free(model);
    cav_history_free(history);
}

// N(1, 1/3) and N(4, 1) together are N(1.75, 1/4).
static void test_what_a_curve_alone_says_times_the_prior_is_the_guess(void **state)
{
    (void)state;
    cav_curve_guess prior = {4, 1}, guess = {1.75, 0.5};
    cav_curve_guess alone = cav_curve_guess_alone(guess, prior);
    assert_near(alone.mean, 1, 1e-12);
    assert_near(alone.sd * alone.sd, 1.0 / 3, 1e-12);
    alone = cav_curve_guess_alone((cav_curve_guess){3.9, 0.95}, prior); // next to nothing
    assert_near(alone.mean, 4, 1e-12);
    assert_near(alone.sd, 2, 1e-12);
}

// ---- One loss for every trial ---------------------------------------------------------------

static void test_where_ten_came_to_their_end_losses_are_expected_ends(void **state)
{
    (void)state;
    static curve_function *const curves[] = {power_law, cosine};
    for (size_t k = 0; k < CAV_COUNT_OF(curves); k++) {
        cav_history *history = make(curves[k], 30, 10);
        cav_comparable *comparable = cav_comparable_new(LAST);
        cav_error error = {0};
        assert_ok(cav_comparable_look(comparable, history, history->reported_count, &error),
                  &error);
        for (size_t i = 0; i < 30; i++) {
            cav_comparable_loss at = cav_comparable_of(comparable, history, i);
            if (i % 3 == 0) {
                assert_true(at.loss == curves[k](i, LAST) && at.sd == 0);
            } else if (curves[k] == power_law) {
                assert_true(at.loss < power_law(i, 10) - 0.05); // it would have gone on falling
                assert_near(at.loss, end_of(i) + 0.9 * pow(LAST, -0.6), 0.05);
                assert_true(at.sd > 0);
            } else {
                assert_true(isfinite(at.loss) && at.sd > 0);
            }
        }
        cav_comparable_free(comparable);
        cav_history_free(history);
    }
}

static void test_without_a_model_the_average_of_the_others_is_added(void **state)
{
    (void)state;
    cav_history *history = cav_history_new(1, 1, 1, minimize);
    for (size_t i = 0; i < 3; i++) {
        put(history, i, CAVIAR_STATE_RUNNING, NAN);
        for (int64_t step = 1; step <= (i < 2 ? 4 : 2); step++) { // down by 1 or 3 a step
            double loss = 100 - (double)step * (i == 0 ? 1 : i == 1 ? 3 : 2);
            assert_int_equal(cav_history_report(history, i, step, &loss, NULL), CAVIAR_OK);
        }
    }
    cav_comparable *comparable = cav_comparable_new(4);
    cav_error error = {0};
    assert_ok(cav_comparable_look(comparable, history, history->reported_count, &error), &error);
    cav_comparable_loss at = cav_comparable_of(comparable, history, 2);
    assert_near(at.loss, 96 - 2 * 2, 1e-9);
    cav_comparable_free(comparable);
    cav_history_free(history);
}

// Ten trials of fourteen have come to step 6; what others lost before and beyond does not count.
static void test_losses_are_compared_where_ten_trials_have_come_to(void **state)
{
    (void)state;
    cav_history *history = cav_history_new(1, 1, 1, minimize);
    for (size_t i = 0; i < 14; i++) {
        int64_t last = i == 0 ? LAST : i == 1 ? 7 : i < 10 ? 6 : 2;
        put(history, i, i == 0 ? CAVIAR_STATE_COMPLETE : CAVIAR_STATE_PAUSED, i == 0 ? 7 : NAN);
        for (int64_t step = 1; step <= last; step += i == 1 ? 3 : 1) { // 1, 4 and 7; or all of them
            double loss = 100 + (double)i - (double)step;
            assert_int_equal(cav_history_report(history, i, step, &loss, NULL), CAVIAR_OK);
        }
    }
    cav_comparable *comparable = cav_comparable_new(LAST);
    cav_error error = {0};
    assert_ok(cav_comparable_look(comparable, history, history->reported_count, &error), &error);
    for (size_t i = 0; i < 10; i++) {
        cav_comparable_loss at = cav_comparable_of(comparable, history, i);
        assert_near(at.loss, 100 + (double)i - 6, 1e-9);
        assert_true(at.sd == 0);
    }
    for (size_t i = 10; i < 14; i++) {
        cav_comparable_loss at = cav_comparable_of(comparable, history, i);
        assert_near(at.loss, 100 + (double)i - 6, 1);
        assert_true(at.sd > 0);
    }
    cav_comparable_free(comparable);
    cav_history_free(history);
}

static void test_failed_trials_and_those_without_a_report_are_not_known(void **state)
{
    (void)state;
    cav_history *history = cav_history_new(1, 1, 1, minimize);
    cav_comparable *comparable = cav_comparable_new(4);
    cav_error error = {0};
    put(history, 0, CAVIAR_STATE_FAILED, 1);
    put(history, 1, CAVIAR_STATE_RUNNING, NAN);
    put(history, 2, CAVIAR_STATE_COMPLETE, 5);
    put(history, 3, CAVIAR_STATE_PRUNED, 6); // whose reports are not read
    assert_ok(cav_comparable_look(comparable, history, history->reported_count, &error), &error);
    assert_true(isnan(cav_comparable_of(comparable, history, 0).loss));
    assert_true(isnan(cav_comparable_of(comparable, history, 1).loss));
    assert_true(cav_comparable_of(comparable, history, 2).loss == 5);
    assert_true(cav_comparable_of(comparable, history, 3).loss == 6);
    cav_comparable_free(comparable);
    cav_history_free(history);
}

static const cav_history *view_of(cav_comparable *comparable, const cav_history *history,
                                  size_t reports)
{
    const cav_history *view;
    cav_error error = {0};
    assert_ok(cav_comparable_look(comparable, history, reports, &error), &error);
    assert_ok(cav_comparable_view(comparable, history, &view, &error), &error);
    return view;
}

static void test_a_view_has_all_that_reported_as_if_they_were_complete(void **state)
{
    (void)state;
    cav_history *history = make(power_law, 30, 10);
    double diverged = INFINITY;
    put(history, 30, CAVIAR_STATE_RUNNING, NAN); // has not reported
    put(history, 31, CAVIAR_STATE_FAILED, NAN);
    put(history, 32, CAVIAR_STATE_PAUSED, NAN);
    assert_int_equal(cav_history_report(history, 32, 1, &diverged, NULL), CAVIAR_OK);
    cav_comparable *comparable = cav_comparable_new(LAST);
    const cav_history *view = view_of(comparable, history, history->reported_count);
    const cav_comparable_loss *losses = cav_comparable_losses(comparable);
    assert_int_equal(view->count, 33);
    assert_int_equal(view->finished_count, 32);
    assert_int_equal(view->open_count, 1);
    assert_int_equal(view->open[0], 30);
    for (size_t i = 0; i < 30; i++) {
        cav_comparable_loss at = cav_comparable_of(comparable, history, i);
        assert_int_equal(view->finished[i], i);
        assert_int_equal(view->states[i], CAVIAR_STATE_COMPLETE);
        assert_true(view->losses[i] == at.loss && losses[i].loss == at.loss);
        assert_true(losses[i].sd == at.sd && losses[i].alone_sd >= at.sd);
        assert_true(view->points[i] == history->points[i]);
    }
    assert_int_equal(view->states[31], CAVIAR_STATE_FAILED);
    assert_true(isnan(view->losses[31]) && isnan(view->losses[32]));
    cav_comparable_free(comparable);
    cav_history_free(history);
}

// Whoever looks at a history up to a report sees what was to be seen when it came.
static void test_a_view_of_the_past_is_that_of_a_history_that_ends_there(void **state)
{
    (void)state;
    cav_history *all = make(power_law, 30, 10), *begun = cav_history_new(1, 1, 1, minimize);
    size_t reports = all->reported_count * 2 / 3;
    for (size_t i = 0; i < all->count; i++)
        put(begun, i, CAVIAR_STATE_RUNNING, NAN);
    for (size_t i = 0; i < reports; i++) {
        size_t number = all->reported[i], point = begun->curves[number].count;
        const cav_curve *curve = &all->curves[number];
        assert_int_equal(
            cav_history_report(begun, number, curve->steps[point], &curve->losses[point], NULL),
            CAVIAR_OK);
    }
    cav_comparable *past = cav_comparable_new(LAST), *then = cav_comparable_new(LAST);
    const cav_history *a = view_of(past, all, reports), *b = view_of(then, begun, reports);
    assert_int_equal(a->open_count, b->open_count);
    assert_true(a->open_count > 0);
    for (size_t i = 0; i < all->count; i++) {
        bool has_all = begun->curves[i].count == all->curves[i].count; // it has ended by now
        assert_true(has_all || a->losses[i] == b->losses[i] || isnan(b->losses[i]));
        assert_int_equal(a->states[i], b->states[i]);
    }
    cav_comparable_free(past);
    cav_comparable_free(then);
    cav_history_free(all);
    cav_history_free(begun);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_posterior_is_that_of_a_normal_regression),
        cmocka_unit_test(test_without_observations_the_posterior_is_the_prior),
        cmocka_unit_test(test_shapes_fall_to_nothing_at_the_horizon),
        cmocka_unit_test(test_power_laws_are_extrapolated),
        cmocka_unit_test(test_curves_that_turn_late_are_not_trusted),
        cmocka_unit_test(test_a_few_reports_are_nothing_to_go_by),
        cmocka_unit_test(test_who_comes_late_has_the_same_model),
        cmocka_unit_test(test_losses_far_apart_are_taken_by_their_logarithm),
        cmocka_unit_test(test_what_a_curve_alone_says_times_the_prior_is_the_guess),
        cmocka_unit_test(test_where_ten_came_to_their_end_losses_are_expected_ends),
        cmocka_unit_test(test_without_a_model_the_average_of_the_others_is_added),
        cmocka_unit_test(test_losses_are_compared_where_ten_trials_have_come_to),
        cmocka_unit_test(test_a_view_has_all_that_reported_as_if_they_were_complete),
        cmocka_unit_test(test_a_view_of_the_past_is_that_of_a_history_that_ends_there),
        cmocka_unit_test(test_failed_trials_and_those_without_a_report_are_not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
