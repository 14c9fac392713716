/**
 * sqlite_schema.c: the tables of a store file, by version.
 *
 * The file carries Caviar's application id and the version of its schema. An older version is
 * moved on, step by step, in one transaction; a newer one is refused, since writing to it might
 * lose what this program knows nothing of.
 */
#include "store/sqlite.h"

#include "base/memory.h"

#include <stdio.h>

enum { APPLICATION_ID = 0x43617641 }; // "CavA"

// What makes version i + 1 out of version i. Never change an entry; add one.
static const char *const migrations[] = {
    // 1
    "CREATE TABLE studies ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT," // never the id of a study that was removed
    "  name TEXT NOT NULL UNIQUE,"
    "  definition TEXT NOT NULL," // a study file, as JSON
    "  control TEXT NOT NULL DEFAULT 'run',"
    "  created_ms INTEGER NOT NULL,"
    "  trials INTEGER NOT NULL DEFAULT 0,"   // how many there are: the next number
    "  imported INTEGER NOT NULL DEFAULT 0," // how many of them are beside the budget
    "  changes INTEGER NOT NULL DEFAULT 0"   // counts changes of trials, for readers
    ") STRICT;"
    "CREATE TABLE trials ("
    "  study INTEGER NOT NULL REFERENCES studies (id) ON DELETE CASCADE,"
    "  number INTEGER NOT NULL,"
    "  change INTEGER NOT NULL," // of studies.changes, when it last changed
    "  state TEXT NOT NULL,"
    "  reason TEXT NOT NULL DEFAULT '',"
    "  attempt INTEGER NOT NULL,"
    "  failures INTEGER NOT NULL DEFAULT 0,"
    "  imported INTEGER NOT NULL DEFAULT 0,"
    "  is_distinct INTEGER NOT NULL DEFAULT 0," // no other such trial has its parameters
    "  params TEXT NOT NULL,"                   // JSON object
    "  metrics TEXT NOT NULL DEFAULT '{}',"     // JSON object of final values
    "  step INTEGER NOT NULL DEFAULT -1,"
    "  origin TEXT NOT NULL DEFAULT '',"
    "  owner TEXT NOT NULL DEFAULT '',"
    "  created_ms INTEGER NOT NULL,"
    "  started_ms INTEGER NOT NULL DEFAULT 0,"
    "  finished_ms INTEGER NOT NULL DEFAULT 0,"
    "  lease_ms INTEGER NOT NULL DEFAULT 0,"
    "  message TEXT NOT NULL DEFAULT '',"
    "  PRIMARY KEY (study, number)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX trials_by_change ON trials (study, change);"
    "CREATE INDEX trials_by_state ON trials (study, state);"
    "CREATE UNIQUE INDEX trials_distinct ON trials (study, params) WHERE is_distinct = 1;"
    "CREATE TABLE outputs (" // the end of what a trial printed
    "  study INTEGER NOT NULL REFERENCES studies (id) ON DELETE CASCADE,"
    "  number INTEGER NOT NULL,"
    "  output TEXT NOT NULL,"
    "  PRIMARY KEY (study, number)"
    ") STRICT;"
    "CREATE TABLE reports ("
    "  study INTEGER NOT NULL REFERENCES studies (id) ON DELETE CASCADE,"
    "  id INTEGER NOT NULL," // counts from 1, so a reader knows what is new
    "  number INTEGER NOT NULL,"
    "  attempt INTEGER NOT NULL,"
    "  step INTEGER NOT NULL,"
    "  time_ms INTEGER NOT NULL,"
    "  metrics TEXT NOT NULL," // JSON object
    "  PRIMARY KEY (study, id)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX reports_by_trial ON reports (study, number);",
    // 2
    "ALTER TABLE trials ADD COLUMN can INTEGER NOT NULL DEFAULT 0;"       // bits; see cav_record
    "ALTER TABLE trials ADD COLUMN checkpoints TEXT NOT NULL DEFAULT '';" // JSON array of steps
    "ALTER TABLE trials ADD COLUMN parent INTEGER NOT NULL DEFAULT -1;"
    "ALTER TABLE trials ADD COLUMN parent_step INTEGER NOT NULL DEFAULT -1;"
    "ALTER TABLE trials ADD COLUMN seed_number INTEGER NOT NULL DEFAULT -1;"
    "CREATE TABLE nudges ("
    "  study INTEGER NOT NULL REFERENCES studies (id) ON DELETE CASCADE,"
    "  id INTEGER NOT NULL," // counts from 1
    "  number INTEGER NOT NULL,"
    "  change INTEGER NOT NULL," // of studies.changes, when it last changed
    "  kind TEXT NOT NULL,"
    "  state TEXT NOT NULL,"
    "  step INTEGER NOT NULL,"   // of the report that delivers it; -1: the next one
    "  target INTEGER NOT NULL," // of a rollback
    "  params TEXT NOT NULL,"    // JSON object of what a change sets
    "  author TEXT NOT NULL,"
    "  note TEXT NOT NULL,"
    "  created_ms INTEGER NOT NULL,"
    "  delivered_ms INTEGER NOT NULL DEFAULT 0,"
    "  PRIMARY KEY (study, id)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX nudges_by_change ON nudges (study, change);",
    // 3
    ("ALTER TABLE trials ADD COLUMN cpu_ms INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE trials ADD COLUMN memory_bytes INTEGER NOT NULL DEFAULT 0;"),
    // 4
    "CREATE INDEX trials_by_turn ON trials (study, failures, number) WHERE state = 'waiting';",
};

enum { LATEST = CAV_COUNT_OF(migrations) };

typedef struct header {
    int application, version, tables;
} header;

// One statement, so that nobody makes the tables between one answer and the next.
static const char header_sql[] =
    "SELECT (SELECT application_id FROM pragma_application_id),"
    " (SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)";

static caviar_code read_header(cav_sqlite *store, header *ret_header, cav_error *error)
{
    sqlite3_stmt *statement = NULL;
    caviar_code code = CAVIAR_OK;
    if (sqlite3_prepare_v2(store->db, header_sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        *ret_header = (header){sqlite3_column_int(statement, 0), sqlite3_column_int(statement, 1),
                               sqlite3_column_int(statement, 2)};
    else
        code = cav_sqlite_fail(store, "opening", error);
    sqlite3_finalize(statement);
    return code;
}

static caviar_code check_header(cav_sqlite *store, const header *found, bool create,
                                cav_error *error)
{
    bool is_empty = found->application == 0 && found->version == 0 && found->tables == 0;
    if (is_empty && create)
        return CAVIAR_OK;
    if (is_empty)
        return cav_fail(error, CAVIAR_NOT_FOUND, "the store at '%s' is empty", store->path);
    if (found->application != APPLICATION_ID)
        return cav_fail(error, CAVIAR_INVALID,
                        "'%s' is an SQLite file of another program; name another file with --store",
                        store->path);
    if (found->version > LATEST)
        return cav_fail(error, CAVIAR_VERSION,
                        "'%s' was written by a newer Caviar (schema %d; this one knows %d); use "
                        "that version, nothing was changed",
                        store->path, found->version, LATEST);
    if (found->version < 1)
        return cav_sqlite_fail_damaged(store, error, "its schema has the version %d",
                                       found->version);
    return CAVIAR_OK;
}

static caviar_code apply(cav_sqlite *store, int version, cav_error *error)
{
    char stamp[96];
    snprintf(stamp, sizeof stamp, "PRAGMA application_id = %d; PRAGMA user_version = %d;",
             APPLICATION_ID, version + 1);
    bool done = sqlite3_exec(store->db, migrations[version], NULL, NULL, NULL) == SQLITE_OK &&
                sqlite3_exec(store->db, stamp, NULL, NULL, NULL) == SQLITE_OK;
    return done ? CAVIAR_OK : cav_sqlite_fail(store, "making the tables", error);
}

static caviar_code migrate(cav_sqlite *store, bool create, cav_error *error)
{
    header found = {0};
    caviar_code code = cav_sqlite_begin(&store->base, error);
    if (code)
        return code;
    code = read_header(store, &found, error); // somebody else may have been faster
    if (!code)
        code = check_header(store, &found, create, error);
    for (int version = found.version; version < LATEST && !code; version++)
        code = apply(store, version, error);
    return cav_sqlite_end(store, code, error);
}

caviar_code cav_sqlite_prepare_schema(cav_sqlite *store, bool create, cav_error *error)
{
    header found = {0};
    caviar_code code = read_header(store, &found, error);
    if (!code)
        code = check_header(store, &found, create, error);
    if (code || found.version == LATEST)
        return code;
    code = migrate(store, create, error);
    if (code && found.version > 0)
        cav_error_prefix(error, "moving the store on from schema %d to %d", found.version, LATEST);
    return code;
}
