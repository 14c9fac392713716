/**
 * test_random.c: the streams against published vectors, and the shape of the distributions.
 */
#include "support/test.h"

#include "base/random.h"

#include <math.h>
#include <string.h>

// Random123, kat_vectors: philox4x32 10
static void test_philox_known_answers(void **state)
{
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], expected[4];
    } vectors[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < 3; i++) {
        uint32_t block[4];
        cav_philox(vectors[i].counter, vectors[i].key, block);
        assert_memory_equal(block, vectors[i].expected, sizeof block);
    }
}

static void test_streams_differ_by_each_part_of_their_name(void **state)
{
    (void)state;
    cav_random streams[] = {
        cav_random_stream(1, 2, CAV_PURPOSE_TEST, 0),
        cav_random_stream(2, 2, CAV_PURPOSE_TEST, 0),
        cav_random_stream(1, 3, CAV_PURPOSE_TEST, 0),
        cav_random_stream(1, 2, CAV_PURPOSE_SUGGEST, 0),
        cav_random_stream(1, 2, CAV_PURPOSE_TEST, 1),
        cav_random_stream(1, 2, CAV_PURPOSE_TEST, 65536),
    };
    uint64_t first[6];
    for (size_t i = 0; i < 6; i++)
        first[i] = cav_random_u64(&streams[i]);
    for (size_t i = 0; i < 6; i++)
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(first[i], first[j]);
    cav_random again = cav_random_stream(1, 2, CAV_PURPOSE_TEST, 0);
    assert_int_equal(cav_random_u64(&again), first[0]);
}

static void test_below_is_even_over_a_bound_that_does_not_divide(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(7, 0, CAV_PURPOSE_TEST, 0);
    enum { DRAWS = 70000, BOUND = 7 };
    int counts[BOUND] = {0};
    for (int i = 0; i < DRAWS; i++)
        counts[cav_random_below(&random, BOUND)]++;
    double chi2 = 0, expected = (double)DRAWS / BOUND;
    for (int i = 0; i < BOUND; i++)
        chi2 += (counts[i] - expected) * (counts[i] - expected) / expected;
    assert_true(chi2 < 22.5); // 6 degrees of freedom, p = 0.001
}

static void test_normal_has_its_moments(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(8, 0, CAV_PURPOSE_TEST, 0);
    enum { DRAWS = 100000 };
    double sum = 0, squares = 0, fourths = 0;
    for (int i = 0; i < DRAWS; i++) {
        double x = cav_random_normal(&random);
        sum += x;
        squares += x * x;
        fourths += x * x * x * x;
    }
    assert_near(sum / DRAWS, 0, 4 / sqrt(DRAWS));
    assert_near(squares / DRAWS, 1, 4 * sqrt(2.0 / DRAWS));
    assert_near(fourths / DRAWS, 3, 4 * sqrt(96.0 / DRAWS));
}

static void test_unit_stays_below_one(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(9, 0, CAV_PURPOSE_TEST, 0);
    double least = 1, most = 0;
    for (int i = 0; i < 100000; i++) {
        double u = cav_random_unit(&random);
        least = fmin(least, u);
        most = fmax(most, u);
    }
    assert_true(least >= 0 && least < 1e-4 && most < 1 && most > 1 - 1e-4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_philox_known_answers),
        cmocka_unit_test(test_streams_differ_by_each_part_of_their_name),
        cmocka_unit_test(test_below_is_even_over_a_bound_that_does_not_divide),
        cmocka_unit_test(test_normal_has_its_moments),
        cmocka_unit_test(test_unit_stays_below_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
