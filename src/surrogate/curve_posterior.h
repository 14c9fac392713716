/**
 * curve_posterior.h: one curve, y(t) = e + d s_k(t) + noise, for each shape k and level of noise.
 *
 * As the shapes are 0 at the horizon, e is what a curve ends with. With (e, d) ~ N(mean,
 * covariance) and normal noise, posterior and evidence are those of a linear regression of two
 * coefficients (Bishop, "Pattern recognition and machine learning", 3.3 and 3.5), and need nothing
 * of the data but six sums.
 */
#ifndef CAV_SURROGATE_CURVE_POSTERIOR_H
#define CAV_SURROGATE_CURVE_POSTERIOR_H

#include "surrogate/curve_shapes.h"

enum { CAV_CURVE_LEVELS = 3 }; // of noise

/** What the observations of a curve come down to. All zero: none. */
typedef struct cav_curve_sums {
    double count, y, yy;                               // observations, sum of values, of squares
    double s[CAV_CURVE_SHAPES];                        // sum of the shape at the observed steps
    double ss[CAV_CURVE_SHAPES], sy[CAV_CURVE_SHAPES]; // of its squares, of its products with y
} cav_curve_sums;

/** What curves of a study have in common. */
typedef struct cav_curve_prior {
    double mean[2];                  // of (e, d)
    double covariance[3];            // e e, e d, d d
    double noise;                    // variance at the middle level
    double shares[CAV_CURVE_SHAPES]; // of the shapes; their sum is 1
} cav_curve_prior;

/** The mixture: moments of (e, d) for each shape, times the shape's weight. */
typedef struct cav_curve_posterior {
    double weights[CAV_CURVE_SHAPES]; // their sum is 1
    double e[CAV_CURVE_SHAPES], d[CAV_CURVE_SHAPES];
    double ee[CAV_CURVE_SHAPES], ed[CAV_CURVE_SHAPES], dd[CAV_CURVE_SHAPES];
    double noise;    // expected variance of the noise
    double residual; // expected sum of squared residuals
} cav_curve_posterior;

/** Variance of a level of noise. */
double cav_curve_noise(const cav_curve_prior *prior, size_t level);

/** Adds an observation, given the shapes at its step. */
void cav_curve_sums_add(cav_curve_sums *sums, const double *shapes, double y);

void cav_curve_posterior_find(const cav_curve_prior *prior, const cav_curve_sums *sums,
                              cav_curve_posterior *ret_posterior);

/** Mean and variance of e + d s, without the noise, given the shapes at a step. */
void cav_curve_posterior_at(const cav_curve_posterior *posterior, const double *shapes,
                            double *ret_mean, double *ret_variance);

#endif
