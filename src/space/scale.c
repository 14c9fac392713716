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

double cav_scale_distance(caviar_scale scale, double low, double x)
{
    switch (scale) {
    case CAVIAR_SCALE_LINEAR:
        return x - low;
    case CAVIAR_SCALE_LOG:
        return log(x / low);
    case CAVIAR_SCALE_REVERSE_LOG:
        return -log1p((low - x) / (1 - low));
    case CAVIAR_SCALE_LOGIT:
        return log(x / low) - log1p((low - x) / (1 - low));
    }
    return NAN;
}

double cav_scale_advance(caviar_scale scale, double low, double distance)
{
    double odds;
    switch (scale) {
    case CAVIAR_SCALE_LINEAR:
        return low + distance;
    case CAVIAR_SCALE_LOG:
        return low * exp(distance);
    case CAVIAR_SCALE_REVERSE_LOG:
        return low - (1 - low) * expm1(-distance);
    case CAVIAR_SCALE_LOGIT:
        odds = low / (1 - low) * exp(distance);
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
