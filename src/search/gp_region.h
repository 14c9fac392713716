/**
 * gp_region.h: where a model looks once there are more trials than it learns from.
 *
 * A box around a good trial, which doubles when trials in it go on getting better and halves when
 * they do not. When it has become tiny, the search is everywhere for as long as it was there, and
 * then in a box around the best trial that is away from where boxes have closed. So a model of a
 * few hundred trials sees what it needs: those around the place where the next trial will be.
 *
 * After Eriksson, Pearce, Gardner, Turner, Poloczek: "Scalable global optimization via local
 * Bayesian optimization" (TuRBO), NeurIPS 2019. What it is follows from the trials in the order in
 * which they ended, whoever proposed them, so all workers agree on it.
 */
#ifndef CAV_SEARCH_GP_REGION_H
#define CAV_SEARCH_GP_REGION_H

#include "space/space.h"
#include "trial/history.h"

enum { CAV_GP_REGION_CLOSED = 32 }; // places that are remembered

typedef struct cav_gp_region {
    const cav_space *space;
    size_t first; // trials before there is any
    size_t seen;  // trials that have ended and were looked at
    bool is_open;
    size_t opening; // trials that have to have ended before the next one opens, or had when it did
    size_t centre;  // number of its best trial
    double length;  // of its sides, as a part of the cube's
    double opened;  // the loss that it began with
    size_t successes, failures;          // one after the other
    size_t closed[CAV_GP_REGION_CLOSED]; // numbers of trials, the latest at closed_count - 1
    size_t closed_count;                 // beyond so many the oldest are overwritten
} cav_gp_region;

/** No region yet: the first opens when so many trials have ended. SIZE_MAX: none ever does. */
cav_gp_region cav_gp_region_make(const cav_space *space, size_t first);

/** Takes in the trials up to the first `finished` ones that have ended; never fewer than before. */
void cav_gp_region_look(cav_gp_region *region, const cav_history *history, size_t finished);

/**
 * How far a point [dim_count] is from the centre: the most of any number; a choice that differs, or
 * a number that only one of the two has, counts a tenth besides.
 */
double cav_gp_region_distance(const cav_gp_region *region, const cav_history *history,
                              const double *point);

/** Cuts a box [dim_count] down to the region, where that is open. Choices stay free. */
void cav_gp_region_cut(const cav_gp_region *region, const cav_history *history, double *low,
                       double *high);

#endif
