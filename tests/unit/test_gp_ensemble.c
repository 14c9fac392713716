/**
 * test_gp_ensemble.c: several processes as one: scores, their gradients, weights, expectations.
 */
#include "support/test.h"

#include "gp_golden.h"
#include "gp_golden_space.h"

#include "support/textbook.h"
#include "surrogate/gp_ensemble.h"

#include <math.h>

enum { COUNT = CAV_COUNT_OF(golden_outcomes), DIMS = GOLDEN_DIMS };

typedef struct fixture {
    cav_space *space;
    cav_gp_ensemble *ensemble;
    cav_gp_trials trials;
    bool failed[COUNT];
} fixture;

static void fit(fixture *at)
{
    cav_random random = cav_random_stream(841, 0, CAV_PURPOSE_TEST, 0);
    assert_true(cav_gp_ensemble_fit(at->ensemble, &at->trials, true, &random));
    assert_true(cav_gp_ensemble_learn(at->ensemble, &at->trials));
}

static void set_up(fixture *at)
{
    *at = (fixture){.space = golden_space()};
    at->ensemble = cav_gp_ensemble_new(at->space, &(cav_gp_ensemble_options){2, 1, NULL});
    assert_non_null(at->ensemble);
    at->trials = (cav_gp_trials){COUNT, &golden_points[0][0], golden_outcomes, at->failed, NULL};
}

static void tear_down(fixture *at)
{
    cav_gp_ensemble_free(at->ensemble);
    caviar_space_free(at->space);
}

static void test_the_gradient_of_the_score_is_its_derivative(void **state)
{
    (void)state;
    fixture at;
    set_up(&at);
    fit(&at);
    for (size_t i = 0; i < CAV_COUNT_OF(golden_tests); i++) {
        double gradient[DIMS], unused[DIMS], moved[DIMS], scores[8], step = 1e-6;
        double score = cav_gp_ensemble_score(at.ensemble, golden_tests[i], gradient);
        cav_gp_ensemble_score_eight(at.ensemble, &golden_tests[0][0], scores);
        assert_near(score, scores[i], 1e-9 * fabs(score));
        for (size_t dim = 0; dim < DIMS; dim++) {
            memcpy(moved, golden_tests[i], sizeof moved);
            if (!golden_is_smooth(moved, dim))
                continue;
            moved[dim] += step;
            double above = cav_gp_ensemble_score(at.ensemble, moved, unused);
            moved[dim] -= 2 * step;
            double below = cav_gp_ensemble_score(at.ensemble, moved, unused);
            assert_near(gradient[dim], (above - below) / (2 * step),
                        1e-4 * (1 + fabs(gradient[dim])));
        }
    }
    tear_down(&at);
}

static void test_the_score_is_the_improvement_that_members_expect_with_caution(void **state)
{
    (void)state;
    fixture at;
    set_up(&at);
    fit(&at);
    double caution = sqrt(1 + 4. * DIMS / COUNT);
    for (size_t i = 0; i < CAV_COUNT_OF(golden_tests); i++) {
        double unused[DIMS], sum = 0;
        for (size_t k = 0; k < at.ensemble->count; k++) {
            const cav_gp_member *member = &at.ensemble->members[k];
            double mean, variance, news;
            if (!member->is_fit || member->log_weight == -INFINITY)
                continue;
            cav_gp_predict(member->gp, golden_tests[i], at.ensemble->work, &mean, &variance, NULL,
                           NULL);
            news = cav_gp_member_log_news(member, variance, NULL);
            sum += exp(member->log_weight - member->level + news) *
                   textbook_improvement(member->best, mean, caution * sqrt(variance));
        }
        double score = cav_gp_ensemble_score(at.ensemble, golden_tests[i], unused);
        assert_near(exp(score), sum, 1e-9 * sum);
    }
    tear_down(&at);
}

static void test_weights_are_shares_and_none_vanishes(void **state)
{
    (void)state;
    fixture at;
    set_up(&at);
    fit(&at);
    double total = 0;
    for (size_t i = 0; i < at.ensemble->count; i++) {
        double weight = exp(at.ensemble->members[i].log_weight);
        assert_true(weight > 0.2 / (double)at.ensemble->count);
        total += weight;
    }
    assert_near(total, 1, 1e-12);
    double skill = cav_gp_ensemble_skill(at.ensemble);
    assert_true(skill > 0 && skill < 1);
    tear_down(&at);
}

static void test_what_is_expected_lowers_the_score_there_and_can_be_taken_back(void **state)
{
    (void)state;
    fixture at;
    set_up(&at);
    fit(&at);
    double before[8], during[8], after[8];
    cav_gp_ensemble_score_eight(at.ensemble, &golden_tests[0][0], before);
    assert_true(cav_gp_ensemble_expect(at.ensemble, &golden_tests[0][0], 2));
    cav_gp_ensemble_score_eight(at.ensemble, &golden_tests[0][0], during);
    assert_true(cav_gp_ensemble_expect(at.ensemble, NULL, 0));
    cav_gp_ensemble_score_eight(at.ensemble, &golden_tests[0][0], after);
    assert_true(during[0] < before[0] && during[1] < before[1]);
    for (size_t i = 0; i < 8; i++)
        assert_near(after[i], before[i], 1e-9 * fabs(before[i]));
    tear_down(&at);
}

static void test_trials_that_are_appended_count_as_those_that_are_learnt_together(void **state)
{
    (void)state;
    fixture at;
    set_up(&at);
    fit(&at);
    double together[8], appended[8], weight = at.ensemble->members[3].log_weight;
    double best = at.ensemble->members[5].best;
    cav_gp_ensemble_score_eight(at.ensemble, &golden_tests[0][0], together);
    cav_gp_trials first = at.trials;
    first.count = COUNT / 2;
    assert_true(cav_gp_ensemble_learn(at.ensemble, &first));
    assert_true(cav_gp_ensemble_expect(at.ensemble, &golden_tests[0][0], 2)); // is taken back
    first.count++;
    assert_true(cav_gp_ensemble_extend(at.ensemble, &first));
    assert_true(cav_gp_ensemble_extend(at.ensemble, &at.trials));
    assert_near(at.ensemble->members[3].log_weight, weight, 1e-7);
    assert_near(at.ensemble->members[5].best, best, 1e-9);
    cav_gp_ensemble_score_eight(at.ensemble, &golden_tests[0][0], appended);
    for (size_t i = 0; i < 8; i++)
        assert_near(appended[i], together[i], 1e-7 * fabs(together[i]));
    tear_down(&at);
}

static void test_many_points_get_the_scores_that_eight_get_once_levels_are_set(void **state)
{
    (void)state;
    fixture at;
    double points[16][DIMS], all[16], eight[8];
    set_up(&at);
    at.failed[0] = at.failed[1] = true;
    fit(&at);
    memcpy(points, golden_tests, 8 * sizeof points[0]);
    memcpy(points + 8, golden_points, 8 * sizeof points[0]);
    assert_true(cav_gp_ensemble_score_all(at.ensemble, &points[0][0], 16, all));
    for (size_t first = 0; first < 16; first += 8) {
        cav_gp_ensemble_score_eight(at.ensemble, points[first], eight);
        for (size_t i = 0; i < 8; i++)
            assert_near(all[first + i], eight[i], 1e-12 * (1 + fabs(eight[i])));
    }
    double most = -INFINITY;
    for (size_t i = 0; i < 16; i++)
        most = fmax(most, all[i]);
    assert_true(most <= 0); // each member's best is 0, and so at most their mean
    tear_down(&at);
}

static void test_failures_lower_the_score_around_them(void **state)
{
    (void)state;
    fixture at;
    set_up(&at);
    fit(&at);
    double before[8], after[8];
    cav_gp_ensemble_score_eight(at.ensemble, &golden_points[0][0], before);
    at.failed[0] = at.failed[1] = true;
    assert_true(cav_gp_ensemble_learn(at.ensemble, &at.trials));
    cav_gp_ensemble_score_eight(at.ensemble, &golden_points[0][0], after);
    assert_true(after[0] < before[0] - 0.1 && after[1] < before[1] - 0.1);
    tear_down(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_gradient_of_the_score_is_its_derivative),
        cmocka_unit_test(test_the_score_is_the_improvement_that_members_expect_with_caution),
        cmocka_unit_test(test_weights_are_shares_and_none_vanishes),
        cmocka_unit_test(test_what_is_expected_lowers_the_score_there_and_can_be_taken_back),
        cmocka_unit_test(test_trials_that_are_appended_count_as_those_that_are_learnt_together),
        cmocka_unit_test(test_many_points_get_the_scores_that_eight_get_once_levels_are_set),
        cmocka_unit_test(test_failures_lower_the_score_around_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
