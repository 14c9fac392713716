/**
 * curve_posterior.c: two coefficients in closed form.
 */
#include "surrogate/curve_posterior.h"

#include "base/vector.h"
#include "surrogate/lanes.h"

#include <math.h>
#include <string.h>

// The posteriors for all shapes at one level of noise.
typedef struct components {
    double determinant[CAV_CURVE_SHAPES], log_evidence[CAV_CURVE_SHAPES];
    double e[CAV_CURVE_SHAPES], d[CAV_CURVE_SHAPES];                         // means
    double ee[CAV_CURVE_SHAPES], ed[CAV_CURVE_SHAPES], dd[CAV_CURVE_SHAPES]; // covariance
    double weights[CAV_CURVE_SHAPES];
} components;

double cav_curve_noise(const cav_curve_prior *prior, size_t level)
{
    static const double factors[CAV_CURVE_LEVELS] = {0.1, 1, 10};
    return prior->noise * factors[level];
}

void cav_curve_sums_add(cav_curve_sums *sums, const double *shapes, double y)
{
    sums->count += 1;
    sums->y += y;
    sums->yy += y * y;
    for (size_t k = 0; k < CAV_CURVE_SHAPES; k++) {
        sums->s[k] += shapes[k];
        sums->ss[k] += shapes[k] * shapes[k];
        sums->sy[k] += shapes[k] * y;
    }
}

// Precision of the prior: its covariance, turned over.
typedef struct precision {
    double ee, ed, dd, log_determinant;
    double pull[2], square; // precision times mean; mean times that
} precision;

static precision turn_over(const cav_curve_prior *prior)
{
    const double *c = prior->covariance, *mean = prior->mean;
    double determinant = c[0] * c[2] - c[1] * c[1];
    precision p = {.ee = c[2] / determinant,
                   .ed = -c[1] / determinant,
                   .dd = c[0] / determinant,
                   .log_determinant = -log(determinant)};
    p.pull[0] = p.ee * mean[0] + p.ed * mean[1];
    p.pull[1] = p.ed * mean[0] + p.dd * mean[1];
    p.square = p.pull[0] * mean[0] + p.pull[1] * mean[1];
    return p;
}

// Means and covariances; the evidence but for the determinant's logarithm, and the determinant.
CAV_CLONES static void regress(const precision *prior, const cav_curve_sums *sums, double noise,
                               components *ret)
{
    double weight = 1 / noise, ee = prior->ee + weight * sums->count;
    double b0 = prior->pull[0] + weight * sums->y, square = weight * sums->yy + prior->square;
    double common = prior->log_determinant - sums->count * log(noise) - square;
    for (size_t k = 0; k < CAV_CURVE_SHAPES; k++) {
        double ed = prior->ed + weight * sums->s[k], dd = prior->dd + weight * sums->ss[k];
        double b1 = prior->pull[1] + weight * sums->sy[k], determinant = ee * dd - ed * ed;
        double inverse = 1 / determinant;
        ret->determinant[k] = determinant;
        ret->ee[k] = dd * inverse;
        ret->ed[k] = -ed * inverse;
        ret->dd[k] = ee * inverse;
        ret->e[k] = ret->ee[k] * b0 + ret->ed[k] * b1;
        ret->d[k] = ret->ed[k] * b0 + ret->dd[k] * b1;
        ret->log_evidence[k] = common + b0 * ret->e[k] + b1 * ret->d[k];
    }
}

// Weights relative to the greatest evidence.
CAV_CLONES static void weigh(components *at, double most)
{
    for (size_t k = 0; k < CAV_CURVE_SHAPES; k += CAV_LANES) {
        cav_v8 above;
        memcpy(&above, at->log_evidence + k, sizeof above);
        above -= most;
        cav_v8_exp(&above);
        memcpy(at->weights + k, &above, sizeof above);
    }
}

// Adds the components to the mixture; E (y - e - d s)^2, summed over observations, to the residual.
CAV_CLONES static void mix(const cav_curve_sums *sums, const components *at, double noise,
                           cav_curve_posterior *to)
{
    double residuals[CAV_CURVE_SHAPES], count = sums->count, y = sums->y, yy = sums->yy;
    for (size_t k = 0; k < CAV_CURVE_SHAPES; k++) {
        double weight = at->weights[k], e = at->e[k], d = at->d[k];
        double ee = at->ee[k] + e * e, ed = at->ed[k] + e * d, dd = at->dd[k] + d * d;
        to->weights[k] += weight;
        to->e[k] += weight * e;
        to->d[k] += weight * d;
        to->ee[k] += weight * ee;
        to->ed[k] += weight * ed;
        to->dd[k] += weight * dd;
        residuals[k] = weight * (yy - 2 * e * y - 2 * d * sums->sy[k] + ee * count +
                                 2 * ed * sums->s[k] + dd * sums->ss[k]);
    }
    for (size_t k = 0; k < CAV_CURVE_SHAPES; k++) {
        to->residual += residuals[k];
        to->noise += at->weights[k] * noise;
    }
}

static void normalize(cav_curve_posterior *at)
{
    double total = 0, *columns[] = {at->weights, at->e, at->d, at->ee, at->ed, at->dd};
    for (size_t k = 0; k < CAV_CURVE_SHAPES; k++)
        total += at->weights[k];
    for (size_t column = 0; column < sizeof columns / sizeof columns[0]; column++)
        for (size_t k = 0; k < CAV_CURVE_SHAPES; k++)
            columns[column][k] /= total;
    at->noise /= total;
    at->residual /= total;
}

void cav_curve_posterior_find(const cav_curve_prior *prior, const cav_curve_sums *sums,
                              cav_curve_posterior *ret_posterior)
{
    components levels[CAV_CURVE_LEVELS];
    double log_shares[CAV_CURVE_SHAPES], most = -INFINITY;
    precision turned = turn_over(prior);
    memcpy(log_shares, prior->shares, sizeof log_shares);
    cav_lanes_log(CAV_CURVE_SHAPES, log_shares);
    for (size_t level = 0; level < CAV_CURVE_LEVELS; level++) {
        components *at = &levels[level];
        regress(&turned, sums, cav_curve_noise(prior, level), at);
        cav_lanes_log(CAV_CURVE_SHAPES, at->determinant);
        for (size_t k = 0; k < CAV_CURVE_SHAPES; k++) {
            at->log_evidence[k] = 0.5 * (at->log_evidence[k] - at->determinant[k]) + log_shares[k];
            most = fmax(most, at->log_evidence[k]);
        }
    }
    memset(ret_posterior, 0, sizeof *ret_posterior);
    for (size_t level = 0; level < CAV_CURVE_LEVELS; level++) {
        weigh(&levels[level], most);
        mix(sums, &levels[level], cav_curve_noise(prior, level), ret_posterior);
    }
    normalize(ret_posterior);
}

void cav_curve_posterior_at(const cav_curve_posterior *posterior, const double *shapes,
                            double *ret_mean, double *ret_variance)
{
    double mean = 0, square = 0;
    for (size_t k = 0; k < CAV_CURVE_SHAPES; k++) {
        if (!(posterior->weights[k] > 0))
            continue;
        double s = shapes[k];
        mean += posterior->e[k] + s * posterior->d[k];
        square += posterior->ee[k] + s * (2 * posterior->ed[k] + s * posterior->dd[k]);
    }
    *ret_mean = mean;
    *ret_variance = fmax(0, square - mean * mean);
}
