/**
 * cmaes_law.c: drawing, folding into the cube, knowing again.
 *
 * A continuous coordinate that leaves [0, 1] is mirrored back in. The strategy itself goes on with
 * the coordinate before the mirror, so to it the loss is a function on the whole line that is even
 * about the bounds: an optimum at a bound is like one inside, and the deviation does not collapse
 * there as it does where points are moved to the bound. A coordinate that has levels is cut off
 * instead, since what lies beyond the outermost level means that level.
 */
#include "search/cmaes_law.h"

#include "base/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool cav_frame_init(cav_frame *frame, const cav_space *space, uint64_t seed, size_t most_full)
{
    size_t dims = space->dim_count;
    *frame = (cav_frame){.space = space, .seed = seed};
    frame->normal_dims = calloc(dims + 1, sizeof(size_t));
    frame->choice_dims = calloc(dims + 1, sizeof(size_t));
    frame->sizes = calloc(dims + 1, sizeof(size_t));
    frame->starts = calloc(dims + 1, sizeof(size_t));
    if (!frame->normal_dims || !frame->choice_dims || !frame->sizes || !frame->starts)
        return false;
    size_t start = 0;
    for (size_t dim = 0; dim < dims; dim++) {
        const cav_parameter *parameter = &space->parameters[space->dims[dim]];
        if (parameter->axis != CAV_AXIS_CHOICES) {
            frame->normal_dims[frame->normal_count++] = dim;
            continue;
        }
        frame->sizes[frame->choice_count] = parameter->choice_count;
        frame->starts[frame->choice_count] = start;
        start += parameter->choice_count;
        frame->choice_dims[frame->choice_count++] = dim;
    }
    frame->is_diagonal = frame->normal_count > most_full;
    return true;
}

void cav_frame_free(cav_frame *frame)
{
    free(frame->normal_dims);
    free(frame->choice_dims);
    free(frame->sizes);
    free(frame->starts);
    *frame = (cav_frame){0};
}

bool cav_roll_init(cav_roll *roll, const cav_frame *frame)
{
    roll->normals = calloc(frame->normal_count + 1, sizeof(double));
    roll->uniforms = calloc(frame->choice_count + 1, sizeof(double));
    return roll->normals && roll->uniforms;
}

void cav_roll_free(cav_roll *roll)
{
    free(roll->normals);
    free(roll->uniforms);
    *roll = (cav_roll){0};
}

void cav_roll_cast(cav_roll *roll, const cav_frame *frame, uint64_t number, uint32_t attempt)
{
    cav_random random = cav_random_stream(frame->seed, number, CAV_PURPOSE_SUGGEST, attempt);
    for (size_t i = 0; i < frame->normal_count; i++)
        roll->normals[i] = cav_random_normal(&random);
    for (size_t i = 0; i < frame->choice_count; i++)
        roll->uniforms[i] = cav_random_unit(&random);
}

static size_t factor_size(const cav_gauss *gauss)
{
    return gauss->is_diagonal ? gauss->dims : gauss->dims * gauss->dims;
}

bool cav_law_init(cav_law *law, const cav_gauss *gauss, const cav_choices *choices)
{
    law->mean = calloc(gauss->dims + 1, sizeof(double));
    law->stretch = calloc(gauss->dims + 1, sizeof(double));
    law->factor = calloc(factor_size(gauss) + 1, sizeof(double));
    law->shares = calloc(choices->starts[choices->count] + 1, sizeof(double));
    return law->mean && law->stretch && law->factor && law->shares;
}

void cav_law_free(cav_law *law)
{
    free(law->mean);
    free(law->stretch);
    free(law->factor);
    free(law->shares);
    *law = (cav_law){0};
}

void cav_law_set(cav_law *law, const cav_gauss *gauss, const double *stretch,
                 const cav_choices *choices)
{
    law->sigma = gauss->sigma;
    memcpy(law->mean, gauss->mean, gauss->dims * sizeof(double));
    memcpy(law->stretch, stretch, gauss->dims * sizeof(double));
    memcpy(law->factor, gauss->factor, factor_size(gauss) * sizeof(double));
    memcpy(law->shares, choices->shares, choices->starts[choices->count] * sizeof(double));
}

double cav_law_coordinate(const cav_law *law, const cav_frame *frame, const cav_roll *roll,
                          size_t i)
{
    size_t dims = frame->normal_count;
    double step = 0;
    if (frame->is_diagonal) {
        step = law->factor[i] * roll->normals[i];
    } else {
        const double *row = law->factor + i * dims;
        for (size_t k = 0; k < dims; k++)
            step += row[k] * roll->normals[k];
    }
    return law->mean[i] + law->sigma * step;
}

static double unit_of(const cav_law *law, const cav_frame *frame, const cav_roll *roll, size_t i)
{
    double x = cav_law_coordinate(law, frame, roll, i);
    x = law->mean[i] + law->stretch[i] * (x - law->mean[i]);
    if (cav_parameter_size(cav_frame_normal(frame, i)) == 0)
        return cav_unit_mirror(x);
    return fmin(fmax(x, 0), 1);
}

size_t cav_law_pick(const cav_law *law, const cav_frame *frame, const cav_roll *roll, size_t i)
{
    const double *shares = law->shares + frame->starts[i];
    double left = roll->uniforms[i];
    size_t choice = 0;
    while (choice + 1 < frame->sizes[i] && left >= shares[choice])
        left -= shares[choice++];
    return choice;
}

void cav_law_point(const cav_law *law, const cav_frame *frame, const cav_roll *roll,
                   double *ret_point)
{
    for (size_t i = 0; i < frame->normal_count; i++)
        ret_point[frame->normal_dims[i]] = unit_of(law, frame, roll, i);
    for (size_t i = 0; i < frame->choice_count; i++)
        ret_point[frame->choice_dims[i]] =
            cav_parameter_nth(cav_frame_choice(frame, i), cav_law_pick(law, frame, roll, i));
}

// The history has points as their values decode, to a cell's middle or to the last digits.
static bool is_same(const cav_parameter *parameter, double drawn, double stored)
{
    return isnan(stored) ||
           cav_parameter_encode(parameter, cav_parameter_decode(parameter, drawn)) == stored;
}

bool cav_law_gave(const cav_law *law, const cav_frame *frame, const cav_roll *roll,
                  const double *point)
{
    for (size_t i = 0; i < frame->normal_count; i++)
        if (!is_same(cav_frame_normal(frame, i), unit_of(law, frame, roll, i),
                     point[frame->normal_dims[i]]))
            return false;
    for (size_t i = 0; i < frame->choice_count; i++) {
        const cav_parameter *parameter = cav_frame_choice(frame, i);
        double drawn = cav_parameter_nth(parameter, cav_law_pick(law, frame, roll, i));
        if (!is_same(parameter, drawn, point[frame->choice_dims[i]]))
            return false;
    }
    return true;
}
