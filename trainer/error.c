/**
 * error.c: setting an error's sentence.
 */
#include "trainer/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void set_sentence(train_error *error, caviar_code code, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

static void set_sentence(train_error *error, caviar_code code, const char *format, va_list args)
{
    if (!error)
        return;
    error->code = code;
    vsnprintf(error->sentence, sizeof error->sentence, format, args);
}

caviar_code train_fail(train_error *error, caviar_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    set_sentence(error, code, format, args);
    va_end(args);
    return code;
}

caviar_code train_fail_memory(train_error *error)
{
    return train_fail(error, CAVIAR_NOMEM, "out of memory");
}

caviar_code train_fail_errno(train_error *error, int errno_value, const char *format, ...)
{
    caviar_code code = errno_value == ENOENT ? CAVIAR_NOT_FOUND : CAVIAR_IO;
    va_list args;
    va_start(args, format);
    set_sentence(error, code, format, args);
    va_end(args);
    if (error) {
        size_t size = strlen(error->sentence);
        snprintf(error->sentence + size, sizeof error->sentence - size, ": %s",
                 strerror(errno_value));
    }
    return code;
}

caviar_code train_error_prefix(train_error *error, const char *format, ...)
{
    if (!error)
        return CAVIAR_INTERNAL;
    train_error before = *error;
    va_list args;
    va_start(args, format);
    set_sentence(error, before.code, format, args);
    va_end(args);
    size_t size = strlen(error->sentence);
    snprintf(error->sentence + size, sizeof error->sentence - size, ": %s", before.sentence);
    return before.code;
}
