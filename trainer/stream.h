/**
 * stream.h: the bytes of a data file, as they are or inflated (gzip), read in pieces.
 */
#ifndef TRAIN_STREAM_H
#define TRAIN_STREAM_H

#include "trainer/error.h"

typedef struct stream stream;

/** Maps a regular file. Fails with CAVIAR_NOT_FOUND, CAVIAR_INVALID for a folder or a pipe. */
caviar_code stream_open(const char *path, stream **ret_stream, train_error *error);

/** The same over bytes [size] in memory, which outlive it. */
caviar_code stream_over(const void *bytes, size_t size, stream **ret_stream, train_error *error);

void stream_close(stream *at);

/** Reads up to `size` bytes; less only at the end. Fails with CAVIAR_CORRUPT for broken gzip. */
caviar_code stream_read(stream *at, void *buffer, size_t size, size_t *ret_got, train_error *error);

/** Back to the beginning. */
caviar_code stream_rewind(stream *at, train_error *error);

/** How many bytes there can be at most from here on, to be asked before memory is. */
uint64_t stream_most(const stream *at);

/**
 * What is still to be read, in place, for as long as the stream is open; NULL where it is
 * compressed. Writes its size to *ret_size.
 */
const uint8_t *stream_in_place(const stream *at, size_t *ret_size);

#endif
