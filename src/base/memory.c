/**
 * memory.c: doubling arrays; an arena as a list of blocks.
 */
#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool cav_grow(void **items, size_t *capacity, size_t needed, size_t item_size)
{
    if (needed <= *capacity)
        return true;
    size_t wanted = *capacity ? *capacity : 8;
    while (wanted < needed) {
        if (wanted > SIZE_MAX / 2)
            return false;
        wanted *= 2;
    }
    if (item_size > 0 && wanted > SIZE_MAX / 2 / item_size)
        return false;
    void *grown = realloc(*items, wanted * item_size + 1); // never an allocation of nothing
    if (!grown)
        return false;
    *items = grown;
    *capacity = wanted;
    return true;
}

char *cav_strdup(const char *text)
{
    return text ? strdup(text) : NULL;
}

enum { BLOCK_SIZE = 4096, ALIGNMENT = _Alignof(max_align_t) };

typedef struct block {
    struct block *next;
    size_t size, used; // bytes of `data`
    _Alignas(max_align_t) unsigned char data[];
} block;

struct cav_arena {
    block *blocks; // the first is the one being filled
};

cav_arena *cav_arena_new(void)
{
    return calloc(1, sizeof(cav_arena));
}

void cav_arena_free(cav_arena *arena)
{
    if (!arena)
        return;
    for (block *at = arena->blocks; at;) {
        block *next = at->next;
        free(at);
        at = next;
    }
    free(arena);
}

static block *add_block(cav_arena *arena, size_t size)
{
    block *fresh = malloc(sizeof(block) + size);
    if (!fresh)
        return NULL;
    fresh->size = size;
    fresh->used = 0;
    fresh->next = arena->blocks;
    arena->blocks = fresh;
    return fresh;
}

void *cav_arena_alloc(cav_arena *arena, size_t count, size_t item_size)
{
    if (item_size && count > (SIZE_MAX / 2) / item_size)
        return NULL;
    size_t size = (count * item_size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    block *at = arena->blocks;
    if (!at || at->size - at->used < size)
        at = add_block(arena, size > BLOCK_SIZE ? size : BLOCK_SIZE);
    if (!at)
        return NULL;
    void *memory = at->data + at->used;
    at->used += size;
    return memset(memory, 0, size);
}

char *cav_arena_text(cav_arena *arena, const char *text, size_t size)
{
    char *copy = cav_arena_alloc(arena, size + 1, 1);
    if (copy && size)
        memcpy(copy, text, size);
    return copy;
}

char *cav_arena_strdup(cav_arena *arena, const char *text)
{
    return cav_arena_text(arena, text, strlen(text));
}
