/**
 * postgresql_check.c: what `caviar doctor` asks: whether the tables say what Caviar expects of
 * them. The server looks after its files itself.
 */
#include "store/columns.h"
#include "store/postgresql.h"

#include "base/memory.h"

#define QUOTED(name, word) "'" word "', "

// Each answers a row of one text for each problem.
static const char *const questions[] = {
    "SELECT 'study ' || name || ': the unknown control ' || control FROM caviar_studies "
    "WHERE control NOT IN (" CAV_CONTROLS(QUOTED) "'')",
    "SELECT 'study ' || name || ' has no counters' FROM caviar_studies WHERE id NOT IN "
    "(SELECT study FROM caviar_counters)",
    "SELECT 'study ' || c.study || ' counts ' || c.trials || ' trials, but has ' || n.count || "
    "' of them, from ' || n.low || ' to ' || n.high FROM caviar_counters c, LATERAL "
    "(SELECT count(*) AS count, coalesce(min(number), 0) AS low, coalesce(max(number), -1) AS high "
    "FROM caviar_trials t WHERE t.study = c.study) n "
    "WHERE c.trials <> n.count OR n.low <> 0 OR n.high <> c.trials - 1",
    "SELECT 'study ' || c.study || ' counts ' || c.imported || "
    "' trials beside the budget, but has ' || "
    "n.count FROM caviar_counters c, LATERAL (SELECT count(*) AS count FROM caviar_trials t "
    "WHERE t.study = c.study AND t.imported = 1) n WHERE c.imported <> n.count",
    "SELECT 'study ' || study || ', trial ' || number || ': unknown state ' || state FROM "
    "caviar_trials WHERE state NOT IN (" CAVIAR_STATES(QUOTED) "'')",
    "SELECT 'study ' || study || ', trial ' || number || ': unknown reason ' || reason FROM "
    "caviar_trials WHERE reason NOT IN (" CAVIAR_REASONS(QUOTED) "'')",
    "SELECT 'study ' || study || ', trial ' || number || ': failed without a reason' FROM "
    "caviar_trials WHERE state = 'failed' AND reason = ''",
    "SELECT 'study ' || t.study || ', trial ' || t.number || ': belongs to no study, or changed "
    "after its last change' FROM caviar_trials t LEFT JOIN caviar_counters c ON c.study = t.study "
    "WHERE c.study IS NULL OR t.change > c.changes",
    "SELECT 'a report of study ' || study || ', trial ' || number || ' belongs to no trial' FROM "
    "caviar_reports r WHERE NOT EXISTS (SELECT 1 FROM caviar_trials t WHERE t.study = r.study AND "
    "t.number = r.number)",
    "SELECT 'study ' || study || ', nudge ' || id || ': belongs to no trial' FROM caviar_nudges n "
    "WHERE NOT EXISTS (SELECT 1 FROM caviar_trials t WHERE t.study = n.study AND "
    "t.number = n.number)",
    "SELECT 'study ' || study || ', nudge ' || id || ': unknown kind ' || kind FROM caviar_nudges "
    "WHERE kind NOT IN (" CAV_NUDGE_KINDS(QUOTED) "'')",
    "SELECT 'study ' || study || ', nudge ' || id || ': unknown state ' || state FROM "
    "caviar_nudges WHERE state NOT IN (" CAV_NUDGE_STATES(QUOTED) "'')",
};

#undef QUOTED

// Each answers rows of two texts: a place, and what must be a JSON object.
static const char *const objects[] = {
    "SELECT 'study ' || name || ': its definition', definition FROM caviar_studies",
    "SELECT 'study ' || study || ', trial ' || number || ': its parameters', params FROM "
    "caviar_trials",
    "SELECT 'study ' || study || ', trial ' || number || ': its values', metrics FROM "
    "caviar_trials",
    "SELECT 'study ' || study || ', report ' || id || ': its values', metrics FROM caviar_reports",
    "SELECT 'study ' || study || ', nudge ' || id || ': its changes', params FROM caviar_nudges",
};

static caviar_code ask(cav_pg *store, const char *sql, bool is_object, cav_problem_visitor *found,
                       void *context, cav_error *error)
{
    PGresult *result = cav_pg_execute(store, sql);
    caviar_code code = CAVIAR_OK;
    if (store->pq.PQresultStatus(result) != PGRES_TUPLES_OK)
        code = cav_pg_fail(store, result, error);
    for (int row = 0; !code && row < store->pq.PQntuples(result); row++) {
        const char *text = cav_pg_text(store, result, row, 0);
        if (is_object)
            cav_columns_check_object(text, cav_pg_text(store, result, row, 1), found, context);
        else
            found(context, text);
    }
    store->pq.PQclear(result);
    return code;
}

caviar_code cav_pg_check(cav_store *base, cav_problem_visitor *found, void *context,
                         cav_error *error)
{
    cav_pg *store = cav_pg_of(base);
    caviar_code code = CAVIAR_OK;
    for (size_t i = 0; i < CAV_COUNT_OF(questions) && !code; i++)
        code = ask(store, questions[i], false, found, context, error);
    for (size_t i = 0; i < CAV_COUNT_OF(objects) && !code; i++)
        code = ask(store, objects[i], true, found, context, error);
    return code;
}
