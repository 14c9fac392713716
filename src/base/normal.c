/**
 * normal.c: share, quantile and expected improvement.
 *
 * The quantile starts from the rational approximation 26.2.23 of Abramowitz and Stegun and goes on
 * by Halley's steps on erfc. The logarithm of the improvement is direct down to z = -25, where it
 * has lost five digits to cancellation, and from there on the asymptotic series of Mills' ratio.
 */
#include "base/normal.h"

#include <math.h>

static const double log_root_two_pi = 0.91893853320467274178;

double cav_normal_cdf(double z)
{
    return 0.5 * erfc(-z * M_SQRT1_2);
}

double cav_normal_quantile(double p)
{
    double tail = p < 0.5 ? p : 1 - p; // what lies beyond z, on the side away from the middle
    double t = sqrt(-2 * log(tail));
    double z = t - (2.515517 + t * (0.802853 + t * 0.010328)) /
                       (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
    for (int i = 0; i < 3; i++) {
        double density = exp(-0.5 * z * z - log_root_two_pi);
        double excess = (cav_normal_cdf(-z) - tail) / density;
        z += excess / (1 - 0.5 * z * excess);
    }
    return p < 0.5 ? -z : z;
}

double cav_normal_log_improvement(double z)
{
    double log_density = -0.5 * z * z - log_root_two_pi;
    if (z >= -25)
        return log(exp(log_density) + z * cav_normal_cdf(z));
    double w = 1 / (z * z);
    return log_density - 2 * log(-z) + log1p(w * (-3 + w * (15 + w * (-105 + w * 945))));
}
