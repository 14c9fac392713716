/**
 * findings.c: ranks the trials, measures importance, and chooses the axis of the metric.
 */
#include "serve/findings.h"

#include "base/order.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

// The axis shows the better nine tenths: one trial that diverged must not flatten all others.
#define SHOWN_SHARE 0.9

// A range of so many times its least value is read better on a log scale.
#define LOG_RATIO 8.0

static cav_ruler widen(cav_ruler ruler)
{
    if (ruler.scale == CAVIAR_SCALE_LOG) {
        double room = pow(ruler.high / ruler.low, 0.05);
        return (cav_ruler){ruler.scale, ruler.low / room, ruler.high * room};
    }
    double room = 0.05 * (ruler.high - ruler.low);
    if (room <= 0)
        room = ruler.low != 0 ? 0.05 * fabs(ruler.low) : 1;
    return (cav_ruler){ruler.scale, ruler.low - room, ruler.high + room};
}

// The axis for losses [count] of a metric, in growing order, in the user's direction.
static cav_ruler choose_axis(const cav_findings *at, size_t metric, const double *losses,
                             size_t count)
{
    size_t last = (size_t)(SHOWN_SHARE * (double)(count - 1) + 0.5);
    double best = cav_history_in_direction(at->history, metric, losses[0]);
    double worst = cav_history_in_direction(at->history, metric, losses[last]);
    cav_ruler ruler = {.low = fmin(best, worst), .high = fmax(best, worst)};
    if (ruler.low > 0 && ruler.high > LOG_RATIO * ruler.low)
        ruler.scale = CAVIAR_SCALE_LOG;
    return widen(ruler);
}

// The axes of all metrics.
static caviar_code find_axes(cav_findings *at, cav_error *error)
{
    size_t metrics = at->history->metric_count;
    at->axes = CAV_ARENA_NEW(at->arena, cav_ruler, metrics);
    if (!at->axes)
        return cav_fail_memory(error);
    for (size_t m = 0; m < metrics; m++) {
        cav_ranking ranking = at->ranking;
        caviar_code code = m == at->metric
                               ? CAVIAR_OK
                               : cav_ranking_make(at->history, m, at->arena, &ranking, error);
        if (code)
            return code;
        at->axes[m] = ranking.count == 0 ? (cav_ruler){.low = 0, .high = 1}
                                         : choose_axis(at, m, ranking.losses, ranking.count);
    }
    return CAVIAR_OK;
}

static void find_beyond(cav_findings *at)
{
    const cav_ranking *ranking = &at->ranking;
    at->values = at->axes[at->metric];
    while (at->beyond < ranking->count) {
        double value = cav_findings_value(at, ranking->losses[ranking->count - 1 - at->beyond]);
        if (value >= at->values.low && value <= at->values.high)
            break;
        at->beyond++;
    }
}

static caviar_code find_on_curve(cav_findings *at, cav_error *error)
{
    const cav_history *history = at->history;
    size_t count = 0, finite = 0;
    for (size_t i = 0; i < history->count; i++)
        count += history->curves[i].count;
    double *losses = malloc((count + 1) * sizeof *losses);
    if (!losses)
        return cav_fail_memory(error);
    for (size_t i = 0; i < history->count; i++)
        for (size_t k = 0; k < history->curves[i].count; k++) {
            double loss = history->curves[i].losses[k * history->metric_count + at->metric];
            if (isfinite(loss))
                losses[finite++] = loss;
        }
    cav_sort(losses, finite);
    at->on_curve = finite > 0 ? choose_axis(at, at->metric, losses, finite) : at->values;
    free(losses);
    return CAVIAR_OK;
}

// Most important first; those that are not varied come nowhere.
static caviar_code order_parameters(cav_findings *at, cav_error *error)
{
    const cav_space *space = at->study->spec->space;
    at->order = CAV_ARENA_NEW(at->arena, size_t, space->dim_count + 1);
    if (!at->order)
        return cav_fail_memory(error);
    for (size_t d = 0; d < space->dim_count; d++)
        at->order[d] = at->importance_count ? at->importance[d].parameter : space->dims[d];
    return CAVIAR_OK;
}

static caviar_code measure(cav_findings *at, cav_error *error)
{
    const cav_study *study = at->study;
    cav_error few = {0};
    at->importance = CAV_ARENA_NEW(at->arena, cav_importance, study->spec->space->dim_count + 1);
    if (!at->importance)
        return cav_fail_memory(error);
    caviar_code code =
        cav_importance_measure(study->spec->space, cav_study_learnt(study), at->metric,
                               study->spec->seed, at->importance, &at->basis, &few);
    if (!code)
        at->importance_count = study->spec->space->dim_count;
    else if (code == CAVIAR_NOT_FOUND)
        snprintf(at->too_few, sizeof at->too_few, "%.199s", few.message);
    else
        return cav_fail(error, code, "%s", few.message);
    return CAVIAR_OK;
}

// What a forest says.
static caviar_code ask_forest(cav_findings *at, cav_error *error)
{
    const cav_spec *spec = at->study->spec;
    cav_measurement_setup setup = {.space = spec->space,
                                   .history = cav_study_learnt(at->study),
                                   .metric = at->metric,
                                   .seed = spec->seed,
                                   .method = CAV_METHOD_FANOVA};
    return cav_measurement_make(&setup, at->arena, &at->varied, error);
}

// The first few parameters, two by two.
static caviar_code make_contours(cav_findings *at, cav_smooth *smooth, cav_error *error)
{
    enum { CONTOURED = 3 };
    size_t dims = smooth->space->dim_count, most = dims < CONTOURED ? dims : CONTOURED;
    caviar_code code = CAVIAR_OK;
    at->contours = CAV_ARENA_NEW(at->arena, cav_contour, CONTOURED * CONTOURED);
    if (!at->contours)
        return cav_fail_memory(error);
    for (size_t i = 0; i < most; i++)
        for (size_t k = i + 1; k < most && !code; k++) {
            code = cav_contour_make(smooth, at->order[i], at->order[k], at->arena,
                                    &at->contours[at->contour_count], error);
            at->contour_count += !code;
        }
    return code;
}

// What a smooth model says: the pictures first, since it forgets its trials when it advises.
static caviar_code ask_smooth(cav_findings *at, cav_error *error)
{
    const cav_spec *spec = at->study->spec;
    cav_smooth smooth;
    caviar_code code = cav_smooth_make(spec->space, cav_study_learnt(at->study), at->metric,
                                       spec->seed, CAV_SMOOTH_CALLS, &smooth, error);
    if (!code)
        code = cav_effects_make(&smooth, at->arena, &at->effects, error);
    if (!code)
        code = make_contours(at, &smooth, error);
    if (!code)
        code = cav_advice_of(&smooth, spec->seed, at->arena, &at->advice, error);
    cav_smooth_free(&smooth);
    return code;
}

// What is best by the first metric the study says; by another one it is the best value.
static caviar_code find_best(cav_findings *at, cav_error *error)
{
    if (at->metric == 0)
        return cav_study_best(at->study, &at->best, error);
    at->best = (cav_best){.trial = SIZE_MAX, .loss = (double)NAN};
    if (at->ranking.count > 0)
        at->best = (cav_best){.trial = at->ranking.rows[0], .loss = at->ranking.losses[0]};
    return CAVIAR_OK;
}

caviar_code cav_findings_begin(cav_study *study, size_t metric, cav_findings *ret_findings,
                               cav_error *error)
{
    caviar_code code = cav_study_extrapolate(study, error);
    *ret_findings = (cav_findings){
        .study = study, .metric = metric, .history = study->history, .arena = cav_arena_new()};
    if (!code && !ret_findings->arena)
        code = cav_fail_memory(error);
    if (!code)
        code = cav_ranking_make(study->history, metric, ret_findings->arena, &ret_findings->ranking,
                                error);
    if (!code)
        code = find_axes(ret_findings, error);
    if (!code)
        code = find_best(ret_findings, error);
    if (code)
        return code;
    find_beyond(ret_findings);
    code = find_on_curve(ret_findings, error);
    if (!code)
        code = measure(ret_findings, error);
    return code ? code : order_parameters(ret_findings, error);
}

caviar_code cav_findings_make(cav_study *study, size_t metric, cav_findings *ret_findings,
                              cav_error *error)
{
    caviar_code code = cav_findings_begin(study, metric, ret_findings, error);
    if (code || ret_findings->importance_count == 0)
        return code;
    code = ask_forest(ret_findings, error);
    return code ? code : ask_smooth(ret_findings, error);
}

void cav_findings_free(cav_findings *findings)
{
    cav_arena_free(findings->arena);
    *findings = (cav_findings){0};
}
