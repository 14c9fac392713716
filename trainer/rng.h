/**
 * rng.h: counter-based random numbers.
 *
 * A stream is named by (seed, purpose, index, part): the shuffling of epoch 3, the dropout mask of
 * mini-batch 1200 in layer 1. Word i of a stream is a function of that name and of i alone, so a
 * checkpoint needs to keep no generator: the counters of the training say it all.
 *
 * Method: Philox4x32-10, Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2,
 * 3", SC 2011.
 */
#ifndef TRAIN_RNG_H
#define TRAIN_RNG_H

#include <stddef.h>
#include <stdint.h>

typedef enum rng_purpose {
    RNG_SPLIT = 1, // which samples are held out for validation
    RNG_WEIGHTS,   // where the weights start
    RNG_SHUFFLE,   // the order of an epoch
    RNG_DROPOUT,   // the mask of a mini-batch in a layer
    RNG_TEST,
} rng_purpose;

/** The name of a stream. */
typedef struct rng_stream {
    uint32_t key[2];
    uint32_t name[3]; // the upper words of the counter; the lowest one counts blocks
} rng_stream;

rng_stream rng_stream_of(uint64_t seed, rng_purpose purpose, uint64_t index, uint32_t part);

/** Words 4 * block to 4 * block + 3 of a stream. */
void rng_block(const rng_stream *stream, uint32_t block, uint32_t ret_words[4]);

/** A stream that is read from its beginning. Start from {.stream = …}. */
typedef struct rng {
    rng_stream stream;
    uint32_t next_block;
    uint32_t words[4];
    unsigned left; // of `words`
} rng;

uint64_t rng_u64(rng *random);

/** Uniform on [0, 1), in steps of 2^-53. */
double rng_unit(rng *random);

/** Uniform whole number in [0, bound), without bias; bound > 0. */
uint64_t rng_below(rng *random, uint64_t bound);

/** Standard normal: one, or two at the cost of one. */
double rng_normal(rng *random);
void rng_normals(rng *random, double ret_pair[2]);

/** Puts items [count] in random order (Fisher and Yates). */
void rng_shuffle(rng *random, uint32_t *items, size_t count);

#endif
