/**
 * fuzz_words.c: any bytes as a command line. Words that hold no quote are the same again when they
 * are quoted and split once more.
 */
#include "config/spec.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

// Splits the words, each between single quotes, and expects them back.
static void split_again(cav_arena *arena, const char *const *words, size_t count)
{
    const char *const *again;
    size_t again_count;
    cav_error error;
    cav_text line = {0};
    for (size_t i = 0; i < count; i++) {
        cav_text_append(&line, i ? " '" : "'");
        for (const char *c = words[i]; *c; c++)
            if (*c == '\'')
                cav_text_append(&line, "'\\''");
            else
                cav_text_append_char(&line, *c);
        cav_text_append_char(&line, '\'');
    }
    if (line.failed || cav_words_split(arena, line.data, &again, &again_count, &error) ||
        again_count != count)
        abort();
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i], again[i]) != 0)
            abort();
    cav_text_free(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const char *const *words;
    size_t count;
    cav_error error;
    cav_arena *arena = cav_arena_new();
    char *line = malloc(size + 1);
    if (arena && line) {
        memcpy(line, bytes, size);
        line[size] = '\0';
        if (!cav_words_split(arena, line, &words, &count, &error) && count > 0)
            split_again(arena, words, count);
    }
    free(line);
    cav_arena_free(arena);
    return 0;
}
