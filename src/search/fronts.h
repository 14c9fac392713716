/**
 * fronts.h: trials with several metrics, front by front.
 *
 * Of the first front are those that no other dominates; of the next, those that only trials of
 * earlier fronts dominate. With one metric each distinct loss is a front of its own.
 */
#ifndef CAV_SEARCH_FRONTS_H
#define CAV_SEARCH_FRONTS_H

#include "base/error.h"

typedef struct cav_fronts cav_fronts;

/** For at most `most` trials to be chosen. NULL when out of memory. */
cav_fronts *cav_fronts_new(size_t metric_count, size_t most);
void cav_fronts_free(cav_fronts *fronts);

/**
 * Adds a trial with its losses [metric_count], all finite. A trial that `most` others dominate can
 * never be chosen again, and is forgotten; so the cost is that of the trials near the front.
 */
caviar_code cav_fronts_add(cav_fronts *fronts, size_t number, const double *losses,
                           cav_error *error);

/** A trial and its front. */
typedef struct cav_ranked {
    size_t number;
    size_t rank;          // of its front, from 0
    const double *losses; // [metric_count] those of the fronts
} cav_ranked;

/**
 * All that is remembered, by rank; within a front in an order that is drawn by lot. The caller
 * frees *ret_ranked [*ret_count]. Like the choice below it depends on what was added, not on the
 * order. With `most` 1 it is the first front, and nothing else.
 */
caviar_code cav_fronts_rank(const cav_fronts *fronts, cav_ranked **ret_ranked, size_t *ret_count,
                            cav_error *error);

/**
 * The best `wanted` (at most `most`) of what was added: ret_numbers [wanted]; returns how many
 * there are. First by rank; where a front has more than are still wanted, those of it that together
 * cover the most hypervolume, chosen one after the other.
 */
caviar_code cav_fronts_choose(const cav_fronts *fronts, size_t wanted, size_t *ret_numbers,
                              size_t *ret_count, cav_error *error);

#endif
