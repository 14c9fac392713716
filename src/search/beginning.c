/**
 * beginning.c: scrambled Sobol points by the number of the trial.
 */
#include "search/beginning.h"

#include "base/random.h"
#include "search/sobol_points.h"
#include "space/prior.h"

uint64_t cav_beginning_scrambling(uint64_t seed)
{
    cav_random random = cav_random_stream(seed, 0, CAV_PURPOSE_SCRAMBLE, 0);
    return cav_random_u64(&random);
}

size_t cav_beginning_count(int64_t option, const cav_sampler_setup *setup)
{
    enum { USUAL = 12, LEAST = 4 };
    size_t quarter = (size_t)setup->trial_budget / 4;
    if (option > 0)
        return (size_t)option;
    if (setup->trial_budget <= 0 || quarter > USUAL)
        return USUAL;
    return quarter > LEAST ? quarter : LEAST;
}

static bool follows_belief(const cav_space *space, uint64_t seed, const cav_suggest *suggest)
{
    const double most = 0.5, half = 40;
    if (!cav_prior_any(space))
        return false;
    cav_random random =
        cav_random_stream(seed, suggest->number, CAV_PURPOSE_BELIEF, suggest->attempt);
    return cav_random_unit(&random) < most * half / (half + (double)suggest->number);
}

void cav_beginning_place(const cav_space *space, uint64_t seed, const cav_suggest *suggest,
                         double *point)
{
    bool follows = follows_belief(space, seed, suggest);
    for (size_t dim = 0; dim < space->dim_count; dim++) {
        const cav_parameter *parameter = &space->parameters[space->dims[dim]];
        point[dim] = follows ? cav_prior_place(parameter, point[dim])
                             : cav_parameter_start(parameter, point[dim]);
    }
}

void cav_beginning_point(const cav_space *space, uint64_t scrambling, const cav_suggest *suggest,
                         double *ret_point)
{
    for (size_t dim = 0; dim < space->dim_count; dim++)
        ret_point[dim] =
            cav_sobol_coordinate(scrambling + suggest->attempt, (uint32_t)suggest->number, dim);
    cav_beginning_place(space, scrambling, suggest, ret_point);
    if (suggest->number == 0 && suggest->attempt == 0)
        cav_space_put_defaults(space, ret_point);
}
