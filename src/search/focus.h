/**
 * focus.h: beginning with the parameters that are presumed to matter.
 *
 * Where parameters have tiers, the first trials vary those of the tier `most` only, and hold the
 * others where they are believed to be best: at their default, or prior, or in the middle. Three
 * trials for each parameter that is open (at least four in all) open the next tier: `medium`, to
 * which those without a tier belong, then `least`. So with few trials the search has few
 * dimensions, and with more the schedule is over soon.
 *
 * The order is only presumed. Every fourth trial is free: it varies everything. As soon as one of
 * these is the best of all, after six trials or more, what is held is held in vain, and everything
 * is open from then on.
 */
#ifndef CAV_SEARCH_FOCUS_H
#define CAV_SEARCH_FOCUS_H

#include "space/space.h"
#include "trial/history.h"

typedef struct cav_focus {
    const cav_space *space;
    double *held;   // [dim_count] where a coordinate is while its tier is closed; NULL: no tiers
    size_t *opens;  // [dim_count] trials that must have ended, or rest, before it is open
    size_t all;     // from so many trials on everything is
    size_t seen;    // finished trials that have been looked at
    double focused; // least loss of the trials that held something, or might have
    bool is_over;   // everything is open
} cav_focus;

/** Makes one for a space that outlives it. False when out of memory; free it in either case. */
bool cav_focus_init(cav_focus *focus, const cav_space *space);
void cav_focus_free(cav_focus *focus);

/** Takes in the trials that have ended. What comes of it is a function of the history. */
void cav_focus_learn(cav_focus *focus, const cav_history *history);

/** Where trial `number` has to have a coordinate; NaN: it is free. */
double cav_focus_held(const cav_focus *focus, const cav_history *history, uint64_t number,
                      size_t dim);

/** True if trial `number` is free of all that: one of those that tell whether it is in vain. */
bool cav_focus_is_free(uint64_t number);

#endif
