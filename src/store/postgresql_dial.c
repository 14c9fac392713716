/**
 * postgresql_dial.c: making a connection, while somebody is asked whether to wait for it.
 *
 * libpq looks up names and tries one host after the other, each for connect_timeout. Its
 * PQconnectPoll does not: it leaves both the time and what follows it to the caller, who has no
 * way to say "the next host". So the call that does all of it runs on a thread of its own, and is
 * left to itself when nobody waits for it any more: it ends with its own time-out, and closes what
 * it has opened.
 */
#include "store/postgresql.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SLICE_NS = 100000000 }; // between two questions whether to wait on

/** What the two threads share; whoever leaves last frees it. */
typedef struct dialing {
    cav_pq pq; // a hold of its own on the library, which the store may let go of meanwhile
    char *location;
    pthread_mutex_t mutex;
    pthread_cond_t done;
    PGconn *connection; // once it is done
    bool is_done, is_left;
} dialing;

// What is set here holds unless the location says otherwise. A dead network is noticed within half
// a minute.
static PGconn *dial(const cav_pq *pq, const char *location)
{
    static const char *const keywords[] = {"fallback_application_name",
                                           "client_encoding",
                                           "connect_timeout",
                                           "keepalives_idle",
                                           "keepalives_interval",
                                           "keepalives_count",
                                           "tcp_user_timeout",
                                           "dbname",
                                           NULL};
    const char *values[] = {"caviar", "UTF8", "10", "10", "5", "3", "30000", location, NULL};
    return pq->PQconnectdbParams(keywords, values, 1);
}

static void free_dialing(dialing *at)
{
    if (at->connection)
        at->pq.PQfinish(at->connection);
    cav_pq_unload(&at->pq);
    pthread_cond_destroy(&at->done);
    pthread_mutex_destroy(&at->mutex);
    free(at->location);
    free(at);
}

static dialing *new_dialing(const char *location)
{
    dialing *at = calloc(1, sizeof *at);
    char *copy = at ? strdup(location) : NULL;
    if (!copy || cav_pq_load(&at->pq, NULL)) {
        free(copy);
        free(at);
        return NULL;
    }
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&at->done, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&at->mutex, NULL);
    at->location = copy;
    return at;
}

static void *run(void *context)
{
    dialing *at = context;
    PGconn *connection = dial(&at->pq, at->location);
    pthread_mutex_lock(&at->mutex);
    at->connection = connection;
    at->is_done = true;
    bool is_left = at->is_left;
    pthread_cond_signal(&at->done);
    pthread_mutex_unlock(&at->mutex);
    if (is_left)
        free_dialing(at);
    return NULL;
}

// Signals are for the threads that were there before.
static bool begin(dialing *at)
{
    pthread_t thread;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool ok = pthread_create(&thread, NULL, run, at) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (ok)
        pthread_detach(thread);
    return ok;
}

// Waits for a moment. Needs the mutex.
static void wait_a_slice(dialing *at)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += SLICE_NS;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&at->done, &at->mutex, &until);
}

static PGconn *await(dialing *at, cav_pg_patience *waits, void *context)
{
    pthread_mutex_lock(&at->mutex);
    while (!at->is_done && !at->is_left) {
        wait_a_slice(at);
        pthread_mutex_unlock(&at->mutex);
        bool goes_on = waits(context);
        pthread_mutex_lock(&at->mutex);
        at->is_left = !at->is_done && !goes_on;
    }
    PGconn *connection = at->connection;
    at->connection = NULL;
    bool is_left = at->is_left;
    pthread_mutex_unlock(&at->mutex);
    if (!is_left)
        free_dialing(at);
    return connection;
}

PGconn *cav_pg_dial(cav_pg *store, cav_pg_patience *waits, void *context)
{
    if (!store->base.waiter)
        return dial(&store->pq, store->location);
    dialing *at = new_dialing(store->location);
    if (at && begin(at))
        return await(at, waits, context);
    if (at)
        free_dialing(at);
    return dial(&store->pq, store->location);
}
