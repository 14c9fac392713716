/**
 * slot.c: one running trial.
 *
 * The program runs in a session of its own. A trial is at its end when the program has exited and
 * both of its streams have ended; what it leaves behind is killed. If somebody that it started
 * keeps a stream open, the wait for that is short.
 */
#include "run/slot.h"

#include "base/number.h"
#include "run/command.h"
#include "run/folder.h"
#include "run/reap.h"
#include "run/spawn.h"
#include "run/usage.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

extern char **environ;

enum {
    STREAM_WAIT_MS = 500, // for streams that outlive the program
    TAIL_OF_GOOD = 1024,  // bytes of output kept with a trial that ended well
};

int64_t cav_slot_elapsed_ms(const cav_slot *slot)
{
    return (cav_clock_monotonic_ns(slot->runner->study->clock) - slot->started_ns) / 1000000;
}

static void free_slot(cav_slot *slot)
{
    caviar_trial_free(slot->trial);
    free(slot->folder);
    free(slot->printed[0]);
    free(slot->printed[1]);
    free(slot->curve);
    free(slot);
}

void cav_slot_handle_closed(cav_slot *slot)
{
    if (--slot->open_handles == 0)
        free_slot(slot);
}

static void on_closed(uv_handle_t *handle)
{
    cav_slot_handle_closed(handle->data);
}

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, on_closed);
}

// ---- What it takes --------------------------------------------------------------------------

static void note_usage(cav_slot *slot, cav_usage taken)
{
    caviar_trial *trial = slot->trial;
    taken.cpu_ms += slot->before.cpu_ms;
    cav_usage known = cav_usage_join(trial->usage, taken);
    trial->has_new_usage |= !cav_usage_is_same(known, trial->usage);
    trial->usage = known;
}

void cav_slot_look_at_usage(cav_slot *slot, int64_t after_ms)
{
    int64_t now_ns = cav_clock_monotonic_ns(slot->runner->study->clock);
    if (slot->has_exited || now_ns - slot->looked_ns < after_ms * 1000000)
        return;
    slot->looked_ns = now_ns;
    note_usage(slot, cav_usage_look(slot->pid));
}

// ---- What the trial says --------------------------------------------------------------------

static void signal_all(cav_slot *slot, int signal)
{
    if (!slot->has_exited)
        kill(-slot->pid, signal);
    cav_reap_signal(slot->folder, signal);
}

static void on_grace_over(uv_timer_t *timer)
{
    signal_all(timer->data, SIGKILL);
}

void cav_slot_kill(cav_slot *slot, cav_kill why)
{
    if (slot->kill == CAV_KILL_NONE || why == CAV_KILL_CANCEL)
        slot->kill = why;
    if (slot->has_exited)
        return;
    signal_all(slot, SIGTERM);
    uv_timer_start(&slot->timer, on_grace_over, (uint64_t)slot->runner->study->spec->grace_ms, 0);
}

void cav_slot_kill_now(cav_slot *slot)
{
    if (!slot->has_exited)
        signal_all(slot, SIGKILL);
}

static void on_timeout(uv_timer_t *timer)
{
    cav_slot_kill(timer->data, CAV_KILL_TIMEOUT);
}

static void on_verdict_unheeded(uv_timer_t *timer)
{
    cav_slot_kill(timer->data, CAV_KILL_STOP);
}

static void keep_for_show(cav_slot *slot)
{
    if (CAV_GROW(&slot->curve, &slot->curve_capacity, slot->curve_count + 1))
        slot->curve[slot->curve_count++] = slot->trial->finals[0];
}

void cav_slot_reported(cav_slot *slot, int64_t step, caviar_verdict verdict, bool heard)
{
    const cav_run_observer *observer = slot->runner->options->observer;
    keep_for_show(slot);
    if (observer->reported)
        observer->reported(observer->context, slot->trial, step, slot->trial->finals[0]);
    bool must_end = verdict == CAVIAR_VERDICT_STOP || verdict == CAVIAR_VERDICT_PAUSE;
    bool is_ending = slot->has_exited || slot->kill != CAV_KILL_NONE; // and the timer is in use
    if (must_end && !heard) {
        cav_slot_kill(slot, CAV_KILL_STOP);
    } else if (must_end && !slot->is_warned && !is_ending) { // it may end by itself
        slot->is_warned = true;
        uv_timer_start(&slot->timer, on_verdict_unheeded,
                       (uint64_t)slot->runner->study->spec->grace_ms, 0);
    }
}

void cav_slot_lose(cav_slot *slot)
{
    if (slot->kill != CAV_KILL_NONE)
        return;
    cav_runner_notice(slot->runner, slot->trial->error.message);
    cav_slot_kill(slot, CAV_KILL_LOST);
}

// A report by way of the output, whose answer the program cannot hear.
static void report(cav_slot *slot, const cav_line *line)
{
    caviar_verdict verdict;
    if (slot->trial->state != CAVIAR_STATE_RUNNING || slot->kill != CAV_KILL_NONE)
        return;
    if (!(slot->trial->can & CAV_CAN_HEAR))
        slot->trial->can |= CAV_CAN_PRINT;
    slot->trial->is_deaf = true;
    cav_slot_look_at_usage(slot, CAV_LOOK_AT_REPORT_MS);
    caviar_code code =
        caviar_trial_report(slot->trial, line->step, line->metrics, line->metric_count, &verdict);
    slot->trial->is_deaf = false;
    if (!code)
        cav_slot_reported(slot, line->step, verdict, false);
    else if (code == CAVIAR_STALE || code == CAVIAR_STATE)
        cav_slot_lose(slot);
    else if (code != CAVIAR_INVALID)
        cav_runner_fail(slot->runner, &slot->trial->error);
}

// Remembers a name for the message of a trial whose metric never came.
static void note_other(cav_slot *slot, const char *name)
{
    size_t used = strlen(slot->others);
    if (strstr(slot->others, name) || used + strlen(name) + 3 > sizeof slot->others)
        return;
    snprintf(slot->others + used, sizeof slot->others - used, "%s%s", used ? ", " : "", name);
}

static void take_line(cav_slot *slot, int stream, const char *text)
{
    cav_line line;
    const cav_study *study = slot->runner->study;
    cav_line_read(slot->runner->reader, text, &line);
    if (line.is_infeasible) {
        slot->is_infeasible = true;
        snprintf(slot->infeasible, sizeof slot->infeasible, "%s", line.text);
        return;
    }
    if (line.metric_count == 0)
        return;
    bool is_report = line.step >= 0 && stream == 0;
    for (size_t i = 0; i < line.metric_count; i++) {
        size_t m = 0;
        while (m < study->spec->metric_count &&
               strcmp(line.metrics[i].name, study->metric_names[m]) != 0)
            m++;
        if (m < study->spec->metric_count)
            slot->printed[stream][m] =
                (cav_printed){.is_there = !is_report, .value = line.metrics[i].value};
        else
            note_other(slot, line.metrics[i].name);
    }
    if (is_report)
        report(slot, &line);
}

static void take_output_line(void *context, const char *text)
{
    take_line(context, 0, text);
}

static void take_error_line(void *context, const char *text)
{
    take_line(context, 1, text);
}

// ---- Its end --------------------------------------------------------------------------------

static size_t collect_values(const cav_slot *slot, caviar_metric *metrics)
{
    const cav_study *study = slot->runner->study;
    size_t count = 0;
    for (size_t m = 0; m < study->spec->metric_count; m++) {
        bool reported = slot->trial->step >= 0;
        const cav_printed *printed = &slot->printed[0][m];
        if (!printed->is_there && !reported) // standard error is looked at only in need
            printed = &slot->printed[1][m];
        if (printed->is_there)
            metrics[count++] = (caviar_metric){study->metric_names[m], printed->value};
    }
    return count;
}

static caviar_code fail_without_metric(cav_slot *slot)
{
    cav_text message = {0};
    cav_text_append(&message, "the program ended well, but its metric was not found; ");
    cav_line_describe(slot->runner->reader, &message);
    if (slot->others[0])
        cav_text_appendf(&message, "; it gave %s", slot->others);
    caviar_code code =
        caviar_trial_fail(slot->trial, CAVIAR_REASON_NO_METRIC, cav_text_get(&message));
    cav_text_free(&message);
    return code;
}

static caviar_code tell_result(cav_slot *slot)
{
    caviar_metric metrics[64];
    caviar_trial *trial = slot->trial;
    size_t most = slot->runner->study->spec->metric_count;
    size_t count = most <= CAV_COUNT_OF(metrics) ? collect_values(slot, metrics) : 0;
    bool has_any = count > 0;
    for (size_t m = 0; m < trial->final_count; m++)
        has_any |= !isnan(trial->finals[m]);
    if (!has_any && !trial->is_stopped && !trial->is_paused)
        return fail_without_metric(slot);
    return caviar_trial_tell(trial, metrics, count);
}

static caviar_code tell_failure(cav_slot *slot)
{
    char message[128], limit[CAV_NUMBER_SIZE];
    if (slot->kill == CAV_KILL_TIMEOUT) {
        cav_duration_print(slot->runner->study->spec->timeout_ms, limit);
        snprintf(message, sizeof message, "it ran longer than %s", limit);
        return caviar_trial_fail(slot->trial, CAVIAR_REASON_TIMEOUT, message);
    }
    if (slot->exit_signal) {
        snprintf(message, sizeof message, "ended by signal %d (%s)", slot->exit_signal,
                 strsignal(slot->exit_signal));
        return caviar_trial_fail(slot->trial, CAVIAR_REASON_SIGNAL, message);
    }
    snprintf(message, sizeof message, "exit status %lld", (long long)slot->exit_status);
    return caviar_trial_fail(slot->trial, CAVIAR_REASON_EXIT, message);
}

// Tells the study how the trial ended, unless the trial has done so itself.
static caviar_code settle(cav_slot *slot)
{
    caviar_trial *trial = slot->trial;
    bool given_back = slot->kill == CAV_KILL_CANCEL || slot->kill == CAV_KILL_LOST;
    if (trial->state != CAVIAR_STATE_RUNNING || given_back)
        return CAVIAR_OK; // one that is given back goes to `waiting` when its handle is freed
    if (slot->is_infeasible)
        return caviar_trial_fail(trial, CAVIAR_REASON_INFEASIBLE, slot->infeasible);
    bool well = slot->exit_status == 0 && slot->exit_signal == 0 && slot->kill == CAV_KILL_NONE;
    bool obeyed = trial->is_stopped || (trial->is_paused && slot->kill == CAV_KILL_STOP);
    return well || obeyed ? tell_result(slot) : tell_failure(slot);
}

static void keep_tail(cav_slot *slot)
{
    cav_text tail = {0};
    bool well = slot->exit_status == 0 && slot->exit_signal == 0 && slot->kill == CAV_KILL_NONE;
    cav_output_tail(&slot->output, well ? TAIL_OF_GOOD : CAV_OUTPUT_TAIL, &tail);
    slot->trial->output = cav_arena_strdup(slot->trial->arena, cav_text_get(&tail));
    cav_text_free(&tail);
}

static void end(cav_slot *slot)
{
    slot->is_ending = true;
    cav_lines_end(&slot->lines[0]);
    cav_lines_end(&slot->lines[1]);
    cav_output_close(&slot->output);
    keep_tail(slot);
    if (cav_runner_has_orphans(slot->runner))
        cav_reap_signal(slot->folder, SIGKILL);
    caviar_code code = settle(slot);
    if (code == CAVIAR_STALE || code == CAVIAR_STATE)
        cav_runner_notice(slot->runner, slot->trial->error.message);
    else if (code)
        cav_runner_fail(slot->runner, &slot->trial->error);
    cav_runner_trial_ended(slot->runner, slot);
    cav_door_close(slot);
    close_handle((uv_handle_t *)&slot->timer);
}

static void end_if_over(cav_slot *slot)
{
    if (slot->has_exited && !slot->is_streaming[0] && !slot->is_streaming[1] && !slot->is_ending)
        end(slot);
}

static void close_stream(cav_slot *slot, int stream)
{
    if (slot->is_streaming[stream]) {
        slot->is_streaming[stream] = false;
        close_handle((uv_handle_t *)&slot->streams[stream]);
    }
}

// The wait may be over because the loop was held up, by a slow disk, say: timers go before streams.
// What the program has printed by then is read in the turn that this leaves to the loop.
static void on_streams_overdue(uv_timer_t *timer)
{
    cav_slot *slot = timer->data;
    if (!slot->is_overdue) {
        slot->is_overdue = true;
        uv_timer_start(timer, on_streams_overdue, 1, 0);
        return;
    }
    close_stream(slot, 0);
    close_stream(slot, 1);
    end_if_over(slot);
}

void cav_slot_look_for_exit(cav_slot *slot)
{
    int status;
    struct rusage taken;
    if (slot->has_exited || wait4(slot->pid, &status, WNOHANG, &taken) != slot->pid)
        return;
    slot->has_exited = true;
    note_usage(slot, cav_usage_of_ended(&taken, slot->own_memory));
    slot->exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    slot->exit_signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    kill(-slot->pid, SIGKILL); // what it left in its group
    uv_timer_start(&slot->timer, on_streams_overdue, STREAM_WAIT_MS, 0);
    end_if_over(slot);
}

// ---- Its beginning --------------------------------------------------------------------------

static void give_memory(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    (void)suggested;
    cav_slot *slot = handle->data;
    *buffer = uv_buf_init(slot->chunk, sizeof slot->chunk);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    cav_slot *slot = stream->data;
    int which = stream == (uv_stream_t *)&slot->streams[1];
    if (size < 0) {
        close_stream(slot, which);
        end_if_over(slot);
        return;
    }
    cav_output_take(&slot->output, buffer->base, (size_t)size);
    cav_lines_take(&slot->lines[which], buffer->base, (size_t)size);
}

static bool is_ours(const char *variable)
{
    return strncmp(variable, "CAVIAR_", 7) == 0;
}

static bool add_variable(cav_arena *arena, char **variables, size_t *count, const char *name,
                         const char *value)
{
    cav_text text = {0};
    cav_text_appendf(&text, "%s=%s", name, value);
    variables[*count] = text.failed ? NULL : cav_arena_strdup(arena, text.data);
    cav_text_free(&text);
    return variables[(*count)++] != NULL;
}

// The trial's own variables, and behind them this process's environment, but for what speaks of
// Caviar. In this order they are found also in an environment that is too long to be read whole.
static char **make_environment(const cav_slot *slot, const char *socket)
{
    size_t inherited = 0, count = 0;
    while (environ[inherited])
        inherited++;
    cav_arena *arena = slot->trial->arena;
    char **variables = CAV_ARENA_NEW(arena, char *, inherited + 8);
    char number[24], seed[24];
    cav_text params = {0};
    if (!variables)
        return NULL;
    snprintf(number, sizeof number, "%lld", (long long)slot->trial->number);
    snprintf(seed, sizeof seed, "%u", slot->trial->seed);
    cav_text_appendf(&params, "%s/params.json", slot->folder);
    bool done =
        add_variable(arena, variables, &count, "CAVIAR_DIR", slot->folder) &&
        add_variable(arena, variables, &count, "CAVIAR_SOCKET", socket) &&
        add_variable(arena, variables, &count, "CAVIAR_STUDY", slot->runner->study->spec->study) &&
        add_variable(arena, variables, &count, "CAVIAR_TRIAL", number) &&
        add_variable(arena, variables, &count, "CAVIAR_PARAMS", cav_text_get(&params)) &&
        add_variable(arena, variables, &count, "CAVIAR_SEED", seed) && !params.failed;
    for (size_t i = 0; i < inherited; i++)
        if (!is_ours(environ[i]))
            variables[count++] = environ[i];
    cav_text_free(&params);
    return done ? variables : NULL;
}

static caviar_code start_program(cav_slot *slot, char **argv, char **variables, cav_error *error)
{
    int streams[2];
    int failed = cav_spawn(argv, variables, &slot->pid, streams);
    slot->own_memory = cav_usage_own_memory();
    if (failed == ENOENT)
        return cav_fail(error, CAVIAR_IO, "cannot start '%s': there is no such program", argv[0]);
    if (failed)
        return cav_fail_errno(error, failed, "cannot start '%s'", argv[0]);
    for (int i = 0; i < 2; i++) {
        uv_pipe_init(&slot->runner->loop, &slot->streams[i], 0);
        slot->streams[i].data = slot;
        slot->open_handles++;
        slot->is_streaming[i] = true;
        uv_pipe_open(&slot->streams[i], streams[i]); // does not fail for a pipe that is open
        uv_read_start((uv_stream_t *)&slot->streams[i], give_memory, on_read);
    }
    return CAVIAR_OK;
}

static caviar_code launch(cav_slot *slot, cav_error *error)
{
    cav_study *study = slot->runner->study;
    cav_text socket = {0};
    char **argv, **variables = NULL;
    cav_text_appendf(&socket, "%s/%lld.%lld", slot->runner->sockets.folder,
                     (long long)slot->trial->number, (long long)slot->trial->attempt);
    caviar_code code = cav_command_fill(study->spec, slot->trial, slot->folder, &argv, error);
    if (!code)
        code = socket.failed ? cav_fail_memory(error) : cav_door_open(slot, socket.data, error);
    if (!code)
        variables = make_environment(slot, socket.data);
    cav_text_free(&socket);
    if (!code && !variables)
        code = cav_fail_memory(error);
    if (code)
        return code;
    code = start_program(slot, argv, variables, error);
    if (!code && study->spec->timeout_ms > 0)
        uv_timer_start(&slot->timer, on_timeout, (uint64_t)study->spec->timeout_ms, 0);
    return code;
}

static caviar_code prepare(cav_slot *slot, cav_error *error)
{
    size_t metrics = slot->runner->study->spec->metric_count;
    cav_text folder = {0}, log = {0};
    cav_folder_of_trial(slot->runner->study_folder, slot->trial->number, &folder);
    slot->folder = cav_text_take(&folder);
    slot->printed[0] = calloc(metrics, sizeof *slot->printed[0]);
    slot->printed[1] = calloc(metrics, sizeof *slot->printed[1]);
    if (!slot->folder || !slot->printed[0] || !slot->printed[1])
        return cav_fail_memory(error);
    caviar_code code = cav_folder_prepare(slot->folder, slot->trial, error);
    cav_text_appendf(&log, "%s/output.log", slot->folder);
    if (!code)
        code = log.failed
                   ? cav_fail_memory(error)
                   : cav_output_open(&slot->output, log.data, slot->trial->attempt > 1, error);
    cav_text_free(&log);
    return code;
}

// What a failed start has opened: the handles close by themselves, and free the slot.
static void abandon(cav_slot *slot)
{
    cav_output_close(&slot->output);
    for (int i = 0; i < 2; i++)
        close_stream(slot, i);
    if (slot->listener.data)
        cav_door_close(slot);
    close_handle((uv_handle_t *)&slot->timer);
}

caviar_code cav_slot_start(cav_runner *runner, caviar_trial *trial, cav_error *error)
{
    cav_slot *slot = calloc(1, sizeof *slot);
    if (!slot) {
        caviar_trial_free(trial);
        return cav_fail_memory(error);
    }
    slot->runner = runner;
    slot->trial = trial;
    trial->can = trial->told_can; // whether this program hears answers is to be seen
    slot->output.fd = -1;
    slot->before = trial->usage;
    slot->started_ns = slot->looked_ns = cav_clock_monotonic_ns(runner->study->clock);
    slot->lines[0] = (cav_lines){.handle = take_output_line, .context = slot};
    slot->lines[1] = (cav_lines){.handle = take_error_line, .context = slot};
    uv_timer_init(&runner->loop, &slot->timer);
    slot->timer.data = slot;
    slot->open_handles = 1;
    caviar_code code = prepare(slot, error);
    if (!code)
        code = launch(slot, error);
    if (code) {
        abandon(slot);
        return code;
    }
    slot->next = runner->slots;
    runner->slots = slot;
    return CAVIAR_OK;
}
