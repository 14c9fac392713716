/**
 * pack.h: numbers and texts as bytes, and back.
 *
 * Numbers take 8 bytes each; a text takes its size and its bytes, with a NUL. What is read is
 * distrusted: beyond the end, everything is 0 or "", and `failed` is set and stays.
 */
#ifndef TRAIN_PACK_H
#define TRAIN_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** All zero is the empty one; `bytes` is for `free`. `failed` when out of memory. */
typedef struct packer {
    uint8_t *bytes; // [size]
    size_t size, capacity;
    bool failed;
} packer;

void pack_u64(packer *into, uint64_t number);
void pack_f64(packer *into, double number);
void pack_text(packer *into, const char *text);

typedef struct unpacker {
    const uint8_t *rest; // [left]
    size_t left;
    bool failed;
} unpacker;

uint64_t unpack_u64(unpacker *from);
double unpack_f64(unpacker *from);

/** The text lies in the bytes that are read. */
const char *unpack_text(unpacker *from);

#endif
