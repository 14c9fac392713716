/**
 * source.h: where samples lie: the bytes of an IDX file, or the cells of a table.
 */
#ifndef TRAIN_SOURCE_H
#define TRAIN_SOURCE_H

#include "trainer/real.h"

#include <stddef.h>
#include <stdint.h>

typedef struct source {
    size_t count;           // samples
    size_t width;           // bytes, or cells, of a sample
    const uint8_t *bytes;   // [count x width] or NULL
    real *cells;            // [count x width] or NULL
    const uint16_t *labels; // [count] classes; NULL for a quantity, or where not known
    real *targets;          // [count] of a quantity, normalised; else NULL
} source;

#endif
