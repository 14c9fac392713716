/**
 * print.c: trials as text and JSON.
 */
#include "cli/print.h"

#include "base/number.h"
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

static void add_time(cav_json *json, const char *key, int64_t ms)
{
    char text[CAV_TIME_SIZE];
    if (ms == 0)
        return;
    cav_time_print(ms, text);
    cav_json_add_string(json, key, text);
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
        cav_json_add_number(json, "seconds",
                            (double)(details->finished_ms - details->started_ms) / 1000);
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
