/**
 * verb_export.c: caviar export
 */
#include "cli/open.h"

#include "base/file.h"
#include "base/number.h"
#include "cli/print.h"
#include "serve/report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const cav_flag flags[] = {
    {0, "format", "WORD", "csv (default), json or html: a report with pictures"},
    {'o', "output", "FILE", "write to this file instead of standard output"},
};

static const cav_example examples[] = {
    {"caviar export -o trials.csv", "a row for each trial, a column for each parameter"},
    {"caviar export --format json", "the study's definition and all trials"},
    {"caviar export --format html -o report.html", "a page with pictures, for a browser"},
};

static void append_field(cav_text *text, const char *field)
{
    if (!strpbrk(field, ",\"\r\n")) {
        cav_text_append(text, field);
        return;
    }
    cav_text_append_char(text, '"');
    for (const char *c = field; *c; c++) {
        if (*c == '"')
            cav_text_append_char(text, '"');
        cav_text_append_char(text, *c);
    }
    cav_text_append_char(text, '"');
}

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
    append_field(text, details->origin);
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
        append_field(text, cav_text_get(&value));
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

static caviar_code write_study(cav_study *study, const char *format, cav_text *text,
                               cav_error *error)
{
    cav_details *details;
    if (strcmp(format, "html") == 0)
        return cav_report_write(study, text, error);
    caviar_code code = cav_details_read(study, &details, error);
    if (code)
        return code;
    if (strcmp(format, "json") == 0)
        write_json(study, details, text);
    else
        write_csv(study, details, text);
    cav_details_free(details, study->history->count);
    return text->failed ? cav_fail_memory(error) : CAVIAR_OK;
}

static cav_exit run(const cav_arguments *arguments)
{
    cav_error error = {0};
    cav_study *study;
    const char *format = cav_flag_get(arguments, "format");
    const char *path = cav_flag_get(arguments, "output");
    if (!format)
        format = cav_flag_is_on(arguments, "json") ? "json" : "csv";
    if (strcmp(format, "csv") != 0 && strcmp(format, "json") != 0 && strcmp(format, "html") != 0) {
        cav_fail(&error, CAVIAR_INVALID, "--format: csv, json or html is expected, not '%.40s'",
                 format);
        return cav_complain_usage(arguments, &error);
    }
    cav_study_options options = {.location = cav_cli_store(arguments),
                                 .name = cav_cli_study(arguments),
                                 .read_only = true,
                                 .keeps_curves = strcmp(format, "html") == 0};
    if (cav_study_open(&options, &study, &error))
        return cav_complain(&error);
    cav_text text = {0};
    caviar_code code = write_study(study, format, &text, &error);
    if (!code && path)
        code = cav_file_replace(path, text.data, text.size, &error);
    else if (!code)
        fwrite(text.data, 1, text.size, stdout);
    cav_text_free(&text);
    cav_study_close(study);
    return code ? cav_complain(&error) : CAV_EXIT_OK;
}

const cav_verb cav_verb_export = {
    .name = "export",
    .group = "Keep",
    .summary = "write a study's trials as CSV, JSON or a page with pictures",
    .operands = "",
    .description =
        "Writes all trials of a study: as CSV with a row for each trial, as JSON together with "
        "the study's definition, or as an HTML page with pictures that needs nothing beside it.",
    .flags = flags,
    .flag_count = CAV_COUNT_OF(flags),
    .has_store = true,
    .has_json = true,
    .examples = examples,
    .example_count = CAV_COUNT_OF(examples),
    .run = run,
};
