/**
 * verb_show.c: caviar show and caviar best: everything about one trial.
 */
#include "cli/open.h"

#include "base/number.h"
#include "cli/nudging.h"
#include "cli/print.h"
#include "cli/style.h"
#include "run/folder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CURVE_COLUMNS = 48 };

// The curve of a trial's metric, for the picture and for JSON.
typedef struct curve {
    int64_t *steps;
    double *values;
    size_t count, step_capacity, value_capacity;
    const char *metric;
} curve;

static caviar_code note_report(void *context, const cav_report *report, cav_error *error)
{
    curve *at = context;
    for (size_t i = 0; i < report->metric_count; i++) {
        if (strcmp(report->metrics[i].name, at->metric) != 0)
            continue;
        while (at->count > 0 && at->steps[at->count - 1] >= report->step)
            at->count--; // a branch that was given up
        if (!CAV_GROW(&at->steps, &at->step_capacity, at->count + 1) ||
            !CAV_GROW(&at->values, &at->value_capacity, at->count + 1))
            return cav_fail_memory(error);
        at->steps[at->count] = report->step;
        at->values[at->count++] = report->metrics[i].value;
    }
    return CAVIAR_OK;
}

static void print_parameters(const caviar_trial *trial)
{
    size_t width = 0;
    for (size_t i = 0; i < trial->parameter_count; i++)
        if (trial->values[i].kind != CAVIAR_KIND_NONE && strlen(trial->names[i]) > width)
            width = strlen(trial->names[i]);
    for (size_t i = 0; i < trial->parameter_count; i++) {
        cav_text value = {0};
        if (trial->values[i].kind == CAVIAR_KIND_NONE)
            continue;
        cav_value_print(&trial->values[i], &value);
        printf("  %-*s  %s\n", (int)width, trial->names[i], cav_text_get(&value));
        cav_text_free(&value);
    }
}

static void print_curve(const curve *at)
{
    if (at->count < 2)
        return;
    cav_style style = cav_style_of(stdout);
    cav_text line = {0};
    char first[CAV_NUMBER_SIZE], last[CAV_NUMBER_SIZE];
    cav_style_sparkline(&style, at->values, at->count, CURVE_COLUMNS, &line);
    cav_number_print_short(at->values[0], 4, first);
    cav_number_print_short(at->values[at->count - 1], 4, last);
    printf("\n%s from %s (step %lld) to %s (step %lld)\n  %s\n", at->metric, first,
           (long long)at->steps[0], last, (long long)at->steps[at->count - 1], cav_text_get(&line));
    cav_text_free(&line);
}

static void print_head(const cav_study *study, const caviar_trial *trial,
                       const cav_details *details)
{
    char took[CAV_NUMBER_SIZE];
    const char *reason = caviar_reason_name(trial->reason);
    printf("%s, trial %lld: %s%s%s\n", study->spec->study, (long long)trial->number,
           caviar_state_name(trial->state), reason[0] ? ", " : "", reason);
    if (details->message[0])
        printf("%s\n", details->message);
    for (size_t m = 0; m < trial->final_count; m++) {
        cav_text value = {0};
        if (isnan(trial->finals[m]))
            continue;
        cav_text_append_number(&value, trial->finals[m]);
        printf("%s = %s\n", study->metric_names[m], cav_text_get(&value));
        cav_text_free(&value);
    }
    printf("from %s, attempt %lld", details->origin, (long long)trial->attempt);
    if (details->finished_ms > 0 && details->started_ms > 0) {
        cav_duration_print(details->finished_ms - details->started_ms, took);
        printf(", took %s", took);
    }
    printf("\n\n");
}

static void print_output(const cav_text *output)
{
    const char *text = cav_text_get(output);
    if (!text[0])
        return;
    printf("\nThe end of its output:\n");
    for (const char *line = text; *line;) {
        size_t size = strcspn(line, "\n");
        printf("  | %.*s\n", (int)size, line);
        line += size + (line[size] == '\n');
    }
}

static caviar_code print_json(const cav_study *study, const caviar_trial *trial,
                              const cav_details *details, const curve *at, const cav_text *output,
                              cav_error *error)
{
    cav_text text = {0};
    cav_json json = {.text = &text, .pretty = true};
    cav_json_begin_object(&json);
    cav_json_add_string(&json, "study", study->spec->study);
    cav_json_key(&json, "trial");
    cav_print_trial_json(study, trial, details, &json);
    cav_json_key(&json, "curve");
    cav_json_begin_array(&json);
    for (size_t i = 0; i < at->count; i++) {
        cav_json_begin_object(&json);
        cav_json_add_int(&json, "step", at->steps[i]);
        cav_json_add_number(&json, at->metric, at->values[i]);
        cav_json_end_object(&json);
    }
    cav_json_end_array(&json);
    cav_json_key(&json, "nudges");
    cav_cli_nudges_write(study, trial->number, &json);
    cav_json_add_string(&json, "output", cav_text_get(output));
    cav_json_end_object(&json);
    return cav_print_json(&text, error);
}

static caviar_code show(const cav_arguments *arguments, cav_study *study, int64_t number,
                        cav_error *error)
{
    caviar_trial *trial;
    cav_details *details = NULL;
    cav_text output = {0};
    curve at = {.metric = study->metric_names[0]};
    int64_t cursor = 0;
    caviar_code code = cav_study_view(study, number, &trial, error);
    if (code)
        return code;
    const cav_store_type *store = study->store->type;
    code = cav_details_read(study, &details, error);
    if (!code)
        code = store->report_read(study->store, &study->scope, number, &cursor, note_report, &at,
                                  error);
    if (!code)
        code = store->output_read(study->store, &study->scope, number, &output, error);
    if (!code && cav_flag_is_on(arguments, "json")) {
        code = print_json(study, trial, &details[number], &at, &output, error);
    } else if (!code) {
        print_head(study, trial, &details[number]);
        print_parameters(trial);
        print_curve(&at);
        cav_cli_nudges_print(study, number);
        print_output(&output);
    }
    cav_details_free(details, study->history->count);
    free(at.steps);
    free(at.values);
    cav_text_free(&output);
    caviar_trial_free(trial);
    return code;
}

static cav_exit run_show(const cav_arguments *arguments)
{
    cav_error error = {0};
    cav_study *study;
    cav_cli_trial named;
    if (cav_cli_trial_read(arguments->operands[0], &named, &error))
        return cav_complain_usage(arguments, &error);
    if (cav_cli_open(arguments, NULL, true, &study, &error))
        return cav_complain(&error);
    caviar_code code = show(arguments, study, named.number, &error);
    cav_study_close(study);
    return code ? cav_complain(&error) : CAV_EXIT_OK;
}

static const cav_example show_examples[] = {
    {"caviar show 7", "parameters, learning curve, why it failed, the end of its output"},
};

const cav_verb cav_verb_show = {
    .name = "show",
    .group = "Look",
    .summary = "show everything about one trial",
    .operands = "TRIAL",
    .description = "Shows a trial: its state, its result, its parameters in full, its learning "
                   "curve, what was changed while it ran ('caviar nudge'), and the end of what it "
                   "printed. All of its output stands in the file "
                   "output.log of its folder.",
    .has_store = true,
    .has_json = true,
    .least = 1,
    .most = 1,
    .examples = show_examples,
    .example_count = CAV_COUNT_OF(show_examples),
    .run = run_show,
};

// lr=0.0123, as a command line would have it: --lr 0.0123
static void write_words(const caviar_trial *trial, cav_text *line)
{
    for (size_t i = 0; i < trial->parameter_count; i++) {
        if (trial->values[i].kind == CAVIAR_KIND_NONE)
            continue;
        cav_text_appendf(line, "%s%s=", line->size ? " " : "", trial->names[i]);
        cav_value_print(&trial->values[i], line);
    }
}

static caviar_code best(const cav_arguments *arguments, cav_study *study, cav_error *error)
{
    caviar_trial *trial;
    size_t number = cav_history_best(study->history, 0);
    if (number == SIZE_MAX)
        return cav_fail(error, CAVIAR_NOT_FOUND, "no trial of study '%s' is complete yet",
                        study->spec->study);
    if (!cav_flag_is_on(arguments, "config"))
        return show(arguments, study, (int64_t)number, error);
    caviar_code code = cav_study_view(study, (int64_t)number, &trial, error);
    if (code)
        return code;
    cav_text text = {0};
    if (cav_flag_is_on(arguments, "json"))
        cav_trial_write_config(trial, &(cav_json){.text = &text});
    else
        write_words(trial, &text);
    caviar_trial_free(trial);
    return cav_print_json(&text, error);
}

static cav_exit run_best(const cav_arguments *arguments)
{
    cav_error error = {0};
    cav_study *study;
    if (cav_cli_open(arguments, NULL, true, &study, &error))
        return cav_complain(&error);
    caviar_code code = best(arguments, study, &error);
    cav_study_close(study);
    return code ? cav_complain(&error) : CAV_EXIT_OK;
}

static const cav_flag best_flags[] = {
    {0, "config", NULL, "print only the parameters, NAME=VALUE in one line"},
};

static const cav_example best_examples[] = {
    {"caviar best", "the trial with the best value, as 'caviar show' shows it"},
    {"caviar best --config", "lr=0.0123 units=128"},
};

const cav_verb cav_verb_best = {
    .name = "best",
    .group = "Look",
    .summary = "show the best trial",
    .operands = "",
    .description = "Shows the complete trial with the best value of the study's first metric; of "
                   "equals, the earliest.",
    .flags = best_flags,
    .flag_count = CAV_COUNT_OF(best_flags),
    .has_store = true,
    .has_json = true,
    .examples = best_examples,
    .example_count = CAV_COUNT_OF(best_examples),
    .run = run_best,
};
