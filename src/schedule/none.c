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

static caviar_verdict judge(void *state, const cav_history *history, size_t number)
{
    (void)state, (void)history, (void)number;
    return CAVIAR_VERDICT_CONTINUE;
}

static size_t resume(void *state, const cav_history *history)
{
    (void)state, (void)history;
    return SIZE_MAX;
}

static void destroy(void *state)
{
    (void)state;
}

const cav_scheduler_type cav_scheduler_none = {
    .name = "none",
    .summary = "every trial runs to its end",
    .create = create,
    .judge = judge,
    .resume = resume,
    .destroy = destroy,
};
