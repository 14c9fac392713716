/**
 * scale.h: the four scales.
 *
 * A scale is a strictly increasing function t: x, ln x, -ln(1 - x), logit x. The unit coordinate
 * of x in [low, high] is distance(low, x) / distance(low, high), which gives the formulas of
 * CAVIAR_SCALES. Everything is measured from `low`, so that narrow ranges far from 1 lose nothing.
 */
#ifndef CAV_SPACE_SCALE_H
#define CAV_SPACE_SCALE_H

#include "caviar.h"

/** t(x) - t(low). */
double cav_scale_distance(caviar_scale scale, double low, double x);

/** The x with cav_scale_distance(scale, low, x) = distance. */
double cav_scale_advance(caviar_scale scale, double low, double distance);

/** dx/dt at x. */
double cav_scale_slope(caviar_scale scale, double x);

/** How far below x, or above it, a half step may reach without leaving the scale: at most half of
 * what lies between x and the scale's own end. */
double cav_scale_room_below(caviar_scale scale, double x);
double cav_scale_room_above(caviar_scale scale, double x);

/** What a range must fulfil on this scale, in words; NULL where [low, high] does. */
const char *cav_scale_complaint(caviar_scale scale, double low, double high);

#endif
