/**
 * scalar.c: ranges from the front, and the augmented Tchebycheff function.
 */
#include "search/scalar.h"

#include "base/pareto.h"

#include <math.h>
#include <stdlib.h>

static const double augmented = 0.05; // Knowles's rho

bool cav_scalar_init(cav_scalar *scalar, size_t metric_count)
{
    scalar->metric_count = metric_count;
    scalar->weights = calloc(3 * metric_count + 1, sizeof *scalar->weights);
    if (!scalar->weights)
        return false;
    scalar->least = scalar->weights + metric_count;
    scalar->range = scalar->least + metric_count;
    for (size_t m = 0; m < metric_count; m++)
        scalar->weights[m] = scalar->range[m] = 1;
    return true;
}

void cav_scalar_free(cav_scalar *scalar)
{
    free(scalar->weights);
}

// Exponential draws, divided by their sum, are even on the simplex (Dirichlet's distribution).
void cav_scalar_draw(cav_scalar *scalar, cav_random *random)
{
    double sum = 0;
    for (size_t m = 0; m < scalar->metric_count; m++)
        sum += scalar->weights[m] = -log1p(-cav_random_unit(random)) + 1e-12;
    for (size_t m = 0; m < scalar->metric_count; m++)
        scalar->weights[m] /= sum;
}

// The greatest loss of a metric on the front, the trials that no other dominates.
static void find_range(cav_scalar *scalar, const double *losses, size_t count)
{
    size_t metrics = scalar->metric_count;
    for (size_t i = 0; i < count; i++) {
        const double *at = losses + i * metrics;
        bool dominated = cav_pareto_is_dominated(losses, count, metrics, at);
        for (size_t m = 0; m < metrics && !dominated; m++)
            scalar->range[m] = fmax(scalar->range[m], at[m] - scalar->least[m]);
    }
}

// Where the front is a single value: how far the trials are from it on average; else 1.
static void fill_range(cav_scalar *scalar, const double *losses, size_t count)
{
    size_t metrics = scalar->metric_count;
    for (size_t m = 0; m < metrics; m++) {
        for (size_t i = 0, all = !(scalar->range[m] > 0); all && i < count; i++)
            scalar->range[m] += (losses[i * metrics + m] - scalar->least[m]) / (double)count;
        if (!(scalar->range[m] > 0 && isfinite(scalar->range[m])))
            scalar->range[m] = 1;
    }
}

void cav_scalar_measure(cav_scalar *scalar, const double *losses, size_t count)
{
    size_t metrics = scalar->metric_count;
    for (size_t m = 0; m < metrics; m++) {
        scalar->least[m] = count ? INFINITY : 0;
        scalar->range[m] = 0;
        for (size_t i = 0; i < count; i++)
            scalar->least[m] = fmin(scalar->least[m], losses[i * metrics + m]);
    }
    find_range(scalar, losses, count);
    fill_range(scalar, losses, count);
}

double cav_scalar_loss(const cav_scalar *scalar, const double *losses)
{
    double most = -INFINITY, sum = 0;
    if (scalar->metric_count == 1)
        return losses[0];
    for (size_t m = 0; m < scalar->metric_count; m++) {
        double part = scalar->weights[m] * (losses[m] - scalar->least[m]) / scalar->range[m];
        most = fmax(most, part);
        sum += part;
    }
    return most + augmented * sum;
}
