/**
 * none.c: every trial runs to its end.
 */
#include "schedule/scheduler.h"

static caviar_code create(const cav_scheduler_setup *setup, const void *settings, void **ret_state,
                          cav_error *error)
{
    (void)setup, (void)settings, (void)error;
    *ret_state = NULL;
    return CAVIAR_OK;
}

static caviar_code judge(void *state, const cav_history *history, const cav_judged *trial,
                         caviar_verdict *ret_verdict, cav_error *error)
{
    (void)state, (void)history, (void)trial, (void)error;
    *ret_verdict = CAVIAR_VERDICT_CONTINUE;
    return CAVIAR_OK;
}

static void destroy(void *state)
{
    (void)state;
}

const cav_scheduler_type cav_scheduler_none = {
    .name = "none",
    .summary = "every trial runs to its end",
    .reads_curves = cav_scheduler_does_not,
    .create = create,
    .judge = judge,
    .resume = cav_scheduler_resume_first,
    .destroy = destroy,
};
