/**
 * start.h: where samplers that learn begin: the user's own guess, then points spread evenly.
 */
#ifndef CAV_SEARCH_START_H
#define CAV_SEARCH_START_H

#include "search/sampler.h"

/**
 * Point `suggest->number` of the Sobol sequence that `scrambling` names, in the region where the
 * search starts; of trial 0 those coordinates that have a default are at it. A point that was
 * refused (attempt > 0) is replaced by the same one of another scrambling.
 */
void cav_start_point(const cav_space *space, uint64_t scrambling, const cav_suggest *suggest,
                     double *ret_point);

#endif
