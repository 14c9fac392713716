/**
 * idx.h: reading IDX, the format of MNIST's files (yann.lecun.com/exdb/mnist).
 *
 *     2 bytes 0, 1 byte type (8: unsigned bytes), 1 byte number of dimensions,
 *     that many sizes of 4 bytes, the most significant first; then the values, row-major
 */
#ifndef TRAIN_IDX_H
#define TRAIN_IDX_H

#include "trainer/stream.h"

/** An array of bytes; the first dimension counts the items, the others are flattened. */
typedef struct idx {
    size_t count;         // items
    size_t width;         // bytes of each; 1 where there is but one dimension
    const uint8_t *bytes; // [count x width], in place where the file is not compressed
    uint8_t *inflated;    // that `bytes` points at otherwise
} idx;

/**
 * Reads a whole file. The array lies in the stream, which outlives it. Fails with CAVIAR_CORRUPT
 * where header and size disagree, CAVIAR_INVALID for types other than unsigned bytes.
 */
caviar_code idx_read(stream *from, idx *ret_idx, train_error *error);

void idx_clear(idx *at);

#endif
