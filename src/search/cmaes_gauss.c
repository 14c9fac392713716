/**
 * cmaes_gauss.c: active CMA-ES: paths, step size, rank-one and rank-mu update.
 *
 * Equations (49) to (58) and (37) to (47) of the tutorial. C is decomposed anew only as often as it
 * changes noticeably, so a generation costs O(lambda d^2). Where d is large C is kept diagonal and
 * learned (d + 2)/3 times as fast (Ros, Hansen: "A simple modification in CMA-ES achieving linear
 * time and space complexity", PPSN 2008).
 */
#include "search/cmaes_gauss.h"

#include "base/eigen.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t matrix_size(const cav_gauss *gauss)
{
    return gauss->is_diagonal ? gauss->dims : gauss->dims * gauss->dims;
}

bool cav_gauss_init(cav_gauss *gauss, size_t dims, bool is_diagonal)
{
    *gauss = (cav_gauss){.dims = dims, .is_diagonal = is_diagonal};
    size_t size = matrix_size(gauss);
    struct part {
        double **at;
        size_t count;
    } parts[] = {
        {&gauss->mean, dims},   {&gauss->covariance, size}, {&gauss->factor, size},
        {&gauss->basis, size},  {&gauss->scales, dims},     {&gauss->path_sigma, dims},
        {&gauss->path_c, dims}, {&gauss->work, 2 * dims},   {&gauss->pulled, dims},
    };
    bool fine = true;
    for (size_t i = 0; i < CAV_COUNT_OF(parts); i++) {
        *parts[i].at = calloc(parts[i].count + 1, sizeof(double));
        fine = fine && *parts[i].at;
    }
    return fine;
}

void cav_gauss_free(cav_gauss *gauss)
{
    double *parts[] = {gauss->weights, gauss->mean,   gauss->covariance, gauss->factor,
                       gauss->basis,   gauss->scales, gauss->path_sigma, gauss->path_c,
                       gauss->work,    gauss->pulled, gauss->pulls,      gauss->shares};
    for (size_t i = 0; i < CAV_COUNT_OF(parts); i++)
        free(parts[i]);
    *gauss = (cav_gauss){0};
}

size_t cav_gauss_usual_lambda(size_t dims)
{
    return 4 + (size_t)(3 * log((double)(dims > 0 ? dims : 1)));
}

// The rates, from mu_eff; `negative` is the mu_eff of the negative weights.
static void set_rates(cav_gauss *gauss)
{
    cav_gauss_rates *rates = &gauss->rates;
    double d = (double)(gauss->dims ? gauss->dims : 1), mu_eff = rates->mu_eff;
    rates->c_one = 2 / ((d + 1.3) * (d + 1.3) + mu_eff);
    rates->c_mu = 2 * (mu_eff - 2 + 1 / mu_eff) / ((d + 2) * (d + 2) + mu_eff);
    if (gauss->is_diagonal) {
        rates->c_one = fmin(1, rates->c_one * (d + 2) / 3);
        rates->c_mu *= (d + 2) / 3;
    }
    rates->c_mu = fmin(1 - rates->c_one, rates->c_mu);
    rates->c_sigma = (mu_eff + 2) / (d + mu_eff + 5);
    rates->d_sigma = 1 + 2 * fmax(0, sqrt((mu_eff - 1) / (d + 1)) - 1) + rates->c_sigma;
    rates->c_c = (4 + mu_eff / d) / (d + 4 + 2 * mu_eff / d);
    rates->chi = sqrt(d) * (1 - 1 / (4 * d) + 1 / (21 * d * d));
}

// Scales the raw weights: the positive to 1, the negative to what keeps C positive definite.
static void scale_weights(cav_gauss *gauss, double positive, double negative, double negative_eff)
{
    const cav_gauss_rates *rates = &gauss->rates;
    double d = (double)(gauss->dims ? gauss->dims : 1);
    double free_share = 1 - rates->c_one - rates->c_mu, most = 0;
    if (rates->c_mu > 0) // with a mu of 1 nothing is learned from ranks
        most = fmin(fmin(1 + rates->c_one / rates->c_mu, free_share / (d * rates->c_mu)),
                    1 + 2 * negative_eff / (rates->mu_eff + 2));
    for (size_t i = 0; i < rates->lambda; i++)
        gauss->weights[i] *= i < rates->mu ? 1 / positive : most / negative;
}

static bool reserve(cav_gauss *gauss, size_t lambda)
{
    size_t pulls = gauss->weight_capacity, shares = pulls;
    if (!CAV_GROW(&gauss->pulls, &pulls, lambda) || !CAV_GROW(&gauss->shares, &shares, lambda))
        return false;
    return CAV_GROW(&gauss->weights, &gauss->weight_capacity, lambda);
}

bool cav_gauss_set_lambda(cav_gauss *gauss, size_t lambda)
{
    if (!reserve(gauss, lambda))
        return false;
    size_t mu = lambda / 2;
    double sums[2] = {0}, squares[2] = {0}; // of the positive and of the negative weights
    for (size_t i = 0; i < lambda; i++) {
        double weight = log(((double)lambda + 1) / 2) - log((double)i + 1);
        gauss->weights[i] = weight;
        sums[i >= mu] += fabs(weight);
        squares[i >= mu] += weight * weight;
    }
    gauss->rates =
        (cav_gauss_rates){.lambda = lambda, .mu = mu, .mu_eff = sums[0] * sums[0] / squares[0]};
    set_rates(gauss);
    scale_weights(gauss, sums[0], sums[1], squares[1] > 0 ? sums[1] * sums[1] / squares[1] : 0);
    return true;
}

static void factor_diagonal(cav_gauss *gauss)
{
    for (size_t i = 0; i < gauss->dims; i++)
        gauss->factor[i] = gauss->scales[i] = sqrt(fmax(gauss->covariance[i], 0));
}

static void factor(cav_gauss *gauss)
{
    size_t dims = gauss->dims;
    gauss->factored = gauss->generation;
    if (gauss->is_diagonal) {
        factor_diagonal(gauss);
        return;
    }
    cav_eigen_symmetric(dims, gauss->covariance, gauss->scales, gauss->basis, gauss->work);
    double least = dims ? 1e-20 * fabs(gauss->scales[dims - 1]) : 0; // rounding may go below 0
    for (size_t k = 0; k < dims; k++)
        gauss->scales[k] = sqrt(fmax(gauss->scales[k], least));
    for (size_t i = 0; i < dims; i++)
        for (size_t k = 0; k < dims; k++)
            gauss->factor[i * dims + k] = gauss->basis[k * dims + i] * gauss->scales[k];
}

void cav_gauss_start(cav_gauss *gauss)
{
    size_t dims = gauss->dims;
    gauss->generation = 0;
    factor(gauss);
    double sum = 0;
    for (size_t i = 0; i < dims; i++)
        sum += log(gauss->scales[i]);
    gauss->sigma = dims ? exp(sum / (double)dims) : 1;
    for (size_t i = 0; i < matrix_size(gauss); i++) {
        gauss->covariance[i] /= gauss->sigma * gauss->sigma;
        gauss->factor[i] /= gauss->sigma;
    }
    for (size_t i = 0; i < dims; i++)
        gauss->scales[i] /= gauss->sigma;
    memset(gauss->path_sigma, 0, dims * sizeof(double));
    memset(gauss->path_c, 0, dims * sizeof(double));
}

// D^-1 B' y: in coordinates in which the distribution is round.
static void whiten(const cav_gauss *gauss, const double *y, double *ret_z)
{
    size_t dims = gauss->dims;
    for (size_t k = 0; k < dims; k++) {
        const double *axis = gauss->basis + k * dims;
        double along = 0;
        for (size_t i = 0; i < dims && !gauss->is_diagonal; i++)
            along += axis[i] * y[i];
        ret_z[k] = (gauss->is_diagonal ? y[k] : along) / gauss->scales[k];
    }
}

static double norm(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * x[i];
    return sqrt(sum);
}

double cav_gauss_length(cav_gauss *gauss, const double *y)
{
    whiten(gauss, y, gauss->work);
    return norm(gauss->work, gauss->dims);
}

double cav_gauss_clip(cav_gauss *gauss, const double *y)
{
    double d = (double)gauss->dims, most = sqrt(d) + 2 * d / (d + 2);
    double length = cav_gauss_length(gauss, y);
    return length > most ? most / length : 1;
}

// Gives members of the same rank the mean of their weights.
static void share(double *weights, const size_t *ranks, size_t count)
{
    for (size_t i = 0, end; i < count; i = end) {
        double sum = 0;
        for (end = i; end < count && ranks[end] == ranks[i]; end++)
            sum += weights[end];
        for (size_t k = i; k < end; k++)
            weights[k] = sum / (double)(end - i);
    }
}

void cav_gauss_pulls(const cav_gauss *gauss, const size_t *ranks, double *ret_pulls)
{
    for (size_t i = 0; i < gauss->rates.lambda; i++)
        ret_pulls[i] = i < gauss->rates.mu ? gauss->weights[i] : 0;
    share(ret_pulls, ranks, gauss->rates.lambda);
}

// p <- (1 - rate) p + sqrt(rate (2 - rate) mu_eff) step
static void follow(double *path, double rate, double mu_eff, const double *step, size_t dims)
{
    double gain = sqrt(rate * (2 - rate) * mu_eff);
    for (size_t i = 0; i < dims; i++)
        path[i] = (1 - rate) * path[i] + gain * step[i];
}

// The step in round coordinates, turned back to the axes of the parameters: B D^-1 B' y.
static void straighten(cav_gauss *gauss, const double *y, double *ret_step)
{
    size_t dims = gauss->dims;
    whiten(gauss, y, gauss->work);
    if (gauss->is_diagonal) {
        memcpy(ret_step, gauss->work, dims * sizeof(double));
        return;
    }
    memset(ret_step, 0, dims * sizeof(double));
    for (size_t k = 0; k < dims; k++)
        for (size_t i = 0; i < dims; i++)
            ret_step[i] += gauss->work[k] * gauss->basis[k * dims + i];
}

// C <- C + weight y y', on the upper triangle.
static void add_outer(cav_gauss *gauss, double weight, const double *y)
{
    size_t dims = gauss->dims;
    for (size_t i = 0; i < dims; i++) {
        double scaled = weight * y[i];
        if (gauss->is_diagonal) {
            gauss->covariance[i] += scaled * y[i];
            continue;
        }
        double *row = gauss->covariance + i * dims;
        for (size_t k = i; k < dims; k++)
            row[k] += scaled * y[k];
    }
}

static void learn_shape(cav_gauss *gauss, const double *const *steps, const size_t *ranks,
                        double stalled)
{
    const cav_gauss_rates *rates = &gauss->rates;
    double sum = 0, d = (double)gauss->dims;
    memcpy(gauss->shares, gauss->weights, rates->lambda * sizeof(double));
    share(gauss->shares, ranks, rates->lambda);
    for (size_t i = 0; i < rates->lambda; i++)
        sum += gauss->shares[i];
    double kept = 1 + rates->c_one * stalled * rates->c_c * (2 - rates->c_c) - rates->c_one -
                  rates->c_mu * sum;
    for (size_t i = 0; i < matrix_size(gauss); i++)
        gauss->covariance[i] *= kept;
    add_outer(gauss, rates->c_one, gauss->path_c);
    for (size_t i = 0; i < rates->lambda; i++) {
        double weight = gauss->shares[i];
        if (weight < 0) { // by direction alone, so that a long step cannot make C indefinite
            double length = cav_gauss_length(gauss, steps[i]);
            weight *= d / fmax(length * length, 1e-12 * d);
        }
        add_outer(gauss, rates->c_mu * weight, steps[i]);
    }
}

static void refactor_if_due(cav_gauss *gauss)
{
    const cav_gauss_rates *rates = &gauss->rates;
    double gap = 1 / ((rates->c_one + rates->c_mu) * (double)gauss->dims * 10);
    if (gauss->is_diagonal || (double)(gauss->generation - gauss->factored) >= gap)
        factor(gauss);
}

void cav_gauss_learn(cav_gauss *gauss, const double *const *steps, const size_t *ranks)
{
    const cav_gauss_rates *rates = &gauss->rates;
    size_t dims = gauss->dims;
    if (dims == 0)
        return;
    gauss->generation++;
    cav_gauss_pulls(gauss, ranks, gauss->pulls);
    memset(gauss->pulled, 0, dims * sizeof(double));
    for (size_t k = 0; k < rates->lambda; k++)
        for (size_t i = 0; i < dims; i++)
            gauss->pulled[i] += gauss->pulls[k] * steps[k][i];

    double *straight = gauss->work + dims;
    straighten(gauss, gauss->pulled, straight);
    follow(gauss->path_sigma, rates->c_sigma, rates->mu_eff, straight, dims);
    double length = norm(gauss->path_sigma, dims);
    double begun = 1 - pow(1 - rates->c_sigma, 2 * ((double)gauss->generation + 1));
    bool stalls = length / sqrt(begun) >= (1.4 + 2 / ((double)dims + 1)) * rates->chi;
    follow(gauss->path_c, rates->c_c, stalls ? 0 : rates->mu_eff, gauss->pulled, dims);
    learn_shape(gauss, steps, ranks, stalls);
    gauss->sigma *= exp(fmin(1, rates->c_sigma / rates->d_sigma * (length / rates->chi - 1)));
    refactor_if_due(gauss);
}

double cav_gauss_condition(const cav_gauss *gauss)
{
    double least = INFINITY, most = 0;
    for (size_t i = 0; i < gauss->dims; i++) {
        least = fmin(least, gauss->scales[i]);
        most = fmax(most, gauss->scales[i]);
    }
    return most > 0 ? (most / least) * (most / least) : 1;
}

double cav_gauss_deviation(const cav_gauss *gauss, size_t i)
{
    size_t at = gauss->is_diagonal ? i : i * gauss->dims + i;
    return gauss->sigma * sqrt(fmax(gauss->covariance[at], 0));
}
