/**
 * derive.h: a new trial from another one: a fork goes on from one of its checkpoints, a replay
 * repeats it from the beginning, with its nudges as a schedule.
 */
#ifndef CAV_STUDY_DERIVE_H
#define CAV_STUDY_DERIVE_H

#include "study/study.h"

/** An entry of a schedule: values that hold from the report of a step on. */
typedef struct cav_planned {
    int64_t step;
    const double *raw; // [space->count] NaN where nothing changes
} cav_planned;

typedef struct cav_derivation {
    int64_t parent;
    int64_t step;            // from whose checkpoint it starts; -1: it begins at its beginning
    const double *start;     // [space->count] what it starts with; NULL: what its parent did
    const cav_planned *plan; // [plan_count] in place of the parent's schedule, if has_plan
    size_t plan_count;
    bool has_plan;
    const double *changes; // [space->count] on top, from `step` on; NULL: none
    bool has_own_seed;     // else it has its parent's
    bool uncounted;        // beside the budget
    bool force;            // values may leave the space
    const char *origin;    // who makes it, and why; NULL: "fork" or "replay"
    const char *author, *note;
    /**
     * Called with the trial's number before it is there for others: puts its folder in place, or,
     * with `back`, takes it away again since the trial could not be made. NULL: nothing to do.
     */
    caviar_code (*place)(void *context, int64_t number, bool back, cav_error *error);
    void *context;
} cav_derivation;

/**
 * The step that a fork of a trial starts from: `wanted`, or, if that is -1, its last checkpoint.
 * CAVIAR_STATE if its program cannot restore, CAVIAR_NOT_FOUND without a checkpoint of that step.
 */
caviar_code cav_derive_step(cav_study *study, int64_t parent, int64_t wanted, int64_t *ret_step,
                            cav_error *error);

/** The values that a trial trained with behind the report of a step: raw [space->count]. */
caviar_code cav_derive_values(cav_study *study, int64_t parent, int64_t step, double *ret_raw,
                              cav_error *error);

/** Makes the trial, which waits to be run before anything that a sampler suggests. */
caviar_code cav_study_derive(cav_study *study, const cav_derivation *derivation,
                             int64_t *ret_number, cav_error *error);

#endif
