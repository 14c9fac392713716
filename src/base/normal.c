/**
 * normal.c: tails by asymptotic series, the middle by the C library's erfc.
 *
 * ln h follows Ament et al., "Unexpected improvements to expected improvement for Bayesian
 * optimization", NeurIPS 2023, in that it stays finite and smooth; the far tail is the asymptotic
 * series of Mills' ratio. The quantile starts from the rational approximation 26.2.23 of Abramowitz
 * and Stegun and goes on by Halley's steps on erfc.
 */
#include "base/normal.h"

#include <math.h>
#include <stddef.h>

static const double log_root_two_pi = 0.918938533204672741780329736405617640;

double cav_normal_cdf(double z)
{
    return 0.5 * erfc(-z * M_SQRT1_2);
}

// 1 - 1/z^2 + 3/z^4 - 15/z^6 + …: Phi(-z) = phi(z) / z times this; less the leading 1.
static double mills_series(double z, int factor)
{
    double inverse = 1 / (z * z), term = 1, sum = 0;
    for (int k = 0; k < 12; k++) {
        double next = -term * (2 * k + factor) * inverse;
        if (fabs(next) >= fabs(term))
            break;
        sum += term = next;
    }
    return sum;
}

double cav_normal_log_cdf(double z)
{
    if (z > -1)
        return log1p(-0.5 * erfc(z * M_SQRT1_2));
    if (z > -20)
        return log(0.5 * erfc(-z * M_SQRT1_2));
    return -0.5 * z * z - log_root_two_pi - log(-z) + log1p(mills_series(z, 1));
}

double cav_normal_quantile(double p)
{
    if (!(p > 0 && p < 1))
        return p == 0 ? -INFINITY : p == 1 ? INFINITY : NAN;
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

double cav_normal_log_h(double z, double *ret_slope)
{
    double density = -0.5 * z * z - log_root_two_pi, log_h, slope;
    if (z > -1) {
        double below = cav_normal_cdf(z), h = exp(density) + z * below;
        log_h = log(h);
        slope = below / h;
    } else if (z > -14) {
        // h = phi (1 - r) with r = -z Phi / phi < 1, which keeps half of its digits at z = -14
        double log_cdf = cav_normal_log_cdf(z);
        log_h = density + log1p(-exp(log_cdf + log(-z) - density));
        slope = exp(log_cdf - log_h);
    } else {
        log_h = density - 2 * log(-z) + log1p(mills_series(z, 3));
        slope = -z * (1 + mills_series(z, 1)) / (1 + mills_series(z, 3));
    }
    if (ret_slope)
        *ret_slope = slope;
    return log_h;
}

double cav_log_add(double a, double b)
{
    double most = fmax(a, b);
    return most > -INFINITY ? most + log1p(exp(fmin(a, b) - most)) : most;
}
