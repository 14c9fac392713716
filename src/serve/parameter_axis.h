/**
 * parameter_axis.h: a parameter along an axis of a picture, on its own scale.
 */
#ifndef CAV_SERVE_PARAMETER_AXIS_H
#define CAV_SERVE_PARAMETER_AXIS_H

#include "serve/plot.h"
#include "space/parameter.h"

/** Draws its ticks across, or up: choices and a few levels have a label each, a range has round
 * values of its scale. */
void cav_parameter_axis_across(const cav_parameter *parameter, const cav_plot *plot);
void cav_parameter_axis_up(const cav_parameter *parameter, const cav_plot *plot);

/**
 * Where a value of trial `row` stands, in [0, 1]. Trials of one value stand side by side: by a part
 * of the value's own width, always the same.
 */
double cav_parameter_axis_place(const cav_parameter *parameter, double raw, size_t row);

/** How wide the part is in which the trials of one value stand; 0: they stand on its place. */
double cav_parameter_axis_room(const cav_parameter *parameter);

#endif
