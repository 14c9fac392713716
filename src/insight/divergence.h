/**
 * divergence.h: how far some trials lie from all trials on one axis: the Pearson divergence
 *
 *     D = sum over cells c of  p(c)^2 / q(c)  - 1,
 *
 * p being the share of the best trials in a cell and q that of all trials, after smoothing. Put the
 * other way round, D compares pairs: with s(i, j) = sum over c of k_i(c) k_j(c) / q(c) for trials i
 * and j whose mass k is spread over cells, the sum of p^2 / q is the mean of s over all pairs of
 * the best trials, each with itself among them. Those pairs with itself are what makes a small
 * sample look peculiar though it is not; so they are left out, and the -1 becomes the mean of s
 * over all pairs of different trials: what the best would show if they were chosen at random. The
 * estimate is then 0 on average where an axis does not matter, and may be negative.
 */
#ifndef CAV_INSIGHT_DIVERGENCE_H
#define CAV_INSIGHT_DIVERGENCE_H

#include "insight/cells.h"

/**
 * What a set of trials has in each cell of an axis: the sum of the weights of its trials, and the
 * sum of their squares, from which the pairs of a trial with itself are known.
 */
typedef struct cav_tally {
    double *weights, *squares; // [cell_count]
} cav_tally;

/**
 * The divergence of the best trials from all trials, of which they are a part. Both densities have
 * the bandwidth of the best. 0 where there are no two different trials among the best.
 */
double cav_divergence(const cav_cells *cells, const cav_tally *best, const cav_tally *all);

#endif
