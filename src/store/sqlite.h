/**
 * sqlite.h: what the files of the SQLite store share.
 *
 *   sqlite.c               opening and closing
 *   sqlite_transactions.c  errors, statements, transactions, syncing
 *   sqlite_schema.c        the tables, and moving an older schema on
 *   sqlite_studies.c       studies
 *   sqlite_trials.c        adding and moving trials; reports
 *   sqlite_nudges.c        nudges
 *   sqlite_claims.c        claims and leases
 *   sqlite_read.c          reading what is new
 *   sqlite_check.c         `caviar doctor`
 */
#ifndef CAV_STORE_SQLITE_H
#define CAV_STORE_SQLITE_H

#include "store/rules.h"
#include "store/store.h"

#include <sqlite3.h>

/** Statements that are prepared once: X(NAME, SQL). */
#define CAV_SQLITE_STATEMENTS(X)                                                                   \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                    \
    X(COMMIT, "COMMIT")                                                                            \
    X(ROLLBACK, "ROLLBACK")                                                                        \
    X(DATA_VERSION, "PRAGMA data_version")                                                         \
    X(STUDY_ADD, "INSERT INTO studies (name, definition, created_ms) VALUES (?1, ?2, ?3)")         \
    X(STUDY_SET,                                                                                   \
      "UPDATE studies SET definition = coalesce(?2, definition), control = ?3 WHERE id = ?1")      \
    X(STUDY_CONTROL, "SELECT control, definition FROM studies WHERE id = ?1")                      \
    X(STUDY_REMOVE, "DELETE FROM studies WHERE id = ?1")                                           \
    X(STUDY_CHANGE, "UPDATE studies SET changes = changes + 1 WHERE id = ?1 RETURNING changes")    \
    X(STUDY_NUMBERS, "SELECT trials, imported FROM studies WHERE id = ?1")                         \
    X(STUDY_COUNT,                                                                                 \
      "UPDATE studies SET trials = trials + 1, imported = imported + ?2 WHERE id = ?1")            \
    X(TRIAL_ADD,                                                                                   \
      "INSERT INTO trials (study, number, change, state, reason, attempt, failures, imported, "    \
      "is_distinct, params, metrics, step, origin, owner, created_ms, started_ms, finished_ms, "   \
      "lease_ms, message, checkpoints, parent, parent_step, seed_number) VALUES "                  \
      "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, "    \
      "?20, ?21, ?22, ?23)")                                                                       \
    X(TRIAL_STATE, "SELECT state, attempt FROM trials WHERE study = ?1 AND number = ?2")           \
    X(TRIAL_EXPIRED,                                                                               \
      "SELECT number, failures FROM trials INDEXED BY trials_by_state WHERE study = ?1 AND "       \
      "state = 'running' AND lease_ms < ?2 ORDER BY number LIMIT 1")                               \
    X(TRIAL_LOSE, "UPDATE trials SET state = ?3, reason = ?4, message = coalesce(?5, message), "   \
                  "failures = failures + 1, finished_ms = max(?6, started_ms), change = ?7 WHERE " \
                  "study = ?1 AND number = ?2")                                                    \
    X(TRIAL_FIRST_WAITING,                                                                         \
      "SELECT number FROM trials INDEXED BY trials_by_turn WHERE study = ?1 AND "                  \
      "state = 'waiting' AND " CAV_RULE_IS_DUE("min",                                              \
                                               "(SELECT trials FROM studies WHERE id = ?1)",       \
                                               "?2") " ORDER BY failures, number LIMIT 1")         \
    X(TRIAL_TAKE,                                                                                  \
      "UPDATE trials SET state = 'running', attempt = attempt + 1, owner = ?3, lease_ms = ?4, "    \
      "started_ms = CASE state WHEN 'paused' THEN started_ms ELSE ?5 END, change = ?6 "            \
      "WHERE study = ?1 AND number = ?2")                                                          \
    X(TRIAL_MOVE,                                                                                  \
      "UPDATE trials SET state = ?3, reason = ?4, failures = failures + ?5, "                      \
      "metrics = coalesce(?6, metrics), message = coalesce(?7, message), finished_ms = CASE "      \
      "state WHEN 'paused' THEN finished_ms ELSE max(?8, started_ms) END, change = ?9, params = "  \
      "coalesce(?10, params), cpu_ms = max(cpu_ms, ?11), "                                         \
      "memory_bytes = max(memory_bytes, ?12) WHERE study = ?1 AND number = ?2")                    \
    X(TRIAL_STEP, "UPDATE trials SET step = ?3, lease_ms = ?4 WHERE study = ?1 AND number = ?2")   \
    X(TRIAL_NOTE,                                                                                  \
      "UPDATE trials SET change = ?3, can = CASE ?4 WHEN 0 THEN can ELSE ?4 END, "                 \
      "checkpoints = coalesce(?5, checkpoints), cpu_ms = max(cpu_ms, ?6), "                        \
      "memory_bytes = max(memory_bytes, ?7) WHERE study = ?1 AND number = ?2 AND "                 \
      "((?4 <> 0 AND ?4 <> can) OR ?5 <> checkpoints OR ?6 > cpu_ms OR ?7 > memory_bytes)")        \
    X(NUDGE_ADD,                                                                                   \
      "INSERT INTO nudges (study, id, number, change, kind, state, step, target, params, author, " \
      "note, created_ms) SELECT ?1, coalesce(max(id), 0) + 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, "    \
      "?10, ?11 FROM nudges WHERE study = ?1 RETURNING id")                                        \
    X(NUDGE_SET, "UPDATE nudges SET state = ?3, step = ?4, change = ?5, "                          \
                 "delivered_ms = CASE delivered_ms WHEN 0 THEN ?6 ELSE delivered_ms END "          \
                 "WHERE study = ?1 AND id = ?2")                                                   \
    X(NUDGE_READ,                                                                                  \
      "SELECT id, number, kind, state, step, target, params, author, note, created_ms, "           \
      "delivered_ms, change FROM nudges INDEXED BY nudges_by_change "                              \
      "WHERE study = ?1 AND change > ?2 ORDER BY change")                                          \
    X(OUTPUT_SET, "REPLACE INTO outputs (study, number, output) VALUES (?1, ?2, ?3)")              \
    X(OUTPUT_REMOVE, "DELETE FROM outputs WHERE study = ?1 AND number = ?2")                       \
    X(OUTPUT_GET, "SELECT output FROM outputs WHERE study = ?1 AND number = ?2")                   \
    X(REPORT_ADD,                                                                                  \
      "INSERT INTO reports (study, id, number, attempt, step, time_ms, metrics) SELECT ?1, "       \
      "coalesce(max(id), 0) + 1, ?2, ?3, ?4, ?5, ?6 FROM reports WHERE study = ?1")                \
    X(LEASE_RENEW, "UPDATE trials INDEXED BY trials_by_state SET lease_ms = ?3 "                   \
                   "WHERE study = ?1 AND state = 'running' AND owner = ?2")                        \
    X(TRIAL_READ,                                                                                  \
      "SELECT number, state, reason, attempt, failures, imported, params, metrics, step, origin, " \
      "owner, created_ms, started_ms, finished_ms, lease_ms, message, change, "                    \
      "(SELECT trials FROM studies WHERE id = ?1), can, checkpoints, parent, parent_step, "        \
      "seed_number, cpu_ms, memory_bytes FROM trials "                                             \
      "WHERE study = ?1 AND change > ?2 ORDER BY change")                                          \
    X(REPORT_READ, "SELECT number, attempt, step, time_ms, metrics, id, "                          \
                   "(SELECT trials FROM studies WHERE id = ?1) FROM reports "                      \
                   "WHERE study = ?1 AND id > ?2 ORDER BY id")                                     \
    X(REPORT_READ_ONE,                                                                             \
      "SELECT number, attempt, step, time_ms, metrics, id, "                                       \
      "(SELECT trials FROM studies WHERE id = ?1) FROM reports INDEXED BY reports_by_trial "       \
      "WHERE study = ?1 AND number = ?3 AND id > ?2 ORDER BY id")

typedef enum cav_sqlite_statement {
#define X(name, sql) CAV_SQLITE_##name,
    CAV_SQLITE_STATEMENTS(X)
#undef X
        CAV_SQLITE_STATEMENT_COUNT
} cav_sqlite_statement;

typedef struct cav_sqlite {
    cav_store base;
    const cav_clock *clock;
    sqlite3 *db;
    char *path;
    sqlite3_stmt *statements[CAV_SQLITE_STATEMENT_COUNT];
    int depth;            // of begin without commit
    bool is_doomed;       // a write of the present transaction failed: it will be undone
    bool is_damaged;      // SQLite found damage: nothing is written any more
    bool is_unsynced;     // something was committed since the last sync
    bool is_unsafe;       // a sync failed: the system may have dropped what it could not write
    bool has_written;     // something was written since the last read of what is new
    int64_t data_version; // at the last read; changes when another connection commits
    int64_t read_study;   // whose trials were read last; -1: nobody's
    int64_t read_cursor;  // and up to where
    uint64_t waits;       // random state of the busy handler
} cav_sqlite;

static inline cav_sqlite *cav_sqlite_of(cav_store *store)
{
    return (cav_sqlite *)store;
}

/** A column as text; "" for NULL, which is also what it is when memory has run out. */
static inline const char *cav_sqlite_text(sqlite3_stmt *statement, int column)
{
    const unsigned char *text = sqlite3_column_text(statement, column);
    return text ? (const char *)text : "";
}

/** The code for a status of SQLite's. */
caviar_code cav_sqlite_code(int status);

/** Turns the connection's present error into ours; `what` says what was being done. */
caviar_code cav_sqlite_fail(cav_sqlite *store, const char *what, cav_error *error);

/** CAVIAR_CORRUPT, and from now on nothing more is written. */
caviar_code cav_sqlite_fail_damaged(cav_sqlite *store, cav_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** After the columns of a row were read: CAVIAR_NOMEM if one could not be. */
caviar_code cav_sqlite_check_row(cav_sqlite *store, cav_error *error);

/** The statement, prepared and with no bindings. It belongs to the store. */
caviar_code cav_sqlite_prepare(cav_sqlite *store, cav_sqlite_statement which,
                               sqlite3_stmt **ret_statement, cav_error *error);

/**
 * Runs a statement that answers no rows (or only one that does not matter), resets it and takes
 * its bindings off, so that what they point to may go.
 */
caviar_code cav_sqlite_run(cav_sqlite *store, sqlite3_stmt *statement, const char *what,
                           cav_error *error);

/** Begins or commits a transaction; they nest, the outermost counts. */
caviar_code cav_sqlite_begin(cav_store *store, cav_error *error);
caviar_code cav_sqlite_commit(cav_store *store, cav_error *error);

/** Undoes the present transaction, whatever the depth. */
void cav_sqlite_roll_back(cav_sqlite *store);

/** The busy handler: naps, and answers whether to try once more. */
int cav_sqlite_wait(void *store, int count);

/** Makes what was committed safe from power loss. */
caviar_code cav_sqlite_sync(cav_store *store, cav_error *error);

/**
 * Ends a transaction: commits if `code` is CAVIAR_OK, else undoes what the outermost one did.
 * Returns `code`, or why the commit failed.
 */
caviar_code cav_sqlite_end(cav_sqlite *store, caviar_code code, cav_error *error);

/** Makes or migrates the schema; refuses a newer one and files of other programs. */
caviar_code cav_sqlite_prepare_schema(cav_sqlite *store, bool create, cav_error *error);

/** Binds a text (NULL is ""), which is not copied: it stays in place until the statement has run.
 */
static inline void cav_sqlite_bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    sqlite3_bind_text(statement, index, text ? text : "", -1, SQLITE_STATIC);
}

/** The study's next number for a change: what readers compare their cursor with. */
caviar_code cav_sqlite_next_change(cav_sqlite *store, const cav_scope *scope, int64_t *ret_change,
                                   cav_error *error);

/** CAVIAR_NOT_FOUND if the study is not there. */
caviar_code cav_sqlite_need_study(cav_sqlite *store, int64_t id, cav_error *error);

/** Passes on what reading a column said; of damage it is noted, and the file named. */
caviar_code cav_sqlite_note_damage(cav_sqlite *store, caviar_code code, cav_error *error);

/** The state and attempt of a trial; CAVIAR_NOT_FOUND if there is none of that number. */
caviar_code cav_sqlite_trial_state(cav_sqlite *store, const cav_scope *scope, int64_t number,
                                   caviar_state *ret_state, int64_t *ret_attempt, cav_error *error);

caviar_code cav_sqlite_study_add(cav_store *store, const char *name, const char *definition,
                                 int64_t *ret_id, cav_error *error);
caviar_code cav_sqlite_study_read(cav_store *store, const char *name, cav_study_visitor *visit,
                                  void *context, cav_error *error);
caviar_code cav_sqlite_study_set(cav_store *store, int64_t id, const char *definition,
                                 cav_control control, cav_error *error);
caviar_code cav_sqlite_study_control(cav_store *store, int64_t id, cav_control *ret_control,
                                     uint64_t *ret_revision, cav_error *error);
caviar_code cav_sqlite_study_remove(cav_store *store, int64_t id, cav_error *error);

caviar_code cav_sqlite_trial_add(cav_store *store, const cav_scope *scope, const cav_record *record,
                                 const cav_insert *insert, int64_t *ret_number, cav_error *error);
caviar_code cav_sqlite_trial_claim(cav_store *store, const cav_scope *scope, const cav_claim *claim,
                                   int64_t *ret_number, cav_error *error);
caviar_code cav_sqlite_trial_move(cav_store *store, const cav_scope *scope, const cav_move *move,
                                  cav_error *error);
caviar_code cav_sqlite_report_add(cav_store *store, const cav_scope *scope,
                                  const cav_report *report, int64_t lease_ms, cav_error *error);
caviar_code cav_sqlite_nudge_add(cav_store *store, const cav_scope *scope, const cav_nudge *nudge,
                                 int64_t *ret_id, cav_error *error);
caviar_code cav_sqlite_nudge_set(cav_store *store, const cav_scope *scope, int64_t id,
                                 cav_nudge_state state, int64_t step, cav_error *error);
caviar_code cav_sqlite_nudge_read(cav_store *store, const cav_scope *scope, int64_t *cursor,
                                  cav_nudge_visitor *visit, void *context, cav_error *error);
caviar_code cav_sqlite_lease_renew(cav_store *store, const cav_scope *scope, const char *owner,
                                   int64_t lease_ms, cav_error *error);
caviar_code cav_sqlite_trial_read(cav_store *store, const cav_scope *scope, int64_t *cursor,
                                  cav_record_visitor *visit, void *context, cav_error *error);
caviar_code cav_sqlite_report_read(cav_store *store, const cav_scope *scope, int64_t number,
                                   int64_t *cursor, cav_report_visitor *visit, void *context,
                                   cav_error *error);
caviar_code cav_sqlite_output_read(cav_store *store, const cav_scope *scope, int64_t number,
                                   cav_text *text, cav_error *error);
caviar_code cav_sqlite_check(cav_store *store, cav_problem_visitor *found, void *context,
                             cav_error *error);

#endif
