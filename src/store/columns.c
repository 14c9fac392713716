/**
 * columns.c: JSON in text columns.
 */
#include "store/columns.h"

#include "base/json.h"
#include "base/names.h"
#include "base/number.h"
#include "space/codec.h"
#include "store/rules.h"
#include "trial/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Also -0, which the writer of JSON takes for 0.
static void add_number(cav_json *json, const char *name, double value)
{
    cav_json_key(json, name);
    if (value == 0 && signbit(value))
        cav_json_raw(json, "-0.0");
    else
        cav_json_number(json, value);
}

void cav_columns_write_values(const cav_scope *scope, const double *values, cav_text *text)
{
    cav_json json = {.text = text};
    cav_json_begin_object(&json);
    for (size_t m = 0; values && m < scope->metric_count; m++)
        if (isfinite(values[m]))
            add_number(&json, scope->metrics[m], values[m]);
    cav_json_end_object(&json);
}

void cav_columns_write_metrics(const cav_report *report, cav_text *text)
{
    cav_json json = {.text = text};
    cav_json_begin_object(&json);
    for (size_t i = 0; i < report->metric_count; i++)
        if (!cav_rule_is_repeated(report, i))
            add_number(&json, report->metrics[i].name, report->metrics[i].value);
    cav_json_end_object(&json);
}

static caviar_code parse_object(const char *text, json_t **ret_object, cav_error *error)
{
    cav_error fault = {0};
    json_t *object = NULL;
    caviar_code code = cav_json_parse(text, strlen(text), &object, &fault);
    if (code == CAVIAR_NOMEM)
        return cav_fail_memory(error);
    if (!code && json_is_object(object)) {
        *ret_object = object;
        return CAVIAR_OK;
    }
    json_decref(object);
    return cav_fail(error, CAVIAR_CORRUPT, "an object is expected in place of '%.100s'", text);
}

caviar_code cav_columns_read_params(const cav_scope *scope, const char *text, double *ret_raw,
                                    cav_error *error)
{
    if (cav_space_read_fast(scope->space, text, ret_raw))
        return CAVIAR_OK;
    json_t *object;
    caviar_code code = parse_object(text, &object, error);
    if (code)
        return code;
    code = scope->was_changed ? cav_space_read_changes(scope->space, object, ret_raw, error)
                              : cav_space_read(scope->space, object, ret_raw, error);
    json_decref(object);
    return code;
}

caviar_code cav_columns_read_changes(const cav_space *space, const char *text, double *ret_raw,
                                     cav_error *error)
{
    json_t *object;
    caviar_code code = parse_object(text, &object, error);
    if (code)
        return code;
    code = cav_space_read_changes(space, object, ret_raw, error);
    json_decref(object);
    return code;
}

static bool skip(const char **at, const char *word)
{
    size_t size = strlen(word);
    bool same = strncmp(*at, word, size) == 0;
    *at += same ? size : 0;
    return same;
}

// Reads the form that is written here, {"val_error":0.02}, without a tree; false for any other.
static bool read_values_fast(const cav_scope *scope, const char *text, double *ret_values)
{
    const char *at = text;
    bool filled = false;
    if (!skip(&at, "{"))
        return false;
    for (size_t m = 0; m < scope->metric_count; m++) {
        const char *before = at;
        ret_values[m] = NAN;
        if ((filled && !skip(&at, ",")) || !skip(&at, "\"") || !skip(&at, scope->metrics[m]) ||
            !skip(&at, "\":")) {
            at = before; // it has no value
            continue;
        }
        size_t size = strcspn(at, ",}");
        if (!cav_number_parse(at, size, &ret_values[m]) || !isfinite(ret_values[m]))
            return false;
        at += size;
        filled = true;
    }
    return strcmp(at, "}") == 0;
}

caviar_code cav_columns_read_values(const cav_scope *scope, const char *text, double *ret_values,
                                    cav_error *error)
{
    if (read_values_fast(scope, text, ret_values))
        return CAVIAR_OK;
    json_t *object;
    caviar_code code = parse_object(text, &object, error);
    if (code)
        return code;
    for (size_t m = 0; m < scope->metric_count; m++) {
        const json_t *value = json_object_get(object, scope->metrics[m]);
        ret_values[m] = json_is_number(value) ? json_number_value(value) : (double)NAN;
    }
    json_decref(object);
    return CAVIAR_OK;
}

static caviar_code visit_metrics(const json_t *object, cav_report *report,
                                 cav_report_visitor *visit, void *context, cav_error *error)
{
    size_t count = json_object_size(object);
    caviar_metric *metrics = calloc(count + 1, sizeof *metrics);
    if (!metrics)
        return cav_fail_memory(error);
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)(uintptr_t)object, name, value)
        metrics[report->metric_count++] =
            (caviar_metric){name, json_is_number(value) ? json_number_value(value) : (double)NAN};
    report->metrics = metrics;
    caviar_code code = visit(context, report, error);
    free(metrics);
    return code;
}

caviar_code cav_columns_visit_report(const char *text, cav_report *report,
                                     cav_report_visitor *visit, void *context, cav_error *error)
{
    json_t *object = NULL;
    caviar_code code = parse_object(text, &object, error);
    if (code)
        return code;
    code = visit_metrics(object, report, visit, context, error);
    json_decref(object);
    return code;
}

void cav_columns_check_object(const char *place, const char *text, cav_problem_visitor *found,
                              void *context)
{
    json_t *object = NULL;
    cav_error fault = {0};
    caviar_code code = cav_json_parse(text, strlen(text), &object, &fault);
    if (!code && !json_is_object(object))
        cav_fail(&fault, CAVIAR_INVALID, "an object is expected, not %s",
                 cav_json_type_name(object));
    if (fault.code == CAVIAR_INVALID) {
        cav_error_prefix(&fault, "%s", place);
        found(context, fault.message);
    }
    json_decref(object);
}

caviar_code cav_columns_read_state(const char *state, const char *reason, cav_record *record,
                                   cav_error *error)
{
    int state_number, reason_number = CAVIAR_REASON_NONE;
    if (cav_names_find(&cav_state_names, state, &state_number, NULL) ||
        (reason[0] && cav_names_find(&cav_reason_names, reason, &reason_number, NULL)))
        return cav_fail(error, CAVIAR_CORRUPT, "trial %lld has the unknown state '%.40s %.40s'",
                        (long long)record->number, state, reason);
    record->state = (caviar_state)state_number;
    record->reason = (caviar_reason)reason_number;
    return CAVIAR_OK;
}

caviar_code cav_columns_read_control(const char *word, cav_control *ret_control, cav_error *error)
{
    for (int control = 0; cav_control_name((cav_control)control)[0]; control++) {
        if (strcmp(cav_control_name((cav_control)control), word) == 0) {
            *ret_control = (cav_control)control;
            return CAVIAR_OK;
        }
    }
    return cav_fail(error, CAVIAR_CORRUPT, "a study has the unknown control '%.40s'", word);
}

caviar_code cav_columns_read_nudge(const char *kind, const char *state, cav_nudge *nudge,
                                   cav_error *error)
{
    int kind_number = cav_nudge_kind_find(kind), state_number = cav_nudge_state_find(state);
    if (kind_number < 0 || state_number < 0)
        return cav_fail(error, CAVIAR_CORRUPT, "nudge %lld is an unknown '%.40s %.40s'",
                        (long long)nudge->id, kind, state);
    nudge->kind = (cav_nudge_kind)kind_number;
    nudge->state = (cav_nudge_state)state_number;
    return CAVIAR_OK;
}
