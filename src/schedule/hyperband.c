/**
 * hyperband.c: several ladders at once, of which some give every trial more steps before the first
 * halving, in case that early steps say little.
 *
 * Li, Jamieson, DeSalvo, Rostamizadeh, Talwalkar: "Hyperband", JMLR 18, 2018; the brackets run
 * asynchronously and side by side, and share the trials as Hyperband's do.
 */
#include "schedule/rungs.h"

const cav_scheduler_type cav_scheduler_hyperband = {
    .name = "hyperband",
    .summary = "several ladders of successive halving that start at different steps",
    .options = cav_rungs_options,
    .option_count = CAV_RUNGS_LADDERS,
    .settings_size = sizeof(cav_rungs_settings),
    .reads_curves = cav_scheduler_does,
    .create = cav_rungs_create,
    .judge = cav_rungs_judge_now,
    .resume = cav_rungs_resume_now,
    .destroy = cav_rungs_destroy,
};
