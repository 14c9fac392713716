/**
 * verb_nudge.c: caviar nudge: change a trial's parameters while it runs.
 */
#include "base/json.h"
#include "base/memory.h"
#include "cli/nudging.h"
#include "cli/print.h"
#include "space/codec.h"

#include <stdio.h>
#include <stdlib.h>

static const cav_flag flags[] = {
    CAV_NOTE_FLAG,
    {0, "force", NULL, "let values leave the space, and break constraints"},
};

static const cav_example examples[] = {
    {"caviar nudge 7 lr=0.003", "from its next report on, trial 7 trains with this rate"},
    {"caviar nudge 7 lr=x0.5 --note 'too noisy'", "half of what it is now"},
    {"caviar nudge 7 momentum=+0.01 l2=1e-4", "two at once, one of them by adding"},
};

// What the person should know, beside that it was taken.
static const char *warning(const cav_study *study, int64_t number)
{
    unsigned can = study->history->cans[number];
    if (can == 0 || (can & CAVIAR_CAN_CHANGE))
        return NULL;
    return "its program hears it, but has not said that it takes changes";
}

static void print_words(const cav_study *study, int64_t number, const double *before,
                        const double *changes)
{
    cav_text text = {0};
    cav_text_appendf(&text, "trial %lld: ", (long long)number);
    cav_cli_changes_print(study->spec->space, before, changes, &text);
    cav_text_append(&text, ", ");
    cav_cli_when_print(study, number, &text);
    if (warning(study, number))
        cav_text_appendf(&text, "\n%s", warning(study, number));
    cav_print_json(&text, NULL);
}

static caviar_code print_result(const cav_arguments *arguments, const cav_study *study,
                                int64_t number, const double *before, const double *changes,
                                cav_error *error)
{
    cav_text text = {0};
    cav_json json = {.text = &text};
    if (!cav_flag_is_on(arguments, "json")) {
        print_words(study, number, before, changes);
        return CAVIAR_OK;
    }
    cav_json_begin_object(&json);
    cav_json_add_int(&json, "id", number);
    cav_json_key(&json, "changes");
    cav_space_write(study->spec->space, changes, &json);
    cav_json_add_int(&json, "step", study->history->steps[number]);
    if (warning(study, number))
        cav_json_add_string(&json, "warning", warning(study, number));
    cav_json_end_object(&json);
    return cav_print_json(&text, error);
}

static caviar_code nudge(const cav_arguments *arguments, cav_study *study, int64_t number,
                         cav_error *error)
{
    char author[CAV_AUTHOR_SIZE];
    const cav_space *space = study->spec->space;
    caviar_nudge_options options = {.author = author,
                                    .note = cav_flag_get(arguments, "note"),
                                    .force = cav_flag_is_on(arguments, "force")};
    double *now = calloc(2 * space->count + 1, sizeof *now);
    if (!now)
        return cav_fail_memory(error);
    double *changes = now + space->count;
    cav_author_name(author);
    caviar_code code = cav_study_values(study, number, now, error);
    if (!code)
        code = cav_cli_changes_read(arguments, 1, space, now, changes, error);
    if (!code)
        code = cav_study_nudge(study, number, changes, &options, error);
    if (!code)
        code = print_result(arguments, study, number, now, changes, error);
    free(now);
    return code;
}

static cav_exit run(const cav_arguments *arguments)
{
    return cav_cli_with_trial(arguments, false, nudge);
}

const cav_verb cav_verb_nudge = {
    .name = "nudge",
    .group = "Nurse one trial",
    .summary = "change a trial's parameters while it runs",
    .operands = "TRIAL NAME=VALUE...",
    .description =
        "Changes parameters of a running trial, whichever process runs it: the program gets them "
        "with the answer to its next report. A value may be relative to what it is now: x0.5 "
        "multiplies, +0.01 adds (and +-0.01 takes away). Values stay within the space, unless "
        "--force lets them leave it.\n\n"
        "Every nudge is kept with its step, who gave it, when, and why (--note): 'caviar show "
        "TRIAL' lists them.\n\n"
        "The program must hear its answers: by 'caviar report', the library, the Python client or "
        "its socket. caviar-train takes lr, momentum, beta1, beta2, epsilon, l2, dropout and "
        "decay-rate, from the next mini-batch on. The trial counts with the parameters that it was "
        "started with.",
    .flags = flags,
    .flag_count = CAV_COUNT_OF(flags),
    .has_store = true,
    .has_json = true,
    .least = 2,
    .most = 1000,
    .examples = examples,
    .example_count = CAV_COUNT_OF(examples),
    .run = run,
};
