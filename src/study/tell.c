/**
 * tell.c: what comes back from a trial: reports, its result, its failure.
 */
#include "study/study.h"

#include "base/number.h"

#include <math.h>
#include <string.h>

// Index of the metric that a name means; NULL is the first. metric_count if it is none of ours.
static size_t metric_of(const cav_study *study, const char *name)
{
    if (!name || !name[0])
        return 0;
    size_t m = 0;
    while (m < study->spec->metric_count && strcmp(study->metric_names[m], name) != 0)
        m++;
    return m;
}

// Takes the study's own metrics over into the handle. Returns one that is not finite, or NULL.
static const caviar_metric *take_values(const cav_study *study, caviar_trial *trial,
                                        const caviar_metric *metrics, size_t metric_count)
{
    const caviar_metric *bad = NULL;
    for (size_t i = 0; i < metric_count; i++) {
        size_t m = metric_of(study, metrics[i].name);
        if (m == study->spec->metric_count)
            continue; // shown, but not tuned: may be anything
        trial->finals[m] = metrics[i].value;
        if (!isfinite(metrics[i].value))
            bad = &metrics[i];
    }
    return bad;
}

static caviar_code move(cav_study *study, caviar_trial *trial, cav_move *how)
{
    how->number = trial->number;
    how->attempt = trial->attempt;
    how->output = trial->output;
    how->usage = trial->usage;
    if (trial->drawn) {
        cav_study_named(study, trial, how->to, study->raw);
        how->raw = study->raw;
    }
    caviar_code code =
        study->store->type->trial_move(study->store, &study->scope, how, &trial->error);
    if (!code && !study->defers_sync && !study->spec->durability_normal)
        code = study->store->type->sync(study->store, &trial->error);
    if (code)
        return code;
    trial->state = how->to;
    trial->reason = how->reason;
    if (how->message) {
        const char *copy = cav_arena_strdup(trial->arena, how->message);
        trial->message = copy ? copy : "";
    }
    return CAVIAR_OK;
}

// What the same parameters would give again is not tried again.
static bool may_be_luck(caviar_reason reason)
{
    return reason != CAVIAR_REASON_INFEASIBLE && reason != CAVIAR_REASON_NOT_FINITE &&
           reason != CAVIAR_REASON_NO_METRIC;
}

static caviar_code fail_now(cav_study *study, caviar_trial *trial, caviar_reason reason,
                            const char *message)
{
    bool again = may_be_luck(reason) && trial->failures < study->spec->retry;
    cav_move how = {.to = again ? CAVIAR_STATE_WAITING : CAVIAR_STATE_FAILED,
                    .reason = again ? CAVIAR_REASON_NONE : reason,
                    .is_failure = true,
                    .message = message};
    return move(study, trial, &how);
}

static caviar_code fail_not_finite(cav_study *study, caviar_trial *trial, const caviar_metric *bad)
{
    char value[CAV_NUMBER_SIZE];
    cav_number_print(bad->value, value);
    cav_text message = {0};
    cav_text_appendf(&message, "%s is %s", study->metric_names[metric_of(study, bad->name)], value);
    if (trial->step >= 0)
        cav_text_appendf(&message, " (after step %lld)", (long long)trial->step);
    caviar_code code = fail_now(study, trial, CAVIAR_REASON_NOT_FINITE, cav_text_get(&message));
    cav_text_free(&message);
    return code;
}

static caviar_code keep_report(cav_study *study, caviar_trial *trial, int64_t step,
                               const caviar_metric *metrics, size_t metric_count)
{
    caviar_metric named[64];
    if (metric_count > CAV_COUNT_OF(named))
        return cav_fail(&trial->error, CAVIAR_INVALID, "a report has at most %zu metrics, not %zu",
                        CAV_COUNT_OF(named), metric_count);
    for (size_t i = 0; i < metric_count; i++) {
        bool unnamed = !metrics[i].name || !metrics[i].name[0];
        named[i].name = unnamed ? study->metric_names[0] : metrics[i].name;
        named[i].value = metrics[i].value;
    }
    cav_report report = {.number = trial->number,
                         .attempt = trial->attempt,
                         .step = step,
                         .metrics = named,
                         .metric_count = metric_count,
                         .can = trial->can == trial->told_can ? 0 : trial->can};
    if (trial->has_new_checkpoints)
        report.checkpoints = cav_text_get(&trial->checkpoints);
    if (trial->has_new_usage)
        report.usage = trial->usage;
    caviar_code code = study->store->type->report_add(study->store, &study->scope, &report,
                                                      study->lease_ms, &trial->error);
    if (code)
        return code;
    trial->told_can = trial->can;
    trial->has_new_checkpoints = trial->has_new_usage = false;
    return CAVIAR_OK;
}

static caviar_code judge(cav_study *study, caviar_trial *trial, caviar_verdict *ret_verdict)
{
    const cav_scheduler *scheduler = &study->scheduler;
    if (scheduler->type->reads_curves(scheduler->state)) {
        caviar_code code = cav_study_refresh(study, &trial->error);
        if (code)
            return code;
    }
    cav_judged judged = {.number = (size_t)trial->number, .can_pause = !trial->is_deaf};
    return scheduler->type->judge(scheduler->state, study->history, &judged, ret_verdict,
                                  &trial->error);
}

// A person made it from another trial, or nudges it: no scheduler ends what somebody looks after.
// What the scheduler itself has made or nudged is its own.
static bool is_nursed(const cav_study *study, int64_t number)
{
    const cav_history *history = study->history;
    const cav_nudge_list *list = &history->nudges[number];
    const char *scheduler = study->scheduler.type->name;
    bool nursed =
        history->parents[number] >= 0 && !cav_history_is_by(history, (size_t)number, scheduler);
    for (size_t n = 0; n < list->count && !nursed; n++)
        nursed = strcmp(list->items[n].author, scheduler) != 0;
    return nursed;
}

static caviar_code report(cav_study *study, caviar_trial *trial, int64_t step,
                          const caviar_metric *metrics, size_t metric_count,
                          caviar_verdict *ret_verdict)
{
    if (step < 0)
        return cav_fail(&trial->error, CAVIAR_INVALID, "a step is 0 or more, not %lld",
                        (long long)step);
    caviar_code code = keep_report(study, trial, step, metrics, metric_count);
    if (code)
        return code;
    trial->step = step;
    cav_history_step(study->history, (size_t)trial->number, step);
    const caviar_metric *bad = take_values(study, trial, metrics, metric_count);
    if (bad) {
        *ret_verdict = CAVIAR_VERDICT_STOP;
        return fail_not_finite(study, trial, bad);
    }
    *ret_verdict = CAVIAR_VERDICT_CONTINUE;
    code = cav_study_read_nudges(study, &trial->error);
    int64_t last = cav_study_last_step(study);
    bool goes_on = last == 0 || step < last;
    if (!code && goes_on && !is_nursed(study, trial->number))
        code = judge(study, trial, ret_verdict);
    if (!code && goes_on)
        code = cav_study_nurse(study, trial);
    return code ? code : cav_study_deliver(study, trial, step, ret_verdict);
}

static caviar_code link_report(caviar_trial *trial, int64_t step, const caviar_metric *metrics,
                               size_t metric_count, caviar_verdict *ret_verdict)
{
    cav_study *study = trial->context;
    cav_study_lock(study);
    caviar_code code = cav_study_widen(study, trial);
    if (!code)
        code = report(study, trial, step, metrics, metric_count, ret_verdict);
    cav_study_unlock(study);
    return code;
}

// Where a trial goes that was told to pause: somebody may have wished it on since.
static caviar_state after_pause(cav_study *study, const caviar_trial *trial)
{
    cav_error error = {0};
    if (cav_study_read_nudges(study, &error)) // then whoever reads them next goes on with it
        return CAVIAR_STATE_PAUSED;
    const cav_nudge *last = cav_nudge_list_rest(&study->history->nudges[trial->number]);
    bool goes_on = last && last->kind == CAV_NUDGE_RESUME && last->step == trial->step;
    return goes_on ? CAVIAR_STATE_WAITING : CAVIAR_STATE_PAUSED;
}

// Ends the handle's part in the trial: as the last verdict said, or else as `otherwise`.
static caviar_code obey(cav_study *study, caviar_trial *trial, caviar_state otherwise)
{
    cav_move how = {.to = trial->is_stopped  ? CAVIAR_STATE_PRUNED
                          : trial->is_paused ? after_pause(study, trial)
                                             : otherwise};
    if (how.to != CAVIAR_STATE_WAITING)
        how.values = trial->finals;
    return move(study, trial, &how);
}

// Metrics that the study does not tune are kept as a report, so that nothing told is lost.
static caviar_code keep_others(cav_study *study, caviar_trial *trial, const caviar_metric *metrics,
                               size_t metric_count)
{
    for (size_t i = 0; i < metric_count; i++)
        if (metric_of(study, metrics[i].name) == study->spec->metric_count)
            return keep_report(study, trial, trial->step > 0 ? trial->step : 0, metrics,
                               metric_count);
    return CAVIAR_OK;
}

static const char *missing_metric(const cav_study *study, const caviar_trial *trial)
{
    for (size_t m = 0; m < trial->final_count; m++)
        if (isnan(trial->finals[m]))
            return study->metric_names[m];
    return NULL;
}

static caviar_code tell(cav_study *study, caviar_trial *trial, const caviar_metric *metrics,
                        size_t metric_count)
{
    const caviar_metric *bad = take_values(study, trial, metrics, metric_count);
    caviar_code code = keep_others(study, trial, metrics, metric_count);
    if (code)
        return code;
    if (bad)
        return fail_not_finite(study, trial, bad);
    const char *missing = missing_metric(study, trial);
    if (missing && !trial->is_stopped && !trial->is_paused) {
        cav_text message = {0};
        cav_text_appendf(&message, "the metric '%s' was never given", missing);
        code = fail_now(study, trial, CAVIAR_REASON_NO_METRIC, cav_text_get(&message));
        cav_text_free(&message);
        return code;
    }
    return obey(study, trial, CAVIAR_STATE_COMPLETE);
}

static caviar_code link_tell(caviar_trial *trial, const caviar_metric *metrics, size_t metric_count)
{
    cav_study *study = trial->context;
    cav_study_lock(study);
    caviar_code code = tell(study, trial, metrics, metric_count);
    cav_study_unlock(study);
    return code;
}

static caviar_code link_fail(caviar_trial *trial, caviar_reason reason, const char *message)
{
    cav_study *study = trial->context;
    cav_study_lock(study);
    caviar_code code = fail_now(study, trial, reason, message);
    cav_study_unlock(study);
    return code;
}

static void link_release(caviar_trial *trial)
{
    cav_study *study = trial->context;
    if (trial->state != CAVIAR_STATE_RUNNING)
        return;
    cav_study_lock(study);
    obey(study, trial, CAVIAR_STATE_WAITING); // if it fails, the lease gives the trial back
    cav_study_unlock(study);
}

const cav_trial_link cav_study_link = {.report = link_report,
                                       .tell = link_tell,
                                       .fail = link_fail,
                                       .suggest = cav_study_suggest,
                                       .release = link_release};
