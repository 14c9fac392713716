/**
 * outcome.h: losses to outcomes that a Gaussian process can believe in: about normal, of mean 0 and
 * variance 1, with bad values no further away than they deserve.
 */
#ifndef CAV_SURROGATE_OUTCOME_H
#define CAV_SURROGATE_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>

typedef enum cav_outcome {
    CAV_OUTCOME_POWER, // Yeo and Johnson's power, the most likely one
    CAV_OUTCOME_RANK,  // the worse half by rank, then a gentle logarithm
} cav_outcome;

/**
 * Turns `count` finite losses into outcomes; their order stays, equals stay equal. Writes the
 * logarithm of the slope at each loss to ret_log_slopes where that is not NULL; it means something
 * for the better half only. False when out of memory.
 */
bool cav_outcome_warp(cav_outcome outcome, const double *losses, size_t count, double *ret_outcomes,
                      double *ret_log_slopes);

/**
 * Variances of outcomes whose losses have these deviations [count]: the squared distance to the
 * outcome of the loss less its deviation, or plus it, whichever is further, on straight lines
 * between the outcomes that there are and no further than they go. All 0 where `deviations` is
 * NULL. False when out of memory.
 */
bool cav_outcome_spread(const double *losses, const double *deviations, const double *outcomes,
                        size_t count, double *ret_variances);

#endif
