/**
 * server.c: connections (libmicrohttpd), and who may do what.
 */
#include "serve/server.h"

#include "base/memory.h"
#include "serve/act.h"
#include "serve/answer.h"
#include "serve/exchange.h"
#include "serve/page.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_CONNECTIONS = 256,
    MOST_CONNECTIONS_FROM_ONE = 128, // address
    IDLE_SECONDS = 30,
    CONNECTION_BYTES = 16384, // for its headers
    STACK_BYTES = 1 << 20,
    MOST_BODY = 16384,
    BEAT_MS = 15000,     // between two signs of life to who waits for news
    ATTENTION_MS = 1000, // in which it is noticed that one who waits has gone
    FAREWELL_MS = 1000,  // in which they hear that it ends
};

struct cav_server {
    cav_hub *hub;
    cav_http http;
    struct MHD_Daemon *daemon;
    char *name, *title, *place;
    const char *token;
    bool is_local, read_only;
};

/** A request as it comes in. */
typedef struct request {
    cav_text body;
    bool is_too_large;
} request;

static const char *query(const cav_exchange *exchange, const char *name)
{
    return exchange->http->MHD_lookup_connection_value(exchange->connection, MHD_GET_ARGUMENT_KIND,
                                                       name);
}

// ---- Who may ----------------------------------------------------------------------------------

static bool is_foreign_page(const cav_exchange *exchange)
{
    const char *site = cav_exchange_header(exchange, "Sec-Fetch-Site");
    bool says_so = site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0;
    return says_so || !cav_guard_is_own_origin(cav_exchange_header(exchange, "Origin"),
                                               cav_exchange_header(exchange, "Host"));
}

// 0: it may; otherwise the status, with the sentence.
static unsigned refuse(const cav_server *server, const cav_exchange *exchange,
                       const cav_route *route, cav_error *error)
{
    const char *given = cav_guard_bearer(cav_exchange_header(exchange, "Authorization"));
    if (is_foreign_page(exchange)) {
        cav_fail(error, CAVIAR_STATE, "a page of another site may not ask here");
        return MHD_HTTP_FORBIDDEN;
    }
    if (route->is_change && server->read_only) {
        cav_fail(error, CAVIAR_STATE,
                 "this server was started with --read-only: it changes nothing");
        return MHD_HTTP_FORBIDDEN;
    }
    bool needs_token = route->is_change || !server->is_local;
    if ((needs_token || given) && !cav_guard_is_token(given, server->token)) {
        cav_fail(error, CAVIAR_STATE,
                 "%s; 'caviar serve' prints it when it starts, and keeps it in a file",
                 given ? "this is not the token" : "this needs the token");
        return MHD_HTTP_UNAUTHORIZED;
    }
    return 0;
}

// ---- Looking ----------------------------------------------------------------------------------

static caviar_code read_page(const cav_exchange *exchange, cav_page *ret_page, cav_error *error)
{
    int64_t epoch = 0, since = 0, limit = 0;
    caviar_code code = cav_route_number("epoch", query(exchange, "epoch"), 0, &epoch, error);
    if (!code)
        code = cav_route_number("since", query(exchange, "since"), 0, &since, error);
    if (!code)
        code = cav_route_number("limit", query(exchange, "limit"), CAV_PAGE_MOST, &limit, error);
    if (!code && (limit < 1 || limit > CAV_PAGE_MOST))
        code = cav_fail(error, CAVIAR_INVALID, "limit: from 1 to %d", CAV_PAGE_MOST);
    if (!code)
        *ret_page = (cav_page){(uint64_t)epoch, (size_t)since, (size_t)limit};
    return code;
}

static caviar_code look_at_study(cav_server *server, const cav_exchange *exchange,
                                 const cav_route *route, cav_feed *feed, cav_json *json,
                                 cav_error *error)
{
    cav_page page = {0};
    int64_t number = 0;
    bool of_metric = route->kind == CAV_ROUTE_IMPORTANCE || route->kind == CAV_ROUTE_CONTOUR ||
                     route->kind == CAV_ROUTE_EFFECTS;
    const char *word = of_metric ? "metric" : "since";
    caviar_code code = read_page(exchange, &page, error);
    if (!code)
        code = cav_route_number(word, query(exchange, word), 0, &number, error);
    if (code)
        return code;
    if (route->kind == CAV_ROUTE_TRIALS)
        return cav_answer_trials(feed, &page, json, error);
    if (route->kind == CAV_ROUTE_CURVES)
        return cav_answer_curves(feed, &page, json, error);
    if (route->kind == CAV_ROUTE_IMPORTANCE)
        return cav_answer_importance(feed, (size_t)number, json, error);
    if (route->kind == CAV_ROUTE_CONTOUR)
        return cav_answer_contour(feed, (size_t)number, query(exchange, "first"),
                                  query(exchange, "second"), json, error);
    if (route->kind == CAV_ROUTE_EFFECTS)
        return cav_answer_effects(feed, (size_t)number, json, error);
    if (route->kind == CAV_ROUTE_TRIAL)
        return cav_answer_trial(feed, route->trial, number, server->place, json, error);
    if (route->kind == CAV_ROUTE_BEST)
        return cav_answer_best(feed, json, error);
    cav_answer_study(feed, json);
    return CAVIAR_OK;
}

static caviar_code list_studies(cav_server *server, cav_json *json, cav_error *error)
{
    cav_study_summary *list;
    size_t count;
    caviar_code code = cav_hub_list(server->hub, &list, &count, error);
    if (code)
        return code;
    cav_answer_studies(list, count, json);
    cav_summaries_free(list, count);
    return CAVIAR_OK;
}

static void write_root(const cav_server *server, cav_json *json)
{
    cav_json_begin_object(json);
    cav_json_add_string(json, "program", "caviar");
    cav_json_add_string(json, "version", caviar_version());
    cav_json_add_int(json, "api", 1);
    cav_json_add_string(json, "store", server->title);
    cav_json_add_bool(json, "read_only", server->read_only);
    cav_json_end_object(json);
}

static caviar_code look(cav_server *server, const cav_exchange *exchange, const cav_route *route,
                        cav_json *json, cav_error *error)
{
    if (route->kind == CAV_ROUTE_STUDIES)
        return list_studies(server, json, error);
    if (route->kind == CAV_ROUTE_ROOT) {
        write_root(server, json);
        return CAVIAR_OK;
    }
    cav_feed *feed;
    caviar_code code = cav_feed_open(server->hub, route->study, &feed, error);
    if (code)
        return code;
    code = look_at_study(server, exchange, route, feed, json, error);
    cav_feed_close(server->hub, feed);
    return code;
}

// ---- News -------------------------------------------------------------------------------------

/** One who waits for news of a study. */
typedef struct listener {
    cav_hub *hub;
    cav_feed *feed;
    int socket;
    uint64_t version; // that it knows
    char event[256];  // that is being sent
    size_t size, sent;
    bool is_over;
} listener;

static int print_event(char *event, size_t size, const cav_feed_news *news, bool is_new)
{
    if (news->is_over)
        return snprintf(event, size, "event: end\ndata: {}\n\n");
    if (!is_new)
        return snprintf(event, size, ":\n\n");
    return snprintf(event, size,
                    "event: news\n"
                    "data: {\"trials\":%zu,\"curves\":%zu,\"control\":\"%s\"}\n\n",
                    news->trials, news->reports, cav_control_name(news->control));
}

// Nothing would tell until the next two events are written that one who listened has gone, and so
// long the connection would count as one of those that an address may have.
static bool has_gone(const listener *at)
{
    struct pollfd one = {.fd = at->socket, .events = POLLRDHUP};
    return poll(&one, 1, 0) > 0 && (one.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

// False: who listened has gone.
static bool next_event(listener *at)
{
    cav_feed_news news;
    bool is_new = false;
    for (int waited = 0; waited < BEAT_MS && !is_new; waited += ATTENTION_MS) {
        if (has_gone(at))
            return false;
        is_new = cav_feed_wait(at->hub, at->feed, at->version, ATTENTION_MS, &news);
    }
    int size = print_event(at->event, sizeof at->event, &news, is_new);
    at->version = news.version;
    at->is_over = news.is_over;
    at->sent = 0;
    at->size = size > 0 ? (size_t)size : 0;
    return true;
}

static ssize_t read_events(void *context, uint64_t position, char *buffer, size_t most)
{
    listener *at = context;
    (void)position;
    if (at->sent == at->size && at->is_over)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (at->sent == at->size && !next_event(at))
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t size = at->size - at->sent < most ? at->size - at->sent : most;
    memcpy(buffer, at->event + at->sent, size);
    at->sent += size;
    return (ssize_t)size;
}

static void end_events(void *context)
{
    listener *at = context;
    cav_feed_leave(at->hub, at->feed);
    free(at);
}

static enum MHD_Result listen_to(cav_server *server, const cav_exchange *exchange,
                                 const cav_route *route)
{
    cav_error error = {0};
    listener *at = calloc(1, sizeof *at);
    caviar_code code =
        at ? cav_feed_join(server->hub, route->study, &at->feed, &error) : cav_fail_memory(&error);
    if (code) {
        free(at);
        return cav_exchange_fail(exchange, cav_exchange_status(code), &error);
    }
    at->hub = server->hub;
    at->socket =
        exchange->http
            ->MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CONNECTION_FD)
            ->connect_fd;
    at->version = UINT64_MAX; // where it stands now is news, too
    struct MHD_Response *response = exchange->http->MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, 512, read_events, at, end_events);
    if (!response) {
        end_events(at);
        return MHD_NO;
    }
    return cav_exchange_send(exchange, MHD_HTTP_OK, "text/event-stream", response);
}

// ---- Answering --------------------------------------------------------------------------------

static caviar_code change(cav_server *server, const cav_route *route, const request *asked,
                          cav_json *json, cav_error *error)
{
    cav_wish wish;
    caviar_code code =
        cav_wish_read(route->kind, cav_text_get(&asked->body), asked->body.size, &wish, error);
    if (code)
        return code;
    code = cav_act(&(cav_act_on){cav_hub_location(server->hub), server->place}, route, &wish, json,
                   error);
    cav_wish_free(&wish);
    return code;
}

static enum MHD_Result answer_api(cav_server *server, const cav_exchange *exchange,
                                  const char *method, const char *url, const request *asked)
{
    cav_route route;
    cav_error error = {0};
    caviar_code code = cav_route_find(method, url, &route, &error);
    if (code)
        return cav_exchange_fail(
            exchange, code == CAVIAR_STATE ? MHD_HTTP_METHOD_NOT_ALLOWED : MHD_HTTP_NOT_FOUND,
            &error);
    unsigned status = refuse(server, exchange, &route, &error);
    if (status)
        return cav_exchange_fail(exchange, status, &error);
    const char *type = cav_exchange_header(exchange, "Content-Type");
    if (route.is_change && (!type || strncmp(type, "application/json", 16) != 0)) {
        cav_fail(&error, CAVIAR_INVALID, "a change is sent as application/json");
        return cav_exchange_fail(exchange, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, &error);
    }
    if (route.kind == CAV_ROUTE_EVENTS)
        return listen_to(server, exchange, &route);
    cav_text text = {0};
    cav_json json = {.text = &text};
    code = route.is_change ? change(server, &route, asked, &json, &error)
                           : look(server, exchange, &route, &json, &error);
    if (!code && text.failed)
        code = cav_fail_memory(&error);
    enum MHD_Result result =
        code ? cav_exchange_fail(exchange, cav_exchange_status(code), &error)
             : cav_exchange_text(exchange, MHD_HTTP_OK, "application/json", &text);
    cav_text_free(&text);
    return result;
}

static enum MHD_Result answer(cav_server *server, const cav_exchange *exchange, const char *method,
                              const char *url, const request *asked)
{
    cav_error error = {0};
    if (!cav_guard_knows_host(cav_exchange_header(exchange, "Host"), server->name)) {
        cav_fail(&error, CAVIAR_STATE,
                 "this server is not called so; reach it by its address, or start it with --name");
        return cav_exchange_fail(exchange, MHD_HTTP_MISDIRECTED_REQUEST, &error);
    }
    if (asked->is_too_large || asked->body.failed) {
        cav_fail(&error, CAVIAR_INVALID, "a body may have %d bytes", MOST_BODY);
        return cav_exchange_fail(exchange, MHD_HTTP_CONTENT_TOO_LARGE, &error);
    }
    if (strncmp(url, "/api/", 5) == 0 || strcmp(url, "/api") == 0)
        return answer_api(server, exchange, method, url, asked);
    if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)
        return cav_exchange_page(exchange, url);
    cav_fail(&error, CAVIAR_STATE, "the page takes GET");
    return cav_exchange_fail(exchange, MHD_HTTP_METHOD_NOT_ALLOWED, &error);
}

// Called when the headers are there, for each piece of the body, and when it is complete.
static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *size, void **place)
{
    (void)version;
    cav_server *server = context;
    request *asked = *place;
    if (!asked) {
        *place = calloc(1, sizeof *asked);
        return *place ? MHD_YES : MHD_NO;
    }
    if (*size == 0)
        return answer(server, &(cav_exchange){&server->http, connection}, method, url, asked);
    if (asked->body.size + *size > MOST_BODY)
        asked->is_too_large = true;
    else
        cav_text_append_size(&asked->body, data, *size);
    *size = 0;
    return MHD_YES;
}

static void forget(void *context, struct MHD_Connection *connection, void **place,
                   enum MHD_RequestTerminationCode why)
{
    (void)context;
    (void)connection;
    (void)why;
    request *asked = *place;
    if (asked)
        cav_text_free(&asked->body);
    free(asked);
    *place = NULL;
}

// ---- Starting and stopping --------------------------------------------------------------------

/** An address to listen on. */
typedef union endpoint {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
} endpoint;

static caviar_code read_address(const char *text, uint16_t port, endpoint *ret_endpoint,
                                bool *ret_is_local, cav_error *error)
{
    endpoint at = {0};
    if (inet_pton(AF_INET, text, &at.four.sin_addr) == 1) {
        at.four.sin_family = AF_INET;
        at.four.sin_port = htons(port);
        *ret_is_local = ntohl(at.four.sin_addr.s_addr) >> 24 == 127;
    } else if (inet_pton(AF_INET6, text, &at.six.sin6_addr) == 1) {
        at.six.sin6_family = AF_INET6;
        at.six.sin6_port = htons(port);
        *ret_is_local = IN6_IS_ADDR_LOOPBACK(&at.six.sin6_addr);
    } else {
        return cav_fail(error, CAVIAR_INVALID,
                        "--listen: an address of this machine is expected, such as 127.0.0.1, "
                        "0.0.0.0 or ::, not '%.60s'",
                        text);
    }
    *ret_endpoint = at;
    return CAVIAR_OK;
}

static caviar_code start_daemon(cav_server *server, const char *address, uint16_t port,
                                cav_error *error)
{
    endpoint at;
    caviar_code code = read_address(address, port, &at, &server->is_local, error);
    if (code)
        return code;
    unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
                     MHD_USE_POLL | MHD_USE_ITC |
                     (at.any.sa_family == AF_INET6 ? MHD_USE_IPv6 : 0u);
    server->daemon = server->http.MHD_start_daemon(
        flags, port, NULL, NULL, handle, server, MHD_OPTION_SOCK_ADDR, &at.any,
        MHD_OPTION_NOTIFY_COMPLETED, forget, NULL, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)MOST_CONNECTIONS, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        (unsigned)MOST_CONNECTIONS_FROM_ONE, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES, MHD_OPTION_THREAD_STACK_SIZE,
        (size_t)STACK_BYTES, MHD_OPTION_END);
    if (server->daemon)
        return CAVIAR_OK;
    if (errno == EADDRINUSE)
        return cav_fail(error, CAVIAR_IO,
                        "port %u of %s is taken, perhaps by another 'caviar serve'; --port names "
                        "another one, --port 0 takes any that is free",
                        (unsigned)port, address);
    return cav_fail_errno(error, errno, "cannot listen on port %u of %s", (unsigned)port, address);
}

caviar_code cav_server_start(const cav_server_options *options, cav_server **ret_server,
                             cav_error *error)
{
    cav_server *server = calloc(1, sizeof *server);
    if (!server)
        return cav_fail_memory(error);
    server->token = options->token;
    server->read_only = options->read_only;
    server->name = cav_strdup(options->name);
    server->title = cav_strdup(options->title);
    server->place = cav_strdup(options->place);
    bool copied = server->title && server->place && (server->name || !options->name);
    caviar_code code =
        copied ? cav_hub_new(options->location, &server->hub, error) : cav_fail_memory(error);
    if (!code)
        code = cav_http_load(&server->http, error);
    if (!code)
        code = start_daemon(server, options->address ? options->address : "127.0.0.1",
                            options->port, error);
    if (code)
        cav_server_stop(server);
    else
        *ret_server = server;
    return code;
}

uint16_t cav_server_port(const cav_server *server)
{
    const union MHD_DaemonInfo *info =
        server->http.MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : 0;
}

void cav_server_stop(cav_server *server)
{
    if (server->hub)
        cav_hub_stop(server->hub, FAREWELL_MS);
    if (server->daemon)
        server->http.MHD_stop_daemon(server->daemon);
    cav_http_unload(&server->http);
    cav_hub_free(server->hub);
    free(server->name);
    free(server->title);
    free(server->place);
    free(server);
}
