/**
 * random.c: Philox4x32-10 and the distributions that are drawn from it.
 */
#include "base/random.h"

#include <math.h>
#include <string.h>

static void philox_round(uint32_t x[4], const uint32_t key[2])
{
    uint64_t first = (uint64_t)0xD2511F53u * x[0];
    uint64_t second = (uint64_t)0xCD9E8D57u * x[2];
    uint32_t y[4] = {(uint32_t)(second >> 32) ^ x[1] ^ key[0], (uint32_t)second,
                     (uint32_t)(first >> 32) ^ x[3] ^ key[1], (uint32_t)first};
    memcpy(x, y, sizeof y);
}

void cav_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t ret_block[4])
{
    uint32_t round_key[2] = {key[0], key[1]};
    uint32_t x[4];
    memcpy(x, counter, sizeof x);
    for (int round = 0; round < 10; round++) {
        philox_round(x, round_key);
        round_key[0] += 0x9E3779B9u; // the golden ratio
        round_key[1] += 0xBB67AE85u; // the square root of 3, less 1
    }
    memcpy(ret_block, x, sizeof x);
}

cav_random cav_random_stream(uint64_t seed, uint64_t trial, cav_purpose purpose, uint32_t attempt)
{
    // trial numbers stay far below 2^48, so that the attempt has 16 bits of its own
    return (cav_random){
        .key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
        .counter = {0, (uint32_t)purpose | (attempt & 0xffff) << 16, (uint32_t)trial,
                    (uint32_t)(trial >> 32) | (attempt >> 16) << 16},
    };
}

uint32_t cav_random_u32(cav_random *random)
{
    if (random->left == 0) {
        cav_philox(random->counter, random->key, random->block);
        random->counter[0]++;
        random->left = 4;
    }
    return random->block[--random->left];
}

uint64_t cav_random_u64(cav_random *random)
{
    uint64_t high = cav_random_u32(random);
    return high << 32 | cav_random_u32(random);
}

double cav_random_unit(cav_random *random)
{
    return (double)(cav_random_u64(random) >> 11) * 0x1p-53;
}

uint64_t cav_random_below(cav_random *random, uint64_t bound)
{
    uint64_t draw;
    do // below 2^64 mod bound, which is below the bound, draws would be biased
        draw = cav_random_u64(random);
    while (draw < bound && draw < (0 - bound) % bound);
    return draw % bound;
}

double cav_random_normal(cav_random *random)
{
    double radius = sqrt(-2 * log1p(-cav_random_unit(random))); // Box and Muller
    return radius * cos(2 * M_PI * cav_random_unit(random));
}

uint64_t cav_mix64(uint64_t word)
{
    word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9u;
    word = (word ^ word >> 27) * 0x94d049bb133111ebu;
    return word ^ word >> 31;
}
