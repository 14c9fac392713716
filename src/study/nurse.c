/**
 * nurse.c: the nudges of panda: auto: what insight/panda.h advises, kept like anybody else's.
 */
#include "study/study.h"

// Its advice is for trials that run from the beginning by themselves, and hear their answers.
static bool is_nursed(const cav_study *study, const caviar_trial *trial)
{
    return study->panda && !trial->is_deaf && study->history->parents[trial->number] < 0;
}

static caviar_code follow(cav_study *study, const caviar_trial *trial,
                          const cav_panda_advice *advice, cav_error *error)
{
    caviar_nudge_options options = {.author = CAV_PANDA_AUTHOR, .note = advice->note};
    caviar_code code = CAVIAR_OK;
    int64_t step;
    if (advice->back >= 0)
        code = cav_study_rollback(study, trial->number, advice->back, &options, &step, error);
    if (!code && advice->changes)
        code = cav_study_nudge(study, trial->number, advice->changes, &options, error);
    return code;
}

caviar_code cav_study_nurse(cav_study *study, caviar_trial *trial)
{
    cav_panda_advice advice;
    if (!is_nursed(study, trial))
        return CAVIAR_OK;
    caviar_code code = cav_study_refresh(study, &trial->error);
    if (!code)
        code = cav_panda_think(study->panda, study->history, (size_t)trial->number, &advice,
                               &trial->error);
    return code ? code : follow(study, trial, &advice, &trial->error);
}
