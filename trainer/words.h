/**
 * words.h: a set of texts, each with its index: the classes of a target, the levels of a column.
 */
#ifndef TRAIN_WORDS_H
#define TRAIN_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** All zero is the empty set. */
typedef struct words {
    char **texts; // [count] in the order in which they came
    size_t count, capacity;
    uint32_t *slots; // [slot_count] index + 1, or 0: open addressing
    size_t slot_count;
} words;

enum { WORDS_NONE = -1 };

/** The index of a text, or WORDS_NONE. */
int64_t words_find(const words *set, const char *text);

/** The same; adds what is not there. WORDS_NONE only when out of memory. */
int64_t words_add(words *set, const char *text);

/** Orders the texts: as numbers where all are, else byte by byte. */
void words_sort(words *set);

void words_clear(words *set);

#endif
