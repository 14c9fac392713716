/**
 * command.h: a study's command with the values of one trial put in.
 */
#ifndef CAV_RUN_COMMAND_H
#define CAV_RUN_COMMAND_H

#include "config/spec.h"
#include "trial/handle.h"

/**
 * Checks that every {name} in the command is known and that there is such a program, so that no
 * trial starts in vain.
 */
caviar_code cav_command_check(const cav_spec *spec, cav_error *error);

/**
 * The argument vector for a trial, NULL-terminated, in the trial's arena. No shell sees a value: a
 * word stays one word whatever is put into it. A word with a parameter that is inactive is left
 * out, and with it the flag before it if the word is nothing but the parameter
 * (--beta1 {beta1}).
 */
caviar_code cav_command_fill(const cav_spec *spec, caviar_trial *trial, const char *folder,
                             char ***ret_argv, cav_error *error);

#endif
