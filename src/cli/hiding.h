/**
 * hiding.h: keeping passwords out of the process list.
 */
#ifndef CAV_CLI_HIDING_H
#define CAV_CLI_HIDING_H

#include "base/error.h"

#include <stdbool.h>

/**
 * Replaces the arguments that hold an address with a password by copies, and blots the password out
 * of the originals, which everybody on the machine can read.
 */
caviar_code cav_hide_passwords(int argc, char **argv, cav_error *error);

/** Blots out the password in an address that is shown to others; true if it had one. */
bool cav_hide_password(char *address);

#endif
