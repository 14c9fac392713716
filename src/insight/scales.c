/**
 * scales.c: leave-one-out predictive densities under each scale.
 *
 * All trials are put on the other scale, the process is fitted anew, and each trial is predicted
 * from the others. The sum of the differences of the logarithms, trial by trial, is the gain; its
 * error follows from their spread (A. Vehtari, A. Gelman, J. Gabry, "Practical Bayesian model
 * evaluation using leave-one-out cross-validation", Statistics and Computing 27, 2017).
 */
#include "insight/scales.h"

#include <math.h>

enum { CALLS = 40 }; // of the evidence

// What must be gained for an advice: so many nats more than by any scale that comes before, and
// more than the error; by a process that predicts something.
static const double least_gain = 3;
static const double least_skill = 0.2;

// The space with one parameter on another scale; NULL where the space does not allow it.
static cav_space *rescale(const cav_space *space, size_t parameter, caviar_scale scale,
                          cav_arena *arena)
{
    cav_error error = {0};
    cav_space *copy = caviar_space_new();
    bool fine = copy != NULL;
    for (size_t i = 0; i < space->count && fine; i++) {
        caviar_parameter *given = cav_space_describe(space, i, arena);
        if (given && i == parameter)
            given->scale = scale;
        fine = given && !cav_space_add(copy, given, &error);
    }
    if (fine)
        return copy;
    caviar_space_free(copy);
    return NULL;
}

static void compare(const double *before, const double *after, size_t count, double *ret_gain,
                    double *ret_error)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        sum += after[i] - before[i];
    for (size_t i = 0; i < count; i++) {
        double off = after[i] - before[i] - sum / (double)count;
        squares += off * off;
    }
    *ret_gain = sum;
    *ret_error = sqrt(squares * (double)count / ((double)count - 1));
}

// Fits the process in another space, and says what each trial's density is there.
static caviar_code predict(const cav_smooth *smooth, const cav_space *space, double *ret_densities,
                           double *ret_skill, cav_error *error)
{
    cav_smooth other;
    caviar_code code = cav_smooth_again(smooth, space, CALLS, &other, error);
    if (!code) {
        cav_smooth_leave_one_out(&other, ret_densities);
        *ret_skill = other.skill;
    }
    cav_smooth_free(&other);
    return code;
}

static caviar_code weigh_one(const cav_smooth *smooth, const double *before, double *after,
                             cav_arena *arena, cav_scale_evidence *at, cav_error *error)
{
    const cav_parameter *parameter = &smooth->space->parameters[at->parameter];
    double best = 0, skill = 0;
    at->better = parameter->scale;
    for (int scale = 0; scale < CAV_SCALE_COUNT; scale++) {
        at->gains[scale] = at->errors[scale] = scale == (int)parameter->scale ? 0 : NAN;
        if (scale == (int)parameter->scale)
            continue;
        cav_space *other = rescale(smooth->space, at->parameter, (caviar_scale)scale, arena);
        if (!other)
            continue;
        caviar_code code = predict(smooth, other, after, &skill, error);
        caviar_space_free(other);
        if (code)
            return code;
        compare(before, after, smooth->count, &at->gains[scale], &at->errors[scale]);
        double gain = at->gains[scale];
        if (skill >= least_skill && gain > best + least_gain && gain > at->errors[scale]) {
            best = gain;
            at->better = (caviar_scale)scale;
        }
    }
    return CAVIAR_OK;
}

static bool is_range(const cav_parameter *parameter)
{
    return parameter->choice_count == 0 && parameter->axis != CAV_AXIS_NONE;
}

caviar_code cav_scales_weigh(const cav_smooth *smooth, cav_scale_evidence *ret_evidence,
                             size_t *ret_count, cav_error *error)
{
    const cav_space *space = smooth->space;
    cav_arena *arena = cav_arena_new();
    double *before = arena ? CAV_ARENA_NEW(arena, double, 2 * smooth->count) : NULL;
    double skill;
    size_t count = 0;
    caviar_code code =
        before ? predict(smooth, space, before, &skill, error) : cav_fail_memory(error);
    for (size_t dim = 0; dim < space->dim_count && !code; dim++) {
        cav_scale_evidence *at = &ret_evidence[count];
        at->parameter = space->dims[dim];
        if (!is_range(&space->parameters[at->parameter]))
            continue;
        code = weigh_one(smooth, before, before + smooth->count, arena, at, error);
        count++;
    }
    cav_arena_free(arena);
    if (!code)
        *ret_count = count;
    return code;
}
