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

// What the curve of a trial says.
typedef struct diagnosed {
    int64_t number;
    size_t count;
    cav_diagnosis found[CAV_FINDING_COUNT];
} diagnosed;

// What is found of a trial under this name; CAV_FINDING_COUNT: that nothing is. NULL: it is not.
static const char *evidence_of(const diagnosed *at, cav_finding finding)
{
    if (finding == CAV_FINDING_COUNT)
        return at->count == 0 ? "" : NULL;
    for (size_t i = 0; i < at->count; i++)
        if (at->found[i].finding == finding)
            return at->found[i].evidence;
    return NULL;
}

// Appends the trials of which something is found, and the evidence of the first of them.
static void write_words(const diagnosed *trials, size_t count, cav_finding finding, cav_text *text)
{
    cav_text numbers = {0};
    const diagnosed *first = NULL;
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        if (!evidence_of(&trials[i], finding))
            continue;
        first = first ? first : &trials[i];
        cav_text_appendf(&numbers, "%s%lld", found++ ? ", " : "", (long long)trials[i].number);
    }
    if (first)
        cav_text_appendf(text, "%strial%s %s: %s", text->size ? "\n" : "", found > 1 ? "s" : "",
                         cav_text_get(&numbers),
                         finding < CAV_FINDING_COUNT ? cav_finding_name(finding)
                                                     : "nothing stands out");
    if (first && finding < CAV_FINDING_COUNT) {
        cav_text_append(text, "\n  ");
        if (found > 1)
            cav_text_appendf(text, "trial %lld: ", (long long)first->number);
        cav_text_appendf(text, "%s\n  usually helps: %s", evidence_of(first, finding),
                         cav_finding_advice(finding));
    }
    cav_text_free(&numbers);
}

static void write_json(const diagnosed *trial, cav_json *json)
{
    for (size_t i = 0; i < trial->count; i++) {
        cav_json_begin_object(json);
        cav_json_add_int(json, "trial", trial->number);
        cav_json_add_string(json, "finding", cav_finding_name(trial->found[i].finding));
        cav_json_add_string(json, "evidence", trial->found[i].evidence);
        cav_json_add_string(json, "advice", cav_finding_advice(trial->found[i].finding));
        cav_json_end_object(json);
    }
}

// `space` is NULL where only a trial was asked about.
static caviar_code print(const cav_arguments *arguments, const cav_advising *space,
                         const diagnosed *trials, size_t count, cav_error *error)
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
    if (as_json) {
        cav_json_begin_array(&json);
        for (size_t i = 0; i < count; i++)
            write_json(&trials[i], &json);
        cav_json_end_array(&json);
    } else {
        for (int finding = 0; finding <= CAV_FINDING_COUNT; finding++)
            write_words(trials, count, (cav_finding)finding, &text);
    }
    if (as_json && space)
        cav_json_end_object(&json);
    return cav_print_json(&text, error);
}

static caviar_code read_curves(const cav_arguments *arguments, cav_study *study, int64_t trial,
                               const cav_advising *space, cav_error *error)
{
    cav_watching watching;
    diagnosed trials[MOST_LISTED];
    int64_t numbers[MOST_LISTED] = {trial};
    caviar_code code = cav_watching_open(&watching, study, cav_cli_store(arguments), trial, error);
    if (!code) {
        size_t count = trial >= 0 ? 1 : cav_watching_list(&watching, numbers, MOST_LISTED);
        for (size_t i = 0; i < count; i++) {
            trials[i].number = numbers[i];
            trials[i].count = cav_watching_diagnose(&watching, numbers[i], trials[i].found);
        }
        code = print(arguments, space, trials, count, error);
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
        "next trial. Of fewer than 16 trials with a value nothing is "
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
