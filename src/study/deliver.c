/**
 * deliver.c: nudges on their way into the answer to a report.
 *
 * At the report of a step all that the schedule has for the steps since the last report is due,
 * and everything that was wanted since then. A trial that is run again hears all of the schedule
 * once more, as it comes to each step; values are absolute, so hearing one twice does no harm.
 *
 * The program wrote the checkpoint of a step before it heard the answer to that step's report. So
 * a rollback to step t takes back what was delivered with step t and later.
 */
#include "study/study.h"

#include "trial/checkpoints.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool cav_study_keeps(const char *checkpoints, int64_t step)
{
    return !cav_checkpoints_are_known(checkpoints) ||
           cav_checkpoints_find(checkpoints, step, step + 1) == step;
}

// One delivery.
typedef struct delivery {
    cav_study *study;
    caviar_trial *trial;
    const cav_nudge_list *list;
    int64_t step;
    const cav_nudge *back; // the rollback that counts, or NULL
    double *raw;           // [parameter count] the values that the answer tells; NaN: not told
} delivery;

static bool waits_for_next(const cav_nudge *nudge)
{
    return nudge->state == CAV_NUDGE_WAITING && nudge->step < 0;
}

static caviar_code set(const delivery *at, const cav_nudge *nudge, cav_nudge_state state,
                       int64_t step)
{
    cav_study *study = at->study;
    return study->store->type->nudge_set(study->store, &study->scope, nudge->id, state, step,
                                         &at->trial->error);
}

static void overlay(const delivery *at, const cav_nudge *nudge)
{
    for (size_t i = 0; i < at->study->spec->space->count; i++)
        if (!isnan(nudge->raw[i]))
            at->raw[i] = nudge->raw[i];
}

// A trial that has come to its end needs no pause.
static const cav_nudge *find_pause(const delivery *at)
{
    int64_t last = cav_study_last_step(at->study);
    return last > 0 && at->step >= last ? NULL : cav_nudge_list_waiting(at->list, CAV_NUDGE_PAUSE);
}

// Of several rollbacks the last one counts. One whose checkpoint has gone since is refused.
static caviar_code find_rollback(delivery *at)
{
    caviar_code code = CAVIAR_OK;
    for (size_t n = at->list->count; n-- > 0 && !code;) {
        const cav_nudge *nudge = &at->list->items[n];
        if (nudge->kind != CAV_NUDGE_ROLLBACK || !waits_for_next(nudge))
            continue;
        bool keeps = cav_study_keeps(cav_text_get(&at->trial->checkpoints), nudge->target);
        if (at->back)
            code = set(at, nudge, CAV_NUDGE_UNDONE, at->step);
        else if (keeps)
            at->back = nudge;
        else
            code = set(at, nudge, CAV_NUDGE_REFUSED, at->step);
    }
    return code;
}

// What the schedule has for the steps up to this one.
static caviar_code deliver_due(const delivery *at)
{
    caviar_code code = CAVIAR_OK;
    int64_t heard = at->step <= at->trial->heard_step ? -1 : at->trial->heard_step;
    for (size_t n = 0; n < at->list->count && !code; n++) {
        const cav_nudge *nudge = &at->list->items[n];
        if (!cav_nudge_is_scheduled(nudge) || nudge->step <= heard || nudge->step > at->step)
            continue;
        overlay(at, nudge);
        if (nudge->state == CAV_NUDGE_WAITING)
            code = set(at, nudge, CAV_NUDGE_ACTIVE, nudge->step);
    }
    return code;
}

// What is wanted at the next report, which is this one; behind a rollback only what came later.
static caviar_code deliver_wanted(const delivery *at, int64_t step)
{
    caviar_code code = CAVIAR_OK;
    for (size_t n = 0; n < at->list->count && !code; n++) {
        const cav_nudge *nudge = &at->list->items[n];
        if (nudge->kind != CAV_NUDGE_CHANGE || !waits_for_next(nudge))
            continue;
        if (at->back && nudge->id < at->back->id) {
            code = set(at, nudge, CAV_NUDGE_UNDONE, at->step);
        } else {
            overlay(at, nudge);
            code = set(at, nudge, CAV_NUDGE_ACTIVE, step);
        }
    }
    return code;
}

// The values that hold at the checkpoint, of every parameter that was ever changed: not every
// program keeps them in its checkpoints.
static void tell_values_before(const delivery *at, int64_t step)
{
    const cav_history *history = at->study->history;
    size_t count = at->study->spec->space->count;
    const double *start = history->raw + (size_t)at->trial->number * count;
    for (size_t n = 0; n < at->list->count; n++)
        for (size_t i = 0; i < count && at->list->items[n].raw; i++)
            if (!isnan(at->list->items[n].raw[i]))
                at->raw[i] = start[i];
    cav_nudge_list_apply(at->list, step - 1, at->raw, count);
}

static caviar_code deliver_rollback(const delivery *at)
{
    int64_t target = at->back->target;
    tell_values_before(at, target);
    caviar_code code = set(at, at->back, CAV_NUDGE_ACTIVE, at->step);
    for (size_t n = 0; n < at->list->count && !code; n++) {
        const cav_nudge *nudge = &at->list->items[n];
        if (nudge->kind == CAV_NUDGE_CHANGE && nudge->state == CAV_NUDGE_ACTIVE &&
            nudge->step >= target)
            code = set(at, nudge, CAV_NUDGE_UNDONE, nudge->step);
    }
    return code ? code : deliver_wanted(at, target);
}

static caviar_code deliver_all(delivery *at, caviar_verdict *verdict)
{
    const cav_nudge *stop = cav_nudge_list_waiting(at->list, CAV_NUDGE_STOP), *pause;
    if (stop) {
        *verdict = CAVIAR_VERDICT_STOP;
        return set(at, stop, CAV_NUDGE_ACTIVE, at->step);
    }
    if (at->trial->is_deaf)
        return CAVIAR_OK;
    caviar_code code = find_rollback(at);
    if (code)
        return code;
    if (at->back) { // whoever goes back wants it to go on, whatever the scheduler thinks
        *verdict = CAVIAR_VERDICT_RESTORE;
        return deliver_rollback(at);
    }
    pause = find_pause(at);
    if (pause) {
        *verdict = CAVIAR_VERDICT_PAUSE;
        return set(at, pause, CAV_NUDGE_ACTIVE, at->step);
    }
    if (*verdict != CAVIAR_VERDICT_CONTINUE)
        return CAVIAR_OK;
    code = deliver_due(at);
    return code ? code : deliver_wanted(at, at->step);
}

static void fill_answer(const delivery *at, caviar_verdict verdict)
{
    const cav_space *space = at->study->spec->space;
    caviar_trial *trial = at->trial;
    for (size_t i = 0; i < space->count; i++) {
        caviar_value value = cav_parameter_value(&space->parameters[i], at->raw[i]);
        if (value.kind != CAVIAR_KIND_NONE)
            cav_trial_change(trial, i, &value);
    }
    trial->restore_step = at->back ? at->back->target : 0;
    if (verdict == CAVIAR_VERDICT_RESTORE)
        trial->heard_step = at->back->target;
    else if (verdict == CAVIAR_VERDICT_CONTINUE && !trial->is_deaf)
        trial->heard_step = at->step;
}

static caviar_code deliver_in_group(delivery *at, caviar_verdict *verdict)
{
    cav_study *study = at->study;
    caviar_verdict wanted = *verdict;
    for (size_t i = 0; i < study->spec->space->count; i++)
        at->raw[i] = NAN;
    at->back = NULL;
    caviar_code code = study->store->type->begin(study->store, &at->trial->error);
    if (code)
        return code;
    code = deliver_all(at, &wanted);
    caviar_code committed =
        study->store->type->commit(study->store, code ? NULL : &at->trial->error);
    code = code ? code : committed;
    if (code)
        return code;
    fill_answer(at, wanted);
    *verdict = wanted;
    return CAVIAR_OK;
}

caviar_code cav_study_deliver(cav_study *study, caviar_trial *trial, int64_t step,
                              caviar_verdict *verdict)
{
    enum { MOST_TRIES = 5 }; // of a delivery that the loss of the store's server undid
    const cav_nudge_list *list = &study->history->nudges[trial->number];
    if (list->count == 0) {
        trial->heard_step = step;
        return CAVIAR_OK;
    }
    delivery at = {.study = study, .trial = trial, .list = list, .step = step};
    at.raw = calloc(study->spec->space->count + 1, sizeof *at.raw);
    if (!at.raw)
        return cav_fail_memory(&trial->error);
    caviar_code code = deliver_in_group(&at, verdict);
    for (int i = 1; i < MOST_TRIES && code == CAVIAR_BUSY && cav_study_was_cut_off(study); i++)
        code = deliver_in_group(&at, verdict);
    free(at.raw);
    return code ? code : cav_study_read_nudges(study, &trial->error);
}
