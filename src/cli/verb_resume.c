/**
 * verb_resume.c: caviar resume
 */
#include "cli/changing.h"
#include "cli/launching.h"
#include "cli/nudging.h"
#include "cli/running.h"

#include <stdio.h>

static const cav_flag flags[] = {
    CAV_RUN_FLAGS,
    CAV_SHOW_FLAGS,
    CAV_ON_FLAG,
    {0, "only", NULL, "let a paused study go on, but run nothing here"},
    {0, "trial", "N", "let this paused trial go on, and run nothing here"},
};

static const cav_example examples[] = {
    {"caviar resume", "go on with the only study in caviar.db"},
    {"caviar resume mnist -n +50 -j 8", "50 trials more, eight at a time"},
    {"caviar resume mnist --trial 7", "whoever runs the study goes on with trial 7"},
};

static caviar_code reopen(const cav_arguments *arguments, const json_t *overrides, const char *name,
                          cav_study *looked, cav_study **ret_study, cav_error *error)
{
    cav_spec *spec;
    caviar_code code = cav_cli_spec_override(looked, overrides, &spec, error);
    if (code)
        return code;
    code = cav_cli_add_trials(arguments, looked, spec, error);
    if (code) {
        cav_spec_free(spec);
        return code;
    }
    cav_study_options options = {.location = cav_cli_store(arguments), .name = name, .spec = spec};
    return cav_study_open(&options, ret_study, error);
}

static caviar_code let_go_on(const cav_arguments *arguments, cav_study *study, cav_error *error)
{
    const char *word = cav_control_name(CAV_CONTROL_RUN);
    caviar_code code =
        study->store->type->study_set(study->store, study->id, NULL, CAV_CONTROL_RUN, error);
    if (!code && cav_flag_is_on(arguments, "json"))
        printf("{\"study\":\"%s\",\"control\":\"%s\"}\n", study->spec->study, word);
    else if (!code)
        printf("%s: %s\n", study->spec->study, word);
    return code;
}

static cav_exit run(const cav_arguments *arguments)
{
    if (cav_flag_get(arguments, "trial"))
        return cav_cli_wish_of_trial(arguments, cav_study_resume, CAV_NUDGE_RESUME);
    cav_error error = {0};
    cav_study *looked, *study = NULL;
    json_t *overrides;
    const char *name = arguments->operand_count > 0 ? arguments->operands[0] : NULL;
    if (cav_cli_overrides(arguments, &overrides, &error))
        return cav_complain_usage(arguments, &error);
    json_object_del(overrides, "study");
    if (cav_cli_open(arguments, name, true, &looked, &error)) {
        json_decref(overrides);
        return cav_complain(&error);
    }
    char found[256];
    snprintf(found, sizeof found, "%s", looked->spec->study);
    caviar_code code = reopen(arguments, overrides, found, looked, &study, &error);
    json_decref(overrides);
    cav_study_close(looked);
    if (!code && cav_flag_is_on(arguments, "only")) {
        code = let_go_on(arguments, study, &error);
        cav_study_close(study);
        return code ? cav_complain(&error) : CAV_EXIT_OK;
    }
    if (!code && cav_flag_get(arguments, "on"))
        return cav_cli_launch_study(arguments, study);
    return code ? cav_complain(&error) : cav_cli_run_study(arguments, study, &(cav_running_how){0});
}

const cav_verb cav_verb_resume = {
    .name = "resume",
    .group = "Run",
    .summary = "go on with a study that is in the store",
    .operands = "[STUDY]",
    .description =
        "Runs a study from the store, as 'caviar run' would with its file: one that was "
        "interrupted goes on, one that is finished is extended with --trials or --time, one that "
        "was paused or stopped is let go on. Flags replace what the study says.\n\n"
        "With --trial, one trial that was paused, by 'caviar pause --trial' or by a scheduler, "
        "goes on from where it stands, before anything new, in whatever process runs the study.",
    .flags = flags,
    .flag_count = CAV_COUNT_OF(flags),
    .has_store = true,
    .has_json = true,
    .most = 1,
    .examples = examples,
    .example_count = CAV_COUNT_OF(examples),
    .run = run,
};
