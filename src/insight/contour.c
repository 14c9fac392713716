/**
 * contour.c: the grid, the trials that stand for all others, and the way back to the metric.
 */
#include "insight/contour.h"

#include "surrogate/lanes.h"

#include <math.h>
#include <string.h>

enum {
    GRID = 28,        // places along a continuum
    MOST_OTHERS = 40, // trials whose other parameters are taken
};

typedef struct maker {
    cav_smooth *smooth;
    size_t dims[2]; // coordinates of the two
    size_t *others; // [other_count] trials, by their place in the surrogate
    size_t other_count;
    double *points; // [MOST_OTHERS + CAV_LANES x dim_count]
    double *means;  // [MOST_OTHERS + CAV_LANES]
    double *raw;    // [space->count] room for one configuration
    double *room;   // [dim_count] and one point
} maker;

// A place for each of a few values, else so many that lie evenly.
static double *make_axis(const cav_parameter *parameter, cav_arena *arena, size_t *ret_count)
{
    size_t size = cav_parameter_size(parameter);
    size_t count = size > 0 && size <= GRID ? size : GRID;
    double *places = CAV_ARENA_NEW(arena, double, count);
    for (size_t i = 0; i < count && places; i++)
        places[i] =
            count == size ? cav_parameter_nth(parameter, i) : ((double)i + 0.5) / (double)count;
    *ret_count = count;
    return places;
}

// Trials from the best to the worst, evenly.
static bool choose_others(maker *at, cav_arena *arena)
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

// Puts the trial's point with the two coordinates in place of its own; false where that is no
// configuration, since something else would be active then.
static bool put_point(const maker *at, size_t trial, const double uv[2], double *ret_point)
{
    const cav_space *space = at->smooth->space;
    size_t dims = space->dim_count;
    const double *own = at->smooth->points + trial * dims;
    memcpy(ret_point, own, dims * sizeof *own);
    ret_point[at->dims[0]] = uv[0];
    ret_point[at->dims[1]] = uv[1];
    cav_space_decode(space, ret_point, at->raw, at->room);
    for (size_t dim = 0; dim < dims; dim++)
        if (isnan(at->room[dim]) != isnan(ret_point[dim]))
            return false;
    return true;
}

// The mean outcome over the trials; NaN where none can have these two values.
static double outcome_at(maker *at, const double uv[2])
{
    size_t dims = at->smooth->space->dim_count, count = 0;
    double sum = 0;
    for (size_t i = 0; i < at->other_count; i++)
        count += put_point(at, at->others[i], uv, at->points + count * dims);
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

// The loss of an outcome: between those of the trials, which are in order, on a line.
static double loss_of(const cav_smooth *smooth, double outcome)
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

// To [0, 1]; what is not known stays so.
static void level(double *heights, size_t count)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < count; i++) { // NaN is passed over by both
        low = fmin(low, heights[i]);
        high = fmax(high, heights[i]);
    }
    for (size_t i = 0; i < count; i++)
        heights[i] = high > low ? (heights[i] - low) / (high - low) : heights[i] - low;
}

caviar_code cav_contour_make(cav_smooth *smooth, size_t first, size_t second, cav_arena *arena,
                             cav_contour *ret_contour, cav_error *error)
{
    const cav_space *space = smooth->space;
    cav_contour it = {.space = space,
                      .first = first,
                      .second = second,
                      .trial_count = smooth->trial_count,
                      .skill = smooth->skill};
    maker at = {.smooth = smooth,
                .dims = {cav_space_dim_of(space, first), cav_space_dim_of(space, second)}};
    it.across = make_axis(&space->parameters[first], arena, &it.width);
    it.up = make_axis(&space->parameters[second], arena, &it.height);
    it.losses = CAV_ARENA_NEW(arena, double, it.width *it.height);
    it.heights = CAV_ARENA_NEW(arena, double, it.width *it.height);
    if (!it.across || !it.up || !it.losses || !it.heights || !choose_others(&at, arena))
        return cav_fail_memory(error);
    for (size_t y = 0; y < it.height; y++)
        for (size_t x = 0; x < it.width; x++)
            it.heights[y * it.width + x] = outcome_at(&at, (double[]){it.across[x], it.up[y]});
    for (size_t i = 0; i < it.width * it.height; i++)
        it.losses[i] = loss_of(smooth, it.heights[i]);
    level(it.heights, it.width * it.height);
    *ret_contour = it;
    return CAVIAR_OK;
}

static caviar_code find_varied(const cav_space *space, const char *name, size_t *ret_parameter,
                               cav_error *error)
{
    size_t parameter = cav_space_find(space, name);
    if (parameter == space->count)
        return cav_space_fail_unknown(space, name, error);
    if (cav_space_dim_of(space, parameter) == space->dim_count)
        return cav_fail(error, CAVIAR_INVALID, "parameter '%s' is not varied", name);
    *ret_parameter = parameter;
    return CAVIAR_OK;
}

caviar_code cav_contour_of(const cav_space *space, const cav_history *history, size_t metric,
                           uint64_t seed, const char *first, const char *second, cav_arena *arena,
                           cav_contour *ret_contour, cav_error *error)
{
    size_t x = 0, y = 0;
    cav_smooth smooth;
    caviar_code code = find_varied(space, first, &x, error);
    if (!code)
        code = find_varied(space, second, &y, error);
    if (!code && x == y)
        code = cav_fail(error, CAVIAR_INVALID, "two parameters are needed, not '%s' twice", first);
    if (code)
        return code;
    code = cav_smooth_make(space, history, metric, seed, CAV_SMOOTH_CALLS, &smooth, error);
    if (!code)
        code = cav_contour_make(&smooth, x, y, arena, ret_contour, error);
    cav_smooth_free(&smooth);
    return code;
}

static void write_axis(const cav_parameter *parameter, const char *key, const double *places,
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

static void write_rows(const cav_contour *contour, const char *key, const double *numbers,
                       double sign, cav_json *json)
{
    cav_json_key(json, key);
    cav_json_begin_array(json);
    for (size_t y = 0; y < contour->height; y++) {
        cav_json_begin_array(json);
        for (size_t x = 0; x < contour->width; x++)
            cav_json_number(json, sign * numbers[y * contour->width + x]);
        cav_json_end_array(json);
    }
    cav_json_end_array(json);
}

void cav_contour_write(const cav_contour *contour, bool maximize, cav_json *json)
{
    const cav_parameter *parameters = contour->space->parameters;
    cav_json_add_string(json, "first", parameters[contour->first].name);
    cav_json_add_string(json, "second", parameters[contour->second].name);
    cav_json_add_int(json, "trials", (int64_t)contour->trial_count);
    cav_json_add_number(json, "explained", contour->skill);
    write_axis(&parameters[contour->first], "across", contour->across, contour->width, json);
    write_axis(&parameters[contour->second], "up", contour->up, contour->height, json);
    write_rows(contour, "means", contour->losses, maximize ? -1 : 1, json);
    write_rows(contour, "heights", contour->heights, 1, json);
}
