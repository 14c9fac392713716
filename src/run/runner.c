/**
 * runner.c: the loop that keeps trials running.
 *
 * Within one turn of the loop, results are written as they come, new trials are started, and then
 * one sync of the disk makes all results of the turn safe; only after that are they announced.
 */
#include "run/slot.h"

#include "run/command.h"
#include "run/folder.h"
#include "run/fork_files.h"
#include "run/loop.h"
#include "run/reap.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    DEFAULT_TICK_MS = 250,
    BEAT_MS = 1000,
    REST_MS = 1000,    // of a worker with nothing to do
    MOST_FAILURES = 3, // in a row, before any trial ended well
};

void cav_runner_notice(void *context, const char *text)
{
    const cav_runner *runner = context;
    const cav_run_observer *observer = runner->options->observer;
    if (observer->notice)
        observer->notice(observer->context, text);
    cav_log_event(runner->options->log, CAV_LOG_INFO, "notice", "text", text, NULL);
}

// ---- Ending the run -------------------------------------------------------------------------

static void close_plainly(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void close_loop_handles(cav_runner *runner)
{
    runner->is_closing = true;
    close_plainly((uv_handle_t *)&runner->tick);
    close_plainly((uv_handle_t *)&runner->beat);
    close_plainly((uv_handle_t *)&runner->check);
    close_plainly((uv_handle_t *)&runner->child);
    for (size_t i = 0; i < CAV_COUNT_OF(runner->signals); i++)
        close_plainly((uv_handle_t *)&runner->signals[i]);
}

static void close_if_over(cav_runner *runner)
{
    bool starts_more = runner->mode == CAV_MODE_RUN && !runner->is_done;
    if (!starts_more && runner->active == 0 && runner->told_count == 0 && !runner->is_closing)
        close_loop_handles(runner);
}

// A second time it is without grace.
static void cancel(cav_runner *runner)
{
    bool again = runner->mode == CAV_MODE_CANCEL;
    runner->mode = CAV_MODE_CANCEL;
    for (cav_slot *slot = runner->slots; slot; slot = slot->next)
        if (again)
            cav_slot_kill_now(slot);
        else
            cav_slot_kill(slot, CAV_KILL_CANCEL);
}

void cav_runner_fail(cav_runner *runner, const cav_error *error)
{
    if (!runner->error.code)
        runner->error = *error;
    runner->summary->end = CAV_RUN_FAILED;
    if (runner->mode != CAV_MODE_CANCEL)
        cancel(runner);
}

static void drain(cav_runner *runner, cav_run_end end, const char *why)
{
    if (runner->mode != CAV_MODE_RUN)
        return;
    runner->mode = CAV_MODE_DRAIN;
    runner->summary->end = end;
    runner->summary->why = why;
}

static void on_signal(uv_signal_t *handle, int number)
{
    cav_runner *runner = handle->data;
    bool gently = number == SIGINT && runner->interrupts++ == 0;
    if (!gently) {
        runner->summary->end = CAV_RUN_INTERRUPTED;
        runner->summary->why = "interrupted; running trials were put back";
        if (runner->mode != CAV_MODE_CANCEL)
            cav_runner_notice(runner, "killing the running trials; they go back to the queue");
        cancel(runner);
    } else if (runner->active > 0) {
        char text[120];
        snprintf(text, sizeof text,
                 "letting %lld running trial%s finish; press Ctrl-C again to kill %s",
                 (long long)runner->active, runner->active == 1 ? "" : "s",
                 runner->active == 1 ? "it" : "them");
        cav_runner_notice(runner, text);
        drain(runner, CAV_RUN_INTERRUPTED, "interrupted");
    } else {
        drain(runner, CAV_RUN_INTERRUPTED, "interrupted");
    }
    close_if_over(runner);
}

// Signals of several children may have become one.
static void on_child(uv_signal_t *handle, int number)
{
    (void)number;
    cav_runner *runner = handle->data;
    for (cav_slot *slot = runner->slots, *next; slot; slot = next) {
        next = slot->next; // one that ends leaves the list
        cav_slot_look_for_exit(slot);
    }
}

// ---- Starting trials ------------------------------------------------------------------------

static void start_one(cav_runner *runner, caviar_trial *trial)
{
    cav_error error = {0};
    const cav_run_observer *observer = runner->options->observer;
    if (cav_slot_start(runner, trial, &error)) { // the trial went back to the queue
        cav_runner_fail(runner, &error);
        return;
    }
    runner->active++;
    if (observer->started)
        observer->started(observer->context, trial);
}

static void finish(cav_runner *runner)
{
    runner->is_done = true;
    runner->summary->end = CAV_RUN_FINISHED;
    const char *spent = cav_study_spent(runner->study);
    runner->summary->why = spent ? spent : "every configuration of the space has been tried";
}

static bool any_runs(const cav_history *history)
{
    for (size_t i = 0; i < history->open_count; i++)
        if (history->states[history->open[i]] == CAVIAR_STATE_RUNNING)
            return true;
    return false;
}

static int64_t now_ms(void)
{
    return cav_clock_monotonic_ns(&cav_clock_system) / 1000000;
}

// Nothing is left to start; a worker waits, as a trial that another one runs may come back.
static void rest(cav_runner *runner)
{
    if (runner->options->joins && any_runs(runner->study->history))
        runner->ask_ms = now_ms() + REST_MS;
    else
        finish(runner);
}

static bool may_start(const cav_runner *runner)
{
    return runner->mode == CAV_MODE_RUN && !runner->is_paused && !runner->is_done &&
           runner->active < runner->parallel && (runner->ask_ms == 0 || now_ms() >= runner->ask_ms);
}

static void fill(cav_runner *runner)
{
    while (may_start(runner)) {
        caviar_trial *trial;
        cav_error error = {0};
        caviar_code code = cav_study_ask(runner->study, &trial, &error);
        if (!code)
            start_one(runner, trial);
        else if (code == CAVIAR_DONE)
            rest(runner);
        else if (code == CAVIAR_STATE) // paused or stopped just now: see look_at_control
            return;
        else
            cav_runner_fail(runner, &error);
    }
}

// ---- What happens while it runs -------------------------------------------------------------

static void count_end(cav_runner *runner, const caviar_trial *trial)
{
    cav_run_summary *summary = runner->summary;
    bool well = trial->state == CAVIAR_STATE_COMPLETE || trial->state == CAVIAR_STATE_PRUNED ||
                trial->state == CAVIAR_STATE_PAUSED;
    summary->complete += trial->state == CAVIAR_STATE_COMPLETE;
    summary->pruned += trial->state == CAVIAR_STATE_PRUNED;
    summary->failed += trial->state == CAVIAR_STATE_FAILED;
    if (well)
        runner->failures_in_a_row = INT64_MIN; // never again the study's own fault
    else if (trial->state == CAVIAR_STATE_FAILED && trial->reason != CAVIAR_REASON_INFEASIBLE)
        runner->failures_in_a_row++; // one that is tried again has not failed yet
}

static bool has_good_trial(const cav_history *history)
{
    for (size_t i = 0; i < history->finished_count; i++)
        if (history->states[history->finished[i]] != CAVIAR_STATE_FAILED)
            return true;
    return false;
}

// At most so many bytes of the end of a text, from the start of a line if there is one.
static const char *end_of(const char *text, size_t most)
{
    size_t size = strlen(text);
    if (size <= most)
        return text;
    text += size - most;
    const char *newline = strchr(text, '\n');
    if (newline && newline[1])
        return newline + 1;
    while (((unsigned char)*text & 0xc0) == 0x80) // not in the middle of a character
        text++;
    return text;
}

// A study whose first trials all fail would fail to the end of its budget.
static void stop_if_hopeless(cav_runner *runner, const caviar_trial *trial)
{
    if (runner->failures_in_a_row < MOST_FAILURES || runner->mode != CAV_MODE_RUN ||
        has_good_trial(runner->study->history))
        return;
    cav_error error;
    const char *output = trial->output ? end_of(trial->output, 600) : "";
    cav_fail(&error, CAVIAR_STATE,
             "the first %d trials all failed, so the run was stopped; the last one: %.200s%s%.600s",
             MOST_FAILURES, trial->message, output[0] ? "\nThe end of its output:\n" : "", output);
    cav_runner_fail(runner, &error);
}

// All of them: one that is not known would be collected as an orphan, and never be seen to end.
static bool collect_known(cav_runner *runner, size_t *ret_count)
{
    size_t count = 0;
    for (const cav_slot *slot = runner->slots; slot; slot = slot->next) {
        if (!CAV_GROW(&runner->known, &runner->known_capacity, count + 1))
            return false;
        runner->known[count++] = slot->pid;
    }
    *ret_count = count;
    return true;
}

bool cav_runner_has_orphans(cav_runner *runner)
{
    size_t count;
    if (!collect_known(runner, &count))
        return true; // there may be
    cav_reap_collect(runner->known, count);
    return cav_reap_has_orphans(runner->known, count);
}

void cav_runner_trial_ended(cav_runner *runner, cav_slot *slot)
{
    cav_slot **at = &runner->slots;
    while (*at != slot)
        at = &(*at)->next;
    *at = slot->next;
    runner->active--;
    caviar_trial *trial = slot->trial;
    slot->trial = NULL;
    if (trial->state == CAVIAR_STATE_RUNNING) { // given back
        caviar_trial_free(trial);
        return;
    }
    runner->is_done = false; // a failed one may be tried again
    count_end(runner, trial);
    stop_if_hopeless(runner, trial);
    if (!CAV_GROW(&runner->told, &runner->told_capacity, runner->told_count + 1)) {
        caviar_trial_free(trial);
        return;
    }
    runner->told[runner->told_count++] =
        (struct cav_told){.trial = trial, .elapsed_ms = cav_slot_elapsed_ms(slot)};
}

static void announce(cav_runner *runner)
{
    const cav_run_observer *observer = runner->options->observer;
    for (size_t i = 0; i < runner->told_count; i++) {
        if (observer->ended)
            observer->ended(observer->context, runner->told[i].trial, runner->told[i].elapsed_ms);
        caviar_trial_free(runner->told[i].trial);
    }
    runner->told_count = 0;
}

// The end of a turn of the loop.
static void on_check(uv_check_t *check)
{
    cav_runner *runner = check->data;
    if (runner->is_closing)
        return;
    fill(runner);
    if (runner->told_count > 0) {
        cav_error error = {0};
        if (!runner->study->spec->durability_normal && cav_study_sync(runner->study, &error))
            cav_runner_fail(runner, &error);
        announce(runner);
    }
    close_if_over(runner);
}

// Trials inherit the limit, and some programs go wrong with a high one, so it is raised no further
// than so many trials need.
static void raise_file_limit(int64_t parallel)
{
    enum { FILES_OF_A_TRIAL = 16, OTHER_FILES = 128 };
    struct rlimit limit;
    rlim_t wanted = OTHER_FILES + FILES_OF_A_TRIAL * (rlim_t)parallel;
    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

// Slots that are too many by now end with their trials.
static void follow_definition(cav_runner *runner)
{
    const cav_study *study = runner->study;
    if (runner->revision == study->revision)
        return;
    if (runner->revision != 0 && runner->mode == CAV_MODE_RUN)
        cav_runner_notice(runner, "the study was changed: new trials follow it");
    runner->revision = study->revision;
    runner->is_done = false; // its budget may be larger
    runner->parallel =
        runner->options->parallel > 0 ? runner->options->parallel : study->spec->parallel;
    raise_file_limit(runner->parallel);
}

static void look_at_control(cav_runner *runner)
{
    cav_control control;
    cav_error error = {0};
    if (cav_study_keep_up(runner->study, &control, &error)) {
        cav_runner_fail(runner, &error);
        return;
    }
    follow_definition(runner);
    bool was_paused = runner->is_paused;
    runner->is_paused = control == CAV_CONTROL_PAUSE;
    if (runner->is_paused != was_paused && runner->mode == CAV_MODE_RUN)
        cav_runner_notice(runner, runner->is_paused
                                      ? "paused: nothing new is started; 'caviar resume' goes on"
                                      : "resumed");
    if (control == CAV_CONTROL_STOP)
        drain(runner, CAV_RUN_STOPPED, "stopped by 'caviar stop'");
    if (control == CAV_CONTROL_CANCEL && runner->mode != CAV_MODE_CANCEL) {
        runner->summary->end = CAV_RUN_STOPPED;
        runner->summary->why = "stopped by 'caviar stop --now'; running trials were put back";
        cancel(runner);
    }
}

static void on_tick(uv_timer_t *timer)
{
    cav_runner *runner = timer->data;
    const cav_run_observer *observer = runner->options->observer;
    look_at_control(runner);
    if (!observer->tick)
        return;
    cav_run_trial running[256];
    size_t count = 0;
    for (const cav_slot *slot = runner->slots; slot && count < CAV_COUNT_OF(running);
         slot = slot->next)
        running[count++] = (cav_run_trial){.trial = slot->trial,
                                           .elapsed_ms = cav_slot_elapsed_ms(slot),
                                           .curve = slot->curve,
                                           .curve_count = slot->curve_count};
    observer->tick(observer->context, running, count);
}

static void on_beat(uv_timer_t *timer)
{
    cav_runner *runner = timer->data;
    cav_error error = {0};
    caviar_code code;
    if (now_ms() - runner->beat_ms >= runner->study->lease_ms / 3) {
        code = cav_study_beat(runner->study, &error);
        runner->beat_ms = now_ms(); // not counted in ticks: the loop may have been held up
    } else {
        code = cav_study_sync(runner->study, &error);
    }
    if (code)
        cav_runner_fail(runner, &error);
    cav_runner_has_orphans(runner); // collects those that are dead
}

// ---- Beginning the run ----------------------------------------------------------------------

// Ends what a tuner left running that was killed: processes of trials that nobody looks after.
static void kill_leftover(void *context, pid_t pid, const char *rest, const char *socket)
{
    (void)context;
    if (rest[0] == '/' && socket[0] && !cav_sockets_is_served(socket))
        kill(pid, SIGKILL);
}

static void init_handles(cav_runner *runner)
{
    static const int numbers[CAV_RUN_SIGNAL_COUNT] = CAV_RUN_SIGNALS;
    uint64_t tick =
        (uint64_t)(runner->options->tick_ms > 0 ? runner->options->tick_ms : DEFAULT_TICK_MS);
    uv_timer_init(&runner->loop, &runner->tick);
    uv_timer_init(&runner->loop, &runner->beat);
    uv_check_init(&runner->loop, &runner->check);
    runner->tick.data = runner->beat.data = runner->check.data = runner;
    uv_timer_start(&runner->tick, on_tick, 0, tick);
    uv_timer_start(&runner->beat, on_beat, BEAT_MS, BEAT_MS);
    runner->beat_ms = now_ms();
    uv_check_start(&runner->check, on_check);
    uv_signal_init(&runner->loop, &runner->child);
    runner->child.data = runner;
    uv_signal_start(&runner->child, on_child, SIGCHLD);
    for (size_t i = 0; i < CAV_COUNT_OF(numbers); i++) {
        uv_signal_init(&runner->loop, &runner->signals[i]);
        runner->signals[i].data = runner;
        if (!cav_signal_is_ignored(numbers[i]))
            uv_signal_start(&runner->signals[i], on_signal, numbers[i]);
    }
}

static caviar_code set_up(cav_runner *runner, cav_error *error)
{
    cav_study *study = runner->study;
    caviar_code code = cav_command_check(study->spec, error);
    if (!code)
        code = cav_line_reader_new(study->spec, &runner->reader, error);
    if (!code)
        code = cav_sockets_make(NULL, &runner->sockets, error);
    if (code)
        return code;
    runner->study_folder =
        cav_folder_of_study(runner->options->location, study->spec->study, error);
    if (!runner->study_folder)
        return error ? error->code : CAVIAR_IO;
    if (!runner->options->joins &&
        study->store->type->study_set(study->store, study->id, NULL, CAV_CONTROL_RUN, error))
        return error ? error->code : CAVIAR_IO;
    cav_reap_adopt_orphans();
    cav_reap_visit(runner->study_folder, kill_leftover, NULL);
    code = cav_loop_begin(&runner->loop, error);
    if (code)
        return code;
    init_handles(runner); // first: a signal that only the other loop hears is lost to this one
    code = cav_patience_begin(&runner->patience, study->store, cav_runner_notice, runner, error);
    if (code) {
        close_loop_handles(runner);
        cav_loop_end(&runner->loop);
    }
    return code;
}

static void tear_down(cav_runner *runner)
{
    cav_patience_end(&runner->patience);
    cav_sockets_remove(&runner->sockets);
    cav_line_reader_free(runner->reader);
    free(runner->study_folder);
    free(runner->told);
    free(runner->known);
}

caviar_code cav_run(cav_study *study, const cav_run_options *options, cav_run_summary *ret_summary,
                    cav_error *error)
{
    *ret_summary = (cav_run_summary){.why = ""};
    cav_runner runner = {
        .study = study, .options = options, .summary = ret_summary, .sockets.lock = -1};
    follow_definition(&runner);
    caviar_code code = set_up(&runner, error);
    if (code) {
        ret_summary->end = CAV_RUN_FAILED;
        tear_down(&runner);
        return code;
    }
    cav_fork_files copies = {.study_folder = runner.study_folder};
    const cav_trial_files files = {
        .stage = cav_fork_files_stage, .place = cav_fork_files_place, .context = &copies};
    study->defers_sync = true;
    study->files = &files;
    fill(&runner);
    close_if_over(&runner);
    uv_run(&runner.loop, UV_RUN_DEFAULT);
    uv_loop_close(&runner.loop);
    cav_reap_kill_orphans();
    study->defers_sync = false;
    study->files = NULL;
    cav_fork_files_drop(&copies);
    if (runner.mode == CAV_MODE_CANCEL)
        cav_study_sync(study, NULL);
    tear_down(&runner);
    if (!runner.error.code)
        return CAVIAR_OK;
    if (error)
        *error = runner.error;
    return runner.error.code;
}
