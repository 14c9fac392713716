/**
 * gp_fit.h: the parameters of a Gaussian process: the most likely ones, and draws from all.
 */
#ifndef CAV_SURROGATE_GP_FIT_H
#define CAV_SURROGATE_GP_FIT_H

#include "base/random.h"
#include "surrogate/gp.h"

/**
 * Climbs from gp->params to where evidence times prior is greatest, with at most `most_calls`
 * evaluations of it. Returns its logarithm there. False when out of memory.
 */
bool cav_gp_climb(cav_gp *gp, const cav_gp_data *data, size_t most_calls, cav_gp_work *work,
                  double *ret_log_posterior);

/**
 * Moves gp->params by `moves` steps of slice sampling, which leaves their posterior as it is.
 * Directions are single parameters, all length scales together, and, of `others` [other_count]
 * processes of the same kind, differences between two. False when out of memory.
 */
bool cav_gp_sample(cav_gp *gp, const cav_gp_data *data, size_t moves, const cav_gp *const *others,
                   size_t other_count, cav_random *random, cav_gp_work *work);

#endif
