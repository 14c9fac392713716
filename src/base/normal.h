/**
 * normal.h: the standard normal distribution, with tails that do not underflow, and sums of what is
 * known by its logarithm.
 */
#ifndef CAV_BASE_NORMAL_H
#define CAV_BASE_NORMAL_H

/** Phi(z), and its logarithm, exact to a few units in the last place also where Phi underflows. */
double cav_normal_cdf(double z);
double cav_normal_log_cdf(double z);

/** The z with Phi(z) = p, for 0 < p < 1; infinities at the ends. */
double cav_normal_quantile(double p);

/**
 * ln h(z) with h(z) = phi(z) + z Phi(z): expected improvement is sigma h((best - mean) / sigma).
 * Writes d ln h / dz = Phi(z) / h(z) to ret_slope unless it is NULL.
 */
double cav_normal_log_h(double z, double *ret_slope);

/** log(exp(a) + exp(b)), where either may be -INFINITY. */
double cav_log_add(double a, double b);

#endif
