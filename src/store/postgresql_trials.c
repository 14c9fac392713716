/**
 * postgresql_trials.c: adding and moving trials, and keeping their reports.
 *
 * The conditions of a write stand in its statement; which states it may start from is asked of
 * rules.c. Where it changes nothing, rules.c says why.
 */
#include "store/columns.h"
#include "store/postgresql.h"

#include "base/json.h"
#include "base/random.h"
#include "space/codec.h"
#include "store/rules.h"
#include "trial/state.h"

#include <stdio.h>
#include <string.h>

enum {
    STATES_SIZE = 80, // of all states' words
    KEY_SIZE = 33,
    MOST_TRIES = 1000, // of a write that lost a race
};

caviar_code cav_pg_trial_state(cav_pg *store, const cav_scope *scope, int64_t number,
                               caviar_state *ret_state, int64_t *ret_attempt, cav_error *error)
{
    cav_pg_call call;
    PGresult *result;
    cav_record record = {.number = number};
    cav_pg_call_begin(&call, CAV_PG_TRIAL_STATE);
    cav_pg_add_int(&call, scope->study);
    cav_pg_add_int(&call, number);
    caviar_code code = cav_pg_read(store, &call, scope->study, &result, error);
    if (code)
        return code;
    if (store->pq.PQntuples(result) == 0)
        code = cav_pg_fail_no_study(error);
    else if (store->pq.PQgetisnull(result, 0, 0))
        code = cav_fail(error, CAVIAR_NOT_FOUND, "there is no trial %lld", (long long)number);
    else
        code = cav_columns_read_state(cav_pg_text(store, result, 0, 0), "", &record, error);
    if (!code) {
        *ret_attempt = cav_pg_int(store, result, 0, 1);
        *ret_state = record.state;
    }
    store->pq.PQclear(result);
    return code;
}

// ---- Adding ---------------------------------------------------------------------------------

// A name for a configuration, the same for the same one. The texts themselves may be too long for
// an index.
static void make_key(const char *params, char key[KEY_SIZE])
{
    uint64_t a = 0x9e3779b97f4a7c15u, b = 0x2545f4914f6cdd1du;
    for (const char *c = params; *c; c++) {
        a = cav_mix64(a ^ (unsigned char)*c);
        b = cav_mix64(b + 0x632be59bd9b4e019u + (unsigned char)*c);
    }
    snprintf(key, KEY_SIZE, "%016llx%016llx", (unsigned long long)a, (unsigned long long)b);
}

static void add_record(cav_pg_call *call, const cav_record *record, const cav_insert *insert,
                       const char *params, const char *metrics)
{
    cav_pg_add_text(call, caviar_state_name(record->state));
    cav_pg_add_text(call, caviar_reason_name(record->reason));
    cav_pg_add_int(call, record->state == CAVIAR_STATE_RUNNING);
    cav_pg_add_int(call, record->failures);
    cav_pg_add_text(call, params);
    cav_pg_add_text(call, metrics);
    cav_pg_add_int(call, record->step);
    cav_pg_add_words(call, record->origin);
    cav_pg_add_words(call, record->owner);
    cav_pg_add_int(call, cav_state_is_final(record->state));
    cav_pg_add_int(call, insert->lease_ms);
    cav_pg_add_words(call, record->message);
    cav_pg_add_words(call, record->checkpoints);
    cav_pg_add_int(call, record->has_parent ? record->parent : -1);
    cav_pg_add_int(call, record->has_parent ? record->parent_step : -1);
    cav_pg_add_int(call, record->has_parent ? record->seed_number : -1);
    cav_pg_add_words(call, record->output);
}

// Why nothing was added; CAVIAR_OK: by now it could be.
static caviar_code explain_refusal(cav_pg *store, const cav_scope *scope, const cav_record *record,
                                   const cav_insert *insert, cav_error *error)
{
    cav_pg_call call;
    PGresult *result;
    cav_pg_call_begin(&call, CAV_PG_NUMBERS);
    cav_pg_add_int(&call, scope->study);
    caviar_code code = cav_pg_read(store, &call, scope->study, &result, error);
    if (code)
        return code;
    if (store->pq.PQntuples(result) == 0)
        code = cav_pg_fail_no_study(error);
    else
        code = cav_rule_insert(record, insert, cav_pg_int(store, result, 0, 0),
                               cav_pg_int(store, result, 0, 1), error);
    store->pq.PQclear(result);
    if (!code && insert->distinct)
        code = cav_fail(error, CAVIAR_EXISTS, "a trial has these parameters already");
    return code;
}

// The parameters of whichever number the trial gets, as an array of texts: {"{\"x\":1}","…"}.
static void write_choices(const cav_scope *scope, const cav_record *record,
                          const cav_insert *insert, cav_text *choices)
{
    cav_text params = {0};
    for (size_t i = 0; i <= insert->following_count; i++) {
        const double *raw =
            cav_rule_raw(record, insert, insert->expected + (int64_t)i, scope->space->count);
        cav_text_clear(&params);
        cav_space_write(scope->space, raw, &(cav_json){.text = &params});
        cav_text_append(choices, i ? ",\"" : "{\"");
        for (const char *c = cav_text_get(&params); *c; c++) {
            if (*c == '"' || *c == '\\')
                cav_text_append_char(choices, '\\');
            cav_text_append_char(choices, *c);
        }
        cav_text_append(choices, "\"");
    }
    cav_text_append(choices, "}");
    choices->failed |= params.failed;
    cav_text_free(&params);
}

static caviar_code add(cav_pg *store, const cav_scope *scope, const cav_record *record,
                       const cav_insert *insert, const cav_text *params, const cav_text *metrics,
                       int64_t *ret_number, cav_error *error)
{
    char key[KEY_SIZE];
    make_key(params->data, key);
    caviar_code code = CAVIAR_OK;
    int64_t number = -1;
    for (int tries = 0; tries < MOST_TRIES && number < 0 && !code; tries++) {
        cav_pg_call call;
        cav_pg_change_begin(store, &call, CAV_PG_TRIAL_ADD, scope->study);
        cav_pg_add_int(&call, insert->expected);
        cav_pg_add_int(&call, insert->budget);
        cav_pg_add_int(&call, record->uncounted);
        cav_pg_add_text(&call, insert->distinct ? key : NULL);
        add_record(&call, record, insert, params->data, metrics->data);
        code = cav_pg_write(store, &call, scope->study, &number, error);
        if (!code && number < 0)
            code = explain_refusal(store, scope, record, insert, error);
    }
    if (!code && number < 0)
        return cav_fail(error, CAVIAR_BUSY, "other workers were faster %d times in a row",
                        MOST_TRIES);
    if (!code)
        *ret_number = number;
    return code;
}

caviar_code cav_pg_trial_add(cav_store *base, const cav_scope *scope, const cav_record *record,
                             const cav_insert *insert, int64_t *ret_number, cav_error *error)
{
    static const cav_insert nothing = {.expected = -1};
    caviar_code code = cav_rule_insert(record, &nothing, 0, 0, error);
    if (code)
        return code;
    cav_text params = {0}, metrics = {0};
    write_choices(scope, record, insert, &params);
    cav_columns_write_values(scope, record->values, &metrics);
    code = params.failed || metrics.failed
               ? cav_fail_memory(error)
               : add(cav_pg_of(base), scope, record, insert, &params, &metrics, ret_number, error);
    cav_text_free(&params);
    cav_text_free(&metrics);
    return code;
}

// ---- Moving ---------------------------------------------------------------------------------

// The words of the states that a rule lets a trial start from, as an array: {running,waiting}.
typedef caviar_code rule(const void *context, caviar_state state);

static bool find_states(rule *allows, const void *context, char states[STATES_SIZE])
{
    size_t size = 0;
    for (int state = 0; caviar_state_name((caviar_state)state)[0]; state++)
        if (!allows(context, (caviar_state)state))
            size += (size_t)snprintf(states + size, STATES_SIZE - size, "%c%s", size ? ',' : '{',
                                     caviar_state_name((caviar_state)state));
    snprintf(states + size, STATES_SIZE - size, "%s", size ? "}" : "{}");
    return size > 0;
}

static caviar_code may_move(const void *context, caviar_state state)
{
    const cav_move *move = context;
    return cav_rule_move(move, state, move->attempt, NULL);
}

static caviar_code may_report(const void *context, caviar_state state)
{
    const cav_report *report = context;
    return cav_rule_report(report->number, report->attempt, state, report->attempt, NULL);
}

static caviar_code move_on(cav_pg *store, const cav_scope *scope, const cav_move *move,
                           const char *states, int64_t *ret_number, cav_error *error)
{
    cav_pg_call call;
    cav_text metrics = {0}, params = {0};
    if (move->values)
        cav_columns_write_values(scope, move->values, &metrics);
    if (move->raw)
        cav_space_write(scope->space, move->raw, &(cav_json){.text = &params});
    cav_pg_change_begin(store, &call, CAV_PG_TRIAL_MOVE, scope->study);
    cav_pg_add_int(&call, move->number);
    cav_pg_add_int(&call, move->attempt);
    cav_pg_add_text(&call, states);
    cav_pg_add_text(&call, caviar_state_name(move->to));
    cav_pg_add_text(&call, caviar_reason_name(move->reason));
    cav_pg_add_int(&call, move->is_failure);
    cav_pg_add_text(&call, metrics.data);
    cav_pg_add_text(&call, move->message);
    cav_pg_add_text(&call, move->output);
    cav_pg_add_text(&call, params.data);
    cav_pg_add_int(&call, move->usage.cpu_ms);
    cav_pg_add_int(&call, move->usage.memory_bytes);
    caviar_code code = metrics.failed || params.failed
                           ? cav_fail_memory(error)
                           : cav_pg_write(store, &call, scope->study, ret_number, error);
    cav_text_free(&metrics);
    cav_text_free(&params);
    return code;
}

caviar_code cav_pg_trial_move(cav_store *base, const cav_scope *scope, const cav_move *move,
                              cav_error *error)
{
    cav_pg *store = cav_pg_of(base);
    char states[STATES_SIZE];
    bool any = find_states(may_move, move, states);
    for (int tries = 0; tries < MOST_TRIES; tries++) {
        caviar_state state;
        int64_t attempt, number = -1;
        caviar_code code = any ? move_on(store, scope, move, states, &number, error) : CAVIAR_OK;
        if (code || number >= 0)
            return code;
        code = cav_pg_trial_state(store, scope, move->number, &state, &attempt, error);
        if (!code)
            code = cav_rule_move(move, state, attempt, error);
        if (code)
            return code;
    }
    return cav_fail(error, CAVIAR_BUSY, "trial %lld changed %d times in a row",
                    (long long)move->number, MOST_TRIES);
}

static caviar_code keep_report(cav_pg *store, const cav_scope *scope, const cav_report *report,
                               int64_t lease_ms, const char *states, int64_t *ret_id,
                               cav_error *error)
{
    cav_pg_call call;
    cav_text metrics = {0};
    cav_columns_write_metrics(report, &metrics);
    cav_pg_change_begin(store, &call, CAV_PG_REPORT_ADD, scope->study);
    cav_pg_add_int(&call, report->number);
    cav_pg_add_int(&call, report->attempt);
    cav_pg_add_text(&call, states);
    cav_pg_add_int(&call, report->step);
    cav_pg_add_int(&call, lease_ms);
    cav_pg_add_int(&call, report->can);
    cav_pg_add_text(&call, report->checkpoints);
    cav_pg_add_text(&call, metrics.data);
    cav_pg_add_int(&call, report->usage.cpu_ms);
    cav_pg_add_int(&call, report->usage.memory_bytes);
    caviar_code code = metrics.failed ? cav_fail_memory(error)
                                      : cav_pg_write(store, &call, scope->study, ret_id, error);
    cav_text_free(&metrics);
    return code;
}

caviar_code cav_pg_report_add(cav_store *base, const cav_scope *scope, const cav_report *report,
                              int64_t lease_ms, cav_error *error)
{
    cav_pg *store = cav_pg_of(base);
    char states[STATES_SIZE];
    find_states(may_report, report, states);
    for (int tries = 0; tries < MOST_TRIES; tries++) {
        caviar_state state;
        int64_t attempt, id = -1;
        caviar_code code = keep_report(store, scope, report, lease_ms, states, &id, error);
        if (code || id >= 0)
            return code;
        code = cav_pg_trial_state(store, scope, report->number, &state, &attempt, error);
        if (!code)
            code = cav_rule_report(report->number, report->attempt, state, attempt, error);
        if (code)
            return code;
    }
    return cav_fail(error, CAVIAR_BUSY, "trial %lld changed %d times in a row",
                    (long long)report->number, MOST_TRIES);
}
