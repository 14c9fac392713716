/**
 * importance.h: which parameters mattered, measured on the study's own trials.
 *
 * What mattered is where the best trials differ from all trials. Only complete trials with a finite
 * value count, and less so where a sampler has crowded them together. The best are a tenth of them,
 * but at least 8, or a third where there are fewer than 24; trials that are equal at the border
 * share the last places. docs/algorithms/importance.md has the method and its limits.
 */
#ifndef CAV_INSIGHT_IMPORTANCE_H
#define CAV_INSIGHT_IMPORTANCE_H

#include "insight/ranking.h"
#include "space/space.h"

/** How much one parameter mattered. */
typedef struct cav_importance {
    size_t parameter; // index in the space
    double share;     // of all importance, in [0, 1]
    double low, high; // 90 % interval of the share, by bootstrap over the trials
    double chance;    // how often as much comes of nothing: near 1 is noise, below 0.05 is not;
                      // NaN where the method does not say
} cav_importance;

/** What a measurement stands on. */
typedef struct cav_importance_basis {
    size_t trial_count; // complete trials with a finite value
    double even_count;  // as how many these count, once crowds of them are thinned out
    double best_count;  // of which so many are the best
} cav_importance_basis;

/** Above this chance a parameter's share may well be noise. */
#define CAV_IMPORTANCE_NOISE 0.05

/**
 * Measures the importance of every parameter that is varied for getting good values of a metric,
 * most important first: ret_importance [space->dim_count], and ret_basis, which may be NULL. The
 * shares add up to 1; they are all 0 where the best trials differ from the others in nothing. The
 * same seed gives the same result. CAVIAR_NOT_FOUND, with a sentence that says how many are needed,
 * while there are fewer than CAV_RANKING_LEAST.
 */
caviar_code cav_importance_measure(const cav_space *space, const cav_history *history,
                                   size_t metric, uint64_t seed, cav_importance *ret_importance,
                                   cav_importance_basis *ret_basis, cav_error *error);

/** Most important first. */
void cav_importance_sort(cav_importance *items, size_t count);

#endif
