/**
 * breed.h: trials that are made from others: those that a scheduler wants (`breed` in scheduler.h),
 * and further runs of configurations (insight/race.h).
 */
#ifndef CAV_STUDY_BREED_H
#define CAV_STUDY_BREED_H

#include "study/study.h"

/**
 * Makes the trial that is wanted next, which then waits; CAVIAR_NOT_FOUND where none is. For ask.c,
 * which holds the lock.
 */
caviar_code cav_study_breed(cav_study *study, cav_error *error);

#endif
