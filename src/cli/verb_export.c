/**
 * verb_export.c: caviar export
 */
#include "cli/open.h"

#include "base/number.h"
#include "cli/metrics.h"
#include "cli/print.h"
#include "exchange/csv.h"
#include "exchange/export.h"
#include "serve/report.h"
#include "serve/svg.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const cav_flag flags[] = {
    {0, "format", "WORD", "csv (default), json, html, or another tool's: see above"},
    {0, "html", NULL, "the same as --format html"},
    {0, "svg", "PICTURE", "one picture: see above"},
    {0, "metric", "NAME", "by which of several metrics that picture is (default: the first)"},
    {'o', "output", "FILE", "write to this file instead of standard output"},
    {0, "force", NULL, "write over that file, if it exists"},
};

static const cav_example examples[] = {
    {"caviar export -o trials.csv", "a row for each trial, a column for each parameter"},
    {"caviar export --format json", "the study's definition and all trials"},
    {"caviar export --html -o report.html", "a page with pictures, for a browser"},
    {"caviar export --svg contour:lr,momentum -o both.svg", "one picture of it"},
    {"caviar export --format optuna -o optuna.db", "for Optuna, and its dashboard"},
};

static void write_csv_head(const cav_study *study, cav_text *text)
{
    cav_text_append(text, "trial,state,reason,origin,started,seconds,step");
    for (size_t m = 0; m < study->spec->metric_count; m++)
        cav_text_appendf(text, ",%s", study->metric_names[m]);
    for (size_t i = 0; i < study->spec->space->count; i++)
        cav_text_appendf(text, ",%s", study->spec->space->parameters[i].name);
    cav_text_append(text, "\r\n");
}

static void write_csv_row(const caviar_trial *trial, const cav_details *details, cav_text *text)
{
    char started[CAV_TIME_SIZE] = "";
    if (details->started_ms > 0)
        cav_time_print(details->started_ms, started);
    cav_text_appendf(text, "%lld,%s,%s,", (long long)trial->number, caviar_state_name(trial->state),
                     caviar_reason_name(trial->reason));
    cav_csv_append(text, details->origin);
    cav_text_appendf(text, ",%s,", started);
    if (details->started_ms > 0 && details->finished_ms > 0)
        cav_text_append_number(text, (double)(details->finished_ms - details->started_ms) / 1000);
    cav_text_append_char(text, ',');
    if (trial->step >= 0)
        cav_text_appendf(text, "%lld", (long long)trial->step);
    for (size_t m = 0; m < trial->final_count; m++) {
        cav_text_append_char(text, ',');
        if (!isnan(trial->finals[m]))
            cav_text_append_number(text, trial->finals[m]);
    }
    for (size_t i = 0; i < trial->parameter_count; i++) {
        cav_text value = {0};
        cav_value_print(&trial->values[i], &value);
        cav_text_append_char(text, ',');
        cav_csv_append(text, cav_text_get(&value));
        cav_text_free(&value);
    }
    cav_text_append(text, "\r\n");
}

static void write_csv(cav_study *study, const cav_details *details, cav_text *text)
{
    write_csv_head(study, text);
    for (size_t i = 0; i < study->history->count && !text->failed; i++) {
        caviar_trial *trial = cav_study_make_handle(study, i);
        text->failed |= !trial;
        if (trial)
            write_csv_row(trial, &details[i], text);
        caviar_trial_free(trial);
    }
}

static void write_json(cav_study *study, const cav_details *details, cav_text *text)
{
    cav_json json = {.text = text, .pretty = true};
    cav_json_begin_object(&json);
    cav_json_key(&json, "study");
    cav_spec_write(study->spec, &json);
    cav_json_key(&json, "trials");
    cav_json_begin_array(&json);
    for (size_t i = 0; i < study->history->count && !text->failed; i++) {
        caviar_trial *trial = cav_study_make_handle(study, i);
        text->failed |= !trial;
        if (trial)
            cav_print_trial_json(study, trial, &details[i], &json);
        caviar_trial_free(trial);
    }
    cav_json_end_array(&json);
    cav_json_end_object(&json);
    cav_text_append_char(text, '\n');
}

/** The formats that are the program's own; those of others are in the table of exchange/export.h.
 */
static const struct own_format {
    const char *name;
    void (*write)(cav_study *study, const cav_details *details, cav_text *text); // NULL: the report
} own_formats[] = {{"csv", write_csv}, {"json", write_json}, {"html", NULL}};

/** What is to be done: one of the two formats, or a picture, is set. */
typedef struct task {
    const struct own_format *own;
    const cav_export_type *other;
    const char *picture;
    const char *metric; // of the picture; NULL: the first
    const char *path;   // NULL: standard output
    bool force;
    cav_notes notes;
} task;

static const char *name_format(const cav_arguments *arguments)
{
    const char *name = cav_flag_get(arguments, "format");
    if (name)
        return name;
    if (cav_flag_is_on(arguments, "html"))
        return "html";
    return cav_flag_is_on(arguments, "json") ? "json" : "csv";
}

static caviar_code choose_format(const cav_arguments *arguments, task *to, cav_error *error)
{
    const char *names[CAV_COUNT_OF(own_formats) + 32];
    size_t count = 0;
    const char *name = name_format(arguments);
    for (size_t i = 0; i < CAV_COUNT_OF(own_formats); i++) {
        names[count++] = own_formats[i].name;
        if (strcmp(own_formats[i].name, name) == 0)
            to->own = &own_formats[i];
    }
    for (size_t i = 0; i < cav_export_count && count < CAV_COUNT_OF(names); i++)
        names[count++] = cav_exports[i]->name;
    to->other = cav_export_find(name);
    if (to->own || to->other)
        return CAVIAR_OK;
    cav_text all = {0};
    for (size_t i = 0; i < count; i++)
        cav_text_appendf(&all, "%s%s", i ? ", " : "", names[i]);
    cav_fail(error, CAVIAR_INVALID, "--format: one of %s is expected, not '%.40s'",
             cav_text_get(&all), name);
    cav_text_free(&all);
    return CAVIAR_INVALID;
}

static caviar_code choose(const cav_arguments *arguments, task *to, cav_error *error)
{
    bool is_page = cav_flag_is_on(arguments, "html");
    const char *format = cav_flag_get(arguments, "format");
    to->picture = cav_flag_get(arguments, "svg");
    if ((to->picture && (format || is_page)) || (is_page && format && strcmp(format, "html") != 0))
        return cav_fail(error, CAVIAR_INVALID, "one of --format, --html and --svg is expected");
    to->metric = cav_flag_get(arguments, "metric");
    if (to->metric && !to->picture)
        return cav_fail(error, CAVIAR_INVALID,
                        "--metric goes with --svg; all else has every metric");
    caviar_code code = to->picture ? CAVIAR_OK : choose_format(arguments, to, error);
    to->path = cav_flag_get(arguments, "output");
    to->force = cav_flag_is_on(arguments, "force");
    if (!code && to->other && to->other->write_path && !to->path)
        return cav_fail(error, CAVIAR_INVALID, "--format %s needs --output, where to write it",
                        to->other->name);
    return code;
}

static caviar_code write_picture(cav_study *study, const task *at, cav_text *text, cav_error *error)
{
    size_t metric;
    caviar_code code = cav_cli_find_metric(study, at->metric, &metric, error);
    return code ? code : cav_svg_write(study, metric, at->picture, text, error);
}

static caviar_code write_text(cav_study *study, task *at, cav_text *text, cav_error *error)
{
    cav_details *details;
    if (at->picture)
        return write_picture(study, at, text, error);
    if (at->other)
        return at->other->write(study, text, &at->notes, error);
    if (!at->own->write)
        return cav_report_write(study, text, error);
    caviar_code code = cav_details_read(study, &details, error);
    if (code)
        return code;
    at->own->write(study, details, text);
    cav_details_free(details, study->history->count);
    return text->failed ? cav_fail_memory(error) : CAVIAR_OK;
}

static caviar_code write_study(cav_study *study, task *at, cav_error *error)
{
    if (at->other && at->other->write_path)
        return cav_export_place(at->other, study, at->path, at->force, &at->notes, error);
    cav_text text = {0};
    caviar_code code = cav_output_check(at->path, at->force, error); // before the work
    if (!code)
        code = write_text(study, at, &text, error);
    if (!code)
        code = cav_output_write(at->path, at->force, &text, error);
    cav_text_free(&text);
    return code;
}

static cav_exit run(const cav_arguments *arguments)
{
    cav_error error = {0};
    cav_study *study;
    task at = {0};
    if (choose(arguments, &at, &error))
        return cav_complain_usage(arguments, &error);
    cav_study_options options = {.location = cav_cli_store(arguments),
                                 .name = cav_cli_study(arguments),
                                 .read_only = true,
                                 .keeps_curves = !at.own || !at.own->write};
    if (cav_study_open(&options, &study, &error))
        return cav_complain(&error);
    caviar_code code = write_study(study, &at, &error);
    cav_study_close(study);
    if (!code)
        cav_print_notes(&at.notes);
    cav_notes_free(&at.notes);
    return code ? cav_complain(&error) : CAV_EXIT_OK;
}

const cav_verb cav_verb_export = {
    .name = "export",
    .group = "Keep",
    .summary = "write a study's trials as CSV, JSON, a page with pictures, or for another tool",
    .operands = "",
    .description =
        "Writes all trials of a study: as CSV with a row for each trial, as JSON together with "
        "the study's definition, or as an HTML page with pictures that needs nothing beside it. "
        "--svg writes one of these pictures by itself, in light and in dark "
        "colours: " CAV_SVG_PICTURES ".\n\n"
        "For other tools: optuna is an SQLite file that Optuna 3.0 and 3.1 and their dashboard "
        "open, and that later versions move on ('optuna storage upgrade'); optuna-journal is the "
        "same as "
        "a journal file; hiplot is CSV for HiPlot; tensorboard is a folder of event files with the "
        "hparams plugin, and mlflow one that is a file store of MLflow, each with all that every "
        "trial reported. What the other tool has no place for is said. A "
        "file that is written is there whole or not at all; one that exists is left alone without "
        "--force.",
    .flags = flags,
    .flag_count = CAV_COUNT_OF(flags),
    .has_store = true,
    .has_json = true,
    .examples = examples,
    .example_count = CAV_COUNT_OF(examples),
    .run = run,
};
