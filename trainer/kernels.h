/**
 * kernels.h: the arithmetic of the network, behind one small table of functions.
 *
 * `kernels_plain` (plain.c) is what is computed, in plain loops: read that to learn how a layer
 * works. The others (fast.c) compute the same in fewer passes over memory, on BLAS, compiled for
 * several instruction sets; the tests hold them against the plain ones.
 *
 * Arrays are row-major; m is the number of samples, a row each.
 */
#ifndef TRAIN_KERNELS_H
#define TRAIN_KERNELS_H

#include "trainer/error.h"
#include "trainer/hyper.h"
#include "trainer/real.h"
#include "trainer/rng.h"

#include <stdbool.h>

/**
 * What stands between a layer's product and the next one's: bias or batch normalisation, then the
 * activation, then dropout.
 *
 *     y = z + bias                         or
 *     y = gamma x̂ + beta, x̂ = (z - mean) / sigma, sigma = sqrt(variance + epsilon)
 *     a = activation(y) mask / keep
 */
typedef struct stage {
    size_t n; // units
    activation activation;
    double dropout;  // share that is dropped, in [0, 1); 0 where there is no dropout
    rng_stream mask; // where the mask comes from

    const real *bias;         // [n] NULL with batch normalisation, whose beta does its work
    const real *gamma, *beta; // [n] NULL without batch normalisation
    real *dbias;              // [n] gradients, likewise
    real *dgamma, *dbeta;     // [n]

    double epsilon;                        // of batch normalisation
    double new_weight;                     // of the newest mini-batch in the running averages
    real *running_mean, *running_variance; // [n] for test time

    // what forward leaves for backward
    real *z;            // [m x n] in: the product; out: x̂, where there is batch normalisation
    real *a;            // [m x n] the output
    real *slope;        // [m x n] da/dy, with the dropout in it
    real *mean, *sigma; // [n] of the mini-batch, with batch normalisation
    real *scratch;      // [2 x n]
} stage;

/** One step of an optimiser, its scalars worked out beforehand (optimizer.c). */
typedef struct update {
    real rate;         // learning rate; for adam divided by 1 - beta1^t
    real beta1, beta2; // weights of the old averages; beta1 is the momentum of `momentum`
    real new1, new2;   // weights of the new: 1 - beta1, 1 - beta2
    real root_scale;   // of adam: 1 / sqrt(1 - beta2^t)
    real epsilon;
    real l2; // lambda
} update;

/** What a mini-batch cost. */
typedef struct totals {
    double loss;    // sum of the samples' cross-entropies, or halves of their squared errors
    uint64_t wrong; // samples whose greatest output is not the label; 0 of a quantity
    uint64_t count; // samples
} totals;

typedef struct kernels {
    const char *name;

    /** Adds the sum of `count` bytes to *sum, and that of their squares to *squares. */
    void (*add_bytes)(size_t count, const uint8_t *bytes, uint64_t *sum, uint64_t *squares);

    /** x = scale byte + shift, for `count` bytes. */
    void (*normalize_bytes)(size_t count, const uint8_t *bytes, real scale, real shift, real *x);

    /** z [m x n] = x [m x k] w [k x n] */
    void (*linear_forward)(size_t m, size_t k, size_t n, const real *x, const real *w, real *z);

    /** dw [k x n] = x^T dz; dx [m x k] = dz w^T, unless dx is NULL */
    void (*linear_backward)(size_t m, size_t k, size_t n, const real *x, const real *w,
                            const real *dz, real *dw, real *dx);

    /** z -> a while training; m >= 2 with batch normalisation. */
    void (*stage_forward)(const stage *at, size_t m);

    /** da -> dz in place, [m x n], and the gradients of bias or gamma and beta. */
    void (*stage_backward)(const stage *at, size_t m, real *da);

    /** z -> a at test time: running averages, no dropout, no slope. */
    void (*stage_evaluate)(const stage *at, size_t m);

    /** logits -> probabilities in place, [m x n]; adds loss and errors to `sum`. */
    void (*softmax_forward)(size_t m, size_t n, real *p, const uint16_t *labels, totals *sum);

    /** probabilities -> d(mean loss)/d(logits) in place, [m x n] */
    void (*softmax_backward)(size_t m, size_t n, real *p, const uint16_t *labels);

    /** Moves w [count] along its gradient; u and v are the moments that the optimiser keeps. */
    void (*update[OPTIMIZER_COUNT])(const update *step, size_t count, real *w, const real *g,
                                    real *u, real *v);
} kernels;

/** The tables: X(NAME, "word on the command line"). */
#if defined(__x86_64__)
#define KERNELS(X)                                                                                 \
    X(avx512, "avx512")                                                                            \
    X(avx2, "avx2")                                                                                \
    X(basic, "basic")                                                                              \
    X(plain, "plain")
#else
#define KERNELS(X)                                                                                 \
    X(basic, "basic")                                                                              \
    X(plain, "plain")
#endif

#define X(name, word) extern const kernels kernels_##name;
KERNELS(X)
#undef X

/** The products on BLAS. */
void blas_linear_forward(size_t m, size_t k, size_t n, const real *x, const real *w, real *z);
void blas_linear_backward(size_t m, size_t k, size_t n, const real *x, const real *w,
                          const real *dz, real *dw, real *dx);

/** The products of the table avx512, which leave to BLAS what it is better at. */
void avx512_linear_forward(size_t m, size_t k, size_t n, const real *x, const real *w, real *z);
void avx512_linear_backward(size_t m, size_t k, size_t n, const real *x, const real *w,
                            const real *dz, real *dw, real *dx);

/** True of a layer [k x n] and m samples for which BLAS is the faster, having threads or room. */
bool blas_is_better(size_t m, size_t k, size_t n);

/** The tables that this processor can run, the fastest first; NULL past the last. */
const kernels *kernels_at(size_t index);

/** One of them by its word, or the fastest for "auto"; NULL where this processor has none such. */
const kernels *kernels_find(const char *word);

/** The same, or CAVIAR_INVALID. */
caviar_code kernels_choose(const char *word, const kernels **ret_table, train_error *error);

#endif
