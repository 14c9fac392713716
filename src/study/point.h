/**
 * point.h: the point of a new trial: what the sampler suggests, if it may be used.
 */
#ifndef CAV_STUDY_POINT_H
#define CAV_STUDY_POINT_H

#include "study/study.h"

/**
 * Asks the sampler until a point satisfies the constraints and, in a finite space, is not known
 * yet; then looks for one itself. ret_point [dim_count], ret_raw [count].
 * CAVIAR_DONE if every point has been tried, CAVIAR_INFEASIBLE if none was found.
 */
caviar_code cav_point_find(cav_study *study, uint64_t number, double *ret_point, double *ret_raw,
                           cav_error *error);

/**
 * Fills in what a configuration of the user's leaves open, NaN in given [count]: with the default,
 * else by the sampler, in such a way that the constraints hold, if it can be done.
 */
caviar_code cav_point_complete(cav_study *study, const double *given, double *ret_raw,
                               cav_error *error);

#endif
