/**
 * importance.h: which parameters mattered, measured on the study's own trials.
 */
#ifndef CAV_INSIGHT_IMPORTANCE_H
#define CAV_INSIGHT_IMPORTANCE_H

#include "space/space.h"
#include "trial/history.h"

/** How much one parameter mattered. */
typedef struct cav_importance {
    size_t parameter; // index in the space
    double share;     // of all importance, in [0, 1]
    double low, high; // 90 % interval of the share, by bootstrap over the trials
    double chance;    // how often random labels give as much: near 1 is noise, below 0.05 is not
} cav_importance;

/**
 * Measures the importance of every parameter that is varied for getting good values of a metric,
 * most important first. ret_importance [space->dim_count]. The same seed gives the same result.
 * CAVIAR_NOT_FOUND, with a sentence, while there are too few trials with a value.
 */
caviar_code cav_importance_measure(const cav_space *space, const cav_history *history,
                                   size_t metric, uint64_t seed, cav_importance *ret_importance,
                                   cav_error *error);

#endif
