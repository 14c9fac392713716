/**
 * postgresql.c: the store on a PostgreSQL server, for any number of machines: opening and closing.
 */
#include "store/postgresql.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static bool owns(const char *location)
{
    return strncmp(location, "postgresql://", 13) == 0 || strncmp(location, "postgres://", 11) == 0;
}

static int64_t monotonic_ns(const cav_clock *clock)
{
    (void)clock;
    return cav_clock_monotonic_ns(&cav_clock_system);
}

static int64_t server_ms(const cav_clock *clock)
{
    const cav_pg *store =
        (const cav_pg *)(const void *)((const char *)clock - offsetof(cav_pg, server_clock));
    return store->server_ahead_ms + cav_pg_now_ms();
}

static caviar_code draw(cav_pg *store, cav_error *error)
{
    uint64_t seed = 0;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        return cav_fail(error, CAVIAR_IO, "the system has no random numbers");
    store->random = cav_random_stream(seed, 0, CAV_PURPOSE_SESSION, 0);
    return CAVIAR_OK;
}

// Old rows of sessions that ended without a word are swept out by whoever comes next.
static caviar_code begin_session(cav_pg *store, cav_error *error)
{
    cav_pg_call call;
    PGresult *result = NULL;
    caviar_code code = cav_pg_renew_session(store, error);
    if (code)
        return code;
    cav_pg_call_begin(&call, CAV_PG_SESSION_SWEEP);
    cav_pg_add_now(store, &call);
    code = cav_pg_read(store, &call, -1, &result, error);
    if (!code)
        store->pq.PQclear(result);
    return code;
}

static caviar_code open_store(cav_pg *store, const cav_store_options *options, cav_error *error)
{
    store->location = strdup(options->location);
    caviar_code code = store->location ? cav_pq_load(&store->pq, error) : cav_fail_memory(error);
    if (!code)
        code = draw(store, error);
    if (!code)
        code = cav_pg_find_place(store, error);
    store->base.place = store->place;
    if (!code)
        code = cav_pg_connect(store, error);
    if (!code)
        code = cav_pg_prepare_schema(store, options->create && !options->read_only, error);
    if (!code && !store->is_read_only)
        code = begin_session(store, error);
    return code;
}

static void end_session(cav_pg *store)
{
    cav_pg_call call;
    PGresult *result;
    cav_pg_call_begin(&call, CAV_PG_SESSION_REMOVE);
    cav_pg_add_text(&call, store->session);
    if (!cav_pg_read(store, &call, -1, &result, NULL))
        store->pq.PQclear(result);
}

static void free_store(cav_pg *store)
{
    if (store->pq.handle)
        cav_pg_disconnect(store);
    cav_pq_unload(&store->pq);
    if (store->location)
        explicit_bzero(store->location, strlen(store->location));
    free(store->location);
    free(store->place);
    free(store);
}

static void close_store(cav_store *base)
{
    cav_pg *store = cav_pg_of(base);
    if (store->depth > 0)
        cav_pg_roll_back(store);
    store->depth = 0;
    if (store->connection && !store->is_read_only)
        end_session(store);
    free_store(store);
}

static caviar_code open_postgresql(const cav_store_options *options, cav_store **ret_store,
                                   cav_error *error)
{
    cav_pg *store = calloc(1, sizeof *store);
    if (!store)
        return cav_fail_memory(error);
    store->base.type = &cav_store_postgresql;
    store->server_clock = (cav_clock){.monotonic_ns = monotonic_ns, .wall_ms = server_ms};
    store->own_clock = options->clock == &cav_clock_system ? NULL : options->clock;
    store->base.clock = store->own_clock ? store->own_clock : &store->server_clock;
    store->is_read_only = options->read_only;
    store->listens = store->locked = -1;
    caviar_code code = open_store(store, options, error);
    if (code)
        free_store(store);
    else
        *ret_store = &store->base;
    return code;
}

const cav_store_type cav_store_postgresql = {
    .name = "postgresql",
    .summary = "a PostgreSQL server, shared by any number of machines",
    .is_on_server = true,
    .owns = owns,
    .open = open_postgresql,
    .close = close_store,
    .study_add = cav_pg_study_add,
    .study_read = cav_pg_study_read,
    .study_set = cav_pg_study_set,
    .study_control = cav_pg_study_control,
    .study_remove = cav_pg_study_remove,
    .trial_add = cav_pg_trial_add,
    .trial_claim = cav_pg_trial_claim,
    .trial_move = cav_pg_trial_move,
    .report_add = cav_pg_report_add,
    .nudge_add = cav_pg_nudge_add,
    .nudge_set = cav_pg_nudge_set,
    .lease_renew = cav_pg_lease_renew,
    .trial_read = cav_pg_trial_read,
    .report_read = cav_pg_report_read,
    .nudge_read = cav_pg_nudge_read,
    .output_read = cav_pg_output_read,
    .begin = cav_pg_begin,
    .commit = cav_pg_commit,
    .sync = cav_pg_sync,
    .check = cav_pg_check,
};
