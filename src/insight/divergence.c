/**
 * divergence.c: the mean over pairs, from sums over cells.
 *
 * Source: S. Watanabe, A. Bansal, F. Hutter, "PED-ANOVA: Efficiently quantifying hyperparameter
 * importance in arbitrary subspaces", IJCAI 2023 (arXiv 2304.10255), with all trials as the
 * subspace in which importance is meant. That both densities share a kernel, so that p / q is at
 * most 1 over the share of the best, and that pairs of a trial with itself are left out, is this
 * project's own.
 */
#include "insight/divergence.h"

#include "insight/parzen.h"

// Sums over the pairs of different trials in a set.
typedef struct pairs {
    double alike;                  // of s(i, j)
    double weight, square, itself; // of the weights, their squares, and s(i, i)
} pairs;

static void add_alone(const cav_tally *tally, const cav_tally *all, size_t cell, pairs *sum)
{
    double weight = tally->weights[cell], square = tally->squares[cell];
    sum->weight += weight;
    sum->square += square;
    sum->alike += weight * weight / all->weights[cell];
    sum->itself += square / all->weights[cell];
}

static void add_grid(const cav_parzen *kernel, const cav_tally *tally, size_t first,
                     const double *per_mass, const double *selves, pairs *sum)
{
    double mass[CAV_PARZEN_CELLS];
    cav_parzen_smooth(kernel, tally->weights + first, mass);
    for (size_t i = 0; i < CAV_PARZEN_CELLS; i++) {
        sum->weight += tally->weights[first + i];
        sum->square += tally->squares[first + i];
        sum->alike += mass[i] * mass[i] * per_mass[i];
        sum->itself += tally->squares[first + i] * selves[i];
    }
}

// ret_per_mass: 1 / q; ret_selves: s(i, i) of a trial in each cell.
static void weigh(const cav_parzen *kernel, const double *all, double *ret_per_mass,
                  double *ret_selves)
{
    cav_parzen_smooth(kernel, all, ret_per_mass);
    for (size_t i = 0; i < CAV_PARZEN_CELLS; i++)
        ret_per_mass[i] = ret_per_mass[i] > 0 ? 1 / ret_per_mass[i] : 0;
    cav_parzen_squares(kernel, ret_per_mass, ret_selves);
}

static double mean_of(const pairs *sum)
{
    return (sum->alike - sum->itself) / (sum->weight * sum->weight - sum->square);
}

double cav_divergence(const cav_cells *cells, const cav_tally *best, const cav_tally *all)
{
    pairs best_sum = {0}, all_sum = {0};
    for (size_t i = 0; i < cells->alone_count; i++) {
        if (all->weights[i] > 0) {
            add_alone(best, all, i, &best_sum);
            add_alone(all, all, i, &all_sum);
        }
    }
    if (cells->grid_count > 0) {
        cav_parzen kernel;
        double per_mass[CAV_PARZEN_CELLS], selves[CAV_PARZEN_CELLS];
        size_t first = cells->alone_count;
        cav_parzen_fill(&kernel, cav_parzen_bandwidth(best->weights + first));
        weigh(&kernel, all->weights + first, per_mass, selves);
        add_grid(&kernel, best, first, per_mass, selves, &best_sum);
        add_grid(&kernel, all, first, per_mass, selves, &all_sum);
    }
    if (best_sum.weight * best_sum.weight <= best_sum.square * (1 + 1e-9))
        return 0; // a single trial has no pairs
    return all_sum.weight * (mean_of(&best_sum) - mean_of(&all_sum));
}
