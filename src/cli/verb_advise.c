/**
 * verb_advise.c: caviar advise: what the trials say about the space, and the learning curves.
 */
#include "base/json.h"
#include "base/memory.h"
#include "cli/advising.h"
#include "cli/changing.h"
#include "cli/open.h"
#include "cli/print.h"
#include "cli/watching.h"
#include "run/author.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST_LISTED = 12 };

static const cav_flag flags[] = {
    {0, "metric", "NAME",
     "which of the study's metrics the space is judged by (default: the first)"},
    {0, "from", "STUDY", "also how well what that study of the same store has shown holds here"},
    {0, "apply", NULL, "have the study itself follow the advice about its space"},
    {0, "only", "N,N...", "with --apply: what to follow, by its numbers in the list"},
    {0, "note", "TEXT", "with --apply: why; it is kept with the study"},
    {0, "dry-run", NULL, "with --apply: only say what would be changed"},
    {0, "as-study", "NAME", "print a study file that follows the advice, under this name"},
};

static const cav_example examples[] = {
    {"caviar advise", "about scales and ranges; and the curves of running and best trials"},
    {"caviar advise 7", "what the learning curve of trial 7 says, and what usually helps"},
    {"caviar advise --from mnist-small", "whether an earlier study's intuition holds here"},
    {"caviar advise --apply --only 1,3", "have the study follow the first and the third"},
    {"caviar advise --as-study second > second.json",
     "a study to go on with: caviar run second.json"},
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

// `space` is NULL where only a trial was asked about.
static caviar_code print(const cav_arguments *arguments, const cav_advising *space,
                         const cav_watching *watching, const int64_t *numbers, size_t count,
                         cav_error *error)
{
    cav_text text = {0};
    cav_json json = {.text = &text, .pretty = true};
    bool as_json = cav_flag_is_on(arguments, "json");
    if (as_json && space) {
        cav_json_begin_object(&json);
        cav_advising_write(space, &json);
        cav_json_key(&json, "curves");
    } else if (space) {
        cav_advising_describe(space, &text);
    }
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
    if (as_json && space)
        cav_json_end_object(&json);
    return cav_print_json(&text, error);
}

static caviar_code read_curves(const cav_arguments *arguments, cav_study *study, int64_t trial,
                               const cav_advising *space, cav_error *error)
{
    cav_watching watching;
    int64_t numbers[MOST_LISTED] = {trial};
    caviar_code code = cav_watching_open(&watching, study, cav_cli_store(arguments), trial, error);
    if (!code) {
        size_t count = trial >= 0 ? 1 : cav_watching_list(&watching, numbers, MOST_LISTED);
        code = print(arguments, space, &watching, numbers, count, error);
    }
    cav_watching_close(&watching);
    return code;
}

static caviar_code print_study(const cav_advising *space, const cav_study *study, const char *name,
                               cav_error *error)
{
    cav_text text = {0};
    caviar_code code = cav_advising_study(space, study, name, &text, error);
    if (!code)
        return cav_print_json(&text, error);
    cav_text_free(&text);
    return code;
}

static caviar_code apply(const cav_arguments *arguments, const cav_advising *space,
                         cav_study *study, cav_error *error)
{
    char author[CAV_AUTHOR_SIZE];
    cav_text what = {0};
    const char *note = cav_flag_get(arguments, "note");
    cav_update_options options = {.author = author,
                                  .note = note ? note : "advice",
                                  .dry = cav_flag_is_on(arguments, "dry-run")};
    cav_author_name(author);
    caviar_code code =
        cav_advising_apply(space, study, cav_flag_get(arguments, "only"), &options, &what, error);
    if (!code)
        code = cav_cli_print_what(arguments, study, &what, options.dry, error);
    cav_text_free(&what);
    return code;
}

static caviar_code advise(const cav_arguments *arguments, cav_study *study, int64_t trial,
                          cav_error *error)
{
    cav_advising space;
    const char *name = cav_flag_get(arguments, "as-study");
    if (trial >= 0 && cav_flag_is_on(arguments, "apply"))
        return cav_fail(
            error, CAVIAR_INVALID,
            "--apply is for advice about the space; 'caviar nudge %lld' changes a trial",
            (long long)trial);
    if (trial >= 0)
        return read_curves(arguments, study, trial, NULL, error);
    caviar_code code = cav_advising_make(arguments, study, &space, error);
    if (!code && cav_flag_is_on(arguments, "apply"))
        code = apply(arguments, &space, study, error);
    else if (!code && name)
        code = print_study(&space, study, name, error);
    else if (!code)
        code = read_curves(arguments, study, -1, &space, error);
    cav_advising_free(&space);
    return code;
}

static cav_exit run(const cav_arguments *arguments)
{
    bool looks_only = !cav_flag_is_on(arguments, "apply");
    return cav_cli_with_trial(arguments, looks_only, advise);
}

const cav_verb cav_verb_advise = {
    .name = "advise",
    .group = "Look",
    .summary = "what the trials say about scales and ranges, and the learning curves",
    .operands = "[TRIAL]",
    .description =
        "Without a trial: weighs, for each range, the scales by how well they predict trials that "
        "were left out; says which range should grow, and how far, or can be cut, which choice can "
        "be dropped, which parameter does nothing; and says nothing where the trials do not. With "
        "--from: how well an earlier study predicts this one. Then, of a trial, or of the running "
        "trials and the best ones, what the learning curve says: not finite, diverging, "
        "overfitting, noisy, stopped too early, still falling at the end, plateau; each with its "
        "evidence and the change that usually helps. --apply has the study itself follow the "
        "advice "
        "about its space, as 'caviar update' would: its trials stay, whoever runs it follows at "
        "the "
        "next trial. Of fewer than 16 complete trials nothing is "
        "said about the space, of fewer than eight reports nothing about a curve.",
    .flags = flags,
    .flag_count = CAV_COUNT_OF(flags),
    .has_store = true,
    .has_json = true,
    .most = 1,
    .examples = examples,
    .example_count = CAV_COUNT_OF(examples),
    .run = run,
};
