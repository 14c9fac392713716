/**
 * chosen.h: the trial that is shown as the best of a study, the same one that `caviar best` names.
 */
#ifndef CAV_SERVE_CHOSEN_H
#define CAV_SERVE_CHOSEN_H

#include "base/json.h"
#include "insight/incumbent.h"
#include "study/study.h"

/** All zero: it has not been looked for. */
typedef struct cav_chosen {
    size_t trial; // SIZE_MAX: none is complete
    double loss;  // its own; where runs come out different, what many runs of it would give
    cav_incumbent incumbent; // what says so; see its is_noisy
    bool is_known;
    size_t ended;     // trials that had ended by then
    int64_t again_ms; // when it may be looked for again, by the monotonic clock
} cav_chosen;

/**
 * Looks for the best by the first metric, unless no trial has ended since, or looking would take
 * more than a tenth of the time; `ended` then says that it is not the newest. Of several metrics it
 * is the best value that was seen.
 */
caviar_code cav_chosen_find(cav_study *study, cav_chosen *chosen, cav_error *error);

/** Writes it as an object, null where there is none. */
void cav_chosen_write(const cav_study *study, const cav_chosen *chosen, cav_json *json);

#endif
