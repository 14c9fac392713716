/**
 * confirm.c: further runs of the best few configurations.
 */
#include "study/derive.h"

// Those with the least losses, the first of equals first.
static size_t choose_by_loss(const cav_study *study, size_t wanted, size_t *ret_trials)
{
    const cav_history *history = study->history;
    size_t count = 0;
    for (size_t i = 0; i < history->count; i++) {
        size_t place = count;
        if (!cav_history_has_losses(history, i) ||
            cav_history_find(history, history->points + i * history->dim_count) != i)
            continue; // a further run of another one
        while (place > 0 && cav_study_loss(study, i) < cav_study_loss(study, ret_trials[place - 1]))
            place--;
        if (place == wanted)
            continue;
        count += count < wanted;
        for (size_t k = count - 1; k > place; k--)
            ret_trials[k] = ret_trials[k - 1];
        ret_trials[place] = i;
    }
    return count;
}

static caviar_code choose(cav_study *study, size_t wanted, size_t *ret_trials, size_t *ret_count,
                          cav_error *error)
{
    cav_best best;
    size_t count = 0;
    caviar_code code = cav_study_best(study, &best, error);
    if (code)
        return code;
    if (!best.incumbent)
        count = choose_by_loss(study, wanted, ret_trials);
    for (size_t i = 0; best.incumbent && i < best.incumbent->count && count < wanted; i++)
        ret_trials[count++] = best.incumbent->contenders[i].trial;
    *ret_count = count;
    return count > 0 ? CAVIAR_OK
                     : cav_fail(error, CAVIAR_NOT_FOUND, "no trial of study '%s' is complete yet",
                                study->spec->study);
}

static caviar_code make_runs(cav_study *study, const size_t *trials, size_t count, int64_t times,
                             cav_error *error)
{
    caviar_code code = CAVIAR_OK;
    for (int64_t run = 0; run < times && !code; run++) {
        for (size_t i = 0; i < count && !code; i++) {
            int64_t number;
            cav_derivation how = {.parent = (int64_t)trials[i],
                                  .step = -1,
                                  .has_own_seed = true,
                                  .has_plan = true, // what was nudged is another one
                                  .uncounted = true,
                                  .origin = "confirm"};
            code = cav_study_derive(study, &how, &number, error);
        }
    }
    return code;
}

static caviar_code confirm(cav_study *study, size_t wanted, int64_t times, size_t *ret_trials,
                           size_t *ret_count, cav_error *error)
{
    if (study->spec->metric_count > 1)
        return cav_fail(error, CAVIAR_INVALID,
                        "study '%s' has several metrics: no few of its trials are the best that "
                        "could be confirmed",
                        study->spec->study);
    caviar_code code = cav_study_refresh(study, error);
    if (!code)
        code = choose(study, wanted, ret_trials, ret_count, error);
    return code ? code : make_runs(study, ret_trials, *ret_count, times, error);
}

caviar_code cav_study_confirm(cav_study *study, size_t wanted, int64_t times, size_t *ret_trials,
                              size_t *ret_count, cav_error *error)
{
    cav_study_lock(study);
    caviar_code code = confirm(study, wanted, times, ret_trials, ret_count, error);
    cav_study_unlock(study);
    return code;
}
