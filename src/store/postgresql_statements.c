/**
 * postgresql_statements.c: running statements: reads, writes, groups.
 *
 * Everything goes in libpq's pipeline mode: a statement that is not prepared yet, its preparation,
 * and the flush behind a write cost one round trip together. Each statement stands for itself: it
 * is a transaction of its own, unless a group has one.
 */
#include "store/postgresql.h"

#include "base/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_CALLS = 2,     // in a batch
    MOST_TRIES = 50,    // of what the server asks to try again
    STAMP_MS = 3600000, // between two notes that a session is in use
};

// ---- Parameters -----------------------------------------------------------------------------

void cav_pg_call_begin(cav_pg_call *call, cav_pg_statement statement)
{
    call->statement = statement;
    call->count = 0;
}

void cav_pg_add_text(cav_pg_call *call, const char *text)
{
    call->values[call->count++] = text;
}

void cav_pg_add_words(cav_pg_call *call, const char *text)
{
    cav_pg_add_text(call, text ? text : "");
}

void cav_pg_add_int(cav_pg_call *call, int64_t number)
{
    char *text = call->numbers[call->count];
    snprintf(text, sizeof call->numbers[0], "%lld", (long long)number);
    cav_pg_add_text(call, text);
}

void cav_pg_add_now(const cav_pg *store, cav_pg_call *call)
{
    if (store->own_clock)
        cav_pg_add_int(call, cav_clock_wall_ms(store->own_clock));
    else
        cav_pg_add_text(call, NULL);
}

void cav_pg_write_begin(cav_pg *store, cav_pg_call *call, cav_pg_statement statement)
{
    store->op += store->depth == 0; // those of a group are one
    cav_pg_call_begin(call, statement);
    cav_pg_add_int(call, store->op);
    cav_pg_add_text(call, store->session);
}

void cav_pg_change_begin(cav_pg *store, cav_pg_call *call, cav_pg_statement statement,
                         int64_t study)
{
    cav_pg_write_begin(store, call, statement);
    cav_pg_add_int(call, study);
    cav_pg_add_now(store, call);
}

int64_t cav_pg_int(const cav_pg *store, const PGresult *result, int row, int column)
{
    // a number as the server writes it; a million trials have twenty million of them
    const char *at = store->pq.PQgetvalue(result, row, column);
    bool is_negative = *at == '-';
    uint64_t number = 0;
    for (at += is_negative; *at >= '0' && *at <= '9'; at++)
        number = number * 10 + (uint64_t)(*at - '0');
    return (int64_t)(is_negative ? 0 - number : number);
}

const char *cav_pg_text(const cav_pg *store, const PGresult *result, int row, int column)
{
    return store->pq.PQgetvalue(result, row, column);
}

// ---- What went wrong ------------------------------------------------------------------------

static const char *state_of(const cav_pg *store, const PGresult *result)
{
    const char *state = result ? store->pq.PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    return state ? state : "";
}

static bool is_lost(const cav_pg *store, const PGresult *result)
{
    const char *state = state_of(store, result);
    return !result || !store->connection ||
           store->pq.PQstatus(store->connection) != CONNECTION_OK || strncmp(state, "08", 2) == 0 ||
           strncmp(state, "57P", 3) == 0 || // the server ends or starts
           strcmp(state, "22012") == 0;     // the session is gone: see CAV_PG_WRITE
}

// What the server undoes, and asks to try again: deadlocks and the like.
static bool is_passing(const cav_pg *store, const PGresult *result)
{
    const char *state = state_of(store, result);
    return strncmp(state, "40", 2) == 0 || strcmp(state, "55P03") == 0;
}

static const char *advice_for(const char *state)
{
    if (strcmp(state, "53100") == 0)
        return "; the server's disk is full: make room and run again, nothing recorded is lost";
    if (strcmp(state, "42501") == 0)
        return "; the user may not do this: ask whoever looks after the database";
    if (strcmp(state, "25006") == 0)
        return "; this server is a copy that can only be read: name the primary one";
    if (strcmp(state, "42P01") == 0)
        return "; the tables are not there: 'caviar run' makes them";
    return "";
}

caviar_code cav_pg_fail(cav_pg *store, const PGresult *result, cav_error *error)
{
    if (is_lost(store, result))
        return cav_fail(error, CAVIAR_IO, "%s: the connection was lost", store->place);
    const char *words = store->pq.PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *state = state_of(store, result);
    if (strcmp(state, "53200") == 0)
        return cav_fail_memory(error);
    return cav_fail(error, CAVIAR_IO, "%s: %s%s", store->place, words ? words : "no answer",
                    advice_for(state));
}

// ---- One batch ------------------------------------------------------------------------------

static const char *const texts[] = {
#define X(name, sql) sql,
    CAV_PG_STATEMENTS(X)
#undef X
};

static const char *const names[] = {
#define X(name, sql) #name,
    CAV_PG_STATEMENTS(X)
#undef X
};

static bool send(cav_pg *store, const cav_pg_call *call)
{
    const cav_pq *pq = &store->pq;
    cav_pg_statement which = call->statement;
    bool done = store->is_prepared[which] ||
                pq->PQsendPrepare(store->connection, names[which], texts[which], 0, NULL);
    return done &&
           pq->PQsendQueryPrepared(store->connection, names[which], call->count, call->values, NULL,
                                   NULL, 0) &&
           pq->PQpipelineSync(store->connection);
}

static bool is_good(const cav_pg *store, const PGresult *result)
{
    ExecStatusType status = store->pq.PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

// An error that libpq itself ran into, as for lack of memory: the server's have a code. What comes
// next on this connection, if anything, is not known then.
static bool is_of_libpq(const cav_pg *store, const PGresult *result)
{
    return store->pq.PQresultStatus(result) == PGRES_FATAL_ERROR && result &&
           !state_of(store, result)[0];
}

// NULL at the end of a command, and where the connection is lost, or given up.
static PGresult *next_result(cav_pg *store)
{
    cav_pg_await(store);
    PGresult *result = store->pq.PQgetResult(store->connection);
    if (!is_of_libpq(store, result))
        return result;
    store->pq.PQclear(result);
    cav_pg_disconnect(store);
    return NULL;
}

// The result of one command; the last one where there are several.
static PGresult *take_result(cav_pg *store)
{
    PGresult *last = NULL, *result;
    while ((result = next_result(store))) {
        store->pq.PQclear(last);
        last = result;
        if (store->pq.PQstatus(store->connection) != CONNECTION_OK)
            break;
    }
    return last;
}

PGresult *cav_pg_execute(cav_pg *store, const char *sql)
{
    bool sent = store->connection && store->pq.PQsendQuery(store->connection, sql);
    return sent ? take_result(store) : NULL;
}

// What comes at the end of a call, where its transaction is committed: only then is its answer
// true, which the server may have sent before. An error that comes now takes the answer's place;
// NULL: the end did not come.
static PGresult *take_end(cav_pg *store, PGresult *answer)
{
    for (int gaps = 0; gaps < 2 && store->pq.PQstatus(store->connection) == CONNECTION_OK;) {
        PGresult *result = next_result(store);
        if (store->pq.PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            store->pq.PQclear(result);
            return answer;
        }
        gaps += !result; // one stands behind an error
        if (result) {
            store->pq.PQclear(answer);
            answer = result;
        }
    }
    store->pq.PQclear(answer);
    return NULL;
}

// The answer of one call: of its preparation, where that failed.
static PGresult *receive(cav_pg *store, const cav_pg_call *call)
{
    PGresult *result = NULL;
    if (!store->is_prepared[call->statement]) {
        result = take_result(store);
        if (!is_good(store, result)) {
            if (result)
                store->pq.PQclear(take_result(store)); // the call itself was left out
            return take_end(store, result);
        }
        store->is_prepared[call->statement] = true;
        store->pq.PQclear(result);
    }
    return take_end(store, take_result(store));
}

// Where false, nothing is on its way.
static bool send_batch(cav_pg *store, const cav_pg_call *const *calls, size_t count)
{
    store->knows_no_nudges = false; // by the time of the answer
    if (!store->connection || !store->pq.PQenterPipelineMode(store->connection))
        return false;
    bool sent = true;
    for (size_t i = 0; i < count && sent; i++)
        sent = send(store, calls[i]);
    if (!sent)
        cav_pg_disconnect(store);
    return sent;
}

static void receive_batch(cav_pg *store, const cav_pg_call *const *calls, size_t count,
                          PGresult **ret_results)
{
    for (size_t i = 0; i < count; i++)
        if (store->pq.PQstatus(store->connection) == CONNECTION_OK)
            ret_results[i] = receive(store, calls[i]);
    if (!store->pq.PQexitPipelineMode(store->connection) ||
        store->pq.PQstatus(store->connection) != CONNECTION_OK)
        cav_pg_disconnect(store);
}

// Runs calls in one round trip; NULL for one that nothing came back of.
static void run_batch(cav_pg *store, const cav_pg_call *const *calls, size_t count,
                      PGresult **ret_results)
{
    for (size_t i = 0; i < count; i++)
        ret_results[i] = NULL;
    if (send_batch(store, calls, count))
        receive_batch(store, calls, count, ret_results);
}

static void clear_all(cav_pg *store, PGresult **results, size_t count)
{
    for (size_t i = 0; i < count; i++)
        store->pq.PQclear(results[i]);
}

// To lock the session's row is enough for a commit that waits for the disk, and costs less than to
// change it. Only from time to time it is changed, so that it is not taken for an old one's.
static void flush_begin(cav_pg *store, cav_pg_call *call, bool always)
{
    int64_t now = cav_pg_now_ms();
    bool stamps = store->stamped_ms == 0 || now - store->stamped_ms >= STAMP_MS;
    cav_pg_call_begin(call, stamps ? CAV_PG_SESSION_STAMP : CAV_PG_SESSION_FLUSH);
    cav_pg_add_text(call, store->session);
    cav_pg_add_text(call, store->durability);
    cav_pg_add_int(call, always);
    if (stamps) {
        cav_pg_add_now(store, call);
        store->stamped_ms = now;
    }
}

// ---- Sessions -------------------------------------------------------------------------------

static void make_name(cav_pg *store, char name[CAV_PG_SESSION_SIZE])
{
    for (size_t i = 0; i < CAV_PG_SESSION_SIZE - 1; i += 16)
        snprintf(name + i, CAV_PG_SESSION_SIZE - i, "%016llx",
                 (unsigned long long)cav_random_u64(&store->random));
}

static caviar_code run_one(cav_pg *store, const cav_pg_call *call, PGresult **ret_result,
                           cav_error *error)
{
    PGresult *result;
    run_batch(store, &call, 1, &result);
    if (is_good(store, result)) {
        *ret_result = result;
        return CAVIAR_OK;
    }
    caviar_code code = cav_pg_fail(store, result, error);
    store->pq.PQclear(result);
    return code;
}

static caviar_code add_session(cav_pg *store, cav_error *error)
{
    cav_pg_call call;
    PGresult *result = NULL;
    cav_pg_call_begin(&call, CAV_PG_SESSION_ADD);
    cav_pg_add_text(&call, store->session);
    cav_pg_add_now(store, &call);
    cav_pg_add_text(&call, store->durability);
    caviar_code code = run_one(store, &call, &result, error);
    store->pq.PQclear(result);
    return code;
}

static void take_note(cav_pg *store, const PGresult *result)
{
    bool found = store->pq.PQntuples(result) > 0;
    bool answered = found && !store->pq.PQgetisnull(result, 0, 1);
    store->noted_op = found ? cav_pg_int(store, result, 0, 0) : 0;
    store->noted_answer = answered ? cav_pg_int(store, result, 0, 1) : -1;
}

caviar_code cav_pg_renew_session(cav_pg *store, cav_error *error)
{
    cav_pg_call call;
    PGresult *result = NULL;
    if (!store->next_session[0])
        make_name(store, store->next_session);
    cav_pg_call_begin(&call, CAV_PG_SESSION_RENEW);
    cav_pg_add_text(&call, store->session);
    cav_pg_add_text(&call, store->next_session);
    cav_pg_add_text(&call, store->durability);
    caviar_code code = run_one(store, &call, &result, error);
    if (code)
        return code;
    memcpy(store->session, store->next_session, sizeof store->session);
    store->next_session[0] = '\0';
    take_note(store, result);
    bool found = store->pq.PQntuples(result) > 0;
    store->pq.PQclear(result);
    return found ? CAVIAR_OK : add_session(store, error);
}

// After a loss: until there is a connection again, or no hope.
static caviar_code resume(cav_pg *store, cav_error *error)
{
    for (int tries = 0;; tries++) {
        caviar_code code = cav_pg_reconnect(store, error);
        if (code || store->is_read_only)
            return code;
        code = cav_pg_renew_session(store, error);
        if (!code || store->connection || tries == MOST_TRIES)
            return code;
    }
}

// ---- Groups ---------------------------------------------------------------------------------

static caviar_code fail_doomed(const cav_pg *store, cav_error *error)
{
    return cav_fail(error, CAVIAR_BUSY,
                    "%s: the connection was lost, or the server undid this group of writes; none "
                    "of it is kept, it can be tried again",
                    store->place);
}

static caviar_code doom(cav_pg *store, const PGresult *result, cav_error *error)
{
    store->is_doomed = true;
    if (!is_lost(store, result) && !is_passing(store, result))
        return cav_pg_fail(store, result, error);
    store->base.generation++; // what was read in the group may not be there
    return fail_doomed(store, error);
}

caviar_code cav_pg_begin(cav_store *base, cav_error *error)
{
    cav_pg *store = cav_pg_of(base);
    if (store->depth > 0 && store->is_doomed)
        return fail_doomed(store, error);
    if (store->depth++ == 0) {
        store->is_doomed = store->is_open = store->has_written = false;
        store->locked = -1;
        store->op++;
    }
    return CAVIAR_OK;
}

static caviar_code run_in_group(cav_pg *store, const cav_pg_call *call, PGresult **ret_result,
                                cav_error *error)
{
    PGresult *result;
    run_batch(store, &call, 1, &result);
    if (is_good(store, result)) {
        *ret_result = result;
        return CAVIAR_OK;
    }
    caviar_code code = doom(store, result, error);
    store->pq.PQclear(result);
    return code;
}

// Begins the group's transaction, if this is the first statement in it, and takes the counters.
static caviar_code enter(cav_pg *store, int64_t study, cav_error *error)
{
    cav_pg_call call;
    PGresult *result = NULL;
    caviar_code code = CAVIAR_OK;
    if (store->is_doomed)
        return fail_doomed(store, error);
    if (!store->is_open) {
        cav_pg_call_begin(&call, CAV_PG_BEGIN);
        if (!store->connection)
            code = resume(store, error);
        if (!code)
            code = run_in_group(store, &call, &result, error);
        store->pq.PQclear(result);
        store->is_open = !code;
    }
    if (code || study < 0 || store->locked == study || store->is_read_only)
        return code;
    cav_pg_call_begin(&call, CAV_PG_LOCK);
    cav_pg_add_int(&call, study);
    result = NULL;
    code = run_in_group(store, &call, &result, error);
    store->pq.PQclear(result);
    if (!code)
        store->locked = study;
    return code;
}

void cav_pg_roll_back(cav_pg *store)
{
    if (store->connection && store->is_open)
        store->pq.PQclear(cav_pg_execute(store, "ROLLBACK"));
    store->is_open = false;
}

static caviar_code end_group(cav_pg *store, cav_error *error)
{
    cav_pg_call commit, flush;
    const cav_pg_call *const calls[] = {&commit, &flush};
    size_t count = store->has_written ? 2 : 1;
    PGresult *results[MOST_CALLS] = {NULL, NULL};
    cav_pg_call_begin(&commit, CAV_PG_COMMIT);
    flush_begin(store, &flush, true);
    run_batch(store, calls, count, results);
    bool done = is_good(store, results[0]) && (count == 1 || is_good(store, results[1]));
    bool lost = is_good(store, results[0]) || is_lost(store, results[0]);
    caviar_code code = CAVIAR_OK;
    if (!done && lost) {
        code = resume(store, error);
        if (!code && store->has_written && store->noted_op != store->op)
            code = fail_doomed(store, error);
    } else if (!done) {
        code = cav_pg_fail(store, results[0], error);
    }
    clear_all(store, results, count);
    store->is_open = false;
    return code;
}

caviar_code cav_pg_commit(cav_store *base, cav_error *error)
{
    cav_pg *store = cav_pg_of(base);
    if (--store->depth > 0)
        return CAVIAR_OK;
    if (store->is_doomed) {
        cav_pg_roll_back(store);
        return fail_doomed(store, error);
    }
    caviar_code code = store->is_open ? end_group(store, error) : CAVIAR_OK;
    store->locked = -1;
    return code;
}

caviar_code cav_pg_sync(cav_store *store, cav_error *error)
{
    (void)store, (void)error;
    return CAVIAR_OK;
}

// ---- Reads and writes -----------------------------------------------------------------------

caviar_code cav_pg_read(cav_pg *store, const cav_pg_call *call, int64_t study,
                        PGresult **ret_result, cav_error *error)
{
    if (store->depth > 0) {
        caviar_code code = enter(store, study, error);
        return code ? code : run_in_group(store, call, ret_result, error);
    }
    for (int tries = 0;; tries++) {
        PGresult *result;
        run_batch(store, &call, 1, &result);
        if (is_good(store, result)) {
            *ret_result = result;
            return CAVIAR_OK;
        }
        bool lost = is_lost(store, result), passing = lost || is_passing(store, result);
        caviar_code code = cav_pg_fail(store, result, error);
        store->pq.PQclear(result);
        if (!passing || tries == MOST_TRIES)
            return code;
        code = lost ? resume(store, error) : CAVIAR_OK;
        if (code)
            return code;
    }
}

bool cav_pg_send_ahead(cav_pg *store, const cav_pg_call *call)
{
    return store->depth == 0 && send_batch(store, &call, 1);
}

PGresult *cav_pg_take_ahead(cav_pg *store, const cav_pg_call *call)
{
    PGresult *result = NULL;
    receive_batch(store, &call, 1, &result);
    if (is_good(store, result))
        return result;
    store->pq.PQclear(result);
    return NULL;
}

static int64_t answer_of(const cav_pg *store, const PGresult *result)
{
    return store->pq.PQgetisnull(result, 0, 0) ? -1 : cav_pg_int(store, result, 0, 0);
}

static caviar_code write_in_group(cav_pg *store, const cav_pg_call *call, int64_t study,
                                  int64_t *ret_answer, cav_error *error)
{
    PGresult *result;
    caviar_code code = enter(store, study, error);
    if (!code)
        code = run_in_group(store, call, &result, error);
    if (code)
        return code;
    *ret_answer = answer_of(store, result);
    store->pq.PQclear(result);
    store->has_written = true;
    return CAVIAR_OK;
}

// One try; *ret_lost tells that it may or may not have been made.
static caviar_code try_write(cav_pg *store, const cav_pg_call *call, int64_t *ret_answer,
                             bool *ret_lost, bool *ret_again, cav_error *error)
{
    cav_pg_call flush;
    const cav_pg_call *const calls[] = {call, &flush};
    PGresult *results[MOST_CALLS];
    flush_begin(store, &flush, false);
    run_batch(store, calls, 2, results);
    bool written = is_good(store, results[0]), flushed = is_good(store, results[1]);
    const PGresult *bad = results[written ? 1 : 0];
    caviar_code code = CAVIAR_OK;
    *ret_lost = *ret_again = false;
    if (written && flushed) {
        *ret_answer = answer_of(store, results[0]);
    } else {
        // where it may be written, what was noted tells, once that is on the disk
        *ret_lost = written || is_lost(store, bad);
        *ret_again = is_passing(store, bad);
        code = cav_pg_fail(store, bad, error);
    }
    clear_all(store, results, 2);
    return code;
}

caviar_code cav_pg_write(cav_pg *store, const cav_pg_call *call, int64_t study, int64_t *ret_answer,
                         cav_error *error)
{
    if (store->depth > 0)
        return write_in_group(store, call, study, ret_answer, error);
    for (int tries = 0;; tries++) {
        bool lost, again;
        caviar_code code = try_write(store, call, ret_answer, &lost, &again, error);
        if (!code || (!lost && !again) || tries == MOST_TRIES)
            return code;
        code = lost ? resume(store, error) : CAVIAR_OK;
        if (code)
            return code;
        if (lost && store->noted_op == store->op) { // it was made, and only its answer lost
            *ret_answer = store->noted_answer;
            return CAVIAR_OK;
        }
    }
}
