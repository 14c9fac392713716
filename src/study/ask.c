/**
 * ask.c: handing out trials: those that wait, those made from others, those that were paused, new
 * ones.
 *
 * A new trial's number is settled by the store. The point is worked out for the number that should
 * come next; where the point depends on the number and another worker took that number first, it
 * is worked out again for the next one.
 */
#include "study/study.h"

#include "base/random.h"
#include "study/breed.h"
#include "study/point.h"

#include <math.h>
#include <string.h>

enum {
    MOST_CONFLICTS = 1000, // with other workers, for one trial
    MOST_RESUMES = 100,    // that they are faster with
    MOST_RACES = 3,        // for a number, before the others are kept out
    MOST_AHEAD = 64,       // points that are worked out for numbers to come
    LEAST_AHEAD = 16,      // once others were faster
    MOST_AHEAD_NS = 1000000,
};

caviar_trial *cav_study_make_handle(cav_study *study, size_t number)
{
    const cav_space *space = study->spec->space;
    const cav_history *history = study->history;
    caviar_trial *trial = cav_trial_new(space->count, study->spec->metric_count);
    if (!trial)
        return NULL;
    trial->number = (int64_t)number;
    trial->attempt = history->attempts[number];
    trial->failures = history->failures[number];
    trial->state = (caviar_state)history->states[number];
    trial->reason = (caviar_reason)history->reasons[number];
    trial->step = history->steps[number];
    trial->first_step = trial->step > 0 ? trial->step : 0;
    trial->last_step = study->spec->step_max > 0 ? study->spec->step_max : INT64_MAX;
    if (trial->state == CAVIAR_STATE_FAILED && history->messages[number])
        trial->message = cav_arena_strdup(trial->arena, history->messages[number]);
    if (!trial->message) {
        caviar_trial_free(trial);
        return NULL;
    }
    trial->told_can = history->cans[number];
    trial->usage = history->usages[number];
    uint64_t seed_number = (uint64_t)history->seed_numbers[number];
    cav_random random =
        cav_random_stream(study->spec->seed, seed_number, CAV_PURPOSE_TRIAL_SEED, 0);
    trial->seed = cav_random_u32(&random) >> 1;
    for (size_t i = 0; i < space->count; i++) {
        double raw = history->raw[number * space->count + i];
        caviar_value value = cav_parameter_value(&space->parameters[i], raw);
        if (!cav_trial_set(trial, i, space->parameters[i].name, &value)) {
            caviar_trial_free(trial);
            return NULL;
        }
    }
    for (size_t m = 0; m < history->metric_count; m++)
        trial->finals[m] = cav_history_value(history, number, m);
    return trial;
}

// What is known of the schedule, for a program that goes through steps without reporting them.
static bool fill_plan(const cav_study *study, caviar_trial *trial)
{
    const cav_space *space = study->spec->space;
    const cav_nudge_list *list = &study->history->nudges[trial->number];
    for (size_t n = 0; n < list->count; n++) {
        const cav_nudge *nudge = &list->items[n];
        for (size_t i = 0; i < space->count && cav_nudge_is_scheduled(nudge); i++) {
            caviar_value value = cav_parameter_value(&space->parameters[i], nudge->raw[i]);
            if (value.kind != CAVIAR_KIND_NONE && !cav_trial_plan(trial, nudge->step, i, &value))
                return false;
        }
    }
    return true;
}

static caviar_code hand_out(cav_study *study, int64_t number, caviar_trial **ret_trial,
                            cav_error *error)
{
    caviar_code code = cav_study_refresh(study, error);
    if (code)
        return code;
    caviar_trial *trial = cav_study_make_handle(study, (size_t)number);
    if (!trial)
        return cav_fail_memory(error);
    if (!fill_plan(study, trial)) {
        caviar_trial_free(trial);
        return cav_fail_memory(error);
    }
    for (size_t m = 0; m < trial->final_count; m++)
        trial->finals[m] = NAN; // of an earlier attempt, if any
    code = study->spec->grows ? cav_study_hide(study, trial, error) : CAVIAR_OK;
    if (code) {
        caviar_trial_free(trial);
        return code;
    }
    trial->can = trial->told_can | CAV_CAN_HEAR;
    trial->link = &cav_study_link;
    trial->context = study;
    *ret_trial = trial;
    return CAVIAR_OK;
}

static caviar_code claim_as(cav_study *study, const cav_claim *which, int64_t *ret_number,
                            cav_error *error)
{
    cav_claim claim = *which;
    claim.owner = study->owner;
    claim.lease_ms = study->lease_ms;
    claim.most_failures = cav_study_most_lost(study);
    return study->store->type->trial_claim(study->store, &study->scope, &claim, ret_number, error);
}

static caviar_code claim(cav_study *study, int64_t wanted, int64_t *ret_number, cav_error *error)
{
    return claim_as(study, &(cav_claim){.number = wanted}, ret_number, error);
}

// Points for the numbers behind `number`, as many as take no time to speak of. Where a point must
// be new, or its maker has words for it, it is worked out for one number alone.
static caviar_code find_following(cav_study *study, uint64_t number, size_t *ret_count,
                                  cav_error *error)
{
    size_t width = study->spec->space->count;
    const cav_sampler_type *sampler = study->sampler.type;
    int64_t end = cav_clock_monotonic_ns(&cav_clock_system) + MOST_AHEAD_NS;
    *ret_count = 0;
    if (study->crowd == 0 || !sampler->by_number || sampler->explain || study->is_distinct ||
        study->race)
        return CAVIAR_OK;
    if (!study->following)
        study->following = calloc(MOST_AHEAD * width + 1, sizeof *study->following);
    if (!study->following)
        return cav_fail_memory(error);
    while (*ret_count < study->crowd && cav_clock_monotonic_ns(&cav_clock_system) < end) {
        double *raw = study->following + *ret_count * width;
        if (cav_point_find(study, number + 1 + *ret_count, study->point, raw, NULL))
            break; // whoever needs that number will hear of it
        ++*ret_count;
    }
    return CAVIAR_OK;
}

static caviar_code insert(cav_study *study, uint64_t number, size_t following_count,
                          int64_t *ret_number, cav_error *error)
{
    const cav_sampler_type *sampler = study->sampler.type;
    const char *words = sampler->explain ? sampler->explain(study->sampler.state) : NULL;
    cav_record record = {.state = CAVIAR_STATE_RUNNING,
                         .raw = study->raw,
                         .step = -1,
                         .origin = words ? words : sampler->name,
                         .owner = study->owner};
    cav_insert insert = {.expected = sampler->by_number ? (int64_t)number : -1,
                         .budget = study->spec->budget.trials,
                         .distinct = study->is_distinct,
                         .following = study->following,
                         .following_count = following_count,
                         .lease_ms = study->lease_ms};
    return study->store->type->trial_add(study->store, &study->scope, &record, &insert, ret_number,
                                         error);
}

// Expects others to be four times as fast as they were, or nearly as fast as they have been before:
// a point too many costs little beside a number that nothing is ready for.
static void watch_crowd(cav_study *study, bool was_missed, uint64_t ahead)
{
    size_t before = study->crowd, wanted = 4 * (size_t)ahead;
    if (was_missed)
        wanted = 2 * before > LEAST_AHEAD ? 2 * before : LEAST_AHEAD;
    if (wanted < before)
        wanted = before - (before - wanted + 15) / 16;
    study->crowd = wanted < MOST_AHEAD ? wanted : MOST_AHEAD;
}

static caviar_code create_once(cav_study *study, int64_t *ret_number, cav_error *error)
{
    uint64_t number = study->history->count;
    size_t following_count = 0;
    caviar_code code = cav_point_find(study, number, study->point, study->raw, error);
    if (!code)
        code = find_following(study, number, &following_count, error);
    if (!code)
        code = insert(study, number, following_count, ret_number, error);
    if (!code || code == CAVIAR_EXISTS)
        watch_crowd(study, code != CAVIAR_OK, code ? 0 : (uint64_t)*ret_number - number);
    return code;
}

// In a group, in which nobody else makes a trial: among many workers each would else find, again
// and again, that another one had its number first.
static caviar_code create_alone(cav_study *study, int64_t *ret_number, cav_error *error)
{
    const cav_store_type *store = study->store->type;
    caviar_code code = store->begin(study->store, error);
    if (code)
        return code;
    code = cav_study_refresh(study, error);
    if (!code)
        code = create_once(study, ret_number, error);
    caviar_code committed = store->commit(study->store, code ? NULL : error);
    return code ? code : committed;
}

static caviar_code create(cav_study *study, int64_t *ret_number, cav_error *error)
{
    caviar_code code = create_once(study, ret_number, error);
    for (int tries = 0; tries < MOST_CONFLICTS; tries++) {
        if (code != CAVIAR_EXISTS && !(code == CAVIAR_BUSY && cav_study_was_cut_off(study)))
            return code;
        code = cav_study_refresh(study, error);
        if (!code)
            code = tries < MOST_RACES ? create_once(study, ret_number, error)
                                      : create_alone(study, ret_number, error);
    }
    return cav_fail(error, CAVIAR_BUSY, "other workers were faster %d times in a row",
                    MOST_CONFLICTS);
}

static caviar_code check_control(cav_study *study, cav_error *error)
{
    cav_control control;
    caviar_code code = cav_study_keep_up(study, &control, error);
    if (!code && control != CAV_CONTROL_RUN)
        return cav_fail(error, CAVIAR_STATE, "study '%s' is %s; 'caviar resume' lets it go on",
                        study->spec->study, control == CAV_CONTROL_PAUSE ? "paused" : "stopped");
    return code;
}

// Goes on with a paused trial; CAVIAR_NOT_FOUND where the scheduler has none.
static caviar_code resume(cav_study *study, bool is_last, int64_t *ret_number, cav_error *error)
{
    for (int conflicts = 0; conflicts < MOST_RESUMES; conflicts++) {
        size_t paused = SIZE_MAX;
        caviar_code code = study->scheduler.type->resume(study->scheduler.state, study->history,
                                                         is_last, &paused, error);
        if (!code && paused == SIZE_MAX)
            return CAVIAR_NOT_FOUND;
        if (!code)
            code = claim(study, (int64_t)paused, ret_number, error);
        if (code != CAVIAR_NOT_FOUND)
            return code;
        code = cav_study_refresh(study, error); // another worker took it
        if (code)
            return code;
    }
    return CAVIAR_NOT_FOUND;
}

// Whether all that is open is paused, and nobody holds all of it.
static bool has_left_over(const cav_history *history)
{
    bool found = false;
    for (size_t i = 0; i < history->open_count; i++) {
        if (history->states[history->open[i]] != CAVIAR_STATE_PAUSED)
            return false;
        found |= cav_history_may_resume(history, history->open[i]);
    }
    return found;
}

static caviar_code prune_open(cav_study *study, cav_error *error)
{
    const cav_history *history = study->history;
    const cav_store_type *store = study->store->type;
    caviar_code code = store->begin(study->store, error);
    if (code)
        return code;
    for (size_t i = 0; i < history->open_count && !code; i++) {
        size_t number = history->open[i];
        if (!cav_history_may_resume(history, number))
            continue;
        cav_move move = {.number = (int64_t)number,
                         .attempt = history->attempts[number],
                         .to = CAVIAR_STATE_PRUNED};
        code = store->trial_move(study->store, &study->scope, &move, error);
        if (code == CAVIAR_STALE || code == CAVIAR_STATE)
            code = CAVIAR_OK; // another worker was faster
    }
    caviar_code committed = store->commit(study->store, code ? NULL : error);
    return code ? code : committed;
}

// At the end of the budget those trials stay behind that the scheduler does not go on with.
static caviar_code give_up_paused(cav_study *study, cav_error *error)
{
    caviar_code code = CAVIAR_OK;
    while (!code && has_left_over(study->history)) {
        code = prune_open(study, error);
        if (!code || (code == CAVIAR_BUSY && cav_study_was_cut_off(study)))
            code = cav_study_refresh(study, error);
    }
    return code;
}

static caviar_code end(cav_study *study, const char *why, cav_error *error)
{
    caviar_code code = give_up_paused(study, error);
    return code ? code : cav_fail(error, CAVIAR_DONE, "%s", why);
}

// Where nothing new is to be made: what the scheduler goes on with, then what has failed and waits
// for its turn.
static caviar_code finish(cav_study *study, const char *why, int64_t *ret_number, cav_error *error)
{
    caviar_code code = resume(study, true, ret_number, error);
    if (code == CAVIAR_NOT_FOUND)
        code = claim_as(study, &(cav_claim){.number = -1, .is_last = true}, ret_number, error);
    return code == CAVIAR_NOT_FOUND ? end(study, why, error) : code;
}

// A finite space may end before the budget does.
static caviar_code create_or_finish(cav_study *study, int64_t *ret_number, cav_error *error)
{
    cav_error why = {0};
    caviar_code code = create(study, ret_number, &why);
    if (code == CAVIAR_DONE)
        return finish(study, why.message, ret_number, error);
    if (code && error)
        *error = why;
    return code;
}

// One that waits; where there is none, one that the scheduler makes from another one.
static caviar_code claim_or_breed(cav_study *study, int64_t *ret_number, cav_error *error)
{
    caviar_code code =
        cav_study_may_claim(study) ? claim(study, -1, ret_number, error) : CAVIAR_NOT_FOUND;
    while (code == CAVIAR_NOT_FOUND) {
        code = cav_study_breed(study, error);
        if (!code) // unless another worker takes what was made
            code = claim(study, -1, ret_number, error);
        else
            return code;
    }
    return code;
}

// One that waits and is beside the budget.
static caviar_code claim_uncounted(cav_study *study, int64_t *ret_number, cav_error *error)
{
    const cav_history *history = study->history;
    for (size_t i = 0; i < history->open_count; i++) {
        size_t number = history->open[i];
        if (!history->uncounted[number] || history->states[number] != CAVIAR_STATE_WAITING)
            continue;
        caviar_code code = claim(study, (int64_t)number, ret_number, error);
        if (code != CAVIAR_NOT_FOUND)
            return code;
    }
    return CAVIAR_NOT_FOUND;
}

static caviar_code ask(cav_study *study, int64_t *ret_number, cav_error *error)
{
    caviar_code code = check_control(study, error);
    if (!code)
        code = cav_study_refresh(study, error);
    if (!code)
        code = cav_study_reclaim(study, error);
    if (!code)
        code = cav_study_follow_steps(study, error);
    if (code)
        return code;
    const char *over = cav_study_over(study);
    if (over) {
        code = claim_uncounted(study, ret_number, error);
        return code == CAVIAR_NOT_FOUND ? end(study, over, error) : code;
    }
    code = claim_or_breed(study, ret_number, error);
    if (code != CAVIAR_NOT_FOUND)
        return code;
    const char *spent = cav_study_spent(study);
    if (spent)
        return finish(study, spent, ret_number, error);
    code = resume(study, false, ret_number, error);
    return code == CAVIAR_NOT_FOUND ? create_or_finish(study, ret_number, error) : code;
}

caviar_code cav_study_ask(cav_study *study, caviar_trial **ret_trial, cav_error *error)
{
    int64_t number;
    cav_study_lock(study);
    caviar_code code = ask(study, &number, error);
    if (!code)
        code = hand_out(study, number, ret_trial, error);
    cav_study_unlock(study);
    return code;
}

static caviar_code add(cav_study *study, const double *raw, const double *values,
                       const char *wishes, int64_t *ret_number, cav_error *error)
{
    caviar_code code = cav_study_refresh(study, error);
    if (!code)
        code = cav_point_complete(study, raw, study->raw, error);
    if (code)
        return code;
    cav_record record = {.state = values ? CAVIAR_STATE_COMPLETE : CAVIAR_STATE_WAITING,
                         .raw = study->raw,
                         .values = values,
                         .step = -1,
                         .uncounted = values != NULL,
                         .origin = CAV_ORIGIN_USER,
                         .owner = "",
                         .output = wishes};
    cav_insert insert = {.expected = -1};
    code = study->store->type->trial_add(study->store, &study->scope, &record, &insert, ret_number,
                                         error);
    if (!code && !study->spec->durability_normal)
        code = study->store->type->sync(study->store, error);
    return code;
}

caviar_code cav_study_add(cav_study *study, const double *raw, const double *values,
                          const char *wishes, int64_t *ret_number, cav_error *error)
{
    cav_study_lock(study);
    caviar_code code = add(study, raw, values, wishes, ret_number, error);
    cav_study_unlock(study);
    return code;
}

static caviar_code view(cav_study *study, int64_t number, caviar_trial **ret_trial,
                        cav_error *error)
{
    caviar_code code = cav_study_refresh(study, error);
    if (code)
        return code;
    if (number < 0 || (size_t)number >= study->history->count)
        return cav_fail(error, CAVIAR_NOT_FOUND, "study '%s' has no trial %lld (it has %zu)",
                        study->spec->study, (long long)number, study->history->count);
    caviar_trial *trial = cav_study_make_handle(study, (size_t)number);
    if (!trial)
        return cav_fail_memory(error);
    *ret_trial = trial;
    return CAVIAR_OK;
}

caviar_code cav_study_view(cav_study *study, int64_t number, caviar_trial **ret_trial,
                           cav_error *error)
{
    cav_study_lock(study);
    caviar_code code = view(study, number, ret_trial, error);
    cav_study_unlock(study);
    return code;
}

caviar_code cav_study_adopt(cav_study *study, int64_t number, caviar_trial **ret_trial,
                            cav_error *error)
{
    caviar_code code = cav_study_view(study, number, ret_trial, error);
    if (code)
        return code;
    (*ret_trial)->can = (*ret_trial)->told_can | CAV_CAN_HEAR;
    (*ret_trial)->heard_step = (*ret_trial)->step;
    cav_study_lock(study);
    const char *checkpoints = study->history->checkpoints[number];
    cav_text_append(&(*ret_trial)->checkpoints, checkpoints ? checkpoints : "");
    cav_study_unlock(study);
    (*ret_trial)->link = &cav_study_link;
    (*ret_trial)->context = study;
    return CAVIAR_OK;
}
