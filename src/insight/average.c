/**
 * average.c: the trials that stand for all others, and the way back to the metric.
 */
#include "insight/average.h"

#include "surrogate/lanes.h"

#include <math.h>
#include <string.h>

enum { MOST_OTHERS = 40 }; // trials whose other parameters are taken

// Trials from the best to the worst, evenly.
static bool choose_others(cav_average *at, cav_arena *arena)
{
    size_t count = at->smooth->count, dims = at->smooth->space->dim_count;
    size_t most = count < MOST_OTHERS ? count : MOST_OTHERS;
    at->others = CAV_ARENA_NEW(arena, size_t, most + 1);
    at->points = CAV_ARENA_NEW(arena, double, (most + CAV_LANES) * dims);
    at->means = CAV_ARENA_NEW(arena, double, most + CAV_LANES);
    at->raw = CAV_ARENA_NEW(arena, double, at->smooth->space->count + 1);
    at->room = CAV_ARENA_NEW(arena, double, dims + 1);
    if (!at->others || !at->points || !at->means || !at->raw || !at->room)
        return false;
    for (size_t i = 0; i < most; i++)
        at->others[at->other_count++] = i * count / most;
    return true;
}

caviar_code cav_average_begin(const cav_smooth *smooth, const size_t *parameters, size_t count,
                              cav_arena *arena, cav_average *ret_average, cav_error *error)
{
    *ret_average = (cav_average){.smooth = smooth, .dim_count = count};
    for (size_t i = 0; i < count; i++)
        ret_average->dims[i] = cav_space_dim_of(smooth->space, parameters[i]);
    return choose_others(ret_average, arena) ? CAVIAR_OK : cav_fail_memory(error);
}

// Puts the trial's point with the given coordinates in place of its own; false where that is no
// configuration, since something else would be active then.
static bool put_point(const cav_average *at, size_t trial, const double *places, double *ret_point)
{
    const cav_space *space = at->smooth->space;
    size_t dims = space->dim_count;
    const double *own = at->smooth->points + trial * dims;
    memcpy(ret_point, own, dims * sizeof *own);
    for (size_t i = 0; i < at->dim_count; i++)
        ret_point[at->dims[i]] = places[i];
    cav_space_decode(space, ret_point, at->raw, at->room);
    for (size_t dim = 0; dim < dims; dim++)
        if (isnan(at->room[dim]) != isnan(ret_point[dim]))
            return false;
    return true;
}

double cav_average_outcome(cav_average *at, const double *places)
{
    size_t dims = at->smooth->space->dim_count, count = 0;
    double sum = 0;
    for (size_t i = 0; i < at->other_count; i++)
        count += put_point(at, at->others[i], places, at->points + count * dims);
    if (count == 0)
        return NAN;
    size_t whole = (count + CAV_LANES - 1) / CAV_LANES * CAV_LANES;
    for (size_t i = count; i < whole; i++)
        memcpy(at->points + i * dims, at->points, dims * sizeof *at->points);
    cav_smooth_means(at->smooth, at->points, whole, at->means);
    for (size_t i = 0; i < count; i++)
        sum += at->means[i];
    return sum / (double)count;
}

double cav_average_loss(const cav_smooth *smooth, double outcome)
{
    const double *outcomes = smooth->outcomes, *losses = smooth->ranking.losses;
    size_t low = 0, high = smooth->count - 1;
    if (isnan(outcome) || outcome <= outcomes[low])
        return isnan(outcome) ? (double)NAN : losses[low];
    if (outcome >= outcomes[high])
        return losses[high];
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (outcomes[middle] <= outcome)
            low = middle;
        else
            high = middle;
    }
    double share = (outcome - outcomes[low]) / (outcomes[high] - outcomes[low]);
    return losses[low] + share * (losses[high] - losses[low]);
}

double *cav_average_places(const cav_parameter *parameter, cav_arena *arena, size_t *ret_count)
{
    size_t size = cav_parameter_size(parameter);
    size_t count = size > 0 && size <= CAV_AVERAGE_GRID ? size : CAV_AVERAGE_GRID;
    double *places = CAV_ARENA_NEW(arena, double, count);
    for (size_t i = 0; i < count && places; i++)
        places[i] =
            count == size ? cav_parameter_nth(parameter, i) : ((double)i + 0.5) / (double)count;
    *ret_count = count;
    return places;
}

void cav_average_write_places(const cav_parameter *parameter, const char *key, const double *places,
                              size_t count, cav_json *json)
{
    cav_json_key(json, key);
    cav_json_begin_array(json);
    for (size_t i = 0; i < count; i++) {
        caviar_value value =
            cav_parameter_value(parameter, cav_parameter_decode(parameter, places[i]));
        cav_json_value(json, &value);
    }
    cav_json_end_array(json);
}
