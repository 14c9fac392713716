/**
 * memory.h: growing arrays and arenas.
 */
#ifndef CAV_BASE_MEMORY_H
#define CAV_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#define CAV_COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

/**
 * Makes room for `needed` items of `item_size` bytes in *items, which holds *capacity; grows by
 * doubling. False when out of memory; the array is then as it was.
 */
bool cav_grow(void **items, size_t *capacity, size_t needed, size_t item_size);

/** cav_grow for a typed pointer: CAV_GROW(&list->items, &list->capacity, list->count + 1). */
#define CAV_GROW(items, capacity, needed)                                                          \
    cav_grow((void **)(items), (capacity), (needed), sizeof **(items))

/** A copy of a string for `free`; NULL when out of memory, and for NULL. */
char *cav_strdup(const char *text);

/** Memory that is freed all at once. Its strings and structs live as long as the arena. */
typedef struct cav_arena cav_arena;

cav_arena *cav_arena_new(void);
void cav_arena_free(cav_arena *arena);

/** Zeroed memory for `count` items, aligned for any type; NULL when out of memory. */
void *cav_arena_alloc(cav_arena *arena, size_t count, size_t item_size);

/** A copy of the first `size` bytes of `text`, with a NUL behind. */
char *cav_arena_text(cav_arena *arena, const char *text, size_t size);

char *cav_arena_strdup(cav_arena *arena, const char *text);

#define CAV_ARENA_NEW(arena, type, count) ((type *)cav_arena_alloc((arena), (count), sizeof(type)))

#endif
