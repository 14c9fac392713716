/**
 * ends.c: what trials that were stopped early would have ended with, for whoever looks back at a
 * study: they are most of its bad ones, and what mattered cannot be told from the good ones alone.
 */
#include "study/study.h"

// Whether curves that were read into it are still those of what is seen, as far as they go.
static bool may_go_on(const cav_study *study)
{
    const cav_ends *ends = &study->ends;
    return ends->comparable && ends->beginnings == study->beginnings &&
           ends->of == cav_study_seen(study) && ends->last_step == cav_study_last_step(study);
}

static bool is_up_to_date(const cav_study *study)
{
    const cav_ends *ends = &study->ends;
    return ends->view && may_go_on(study) && ends->changed == study->history->changed_count &&
           ends->reported == study->history->reported_count;
}

static caviar_code begin(cav_study *study, cav_error *error)
{
    if (may_go_on(study))
        return CAVIAR_OK;
    cav_study_forget_ends(study);
    study->ends = (cav_ends){.of = cav_study_seen(study),
                             .last_step = cav_study_last_step(study),
                             .beginnings = study->beginnings,
                             .comparable = cav_comparable_new(cav_study_last_step(study))};
    return study->ends.comparable ? CAVIAR_OK : cav_fail_memory(error);
}

void cav_study_forget_ends(cav_study *study)
{
    cav_comparable_free(study->ends.comparable);
    study->ends = (cav_ends){0};
}

// Those that were stopped and have a loss now.
static size_t count_stopped(const cav_history *before, const cav_history *view)
{
    size_t count = 0;
    for (size_t i = 0; i < before->count; i++)
        count +=
            before->states[i] == CAVIAR_STATE_PRUNED && view->states[i] == CAVIAR_STATE_COMPLETE;
    return count;
}

static bool has_stopped(const cav_history *history)
{
    for (size_t i = 0; i < history->finished_count; i++)
        if (history->states[history->finished[i]] == CAVIAR_STATE_PRUNED)
            return true;
    return false;
}

caviar_code cav_study_extrapolate(cav_study *study, cav_error *error)
{
    cav_ends *ends = &study->ends;
    if (is_up_to_date(study))
        return CAVIAR_OK;
    ends->view = NULL;
    if (study->spec->metric_count > 1 || !has_stopped(study->history))
        return CAVIAR_OK;
    if (!cav_study_reads_curves(study)) {
        study->keeps_curves = true;
        caviar_code code = cav_study_refresh(study, error);
        if (code)
            return code;
    }
    const cav_history *view = NULL;
    caviar_code code = begin(study, error);
    if (!code)
        code = cav_comparable_see(ends->comparable, ends->of, &view, error);
    if (code)
        return code;
    ends->view = view;
    ends->stopped = count_stopped(ends->of, view);
    ends->changed = study->history->changed_count;
    ends->reported = study->history->reported_count;
    return CAVIAR_OK;
}

const cav_history *cav_study_learnt(const cav_study *study)
{
    return is_up_to_date(study) ? study->ends.view : cav_study_seen(study);
}

size_t cav_study_stopped(const cav_study *study)
{
    return is_up_to_date(study) ? study->ends.stopped : 0;
}
