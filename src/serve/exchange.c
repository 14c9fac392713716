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

static const char *asked_for(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

enum MHD_Result cav_exchange_send(struct MHD_Connection *connection, unsigned status,
                                  const char *type, struct MHD_Response *response)
{
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, "Content-Type", type);
    for (size_t i = 0; i < CAV_COUNT_OF(headers); i++)
        MHD_add_response_header(response, headers[i][0], headers[i][1]);
    if (!MHD_get_response_header(response, "Cache-Control"))
        MHD_add_response_header(response, "Cache-Control", "no-store");
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

// True if the browser names gzip among what it takes, and not only to refuse it.
static bool takes_gzip(struct MHD_Connection *connection)
{
    const char *given = asked_for(connection, "Accept-Encoding");
    const char *found = given ? strstr(given, "gzip") : NULL;
    return found && strncmp(found, "gzip;q=0", 8) != 0;
}

static struct MHD_Response *copy(const cav_text *text)
{
    return MHD_create_response_from_buffer(text->size, (void *)(uintptr_t)cav_text_get(text),
                                           MHD_RESPMEM_MUST_COPY);
}

enum MHD_Result cav_exchange_text(struct MHD_Connection *connection, unsigned status,
                                  const char *type, const cav_text *text)
{
    cav_text packed = {0};
    bool is_packed = text->size >= LEAST_PACKED && takes_gzip(connection) &&
                     cav_page_pack(text->data, text->size, &packed);
    struct MHD_Response *response = copy(is_packed ? &packed : text);
    cav_text_free(&packed);
    if (response && is_packed)
        MHD_add_response_header(response, "Content-Encoding", "gzip");
    if (response)
        MHD_add_response_header(response, "Vary", "Accept-Encoding");
    return cav_exchange_send(connection, status, type, response);
}

enum MHD_Result cav_exchange_fail(struct MHD_Connection *connection, unsigned status,
                                  const cav_error *error)
{
    cav_text text = {0};
    cav_json json = {.text = &text};
    cav_json_begin_object(&json);
    cav_json_add_string(&json, "error", error->message);
    cav_json_end_object(&json);
    struct MHD_Response *response = copy(&text);
    cav_text_free(&text);
    if (response && status == MHD_HTTP_UNAUTHORIZED)
        MHD_add_response_header(response, "WWW-Authenticate", "Bearer");
    return cav_exchange_send(connection, status, "application/json", response);
}

static enum MHD_Result send_file(struct MHD_Connection *connection, const cav_page_file *file)
{
    const char *known = asked_for(connection, "If-None-Match");
    bool is_known = known && strcmp(known, file->tag) == 0;
    bool packed = takes_gzip(connection);
    cav_text plain = {0};
    if (!is_known && !packed && !cav_page_unpack(file->bytes, file->size, &plain)) {
        cav_text_free(&plain);
        return MHD_NO;
    }
    struct MHD_Response *response =
        is_known || !packed
            ? copy(&plain)
            : MHD_create_response_from_buffer(file->size, (void *)(uintptr_t)file->bytes,
                                              MHD_RESPMEM_PERSISTENT);
    cav_text_free(&plain);
    if (!response)
        return MHD_NO;
    if (packed && !is_known)
        MHD_add_response_header(response, "Content-Encoding", "gzip");
    MHD_add_response_header(response, "Vary", "Accept-Encoding");
    MHD_add_response_header(response, "ETag", file->tag);
    MHD_add_response_header(response, "Cache-Control", "no-cache");
    return cav_exchange_send(connection, is_known ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK, file->type,
                             response);
}

enum MHD_Result cav_exchange_page(struct MHD_Connection *connection, const char *path)
{
    cav_page_file file;
    cav_error error = {0};
    if (cav_page_find(path, &file))
        return send_file(connection, &file);
    if (cav_page_is_here() || strcmp(path, "/") != 0) {
        cav_fail(&error, CAVIAR_NOT_FOUND, "there is nothing at %.200s", path);
        return cav_exchange_fail(connection, MHD_HTTP_NOT_FOUND, &error);
    }
    cav_text text = {0};
    cav_text_append(&text, cav_page_missing());
    enum MHD_Result result =
        cav_exchange_text(connection, MHD_HTTP_OK, "text/plain; charset=utf-8", &text);
    cav_text_free(&text);
    return result;
}
