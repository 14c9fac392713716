/**
 * sqlite_check.c: looking for damage: SQLite's own check of the file, and what Caviar expects of
 * its content.
 */
#include "store/sqlite.h"

#include "base/memory.h"

#include <string.h>

// Each answers a row of one text for each problem.
static const char *const questions[] = {
    "PRAGMA integrity_check(100)",
    "SELECT 'foreign key: ' || \"table\" FROM pragma_foreign_key_check",
    "SELECT 'study ' || name || ': the unknown control ' || control FROM studies "
    "WHERE control NOT IN ('run', 'pause', 'stop', 'cancel')",
    "SELECT 'study ' || name || ' counts ' || trials || ' trials, but has ' || "
    "(SELECT count(*) FROM trials WHERE study = id) FROM studies "
    "WHERE trials <> (SELECT count(*) FROM trials WHERE study = id)",
    "SELECT 'study ' || name || ': its trials are not numbered from 0 without a gap' FROM studies "
    "WHERE trials > 0 AND (trials - 1 <> (SELECT max(number) FROM trials WHERE study = id) OR "
    "0 <> (SELECT min(number) FROM trials WHERE study = id))",
    "SELECT 'study ' || name || ' counts ' || imported || ' imported trials, but has ' || "
    "(SELECT count(*) FROM trials t WHERE study = id AND t.imported = 1) FROM studies s "
    "WHERE imported <> (SELECT count(*) FROM trials t WHERE study = s.id AND t.imported = 1)",
    "SELECT 'study ' || name || ': the definition is not valid JSON' FROM studies "
    "WHERE NOT json_valid(definition)",
    "SELECT 'study ' || study || ', trial ' || number || ': the parameters are not valid JSON' "
    "FROM trials WHERE NOT json_valid(params)",
    "SELECT 'study ' || study || ', trial ' || number || ': the values are not valid JSON' "
    "FROM trials WHERE NOT json_valid(metrics)",
    "SELECT 'study ' || study || ', trial ' || number || ': unknown state ' || state FROM trials "
    "WHERE state NOT IN ('waiting', 'running', 'paused', 'complete', 'pruned', 'failed')",
    "SELECT 'study ' || study || ', trial ' || number || ': failed without a reason' FROM trials "
    "WHERE state = 'failed' AND reason = ''",
    "SELECT 'study ' || study || ', trial ' || number || ': changed after the last change' FROM "
    "trials WHERE change > (SELECT changes FROM studies WHERE id = study)",
    "SELECT 'study ' || study || ', trial ' || number || ': output of no trial' FROM outputs o "
    "WHERE NOT EXISTS (SELECT 1 FROM trials t WHERE t.study = o.study AND t.number = o.number)",
    "SELECT 'a report of study ' || study || ', trial ' || number || ' belongs to no trial' FROM "
    "reports r WHERE NOT EXISTS (SELECT 1 FROM trials t WHERE t.study = r.study AND "
    "t.number = r.number)",
    "SELECT 'study ' || study || ', report ' || id || ': the values are not valid JSON' "
    "FROM reports WHERE NOT json_valid(metrics)",
};

// Calls `found` with each text that a query answers, but for "ok", and with damage that ends it.
static caviar_code ask(cav_sqlite *store, const char *sql, cav_problem_visitor *found,
                       void *context, cav_error *error)
{
    sqlite3_stmt *statement = NULL;
    int status = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    while (status == SQLITE_OK && (status = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *text = cav_sqlite_text(statement, 0);
        if (text[0] && strcmp(text, "ok") != 0)
            found(context, text);
        status = SQLITE_OK;
    }
    caviar_code code = CAVIAR_OK;
    if (status != SQLITE_DONE) {
        cav_error fault = {0};
        code = cav_sqlite_fail(store, "checking", &fault);
        if (code == CAVIAR_CORRUPT)
            found(context, fault.message);
        else
            cav_fail(error, code, "%s", fault.message);
    }
    sqlite3_finalize(statement);
    return code;
}

caviar_code cav_sqlite_check(cav_store *base, cav_problem_visitor *found, void *context,
                             cav_error *error)
{
    cav_sqlite *store = cav_sqlite_of(base);
    caviar_code code = CAVIAR_OK;
    for (size_t i = 0; i < CAV_COUNT_OF(questions) && (!code || code == CAVIAR_CORRUPT); i++)
        code = ask(store, questions[i], found, context, error);
    return code == CAVIAR_CORRUPT ? CAVIAR_OK : code; // it was found, and said
}
