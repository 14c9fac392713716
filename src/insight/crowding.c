/**
 * crowding.c: how full cells are.
 *
 * Effective number: L. Kish, "Survey sampling", 1965. The error of the density: B. W. Silverman,
 * "Density estimation", 1986, equation 3.7. Largest of many errors: sqrt(2 ln d), as in D. Donoho,
 * I. Johnstone, "Ideal spatial adaptation by wavelet shrinkage", 1994. The weights themselves are
 * this project's own: a product of densities of one dimension is a coarse picture of where a
 * sampler has been, but it can be had from few trials in many dimensions, and only what it shows
 * clearly is used.
 */
#include "insight/crowding.h"

#include "insight/parzen.h"

#include <math.h>
#include <string.h>

static const double least_slack = 1.25;

static double slack_of(double relative_variance, size_t axis_count)
{
    double axes = (double)axis_count + 1; // so that one axis has some, too
    return fmax(least_slack, 1 + sqrt(relative_variance * 2 * log(axes)));
}

// The error of a Gaussian kernel's estimate of an even density; the bandwidth is in cells.
static double grid_variance(const cav_cells *cells, double active, double bandwidth)
{
    double integral = 1 / (2 * sqrt(M_PI)); // of the squared kernel
    return integral / (active * cells->grid_even * bandwidth);
}

static double count_active(const cav_cells *cells, size_t count, double *counts)
{
    double active = 0;
    for (size_t i = 0; i < count; i++) {
        if (cells->of[i] < cells->count) {
            counts[cells->of[i]]++;
            active++;
        }
    }
    return active;
}

// Replaces the counts of the cells by the logarithms of their factors.
static void find_factors(const cav_cells *cells, size_t axis_count, double active, double *smooth,
                         double *counts)
{
    double *grid = counts + cells->alone_count, bandwidth = 1;
    memcpy(smooth, counts, cells->alone_count * sizeof *smooth);
    if (cells->grid_count > 0) {
        cav_parzen kernel;
        bandwidth = cav_parzen_bandwidth(grid);
        cav_parzen_fill(&kernel, bandwidth);
        cav_parzen_smooth(&kernel, grid, smooth + cells->alone_count);
    }
    double alone = slack_of((1 / cells->alone_even - 1) / active, axis_count);
    double ranged = slack_of(grid_variance(cells, active, bandwidth), axis_count);
    for (size_t i = 0; i < cells->count; i++) {
        bool is_alone = i < cells->alone_count;
        double allowed =
            active * (is_alone ? cells->alone_even * alone : cells->grid_even * ranged);
        counts[i] = smooth[i] > allowed ? log(allowed / smooth[i]) : 0;
    }
}

void cav_crowding_thin(const cav_cells *cells, size_t axis_count, size_t count, double *room,
                       double *log_weights)
{
    double *factors = room, *smooth = room + cells->count;
    memset(room, 0, 2 * cells->count * sizeof *room);
    double active = count_active(cells, count, factors);
    if (active == 0)
        return;
    find_factors(cells, axis_count, active, smooth, factors);
    for (size_t i = 0; i < count; i++)
        if (cells->of[i] < cells->count)
            log_weights[i] += factors[cells->of[i]];
}

double cav_crowding_finish(double *weights, size_t count)
{
    double most = -INFINITY, sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        most = fmax(most, weights[i]);
    for (size_t i = 0; i < count; i++) {
        weights[i] = exp(weights[i] - most);
        sum += weights[i];
        squares += weights[i] * weights[i];
    }
    for (size_t i = 0; i < count; i++)
        weights[i] *= sum / squares;
    return sum * sum / squares;
}
