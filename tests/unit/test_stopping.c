/**
 * test_stopping.c: a study with a scheduler: trials that pause, come back, are stopped, are given
 * up.
 */
#include "support/test.h"

#include "support/scratch.h"
#include "support/tuner.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>

#define ASHA(extra)                                                                                \
    "scheduler: {type: asha, " extra "}\nsteps: {min: 1, max: 9}\nseed: 3\n"                       \
    "space: {x: {type: float, low: 0, high: 1}}\n"

static int set_up(void **state)
{
    static scratch at;
    at = scratch_new();
    *state = &at;
    return 0;
}

static int tear_down(void **state)
{
    scratch_remove(*state);
    return 0;
}

static double loss_of(caviar_trial *trial, int64_t step)
{
    return caviar_trial_real(trial, "x") + 1 / (double)step;
}

static caviar_verdict report(caviar_trial *trial, int64_t step)
{
    caviar_verdict verdict = CAVIAR_VERDICT_RESTORE;
    caviar_metric metric = {.value = loss_of(trial, step)};
    if (caviar_trial_report(trial, step, &metric, 1, &verdict))
        fail_msg("%s", caviar_trial_message(trial));
    return verdict;
}

// Runs a trial as far as it is let, and at most to a step; it then goes as the last verdict says.
static caviar_verdict train_to(caviar_trial *trial, int64_t last)
{
    caviar_verdict verdict = CAVIAR_VERDICT_CONTINUE;
    int64_t step = caviar_trial_first_step(trial);
    while (verdict == CAVIAR_VERDICT_CONTINUE && step < last)
        verdict = report(trial, ++step);
    if (verdict == CAVIAR_VERDICT_CONTINUE)
        assert_int_equal(caviar_trial_tell(trial, NULL, 0), CAVIAR_OK);
    caviar_trial_free(trial);
    return verdict;
}

static caviar_verdict train(caviar_trial *trial)
{
    return train_to(trial, caviar_trial_last_step(trial));
}

static void train_all(cav_study *study)
{
    caviar_trial *trial;
    caviar_code code;
    cav_error error;
    while (!(code = cav_study_ask(study, &trial, &error)))
        train(trial);
    assert_int_equal(code, CAVIAR_DONE);
    assert_ok(cav_study_refresh(study, &error), &error);
}

static size_t count_state(const cav_study *study, caviar_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < study->history->count; i++)
        count += study->history->states[i] == state;
    return count;
}

static void check_all_over(const cav_study *study)
{
    assert_int_equal(study->history->open_count, 0);
    assert_true(count_state(study, CAVIAR_STATE_COMPLETE) > 0);
    assert_true(count_state(study, CAVIAR_STATE_PRUNED) > 0);
    assert_true(cav_history_saved_steps(study->history, 9) > 0);
    size_t best = cav_history_best(study->history, 0);
    for (size_t i = 0; i < study->history->count; i++) // curves that never cross
        assert_true(study->history->points[best] <= study->history->points[i]);
}

static void test_paused_trials_go_on_from_where_they_stood(void **state)
{
    (void)state;
    cav_study *study = tuner_open("budget: {trials: 3}\n" ASHA("promote: on"), NULL, NULL);
    for (int i = 0; i < 2; i++)
        assert_int_equal(train(tuner_ask(study)), CAVIAR_VERDICT_PAUSE);
    caviar_trial *third = tuner_ask(study);
    caviar_verdict verdict = report(third, 1);
    if (verdict == CAVIAR_VERDICT_PAUSE) { // then one of the first two is the best of three
        caviar_trial_free(third);
        third = tuner_ask(study);
        assert_int_equal(caviar_trial_first_step(third), 1);
        assert_int_equal(third->attempt, 2);
    }
    assert_int_equal(study->history->count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_true(study->history->points[third->number] <= study->history->points[i]);
    caviar_trial_free(third);
    cav_study_close(study);
}

static void test_a_budget_of_trials_ends_with_none_left_over(void **state)
{
    static const char *const studies[] = {"budget: {trials: 30}\n" ASHA("promote: on"),
                                          "budget: {trials: 30}\n" ASHA("promote: off"),
                                          "budget: {trials: 30}\nsampler: zoom\n" ASHA("eta: 2"),
                                          "budget: {trials: 8}\n" ASHA("promote: on")};
    scratch *at = *state;
    for (size_t i = 0; i < CAV_COUNT_OF(studies); i++) {
        char path[2 * SCRATCH_SIZE];
        snprintf(path, sizeof path, "%s/%zu.db", at->folder, i);
        for (size_t in_file = 0; in_file < 2; in_file++) {
            cav_study *study = tuner_open(studies[i], in_file ? path : NULL, NULL);
            train_all(study);
            check_all_over(study);
            assert_int_equal(study->history->count, study->spec->budget.trials);
            cav_study_close(study);
        }
    }
}

static void test_a_budget_of_steps_counts_what_was_spent(void **state)
{
    (void)state;
    cav_study *study =
        tuner_open("budget: {steps: 60}\nsampler: random\n" ASHA("promote: on"), NULL, NULL);
    train_all(study);
    int64_t sum = 0;
    for (size_t i = 0; i < study->history->count; i++)
        sum += study->history->steps[i];
    assert_int_equal(study->history->step_sum, sum);
    assert_in_range(sum, 60, 60 + 9);
    assert_int_equal(study->history->open_count, 0); // what was paused is given up
    assert_true(count_state(study, CAVIAR_STATE_PRUNED) > 10);
    cav_study_close(study);
}

static void test_steps_that_are_done_twice_are_spent_twice(void **state)
{
    (void)state;
    cav_study *study = tuner_open("budget: {steps: 60}\nscheduler: none\nsteps: {max: 9}\n"
                                  "space: {x: {type: float, low: 0, high: 1}}",
                                  NULL, NULL);
    caviar_trial *trial = tuner_ask(study);
    for (int64_t step = 1; step <= 5; step++)
        report(trial, step);
    caviar_trial_free(trial); // given back; its program keeps no checkpoint
    trial = tuner_ask(study);
    for (int64_t step = 1; step <= 3; step++)
        report(trial, step);
    assert_ok(cav_study_refresh(study, &study->error), &study->error);
    assert_int_equal(study->history->step_sum, 8);
    caviar_trial_free(trial);
    cav_study_close(study);
}

static void test_a_stopped_trial_is_pruned_with_its_last_report(void **state)
{
    (void)state;
    cav_study *study = tuner_open("budget: {trials: 30}\n" ASHA("promote: off"), NULL, NULL);
    train_all(study);
    for (size_t i = 0; i < study->history->count; i++) {
        const cav_curve *curve = &study->history->curves[i];
        assert_true(study->history->losses[i] == curve->losses[curve->count - 1]);
        bool whole = study->history->steps[i] == 9;
        assert_int_equal(study->history->states[i],
                         whole ? CAVIAR_STATE_COMPLETE : CAVIAR_STATE_PRUNED);
    }
    cav_study_close(study);
}

static void test_a_trial_that_cannot_pause_is_stopped_instead(void **state)
{
    (void)state;
    cav_study *study = tuner_open("budget: {trials: 30}\n" ASHA("promote: on"), NULL, NULL);
    size_t stopped = 0;
    caviar_trial *trial;
    while (!cav_study_ask(study, &trial, &study->error)) {
        trial->is_deaf = true; // its reports are read from its output
        caviar_verdict verdict = train(trial);
        assert_int_not_equal(verdict, CAVIAR_VERDICT_PAUSE);
        stopped += verdict == CAVIAR_VERDICT_STOP;
    }
    assert_true(stopped > 10);
    check_all_over(study);
    cav_study_close(study);
}

static void test_what_was_stopped_is_learnt_from_in_looking_back(void **state)
{
    (void)state;
    cav_study *study = tuner_open("budget: {trials: 30}\n" ASHA("promote: off"), NULL, NULL);
    assert_ok(cav_study_extrapolate(study, &study->error), &study->error);
    assert_ptr_equal(cav_study_learnt(study), cav_study_seen(study));
    train_all(study);
    assert_ok(cav_study_extrapolate(study, &study->error), &study->error);
    const cav_history *learnt = cav_study_learnt(study);
    size_t stopped = count_state(study, CAVIAR_STATE_PRUNED);
    assert_int_equal(cav_study_stopped(study), stopped);
    for (size_t i = 0; i < learnt->count; i++) {
        double end = learnt->points[i] + 1. / 9, last = study->history->losses[i];
        assert_int_equal(learnt->states[i], CAVIAR_STATE_COMPLETE);
        if (study->history->states[i] == CAVIAR_STATE_COMPLETE)
            assert_true(learnt->losses[i] == last);
        else
            assert_true(fabs(learnt->losses[i] - end) < fabs(last - end));
    }
    int64_t number;
    assert_ok(cav_study_add(study, (double[]){0.5}, (double[]){0.6}, NULL, &number, &study->error),
              &study->error);
    assert_ok(cav_study_refresh(study, &study->error), &study->error);
    assert_ptr_equal(cav_study_learnt(study), cav_study_seen(study)); // no more up to date
    assert_int_equal(cav_study_stopped(study), 0);
    assert_ok(cav_study_extrapolate(study, &study->error), &study->error); // goes on from there
    assert_int_equal(cav_study_stopped(study), stopped);
    assert_int_equal(cav_study_learnt(study)->finished_count, 31);
    cav_study_close(study);
}

#define NO_STEPS "budget: {trials: 40}\nseed: 3\nspace: {x: {type: float, low: 0, high: 1}}\n"

static void test_the_step_where_all_have_ended_is_taken_for_the_last_one(void **state)
{
    (void)state;
    cav_study *study = tuner_open(NO_STEPS, NULL, NULL);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(cav_study_last_step(study), 0);
        assert_int_equal(train_to(tuner_ask(study), 9), CAVIAR_VERDICT_CONTINUE);
        assert_ok(cav_study_refresh(study, &study->error), &study->error);
    }
    assert_int_equal(cav_study_last_step(study), 9);
    caviar_trial *trial;
    while (!cav_study_ask(study, &trial, &study->error))
        train_to(trial, 9);
    check_all_over(study);
    for (size_t i = 0; i < study->history->count; i++) // who reaches it is not judged any more
        assert_int_equal(study->history->states[i] == CAVIAR_STATE_COMPLETE,
                         study->history->steps[i] == 9);
    cav_study_close(study);
}

static void test_a_trial_that_ends_elsewhere_takes_that_back(void **state)
{
    (void)state;
    cav_study *study = tuner_open(NO_STEPS, NULL, NULL);
    for (int i = 0; i < 5; i++)
        train_to(tuner_ask(study), 9);
    caviar_trial *other = tuner_ask(study);
    for (int i = 0; i < 10; i++)
        train_to(tuner_ask(study), 9);
    assert_ok(cav_study_refresh(study, &study->error), &study->error);
    assert_true(count_state(study, CAVIAR_STATE_PAUSED) > 0);
    assert_int_equal(caviar_trial_tell(other, &(caviar_metric){.value = 1}, 1), CAVIAR_OK);
    caviar_trial_free(other); // it has not reported, which says nothing about steps
    other = tuner_ask(study);
    for (int64_t step = caviar_trial_first_step(other) + 1; step <= 12; step++)
        report(other, step);
    assert_int_equal(caviar_trial_tell(other, NULL, 0), CAVIAR_OK);
    caviar_trial_free(other);
    caviar_trial *trial;
    while (!cav_study_ask(study, &trial, &study->error))
        assert_int_equal(train_to(trial, 9), CAVIAR_VERDICT_CONTINUE);
    assert_int_equal(cav_study_last_step(study), 0);
    assert_int_equal(count_state(study, CAVIAR_STATE_COMPLETE), 40); // also those that had paused
    cav_study_close(study);
}

static void test_no_last_step_is_sought_where_it_decides_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *study;
        int64_t steps;
    } cases[] = {{"scheduler: none\n" NO_STEPS, 9},
                 {"scheduler: asha\n" NO_STEPS, 9},
                 {NO_STEPS, 3}}; // too few to be worth it
    for (size_t i = 0; i < CAV_COUNT_OF(cases); i++) {
        cav_study *study = tuner_open(cases[i].study, NULL, NULL);
        for (int t = 0; t < 8; t++)
            train_to(tuner_ask(study), cases[i].steps);
        assert_ok(cav_study_refresh(study, &study->error), &study->error);
        assert_int_equal(cav_study_last_step(study), 0);
        cav_study_close(study);
    }
}

static void test_two_workers_share_the_paused_trials(void **state)
{
    scratch *at = *state;
    char path[2 * SCRATCH_SIZE];
    snprintf(path, sizeof path, "%s/shared.db", at->folder);
    cav_study *studies[2];
    studies[0] = tuner_open("budget: {trials: 30}\n" ASHA("promote: on"), path, NULL);
    studies[1] = tuner_open(NULL, path, NULL);
    bool done[2] = {false, false};
    for (size_t i = 0; !done[0] || !done[1]; i++) {
        caviar_trial *trial;
        cav_error error;
        caviar_code code = cav_study_ask(studies[i % 2], &trial, &error);
        done[i % 2] = code == CAVIAR_DONE;
        if (!code)
            train(trial);
    }
    assert_ok(cav_study_refresh(studies[0], &studies[0]->error), &studies[0]->error);
    check_all_over(studies[0]);
    assert_int_equal(studies[0]->history->count, 30);
    cav_study_close(studies[1]);
    cav_study_close(studies[0]);
}

static void test_a_finite_space_that_is_used_up_ends_the_same_way(void **state)
{
    (void)state;
    cav_study *study =
        tuner_open("scheduler: {type: asha, promote: on}\nsteps: {min: 1, max: 9}\nseed: 3\n"
                   "space: {x: {type: int, low: 1, high: 12}}",
                   NULL, NULL);
    train_all(study);
    assert_int_equal(study->history->count, 12);
    check_all_over(study);
    cav_study_close(study);
}

static void test_what_was_paused_is_gone_on_with_when_the_scheduler_goes(void **state)
{
    scratch *at = *state;
    char path[2 * SCRATCH_SIZE];
    snprintf(path, sizeof path, "%s/none.db", at->folder);
    cav_study *study = tuner_open("budget: {trials: 3}\n" ASHA("promote: on"), path, NULL);
    train(tuner_ask(study));
    train(tuner_ask(study));
    cav_study_close(study);
    study = tuner_open("budget: {trials: 3}\nscheduler: none\nsteps: {min: 1, max: 9}\nseed: 3\n"
                       "space: {x: {type: float, low: 0, high: 1}}",
                       path, NULL);
    train_all(study);
    assert_int_equal(count_state(study, CAVIAR_STATE_COMPLETE), 3);
    cav_study_close(study);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_paused_trials_go_on_from_where_they_stood),
        CASE(test_a_budget_of_trials_ends_with_none_left_over),
        CASE(test_a_budget_of_steps_counts_what_was_spent),
        CASE(test_steps_that_are_done_twice_are_spent_twice),
        CASE(test_a_stopped_trial_is_pruned_with_its_last_report),
        CASE(test_a_trial_that_cannot_pause_is_stopped_instead),
        CASE(test_what_was_stopped_is_learnt_from_in_looking_back),
        CASE(test_the_step_where_all_have_ended_is_taken_for_the_last_one),
        CASE(test_a_trial_that_ends_elsewhere_takes_that_back),
        CASE(test_no_last_step_is_sought_where_it_decides_nothing),
        CASE(test_two_workers_share_the_paused_trials),
        CASE(test_a_finite_space_that_is_used_up_ends_the_same_way),
        CASE(test_what_was_paused_is_gone_on_with_when_the_scheduler_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
