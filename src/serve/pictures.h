/**
 * pictures.h: the pictures of a study, as SVG.
 */
#ifndef CAV_SERVE_PICTURES_H
#define CAV_SERVE_PICTURES_H

#include "serve/findings.h"

/** Every complete trial's value by its number, and the best so far. */
void cav_picture_history(const cav_findings *findings, cav_text *page);

/** How much each parameter mattered, with its interval. There must be importances. */
void cav_picture_importance(const cav_findings *findings, cav_text *page);

/** One parameter's values, on its own scale, against the metric. */
void cav_picture_slice(const cav_findings *findings, size_t parameter, cav_text *page);

/** The surrogate's mean over two parameters, with the trials on it. */
void cav_picture_contour(const cav_findings *findings, const cav_contour *contour, cav_text *page);

/** The learning curves; false, and nothing written, where no trial has one. */
bool cav_picture_curves(const cav_findings *findings, cav_text *page);

#endif
