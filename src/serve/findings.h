/**
 * findings.h: what a report on a study is made of, worked out once.
 */
#ifndef CAV_SERVE_FINDINGS_H
#define CAV_SERVE_FINDINGS_H

#include "insight/advice.h"
#include "insight/contour.h"
#include "insight/effect.h"
#include "insight/measurement.h"
#include "insight/ranking.h"
#include "serve/ruler.h"
#include "study/study.h"

typedef struct cav_findings {
    cav_study *study;
    const cav_history *history;
    cav_arena *arena;
    size_t metric;       // that is looked at: all that has to do with values is by it
    cav_ranking ranking; // complete trials by that metric
    cav_best best;       // the best of them
    cav_ruler values;    // of that metric, where most of the values lie
    size_t beyond;       // complete trials whose value lies outside of it
    cav_ruler *axes;     // [metric_count] of each metric, likewise; that metric's is `values`
    cav_ruler on_curve;  // likewise, of the values on the way; as `values` where there are none
    cav_importance *importance; // [importance_count] most important first
    size_t importance_count;    // 0: too few trials
    cav_importance_basis basis;
    char too_few[200];      // why there is no importance
    cav_measurement varied; // what the metric varies with; nothing is in it where there are too few
    cav_advice_list advice; // likewise
    size_t *order;          // [dim_count] parameters in the order in which they are shown
    cav_effects effects;    // over each parameter alone; of no items: too few trials, or no model
    cav_contour *contours;  // [contour_count] of the parameters that are shown first, in pairs
    size_t contour_count;   // 0: too few trials, or parameters
    bool is_alone;          // each picture is a file of its own
} cav_findings;

/** Works out what the pictures of trials and of importance need, and no model; else likewise. */
caviar_code cav_findings_begin(cav_study *study, size_t metric, cav_findings *ret_findings,
                               cav_error *error);

/**
 * Works them out by a metric. The study's history must hold the learning curves. Free them in
 * either case.
 */
caviar_code cav_findings_make(cav_study *study, size_t metric, cav_findings *ret_findings,
                              cav_error *error);
void cav_findings_free(cav_findings *findings);

/** The name of the metric that is looked at. */
static inline const char *cav_findings_metric(const cav_findings *findings)
{
    return findings->study->metric_names[findings->metric];
}

/** The value of that metric in the user's direction, from a loss. */
static inline double cav_findings_value(const cav_findings *findings, double loss)
{
    return cav_history_in_direction(findings->history, findings->metric, loss);
}

/** Where a loss stands on one of the two axes of the metric, in [0, 1]. */
static inline double cav_findings_place(const cav_findings *findings, const cav_ruler *axis,
                                        double loss)
{
    return cav_ruler_place(axis, cav_findings_value(findings, loss));
}

#endif
