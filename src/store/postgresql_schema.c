/**
 * postgresql_schema.c: the tables, by version. What is in them is what the SQLite store has; the
 * counters stand apart from the studies, as they change with every write.
 */
#include "store/postgresql.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

// What makes version i + 1 out of version i. Never change an entry; add one.
static const char *const migrations[] = {
    "CREATE TABLE caviar_studies ("
    "  id BIGSERIAL PRIMARY KEY," // never the id of a study that was removed
    "  name TEXT NOT NULL UNIQUE,"
    "  definition TEXT NOT NULL," // a study file, as JSON
    "  control TEXT NOT NULL DEFAULT 'run',"
    "  created_ms BIGINT NOT NULL);"
    "CREATE TABLE caviar_counters (" // a row a study; whoever writes in it takes that row first
    "  study BIGINT PRIMARY KEY,"
    "  trials BIGINT NOT NULL DEFAULT 0,"   // how many there are: the next number
    "  imported BIGINT NOT NULL DEFAULT 0," // how many of them are beside the budget
    "  changes BIGINT NOT NULL DEFAULT 0,"  // counts changes of trials and nudges, for readers
    "  reports BIGINT NOT NULL DEFAULT 0,"
    "  nudges BIGINT NOT NULL DEFAULT 0) WITH (fillfactor = 10);"
    "CREATE TABLE caviar_trials ("
    "  study BIGINT NOT NULL,"
    "  number BIGINT NOT NULL,"
    "  change BIGINT NOT NULL," // of caviar_counters.changes, when it last changed
    "  state TEXT NOT NULL,"
    "  reason TEXT NOT NULL DEFAULT '',"
    "  attempt BIGINT NOT NULL,"
    "  failures BIGINT NOT NULL DEFAULT 0,"
    "  imported INTEGER NOT NULL DEFAULT 0,"
    "  distinct_key TEXT," // of its parameters, where no other such trial has these
    "  params TEXT NOT NULL,"
    "  metrics TEXT NOT NULL DEFAULT '{}',"
    "  step BIGINT NOT NULL DEFAULT -1,"
    "  origin TEXT NOT NULL DEFAULT '',"
    "  owner TEXT NOT NULL DEFAULT '',"
    "  created_ms BIGINT NOT NULL,"
    "  started_ms BIGINT NOT NULL DEFAULT 0,"
    "  finished_ms BIGINT NOT NULL DEFAULT 0,"
    "  lease_ms BIGINT NOT NULL DEFAULT 0,"
    "  message TEXT NOT NULL DEFAULT '',"
    "  output TEXT NOT NULL DEFAULT '',"
    "  can INTEGER NOT NULL DEFAULT 0,"
    "  checkpoints TEXT NOT NULL DEFAULT '',"
    "  parent BIGINT NOT NULL DEFAULT -1,"
    "  parent_step BIGINT NOT NULL DEFAULT -1,"
    "  seed_number BIGINT NOT NULL DEFAULT -1,"
    "  PRIMARY KEY (study, number));"
    "CREATE INDEX caviar_trials_by_change ON caviar_trials (study, change);"
    // those that have not ended are few: claims and heartbeats look at no others
    "CREATE INDEX caviar_trials_open ON caviar_trials (study, state, number) "
    "  WHERE state IN ('waiting', 'running', 'paused');"
    "CREATE UNIQUE INDEX caviar_trials_distinct ON caviar_trials (study, distinct_key) "
    "  WHERE distinct_key IS NOT NULL;"
    "CREATE TABLE caviar_reports ("
    "  study BIGINT NOT NULL,"
    "  id BIGINT NOT NULL," // grows, so a reader knows what is new
    "  number BIGINT NOT NULL,"
    "  attempt BIGINT NOT NULL,"
    "  step BIGINT NOT NULL,"
    "  time_ms BIGINT NOT NULL,"
    "  metrics TEXT NOT NULL,"
    "  PRIMARY KEY (study, id));"
    "CREATE INDEX caviar_reports_by_trial ON caviar_reports (study, number, id);"
    "CREATE TABLE caviar_nudges ("
    "  study BIGINT NOT NULL,"
    "  id BIGINT NOT NULL," // counts from 1
    "  number BIGINT NOT NULL,"
    "  change BIGINT NOT NULL,"
    "  kind TEXT NOT NULL,"
    "  state TEXT NOT NULL,"
    "  step BIGINT NOT NULL,"
    "  target BIGINT NOT NULL,"
    "  params TEXT NOT NULL,"
    "  author TEXT NOT NULL,"
    "  note TEXT NOT NULL,"
    "  created_ms BIGINT NOT NULL,"
    "  delivered_ms BIGINT NOT NULL DEFAULT 0,"
    "  PRIMARY KEY (study, id));"
    "CREATE INDEX caviar_nudges_by_change ON caviar_nudges (study, change);"
    "CREATE TABLE caviar_sessions (" // a row a connected process: see postgresql.h
    "  id TEXT PRIMARY KEY,"
    "  op BIGINT NOT NULL," // its latest write
    "  answer BIGINT,"      // and what that answered
    "  seen_ms BIGINT NOT NULL) WITH (fillfactor = 10);",
    // 2: what is read behind a place says so, CAV_PG_ROWS, and nothing else can use these indexes:
    // of a table that is new, and has no statistics yet, one is as good as another to the server,
    // and it went through all trials of a study to find one by its number
    "DROP INDEX caviar_trials_by_change;"
    "CREATE INDEX caviar_trials_by_change ON caviar_trials (study, change) WHERE change > 0;"
    "DROP INDEX caviar_nudges_by_change;"
    "CREATE INDEX caviar_nudges_by_change ON caviar_nudges (study, change) WHERE change > 0;",
    // 3
    "ALTER TABLE caviar_trials ADD COLUMN cpu_ms BIGINT NOT NULL DEFAULT 0;"
    "ALTER TABLE caviar_trials ADD COLUMN memory_bytes BIGINT NOT NULL DEFAULT 0;",
    // 4
    "CREATE INDEX caviar_trials_by_turn ON caviar_trials (study, failures, number) "
    "  WHERE state = 'waiting';",
};

enum { LATEST = CAV_COUNT_OF(migrations) };

static caviar_code execute(cav_pg *store, const char *sql, cav_error *error)
{
    PGresult *result = cav_pg_execute(store, sql);
    caviar_code code = store->pq.PQresultStatus(result) == PGRES_COMMAND_OK ||
                               store->pq.PQresultStatus(result) == PGRES_TUPLES_OK
                           ? CAVIAR_OK
                           : cav_pg_fail(store, result, error);
    store->pq.PQclear(result);
    return code;
}

// The version of the tables; 0 where there are none.
static caviar_code read_version(cav_pg *store, int64_t *ret_version, cav_error *error)
{
    PGresult *result = cav_pg_execute(store, "SELECT version FROM caviar_schema");
    const char *state = store->pq.PQresultErrorField(result, PG_DIAG_SQLSTATE);
    caviar_code code = CAVIAR_OK;
    if (store->pq.PQresultStatus(result) == PGRES_TUPLES_OK)
        *ret_version =
            store->pq.PQntuples(result) == 1 ? cav_pg_int(store, result, 0, 0) : INT64_C(0);
    else if (state && strcmp(state, "42P01") == 0)
        *ret_version = 0;
    else
        code = cav_pg_fail(store, result, error);
    store->pq.PQclear(result);
    return code;
}

static caviar_code check_version(const cav_pg *store, int64_t version, bool create,
                                 cav_error *error)
{
    if (version == 0 && !create)
        return cav_fail(error, CAVIAR_NOT_FOUND,
                        "%s has no tables of Caviar's; 'caviar run' makes them, --store names "
                        "another store",
                        store->place);
    if (version > LATEST)
        return cav_fail(error, CAVIAR_VERSION,
                        "%s was written by a newer Caviar (schema %lld; this one knows %d); use "
                        "that version, nothing was changed",
                        store->place, (long long)version, LATEST);
    return CAVIAR_OK;
}

// Within a transaction in which nobody else changes the schema.
static caviar_code migrate(cav_pg *store, bool create, cav_error *error)
{
    int64_t version = 0;
    char stamp[80];
    caviar_code code = execute(store,
                               "SET LOCAL synchronous_commit TO on;"
                               "SELECT pg_advisory_xact_lock(1130460737);" // "CavA"
                               "CREATE TABLE IF NOT EXISTS caviar_schema (version INTEGER)",
                               error);
    if (!code)
        code = read_version(store, &version, error); // somebody else may have been faster
    if (!code)
        code = check_version(store, version, create, error);
    for (int64_t at = version; at < LATEST && !code; at++)
        code = execute(store, migrations[at], error);
    snprintf(stamp, sizeof stamp,
             "DELETE FROM caviar_schema; INSERT INTO caviar_schema VALUES (%d)", LATEST);
    return code ? code : execute(store, stamp, error);
}

caviar_code cav_pg_prepare_schema(cav_pg *store, bool create, cav_error *error)
{
    int64_t version = 0;
    caviar_code code = read_version(store, &version, error);
    if (!code)
        code = check_version(store, version, create, error);
    if (code || version == LATEST)
        return code;
    code = execute(store, "BEGIN READ WRITE", error); // also for those who only look
    if (!code)
        code = migrate(store, create, error);
    caviar_code ended = execute(store, code ? "ROLLBACK" : "COMMIT", code ? NULL : error);
    code = code ? code : ended;
    if (code && version > 0)
        cav_error_prefix(error, "moving the store on from schema %lld to %d", (long long)version,
                         LATEST);
    return code;
}
