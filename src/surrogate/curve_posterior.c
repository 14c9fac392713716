/**
 * curve_posterior.c: two coefficients in closed form.
 */
#include "surrogate/curve_posterior.h"

#include <math.h>

// The posterior for one shape and level.
typedef struct component {
    double log_evidence, mean[2], covariance[3];
} component;

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

static void regress(const precision *prior, const cav_curve_sums *sums, size_t k, double noise,
                    component *ret)
{
    double weight = 1 / noise;
    double ee = prior->ee + weight * sums->count, ed = prior->ed + weight * sums->s[k];
    double dd = prior->dd + weight * sums->ss[k], determinant = ee * dd - ed * ed;
    double b0 = prior->pull[0] + weight * sums->y, b1 = prior->pull[1] + weight * sums->sy[k];
    ret->covariance[0] = dd / determinant;
    ret->covariance[1] = -ed / determinant;
    ret->covariance[2] = ee / determinant;
    ret->mean[0] = ret->covariance[0] * b0 + ret->covariance[1] * b1;
    ret->mean[1] = ret->covariance[1] * b0 + ret->covariance[2] * b1;
    double fit = weight * sums->yy + prior->square - b0 * ret->mean[0] - b1 * ret->mean[1];
    ret->log_evidence =
        0.5 * (prior->log_determinant - log(determinant) - sums->count * log(noise) - fit);
}

// E (y - e - d s)^2, summed over the observations.
static double residual_of(const cav_curve_sums *sums, size_t k, const component *at)
{
    double e = at->mean[0], d = at->mean[1];
    double ee = at->covariance[0] + e * e, ed = at->covariance[1] + e * d;
    double dd = at->covariance[2] + d * d;
    return sums->yy - 2 * e * sums->y - 2 * d * sums->sy[k] + ee * sums->count +
           2 * ed * sums->s[k] + dd * sums->ss[k];
}

static void add(const cav_curve_sums *sums, size_t k, const component *at, double weight,
                cav_curve_posterior *to)
{
    double e = at->mean[0], d = at->mean[1];
    to->weights[k] += weight;
    to->e[k] += weight * e;
    to->d[k] += weight * d;
    to->ee[k] += weight * (at->covariance[0] + e * e);
    to->ed[k] += weight * (at->covariance[1] + e * d);
    to->dd[k] += weight * (at->covariance[2] + d * d);
    to->residual += weight * residual_of(sums, k, at);
}

void cav_curve_posterior_find(const cav_curve_prior *prior, const cav_curve_sums *sums,
                              cav_curve_posterior *ret_posterior)
{
    static const double negligible = -16; // a weight of 1e-7, beside the greatest
    component components[CAV_CURVE_LEVELS][CAV_CURVE_SHAPES];
    precision turned = turn_over(prior);
    double most = -INFINITY, total = 0;
    for (size_t level = 0; level < CAV_CURVE_LEVELS; level++) {
        for (size_t k = 0; k < CAV_CURVE_SHAPES; k++) {
            component *at = &components[level][k];
            regress(&turned, sums, k, cav_curve_noise(prior, level), at);
            at->log_evidence += log(prior->shares[k]);
            most = fmax(most, at->log_evidence);
        }
    }
    *ret_posterior = (cav_curve_posterior){0};
    for (size_t level = 0; level < CAV_CURVE_LEVELS; level++) {
        for (size_t k = 0; k < CAV_CURVE_SHAPES; k++) {
            double above = components[level][k].log_evidence - most;
            if (!(above > negligible))
                continue;
            double weight = exp(above);
            total += weight;
            ret_posterior->noise += weight * cav_curve_noise(prior, level);
            add(sums, k, &components[level][k], weight, ret_posterior);
        }
    }
    double *columns[] = {ret_posterior->weights, ret_posterior->e,  ret_posterior->d,
                         ret_posterior->ee,      ret_posterior->ed, ret_posterior->dd};
    for (size_t column = 0; column < sizeof columns / sizeof columns[0]; column++)
        for (size_t k = 0; k < CAV_CURVE_SHAPES; k++)
            columns[column][k] /= total;
    ret_posterior->noise /= total;
    ret_posterior->residual /= total;
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
