/**
 * sqlite.c: the store in one file: opening and closing.
 *
 * The file is in WAL mode, so readers and the one writer at a time do not block each other.
 */
#include "store/sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool owns(const char *location)
{
    return strncmp(location, "sqlite:", 7) == 0 ||
           (location[0] && strcmp(location, "memory:") != 0 && !strstr(location, "://"));
}

// sqlite:///relative.db and sqlite:////absolute.db, as elsewhere, or a plain path. NULL for what
// SQLite would keep in memory or in a nameless file and forget at the end.
static const char *path_of(const char *location)
{
    const char *path = location;
    if (strncmp(location, "sqlite:///", 10) == 0)
        path = location + 10;
    else if (strncmp(location, "sqlite://", 9) == 0)
        return NULL;
    else if (strncmp(location, "sqlite:", 7) == 0)
        path = location + 7;
    return path[0] == '\0' || strcmp(path, ":memory:") == 0 ? NULL : path;
}

// The path as a URI, so that no name of a file can mean anything else to SQLite.
static char *uri_of(const char *path, const char *query)
{
    cav_text uri = {0};
    cav_text_append(&uri, path[0] == '/' ? "file://" : "file:");
    for (const char *c = path; *c; c++) {
        if (strchr("%?#", *c))
            cav_text_appendf(&uri, "%%%02x", (unsigned char)*c);
        else
            cav_text_append_char(&uri, *c);
    }
    cav_text_append(&uri, query);
    return cav_text_take(&uri);
}

static caviar_code execute(cav_sqlite *store, const char *sql, const char *what, cav_error *error)
{
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK
               ? CAVIAR_OK
               : cav_sqlite_fail(store, what, error);
}

static caviar_code read_mode(cav_sqlite *store, bool *ret_is_wal, cav_error *error)
{
    sqlite3_stmt *statement = NULL;
    caviar_code code = CAVIAR_OK;
    if (sqlite3_prepare_v2(store->db, "PRAGMA journal_mode", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        *ret_is_wal = strcmp(cav_sqlite_text(statement, 0), "wal") == 0;
    else
        code = cav_sqlite_fail(store, "opening", error);
    sqlite3_finalize(statement);
    return code;
}

enum { MOST_TRIES = 2000, MOST_REFUSALS = 3 };

// Changing the journal mode wants the file for itself, and SQLite does not wait for that. Where it
// cannot be changed SQLite says nothing, and leaves it.
static caviar_code switch_to_wal(cav_sqlite *store, cav_error *error)
{
    bool is_wal = false;
    int refusals = 0;
    caviar_code code = read_mode(store, &is_wal, error);
    for (int tries = 0; !code && !is_wal; tries++) {
        int status = sqlite3_exec(store->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
        if (status != SQLITE_OK && cav_sqlite_code(status) != CAVIAR_BUSY)
            return cav_sqlite_fail(store, "opening", error);
        refusals += status == SQLITE_OK;
        code = read_mode(store, &is_wal, error);
        if (!code && !is_wal && (tries == MOST_TRIES || refusals == MOST_REFUSALS))
            return cav_fail(error, CAVIAR_IO,
                            "%s: the file system does not support the shared memory that the store "
                            "needs; keep it on a local disk",
                            store->path);
        if (!is_wal)
            cav_sqlite_wait(store, tries);
    }
    return code;
}

static caviar_code configure(cav_sqlite *store, const cav_store_options *options, cav_error *error)
{
    sqlite3_extended_result_codes(store->db, 1);
    sqlite3_busy_handler(store->db, cav_sqlite_wait, store);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, (int *)NULL); // it has none of
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, (int *)NULL);    // its own
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, options->read_only, (int *)NULL);
    caviar_code code = execute(store,
                               "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; "
                               "PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY; "
                               "PRAGMA cell_size_check = ON",
                               "opening", error);
    if (!code)
        code = cav_sqlite_prepare_schema(store, options->create && !options->read_only, error);
    if (code)
        return code;
    return options->read_only ? execute(store, "PRAGMA query_only = ON", "opening", error)
                              : switch_to_wal(store, error);
}

static void disconnect(cav_sqlite *store)
{
    for (size_t i = 0; i < CAV_SQLITE_STATEMENT_COUNT; i++) {
        sqlite3_finalize(store->statements[i]);
        store->statements[i] = NULL;
    }
    sqlite3_close(store->db);
    store->db = NULL;
}

// A file that is refused, or damaged, stays as it is: nothing in its log is moved to it.
static void keep_log(cav_sqlite *store)
{
    if (store->db)
        sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
}

static caviar_code connect_to(cav_sqlite *store, const cav_store_options *options,
                              const char *query, cav_error *error)
{
    char *uri = uri_of(store->path, query);
    if (!uri)
        return cav_fail_memory(error);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI;
    if (options->create && !options->read_only)
        flags |= SQLITE_OPEN_CREATE;
    int status = sqlite3_open_v2(uri, &store->db, flags, NULL);
    free(uri);
    if (!store->db)
        return cav_fail_memory(error);
    caviar_code code = status == SQLITE_OK ? configure(store, options, error)
                                           : cav_sqlite_fail(store, "opening", error);
    if (code) {
        keep_log(store);
        disconnect(store);
    }
    return code;
}

static bool has_log(const cav_sqlite *store)
{
    cav_text path = {0};
    cav_text_appendf(&path, "%s-wal", store->path);
    bool has = path.failed || access(path.data, F_OK) == 0;
    cav_text_free(&path);
    return has;
}

static caviar_code open_file(cav_sqlite *store, const cav_store_options *options, cav_error *error)
{
    bool may_make = options->create && !options->read_only;
    if (!may_make && access(store->path, F_OK) != 0)
        return cav_fail(error, CAVIAR_NOT_FOUND,
                        "there is no store at '%s'; 'caviar run' makes one, --store names another",
                        store->path);
    caviar_code code = connect_to(store, options, "", error);
    // To look at a file in a folder where no log can be made: as nobody writes, none is needed.
    if (code == CAVIAR_IO && options->read_only && !has_log(store))
        code = connect_to(store, options, "?immutable=1", error);
    return code;
}

static void free_store(cav_sqlite *store)
{
    free(store->path);
    free(store);
}

static void close_sqlite(cav_store *base)
{
    cav_sqlite *store = cav_sqlite_of(base);
    if (store->depth > 0)
        cav_sqlite_roll_back(store);
    if (store->is_damaged)
        keep_log(store);
    else
        cav_sqlite_sync(base, NULL);
    disconnect(store);
    free_store(store);
}

static caviar_code open_sqlite(const cav_store_options *options, cav_store **ret_store,
                               cav_error *error)
{
    const char *path = path_of(options->location);
    if (!path)
        return cav_fail(error, CAVIAR_INVALID, "'%s' names no file; give a path, or sqlite:///PATH",
                        options->location);
    cav_sqlite *store = calloc(1, sizeof *store);
    if (!store)
        return cav_fail_memory(error);
    store->base.type = &cav_store_sqlite;
    store->clock = store->base.clock = options->clock;
    store->base.place = store->path = strdup(path);
    store->waits = (uint64_t)getpid();
    store->read_study = -1;
    caviar_code code = store->path ? open_file(store, options, error) : cav_fail_memory(error);
    if (code) {
        free_store(store);
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
    .nudge_add = cav_sqlite_nudge_add,
    .nudge_set = cav_sqlite_nudge_set,
    .lease_renew = cav_sqlite_lease_renew,
    .trial_read = cav_sqlite_trial_read,
    .report_read = cav_sqlite_report_read,
    .nudge_read = cav_sqlite_nudge_read,
    .output_read = cav_sqlite_output_read,
    .begin = cav_sqlite_begin,
    .commit = cav_sqlite_commit,
    .sync = cav_sqlite_sync,
    .check = cav_sqlite_check,
};
