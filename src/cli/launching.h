/**
 * launching.h: `--on`: a study whose workers run elsewhere, started and looked after from here.
 */
#ifndef CAV_CLI_LAUNCHING_H
#define CAV_CLI_LAUNCHING_H

#include "cli/open.h"

/** Starts the workers, shows what they bring, until the study is over; closes the study. */
cav_exit cav_cli_launch_study(const cav_arguments *arguments, cav_study *study);

/** Cancels what was started for a study: what waits and, if `all`, what runs. */
caviar_code cav_cli_cancel_launched(const cav_arguments *arguments, const cav_study *study,
                                    bool all, cav_error *error);

/** The flag that says so. */
#define CAV_ON_FLAG                                                                                \
    {                                                                                              \
        0, "on", "NAME", "start the workers elsewhere: slurm (a job array) or ssh; see resources"  \
    }

#endif
