/**
 * gp.h: a Gaussian process: what is known of a function from values at points.
 *
 * Outcomes are standardised by the caller. Their covariance is
 *
 *   s^2 (1 + k(x, x') + (noise + own noise) [x = x'])
 *
 * with a Matérn kernel k over the axes of gp_axes.h. The 1 stands for a constant of unknown size;
 * s^2 has an inverse gamma prior and is integrated out, so that it is no parameter. Logarithms of
 * the parameters have the priors of gp_evidence.c.
 */
#ifndef CAV_SURROGATE_GP_H
#define CAV_SURROGATE_GP_H

#include "base/linalg.h"
#include "surrogate/gp_axes.h"
#include "surrogate/matern.h"

/** What the outcomes were measured at. */
typedef struct cav_gp_data {
    size_t count;
    const double *points;   // [count x dim_count] NaN where inactive
    const double *outcomes; // [count]
    const double *noises; // [count] what each has beside the noise of all, in units of s^2; NULL: 0
} cav_gp_data;

typedef struct cav_gp {
    const cav_gp_axes *axes;
    int smoothness; // 3 or 5
    bool warps;     // numbers, by Kumaraswamy's function
    size_t param_count;
    double *params; // [param_count] see gp_axes.h

    size_t count, capacity; // points that it knows
    double *columns;        // [capacity x column_count]
    double *turned;         // the same, eights of points side by side: see cav_matern_one
    double *choice_weights; // [column_count - number_columns]
    cav_lower inverse;      // of the covariance's Cholesky factor, in units of s^2
    double *outcomes;       // [capacity]
    double *noises;         // [capacity] all that an outcome has, in units of s^2
    double *weights;        // [capacity] covariance^-1 outcomes, in units of 1 / s^2
    double scale;           // s^2 as it is most likely
} cav_gp;

/** Scratch room that several processes on the same axes share. */
typedef struct cav_gp_work {
    const cav_gp_axes *axes;
    size_t capacity;                       // points
    cav_lower covariance;                  // its factor; in the end of the gradient its inverse
    cav_lower inverse;                     // of the factor
    double *panel, *columns, *tangents;    // [8 x n], [n x columns], [n x tangents]
    double *eight, *eight_tangents;        // [columns x 8], [tangents x 8]
    double *values, *slopes, *solved;      // [n x 8]
    double *vector, *weights, *other;      // [n]
    double *sums, *tangent_sums, *scratch; // [columns x 8], [tangents x 8], [dims]
    double *choice_weights;                // [choices]
    size_t *tangent_columns;               // [tangents]
} cav_gp_work;

/** An empty process at the priors' modes; NULL when out of memory. */
cav_gp *cav_gp_new(const cav_gp_axes *axes, int smoothness, bool warps);
void cav_gp_free(cav_gp *gp);

/** Back to the priors' modes. */
void cav_gp_reset(cav_gp *gp);

cav_gp_work *cav_gp_work_new(const cav_gp_axes *axes);
void cav_gp_work_free(cav_gp_work *work);

/** Room for so many points; false when out of memory. */
bool cav_gp_work_reserve(cav_gp_work *work, size_t count);
bool cav_gp_reserve(cav_gp *gp, size_t count);

/**
 * The logarithm of evidence times prior at `params` [param_count], up to a constant, and its
 * gradient, where ret_gradient is not NULL. -INFINITY where the covariance is not positive
 * definite in doubles, or a parameter is out of its box. The work must have room.
 */
double cav_gp_evidence(const cav_gp *gp, const cav_gp_data *data, const double *params,
                       cav_gp_work *work, double *ret_gradient);

/** The box of the parameters, and the mode of their prior: ret_* [param_count]. */
void cav_gp_prior(const cav_gp *gp, double *ret_low, double *ret_high, double *ret_mode);

/** Learns the data with the parameters as they are. False where it cannot: see cav_gp_evidence.
 * Process and work must have room. */
bool cav_gp_condition(cav_gp *gp, const cav_gp_data *data, cav_gp_work *work);

/** Learns one more point. The outcomes must then be set anew. Needs room. False where it cannot. */
bool cav_gp_append(cav_gp *gp, const double *point, cav_gp_work *work);

/** The mean of the function, without noise, at a point that it knows. */
static inline double cav_gp_fitted(const cav_gp *gp, size_t known)
{
    return gp->outcomes[known] - gp->noises[known] * gp->weights[known];
}

/** Other outcomes [count] at the points that it knows. */
void cav_gp_set_outcomes(cav_gp *gp, const double *outcomes, cav_gp_work *work);

/** Forgets all but the first points; the outcomes must then be set anew. */
void cav_gp_truncate(cav_gp *gp, size_t count);

/**
 * Mean and variance of the function, without noise, at eight points [8 x dim_count].
 * ret_means, ret_variances [8]. With ret_variances NULL only the means, which is much faster.
 */
void cav_gp_predict_eight(const cav_gp *gp, const double *points, cav_gp_work *work,
                          double *ret_means, double *ret_variances);

/** How similar a point [dim_count] is to one that it knows, from 0 to 1. */
double cav_gp_similar(const cav_gp *gp, size_t known, const double *point, cav_gp_work *work);

/** The same at one point [dim_count], with gradients [dim_count], 0 where there is none; both may
 * be NULL. */
void cav_gp_predict(const cav_gp *gp, const double *point, cav_gp_work *work, double *ret_mean,
                    double *ret_variance, double *ret_mean_gradient, double *ret_variance_gradient);

/** What the others say of each outcome, noise included: ret_means, ret_variances [count]. */
void cav_gp_leave_one_out(const cav_gp *gp, double *ret_means, double *ret_variances);

/** For the parts of the process: the kernel at some parameters, see gp.c. */
void cav_gp_choice_weights(const cav_gp_axes *axes, const double *params, double *ret_weights);
bool cav_gp_covariance(const cav_matern *kernel, const double *columns, size_t count, double noise,
                       const double *noises, cav_gp_work *work);
double cav_gp_scale(double quadratic, size_t count);
cav_matern cav_gp_kernel(const cav_gp *gp, const double *choice_weights);

/** Prior of s^2: inverse gamma with this shape and rate. */
#define CAV_GP_SCALE_SHAPE 2.0
#define CAV_GP_SCALE_RATE 2.0

#endif
