/**
 * display.h: what `caviar run` shows while it runs.
 *
 * On a terminal a few lines are drawn again and again: the progress, the best trial so far, and
 * the running trials with their learning curves; what should stay (a better trial, a failure)
 * scrolls above them. Elsewhere, such as in a file, it is one plain line for each trial.
 */
#ifndef CAV_CLI_DISPLAY_H
#define CAV_CLI_DISPLAY_H

#include "cli/style.h"
#include "run/runner.h"

typedef struct cav_display cav_display;

/** A display for a study on `file`; NULL when out of memory. */
cav_display *cav_display_new(cav_study *study, FILE *file, bool quiet);
void cav_display_free(cav_display *display);

/** The observer to hand to cav_run. It belongs to the display. */
const cav_run_observer *cav_display_observer(cav_display *display);

/** Takes the live lines away and prints how the run ended and what is best. */
void cav_display_end(cav_display *display, const cav_run_summary *summary);

#endif
