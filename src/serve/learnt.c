/**
 * learnt.c: keeping surrogates while they will do.
 */
#include "serve/learnt.h"

#include "base/memory.h"

static const double growth = 1.05; // of the complete trials, from which on it is learnt anew

static size_t count_complete(const cav_history *history)
{
    size_t count = 0;
    for (size_t i = 0; i < history->count; i++)
        count += history->states[i] == CAVIAR_STATE_COMPLETE;
    return count;
}

static bool will_do(const cav_learnt *learnt, const cav_study *study, size_t complete)
{
    return learnt->smooth.space == study->spec->space && learnt->revision == study->revision &&
           complete >= learnt->complete && (double)complete <= growth * (double)learnt->complete;
}

// What is kept of a metric; NULL when out of memory.
static cav_learnt *learnt_of(cav_feed *feed, size_t metric)
{
    if (!CAV_GROW(&feed->learnt, &feed->learnt_capacity, metric + 1))
        return NULL;
    while (feed->learnt_count <= metric)
        feed->learnt[feed->learnt_count++] = (cav_learnt){0};
    return &feed->learnt[metric];
}

caviar_code cav_feed_learn(cav_feed *feed, size_t metric, const cav_smooth **ret_smooth,
                           cav_error *error)
{
    cav_learnt *learnt = learnt_of(feed, metric);
    if (!learnt)
        return cav_fail_memory(error);
    cav_study *study = feed->study;
    size_t complete = count_complete(study->history);
    *ret_smooth = &learnt->smooth;
    if (will_do(learnt, study, complete))
        return CAVIAR_OK;
    cav_smooth_free(&learnt->smooth);
    caviar_code code = cav_study_extrapolate(study, error);
    if (!code)
        code = cav_smooth_make(study->spec->space, cav_study_learnt(study), metric,
                               study->spec->seed, CAV_SMOOTH_CALLS, &learnt->smooth, error);
    learnt->complete = complete;
    learnt->revision = study->revision;
    if (code)
        cav_smooth_free(&learnt->smooth); // of no space: it will not do
    return code;
}
