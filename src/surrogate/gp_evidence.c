/**
 * gp_evidence.c: how likely the parameters of a Gaussian process are, and the gradient of that.
 *
 * With s^2 integrated out under an inverse gamma prior (shape a, rate b) and K the covariance in
 * units of s^2, the evidence is, up to a constant,
 *
 *   -1/2 ln |K| - (a + n/2) ln(b + 1/2 y' K^-1 y)
 *
 * Priors of the logarithms are normal; those of the length scales are the axes'.
 */
#include "surrogate/gp.h"

#include "base/vector.h"

#include <math.h>
#include <string.h>

typedef struct prior {
    double mean, deviation, low, high; // of a logarithm
} prior;

static prior prior_of(const cav_gp *gp, size_t param)
{
    const cav_gp_axes *axes = gp->axes;
    if (param < axes->count)
        return (prior){axes->length_means[param], axes->length_deviations[param], -5, 6};
    if (param < cav_gp_param_warp(axes))
        return (prior){log(0.5), 0.5, log(0.1), 0};
    if (param < gp->param_count - 1)
        return (prior){0, 0.4, -1.5, 1.5};
    return (prior){log(1e-3), 2, log(1e-6), log(2)};
}

void cav_gp_prior(const cav_gp *gp, double *ret_low, double *ret_high, double *ret_mode)
{
    for (size_t i = 0; i < gp->param_count; i++) {
        prior at = prior_of(gp, i);
        ret_low[i] = at.low;
        ret_high[i] = at.high;
        ret_mode[i] = at.mean;
    }
}

// Adds the priors' gradient to `gradient` if that is not NULL.
static double log_prior(const cav_gp *gp, const double *params, double *gradient)
{
    double sum = 0;
    for (size_t i = 0; i < gp->param_count; i++) {
        prior at = prior_of(gp, i);
        if (!(params[i] >= at.low && params[i] <= at.high))
            return -INFINITY;
        double z = (params[i] - at.mean) / at.deviation;
        sum -= 0.5 * z * z;
        if (gradient)
            gradient[i] -= z / at.deviation;
    }
    return sum;
}

// Half of (weights weights' / s^2 - K^-1) times the kernel's slopes, for eight columns i of which
// the first is `first`, and rows j before the diagonal. Entry (j, i) is slopes[j x 8 + i - first].
static void weigh(const cav_gp_work *work, size_t first, size_t count, double scale, double *slopes)
{
    for (size_t lane = 0; lane < CAV_LANES; lane++) {
        size_t i = first + lane;
        const double *row = cav_lower_row(&work->covariance, i < count ? i : 0);
        size_t end = first + CAV_LANES < count ? first + CAV_LANES : count;
        for (size_t j = 0; j < end; j++) {
            double *slope = slopes + j * CAV_LANES + lane;
            *slope = i < count && j < i
                         ? *slope * (work->weights[i] * work->weights[j] / scale - row[j])
                         : 0;
        }
    }
}

static void turn_tangents(const cav_gp_work *work, size_t tangents, size_t first, size_t count)
{
    for (size_t lane = 0; lane < CAV_LANES; lane++) {
        size_t i = first + lane < count ? first + lane : count - 1;
        for (size_t t = 0; t < tangents; t++)
            work->eight_tangents[t * CAV_LANES + lane] = work->tangents[i * tangents + t];
    }
}

static void turn_columns(const cav_gp_work *work, size_t width, size_t first, size_t count)
{
    for (size_t lane = 0; lane < CAV_LANES; lane++) {
        size_t i = first + lane < count ? first + lane : count - 1;
        for (size_t c = 0; c < width; c++)
            work->eight[c * CAV_LANES + lane] = work->columns[i * width + c];
    }
}

static double total(const double *sums, size_t index)
{
    return cav_v8_sum((const cav_v8 *)(sums + index * CAV_LANES));
}

// From sums over all pairs to the derivatives by the parameters.
static void put_gradient(const cav_gp *gp, const cav_gp_work *work, size_t tangents,
                         double *gradient)
{
    const cav_gp_axes *axes = gp->axes;
    for (size_t i = 0; i < axes->count; i++) {
        size_t c = axes->axes[i].column;
        double sum = total(work->sums, c);
        if (axes->axes[i].kind == CAV_GP_ARC)
            sum += total(work->sums, c + 1);
        if (axes->axes[i].kind == CAV_GP_CHOICE)
            sum *= work->choice_weights[c - axes->number_columns];
        gradient[i] -= 2 * sum;
    }
    for (size_t t = 0; t < tangents; t++)
        gradient[cav_gp_tangent_at(axes, t).param] += 2 * total(work->tangent_sums, t);
}

static void add_gradient(const cav_gp *gp, size_t count, double scale, double noise,
                         cav_gp_work *work, double *gradient)
{
    size_t width = gp->axes->column_count, tangents = cav_gp_tangent_count(gp->axes, gp->warps);
    cav_matern kernel = cav_gp_kernel(gp, work->choice_weights);
    cav_matern_tangents moved = {.count = tangents,
                                 .columns = work->tangent_columns,
                                 .of_rows = work->tangents,
                                 .of_points = work->eight_tangents,
                                 .sums = work->tangent_sums};
    memset(work->sums, 0, width * CAV_LANES * sizeof(double));
    memset(work->tangent_sums, 0, tangents * CAV_LANES * sizeof(double));
    cav_lower_square(&work->inverse, &work->covariance);
    for (size_t first = 0; first < count; first += CAV_LANES) {
        size_t end = first + CAV_LANES < count ? first + CAV_LANES : count;
        turn_columns(work, width, first, count);
        turn_tangents(work, tangents, first, count);
        cav_matern_eight(&kernel, work->eight, work->columns, end, work->values, work->slopes);
        weigh(work, first, count, scale, work->slopes);
        cav_matern_gather(&kernel, work->eight, work->columns, end, work->slopes, work->sums,
                          &moved);
    }
    put_gradient(gp, work, tangents, gradient);
    double diagonal = 0;
    for (size_t i = 0; i < count; i++)
        diagonal +=
            work->weights[i] * work->weights[i] / scale - cav_lower_row(&work->covariance, i)[i];
    gradient[gp->param_count - 1] += 0.5 * noise * diagonal;
}

double cav_gp_evidence(const cav_gp *gp, const cav_gp_data *data, const double *params,
                       cav_gp_work *work, double *ret_gradient)
{
    size_t count = data->count, padded = cav_padded(count), width = gp->axes->column_count;
    size_t tangents = cav_gp_tangent_count(gp->axes, gp->warps);
    if (ret_gradient)
        memset(ret_gradient, 0, gp->param_count * sizeof *ret_gradient);
    double value = log_prior(gp, params, ret_gradient);
    if (!isfinite(value))
        return -INFINITY;
    for (size_t i = 0; i < count; i++)
        cav_gp_columns(gp->axes, gp->warps, params, data->points + i * gp->axes->space->dim_count,
                       1, work->columns + i * width, NULL,
                       ret_gradient ? work->tangents + i * tangents : NULL);
    cav_gp_choice_weights(gp->axes, params, work->choice_weights);
    cav_matern kernel = cav_gp_kernel(gp, work->choice_weights);
    double noise = exp(params[gp->param_count - 1]), quadratic = 0;
    if (!cav_gp_covariance(&kernel, work->columns, count, noise, data->noises, work))
        return -INFINITY;
    memset(work->other, 0, padded * sizeof(double));
    memcpy(work->other, data->outcomes, count * sizeof(double));
    cav_lower_solve(&work->covariance, work->other, work->vector);
    for (size_t i = 0; i < count; i++) {
        quadratic += work->vector[i] * work->vector[i];
        value -= log(cav_lower_row(&work->covariance, i)[i]);
    }
    value -= (CAV_GP_SCALE_SHAPE + (double)count / 2) * log(CAV_GP_SCALE_RATE + quadratic / 2);
    if (ret_gradient) {
        cav_lower_invert(&work->covariance, &work->inverse);
        cav_lower_apply_transposed(&work->inverse, work->vector, work->weights);
        add_gradient(gp, count, cav_gp_scale(quadratic, count), noise, work, ret_gradient);
    }
    return value;
}
