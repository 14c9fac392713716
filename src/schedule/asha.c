/**
 * asha.c: asynchronous successive halving: see rungs.h.
 */
#include "schedule/rungs.h"

const cav_scheduler_type cav_scheduler_asha = {
    .name = "asha",
    .summary = "asynchronous successive halving: at each rung the best third goes on",
    .options = cav_rungs_options,
    .option_count = CAV_RUNGS_ONE_LADDER,
    .settings_size = sizeof(cav_rungs_settings),
    .reads_curves = cav_scheduler_does,
    .create = cav_rungs_create,
    .judge = cav_rungs_judge_now,
    .resume = cav_rungs_resume_now,
    .destroy = cav_rungs_destroy,
};
