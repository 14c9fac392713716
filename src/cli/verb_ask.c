/**
 * verb_ask.c: caviar ask
 */
#include "cli/open.h"

#include "cli/print.h"
#include "run/folder.h"
#include "run/protocol.h"

#include <stdio.h>

static const cav_flag flags[] = {
    CAV_LEASE_FLAG,
};

static const cav_example examples[] = {
    {"caviar ask --study mnist --json", "a trial's number and parameters, as JSON"},
    {"eval \"$(caviar ask)\"; ./train --lr \"$lr\"; caviar tell \"$trial\" loss=0.2",
     "the same for a shell script: trial=7 lr=0.01, one a line"},
};

// A value between single quotes, as a shell reads it.
static void append_quoted(cav_text *text, const caviar_value *value)
{
    cav_text plain = {0};
    cav_value_print(value, &plain);
    cav_text_append_char(text, '\'');
    for (const char *c = cav_text_get(&plain); *c; c++) {
        if (*c == '\'')
            cav_text_append(text, "'\\''");
        else
            cav_text_append_char(text, *c);
    }
    cav_text_append_char(text, '\'');
    text->failed |= plain.failed;
    cav_text_free(&plain);
}

static void write_shell(const caviar_trial *trial, cav_text *text)
{
    char name[CAV_CLI_TRIAL_SIZE];
    cav_cli_trial_print(trial, name);
    cav_text_appendf(text, "trial=%s", name);
    for (size_t i = 0; i < trial->parameter_count; i++) {
        if (trial->values[i].kind == CAVIAR_KIND_NONE)
            continue;
        cav_text_append_char(text, '\n');
        for (const char *c = trial->names[i]; *c; c++) // a shell's names have no . and -
            cav_text_append_char(text, *c == '.' || *c == '-' ? '_' : *c);
        cav_text_append_char(text, '=');
        append_quoted(text, &trial->values[i]);
    }
}

static void write_json(const cav_history *history, const caviar_trial *trial, cav_text *text)
{
    char name[CAV_CLI_TRIAL_SIZE];
    cav_json json = {.text = text};
    cav_cli_trial_print(trial, name);
    cav_json_begin_object(&json);
    cav_json_add_int(&json, "id", trial->number);
    cav_json_add_string(&json, "trial", name);
    cav_json_add_int(&json, "attempt", trial->attempt);
    cav_json_key(&json, "config");
    cav_trial_write_config(trial, &json);
    cav_protocol_write_start(history, trial, &json);
    cav_json_end_object(&json);
}

static caviar_code ask(const cav_arguments *arguments, cav_study *study, cav_error *error)
{
    caviar_trial *trial;
    cav_text text = {0};
    caviar_code code = cav_study_ask(study, &trial, error);
    if (code)
        return code;
    if (cav_flag_is_on(arguments, "json"))
        write_json(study->history, trial, &text);
    else
        write_shell(trial, &text);
    code = cav_print_json(&text, error);
    trial->link = NULL; // it stays out when this process ends
    caviar_trial_free(trial);
    return code;
}

static cav_exit run(const cav_arguments *arguments)
{
    cav_error error = {0};
    cav_study *study;
    int64_t lease_ms;
    if (cav_cli_lease(arguments, &lease_ms, &error))
        return cav_complain_usage(arguments, &error);
    if (cav_cli_open_detached(arguments, lease_ms, &study, &error))
        return cav_complain(&error);
    caviar_code code = ask(arguments, study, &error);
    cav_study_close(study);
    return code ? cav_complain(&error) : CAV_EXIT_OK;
}

const cav_verb cav_verb_ask = {
    .name = "ask",
    .group = "From other programs",
    .summary = "get the next trial, to run it yourself",
    .operands = "",
    .description =
        "Hands out the next trial of a study and prints its parameters. Run it however you like, "
        "'caviar report' values on the way and 'caviar tell' the result. The trial is yours for an "
        "hour after the last word from you (--lease); then it is handed out again, and is called "
        "7.2 instead of 7, so that a late result of the first attempt is not taken for one of the "
        "second.\n\n"
        "Exits with 4 when the study has nothing left to try.",
    .flags = flags,
    .flag_count = CAV_COUNT_OF(flags),
    .has_store = true,
    .has_json = true,
    .examples = examples,
    .example_count = CAV_COUNT_OF(examples),
    .run = run,
};
