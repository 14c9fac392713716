/**
 * confirming.c: new runs of what is best, and nothing else.
 */
#include "cli/confirming.h"

#include "cli/display.h"
#include "run/command.h"

#include <stdio.h>

static caviar_code run_them(const cav_arguments *arguments, cav_study *study, cav_error *error)
{
    char room[CAV_CLI_PATH_SIZE];
    cav_run_summary summary;
    bool is_quiet = cav_flag_is_on(arguments, "json") || cav_flag_is_on(arguments, "config");
    cav_display *display = cav_display_new(study, stdout, is_quiet);
    if (!display)
        return cav_fail_memory(error);
    study->makes_none = true;
    cav_run_options options = {.location = cav_cli_place(arguments, room),
                               .observer = cav_display_observer(display)};
    caviar_code code = cav_run(study, &options, &summary, error);
    if (!code && !is_quiet)
        cav_display_end(display, &summary);
    cav_display_free(display);
    if (!code && summary.end != CAV_RUN_FINISHED)
        code = cav_fail(error, CAVIAR_INTERRUPTED,
                        "the runs did not all end: %s; 'caviar resume' goes on with them",
                        summary.why);
    return code;
}

caviar_code cav_cli_confirm(const cav_arguments *arguments, int64_t count, int64_t times,
                            cav_standing *ret_standing, cav_error *error)
{
    cav_study *study;
    size_t *trials = ret_standing->confirmed, *chosen = &ret_standing->confirmed_count;
    caviar_code code = cav_cli_open(arguments, NULL, false, &study, error);
    if (code)
        return code;
    code = cav_command_check(study->spec, error);
    if (!code)
        code = cav_study_confirm(study, (size_t)count, times, trials, chosen, error);
    if (!code)
        code = cav_study_refresh(study, error);
    if (!code)
        code = run_them(arguments, study, error);
    cav_study_close(study);
    return code;
}
