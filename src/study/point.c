/**
 * point.c: refusing points that break a constraint or were tried before.
 */
#include "study/point.h"

#include "base/random.h"
#include "space/walk.h"

#include <stdlib.h>
#include <string.h>

enum {
    MOST_TRIES = 10000,   // of the sampler
    MOST_REPEATS = 1000,  // of these, points that were tried before
    MOST_STEPS = 5000000, // of the walk through a finite space
};

// True if a point may be used; otherwise counts why not.
static bool is_usable(const cav_study *study, const double *point, const double *raw, int *repeats)
{
    if (study->is_distinct && cav_history_find(study->history, point) != SIZE_MAX) {
        ++*repeats;
        return false;
    }
    return cav_space_is_feasible(study->spec->space, raw);
}

// Walks from a random place through all configurations until one is usable. A walk that began in
// the middle goes on from the start.
static caviar_code walk_to_unseen(const cav_study *study, uint64_t number, double *ret_point,
                                  double *ret_raw, cav_error *error)
{
    const cav_space *space = study->spec->space;
    cav_walk *walk = cav_walk_new(space, 0);
    uint64_t *start = calloc(space->dim_count + 1, sizeof *start);
    caviar_code code = CAVIAR_DONE;
    if (!walk || !start) {
        code = cav_fail_memory(error);
    } else {
        cav_random random = cav_random_stream(study->spec->seed, number, CAV_PURPOSE_ENUMERATE, 0);
        for (size_t dim = 0; dim < space->dim_count; dim++)
            start[dim] = cav_random_u64(&random);
        cav_walk_seek(walk, start);
        int laps = 0, repeats = 0;
        for (int step = 0; step < MOST_STEPS && laps < 2 && code == CAVIAR_DONE; step++) {
            if (is_usable(study, walk->point, walk->raw, &repeats)) {
                memcpy(ret_point, walk->point, space->dim_count * sizeof *ret_point);
                memcpy(ret_raw, walk->raw, space->count * sizeof *ret_raw);
                code = CAVIAR_OK;
            } else if (!cav_walk_next(walk)) {
                laps++;
                cav_walk_next(walk);
            }
        }
    }
    cav_walk_free(walk);
    free(start);
    if (code == CAVIAR_DONE)
        return cav_fail(error, CAVIAR_DONE, "every configuration of the space has been tried");
    return code;
}

caviar_code cav_point_find(cav_study *study, uint64_t number, double *ret_point, double *ret_raw,
                           cav_error *error)
{
    const cav_space *space = study->spec->space;
    int repeats = 0;
    for (uint32_t attempt = 0; attempt < MOST_TRIES && repeats < MOST_REPEATS; attempt++) {
        cav_suggest suggest = {.number = number, .attempt = attempt};
        caviar_code code = study->sampler.type->suggest(study->sampler.state, study->history,
                                                        &suggest, ret_point, error);
        if (code)
            return code;
        cav_space_decode(space, ret_point, ret_raw, ret_point);
        if (is_usable(study, ret_point, ret_raw, &repeats))
            return CAVIAR_OK;
    }
    if (cav_space_is_finite(space))
        return walk_to_unseen(study, number, ret_point, ret_raw, error);
    return cav_fail(error, CAVIAR_INFEASIBLE,
                    "none of %d points that sampler '%s' suggested satisfies the constraints; are "
                    "they contradictory, or the ranges too wide?",
                    MOST_TRIES, study->sampler.type->name);
}
