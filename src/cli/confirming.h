/**
 * confirming.h: `caviar best --confirm`: running the best few configurations again.
 */
#ifndef CAV_CLI_CONFIRMING_H
#define CAV_CLI_CONFIRMING_H

#include "cli/open.h"
#include "cli/standing.h"

/** Runs the best `count` configurations `times` times more, by the study's own command, leaves the
 * results with the study, and notes which they were. */
caviar_code cav_cli_confirm(const cav_arguments *arguments, int64_t count, int64_t times,
                            cav_standing *ret_standing, cav_error *error);

/** The flags that say so. */
#define CAV_CONFIRM_FLAGS                                                                          \
    {0, "confirm", "K", "first run the best K configurations again, under new seeds"},             \
    {                                                                                              \
        0, "times", "N", "with --confirm: so many times each (default 3)"                          \
    }

#endif
