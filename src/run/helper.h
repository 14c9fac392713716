/**
 * helper.h: running another program to its end, for what it answers.
 */
#ifndef CAV_RUN_HELPER_H
#define CAV_RUN_HELPER_H

#include "base/error.h"
#include "base/text.h"

/** A program to run. */
typedef struct cav_helper {
    char *const *words;     // NULL-terminated; the first is looked for in the PATH
    char *const *variables; // its environment, NULL-terminated
    const char *input;      // for its standard input
    int timeout_ms;         // then it is killed
} cav_helper;

/**
 * Runs it. Fails if it cannot be started, takes too long, or answers more than it reasonably would;
 * *ret_status is how it ended, 128 and more for a signal. What it printed is appended to `output`
 * and `errors`.
 */
caviar_code cav_helper_run(const cav_helper *helper, cav_text *output, cav_text *errors,
                           int *ret_status, cav_error *error);

#endif
