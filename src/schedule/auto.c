/**
 * auto.c: the default: stops poor trials early where it is known how far a trial goes.
 *
 * Then it is freeze-thaw, which falls back to the ranks of asha as long as the curves cannot be
 * extrapolated. Where nobody said how far a trial goes, every trial runs to its end, until there
 * are enough that ended at the same step (cav_study_last_step).
 */
#include "schedule/scheduler.h"

#include <stdlib.h>

static caviar_code create(const cav_scheduler_setup *setup, const void *settings, void **ret_state,
                          cav_error *error)
{
    (void)settings;
    cav_scheduler *chosen = malloc(sizeof *chosen);
    if (!chosen)
        return cav_fail_memory(error);
    const char *name = setup->step_max > 0 ? "freeze-thaw" : "none";
    caviar_code code = cav_scheduler_open(chosen, name, NULL, 0, setup, error);
    if (code)
        free(chosen);
    else
        *ret_state = chosen;
    return code;
}

static bool reads_curves(const void *state)
{
    const cav_scheduler *chosen = state;
    return chosen->type->reads_curves(chosen->state);
}

static caviar_code judge(void *state, const cav_history *history, const cav_judged *trial,
                         caviar_verdict *ret_verdict, cav_error *error)
{
    const cav_scheduler *chosen = state;
    return chosen->type->judge(chosen->state, history, trial, ret_verdict, error);
}

static caviar_code resume(void *state, const cav_history *history, bool is_last, size_t *ret_number,
                          cav_error *error)
{
    const cav_scheduler *chosen = state;
    return chosen->type->resume(chosen->state, history, is_last, ret_number, error);
}

static void destroy(void *state)
{
    cav_scheduler_close(state);
    free(state);
}

const cav_scheduler_type cav_scheduler_auto = {
    .name = "auto",
    .summary = "the default: freeze-thaw where the last step is given, or seen; else none",
    .reads_curves = reads_curves,
    .create = create,
    .judge = judge,
    .resume = resume,
    .destroy = destroy,
};
