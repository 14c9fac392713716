/**
 * words.c: a hash table of texts.
 */
#include "trainer/words.h"

#include "trainer/number.h"

#include <stdlib.h>
#include <string.h>

static uint64_t hash(const char *text) // FNV-1a
{
    uint64_t h = 0xcbf29ce484222325u;
    for (; *text; text++)
        h = (h ^ (uint8_t)*text) * 0x100000001b3u;
    return h ^ h >> 32;
}

// The slot that has the text, or the empty one where it belongs. There is always an empty one.
static size_t find_slot(const words *set, const char *text)
{
    size_t slot = (size_t)hash(text) & (set->slot_count - 1);
    while (set->slots[slot] && strcmp(set->texts[set->slots[slot] - 1], text) != 0)
        slot = (slot + 1) & (set->slot_count - 1);
    return slot;
}

static void fill_slots(words *set)
{
    memset(set->slots, 0, set->slot_count * sizeof *set->slots);
    for (size_t i = 0; i < set->count; i++)
        set->slots[find_slot(set, set->texts[i])] = (uint32_t)(i + 1);
}

static bool grow(words *set)
{
    size_t capacity = set->capacity ? set->capacity * 2 : 16, slot_count = capacity * 2;
    char **texts = realloc(set->texts, capacity * sizeof *texts);
    if (!texts)
        return false;
    set->texts = texts;
    uint32_t *slots = realloc(set->slots, slot_count * sizeof *slots);
    if (!slots)
        return false;
    set->slots = slots;
    set->slot_count = slot_count;
    set->capacity = capacity;
    fill_slots(set);
    return true;
}

int64_t words_find(const words *set, const char *text)
{
    return set->count ? (int64_t)set->slots[find_slot(set, text)] - 1 : WORDS_NONE;
}

int64_t words_add(words *set, const char *text)
{
    int64_t index = words_find(set, text);
    if (index >= 0)
        return index;
    if (set->count == set->capacity && (set->count >= INT32_MAX / 4 || !grow(set)))
        return WORDS_NONE;
    char *copy = strdup(text);
    if (!copy)
        return WORDS_NONE;
    set->texts[set->count++] = copy;
    set->slots[find_slot(set, text)] = (uint32_t)set->count;
    return (int64_t)set->count - 1;
}

static int compare_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int compare_numbers(const void *a, const void *b)
{
    double x = 0, y = 0;
    number_parse(*(char *const *)a, &x);
    number_parse(*(char *const *)b, &y);
    return x == y ? compare_bytes(a, b) : x < y ? -1 : 1;
}

void words_sort(words *set)
{
    double number;
    size_t numbers = 0;
    for (size_t i = 0; i < set->count; i++)
        numbers += number_parse(set->texts[i], &number);
    if (set->count == 0)
        return;
    qsort(set->texts, set->count, sizeof *set->texts,
          numbers == set->count ? compare_numbers : compare_bytes);
    fill_slots(set);
}

void words_clear(words *set)
{
    for (size_t i = 0; i < set->count; i++)
        free(set->texts[i]);
    free(set->texts);
    free(set->slots);
    *set = (words){0};
}
