/**
 * beginning.c: scrambled Sobol points by the number of the trial.
 */
#include "search/beginning.h"

#include "base/random.h"
#include "search/sobol_points.h"

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

void cav_beginning_point(const cav_space *space, uint64_t scrambling, const cav_suggest *suggest,
                         double *ret_point)
{
    for (size_t dim = 0; dim < space->dim_count; dim++) {
        double v =
            cav_sobol_coordinate(scrambling + suggest->attempt, (uint32_t)suggest->number, dim);
        ret_point[dim] = cav_parameter_start(&space->parameters[space->dims[dim]], v);
    }
    if (suggest->number == 0 && suggest->attempt == 0)
        cav_space_put_defaults(space, ret_point);
}
