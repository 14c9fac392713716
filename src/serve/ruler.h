/**
 * ruler.h: an axis of a picture: where values lie on it, and where its ticks stand.
 */
#ifndef CAV_SERVE_RULER_H
#define CAV_SERVE_RULER_H

#include "base/text.h"
#include "caviar.h"

/** A range of values on a scale, which must fit it (see cav_scale_complaint); low < high. */
typedef struct cav_ruler {
    caviar_scale scale;
    double low, high;
} cav_ruler;

enum { CAV_RULER_MOST = 12 }; // ticks

/** The share of the way from low to high at which a value lies, clamped to [0, 1]. */
double cav_ruler_place(const cav_ruler *ruler, double value);

/**
 * Round values in [low, high], in growing order, at most `most` (from 2 to CAV_RULER_MOST): as many
 * as there are room for. On a log scale powers of ten and what lies between them, on a reverse-log
 * one the same of 1 - x, on a logit one both. Returns how many; the ends alone where no round ones
 * are found.
 */
size_t cav_ruler_ticks(const cav_ruler *ruler, size_t most, double ret_ticks[CAV_RULER_MOST]);

/** Appends a tick's value. */
void cav_ruler_label(double tick, cav_text *page);

#endif
