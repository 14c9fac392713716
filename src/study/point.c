/**
 * point.c: refusing points that break a constraint or were tried before.
 */
#include "study/point.h"

#include "base/random.h"
#include "space/walk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_TRIES = 10000,   // of the sampler
    MOST_REPEATS = 1000,  // of these, points that were tried before
    MOST_STEPS = 5000000, // of the walk through a finite space
    MOST_FILLS = 1000,    // tries to complete a configuration of the user's
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

// What a walk that found nothing has shown.
static caviar_code fail_walk(bool is_whole, int repeats, cav_error *error)
{
    if (!is_whole)
        return cav_fail(error, CAVIAR_INFEASIBLE,
                        "none of %d configurations in a row is new and satisfies the constraints",
                        MOST_STEPS);
    if (repeats == 0)
        return cav_fail(error, CAVIAR_INFEASIBLE,
                        "no configuration of the space satisfies the constraints; are they "
                        "contradictory?");
    return cav_fail(error, CAVIAR_DONE, "every configuration of the space has been tried");
}

// Walks from a random place through all configurations until one is usable. A walk that began in
// the middle goes on from the start.
static caviar_code walk_to_unseen(const cav_study *study, uint64_t number, double *ret_point,
                                  double *ret_raw, cav_error *error)
{
    const cav_space *space = study->spec->space;
    cav_walk *walk = cav_walk_new(space, 0);
    uint64_t *start = calloc(space->dim_count + 1, sizeof *start);
    caviar_code code;
    if (!walk || !start) {
        code = cav_fail_memory(error);
    } else {
        cav_random random = cav_random_stream(study->spec->seed, number, CAV_PURPOSE_ENUMERATE, 0);
        for (size_t dim = 0; dim < space->dim_count; dim++)
            start[dim] = cav_random_u64(&random);
        cav_walk_seek(walk, start);
        int laps = 0, repeats = 0;
        code = CAVIAR_DONE;
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
        if (code)
            code = fail_walk(laps == 2, repeats, error);
    }
    cav_walk_free(walk);
    free(start);
    return code;
}

caviar_code cav_point_find(cav_study *study, uint64_t number, double *ret_point, double *ret_raw,
                           cav_error *error)
{
    caviar_code shaped = cav_study_follow_shape(study, error);
    if (shaped)
        return shaped;
    const cav_space *space = study->spec->space;
    const cav_space *shape = study->shape.space ? study->shape.space : space;
    const cav_history *seen = cav_study_seen(study);
    int repeats = 0;
    for (uint32_t attempt = 0; attempt < MOST_TRIES && repeats < MOST_REPEATS; attempt++) {
        cav_suggest suggest = {.number = study->race ? seen->count : number, .attempt = attempt};
        caviar_code code =
            study->sampler.type->suggest(study->sampler.state, seen, &suggest, ret_point, error);
        if (code)
            return code;
        cav_space_decode(shape, ret_point, ret_raw, ret_point);
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

// What the user gave, then defaults, then what the sampler suggested.
static void fill_in(const cav_space *space, const double *given, double *raw)
{
    for (size_t i = 0; i < space->count; i++) {
        const cav_parameter *parameter = &space->parameters[i];
        bool active = cav_space_is_active(space, i, raw);
        if (!isnan(given[i]))
            raw[i] = given[i]; // also where it is not active: then the check says so
        else if (!active)
            raw[i] = NAN;
        else if (!isnan(parameter->initial))
            raw[i] = parameter->initial;
        else if (isnan(raw[i])) // was not active in what the sampler suggested
            raw[i] = cav_parameter_decode(parameter, cav_parameter_start(parameter, 0.5));
    }
}

caviar_code cav_point_complete(cav_study *study, const double *given, double *ret_raw,
                               cav_error *error)
{
    const cav_space *space = study->spec->space;
    const cav_history *seen = cav_study_seen(study);
    caviar_code code = CAVIAR_OK, refused = CAVIAR_OK;
    for (uint32_t attempt = 0; attempt < MOST_FILLS && !code; attempt++) {
        cav_suggest suggest = {.number = seen->count, .attempt = attempt};
        code =
            study->sampler.type->suggest(study->sampler.state, seen, &suggest, study->point, error);
        if (code && code != CAVIAR_DONE) // with nothing new to suggest an old point serves
            return code;
        cav_space_decode(space, study->point, ret_raw, study->point);
        fill_in(space, given, ret_raw);
        refused = cav_space_check(space, ret_raw, error);
        if (!refused)
            return CAVIAR_OK;
    }
    return refused;
}
