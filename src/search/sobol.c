/**
 * sobol.c: the sampler of quasi-random points: trial i gets point i.
 *
 * The parameters that are presumed to matter most get the first, best dimensions.
 */
#include "search/sampler.h"

#include "base/random.h"
#include "search/beginning.h"
#include "search/sobol_points.h"

#include <stdlib.h>

typedef struct sobol_state {
    const cav_space *space;
    uint64_t seed;
    size_t sequence_dims[]; // [dim_count] the dimension of the sequence for each coordinate
} sobol_state;

static int tier_rank(const cav_space *space, size_t dim)
{
    switch (space->parameters[space->dims[dim]].tier) {
    case CAVIAR_TIER_MOST:
        return 0;
    case CAVIAR_TIER_UNSET:
    case CAVIAR_TIER_MEDIUM:
        return 1;
    case CAVIAR_TIER_LEAST:
    case CAVIAR_TIER_FIXED:
        return 2;
    }
    return 2;
}

static caviar_code create(const cav_sampler_setup *setup, const void *settings, void **ret_state,
                          cav_error *error)
{
    (void)settings;
    size_t dims = setup->space->dim_count, next = 0;
    sobol_state *state = malloc(sizeof *state + dims * sizeof state->sequence_dims[0]);
    if (!state)
        return cav_fail_memory(error);
    state->space = setup->space;
    state->seed = setup->seed;
    for (int rank = 0; rank <= 2; rank++)
        for (size_t dim = 0; dim < dims; dim++)
            if (tier_rank(setup->space, dim) == rank)
                state->sequence_dims[dim] = next++;
    *ret_state = state;
    return CAVIAR_OK;
}

static caviar_code suggest(void *opaque, const cav_history *history, const cav_suggest *suggest,
                           double *ret_point, cav_error *error)
{
    (void)history, (void)error;
    const sobol_state *state = opaque;
    const cav_space *space = state->space;
    // a point that was refused is replaced by the same one of another scrambling
    cav_random random = cav_random_stream(state->seed, 0, CAV_PURPOSE_SCRAMBLE, suggest->attempt);
    uint64_t scrambling = cav_random_u64(&random);
    for (size_t dim = 0; dim < space->dim_count; dim++)
        ret_point[dim] =
            cav_sobol_coordinate(scrambling, (uint32_t)suggest->number, state->sequence_dims[dim]);
    cav_beginning_place(space, state->seed, suggest, ret_point);
    return CAVIAR_OK;
}

const cav_sampler_type cav_sampler_sobol = {
    .name = "sobol",
    .summary = "quasi-random points (scrambled Sobol), more even than random ones",
    .by_number = true,
    .create = create,
    .suggest = suggest,
    .destroy = free,
};
