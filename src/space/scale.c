/**
 * scale.c: linear, log, reverse-log (the log of 1 - x) and logit.
 */
#include "space/scale.h"

#include <math.h>

static bool is_above_zero(caviar_scale scale)
{
    return scale == CAVIAR_SCALE_LOG || scale == CAVIAR_SCALE_LOGIT;
}

static bool is_below_one(caviar_scale scale)
{
    return scale == CAVIAR_SCALE_REVERSE_LOG || scale == CAVIAR_SCALE_LOGIT;
}

// ln(1 + over / under), also where the quotient is too large for a double.
static double log_quotient(double over, double under)
{
    double quotient = over / under;
    return isfinite(quotient) ? log1p(quotient) : log(over) - log(under);
}

double cav_scale_distance(caviar_scale scale, double low, double x)
{
    switch (scale) {
    case CAVIAR_SCALE_LINEAR:
        return x - low;
    case CAVIAR_SCALE_LOG:
        return log_quotient(x - low, low);
    case CAVIAR_SCALE_REVERSE_LOG:
        return log_quotient(x - low, 1 - x);
    case CAVIAR_SCALE_LOGIT:
        return log_quotient(x - low, low) + log_quotient(x - low, 1 - x);
    }
    return NAN;
}

// x e^distance, also where e^distance alone has no place in a double.
static double times_exp(double x, double distance)
{
    if (fabs(distance) < 700)
        return x * exp(distance);
    double third = exp(distance / 3); // doubles span e^1455
    return x * third * third * third;
}

// Near `low` the difference from it is computed, far from it the number itself: each loses its
// digits where the other keeps them.
double cav_scale_advance(caviar_scale scale, double low, double distance)
{
    bool near = distance < 1;
    double more = expm1(near ? distance : 1), odds;
    switch (scale) {
    case CAVIAR_SCALE_LINEAR:
        return low + distance;
    case CAVIAR_SCALE_LOG:
        return near ? low + low * more : times_exp(low, distance);
    case CAVIAR_SCALE_REVERSE_LOG:
        return near ? low - (1 - low) * expm1(-distance) : 1 - times_exp(1 - low, -distance);
    case CAVIAR_SCALE_LOGIT:
        if (near)
            return low + low * (1 - low) * more / (1 + low * more);
        odds = times_exp(low / (1 - low), distance);
        return odds / (1 + odds);
    }
    return NAN;
}

double cav_scale_slope(caviar_scale scale, double x)
{
    double slope = 1;
    if (is_above_zero(scale))
        slope *= x;
    if (is_below_one(scale))
        slope *= 1 - x;
    return slope;
}

double cav_scale_room_below(caviar_scale scale, double x)
{
    return is_above_zero(scale) ? x / 2 : INFINITY;
}

double cav_scale_room_above(caviar_scale scale, double x)
{
    return is_below_one(scale) ? (1 - x) / 2 : INFINITY;
}

const char *cav_scale_complaint(caviar_scale scale, double low, double high)
{
    if (!isfinite(low) || !isfinite(high) || !isfinite(high - low))
        return "low and high must be finite";
    if (!(low < high))
        return "low must be less than high";
    if (is_above_zero(scale) && low <= 0)
        return "low must be greater than 0 on this scale (special: [0] adds exactly 0 beside a "
               "range)";
    if (is_below_one(scale) && high >= 1)
        return "high must be less than 1 on this scale";
    return NULL;
}
