/**
 * scales.h: on which scale a parameter should have been searched.
 */
#ifndef CAV_INSIGHT_SCALES_H
#define CAV_INSIGHT_SCALES_H

#include "insight/smooth.h"

enum { CAV_SCALE_COUNT = 4 };

/** What the trials say for each scale of a parameter. */
typedef struct cav_scale_evidence {
    size_t parameter;
    // Nats by which the scale predicts trials that it has not seen better than the parameter's own
    // (differences that are small beside the spread of all losses do not count), and their standard
    // error; NaN for a scale that the range does not allow.
    double gains[CAV_SCALE_COUNT], errors[CAV_SCALE_COUNT];
    caviar_scale better; // the parameter's own one, unless another surely is
} cav_scale_evidence;

/**
 * Weighs the scales of every parameter that is a range: ret_evidence [dim_count], of which
 * *ret_count are filled.
 */
caviar_code cav_scales_weigh(const cav_smooth *smooth, cav_scale_evidence *ret_evidence,
                             size_t *ret_count, cav_error *error);

#endif
