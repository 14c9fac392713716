/**
 * ranges.h: ranges that are too narrow, too wide, or not worth searching.
 *
 * What is said must hold in nine of ten resamples of the trials, and nothing is said where the
 * model predicts too little to know.
 */
#ifndef CAV_INSIGHT_RANGES_H
#define CAV_INSIGHT_RANGES_H

#include "insight/smooth.h"

typedef enum cav_range_finding {
    CAV_RANGE_FINE,
    CAV_RANGE_GROW, // the best lies at an end
    CAV_RANGE_CUT,  // nothing good lies at an end
    CAV_RANGE_FLAT, // no value is better than another
    CAV_RANGE_DROP, // a choice that is never among the best
} cav_range_finding;

typedef struct cav_range_advice {
    cav_range_finding finding;
    size_t parameter;
    bool is_high;     // grow, cut: at the upper end
    double low, high; // grow, cut: the new bounds
    double value;     // flat: the value of the best trial; drop: the choice
    double sure;      // share of the resamples in which it holds
    double tried;     // cut, drop: the share of all trials that were there
    double effect;    // flat: at most this share of the variation; grow: what the end gains on a
                      // quarter further in, in standard deviations of all outcomes
} cav_range_advice;

/** How many pieces of advice there may be: cut and grow at both ends, and each choice dropped. */
size_t cav_ranges_most(const cav_space *space);

/** Looks at every parameter that is varied; the process forgets which trials it had learnt. */
caviar_code cav_ranges_look(cav_smooth *smooth, uint64_t seed, cav_range_advice *ret_advice,
                            size_t *ret_count, cav_error *error);

#endif
