/**
 * fuzz_inline.c: any bytes as the words of an inline command, a line break between two words. A
 * study that is taken can be kept: its definition as JSON makes it again.
 */
#include "config/spec.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { MOST_WORDS = 64 };

static void keep(const cav_spec *spec)
{
    cav_spec *again;
    cav_error error;
    cav_text text = {0};
    cav_json json = {.text = &text};
    cav_spec_write(spec, &json);
    if (text.failed || cav_spec_parse("again", text.data, text.size, &again, &error))
        abort();
    cav_spec_free(again);
    cav_text_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const char *words[MOST_WORDS];
    size_t count = 0;
    cav_spec *spec;
    cav_error error;
    char *copy = malloc(size + 1);
    if (!copy)
        return 0;
    memcpy(copy, bytes, size);
    copy[size] = '\0';
    for (char *at = copy; at && count < MOST_WORDS;) {
        words[count++] = at;
        at = strchr(at, '\n');
        if (at)
            *at++ = '\0';
    }
    if (!cav_spec_from_command(words, count, "{\"metric\":\"loss\"}", &spec, &error)) {
        keep(spec);
        cav_spec_free(spec);
    }
    free(copy);
    return 0;
}
