/**
 * verb_rollback.c: caviar rollback: send a running trial back to a checkpoint.
 */
#include "base/json.h"
#include "base/memory.h"
#include "cli/nudging.h"
#include "cli/print.h"

#include <stdio.h>

static const cav_flag flags[] = {
    {0, "to", "STEP", "the checkpoint to go back to (default: that before the last nudge)"},
    CAV_NOTE_FLAG,
};

static const cav_example examples[] = {
    {"caviar rollback 7", "take the last nudge of trial 7 back, and go on from before it"},
    {"caviar rollback 7 --to 12 && caviar nudge 7 lr=x0.3",
     "go on from the checkpoint of step 12, with less than a third of the rate"},
};

static caviar_code print_result(const cav_arguments *arguments, const cav_study *study,
                                int64_t number, int64_t step, cav_error *error)
{
    cav_text text = {0};
    cav_json json = {.text = &text};
    if (cav_flag_is_on(arguments, "json")) {
        cav_json_begin_object(&json);
        cav_json_add_int(&json, "id", number);
        cav_json_add_int(&json, "to", step);
        cav_json_end_object(&json);
    } else {
        cav_text_appendf(&text, "trial %lld: back to step %lld, ", (long long)number,
                         (long long)step);
        cav_cli_when_print(study, number, &text);
    }
    return cav_print_json(&text, error);
}

static caviar_code read_step(const cav_arguments *arguments, int64_t *ret_step, cav_error *error)
{
    *ret_step = -1;
    return cav_flag_int(arguments, "to", 0, INT64_C(1) << 53, ret_step, error);
}

static caviar_code roll_back(const cav_arguments *arguments, cav_study *study, int64_t number,
                             cav_error *error)
{
    char author[CAV_AUTHOR_SIZE];
    int64_t step;
    caviar_nudge_options options = {.author = author, .note = cav_flag_get(arguments, "note")};
    cav_author_name(author);
    caviar_code code = read_step(arguments, &step, error);
    if (!code)
        code = cav_study_rollback(study, number, step, &options, &step, error);
    return code ? code : print_result(arguments, study, number, step, error);
}

static cav_exit run(const cav_arguments *arguments)
{
    cav_error error = {0};
    int64_t step;
    if (read_step(arguments, &step, &error)) // before anything is opened
        return cav_complain_usage(arguments, &error);
    return cav_cli_with_trial(arguments, false, roll_back);
}

const cav_verb cav_verb_rollback = {
    .name = "rollback",
    .group = "Nurse one trial",
    .summary = "send a running trial back to a checkpoint",
    .operands = "TRIAL",
    .description =
        "Sends a running trial back to the checkpoint before its last nudge, or to that of a step "
        "(--to), in the same trial: nudges from there on are taken back, and it goes on as if they "
        "had not been. With caviar-train it is so to the last bit. What it had reported from there "
        "on is a branch that was given up: 'caviar show' keeps it, and it no longer counts.\n\n"
        "Only a program that has said that it can restore is asked to, and only for a checkpoint "
        "that it still has; otherwise this fails, and the trial goes on undisturbed. caviar-train "
        "keeps the last five checkpoints (--checkpoint-keep).",
    .flags = flags,
    .flag_count = CAV_COUNT_OF(flags),
    .has_store = true,
    .has_json = true,
    .least = 1,
    .most = 1,
    .examples = examples,
    .example_count = CAV_COUNT_OF(examples),
    .run = run,
};
