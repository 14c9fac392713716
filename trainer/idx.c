/**
 * idx.c: reading IDX.
 */
#include "trainer/idx.h"

#include <stdlib.h>

static caviar_code read_exactly(stream *from, uint8_t *buffer, size_t size, train_error *error)
{
    size_t got = 0;
    caviar_code code = stream_read(from, buffer, size, &got, error);
    if (!code && got < size)
        code = train_fail(error, CAVIAR_CORRUPT, "the file ends within its header");
    return code;
}

static caviar_code read_magic(stream *from, size_t *ret_dimensions, train_error *error)
{
    uint8_t magic[4];
    caviar_code code = read_exactly(from, magic, sizeof magic, error);
    if (code)
        return code;
    if (magic[0] || magic[1])
        return train_fail(error, CAVIAR_CORRUPT,
                          "not an IDX file: it begins with the bytes %02x %02x instead of 00 00",
                          magic[0], magic[1]);
    if (magic[2] != 8)
        return train_fail(error, CAVIAR_INVALID,
                          "its values are of type 0x%02x; only unsigned bytes (0x08) can be read",
                          magic[2]);
    if (magic[3] == 0)
        return train_fail(error, CAVIAR_CORRUPT, "the header promises no dimension");
    *ret_dimensions = magic[3];
    return CAVIAR_OK;
}

// Reads the sizes; the file must be able to hold what they multiply to.
static caviar_code read_sizes(stream *from, size_t dimensions, idx *ret_idx, train_error *error)
{
    uint64_t count = 0, width = 1, total = 0;
    for (size_t i = 0; i < dimensions; i++) {
        uint8_t bytes[4];
        caviar_code code = read_exactly(from, bytes, sizeof bytes, error);
        if (code)
            return code;
        uint64_t size = (uint64_t)bytes[0] << 24 | (uint64_t)bytes[1] << 16 |
                        (uint64_t)bytes[2] << 8 | bytes[3];
        if (i == 0)
            count = size;
        else if (__builtin_mul_overflow(width, size, &width))
            return train_fail(error, CAVIAR_CORRUPT, "the sizes in the header are impossible");
    }
    if (count == 0 || width == 0)
        return train_fail(error, CAVIAR_CORRUPT, "the header promises no values");
    if (__builtin_mul_overflow(count, width, &total) || total > stream_most(from))
        return train_fail(error, CAVIAR_CORRUPT,
                          "the header promises %llu items of %llu bytes; the file holds less",
                          (unsigned long long)count, (unsigned long long)width);
    ret_idx->count = (size_t)count;
    ret_idx->width = (size_t)width;
    return CAVIAR_OK;
}

static caviar_code fail_size(const idx *at, size_t got, bool more, train_error *error)
{
    return train_fail(error, CAVIAR_CORRUPT,
                      "the header promises %zu items of %zu bytes; the file holds %s%zu bytes",
                      at->count, at->width, more ? "more than " : "", got);
}

static caviar_code inflate_values(stream *from, idx *at, train_error *error)
{
    size_t size = at->count * at->width, got = 0, beyond = 0;
    uint8_t extra;
    at->inflated = malloc(size);
    if (!at->inflated)
        return train_fail_memory(error);
    caviar_code code = stream_read(from, at->inflated, size, &got, error);
    if (!code)
        code = stream_read(from, &extra, 1, &beyond, error);
    if (!code && (got < size || beyond > 0))
        code = fail_size(at, got, beyond > 0, error);
    at->bytes = at->inflated;
    return code;
}

caviar_code idx_read(stream *from, idx *ret_idx, train_error *error)
{
    idx at = {0};
    size_t dimensions = 0, size = 0;
    caviar_code code = read_magic(from, &dimensions, error);
    if (!code)
        code = read_sizes(from, dimensions, &at, error);
    if (code)
        return code;
    at.bytes = stream_in_place(from, &size);
    if (!at.bytes)
        code = inflate_values(from, &at, error);
    else if (size != at.count * at.width)
        code = fail_size(&at, size, false, error);
    if (code)
        idx_clear(&at);
    else
        *ret_idx = at;
    return code;
}

void idx_clear(idx *at)
{
    free(at->inflated);
    *at = (idx){0};
}
