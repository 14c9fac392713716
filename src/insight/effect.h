/**
 * effect.h: what a metric does over each parameter alone: the surrogate's mean along it (see
 * average.h), to be drawn among the trials.
 */
#ifndef CAV_INSIGHT_EFFECT_H
#define CAV_INSIGHT_EFFECT_H

#include "base/json.h"
#include "insight/smooth.h"

typedef struct cav_effect {
    size_t parameter;
    double *places; // [count] unit coordinates along it, ascending
    double *losses; // [count] NaN: no trial says anything
    size_t count;
} cav_effect;

typedef struct cav_effects {
    const cav_space *space;
    cav_effect *items; // [space->dim_count] in the order of the space's coordinates
    size_t trial_count;
    double skill; // share of the variation of trials left out that the surrogate explains
} cav_effects;

/** Works them out for every parameter that is varied; they live in the arena. */
caviar_code cav_effects_make(const cav_smooth *smooth, cav_arena *arena, cav_effects *ret_effects,
                             cav_error *error);

/** Writes them as the keys of an object that was begun. */
void cav_effects_write(const cav_effects *effects, bool maximize, cav_json *json);

#endif
