/**
 * test_linalg.c: triangular matrices of every size up to a few vectors, by what defines them.
 */
#include "support/test.h"

#include "base/linalg.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/vector.h"

#include <math.h>

enum { MOST = 45 };

// A matrix B B' + I, whose lower half goes to ret_lower.
static void make(size_t count, cav_random *random, double full[MOST][MOST], cav_lower *ret_lower)
{
    double root[MOST][MOST];
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            root[i][j] = cav_random_normal(random);
    *ret_lower = (cav_lower){0};
    assert_true(cav_lower_reserve(ret_lower, count + 1));
    ret_lower->count = count;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            full[i][j] = i == j;
            for (size_t k = 0; k < count; k++)
                full[i][j] += root[i][k] * root[j][k];
        }
        for (size_t j = 0; j <= i; j++)
            cav_lower_row(ret_lower, i)[j] = full[i][j];
    }
}

static double entry(const cav_lower *matrix, size_t i, size_t j)
{
    return j <= i ? cav_lower_row(matrix, i)[j] : 0;
}

static void assert_clean(const cav_lower *matrix)
{
    for (size_t i = 0; i < matrix->count; i++)
        for (size_t j = i + 1; j < cav_padded(i + 1); j++)
            assert_true(cav_lower_row(matrix, i)[j] == 0);
}

typedef void check(size_t count, double full[MOST][MOST], cav_lower *factor, cav_random *random);

static void check_sizes(check *run, uint64_t seed)
{
    cav_random random = cav_random_stream(test_seed(seed), 0, CAV_PURPOSE_TEST, 0);
    for (size_t count = 1; count < MOST; count++) {
        double full[MOST][MOST], *panel = cav_doubles_new(CAV_LANES * MOST + 64);
        cav_lower factor;
        make(count, &random, full, &factor);
        assert_true(cav_lower_factor(&factor, panel));
        assert_clean(&factor);
        run(count, full, &factor, &random);
        cav_lower_free(&factor);
        free(panel);
    }
}

static void multiplies_back(size_t count, double full[MOST][MOST], cav_lower *factor,
                            cav_random *random)
{
    (void)random;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            double sum = 0;
            for (size_t k = 0; k < count; k++)
                sum += entry(factor, i, k) * entry(factor, j, k);
            assert_near(sum, full[i][j], 1e-11 * (double)count);
        }
    }
}

static void test_the_factor_times_itself_is_the_matrix(void **state)
{
    (void)state;
    check_sizes(multiplies_back, 801);
}

static void inverts(size_t count, double full[MOST][MOST], cav_lower *factor, cav_random *random)
{
    (void)random;
    cav_lower inverse = {0}, square = {0};
    assert_true(cav_lower_reserve(&inverse, count) && cav_lower_reserve(&square, count));
    cav_lower_invert(factor, &inverse);
    cav_lower_square(&inverse, &square);
    assert_clean(&inverse);
    assert_clean(&square);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            double by_factor = 0, by_full = 0;
            for (size_t k = 0; k < count; k++) {
                by_factor += entry(factor, i, k) * entry(&inverse, k, j);
                by_full += full[i][k] * (k > j ? entry(&square, k, j) : entry(&square, j, k));
            }
            assert_near(by_factor, i == j, 1e-10);
            assert_near(by_full, i == j, 1e-9);
        }
    }
    cav_lower_free(&inverse);
    cav_lower_free(&square);
}

static void test_inverses(void **state)
{
    (void)state;
    check_sizes(inverts, 802);
}

static void applies(size_t count, double full[MOST][MOST], cav_lower *factor, cav_random *random)
{
    (void)full;
    double *x = cav_doubles_new(8 * MOST), *y = cav_doubles_new(8 * MOST);
    double *eight = cav_doubles_new(8 * MOST), *many = cav_doubles_new(8 * MOST);
    double *solved = cav_doubles_new(MOST);
    for (size_t i = 0; i < 8 * count; i++)
        eight[i] = cav_random_normal(random);
    cav_lower_apply_eight(factor, eight, many);
    for (size_t lane = 0; lane < 8; lane++) {
        for (size_t i = 0; i < count; i++)
            x[i] = eight[8 * i + lane];
        cav_lower_apply(factor, x, y);
        for (size_t i = 0; i < count; i++) {
            double sum = 0;
            for (size_t j = 0; j <= i; j++)
                sum += entry(factor, i, j) * x[j];
            assert_near(y[i], sum, 1e-11);
            assert_near(many[8 * i + lane], sum, 1e-11);
        }
        cav_lower_solve(factor, y, solved);
        for (size_t i = 0; i < count; i++)
            assert_near(solved[i], x[i], 1e-9);
        cav_lower_apply_transposed(factor, x, y);
        for (size_t j = 0; j < count; j++) {
            double sum = 0;
            for (size_t i = j; i < count; i++)
                sum += entry(factor, i, j) * x[i];
            assert_near(y[j], sum, 1e-11);
        }
    }
    free(x), free(y), free(eight), free(many), free(solved);
}

static void test_products_and_solutions(void **state)
{
    (void)state;
    check_sizes(applies, 803);
}

static void test_a_row_more_is_what_factoring_anew_gives(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(804), 0, CAV_PURPOSE_TEST, 0);
    double full[MOST][MOST], *panel = cav_doubles_new(CAV_LANES * MOST + 64);
    double *across = cav_doubles_new(MOST), *work = cav_doubles_new(MOST);
    cav_lower factor, whole = {0}, grown = {0};
    make(MOST - 1, &random, full, &factor);
    assert_true(cav_lower_factor(&factor, panel));
    assert_true(cav_lower_reserve(&whole, MOST) && cav_lower_reserve(&grown, MOST));
    cav_lower_invert(&factor, &whole);
    for (size_t n = 0; n + 1 < MOST; n++) {
        for (size_t i = 0; i < n; i++)
            across[i] = full[n][i];
        assert_true(cav_lower_append(&grown, across, full[n][n], 0, work));
    }
    assert_clean(&grown);
    for (size_t i = 0; i + 1 < MOST; i++)
        for (size_t j = 0; j <= i; j++)
            assert_near(entry(&grown, i, j), entry(&whole, i, j), 1e-10);
    for (size_t i = 0; i < 20; i++)
        across[i] = full[3][i];
    memset(across + 20, 0, (MOST - 20) * sizeof *across);
    cav_lower_truncate(&grown, 20);
    assert_false(cav_lower_append(&grown, across, full[3][3], 1e-9, work)); // the same point again
    assert_int_equal(grown.count, 20);
    cav_lower_free(&factor), cav_lower_free(&whole), cav_lower_free(&grown);
    free(panel), free(across), free(work);
}

static void test_what_is_not_positive_definite_is_refused(void **state)
{
    (void)state;
    double *panel = cav_doubles_new(CAV_LANES * MOST);
    for (size_t bad = 0; bad < 20; bad++) {
        cav_lower matrix = {0};
        assert_true(cav_lower_reserve(&matrix, 20));
        matrix.count = 20;
        for (size_t i = 0; i < 20; i++)
            cav_lower_row(&matrix, i)[i] = i == bad ? (bad % 2 ? NAN : 0) : 1;
        assert_false(cav_lower_factor(&matrix, panel));
        cav_lower_free(&matrix);
    }
    free(panel);
}

static void test_the_exponential_is_that_of_the_c_library(void **state)
{
    (void)state;
    for (double x = 0; x > -699; x -= 0.0137) {
        cav_v8 vector = {x, x / 2, x / 3, -x * x * 1e-3, x, x, x, -1e6};
        cav_v8 result = vector;
        cav_v8_exp(&result);
        for (int lane = 0; lane < 8; lane++)
            assert_near(result[lane], vector[lane] < -700 ? 0 : exp(vector[lane]),
                        4e-16 * exp(vector[lane]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_factor_times_itself_is_the_matrix),
        cmocka_unit_test(test_inverses),
        cmocka_unit_test(test_products_and_solutions),
        cmocka_unit_test(test_a_row_more_is_what_factoring_anew_gives),
        cmocka_unit_test(test_what_is_not_positive_definite_is_refused),
        cmocka_unit_test(test_the_exponential_is_that_of_the_c_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
