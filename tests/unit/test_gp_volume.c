/**
 * test_gp_volume.c: the expected gain of hypervolume, by inclusion and exclusion, and its gradient.
 */
#include "support/test.h"

#include "gp_golden.h"
#include "gp_golden_space.h"

#include "base/pareto.h"
#include "support/textbook.h"
#include "surrogate/gp_volume.h"

#include <math.h>

enum { COUNT = CAV_COUNT_OF(golden_outcomes), DIMS = GOLDEN_DIMS, METRICS = CAV_GP_VOLUME_METRICS };

typedef struct fixture {
    cav_space *space;
    cav_gp_volume *volume;
    double losses[METRICS][COUNT];
    bool failed[COUNT];
    cav_gp_trials trials[METRICS];
} fixture;

static void learn(fixture *at)
{
    cav_random random = cav_random_stream(843, 0, CAV_PURPOSE_TEST, 0);
    assert_true(cav_gp_volume_fit(at->volume, at->trials, true, &random));
    assert_true(cav_gp_volume_learn(at->volume, at->trials));
    assert_true(cav_gp_volume_expect(at->volume, NULL, 0));
}

// The golden outcomes, and one or two that want something else.
static void set_up(fixture *at, size_t metric_count)
{
    *at = (fixture){.space = golden_space()};
    at->volume = cav_gp_volume_new(at->space, metric_count, &(cav_gp_ensemble_options){1, 1, NULL});
    assert_non_null(at->volume);
    for (size_t i = 0; i < COUNT; i++) {
        const double *point = golden_points[i];
        at->losses[0][i] = golden_outcomes[i];
        at->losses[1][i] = pow(point[0] - 0.2, 2) + 0.5 * point[2] + 0.1 * sin(7.0 * (double)i);
        at->losses[2][i] = cos(6 * point[0]) - 0.4 * golden_outcomes[i];
    }
    for (size_t m = 0; m < METRICS; m++)
        at->trials[m] =
            (cav_gp_trials){COUNT, &golden_points[0][0], at->losses[m], at->failed, NULL};
    learn(at);
}

static void tear_down(fixture *at)
{
    cav_gp_volume_free(at->volume);
    caviar_space_free(at->space);
}

// What a team believes of the trials that no other has dominated, [COUNT x metric_count]. Returns
// how many there are.
static size_t believe(const fixture *at, size_t team, double *ret_front)
{
    size_t metrics = at->volume->metric_count, kept = 0;
    double losses[COUNT][METRICS];
    for (size_t i = 0; i < COUNT; i++)
        for (size_t m = 0; m < metrics; m++)
            losses[i][m] = at->losses[m][i];
    for (size_t i = 0; i < COUNT; i++) {
        bool is_front = true;
        for (size_t k = 0; k < COUNT; k++)
            is_front &= !cav_pareto_dominates(losses[k], losses[i], metrics);
        for (size_t m = 0; m < metrics; m++)
            ret_front[kept * metrics + m] =
                cav_gp_fitted(at->volume->ensembles[m]->members[team].gp, i);
        kept += is_front;
    }
    return kept;
}

// What a team expects to gain, by inclusion and exclusion: what it expects to cover below the
// reference, less what it expects to cover of what the trials of any subset cover together, which
// is a box.
static double expected_gain(const fixture *at, size_t team, const double *point)
{
    const cav_gp_volume *volume = at->volume;
    size_t metrics = volume->metric_count;
    double front[COUNT * METRICS], mean[METRICS], deviation[METRICS], reference[METRICS];
    double gain = 0, log_news = 0;
    size_t count = believe(at, team, front);
    for (size_t m = 0; m < metrics; m++) {
        const cav_pareto_boxes *boxes = &volume->teams[team].boxes;
        const cav_gp_member *member = &volume->ensembles[m]->members[team];
        double variance;
        cav_gp_predict(member->gp, point, volume->ensembles[m]->work, &mean[m], &variance, NULL,
                       NULL);
        log_news += cav_gp_member_log_news(member, variance, NULL);
        deviation[m] = sqrt(variance);
        reference[m] = boxes->edges[m][boxes->edge_counts[m] - 1];
    }
    assert_in_range(count, 3, 16);
    for (unsigned subset = 0; subset < 1u << count; subset++) {
        double part = __builtin_popcount(subset) % 2 ? -1 : 1;
        for (size_t m = 0; m < metrics; m++) {
            double from = -INFINITY;
            for (size_t i = 0; i < count; i++)
                if (subset >> i & 1)
                    from = fmax(from, fmin(front[i * metrics + m], reference[m]));
            part *= textbook_improvement(reference[m], mean[m], deviation[m]) -
                    (subset ? textbook_improvement(from, mean[m], deviation[m]) : 0);
        }
        gain += part;
    }
    return gain * exp(log_news / (double)metrics);
}

static void test_the_score_is_what_is_expected_to_be_gained(void **state)
{
    (void)state;
    for (size_t metrics = 2; metrics <= METRICS; metrics++) {
        fixture at;
        double scores[8];
        set_up(&at, metrics);
        cav_gp_volume_score_eight(at.volume, &golden_tests[0][0], scores);
        for (size_t i = 0; i < CAV_COUNT_OF(golden_tests); i++) {
            double gain = 0;
            for (size_t team = 0; team < at.volume->team_count; team++)
                gain += exp(at.volume->teams[team].log_weight) *
                        expected_gain(&at, team, golden_tests[i]);
            assert_near(exp(scores[i]), gain, 1e-9 * gain + 1e-12);
        }
        tear_down(&at);
    }
}

static void check_gradient(fixture *at, const double *point)
{
    double gradient[DIMS], unused[DIMS], moved[DIMS], step = 1e-6;
    cav_gp_volume_score(at->volume, point, gradient);
    memcpy(moved, point, sizeof moved);
    for (size_t dim = 0; dim < DIMS; dim++) {
        if (!golden_is_smooth(moved, dim))
            continue;
        moved[dim] = point[dim] + step;
        double above = cav_gp_volume_score(at->volume, moved, unused);
        moved[dim] = point[dim] - step;
        double below = cav_gp_volume_score(at->volume, moved, unused);
        moved[dim] = point[dim];
        assert_near(gradient[dim], (above - below) / (2 * step), 1e-4 * (1 + fabs(gradient[dim])));
    }
}

static void test_the_gradient_of_the_score_is_its_derivative(void **state)
{
    (void)state;
    for (size_t metrics = 2; metrics <= METRICS; metrics++) {
        fixture at;
        double scores[8], gradient[DIMS];
        set_up(&at, metrics);
        cav_gp_volume_score_eight(at.volume, &golden_tests[0][0], scores);
        for (size_t i = 0; i < CAV_COUNT_OF(golden_tests); i++) {
            assert_near(cav_gp_volume_score(at.volume, golden_tests[i], gradient), scores[i],
                        1e-9 * fabs(scores[i]));
            check_gradient(&at, golden_tests[i]);
        }
        tear_down(&at);
    }
}

// Of two trials at one point, neither of which dominates the other, the same is believed but for
// rounding: that makes boxes of which doubles do not tell the difference of expectations.
static void test_repeated_trials_leave_a_gradient(void **state)
{
    (void)state;
    fixture at;
    double points[COUNT][DIMS];
    set_up(&at, 2);
    memcpy(points, golden_points, sizeof points);
    for (size_t i = 0; i < 8; i++) {
        memcpy(points[i], golden_points[10], sizeof points[i]);
        at.losses[0][i] = -3 - 0.1 * (double)i;
        at.losses[1][i] = -3 + 0.1 * (double)i;
    }
    for (size_t m = 0; m < METRICS; m++)
        at.trials[m].points = &points[0][0];
    learn(&at);
    for (size_t i = 0; i < CAV_COUNT_OF(golden_tests); i++)
        check_gradient(&at, golden_tests[i]);
    tear_down(&at);
}

static void test_what_is_expected_lowers_the_score_there_and_can_be_taken_back(void **state)
{
    (void)state;
    fixture at;
    double before[8], during[8], after[8];
    set_up(&at, 2);
    cav_gp_volume_score_eight(at.volume, &golden_tests[0][0], before);
    assert_true(cav_gp_volume_expect(at.volume, &golden_tests[0][0], 2));
    cav_gp_volume_score_eight(at.volume, &golden_tests[0][0], during);
    assert_true(cav_gp_volume_expect(at.volume, NULL, 0));
    cav_gp_volume_score_eight(at.volume, &golden_tests[0][0], after);
    assert_true(during[0] < before[0] - 0.5 && during[1] < before[1] - 0.5);
    for (size_t i = 0; i < 8; i++)
        assert_near(after[i], before[i], 1e-9 * fabs(before[i]));
    tear_down(&at);
}

static void test_many_points_get_the_scores_that_eight_get_once_levels_are_set(void **state)
{
    (void)state;
    fixture at;
    double points[16][DIMS], all[16], eight[8], most = -INFINITY;
    set_up(&at, 3);
    at.failed[0] = at.failed[1] = true;
    learn(&at);
    memcpy(points, golden_tests, 8 * sizeof points[0]);
    memcpy(points + 8, golden_points, 8 * sizeof points[0]);
    assert_true(cav_gp_volume_score_all(at.volume, &points[0][0], 16, all));
    for (size_t first = 0; first < 16; first += 8) {
        cav_gp_volume_score_eight(at.volume, points[first], eight);
        for (size_t i = 0; i < 8; i++)
            assert_near(all[first + i], eight[i], 1e-12 * (1 + fabs(eight[i])));
    }
    for (size_t i = 0; i < 16; i++)
        most = fmax(most, all[i]);
    assert_true(isfinite(most));
    assert_true(all[8] < most - 0.1 && all[9] < most - 0.1); // where trials have failed
    tear_down(&at);
}

static void test_trials_that_are_appended_count_as_those_that_are_learnt_together(void **state)
{
    (void)state;
    fixture at;
    double together[8], appended[8];
    set_up(&at, 2);
    cav_gp_volume_score_eight(at.volume, &golden_tests[0][0], together);
    cav_gp_trials first[METRICS];
    memcpy(first, at.trials, sizeof first);
    for (size_t m = 0; m < METRICS; m++)
        first[m].count = COUNT / 2;
    assert_true(cav_gp_volume_learn(at.volume, first));
    assert_true(cav_gp_volume_expect(at.volume, &golden_tests[0][0], 2)); // is taken back
    assert_true(cav_gp_volume_extend(at.volume, at.trials));
    assert_true(cav_gp_volume_expect(at.volume, NULL, 0));
    cav_gp_volume_score_eight(at.volume, &golden_tests[0][0], appended);
    for (size_t i = 0; i < 8; i++)
        assert_near(appended[i], together[i], 1e-7 * fabs(together[i]));
    tear_down(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_score_is_what_is_expected_to_be_gained),
        cmocka_unit_test(test_the_gradient_of_the_score_is_its_derivative),
        cmocka_unit_test(test_repeated_trials_leave_a_gradient),
        cmocka_unit_test(test_what_is_expected_lowers_the_score_there_and_can_be_taken_back),
        cmocka_unit_test(test_many_points_get_the_scores_that_eight_get_once_levels_are_set),
        cmocka_unit_test(test_trials_that_are_appended_count_as_those_that_are_learnt_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
