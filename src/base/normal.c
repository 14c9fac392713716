/**
 * normal.c: tails by asymptotic series, the middle by the C library's erfc.
 *
 * ln h follows Ament et al., "Unexpected improvements to expected improvement for Bayesian
 * optimization", NeurIPS 2023, in that it stays finite and smooth; the far tail is the asymptotic
 * series of Mills' ratio. The quantile is Acklam's rational approximation, polished by one step of
 * Halley's method.
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

static double ratio(double x, const double *top, int top_count, const double *bottom,
                    int bottom_count)
{
    double a = top[0], b = bottom[0];
    for (int i = 1; i < top_count; i++)
        a = a * x + top[i];
    for (int i = 1; i < bottom_count; i++)
        b = b * x + bottom[i];
    return a / b;
}

static double quantile_start(double p)
{
    static const double middle_top[] = {-3.969683028665376e+01, 2.209460984245205e+02,
                                        -2.759285104469687e+02, 1.383577518672690e+02,
                                        -3.066479806614716e+01, 2.506628277459239e+00};
    static const double middle_bottom[] = {-5.447609879822406e+01, 1.615858368580409e+02,
                                           -1.556989798598866e+02, 6.680131188771972e+01,
                                           -1.328068155288572e+01, 1};
    static const double tail_top[] = {-7.784894002430293e-03, -3.223964580411365e-01,
                                      -2.400758277161838e+00, -2.549732539343734e+00,
                                      4.374664141464968e+00,  2.938163982698783e+00};
    static const double tail_bottom[] = {7.784695709041462e-03, 3.224671290700398e-01,
                                         2.445134137142996e+00, 3.754408661907416e+00, 1};
    if (p < 0.02425)
        return ratio(sqrt(-2 * log(p)), tail_top, 6, tail_bottom, 5);
    double q = p - 0.5;
    return q * ratio(q * q, middle_top, 6, middle_bottom, 6);
}

double cav_normal_quantile(double p)
{
    if (!(p > 0 && p < 1))
        return p == 0 ? -INFINITY : p == 1 ? INFINITY : NAN;
    if (p > 0.5)
        return -cav_normal_quantile(1 - p);
    double z = quantile_start(p);
    double off = (cav_normal_cdf(z) - p) * exp(0.5 * z * z + log_root_two_pi);
    return z - off / (1 + 0.5 * z * off);
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
