/**
 * http_library.h: libmicrohttpd, loaded when a server starts (see base/library.h): GnuTLS behind it
 * takes as long to load as all else that a verb needs.
 */
#ifndef CAV_SERVE_HTTP_LIBRARY_H
#define CAV_SERVE_HTTP_LIBRARY_H

#include "base/error.h"

#include <microhttpd.h>

/** What is used of it: X(function). */
#define CAV_HTTP_FUNCTIONS(X)                                                                      \
    X(MHD_add_response_header)                                                                     \
    X(MHD_create_response_from_buffer)                                                             \
    X(MHD_create_response_from_callback)                                                           \
    X(MHD_destroy_response)                                                                        \
    X(MHD_get_connection_info)                                                                     \
    X(MHD_get_daemon_info)                                                                         \
    X(MHD_get_response_header)                                                                     \
    X(MHD_get_version)                                                                             \
    X(MHD_lookup_connection_value)                                                                 \
    X(MHD_queue_response)                                                                          \
    X(MHD_start_daemon)                                                                            \
    X(MHD_stop_daemon)

/** The library's functions, by their own names. */
typedef struct cav_http {
    void *handle; // NULL: not loaded
#define X(function) __typeof__(function) *function;
    CAV_HTTP_FUNCTIONS(X)
#undef X
} cav_http;

/** Loads it. CAVIAR_NOT_FOUND, with the package to install, where it is not there. */
caviar_code cav_http_load(cav_http *ret_http, cav_error *error);
void cav_http_unload(cav_http *http);

#endif
