/**
 * verb_tell.c: caviar tell
 */
#include "cli/metrics.h"
#include "cli/open.h"

#include "base/names.h"

#include <stdio.h>
#include <string.h>

static const cav_flag flags[] = {
    {0, "failed", "REASON", "it failed: exit, signal, timeout, infeasible, ..."},
    {'m', "message", "TEXT", "why it failed, in words"},
};

static const cav_example examples[] = {
    {"caviar tell 7 loss=0.0213", "the result of trial 7"},
    {"caviar tell 7.2 0.0213", "of its second attempt; where the study has one metric"},
    {"caviar tell 7 --failed infeasible -m 'out of memory'", "it cannot be run like this"},
};

// A mistyped name would end the trial without a value; one that has reported has a value already.
static caviar_code check_names(const cav_study *study, const caviar_trial *trial,
                               const cav_cli_metrics *metrics, cav_error *error)
{
    if (trial->step >= 0)
        return CAVIAR_OK;
    for (size_t i = 0; i < metrics->count; i++)
        for (size_t m = 0; m < study->spec->metric_count; m++)
            if (!metrics->items[i].name ||
                strcmp(metrics->items[i].name, study->metric_names[m]) == 0)
                return CAVIAR_OK;
    return cav_cli_fail_metric(study, metrics->items[0].name, error);
}

static caviar_code tell(const cav_arguments *arguments, const cav_study *study, caviar_trial *trial,
                        const cav_cli_metrics *metrics, cav_error *error)
{
    int reason = CAVIAR_REASON_NONE;
    caviar_code code;
    if (cav_flag_is_on(arguments, "failed")) {
        cav_names_find(&cav_reason_names, cav_flag_get(arguments, "failed"), &reason, NULL);
        code = caviar_trial_fail(trial, (caviar_reason)reason, cav_flag_get(arguments, "message"));
    } else {
        code = check_names(study, trial, metrics, error);
        if (code)
            return code;
        code = caviar_trial_tell(trial, metrics->items, metrics->count);
    }
    if (code)
        *error = trial->error;
    return code;
}

static void print_outcome(const cav_arguments *arguments, const caviar_trial *trial)
{
    const char *reason = caviar_reason_name(trial->reason);
    if (cav_flag_is_on(arguments, "json"))
        printf("{\"id\":%lld,\"state\":\"%s\"}\n", (long long)trial->number,
               caviar_state_name(trial->state));
    else
        printf("trial %lld is %s%s%s\n", (long long)trial->number, caviar_state_name(trial->state),
               reason[0] ? ": " : "", reason);
}

static cav_exit run(const cav_arguments *arguments)
{
    cav_error error = {0};
    cav_cli_metrics metrics;
    cav_cli_trial named;
    cav_study *study;
    caviar_trial *trial;
    int reason;
    bool failed = cav_flag_is_on(arguments, "failed");
    caviar_code code = cav_cli_trial_read(arguments->operands[0], &named, &error);
    if (!code)
        code = cav_cli_metrics_read(arguments, 1, &metrics, &error);
    if (!code && failed == (metrics.count > 0))
        code = cav_fail(&error, CAVIAR_INVALID, "give the result, NAME=VALUE, or --failed REASON");
    if (!code && failed)
        code =
            cav_names_find(&cav_reason_names, cav_flag_get(arguments, "failed"), &reason, &error);
    if (code)
        return cav_complain_usage(arguments, &error);
    if (cav_cli_open_detached(arguments, 0, &study, &error))
        return cav_complain(&error);
    code = cav_cli_adopt(study, &named, &trial, &error);
    if (!code) {
        code = tell(arguments, study, trial, &metrics, &error);
        if (!code)
            print_outcome(arguments, trial);
        trial->link = NULL;
        caviar_trial_free(trial);
    }
    cav_study_close(study);
    return code ? cav_complain(&error) : CAV_EXIT_OK;
}

const cav_verb cav_verb_tell = {
    .name = "tell",
    .group = "From other programs",
    .summary = "tell the result of a trial that was asked for",
    .operands = "TRIAL [NAME=VALUE...]",
    .description =
        "Ends a trial that 'caviar ask' handed out, under the name that it gave. When the command "
        "returns, the result is on "
        "disk. A result is recorded once: a second one, or one that comes after the trial was "
        "handed to somebody else, is refused.",
    .flags = flags,
    .flag_count = CAV_COUNT_OF(flags),
    .has_store = true,
    .has_json = true,
    .least = 1,
    .most = CAV_CLI_METRICS,
    .examples = examples,
    .example_count = CAV_COUNT_OF(examples),
    .run = run,
};
