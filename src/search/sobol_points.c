/**
 * sobol_points.c: Sobol's sequence with hash-based Owen scrambling.
 *
 * Sobol 1967; Owen: "Randomly permuted (t,m,s)-nets", 1995; scrambling by the Laine-Karras
 * permutation as in Burley: "Practical hash-based Owen scrambling", JCGT 9(4), 2020.
 */
#include "search/sobol_points.h"

#include "base/random.h"
#include "search/sobol_directions.h"

// v_k of a dimension, for k < 32, after Bratley and Fox (ACM TOMS 14, 1988). v_k depends only on
// the `degree` ones before it, which are kept in a ring.
uint32_t cav_sobol_digits(uint32_t index, size_t dim)
{
    uint32_t digits = 0;
    if (dim == 0) { // van der Corput: the bits of the index in reverse
        for (unsigned k = 0; k < 32; k++)
            digits |= (index >> k & 1) << (31 - k);
        return digits;
    }
    const struct cav_sobol_directions *directions = &cav_sobol_directions[dim - 1];
    unsigned degree = directions->degree;
    uint32_t v[32];
    for (unsigned k = 0; k < 32 && index >> k; k++) {
        if (k < degree) {
            v[k] = (uint32_t)directions->initial[k] << (31 - k);
        } else {
            v[k] = v[k - degree] ^ v[k - degree] >> degree;
            for (unsigned j = 1; j < degree; j++)
                if (directions->polynomial >> (degree - 1 - j) & 1)
                    v[k] ^= v[k - j];
        }
        if (index >> k & 1)
            digits ^= v[k];
    }
    return digits;
}

static uint32_t reverse_bits(uint32_t x)
{
    x = x >> 16 | x << 16;
    x = (x & 0xff00ff00u) >> 8 | (x & 0x00ff00ffu) << 8;
    x = (x & 0xf0f0f0f0u) >> 4 | (x & 0x0f0f0f0fu) << 4;
    x = (x & 0xccccccccu) >> 2 | (x & 0x33333333u) << 2;
    return (x & 0xaaaaaaaau) >> 1 | (x & 0x55555555u) << 1;
}

// A nested uniform scrambling: each digit is flipped by a hash of the digits above it.
static uint32_t scramble(uint32_t digits, uint32_t seed)
{
    uint32_t x = reverse_bits(digits);
    x += seed;
    x ^= x * 0x6c50b47cu;
    x ^= x * 0xb82f1e52u;
    x ^= x * 0xc7afe638u;
    x ^= x * 0x8d22f6e6u;
    return reverse_bits(x);
}

double cav_sobol_coordinate(uint64_t seed, uint32_t index, size_t dim)
{
    uint64_t block = dim / CAV_SOBOL_DIMS;
    uint64_t block_seed = cav_mix64(seed + (block + 1) * 0x9e3779b97f4a7c15u);
    if (block > 0) // permutes the points within every aligned block of a power of two
        index = scramble(index, (uint32_t)(block_seed >> 32));
    uint64_t dim_seed = cav_mix64(block_seed ^ (dim + 1) * 0xd1342543de82ef95u);
    uint32_t digits = scramble(cav_sobol_digits(index, dim % CAV_SOBOL_DIMS), (uint32_t)dim_seed);
    // the digits below the 32nd are random, so that no two points share a coordinate
    uint64_t below = cav_mix64(dim_seed ^ index) >> 43;
    return ((double)digits + (double)below * 0x1p-21) * 0x1p-32;
}
