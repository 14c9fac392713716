/**
 * best.c: which trial of a study is the best.
 */
#include "study/study.h"

#include <math.h>

// The incumbent only changes when a trial ends.
static caviar_code look(cav_study *study, cav_error *error)
{
    const cav_spec *spec = study->spec;
    size_t ended = study->history->finished_count;
    if (study->incumbent_ended == ended)
        return CAVIAR_OK;
    caviar_code code = cav_incumbent_find(spec->space, study->history, 0, spec->seed,
                                          &study->incumbent_fit, &study->incumbent, error);
    if (!code)
        study->incumbent_ended = ended;
    return code;
}

static caviar_code best(cav_study *study, cav_best *ret_best, cav_error *error)
{
    bool is_one = study->spec->metric_count == 1;
    caviar_code code = is_one ? look(study, error) : CAVIAR_OK;
    if (code)
        return code;
    if (is_one && study->incumbent.is_noisy) {
        const cav_contender *first = &study->incumbent.contenders[0];
        *ret_best =
            (cav_best){.trial = first->trial, .loss = first->mean, .incumbent = &study->incumbent};
        return CAVIAR_OK;
    }
    size_t trial = study->race ? cav_race_best(study->race) : cav_history_best(study->history, 0);
    *ret_best =
        (cav_best){.trial = trial, .loss = trial == SIZE_MAX ? NAN : cav_study_loss(study, trial)};
    return CAVIAR_OK;
}

caviar_code cav_study_best(cav_study *study, cav_best *ret_best, cav_error *error)
{
    cav_study_lock(study);
    caviar_code code = best(study, ret_best, error);
    cav_study_unlock(study);
    return code;
}
