/**
 * postgresql.h: what the files of the PostgreSQL store share.
 *
 *   postgresql.c             opening and closing
 *   postgresql_library.c     loading libpq
 *   postgresql_sql.h         the statements
 *   postgresql_dial.c        making a connection
 *   postgresql_connection.c  connecting, and again after the connection was lost
 *   postgresql_statements.c  running statements: reads, writes, groups
 *   postgresql_schema.c      the tables
 *   postgresql_studies.c     studies
 *   postgresql_trials.c      adding and moving trials; reports
 *   postgresql_claims.c      claims and leases
 *   postgresql_nudges.c      nudges
 *   postgresql_read.c        reading what is new
 *   postgresql_check.c       `caviar doctor`
 *
 * Order. Each study has a row of counters. A write takes that row first and holds it until it is
 * committed, so numbers have no gaps, changes become visible in the order of their numbers, and no
 * two writes wait for each other crosswise. Each write is one statement, and its commit does not
 * wait for the disk, so the row is held for a fraction of a millisecond.
 *
 * Durability. In the same round trip, behind the write, a tiny transaction follows that does wait
 * for the disk, and takes along everything before it; all sessions share these waits. A call
 * returns after that, so what it answered survives a crash of the server. What others have read
 * and the crash took away is told by cav_store.generation.
 *
 * Exactly once. A session has a row, in which each write notes its number and its answer. When the
 * connection breaks in the middle of a write, the row tells, after the next connection, whether it
 * was made. An answer counts when the end of its transaction has come, too: a server that is killed
 * at a commit has sent the answer before.
 *
 * Time is the server's, unless the store was opened with a clock of one's own.
 */
#ifndef CAV_STORE_POSTGRESQL_H
#define CAV_STORE_POSTGRESQL_H

#include "base/random.h"
#include "store/postgresql_library.h"
#include "store/postgresql_sql.h"
#include "store/store.h"

typedef enum cav_pg_statement {
#define X(name, sql) CAV_PG_##name,
    CAV_PG_STATEMENTS(X)
#undef X
        CAV_PG_STATEMENT_COUNT
} cav_pg_statement;

enum {
    CAV_PG_SESSION_SIZE = 33,
    CAV_PG_RETURN_MS = 60000, // from the server's start: until then its workers may come back
};

typedef struct cav_pg {
    cav_store base;
    cav_clock server_clock;     // shows the server's time; base.clock points to it
    int64_t server_ahead_ms;    // the server's time less this machine's monotonic one
    int64_t leases_from_ms;     // no lease is over before: nobody could renew it; 0: any may be
    const cav_clock *own_clock; // that the store was opened with; NULL: the server's counts
    cav_pq pq;
    PGconn *connection; // NULL: lost
    char *location;     // may hold a password: never shown
    char *place;        // the same without; for messages
    bool is_read_only;
    bool is_prepared[CAV_PG_STATEMENT_COUNT];
    char session[CAV_PG_SESSION_SIZE];
    char next_session[CAV_PG_SESSION_SIZE]; // what it was last asked to become; "": nothing
    char durability[32];                    // what the server does at a commit by itself: "on"
    int64_t op;                             // number of the latest write
    int64_t stamped_ms; // when its row was last told to be in use, monotonic; 0: not yet
    cav_random random;  // of the waits between attempts to connect

    int depth;        // of begin without commit
    bool is_open;     // the group has a transaction
    bool is_doomed;   // something failed in it: it will be undone
    bool has_written; // something was written in it
    int64_t locked;   // the study whose counters the group holds; -1: none

    int64_t noted_op, noted_answer; // what the session had noted when it was renewed
    int64_t silent_ms; // since when an answer has been waited for in vain, monotonic; 0: it is not

    int64_t listens;     // to what is told of this study; -1: to none
    cav_control control; // of that study, as last read
    uint64_t revision;   // likewise
    bool knows_control;  // nothing was told since
    int64_t control_ms;  // when it was read, by the monotonic clock

    int64_t nudge_study, nudge_place; // of which study nudges were read last, and up to where
    bool knows_no_nudges;             // as of the latest answer there are none behind
} cav_pg;

/** The monotonic clock, in milliseconds. */
static inline int64_t cav_pg_now_ms(void)
{
    return cav_clock_monotonic_ns(&cav_clock_system) / 1000000;
}

static inline cav_pg *cav_pg_of(cav_store *store)
{
    return (cav_pg *)store;
}

// ---- Parameters -----------------------------------------------------------------------------

enum { CAV_PG_MOST_PARAMETERS = 25 };

/** A statement with its parameters. Texts are not copied. */
typedef struct cav_pg_call {
    cav_pg_statement statement;
    int count;
    const char *values[CAV_PG_MOST_PARAMETERS]; // [count]; NULL is NULL
    char numbers[CAV_PG_MOST_PARAMETERS][24];   // room for those that are numbers
} cav_pg_call;

/** Begins a call: without parameters, or a write, with those of the session. */
void cav_pg_call_begin(cav_pg_call *call, cav_pg_statement statement);
void cav_pg_write_begin(cav_pg *store, cav_pg_call *call, cav_pg_statement statement);

/** Appends a parameter. */
void cav_pg_add_int(cav_pg_call *call, int64_t number);
void cav_pg_add_text(cav_pg_call *call, const char *text);  // NULL is NULL
void cav_pg_add_words(cav_pg_call *call, const char *text); // NULL is ""

/** The time: NULL, so that the server's counts, or that of the store's own clock. */
void cav_pg_add_now(const cav_pg *store, cav_pg_call *call);

/** A write in a study: with the parameters $1 to $4 that CAV_PG_COUNT expects. */
void cav_pg_change_begin(cav_pg *store, cav_pg_call *call, cav_pg_statement statement,
                         int64_t study);

// ---- Running --------------------------------------------------------------------------------

/**
 * Runs a statement that reads; the result is the caller's to clear. A lost connection is made
 * again. Within a group the counters of the study (-1: of none) are taken first, so that what is
 * read stays true until the commit.
 */
caviar_code cav_pg_read(cav_pg *store, const cav_pg_call *call, int64_t study,
                        PGresult **ret_result, cav_error *error);

/**
 * Sends a statement that reads, whose answer is taken later; nothing else is done in between. False
 * where that cannot be: in a group, or without a connection. The answer is the caller's to clear;
 * NULL: there is none, and the statement is to be run anew, by cav_pg_read.
 */
bool cav_pg_send_ahead(cav_pg *store, const cav_pg_call *call);
PGresult *cav_pg_take_ahead(cav_pg *store, const cav_pg_call *call);

/**
 * Runs a write, exactly once. Where it answers nothing, *ret_answer is -1: whatever it was to
 * change is not there, or not in a state for it, and it is for the caller to explain.
 */
caviar_code cav_pg_write(cav_pg *store, const cav_pg_call *call, int64_t study, int64_t *ret_answer,
                         cav_error *error);

caviar_code cav_pg_begin(cav_store *store, cav_error *error);
caviar_code cav_pg_commit(cav_store *store, cav_error *error);

/**
 * Runs one plain statement, as PQexec does, but by cav_pg_await; NULL where it could not be sent.
 */
PGresult *cav_pg_execute(cav_pg *store, const char *sql);

/** Undoes the present group, whatever the depth. */
void cav_pg_roll_back(cav_pg *store);

/** Nothing is left to do: what was answered is on disk. */
caviar_code cav_pg_sync(cav_store *store, cav_error *error);

/** Turns what the server said (NULL: that the connection broke) into ours. */
caviar_code cav_pg_fail(cav_pg *store, const PGresult *result, cav_error *error);

/** Values of a result. */
int64_t cav_pg_int(const cav_pg *store, const PGresult *result, int row, int column);
const char *cav_pg_text(const cav_pg *store, const PGresult *result, int row, int column);

// ---- The connection -------------------------------------------------------------------------

/** Finds out what the location names, for messages, without its password. */
caviar_code cav_pg_find_place(cav_pg *store, cav_error *error);

/** A value among the parameters of a connection; "" where there is none. */
const char *cav_pg_option(const PQconninfoOption *options, const char *keyword);

enum { CAV_PG_SLICE_MS = 100 }; // of a wait, between two questions whether to wait on

/** Whether a connection is to be waited for further; asked a few times a second. */
typedef bool cav_pg_patience(void *context);

/** Why it may not be: what is said of it. */
#define CAV_PG_UNANSWERED "a new connection is not answered"

/**
 * Makes store->connection: to the first of the location's hosts and addresses that answers well,
 * each of which has connect_timeout for it. Where it fails, what is there is to be disconnected.
 */
caviar_code cav_pg_dial(cav_pg *store, cav_pg_patience *waits, void *context, cav_error *error);

/** Whether what libpq said last is that it has no memory. */
bool cav_pg_lacks_memory(const cav_pg *store);

/** Connects; a server that is just starting is waited for. */
caviar_code cav_pg_connect(cav_pg *store, cav_error *error);

/** After a loss: connects again, waiting longer from time to time, for some minutes at most. */
caviar_code cav_pg_reconnect(cav_pg *store, cav_error *error);

/**
 * Waits until an answer has come, or the connection broke. A dead network is noticed by TCP; a
 * server that stands still is waited for until the store's waiter says no: then the connection is
 * given up.
 */
void cav_pg_await(cav_pg *store);

/**
 * Gives the session a new name, and reads what it has noted; makes it where there is none. Where
 * the answer was lost, nobody knows which of the two names it has, until the next try.
 */
caviar_code cav_pg_renew_session(cav_pg *store, cav_error *error);

void cav_pg_disconnect(cav_pg *store);

/** Reads what has been told, and forgets what it makes untrue. */
void cav_pg_hear(cav_pg *store);

/** Compares the server's clock with this machine's, and finds out since when the server is there.
 */
caviar_code cav_pg_read_time(cav_pg *store, cav_error *error);

/** Makes or checks the schema. */
caviar_code cav_pg_prepare_schema(cav_pg *store, bool create, cav_error *error);

// ---- Reading on -----------------------------------------------------------------------------

/** Takes a row of a result; *ret_place is the number that the cursor has behind it. */
typedef caviar_code cav_pg_row_visitor(void *context, const cav_pg *store, const PGresult *result,
                                       int row, int64_t *ret_place, cav_error *error);

/**
 * What cav_pg_read_on reads: rows of a study (of one trial: `number`) behind the cursor.
 */
typedef struct cav_pg_reading {
    cav_pg_statement statement;
    cav_pg_statement further; // the same for a study that is known to be there: it costs less
    int64_t study, number;    // number -1: of all trials
    int place;                // the column that is a row's place
    bool tells_nudges;        // the first statement says in the next column whether nudges are new
    cav_pg_row_visitor *visit;
    void *context;
} cav_pg_reading;

/** Visits what is new, each row once, and moves the cursor, unless anything fails. */
caviar_code cav_pg_read_on(cav_pg *store, const cav_pg_reading *reading, int64_t *cursor,
                           cav_error *error);

// ---- The slots ------------------------------------------------------------------------------

/** CAVIAR_NOT_FOUND if the study is not there. */
caviar_code cav_pg_need_study(cav_pg *store, int64_t id, cav_error *error);
caviar_code cav_pg_fail_no_study(cav_error *error);

/** The state and attempt of a trial; CAVIAR_NOT_FOUND if there is none of that number. */
caviar_code cav_pg_trial_state(cav_pg *store, const cav_scope *scope, int64_t number,
                               caviar_state *ret_state, int64_t *ret_attempt, cav_error *error);

caviar_code cav_pg_study_add(cav_store *store, const char *name, const char *definition,
                             int64_t *ret_id, cav_error *error);
caviar_code cav_pg_study_read(cav_store *store, const char *name, cav_study_visitor *visit,
                              void *context, cav_error *error);
caviar_code cav_pg_study_set(cav_store *store, int64_t id, const char *definition,
                             cav_control control, cav_error *error);
caviar_code cav_pg_study_control(cav_store *store, int64_t id, cav_control *ret_control,
                                 uint64_t *ret_revision, cav_error *error);
caviar_code cav_pg_study_remove(cav_store *store, int64_t id, cav_error *error);

caviar_code cav_pg_trial_add(cav_store *store, const cav_scope *scope, const cav_record *record,
                             const cav_insert *insert, int64_t *ret_number, cav_error *error);
caviar_code cav_pg_trial_claim(cav_store *store, const cav_scope *scope, const cav_claim *claim,
                               int64_t *ret_number, cav_error *error);
caviar_code cav_pg_trial_move(cav_store *store, const cav_scope *scope, const cav_move *move,
                              cav_error *error);
caviar_code cav_pg_report_add(cav_store *store, const cav_scope *scope, const cav_report *report,
                              int64_t lease_ms, cav_error *error);
caviar_code cav_pg_nudge_add(cav_store *store, const cav_scope *scope, const cav_nudge *nudge,
                             int64_t *ret_id, cav_error *error);
caviar_code cav_pg_nudge_set(cav_store *store, const cav_scope *scope, int64_t id,
                             cav_nudge_state state, int64_t step, cav_error *error);
caviar_code cav_pg_nudge_read(cav_store *store, const cav_scope *scope, int64_t *cursor,
                              cav_nudge_visitor *visit, void *context, cav_error *error);
caviar_code cav_pg_lease_renew(cav_store *store, const cav_scope *scope, const char *owner,
                               int64_t lease_ms, cav_error *error);
caviar_code cav_pg_trial_read(cav_store *store, const cav_scope *scope, int64_t *cursor,
                              cav_record_visitor *visit, void *context, cav_error *error);
caviar_code cav_pg_report_read(cav_store *store, const cav_scope *scope, int64_t number,
                               int64_t *cursor, cav_report_visitor *visit, void *context,
                               cav_error *error);
caviar_code cav_pg_output_read(cav_store *store, const cav_scope *scope, int64_t number,
                               cav_text *text, cav_error *error);
caviar_code cav_pg_check(cav_store *store, cav_problem_visitor *found, void *context,
                         cav_error *error);

#endif
