/**
 * act.h: what somebody wants changed, done by a handle that is open for no longer than that takes.
 */
#ifndef CAV_SERVE_ACT_H
#define CAV_SERVE_ACT_H

#include "serve/route.h"

/**
 * Does what a route that is a change and its wish say, in the store at a location, and writes what
 * was done as a JSON object.
 */
caviar_code cav_act(const char *location, const cav_route *route, const cav_wish *wish,
                    cav_json *json, cav_error *error);

#endif
