/**
 * text.h: building strings, and hints for mistyped words.
 */
#ifndef CAV_BASE_TEXT_H
#define CAV_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * A string under construction. All zero is the empty one. Appending never fails visibly: when
 * memory runs out `failed` is set and stays, and is looked at once, at the end.
 */
typedef struct cav_text {
    char *data; // NUL-terminated where not NULL
    size_t size, capacity;
    bool failed;
} cav_text;

void cav_text_append(cav_text *text, const char *piece);
void cav_text_append_size(cav_text *text, const char *piece, size_t size);
void cav_text_append_char(cav_text *text, char c);
void cav_text_appendf(cav_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Appends a real number in its shortest form that reads back as the same number. */
void cav_text_append_number(cav_text *text, double number);

/** Forgets the content and keeps the memory. */
void cav_text_clear(cav_text *text);
void cav_text_free(cav_text *text);

/** The string as the caller's own (for `free`), and the builder empty; NULL if it had failed. */
char *cav_text_take(cav_text *text);

/** The content; "" where there is none. */
const char *cav_text_get(const cav_text *text);

/** Damerau-Levenshtein distance (insert, delete, replace, swap neighbours), ASCII case ignored. */
size_t cav_text_distance(const char *a, const char *b);

/** The candidate nearest to `word`, or NULL if none is near enough to be a typo of it. */
const char *cav_text_nearest(const char *word, const char *const *candidates, size_t count);

enum { CAV_HINT_SIZE = 400 };

/** "; did you mean 'log'?", or "; known: a, b, c" where nothing is near; "" without candidates. */
void cav_text_hint(const char *word, const char *const *candidates, size_t count,
                   char ret_hint[CAV_HINT_SIZE]);

/** Length of the well-formed UTF-8 character that `text` starts with; 0 if there is none. */
size_t cav_utf8_length(const char *text);

/** True if `text` is well-formed UTF-8 without NUL in its `size` bytes. */
bool cav_text_is_utf8(const char *text, size_t size);

/** True for a parameter's or metric's name: a letter or _, then letters, digits, _ . or -. */
bool cav_text_is_name(const char *text);

/**
 * Makes blanks of what could move a terminal: controls but for newlines, in ASCII and above it
 * (U+0080 to U+009F in UTF-8). All else stays as it is, in whatever locale. NULL is left alone.
 */
void cav_text_make_harmless(char *text);

/** Where a hash of a text begins; one of several texts goes on from that of the first. */
#define CAV_TEXT_HASH UINT64_C(0xcbf29ce484222325)

/** FNV-1a, 64 bits: to tell texts apart, not to keep them from anybody. */
uint64_t cav_text_hash(uint64_t hash, const char *text);

#endif
