/**
 * verb_fork.c: caviar fork: a new trial that goes on from a checkpoint of another one.
 */
#include "base/file.h"
#include "base/json.h"
#include "run/forking.h"
#include "cli/nudging.h"
#include "cli/print.h"

#include <stdio.h>
#include <stdlib.h>

static const cav_flag flags[] = {
    {0, "from", "STEP", "the checkpoint to start from (default: the last one)"},
    CAV_NOTE_FLAG,
    {0, "force", NULL, "let values leave the space"},
};

static const cav_example examples[] = {
    {"caviar fork 7 lr=x2", "go on from the last checkpoint of trial 7 with twice the rate"},
    {"caviar fork 7 lr=0.01 --from 12", "the same from the checkpoint of step 12"},
};

static caviar_code print_result(const cav_arguments *arguments, const cav_fork *fork,
                                const double *before, int64_t number, cav_error *error)
{
    cav_text text = {0};
    cav_json json = {.text = &text};
    if (cav_flag_is_on(arguments, "json")) {
        cav_json_begin_object(&json);
        cav_json_add_int(&json, "id", number);
        cav_json_add_int(&json, "parent", fork->parent);
        cav_json_add_int(&json, "from", fork->step);
        cav_json_end_object(&json);
        return cav_print_json(&text, error);
    }
    cav_text_appendf(&text, "trial %lld goes on from step %lld of trial %lld", (long long)number,
                     (long long)fork->step, (long long)fork->parent);
    if (fork->changes) {
        cav_text_append(&text, " with ");
        cav_cli_changes_print(fork->study->spec->space, before, fork->changes, &text);
    }
    cav_text_append(&text, "; it waits to be run");
    return cav_print_json(&text, error);
}

static caviar_code read_step(const cav_arguments *arguments, int64_t *ret_step, cav_error *error)
{
    *ret_step = -1;
    return cav_flag_int(arguments, "from", 1, INT64_C(1) << 53, ret_step, error);
}

static caviar_code fork_it(const cav_arguments *arguments, cav_study *study, int64_t parent,
                           cav_error *error)
{
    const cav_space *space = study->spec->space;
    char author[CAV_AUTHOR_SIZE], room[CAV_CLI_PATH_SIZE];
    cav_author_name(author);
    cav_fork fork = {.study = study,
                     .location = cav_cli_place(arguments, room),
                     .parent = parent,
                     .author = author,
                     .note = cav_flag_get(arguments, "note"),
                     .force = cav_flag_is_on(arguments, "force")};
    int64_t number, from;
    double *now = calloc(2 * space->count + 1, sizeof *now), *changes = now + space->count;
    caviar_code code = now ? read_step(arguments, &from, error) : cav_fail_memory(error);
    if (!code)
        code = cav_derive_step(study, parent, from, &fork.step, error);
    if (!code)
        code = cav_derive_values(study, parent, fork.step, now, error);
    if (!code)
        code = cav_cli_changes_read(arguments, 1, space, now, changes, error);
    fork.changes = arguments->operand_count > 1 ? changes : NULL;
    if (!code)
        code = cav_fork_make(&fork, &number, error);
    if (!code)
        code = print_result(arguments, &fork, now, number, error);
    free(now);
    return code;
}

static cav_exit run(const cav_arguments *arguments)
{
    cav_error error = {0};
    int64_t step;
    if (read_step(arguments, &step, &error)) // before anything is opened
        return cav_complain_usage(arguments, &error);
    return cav_cli_with_trial(arguments, false, fork_it);
}

const cav_verb cav_verb_fork = {
    .name = "fork",
    .group = "Nurse one trial",
    .summary = "start a new trial from a checkpoint of another one",
    .operands = "TRIAL [NAME=VALUE...]",
    .description =
        "Makes a new trial that goes on from a checkpoint of another one, which may be running or "
        "have ended, also badly, with other values from there on. The other one is left as it is. "
        "The new trial has its seed, its parameters, its nudges up to that step and a copy of its "
        "files; the changes come on top. It waits, is run before anything that the sampler "
        "suggests, and no scheduler ends it.\n\n"
        "The program must be able to go on from a checkpoint, and have said so: caviar-train does. "
        "It keeps the last five (--checkpoint-keep).",
    .flags = flags,
    .flag_count = CAV_COUNT_OF(flags),
    .has_store = true,
    .has_json = true,
    .least = 1,
    .most = 1000,
    .examples = examples,
    .example_count = CAV_COUNT_OF(examples),
    .run = run,
};
