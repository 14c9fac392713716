/**
 * shape.c: the conditions that the trials of a growing space show, for samplers that need them.
 *
 * A trial that names its parameters takes branches that nobody has declared. A model that counts a
 * point as having every parameter compares it with trials that have some, and learns little. So
 * the space is copied, each parameter that some trials lack with the condition that tells them
 * apart (trial/conditions.h), and the sampler works on the copy. A trial that the copy does not
 * explain has it made anew; a parameter for which nothing is found is there always.
 */
#include "study/study.h"

#include "study/opening.h"
#include "trial/conditions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_SEEN = 2 }; // trials that have a parameter, before a reason is looked for

static void clear(cav_shape *shape)
{
    caviar_space_free(shape->space);
    free(shape->unexplained);
    *shape = (cav_shape){0};
}

void cav_study_forget_shape(cav_study *study)
{
    clear(&study->shape);
}

// ---- What trials show --------------------------------------------------------------------------

static cav_witness witness_of(const cav_history *history, size_t number)
{
    switch ((caviar_state)history->states[number]) {
    case CAVIAR_STATE_COMPLETE:
        return CAV_WITNESS_ALL;
    case CAVIAR_STATE_PRUNED:
    case CAVIAR_STATE_FAILED:
        return CAV_WITNESS_HAS;
    case CAVIAR_STATE_WAITING:
    case CAVIAR_STATE_RUNNING:
    case CAVIAR_STATE_PAUSED:
        break;
    }
    return CAV_WITNESS_NONE; // what it has not named yet it has been drawn all the same
}

static bool agrees(const cav_study *study, size_t number)
{
    const cav_shape *shape = &study->shape;
    size_t count = study->spec->space->count;
    const double *raw = study->history->raw + number * count;
    bool is_whole = witness_of(study->history, number) == CAV_WITNESS_ALL;
    for (size_t i = 0; i < count; i++) {
        bool expected = !shape->space || cav_space_is_active(shape->space, i, raw);
        bool is_odd = isnan(raw[i]) ? expected && is_whole : !expected;
        if (is_odd && !(shape->unexplained && shape->unexplained[i]))
            return false;
    }
    return true;
}

// What could not be explained is looked at again when there are twice as many trials.
static bool is_up_to_date(cav_study *study)
{
    cav_shape *shape = &study->shape;
    size_t finished = study->history->finished_count;
    for (; shape->looked < finished; shape->looked++)
        if (!agrees(study, study->history->finished[shape->looked]))
            return false;
    return !shape->unexplained || finished < 2 * shape->made;
}

// ---- Making it ---------------------------------------------------------------------------------

typedef struct maker {
    const cav_space *of;
    cav_arena *arena;
    cav_presence presence;
    cav_shape shape;
    bool any, none; // a condition was found; none was, for some parameter
    cav_error *error;
} maker;

static cav_parent parent_of(const cav_parameter *parameter)
{
    bool is_range = parameter->type == CAVIAR_TYPE_INT && parameter->special_count == 0;
    return (cav_parent){.choice_count = parameter->choice_count,
                        .is_int = is_range,
                        .low = parameter->low,
                        .high = parameter->high,
                        .step = parameter->step};
}

static caviar_code look(maker *at, const cav_history *history)
{
    size_t width = at->of->count;
    unsigned char *witnesses = CAV_ARENA_NEW(at->arena, unsigned char, history->count + 1);
    size_t *seen = CAV_ARENA_NEW(at->arena, size_t, width + 1);
    cav_parent *parents = CAV_ARENA_NEW(at->arena, cav_parent, width + 1);
    if (!witnesses || !seen || !parents)
        return cav_fail_memory(at->error);
    for (size_t i = 0; i < width; i++)
        parents[i] = parent_of(&at->of->parameters[i]);
    for (size_t t = 0; t < history->count; t++) {
        witnesses[t] = (unsigned char)witness_of(history, t);
        for (size_t i = 0; i < width && witnesses[t] != CAV_WITNESS_NONE; i++)
            seen[i] += isnan(history->raw[t * width + i]) ? 0 : 1;
    }
    at->presence = (cav_presence){.trial_count = history->count,
                                  .parameter_count = width,
                                  .raw = history->raw,
                                  .witnesses = witnesses,
                                  .seen = seen,
                                  .parents = parents};
    return CAVIAR_OK;
}

static caviar_code find_condition(maker *at, size_t index, cav_shown_condition *ret)
{
    *ret = (cav_shown_condition){.parent = SIZE_MAX};
    if (cav_conditions_always(&at->presence, index))
        return CAVIAR_OK;
    caviar_code code = CAVIAR_OK;
    if (at->presence.seen[index] >= LEAST_SEEN)
        code = cav_conditions_find(&at->presence, index, index, at->arena, ret, at->error);
    at->shape.unexplained[index] = ret->parent == SIZE_MAX;
    at->none |= ret->parent == SIZE_MAX;
    at->any |= ret->parent != SIZE_MAX;
    return code;
}

static caviar_condition *describe(const maker *at, const cav_shown_condition *shown)
{
    const cav_parameter *parent = &at->of->parameters[shown->parent];
    caviar_condition *condition = CAV_ARENA_NEW(at->arena, caviar_condition, 1);
    caviar_value *values = CAV_ARENA_NEW(at->arena, caviar_value, shown->value_count + 1);
    if (!condition || !values)
        return NULL;
    for (size_t i = 0; i < shown->value_count; i++)
        values[i] = cav_parameter_value(parent, shown->values[i]);
    *condition = (caviar_condition){.parent = parent->name,
                                    .values = values,
                                    .value_count = shown->value_count,
                                    .low = shown->low,
                                    .high = shown->high};
    return condition;
}

static caviar_code add_parameter(maker *at, size_t index)
{
    cav_shown_condition shown;
    caviar_code code = find_condition(at, index, &shown);
    if (code)
        return code;
    caviar_parameter *given = cav_space_describe(at->of, index, at->arena);
    if (given && shown.parent != SIZE_MAX) {
        given->when = describe(at, &shown);
        given->when_count = 1;
    }
    if (!given || (given->when_count > 0 && !given->when))
        return cav_fail_memory(at->error);
    return cav_space_add(at->shape.space, given, at->error);
}

static caviar_code make(maker *at, const cav_study *study)
{
    at->shape = (cav_shape){.of = study->spec,
                            .beginnings = study->beginnings,
                            .looked = study->history->finished_count,
                            .made = study->history->finished_count};
    at->arena = cav_arena_new();
    at->shape.space = caviar_space_new();
    at->shape.unexplained = calloc(at->of->count + 1, sizeof *at->shape.unexplained);
    bool fine = at->arena && at->shape.space && at->shape.unexplained;
    caviar_code code = fine ? look(at, study->history) : cav_fail_memory(at->error);
    for (size_t i = 0; i < at->of->count && !code; i++)
        code = add_parameter(at, i);
    cav_arena_free(at->arena);
    if (code) {
        clear(&at->shape);
        return code;
    }
    at->shape.space->is_partial = true;
    if (!at->any) {
        caviar_space_free(at->shape.space);
        at->shape.space = NULL;
    }
    if (!at->none) {
        free(at->shape.unexplained);
        at->shape.unexplained = NULL;
    }
    return CAVIAR_OK;
}

// ---- Having the sampler know -------------------------------------------------------------------

static bool same_condition(const cav_parameter *a, const cav_parameter *b)
{
    if (a->when_count == 0 || b->when_count == 0)
        return a->when_count == b->when_count;
    const cav_condition *x = a->when, *y = b->when;
    return x->parent == y->parent && x->low == y->low && x->high == y->high &&
           x->value_count == y->value_count &&
           (x->value_count == 0 ||
            memcmp(x->values, y->values, x->value_count * sizeof *x->values) == 0);
}

static bool same_conditions(const cav_space *a, const cav_space *b)
{
    if (!a || !b)
        return a == b;
    bool same = a->count == b->count;
    for (size_t i = 0; i < a->count && same; i++)
        same = same_condition(&a->parameters[i], &b->parameters[i]);
    return same;
}

// Takes the new shape over. A sampler that works on a space goes before that space does.
static caviar_code replace(cav_study *study, cav_shape *fresh, cav_error *error)
{
    cav_sampler sampler;
    if (same_conditions(study->shape.space, fresh->space)) {
        cav_space *kept = study->shape.space;
        study->shape.space = fresh->space;
        fresh->space = kept; // the sampler has it
    } else {
        caviar_code code =
            cav_opening_sampler(study->spec, cav_study_last_step(study), &study->earlier,
                                &study->scheduler, fresh->space, &sampler, error);
        if (code) {
            clear(fresh);
            return code;
        }
        cav_sampler_close(&study->sampler);
        study->sampler = sampler;
    }
    clear(&study->shape);
    study->shape = *fresh;
    return CAVIAR_OK;
}

caviar_code cav_study_follow_shape(cav_study *study, cav_error *error)
{
    if (!study->spec->grows || !study->sampler.type->follows_conditions)
        return CAVIAR_OK;
    if (study->shape.of != study->spec || study->shape.beginnings != study->beginnings) {
        clear(&study->shape); // the sampler is another one, too, and knows of none
        study->shape.of = study->spec;
        study->shape.beginnings = study->beginnings;
    }
    if (is_up_to_date(study))
        return CAVIAR_OK;
    maker at = {.of = study->spec->space, .error = error};
    caviar_code code = make(&at, study);
    return code ? code : replace(study, &at.shape, error);
}
