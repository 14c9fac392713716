/**
 * sqlite_read.c: reading what is new.
 */
#include "store/sqlite.h"

#include "base/json.h"
#include "base/names.h"
#include "space/codec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// False if nothing can have changed since the last read: neither here nor by another connection.
static caviar_code look_for_news(cav_sqlite *store, int64_t study, int64_t cursor, bool *ret_news,
                                 cav_error *error)
{
    sqlite3_stmt *statement;
    caviar_code code = cav_sqlite_prepare(store, CAV_SQLITE_DATA_VERSION, &statement, error);
    if (code)
        return code;
    if (sqlite3_step(statement) != SQLITE_ROW)
        code = cav_sqlite_fail(store, "reading", error);
    int64_t version = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    if (code)
        return code;
    *ret_news = cursor == 0 || store->has_written || store->depth > 0 ||
                store->read_study != study || store->data_version != version;
    store->data_version = version;
    store->has_written = false;
    store->read_study = study;
    return CAVIAR_OK;
}

static caviar_code read_slowly(const cav_space *space, const char *text, double *ret_raw,
                               cav_error *error)
{
    json_t *object;
    caviar_code code = cav_json_parse(text, strlen(text), &object, error);
    if (code)
        return code;
    code = cav_space_read(space, object, ret_raw, error);
    json_decref(object);
    return code;
}

// Final values: {"val_error":0.02}. The form that this store writes is read without a tree.
static caviar_code read_values(const cav_scope *scope, const char *text, double *ret_values,
                               cav_error *error)
{
    for (size_t m = 0; m < scope->metric_count; m++)
        ret_values[m] = NAN;
    if (strcmp(text, "{}") == 0)
        return CAVIAR_OK;
    json_t *object;
    caviar_code code = cav_json_parse(text, strlen(text), &object, error);
    if (code)
        return code;
    for (size_t m = 0; m < scope->metric_count; m++) {
        const json_t *value = json_object_get(object, scope->metrics[m]);
        if (json_is_number(value))
            ret_values[m] = json_number_value(value);
    }
    json_decref(object);
    return CAVIAR_OK;
}

static caviar_code fill_record(sqlite3_stmt *statement, cav_record *record, cav_error *error)
{
    int state, reason = CAVIAR_REASON_NONE;
    const char *reason_word = cav_sqlite_text(statement, 2);
    caviar_code code =
        cav_names_find(&cav_state_names, cav_sqlite_text(statement, 1), &state, error);
    if (!code && reason_word[0])
        code = cav_names_find(&cav_reason_names, reason_word, &reason, error);
    if (code)
        return code;
    record->number = sqlite3_column_int64(statement, 0);
    record->state = (caviar_state)state;
    record->reason = (caviar_reason)reason;
    record->attempt = sqlite3_column_int64(statement, 3);
    record->failures = sqlite3_column_int64(statement, 4);
    record->imported = sqlite3_column_int64(statement, 5) != 0;
    record->step = sqlite3_column_int64(statement, 8);
    record->origin = cav_sqlite_text(statement, 9);
    record->owner = cav_sqlite_text(statement, 10);
    record->created_ms = sqlite3_column_int64(statement, 11);
    record->started_ms = sqlite3_column_int64(statement, 12);
    record->finished_ms = sqlite3_column_int64(statement, 13);
    record->lease_ms = sqlite3_column_int64(statement, 14);
    record->message = cav_sqlite_text(statement, 15);
    return CAVIAR_OK;
}

static caviar_code visit_trial(cav_sqlite *store, sqlite3_stmt *statement, const cav_scope *scope,
                               double *raw, double *values, cav_record_visitor *visit,
                               void *context, cav_error *error)
{
    cav_record record = {.raw = raw, .values = values};
    const char *params = cav_sqlite_text(statement, 6);
    caviar_code code = fill_record(statement, &record, error);
    if (!code && !cav_space_read_fast(scope->space, params, raw))
        code = read_slowly(scope->space, params, raw, error);
    if (!code)
        code = read_values(scope, cav_sqlite_text(statement, 7), values, error);
    if (code) {
        cav_error_prefix(error, "%s: trial %lld", store->path,
                         (long long)sqlite3_column_int64(statement, 0));
        return code;
    }
    return visit(context, &record, error);
}

caviar_code cav_sqlite_trial_read(cav_store *base, const cav_scope *scope, int64_t *cursor,
                                  cav_record_visitor *visit, void *context, cav_error *error)
{
    cav_sqlite *store = cav_sqlite_of(base);
    bool news = true;
    caviar_code code = look_for_news(store, scope->study, *cursor, &news, error);
    if (code || !news)
        return code;
    sqlite3_stmt *statement;
    code = cav_sqlite_prepare(store, CAV_SQLITE_TRIAL_READ, &statement, error);
    double *raw = calloc(scope->space->count + scope->metric_count + 1, sizeof *raw);
    if (!code && !raw)
        code = cav_fail_memory(error);
    int64_t last = *cursor;
    int status = SQLITE_DONE;
    if (!code) {
        sqlite3_bind_int64(statement, 1, scope->study);
        sqlite3_bind_int64(statement, 2, *cursor);
        while (!code && (status = sqlite3_step(statement)) == SQLITE_ROW) {
            code = visit_trial(store, statement, scope, raw, raw + scope->space->count, visit,
                               context, error);
            last = sqlite3_column_int64(statement, 16);
        }
        if (!code && status != SQLITE_DONE)
            code = cav_sqlite_fail(store, "reading trials", error);
        sqlite3_reset(statement);
    }
    free(raw);
    if (code)
        store->has_written = true; // not everything was read: look again next time
    else
        *cursor = last;
    return code;
}

enum { MOST_METRICS = 256 }; // of one report

static caviar_code visit_report(cav_sqlite *store, sqlite3_stmt *statement,
                                cav_report_visitor *visit, void *context, cav_error *error)
{
    caviar_metric metrics[MOST_METRICS];
    cav_report report = {.number = sqlite3_column_int64(statement, 0),
                         .attempt = sqlite3_column_int64(statement, 1),
                         .step = sqlite3_column_int64(statement, 2),
                         .time_ms = sqlite3_column_int64(statement, 3),
                         .metrics = metrics};
    const char *text = cav_sqlite_text(statement, 4);
    json_t *object;
    caviar_code code = cav_json_parse(text, strlen(text), &object, error);
    if (code) {
        cav_error_prefix(error, "%s: a report of trial %lld", store->path,
                         (long long)report.number);
        return code;
    }
    const char *name;
    json_t *value;
    json_object_foreach (object, name, value) {
        if (report.metric_count == MOST_METRICS)
            break;
        metrics[report.metric_count++] =
            (caviar_metric){name, json_is_number(value) ? json_number_value(value) : (double)NAN};
    }
    code = visit(context, &report, error);
    json_decref(object);
    return code;
}

caviar_code cav_sqlite_report_read(cav_store *base, const cav_scope *scope, int64_t number,
                                   int64_t *cursor, cav_report_visitor *visit, void *context,
                                   cav_error *error)
{
    cav_sqlite *store = cav_sqlite_of(base);
    sqlite3_stmt *statement;
    caviar_code code = cav_sqlite_prepare(
        store, number < 0 ? CAV_SQLITE_REPORT_READ : CAV_SQLITE_REPORT_READ_ONE, &statement, error);
    if (code)
        return code;
    sqlite3_bind_int64(statement, 1, scope->study);
    sqlite3_bind_int64(statement, 2, *cursor);
    if (number >= 0)
        sqlite3_bind_int64(statement, 3, number);
    int status = SQLITE_DONE;
    while (!code && (status = sqlite3_step(statement)) == SQLITE_ROW) {
        code = visit_report(store, statement, visit, context, error);
        *cursor = sqlite3_column_int64(statement, 5);
    }
    if (!code && status != SQLITE_DONE)
        code = cav_sqlite_fail(store, "reading reports", error);
    sqlite3_reset(statement);
    return code;
}

caviar_code cav_sqlite_output_read(cav_store *base, const cav_scope *scope, int64_t number,
                                   cav_text *text, cav_error *error)
{
    cav_sqlite *store = cav_sqlite_of(base);
    sqlite3_stmt *statement;
    caviar_code code = cav_sqlite_prepare(store, CAV_SQLITE_OUTPUT_GET, &statement, error);
    if (code)
        return code;
    sqlite3_bind_int64(statement, 1, scope->study);
    sqlite3_bind_int64(statement, 2, number);
    int status = sqlite3_step(statement);
    if (status == SQLITE_ROW)
        cav_text_append(text, cav_sqlite_text(statement, 0));
    else if (status != SQLITE_DONE)
        code = cav_sqlite_fail(store, "reading the output", error);
    sqlite3_reset(statement);
    return code;
}
