/**
 * pack.c: numbers and texts as bytes.
 */
#include "trainer/pack.h"

#include <stdlib.h>
#include <string.h>

static void put(packer *into, const void *bytes, size_t size)
{
    while (!into->failed && into->capacity - into->size < size) {
        size_t capacity = into->capacity ? into->capacity * 2 : 1024;
        uint8_t *grown = realloc(into->bytes, capacity);
        into->failed = !grown;
        if (grown) {
            into->bytes = grown;
            into->capacity = capacity;
        }
    }
    if (into->failed)
        return;
    memcpy(into->bytes + into->size, bytes, size);
    into->size += size;
}

void pack_u64(packer *into, uint64_t number)
{
    put(into, &number, sizeof number);
}

void pack_f64(packer *into, double number)
{
    put(into, &number, sizeof number);
}

void pack_text(packer *into, const char *text)
{
    size_t size = strlen(text) + 1;
    pack_u64(into, size);
    put(into, text, size);
}

static const uint8_t *take(unpacker *from, uint64_t size)
{
    if (from->failed || size > from->left) {
        from->failed = true;
        return NULL;
    }
    const uint8_t *bytes = from->rest;
    from->rest += size;
    from->left -= (size_t)size;
    return bytes;
}

uint64_t unpack_u64(unpacker *from)
{
    uint64_t number = 0;
    const uint8_t *bytes = take(from, sizeof number);
    if (bytes)
        memcpy(&number, bytes, sizeof number);
    return number;
}

double unpack_f64(unpacker *from)
{
    double number = 0;
    const uint8_t *bytes = take(from, sizeof number);
    if (bytes)
        memcpy(&number, bytes, sizeof number);
    return number;
}

const char *unpack_text(unpacker *from)
{
    uint64_t size = unpack_u64(from);
    const uint8_t *bytes = take(from, size);
    if (!bytes || size == 0 || memchr(bytes, '\0', (size_t)size) != bytes + size - 1) {
        from->failed = true;
        return "";
    }
    return (const char *)bytes;
}
