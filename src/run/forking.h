/**
 * forking.h: a fork with its files, for `caviar fork`, the key of `caviar watch`, the dashboard.
 */
#ifndef CAV_RUN_FORKING_H
#define CAV_RUN_FORKING_H

#include "study/derive.h"

typedef struct cav_fork {
    cav_study *study;
    const char *location;  // of the store
    int64_t parent, step;  // see cav_derive_step
    const double *changes; // [space->count] NaN where nothing changes; NULL: none
    const char *author, *note;
    bool force;
} cav_fork;

/** Copies the files of the parent, and makes the trial. */
caviar_code cav_fork_make(const cav_fork *fork, int64_t *ret_number, cav_error *error);

#endif
