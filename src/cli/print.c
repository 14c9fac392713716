/**
 * print.c: trials as text and JSON.
 */
#include "cli/print.h"

#include "base/file.h"
#include "base/number.h"
#include "exchange/export.h"
#include "run/folder.h"
#include "trial/state.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS = 4 };

void cav_print_value(double value, cav_text *text)
{
    char digits[CAV_NUMBER_SIZE];
    if (isnan(value)) {
        cav_text_append(text, "-");
        return;
    }
    cav_number_print_short(value, DIGITS, digits);
    cav_text_append(text, digits);
}

void cav_print_config(const caviar_trial *trial, cav_text *text)
{
    bool first = true;
    size_t from = text->size;
    for (size_t i = 0; i < trial->parameter_count; i++) {
        const caviar_value *value = &trial->values[i];
        if (value->kind == CAVIAR_KIND_NONE)
            continue;
        cav_text_appendf(text, "%s%s=", first ? "" : " ", trial->names[i]);
        if (value->kind == CAVIAR_KIND_REAL)
            cav_print_value(value->real, text);
        else
            cav_value_print(value, text);
        first = false;
    }
    if (!text->failed && !first)
        cav_text_make_harmless(text->data + from);
}

static caviar_code copy_details(cav_details *to, const cav_record *from, cav_error *error)
{
    free(to->origin);
    free(to->owner);
    free(to->message);
    to->origin = strdup(from->origin);
    to->owner = strdup(from->owner);
    to->message = strdup(from->message);
    to->created_ms = from->created_ms;
    to->started_ms = from->started_ms;
    to->usage = from->usage;
    to->finished_ms = cav_state_is_final(from->state) ? from->finished_ms : 0;
    return to->origin && to->owner && to->message ? CAVIAR_OK : cav_fail_memory(error);
}

typedef struct collector {
    cav_details *details;
    size_t count;
} collector;

static caviar_code collect(void *context, const cav_record *record, cav_error *error)
{
    collector *at = context;
    if ((size_t)record->number >= at->count)
        return CAVIAR_OK; // came after the history was read
    return copy_details(&at->details[record->number], record, error);
}

caviar_code cav_details_read(cav_study *study, cav_details **ret_details, cav_error *error)
{
    int64_t cursor = 0;
    collector at = {.count = study->history->count};
    at.details = calloc(at.count + 1, sizeof *at.details);
    if (!at.details)
        return cav_fail_memory(error);
    caviar_code code =
        study->store->type->trial_read(study->store, &study->scope, &cursor, collect, &at, error);
    if (code)
        cav_details_free(at.details, at.count);
    else
        *ret_details = at.details;
    return code;
}

void cav_details_free(cav_details *details, size_t count)
{
    for (size_t i = 0; details && i < count; i++) {
        free(details[i].origin);
        free(details[i].owner);
        free(details[i].message);
    }
    free(details);
}

static int64_t took_ms(const cav_details *details)
{
    bool is_known = details->started_ms > 0 && details->finished_ms > 0;
    return is_known ? details->finished_ms - details->started_ms : 0;
}

static void print_memory(int64_t bytes, cav_text *text)
{
    enum { SIZE_DIGITS = 3 };
    char digits[CAV_NUMBER_SIZE];
    bool is_great = bytes >= 1000000000;
    cav_number_print_short((double)bytes / (is_great ? 1e9 : 1e6), SIZE_DIGITS, digits);
    cav_text_appendf(text, "up to %s %s of memory", digits, is_great ? "GB" : "MB");
}

void cav_print_usage(int64_t attempt, const cav_details *details, cav_text *text)
{
    enum { LEAST_MS = 1000 }; // below that, a share of the time says nothing
    cav_usage usage = details->usage;
    char cpu[CAV_NUMBER_SIZE];
    cav_duration_print(usage.cpu_ms, cpu);
    if (usage.cpu_ms > 0)
        cav_text_appendf(text, "%s of processor time", cpu);
    // of several attempts there is only the time that the last one took
    if (usage.cpu_ms > 0 && attempt == 1 && took_ms(details) >= LEAST_MS)
        cav_text_appendf(text, " (%.1f cores)", (double)usage.cpu_ms / (double)took_ms(details));
    if (usage.cpu_ms > 0 && usage.memory_bytes > 0)
        cav_text_append(text, ", ");
    if (usage.memory_bytes > 0)
        print_memory(usage.memory_bytes, text);
}

static void add_time(cav_json *json, const char *key, int64_t ms)
{
    char text[CAV_TIME_SIZE];
    if (ms == 0)
        return;
    cav_time_print(ms, text);
    cav_json_add_string(json, key, text);
}

// The runs of a configuration whose first run a trial is; NULL: it is none.
static const cav_race_runs *find_runs(const cav_study *study, size_t number)
{
    bool is_first = study->race && cav_race_first(study->race, number) == number;
    return is_first ? cav_race_of(study->race, number) : NULL;
}

static double shown(const cav_study *study, double loss)
{
    return study->maximize[0] ? -loss : loss;
}

void cav_print_runs(const cav_study *study, size_t number, cav_text *text)
{
    const cav_race_runs *runs = find_runs(study, number);
    size_t first = study->race ? cav_race_first(study->race, number) : SIZE_MAX;
    char error[CAV_NUMBER_SIZE];
    if (!runs && first != SIZE_MAX)
        cav_text_appendf(text, "run of %zu", first);
    if (!runs || runs->complete == 0)
        return;
    cav_print_value(shown(study, runs->mean), text);
    if (runs->complete > 1) {
        cav_number_print_short(cav_race_error(runs), 2, error);
        cav_text_appendf(text, " +- %s", error);
    }
    cav_text_appendf(text, " (%zu run%s%s)", runs->complete, runs->complete == 1 ? "" : "s",
                     runs->has_lost ? ", lost" : "");
}

static void write_runs(const cav_study *study, size_t number, cav_json *json)
{
    const cav_race_runs *runs = find_runs(study, number);
    if (!runs)
        return;
    cav_json_key(json, "runs");
    cav_json_begin_object(json);
    cav_json_add_int(json, "complete", (int64_t)runs->complete);
    if (runs->complete > 0)
        cav_json_add_number(json, "mean", shown(study, runs->mean));
    if (runs->complete > 1) {
        cav_json_add_number(json, "sd", runs->sd);
        cav_json_add_number(json, "standard_error", cav_race_error(runs));
    }
    cav_json_add_bool(json, "settled", runs->is_settled);
    cav_json_add_bool(json, "lost", runs->has_lost);
    cav_json_end_object(json);
}

void cav_print_trial_json(const cav_study *study, const caviar_trial *trial,
                          const cav_details *details, cav_json *json)
{
    cav_json_begin_object(json);
    cav_json_add_int(json, "id", trial->number);
    cav_json_add_string(json, "state", caviar_state_name(trial->state));
    if (trial->reason != CAVIAR_REASON_NONE)
        cav_json_add_string(json, "reason", caviar_reason_name(trial->reason));
    if (details->message && details->message[0])
        cav_json_add_string(json, "message", details->message);
    cav_json_key(json, "values");
    cav_json_begin_object(json);
    for (size_t m = 0; m < trial->final_count; m++)
        if (!isnan(trial->finals[m]))
            cav_json_add_number(json, study->metric_names[m], trial->finals[m]);
    cav_json_end_object(json);
    write_runs(study, (size_t)trial->number, json);
    cav_json_key(json, "config");
    cav_trial_write_config(trial, json);
    if (trial->step >= 0)
        cav_json_add_int(json, "step", trial->step);
    cav_json_add_int(json, "attempt", trial->attempt);
    cav_json_add_int(json, "seed", trial->seed);
    if (details->origin)
        cav_json_add_string(json, "origin", details->origin);
    add_time(json, "created", details->created_ms);
    add_time(json, "started", details->started_ms);
    add_time(json, "finished", details->finished_ms);
    if (details->finished_ms > 0 && details->started_ms > 0)
        cav_json_add_number(json, "seconds", (double)took_ms(details) / 1000);
    if (details->usage.cpu_ms > 0)
        cav_json_add_number(json, "cpu_seconds", (double)details->usage.cpu_ms / 1000);
    if (details->usage.memory_bytes > 0)
        cav_json_add_int(json, "memory_bytes", details->usage.memory_bytes);
    cav_json_end_object(json);
}

caviar_code cav_print_json(cav_text *text, cav_error *error)
{
    caviar_code code = text->failed ? cav_fail_memory(error) : CAVIAR_OK;
    if (!code)
        puts(cav_text_get(text));
    cav_text_free(text);
    return code;
}

caviar_code cav_output_check(const char *path, bool force, cav_error *error)
{
    return path && !force ? cav_export_check_free(path, error) : CAVIAR_OK;
}

caviar_code cav_output_write(const char *path, bool force, const cav_text *text, cav_error *error)
{
    if (text->failed)
        return cav_fail_memory(error);
    caviar_code code = cav_output_check(path, force, error);
    if (!code && path)
        code = cav_file_replace(path, text->data, text->size, error);
    else if (!code)
        fwrite(text->data, 1, text->size, stdout);
    return code;
}

void cav_print_notes(const cav_notes *notes)
{
    fflush(stdout);
    for (size_t i = 0; i < notes->count; i++)
        fprintf(stderr, "note: %s\n", notes->lines[i]);
}
