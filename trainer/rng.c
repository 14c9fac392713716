/**
 * rng.c: Philox4x32-10 and what is drawn from it.
 */
#include "trainer/rng.h"

#include <math.h>
#include <string.h>

rng_stream rng_stream_of(uint64_t seed, rng_purpose purpose, uint64_t index, uint32_t part)
{
    return (rng_stream){
        .key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
        .name = {(uint32_t)purpose | part << 8, (uint32_t)index, (uint32_t)(index >> 32)},
    };
}

void rng_block(const rng_stream *stream, uint32_t block, uint32_t ret_words[4])
{
    uint32_t x0 = block, x1 = stream->name[0], x2 = stream->name[1], x3 = stream->name[2];
    uint32_t key0 = stream->key[0], key1 = stream->key[1];
    for (int round = 0; round < 10; round++) {
        uint64_t first = (uint64_t)0xD2511F53u * x0, second = (uint64_t)0xCD9E8D57u * x2;
        x0 = (uint32_t)(second >> 32) ^ x1 ^ key0;
        x1 = (uint32_t)second;
        x2 = (uint32_t)(first >> 32) ^ x3 ^ key1;
        x3 = (uint32_t)first;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    memcpy(ret_words, (uint32_t[4]){x0, x1, x2, x3}, 4 * sizeof *ret_words);
}

static uint32_t next_word(rng *random)
{
    if (random->left == 0) {
        rng_block(&random->stream, random->next_block++, random->words);
        random->left = 4;
    }
    return random->words[4 - random->left--];
}

uint64_t rng_u64(rng *random)
{
    uint64_t high = next_word(random);
    return high << 32 | next_word(random);
}

double rng_unit(rng *random)
{
    return (double)(rng_u64(random) >> 11) * 0x1p-53;
}

uint64_t rng_below(rng *random, uint64_t bound)
{
    uint64_t excess = (0 - bound) % bound; // 2^64 mod bound: draws below it would be biased
    uint64_t draw;
    do
        draw = rng_u64(random);
    while (draw < excess);
    return draw % bound;
}

void rng_normals(rng *random, double ret_pair[2])
{
    double radius = sqrt(-2 * log1p(-rng_unit(random))); // Box and Muller
    double angle = 2 * M_PI * rng_unit(random);
    ret_pair[0] = radius * cos(angle);
    ret_pair[1] = radius * sin(angle);
}

double rng_normal(rng *random)
{
    double pair[2];
    rng_normals(random, pair);
    return pair[0];
}

void rng_shuffle(rng *random, uint32_t *items, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t)rng_below(random, i);
        uint32_t item = items[i - 1];
        items[i - 1] = items[j];
        items[j] = item;
    }
}
