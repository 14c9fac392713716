/**
 * sqlite_studies.c: studies in SQLite.
 */
#include "store/columns.h"
#include "store/rules.h"
#include "store/sqlite.h"

static caviar_code read_control(cav_sqlite *store, const char *word, cav_control *ret_control,
                                cav_error *error)
{
    caviar_code code = cav_sqlite_check_row(store, error);
    if (code)
        return code;
    return cav_sqlite_note_damage(store, cav_columns_read_control(word, ret_control, error), error);
}

static caviar_code fail_no_study(cav_error *error)
{
    return cav_fail(error, CAVIAR_NOT_FOUND, "the study is not in the store any more");
}

caviar_code cav_sqlite_need_study(cav_sqlite *store, int64_t id, cav_error *error)
{
    cav_control control;
    return cav_sqlite_study_control(&store->base, id, &control, NULL, error);
}

caviar_code cav_sqlite_study_add(cav_store *base, const char *name, const char *definition,
                                 int64_t *ret_id, cav_error *error)
{
    cav_sqlite *store = cav_sqlite_of(base);
    caviar_code code = cav_sqlite_begin(base, error);
    if (code)
        return code;
    sqlite3_stmt *statement;
    code = cav_sqlite_prepare(store, CAV_SQLITE_STUDY_ADD, &statement, error);
    if (code)
        return cav_sqlite_end(store, code, error);
    sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, definition, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 3, cav_clock_wall_ms(store->clock));
    int status = sqlite3_step(statement);
    int64_t id = sqlite3_last_insert_rowid(store->db);
    if ((status & 0xff) == SQLITE_CONSTRAINT)
        code = cav_fail(error, CAVIAR_EXISTS, "there is a study '%s' already", name);
    else if (status != SQLITE_DONE)
        code = cav_sqlite_fail(store, "adding a study", error);
    sqlite3_reset(statement);
    code = cav_sqlite_end(store, code, error);
    if (!code)
        *ret_id = id;
    return code;
}

static caviar_code visit_row(cav_sqlite *store, sqlite3_stmt *statement, cav_study_visitor *visit,
                             void *context, cav_error *error)
{
    cav_study_row row = {.id = sqlite3_column_int64(statement, 0),
                         .name = cav_sqlite_text(statement, 1),
                         .definition = cav_sqlite_text(statement, 2),
                         .created_ms = sqlite3_column_int64(statement, 4)};
    caviar_code code = read_control(store, cav_sqlite_text(statement, 3), &row.control, error);
    for (int state = 0; state < 6; state++)
        row.counts[state] = sqlite3_column_int64(statement, 5 + state);
    return code ? code : visit(context, &row, error);
}

// The counts by state are one pass over the trials of the study.
static const char read_sql[] =
    "SELECT id, name, definition, control, created_ms,"
    " (SELECT count(*) FROM trials WHERE study = id AND state = 'waiting'),"
    " (SELECT count(*) FROM trials WHERE study = id AND state = 'running'),"
    " (SELECT count(*) FROM trials WHERE study = id AND state = 'paused'),"
    " (SELECT count(*) FROM trials WHERE study = id AND state = 'complete'),"
    " (SELECT count(*) FROM trials WHERE study = id AND state = 'pruned'),"
    " (SELECT count(*) FROM trials WHERE study = id AND state = 'failed')"
    " FROM studies WHERE ?1 IS NULL OR name = ?1 ORDER BY name";

caviar_code cav_sqlite_study_read(cav_store *base, const char *name, cav_study_visitor *visit,
                                  void *context, cav_error *error)
{
    cav_sqlite *store = cav_sqlite_of(base);
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(store->db, read_sql, -1, &statement, NULL) != SQLITE_OK)
        return cav_sqlite_fail(store, "reading the studies", error);
    if (name)
        sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    caviar_code code = CAVIAR_OK;
    bool found = false;
    int status;
    while (!code && (status = sqlite3_step(statement)) != SQLITE_DONE) {
        found = true;
        code = status == SQLITE_ROW ? visit_row(store, statement, visit, context, error)
                                    : cav_sqlite_fail(store, "reading the studies", error);
    }
    sqlite3_finalize(statement);
    if (!code && name && !found)
        return cav_fail(error, CAVIAR_NOT_FOUND, "there is no study '%s' in %s", name, store->path);
    return code;
}

caviar_code cav_sqlite_study_set(cav_store *base, int64_t id, const char *definition,
                                 cav_control control, cav_error *error)
{
    cav_sqlite *store = cav_sqlite_of(base);
    caviar_code code = cav_sqlite_begin(base, error);
    if (code)
        return code;
    sqlite3_stmt *statement;
    code = cav_sqlite_prepare(store, CAV_SQLITE_STUDY_SET, &statement, error);
    if (code)
        return cav_sqlite_end(store, code, error);
    sqlite3_bind_int64(statement, 1, id);
    if (definition)
        sqlite3_bind_text(statement, 2, definition, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 3, cav_control_name(control), -1, SQLITE_STATIC);
    code = cav_sqlite_run(store, statement, "changing a study", error);
    if (!code && sqlite3_changes(store->db) == 0)
        code = fail_no_study(error);
    return cav_sqlite_end(store, code, error);
}

caviar_code cav_sqlite_study_control(cav_store *base, int64_t id, cav_control *ret_control,
                                     uint64_t *ret_revision, cav_error *error)
{
    cav_sqlite *store = cav_sqlite_of(base);
    sqlite3_stmt *statement;
    caviar_code code = cav_sqlite_prepare(store, CAV_SQLITE_STUDY_CONTROL, &statement, error);
    if (code)
        return code;
    sqlite3_bind_int64(statement, 1, id);
    int status = sqlite3_step(statement);
    if (status == SQLITE_ROW)
        code = read_control(store, cav_sqlite_text(statement, 0), ret_control, error);
    else if (status == SQLITE_DONE)
        code = fail_no_study(error);
    else
        code = cav_sqlite_fail(store, "reading a study", error);
    if (!code && ret_revision)
        *ret_revision = cav_rule_revision(cav_sqlite_text(statement, 1));
    sqlite3_reset(statement);
    return code;
}

caviar_code cav_sqlite_study_remove(cav_store *base, int64_t id, cav_error *error)
{
    cav_sqlite *store = cav_sqlite_of(base);
    caviar_code code = cav_sqlite_begin(base, error);
    if (code)
        return code;
    sqlite3_stmt *statement;
    code = cav_sqlite_prepare(store, CAV_SQLITE_STUDY_REMOVE, &statement, error);
    if (!code) {
        sqlite3_bind_int64(statement, 1, id);
        code = cav_sqlite_run(store, statement, "deleting a study", error);
    }
    if (!code && sqlite3_changes(store->db) == 0)
        code = fail_no_study(error);
    return cav_sqlite_end(store, code, error);
}
