/**
 * error.c: setting and decorating errors; the names of the public codes.
 */
#include "base/error.h"

#include <stdio.h>
#include <string.h>

// Marks a sentence that did not fit, so that nobody takes the cut end for the whole. The cut goes
// before a UTF-8 character, not through it.
static void mark_cut(char *message, int length)
{
    if (length < CAV_MESSAGE_SIZE)
        return;
    size_t at = CAV_MESSAGE_SIZE - 4;
    while (at > 0 && ((unsigned char)message[at] & 0xc0) == 0x80)
        at--;
    memcpy(message + at, "...", 4);
}

caviar_code cav_fail_args(cav_error *error, caviar_code code, const char *format, va_list args)
{
    if (error) {
        error->code = code;
        mark_cut(error->message, vsnprintf(error->message, CAV_MESSAGE_SIZE, format, args));
    }
    return code;
}

caviar_code cav_fail(cav_error *error, caviar_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    cav_fail_args(error, code, format, args);
    va_end(args);
    return code;
}

caviar_code cav_fail_memory(cav_error *error)
{
    return cav_fail(error, CAVIAR_NOMEM, "out of memory");
}

caviar_code cav_fail_errno(cav_error *error, int errno_value, const char *format, ...)
{
    if (!error)
        return CAVIAR_IO;
    va_list args;
    va_start(args, format);
    cav_fail_args(error, CAVIAR_IO, format, args);
    va_end(args);
    char words[128];
    size_t used = strlen(error->message);
    int length = snprintf(error->message + used, CAV_MESSAGE_SIZE - used, ": %s",
                          strerror_r(errno_value, words, sizeof words));
    mark_cut(error->message, (int)used + length);
    return CAVIAR_IO;
}

caviar_code cav_error_prefix(cav_error *error, const char *format, ...)
{
    if (!error)
        return CAVIAR_INTERNAL;
    char sentence[CAV_MESSAGE_SIZE];
    memcpy(sentence, error->message, CAV_MESSAGE_SIZE);
    va_list args;
    va_start(args, format);
    vsnprintf(error->message, CAV_MESSAGE_SIZE, format, args);
    va_end(args);
    size_t used = strlen(error->message);
    int length = snprintf(error->message + used, CAV_MESSAGE_SIZE - used, ": %s", sentence);
    mark_cut(error->message, (int)used + length);
    return error->code;
}

void cav_error_clear(cav_error *error)
{
    error->code = CAVIAR_OK;
    error->message[0] = '\0';
}
