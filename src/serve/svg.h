/**
 * svg.h: a picture of a study as a file of its own.
 */
#ifndef CAV_SERVE_SVG_H
#define CAV_SERVE_SVG_H

#include "study/study.h"

/** The pictures, as they are named. */
#define CAV_SVG_PICTURES                                                                           \
    "history, distribution, importance, curves, parallel, timeline, slice:NAME, "                  \
    "contour:NAME,NAME, ranks:NAME,NAME, front:METRIC,METRIC"

/**
 * Writes the picture that a word names ("history", "slice:lr", "contour:lr,momentum"), by a metric.
 * The study's history must hold the learning curves. CAVIAR_NOT_FOUND where there is nothing to
 * draw.
 */
caviar_code cav_svg_write(cav_study *study, size_t metric, const char *picture, cav_text *page,
                          cav_error *error);

#endif
