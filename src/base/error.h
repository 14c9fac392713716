/**
 * error.h: a code and the sentence that goes with it.
 *
 * Every internal function that can fail takes a `cav_error *` last and returns a caviar_code. The
 * sentence says what was wrong, where, and what to do about it. `error` may be NULL.
 */
#ifndef CAV_BASE_ERROR_H
#define CAV_BASE_ERROR_H

#include "caviar.h"

#include <stdarg.h>

enum { CAV_MESSAGE_SIZE = 1024 }; // longer sentences are cut, and end with "..."

typedef struct cav_error {
    caviar_code code;
    char message[CAV_MESSAGE_SIZE];
} cav_error;

/** Sets the error and returns its code, so that `return cav_fail(…)` is one line. */
caviar_code cav_fail(cav_error *error, caviar_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

caviar_code cav_fail_args(cav_error *error, caviar_code code, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

/** CAVIAR_NOMEM with its standing sentence. */
caviar_code cav_fail_memory(cav_error *error);

/** Like cav_fail with CAVIAR_IO, and appends ": " and the system's words for `errno_value`. */
caviar_code cav_fail_errno(cav_error *error, int errno_value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Puts "where: " before the sentence of an error that is set; returns its code. */
caviar_code cav_error_prefix(cav_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void cav_error_clear(cav_error *error);

#endif
