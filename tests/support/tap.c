/**
 * tap.c: a skipped case is told as TAP has it.
 *
 * cmocka 1.1 prints "not ok 3 # SKIP name", which meson takes for a failure, as it should: TAP's
 * skipped cases are "ok". libcmocka looks print_message up as any other function, and finds this
 * one first, since it is in the program.
 */
#include <stdio.h>

#include "support/test.h"

static const char skipped[] = "not ok %u # SKIP";

void print_message(const char *const format, ...)
{
    bool skips = !strncmp(format, skipped, sizeof skipped - 1);
    va_list arguments;
    va_start(arguments, format);
    vprintf(skips ? format + strlen("not ") : format, arguments);
    va_end(arguments);
    fflush(stdout);
}
