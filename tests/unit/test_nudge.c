/**
 * test_nudge.c: what somebody wants of a running trial, and how it comes with the answers to its
 * reports.
 */
#include "support/test.h"

#include "support/tuner.h"

#include "base/file.h"
#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DEFINITION                                                                                 \
    "{study: panda, seed: 4, metric: loss, retry: 2, space: {lr: {type: float, scale: log, low: "  \
    "1e-4, high: 1, default: 0.1}, units: {type: int, low: 1, high: 64, default: 8}, act: {type: " \
    "categorical, choices: [relu, tanh], default: relu}, beta: {type: float, low: 0, high: 1, "    \
    "when: {act: tanh}}}, constraints: ['units * lr <= 5']}"

typedef struct fixture {
    cav_study *study;
    caviar_trial *trial;
    cav_error error;
} fixture;

// A study whose trial 0 runs with the defaults.
static int set_up(void **state)
{
    fixture *at = calloc(1, sizeof *at);
    assert_non_null(at);
    double raw[4] = {NAN, NAN, NAN, NAN};
    int64_t number;
    at->study = tuner_open(DEFINITION, NULL, NULL);
    assert_ok(cav_study_add(at->study, raw, NULL, NULL, &number, &at->error), &at->error);
    at->trial = tuner_ask(at->study);
    *state = at;
    return 0;
}

static int tear_down(void **state)
{
    fixture *at = *state;
    caviar_trial_free(at->trial);
    cav_study_close(at->study);
    free(at);
    return 0;
}

// Reports, and passes if the answer is in these words: "continue lr=0.05", "restore 2 lr=0.1".
static void report(fixture *at, int64_t step, const char *answer)
{
    caviar_metric metric = {"loss", 1.0 / (double)(step + 1)};
    caviar_verdict verdict = CAVIAR_VERDICT_PAUSE;
    cav_text words = {0};
    assert_ok(caviar_trial_report(at->trial, step, &metric, 1, &verdict), &at->trial->error);
    cav_text_append(&words, caviar_verdict_name(verdict));
    if (verdict == CAVIAR_VERDICT_RESTORE)
        cav_text_appendf(&words, " %lld", (long long)caviar_trial_restore_step(at->trial));
    for (size_t i = 0; i < caviar_trial_change_count(at->trial); i++) {
        caviar_value value;
        const char *name = caviar_trial_change_name(at->trial, i);
        assert_ok(caviar_trial_get(at->trial, name, &value), &at->trial->error);
        cav_text_appendf(&words, " %s=", name);
        cav_value_print(&value, &words);
    }
    assert_string_equal(cav_text_get(&words), answer);
    cav_text_free(&words);
}

static caviar_code nudge(fixture *at, const char *name, double value)
{
    caviar_setting setting = {name, {.kind = CAVIAR_KIND_REAL, .real = value}};
    return caviar_study_nudge(at->study, 0, &setting, 1, NULL);
}

static void nudge_well(fixture *at, const char *name, double value)
{
    assert_ok(nudge(at, name, value), &at->study->error);
}

static void nudge_fails(fixture *at, const char *name, double value, caviar_code code,
                        const char *piece)
{
    assert_int_equal(nudge(at, name, value), code);
    assert_contains(caviar_study_message(at->study), piece);
}

// The states of the trial's nudges, in the order of their steps: "active@3 undone@5 waiting@-1".
static void expect_states(fixture *at, const char *states)
{
    cav_text words = {0};
    const cav_nudge_list *list = &at->study->history->nudges[0];
    for (size_t n = 0; n < list->count; n++)
        cav_text_appendf(&words, "%s%s@%lld", n ? " " : "",
                         cav_nudge_state_name(list->items[n].state),
                         (long long)list->items[n].step);
    assert_string_equal(cav_text_get(&words), states);
    cav_text_free(&words);
}

static void test_a_nudge_comes_with_the_next_report_and_once(void **state)
{
    fixture *at = *state;
    report(at, 1, "continue");
    nudge_well(at, "lr", 0.05);
    expect_states(at, "waiting@-1");
    report(at, 2, "continue lr=0.05");
    expect_states(at, "active@2");
    assert_true(caviar_trial_real(at->trial, "lr") == 0.05);
    report(at, 3, "continue");
}

static void test_of_two_nudges_at_once_the_later_counts(void **state)
{
    fixture *at = *state;
    nudge_well(at, "lr", 0.05);
    nudge_well(at, "lr", 0.02);
    nudge_well(at, "units", 16);
    report(at, 1, "continue lr=0.02 units=16");
}

static void test_who_and_why_is_kept(void **state)
{
    fixture *at = *state;
    caviar_setting setting = {"lr", {.kind = CAVIAR_KIND_REAL, .real = 0.5}};
    caviar_nudge_options options = {.author = "mara", .note = "too slow"};
    assert_ok(caviar_study_nudge(at->study, 0, &setting, 1, &options), &at->study->error);
    const cav_nudge *kept = &at->study->history->nudges[0].items[0];
    assert_string_equal(kept->author, "mara");
    assert_string_equal(kept->note, "too slow");
    assert_true(kept->created_ms > 0 && kept->delivered_ms == 0);
    report(at, 1, "continue lr=0.5");
    assert_true(at->study->history->nudges[0].items[0].delivered_ms > 0);
}

static void test_values_stay_in_the_space_unless_forced(void **state)
{
    fixture *at = *state;
    caviar_setting setting = {"lr", {.kind = CAVIAR_KIND_REAL, .real = 7}};
    nudge_fails(at, "lr", 7, CAVIAR_INVALID, "lies outside of 0.0001 to 1");
    nudge_fails(at, "units", 2.5, CAVIAR_INVALID, "not a whole number");
    nudge_fails(at, "units", 64, CAVIAR_INVALID, "break a constraint");
    nudge_fails(at, "what", 1, CAVIAR_INVALID, "there is no parameter 'what'");
    nudge_fails(at, "beta", 0.5, CAVIAR_INVALID, "not active");
    expect_states(at, "");
    assert_ok(caviar_study_nudge(at->study, 0, &setting, 1, &(caviar_nudge_options){.force = true}),
              &at->study->error);
    report(at, 1, "continue lr=7");
    assert_int_equal(caviar_study_nudge(at->study, 0, NULL, 0, NULL), CAVIAR_INVALID);
}

static void test_no_parameter_begins_or_ceases_to_exist(void **state)
{
    fixture *at = *state;
    caviar_setting setting = {"act", {.kind = CAVIAR_KIND_TEXT, .text = "tanh"}};
    caviar_nudge_options force = {.force = true};
    assert_int_equal(caviar_study_nudge(at->study, 0, &setting, 1, &force), CAVIAR_INVALID);
    assert_contains(caviar_study_message(at->study), "'beta' would begin to exist");
}

static void test_what_the_values_are_now(void **state)
{
    fixture *at = *state;
    double raw[4];
    report(at, 1, "continue");
    nudge_well(at, "lr", 0.05);
    report(at, 2, "continue lr=0.05");
    nudge_well(at, "lr", 0.025);
    assert_ok(cav_study_values(at->study, 0, raw, &at->error), &at->error);
    assert_true(raw[0] == 0.025 && raw[1] == 8 && isnan(raw[3]));
    assert_int_equal(cav_study_values(at->study, 9, raw, &at->error), CAVIAR_NOT_FOUND);
}

static void can_restore(fixture *at)
{
    assert_ok(caviar_trial_can(at->trial, CAVIAR_CAN_CHANGE | CAVIAR_CAN_RESTORE),
              &at->trial->error);
}

static void roll_back(fixture *at, int64_t to)
{
    assert_ok(caviar_study_rollback(at->study, 0, to, NULL), &at->study->error);
}

static void test_a_rollback_takes_the_last_nudge_back(void **state)
{
    fixture *at = *state;
    can_restore(at);
    nudge_well(at, "units", 4);
    report(at, 1, "continue units=4");
    report(at, 2, "continue");
    nudge_well(at, "lr", 0.5);
    report(at, 3, "continue lr=0.5");
    report(at, 4, "continue");
    roll_back(at, -1);
    report(at, 5, "restore 3 lr=0.1 units=4"); // all that ever changed, as it was
    expect_states(at, "active@1 undone@3 active@5");
    report(at, 4, "continue"); // the new branch
    roll_back(at, -1);
    report(at, 5, "restore 1 lr=0.1 units=8");
    expect_states(at, "undone@1 undone@3 active@5 active@5");
    assert_int_equal(caviar_study_rollback(at->study, 0, -1, NULL), CAVIAR_NOT_FOUND);
    assert_contains(caviar_study_message(at->study), "no nudge to take back");
}

static void test_what_is_wanted_behind_a_rollback_comes_with_it(void **state)
{
    fixture *at = *state;
    can_restore(at);
    report(at, 1, "continue");
    report(at, 2, "continue");
    nudge_well(at, "lr", 0.5); // given up before it was heard
    roll_back(at, 1);
    nudge_well(at, "lr", 0.01);
    report(at, 3, "restore 1 lr=0.01");
    expect_states(at, "active@1 undone@3 active@3");
    report(at, 2, "continue");
    report(at, 3, "continue");
}

static void test_only_a_program_that_says_so_is_asked_to_restore(void **state)
{
    fixture *at = *state;
    assert_int_equal(caviar_study_rollback(at->study, 0, 1, NULL), CAVIAR_STATE);
    assert_contains(caviar_study_message(at->study), "has not reported yet");
    report(at, 1, "continue");
    assert_int_equal(caviar_study_rollback(at->study, 0, 1, NULL), CAVIAR_STATE);
    assert_contains(caviar_study_message(at->study), "has not said that it can restore");
    can_restore(at);
    report(at, 2, "continue");
    assert_int_equal(caviar_study_rollback(at->study, 0, 3, NULL), CAVIAR_INVALID);
    assert_contains(caviar_study_message(at->study), "is at step 2, not yet at 3");
    roll_back(at, 1);
    report(at, 3, "restore 1");
}

static void test_only_checkpoints_that_are_there_are_gone_back_to(void **state)
{
    fixture *at = *state;
    can_restore(at);
    assert_ok(caviar_trial_keeps(at->trial, (int64_t[]){2, 3}, 2), &at->trial->error);
    report(at, 3, "continue");
    assert_int_equal(caviar_study_rollback(at->study, 0, 1, NULL), CAVIAR_NOT_FOUND);
    assert_contains(caviar_study_message(at->study), "it has those of [2,3]");
    roll_back(at, 2);
    // in the meantime the oldest has gone
    assert_ok(caviar_trial_keeps(at->trial, (int64_t[]){3, 4}, 2), &at->trial->error);
    report(at, 4, "continue");
    expect_states(at, "refused@4");
}

static void test_stop_ends_it_as_pruned(void **state)
{
    fixture *at = *state;
    report(at, 1, "continue");
    assert_ok(cav_study_stop(at->study, 0, NULL, &at->error), &at->error);
    report(at, 2, "stop");
    assert_ok(caviar_trial_tell(at->trial, NULL, 0), &at->trial->error);
    assert_int_equal(caviar_trial_state(at->trial), CAVIAR_STATE_PRUNED);
    nudge_fails(at, "lr", 0.5, CAVIAR_STATE, "trial 0 is pruned");
}

static void test_a_trial_that_only_prints_is_not_nudged_but_can_be_stopped(void **state)
{
    fixture *at = *state;
    nudge_well(at, "lr", 0.5); // nobody knows yet
    at->trial->can = CAV_CAN_PRINT;
    at->trial->is_deaf = true;
    report(at, 1, "continue");
    expect_states(at, "waiting@-1");
    nudge_fails(at, "lr", 0.5, CAVIAR_STATE, "reports by printing");
    assert_ok(cav_study_stop(at->study, 0, NULL, &at->error), &at->error);
    report(at, 2, "stop");
}

// Its program starts from the beginning: it hears everything again, at the same steps.
static void test_a_trial_that_is_run_again_hears_its_nudges_again(void **state)
{
    fixture *at = *state;
    report(at, 1, "continue");
    nudge_well(at, "lr", 0.5);
    report(at, 2, "continue lr=0.5");
    nudge_well(at, "units", 4);
    report(at, 3, "continue units=4");
    assert_ok(caviar_trial_fail(at->trial, CAVIAR_REASON_EXIT, ""), &at->trial->error);
    caviar_trial_free(at->trial);
    at->trial = tuner_ask(at->study);
    assert_int_equal(caviar_trial_number(at->trial), 0);
    report(at, 1, "continue");
    report(at, 2, "continue lr=0.5");
    report(at, 3, "continue units=4");
    report(at, 4, "continue");
}

// One that goes on from a checkpoint goes through what it does not report by itself.
static void test_steps_that_are_not_reported_are_passed(void **state)
{
    fixture *at = *state;
    nudge_well(at, "lr", 0.5);
    report(at, 2, "continue lr=0.5");
    assert_ok(caviar_trial_fail(at->trial, CAVIAR_REASON_EXIT, ""), &at->trial->error);
    caviar_trial_free(at->trial);
    at->trial = tuner_ask(at->study);
    assert_int_equal(caviar_trial_pass(at->trial, 1), 0);
    assert_true(caviar_trial_real(at->trial, "lr") == 0.1);
    assert_int_equal(caviar_trial_pass(at->trial, 2), 1);
    assert_string_equal(caviar_trial_change_name(at->trial, 0), "lr");
    assert_true(caviar_trial_real(at->trial, "lr") == 0.5);
    report(at, 3, "continue lr=0.5"); // once more: it does no harm
    report(at, 4, "continue");
}

static void test_another_process_nudges(void **state)
{
    (void)state;
    char folder[] = "/tmp/caviar-nudge-XXXXXX", path[64];
    cav_error error = {0};
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/s.db", folder);
    fixture here = {.study = tuner_open(DEFINITION, path, NULL)};
    fixture there = {.study = tuner_open(NULL, path, NULL)};
    here.trial = tuner_ask(here.study);
    report(&here, 1, "continue");
    nudge_well(&there, "lr", 0.01);
    report(&here, 2, "continue lr=0.01");
    assert_ok(cav_study_refresh(there.study, &error), &error);
    expect_states(&there, "active@2");
    caviar_trial_free(here.trial);
    cav_study_close(here.study);
    cav_study_close(there.study);
    assert_ok(cav_folder_remove(folder, &error), &error);
}

// ---- Rest -------------------------------------------------------------------------------------

static void pause_well(fixture *at)
{
    assert_ok(cav_study_pause(at->study, 0, NULL, &at->error), &at->error);
}

static void resume_well(fixture *at)
{
    assert_ok(cav_study_resume(at->study, 0, NULL, &at->error), &at->error);
}

// Ends the trial as it was told to.
static void end(fixture *at)
{
    assert_ok(caviar_trial_tell(at->trial, NULL, 0), &at->trial->error);
    caviar_trial_free(at->trial);
    at->trial = NULL;
}

static void expect_next(fixture *at, int64_t number, int64_t attempt, int64_t first_step)
{
    at->trial = tuner_ask(at->study);
    assert_int_equal(caviar_trial_number(at->trial), number);
    assert_int_equal(at->trial->attempt, attempt);
    assert_int_equal(caviar_trial_first_step(at->trial), first_step);
}

static void test_a_paused_trial_stays_so_until_it_is_resumed(void **state)
{
    fixture *at = *state;
    report(at, 1, "continue");
    pause_well(at);
    expect_states(at, "waiting@-1");
    report(at, 2, "pause");
    expect_states(at, "active@2");
    end(at);
    assert_int_equal(at->study->history->states[0], CAVIAR_STATE_RUNNING); // not read yet
    expect_next(at, 1, 1, 0);
    assert_int_equal(at->study->history->states[0], CAVIAR_STATE_PAUSED);
    caviar_trial_free(at->trial);
    resume_well(at);
    expect_states(at, "active@2 active@2");
    expect_next(at, 0, 2, 2);
    report(at, 3, "continue");
}

static void test_a_pause_is_taken_back_before_it_is_told(void **state)
{
    fixture *at = *state;
    pause_well(at);
    resume_well(at);
    expect_states(at, "undone@-1");
    report(at, 1, "continue");
}

static void test_a_trial_that_is_resumed_before_it_has_ended_waits(void **state)
{
    fixture *at = *state;
    pause_well(at);
    report(at, 1, "pause");
    resume_well(at);
    end(at);
    expect_next(at, 0, 2, 1);
}

static void test_a_pause_comes_behind_a_rollback(void **state)
{
    fixture *at = *state;
    can_restore(at);
    report(at, 1, "continue");
    report(at, 2, "continue");
    pause_well(at);
    roll_back(at, 1);
    report(at, 3, "restore 1");
    report(at, 2, "pause");
}

static void test_pauses_that_cannot_be(void **state)
{
    fixture *at = *state;
    assert_int_equal(cav_study_resume(at->study, 0, NULL, &at->error), CAVIAR_STATE);
    assert_string_equal(at->error.message, "trial 0 is running, not paused");
    pause_well(at);
    assert_int_equal(cav_study_pause(at->study, 0, NULL, &at->error), CAVIAR_STATE);
    assert_string_equal(at->error.message, "trial 0 is paused already");
    assert_int_equal(cav_study_pause(at->study, 7, NULL, &at->error), CAVIAR_NOT_FOUND);
    report(at, 1, "pause");
    end(at);
    assert_int_equal(cav_study_pause(at->study, 0, NULL, &at->error), CAVIAR_STATE);
}

// What is left at the end of the budget is given up, but not what somebody keeps for later.
static void test_a_paused_trial_outlasts_the_budget(void **state)
{
    (void)state;
    fixture at = {.study = tuner_open("{study: one, metric: loss, budget: {trials: 1}, steps: "
                                      "{max: 3}, space: {lr: {type: float, low: 0, high: 1}}}",
                                      NULL, NULL)};
    at.trial = tuner_ask(at.study);
    pause_well(&at);
    report(&at, 1, "pause");
    end(&at);
    tuner_ask_fails(at.study, CAVIAR_DONE, "budget");
    assert_int_equal(at.study->history->states[0], CAVIAR_STATE_PAUSED);
    resume_well(&at);
    expect_next(&at, 0, 2, 1);
    report(&at, 2, "continue");
    pause_well(&at);
    report(&at, 3, "continue"); // it has come to its end: there is nothing left to go on with
    caviar_trial_free(at.trial);
    cav_study_close(at.study);
}

#define NURSED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NURSED(test_a_nudge_comes_with_the_next_report_and_once),
        NURSED(test_of_two_nudges_at_once_the_later_counts),
        NURSED(test_who_and_why_is_kept),
        NURSED(test_values_stay_in_the_space_unless_forced),
        NURSED(test_no_parameter_begins_or_ceases_to_exist),
        NURSED(test_what_the_values_are_now),
        NURSED(test_a_rollback_takes_the_last_nudge_back),
        NURSED(test_what_is_wanted_behind_a_rollback_comes_with_it),
        NURSED(test_only_a_program_that_says_so_is_asked_to_restore),
        NURSED(test_only_checkpoints_that_are_there_are_gone_back_to),
        NURSED(test_stop_ends_it_as_pruned),
        NURSED(test_a_trial_that_only_prints_is_not_nudged_but_can_be_stopped),
        NURSED(test_a_trial_that_is_run_again_hears_its_nudges_again),
        NURSED(test_steps_that_are_not_reported_are_passed),
        NURSED(test_a_paused_trial_stays_so_until_it_is_resumed),
        NURSED(test_a_pause_is_taken_back_before_it_is_told),
        NURSED(test_a_trial_that_is_resumed_before_it_has_ended_waits),
        NURSED(test_a_pause_comes_behind_a_rollback),
        NURSED(test_pauses_that_cannot_be),
        cmocka_unit_test(test_a_paused_trial_outlasts_the_budget),
        cmocka_unit_test(test_another_process_nudges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
