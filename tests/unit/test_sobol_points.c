/**
 * test_sobol_points.c: the sequence against what is known of it: van der Corput in base 2, one
 * point in every elementary interval, the t-value of each pair of dimensions from the rank of the
 * generator matrices; and that scrambling keeps all of it.
 */
#include "support/test.h"

#include "base/memory.h"
#include "base/random.h"
#include "search/sobol_points.h"

#include <math.h>

enum { DIMS = 32, BLOCKS = 3, SEED = 77 };

static void test_dimension_0_is_van_der_corput(void **state)
{
    (void)state;
    // the radical inverse in base 2, as in any textbook
    static const double known[] = {0,      0.5,    0.25,   0.75,   0.125,  0.625,  0.375,  0.875,
                                   0.0625, 0.5625, 0.3125, 0.8125, 0.1875, 0.6875, 0.4375, 0.9375};
    for (uint32_t i = 0; i < CAV_COUNT_OF(known); i++)
        assert_true(cav_sobol_digits(i, 0) * 0x1p-32 == known[i]);
    assert_int_equal(cav_sobol_digits(UINT32_MAX, 0), UINT32_MAX);
    assert_int_equal(cav_sobol_digits(1u << 31, 0), 1);
}

static void test_dimension_1_is_as_published(void **state)
{
    (void)state;
    // the polynomial x + 1 with m_1 = 1, the only choice there is (Bratley, Fox 1988)
    static const double known[] = {0, 0.5, 0.75, 0.25, 0.625, 0.125, 0.375, 0.875};
    for (uint32_t i = 0; i < CAV_COUNT_OF(known); i++)
        assert_true(cav_sobol_digits(i, 1) * 0x1p-32 == known[i]);
}

static void test_every_dimension_is_linear_in_the_bits_of_the_index(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(701), 0, CAV_PURPOSE_TEST, 0);
    for (size_t dim = 0; dim < DIMS; dim++) {
        assert_int_equal(cav_sobol_digits(0, dim), 0);
        for (int i = 0; i < 100; i++) {
            uint32_t a = cav_random_u32(&random), b = cav_random_u32(&random);
            assert_int_equal(cav_sobol_digits(a ^ b, dim),
                             cav_sobol_digits(a, dim) ^ cav_sobol_digits(b, dim));
        }
    }
}

// True if of each aligned block of 2^m points exactly one lies in each interval of length 2^-m.
static bool is_stratified(uint64_t seed, size_t dim, unsigned m, uint32_t block)
{
    uint32_t count = 1u << m;
    bool *taken = calloc(count, sizeof *taken), fine = true;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t index = block * count + i;
        uint32_t cell = seed ? (uint32_t)(cav_sobol_coordinate(seed, index, dim) * count)
                             : cav_sobol_digits(index, dim) >> (31 - m) >> 1;
        fine = fine && cell < count && !taken[cell];
        taken[cell] = true;
    }
    free(taken);
    return fine;
}

static void check_stratified(uint64_t seed, size_t dims)
{
    static const uint32_t blocks[] = {0, 1, 2, 5, 1000};
    for (size_t dim = 0; dim < dims; dim++)
        for (unsigned m = 0; m <= 10; m++)
            for (size_t b = 0; b < CAV_COUNT_OF(blocks); b++)
                if (!is_stratified(seed, dim, m, blocks[b]))
                    fail_msg("dimension %zu, m %u, block %u", dim, m, blocks[b]);
}

static void test_each_aligned_block_has_a_point_in_each_interval(void **state)
{
    (void)state;
    check_stratified(0, DIMS);
}

static void test_scrambled_points_have_it_too_beyond_the_table_of_dimensions(void **state)
{
    (void)state;
    check_stratified(test_seed(702), BLOCKS * DIMS + 5);
}

// Rank over GF(2).
static unsigned rank(uint64_t *rows, unsigned count)
{
    unsigned rank = 0;
    for (unsigned i = 0; i < count; i++) {
        if (!rows[i])
            continue;
        rank++;
        uint64_t lead = rows[i] & (~rows[i] + 1);
        for (unsigned j = i + 1; j < count; j++)
            if (rows[j] & lead)
                rows[j] ^= rows[i];
    }
    return rank;
}

// Row r of a generator matrix, read off the points: bit k is the r-th digit of point 2^k.
static uint64_t generator_row(size_t dim, unsigned row, unsigned m)
{
    uint64_t bits = 0;
    for (unsigned k = 0; k < m; k++)
        bits |= (uint64_t)(cav_sobol_digits(1u << k, dim) >> (31 - row) & 1) << k;
    return bits;
}

// The least t such that any a + b = m - t first rows of the two matrices are independent: then the
// 2^m points are a (t, m, 2)-net (Niederreiter 1987).
static unsigned t_of_pair(size_t first, size_t second, unsigned m)
{
    for (unsigned size = m; size > 0; size--) {
        bool independent = true;
        for (unsigned a = 0; a <= size && independent; a++) {
            uint64_t rows[32];
            for (unsigned i = 0; i < size; i++)
                rows[i] = i < a ? generator_row(first, i, m) : generator_row(second, i - a, m);
            independent = rank(rows, size) == size;
        }
        if (independent)
            return m - size;
    }
    return m;
}

// Counts the points of a block in the boxes of 2^-a by 2^-b: 2^t in each, or it is no net.
static bool is_net(uint64_t seed, size_t first, size_t second, unsigned m, unsigned t)
{
    uint32_t count = 1u << m, boxes = count >> t;
    uint32_t *filled = calloc(boxes, sizeof *filled);
    bool fine = true;
    for (unsigned a = 0; a <= m - t && fine; a++) {
        unsigned b = m - t - a;
        memset(filled, 0, boxes * sizeof *filled);
        for (uint32_t i = 0; i < count; i++) {
            double u = cav_sobol_coordinate(seed, 3 * count + i, first);
            double v = cav_sobol_coordinate(seed, 3 * count + i, second);
            filled[(uint32_t)ldexp(u, (int)a) << b | (uint32_t)ldexp(v, (int)b)]++;
        }
        for (uint32_t box = 0; box < boxes; box++)
            fine = fine && filled[box] == 1u << t;
    }
    free(filled);
    return fine;
}

static void test_pairs_are_the_nets_that_their_matrices_say(void **state)
{
    (void)state;
    uint64_t seed = test_seed(703);
    for (size_t first = 0; first < 12; first++) {
        for (size_t second = first + 1; second < 12; second++) {
            unsigned m = 8, t = t_of_pair(first, second, m);
            if (!is_net(seed, first, second, m, t))
                fail_msg("dimensions %zu and %zu are no (%u, %u, 2)-net", first, second, t, m);
            if (t > 0 && is_net(seed, first, second, m, t - 1))
                fail_msg("dimensions %zu and %zu: t is less than %u", first, second, t);
        }
    }
}

static void test_the_first_two_dimensions_are_a_perfect_net(void **state)
{
    (void)state;
    for (unsigned m = 1; m <= 16; m++)
        assert_int_equal(t_of_pair(0, 1, m), 0);
}

static void test_the_mean_t_of_pairs_is_what_the_table_claims(void **state)
{
    (void)state;
    double sum = 0;
    int count = 0;
    for (size_t second = 1; second < DIMS; second++)
        for (size_t first = 0; first < second; first++)
            for (unsigned m = 2; m <= 12; m++, count++)
                sum += t_of_pair(first, second, m);
    assert_near(sum / count, 1.64, 0.005);
}

static void test_a_point_is_known_from_its_index_alone(void **state)
{
    (void)state;
    double forward[64], backward[64];
    for (uint32_t i = 0; i < 64; i++)
        forward[i] = cav_sobol_coordinate(SEED, i, 40);
    for (uint32_t i = 64; i-- > 0;)
        backward[i] = cav_sobol_coordinate(SEED, i, 40);
    assert_memory_equal(forward, backward, sizeof forward);
}

static void test_coordinates_fill_the_interval_and_stay_below_one(void **state)
{
    (void)state;
    uint64_t seed = test_seed(704);
    for (size_t dim = 0; dim < 40; dim += 13) {
        size_t count = test_rounds(20000), coarse = 0;
        double least = 1, most = 0;
        for (uint32_t i = 0; i < count; i++) {
            double u = cav_sobol_coordinate(seed, i, dim);
            assert_true(u >= 0 && u < 1);
            least = fmin(least, u);
            most = fmax(most, u);
            coarse += ldexp(u, 32) == floor(ldexp(u, 32));
        }
        assert_true(least < 2.0 / (double)count && most > 1 - 2.0 / (double)count);
        assert_true(coarse < 5); // below the 32 stratified digits there are random ones
    }
    assert_true(cav_sobol_coordinate(seed, UINT32_MAX, 0) < 1);
}

static void test_dimensions_are_not_correlated(void **state)
{
    (void)state;
    // points of one net are far better than independent ones, whose deviation is 1 / sqrt(4096);
    // those of two blocks of dimensions are about as good as independent ones
    uint64_t seed = test_seed(705);
    enum { POINTS = 4096 };
    for (size_t other = 1; other < 80; other++) {
        double across = 0;
        for (uint32_t i = 0; i < POINTS; i++)
            across += (cav_sobol_coordinate(seed, i, 0) - 0.5) *
                      (cav_sobol_coordinate(seed, i, other) - 0.5);
        assert_near(across * 12 / POINTS, 0, other < DIMS ? 0.005 : 7 / sqrt(POINTS));
    }
}

static void test_another_seed_gives_other_points(void **state)
{
    (void)state;
    uint64_t seed = test_seed(707);
    for (size_t dim = 0; dim < 70; dim++)
        for (uint32_t i = 0; i < 50; i++)
            assert_true(cav_sobol_coordinate(seed, i, dim) !=
                        cav_sobol_coordinate(seed + 1, i, dim));
}

static void test_scrambled_points_are_unbiased(void **state)
{
    (void)state;
    // Owen 1995: each scrambled point is uniform; so is any one index over many seeds
    uint64_t seed = test_seed(706);
    static const uint32_t indices[] = {0, 1, 2, 1000000};
    for (size_t k = 0; k < CAV_COUNT_OF(indices); k++) {
        int counts[16] = {0}, draws = 16000;
        double chi2 = 0;
        for (int i = 0; i < draws; i++)
            counts[(int)(16 * cav_sobol_coordinate(seed + (uint64_t)i, indices[k], k * 20))]++;
        for (int cell = 0; cell < 16; cell++)
            chi2 += pow(counts[cell] - draws / 16.0, 2) / (draws / 16.0);
        assert_true(chi2 < 37.7); // 15 degrees of freedom, p = 0.001
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dimension_0_is_van_der_corput),
        cmocka_unit_test(test_dimension_1_is_as_published),
        cmocka_unit_test(test_every_dimension_is_linear_in_the_bits_of_the_index),
        cmocka_unit_test(test_each_aligned_block_has_a_point_in_each_interval),
        cmocka_unit_test(test_scrambled_points_have_it_too_beyond_the_table_of_dimensions),
        cmocka_unit_test(test_pairs_are_the_nets_that_their_matrices_say),
        cmocka_unit_test(test_the_first_two_dimensions_are_a_perfect_net),
        cmocka_unit_test(test_the_mean_t_of_pairs_is_what_the_table_claims),
        cmocka_unit_test(test_a_point_is_known_from_its_index_alone),
        cmocka_unit_test(test_coordinates_fill_the_interval_and_stay_below_one),
        cmocka_unit_test(test_dimensions_are_not_correlated),
        cmocka_unit_test(test_another_seed_gives_other_points),
        cmocka_unit_test(test_scrambled_points_are_unbiased),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
