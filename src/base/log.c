/**
 * log.c: logfmt lines.
 */
#include "base/log.h"

#include "base/text.h"

#include <stdarg.h>
#include <string.h>

static const char *const level_words[] = {
#define X(name, word) word,
    CAV_LOG_LEVELS(X)
#undef X
};

static void append_quoted(cav_text *line, const char *value)
{
    cav_text_append_char(line, '"');
    for (const unsigned char *c = (const unsigned char *)value; *c; c++) {
        if (*c == '"' || *c == '\\')
            cav_text_appendf(line, "\\%c", *c);
        else if (*c < 0x20 || *c == 0x7f)
            cav_text_appendf(line, "\\x%02x", *c);
        else
            cav_text_append_char(line, (char)*c);
    }
    cav_text_append_char(line, '"');
}

static void append_value(cav_text *line, const char *value)
{
    bool plain = value[0] != '\0';
    for (const unsigned char *c = (const unsigned char *)value; *c && plain; c++)
        plain = *c > 0x20 && *c != 0x7f && *c != '"' && *c != '=' && *c != '\\';
    if (plain)
        cav_text_append(line, value);
    else
        append_quoted(line, value);
}

void cav_log_event(const cav_log *log, cav_log_level level, const char *event, ...)
{
    if (!log || level > log->level)
        return;
    char time[CAV_TIME_SIZE];
    cav_time_print(cav_clock_wall_ms(log->clock), time);
    cav_text line = {0};
    cav_text_appendf(&line, "time=%s level=%s event=%s", time, level_words[level], event);
    va_list pairs;
    va_start(pairs, event);
    for (const char *key; (key = va_arg(pairs, const char *));) {
        cav_text_appendf(&line, " %s=", key);
        append_value(&line, va_arg(pairs, const char *));
    }
    va_end(pairs);
    cav_text_append_char(&line, '\n');
    if (!line.failed)
        log->write(log->sink, line.data);
    cav_text_free(&line);
}
