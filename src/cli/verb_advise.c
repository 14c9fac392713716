/**
 * verb_advise.c: caviar advise: what the learning curves say.
 */
#include "base/json.h"
#include "base/memory.h"
#include "cli/open.h"
#include "cli/print.h"
#include "cli/watching.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST_LISTED = 12 };

static const cav_example examples[] = {
    {"caviar advise 7", "what the learning curve of trial 7 says, and what usually helps"},
    {"caviar advise", "the same of the running trials and the best ones"},
};

// Appends what is found of a trial, each on a line of its own.
static void write_words(int64_t number, const cav_diagnosis *found, size_t count, cav_text *text)
{
    for (size_t i = 0; i < count; i++)
        cav_text_appendf(text, "%strial %lld: %s\n  %s\n  usually helps: %s",
                         text->size ? "\n" : "", (long long)number,
                         cav_finding_name(found[i].finding), found[i].evidence,
                         cav_finding_advice(found[i].finding));
    if (count == 0)
        cav_text_appendf(text, "%strial %lld: nothing stands out", text->size ? "\n" : "",
                         (long long)number);
}

static void write_json(int64_t number, const cav_diagnosis *found, size_t count, cav_json *json)
{
    for (size_t i = 0; i < count; i++) {
        cav_json_begin_object(json);
        cav_json_add_int(json, "trial", number);
        cav_json_add_string(json, "finding", cav_finding_name(found[i].finding));
        cav_json_add_string(json, "evidence", found[i].evidence);
        cav_json_add_string(json, "advice", cav_finding_advice(found[i].finding));
        cav_json_end_object(json);
    }
}

static caviar_code print(const cav_arguments *arguments, const cav_watching *watching,
                         const int64_t *numbers, size_t count, cav_error *error)
{
    cav_text text = {0};
    cav_json json = {.text = &text, .pretty = true};
    bool as_json = cav_flag_is_on(arguments, "json");
    if (as_json)
        cav_json_begin_array(&json);
    for (size_t i = 0; i < count; i++) {
        cav_diagnosis found[CAV_FINDING_COUNT];
        size_t findings = cav_watching_diagnose(watching, numbers[i], found);
        if (as_json)
            write_json(numbers[i], found, findings, &json);
        else
            write_words(numbers[i], found, findings, &text);
    }
    if (as_json)
        cav_json_end_array(&json);
    else if (count == 0)
        cav_text_append(&text, "there are no trials yet");
    return cav_print_json(&text, error);
}

static caviar_code advise(const cav_arguments *arguments, cav_study *study, int64_t trial,
                          cav_error *error)
{
    cav_watching watching;
    int64_t numbers[MOST_LISTED] = {trial};
    caviar_code code = cav_watching_open(&watching, study, cav_cli_store(arguments), trial, error);
    if (!code) {
        size_t count = trial >= 0 ? 1 : cav_watching_list(&watching, numbers, MOST_LISTED);
        code = print(arguments, &watching, numbers, count, error);
    }
    cav_watching_close(&watching);
    return code;
}

static cav_exit run(const cav_arguments *arguments)
{
    return cav_cli_with_trial(arguments, true, advise);
}

const cav_verb cav_verb_advise = {
    .name = "advise",
    .group = "Look",
    .summary = "say what the learning curves say",
    .operands = "[TRIAL]",
    .description =
        "Looks at the learning curve of a trial, or of the running trials and the best ones, and "
        "says what it finds: not finite, diverging, overfitting, noisy, stopped too early, still "
        "falling at the end, plateau; each with its evidence and the change that usually helps. "
        "Of fewer than eight reports nothing is said.",
    .has_store = true,
    .has_json = true,
    .most = 1,
    .examples = examples,
    .example_count = CAV_COUNT_OF(examples),
    .run = run,
};
