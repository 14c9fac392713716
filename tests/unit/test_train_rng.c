/**
 * test_train_rng.c: the trainer's random streams against published vectors, and the shape of what
 * is drawn from them.
 */
#include "support/train.h"

#include <math.h>

// Random123, kat_vectors: philox4x32 10
static void test_philox_known_answers(void **state)
{
    (void)state;
    static const struct {
        uint32_t block, name[3], key[2], expected[4];
    } vectors[] = {
        {0, {0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {0xffffffff,
         {0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {0x243f6a88,
         {0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < 3; i++) {
        rng_stream stream;
        uint32_t words[4];
        memcpy(stream.name, vectors[i].name, sizeof stream.name);
        memcpy(stream.key, vectors[i].key, sizeof stream.key);
        rng_block(&stream, vectors[i].block, words);
        assert_memory_equal(words, vectors[i].expected, sizeof words);
    }
}

static void test_streams_differ_by_each_part_of_their_name(void **state)
{
    (void)state;
    rng streams[] = {
        {.stream = rng_stream_of(1, RNG_DROPOUT, 2, 3)},
        {.stream = rng_stream_of(2, RNG_DROPOUT, 2, 3)},
        {.stream = rng_stream_of(1 + ((uint64_t)1 << 40), RNG_DROPOUT, 2, 3)},
        {.stream = rng_stream_of(1, RNG_SHUFFLE, 2, 3)},
        {.stream = rng_stream_of(1, RNG_DROPOUT, 3, 3)},
        {.stream = rng_stream_of(1, RNG_DROPOUT, 2 + ((uint64_t)1 << 40), 3)},
        {.stream = rng_stream_of(1, RNG_DROPOUT, 2, 4)},
    };
    enum { COUNT = sizeof streams / sizeof streams[0] };
    uint64_t first[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        first[i] = rng_u64(&streams[i]);
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < i; j++)
            assert_true(first[i] != first[j]);
    rng again = {.stream = rng_stream_of(1, RNG_DROPOUT, 2, 3)};
    assert_true(rng_u64(&again) == first[0]);
}

static void test_every_order_of_four_comes_equally_often(void **state)
{
    (void)state;
    enum { ORDERS = 24, DRAWS = 24000 };
    rng random = {.stream = rng_stream_of(5, RNG_TEST, 0, 0)};
    int counts[256] = {0};
    for (int i = 0; i < DRAWS; i++) {
        uint32_t items[4] = {0, 1, 2, 3};
        rng_shuffle(&random, items, 4);
        counts[items[0] << 6 | items[1] << 4 | items[2] << 2 | items[3]]++;
    }
    double chi2 = 0, expected = (double)DRAWS / ORDERS;
    int orders = 0;
    for (int i = 0; i < 256; i++) {
        orders += counts[i] > 0;
        if (counts[i])
            chi2 += (counts[i] - expected) * (counts[i] - expected) / expected;
    }
    assert_int_equal(orders, ORDERS);
    assert_true(chi2 < 49.7); // 23 degrees of freedom, p = 0.001
}

static void test_normal_has_its_moments(void **state)
{
    (void)state;
    enum { DRAWS = 100000 };
    rng random = {.stream = rng_stream_of(6, RNG_TEST, 0, 0)};
    double sum = 0, squares = 0, fourths = 0;
    for (int i = 0; i < DRAWS; i++) {
        double x = rng_normal(&random);
        sum += x;
        squares += x * x;
        fourths += x * x * x * x;
    }
    assert_near(sum / DRAWS, 0, 4 / sqrt(DRAWS));
    assert_near(squares / DRAWS, 1, 4 * sqrt(2.0 / DRAWS));
    assert_near(fourths / DRAWS, 3, 4 * sqrt(96.0 / DRAWS));
}

static void test_both_normals_of_a_pair_are_normal_and_not_correlated(void **state)
{
    (void)state;
    enum { DRAWS = 100000 };
    rng random = {.stream = rng_stream_of(7, RNG_TEST, 0, 0)};
    rng same = random;
    double squares[2] = {0, 0}, product = 0, product_of_squares = 0;
    for (int i = 0; i < DRAWS; i++) {
        double pair[2];
        rng_normals(&random, pair);
        assert_true(rng_normal(&same) == pair[0]);
        squares[0] += pair[0] * pair[0];
        squares[1] += pair[1] * pair[1];
        product += pair[0] * pair[1];
        product_of_squares += pair[0] * pair[0] * pair[1] * pair[1];
    }
    for (int k = 0; k < 2; k++)
        assert_near(squares[k] / DRAWS, 1, 4 * sqrt(2.0 / DRAWS));
    assert_near(product / DRAWS, 0, 4 / sqrt(DRAWS));
    assert_near(product_of_squares / DRAWS, 1, 4 * sqrt(8.0 / DRAWS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_philox_known_answers),
        cmocka_unit_test(test_streams_differ_by_each_part_of_their_name),
        cmocka_unit_test(test_every_order_of_four_comes_equally_often),
        cmocka_unit_test(test_normal_has_its_moments),
        cmocka_unit_test(test_both_normals_of_a_pair_are_normal_and_not_correlated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
