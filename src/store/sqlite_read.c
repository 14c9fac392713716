/**
 * sqlite_read.c: reading what is new.
 */
#include "store/columns.h"
#include "store/sqlite.h"

#include <stdlib.h>

// False if a reader at `cursor` knows everything: nothing was written since it read up to there,
// neither here nor by another connection.
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
    *ret_news = store->has_written || store->depth > 0 || store->read_study != study ||
                store->read_cursor != cursor || store->data_version != version;
    store->data_version = version;
    return CAVIAR_OK;
}

static caviar_code fill_record(cav_sqlite *store, sqlite3_stmt *statement, cav_record *record,
                               cav_error *error)
{
    const char *state_word = cav_sqlite_text(statement, 1);
    const char *reason_word = cav_sqlite_text(statement, 2);
    record->number = sqlite3_column_int64(statement, 0);
    if (record->number < 0 || record->number >= sqlite3_column_int64(statement, 17))
        return cav_sqlite_fail_damaged(store, error, "trial %lld has a number that was never given",
                                       (long long)record->number);
    caviar_code code = cav_columns_read_state(state_word, reason_word, record, error);
    if (code)
        return cav_sqlite_note_damage(store, code, error);
    record->attempt = sqlite3_column_int64(statement, 3);
    record->failures = sqlite3_column_int64(statement, 4);
    record->uncounted = sqlite3_column_int64(statement, 5) != 0;
    record->step = sqlite3_column_int64(statement, 8);
    record->origin = cav_sqlite_text(statement, 9);
    record->owner = cav_sqlite_text(statement, 10);
    record->created_ms = sqlite3_column_int64(statement, 11);
    record->started_ms = sqlite3_column_int64(statement, 12);
    record->finished_ms = sqlite3_column_int64(statement, 13);
    record->lease_ms = sqlite3_column_int64(statement, 14);
    record->message = cav_sqlite_text(statement, 15);
    record->output = "";
    record->can = (unsigned)sqlite3_column_int64(statement, 18);
    record->checkpoints = cav_sqlite_text(statement, 19);
    record->parent = sqlite3_column_int64(statement, 20);
    record->parent_step = sqlite3_column_int64(statement, 21);
    record->seed_number = sqlite3_column_int64(statement, 22);
    record->has_parent = record->parent >= 0;
    record->usage.cpu_ms = sqlite3_column_int64(statement, 23);
    record->usage.memory_bytes = sqlite3_column_int64(statement, 24);
    return CAVIAR_OK;
}

static caviar_code visit_trial(cav_sqlite *store, sqlite3_stmt *statement, const cav_scope *scope,
                               double *raw, double *values, cav_record_visitor *visit,
                               void *context, cav_error *error)
{
    cav_record record = {.raw = raw, .values = values};
    const char *params = cav_sqlite_text(statement, 6);
    const char *metrics = cav_sqlite_text(statement, 7);
    caviar_code read = fill_record(store, statement, &record, error);
    caviar_code code = cav_sqlite_check_row(store, error);
    if (code || read)
        return code ? code : read;
    code = cav_columns_read_params(scope, params, raw, error);
    if (!code)
        code = cav_columns_read_values(scope, metrics, values, error);
    if (code) {
        cav_sqlite_note_damage(store, code, error);
        cav_error_prefix(error, "trial %lld", (long long)record.number);
        return code;
    }
    return visit(context, &record, error);
}

// Visits the rows of a statement that is bound; ret_last is the change of the last one.
static caviar_code visit_trials(cav_sqlite *store, sqlite3_stmt *statement, const cav_scope *scope,
                                cav_record_visitor *visit, void *context, int64_t *ret_last,
                                cav_error *error)
{
    double *raw = calloc(scope->space->count + scope->metric_count + 1, sizeof *raw);
    if (!raw)
        return cav_fail_memory(error);
    caviar_code code = CAVIAR_OK;
    int status = SQLITE_DONE;
    while (!code && (status = sqlite3_step(statement)) == SQLITE_ROW) {
        code = visit_trial(store, statement, scope, raw, raw + scope->space->count, visit, context,
                           error);
        *ret_last = sqlite3_column_int64(statement, 16);
    }
    if (!code && status != SQLITE_DONE)
        code = cav_sqlite_fail(store, "reading trials", error);
    free(raw);
    return code;
}

caviar_code cav_sqlite_trial_read(cav_store *base, const cav_scope *scope, int64_t *cursor,
                                  cav_record_visitor *visit, void *context, cav_error *error)
{
    cav_sqlite *store = cav_sqlite_of(base);
    bool news = true;
    caviar_code code = look_for_news(store, scope->study, *cursor, &news, error);
    if (code || !news)
        return code;
    store->read_study = -1; // until all was read
    store->has_written = false;
    sqlite3_stmt *statement;
    code = cav_sqlite_prepare(store, CAV_SQLITE_TRIAL_READ, &statement, error);
    if (code)
        return code;
    sqlite3_bind_int64(statement, 1, scope->study);
    sqlite3_bind_int64(statement, 2, *cursor);
    int64_t last = *cursor;
    code = visit_trials(store, statement, scope, visit, context, &last, error);
    sqlite3_reset(statement);
    if (!code && last == *cursor) // is nothing new, or nothing there any more?
        code = cav_sqlite_need_study(store, scope->study, error);
    if (code)
        return code;
    store->read_study = scope->study;
    store->read_cursor = *cursor = last;
    return CAVIAR_OK;
}

static caviar_code visit_report(cav_sqlite *store, sqlite3_stmt *statement,
                                cav_report_visitor *visit, void *context, cav_error *error)
{
    cav_report report = {.number = sqlite3_column_int64(statement, 0),
                         .attempt = sqlite3_column_int64(statement, 1),
                         .step = sqlite3_column_int64(statement, 2),
                         .time_ms = sqlite3_column_int64(statement, 3)};
    const char *text = cav_sqlite_text(statement, 4);
    caviar_code code = cav_sqlite_check_row(store, error);
    if (!code && (report.number < 0 || report.number >= sqlite3_column_int64(statement, 6)))
        code = cav_sqlite_fail_damaged(store, error, "a report of trial %lld, which is not there",
                                       (long long)report.number);
    if (code)
        return code;
    code = cav_columns_visit_report(text, &report, visit, context, error);
    return cav_sqlite_note_damage(store, code, error);
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
    int64_t last = *cursor;
    int status = SQLITE_DONE;
    while (!code && (status = sqlite3_step(statement)) == SQLITE_ROW) {
        code = visit_report(store, statement, visit, context, error);
        last = sqlite3_column_int64(statement, 5);
    }
    if (!code && status != SQLITE_DONE)
        code = cav_sqlite_fail(store, "reading reports", error);
    sqlite3_reset(statement);
    if (!code && last == *cursor)
        code = cav_sqlite_need_study(store, scope->study, error);
    if (!code)
        *cursor = last;
    return code;
}

caviar_code cav_sqlite_output_read(cav_store *base, const cav_scope *scope, int64_t number,
                                   cav_text *text, cav_error *error)
{
    cav_sqlite *store = cav_sqlite_of(base);
    caviar_state state;
    int64_t attempt;
    sqlite3_stmt *statement;
    caviar_code code = cav_sqlite_trial_state(store, scope, number, &state, &attempt, error);
    if (!code)
        code = cav_sqlite_prepare(store, CAV_SQLITE_OUTPUT_GET, &statement, error);
    if (code)
        return code;
    sqlite3_bind_int64(statement, 1, scope->study);
    sqlite3_bind_int64(statement, 2, number);
    int status = sqlite3_step(statement);
    const char *output = status == SQLITE_ROW ? cav_sqlite_text(statement, 0) : "";
    if (status != SQLITE_ROW && status != SQLITE_DONE)
        code = cav_sqlite_fail(store, "reading the output", error);
    else if (status == SQLITE_ROW)
        code = cav_sqlite_check_row(store, error);
    if (!code)
        cav_text_append(text, output);
    sqlite3_reset(statement);
    return code;
}
