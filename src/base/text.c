/**
 * text.c: the string builder, edit distance, UTF-8.
 */
#include "base/text.h"

#include "base/memory.h"
#include "base/number.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(cav_text *text, size_t extra)
{
    if (text->failed || extra > SIZE_MAX / 2 - text->size ||
        !CAV_GROW(&text->data, &text->capacity, text->size + extra + 1))
        text->failed = true;
    return !text->failed;
}

void cav_text_append_size(cav_text *text, const char *piece, size_t size)
{
    if (!reserve(text, size))
        return;
    if (size)
        memcpy(text->data + text->size, piece, size);
    text->size += size;
    text->data[text->size] = '\0';
}

void cav_text_append(cav_text *text, const char *piece)
{
    cav_text_append_size(text, piece, strlen(piece));
}

void cav_text_append_char(cav_text *text, char c)
{
    cav_text_append_size(text, &c, 1);
}

void cav_text_appendf(cav_text *text, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length >= 0 && reserve(text, (size_t)length)) {
        vsnprintf(text->data + text->size, (size_t)length + 1, format, again);
        text->size += (size_t)length;
    }
    va_end(again);
}

void cav_text_append_number(cav_text *text, double number)
{
    char digits[CAV_NUMBER_SIZE];
    cav_text_append_size(text, digits, cav_number_print(number, digits));
}

void cav_text_clear(cav_text *text)
{
    text->size = 0;
    if (text->data)
        text->data[0] = '\0';
}

void cav_text_free(cav_text *text)
{
    free(text->data);
    *text = (cav_text){0};
}

char *cav_text_take(cav_text *text)
{
    cav_text_append_size(text, "", 0); // the empty string needs memory, too
    char *data = text->failed ? NULL : text->data;
    if (!data)
        free(text->data);
    *text = (cav_text){0};
    return data;
}

const char *cav_text_get(const cav_text *text)
{
    return text->data ? text->data : "";
}

enum { LONGEST_WORD = 63 };

static int lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

static size_t min2(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t cav_text_distance(const char *a, const char *b)
{
    size_t a_size = strlen(a), b_size = strlen(b);
    if (a_size > LONGEST_WORD || b_size > LONGEST_WORD)
        return SIZE_MAX;
    size_t rows[3][LONGEST_WORD + 1]; // of the table of distances between prefixes: the last three
    size_t *before = rows[0], *last = rows[1], *now = rows[2];
    for (size_t j = 0; j <= b_size; j++)
        last[j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            bool same = lower(a[i - 1]) == lower(b[j - 1]);
            now[j] = min2(min2(last[j], now[j - 1]) + 1, last[j - 1] + !same);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1]))
                now[j] = min2(now[j], before[j - 2] + 1);
        }
        size_t *recycled = before;
        before = last;
        last = now;
        now = recycled;
    }
    return last[b_size];
}

const char *cav_text_nearest(const char *word, const char *const *candidates, size_t count)
{
    const char *nearest = NULL;
    size_t limit = 1 + strlen(word) / 4; // one slip, and one more for each four letters
    for (size_t i = 0; i < count; i++) {
        size_t distance = cav_text_distance(word, candidates[i]);
        if (candidates[i][0] && distance <= limit) {
            nearest = candidates[i];
            limit = distance ? distance - 1 : 0;
            if (distance == 0)
                break;
        }
    }
    return nearest;
}

void cav_text_hint(const char *word, const char *const *candidates, size_t count,
                   char ret_hint[CAV_HINT_SIZE])
{
    ret_hint[0] = '\0';
    const char *nearest = cav_text_nearest(word, candidates, count);
    if (nearest) {
        snprintf(ret_hint, CAV_HINT_SIZE, "; did you mean '%s'?", nearest);
        return;
    }
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (!candidates[i][0])
            continue;
        const char *lead = used ? ", " : "; known: ";
        if (used + strlen(lead) + strlen(candidates[i]) + 6 > CAV_HINT_SIZE) {
            snprintf(ret_hint + used, CAV_HINT_SIZE - used, "%s...", lead);
            return;
        }
        used +=
            (size_t)snprintf(ret_hint + used, CAV_HINT_SIZE - used, "%s%s", lead, candidates[i]);
    }
}

size_t cav_utf8_length(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    if (at[0] < 0x80)
        return at[0] != 0;
    if (at[0] < 0xc2 || at[0] > 0xf4)
        return 0;
    size_t length = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
    for (size_t i = 1; i < length; i++) // the NUL at the end is no continuation
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] < 0x90);
    bool surrogate = at[0] == 0xed && at[1] > 0x9f;
    bool beyond = at[0] == 0xf4 && at[1] > 0x8f;
    return overlong || surrogate || beyond ? 0 : length;
}

bool cav_text_is_utf8(const char *text, size_t size)
{
    while (size > 0) {
        char head[5] = {0};
        memcpy(head, text, size < 4 ? size : 4);
        size_t length = cav_utf8_length(head);
        if (length == 0)
            return false;
        text += length;
        size -= length;
    }
    return true;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool cav_text_is_name(const char *text)
{
    if (!is_letter(text[0]))
        return false;
    for (const char *c = text + 1; *c; c++)
        if (!is_letter(*c) && !(*c >= '0' && *c <= '9') && *c != '.' && *c != '-')
            return false;
    return true;
}

void cav_text_make_harmless(char *text)
{
    for (unsigned char *c = (unsigned char *)text; c && *c; c++) {
        bool is_high = c[0] == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f;
        bool is_low = (c[0] < 0x20 && c[0] != '\n') || c[0] == 0x7f;
        if (is_high || is_low)
            *c = ' ';
        if (is_high)
            *++c = ' ';
    }
}

uint64_t cav_text_hash(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash;
}
