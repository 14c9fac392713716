/**
 * running.c: a run in the foreground.
 */
#include "cli/running.h"

#include "base/json.h"
#include "base/number.h"
#include "cli/display.h"
#include "cli/print.h"

#include <errno.h>
#include <math.h>
#include <string.h>

caviar_code cav_cli_add_trials(const cav_arguments *arguments, const cav_study *present,
                               cav_spec *spec, cav_error *error)
{
    const char *trials = cav_flag_get(arguments, "trials");
    int64_t more;
    if (!trials || trials[0] != '+')
        return CAVIAR_OK;
    if (!cav_number_parse_int(trials + 1, &more) || more < 1 || more > INT64_C(1) << 53)
        return cav_fail(error, CAVIAR_INVALID, "--trials: +N is expected, not '%.40s'", trials);
    spec->budget.trials = more;
    if (present)
        spec->budget.trials +=
            (int64_t)(present->history->count - present->history->uncounted_count);
    return CAVIAR_OK;
}

static void write_log_line(void *sink, const char *line)
{
    fputs(line, sink);
    fflush(sink);
}

static caviar_code open_log(const cav_arguments *arguments, cav_log *log, cav_error *error)
{
    const char *path = cav_flag_get(arguments, "log");
    *log = (cav_log){.level = CAV_LOG_DEBUG, .clock = &cav_clock_system, .write = write_log_line};
    if (!path)
        return CAVIAR_OK;
    log->sink = fopen(path, "ae");
    return log->sink ? CAVIAR_OK : cav_fail_errno(error, errno, "cannot write the log %s", path);
}

static const char *end_word(cav_run_end end)
{
    static const char *const words[] = {
#define X(name, word) word,
        CAV_RUN_ENDS(X)
#undef X
    };
    return words[end];
}

static caviar_code print_summary(cav_study *study, const cav_run_summary *summary, cav_error *error)
{
    cav_text text = {0};
    cav_json json = {.text = &text, .pretty = true};
    cav_best best;
    caviar_code code = cav_study_best(study, &best, error);
    if (code)
        return code;
    cav_json_begin_object(&json);
    cav_json_add_string(&json, "study", study->spec->study);
    cav_json_add_string(&json, "end", end_word(summary->end));
    cav_json_add_string(&json, "why", summary->why);
    cav_json_add_int(&json, "complete", summary->complete);
    cav_json_add_int(&json, "pruned", summary->pruned);
    cav_json_add_int(&json, "failed", summary->failed);
    cav_json_add_int(&json, "steps_spent", study->history->step_sum);
    cav_json_add_int(&json, "steps_saved",
                     cav_history_saved_steps(study->history, cav_study_last_step(study)));
    if (best.trial != SIZE_MAX) {
        caviar_trial *trial = cav_study_make_handle(study, best.trial);
        cav_details none = {0};
        cav_json_key(&json, "best");
        if (trial)
            cav_print_trial_json(study, trial, &none, &json);
        text.failed |= !trial;
        caviar_trial_free(trial);
    }
    cav_json_end_object(&json);
    return cav_print_json(&text, error);
}

static cav_exit exit_of(caviar_code code, const cav_run_summary *summary, const cav_error *error)
{
    if (code)
        return cav_complain(error);
    return summary->end == CAV_RUN_INTERRUPTED ? CAV_EXIT_INTERRUPTED : CAV_EXIT_OK;
}

cav_exit cav_cli_run_study(const cav_arguments *arguments, cav_study *study,
                           const cav_running_how *how)
{
    char room[CAV_CLI_PATH_SIZE];
    cav_error error = {0};
    cav_log log;
    cav_run_summary summary;
    bool as_json = cav_flag_is_on(arguments, "json");
    cav_display *display =
        cav_display_new(study, stdout, as_json || cav_flag_is_on(arguments, "quiet"));
    caviar_code code = display ? open_log(arguments, &log, &error) : cav_fail_memory(&error);
    if (!code) {
        cav_run_options options = {.location = cav_cli_place(arguments, room),
                                   .parallel = how->parallel,
                                   .joins = how->joins,
                                   .observer = cav_display_observer(display),
                                   .log = log.sink ? &log : NULL};
        code = cav_run(study, &options, &summary, &error);
        cav_study_refresh(study, NULL);
        if (as_json && !code)
            code = print_summary(study, &summary, &error);
        else if (!as_json)
            cav_display_end(display, &summary);
        if (log.sink)
            fclose(log.sink);
    }
    cav_exit status = exit_of(code, &summary, &error);
    cav_display_free(display);
    cav_study_close(study);
    return status;
}
