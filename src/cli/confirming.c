/**
 * confirming.c: new runs of what is best, and nothing else.
 */
#include "cli/confirming.h"

#include "cli/display.h"
#include "run/command.h"
#include "study/derive.h"

#include <stdio.h>

// The configurations: by what all trials say where there is noise, else by their values.
static caviar_code choose(const cav_study *study, size_t wanted, size_t *ret_trials,
                          size_t *ret_count, cav_error *error)
{
    const cav_history *seen = study->history;
    cav_incumbent incumbent;
    size_t count = 0;
    caviar_code code =
        cav_incumbent_find(study->spec->space, seen, 0, study->spec->seed, &incumbent, error);
    if (code)
        return code;
    for (size_t i = 0; i < incumbent.count && count < wanted; i++)
        ret_trials[count++] = incumbent.contenders[i].trial;
    for (size_t i = 0; i < seen->count && !incumbent.is_noisy; i++) {
        size_t place = count;
        if (!cav_history_has_losses(seen, i) ||
            cav_history_find(seen, seen->points + i * seen->dim_count) != i)
            continue; // a further run of another one
        while (place > 0 && cav_study_loss(study, i) < cav_study_loss(study, ret_trials[place - 1]))
            place--;
        if (place == wanted)
            continue;
        count += count < wanted;
        for (size_t k = count - 1; k > place; k--)
            ret_trials[k] = ret_trials[k - 1];
        ret_trials[place] = i;
    }
    *ret_count = count;
    return count > 0 ? CAVIAR_OK
                     : cav_fail(error, CAVIAR_NOT_FOUND, "no trial of study '%s' is complete yet",
                                study->spec->study);
}

static caviar_code make_runs(cav_study *study, const size_t *trials, size_t count, int64_t times,
                             cav_error *error)
{
    caviar_code code = CAVIAR_OK;
    for (int64_t run = 0; run < times; run++) {
        for (size_t i = 0; i < count && !code; i++) {
            int64_t number;
            cav_derivation how = {.parent = (int64_t)trials[i],
                                  .step = -1,
                                  .has_own_seed = true,
                                  .has_plan = true, // as it began; what was nudged is another one
                                  .origin = "confirm"};
            code = cav_study_derive(study, &how, &number, error);
        }
    }
    return code;
}

static caviar_code run_them(const cav_arguments *arguments, cav_study *study, cav_error *error)
{
    char room[CAV_CLI_PATH_SIZE];
    cav_run_summary summary;
    bool is_quiet = cav_flag_is_on(arguments, "json") || cav_flag_is_on(arguments, "config");
    cav_display *display = cav_display_new(study, stdout, is_quiet);
    if (!display)
        return cav_fail_memory(error);
    // in this process nothing else is started
    size_t own = study->history->count - study->history->imported_count;
    study->spec->budget = (cav_budget){.trials = (int64_t)own};
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
    if (study->spec->metric_count > 1)
        code = cav_fail(error, CAVIAR_INVALID, "--confirm: of several metrics no few are the best");
    if (!code)
        code = cav_command_check(study->spec, error);
    if (!code)
        code = choose(study, (size_t)count, trials, chosen, error);
    if (!code)
        code = make_runs(study, trials, *chosen, times, error);
    if (!code)
        code = cav_study_refresh(study, error);
    if (!code)
        code = run_them(arguments, study, error);
    cav_study_close(study);
    return code;
}
