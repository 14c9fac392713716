/**
 * lanes.c: the loops, and the functions in them that a compiler can vectorise.
 */
#include "surrogate/lanes.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

// Clang 14 gives such functions a name that other files cannot link to.
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__clang__)
#define EACH_SET __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define EACH_SET
#endif

#define EXP_LEAST (-708.)

// exp(x) = 2^n exp(r) for x <= 0, n = round(x / ln 2). Adding 1.5 * 2^52 rounds, and leaves n in
// the low bits; ln 2 is subtracted in two parts, the first of them short, so that nothing is lost
// (Cody and Waite). exp(r) is Taylor's series, |r| <= ln 2 / 2.
INLINE double exp_of(double x)
{
    x = x < EXP_LEAST ? EXP_LEAST : x;
    double shifted = x * M_LOG2E + 0x1.8p52, n = shifted - 0x1.8p52, power;
    double r = x - n * 0x1.62e4p-1 - n * 0x1.7f7d1cf79abcap-20;
    uint64_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 1023) << 52;
    memcpy(&power, &bits, sizeof power);
    double sum = 1. / 6227020800;
    sum = r * sum + 1. / 479001600;
    sum = r * sum + 1. / 39916800;
    sum = r * sum + 1. / 3628800;
    sum = r * sum + 1. / 362880;
    sum = r * sum + 1. / 40320;
    sum = r * sum + 1. / 5040;
    sum = r * sum + 1. / 720;
    sum = r * sum + 1. / 120;
    sum = r * sum + 1. / 24;
    sum = r * sum + 1. / 6;
    sum = r * sum + 0.5;
    return (r * (r * sum + 1) + 1) * power;
}

// log(2^n m) = n ln 2 + 2 artanh((m - 1) / (m + 1)), m between sqrt(1/2) and sqrt(2). The bits of x
// less those of sqrt(1/2) have n in front; 1024 + n, put behind the exponent of 2^52, makes it a
// double.
INLINE double log_of(double x)
{
    const uint64_t root_half = 0x3fe6a09e667f3bcd, exponent_bits = 0xfff0000000000000;
    x = x > DBL_MIN ? x : DBL_MIN;
    uint64_t bits, exponent;
    memcpy(&bits, &x, sizeof bits);
    uint64_t apart = bits - root_half;
    exponent = ((apart + (1024ull << 52)) >> 52) | 0x4330000000000000;
    bits -= apart & exponent_bits;
    double n, m;
    memcpy(&n, &exponent, sizeof n);
    memcpy(&m, &bits, sizeof m);
    n -= 0x1p52 + 1024;
    double s = (m - 1) / (m + 1), square = s * s, sum = 2. / 19;
    sum = square * sum + 2. / 17;
    sum = square * sum + 2. / 15;
    sum = square * sum + 2. / 13;
    sum = square * sum + 2. / 11;
    sum = square * sum + 2. / 9;
    sum = square * sum + 2. / 7;
    sum = square * sum + 2. / 5;
    sum = square * sum + 2. / 3;
    return n * M_LN2 + (s * square * sum + 2 * s);
}

// The normal distribution's mass beyond z >= 0: t exp(-z^2 / 2) P(2t - 1), t = 4 / (4 + z). P was
// fitted to erfcx in Chebyshev points of t; the relative error is 3e-12 for z <= 12.
INLINE double tail(double z)
{
    double t = 4 / (4 + z), s = 2 * t - 1, sum = 1.509328684993283e-08;
    sum = s * sum - 1.3002830483039515e-07;
    sum = s * sum - 8.073359538126785e-08;
    sum = s * sum + 1.2836654231036073e-06;
    sum = s * sum + 1.1160102120933525e-07;
    sum = s * sum - 8.61434783594054e-06;
    sum = s * sum - 4.404675645967166e-07;
    sum = s * sum + 5.76861499970749e-05;
    sum = s * sum + 3.332410353311583e-05;
    sum = s * sum - 0.00040767898599498837;
    sum = s * sum - 0.000869920854934532;
    sum = s * sum + 0.001885043236934955;
    sum = s * sum + 0.015099143511282054;
    sum = s * sum + 0.04663046477213014;
    sum = s * sum + 0.09678435019330014;
    sum = s * sum + 0.1519741604871552;
    sum = s * sum + 0.1888212826038912;
    return t * sum * exp_of(-0.5 * z * z);
}

EACH_SET void cav_lanes_add_gaussian(size_t count, double x, const double *restrict mu,
                                     const double *restrict inv, const double *restrict c,
                                     double *restrict sums)
{
    for (size_t k = 0; k < count; k++) {
        double z = (x - mu[k]) * inv[k];
        sums[k] += c[k] - 0.5 * z * z;
    }
}

EACH_SET void cav_lanes_add_terms(size_t count, const double *restrict terms,
                                  const int32_t *restrict classes, double *restrict sums)
{
    for (size_t k = 0; k < count; k++)
        sums[k] += terms[classes[k]];
}

// Between two places on the same side of the mean the two tails there are subtracted, so that a
// small mass far out is not the difference of two numbers near 1.
EACH_SET void cav_lanes_mass(size_t count, double low, double high, const double *restrict mu,
                             const double *restrict inv, double *restrict ret_mass)
{
    for (size_t k = 0; k < count; k++) {
        double from = (low - mu[k]) * inv[k], to = (high - mu[k]) * inv[k];
        double beyond_from = tail(fabs(from)), beyond_to = tail(fabs(to));
        double apart = 1 - beyond_from - beyond_to, same = fabs(beyond_from - beyond_to);
        ret_mass[k] = from < 0 && to > 0 ? apart : same;
    }
}

EACH_SET void cav_lanes_log(size_t count, double *restrict x)
{
    for (size_t k = 0; k < count; k++)
        x[k] = log_of(x[k]);
}

EACH_SET double cav_lanes_log_sum_exp(size_t count, double *restrict x)
{
    double most[CAV_LANES], sums[CAV_LANES] = {0};
    memcpy(most, x, sizeof most);
    for (size_t start = 0; start < count; start += CAV_LANES)
        for (size_t lane = 0; lane < CAV_LANES; lane++)
            most[lane] = x[start + lane] > most[lane] ? x[start + lane] : most[lane];
    for (size_t lane = 1; lane < CAV_LANES; lane++)
        most[0] = most[lane] > most[0] ? most[lane] : most[0];
    for (size_t k = 0; k < count; k++)
        x[k] = exp_of(x[k] - most[0]);
    for (size_t start = 0; start < count; start += CAV_LANES)
        for (size_t lane = 0; lane < CAV_LANES; lane++)
            sums[lane] += x[start + lane];
    double sum = 0;
    for (size_t lane = 0; lane < CAV_LANES; lane++)
        sum += sums[lane];
    return most[0] + log(sum);
}
