/**
 * tpe_fronts.h: the best few of trials with several metrics.
 *
 * First by non-domination rank; where a front has more trials than are still wanted, those of it
 * that together cover the most hypervolume, chosen one after the other.
 */
#ifndef CAV_SEARCH_TPE_FRONTS_H
#define CAV_SEARCH_TPE_FRONTS_H

#include "base/error.h"

typedef struct cav_tpe_fronts cav_tpe_fronts;

/** For at most `most` trials to be chosen. NULL when out of memory. */
cav_tpe_fronts *cav_tpe_fronts_new(size_t metric_count, size_t most);
void cav_tpe_fronts_free(cav_tpe_fronts *fronts);

/**
 * Adds a trial with its losses [metric_count], all finite. A trial that `most` others dominate can
 * never be chosen again, and is forgotten; so the cost is that of the trials near the front.
 */
caviar_code cav_tpe_fronts_add(cav_tpe_fronts *fronts, size_t number, const double *losses,
                               cav_error *error);

/**
 * The best `wanted` (at most `most`) of what was added: ret_numbers [wanted]; returns their number.
 * The answer depends on what was added, not on the order.
 */
caviar_code cav_tpe_fronts_choose(cav_tpe_fronts *fronts, size_t wanted, size_t *ret_numbers,
                                  size_t *ret_count, cav_error *error);

#endif
