/**
 * learnt.h: the surrogates of a study that is followed, learnt once for all who look at it.
 */
#ifndef CAV_SERVE_LEARNT_H
#define CAV_SERVE_LEARNT_H

#include "serve/hub.h"

/**
 * The surrogate of a metric, which the feed owns, until it is asked for the same or another one. It
 * is learnt anew when a twentieth more trials are complete. Fails as cav_smooth_make does.
 */
caviar_code cav_feed_learn(cav_feed *feed, size_t metric, const cav_smooth **ret_smooth,
                           cav_error *error);

#endif
