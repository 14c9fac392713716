/**
 * parzen.c: the bandwidth and the kernel.
 *
 * Bandwidth: D. W. Scott, "Multivariate density estimation", 1992, with Silverman's guard against
 * outliers, as in PED-ANOVA (Watanabe, Bansal, Hutter 2023).
 */
#include "insight/parzen.h"

#include <math.h>

enum { CELLS = CAV_PARZEN_CELLS };

// 90 % of a Gaussian lie within 1.645 standard deviations, here within half a cell.
#define LEAST_BANDWIDTH (0.5 / 1.645)

// What is smaller is rounding, of which no ratio should be formed.
#define LEAST_MASS 1e-12

size_t cav_parzen_cell(double v)
{
    double cell = floor(v * CELLS);
    return cell > 0 ? (size_t)fmin(cell, CELLS - 1) : 0;
}

// Where a share of the mass lies to the left, in cells, within a cell by interpolation.
static double quantile(const double *weights, double total, double share)
{
    double sought = share * total, sum = 0;
    for (size_t i = 0; i < CELLS; i++) {
        if (weights[i] > 0 && sum + weights[i] >= sought)
            return (double)i + (sought - sum) / weights[i];
        sum += weights[i];
    }
    return CELLS;
}

double cav_parzen_bandwidth(const double *weights)
{
    double total = 0, mean = 0, variance = 0;
    for (size_t i = 0; i < CELLS; i++) {
        total += weights[i];
        mean += weights[i] * (double)i;
    }
    if (!(total > 0))
        return LEAST_BANDWIDTH;
    mean /= total;
    for (size_t i = 0; i < CELLS; i++)
        variance += weights[i] / total * ((double)i - mean) * ((double)i - mean);
    double range = quantile(weights, total, 0.75) - quantile(weights, total, 0.25);
    double spread = fmin(sqrt(variance), range / 1.34);
    return fmax(1.059 * spread * pow(total, -0.2), LEAST_BANDWIDTH);
}

void cav_parzen_fill(cav_parzen *kernel, double bandwidth)
{
    double below[2 * CELLS]; // the Gaussian's mass left of j - CELLS + 1/2
    for (int j = 0; j < 2 * CELLS; j++)
        below[j] = 0.5 * erfc(-(j - CELLS + 0.5) / bandwidth * sqrt(0.5));
    for (int j = 0; j < 2 * CELLS - 1; j++) {
        double mass = below[j + 1] - below[j];
        kernel->shape[j] = mass > LEAST_MASS ? mass : 0;
    }
    for (int from = 0; from < CELLS; from++)
        kernel->scale[from] = 1 / (below[2 * CELLS - 1 - from] - below[CELLS - 1 - from]);
}

void cav_parzen_smooth(const cav_parzen *kernel, const double *weights, double *ret_mass)
{
    for (size_t to = 0; to < CELLS; to++)
        ret_mass[to] = 0;
    for (size_t from = 0; from < CELLS; from++) {
        const double *shape = kernel->shape + CELLS - 1 - from;
        double weight = weights[from] * kernel->scale[from];
        for (size_t to = 0; weight > 0 && to < CELLS; to++)
            ret_mass[to] += weight * shape[to];
    }
}

void cav_parzen_squares(const cav_parzen *kernel, const double *factors, double *ret_sums)
{
    double squares[2 * CELLS - 1];
    for (size_t j = 0; j < 2 * CELLS - 1; j++)
        squares[j] = kernel->shape[j] * kernel->shape[j];
    for (size_t from = 0; from < CELLS; from++)
        ret_sums[from] = 0;
    for (size_t to = 0; to < CELLS; to++) { // the shape is even, so that `to` may come first
        const double *square = squares + CELLS - 1 - to;
        for (size_t from = 0; from < CELLS; from++)
            ret_sums[from] += factors[to] * square[from];
    }
    for (size_t from = 0; from < CELLS; from++)
        ret_sums[from] *= kernel->scale[from] * kernel->scale[from];
}
