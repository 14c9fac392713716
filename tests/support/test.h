/**
 * test.h: what every test file includes first: cmocka with what it wants before it.
 *
 * A random test takes its seed from test_seed, which prints it; CAVIAR_TEST_SEED=N in the
 * environment runs the test again with another.
 */
#ifndef CAV_TESTS_SUPPORT_TEST_H
#define CAV_TESTS_SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"

/** Passes if the call answers CAVIAR_OK; prints the sentence if it does not. */
#define assert_ok(call, error)                                                                     \
    do {                                                                                           \
        if ((call) != CAVIAR_OK)                                                                   \
            fail_msg("%s: %s", #call, (error)->message);                                           \
    } while (0)

/** Passes if `text` contains `piece`. */
#define assert_contains(text, piece)                                                               \
    do {                                                                                           \
        if (!strstr((text), (piece)))                                                              \
            fail_msg("'%s' does not contain '%s'", (text), (piece));                               \
    } while (0)

/** Passes if two doubles differ by at most `most`. */
#define assert_near(a, b, most)                                                                    \
    do {                                                                                           \
        double test_a = (a), test_b = (b);                                                         \
        if (!(test_a - test_b <= (most) && test_b - test_a <= (most)))                             \
            fail_msg("%s = %.17g, not within %g of %.17g", #a, test_a, (double)(most), test_b);    \
    } while (0)

/** The seed of a random test: `usual`, or what the environment says; printed as a TAP comment. */
static inline uint64_t test_seed(uint64_t usual)
{
    const char *given = getenv("CAVIAR_TEST_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : usual;
    print_message("# seed %llu\n", (unsigned long long)seed);
    return seed;
}

/** How often to repeat: `usual`, or a twentieth of it under valgrind, which is that much slower. */
static inline size_t test_rounds(size_t usual)
{
    const char *preloaded = getenv("LD_PRELOAD");
    return preloaded && strstr(preloaded, "vgpreload") ? usual / 20 + 1 : usual;
}

#endif
