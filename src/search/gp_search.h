/**
 * gp_search.h: looking for the points where a trial promises most.
 */
#ifndef CAV_SEARCH_GP_SEARCH_H
#define CAV_SEARCH_GP_SEARCH_H

#include "base/random.h"
#include "search/gp_trials.h"
#include "surrogate/belief.h"
#include "surrogate/gp_volume.h"

/** What is searched, and how hard. */
typedef struct cav_gp_search {
    const cav_space *space;
    cav_gp_ensemble *ensemble; // has learnt the trials
    cav_gp_volume *volume;     // the same, and is followed instead; NULL: none
    const cav_history *history;
    const cav_gp_table *table;
    const cav_belief *belief;
    const double *low, *high; // [dim_count] the box to stay in
    size_t away_from; // a row of the table: the tenth of the box that is most similar to it is left
                      // out, but not where the space is scored point by point; SIZE_MAX: none
    double effort;
    double whole; // a finite space of at most so many points is scored point by point
    cav_random random;
    uint64_t scrambling;
} cav_gp_search;

/**
 * Writes up to `most` points [most x dim_count] of the space, the most promising first, that
 * satisfy the constraints and were never tried. Returns how many; SIZE_MAX when out of memory.
 */
size_t cav_gp_search_run(cav_gp_search *search, size_t most, double *ret_points);

#endif
