/**
 * exchange.h: sending an answer, with the headers that every answer has.
 */
#ifndef CAV_SERVE_EXCHANGE_H
#define CAV_SERVE_EXCHANGE_H

#include "base/error.h"
#include "base/text.h"

#include <microhttpd.h>
#include <stdint.h>
#include <stdio.h>

/** The HTTP status of an error. */
unsigned cav_exchange_status(caviar_code code);

/** Sends a response, which is taken over, with a type and the headers of security. */
enum MHD_Result cav_exchange_send(struct MHD_Connection *connection, unsigned status,
                                  const char *type, struct MHD_Response *response);

/** Sends a text, in gzip to one who takes that. */
enum MHD_Result cav_exchange_text(struct MHD_Connection *connection, unsigned status,
                                  const char *type, const cav_text *text);

/** Sends {"error": "the sentence"}. */
enum MHD_Result cav_exchange_fail(struct MHD_Connection *connection, unsigned status,
                                  const cav_error *error);

/** Sends a file of the page. */
enum MHD_Result cav_exchange_page(struct MHD_Connection *connection, const char *path);

#endif
