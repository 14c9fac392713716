/**
 * learnt.c: keeping a surrogate while it will do.
 */
#include "serve/learnt.h"

static const double growth = 1.05; // of the complete trials, from which on it is learnt anew

static size_t count_complete(const cav_history *history)
{
    size_t count = 0;
    for (size_t i = 0; i < history->count; i++)
        count += history->states[i] == CAVIAR_STATE_COMPLETE;
    return count;
}

// A study that was changed has another space, and keeps the one from before.
static bool will_do(const cav_learnt *learnt, const cav_space *space, size_t metric,
                    size_t complete)
{
    return learnt->smooth.space == space && learnt->metric == metric &&
           complete >= learnt->complete && (double)complete <= growth * (double)learnt->complete;
}

caviar_code cav_feed_learn(cav_feed *feed, size_t metric, const cav_smooth **ret_smooth,
                           cav_error *error)
{
    cav_learnt *learnt = &feed->learnt;
    cav_study *study = feed->study;
    size_t complete = count_complete(study->history);
    *ret_smooth = &learnt->smooth;
    if (will_do(learnt, study->spec->space, metric, complete))
        return CAVIAR_OK;
    cav_smooth_free(&learnt->smooth);
    caviar_code code = cav_study_extrapolate(study, error);
    if (!code)
        code = cav_smooth_make(study->spec->space, cav_study_learnt(study), metric,
                               study->spec->seed, CAV_SMOOTH_CALLS, &learnt->smooth, error);
    learnt->metric = metric;
    learnt->complete = complete;
    if (code)
        cav_smooth_free(&learnt->smooth); // of no space: it will not do
    return code;
}
