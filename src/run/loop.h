/**
 * loop.h: libuv's loops, begun so that a shortage is an error and not an end.
 *
 * libuv ends the program (abort) where its table of descriptors cannot grow, and where there are no
 * descriptors for the pipe that all loops share.
 */
#ifndef CAV_RUN_LOOP_H
#define CAV_RUN_LOOP_H

#include "base/error.h"

#include <uv.h>

/**
 * uv_loop_init, for loops of one thread: libuv's memory comes out of a pool that was set aside for
 * it, as far as that goes. Where it fails there is nothing to close; up to two descriptors may be
 * lost then, which libuv had opened before it gave up.
 */
caviar_code cav_loop_begin(uv_loop_t *loop, cav_error *error);

/** Turns the loop until what is being closed is closed, and closes it. */
void cav_loop_end(uv_loop_t *loop);

#endif
