/**
 * ranks.h: middle ranks, and how well two lists of numbers agree in their order.
 */
#ifndef CAV_BASE_RANKS_H
#define CAV_BASE_RANKS_H

#include <stdbool.h>
#include <stddef.h>

/** A number and its place in a list; room for cav_ranks. */
typedef struct cav_rank_item {
    double value;
    size_t index;
} cav_rank_item;

/** Middle ranks, from 0, of values [count], none of them NaN; room [count]. */
void cav_ranks(const double *values, size_t count, cav_rank_item *room, double *ret_ranks);

/** Pearson's correlation of x and y [count]; 0 where either does not vary. */
double cav_correlation(const double *x, const double *y, size_t count);

/** A correlation of ranks and its 90 % interval, which is -1 to 1 below four pairs. */
typedef struct cav_rank_correlation {
    double value, low, high;
} cav_rank_correlation;

/**
 * Spearman's correlation of x and y [count]; the interval is Fisher's, with the deviation
 * 1.03 / sqrt(count - 3) of Fieller, Hartley and Pearson, Biometrika 44, 1957. False when out of
 * memory.
 */
bool cav_rank_correlate(const double *x, const double *y, size_t count, cav_rank_correlation *ret);

#endif
