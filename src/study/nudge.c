/**
 * nudge.c: what somebody wants of a trial: other values, to go back, to end, to rest.
 *
 * Here it is checked and kept in the store; whichever process runs the trial delivers it, with the
 * answer to the next report (deliver.c).
 */
#include "study/study.h"

#include "store/rules.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static caviar_code take_in_nudge(void *context, const cav_nudge *nudge, cav_error *error)
{
    cav_study *study = context;
    return cav_history_nudge(study->history, nudge, error);
}

static caviar_code read_nudges(cav_study *study, cav_error *fault)
{
    return study->store->type->nudge_read(study->store, &study->scope, &study->nudge_cursor,
                                          take_in_nudge, study, fault);
}

// A nudge may be of a trial that has not been read, such as a fork that another process has just
// made: then the trials are read first, since those behind it would wait for ever otherwise.
caviar_code cav_study_read_nudges(cav_study *study, cav_error *error)
{
    cav_error fault = {0};
    caviar_code code = read_nudges(study, &fault);
    if (code == CAVIAR_NOT_FOUND) {
        code = cav_study_read_trials(study, error);
        if (code)
            return code;
        code = read_nudges(study, &fault);
    }
    if (code == CAVIAR_NOT_FOUND) { // it came after that: next time
        cav_control control;
        return study->store->type->study_control(study->store, study->id, &control, NULL, error);
    }
    return code ? cav_fail(error, code, "%s", fault.message) : CAVIAR_OK;
}

// ---- What can be wanted -----------------------------------------------------------------------

static caviar_code check_number(const cav_study *study, int64_t number, cav_error *error)
{
    const cav_history *history = study->history;
    if (number < 0 || (size_t)number >= history->count)
        return cav_fail(error, CAVIAR_NOT_FOUND, "study '%s' has no trial %lld (it has %zu)",
                        study->spec->study, (long long)number, history->count);
    return CAVIAR_OK;
}

static bool only_prints(const cav_history *history, int64_t number)
{
    unsigned can = history->cans[number];
    return (can & CAV_CAN_PRINT) && !(can & CAV_CAN_HEAR);
}

static caviar_code check_hears(const cav_study *study, int64_t number, cav_error *error)
{
    if (!only_prints(study->history, number))
        return CAVIAR_OK;
    return cav_fail(error, CAVIAR_STATE,
                    "trial %lld reports by printing, so nothing can be answered to it; a program "
                    "that is to be changed while it runs reports by 'caviar report', the library "
                    "or its socket",
                    (long long)number);
}

caviar_code cav_study_check_restores(const cav_study *study, int64_t number, int64_t step,
                                     cav_error *error)
{
    const cav_history *history = study->history;
    if (history->cans[number] == 0)
        return cav_fail(error, CAVIAR_STATE,
                        "trial %lld has not reported yet; there is nothing to go back to",
                        (long long)number);
    if (!(history->cans[number] & CAVIAR_CAN_RESTORE))
        return cav_fail(error, CAVIAR_STATE,
                        "the program of trial %lld has not said that it can restore a checkpoint, "
                        "so it is left alone; it says so with \"can\":[\"restore\"], see the "
                        "trial protocol",
                        (long long)number);
    const char *kept = history->checkpoints[number];
    if (kept && !cav_study_keeps(kept, step))
        return cav_fail(error, CAVIAR_NOT_FOUND,
                        "trial %lld has no checkpoint of step %lld; it has those of %.400s",
                        (long long)number, (long long)step, kept);
    if (step > history->steps[number])
        return cav_fail(error, CAVIAR_INVALID, "trial %lld is at step %lld, not yet at %lld",
                        (long long)number, (long long)history->steps[number], (long long)step);
    return CAVIAR_OK;
}

// ---- Other values -----------------------------------------------------------------------------

static void overlay(double *raw, const double *changes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isnan(changes[i]))
            raw[i] = changes[i];
}

static void values_before(const cav_study *study, int64_t number, int64_t step, double *ret_raw)
{
    size_t count = study->spec->space->count;
    for (size_t i = 0; i < count; i++)
        ret_raw[i] = study->history->raw[(size_t)number * count + i];
    cav_nudge_list_apply(&study->history->nudges[number], step - 1, ret_raw, count);
}

static void values_now(const cav_study *study, int64_t number, double *ret_raw)
{
    const cav_nudge_list *list = &study->history->nudges[number];
    size_t count = study->spec->space->count;
    values_before(study, number, 0, ret_raw);
    for (size_t n = 0; n < list->count; n++) {
        const cav_nudge *nudge = &list->items[n];
        bool waits = nudge->state == CAV_NUDGE_WAITING && nudge->step < 0;
        if (waits && nudge->kind == CAV_NUDGE_ROLLBACK)
            values_before(study, number, nudge->target, ret_raw);
        else if (nudge->kind == CAV_NUDGE_CHANGE && (waits || nudge->state == CAV_NUDGE_ACTIVE))
            overlay(ret_raw, nudge->raw, count);
    }
}

caviar_code cav_study_values(cav_study *study, int64_t number, double *ret_raw, cav_error *error)
{
    cav_study_lock(study);
    caviar_code code = cav_study_refresh(study, error);
    if (!code)
        code = check_number(study, number, error);
    if (!code)
        values_now(study, number, ret_raw);
    cav_study_unlock(study);
    return code;
}

// A running program has the parameters that it was started with, no more and no fewer.
static caviar_code check_activity(const cav_space *space, const double *before, const double *after,
                                  cav_error *error)
{
    for (size_t i = 0; i < space->count; i++) {
        bool was = !isnan(before[i]);
        bool is = space->is_partial ? was : cav_space_is_active(space, i, after);
        if (was == is && was == !isnan(after[i]))
            continue;
        if (!was && !is)
            return cav_fail(error, CAVIAR_INVALID, "this trial has no '%s': it is not active here",
                            space->parameters[i].name);
        return cav_fail(error, CAVIAR_INVALID,
                        "'%s' would %s to exist, which a running program cannot take; 'caviar add' "
                        "makes a new trial",
                        space->parameters[i].name, is ? "begin" : "cease");
    }
    return CAVIAR_OK;
}

static caviar_code check_space(const cav_space *space, const double *changes, const double *after,
                               cav_error *error)
{
    for (size_t i = 0; i < space->count; i++) {
        if (isnan(changes[i]))
            continue;
        caviar_code code = cav_parameter_check(&space->parameters[i], changes[i], error);
        if (code)
            return code;
    }
    if (cav_space_is_feasible(space, after))
        return CAVIAR_OK;
    return cav_fail(error, CAVIAR_INVALID, "these values break a constraint of the study");
}

static caviar_code check_values(const cav_study *study, int64_t number, const double *changes,
                                bool force, cav_error *error)
{
    const cav_space *space = study->spec->space;
    double *before = calloc(2 * space->count + 1, sizeof *before);
    if (!before)
        return cav_fail_memory(error);
    double *after = before + space->count;
    bool any = false;
    values_now(study, number, before);
    values_now(study, number, after);
    overlay(after, changes, space->count);
    for (size_t i = 0; i < space->count; i++)
        any |= !isnan(changes[i]);
    caviar_code code = any ? check_activity(space, before, after, error)
                           : cav_fail(error, CAVIAR_INVALID, "nothing is to change");
    if (!code && !force)
        code = check_space(space, changes, after, error);
    free(before);
    return code;
}

// ---- Keeping it -------------------------------------------------------------------------------

static caviar_code keep(cav_study *study, cav_nudge *nudge, const caviar_nudge_options *options,
                        cav_error *error)
{
    int64_t id;
    nudge->author = options && options->author ? options->author : "";
    nudge->note = options && options->note ? options->note : "";
    caviar_code code =
        study->store->type->nudge_add(study->store, &study->scope, nudge, &id, error);
    if (!code && !study->spec->durability_normal)
        code = study->store->type->sync(study->store, error);
    return code ? code : cav_study_read_nudges(study, error);
}

static caviar_code check_open(const cav_study *study, int64_t number, cav_error *error)
{
    caviar_code code = check_number(study, number, error);
    return code ? code
                : cav_rule_nudge(number, (caviar_state)study->history->states[number], error);
}

// What has become of a trial, which must not have ended.
static caviar_code look(cav_study *study, int64_t number, cav_error *error)
{
    caviar_code code = cav_study_refresh(study, error);
    return code ? code : check_open(study, number, error);
}

static caviar_code change(cav_study *study, int64_t number, const double *raw,
                          const caviar_nudge_options *options, cav_error *error)
{
    caviar_code code = look(study, number, error);
    if (!code)
        code = check_hears(study, number, error);
    if (!code)
        code = check_values(study, number, raw, options && options->force, error);
    if (code)
        return code;
    cav_nudge nudge = {
        .number = number, .kind = CAV_NUDGE_CHANGE, .step = -1, .target = -1, .raw = raw};
    return keep(study, &nudge, options, error);
}

caviar_code cav_study_nudge(cav_study *study, int64_t number, const double *raw,
                            const caviar_nudge_options *options, cav_error *error)
{
    cav_study_lock(study);
    caviar_code code = change(study, number, raw, options, error);
    cav_study_unlock(study);
    return code;
}

// The step of the last change that counts; -1: there is none.
static int64_t last_change(const cav_nudge_list *list)
{
    int64_t step = -1;
    for (size_t n = 0; n < list->count; n++)
        if (list->items[n].kind == CAV_NUDGE_CHANGE && list->items[n].state == CAV_NUDGE_ACTIVE)
            step = list->items[n].step;
    return step;
}

static caviar_code go_back(cav_study *study, int64_t number, int64_t step,
                           const caviar_nudge_options *options, int64_t *ret_step, cav_error *error)
{
    caviar_code code = look(study, number, error);
    if (code)
        return code;
    if (step < 0)
        step = last_change(&study->history->nudges[number]);
    if (step < 0)
        return cav_fail(error, CAVIAR_NOT_FOUND,
                        "trial %lld has no nudge to take back; --to STEP names another place",
                        (long long)number);
    code = check_hears(study, number, error);
    if (!code)
        code = cav_study_check_restores(study, number, step, error);
    if (code)
        return code;
    cav_nudge nudge = {.number = number, .kind = CAV_NUDGE_ROLLBACK, .step = -1, .target = step};
    code = keep(study, &nudge, options, error);
    if (!code)
        *ret_step = step;
    return code;
}

caviar_code cav_study_rollback(cav_study *study, int64_t number, int64_t step,
                               const caviar_nudge_options *options, int64_t *ret_step,
                               cav_error *error)
{
    cav_study_lock(study);
    caviar_code code = go_back(study, number, step, options, ret_step, error);
    cav_study_unlock(study);
    return code;
}

static caviar_code carry_out(cav_study_wish *deed, cav_study *study, int64_t number,
                             const caviar_nudge_options *options, cav_error *error)
{
    cav_study_lock(study);
    caviar_code code = deed(study, number, options, error);
    cav_study_unlock(study);
    return code;
}

// Keeps a wish that has neither values nor a place: an end, a pause.
static caviar_code wish(cav_study *study, int64_t number, cav_nudge_kind kind,
                        const caviar_nudge_options *options, cav_error *error)
{
    cav_nudge nudge = {.number = number, .kind = kind, .step = -1, .target = -1};
    return keep(study, &nudge, options, error);
}

static caviar_code stop(cav_study *study, int64_t number, const caviar_nudge_options *options,
                        cav_error *error)
{
    caviar_code code = look(study, number, error);
    return code ? code : wish(study, number, CAV_NUDGE_STOP, options, error);
}

caviar_code cav_study_stop(cav_study *study, int64_t number, const caviar_nudge_options *options,
                           cav_error *error)
{
    return carry_out(stop, study, number, options, error);
}

// ---- Rest -------------------------------------------------------------------------------------

// What is in force from now on, without a word to the program.
static caviar_code note(cav_study *study, int64_t number, cav_nudge_kind kind,
                        const caviar_nudge_options *options, cav_error *error)
{
    int64_t step = study->history->steps[number];
    cav_nudge nudge = {.number = number,
                       .kind = kind,
                       .state = CAV_NUDGE_ACTIVE,
                       .step = step > 0 ? step : 0,
                       .target = -1};
    return keep(study, &nudge, options, error);
}

static caviar_code pause(cav_study *study, int64_t number, const caviar_nudge_options *options,
                         cav_error *error)
{
    caviar_code code = look(study, number, error);
    if (!code)
        code = check_hears(study, number, error);
    if (code)
        return code;
    const cav_history *history = study->history;
    if (cav_history_is_to_rest(history, (size_t)number))
        return cav_fail(error, CAVIAR_STATE, "trial %lld is paused already", (long long)number);
    return history->states[number] == CAVIAR_STATE_PAUSED // by a scheduler
               ? note(study, number, CAV_NUDGE_PAUSE, options, error)
               : wish(study, number, CAV_NUDGE_PAUSE, options, error);
}

caviar_code cav_study_pause(cav_study *study, int64_t number, const caviar_nudge_options *options,
                            cav_error *error)
{
    return carry_out(pause, study, number, options, error);
}

// To the front: it waits to be run.
static caviar_code queue(cav_study *study, int64_t number, cav_error *error)
{
    cav_move move = {
        .number = number, .attempt = study->history->attempts[number], .to = CAVIAR_STATE_WAITING};
    caviar_code code = study->store->type->trial_move(study->store, &study->scope, &move, error);
    if (!code && !study->spec->durability_normal)
        code = study->store->type->sync(study->store, error);
    return code ? code : cav_study_refresh(study, error);
}

static caviar_code resume(cav_study *study, int64_t number, const caviar_nudge_options *options,
                          cav_error *error)
{
    caviar_code code = look(study, number, error);
    if (code)
        return code;
    const cav_nudge *waiting =
        cav_nudge_list_waiting(&study->history->nudges[number], CAV_NUDGE_PAUSE);
    if (waiting) { // it has not been told: it never is
        code = study->store->type->nudge_set(study->store, &study->scope, waiting->id,
                                             CAV_NUDGE_UNDONE, waiting->step, error);
        return code ? code : cav_study_read_nudges(study, error);
    }
    if (study->history->states[number] != CAVIAR_STATE_PAUSED &&
        !cav_history_is_held(study->history, (size_t)number))
        return cav_fail(error, CAVIAR_STATE, "trial %lld is %s, not paused", (long long)number,
                        caviar_state_name((caviar_state)study->history->states[number]));
    code = note(study, number, CAV_NUDGE_RESUME, options, error);
    if (!code)
        code = cav_study_refresh(study, error);
    if (code || study->history->states[number] != CAVIAR_STATE_PAUSED)
        return code; // it has not ended yet; when it does, it waits
    return queue(study, number, error);
}

caviar_code cav_study_resume(cav_study *study, int64_t number, const caviar_nudge_options *options,
                             cav_error *error)
{
    return carry_out(resume, study, number, options, error);
}
