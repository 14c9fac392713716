/**
 * sqlite_trials.c: adding and moving trials, and keeping their reports.
 */
#include "store/sqlite.h"

#include "base/json.h"
#include "base/names.h"
#include "space/codec.h"
#include "store/columns.h"
#include "store/rules.h"
#include "trial/state.h"

#include <string.h>

caviar_code cav_sqlite_next_change(cav_sqlite *store, const cav_scope *scope, int64_t *ret_change,
                                   cav_error *error)
{
    sqlite3_stmt *statement;
    caviar_code code = cav_sqlite_prepare(store, CAV_SQLITE_STUDY_CHANGE, &statement, error);
    if (code)
        return code;
    sqlite3_bind_int64(statement, 1, scope->study);
    int status = sqlite3_step(statement);
    if (status == SQLITE_ROW)
        *ret_change = sqlite3_column_int64(statement, 0);
    else if (status == SQLITE_DONE)
        code = cav_fail(error, CAVIAR_NOT_FOUND, "the study is not in the store any more");
    else
        code = cav_sqlite_fail(store, "counting a change", error);
    sqlite3_reset(statement);
    return code;
}

caviar_code cav_sqlite_trial_state(cav_sqlite *store, const cav_scope *scope, int64_t number,
                                   caviar_state *ret_state, int64_t *ret_attempt, cav_error *error)
{
    sqlite3_stmt *statement;
    caviar_code code = cav_sqlite_prepare(store, CAV_SQLITE_TRIAL_STATE, &statement, error);
    if (code)
        return code;
    sqlite3_bind_int64(statement, 1, scope->study);
    sqlite3_bind_int64(statement, 2, number);
    int status = sqlite3_step(statement), state = 0;
    if (status == SQLITE_ROW) {
        const char *word = cav_sqlite_text(statement, 0);
        code = cav_sqlite_check_row(store, error);
        if (!code && cav_names_find(&cav_state_names, word, &state, NULL))
            code = cav_sqlite_fail_damaged(store, error, "trial %lld has the unknown state '%.40s'",
                                           (long long)number, word);
        *ret_attempt = sqlite3_column_int64(statement, 1);
        *ret_state = (caviar_state)state;
    } else if (status == SQLITE_DONE) {
        code = cav_fail(error, CAVIAR_NOT_FOUND, "there is no trial %lld", (long long)number);
    } else {
        code = cav_sqlite_fail(store, "reading a trial", error);
    }
    sqlite3_reset(statement);
    return code;
}

static caviar_code read_numbers(cav_sqlite *store, const cav_scope *scope, int64_t *ret_trials,
                                int64_t *ret_uncounted, cav_error *error)
{
    sqlite3_stmt *statement;
    caviar_code code = cav_sqlite_prepare(store, CAV_SQLITE_STUDY_NUMBERS, &statement, error);
    if (code)
        return code;
    sqlite3_bind_int64(statement, 1, scope->study);
    int status = sqlite3_step(statement);
    if (status == SQLITE_ROW) {
        *ret_trials = sqlite3_column_int64(statement, 0);
        *ret_uncounted = sqlite3_column_int64(statement, 1);
    } else if (status == SQLITE_DONE) {
        code = cav_fail(error, CAVIAR_NOT_FOUND, "the study is not in the store any more");
    } else {
        code = cav_sqlite_fail(store, "reading a study", error);
    }
    sqlite3_reset(statement);
    return code;
}

static caviar_code check_insert(cav_sqlite *store, const cav_scope *scope, const cav_record *record,
                                const cav_insert *insert, int64_t *ret_number, cav_error *error)
{
    int64_t trials = 0, uncounted = 0;
    caviar_code code = read_numbers(store, scope, &trials, &uncounted, error);
    if (code)
        return code;
    code = cav_rule_insert(record, insert, trials, uncounted, error);
    if (!code)
        *ret_number = trials;
    return code;
}

static void bind_trial(cav_sqlite *store, sqlite3_stmt *statement, const cav_scope *scope,
                       const cav_record *record, const cav_insert *insert)
{
    bool runs = record->state == CAVIAR_STATE_RUNNING;
    int64_t now = cav_clock_wall_ms(store->clock);
    sqlite3_bind_int64(statement, 1, scope->study);
    cav_sqlite_bind_text(statement, 4, caviar_state_name(record->state));
    cav_sqlite_bind_text(statement, 5, caviar_reason_name(record->reason));
    sqlite3_bind_int64(statement, 6, runs);
    sqlite3_bind_int64(statement, 7, record->failures);
    sqlite3_bind_int64(statement, 8, record->uncounted);
    sqlite3_bind_int64(statement, 9, insert->distinct);
    sqlite3_bind_int64(statement, 12, record->step);
    cav_sqlite_bind_text(statement, 13, record->origin);
    cav_sqlite_bind_text(statement, 14, record->owner);
    sqlite3_bind_int64(statement, 15, now);
    sqlite3_bind_int64(statement, 16, runs ? now : 0);
    sqlite3_bind_int64(statement, 17, cav_state_is_final(record->state) ? now : 0);
    sqlite3_bind_int64(statement, 18, now + insert->lease_ms);
    cav_sqlite_bind_text(statement, 19, record->message);
    cav_sqlite_bind_text(statement, 20, record->checkpoints);
    sqlite3_bind_int64(statement, 21, record->has_parent ? record->parent : -1);
    sqlite3_bind_int64(statement, 22, record->has_parent ? record->parent_step : -1);
    sqlite3_bind_int64(statement, 23, record->has_parent ? record->seed_number : -1);
}

static caviar_code run_insert(cav_sqlite *store, sqlite3_stmt *statement, cav_error *error)
{
    caviar_code code = CAVIAR_OK;
    int status = sqlite3_step(statement);
    if (status == SQLITE_CONSTRAINT_UNIQUE)
        code = cav_fail(error, CAVIAR_EXISTS, "a trial has these parameters already");
    else if (status != SQLITE_DONE)
        code = cav_sqlite_fail(store, "adding a trial", error);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return code;
}

static caviar_code insert_trial(cav_sqlite *store, const cav_scope *scope, const cav_record *record,
                                const cav_insert *insert, int64_t number, cav_error *error)
{
    int64_t change = 0;
    sqlite3_stmt *statement;
    caviar_code code = cav_sqlite_next_change(store, scope, &change, error);
    if (!code)
        code = cav_sqlite_prepare(store, CAV_SQLITE_TRIAL_ADD, &statement, error);
    if (code)
        return code;
    cav_text params = {0}, metrics = {0};
    cav_space_write(scope->space, cav_rule_raw(record, insert, number, scope->space->count),
                    &(cav_json){.text = &params});
    cav_columns_write_values(scope, record->values, &metrics);
    bind_trial(store, statement, scope, record, insert);
    sqlite3_bind_int64(statement, 2, number);
    sqlite3_bind_int64(statement, 3, change);
    cav_sqlite_bind_text(statement, 10, params.data);
    cav_sqlite_bind_text(statement, 11, metrics.data);
    code = params.failed || metrics.failed ? cav_fail_memory(error)
                                           : run_insert(store, statement, error);
    cav_text_free(&params);
    cav_text_free(&metrics);
    return code;
}

static caviar_code count_trial(cav_sqlite *store, const cav_scope *scope, bool uncounted,
                               cav_error *error)
{
    sqlite3_stmt *statement;
    caviar_code code = cav_sqlite_prepare(store, CAV_SQLITE_STUDY_COUNT, &statement, error);
    if (code)
        return code;
    sqlite3_bind_int64(statement, 1, scope->study);
    sqlite3_bind_int64(statement, 2, uncounted);
    return cav_sqlite_run(store, statement, "counting a trial", error);
}

static caviar_code keep_output(cav_sqlite *store, const cav_scope *scope, int64_t number,
                               const char *output, cav_error *error)
{
    sqlite3_stmt *statement;
    cav_sqlite_statement which = output[0] ? CAV_SQLITE_OUTPUT_SET : CAV_SQLITE_OUTPUT_REMOVE;
    caviar_code code = cav_sqlite_prepare(store, which, &statement, error);
    if (code)
        return code;
    sqlite3_bind_int64(statement, 1, scope->study);
    sqlite3_bind_int64(statement, 2, number);
    if (output[0])
        cav_sqlite_bind_text(statement, 3, output);
    return cav_sqlite_run(store, statement, "keeping the output", error);
}

caviar_code cav_sqlite_trial_add(cav_store *base, const cav_scope *scope, const cav_record *record,
                                 const cav_insert *insert, int64_t *ret_number, cav_error *error)
{
    cav_sqlite *store = cav_sqlite_of(base);
    int64_t number = 0;
    caviar_code code = cav_sqlite_begin(base, error);
    if (code)
        return code;
    code = check_insert(store, scope, record, insert, &number, error);
    if (!code)
        code = insert_trial(store, scope, record, insert, number, error);
    if (!code && record->output && record->output[0])
        code = keep_output(store, scope, number, record->output, error);
    if (!code)
        code = count_trial(store, scope, record->uncounted, error);
    code = cav_sqlite_end(store, code, error);
    if (!code)
        *ret_number = number;
    return code;
}

static caviar_code move_on(cav_sqlite *store, const cav_scope *scope, const cav_move *move,
                           cav_error *error)
{
    int64_t change = 0;
    sqlite3_stmt *statement;
    caviar_code code = cav_sqlite_next_change(store, scope, &change, error);
    if (!code)
        code = cav_sqlite_prepare(store, CAV_SQLITE_TRIAL_MOVE, &statement, error);
    if (code)
        return code;
    cav_text metrics = {0}, params = {0};
    if (move->values)
        cav_columns_write_values(scope, move->values, &metrics);
    if (move->raw)
        cav_space_write(scope->space, move->raw, &(cav_json){.text = &params});
    sqlite3_bind_int64(statement, 1, scope->study);
    sqlite3_bind_int64(statement, 2, move->number);
    cav_sqlite_bind_text(statement, 3, caviar_state_name(move->to));
    cav_sqlite_bind_text(statement, 4, caviar_reason_name(move->reason));
    sqlite3_bind_int64(statement, 5, move->is_failure);
    if (move->values)
        cav_sqlite_bind_text(statement, 6, metrics.data);
    if (move->message)
        cav_sqlite_bind_text(statement, 7, move->message);
    sqlite3_bind_int64(statement, 8, cav_clock_wall_ms(store->clock));
    sqlite3_bind_int64(statement, 9, change);
    if (move->raw)
        cav_sqlite_bind_text(statement, 10, params.data);
    sqlite3_bind_int64(statement, 11, move->usage.cpu_ms);
    sqlite3_bind_int64(statement, 12, move->usage.memory_bytes);
    code = metrics.failed || params.failed
               ? cav_fail_memory(error)
               : cav_sqlite_run(store, statement, "moving a trial", error);
    cav_text_free(&metrics);
    cav_text_free(&params);
    return code;
}

caviar_code cav_sqlite_trial_move(cav_store *base, const cav_scope *scope, const cav_move *move,
                                  cav_error *error)
{
    cav_sqlite *store = cav_sqlite_of(base);
    caviar_state state;
    int64_t attempt;
    caviar_code code = cav_sqlite_begin(base, error);
    if (code)
        return code;
    code = cav_sqlite_trial_state(store, scope, move->number, &state, &attempt, error);
    if (!code)
        code = cav_rule_move(move, state, attempt, error);
    if (!code)
        code = move_on(store, scope, move, error);
    if (!code && move->output)
        code = keep_output(store, scope, move->number, move->output, error);
    return cav_sqlite_end(store, code, error);
}

static caviar_code insert_report(cav_sqlite *store, const cav_scope *scope,
                                 const cav_report *report, int64_t now, cav_error *error)
{
    sqlite3_stmt *statement;
    caviar_code code = cav_sqlite_prepare(store, CAV_SQLITE_REPORT_ADD, &statement, error);
    if (code)
        return code;
    cav_text metrics = {0};
    cav_columns_write_metrics(report, &metrics);
    sqlite3_bind_int64(statement, 1, scope->study);
    sqlite3_bind_int64(statement, 2, report->number);
    sqlite3_bind_int64(statement, 3, report->attempt);
    sqlite3_bind_int64(statement, 4, report->step);
    sqlite3_bind_int64(statement, 5, now);
    cav_sqlite_bind_text(statement, 6, metrics.data);
    code = metrics.failed ? cav_fail_memory(error)
                          : cav_sqlite_run(store, statement, "keeping a report", error);
    cav_text_free(&metrics);
    return code;
}

static caviar_code set_step(cav_sqlite *store, const cav_scope *scope, const cav_report *report,
                            int64_t lease_until, cav_error *error)
{
    sqlite3_stmt *statement;
    caviar_code code = cav_sqlite_prepare(store, CAV_SQLITE_TRIAL_STEP, &statement, error);
    if (code)
        return code;
    sqlite3_bind_int64(statement, 1, scope->study);
    sqlite3_bind_int64(statement, 2, report->number);
    sqlite3_bind_int64(statement, 3, report->step);
    sqlite3_bind_int64(statement, 4, lease_until);
    return cav_sqlite_run(store, statement, "keeping a report", error);
}

static bool tells_of_trial(const cav_report *report)
{
    return report->can || report->checkpoints || !cav_usage_is_same(report->usage, (cav_usage){0});
}

// Takes over what a report says of its trial. Where that is nothing new, the trial is no other.
static caviar_code note(cav_sqlite *store, const cav_scope *scope, const cav_report *report,
                        cav_error *error)
{
    int64_t change = 0;
    sqlite3_stmt *statement;
    caviar_code code = cav_sqlite_next_change(store, scope, &change, error);
    if (!code)
        code = cav_sqlite_prepare(store, CAV_SQLITE_TRIAL_NOTE, &statement, error);
    if (code)
        return code;
    sqlite3_bind_int64(statement, 1, scope->study);
    sqlite3_bind_int64(statement, 2, report->number);
    sqlite3_bind_int64(statement, 3, change);
    sqlite3_bind_int64(statement, 4, report->can);
    if (report->checkpoints)
        cav_sqlite_bind_text(statement, 5, report->checkpoints);
    sqlite3_bind_int64(statement, 6, report->usage.cpu_ms);
    sqlite3_bind_int64(statement, 7, report->usage.memory_bytes);
    return cav_sqlite_run(store, statement, "keeping what a report says of its trial", error);
}

caviar_code cav_sqlite_report_add(cav_store *base, const cav_scope *scope, const cav_report *report,
                                  int64_t lease_ms, cav_error *error)
{
    cav_sqlite *store = cav_sqlite_of(base);
    caviar_state state;
    int64_t attempt, now = cav_clock_wall_ms(store->clock);
    caviar_code code = cav_sqlite_begin(base, error);
    if (code)
        return code;
    code = cav_sqlite_trial_state(store, scope, report->number, &state, &attempt, error);
    if (!code)
        code = cav_rule_report(report->number, report->attempt, state, attempt, error);
    if (!code)
        code = insert_report(store, scope, report, now, error);
    if (!code)
        code = set_step(store, scope, report, now + lease_ms, error);
    if (!code && tells_of_trial(report))
        code = note(store, scope, report, error);
    return cav_sqlite_end(store, code, error);
}
