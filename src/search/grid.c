/**
 * grid.c: every combination, for tiny finite spaces and for comparison.
 *
 * The sampler walks through the grid and hands out what the history does not have yet, so several
 * workers share one grid without a word between them.
 */
#include "search/sampler.h"

#include "base/number.h"
#include "space/walk.h"

#include <stdlib.h>
#include <string.h>

typedef struct grid_settings {
    int64_t points, most;
} grid_settings;

static const cav_option options[] = {
    {"points", CAV_OPTION_INT, offsetof(grid_settings, points), 0, 0, 1e6,
     "values on each numeric axis, ends included; 0: all there are (needs finite parameters)"},
    {"most", CAV_OPTION_INT, offsetof(grid_settings, most), 100000, 1, 1e9,
     "refuse a grid of more combinations than this"},
};

typedef struct grid_state {
    cav_walk *walk;
    bool begun, ended;
} grid_state;

static const cav_parameter *find_continuum(const cav_space *space)
{
    for (size_t i = 0; i < space->count; i++)
        if (cav_parameter_size(&space->parameters[i]) == 0)
            return &space->parameters[i];
    return NULL;
}

static caviar_code check_size(const cav_walk *walk, const grid_settings *settings, cav_error *error)
{
    double size = cav_walk_size(walk);
    if (size <= (double)settings->most)
        return CAVIAR_OK;
    char count[CAV_NUMBER_SIZE];
    cav_number_print_short(size, 4, count);
    return cav_fail(error, CAVIAR_INVALID,
                    "the grid has %s combinations of %zu parameters, more than %lld: take fewer "
                    "points, raise 'most', or use sampler: sobol, which tries a new value of every "
                    "parameter in every trial",
                    count, walk->space->dim_count, (long long)settings->most);
}

static void destroy(void *opaque)
{
    grid_state *state = opaque;
    cav_walk_free(state->walk);
    free(state);
}

static caviar_code create(const cav_sampler_setup *setup, const void *opaque, void **ret_state,
                          cav_error *error)
{
    const grid_settings *settings = opaque;
    const cav_parameter *continuum = find_continuum(setup->space);
    if (settings->points == 0 && continuum)
        return cav_fail(error, CAVIAR_INVALID,
                        "sampler grid: parameter '%s' has no finite number of values; give it a "
                        "step, or the grid so many points an axis: {type: grid, points: 5}",
                        continuum->name);
    grid_state *state = calloc(1, sizeof *state);
    if (state)
        state->walk = cav_walk_new(setup->space, (size_t)settings->points);
    if (!state || !state->walk) {
        free(state);
        return cav_fail_memory(error);
    }
    caviar_code code = check_size(state->walk, settings, error);
    if (code)
        destroy(state);
    else
        *ret_state = state;
    return code;
}

static caviar_code suggest(void *opaque, const cav_history *history, const cav_suggest *suggest,
                           double *ret_point, cav_error *error)
{
    grid_state *state = opaque;
    // what was handed out last may have been lost to another worker's number: offer it again, but
    // for a point that was refused
    bool again = suggest->attempt == 0 && state->begun && !state->ended;
    while (again || (!state->ended && cav_walk_next(state->walk))) {
        again = false;
        state->begun = true;
        if (cav_history_find(history, state->walk->point) != SIZE_MAX)
            continue;
        memcpy(ret_point, state->walk->point, state->walk->space->dim_count * sizeof(double));
        return CAVIAR_OK;
    }
    state->ended = true;
    return cav_fail(error, CAVIAR_DONE, "every combination of the grid has been tried");
}

const cav_sampler_type cav_sampler_grid = {
    .name = "grid",
    .summary = "every combination of a finite space, or of so many points an axis",
    .options = options,
    .option_count = CAV_COUNT_OF(options),
    .settings_size = sizeof(grid_settings),
    .is_distinct = true,
    .create = create,
    .suggest = suggest,
    .destroy = destroy,
};
