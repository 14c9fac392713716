/**
 * hiding.h: keeping passwords out of the process list.
 */
#ifndef CAV_CLI_HIDING_H
#define CAV_CLI_HIDING_H

#include "base/error.h"

/**
 * Replaces the arguments that hold an address with a password by copies, and blots the password out
 * of the originals, which everybody on the machine can read.
 */
caviar_code cav_hide_passwords(int argc, char **argv, cav_error *error);

#endif
