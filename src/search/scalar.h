/**
 * scalar.h: one loss out of several, for a sampler that follows one.
 *
 * Each metric is counted from the least that was seen, in units of how much worse the front (the
 * trials that no other dominates) gets. With weights w that add up to 1 the loss is
 *
 *   max_m w_m g_m + 0.05 sum_m w_m g_m
 *
 * the augmented Tchebycheff function: for a point of the front, also where that is not convex,
 * there are weights for which it is the best, unless a twentieth of one metric's loss buys another.
 * Weights drawn anew for each trial spread the trials over the front. Knowles: "ParEGO", IEEE
 * Transactions on Evolutionary Computation 10(1), 2006.
 */
#ifndef CAV_SEARCH_SCALAR_H
#define CAV_SEARCH_SCALAR_H

#include "base/random.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct cav_scalar {
    size_t metric_count;
    double *weights, *least, *range; // [metric_count]
} cav_scalar;

/** Weights, ranges all 1 to begin with. False when out of memory; free it in either case. */
bool cav_scalar_init(cav_scalar *scalar, size_t metric_count);
void cav_scalar_free(cav_scalar *scalar);

/** Draws the weights evenly from all that are not negative and add up to 1. */
void cav_scalar_draw(cav_scalar *scalar, cav_random *random);

/** Takes least and range of each metric from losses [count x metric_count], all finite. */
void cav_scalar_measure(cav_scalar *scalar, const double *losses, size_t count);

/** The one loss of losses [metric_count]; of a single metric that itself. */
double cav_scalar_loss(const cav_scalar *scalar, const double *losses);

#endif
