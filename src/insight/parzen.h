/**
 * parzen.h: Parzen's density estimate on a grid.
 *
 * Points are counted into cells first, and the cells are smoothed after; so the cost of an estimate
 * does not depend on the number of points. The kernel is a Gaussian, cut off at the ends of the
 * grid and scaled so that no mass is lost there.
 */
#ifndef CAV_INSIGHT_PARZEN_H
#define CAV_INSIGHT_PARZEN_H

#include <stddef.h>

enum { CAV_PARZEN_CELLS = 50 };

/**
 * Where the mass of each cell goes: from one cell to another, shape[CELLS - 1 + to - from] times
 * scale[from].
 */
typedef struct cav_parzen {
    double shape[2 * CAV_PARZEN_CELLS - 1]; // the Gaussian's mass in a cell so far away
    double scale[CAV_PARZEN_CELLS];         // 1 over what of it lies on the grid
} cav_parzen;

/** The cell of v in [0, 1]; what lies outside goes to the nearest. */
size_t cav_parzen_cell(double v);

/**
 * Scott's bandwidth for points with these weights [CAV_PARZEN_CELLS], in cells:
 * 1.059 min(sd, IQR / 1.34) W^(-1/5), W being the sum of the weights, and never so small that less
 * than 90 % of a point stays in its own cell.
 */
double cav_parzen_bandwidth(const double *weights);

/** Fills the kernel for a bandwidth in cells, > 0. */
void cav_parzen_fill(cav_parzen *kernel, double bandwidth);

/** Smooths weights [CAV_PARZEN_CELLS]; their sum stays the same. */
void cav_parzen_smooth(const cav_parzen *kernel, const double *weights, double *ret_mass);

/**
 * For a weight of 1 in each cell: the sum of the squares of what it puts into the cells, each
 * times factors [CAV_PARZEN_CELLS].
 */
void cav_parzen_squares(const cav_parzen *kernel, const double *factors, double *ret_sums);

#endif
