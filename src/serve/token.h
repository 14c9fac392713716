/**
 * token.h: the secret that a browser shows before it may change anything.
 */
#ifndef CAV_SERVE_TOKEN_H
#define CAV_SERVE_TOKEN_H

#include "base/error.h"
#include "serve/guard.h"

/**
 * Reads the token from a file, or makes one and puts it there, for its owner's eyes only (mode
 * 600; folders that are missing get 700). A file that others may read is refused.
 */
caviar_code cav_token_load(const char *path, char ret_token[CAV_TOKEN_SIZE], cav_error *error);

#endif
