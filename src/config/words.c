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
                    "command: '%.20s' would need a shell, and none is run; put the character "
                    "between single quotes, or run one: sh -c '...'",
                    split->at);
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
        if (*split->at == '\\' && strchr("\\\"$`", split->at[1]) && split->at[1])
            split->at++;
        cav_text_append_char(&split->word, *split->at);
    }
    split->at++;
    return CAVIAR_OK;
}

static caviar_code take_piece(splitter *split)
{
    split->in_word = true;
    if (*split->at == '\'')
        return take_single_quoted(split);
    if (*split->at == '"')
        return take_double_quoted(split);
    if (strchr("|&;<>()$`", *split->at))
        return fail_shell(split);
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
        if (strchr(" \t\r\n", *split.at)) {
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
