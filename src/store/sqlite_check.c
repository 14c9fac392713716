/**
 * sqlite_check.c: looking for damage: SQLite's own check of the file, and what Caviar expects of
 * its content.
 */
#include "store/columns.h"
#include "store/sqlite.h"

#include "base/memory.h"
#include "trial/nudge.h"

#include <string.h>

#define QUOTED(name, word) "'" word "', "

// Each answers a row of one text for each problem.
static const char *const questions[] = {
    "PRAGMA integrity_check(100)",
    "SELECT 'foreign key: ' || \"table\" FROM pragma_foreign_key_check",
    "SELECT 'study ' || name || ': the unknown control ' || control FROM studies "
    "WHERE control NOT IN (" CAV_CONTROLS(QUOTED) "'')",
    "SELECT 'study ' || name || ' counts ' || trials || ' trials, but has ' || "
    "(SELECT count(*) FROM trials WHERE study = id) FROM studies "
    "WHERE trials <> (SELECT count(*) FROM trials WHERE study = id)",
    "SELECT 'study ' || name || ': its trials are not numbered from 0 without a gap' FROM studies "
    "WHERE trials > 0 AND (trials - 1 <> (SELECT max(number) FROM trials WHERE study = id) OR "
    "0 <> (SELECT min(number) FROM trials WHERE study = id))",
    "SELECT 'study ' || name || ' counts ' || imported || ' trials beside the budget, but has ' || "
    "(SELECT count(*) FROM trials t WHERE study = id AND t.imported = 1) FROM studies s "
    "WHERE imported <> (SELECT count(*) FROM trials t WHERE study = s.id AND t.imported = 1)",
    "SELECT 'study ' || study || ', trial ' || number || ': unknown state ' || state FROM trials "
    "WHERE state NOT IN (" CAVIAR_STATES(QUOTED) "'')",
    "SELECT 'study ' || study || ', trial ' || number || ': unknown reason ' || reason FROM trials "
    "WHERE reason NOT IN (" CAVIAR_REASONS(QUOTED) "'')",
    "SELECT 'study ' || study || ', trial ' || number || ': failed without a reason' FROM trials "
    "WHERE state = 'failed' AND reason = ''",
    "SELECT 'study ' || study || ', trial ' || number || ': changed after the last change' FROM "
    "trials WHERE change > (SELECT changes FROM studies WHERE id = study)",
    "SELECT 'study ' || study || ', trial ' || number || ': output of no trial' FROM outputs o "
    "WHERE NOT EXISTS (SELECT 1 FROM trials t WHERE t.study = o.study AND t.number = o.number)",
    "SELECT 'a report of study ' || study || ', trial ' || number || ' belongs to no trial' FROM "
    "reports r WHERE NOT EXISTS (SELECT 1 FROM trials t WHERE t.study = r.study AND "
    "t.number = r.number)",
    "SELECT 'study ' || study || ', nudge ' || id || ': belongs to no trial' FROM nudges n "
    "WHERE NOT EXISTS (SELECT 1 FROM trials t WHERE t.study = n.study AND t.number = n.number)",
    "SELECT 'study ' || study || ', nudge ' || id || ': unknown kind ' || kind FROM nudges "
    "WHERE kind NOT IN (" CAV_NUDGE_KINDS(QUOTED) "'')",
    "SELECT 'study ' || study || ', nudge ' || id || ': unknown state ' || state FROM nudges "
    "WHERE state NOT IN (" CAV_NUDGE_STATES(QUOTED) "'')",
};

#undef QUOTED

// Each answers rows of two texts: a place, and what must be a JSON object.
static const char *const objects[] = {
    "SELECT 'study ' || name || ': its definition', definition FROM studies",
    "SELECT 'study ' || study || ', trial ' || number || ': its parameters', params FROM trials",
    "SELECT 'study ' || study || ', trial ' || number || ': its values', metrics FROM trials",
    "SELECT 'study ' || study || ', report ' || id || ': its values', metrics FROM reports",
    "SELECT 'study ' || study || ', nudge ' || id || ': its changes', params FROM nudges",
};

// Calls `found` with each text that a query answers, but for "ok", and with damage that ends it.
static caviar_code ask(cav_sqlite *store, const char *sql, cav_problem_visitor *found,
                       void *context, cav_error *error)
{
    sqlite3_stmt *statement = NULL;
    int status = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    while (status == SQLITE_OK && (status = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *text = cav_sqlite_text(statement, 0);
        if (sqlite3_column_count(statement) == 2)
            cav_columns_check_object(text, cav_sqlite_text(statement, 1), found, context);
        else if (text[0] && strcmp(text, "ok") != 0)
            found(context, text);
        status = SQLITE_OK;
    }
    caviar_code code = CAVIAR_OK;
    if (status != SQLITE_DONE) {
        cav_error fault = {0};
        code = cav_sqlite_fail(store, "checking", &fault);
        if (code == CAVIAR_CORRUPT || code == CAVIAR_INVALID) {
            found(context, fault.message);
            code = CAVIAR_OK;
        } else {
            cav_fail(error, code, "%s", fault.message);
        }
    }
    sqlite3_finalize(statement);
    return code;
}

// Are all tables and indices there that the store works with?
static caviar_code try_statements(cav_sqlite *store, cav_problem_visitor *found, void *context,
                                  cav_error *error)
{
    for (int i = 0; i < CAV_SQLITE_STATEMENT_COUNT; i++) {
        sqlite3_stmt *statement;
        cav_error fault = {0};
        caviar_code code = cav_sqlite_prepare(store, (cav_sqlite_statement)i, &statement, &fault);
        if (code == CAVIAR_NOMEM)
            return cav_fail_memory(error);
        if (code)
            found(context, fault.message);
    }
    return CAVIAR_OK;
}

caviar_code cav_sqlite_check(cav_store *base, cav_problem_visitor *found, void *context,
                             cav_error *error)
{
    cav_sqlite *store = cav_sqlite_of(base);
    caviar_code code = try_statements(store, found, context, error);
    for (size_t i = 0; i < CAV_COUNT_OF(questions) && !code; i++)
        code = ask(store, questions[i], found, context, error);
    for (size_t i = 0; i < CAV_COUNT_OF(objects) && !code; i++)
        code = ask(store, objects[i], found, context, error);
    return code;
}
