/**
 * report.h: a study as one HTML page with pictures, which needs nothing beside it.
 */
#ifndef CAV_SERVE_REPORT_H
#define CAV_SERVE_REPORT_H

#include "study/study.h"

/**
 * Writes the page: the best trial, how the best value came down, what mattered, each parameter
 * against the metric on its own scale, the learning curves, the best trials, and what failed; by
 * each of several metrics, of which the page shows one at a time, and their Pareto front.
 * Everything that comes from a trial or a study file is shown as text. The study was opened with
 * `keeps_curves`, or else no learning curves are shown.
 */
caviar_code cav_report_write(cav_study *study, cav_text *page, cav_error *error);

#endif
