/**
 * scales.c: leave-one-out predictive densities under each scale.
 *
 * All trials are put on the other scale, the process is fitted anew, and each trial is predicted
 * from the others. It learns the losses as they are, not their ranks as elsewhere: ranks bend a
 * loss that is plain in the parameter, and whichever scale happens to bend the same way would
 * explain them better. Runs that went wrong are left out. Nor does a difference count that is small
 * beside the spread of the losses: a loss without noise is predicted so closely on every scale that
 * the logarithm of a density would make hundreds of nats of nothing. The sum of the differences of
 * the logarithms, trial by trial, is the gain; its error follows from their spread (A. Vehtari, A.
 * Gelman, J. Gabry, "Practical Bayesian model evaluation using leave-one-out cross-validation",
 * Statistics and Computing 27, 2017).
 */
#include "insight/scales.h"

#include <math.h>

enum { CALLS = 40 }; // of the evidence

// What must be gained for an advice: so many nats more than by any scale that comes before, and
// more than the error; by a process that predicts something.
static const double least_gain = 3;
static const double least_skill = 0.2;

// Standard deviations of the losses that a prediction may be off without being worse.
static const double tolerance = 0.15;

// Tukey's outer fence: so many quartile ranges beyond the upper quartile a loss is of a run that
// went wrong. Such runs are left out. To draw them in instead would bend the loss, most of all
// where a sampler has put nearly all trials near the best, and a scale that bends likewise would be
// praised.
static const double fence = 3;

// How many of the losses, which are in order, lie inside of the fence.
static size_t count_sound(const double *losses, size_t count)
{
    double lower = losses[count / 4], upper = losses[count - 1 - count / 4];
    size_t sound = count;
    while (losses[sound - 1] > upper + fence * (upper - lower))
        sound--;
    return sound;
}

// The losses as the process learns them: of mean 0 and variance 1.
static void standardise(const double *losses, size_t count, double *ret_outcomes)
{
    double mean = 0, square = 0;
    for (size_t i = 0; i < count; i++)
        mean += losses[i] / (double)count;
    for (size_t i = 0; i < count; i++)
        square += (losses[i] - mean) * (losses[i] - mean);
    double deviation = sqrt(square / (double)count);
    for (size_t i = 0; i < count; i++)
        ret_outcomes[i] = deviation > 0 ? (losses[i] - mean) / deviation : 0;
}

/** What all scales are weighed with. */
typedef struct balance {
    const cav_smooth *smooth;
    double *outcomes;       // [smooth->count]
    double *before, *after; // [smooth->count] densities on the own scale, and on another
    cav_arena *arena;
} balance;

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
static caviar_code predict(const balance *at, const cav_space *space, double *ret_densities,
                           double *ret_skill, cav_error *error)
{
    cav_smooth other;
    caviar_code code = cav_smooth_again(at->smooth, space, at->outcomes, CALLS, &other, error);
    if (!code) {
        cav_smooth_leave_one_out(&other, tolerance, ret_densities);
        *ret_skill = other.skill;
    }
    cav_smooth_free(&other);
    return code;
}

static caviar_code weigh_one(const balance *at, cav_scale_evidence *of, cav_error *error)
{
    const cav_space *space = at->smooth->space;
    caviar_scale own = space->parameters[of->parameter].scale;
    double best = 0, skill = 0;
    of->better = own;
    for (int scale = 0; scale < CAV_SCALE_COUNT; scale++) {
        of->gains[scale] = of->errors[scale] = scale == (int)own ? 0 : NAN;
        if (scale == (int)own)
            continue;
        cav_space *other = rescale(space, of->parameter, (caviar_scale)scale, at->arena);
        if (!other)
            continue;
        caviar_code code = predict(at, other, at->after, &skill, error);
        caviar_space_free(other);
        if (code)
            return code;
        compare(at->before, at->after, at->smooth->count, &of->gains[scale], &of->errors[scale]);
        double gain = of->gains[scale];
        if (skill >= least_skill && gain > best + least_gain && gain > of->errors[scale]) {
            best = gain;
            of->better = (caviar_scale)scale;
        }
    }
    return CAVIAR_OK;
}

static bool is_range(const cav_parameter *parameter)
{
    return parameter->choice_count == 0 && parameter->axis != CAV_AXIS_NONE;
}

static caviar_code weigh_all(const balance *at, cav_scale_evidence *ret_evidence, size_t *ret_count,
                             cav_error *error)
{
    const cav_space *space = at->smooth->space;
    double skill;
    size_t count = 0;
    caviar_code code = predict(at, space, at->before, &skill, error);
    for (size_t dim = 0; dim < space->dim_count && !code; dim++) {
        if (!is_range(&space->parameters[space->dims[dim]]))
            continue;
        ret_evidence[count].parameter = space->dims[dim];
        code = weigh_one(at, &ret_evidence[count++], error);
    }
    *ret_count = count;
    return code;
}

caviar_code cav_scales_weigh(const cav_smooth *smooth, cav_scale_evidence *ret_evidence,
                             size_t *ret_count, cav_error *error)
{
    cav_smooth sound = *smooth; // borrowed: the first of its trials, which are the better ones
    sound.count = count_sound(smooth->ranking.losses, smooth->count);
    size_t count = sound.count;
    cav_arena *arena = cav_arena_new();
    double *room = arena ? CAV_ARENA_NEW(arena, double, 3 * count) : NULL;
    caviar_code code = CAVIAR_OK;
    if (room) {
        standardise(smooth->ranking.losses, count, room);
        balance at = {&sound, room, room + count, room + 2 * count, arena};
        code = weigh_all(&at, ret_evidence, ret_count, error);
    } else {
        code = cav_fail_memory(error);
    }
    cav_arena_free(arena);
    return code;
}
