/**
 * unit.c: a parameter's values to its unit coordinate and back.
 *
 * The unit interval holds the special values first, an equal cell each, then the range on its
 * scale. A level owns the cell between the half steps around it; half a step is added at both
 * ends, so that the outer levels have the same share as the others.
 *
 * A continuous value is rounded to the decimals that 1e-12 of the range can tell apart. It prints
 * short then, and survives the way to the unit coordinate and back unchanged.
 */
#include "space/parameter.h"

#include "space/scale.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static double clamp(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

static const double powers_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
enum { EXACT_POWERS = 22 }; // 10^22 is the last one that a double holds exactly

// x to so many decimals (negative: to tens, hundreds, …). A whole number divided by an exact power
// of ten is the double nearest to the decimal, the same that reading its digits gives.
static double round_decimals(double x, int decimals)
{
    if (abs(decimals) > EXACT_POWERS) { // in two factors, as 10^decimals may be no double
        double whole = rint(x * pow(10, decimals / 2) * pow(10, decimals - decimals / 2));
        char text[64];
        snprintf(text, sizeof text, "%.0fe%d", whole, -decimals);
        return strtod(text, NULL);
    }
    double power = powers_of_ten[abs(decimals)];
    return (decimals >= 0 ? rint(x * power) / power : rint(x / power) * power) + 0.0; // no -0
}

// The decimals that `resolution` can tell apart at x, of at most 14 significant digits.
static double tidy(double x, double resolution)
{
    if (x == 0 || !(resolution > 0))
        return x;
    int decimals = -(int)ceil(log10(resolution));
    int most = 14 - (int)ceil(log10(fabs(x)));
    return round_decimals(x, decimals < most ? decimals : most);
}

// A bound that is no further than `slack` from x, else x without the digits that rounding left.
static double tidy_level(const cav_parameter *parameter, double x, double slack, double resolution)
{
    const double bounds[] = {parameter->low, parameter->high, parameter->limit_low,
                             parameter->limit_high};
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++)
        if (fabs(x - bounds[i]) <= slack)
            return bounds[i];
    return clamp(tidy(x, resolution), parameter->limit_low, parameter->limit_high);
}

static double level_value(const cav_parameter *parameter, size_t level)
{
    if (parameter->choice_count > 0)
        return (double)level;
    if (parameter->step_factor != 0) {
        double half = pow(parameter->step_factor, (double)level / 2); // the whole may be no double
        double x = parameter->first * half * half;
        double slack = x * (1e-12 + 2e-9 * log(parameter->step_factor));
        return parameter->type == CAVIAR_TYPE_INT ? rint(x)
                                                  : tidy_level(parameter, x, slack, x * 1e-12);
    }
    double x = parameter->first + (double)level * parameter->step;
    if (parameter->type == CAVIAR_TYPE_INT)
        return rint(x);
    double rounding = 4e-15 * fmax(fabs(parameter->limit_low), fabs(parameter->limit_high));
    return tidy_level(parameter, x, parameter->step * 2e-9 + rounding, rounding);
}

// Do cells of equal size follow each other? Else they grow and shrink with the scale.
static bool is_even(const cav_parameter *parameter)
{
    return parameter->choice_count > 0 || parameter->step_factor != 0 ||
           parameter->scale == CAVIAR_SCALE_LINEAR;
}

static size_t level_at(const cav_parameter *parameter, double v)
{
    double level;
    if (is_even(parameter)) {
        level = floor(v * (double)parameter->level_count);
    } else {
        double x = cav_scale_advance(parameter->scale, parameter->padded_low, v * parameter->span);
        level = floor((x - parameter->first) / parameter->step + 0.5);
    }
    return (size_t)clamp(level, 0, (double)(parameter->level_count - 1));
}

// Where the cell of a level begins in [0, 1]; level_count gives the end of the last.
static double cell_edge(const cav_parameter *parameter, size_t level)
{
    if (level == 0)
        return 0;
    if (level >= parameter->level_count)
        return 1;
    if (is_even(parameter))
        return (double)level / (double)parameter->level_count;
    double x = parameter->first + ((double)level - 0.5) * parameter->step;
    return cav_scale_distance(parameter->scale, parameter->padded_low, x) / parameter->span;
}

static double cell_middle(const cav_parameter *parameter, size_t level)
{
    return (cell_edge(parameter, level) + cell_edge(parameter, level + 1)) / 2;
}

static size_t level_of(const cav_parameter *parameter, double raw)
{
    double level = raw;
    if (parameter->choice_count == 0 && parameter->step_factor != 0)
        level = cav_scale_distance(CAVIAR_SCALE_LOG, parameter->first, raw) /
                log(parameter->step_factor);
    else if (parameter->choice_count == 0)
        level = (raw - parameter->first) / parameter->step;
    return (size_t)clamp(rint(level), 0, (double)(parameter->level_count - 1));
}

// What 1e-12 of the range is at x.
static double resolution_at(const cav_parameter *parameter, double x)
{
    return 1e-12 * parameter->span * cav_scale_slope(parameter->scale, x);
}

// Range part only: v in [0, 1] without the specials.
static double range_decode(const cav_parameter *parameter, double v)
{
    if (parameter->level_count > 0)
        return level_value(parameter, level_at(parameter, v));
    if (v <= 0)
        return parameter->limit_low;
    if (v >= 1)
        return parameter->limit_high;
    double x = cav_scale_advance(parameter->scale, parameter->limit_low, v * parameter->span);
    double low = parameter->limit_low, high = parameter->limit_high;
    x = clamp(x, low, high);
    x = clamp(tidy(x, resolution_at(parameter, x)), low, high);
    // Where the number of decimals changes, what is left may have more of them than its neighbours
    // get; a second look, a hair further on, makes it one that comes back from either side.
    double resolution = resolution_at(parameter, x) * (1 + 1e-9);
    x = clamp(tidy(x, resolution), low, high);
    if (high - x < 1e-3 * resolution) // a coordinate could not tell it from the bound
        return high;
    return x - low < 1e-3 * resolution ? low : x;
}

static double range_encode(const cav_parameter *parameter, double raw)
{
    double x =
        parameter->choice_count > 0 ? raw : clamp(raw, parameter->limit_low, parameter->limit_high);
    if (parameter->level_count > 0)
        return cell_middle(parameter, level_of(parameter, x));
    double v = cav_scale_distance(parameter->scale, parameter->limit_low, x) / parameter->span;
    return clamp(v, 0, 1);
}

double cav_parameter_decode(const cav_parameter *parameter, double u)
{
    if (parameter->axis == CAV_AXIS_NONE)
        return parameter->initial;
    double share = parameter->special_share;
    u = u > 0 ? fmin(u, 1) : 0; // NaN becomes 0, too
    if (u >= share)
        return range_decode(parameter, (u - share) / (1 - share));
    size_t cell = (size_t)(u / share * (double)parameter->special_count);
    return parameter->specials[cell < parameter->special_count ? cell : cell - 1];
}

double cav_parameter_encode(const cav_parameter *parameter, double raw)
{
    double share = parameter->special_share;
    for (size_t i = 0; i < parameter->special_count; i++)
        if (parameter->specials[i] == raw)
            return ((double)i + 0.5) / (double)parameter->special_count * share;
    return share + (1 - share) * range_encode(parameter, raw);
}

double cav_parameter_snap(const cav_parameter *parameter, double raw)
{
    if (parameter->level_count == 0)
        return raw;
    for (size_t i = 0; i < parameter->special_count; i++)
        if (parameter->specials[i] == raw)
            return raw;
    return level_value(parameter, level_of(parameter, raw));
}

// The greatest level that is not above `high`, where the search starts.
static size_t level_below_high(const cav_parameter *parameter)
{
    size_t level = level_of(parameter, parameter->high);
    return level > 0 && level_value(parameter, level) > parameter->high ? level - 1 : level;
}

// v in [0, 1] onto the cells of the levels from low to high, and never onto their outer edges,
// which the neighbours may own.
static double start_level(const cav_parameter *parameter, double v)
{
    size_t low = level_of(parameter, parameter->low), high = level_below_high(parameter);
    double begin = cell_edge(parameter, low), end = cell_edge(parameter, high + 1);
    double first = begin + (cell_edge(parameter, low + 1) - begin) / 64;
    double last = end - (end - cell_edge(parameter, high)) / 64;
    return clamp(begin + v * (end - begin), first, last);
}

double cav_parameter_guess(const cav_parameter *parameter)
{
    return isnan(parameter->initial) ? parameter->prior : parameter->initial;
}

double cav_parameter_start(const cav_parameter *parameter, double v)
{
    double share = parameter->special_share;
    bool limited =
        parameter->limit_low != parameter->low || parameter->limit_high != parameter->high;
    if (!limited || v < share)
        return v;
    double at = (v - share) / (1 - share), begin, end; // in the range part
    if (parameter->level_count > 0)
        return share + (1 - share) * start_level(parameter, at);
    begin = range_encode(parameter, parameter->low);
    end = range_encode(parameter, parameter->high);
    return share + (1 - share) * (begin + at * (end - begin));
}

double cav_unit_mirror(double u)
{
    u = fmod(fabs(u), 2);
    return u > 1 ? 2 - u : u;
}

void cav_parameter_cell(const cav_parameter *parameter, double u, double *ret_low, double *ret_high)
{
    double share = parameter->special_share, at = clamp(u, 0, 1);
    if (at < share) {
        double count = (double)parameter->special_count, cell = floor(at / share * count);
        *ret_low = cell / count * share;
        *ret_high = (cell + 1) / count * share;
    } else if (parameter->level_count > 0) {
        size_t level = level_at(parameter, (at - share) / (1 - share));
        *ret_low = share + (1 - share) * cell_edge(parameter, level);
        *ret_high = share + (1 - share) * cell_edge(parameter, level + 1);
    } else {
        *ret_low = *ret_high = at;
    }
}

size_t cav_parameter_size(const cav_parameter *parameter)
{
    if (parameter->axis == CAV_AXIS_NONE)
        return 1;
    return parameter->level_count ? parameter->level_count + parameter->special_count : 0;
}

double cav_parameter_nth(const cav_parameter *parameter, size_t index)
{
    double share = parameter->special_share;
    if (index < parameter->special_count)
        return ((double)index + 0.5) / (double)parameter->special_count * share;
    return share + (1 - share) * cell_middle(parameter, index - parameter->special_count);
}

size_t cav_parameter_index(const cav_parameter *parameter, double raw)
{
    for (size_t i = 0; i < parameter->special_count; i++)
        if (parameter->specials[i] == raw)
            return i;
    return parameter->special_count + level_of(parameter, raw);
}
