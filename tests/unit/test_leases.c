/**
 * test_leases.c: trials whose worker is slow, silent or dead; budgets of time and of steps.
 *
 * Time is the test's own: it stands still until it is moved.
 */
#include "support/test.h"

#include "support/scratch.h"
#include "support/tuner.h"

#include "base/memory.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { START_MS = 1700000000, LEASE_MS = 60000 };

#define SPACE "space: {x: {type: float, low: 0, high: 1}}"

typedef struct fixture {
    scratch scratch;
    char file[2 * SCRATCH_SIZE];
    cav_manual_clock clock;
    cav_study *a, *b; // two workers on one study
} fixture;

static fixture *new_fixture(const char *definition)
{
    fixture *at = calloc(1, sizeof *at);
    assert_non_null(at);
    at->scratch = scratch_new();
    at->clock = cav_manual_clock_at(START_MS);
    snprintf(at->file, sizeof at->file, "%s/caviar.db", at->scratch.folder);
    at->a = tuner_open(definition, at->file, &at->clock.clock);
    at->b = tuner_open(NULL, at->file, &at->clock.clock);
    return at;
}

static int set_up(void **state)
{
    *state = new_fixture("{study: s, seed: 1, retry: 2, " SPACE "}");
    return 0;
}

static int tear_down(void **state)
{
    fixture *at = *state;
    cav_study_close(at->a);
    cav_study_close(at->b);
    scratch_remove(&at->scratch);
    free(at);
    return 0;
}

static void tell(caviar_trial *trial, double value)
{
    if (caviar_trial_tell_value(trial, value))
        fail_msg("%s", caviar_trial_message(trial));
    caviar_trial_free(trial);
}

// So many others that whoever fails three times is due at once.
enum { OTHERS = 7 };

static void tell_others(cav_study *study)
{
    for (int i = 0; i < OTHERS; i++)
        tell(tuner_ask(study), 1);
}

static void expect_stale(caviar_trial *trial)
{
    caviar_verdict verdict;
    assert_int_equal(caviar_trial_report(trial, 1, &(caviar_metric){.value = 1}, 1, &verdict),
                     CAVIAR_STALE);
    assert_int_equal(caviar_trial_fail(trial, CAVIAR_REASON_EXIT, ""), CAVIAR_STALE);
    assert_int_equal(caviar_trial_tell_value(trial, 1), CAVIAR_STALE);
    assert_contains(caviar_trial_message(trial), "comes too late and is not kept");
    assert_contains(caviar_trial_message(trial), "attempt 1 is over, 2 is the present one");
}

// ---- Leases ---------------------------------------------------------------------------------

static void test_a_trial_is_handed_out_again_when_its_lease_is_over(void **state)
{
    fixture *at = *state;
    caviar_trial *slow = tuner_ask(at->a);
    at->clock.now_ms += LEASE_MS;
    caviar_trial *other = tuner_ask(at->b);
    assert_int_equal(other->number, 1);
    at->clock.now_ms += 1;
    caviar_trial *again = tuner_ask(at->b);
    assert_int_equal(again->number, 0);
    assert_int_equal(again->attempt, 2);
    assert_int_equal(again->seed, slow->seed);
    expect_stale(slow);
    caviar_trial_free(slow); // gives nothing back that is not its own any more
    caviar_trial *third = tuner_ask(at->b);
    assert_int_equal(third->number, 2);
    tell(again, 0.5);
    tell(other, 1);
    tell(third, 1);
    caviar_trial *looked = NULL;
    assert_int_equal(cav_study_view(at->a, 0, &looked, NULL), CAVIAR_OK);
    assert_true(looked->finals[0] == 0.5);
    caviar_trial_free(looked);
}

static void test_a_beat_and_a_report_keep_the_lease(void **state)
{
    fixture *at = *state;
    cav_error error;
    caviar_trial *trial = tuner_ask(at->a);
    at->clock.now_ms += LEASE_MS - 1;
    assert_ok(cav_study_beat(at->a, &error), &error);
    at->clock.now_ms += LEASE_MS - 1;
    caviar_verdict verdict;
    assert_int_equal(caviar_trial_report(trial, 1, &(caviar_metric){.value = 1}, 1, &verdict),
                     CAVIAR_OK);
    at->clock.now_ms += LEASE_MS - 1;
    caviar_trial *other = tuner_ask(at->b);
    assert_int_equal(other->number, 1);
    caviar_trial_free(other);
    tell(trial, 1);
}

static void test_a_beat_keeps_only_ones_own_leases(void **state)
{
    fixture *at = *state;
    cav_error error;
    caviar_trial *trial = tuner_ask(at->a);
    at->clock.now_ms += LEASE_MS - 1;
    assert_ok(cav_study_beat(at->b, &error), &error);
    at->clock.now_ms += 2;
    caviar_trial *again = tuner_ask(at->b);
    assert_int_equal(again->number, 0);
    caviar_trial_free(again);
    caviar_trial_free(trial);
}

static void test_a_late_result_counts_while_nobody_else_has_the_trial(void **state)
{
    fixture *at = *state;
    caviar_trial *first = tuner_ask(at->a), *second = tuner_ask(at->a);
    at->clock.now_ms += LEASE_MS + 1;
    caviar_trial *taken = tuner_ask(at->b); // which puts the other one back, too
    assert_int_equal(taken->number, 0);
    tell(second, 2);
    caviar_trial *third = tuner_ask(at->b);
    assert_int_equal(third->number, 2); // what has its result is not handed out
    expect_stale(first);
    caviar_trial_free(first);
    tell(taken, 1);
    tell(third, 1);
}

static void test_a_trial_that_is_lost_too_often_fails_as_lost(void **state)
{
    fixture *at = *state;
    for (int i = 0; i < 4; i++) {
        caviar_trial *trial = tuner_ask(i % 2 ? at->b : at->a);
        assert_int_equal(trial->number, 0);
        if (i == 0)
            tell_others(at->a);
        trial->link = NULL; // its worker vanishes
        caviar_trial_free(trial);
        at->clock.now_ms += LEASE_MS + 1;
    }
    caviar_trial *next = tuner_ask(at->b);
    assert_int_equal(next->number, 1 + OTHERS);
    tell(next, 1);
    caviar_trial *looked = NULL;
    assert_int_equal(cav_study_view(at->a, 0, &looked, NULL), CAVIAR_OK);
    assert_int_equal(looked->state, CAVIAR_STATE_FAILED);
    assert_int_equal(looked->reason, CAVIAR_REASON_LOST);
    assert_true(strlen(caviar_trial_message(looked)) > 10);
    caviar_trial_free(looked);
}

static void test_nobody_takes_a_trial_of_a_study_in_memory(void **state)
{
    (void)state;
    cav_manual_clock clock = cav_manual_clock_at(START_MS);
    cav_study *study = tuner_open("{study: s, seed: 1, " SPACE "}", NULL, &clock.clock);
    caviar_trial *slow = tuner_ask(study);
    clock.now_ms += INT64_C(1000) * 86400000;
    caviar_trial *other = tuner_ask(study);
    assert_int_equal(other->number, 1);
    tell(slow, 1);
    tell(other, 1);
    cav_study_close(study);
}

static int claims; // that the store was asked for
static const cav_store_type *counted;

static caviar_code count_claim(cav_store *store, const cav_scope *scope, const cav_claim *claim,
                               int64_t *ret_number, cav_error *error)
{
    claims++;
    return counted->trial_claim(store, scope, claim, ret_number, error);
}

static void expect_ask(cav_study *study, int64_t number, int asked)
{
    claims = 0;
    caviar_trial *trial = tuner_ask(study);
    assert_int_equal(trial->number, number);
    assert_int_equal(claims, asked);
    trial->link = NULL; // it stays as it is
    caviar_trial_free(trial);
}

static void test_the_store_is_asked_for_what_waits_only_where_anything_may(void **state)
{
    fixture *at = *state;
    counted = at->a->store->type;
    cav_store_type counting = *counted;
    counting.trial_claim = count_claim;
    at->a->store->type = &counting;
    expect_ask(at->a, 0, 0);
    expect_ask(at->b, 1, 0);
    caviar_trial_free(tuner_ask(at->b)); // given back
    expect_ask(at->a, 2, 1);
    at->clock.now_ms += LEASE_MS;
    expect_ask(at->a, 3, 0);
    at->clock.now_ms += 1;
    expect_ask(at->a, 0, 1);
    at->a->store->type = counted;
}

// ---- Workers that are gone ------------------------------------------------------------------

// A process that asks for two trials, says so, and waits until `end` is closed to die.
static pid_t start_worker(const fixture *at, int *ret_end)
{
    int ready[2], end[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(end), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        cav_study *study = NULL;
        caviar_trial *trial;
        close(end[1]);
        cav_study_options options = {.location = at->file, .clock = &at->clock.clock};
        bool done = !cav_study_open(&options, &study, NULL) &&
                    !cav_study_ask(study, &trial, NULL) && !cav_study_ask(study, &trial, NULL);
        if (!done || write(ready[1], "x", 1) != 1 || read(end[0], &byte, 1) != 0)
            _exit(1);
        // without a word; as another program, so that valgrind does not ask what it has left
        execl("/bin/true", "true", (char *)NULL);
        _exit(1);
    }
    close(ready[1]);
    close(end[0]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    *ret_end = end[1];
    return pid;
}

static void end_worker(pid_t pid, int end)
{
    int status;
    close(end);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void test_the_trials_of_a_dead_process_come_back_at_once(void **state)
{
    fixture *at = *state;
    int end;
    pid_t pid = start_worker(at, &end);
    end_worker(pid, end);
    for (int64_t i = 0; i < 3; i++) {
        caviar_trial *trial = tuner_ask(at->a);
        assert_int_equal(trial->number, i);
        assert_int_equal(trial->attempt, i < 2 ? 2 : 1);
        tell(trial, 1);
    }
}

static void test_the_trials_of_a_living_process_stay_its_own(void **state)
{
    fixture *at = *state;
    int end;
    pid_t pid = start_worker(at, &end);
    caviar_trial *trial = tuner_ask(at->a);
    assert_int_equal(trial->number, 2);
    tell(trial, 1);
    // it dies while this handle knows it as alive
    end_worker(pid, end);
    at->a->looked_ms -= 1000;
    trial = tuner_ask(at->a);
    assert_int_equal(trial->number, 0);
    tell(trial, 1);
}

static void test_looking_at_a_study_takes_nothing_back(void **state)
{
    fixture *at = *state;
    int end;
    pid_t pid = start_worker(at, &end);
    end_worker(pid, end);
    cav_error error;
    cav_study *looker = NULL;
    cav_study_options options = {.location = at->file, .read_only = true};
    assert_ok(cav_study_open(&options, &looker, &error), &error);
    assert_int_equal(looker->history->states[0], CAVIAR_STATE_RUNNING);
    cav_study_close(looker);
}

static void test_a_detached_trial_outlives_its_process(void **state)
{
    fixture *at = *state;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        cav_study *study = NULL;
        caviar_trial *trial;
        cav_study_options options = {
            .location = at->file, .clock = &at->clock.clock, .detached = true};
        _exit(cav_study_open(&options, &study, NULL) || cav_study_ask(study, &trial, NULL));
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    caviar_trial *other = tuner_ask(at->a);
    assert_int_equal(other->number, 1);
    caviar_trial *adopted = NULL;
    assert_int_equal(cav_study_adopt(at->a, 0, &adopted, NULL), CAVIAR_OK);
    tell(adopted, 1);
    tell(other, 1);
}

static void test_a_trial_that_kills_its_worker_every_time_fails_as_lost(void **state)
{
    fixture *at = *state;
    for (int64_t i = 0; i < 4; i++) {
        int end;
        pid_t pid = start_worker(at, &end);
        if (i == 0)
            tell_others(at->a);
        end_worker(pid, end);
    }
    caviar_trial *next = tuner_ask(at->a);
    assert_int_equal(next->number, 2 + OTHERS);
    assert_int_equal(at->a->history->reasons[0], CAVIAR_REASON_LOST);
    assert_int_equal(at->a->history->reasons[1], CAVIAR_REASON_LOST);
    tell(next, 1);
}

// ---- The heart ------------------------------------------------------------------------------

static caviar_code read_lease(void *context, const cav_record *record, cav_error *error)
{
    (void)error;
    *(int64_t *)context = record->lease_ms;
    return CAVIAR_OK;
}

static int64_t lease_in_store(cav_study *study)
{
    int64_t lease = 0, cursor = 0;
    cav_error error;
    assert_ok(study->store->type->trial_read(study->store, &study->scope, &cursor, read_lease,
                                             &lease, &error),
              &error);
    return lease;
}

static void test_the_heart_keeps_short_leases_too(void **state)
{
    fixture *at = *state;
    cav_error error;
    cav_study *study = NULL;
    cav_study_options options = {.location = at->file, .clock = &at->clock.clock, .lease_ms = 300};
    assert_ok(cav_study_open(&options, &study, &error), &error);
    caviar_trial *trial = tuner_ask(study);
    assert_ok(cav_study_start_heart(study, &error), &error);
    assert_ok(cav_study_start_heart(study, &error), &error); // it has one already
    for (int i = 0; i < 3; i++) {
        cav_study_lock(study);
        at->clock.now_ms += 250;
        int64_t wanted = at->clock.now_ms + 300;
        cav_study_unlock(study);
        for (int naps = 0; naps < 10000 && lease_in_store(at->b) != wanted; naps++)
            usleep(1000);
        assert_int_equal(lease_in_store(at->b), wanted);
    }
    tell(trial, 1);
    cav_study_close(study);
}

// ---- Budgets --------------------------------------------------------------------------------

// Runs one trial for so long; false if the study has none.
static bool run_for(fixture *at, int64_t ms)
{
    caviar_trial *trial;
    cav_error error;
    caviar_code code = cav_study_ask(at->a, &trial, &error);
    if (code) {
        assert_int_equal(code, CAVIAR_DONE);
        assert_string_equal(error.message, "the time of the budget is spent");
        return false;
    }
    at->clock.now_ms += ms;
    tell(trial, 1);
    return true;
}

static int set_up_timed(void **state)
{
    *state = new_fixture("{study: s, seed: 1, budget: {time: 10s}, " SPACE "}");
    return 0;
}

static void test_a_budget_of_time_counts_only_when_something_runs(void **state)
{
    fixture *at = *state;
    assert_true(run_for(at, 4000));
    at->clock.now_ms += 86400000;
    assert_true(run_for(at, 5999));
    at->clock.now_ms += 1000;
    assert_true(run_for(at, 1)); // 9.999 s until here
    at->clock.now_ms += 1000;
    assert_false(run_for(at, 1));
    cav_study_close(at->a);
    at->a = tuner_open(NULL, at->file, &at->clock.clock);
    assert_false(run_for(at, 1));
}

static void test_parallel_trials_spend_time_once(void **state)
{
    fixture *at = *state;
    caviar_trial *trials[4];
    for (int i = 0; i < 4; i++)
        trials[i] = tuner_ask(at->a);
    at->clock.now_ms += 9000;
    for (int i = 0; i < 4; i++)
        tell(trials[i], 1);
    assert_true(run_for(at, 1000));
    assert_false(run_for(at, 1));
}

static void test_the_time_after_a_trial_was_put_back_does_not_count(void **state)
{
    fixture *at = *state;
    caviar_trial *trial = tuner_ask(at->a);
    at->clock.now_ms += 2000;
    caviar_trial_free(trial); // interrupted in the evening
    at->clock.now_ms += 86400000;
    assert_true(run_for(at, 6000));
    at->clock.now_ms += 1000;
    trial = tuner_ask(at->b);
    at->clock.now_ms += 2000;
    trial->link = NULL; // its machine lost power, and the next run finds it
    caviar_trial_free(trial);
    at->clock.now_ms += 86400000;
    assert_true(run_for(at, 1000));
    assert_true(run_for(at, 4000));
    at->clock.now_ms += 1000;
    assert_false(run_for(at, 1));
}

static void test_when_the_time_is_over_the_queue_waits(void **state)
{
    fixture *at = *state;
    cav_error error;
    double raw[] = {0.5};
    assert_true(run_for(at, 10000));
    at->clock.now_ms += 1000;
    assert_ok(cav_study_add(at->a, raw, NULL, NULL, &(int64_t){0}, &error), &error);
    assert_false(run_for(at, 1));
    at->a->spec->budget.time_ms = 20000;
    assert_true(run_for(at, 1));
    caviar_trial *looked = NULL;
    assert_int_equal(cav_study_view(at->a, 1, &looked, NULL), CAVIAR_OK);
    assert_true(caviar_trial_real(looked, "x") == 0.5);
    caviar_trial_free(looked);
}

static void test_a_budget_of_steps_counts_those_of_all_trials(void **state)
{
    (void)state;
    cav_study *study =
        tuner_open("{study: s, seed: 1, budget: {steps: 25}, " SPACE "}", NULL, NULL);
    for (int i = 0; i < 3; i++) {
        caviar_verdict verdict;
        caviar_trial *trial = tuner_ask(study);
        for (int64_t step = 1; step <= 10; step++)
            assert_int_equal(
                caviar_trial_report(trial, step, &(caviar_metric){.value = 1}, 1, &verdict),
                CAVIAR_OK);
        tell(trial, 1);
    }
    tuner_ask_fails(study, CAVIAR_DONE, "the steps of the budget are spent");
    cav_study_close(study);
}

static void test_imported_results_do_not_count_and_are_known(void **state)
{
    (void)state;
    cav_error error;
    cav_study *study =
        tuner_open("{study: s, seed: 1, budget: {trials: 2}, " SPACE "}", NULL, NULL);
    for (int i = 0; i < 5; i++) {
        double raw[] = {0.25 * i}, values[] = {i};
        int64_t number = -1;
        if (i == 4)
            raw[0] = 1;
        assert_ok(cav_study_add(study, raw, values, NULL, &number, &error), &error);
        assert_int_equal(number, i);
    }
    tell(tuner_ask(study), 1);
    tell(tuner_ask(study), 1);
    tuner_ask_fails(study, CAVIAR_DONE, "budget");
    assert_int_equal(cav_history_best(study->history, 0), 0);
    cav_study_close(study);
}

static void test_a_paused_or_stopped_study_hands_out_nothing(void **state)
{
    fixture *at = *state;
    cav_error error;
    const cav_store_type *store = at->b->store->type;
    assert_ok(store->study_set(at->b->store, at->b->id, NULL, CAV_CONTROL_PAUSE, &error), &error);
    tuner_ask_fails(at->a, CAVIAR_STATE, "study 's' is paused; 'caviar resume'");
    assert_ok(store->study_set(at->b->store, at->b->id, NULL, CAV_CONTROL_STOP, &error), &error);
    tuner_ask_fails(at->a, CAVIAR_STATE, "is stopped");
    assert_ok(store->study_set(at->b->store, at->b->id, NULL, CAV_CONTROL_RUN, &error), &error);
    tell(tuner_ask(at->a), 1);
}

int main(void)
{
#define ON_FILE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define TIMED(test) cmocka_unit_test_setup_teardown(test, set_up_timed, tear_down)
    const struct CMUnitTest tests[] = {
        ON_FILE(test_a_trial_is_handed_out_again_when_its_lease_is_over),
        ON_FILE(test_a_beat_and_a_report_keep_the_lease),
        ON_FILE(test_a_beat_keeps_only_ones_own_leases),
        ON_FILE(test_a_late_result_counts_while_nobody_else_has_the_trial),
        ON_FILE(test_a_trial_that_is_lost_too_often_fails_as_lost),
        ON_FILE(test_the_store_is_asked_for_what_waits_only_where_anything_may),
        cmocka_unit_test(test_nobody_takes_a_trial_of_a_study_in_memory),
        ON_FILE(test_the_trials_of_a_dead_process_come_back_at_once),
        ON_FILE(test_the_trials_of_a_living_process_stay_its_own),
        ON_FILE(test_a_trial_that_kills_its_worker_every_time_fails_as_lost),
        ON_FILE(test_looking_at_a_study_takes_nothing_back),
        ON_FILE(test_a_detached_trial_outlives_its_process),
        ON_FILE(test_the_heart_keeps_short_leases_too),
        TIMED(test_a_budget_of_time_counts_only_when_something_runs),
        TIMED(test_parallel_trials_spend_time_once),
        TIMED(test_the_time_after_a_trial_was_put_back_does_not_count),
        TIMED(test_when_the_time_is_over_the_queue_waits),
        cmocka_unit_test(test_a_budget_of_steps_counts_those_of_all_trials),
        cmocka_unit_test(test_imported_results_do_not_count_and_are_known),
        ON_FILE(test_a_paused_or_stopped_study_hands_out_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
