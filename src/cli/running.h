/**
 * running.h: what `run` and `resume` do alike.
 */
#ifndef CAV_CLI_RUNNING_H
#define CAV_CLI_RUNNING_H

#include "cli/open.h"

/** Runs a study in the foreground, shows it, and closes it. */
cav_exit cav_cli_run_study(const cav_arguments *arguments, cav_study *study);

/** Flags of both that are not keys of a study file. */
#define CAV_SHOW_FLAGS                                                                             \
    {'q', "quiet", NULL, "print only how it ended"},                                               \
    {                                                                                              \
        0, "log", "FILE", "append a log of events to this file"                                    \
    }

#endif
