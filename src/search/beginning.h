/**
 * beginning.h: the first trials of a sampler that learns: spread evenly, with the user's guess.
 */
#ifndef CAV_SEARCH_BEGINNING_H
#define CAV_SEARCH_BEGINNING_H

#include "search/sampler.h"

/** What scrambles the Sobol points of a study with this seed. */
uint64_t cav_beginning_scrambling(uint64_t seed);

/** How many trials to begin with: as `option` says, or, if it is 0, 12, but at most a quarter of
 * the budget. */
size_t cav_beginning_count(int64_t option, const cav_sampler_setup *setup);

/**
 * Turns a trial's even numbers, `point` [dim_count], into coordinates. Some trials follow what
 * users believe (space/prior.h), the others are even: half of them at first, a quarter after 40
 * trials, a sixth after 80, and so on.
 */
void cav_beginning_place(const cav_space *space, uint64_t seed, const cav_suggest *suggest,
                         double *point);

/**
 * The Sobol point of a trial, between low and high of every parameter. The very first one has the
 * defaults of those parameters that have any, or else what users believe to be best. Placed as
 * above.
 */
void cav_beginning_point(const cav_space *space, uint64_t scrambling, const cav_suggest *suggest,
                         double *ret_point);

#endif
