/**
 * postgresql_connection.c: connecting, and again after the connection was lost.
 *
 * A session is told from others by a name that nobody can guess and that changes with each
 * connection. What the server still does on behalf of an earlier connection, a request that lay in
 * a buffer, say, finds its session gone and is undone.
 */
#include "store/postgresql.h"

#include "base/number.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PATIENCE_MS = 120000, // until a server that does not answer is given up
    FIRST_WAIT_MS = 50,
    LONGEST_WAIT_MS = 2000,
};

const char *cav_pg_option(const PQconninfoOption *options, const char *keyword)
{
    for (; options && options->keyword; options++)
        if (strcmp(options->keyword, keyword) == 0)
            return options->val ? options->val : "";
    return "";
}

static void append_part(cav_text *text, const char *before, const char *part)
{
    if (part[0])
        cav_text_appendf(text, "%s%s", before, part);
}

caviar_code cav_pg_find_place(cav_pg *store, cav_error *error)
{
    char *message = NULL; // may quote the location, and with it a password
    PQconninfoOption *options = store->pq.PQconninfoParse(store->location, &message);
    store->pq.PQfreemem(message);
    if (!options)
        return cav_fail(error, CAVIAR_INVALID,
                        "the store's address is not one that libpq understands; it looks like "
                        "postgresql://USER@HOST:PORT/DATABASE, with what is special in it written "
                        "as %%XX");
    cav_text place = {0};
    cav_text_append(&place, "postgresql://");
    append_part(&place, "", cav_pg_option(options, "user"));
    append_part(&place, "@", cav_pg_option(options, "host"));
    append_part(&place, ":", cav_pg_option(options, "port"));
    append_part(&place, "/", cav_pg_option(options, "dbname"));
    append_part(&place, "?service=", cav_pg_option(options, "service"));
    store->pq.PQconninfoFree(options);
    store->place = cav_text_take(&place);
    return store->place ? CAVIAR_OK : cav_fail_memory(error);
}

static void ignore_notice(void *context, const char *message)
{
    (void)context, (void)message;
}

void cav_pg_disconnect(cav_pg *store)
{
    if (store->connection)
        store->pq.PQfinish(store->connection);
    store->connection = NULL;
    store->knows_control = false;
    store->listens = store->locked = -1;
    store->is_open = false;
    memset(store->is_prepared, 0, sizeof store->is_prepared);
}

// A wait for a server that is away, not ready, or does not answer.
typedef struct outage {
    int64_t begin_ms, most_ms;
    bool has_begun;             // the waiter has heard of it
    int64_t nap_ms;             // before the next attempt, about
    char why[CAV_MESSAGE_SIZE]; // in words; "": not known yet
} outage;

static outage begin_outage(int64_t most_ms)
{
    return (outage){.begin_ms = cav_pg_now_ms(), .most_ms = most_ms, .nap_ms = FIRST_WAIT_MS};
}

static void fill_silence(const cav_pg *store, outage *at)
{
    snprintf(at->why, sizeof at->why, "%s: no answer comes", store->place);
}

// The wait for a new connection goes on with that for an answer, where that is how the old one was
// lost.
static outage begin_loss(cav_pg *store)
{
    outage at = begin_outage(PATIENCE_MS);
    if (store->silent_ms > 0) {
        at.most_ms += at.begin_ms - store->silent_ms;
        at.begin_ms = store->silent_ms;
        at.has_begun = true;
        fill_silence(store, &at);
    }
    store->silent_ms = 0;
    return at;
}

static bool is_waited_for(cav_pg *store, outage *at)
{
    const cav_store_waiter *waiter = store->base.waiter;
    int64_t away_ms = at->has_begun ? cav_pg_now_ms() - at->begin_ms : 0;
    at->has_begun = true;
    if (away_ms > at->most_ms || store->base.is_given_up)
        return false;
    store->base.is_given_up =
        waiter && !waiter->waits(waiter->context, at->why, away_ms, at->most_ms);
    return !store->base.is_given_up;
}

// A try to connect, within an outage.
typedef struct attempt {
    cav_pg *store;
    outage *outage;
} attempt;

// One setting at a time: a database that lacks one of them serves without.
static void try_setting(cav_pg *store, const char *sql)
{
    store->pq.PQclear(cav_pg_execute(store, sql));
}

static caviar_code set_up(cav_pg *store, cav_error *error)
{
    PGresult *result = cav_pg_execute(store, "SHOW synchronous_commit");
    caviar_code code = CAVIAR_OK;
    if (store->pq.PQresultStatus(result) == PGRES_TUPLES_OK)
        snprintf(store->durability, sizeof store->durability, "%s",
                 store->pq.PQgetvalue(result, 0, 0));
    else
        code = cav_pg_fail(store, result, error);
    store->pq.PQclear(result);
    if (code)
        return code;
    try_setting(store, "SET synchronous_commit = off"); // see postgresql.h: the flush waits
    try_setting(store, "SET idle_in_transaction_session_timeout = '30s'");
    try_setting(store, "SET tcp_keepalives_idle = 10");
    try_setting(store, "SET tcp_keepalives_interval = 5");
    try_setting(store, "SET tcp_keepalives_count = 3");
    try_setting(store, "SET tcp_user_timeout = '30s'");
    if (store->is_read_only)
        try_setting(store, "SET default_transaction_read_only = on");
    return cav_pg_read_time(store, error);
}

// Whether a new connection is waited for further: whoever has no waiter waits for as long as its
// address may take.
static bool is_attempt_borne(void *context)
{
    attempt *at = context;
    snprintf(at->outage->why, sizeof at->outage->why, "%s: %s", at->store->place,
             CAV_PG_UNANSWERED);
    return !at->store->base.waiter || is_waited_for(at->store, at->outage);
}

static caviar_code connect_once(cav_pg *store, outage *at, cav_error *error)
{
    caviar_code code = cav_pg_dial(store, is_attempt_borne, &(attempt){store, at}, error);
    if (!code) {
        store->pq.PQsetNoticeProcessor(store->connection, ignore_notice, NULL);
        store->pq.PQsetnonblocking(store->connection, 1); // see cav_pg_await
        code = set_up(store, error);
    }
    if (code)
        cav_pg_disconnect(store);
    return code;
}

// A server that is starting or ending says so; these are its words' code, as libpq does not pass
// on the number.
static bool is_starting(const cav_error *error)
{
    return strstr(error->message, "starting up") || strstr(error->message, "shutting down") ||
           strstr(error->message, "not yet accepting") || strstr(error->message, "recovery mode");
}

// Sleeps until the next attempt; false: there is to be none.
static bool nap(cav_pg *store, outage *at)
{
    double share = 0.5 + cav_random_unit(&store->random); // not all at once
    int64_t left_ms = (int64_t)((double)at->nap_ms * share);
    at->nap_ms = at->nap_ms * 2 < LONGEST_WAIT_MS ? at->nap_ms * 2 : LONGEST_WAIT_MS;
    for (; left_ms > 0; left_ms -= CAV_PG_SLICE_MS) {
        if (!is_waited_for(store, at))
            return false;
        usleep((useconds_t)(left_ms < CAV_PG_SLICE_MS ? left_ms : CAV_PG_SLICE_MS) * 1000);
    }
    return is_waited_for(store, at);
}

caviar_code cav_pg_connect(cav_pg *store, cav_error *error)
{
    outage at = begin_outage(PATIENCE_MS / 4);
    for (;;) {
        cav_error why = {0};
        caviar_code code = connect_once(store, &at, &why);
        snprintf(at.why, sizeof at.why, "%s", why.message);
        if (!code || !is_starting(&why) || !nap(store, &at)) {
            if (code && error)
                *error = why;
            return code;
        }
    }
}

caviar_code cav_pg_reconnect(cav_pg *store, cav_error *error)
{
    outage at = begin_loss(store);
    store->base.generation++; // a crash may have taken back what was read
    cav_pg_disconnect(store);
    for (bool waits = is_waited_for(store, &at); waits; waits = nap(store, &at)) {
        cav_error why = {0};
        caviar_code code = connect_once(store, &at, &why);
        if (code == CAVIAR_NOMEM)
            return cav_fail_memory(error); // that is no matter of the server's
        if (!code)
            return CAVIAR_OK;
        snprintf(at.why, sizeof at.why, "%s", why.message);
    }
    if (!at.why[0])
        return cav_fail(error, CAVIAR_IO, "%s: the connection was lost", store->place);
    return cav_fail(error, CAVIAR_IO, "the server is gone, and was waited for for %lld s: %s",
                    (long long)(cav_pg_now_ms() - at.begin_ms) / 1000, at.why);
}

// Lets what was sent go out, and takes in what has come; false if nothing moves for a moment.
static bool exchange(cav_pg *store)
{
    bool is_sending = store->pq.PQflush(store->connection) == 1;
    struct pollfd at = {.fd = store->pq.PQsocket(store->connection),
                        .events = (short)(is_sending ? POLLIN | POLLOUT : POLLIN)};
    return poll(&at, 1, CAV_PG_SLICE_MS) > 0 && store->pq.PQconsumeInput(store->connection);
}

static bool is_silence_borne(cav_pg *store, outage *at)
{
    if (store->silent_ms == 0) {
        store->silent_ms = at->begin_ms;
        fill_silence(store, at);
    }
    return is_waited_for(store, at);
}

void cav_pg_await(cav_pg *store)
{
    outage at = {0};
    while (store->pq.PQisBusy(store->connection)) {
        if (at.begin_ms == 0)
            at = begin_outage(INT64_MAX);
        if (exchange(store)) {
            at.begin_ms = store->silent_ms = 0;
        } else if (store->pq.PQstatus(store->connection) != CONNECTION_OK) {
            return; // the silence goes on while another connection is tried
        } else if (cav_pg_lacks_memory(store) || !is_silence_borne(store, &at)) {
            // libpq drops an answer that it has no memory for, and goes on waiting for it
            cav_pg_disconnect(store);
            return;
        }
    }
    store->silent_ms = 0;
}

caviar_code cav_pg_read_time(cav_pg *store, cav_error *error)
{
    int64_t before = cav_pg_now_ms();
    PGresult *result =
        cav_pg_execute(store, "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint, "
                              "(extract(epoch FROM pg_postmaster_start_time()) * 1000)::bigint");
    caviar_code code = CAVIAR_OK;
    if (store->pq.PQresultStatus(result) == PGRES_TUPLES_OK) {
        store->server_ahead_ms = cav_pg_int(store, result, 0, 0) - (before + cav_pg_now_ms()) / 2;
        store->leases_from_ms =
            store->own_clock ? 0 : cav_pg_int(store, result, 0, 1) + CAV_PG_RETURN_MS;
    } else {
        code = cav_pg_fail(store, result, error);
    }
    store->pq.PQclear(result);
    return code;
}

void cav_pg_hear(cav_pg *store)
{
    PGnotify *told;
    if (!store->connection || !store->pq.PQconsumeInput(store->connection)) {
        store->knows_control = false;
        return;
    }
    while ((told = store->pq.PQnotifies(store->connection))) {
        store->knows_control = false;
        store->pq.PQfreemem(told);
    }
}
