/**
 * verb_run.c: caviar run
 */
#include "cli/launching.h"
#include "cli/running.h"

#include "run/command.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const cav_flag flags[] = {
    {0, "preset", "NAME", "where undefined parameters come from: see 'caviar help presets'"},
    CAV_RUN_FLAGS,
    CAV_SHOW_FLAGS,
    CAV_ON_FLAG};

static const cav_example examples[] = {
    {"caviar run study.yaml", "run what the study file says; again, to go on where it stopped"},
    {"caviar run study.yaml -n 200 -j 4", "the same with 200 trials in all, four at a time"},
    {"caviar run -n 50 --minimize loss -- python3 train.py --lr '{lr: log 1e-5 1}'",
     "tune one parameter of a command, without a study file"},
    {"caviar run -n 50 --maximize accuracy -- ./train -u '{units: int log 16 512}' -a "
     "'{act: relu|tanh}'",
     "a whole number on a log scale, and a choice"},
    {"caviar run study.yaml --on slurm -j 64 --store postgresql://me@db/caviar --folder /shared",
     "start 64 workers on a Slurm cluster, and look after them"},
    {"caviar run --preset neural-net -n 30 --minimize loss -- ./train --lr '{lr}' -b '{batch}'",
     "parameters as they usually are; see 'caviar help presets'"},
};

static caviar_code spec_from_command(const cav_arguments *arguments, const json_t *overrides,
                                     cav_spec **ret_spec, cav_error *error)
{
    char *settings = json_dumps(overrides, JSON_COMPACT);
    if (!settings)
        return cav_fail_memory(error);
    caviar_code code = cav_spec_from_command((const char *const *)arguments->command,
                                             arguments->command_count, settings, ret_spec, error);
    free(settings);
    if (!code && !json_object_get(overrides, "metric")) {
        cav_spec_free(*ret_spec);
        return cav_fail(error, CAVIAR_INVALID,
                        "which metric? say --minimize NAME or --maximize NAME, as the program "
                        "prints it");
    }
    return code;
}

// The words behind -- instead of the study file's command.
static caviar_code set_command(const cav_arguments *arguments, json_t *overrides, cav_error *error)
{
    json_t *words = json_array();
    bool ok = json_object_set(overrides, "command", words) == 0;
    for (size_t i = 0; i < arguments->command_count && ok; i++)
        ok = json_array_append_new(words, json_string(arguments->command[i])) == 0;
    json_decref(words);
    return ok ? CAVIAR_OK : cav_fail_memory(error);
}

// What is named in the place of a study file may be a command that was meant to stand behind "--".
static caviar_code read_file(const char *path, const json_t *overrides, cav_spec **ret_spec,
                             cav_error *error)
{
    caviar_code code = cav_cli_spec_read(path, overrides, ret_spec, error);
    bool is_command = strpbrk(path, " {") || access(path, X_OK) == 0;
    if (code && code != CAVIAR_NOMEM && is_command)
        cav_error_prefix(error, "here goes a study file, and a command behind '--'");
    return code;
}

// *ret_usage tells whether it is the command line that was wrong.
static caviar_code make_spec(const cav_arguments *arguments, cav_spec **ret_spec, bool *ret_usage,
                             cav_error *error)
{
    json_t *overrides;
    bool has_file = arguments->operand_count > 0, has_command = arguments->command_count > 0;
    *ret_usage = true;
    if (!has_file && !has_command)
        return cav_fail(error, CAVIAR_INVALID, "give a study file, or a command behind --");
    caviar_code code = cav_cli_overrides(arguments, &overrides, error);
    if (code)
        return code;
    const char *preset = cav_flag_get(arguments, "preset");
    if (preset && json_object_set_new(overrides, "preset", json_string(preset)))
        code = cav_fail_memory(error);
    if (!code && has_file && has_command)
        code = set_command(arguments, overrides, error);
    if (!code)
        code = has_file ? read_file(arguments->operands[0], overrides, ret_spec, error)
                        : spec_from_command(arguments, overrides, ret_spec, error);
    json_decref(overrides);
    *ret_usage = code == CAVIAR_INVALID && !has_file;
    return code;
}

// --trials +N counts from what the study has, if it is in the store already.
static caviar_code add_trials(const cav_arguments *arguments, cav_spec *spec, cav_error *error)
{
    const char *trials = cav_flag_get(arguments, "trials"), *name = cav_cli_study(arguments);
    cav_study *present = NULL;
    if (!trials || trials[0] != '+')
        return CAVIAR_OK;
    caviar_code code = cav_cli_open(arguments, name ? name : spec->study, true, &present, error);
    if (code && code != CAVIAR_NOT_FOUND)
        return code;
    code = cav_cli_add_trials(arguments, present, spec, error);
    cav_study_close(present);
    return code;
}

static cav_exit run(const cav_arguments *arguments)
{
    cav_error error = {0};
    cav_spec *spec;
    cav_study *study;
    bool is_usage;
    if (make_spec(arguments, &spec, &is_usage, &error))
        return is_usage ? cav_complain_usage(arguments, &error) : cav_complain(&error);
    if (add_trials(arguments, spec, &error) ||
        cav_command_check(spec, &error)) { // before anything is stored
        cav_spec_free(spec);
        return cav_complain(&error);
    }
    cav_study_options options = {
        .location = cav_cli_store(arguments), .name = cav_cli_study(arguments), .spec = spec};
    if (cav_study_open(&options, &study, &error))
        return cav_complain(&error);
    if (cav_flag_get(arguments, "on"))
        return cav_cli_launch_study(arguments, study);
    return cav_cli_run_study(arguments, study, &(cav_running_how){0});
}

const cav_verb cav_verb_run = {
    .name = "run",
    .group = "Run",
    .summary = "run a study: a file, or a command with parameters in it",
    .operands = "[STUDY.yaml] [-- COMMAND...]",
    .description =
        "Runs the study's program again and again, each time with other values for its "
        "parameters, several at a time, and looks for the values that make the metric best. "
        "Every result is kept in the store. Running the same study again goes on where it "
        "stopped; with more trials it is extended.\n\n"
        "Without a study file, the command behind -- defines its parameters where it uses them: "
        "'{lr: log 1e-5 1}', '{units: int log 16 512 step x2}', '{act: relu|tanh}'. The scales are "
        "linear, log, reverse-log (log of 1 - x, for a momentum near 1) and logit. With --preset "
        "the names of a preset need no definition: '{lr}' does; one that is given goes before. A "
        "program that names none of them, as it reads its parameters itself, gets them all. With a "
        "study file, the command behind -- takes the place of the file's.\n\n"
        "The first Ctrl-C lets the running trials finish; the second kills them and puts them "
        "back, to be run again.",
    .flags = flags,
    .flag_count = CAV_COUNT_OF(flags),
    .has_store = true,
    .has_json = true,
    .most = 1,
    .examples = examples,
    .example_count = CAV_COUNT_OF(examples),
    .run = run,
};
