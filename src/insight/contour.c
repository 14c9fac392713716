/**
 * contour.c: a grid of averages.
 */
#include "insight/contour.h"

#include "insight/average.h"

#include <math.h>

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

caviar_code cav_contour_make(const cav_smooth *smooth, size_t first, size_t second,
                             cav_arena *arena, cav_contour *ret_contour, cav_error *error)
{
    const cav_space *space = smooth->space;
    cav_contour it = {.space = space,
                      .first = first,
                      .second = second,
                      .trial_count = smooth->trial_count,
                      .skill = smooth->skill};
    cav_average average;
    caviar_code code =
        cav_average_begin(smooth, (size_t[]){first, second}, 2, arena, &average, error);
    if (code)
        return code;
    it.across = cav_average_places(&space->parameters[first], arena, &it.width);
    it.up = cav_average_places(&space->parameters[second], arena, &it.height);
    it.losses = CAV_ARENA_NEW(arena, double, it.width *it.height);
    it.heights = CAV_ARENA_NEW(arena, double, it.width *it.height);
    if (!it.across || !it.up || !it.losses || !it.heights)
        return cav_fail_memory(error);
    for (size_t i = 0; i < it.width * it.height; i++)
        it.heights[i] =
            cav_average_outcome(&average, (double[]){it.across[i % it.width], it.up[i / it.width]});
    for (size_t i = 0; i < it.width * it.height; i++)
        it.losses[i] = cav_average_loss(smooth, it.heights[i]);
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

caviar_code cav_contour_find(const cav_space *space, const char *first, const char *second,
                             size_t ret_parameters[2], cav_error *error)
{
    caviar_code code = find_varied(space, first, &ret_parameters[0], error);
    if (!code)
        code = find_varied(space, second, &ret_parameters[1], error);
    if (!code && ret_parameters[0] == ret_parameters[1])
        code = cav_fail(error, CAVIAR_INVALID, "two parameters are needed, not '%s' twice", first);
    return code;
}

caviar_code cav_contour_of(const cav_space *space, const cav_history *history, size_t metric,
                           uint64_t seed, const char *first, const char *second, cav_arena *arena,
                           cav_contour *ret_contour, cav_error *error)
{
    size_t pair[2] = {0};
    cav_smooth smooth;
    caviar_code code = cav_contour_find(space, first, second, pair, error);
    if (code)
        return code;
    code = cav_smooth_make(space, history, metric, seed, CAV_SMOOTH_CALLS, &smooth, error);
    if (!code)
        code = cav_contour_make(&smooth, pair[0], pair[1], arena, ret_contour, error);
    cav_smooth_free(&smooth);
    return code;
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
    cav_average_write_places(&parameters[contour->first], "across", contour->across, contour->width,
                             json);
    cav_average_write_places(&parameters[contour->second], "up", contour->up, contour->height,
                             json);
    write_rows(contour, "means", contour->losses, maximize ? -1 : 1, json);
    write_rows(contour, "heights", contour->heights, 1, json);
}
