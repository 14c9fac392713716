/**
 * batch_norm_main.c: batch normalisation as a program, for tests in other languages.
 *
 *     batch_norm KERNELS M N <numbers >numbers
 *
 * Reads gamma, beta, running mean and running variance [n] each, then x, dy and another x [m x n].
 * Writes, of a training pass over x: y, dx, dgamma, dbeta, the new running mean and variance; and
 * of a pass at test time over the other x: y. Epsilon is 1e-5, the weight of the newest mini-batch
 * in the running averages 0.1. Compiled for double.
 */
#include "trainer/kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(const char *why)
{
    fprintf(stderr, "batch_norm: %s\n", why);
    exit(1);
}

static real *allocate(size_t count)
{
    real *array = calloc(count, sizeof *array);
    if (!array)
        fail("out of memory");
    return array;
}

static real *read_reals(size_t count)
{
    real *array = allocate(count);
    for (size_t i = 0; i < count; i++)
        if (scanf("%lf", &array[i]) != 1)
            fail("a number is missing");
    return array;
}

static void print_reals(const real *array, size_t count)
{
    for (size_t i = 0; i < count; i++)
        printf("%.17g\n", array[i]);
}

int main(int argc, char **argv)
{
    const kernels *table = argc == 4 ? kernels_find(argv[1]) : NULL;
    size_t m = table ? strtoull(argv[2], NULL, 10) : 0, n = m ? strtoull(argv[3], NULL, 10) : 0;
    if (m < 2 || n < 1 || m > 10000 || n > 10000)
        fail("this processor has no such kernels, or the size makes no sense");
    stage at = {.n = n, .activation = ACTIVATION_NONE, .epsilon = 1e-5, .new_weight = 0.1};
    real *gamma = read_reals(n), *beta = read_reals(n);
    at.gamma = gamma;
    at.beta = beta;
    at.running_mean = read_reals(n);
    at.running_variance = read_reals(n);
    at.z = read_reals(m * n);
    real *dy = read_reals(m * n), *other = read_reals(m * n);
    real **rooms[] = {&at.a, &at.slope, &at.dgamma, &at.dbeta, &at.mean, &at.sigma, &at.scratch};
    size_t rows[] = {m, m, 1, 1, 1, 1, 2};
    for (size_t i = 0; i < 7; i++)
        *rooms[i] = allocate(rows[i] * n);

    table->stage_forward(&at, m);
    print_reals(at.a, m * n);
    table->stage_backward(&at, m, dy);
    print_reals(dy, m * n);
    print_reals(at.dgamma, n);
    print_reals(at.dbeta, n);
    print_reals(at.running_mean, n);
    print_reals(at.running_variance, n);
    memcpy(at.z, other, m * n * sizeof *other);
    table->stage_evaluate(&at, m);
    print_reals(at.a, m * n);

    for (size_t i = 0; i < 7; i++)
        free(*rooms[i]);
    real *all[] = {gamma, beta, at.running_mean, at.running_variance, at.z, dy, other};
    for (size_t i = 0; i < 7; i++)
        free(all[i]);
    return 0;
}
