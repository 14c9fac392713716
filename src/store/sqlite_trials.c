/**
 * sqlite_trials.c: adding, claiming and moving trials, and keeping their reports.
 */
#include "store/sqlite.h"

#include "base/json.h"
#include "base/names.h"
#include "space/codec.h"
#include "store/rules.h"
#include "trial/state.h"

#include <math.h>
#include <string.h>

static void bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    sqlite3_bind_text(statement, index, text ? text : "", -1, SQLITE_STATIC);
}

// Binds a text that is in our hands only until the statement has run.
static void bind_built(sqlite3_stmt *statement, int index, const cav_text *text)
{
    sqlite3_bind_text(statement, index, text->data, (int)text->size, SQLITE_TRANSIENT);
}

// The study's next number for a change: what readers compare their cursor with.
static caviar_code next_change(cav_sqlite *store, const cav_scope *scope, int64_t *ret_change,
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

static caviar_code read_numbers(cav_sqlite *store, const cav_scope *scope, int64_t *ret_trials,
                                int64_t *ret_imported, cav_error *error)
{
    sqlite3_stmt *statement;
    caviar_code code = cav_sqlite_prepare(store, CAV_SQLITE_STUDY_NUMBERS, &statement, error);
    if (code)
        return code;
    sqlite3_bind_int64(statement, 1, scope->study);
    int status = sqlite3_step(statement);
    if (status == SQLITE_ROW) {
        *ret_trials = sqlite3_column_int64(statement, 0);
        *ret_imported = sqlite3_column_int64(statement, 1);
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
    int64_t trials = 0, imported = 0;
    caviar_code code = read_numbers(store, scope, &trials, &imported, error);
    if (code)
        return code;
    if (insert->budget > 0 && !record->imported && trials - imported >= insert->budget)
        return cav_fail(error, CAVIAR_DONE, "the budget of %lld trials is spent",
                        (long long)insert->budget);
    if (insert->expected >= 0 && insert->expected != trials)
        return cav_fail(error, CAVIAR_EXISTS, "trial %lld was made by somebody else",
                        (long long)insert->expected);
    *ret_number = trials;
    return CAVIAR_OK;
}

static void write_values(const cav_scope *scope, const double *values, cav_text *text)
{
    cav_json json = {.text = text};
    cav_json_begin_object(&json);
    for (size_t m = 0; values && m < scope->metric_count; m++)
        if (!isnan(values[m]))
            cav_json_add_number(&json, scope->metrics[m], values[m]);
    cav_json_end_object(&json);
}

static void bind_trial(cav_sqlite *store, sqlite3_stmt *statement, const cav_scope *scope,
                       const cav_record *record, int64_t lease_ms)
{
    bool runs = record->state == CAVIAR_STATE_RUNNING;
    int64_t now = cav_clock_wall_ms(store->clock);
    cav_text params = {0}, metrics = {0};
    cav_space_write(scope->space, record->raw, &(cav_json){.text = &params});
    write_values(scope, record->values, &metrics);
    sqlite3_bind_int64(statement, 1, scope->study);
    bind_text(statement, 4, caviar_state_name(record->state));
    sqlite3_bind_int64(statement, 5, runs);
    sqlite3_bind_int64(statement, 6, record->imported);
    if (!params.failed && !metrics.failed) { // else NULL, which the table refuses
        bind_built(statement, 7, &params);
        bind_built(statement, 8, &metrics);
    }
    bind_text(statement, 9, record->origin);
    bind_text(statement, 10, record->owner);
    sqlite3_bind_int64(statement, 11, now);
    sqlite3_bind_int64(statement, 12, runs ? now : 0);
    sqlite3_bind_int64(statement, 13, cav_state_is_final(record->state) ? now : 0);
    sqlite3_bind_int64(statement, 14, now + lease_ms);
    cav_text_free(&params);
    cav_text_free(&metrics);
}

static caviar_code insert_trial(cav_sqlite *store, const cav_scope *scope, const cav_record *record,
                                const cav_insert *insert, int64_t number, cav_error *error)
{
    int64_t change = 0;
    sqlite3_stmt *statement;
    caviar_code code = next_change(store, scope, &change, error);
    if (!code)
        code = cav_sqlite_prepare(store, CAV_SQLITE_TRIAL_ADD, &statement, error);
    if (code)
        return code;
    bind_trial(store, statement, scope, record, insert->lease_ms);
    sqlite3_bind_int64(statement, 2, number);
    sqlite3_bind_int64(statement, 3, change);
    sqlite3_bind_int64(statement, 15, insert->distinct);
    int status = sqlite3_step(statement);
    if (status == SQLITE_CONSTRAINT_UNIQUE)
        code = cav_fail(error, CAVIAR_EXISTS, "a trial has these parameters already");
    else if (status != SQLITE_DONE)
        code = cav_sqlite_fail(store, "adding a trial", error);
    sqlite3_reset(statement);
    return code;
}

static caviar_code count_trial(cav_sqlite *store, const cav_scope *scope, bool imported,
                               cav_error *error)
{
    sqlite3_stmt *statement;
    caviar_code code = cav_sqlite_prepare(store, CAV_SQLITE_STUDY_COUNT, &statement, error);
    if (code)
        return code;
    sqlite3_bind_int64(statement, 1, scope->study);
    sqlite3_bind_int64(statement, 2, imported);
    return cav_sqlite_run(store, statement, "counting a trial", error);
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
    if (!code)
        code = count_trial(store, scope, record->imported, error);
    code = cav_sqlite_end(store, code, error);
    if (!code)
        *ret_number = number;
    return code;
}

static caviar_code lose(cav_sqlite *store, const cav_scope *scope, int64_t number,
                        caviar_state next, int64_t now, cav_error *error)
{
    int64_t change = 0;
    sqlite3_stmt *statement;
    caviar_code code = next_change(store, scope, &change, error);
    if (!code)
        code = cav_sqlite_prepare(store, CAV_SQLITE_TRIAL_LOSE, &statement, error);
    if (code)
        return code;
    bool fails = next == CAVIAR_STATE_FAILED;
    sqlite3_bind_int64(statement, 1, scope->study);
    sqlite3_bind_int64(statement, 2, number);
    bind_text(statement, 3, caviar_state_name(next));
    bind_text(statement, 4, fails ? caviar_reason_name(CAVIAR_REASON_LOST) : "");
    bind_text(statement, 5, fails ? CAV_LOST_MESSAGE : "");
    sqlite3_bind_int64(statement, 6, now);
    sqlite3_bind_int64(statement, 7, change);
    return cav_sqlite_run(store, statement, "taking back a trial", error);
}

// One expired trial at a time: the search starts again after each, as the table has changed.
static caviar_code take_back_lost(cav_sqlite *store, const cav_scope *scope, const cav_claim *claim,
                                  int64_t now, cav_error *error)
{
    for (;;) {
        sqlite3_stmt *statement;
        caviar_code code = cav_sqlite_prepare(store, CAV_SQLITE_TRIAL_EXPIRED, &statement, error);
        if (code)
            return code;
        sqlite3_bind_int64(statement, 1, scope->study);
        sqlite3_bind_int64(statement, 2, now);
        int status = sqlite3_step(statement);
        int64_t number = sqlite3_column_int64(statement, 0);
        int64_t failures = sqlite3_column_int64(statement, 1);
        if (status != SQLITE_ROW && status != SQLITE_DONE)
            code = cav_sqlite_fail(store, "looking for lost trials", error);
        sqlite3_reset(statement);
        if (code || status == SQLITE_DONE)
            return code;
        code =
            lose(store, scope, number, cav_rule_lost(failures, claim->most_failures), now, error);
        if (code)
            return code;
    }
}

// The state and attempt of a trial; CAVIAR_NOT_FOUND if there is none of that number.
static caviar_code read_state(cav_sqlite *store, const cav_scope *scope, int64_t number,
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
        const char *word = (const char *)sqlite3_column_text(statement, 0);
        code = cav_names_find(&cav_state_names, word ? word : "", &state, error);
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

// The number of the trial to take; -1 if there is none.
static caviar_code find_claimable(cav_sqlite *store, const cav_scope *scope, int64_t wanted,
                                  int64_t *ret_number, cav_error *error)
{
    *ret_number = -1;
    if (wanted >= 0) {
        caviar_state state;
        int64_t attempt;
        caviar_code code = read_state(store, scope, wanted, &state, &attempt, error);
        bool free_to_take =
            !code && (state == CAVIAR_STATE_WAITING || state == CAVIAR_STATE_PAUSED);
        if (free_to_take)
            *ret_number = wanted;
        return code;
    }
    sqlite3_stmt *statement;
    caviar_code code = cav_sqlite_prepare(store, CAV_SQLITE_TRIAL_FIRST_WAITING, &statement, error);
    if (code)
        return code;
    sqlite3_bind_int64(statement, 1, scope->study);
    int status = sqlite3_step(statement);
    if (status == SQLITE_ROW)
        *ret_number = sqlite3_column_int64(statement, 0);
    else if (status != SQLITE_DONE)
        code = cav_sqlite_fail(store, "looking for a waiting trial", error);
    sqlite3_reset(statement);
    return code;
}

static caviar_code take(cav_sqlite *store, const cav_scope *scope, int64_t number,
                        const cav_claim *claim, int64_t now, cav_error *error)
{
    int64_t change = 0;
    sqlite3_stmt *statement;
    caviar_code code = next_change(store, scope, &change, error);
    if (!code)
        code = cav_sqlite_prepare(store, CAV_SQLITE_TRIAL_TAKE, &statement, error);
    if (code)
        return code;
    sqlite3_bind_int64(statement, 1, scope->study);
    sqlite3_bind_int64(statement, 2, number);
    bind_text(statement, 3, claim->owner);
    sqlite3_bind_int64(statement, 4, now + claim->lease_ms);
    sqlite3_bind_int64(statement, 5, now);
    sqlite3_bind_int64(statement, 6, change);
    return cav_sqlite_run(store, statement, "taking a trial", error);
}

// Is anything open at all? Then it is worth the write lock to look closer.
static caviar_code has_claimable(cav_sqlite *store, const cav_scope *scope, int64_t now,
                                 bool *ret_has, cav_error *error)
{
    int64_t number;
    caviar_code code = find_claimable(store, scope, -1, &number, error);
    if (code || number >= 0) {
        *ret_has = true;
        return code;
    }
    sqlite3_stmt *statement;
    code = cav_sqlite_prepare(store, CAV_SQLITE_TRIAL_EXPIRED, &statement, error);
    if (code)
        return code;
    sqlite3_bind_int64(statement, 1, scope->study);
    sqlite3_bind_int64(statement, 2, now);
    *ret_has = sqlite3_step(statement) == SQLITE_ROW;
    sqlite3_reset(statement);
    return CAVIAR_OK;
}

caviar_code cav_sqlite_trial_claim(cav_store *base, const cav_scope *scope, const cav_claim *claim,
                                   int64_t *ret_number, cav_error *error)
{
    cav_sqlite *store = cav_sqlite_of(base);
    int64_t now = cav_clock_wall_ms(store->clock), number = -1;
    bool worth = claim->number >= 0;
    caviar_code code = worth ? CAVIAR_OK : has_claimable(store, scope, now, &worth, error);
    if (!code && worth)
        code = cav_sqlite_begin(base, error);
    if (code)
        return code;
    if (worth) {
        code = take_back_lost(store, scope, claim, now, error);
        if (!code)
            code = find_claimable(store, scope, claim->number, &number, error);
        if (!code && number >= 0)
            code = take(store, scope, number, claim, now, error);
        code = cav_sqlite_end(store, code, error);
    }
    if (!code && number < 0)
        return cav_fail(error, CAVIAR_NOT_FOUND, "no trial is waiting");
    if (!code)
        *ret_number = number;
    return code;
}

static caviar_code keep_output(cav_sqlite *store, const cav_scope *scope, const cav_move *move,
                               cav_error *error)
{
    sqlite3_stmt *statement;
    caviar_code code = cav_sqlite_prepare(store, CAV_SQLITE_OUTPUT_SET, &statement, error);
    if (code)
        return code;
    sqlite3_bind_int64(statement, 1, scope->study);
    sqlite3_bind_int64(statement, 2, move->number);
    bind_text(statement, 3, move->output);
    return cav_sqlite_run(store, statement, "keeping the output", error);
}

static caviar_code move_on(cav_sqlite *store, const cav_scope *scope, const cav_move *move,
                           cav_error *error)
{
    int64_t change = 0;
    sqlite3_stmt *statement;
    caviar_code code = next_change(store, scope, &change, error);
    if (!code)
        code = cav_sqlite_prepare(store, CAV_SQLITE_TRIAL_MOVE, &statement, error);
    if (code)
        return code;
    cav_text metrics = {0};
    if (move->values)
        write_values(scope, move->values, &metrics);
    sqlite3_bind_int64(statement, 1, scope->study);
    sqlite3_bind_int64(statement, 2, move->number);
    bind_text(statement, 3, caviar_state_name(move->to));
    bind_text(statement, 4, caviar_reason_name(move->reason));
    sqlite3_bind_int64(statement, 5, move->is_failure);
    if (move->values)
        bind_built(statement, 6, &metrics);
    if (move->message)
        bind_text(statement, 7, move->message);
    sqlite3_bind_int64(statement, 8, cav_clock_wall_ms(store->clock));
    sqlite3_bind_int64(statement, 9, change);
    code = metrics.failed ? cav_fail_memory(error)
                          : cav_sqlite_run(store, statement, "moving a trial", error);
    cav_text_free(&metrics);
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
    code = read_state(store, scope, move->number, &state, &attempt, error);
    if (!code)
        code = cav_rule_move(move, state, attempt, error);
    if (!code)
        code = move_on(store, scope, move, error);
    if (!code && move->output && move->output[0])
        code = keep_output(store, scope, move, error);
    return cav_sqlite_end(store, code, error);
}

static void write_metrics(const cav_report *report, cav_text *text)
{
    cav_json json = {.text = text};
    cav_json_begin_object(&json);
    for (size_t i = 0; i < report->metric_count; i++)
        cav_json_add_number(&json, report->metrics[i].name, report->metrics[i].value);
    cav_json_end_object(&json);
}

static caviar_code insert_report(cav_sqlite *store, const cav_scope *scope,
                                 const cav_report *report, int64_t now, cav_error *error)
{
    sqlite3_stmt *statement;
    caviar_code code = cav_sqlite_prepare(store, CAV_SQLITE_REPORT_ADD, &statement, error);
    if (code)
        return code;
    cav_text metrics = {0};
    write_metrics(report, &metrics);
    sqlite3_bind_int64(statement, 1, scope->study);
    sqlite3_bind_int64(statement, 2, report->number);
    sqlite3_bind_int64(statement, 3, report->attempt);
    sqlite3_bind_int64(statement, 4, report->step);
    sqlite3_bind_int64(statement, 5, now);
    bind_built(statement, 6, &metrics);
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

caviar_code cav_sqlite_report_add(cav_store *base, const cav_scope *scope, const cav_report *report,
                                  int64_t lease_ms, cav_error *error)
{
    cav_sqlite *store = cav_sqlite_of(base);
    caviar_state state;
    int64_t attempt, now = cav_clock_wall_ms(store->clock);
    caviar_code code = cav_sqlite_begin(base, error);
    if (code)
        return code;
    code = read_state(store, scope, report->number, &state, &attempt, error);
    if (!code)
        code = cav_rule_token(report->number, report->attempt, state, attempt, error);
    if (!code)
        code = insert_report(store, scope, report, now, error);
    if (!code)
        code = set_step(store, scope, report, now + lease_ms, error);
    return cav_sqlite_end(store, code, error);
}

caviar_code cav_sqlite_lease_renew(cav_store *base, const cav_scope *scope, const char *owner,
                                   int64_t lease_ms, cav_error *error)
{
    cav_sqlite *store = cav_sqlite_of(base);
    sqlite3_stmt *statement;
    caviar_code code = cav_sqlite_begin(base, error);
    if (code)
        return code;
    code = cav_sqlite_prepare(store, CAV_SQLITE_LEASE_RENEW, &statement, error);
    if (!code) {
        sqlite3_bind_int64(statement, 1, scope->study);
        bind_text(statement, 2, owner);
        sqlite3_bind_int64(statement, 3, cav_clock_wall_ms(store->clock) + lease_ms);
        code = cav_sqlite_run(store, statement, "renewing leases", error);
    }
    return cav_sqlite_end(store, code, error);
}
