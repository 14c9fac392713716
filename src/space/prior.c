/**
 * prior.c: a user's belief as a density.
 */
#include "space/prior.h"

#include "base/normal.h"

#include <math.h>

static const double even_share = 0.1;

// What is believed, ready for use: a cell that has a share of its own, or a normal curve.
typedef struct curve {
    bool is_cell;
    double low, high; // of the cell, or where the curve is cut off
    double share;     // of the cell
    double middle, deviation;
    double before, mass;  // of the standard normal curve below `low`, and between the ends
    double special_share; // of the unit interval, below the range, where it is even
} curve;

// By confidence, low to high: a deviation as a part of the range, and how much of what an even
// density gives to the other choices goes to the believed one.
static void widths(caviar_confidence confidence, double *ret_deviation, double *ret_pull)
{
    switch (confidence) {
    case CAVIAR_CONFIDENCE_LOW:
        *ret_deviation = 0.3, *ret_pull = 0.25;
        return;
    case CAVIAR_CONFIDENCE_MEDIUM:
        *ret_deviation = 0.15, *ret_pull = 0.5;
        return;
    case CAVIAR_CONFIDENCE_HIGH:
        *ret_deviation = 0.075, *ret_pull = 0.75;
        return;
    }
}

static curve make_curve(const cav_parameter *parameter)
{
    double deviation = 1, pull = 0, u = cav_parameter_encode(parameter, parameter->prior);
    double special = parameter->special_share;
    widths(parameter->confidence, &deviation, &pull);
    curve at = {.middle = u, .special_share = special};
    at.is_cell = parameter->axis == CAV_AXIS_CHOICES || u < special;
    if (at.is_cell) {
        cav_parameter_cell(parameter, u, &at.low, &at.high);
        at.share = at.high - at.low + pull * (1 - (at.high - at.low));
        return at;
    }
    at.low = fmin(u, cav_parameter_start(parameter, special));
    at.high = fmax(u, cav_parameter_start(parameter, 1));
    at.deviation = deviation * (at.high - at.low);
    at.before = cav_normal_cdf((at.low - u) / at.deviation);
    at.mass = cav_normal_cdf((at.high - u) / at.deviation) - at.before;
    return at;
}

bool cav_prior_is_given(const cav_parameter *parameter)
{
    return !isnan(parameter->prior);
}

bool cav_prior_any(const cav_space *space)
{
    for (size_t dim = 0; dim < space->dim_count; dim++)
        if (cav_prior_is_given(&space->parameters[space->dims[dim]]))
            return true;
    return false;
}

// Density and slope without the even part.
static double density(const curve *at, double u, double *ret_slope)
{
    bool inside = u >= at->low && u <= at->high;
    *ret_slope = 0;
    if (at->is_cell)
        return inside ? at->share / (at->high - at->low)
                      : (1 - at->share) / (1 - (at->high - at->low));
    if (u < at->special_share)
        return 1;
    if (!inside)
        return 0;
    double z = (u - at->middle) / at->deviation;
    double height = exp(-z * z / 2) / sqrt(2 * M_PI) / at->deviation / at->mass;
    height *= 1 - at->special_share;
    *ret_slope = -z / at->deviation * height;
    return height;
}

double cav_prior_log_density(const cav_parameter *parameter, double u, double *ret_slope)
{
    double value = 1, slope = 0;
    if (cav_prior_is_given(parameter)) {
        curve at = make_curve(parameter);
        value = even_share + (1 - even_share) * density(&at, u, &slope);
    }
    if (ret_slope)
        *ret_slope = (1 - even_share) * slope / value;
    return log(value);
}

double cav_prior_place(const cav_parameter *parameter, double v)
{
    if (!cav_prior_is_given(parameter))
        return cav_parameter_start(parameter, v);
    curve at = make_curve(parameter);
    double width = at.high - at.low;
    if (at.is_cell) {
        if (v < at.share)
            return at.low + v / at.share * width;
        double rest = (v - at.share) / (1 - at.share) * (1 - width);
        return rest < at.low ? rest : rest + width;
    }
    if (v < at.special_share)
        return v;
    double part = (v - at.special_share) / (1 - at.special_share);
    double z = cav_normal_quantile(at.before + part * at.mass);
    return fmin(fmax(at.middle + at.deviation * z, at.low), at.high);
}
