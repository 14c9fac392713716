/**
 * server.h: the dashboard's HTTP server.
 *
 * It shows the studies of one store to browsers and programs (docs/http-api.md), and does what
 * somebody with the token wants changed. Each connection has a thread of its own; their number,
 * times and sizes are limited.
 */
#ifndef CAV_SERVE_SERVER_H
#define CAV_SERVE_SERVER_H

#include "base/error.h"
#include "serve/guard.h"

typedef struct cav_server cav_server;

typedef struct cav_server_options {
    const char *location; // of the store
    const char *title;    // by which the store is shown: its location, less a password
    const char *place;    // of the trials' folders, as in cav_folder_of_study
    const char *address;  // to listen on, as a number; NULL: 127.0.0.1
    uint16_t port;        // 0: any that is free
    const char *name;     // by which browsers may call this server; NULL: by its address only
    const char *token;    // [CAV_TOKEN_LENGTH] for changes; and for everything, beyond loopback
    bool read_only;       // nothing can be changed, by nobody
} cav_server_options;

/** Opens the store and begins to serve, in threads of its own. The token must outlive the server.
 */
caviar_code cav_server_start(const cav_server_options *options, cav_server **ret_server,
                             cav_error *error);

/** The port that it listens on. */
uint16_t cav_server_port(const cav_server *server);

/** Ends all connections. */
void cav_server_stop(cav_server *server);

#endif
