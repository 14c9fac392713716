/**
 * act.h: what somebody wants changed, done by a handle that is open for no longer than that takes.
 */
#ifndef CAV_SERVE_ACT_H
#define CAV_SERVE_ACT_H

#include "serve/route.h"

/** Where: of the store, and of the trials' folders (see cav_folder_of_study). */
typedef struct cav_act_on {
    const char *location, *place;
} cav_act_on;

/** Does what a route that is a change and its wish say; writes what was done as a JSON object. */
caviar_code cav_act(const cav_act_on *on, const cav_route *route, const cav_wish *wish,
                    cav_json *json, cav_error *error);

#endif
