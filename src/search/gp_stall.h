/**
 * gp_stall.h: when the search around the best trial has come to its end.
 *
 * Expected improvement trusts its model: where that is sure of too much, it asks for ever smaller
 * gains around the best trial and never sees the basin beside it. A share of trials that look
 * elsewhere is what gives it back its convergence (Bull, "Convergence rates of efficient global
 * optimization algorithms", 2011). Here that share follows from how long nothing was gained.
 */
#ifndef CAV_SEARCH_GP_STALL_H
#define CAV_SEARCH_GP_STALL_H

#include "base/random.h"
#include "search/gp_trials.h"

/**
 * Of `finished` trials since the last one that gained more than a fiftieth of the distance between
 * the best and the median, n, this one looks elsewhere with a chance of (1 - p/n)/2, p being 4, one
 * for each coordinate and one for each of the `open` trials that run: what ended first after a
 * gain was proposed before it was known. The chance is 0 where n is less, and where more than a
 * tenth of the table's trials failed: elsewhere may well be where they do.
 *
 * Returns the best trial's row of the table, whose surroundings are to be left out, or SIZE_MAX
 * where the search goes on everywhere. Writes to the room behind the table's losses.
 */
size_t cav_gp_stalled(const cav_gp_table *table, size_t finished, size_t open, cav_random *random);

#endif
