/**
 * pareto.h: points of several losses: which is better, and how much they cover together.
 *
 * All losses are to be minimised, and none is NaN.
 */
#ifndef CAV_BASE_PARETO_H
#define CAV_BASE_PARETO_H

#include <stdbool.h>
#include <stddef.h>

/** Is a [dims] nowhere worse than b, and somewhere better? */
bool cav_pareto_dominates(const double *a, const double *b, size_t dims);

/** Does any of the points [count x dims] dominate this one? */
bool cav_pareto_is_dominated(const double *points, size_t count, size_t dims, const double *point);

/**
 * The hypervolume: the volume of what lies between the points [count x dims] and the reference
 * [dims], exactly. A point that is not below the reference everywhere adds nothing. The time is
 * O(n log n) for two losses, O(n²) at most for three, and may grow by a factor of n with each
 * further one. Negative when out of memory.
 */
double cav_pareto_volume(const double *points, size_t count, size_t dims, const double *reference);

#endif
