/**
 * walk.c: an odometer over the axes that skips what is inactive.
 */
#include "space/walk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t axis_size(const cav_parameter *parameter, size_t axis_points)
{
    size_t values = cav_parameter_size(parameter);
    if (axis_points == 0)
        return values;
    if (values == 0)
        return axis_points + parameter->special_count;
    size_t levels = values - parameter->special_count;
    bool ordered = parameter->axis == CAV_AXIS_LEVELS;
    return parameter->special_count + (ordered && levels > axis_points ? axis_points : levels);
}

cav_walk *cav_walk_new(const cav_space *space, size_t axis_points)
{
    cav_walk *walk = calloc(1, sizeof *walk);
    if (!walk)
        return NULL;
    size_t dims = space->dim_count + 1; // never an allocation of nothing
    *walk = (cav_walk){.space = space, .axis_points = axis_points};
    walk->sizes = calloc(dims, sizeof *walk->sizes);
    walk->indices = calloc(dims, sizeof *walk->indices);
    walk->point = calloc(dims, sizeof *walk->point);
    walk->raw = calloc(space->count + 1, sizeof *walk->raw);
    if (!walk->sizes || !walk->indices || !walk->point || !walk->raw) {
        cav_walk_free(walk);
        return NULL;
    }
    for (size_t dim = 0; dim < space->dim_count; dim++)
        walk->sizes[dim] = axis_size(&space->parameters[space->dims[dim]], axis_points);
    return walk;
}

void cav_walk_free(cav_walk *walk)
{
    if (!walk)
        return;
    free(walk->sizes);
    free(walk->indices);
    free(walk->point);
    free(walk->raw);
    free(walk);
}

double cav_walk_size(const cav_walk *walk)
{
    double size = 1;
    for (size_t dim = 0; dim < walk->space->dim_count; dim++)
        size *= (double)walk->sizes[dim];
    return size;
}

// Unit coordinate of value `index` of an axis.
static double axis_point(const cav_walk *walk, size_t dim, size_t index)
{
    const cav_parameter *parameter = &walk->space->parameters[walk->space->dims[dim]];
    size_t values = cav_parameter_size(parameter), specials = parameter->special_count;
    if (index < specials || values == walk->sizes[dim])
        return cav_parameter_nth(parameter, index);
    size_t count = walk->sizes[dim] - specials;
    double at = count > 1 ? (double)(index - specials) / (double)(count - 1) : 0.5;
    double share = parameter->special_share;
    return cav_parameter_start(parameter, share + (1 - share) * at);
}

// Where levels are wider than the spread of the points, neighbouring indices give the same value.
static bool repeats(const cav_walk *walk, size_t dim, size_t index)
{
    const cav_parameter *parameter = &walk->space->parameters[walk->space->dims[dim]];
    return walk->axis_points > 0 && index > 0 &&
           cav_parameter_decode(parameter, axis_point(walk, dim, index)) ==
               cav_parameter_decode(parameter, axis_point(walk, dim, index - 1));
}

static size_t next_index(const cav_walk *walk, size_t dim)
{
    size_t index = walk->indices[dim] + 1;
    while (index < walk->sizes[dim] && repeats(walk, dim, index))
        index++;
    return index;
}

static void settle(cav_walk *walk)
{
    const cav_space *space = walk->space;
    for (size_t dim = 0; dim < space->dim_count; dim++)
        walk->point[dim] = axis_point(walk, dim, walk->indices[dim]);
    cav_space_decode(space, walk->point, walk->raw, walk->point);
    for (size_t dim = 0; dim < space->dim_count; dim++)
        if (isnan(walk->point[dim]))
            walk->indices[dim] = 0;
}

bool cav_walk_next(cav_walk *walk)
{
    size_t dim_count = walk->space->dim_count;
    if (!walk->started) {
        walk->started = true;
        memset(walk->indices, 0, dim_count * sizeof *walk->indices);
        settle(walk);
        return true;
    }
    for (size_t dim = dim_count; dim-- > 0;) {
        // what stands before a coordinate decides whether it is active, so the rest may go to 0
        bool active = !isnan(walk->point[dim]);
        size_t next = active ? next_index(walk, dim) : walk->sizes[dim];
        if (next < walk->sizes[dim]) {
            walk->indices[dim] = next;
            memset(walk->indices + dim + 1, 0, (dim_count - dim - 1) * sizeof *walk->indices);
            settle(walk);
            return true;
        }
    }
    walk->started = false;
    return false;
}

void cav_walk_seek(cav_walk *walk, const uint64_t *indices)
{
    for (size_t dim = 0; dim < walk->space->dim_count; dim++) {
        walk->indices[dim] = (size_t)(indices[dim] % walk->sizes[dim]);
        while (repeats(walk, dim, walk->indices[dim]))
            walk->indices[dim]--;
    }
    walk->started = true;
    settle(walk);
}
