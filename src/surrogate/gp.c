/**
 * gp.c: conditioning and predicting.
 *
 * Rasmussen and Williams, "Gaussian processes for machine learning", 2006: algorithm 2.1, and 5.4.2
 * for leaving one out. What is kept is the inverse of the Cholesky factor: a prediction is then a
 * matrix product without divisions, and a new point one more row.
 */
#include "surrogate/gp.h"

#include "base/vector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Points that there is room for beyond those asked for: they are dear, as squares.
enum { MORE = 16 };

static const double constant = 1; // variance of the function's mean, in units of s^2

cav_gp *cav_gp_new(const cav_gp_axes *axes, int smoothness, bool warps)
{
    cav_gp *gp = calloc(1, sizeof *gp);
    if (!gp)
        return NULL;
    gp->axes = axes;
    gp->smoothness = smoothness;
    gp->warps = warps;
    gp->param_count = cav_gp_param_count(axes, warps);
    gp->params = cav_doubles_new(3 * gp->param_count);
    gp->choice_weights = cav_doubles_new(axes->count);
    if (!gp->params || !gp->choice_weights) {
        cav_gp_free(gp);
        return NULL;
    }
    cav_gp_reset(gp);
    return gp;
}

void cav_gp_reset(cav_gp *gp)
{
    double *low = gp->params + gp->param_count; // room for the box, which is not wanted here
    cav_gp_prior(gp, low, low + gp->param_count, gp->params);
}

void cav_gp_free(cav_gp *gp)
{
    if (!gp)
        return;
    free(gp->params);
    free(gp->choice_weights);
    free(gp->columns);
    free(gp->turned);
    free(gp->outcomes);
    free(gp->noises);
    free(gp->weights);
    cav_lower_free(&gp->inverse);
    free(gp);
}

cav_gp_work *cav_gp_work_new(const cav_gp_axes *axes)
{
    cav_gp_work *work = calloc(1, sizeof *work);
    if (!work)
        return NULL;
    size_t columns = axes->column_count, tangents = cav_gp_tangent_count(axes, true);
    work->axes = axes;
    work->eight = cav_doubles_new(columns * CAV_LANES);
    work->eight_tangents = cav_doubles_new(tangents * CAV_LANES);
    work->sums = cav_doubles_new(columns * CAV_LANES);
    work->tangent_sums = cav_doubles_new(tangents * CAV_LANES);
    work->scratch = cav_doubles_new(axes->space->dim_count + columns);
    work->choice_weights = cav_doubles_new(axes->count);
    work->tangent_columns = calloc(tangents + 1, sizeof *work->tangent_columns);
    bool complete = work->eight && work->eight_tangents && work->sums && work->tangent_sums &&
                    work->scratch && work->choice_weights && work->tangent_columns;
    for (size_t t = 0; complete && t < tangents; t++)
        work->tangent_columns[t] = cav_gp_tangent_at(axes, t).column;
    if (complete && cav_gp_work_reserve(work, CAV_LANES))
        return work;
    cav_gp_work_free(work);
    return NULL;
}

static void free_all(double **rooms, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(rooms[i]);
}

void cav_gp_work_free(cav_gp_work *work)
{
    if (!work)
        return;
    double *rooms[] = {work->panel,   work->columns,      work->tangents,       work->values,
                       work->slopes,  work->solved,       work->vector,         work->weights,
                       work->other,   work->eight,        work->eight_tangents, work->sums,
                       work->scratch, work->tangent_sums, work->choice_weights};
    free_all(rooms, CAV_COUNT_OF(rooms));
    free(work->tangent_columns);
    cav_lower_free(&work->covariance);
    cav_lower_free(&work->inverse);
    free(work);
}

bool cav_gp_work_reserve(cav_gp_work *work, size_t count)
{
    if (count <= work->capacity)
        return true;
    size_t capacity = cav_padded(count + MORE);
    size_t tangents = cav_gp_tangent_count(work->axes, true);
    struct room {
        double **at;
        size_t width;
    } rooms[] = {{&work->panel, CAV_LANES},
                 {&work->columns, work->axes->column_count},
                 {&work->tangents, tangents},
                 {&work->values, CAV_LANES},
                 {&work->slopes, CAV_LANES},
                 {&work->solved, CAV_LANES},
                 {&work->vector, 1},
                 {&work->weights, 1},
                 {&work->other, 1}};
    for (size_t i = 0; i < CAV_COUNT_OF(rooms); i++) {
        double *fresh = cav_doubles_new(capacity * rooms[i].width);
        if (!fresh)
            return false;
        free(*rooms[i].at);
        *rooms[i].at = fresh;
    }
    work->covariance.count = work->inverse.count = 0;
    if (!cav_lower_reserve(&work->covariance, capacity) ||
        !cav_lower_reserve(&work->inverse, capacity))
        return false;
    work->capacity = capacity;
    return true;
}

static bool widen(double **room, size_t used, size_t wanted)
{
    double *fresh = cav_doubles_new(wanted);
    if (!fresh)
        return false;
    if (used)
        memcpy(fresh, *room, used * sizeof **room);
    free(*room);
    *room = fresh;
    return true;
}

bool cav_gp_reserve(cav_gp *gp, size_t count)
{
    if (count <= gp->capacity)
        return true;
    size_t capacity = cav_padded(count + MORE);
    if (!widen(&gp->columns, gp->count * gp->axes->column_count,
               capacity * gp->axes->column_count) ||
        !widen(&gp->turned, cav_padded(gp->count) * gp->axes->column_count,
               capacity * gp->axes->column_count) ||
        !widen(&gp->outcomes, gp->count, capacity) || !widen(&gp->noises, gp->count, capacity) ||
        !widen(&gp->weights, gp->count, capacity) || !cav_lower_reserve(&gp->inverse, capacity))
        return false;
    gp->capacity = capacity;
    return true;
}

void cav_gp_choice_weights(const cav_gp_axes *axes, const double *params, double *ret_weights)
{
    for (size_t i = 0; i < axes->count; i++)
        if (axes->axes[i].kind == CAV_GP_CHOICE)
            ret_weights[axes->axes[i].column - axes->number_columns] = exp(-2 * params[i]);
}

cav_matern cav_gp_kernel(const cav_gp *gp, const double *choice_weights)
{
    return (cav_matern){.smoothness = gp->smoothness,
                        .column_count = gp->axes->column_count,
                        .number_columns = gp->axes->number_columns,
                        .choice_weights = choice_weights};
}

// Rows `first` to `first` + 7 as points side by side; rows beyond the last repeat it.
static void turn_rows(const double *rows, size_t width, size_t first, size_t count, double *eight)
{
    for (size_t lane = 0; lane < CAV_LANES; lane++) {
        const double *row = rows + (first + lane < count ? first + lane : count - 1) * width;
        for (size_t c = 0; c < width; c++)
            eight[c * CAV_LANES + lane] = row[c];
    }
}

bool cav_gp_covariance(const cav_matern *kernel, const double *columns, size_t count, double noise,
                       const double *noises, cav_gp_work *work)
{
    work->covariance.count = 0;
    cav_lower_reserve(&work->covariance, count);
    work->covariance.count = count;
    for (size_t first = 0; first < count; first += CAV_LANES) {
        size_t end = first + CAV_LANES < count ? first + CAV_LANES : count;
        turn_rows(columns, kernel->column_count, first, count, work->eight);
        cav_matern_eight(kernel, work->eight, columns, end, work->values, NULL);
        for (size_t i = first; i < end; i++) {
            double *row = cav_lower_row(&work->covariance, i);
            for (size_t j = 0; j < i; j++)
                row[j] = constant + work->values[j * CAV_LANES + i - first];
            row[i] = constant + 1 + noise + (noises ? noises[i] : 0);
        }
    }
    return cav_lower_factor(&work->covariance, work->panel);
}

double cav_gp_scale(double quadratic, size_t count)
{
    return (CAV_GP_SCALE_RATE + quadratic / 2) / (CAV_GP_SCALE_SHAPE + (double)count / 2);
}

// The columns of the i-th point to both of their places.
static void put_columns(cav_gp *gp, const double *point, size_t i)
{
    size_t width = gp->axes->column_count;
    double *columns = gp->columns + i * width;
    double *turned = gp->turned + i / CAV_LANES * CAV_LANES * width + i % CAV_LANES;
    cav_gp_columns(gp->axes, gp->warps, gp->params, point, 1, columns, NULL, NULL);
    for (size_t c = 0; c < width; c++)
        turned[c * CAV_LANES] = columns[c];
}

bool cav_gp_condition(cav_gp *gp, const cav_gp_data *data, cav_gp_work *work)
{
    size_t dims = gp->axes->space->dim_count;
    for (size_t i = 0; i < data->count; i++)
        put_columns(gp, data->points + i * dims, i);
    cav_gp_choice_weights(gp->axes, gp->params, gp->choice_weights);
    cav_matern kernel = cav_gp_kernel(gp, gp->choice_weights);
    double noise = exp(gp->params[gp->param_count - 1]);
    if (!cav_gp_covariance(&kernel, gp->columns, data->count, noise, data->noises, work))
        return false;
    for (size_t i = 0; i < data->count; i++)
        gp->noises[i] = noise + (data->noises ? data->noises[i] : 0);
    cav_lower_invert(&work->covariance, &gp->inverse);
    gp->count = data->count;
    cav_gp_set_outcomes(gp, data->outcomes, work);
    return true;
}

void cav_gp_set_outcomes(cav_gp *gp, const double *outcomes, cav_gp_work *work)
{
    double quadratic = 0;
    size_t padded = cav_padded(gp->count);
    memset(gp->outcomes, 0, padded * sizeof *outcomes);
    memset(work->vector, 0, padded * sizeof *outcomes);
    memcpy(gp->outcomes, outcomes, gp->count * sizeof *outcomes);
    cav_lower_apply(&gp->inverse, gp->outcomes, work->vector);
    for (size_t i = 0; i < gp->count; i++)
        quadratic += work->vector[i] * work->vector[i];
    cav_lower_apply_transposed(&gp->inverse, work->vector, gp->weights);
    gp->scale = cav_gp_scale(quadratic, gp->count);
}

bool cav_gp_append(cav_gp *gp, const double *point, cav_gp_work *work)
{
    size_t count = gp->count;
    put_columns(gp, point, count);
    cav_matern kernel = cav_gp_kernel(gp, gp->choice_weights);
    cav_matern_one(&kernel, gp->columns + count * gp->axes->column_count, gp->turned, count,
                   work->values, NULL);
    memset(work->vector, 0, cav_padded(count + 1) * sizeof *work->vector);
    for (size_t i = 0; i < count; i++)
        work->vector[i] = constant + work->values[i];
    double noise = exp(gp->params[gp->param_count - 1]);
    if (!cav_lower_append(&gp->inverse, work->vector, constant + 1 + noise, noise / 2, work->other))
        return false;
    gp->noises[gp->count++] = noise;
    return true;
}

void cav_gp_truncate(cav_gp *gp, size_t count)
{
    cav_lower_truncate(&gp->inverse, count);
    gp->count = gp->inverse.count;
}

double cav_gp_similar(const cav_gp *gp, size_t known, const double *point, cav_gp_work *work)
{
    size_t lane = known % CAV_LANES;
    const double *eight = gp->turned + (known - lane) * gp->axes->column_count;
    cav_gp_columns(gp->axes, gp->warps, gp->params, point, 1, work->eight, NULL, NULL);
    cav_matern kernel = cav_gp_kernel(gp, gp->choice_weights);
    cav_matern_one(&kernel, work->eight, eight, lane + 1, work->values, NULL);
    return work->values[lane];
}

void cav_gp_predict_eight(const cav_gp *gp, const double *points, cav_gp_work *work,
                          double *ret_means, double *ret_variances)
{
    size_t dims = gp->axes->space->dim_count;
    for (size_t lane = 0; lane < CAV_LANES; lane++)
        cav_gp_columns(gp->axes, gp->warps, gp->params, points + lane * dims, CAV_LANES,
                       work->eight + lane, NULL, NULL);
    cav_matern kernel = cav_gp_kernel(gp, gp->choice_weights);
    cav_matern_eight(&kernel, work->eight, gp->columns, gp->count, work->values, NULL);
    cav_v8 means = {0}, explained = {0};
    for (size_t j = 0; j < gp->count; j++) {
        cav_v8 *value = (cav_v8 *)(work->values + j * CAV_LANES);
        *value += constant;
        means += gp->weights[j] * *value;
    }
    for (size_t lane = 0; lane < CAV_LANES; lane++)
        ret_means[lane] = means[lane];
    if (!ret_variances)
        return;
    cav_lower_apply_eight(&gp->inverse, work->values, work->solved);
    for (size_t j = 0; j < gp->count; j++) {
        cav_v8 at = *(const cav_v8 *)(work->solved + j * CAV_LANES);
        explained += at * at;
    }
    for (size_t lane = 0; lane < CAV_LANES; lane++)
        ret_variances[lane] = gp->scale * fmax(constant + 1 - explained[lane], 1e-14);
}

// gradient[dim] += over all rows, factor[j] times the slope of the kernel by each coordinate.
static void add_slopes(const cav_gp *gp, const double *columns, const double *column_slopes,
                       const double *slopes, const double *factors, double factor, double *sums,
                       double *gradient)
{
    const cav_gp_axes *axes = gp->axes;
    size_t width = axes->column_count, numbers = axes->number_columns;
    memset(sums, 0, width * sizeof *sums);
    for (size_t j = 0; j < gp->count; j++) {
        double weight = 2 * factors[j] * slopes[j];
        const double *row = gp->columns + j * width;
        for (size_t c = 0; c < numbers; c++)
            sums[c] += weight * (columns[c] - row[c]);
    }
    for (size_t i = 0; i < axes->count; i++) {
        const cav_gp_axis *axis = &axes->axes[i];
        size_t c = axis->column;
        if (axis->kind == CAV_GP_PLAIN)
            gradient[axis->dim] += factor * sums[c] * column_slopes[c];
        else if (axis->kind == CAV_GP_ARC)
            gradient[axis->dim] +=
                factor * (sums[c] * column_slopes[c] + sums[c + 1] * column_slopes[c + 1]);
    }
}

void cav_gp_predict(const cav_gp *gp, const double *point, cav_gp_work *work, double *ret_mean,
                    double *ret_variance, double *ret_mean_gradient, double *ret_variance_gradient)
{
    size_t dims = gp->axes->space->dim_count, padded = cav_padded(gp->count);
    double *column_slopes = work->scratch, explained = 0, mean = 0;
    cav_gp_columns(gp->axes, gp->warps, gp->params, point, 1, work->eight, column_slopes, NULL);
    cav_matern kernel = cav_gp_kernel(gp, gp->choice_weights);
    cav_matern_one(&kernel, work->eight, gp->turned, gp->count, work->values, work->slopes);
    memset(work->vector, 0, padded * sizeof(double));
    memset(work->other, 0, padded * sizeof(double));
    for (size_t j = 0; j < gp->count; j++) {
        work->vector[j] = constant + work->values[j];
        mean += gp->weights[j] * work->vector[j];
    }
    cav_lower_apply(&gp->inverse, work->vector, work->other);
    for (size_t j = 0; j < gp->count; j++)
        explained += work->other[j] * work->other[j];
    *ret_mean = mean;
    *ret_variance = gp->scale * fmax(constant + 1 - explained, 1e-14);
    if (!ret_mean_gradient)
        return;
    cav_lower_apply_transposed(&gp->inverse, work->other, work->weights);
    memset(ret_mean_gradient, 0, dims * sizeof(double));
    memset(ret_variance_gradient, 0, dims * sizeof(double));
    add_slopes(gp, work->eight, column_slopes, work->slopes, gp->weights, 1, work->sums,
               ret_mean_gradient);
    add_slopes(gp, work->eight, column_slopes, work->slopes, work->weights, -2 * gp->scale,
               work->sums, ret_variance_gradient);
}

void cav_gp_leave_one_out(const cav_gp *gp, double *ret_means, double *ret_variances)
{
    memset(ret_variances, 0, gp->count * sizeof *ret_variances);
    for (size_t i = 0; i < gp->count; i++) {
        const double *row = cav_lower_row(&gp->inverse, i);
        for (size_t j = 0; j <= i; j++)
            ret_variances[j] += row[j] * row[j];
    }
    for (size_t j = 0; j < gp->count; j++) {
        ret_means[j] = gp->outcomes[j] - gp->weights[j] / ret_variances[j];
        ret_variances[j] = gp->scale / ret_variances[j];
    }
}
