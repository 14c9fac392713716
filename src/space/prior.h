/**
 * prior.h: where a parameter's best value is believed to be, as a density on the unit interval.
 *
 * Of a number it is a normal curve around the believed value, cut off at the ends of where the
 * search starts; of a choice or a special value a larger share for it, and the rest evenly for the
 * others.
 */
#ifndef CAV_SPACE_PRIOR_H
#define CAV_SPACE_PRIOR_H

#include "space/space.h"

/** True where something is believed of a parameter. */
bool cav_prior_is_given(const cav_parameter *parameter);

/** The same of any parameter of the space. */
bool cav_prior_any(const cav_space *space);

/**
 * The logarithm of the density at unit coordinate u, mixed with an even one that has a tenth of the
 * weight: nothing is ruled out. Writes its derivative to ret_slope unless that is NULL. 0 where
 * nothing is believed.
 */
double cav_prior_log_density(const cav_parameter *parameter, double u, double *ret_slope);

/**
 * The unit coordinate that an even number v in [0, 1] becomes: it is then distributed as is
 * believed, without the even part. Where nothing is believed it is cav_parameter_start.
 */
double cav_prior_place(const cav_parameter *parameter, double v);

#endif
