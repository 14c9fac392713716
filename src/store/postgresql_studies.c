/**
 * postgresql_studies.c: studies in PostgreSQL.
 *
 * Whoever runs a study asks several times a second what the people who look after it want. The
 * server tells of a change (LISTEN, NOTIFY), so the answer is read again only then, and once in a
 * while, should a word have been lost.
 */
#include "store/columns.h"
#include "store/postgresql.h"
#include "store/rules.h"

#include "trial/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_TRUST_MS = 5000 }; // that nothing was told means nothing has changed

caviar_code cav_pg_fail_no_study(cav_error *error)
{
    return cav_fail(error, CAVIAR_NOT_FOUND, "the study is not in the store any more");
}

caviar_code cav_pg_need_study(cav_pg *store, int64_t id, cav_error *error)
{
    cav_pg_call call;
    PGresult *result;
    cav_pg_call_begin(&call, CAV_PG_NUMBERS);
    cav_pg_add_int(&call, id);
    caviar_code code = cav_pg_read(store, &call, id, &result, error);
    if (code)
        return code;
    bool found = store->pq.PQntuples(result) > 0;
    store->pq.PQclear(result);
    return found ? CAVIAR_OK : cav_pg_fail_no_study(error);
}

caviar_code cav_pg_study_add(cav_store *base, const char *name, const char *definition,
                             int64_t *ret_id, cav_error *error)
{
    cav_pg *store = cav_pg_of(base);
    cav_pg_call call;
    int64_t id = -1;
    cav_pg_write_begin(store, &call, CAV_PG_STUDY_ADD);
    cav_pg_add_now(store, &call);
    cav_pg_add_text(&call, name);
    cav_pg_add_text(&call, definition);
    caviar_code code = cav_pg_write(store, &call, -1, &id, error);
    if (!code && id < 0)
        return cav_fail(error, CAVIAR_EXISTS, "there is a study '%s' already", name);
    if (!code)
        *ret_id = id;
    return code;
}

// Trials by state, of the row's study, out of the counts of all.
static void take_counts(const cav_pg *store, const PGresult *counts, cav_study_row *row)
{
    for (int i = 0; i < store->pq.PQntuples(counts); i++) {
        cav_record state = {0};
        if (cav_pg_int(store, counts, i, 0) == row->id &&
            !cav_columns_read_state(cav_pg_text(store, counts, i, 1), "", &state, NULL))
            row->counts[state.state] = cav_pg_int(store, counts, i, 2);
    }
}

static caviar_code visit_studies(cav_pg *store, const PGresult *studies, const PGresult *counts,
                                 cav_study_visitor *visit, void *context, cav_error *error)
{
    caviar_code code = CAVIAR_OK;
    for (int i = 0; i < store->pq.PQntuples(studies) && !code; i++) {
        cav_study_row row = {.id = cav_pg_int(store, studies, i, 0),
                             .name = cav_pg_text(store, studies, i, 1),
                             .definition = cav_pg_text(store, studies, i, 2),
                             .created_ms = cav_pg_int(store, studies, i, 4)};
        code = cav_columns_read_control(cav_pg_text(store, studies, i, 3), &row.control, error);
        take_counts(store, counts, &row);
        if (!code)
            code = visit(context, &row, error);
    }
    return code;
}

caviar_code cav_pg_study_read(cav_store *base, const char *name, cav_study_visitor *visit,
                              void *context, cav_error *error)
{
    cav_pg *store = cav_pg_of(base);
    cav_pg_call call;
    PGresult *studies = NULL, *counts = NULL;
    cav_pg_call_begin(&call, CAV_PG_STUDY_READ);
    cav_pg_add_text(&call, name);
    caviar_code code = cav_pg_read(store, &call, -1, &studies, error);
    call.statement = CAV_PG_STUDY_COUNTS;
    if (!code)
        code = cav_pg_read(store, &call, -1, &counts, error);
    if (!code && name && store->pq.PQntuples(studies) == 0)
        code =
            cav_fail(error, CAVIAR_NOT_FOUND, "there is no study '%s' in %s", name, store->place);
    if (!code)
        code = visit_studies(store, studies, counts, visit, context, error);
    store->pq.PQclear(studies);
    store->pq.PQclear(counts);
    return code;
}

caviar_code cav_pg_study_set(cav_store *base, int64_t id, const char *definition,
                             cav_control control, cav_error *error)
{
    cav_pg *store = cav_pg_of(base);
    cav_pg_call call;
    int64_t found = -1;
    cav_pg_write_begin(store, &call, CAV_PG_STUDY_SET);
    cav_pg_add_int(&call, id);
    cav_pg_add_text(&call, definition);
    cav_pg_add_text(&call, cav_control_name(control));
    store->knows_control = false;
    caviar_code code = cav_pg_write(store, &call, id, &found, error);
    return code || found >= 0 ? code : cav_pg_fail_no_study(error);
}

// Listens before it reads, so that no change falls in between.
static void listen_to(cav_pg *store, int64_t id)
{
    char sql[64];
    if (store->listens == id || !store->connection || store->depth > 0)
        return;
    snprintf(sql, sizeof sql, "UNLISTEN *; LISTEN caviar_%lld", (long long)id);
    PGresult *result = cav_pg_execute(store, sql);
    bool done = store->pq.PQresultStatus(result) == PGRES_COMMAND_OK;
    store->listens = done ? id : -1; // where that cannot be, it is read each time
    store->pq.PQclear(result);
}

static caviar_code read_control(cav_pg *store, int64_t id, cav_error *error)
{
    cav_pg_call call;
    PGresult *result;
    cav_pg_call_begin(&call, CAV_PG_STUDY_CONTROL);
    cav_pg_add_int(&call, id);
    caviar_code code = cav_pg_read(store, &call, -1, &result, error);
    if (code)
        return code;
    code = store->pq.PQntuples(result) == 0
               ? cav_pg_fail_no_study(error)
               : cav_columns_read_control(cav_pg_text(store, result, 0, 0), &store->control, error);
    if (!code)
        store->revision = cav_rule_revision(cav_pg_text(store, result, 0, 1));
    store->pq.PQclear(result);
    return code;
}

caviar_code cav_pg_study_control(cav_store *base, int64_t id, cav_control *ret_control,
                                 uint64_t *ret_revision, cav_error *error)
{
    cav_pg *store = cav_pg_of(base);
    int64_t now = cav_pg_now_ms();
    caviar_code code = CAVIAR_OK;
    cav_pg_hear(store);
    bool knows =
        store->knows_control && store->listens == id && now - store->control_ms < LONGEST_TRUST_MS;
    if (!knows) {
        listen_to(store, id);
        code = read_control(store, id, error);
        store->knows_control = !code && store->listens == id;
        store->control_ms = now;
    }
    if (code)
        return code;
    *ret_control = store->control;
    if (ret_revision)
        *ret_revision = store->revision;
    return CAVIAR_OK;
}

caviar_code cav_pg_study_remove(cav_store *base, int64_t id, cav_error *error)
{
    cav_pg *store = cav_pg_of(base);
    cav_pg_call call;
    int64_t found = -1;
    // in a group, as its counters are to be held before anything is looked for
    caviar_code code = cav_pg_begin(base, error);
    if (code)
        return code;
    cav_pg_write_begin(store, &call, CAV_PG_STUDY_REMOVE);
    cav_pg_add_int(&call, id);
    code = cav_pg_write(store, &call, id, &found, error);
    caviar_code committed = cav_pg_commit(base, code ? NULL : error);
    code = code ? code : committed;
    return code || found >= 0 ? code : cav_pg_fail_no_study(error);
}
