/**
 * sqlite_nudges.c: nudges: adding them, what became of them, and reading what is new.
 */
#include "store/sqlite.h"

#include "base/json.h"
#include "space/codec.h"
#include "store/columns.h"
#include "store/rules.h"

#include <stdlib.h>

static caviar_code run_insert(cav_sqlite *store, sqlite3_stmt *statement, int64_t *ret_id,
                              cav_error *error)
{
    caviar_code code = CAVIAR_OK;
    if (sqlite3_step(statement) == SQLITE_ROW)
        *ret_id = sqlite3_column_int64(statement, 0);
    else
        code = cav_sqlite_fail(store, "adding a nudge", error);
    if (sqlite3_reset(statement) != SQLITE_OK && !code)
        code = cav_sqlite_fail(store, "adding a nudge", error);
    sqlite3_clear_bindings(statement);
    return code;
}

static caviar_code insert(cav_sqlite *store, const cav_scope *scope, const cav_nudge *nudge,
                          int64_t *ret_id, cav_error *error)
{
    int64_t change = 0;
    sqlite3_stmt *statement;
    caviar_code code = cav_sqlite_next_change(store, scope, &change, error);
    if (!code)
        code = cav_sqlite_prepare(store, CAV_SQLITE_NUDGE_ADD, &statement, error);
    if (code)
        return code;
    cav_text params = {0};
    if (nudge->raw)
        cav_space_write(scope->space, nudge->raw, &(cav_json){.text = &params});
    else
        cav_text_append(&params, "{}");
    sqlite3_bind_int64(statement, 1, scope->study);
    sqlite3_bind_int64(statement, 2, nudge->number);
    sqlite3_bind_int64(statement, 3, change);
    cav_sqlite_bind_text(statement, 4, cav_nudge_kind_name(nudge->kind));
    cav_sqlite_bind_text(statement, 5, cav_nudge_state_name(nudge->state));
    sqlite3_bind_int64(statement, 6, nudge->step);
    sqlite3_bind_int64(statement, 7, nudge->target);
    cav_sqlite_bind_text(statement, 8, params.data);
    cav_sqlite_bind_text(statement, 9, nudge->author);
    cav_sqlite_bind_text(statement, 10, nudge->note);
    sqlite3_bind_int64(statement, 11, cav_clock_wall_ms(store->clock));
    code = params.failed ? cav_fail_memory(error) : run_insert(store, statement, ret_id, error);
    cav_text_free(&params);
    return code;
}

caviar_code cav_sqlite_nudge_add(cav_store *base, const cav_scope *scope, const cav_nudge *nudge,
                                 int64_t *ret_id, cav_error *error)
{
    cav_sqlite *store = cav_sqlite_of(base);
    caviar_state state;
    int64_t attempt, id = 0;
    caviar_code code = cav_sqlite_begin(base, error);
    if (code)
        return code;
    code = cav_sqlite_trial_state(store, scope, nudge->number, &state, &attempt, error);
    if (!code)
        code = cav_rule_nudge(nudge->number, state, error);
    if (!code)
        code = insert(store, scope, nudge, &id, error);
    code = cav_sqlite_end(store, code, error);
    if (!code)
        *ret_id = id;
    return code;
}

static caviar_code set(cav_sqlite *store, const cav_scope *scope, int64_t id, cav_nudge_state state,
                       int64_t step, cav_error *error)
{
    int64_t change = 0;
    sqlite3_stmt *statement;
    caviar_code code = cav_sqlite_next_change(store, scope, &change, error);
    if (!code)
        code = cav_sqlite_prepare(store, CAV_SQLITE_NUDGE_SET, &statement, error);
    if (code)
        return code;
    sqlite3_bind_int64(statement, 1, scope->study);
    sqlite3_bind_int64(statement, 2, id);
    cav_sqlite_bind_text(statement, 3, cav_nudge_state_name(state));
    sqlite3_bind_int64(statement, 4, step);
    sqlite3_bind_int64(statement, 5, change);
    sqlite3_bind_int64(statement, 6, cav_clock_wall_ms(store->clock));
    code = cav_sqlite_run(store, statement, "setting a nudge", error);
    if (!code && sqlite3_changes(store->db) == 0)
        code = cav_fail(error, CAVIAR_NOT_FOUND, "there is no nudge %lld", (long long)id);
    return code;
}

caviar_code cav_sqlite_nudge_set(cav_store *base, const cav_scope *scope, int64_t id,
                                 cav_nudge_state state, int64_t step, cav_error *error)
{
    caviar_code code = cav_sqlite_begin(base, error);
    if (code)
        return code;
    code = set(cav_sqlite_of(base), scope, id, state, step, error);
    return cav_sqlite_end(cav_sqlite_of(base), code, error);
}

static caviar_code visit_one(cav_sqlite *store, sqlite3_stmt *statement, const cav_scope *scope,
                             double *raw, cav_nudge_visitor *visit, void *context, cav_error *error)
{
    const char *kind_word = cav_sqlite_text(statement, 2), *params = cav_sqlite_text(statement, 6);
    const char *state_word = cav_sqlite_text(statement, 3);
    cav_nudge nudge = {.id = sqlite3_column_int64(statement, 0),
                       .number = sqlite3_column_int64(statement, 1),
                       .step = sqlite3_column_int64(statement, 4),
                       .target = sqlite3_column_int64(statement, 5),
                       .author = cav_sqlite_text(statement, 7),
                       .note = cav_sqlite_text(statement, 8),
                       .created_ms = sqlite3_column_int64(statement, 9),
                       .delivered_ms = sqlite3_column_int64(statement, 10)};
    caviar_code code = cav_sqlite_check_row(store, error);
    if (!code)
        code = cav_columns_read_nudge(kind_word, state_word, &nudge, error);
    if (!code && nudge.kind == CAV_NUDGE_CHANGE) {
        nudge.raw = raw;
        code = cav_columns_read_changes(scope->space, params, raw, error);
        if (code)
            cav_error_prefix(error, "nudge %lld", (long long)nudge.id);
    }
    if (code)
        return cav_sqlite_note_damage(store, code, error);
    return visit(context, &nudge, error);
}

caviar_code cav_sqlite_nudge_read(cav_store *base, const cav_scope *scope, int64_t *cursor,
                                  cav_nudge_visitor *visit, void *context, cav_error *error)
{
    cav_sqlite *store = cav_sqlite_of(base);
    sqlite3_stmt *statement;
    caviar_code code = cav_sqlite_prepare(store, CAV_SQLITE_NUDGE_READ, &statement, error);
    if (code)
        return code;
    sqlite3_bind_int64(statement, 1, scope->study);
    sqlite3_bind_int64(statement, 2, *cursor);
    int64_t last = *cursor;
    int status;
    double *raw = NULL;
    while (!code && (status = sqlite3_step(statement)) != SQLITE_DONE) {
        if (status == SQLITE_ROW && !raw)
            raw = calloc(scope->space->count + 1, sizeof *raw);
        if (status != SQLITE_ROW)
            code = cav_sqlite_fail(store, "reading nudges", error);
        else if (!raw)
            code = cav_fail_memory(error);
        else
            code = visit_one(store, statement, scope, raw, visit, context, error);
        last = sqlite3_column_int64(statement, 11);
    }
    sqlite3_reset(statement);
    free(raw);
    if (!code && last == *cursor)
        code = cav_sqlite_need_study(store, scope->study, error);
    if (!code)
        *cursor = last;
    return code;
}
