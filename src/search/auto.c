/**
 * auto.c: the default: picks a sampler by the space and the budget.
 *
 * A finite space that the budget can try whole is tried whole; everything else is zoomed into.
 */
#include "search/sampler.h"

#include <stdlib.h>

static caviar_code create(const cav_sampler_setup *setup, const void *settings, void **ret_state,
                          cav_error *error)
{
    (void)settings;
    cav_sampler *chosen = malloc(sizeof *chosen);
    if (!chosen)
        return cav_fail_memory(error);
    bool whole = cav_space_is_finite(setup->space) &&
                 cav_space_size(setup->space) <= (double)setup->trial_budget;
    caviar_code code = cav_sampler_open(chosen, whole ? "grid" : "zoom", NULL, 0, setup, error);
    if (code)
        free(chosen);
    else
        *ret_state = chosen;
    return code;
}

static caviar_code suggest(void *state, const cav_history *history, const cav_suggest *suggest,
                           double *ret_point, cav_error *error)
{
    const cav_sampler *chosen = state;
    return chosen->type->suggest(chosen->state, history, suggest, ret_point, error);
}

static void destroy(void *state)
{
    cav_sampler_close(state);
    free(state);
}

const cav_sampler_type cav_sampler_auto = {
    .name = "auto",
    .summary = "the default: grid where the budget covers a finite space, else zoom",
    .by_number = true,
    .create = create,
    .suggest = suggest,
    .destroy = destroy,
};
