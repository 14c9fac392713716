/**
 * sockets.h: the private folder in which a tuner's trials find their sockets.
 *
 * It stands under the system's folder for such things, since the path of a socket must be short. A
 * tuner holds a lock on its folder as long as it lives; so others can tell whether a trial still
 * has a tuner, and clear away what one left that was killed.
 */
#ifndef CAV_RUN_SOCKETS_H
#define CAV_RUN_SOCKETS_H

#include "base/error.h"

#include <stdbool.h>

enum { CAV_SOCKETS_SIZE = 64 };

typedef struct cav_sockets {
    char folder[CAV_SOCKETS_SIZE];
    int lock; // the open folder; -1: none
} cav_sockets;

/** Makes a folder of this process's own in `base` (NULL: where it belongs), and clears old ones. */
caviar_code cav_sockets_make(const char *base, cav_sockets *ret_sockets, cav_error *error);

/** Removes the folder, which must be empty. */
void cav_sockets_remove(cav_sockets *sockets);

/** True if the tuner still lives that made the folder of the socket at `path`. */
bool cav_sockets_is_served(const char *path);

#endif
