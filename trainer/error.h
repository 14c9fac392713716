/**
 * error.h: a code and the sentence that goes with it.
 *
 * Every function of the trainer that can fail takes a `train_error *` last and returns a
 * caviar_code. The sentence says what was wrong, where, and what to do about it. `error` may be
 * NULL.
 */
#ifndef TRAIN_ERROR_H
#define TRAIN_ERROR_H

#include "caviar.h"

enum { TRAIN_SENTENCE_SIZE = 1024 }; // longer sentences are cut

typedef struct train_error {
    caviar_code code;
    char sentence[TRAIN_SENTENCE_SIZE];
} train_error;

/** Sets the error and returns its code, so that `return train_fail(…)` is one line. */
caviar_code train_fail(train_error *error, caviar_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** CAVIAR_NOMEM with its standing sentence. */
caviar_code train_fail_memory(train_error *error);

/** CAVIAR_IO, or CAVIAR_NOT_FOUND for ENOENT; appends ": " and the system's words. */
caviar_code train_fail_errno(train_error *error, int errno_value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Puts "where: " before the sentence; returns the code. */
caviar_code train_error_prefix(train_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
