/**
 * place.c: configurations of an earlier form of their space.
 */
#include "space/place.h"

#include <math.h>
#include <string.h>

// Puts the values of what is fixed in place of others; false where there are no others.
static bool put_fixed(const cav_space *space, double *raw)
{
    bool any = false;
    for (size_t i = 0; i < space->count; i++) {
        const cav_parameter *parameter = &space->parameters[i];
        if (parameter->axis != CAV_AXIS_NONE || isnan(raw[i]) || raw[i] == parameter->initial)
            continue;
        raw[i] = parameter->initial;
        any = true;
    }
    return any;
}

static double nearest(const cav_parameter *parameter, double raw)
{
    if (isnan(raw) || cav_parameter_check(parameter, raw, NULL) == CAVIAR_OK)
        return raw;
    double inside = fmin(fmax(raw, parameter->limit_low), parameter->limit_high);
    return cav_parameter_snap(parameter, inside);
}

cav_space_place cav_space_locate(const cav_space *space, const double *raw, double *scratch,
                                 double *ret_point)
{
    memcpy(scratch, raw, space->count * sizeof *scratch);
    bool differs = put_fixed(space, scratch);
    bool is_inside = cav_space_check(space, scratch, NULL) == CAVIAR_OK;
    for (size_t i = 0; i < space->count && !is_inside; i++)
        scratch[i] = nearest(&space->parameters[i], scratch[i]);
    cav_space_encode(space, scratch, ret_point);
    return !is_inside ? CAV_PLACE_OUTSIDE : differs ? CAV_PLACE_BESIDE : CAV_PLACE_INSIDE;
}
