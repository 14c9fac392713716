/**
 * launching.c: looking after workers that run elsewhere.
 *
 * Nothing depends on this process: the workers find their work in the store, and go on when it is
 * gone. While it is there it shows results as they come, starts workers again when all have ended
 * before the study is over (their time was up, say), and at the end cancels those that still wait.
 */
#include "cli/launching.h"

#include "base/file.h"
#include "base/json.h"
#include "cli/print.h"
#include "run/folder.h"
#include "run/launcher.h"
#include "run/patience.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    NAP_MS = 500,
    LOOK_MS = 5000,   // between two questions to the launcher
    MOST_IN_VAIN = 3, // times that all workers end without any result
};

typedef struct watch {
    cav_study *study;
    const cav_launcher *launcher;
    cav_launch launch;
    char job[CAV_JOB_SIZE];
    size_t shown;     // trials that have ended and been told of
    size_t at_submit; // those that had, when the workers were last started
    int in_vain;
    bool is_quiet;
    sigset_t signals;
} watch;

static caviar_code find_program(char ret_path[PATH_MAX], cav_error *error)
{
    ssize_t size = readlink("/proc/self/exe", ret_path, PATH_MAX - 1);
    if (size < 0)
        return cav_fail_errno(error, errno, "cannot find this program");
    ret_path[size] = '\0';
    return CAVIAR_OK;
}

static void say(const watch *at, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(const watch *at, const char *format, ...)
{
    va_list args;
    if (at->is_quiet)
        return;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    fflush(stdout);
}

static caviar_code submit(watch *at, cav_error *error)
{
    caviar_code code = at->launcher->submit(&at->launch, at->job, error);
    if (code)
        return code;
    code = cav_launcher_note(at->launch.folder, at->launcher, at->job, error);
    if (code) {
        at->launcher->cancel(at->job, true, NULL); // nobody would find it again
        return code;
    }
    at->at_submit = at->study->history->finished_count;
    say(at, "%s: %lld worker%s as job %s; their logs are in %s\n", at->launcher->name,
        (long long)at->launch.workers, at->launch.workers == 1 ? "" : "s", at->job,
        at->launch.folder);
    return CAVIAR_OK;
}

static void show_new(watch *at)
{
    const cav_history *history = at->study->history;
    if (at->shown > history->finished_count) // it was read anew
        at->shown = history->finished_count;
    for (; at->shown < history->finished_count; at->shown++) {
        size_t number = history->finished[at->shown];
        caviar_trial *trial = cav_study_make_handle(at->study, number);
        cav_text text = {0};
        if (!trial)
            return;
        cav_print_config(trial, &text);
        cav_text_appendf(&text, "  %s=", at->study->metric_names[0]);
        cav_print_value(trial->finals[0], &text);
        say(at, "trial %zu  %s  %s\n", number, caviar_state_name(trial->state),
            cav_text_get(&text));
        cav_text_free(&text);
        caviar_trial_free(trial);
    }
}

static bool any_open(const cav_history *history)
{
    for (size_t i = 0; i < history->open_count; i++)
        if (history->states[history->open[i]] != CAVIAR_STATE_PAUSED)
            return true;
    return false;
}

// Why the study is over; NULL while it is not.
static const char *find_end(const watch *at)
{
    cav_control control;
    cav_study *study = at->study;
    const char *spent = cav_study_spent(study);
    if (spent && !any_open(study->history))
        return spent;
    if (!study->store->type->study_control(study->store, study->id, &control, NULL, NULL) &&
        (control == CAV_CONTROL_STOP || control == CAV_CONTROL_CANCEL))
        return "stopped by 'caviar stop'";
    return NULL;
}

// Starts the workers again if none is left.
static caviar_code look_after(watch *at, cav_error *error)
{
    cav_launched launched;
    cav_error fault = {0};
    if (at->launcher->look(at->job, &launched, &fault)) {
        say(at, "%s\n", fault.message); // it may answer the next time
        return CAVIAR_OK;
    }
    if (launched.running + launched.waiting > 0)
        return CAVIAR_OK;
    caviar_code code = cav_study_refresh(at->study, error);
    if (code || find_end(at))
        return code;
    at->in_vain = at->study->history->finished_count > at->at_submit ? 0 : at->in_vain + 1;
    if (at->in_vain == MOST_IN_VAIN)
        return cav_fail(error, CAVIAR_STATE,
                        "the workers of job %s, and of those before, ended without any result; "
                        "their logs in %s say why",
                        at->job, at->launch.folder);
    return submit(at, error);
}

static bool nap(const watch *at)
{
    struct timespec wait = {.tv_nsec = NAP_MS * 1000000L};
    return sigtimedwait(&at->signals, NULL, &wait) > 0;
}

static caviar_code follow(watch *at, const char **ret_why, bool *ret_interrupted, cav_error *error)
{
    caviar_code code = submit(at, error);
    int since_look_ms = 0;
    *ret_interrupted = false;
    while (!code && !*ret_interrupted) {
        code = cav_study_refresh(at->study, error);
        if (code)
            break;
        show_new(at);
        *ret_why = find_end(at);
        if (*ret_why)
            return at->launcher->cancel(at->job, false, error);
        *ret_interrupted = nap(at);
        since_look_ms += NAP_MS;
        if (since_look_ms >= LOOK_MS && !*ret_interrupted) {
            since_look_ms = 0;
            code = look_after(at, error);
        }
    }
    return code;
}

static void block_signals(watch *at)
{
    sigemptyset(&at->signals);
    sigaddset(&at->signals, SIGINT);
    sigaddset(&at->signals, SIGTERM);
    if (!cav_signal_is_ignored(SIGHUP))
        sigaddset(&at->signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &at->signals, NULL);
}

static caviar_code print_json(const watch *at, const char *why, cav_error *error)
{
    cav_best best;
    caviar_code code = cav_study_best(at->study, &best, error);
    if (code)
        return code;
    cav_text text = {0};
    cav_json json = {.text = &text, .pretty = true};
    cav_json_begin_object(&json);
    cav_json_add_string(&json, "study", at->study->spec->study);
    cav_json_add_string(&json, "launcher", at->launcher->name);
    cav_json_add_string(&json, "job", at->job);
    cav_json_add_string(&json, "why", why);
    cav_json_add_int(&json, "ended", (int64_t)at->study->history->finished_count);
    if (best.trial != SIZE_MAX)
        cav_json_add_int(&json, "best", (int64_t)best.trial);
    cav_json_end_object(&json);
    return cav_print_json(&text, error);
}

static caviar_code print_best(const watch *at, const char *why, cav_error *error)
{
    cav_best best;
    caviar_code code = cav_study_best(at->study, &best, error);
    if (code)
        return code;
    say(at, "%s: %s; %zu trials have ended\n", at->study->spec->study, why,
        at->study->history->finished_count);
    bool is_any = best.trial != SIZE_MAX;
    caviar_trial *trial = is_any ? cav_study_make_handle(at->study, best.trial) : NULL;
    cav_text text = {0};
    if (is_any && !trial)
        return cav_fail_memory(error);
    if (trial)
        cav_print_config(trial, &text);
    if (trial)
        say(at, "best: trial %zu  %s\n", best.trial, cav_text_get(&text));
    cav_text_free(&text);
    caviar_trial_free(trial);
    return CAVIAR_OK;
}

static caviar_code launch(const cav_arguments *arguments, watch *at, char *folder,
                          bool *ret_interrupted, cav_error *error)
{
    char program[PATH_MAX], place[PATH_MAX];
    cav_study *study = at->study;
    caviar_code code = find_program(program, error);
    if (!code)
        code = cav_folder_make(folder, error);
    if (code)
        return code;
    snprintf(place, sizeof place, "%s", folder); // the workers put the study's name behind it
    *strrchr(place, '/') = '\0';
    const char *const words[] = {program,    "worker", "--study", study->spec->study,
                                 "--folder", place,    "--quiet"};
    at->launch = (cav_launch){.study = study->spec->study,
                              .folder = folder,
                              .store = cav_cli_store(arguments),
                              .resources = &study->spec->resources,
                              .workers = study->spec->parallel,
                              .command = words,
                              .command_count = CAV_COUNT_OF(words)};
    code = study->store->type->study_set(study->store, study->id, NULL, CAV_CONTROL_RUN, error);
    const char *why = "";
    block_signals(at);
    at->shown = study->history->finished_count;
    if (!code)
        code = follow(at, &why, ret_interrupted, error);
    if (*ret_interrupted)
        why = "interrupted; the workers go on";
    if (!code && cav_flag_is_on(arguments, "json"))
        code = print_json(at, why, error);
    else if (!code && *ret_interrupted)
        say(at, "the workers go on; 'caviar stop %s' ends them\n", study->spec->study);
    else if (!code)
        code = print_best(at, why, error);
    return code;
}

cav_exit cav_cli_launch_study(const cav_arguments *arguments, cav_study *study)
{
    cav_error error = {0};
    char room[CAV_CLI_PATH_SIZE];
    bool interrupted = false;
    watch at = {.study = study,
                .is_quiet =
                    cav_flag_is_on(arguments, "quiet") || cav_flag_is_on(arguments, "json")};
    caviar_code code = cav_launcher_find(cav_flag_get(arguments, "on"), &at.launcher, &error);
    if (!code && !study->store->type->is_on_server)
        code = cav_fail(&error, CAVIAR_INVALID,
                        "workers on other machines need a store that they reach: --store "
                        "postgresql://USER@HOST/DATABASE");
    char *folder =
        code ? NULL
             : cav_folder_of_study(cav_cli_place(arguments, room), study->spec->study, &error);
    if (!code && !folder)
        code = error.code;
    if (!code)
        code = launch(arguments, &at, folder, &interrupted, &error);
    free(folder);
    cav_study_close(study);
    if (code)
        return cav_complain(&error);
    return interrupted ? CAV_EXIT_INTERRUPTED : CAV_EXIT_OK;
}

caviar_code cav_cli_cancel_launched(const cav_arguments *arguments, const cav_study *study,
                                    bool all, cav_error *error)
{
    char room[CAV_CLI_PATH_SIZE];
    cav_error fault = {0};
    char *folder = cav_folder_of_study(cav_cli_place(arguments, room), study->spec->study, &fault);
    if (!folder) // no folder, no jobs
        return fault.code == CAVIAR_NOMEM ? cav_fail_memory(error) : CAVIAR_OK;
    caviar_code code = cav_launcher_cancel_all(folder, all, error);
    free(folder);
    return code;
}
