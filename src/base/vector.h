/**
 * vector.h: eight doubles at a time, with the same results on every machine.
 *
 * Numerical kernels are written with the compiler's vector types and compiled once for each
 * instruction set (CAV_CLONES); the loader picks the one that the machine has. All of them add in
 * the same order and none fuses a multiplication with an addition (-ffp-contract=off), so that a
 * suggestion does not depend on the machine that made it. For the same reason the exponential is
 * here and not the C library's, whose last bit depends on the processor.
 *
 * Vectors are handed over by pointer: how they are passed by value depends on the instruction set.
 */
#ifndef CAV_BASE_VECTOR_H
#define CAV_BASE_VECTOR_H

#include <stddef.h>
#include <stdint.h>

enum { CAV_LANES = 8 };

typedef double cav_v8 __attribute__((vector_size(64), aligned(64), may_alias));
typedef int64_t cav_i8 __attribute__((vector_size(64), aligned(64), may_alias));

#if defined(__x86_64__) && defined(__linux__) && defined(__GLIBC__)
#define CAV_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define CAV_CLONES
#endif

#define CAV_INLINE static inline __attribute__((always_inline))

/** `count` rounded up to whole vectors. */
CAV_INLINE size_t cav_padded(size_t count)
{
    return (count + CAV_LANES - 1) / CAV_LANES * CAV_LANES;
}

CAV_INLINE double cav_v8_sum(const cav_v8 *x)
{
    return (((*x)[0] + (*x)[4]) + ((*x)[2] + (*x)[6])) +
           (((*x)[1] + (*x)[5]) + ((*x)[3] + (*x)[7]));
}

CAV_INLINE void cav_v8_sqrt(cav_v8 *x)
{
    for (int i = 0; i < CAV_LANES; i++)
        (*x)[i] = __builtin_sqrt((*x)[i]);
}

/**
 * exp(x) for x <= 0, to within 2 units in the last place; 0 below -700. x = n ln 2 + r with
 * |r| <= ln 2 / 2; Taylor's series of exp(r) to the 13th power leaves 4e-18; 2^n is put together
 * from its bits.
 */
CAV_INLINE void cav_v8_exp(cav_v8 *x)
{
    static const double inverse_factorials[] = {1.0 / 6227020800,
                                                1.0 / 479001600,
                                                1.0 / 39916800,
                                                1.0 / 3628800,
                                                1.0 / 362880,
                                                1.0 / 40320,
                                                1.0 / 5040,
                                                1.0 / 720,
                                                1.0 / 120,
                                                1.0 / 24,
                                                1.0 / 6,
                                                1.0 / 2,
                                                1.0,
                                                1.0};
    const double shift = 0x1.8p52; // adding it rounds to whole numbers, in the lowest bits
    cav_i8 vanishes = *x < -700;
    cav_v8 bounded = (cav_v8)((cav_i8)*x & ~vanishes);
    cav_v8 shifted = bounded * 0x1.71547652b82fep+0 + shift;
    cav_v8 whole = shifted - shift;
    // ln 2 in two parts, the first with so few bits that n times it is exact
    cav_v8 rest = bounded - whole * 0x1.62e42fefa38p-1 - whole * 0x1.ef35793c7673p-45;
    cav_v8 sum = rest * inverse_factorials[0] + inverse_factorials[1];
    for (size_t i = 2; i < sizeof inverse_factorials / sizeof inverse_factorials[0]; i++)
        sum = sum * rest + inverse_factorials[i];
    cav_i8 power = ((cav_i8)shifted << 52) + 0x3ff0000000000000; // 2^0 has exponent 1023
    *x = (cav_v8)((cav_i8)(sum * (cav_v8)power) & ~vanishes);
}

#endif
