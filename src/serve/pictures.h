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

/** The share of the complete trials up to each value. */
void cav_picture_distribution(const cav_findings *findings, cav_text *page);

/** The trials over a pair of parameters, filled by their rank. */
void cav_picture_ranks(const cav_findings *findings, const size_t pair[2], cav_text *page);

/**
 * A pair of metrics, with the trials that no other dominates in all metrics; where there are three,
 * these are filled the more the better they are in the third.
 */
caviar_code cav_picture_front(const cav_findings *findings, const size_t pair[2], cav_text *page,
                              cav_error *error);

/** A line for each trial over all parameters and metrics. */
void cav_picture_parallel(const cav_findings *findings, cav_text *page);

/** When each trial ran; *ret_any is false, and nothing written, where none has. */
caviar_code cav_picture_timeline(const cav_findings *findings, cav_text *page, bool *ret_any,
                                 cav_error *error);

/** The learning curves; false, and nothing written, where no trial has one. */
bool cav_picture_curves(const cav_findings *findings, cav_text *page);

#endif
