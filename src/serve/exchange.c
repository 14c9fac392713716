/**
 * exchange.c: answers on their way out.
 */
#include "serve/exchange.h"

#include "base/json.h"
#include "base/memory.h"
#include "serve/page.h"

#include <string.h>

enum { LEAST_PACKED = 1400 }; // what fits into one packet is not packed

// The page takes everything from this server, and nothing it shows can become code.
static const char *const headers[][2] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
     "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
};

unsigned cav_exchange_status(caviar_code code)
{
    switch ((int)code) {
    case CAVIAR_OK:
        return MHD_HTTP_OK;
    case CAVIAR_NOT_FOUND:
        return MHD_HTTP_NOT_FOUND;
    case CAVIAR_INVALID:
        return MHD_HTTP_BAD_REQUEST;
    case CAVIAR_STATE:
    case CAVIAR_STALE:
    case CAVIAR_EXISTS:
        return MHD_HTTP_CONFLICT;
    case CAVIAR_BUSY:
        return MHD_HTTP_SERVICE_UNAVAILABLE;
    default:
        return MHD_HTTP_INTERNAL_SERVER_ERROR;
    }
}

const char *cav_exchange_header(const cav_exchange *exchange, const char *name)
{
    return exchange->http->MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name);
}

static void add_header(const cav_exchange *exchange, struct MHD_Response *response,
                       const char *name, const char *value)
{
    exchange->http->MHD_add_response_header(response, name, value);
}

enum MHD_Result cav_exchange_send(const cav_exchange *exchange, unsigned status, const char *type,
                                  struct MHD_Response *response)
{
    if (!response)
        return MHD_NO;
    add_header(exchange, response, "Content-Type", type);
    for (size_t i = 0; i < CAV_COUNT_OF(headers); i++)
        add_header(exchange, response, headers[i][0], headers[i][1]);
    if (!exchange->http->MHD_get_response_header(response, "Cache-Control"))
        add_header(exchange, response, "Cache-Control", "no-store");
    enum MHD_Result result =
        exchange->http->MHD_queue_response(exchange->connection, status, response);
    exchange->http->MHD_destroy_response(response);
    return result;
}

// True if the browser names gzip among what it takes, and not only to refuse it.
static bool takes_gzip(const cav_exchange *exchange)
{
    const char *given = cav_exchange_header(exchange, "Accept-Encoding");
    const char *found = given ? strstr(given, "gzip") : NULL;
    return found && strncmp(found, "gzip;q=0", 8) != 0;
}

static struct MHD_Response *copy(const cav_exchange *exchange, const cav_text *text)
{
    return exchange->http->MHD_create_response_from_buffer(
        text->size, (void *)(uintptr_t)cav_text_get(text), MHD_RESPMEM_MUST_COPY);
}

enum MHD_Result cav_exchange_text(const cav_exchange *exchange, unsigned status, const char *type,
                                  const cav_text *text)
{
    cav_text packed = {0};
    bool is_packed = text->size >= LEAST_PACKED && takes_gzip(exchange) &&
                     cav_page_pack(text->data, text->size, &packed);
    struct MHD_Response *response = copy(exchange, is_packed ? &packed : text);
    cav_text_free(&packed);
    if (response && is_packed)
        add_header(exchange, response, "Content-Encoding", "gzip");
    if (response)
        add_header(exchange, response, "Vary", "Accept-Encoding");
    return cav_exchange_send(exchange, status, type, response);
}

enum MHD_Result cav_exchange_fail(const cav_exchange *exchange, unsigned status,
                                  const cav_error *error)
{
    cav_text text = {0};
    cav_json json = {.text = &text};
    cav_json_begin_object(&json);
    cav_json_add_string(&json, "error", error->message);
    cav_json_end_object(&json);
    struct MHD_Response *response = copy(exchange, &text);
    cav_text_free(&text);
    if (response && status == MHD_HTTP_UNAUTHORIZED)
        add_header(exchange, response, "WWW-Authenticate", "Bearer");
    return cav_exchange_send(exchange, status, "application/json", response);
}

static enum MHD_Result send_file(const cav_exchange *exchange, const cav_page_file *file)
{
    const char *known = cav_exchange_header(exchange, "If-None-Match");
    bool is_known = known && strcmp(known, file->tag) == 0;
    bool packed = takes_gzip(exchange);
    cav_text plain = {0};
    if (!is_known && !packed && !cav_page_unpack(file->bytes, file->size, &plain)) {
        cav_text_free(&plain);
        return MHD_NO;
    }
    struct MHD_Response *response =
        is_known || !packed
            ? copy(exchange, &plain)
            : exchange->http->MHD_create_response_from_buffer(
                  file->size, (void *)(uintptr_t)file->bytes, MHD_RESPMEM_PERSISTENT);
    cav_text_free(&plain);
    if (!response)
        return MHD_NO;
    if (packed && !is_known)
        add_header(exchange, response, "Content-Encoding", "gzip");
    add_header(exchange, response, "Vary", "Accept-Encoding");
    add_header(exchange, response, "ETag", file->tag);
    add_header(exchange, response, "Cache-Control", "no-cache");
    return cav_exchange_send(exchange, is_known ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK, file->type,
                             response);
}

enum MHD_Result cav_exchange_page(const cav_exchange *exchange, const char *path)
{
    cav_page_file file;
    cav_error error = {0};
    if (cav_page_find(path, &file))
        return send_file(exchange, &file);
    if (cav_page_is_here() || strcmp(path, "/") != 0) {
        cav_fail(&error, CAVIAR_NOT_FOUND, "there is nothing at %.200s", path);
        return cav_exchange_fail(exchange, MHD_HTTP_NOT_FOUND, &error);
    }
    cav_text text = {0};
    cav_text_append(&text, cav_page_missing());
    enum MHD_Result result =
        cav_exchange_text(exchange, MHD_HTTP_OK, "text/plain; charset=utf-8", &text);
    cav_text_free(&text);
    return result;
}
