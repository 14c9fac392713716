/**
 * sqlite.c: the store in one file: opening, transactions, syncing.
 *
 * The file is in WAL mode, so readers and the one writer at a time do not block each other. A
 * commit writes to the log and returns without a sync: that survives the process being killed. To
 * survive a power cut the log is synced by cav_store_sync, outside of the write lock, so that
 * several processes, and several results of one process, share one sync of the disk.
 *
 * Waiting for the write lock is done here rather than by SQLite's own busy handler, whose pauses
 * grow so long that among sixteen processes the unluckiest waits for seconds.
 */
#include "store/sqlite.h"

#include "base/memory.h"
#include "base/random.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    LONGEST_WAIT_MS = 60000, // for the write lock
    SHORTEST_NAP_US = 500,
    LONGEST_NAP_US = 8000,
};

static bool owns(const char *location)
{
    return strncmp(location, "sqlite:", 7) == 0 ||
           (location[0] && strcmp(location, "memory:") != 0 && !strstr(location, "://"));
}

// sqlite:///relative.db and sqlite:////absolute.db, as elsewhere, or a plain path.
static const char *path_of(const char *location)
{
    if (strncmp(location, "sqlite:///", 10) == 0)
        return location + 10;
    return strncmp(location, "sqlite:", 7) == 0 ? location + 7 : location;
}

static caviar_code code_of(int status)
{
    switch (status & 0xff) {
    case SQLITE_NOMEM:
        return CAVIAR_NOMEM;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return CAVIAR_BUSY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return CAVIAR_CORRUPT;
    default:
        return CAVIAR_IO;
    }
}

static const char *advice_for(int status)
{
    switch (status & 0xff) {
    case SQLITE_CORRUPT:
        return "; the file is damaged and nothing more is written to it: 'caviar doctor' says what "
               "is left";
    case SQLITE_NOTADB:
        return "; this is no store of Caviar's";
    case SQLITE_FULL:
        return "; the disk is full: make room and run again, nothing recorded is lost";
    case SQLITE_BUSY:
        return "; another process holds it for over a minute";
    case SQLITE_READONLY:
        return "; the file or its folder cannot be written to";
    default:
        return "";
    }
}

caviar_code cav_sqlite_fail(cav_sqlite *store, const char *what, cav_error *error)
{
    int status = sqlite3_extended_errcode(store->db);
    if (code_of(status) == CAVIAR_CORRUPT)
        store->is_damaged = true;
    if (code_of(status) == CAVIAR_NOMEM)
        return cav_fail_memory(error);
    return cav_fail(error, code_of(status), "%s: %s: %s%s", store->path, what,
                    sqlite3_errmsg(store->db), advice_for(status));
}

caviar_code cav_sqlite_prepare(cav_sqlite *store, cav_sqlite_statement which,
                               sqlite3_stmt **ret_statement, cav_error *error)
{
    static const char *const texts[] = {
#define X(name, sql) sql,
        CAV_SQLITE_STATEMENTS(X)
#undef X
    };
    sqlite3_stmt **statement = &store->statements[which];
    if (!*statement && sqlite3_prepare_v3(store->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT,
                                          statement, NULL) != SQLITE_OK)
        return cav_sqlite_fail(store, "preparing a statement", error);
    sqlite3_reset(*statement);
    sqlite3_clear_bindings(*statement);
    *ret_statement = *statement;
    return CAVIAR_OK;
}

caviar_code cav_sqlite_run(cav_sqlite *store, sqlite3_stmt *statement, const char *what,
                           cav_error *error)
{
    int status = sqlite3_step(statement);
    caviar_code code = status == SQLITE_ROW || status == SQLITE_DONE
                           ? CAVIAR_OK
                           : cav_sqlite_fail(store, what, error);
    sqlite3_reset(statement);
    return code;
}

// Naps a random while, longer from time to time; SQLite then tries again.
static int wait_for_lock(void *context, int count)
{
    cav_sqlite *store = context;
    store->waits = cav_mix64(store->waits + 0x9e3779b97f4a7c15u);
    int longest = SHORTEST_NAP_US * (1 + count / 4);
    if (longest > LONGEST_NAP_US)
        longest = LONGEST_NAP_US;
    usleep((useconds_t)(SHORTEST_NAP_US + (int)(store->waits % (uint64_t)longest)));
    return count < LONGEST_WAIT_MS * 1000 / (LONGEST_NAP_US / 2);
}

static caviar_code run_plain(cav_sqlite *store, cav_sqlite_statement which, const char *what,
                             cav_error *error)
{
    sqlite3_stmt *statement = NULL;
    caviar_code code = cav_sqlite_prepare(store, which, &statement, error);
    return code ? code : cav_sqlite_run(store, statement, what, error);
}

caviar_code cav_sqlite_begin(cav_store *base, cav_error *error)
{
    cav_sqlite *store = cav_sqlite_of(base);
    if (store->is_damaged)
        return cav_fail(error, CAVIAR_CORRUPT, "%s is damaged; nothing is written to it",
                        store->path);
    if (store->depth == 0) {
        caviar_code code = run_plain(store, CAV_SQLITE_BEGIN, "starting to write", error);
        if (code)
            return code;
        store->is_doomed = false;
    }
    store->depth++;
    return CAVIAR_OK;
}

static void roll_back(cav_sqlite *store)
{
    if (!sqlite3_get_autocommit(store->db)) // a full disk, say, has rolled back by itself
        run_plain(store, CAV_SQLITE_ROLLBACK, "undoing", NULL);
}

// After these something may have been written in part, so all that belongs together must go.
static bool is_grave(caviar_code code)
{
    return code == CAVIAR_IO || code == CAVIAR_NOMEM || code == CAVIAR_CORRUPT ||
           code == CAVIAR_BUSY;
}

caviar_code cav_sqlite_end(cav_sqlite *store, caviar_code code, cav_error *error)
{
    store->is_doomed |= is_grave(code);
    if (--store->depth > 0)
        return code;
    if (code || store->is_doomed) {
        roll_back(store);
        return code ? code
                    : cav_fail(error, CAVIAR_IO, "%s: an earlier write failed; none was kept",
                               store->path);
    }
    code = run_plain(store, CAV_SQLITE_COMMIT, "writing", error);
    if (code) {
        roll_back(store);
        return code;
    }
    store->is_unsynced = store->has_written = true;
    return CAVIAR_OK;
}

caviar_code cav_sqlite_commit(cav_store *base, cav_error *error)
{
    return cav_sqlite_end(cav_sqlite_of(base), CAVIAR_OK, error);
}

static caviar_code sync_log(cav_store *base, cav_error *error)
{
    cav_sqlite *store = cav_sqlite_of(base);
    if (!store->is_unsynced)
        return CAVIAR_OK;
    sqlite3_file *log = NULL; // in WAL mode the journal is the log
    sqlite3_file_control(store->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (log && log->pMethods) {
        int status = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
        if (status != SQLITE_OK)
            return cav_fail(error, CAVIAR_IO, "%s: syncing the disk failed: %s", store->path,
                            sqlite3_errstr(status));
    }
    store->is_unsynced = false;
    return CAVIAR_OK;
}

static void close_sqlite(cav_store *base)
{
    cav_sqlite *store = cav_sqlite_of(base);
    if (store->depth > 0)
        roll_back(store);
    sync_log(base, NULL);
    for (size_t i = 0; i < CAV_SQLITE_STATEMENT_COUNT; i++)
        sqlite3_finalize(store->statements[i]);
    sqlite3_close(store->db);
    free(store->path);
    free(store);
}

static caviar_code execute(cav_sqlite *store, const char *sql, const char *what, cav_error *error)
{
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK
               ? CAVIAR_OK
               : cav_sqlite_fail(store, what, error);
}

static bool is_wal(cav_sqlite *store)
{
    sqlite3_stmt *statement = NULL;
    bool wal =
        sqlite3_prepare_v2(store->db, "PRAGMA journal_mode", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW &&
        strcmp((const char *)sqlite3_column_text(statement, 0), "wal") == 0;
    sqlite3_finalize(statement);
    return wal;
}

// Changing the journal mode wants the file for itself, and SQLite does not wait for that.
static caviar_code switch_to_wal(cav_sqlite *store, cav_error *error)
{
    for (int tries = 0; !is_wal(store); tries++) {
        int status = sqlite3_exec(store->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
        if (status != SQLITE_OK && code_of(status) != CAVIAR_BUSY)
            return cav_sqlite_fail(store, "opening", error);
        if (tries > 2000 || (status == SQLITE_OK && !is_wal(store)))
            return cav_fail(error, CAVIAR_IO,
                            "%s: the file system does not support the shared memory that the store "
                            "needs; keep it on a local disk",
                            store->path);
        if (status != SQLITE_OK)
            wait_for_lock(store, tries);
    }
    return CAVIAR_OK;
}

static caviar_code configure(cav_sqlite *store, const cav_store_options *options, cav_error *error)
{
    sqlite3_extended_result_codes(store->db, 1);
    sqlite3_busy_handler(store->db, wait_for_lock, store);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)NULL);
    caviar_code code = execute(store,
                               "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; "
                               "PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY;",
                               "opening", error);
    if (!code)
        code = cav_sqlite_prepare_schema(store, options->create && !options->read_only, error);
    if (!code && !options->read_only)
        code = switch_to_wal(store, error);
    if (!code && options->read_only)
        code = execute(store, "PRAGMA query_only = ON", "opening", error);
    return code;
}

static caviar_code open_file(cav_sqlite *store, const cav_store_options *options, cav_error *error)
{
    if (!options->create && access(store->path, F_OK) != 0)
        return cav_fail(error, CAVIAR_NOT_FOUND,
                        "there is no store at '%s'; 'caviar run' makes one, --store names another",
                        store->path);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    if (options->create)
        flags |= SQLITE_OPEN_CREATE;
    if (sqlite3_open_v2(store->path, &store->db, flags, NULL) != SQLITE_OK)
        return store->db ? cav_sqlite_fail(store, "opening", error) : cav_fail_memory(error);
    return configure(store, options, error);
}

static caviar_code open_sqlite(const cav_store_options *options, cav_store **ret_store,
                               cav_error *error)
{
    cav_sqlite *store = calloc(1, sizeof *store);
    if (!store)
        return cav_fail_memory(error);
    store->base.type = &cav_store_sqlite;
    store->clock = options->clock;
    store->path = strdup(path_of(options->location));
    store->waits = (uint64_t)getpid();
    caviar_code code = store->path ? open_file(store, options, error) : cav_fail_memory(error);
    if (code) {
        close_sqlite(&store->base);
        return code;
    }
    *ret_store = &store->base;
    return CAVIAR_OK;
}

const cav_store_type cav_store_sqlite = {
    .name = "sqlite",
    .summary = "one file, shared by all processes of a machine",
    .owns = owns,
    .open = open_sqlite,
    .close = close_sqlite,
    .study_add = cav_sqlite_study_add,
    .study_read = cav_sqlite_study_read,
    .study_set = cav_sqlite_study_set,
    .study_control = cav_sqlite_study_control,
    .study_remove = cav_sqlite_study_remove,
    .trial_add = cav_sqlite_trial_add,
    .trial_claim = cav_sqlite_trial_claim,
    .trial_move = cav_sqlite_trial_move,
    .report_add = cav_sqlite_report_add,
    .lease_renew = cav_sqlite_lease_renew,
    .trial_read = cav_sqlite_trial_read,
    .report_read = cav_sqlite_report_read,
    .output_read = cav_sqlite_output_read,
    .begin = cav_sqlite_begin,
    .commit = cav_sqlite_commit,
    .sync = sync_log,
    .check = cav_sqlite_check,
};
