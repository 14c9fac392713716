/**
 * outlook.h: what is left of a study's budget, in steps.
 */
#ifndef CAV_SCHEDULE_OUTLOOK_H
#define CAV_SCHEDULE_OUTLOOK_H

#include "schedule/scheduler.h"

/** INFINITY is what is not known. */
typedef struct cav_outlook {
    double all;  // steps of the whole budget
    double left; // of these
    double each; // steps that one of the workers gets through until the time is over
} cav_outlook;

/**
 * By the budget of steps, and by that of time: the steps of the study so far, in the time that they
 * took up to the last report, say how many there will be. Looks at every trial where there is a
 * budget of time.
 */
cav_outlook cav_outlook_make(const cav_scheduler_setup *setup, const cav_history *history);

/**
 * Steps for one more trial, or for trial `but`, where those that run now all go on to `level`, or
 * stay where they are beyond it.
 */
double cav_outlook_room(const cav_outlook *outlook, const cav_history *history, int64_t level,
                        size_t but);

#endif
