/**
 * drawing.h: what the pictures of trials share: which of many are drawn, and how; axes of numbers.
 */
#ifndef CAV_SERVE_DRAWING_H
#define CAV_SERVE_DRAWING_H

#include "serve/findings.h"
#include "serve/plot.h"

/** A plot as wide as the page, in which `at` is drawn. */
cav_plot cav_drawing_wide(const cav_findings *at, cav_text *page);

/** One in which two parameters span a field. */
cav_plot cav_drawing_square(const cav_findings *at, cav_text *page);

/**
 * True where the trial of a rank, from 0, is drawn: of all at most about `most` are, the best half
 * of these and the best by cav_study_best for sure, and of the others each so many-th.
 */
bool cav_drawing_has(const cav_findings *at, size_t rank, size_t most);

/** The class of the trial of a rank: best, good (one of the best tenth) or other.
 */
const char *cav_drawing_class(const cav_findings *at, size_t rank);

/** Replaces a text by what is said of a trial that is pointed at: "trial 7: loss 0.25". */
void cav_drawing_describe(const cav_findings *at, size_t row, double loss, cav_text *text);

/** Draws about `most` ticks of an axis across or up (cav_plot_tick_x, cav_plot_tick_y); of whole
 * numbers alone, if wanted. */
void cav_drawing_ticks(const cav_ruler *axis, size_t most, bool whole, const cav_plot *plot,
                       cav_plot_tick *draw);

/** True where a trial's value lies in the range that the parameter has now. */
bool cav_drawing_is_on(const cav_parameter *axis, double raw);

#endif
