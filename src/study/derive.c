/**
 * derive.c: forks and replays.
 *
 * Both start with the parameters that their parent started with, so that a program which goes on
 * from a checkpoint gets the command line that the checkpoint was written under. What was changed
 * on the way is the schedule of the new trial; a fork's own changes are its last entry.
 */
#include "study/derive.h"

#include "store/rules.h"
#include "trial/checkpoints.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static caviar_code refresh(cav_study *study, int64_t parent, cav_error *error)
{
    caviar_code code = cav_study_refresh(study, error);
    if (!code && (parent < 0 || (size_t)parent >= study->history->count))
        code = cav_fail(error, CAVIAR_NOT_FOUND, "study '%s' has no trial %lld (it has %zu)",
                        study->spec->study, (long long)parent, study->history->count);
    return code;
}

// The last step that a trial says it can restore; its last report where it says nothing.
static int64_t last_checkpoint(const cav_history *history, int64_t number)
{
    const char *kept = history->checkpoints[number];
    return cav_checkpoints_are_known(kept) ? cav_checkpoints_last(kept) : history->steps[number];
}

static caviar_code choose_step(cav_study *study, int64_t parent, int64_t wanted, int64_t *ret_step,
                               cav_error *error)
{
    caviar_code code = refresh(study, parent, error);
    if (code)
        return code;
    int64_t last = last_checkpoint(study->history, parent);
    int64_t step = wanted < 0 && last > 0 ? last : wanted;
    code = cav_study_check_restores(study, parent, step < 0 ? 0 : step, error);
    if (!code && step < 1)
        code = cav_fail(error, CAVIAR_NOT_FOUND,
                        "trial %lld has no checkpoint to start from; 'caviar replay' begins at its "
                        "beginning",
                        (long long)parent);
    int64_t most = study->spec->step_max;
    if (!code && most > 0 && step >= most)
        code = cav_fail(error, CAVIAR_INVALID,
                        "step %lld is the last one, nothing would be left to train; --from STEP "
                        "names an earlier one",
                        (long long)step);
    if (!code)
        *ret_step = step;
    return code;
}

caviar_code cav_derive_step(cav_study *study, int64_t parent, int64_t wanted, int64_t *ret_step,
                            cav_error *error)
{
    cav_study_lock(study);
    caviar_code code = choose_step(study, parent, wanted, ret_step, error);
    cav_study_unlock(study);
    return code;
}

caviar_code cav_derive_values(cav_study *study, int64_t parent, int64_t step, double *ret_raw,
                              cav_error *error)
{
    size_t count = study->spec->space->count;
    cav_study_lock(study);
    caviar_code code = refresh(study, parent, error);
    for (size_t i = 0; i < count && !code; i++)
        ret_raw[i] = study->history->raw[(size_t)parent * count + i];
    if (!code)
        cav_nudge_list_apply(&study->history->nudges[parent], step, ret_raw, count);
    cav_study_unlock(study);
    return code;
}

// ---- What it will do --------------------------------------------------------------------------

static caviar_code check_values(const cav_space *space, const double *start, const double *raw,
                                bool force, cav_error *error)
{
    caviar_code code = CAVIAR_OK;
    for (size_t i = 0; i < space->count && !code; i++) {
        if (isnan(raw[i]))
            continue;
        if (isnan(start[i]))
            code = cav_fail(error, CAVIAR_INVALID, "the trial has no '%s': it is not active there",
                            space->parameters[i].name);
        else if (!force)
            code = cav_parameter_check(&space->parameters[i], raw[i], error);
    }
    return code;
}

static caviar_code check_plan(const cav_study *study, const cav_derivation *how,
                              const double *start, cav_error *error)
{
    const cav_space *space = study->spec->space;
    caviar_code code = how->start ? cav_space_check(space, how->start, error) : CAVIAR_OK;
    for (size_t i = 0; i < how->plan_count && !code; i++) {
        code = check_values(space, start, how->plan[i].raw, how->force, error);
        if (code)
            cav_error_prefix(error, "the schedule at step %lld", (long long)how->plan[i].step);
    }
    if (!code && how->changes)
        code = check_values(space, start, how->changes, how->force, error);
    return code;
}

static caviar_code add_entry(cav_study *study, const cav_derivation *how, int64_t number,
                             int64_t step, const double *raw, const char *note, cav_error *error)
{
    int64_t id;
    cav_nudge nudge = {.number = number,
                       .step = step,
                       .target = -1,
                       .raw = raw,
                       .author = how->author,
                       .note = note};
    return study->store->type->nudge_add(study->store, &study->scope, &nudge, &id, error);
}

// The schedule of the parent; for a fork up to its step, that included.
static caviar_code copy_schedule(cav_study *study, const cav_derivation *how, int64_t number,
                                 cav_error *error)
{
    caviar_code code = CAVIAR_OK;
    const cav_nudge_list *list = &study->history->nudges[how->parent];
    for (size_t n = 0; n < list->count && !code; n++) {
        const cav_nudge *nudge = &list->items[n];
        if (cav_nudge_is_scheduled(nudge) && (how->step < 0 || nudge->step <= how->step))
            code = add_entry(study, how, number, nudge->step, nudge->raw, nudge->note, error);
    }
    return code;
}

static caviar_code add_schedule(cav_study *study, const cav_derivation *how, int64_t number,
                                cav_error *error)
{
    caviar_code code = how->has_plan ? CAVIAR_OK : copy_schedule(study, how, number, error);
    for (size_t i = 0; i < how->plan_count && !code; i++)
        code = add_entry(study, how, number, how->plan[i].step, how->plan[i].raw, how->note, error);
    if (!code && how->changes)
        code = add_entry(study, how, number, how->step, how->changes, how->note, error);
    return code;
}

// ---- Making it --------------------------------------------------------------------------------

static caviar_code add_trial(cav_study *study, const cav_derivation *how, const double *start,
                             int64_t number, cav_error *error)
{
    int64_t seed = study->history->seed_numbers[how->parent], given;
    const char *origin = how->step < 0 ? "replay" : "fork";
    cav_record record = {.state = CAVIAR_STATE_WAITING,
                         .raw = start,
                         .step = how->step < 0 ? -1 : how->step,
                         .uncounted = how->uncounted,
                         .origin = how->origin ? how->origin : origin,
                         .owner = "",
                         .has_parent = true,
                         .parent = how->parent,
                         .parent_step = how->step,
                         .seed_number = how->has_own_seed ? number : seed};
    cav_insert insert = {.expected = number};
    return study->store->type->trial_add(study->store, &study->scope, &record, &insert, &given,
                                         error);
}

// Within a group, so that nobody else makes a trial meanwhile, or takes this one half made.
static caviar_code make(cav_study *study, const cav_derivation *how, const double *start,
                        int64_t *ret_number, cav_error *error)
{
    caviar_code code = cav_study_refresh(study, error);
    int64_t number = (int64_t)study->history->count;
    if (!code && how->place)
        code = how->place(how->context, number, false, error);
    if (code)
        return code;
    code = add_trial(study, how, start, number, error);
    if (!code)
        code = add_schedule(study, how, number, error);
    if (code && how->place)
        how->place(how->context, number, true, NULL);
    *ret_number = number;
    return code;
}

static caviar_code derive(cav_study *study, const cav_derivation *how, int64_t *ret_number,
                          cav_error *error)
{
    const cav_store_type *store = study->store->type;
    size_t count = study->spec->space->count;
    double *start = calloc(count + 1, sizeof *start);
    caviar_code code = start ? refresh(study, how->parent, error) : cav_fail_memory(error);
    for (size_t i = 0; i < count && !code; i++)
        start[i] =
            how->start ? how->start[i] : study->history->raw[(size_t)how->parent * count + i];
    if (!code)
        code = check_plan(study, how, start, error);
    if (!code)
        code = store->begin(study->store, error);
    if (!code) {
        code = make(study, how, start, ret_number, error);
        caviar_code committed = store->commit(study->store, code ? NULL : error);
        code = code ? code : committed;
    }
    free(start);
    if (!code && !study->spec->durability_normal)
        code = store->sync(study->store, error);
    return code;
}

caviar_code cav_study_derive(cav_study *study, const cav_derivation *derivation,
                             int64_t *ret_number, cav_error *error)
{
    cav_study_lock(study);
    caviar_code code = derive(study, derivation, ret_number, error);
    cav_study_unlock(study);
    return code;
}
