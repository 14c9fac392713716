/**
 * lanes.h: the loops over all kernels of a mixture, which take its time.
 *
 * Each is compiled for several instruction sets, and the processor's best is taken when the program
 * is loaded. Counts are multiples of CAV_LANES. Sums are formed lane by lane in one fixed order and
 * no product is fused with its sum, so that every processor comes to the same bits: a worker on
 * another machine must suggest the same point.
 */
#ifndef CAV_SURROGATE_LANES_H
#define CAV_SURROGATE_LANES_H

#include "base/vector.h"

/** sums[k] += c[k] - ((x - mu[k]) inv[k])^2 / 2: a Gaussian where inv is 1 / its width, and c[k]
 *  where it is 0. */
void cav_lanes_add_gaussian(size_t count, double x, const double *mu, const double *inv,
                            const double *c, double *sums);

/** sums[k] += terms[classes[k]]. */
void cav_lanes_add_terms(size_t count, const double *terms, const int32_t *classes, double *sums);

/** The Gaussian's mass between low and high, which may be infinite. */
void cav_lanes_mass(size_t count, double low, double high, const double *mu, const double *inv,
                    double *ret_mass);

/** x[k] = log(x[k]), to 1e-15 of 1 or of itself; what is less than the least normal double, as
 * that. */
void cav_lanes_log(size_t count, double *x);

/** log(sum of exp(x[k])); the x are lost. */
double cav_lanes_log_sum_exp(size_t count, double *x);

#endif
