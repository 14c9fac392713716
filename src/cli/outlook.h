/**
 * outlook.h: where the curve of a running trial is expected to go, for the picture of `caviar
 * watch`.
 */
#ifndef CAV_CLI_OUTLOOK_H
#define CAV_CLI_OUTLOOK_H

#include "study/course.h"

/** From the last report to the last step: what is expected, and the band of 80 %. */
typedef struct cav_outlook {
    cav_series mean, low, high; // none where nothing is expected
    int64_t number;             // of the trial, and
    size_t points;              // of its curve that were learnt from
    size_t branches;            // how often it had gone back by then
} cav_outlook;

/** Works it out anew if the curve of a trial has changed. Without a last step there is none. */
caviar_code cav_outlook_update(cav_outlook *outlook, int64_t number, const cav_course *course,
                               bool is_maximized, int64_t last_step, cav_error *error);
void cav_outlook_free(cav_outlook *outlook);

#endif
