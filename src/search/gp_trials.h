/**
 * gp_trials.h: what a Gaussian process learns from: the trials that have ended, as points and
 * losses.
 */
#ifndef CAV_SEARCH_GP_TRIALS_H
#define CAV_SEARCH_GP_TRIALS_H

#include "search/gp_region.h"
#include "search/scalar.h"
#include "surrogate/comparable.h"
#include "surrogate/gp_ensemble.h"

enum { CAV_GP_TABLE_LATER = 64 }; // trials that may be added to those that were chosen

typedef struct cav_gp_table {
    size_t dim_count, most, capacity; // most + CAV_GP_TABLE_LATER
    double *points;                   // [capacity x dim_count]
    double *losses;                   // [capacity] with as much room behind
    double *parts; // [metrics x capacity] of several metrics each one's losses; NULL: one metric
    bool *failed;  // [capacity]
    double *deviations; // [capacity]
    bool has_deviations;
    size_t *places; // [capacity] in the order in which trials ended, of those that are in the table
    size_t count;
    size_t good_count;    // that did not fail
    cav_gp_region region; // at the trials that were chosen from
    double *distances;    // [most + 1] of those that are chosen, from its centre
    cav_scalar scalar;    // several metrics to one loss; its weights are the caller's to draw
    double *gathered;     // [capacity x metrics] losses of the good ones

    size_t seen;  // places that have been looked at for the best
    size_t *best; // [most / 2 + 1] places, best first; of several metrics the front, as they ended
    size_t best_count;
} cav_gp_table;

/** A table that chooses at most `most` trials, at least 4, and has a region made like that one;
 * NULL when out of memory. */
cav_gp_table *cav_gp_table_new(const cav_gp_region *region, size_t metric_count, size_t most);
void cav_gp_table_free(cav_gp_table *table);

/**
 * Fills the table from the first `finished` trials that have ended. Of the first `base` of them,
 * which must not become fewer from call to call, it takes, where they are too many, those in and
 * around the region, at least half as many as it may; or, where no region is open, the best half,
 * the latest quarter, and others evenly from all; then the later ones, at most
 * CAV_GP_TABLE_LATER. Of several metrics the front counts as best. So with the same base what was
 * in the table before stands at its beginning. A pruned trial counts with its last report, but as
 * no better than the middle of the complete ones, since it was not run to its end; one that failed,
 * or whose loss is no number, as bad as the worst. Trials that were lost say nothing. The cost does
 * not grow with the number of trials that were seen before, but for a region's looking at each.
 *
 * With `compared` [trials] not NULL the history is a view of comparable losses; trials are chosen
 * by these, and what is learnt of each is what its curve alone says.
 */
void cav_gp_table_fill(cav_gp_table *table, const cav_history *history,
                       const cav_comparable_loss *compared, size_t base, size_t finished);

static inline cav_gp_trials cav_gp_table_trials(const cav_gp_table *table)
{
    return (cav_gp_trials){.count = table->count,
                           .points = table->points,
                           .losses = table->losses,
                           .failed = table->failed,
                           .deviations = table->has_deviations ? table->deviations : NULL};
}

/** The same with the losses of one of several metrics. */
static inline cav_gp_trials cav_gp_table_part(const cav_gp_table *table, size_t metric)
{
    cav_gp_trials part = cav_gp_table_trials(table);
    part.losses = table->parts + metric * table->capacity;
    return part;
}

#endif
