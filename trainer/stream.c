/**
 * stream.c: mapped files, and zlib's inflate over them (RFC 1950 to 1952).
 */
#include "trainer/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

// Deflate makes at most 1032 bytes of one: a match of 258 in two bits.
enum { MOST_INFLATION = 1032, GZIP_WINDOW = 15 + 16 };

struct stream {
    const uint8_t *bytes; // [size] of the file
    size_t size, used;    // used: where the next byte is, of a plain file
    void *mapping;        // NULL over memory
    bool is_gzip, at_end; // at_end: of the compressed data
    z_stream zlib;
};

static bool begins_like_gzip(const stream *at)
{
    return at->size >= 2 && at->bytes[0] == 0x1f && at->bytes[1] == 0x8b;
}

static caviar_code start(stream *at, train_error *error)
{
    at->is_gzip = begins_like_gzip(at);
    if (at->is_gzip && inflateInit2(&at->zlib, GZIP_WINDOW) != Z_OK)
        return train_fail_memory(error);
    at->zlib.next_in = (Bytef *)(uintptr_t)at->bytes; // zlib does not write there
    return CAVIAR_OK;
}

caviar_code stream_over(const void *bytes, size_t size, stream **ret_stream, train_error *error)
{
    stream *at = calloc(1, sizeof *at);
    if (!at)
        return train_fail_memory(error);
    at->bytes = bytes;
    at->size = size;
    caviar_code code = start(at, error);
    if (code)
        free(at);
    else
        *ret_stream = at;
    return code;
}

static caviar_code map(int fd, const char *path, void **ret_mapping, size_t *ret_size,
                       train_error *error)
{
    struct stat about;
    if (fstat(fd, &about))
        return train_fail_errno(error, errno, "cannot read %s", path);
    if (!S_ISREG(about.st_mode))
        return train_fail(error, CAVIAR_INVALID, "%s is not a regular file", path);
    *ret_size = (size_t)about.st_size;
    if (about.st_size == 0)
        return CAVIAR_OK;
    // all of it is read at once, to be checked or counted: one fault for many pages is cheaper
    int flags = MAP_PRIVATE | MAP_POPULATE;
    void *mapping = mmap(NULL, (size_t)about.st_size, PROT_READ, flags, fd, 0);
    if (mapping == MAP_FAILED)
        return train_fail_errno(error, errno, "cannot map %s", path);
    *ret_mapping = mapping;
    return CAVIAR_OK;
}

caviar_code stream_open(const char *path, stream **ret_stream, train_error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); // a pipe must not hold us up
    if (fd < 0)
        return train_fail_errno(error, errno, "cannot open %s", path);
    void *mapping = NULL;
    size_t size = 0;
    caviar_code code = map(fd, path, &mapping, &size, error);
    close(fd);
    if (code)
        return code;
    stream *at;
    code = stream_over(mapping, size, &at, error);
    if (code) {
        if (mapping)
            munmap(mapping, size);
        return code;
    }
    at->mapping = mapping;
    *ret_stream = at;
    return CAVIAR_OK;
}

void stream_close(stream *at)
{
    if (!at)
        return;
    if (at->is_gzip)
        inflateEnd(&at->zlib);
    if (at->mapping)
        munmap(at->mapping, at->size);
    free(at);
}

static size_t compressed_left(const stream *at)
{
    return at->size - (size_t)(at->zlib.next_in - at->bytes);
}

// One call of inflate, on pieces that zlib's 32-bit counters can hold.
static caviar_code inflate_some(stream *at, uint8_t *buffer, size_t size, size_t *ret_got,
                                train_error *error)
{
    const size_t piece = (size_t)1 << 30;
    size_t left = compressed_left(at);
    at->zlib.avail_in = (uInt)(left < piece ? left : piece);
    uInt room = (uInt)(size < piece ? size : piece);
    at->zlib.next_out = buffer;
    at->zlib.avail_out = room;
    int status = inflate(&at->zlib, Z_NO_FLUSH);
    *ret_got = room - at->zlib.avail_out;
    if (status == Z_MEM_ERROR)
        return train_fail_memory(error);
    if (status == Z_STREAM_END) {
        at->at_end = compressed_left(at) == 0;
        status = at->at_end ? Z_OK : inflateReset(&at->zlib); // else another member follows
    }
    if (status == Z_BUF_ERROR) // no progress: there is nothing left to inflate
        return train_fail(error, CAVIAR_CORRUPT, "the gzip data end too early");
    if (status != Z_OK)
        return train_fail(error, CAVIAR_CORRUPT, "the gzip data are damaged (%s)",
                          at->zlib.msg ? at->zlib.msg : "unknown fault");
    return CAVIAR_OK;
}

static caviar_code read_gzip(stream *at, uint8_t *buffer, size_t size, size_t *ret_got,
                             train_error *error)
{
    size_t total = 0;
    while (total < size && !at->at_end) {
        size_t got = 0;
        caviar_code code = inflate_some(at, buffer + total, size - total, &got, error);
        if (code)
            return code;
        total += got;
    }
    *ret_got = total;
    return CAVIAR_OK;
}

caviar_code stream_read(stream *at, void *buffer, size_t size, size_t *ret_got, train_error *error)
{
    if (at->is_gzip)
        return read_gzip(at, buffer, size, ret_got, error);
    size_t left = at->size - at->used;
    size_t got = size < left ? size : left;
    if (got > 0)
        memcpy(buffer, at->bytes + at->used, got);
    at->used += got;
    *ret_got = got;
    return CAVIAR_OK;
}

caviar_code stream_rewind(stream *at, train_error *error)
{
    at->used = 0;
    at->at_end = false;
    at->zlib.next_in = (Bytef *)(uintptr_t)at->bytes;
    if (at->is_gzip && inflateReset(&at->zlib) != Z_OK)
        return train_fail(error, CAVIAR_INTERNAL, "cannot rewind the gzip data");
    return CAVIAR_OK;
}

uint64_t stream_most(const stream *at)
{
    if (at->is_gzip) // what zlib holds back is at most its window
        return ((uint64_t)compressed_left(at) + (1 << 15)) * MOST_INFLATION;
    return at->size - at->used;
}

const uint8_t *stream_in_place(const stream *at, size_t *ret_size)
{
    if (at->is_gzip)
        return NULL;
    *ret_size = at->size - at->used;
    return at->bytes + at->used;
}
