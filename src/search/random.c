/**
 * random.c: uniform random search on each parameter's own scale.
 *
 * Bergstra, Bengio: "Random search for hyper-parameter optimization", JMLR 13, 2012. N trials try
 * N values of every parameter, whichever of them turn out to matter.
 */
#include "search/sampler.h"

#include "base/random.h"
#include "search/beginning.h"

#include <stdlib.h>

static caviar_code create(const cav_sampler_setup *setup, const void *settings, void **ret_state,
                          cav_error *error)
{
    (void)settings;
    cav_sampler_setup *state = malloc(sizeof *state);
    if (!state)
        return cav_fail_memory(error);
    *state = *setup;
    *ret_state = state;
    return CAVIAR_OK;
}

static caviar_code suggest(void *state, const cav_history *history, const cav_suggest *suggest,
                           double *ret_point, cav_error *error)
{
    (void)history, (void)error;
    const cav_sampler_setup *setup = state;
    const cav_space *space = setup->space;
    cav_random random =
        cav_random_stream(setup->seed, suggest->number, CAV_PURPOSE_SUGGEST, suggest->attempt);
    for (size_t dim = 0; dim < space->dim_count; dim++)
        ret_point[dim] = cav_random_unit(&random);
    cav_beginning_place(space, setup->seed, suggest, ret_point);
    return CAVIAR_OK;
}

const cav_sampler_type cav_sampler_random = {
    .name = "random",
    .summary = "independent draws, uniform on each parameter's scale",
    .by_number = true,
    .create = create,
    .suggest = suggest,
    .destroy = free,
};
