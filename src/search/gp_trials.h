/**
 * gp_trials.h: what a Gaussian process learns from: the trials that have ended, as points and
 * losses.
 */
#ifndef CAV_SEARCH_GP_TRIALS_H
#define CAV_SEARCH_GP_TRIALS_H

#include "surrogate/comparable.h"
#include "surrogate/gp_ensemble.h"

typedef struct cav_gp_table {
    size_t dim_count, most;
    double *points;     // [most x dim_count]
    double *losses;     // [most] with as much room behind
    bool *failed;       // [most]
    double *deviations; // [most]
    bool has_deviations;
    size_t *places; // [most + 1] in the order in which trials ended, of those that are in the table
    size_t count;
    size_t good_count; // that did not fail

    size_t seen;  // places that have been looked at for the best
    size_t *best; // [most / 2 + 1] places, best first
    size_t best_count;
} cav_gp_table;

/** A table for at most `most` trials, at least 4; NULL when out of memory. */
cav_gp_table *cav_gp_table_new(size_t dim_count, size_t most);
void cav_gp_table_free(cav_gp_table *table);

/**
 * Fills the table from the first `finished` trials that have ended, which must not become fewer
 * from call to call. Where these are too many: the best half, the latest quarter, and others evenly
 * from all. A pruned trial counts with its
 * last report, but as no better than the middle of the complete ones, since it was not run to its
 * end; one that failed, or whose loss is no number, as bad as the worst. Trials that were lost say
 * nothing. The cost does not grow with the number of trials that were seen before.
 *
 * With `compared` [trials] not NULL the history is a view of comparable losses; trials are chosen
 * by these, and what is learnt of each is what its curve alone says.
 */
void cav_gp_table_fill(cav_gp_table *table, const cav_history *history,
                       const cav_comparable_loss *compared, size_t finished);

static inline cav_gp_trials cav_gp_table_trials(const cav_gp_table *table)
{
    return (cav_gp_trials){.count = table->count,
                           .points = table->points,
                           .losses = table->losses,
                           .failed = table->failed,
                           .deviations = table->has_deviations ? table->deviations : NULL};
}

#endif
