/**
 * start.c: Sobol points with the defaults put in.
 */
#include "search/start.h"

#include "search/sobol_points.h"

#include <math.h>

void cav_start_point(const cav_space *space, uint64_t scrambling, const cav_suggest *suggest,
                     double *ret_point)
{
    bool is_guess = suggest->number == 0 && suggest->attempt == 0;
    for (size_t dim = 0; dim < space->dim_count; dim++) {
        const cav_parameter *parameter = &space->parameters[space->dims[dim]];
        double v =
            cav_sobol_coordinate(scrambling + suggest->attempt, (uint32_t)suggest->number, dim);
        ret_point[dim] = is_guess && !isnan(parameter->initial)
                             ? cav_parameter_encode(parameter, parameter->initial)
                             : cav_parameter_start(parameter, v);
    }
}
