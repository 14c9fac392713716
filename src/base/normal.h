/**
 * normal.h: the standard normal distribution, in its tails too.
 */
#ifndef CAV_BASE_NORMAL_H
#define CAV_BASE_NORMAL_H

/** The share of the distribution below z. */
double cav_normal_cdf(double z);

/** The z below which the share p lies, 0 < p < 1; to about 1e-15 of z. */
double cav_normal_quantile(double p);

/**
 * log(phi(z) + z Phi(z)). With z = (best - mean)/deviation the expected improvement of a normal
 * value over `best` is deviation times what this is the logarithm of.
 */
double cav_normal_log_improvement(double z);

#endif
