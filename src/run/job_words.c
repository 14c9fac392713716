/**
 * job_words.c: what launchers share. See job_words.h.
 */
#include "run/job_words.h"

#include "run/helper.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

extern char **environ;

enum {
    TIMEOUT_MS = 60000, // a command waits by itself for a controller that does not answer
    MOST_SHOWN = 800,   // of a complaint
};

void cav_job_answer_free(cav_job_answer *answer)
{
    cav_text_free(&answer->output);
    cav_text_free(&answer->errors);
}

void cav_job_add(cav_job_words *words, const char *format, ...)
{
    char text[4096];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    char *copy = size >= 0 && (size_t)size < sizeof text && words->count < CAV_JOB_MOST_WORDS
                     ? cav_arena_strdup(words->arena, text)
                     : NULL;
    if (copy)
        words->list[words->count++] = copy;
    else
        words->failed = true;
}

caviar_code cav_job_run(cav_job_words *words, char *const *variables, const char *input,
                        cav_job_answer *answer, cav_error *error)
{
    cav_helper helper = {.words = words->list,
                         .variables = variables ? variables : environ,
                         .input = input,
                         .timeout_ms = TIMEOUT_MS};
    if (words->failed)
        return cav_fail(error, CAVIAR_INVALID,
                        "too much is asked of %s: it has more options than Caviar passes on",
                        words->list[0] ? words->list[0] : "a command");
    return cav_helper_run(&helper, &answer->output, &answer->errors, &answer->status, error);
}

caviar_code cav_job_fail(const cav_job_words *words, const char *where,
                         const cav_job_answer *answer, cav_error *error)
{
    const char *text = cav_text_get(&answer->errors);
    size_t size = strlen(text);
    while (size > 0 && isspace((unsigned char)text[size - 1]))
        size--;
    return cav_fail(error, CAVIAR_IO, "%s%s failed: %.*s", words->list[0], where,
                    (int)(size < MOST_SHOWN ? size : MOST_SHOWN), text);
}

void cav_job_quote(cav_text *script, const char *word)
{
    cav_text_append_char(script, '\'');
    for (const char *c = word; *c; c++)
        if (*c == '\'')
            cav_text_append(script, "'\\''");
        else
            cav_text_append_char(script, *c);
    cav_text_append(script, "' ");
}

void cav_job_quote_command(cav_text *script, const cav_launch *launch)
{
    for (size_t i = 0; i < launch->command_count; i++)
        cav_job_quote(script, launch->command[i]);
}
