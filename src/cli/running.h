/**
 * running.h: what `run` and `resume` do alike.
 */
#ifndef CAV_CLI_RUNNING_H
#define CAV_CLI_RUNNING_H

#include "cli/open.h"

/** How a study is run; all zero: by its own definition. */
typedef struct cav_running_how {
    int64_t parallel; // trials at a time; 0: as the study says
    bool joins;       // see cav_run_options
} cav_running_how;

/** Runs a study in the foreground, shows it, and closes it. */
cav_exit cav_cli_run_study(const cav_arguments *arguments, cav_study *study,
                           const cav_running_how *how);

/**
 * What --trials +N means: so many trials more than the study has, in `spec`; `present` may be NULL,
 * then it has none. Does nothing for any other --trials.
 */
caviar_code cav_cli_add_trials(const cav_arguments *arguments, const cav_study *present,
                               cav_spec *spec, cav_error *error);

/** Flags of both that are not keys of a study file. */
#define CAV_SHOW_FLAGS                                                                             \
    {'q', "quiet", NULL, "print only how it ended"},                                               \
    {                                                                                              \
        0, "log", "FILE", "append a log of events to this file"                                    \
    }

#endif
