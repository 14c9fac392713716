/**
 * sqlite_transactions.c: errors, prepared statements, transactions, syncing.
 *
 * A commit writes to the log and returns without a sync: that survives the process being killed.
 * To survive a power cut the log is synced by cav_store_sync, outside of the write lock, so that
 * several processes, and several results of one process, share one sync of the disk.
 *
 * Waiting for the write lock is done here rather than by SQLite's own busy handler, whose pauses
 * grow so long that among sixteen processes the unluckiest waits for seconds.
 */
#include "store/sqlite.h"

#include "base/random.h"

#include <unistd.h>

enum {
    LONGEST_WAIT_MS = 60000, // for the write lock
    SHORTEST_NAP_US = 500,
    LONGEST_NAP_US = 8000,
};

caviar_code cav_sqlite_code(int status)
{
    switch (status & 0xff) {
    case SQLITE_NOMEM:
        return CAVIAR_NOMEM;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return CAVIAR_BUSY;
    case SQLITE_CORRUPT:
        return CAVIAR_CORRUPT;
    case SQLITE_NOTADB:
        return CAVIAR_INVALID;
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
        return "; it is no store: name another file with --store";
    case SQLITE_FULL:
        return "; the disk is full: make room and run again, nothing recorded is lost";
    case SQLITE_BUSY:
        return "; another process holds it for over a minute";
    case SQLITE_READONLY:
        return "; the file or its folder cannot be written to";
    case SQLITE_CANTOPEN:
        return "; is it a file, in a folder that exists and that you may write to?";
    default:
        return "";
    }
}

caviar_code cav_sqlite_fail(cav_sqlite *store, const char *what, cav_error *error)
{
    int status = sqlite3_extended_errcode(store->db);
    if (cav_sqlite_code(status) == CAVIAR_CORRUPT || cav_sqlite_code(status) == CAVIAR_INVALID)
        store->is_damaged = true;
    if (cav_sqlite_code(status) == CAVIAR_NOMEM)
        return cav_fail_memory(error);
    return cav_fail(error, cav_sqlite_code(status), "%s: %s: %s%s", store->path, what,
                    sqlite3_errmsg(store->db), advice_for(status));
}

caviar_code cav_sqlite_fail_damaged(cav_sqlite *store, cav_error *error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    cav_fail_args(error, CAVIAR_CORRUPT, format, args);
    va_end(args);
    return cav_sqlite_note_damage(store, CAVIAR_CORRUPT, error);
}

caviar_code cav_sqlite_note_damage(cav_sqlite *store, caviar_code code, cav_error *error)
{
    if (code != CAVIAR_CORRUPT)
        return code;
    store->is_damaged = true;
    if (error)
        cav_error_prefix(error, "%s", store->path);
    return code;
}

caviar_code cav_sqlite_check_row(cav_sqlite *store, cav_error *error)
{
    bool failed = (sqlite3_errcode(store->db) & 0xff) == SQLITE_NOMEM;
    return failed ? cav_fail_memory(error) : CAVIAR_OK;
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
    sqlite3_clear_bindings(statement);
    return code;
}

// Naps a random while, longer from time to time.
int cav_sqlite_wait(void *context, int count)
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

static caviar_code fail_doomed(const cav_sqlite *store, cav_error *error)
{
    return cav_fail(error, CAVIAR_IO, "%s: an earlier write of this group failed; none is kept",
                    store->path);
}

caviar_code cav_sqlite_begin(cav_store *base, cav_error *error)
{
    cav_sqlite *store = cav_sqlite_of(base);
    if (store->is_damaged)
        return cav_fail(error, CAVIAR_CORRUPT, "%s is damaged; nothing is written to it",
                        store->path);
    if (store->depth > 0 && store->is_doomed) // SQLite may have undone it: nothing would be grouped
        return fail_doomed(store, error);
    if (store->depth == 0) {
        caviar_code code = run_plain(store, CAV_SQLITE_BEGIN, "starting to write", error);
        if (code)
            return code;
        store->is_doomed = false;
    }
    store->depth++;
    return CAVIAR_OK;
}

void cav_sqlite_roll_back(cav_sqlite *store)
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
    store->is_doomed |= is_grave(code) || store->is_damaged;
    if (--store->depth > 0)
        return code;
    if (code || store->is_doomed) {
        cav_sqlite_roll_back(store);
        return code ? code : fail_doomed(store, error);
    }
    code = run_plain(store, CAV_SQLITE_COMMIT, "writing", error);
    if (code) {
        cav_sqlite_roll_back(store);
        return code;
    }
    store->is_unsynced = store->has_written = true;
    return CAVIAR_OK;
}

caviar_code cav_sqlite_commit(cav_store *base, cav_error *error)
{
    return cav_sqlite_end(cav_sqlite_of(base), CAVIAR_OK, error);
}

caviar_code cav_sqlite_sync(cav_store *base, cav_error *error)
{
    cav_sqlite *store = cav_sqlite_of(base);
    if (!store->is_unsynced)
        return CAVIAR_OK;
    sqlite3_file *log = NULL; // in WAL mode the journal is the log
    sqlite3_file_control(store->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (!store->is_unsafe && log && log->pMethods)
        store->is_unsafe =
            log->pMethods->xSync(log, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY) != SQLITE_OK;
    if (store->is_unsafe) // a second sync would succeed, and prove nothing
        return cav_fail(error, CAVIAR_IO,
                        "%s: the disk could not be synced; what was written last may be lost if "
                        "the machine stops now: look at the disk, then run again",
                        store->path);
    store->is_unsynced = false;
    return CAVIAR_OK;
}
