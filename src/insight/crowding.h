/**
 * crowding.h: weights that make up for a sampler's preferences.
 *
 * A sampler that learns tries good regions more and more often, in all parameters at once. The best
 * trials are then close together even in parameters that do not matter, only because late trials
 * are. So a trial counts less where trials crowd: for each axis it loses the factor by which its
 * cell is fuller than if all trials were spread evenly,
 *
 *     w = product over axes of  min(1, slack / (q(cell) / even share)),
 *
 * q being smoothed as for the divergence. The slack is a quarter, or what chance alone gives on the
 * fullest of the axes if that is more: 1 + standard error * sqrt(2 ln(axes)). So trials that are
 * spread evenly keep their weights, and what remains of others is close to trials that are, of
 * which there are fewer: (sum w)^2 / sum w^2.
 */
#ifndef CAV_INSIGHT_CROWDING_H
#define CAV_INSIGHT_CROWDING_H

#include "insight/cells.h"

/**
 * Adds the logarithms of the factors on one of axis_count axes to those of the trials [count];
 * `room` [2 x cells->count] is scratch.
 */
void cav_crowding_thin(const cav_cells *cells, size_t axis_count, size_t count, double *room,
                       double *log_weights);

/** Turns logarithms into weights whose sum is their effective number, and returns that. */
double cav_crowding_finish(double *weights, size_t count);

#endif
