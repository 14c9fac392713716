/**
 * breed.h: trials that a scheduler makes from others: see `breed` in scheduler.h.
 */
#ifndef CAV_STUDY_BREED_H
#define CAV_STUDY_BREED_H

#include "study/study.h"

/**
 * Makes the trial that the scheduler wants, which then waits; CAVIAR_NOT_FOUND where it wants
 * none. For ask.c, which holds the lock.
 */
caviar_code cav_study_breed(cav_study *study, cav_error *error);

#endif
