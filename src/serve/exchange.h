/**
 * exchange.h: sending an answer, with the headers that every answer has.
 */
#ifndef CAV_SERVE_EXCHANGE_H
#define CAV_SERVE_EXCHANGE_H

#include "base/error.h"
#include "base/text.h"
#include "serve/http_library.h"

#include <stdint.h>
#include <stdio.h>

/** A request, and the library that answers it. */
typedef struct cav_exchange {
    const cav_http *http;
    struct MHD_Connection *connection;
} cav_exchange;

/** A header of what was asked; NULL: it was not sent. */
const char *cav_exchange_header(const cav_exchange *exchange, const char *name);

/** The HTTP status of an error. */
unsigned cav_exchange_status(caviar_code code);

/** Sends a response, which is taken over, with a type and the headers of security. */
enum MHD_Result cav_exchange_send(const cav_exchange *exchange, unsigned status, const char *type,
                                  struct MHD_Response *response);

/** Sends a text, in gzip to one who takes that. */
enum MHD_Result cav_exchange_text(const cav_exchange *exchange, unsigned status, const char *type,
                                  const cav_text *text);

/** Sends {"error": "the sentence"}. */
enum MHD_Result cav_exchange_fail(const cav_exchange *exchange, unsigned status,
                                  const cav_error *error);

/** Sends a file of the page. */
enum MHD_Result cav_exchange_page(const cav_exchange *exchange, const char *path);

#endif
