/**
 * test_eigen.c: eigen-decomposition: against numpy's values, and by its own definition.
 */
#include "support/test.h"

#include "cmaes_golden.h"

#include "base/eigen.h"
#include "base/random.h"

#include <math.h>

enum { MOST = 60 };

typedef struct fixture {
    double matrix[MOST * MOST], vectors[MOST * MOST], values[MOST], work[2 * MOST];
} fixture;

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

// A v = value v, v'w = 0 or 1, values ascend; all to rounding at the size of the matrix.
static void check(fixture *at, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n * n; i++)
        most = fmax(most, fabs(at->matrix[i]));
    assert_true(cav_eigen_symmetric(n, at->matrix, at->values, at->vectors, at->work));
    for (size_t k = 0; k < n; k++) {
        const double *v = at->vectors + k * n;
        assert_true(k == 0 || at->values[k - 1] <= at->values[k]);
        for (size_t i = 0; i < n; i++)
            assert_near(dot(at->matrix + i * n, v, n), at->values[k] * v[i],
                        1e-14 * most * (double)n);
        for (size_t other = 0; other < n; other++)
            assert_near(dot(v, at->vectors + other * n, n), k == other ? 1 : 0, 1e-13);
    }
}

static void test_the_values_are_those_of_numpy(void **state)
{
    (void)state;
    fixture at;
    size_t n = sizeof golden_values / sizeof golden_values[0];
    memcpy(at.matrix, golden_matrix, sizeof golden_matrix);
    check(&at, n);
    for (size_t i = 0; i < n; i++)
        assert_near(at.values[i], golden_values[i], 1e-14);
}

static void test_random_matrices_of_every_size_and_scale(void **state)
{
    (void)state;
    cav_random random = cav_random_stream(test_seed(701), 0, CAV_PURPOSE_TEST, 0);
    static fixture at;
    for (size_t n = 1; n <= MOST; n += n < 8 ? 1 : 13) {
        double scale = pow(10, 40 * cav_random_unit(&random) - 20);
        for (size_t i = 0; i < n; i++)
            for (size_t k = i; k < n; k++)
                at.matrix[i * n + k] = at.matrix[k * n + i] = scale * cav_random_normal(&random);
        check(&at, n);
    }
}

// Diagonal, all equal, rank one, blocks, entries of very different size: where steps end early.
static void test_matrices_with_a_pattern(void **state)
{
    (void)state;
    static fixture at;
    enum { N = 9 };
    for (int pattern = 0; pattern < 6; pattern++) {
        for (size_t i = 0; i < N; i++)
            for (size_t k = 0; k < N; k++) {
                double x = (double)(i + 1), y = (double)(k + 1);
                const double cells[] = {i == k ? 10 - x : 0, 1, x * y, i / 3 == k / 3 ? x + y : 0,
                                        pow(10, -x - y),     0};
                at.matrix[i * N + k] = cells[pattern];
            }
        check(&at, N);
    }
}

static void test_the_least_value_of_a_graded_matrix_keeps_its_sign(void **state)
{
    (void)state;
    fixture at;
    for (size_t i = 0; i < 9; i++)
        at.matrix[i] = 0;
    at.matrix[0] = 1e12;
    at.matrix[4] = 1;
    at.matrix[8] = 1e-3;
    check(&at, 3);
    assert_near(at.values[0], 1e-3, 1e-15);
}

static void test_what_is_not_finite_is_refused(void **state)
{
    (void)state;
    fixture at;
    double bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 3; i++) {
        double matrix[4] = {1, bad[i], bad[i], 2};
        assert_false(cav_eigen_symmetric(2, matrix, at.values, at.vectors, at.work));
    }
    assert_true(cav_eigen_symmetric(0, NULL, at.values, at.vectors, at.work));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_values_are_those_of_numpy),
        cmocka_unit_test(test_random_matrices_of_every_size_and_scale),
        cmocka_unit_test(test_matrices_with_a_pattern),
        cmocka_unit_test(test_the_least_value_of_a_graded_matrix_keeps_its_sign),
        cmocka_unit_test(test_what_is_not_finite_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
