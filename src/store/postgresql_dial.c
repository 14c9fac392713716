/**
 * postgresql_dial.c: making a connection, while somebody is asked whether to wait for it.
 *
 * libpq tries one address after the other by itself, of several hosts and of names that have
 * several, but PQconnectPoll leaves it to its caller how long each may take (connect_timeout), and
 * cannot be told to go on to the next one. So an address that does not answer in time is left out,
 * and libpq begins again with all others.
 *
 * Names are looked up by the system's resolver, which nobody can interrupt.
 */
#include "store/postgresql.h"

#include "base/memory.h"

#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

static const char default_port[] = "5432"; // libpq's, where a list of ports has an empty one

// An address of a server, as libpq takes it.
typedef struct door {
    const char *host;    // "/…": the folder of a socket; "": libpq's own
    const char *address; // "": of a socket, or of a name that cannot be looked up
    const char *port;
} door;

typedef struct doors {
    cav_arena *arena; // NULL: not listed yet, all are tried
    door *items;
    size_t count, capacity;
} doors;

// How long the present address may take.
typedef struct watch {
    int64_t limit_ms; // 0: for ever
    int64_t end_ms;
    uint64_t key; // of the address
} watch;

// ---- Addresses ------------------------------------------------------------------------------

// What tells two addresses apart.
static uint64_t key_of(const door *at)
{
    uint64_t key = cav_text_hash(CAV_TEXT_HASH, at->address[0] ? at->address : at->host);
    return cav_text_hash(cav_text_hash(key, " "), at->port[0] ? at->port : default_port);
}

static const char *words_or_none(const char *words)
{
    return words ? words : "";
}

// The one that is being tried.
static door present_door(const cav_pg *store)
{
    const cav_pq *pq = &store->pq;
    return (door){.host = words_or_none(pq->PQhost(store->connection)),
                  .address = words_or_none(pq->PQhostaddr(store->connection)),
                  .port = words_or_none(pq->PQport(store->connection))};
}

static size_t count_parts(const char *list)
{
    size_t count = 1;
    for (; *list; list++)
        count += *list == ',';
    return count;
}

// A part of a list with commas; the last one where it has fewer. NULL: out of memory.
static const char *part_of(cav_arena *arena, const char *list, size_t index)
{
    const char *comma;
    for (; index > 0 && (comma = strchr(list, ',')); index--)
        list = comma + 1;
    return cav_arena_text(arena, list, strcspn(list, ","));
}

static bool add_door(doors *all, const door *one)
{
    if (!one->host || !one->address || !one->port ||
        !CAV_GROW(&all->items, &all->capacity, all->count + 1))
        return false;
    all->items[all->count++] = *one;
    return true;
}

// All addresses of a name, in the order in which libpq would try them.
static bool add_addresses(doors *all, const door *named)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (getaddrinfo(named->host, NULL, &hints, &found))
        return add_door(all, named); // libpq fails with it in its own words
    bool ok = true;
    for (const struct addrinfo *at = found; at && ok; at = at->ai_next) {
        char text[NI_MAXHOST];
        door one = *named;
        if (getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST))
            continue;
        one.address = cav_arena_strdup(all->arena, text);
        ok = add_door(all, &one);
    }
    freeaddrinfo(found);
    return ok;
}

static bool has_name(const door *at)
{
    return !at->address[0] && at->host[0] && at->host[0] != '/' && at->host[0] != '@';
}

// Lists all addresses that the location names.
static bool list_doors(const cav_pg *store, doors *all)
{
    PQconninfoOption *options = store->pq.PQconninfo(store->connection);
    const char *hosts = cav_pg_option(options, "host");
    const char *addresses = cav_pg_option(options, "hostaddr");
    const char *ports = cav_pg_option(options, "port");
    size_t count = count_parts(addresses[0] ? addresses : hosts);
    all->arena = cav_arena_new();
    bool ok = options && all->arena;
    for (size_t i = 0; i < count && ok; i++) {
        door one = {.host = part_of(all->arena, hosts, i),
                    .address = part_of(all->arena, addresses, i),
                    .port = part_of(all->arena, ports, i)};
        ok = one.host && one.address && has_name(&one) ? add_addresses(all, &one)
                                                       : add_door(all, &one);
    }
    store->pq.PQconninfoFree(options);
    return ok;
}

// Takes the present address out of those that are tried; false where no other one is left.
static bool leave_out(const cav_pg *store, doors *all)
{
    if (!all->arena && !list_doors(store, all))
        return false;
    door present = present_door(store);
    size_t kept = 0, before = all->count;
    for (size_t i = 0; i < before; i++)
        if (key_of(&all->items[i]) != key_of(&present))
            all->items[kept++] = all->items[i];
    all->count = kept;
    return kept > 0 && kept < before;
}

static void free_doors(doors *all)
{
    cav_arena_free(all->arena);
    free(all->items);
}

// ---- Trying ---------------------------------------------------------------------------------

// What is set here holds unless the location says otherwise; the list of addresses, where there is
// one, holds instead of the location's. A dead network is noticed within half a minute.
static PGconn *begin_with(const cav_pg *store, const char *host, const char *address,
                          const char *port)
{
    static const char *const keywords[] = {"fallback_application_name",
                                           "client_encoding",
                                           "connect_timeout",
                                           "keepalives_idle",
                                           "keepalives_interval",
                                           "keepalives_count",
                                           "tcp_user_timeout",
                                           "dbname",
                                           "host",
                                           "hostaddr",
                                           "port",
                                           NULL};
    const char *values[] = {"caviar", "UTF8",          "10", "10",    "5",  "3",
                            "30000",  store->location, host, address, port, NULL};
    return store->pq.PQconnectStartParams(keywords, values, 1);
}

static PGconn *begin(const cav_pg *store, const doors *all)
{
    cav_text host = {0}, address = {0}, port = {0};
    for (size_t i = 0; i < all->count; i++) {
        const char *comma = i ? "," : "";
        cav_text_appendf(&host, "%s%s", comma, all->items[i].host);
        cav_text_appendf(&address, "%s%s", comma, all->items[i].address);
        cav_text_appendf(&port, "%s%s", comma, all->items[i].port);
    }
    PGconn *connection = NULL;
    if (!host.failed && !address.failed && !port.failed)
        connection = begin_with(store, host.data, address.data, port.data);
    cav_text_free(&host);
    cav_text_free(&address);
    cav_text_free(&port);
    return connection;
}

// As libpq reads it: seconds; 0 and less are for ever, and 1 is 2. -1: it is no number.
static int64_t time_limit_ms(const cav_pg *store)
{
    char *end;
    PQconninfoOption *options = store->pq.PQconninfo(store->connection);
    int64_t seconds = strtol(cav_pg_option(options, "connect_timeout"), &end, 10);
    bool is_number = end[strspn(end, " ")] == '\0';
    store->pq.PQconninfoFree(options);
    if (!is_number)
        return -1;
    return seconds <= 0 ? 0 : (seconds == 1 ? 2 : seconds) * 1000;
}

// Begins to count anew where libpq has gone on to another address.
static void follow_address(const cav_pg *store, watch *at)
{
    door present = present_door(store);
    uint64_t key = key_of(&present);
    if (key != at->key)
        at->end_ms = cav_pg_now_ms() + at->limit_ms;
    at->key = key;
}

static bool is_over(const watch *at)
{
    return at->limit_ms > 0 && cav_pg_now_ms() >= at->end_ms;
}

// Waits for a moment until libpq can go on.
static bool can_go_on(const cav_pg *store, PostgresPollingStatusType waits_for)
{
    struct pollfd at = {.fd = store->pq.PQsocket(store->connection),
                        .events = waits_for == PGRES_POLLING_READING ? POLLIN : POLLOUT};
    return poll(&at, 1, CAV_PG_SLICE_MS) > 0;
}

typedef enum outcome {
    OUTCOME_ANSWERED, // well or not
    OUTCOME_SILENT,
    OUTCOME_GIVEN_UP,
    OUTCOME_UNCLEAR, // how long to wait
} outcome;

// Follows libpq through its addresses until one of them answers or is silent for too long.
static outcome await(const cav_pg *store, cav_pg_patience *waits, void *context)
{
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;
    if (store->pq.PQstatus(store->connection) == CONNECTION_BAD)
        return OUTCOME_ANSWERED;
    watch at = {.limit_ms = time_limit_ms(store)};
    if (at.limit_ms < 0)
        return OUTCOME_UNCLEAR;
    while (next != PGRES_POLLING_OK && next != PGRES_POLLING_FAILED) {
        follow_address(store, &at);
        if (can_go_on(store, next))
            next = store->pq.PQconnectPoll(store->connection);
        else if (!waits(context))
            return OUTCOME_GIVEN_UP;
        else if (is_over(&at))
            return OUTCOME_SILENT;
    }
    return OUTCOME_ANSWERED;
}

// ---- Its outcome ----------------------------------------------------------------------------

static caviar_code fail_silent(const cav_pg *store, cav_error *error)
{
    door present = present_door(store);
    return cav_fail(error, CAVIAR_IO, "%s: timeout expired: %s, port %s, does not answer",
                    store->place, present.address[0] ? present.address : present.host,
                    present.port);
}

bool cav_pg_lacks_memory(const cav_pg *store)
{
    static const char words[] = "out of memory"; // it has no code for it
    return strncmp(store->pq.PQerrorMessage(store->connection), words, strlen(words)) == 0;
}

// Of one that was answered.
static caviar_code judge_answer(const cav_pg *store, cav_error *error)
{
    const cav_pq *pq = &store->pq;
    if (pq->PQstatus(store->connection) == CONNECTION_OK)
        return CAVIAR_OK;
    if (!store->connection || cav_pg_lacks_memory(store))
        return cav_fail_memory(error);
    const char *words = pq->PQerrorMessage(store->connection);
    return cav_fail(error, CAVIAR_IO, "%s: %.*s", store->place, (int)strcspn(words, "\n"), words);
}

static caviar_code judge(const cav_pg *store, outcome found, cav_error *error)
{
    switch (found) {
    case OUTCOME_SILENT:
        return fail_silent(store, error);
    case OUTCOME_GIVEN_UP:
        return cav_fail(error, CAVIAR_IO, "%s: %s", store->place, CAV_PG_UNANSWERED);
    case OUTCOME_UNCLEAR:
        return cav_fail(error, CAVIAR_INVALID,
                        "%s: connect_timeout is a number of seconds, and nothing else",
                        store->place);
    case OUTCOME_ANSWERED:
    default:
        return judge_answer(store, error);
    }
}

caviar_code cav_pg_dial(cav_pg *store, cav_pg_patience *waits, void *context, cav_error *error)
{
    doors all = {0};
    outcome found;
    caviar_code code;
    do {
        cav_pg_disconnect(store);
        store->connection = begin(store, &all);
        found = await(store, waits, context);
        code = judge(store, found, error);
    } while (found == OUTCOME_SILENT && leave_out(store, &all));
    free_doors(&all);
    return code;
}
