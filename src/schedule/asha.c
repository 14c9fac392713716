/**
 * asha.c: asynchronous successive halving: see rungs.h.
 */
#include "schedule/rungs.h"

#include "base/memory.h"

#include <stdlib.h>

typedef struct asha_settings {
    double eta;
    int64_t grace;
    bool promote;
} asha_settings;

static const cav_option options[] = {
    {"eta", CAV_OPTION_REAL, offsetof(asha_settings, eta), 3, 1.5, 100,
     "one of so many trials goes on at each rung, and the next rung is so many times higher"},
    {"grace", CAV_OPTION_INT, offsetof(asha_settings, grace), 0, 0, 1e9,
     "the first rung, in steps; 0: the least steps of the study, or 1"},
    {"promote", CAV_OPTION_BOOL, offsetof(asha_settings, promote), 1, 0, 1,
     "on: trials pause at a rung, and the best go on from there; off: the others are stopped. A "
     "program that only prints its reports cannot pause: it is stopped"},
};

static caviar_code create(const cav_scheduler_setup *setup, const void *opaque, void **ret_state,
                          cav_error *error)
{
    const asha_settings *settings = opaque;
    cav_rungs *rungs = malloc(sizeof *rungs);
    if (!rungs)
        return cav_fail_memory(error);
    cav_rungs_setup ladder = {.eta = settings->eta,
                              .first = cav_rungs_first(settings->grace, setup),
                              .last = setup->step_max,
                              .most_brackets = 1,
                              .promotes = settings->promote,
                              .seed = setup->seed};
    caviar_code code = cav_rungs_init(rungs, &ladder, error);
    if (code)
        free(rungs);
    else
        *ret_state = rungs;
    return code;
}

const cav_scheduler_type cav_scheduler_asha = {
    .name = "asha",
    .summary = "asynchronous successive halving: at each rung the best third goes on",
    .options = options,
    .option_count = CAV_COUNT_OF(options),
    .settings_size = sizeof(asha_settings),
    .reads_curves = cav_scheduler_does,
    .create = create,
    .judge = cav_rungs_judge_now,
    .resume = cav_rungs_resume_now,
    .destroy = cav_rungs_destroy,
};
