/**
 * postgresql_nudges.c: nudges: adding them, what became of them, and reading what is new.
 */
#include "store/columns.h"
#include "store/postgresql.h"

#include "base/json.h"
#include "space/codec.h"
#include "store/rules.h"
#include "trial/state.h"

#include <stdlib.h>
#include <string.h>

// The states of a trial that rules.c lets be nudged, as an array.
static void append_states(int64_t number, cav_text *states)
{
    for (int state = 0; caviar_state_name((caviar_state)state)[0]; state++)
        if (!cav_rule_nudge(number, (caviar_state)state, NULL))
            cav_text_appendf(states, "%s%s", states->size ? "," : "{",
                             caviar_state_name((caviar_state)state));
    cav_text_append(states, "}");
}

static caviar_code insert(cav_pg *store, const cav_scope *scope, const cav_nudge *nudge,
                          int64_t *ret_id, cav_error *error)
{
    cav_pg_call call;
    cav_text params = {0}, states = {0};
    append_states(nudge->number, &states);
    if (nudge->raw)
        cav_space_write(scope->space, nudge->raw, &(cav_json){.text = &params});
    else
        cav_text_append(&params, "{}");
    cav_pg_change_begin(store, &call, CAV_PG_NUDGE_ADD, scope->study);
    cav_pg_add_int(&call, nudge->number);
    cav_pg_add_text(&call, states.data);
    cav_pg_add_text(&call, cav_nudge_kind_name(nudge->kind));
    cav_pg_add_text(&call, cav_nudge_state_name(nudge->state));
    cav_pg_add_int(&call, nudge->step);
    cav_pg_add_int(&call, nudge->target);
    cav_pg_add_text(&call, params.data);
    cav_pg_add_words(&call, nudge->author);
    cav_pg_add_words(&call, nudge->note);
    caviar_code code = params.failed || states.failed
                           ? cav_fail_memory(error)
                           : cav_pg_write(store, &call, scope->study, ret_id, error);
    cav_text_free(&params);
    cav_text_free(&states);
    return code;
}

caviar_code cav_pg_nudge_add(cav_store *base, const cav_scope *scope, const cav_nudge *nudge,
                             int64_t *ret_id, cav_error *error)
{
    cav_pg *store = cav_pg_of(base);
    int64_t id = -1, attempt;
    caviar_state state;
    caviar_code code = insert(store, scope, nudge, &id, error);
    if (code)
        return code;
    if (id >= 0) {
        *ret_id = id;
        return CAVIAR_OK;
    }
    code = cav_pg_trial_state(store, scope, nudge->number, &state, &attempt, error);
    if (!code)
        code = cav_rule_nudge(nudge->number, state, error);
    return code ? code
                : cav_fail(error, CAVIAR_BUSY, "trial %lld has just changed; try again",
                           (long long)nudge->number);
}

caviar_code cav_pg_nudge_set(cav_store *base, const cav_scope *scope, int64_t id,
                             cav_nudge_state state, int64_t step, cav_error *error)
{
    cav_pg *store = cav_pg_of(base);
    cav_pg_call call;
    int64_t found = -1;
    cav_pg_change_begin(store, &call, CAV_PG_NUDGE_SET, scope->study);
    cav_pg_add_int(&call, id);
    cav_pg_add_text(&call, cav_nudge_state_name(state));
    cav_pg_add_int(&call, step);
    caviar_code code = cav_pg_write(store, &call, scope->study, &found, error);
    if (code || found >= 0)
        return code;
    code = cav_pg_need_study(store, scope->study, error);
    return code ? code : cav_fail(error, CAVIAR_NOT_FOUND, "there is no nudge %lld", (long long)id);
}

static caviar_code visit_one(const cav_pg *store, const PGresult *result, int row,
                             const cav_scope *scope, double *raw, cav_nudge_visitor *visit,
                             void *context, cav_error *error)
{
    cav_nudge nudge = {.id = cav_pg_int(store, result, row, 0),
                       .number = cav_pg_int(store, result, row, 1),
                       .step = cav_pg_int(store, result, row, 4),
                       .target = cav_pg_int(store, result, row, 5),
                       .author = cav_pg_text(store, result, row, 7),
                       .note = cav_pg_text(store, result, row, 8),
                       .created_ms = cav_pg_int(store, result, row, 9),
                       .delivered_ms = cav_pg_int(store, result, row, 10)};
    caviar_code code = cav_columns_read_nudge(cav_pg_text(store, result, row, 2),
                                              cav_pg_text(store, result, row, 3), &nudge, error);
    if (!code && nudge.kind == CAV_NUDGE_CHANGE) {
        nudge.raw = raw;
        code =
            cav_columns_read_changes(scope->space, cav_pg_text(store, result, row, 6), raw, error);
    }
    if (code) {
        cav_error_prefix(error, "%s: nudge %lld", store->place, (long long)nudge.id);
        return code;
    }
    return visit(context, &nudge, error);
}

typedef struct nudge_reader {
    const cav_scope *scope;
    double *raw;
    cav_nudge_visitor *visit;
    void *context;
} nudge_reader;

static caviar_code visit_row(void *context, const cav_pg *store, const PGresult *result, int row,
                             int64_t *ret_place, cav_error *error)
{
    const nudge_reader *at = context;
    *ret_place = cav_pg_int(store, result, row, 11);
    return visit_one(store, result, row, at->scope, at->raw, at->visit, at->context, error);
}

caviar_code cav_pg_nudge_read(cav_store *base, const cav_scope *scope, int64_t *cursor,
                              cav_nudge_visitor *visit, void *context, cav_error *error)
{
    cav_pg *store = cav_pg_of(base);
    nudge_reader reader = {.scope = scope, .visit = visit, .context = context};
    if (store->knows_no_nudges && scope->study == store->nudge_study &&
        *cursor == store->nudge_place) {
        store->knows_no_nudges = false; // who asks again wants to know what is new by now
        return CAVIAR_OK;
    }
    reader.raw = calloc(scope->space->count + 1, sizeof *reader.raw);
    if (!reader.raw)
        return cav_fail_memory(error);
    cav_pg_reading reading = {.statement = CAV_PG_NUDGE_READ,
                              .further = CAV_PG_NUDGE_READ_ON,
                              .study = scope->study,
                              .number = -1,
                              .place = 11,
                              .visit = visit_row,
                              .context = &reader};
    caviar_code code = cav_pg_read_on(store, &reading, cursor, error);
    if (!code) {
        store->nudge_study = scope->study;
        store->nudge_place = *cursor;
    }
    free(reader.raw);
    return code;
}
