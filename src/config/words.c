/**
 * words.c: splitting a command line into words, once, before any value is put in.
 */
#include "config/spec.h"

#include <stdlib.h>
#include <string.h>

typedef struct splitter {
    const char *at;
    cav_text word;
    const char **words;
    size_t count, capacity;
    bool in_word;
    cav_error *error;
} splitter;

static caviar_code fail_shell(splitter *split)
{
    return cav_fail(split->error, CAVIAR_INVALID,
                    "command: '%c' would need a shell, and none is run; put it between single "
                    "quotes, or run a shell: sh -c '...'",
                    *split->at);
}

static caviar_code take_single_quoted(splitter *split)
{
    const char *end = strchr(split->at + 1, '\'');
    if (!end)
        return cav_fail(split->error, CAVIAR_INVALID, "command: a ' is never closed");
    cav_text_append_size(&split->word, split->at + 1, (size_t)(end - split->at - 1));
    split->at = end + 1;
    return CAVIAR_OK;
}

static caviar_code take_double_quoted(splitter *split)
{
    for (split->at++; *split->at != '"'; split->at++) {
        if (*split->at == '\0')
            return cav_fail(split->error, CAVIAR_INVALID, "command: a \" is never closed");
        if (*split->at == '$' || *split->at == '`')
            return fail_shell(split);
        bool escapes = *split->at == '\\' && split->at[1] && strchr("\\\"$`\n", split->at[1]);
        split->at += escapes;
        if (!escapes || *split->at != '\n') // else the line goes on
            cav_text_append_char(&split->word, *split->at);
    }
    split->at++;
    return CAVIAR_OK;
}

// What a shell would act on outside of quotes; at the begin of a word also a home or a comment.
static bool needs_shell(const splitter *split)
{
    return strchr("|&;<>()$`*?", *split->at) || (!split->in_word && strchr("~#", *split->at));
}

static caviar_code take_piece(splitter *split)
{
    if (needs_shell(split))
        return fail_shell(split);
    split->in_word = true;
    if (*split->at == '\'')
        return take_single_quoted(split);
    if (*split->at == '"')
        return take_double_quoted(split);
    if (*split->at == '\\' && *++split->at == '\0')
        return cav_fail(split->error, CAVIAR_INVALID, "command: ends with a backslash");
    cav_text_append_char(&split->word, *split->at++);
    return CAVIAR_OK;
}

static caviar_code end_word(splitter *split, cav_arena *arena)
{
    if (!split->in_word)
        return CAVIAR_OK;
    if (!CAV_GROW(&split->words, &split->capacity, split->count + 1) || split->word.failed)
        return cav_fail_memory(split->error);
    split->words[split->count] = cav_arena_strdup(arena, cav_text_get(&split->word));
    if (!split->words[split->count])
        return cav_fail_memory(split->error);
    split->count++;
    split->in_word = false;
    cav_text_clear(&split->word);
    return CAVIAR_OK;
}

caviar_code cav_words_split(cav_arena *arena, const char *line, const char *const **ret_words,
                            size_t *ret_count, cav_error *error)
{
    splitter split = {.at = line, .error = error};
    caviar_code code = CAVIAR_OK;
    while (*split.at && !code) {
        if (strncmp(split.at, "\\\n", 2) == 0) {
            split.at += 2; // the line goes on
        } else if (strchr(" \t\r\n", *split.at)) {
            code = end_word(&split, arena);
            split.at++;
        } else {
            code = take_piece(&split);
        }
    }
    if (!code)
        code = end_word(&split, arena);
    const char **words = code ? NULL : CAV_ARENA_NEW(arena, const char *, split.count + 1);
    if (words) {
        if (split.count)
            memcpy(words, split.words, split.count * sizeof *words);
        *ret_words = words;
        *ret_count = split.count;
    } else if (!code) {
        code = cav_fail_memory(error);
    }
    cav_text_free(&split.word);
    free(split.words);
    return code;
}
