/**
 * fast.c: the same as plain.c in fewer passes over memory, for the compiler to vectorise.
 *
 * This file is compiled once for each instruction set (meson.build), under the name KERNELS_TABLE.
 * The products are left to BLAS, or to avx512.c. What is between them costs little arithmetic and
 * much memory traffic, so each pass does as much as it can to a row while it is in the cache.
 */
#include "trainer/kernels.h"

#include <assert.h>
#include <string.h>
#include <tgmath.h>

#ifdef __AVX512F__
#define PRODUCTS(function) avx512_##function
#else
#define PRODUCTS(function) blas_##function
#endif

#define INLINE static inline __attribute__((always_inline))

#ifdef TRAIN_DOUBLE
typedef uint64_t word;
#define MANTISSA_BITS 52
#define SHIFT 0x1.8p52
#define LN2_HIGH 0x1.62e4p-1
#define LN2_LOW 0x1.7f7d1cf79abcap-20
#define EXP_LIMIT 708
#else
typedef uint32_t word;
#define MANTISSA_BITS 23
#define SHIFT 0x1.8p23f
#define LN2_HIGH 0x1.63p-1f
#define LN2_LOW -0x1.bd0106p-13f
#define EXP_LIMIT 87
#endif

// exp(r) for |r| <= ln 2 / 2: Taylor's series, cut where it no longer changes the last place.
INLINE real exp_near_0(real r)
{
    real sum = 0;
#ifdef TRAIN_DOUBLE
    sum = r * sum + 1. / 479001600;
    sum = r * sum + 1. / 39916800;
    sum = r * sum + 1. / 3628800;
    sum = r * sum + 1. / 362880;
    sum = r * sum + 1. / 40320;
#endif
    sum = r * sum + (real)(1. / 5040);
    sum = r * sum + (real)(1. / 720);
    sum = r * sum + (real)(1. / 120);
    sum = r * sum + (real)(1. / 24);
    sum = r * sum + (real)(1. / 6);
    sum = r * sum + (real)(1. / 2);
    return r * (r * sum + 1) + 1;
}

// exp(x) = 2^n exp(r), n = round(x / ln 2). Adding SHIFT rounds, and leaves n in the low bits; ln 2
// is subtracted in two parts, the first of them short, so that nothing is lost (Cody and Waite).
// The vectoriser takes this; it cannot take a call of exp.
INLINE real exp_of(real x)
{
    x = x < -EXP_LIMIT ? -EXP_LIMIT : x; // NaN passes
    x = x > EXP_LIMIT ? EXP_LIMIT : x;
    real shifted = x * (real)M_LOG2E + SHIFT, n = shifted - SHIFT, one = 1, power;
    word bits, unit;
    memcpy(&bits, &shifted, sizeof bits);
    memcpy(&unit, &one, sizeof unit);
    bits = (bits << MANTISSA_BITS) + unit;
    memcpy(&power, &bits, sizeof power);
    return exp_near_0(x - n * LN2_HIGH - n * LN2_LOW) * power;
}

INLINE real tanh_of(real x)
{
    return 1 - 2 / (exp_of(2 * x) + 1);
}

// `kind` is a constant in every call, so that nothing of the switch remains.
INLINE real activate(activation kind, real y, real *slope)
{
    const real leak = (real)0.01, k = (real)0.7978845608028654, c = (real)0.044715;
    real t;
    switch (kind) {
    case ACTIVATION_RELU:
        *slope = y > 0 ? 1 : 0;
        return y < 0 ? 0 : y;
    case ACTIVATION_LEAKY_RELU:
        *slope = y > 0 ? 1 : leak;
        return y < 0 ? leak * y : y;
    case ACTIVATION_TANH:
        t = tanh_of(y);
        *slope = 1 - t * t;
        return t;
    case ACTIVATION_SIGMOID:
        t = 1 / (1 + exp_of(-y));
        *slope = t * (1 - t);
        return t;
    case ACTIVATION_GELU:
        t = tanh_of(k * (y + c * y * y * y));
        *slope = (1 + t) / 2 + y / 2 * (1 - t * t) * k * (1 + 3 * c * y * y);
        return y / 2 * (1 + t);
    case ACTIVATION_NONE:
    case ACTIVATION_COUNT:
        break;
    }
    *slope = 1;
    return y;
}

// Calls `loop` with the activation as a constant.
#define SPECIALIZE(loop, at, m)                                                                    \
    switch ((at)->activation) {                                                                    \
    case ACTIVATION_RELU:                                                                          \
        loop(at, m, ACTIVATION_RELU);                                                              \
        break;                                                                                     \
    case ACTIVATION_LEAKY_RELU:                                                                    \
        loop(at, m, ACTIVATION_LEAKY_RELU);                                                        \
        break;                                                                                     \
    case ACTIVATION_TANH:                                                                          \
        loop(at, m, ACTIVATION_TANH);                                                              \
        break;                                                                                     \
    case ACTIVATION_SIGMOID:                                                                       \
        loop(at, m, ACTIVATION_SIGMOID);                                                           \
        break;                                                                                     \
    case ACTIVATION_GELU:                                                                          \
        loop(at, m, ACTIVATION_GELU);                                                              \
        break;                                                                                     \
    case ACTIVATION_NONE:                                                                          \
    case ACTIVATION_COUNT:                                                                         \
        loop(at, m, ACTIVATION_NONE);                                                              \
    }

// In pieces whose sums fit into 32 bits.
static void add_bytes(size_t count, const uint8_t *restrict bytes, uint64_t *sum, uint64_t *squares)
{
    const size_t piece = 1 << 16; // 2^16 * 255^2 < 2^32
    for (size_t start = 0; start < count; start += piece) {
        size_t end = count - start < piece ? count : start + piece;
        uint32_t part = 0, part_squares = 0;
        for (size_t i = start; i < end; i++) {
            part += bytes[i];
            part_squares += (uint32_t)bytes[i] * bytes[i];
        }
        *sum += part;
        *squares += part_squares;
    }
}

static void normalize_bytes(size_t count, const uint8_t *restrict bytes, real scale, real shift,
                            real *restrict x)
{
    for (size_t i = 0; i < count; i++)
        x[i] = scale * (real)bytes[i] + shift;
}

// The loops over a row are functions of their own, as gcc believes `restrict` of parameters only.

INLINE void bias_row(activation kind, size_t n, const real *restrict z, const real *restrict bias,
                     real *restrict a, real *restrict slope)
{
    for (size_t j = 0; j < n; j++)
        a[j] = activate(kind, z[j] + bias[j], &slope[j]);
}

INLINE void bias_rows(const stage *at, size_t m, activation kind)
{
    for (size_t i = 0; i < m * at->n; i += at->n)
        bias_row(kind, at->n, at->z + i, at->bias, at->a + i, at->slope + i);
}

// sums [n] += column sums of f(z), four rows at a time: the sums are read and written less often
#define ADD_COLUMNS(f)                                                                             \
    for (; i + 4 <= m; i += 4)                                                                     \
        for (size_t j = 0; j < n; j++)                                                             \
            sums[j] += f(i, j) + f(i + 1, j) + (f(i + 2, j) + f(i + 3, j));                        \
    for (; i < m; i++)                                                                             \
        for (size_t j = 0; j < n; j++)                                                             \
            sums[j] += f(i, j);

#define VALUE(i, j) z[(i)*n + (j)]
#define SQUARE(i, j) ((VALUE(i, j) - mean[j]) * (VALUE(i, j) - mean[j]))

static void add_values(size_t m, size_t n, const real *restrict z, real *restrict sums)
{
    size_t i = 0;
    ADD_COLUMNS(VALUE)
}

static void add_squares(size_t m, size_t n, const real *restrict z, const real *restrict mean,
                        real *restrict sums)
{
    size_t i = 0;
    ADD_COLUMNS(SQUARE)
}

// Mean, sigma and the running averages; scratch gets 1 / sigma.
static void batch_norm_statistics(const stage *at, size_t m)
{
    size_t n = at->n;
    real *restrict mean = at->mean, *restrict sigma = at->sigma, *restrict inverse = at->scratch;
    real *restrict running_mean = at->running_mean;
    real *restrict running_variance = at->running_variance;
    real weight = (real)at->new_weight, share = 1 / (real)m, epsilon = (real)at->epsilon;
    real unbiased = (real)m / (real)(m - 1);
    memset(mean, 0, n * sizeof *mean);
    add_values(m, n, at->z, mean);
    for (size_t j = 0; j < n; j++)
        mean[j] *= share;
    memset(sigma, 0, n * sizeof *sigma);
    add_squares(m, n, at->z, mean, sigma);
    for (size_t j = 0; j < n; j++) {
        real variance = sigma[j] * share;
        running_mean[j] += weight * (mean[j] - running_mean[j]);
        running_variance[j] += weight * (variance * unbiased - running_variance[j]);
        sigma[j] = sqrt(variance + epsilon);
        inverse[j] = 1 / sigma[j];
    }
}

INLINE void normalize_row(activation kind, size_t n, const real *restrict mean,
                          const real *restrict inverse, const real *restrict gamma,
                          const real *restrict beta, real *restrict z, real *restrict a,
                          real *restrict slope)
{
    for (size_t j = 0; j < n; j++) {
        z[j] = (z[j] - mean[j]) * inverse[j];
        a[j] = activate(kind, gamma[j] * z[j] + beta[j], &slope[j]);
    }
}

INLINE void normalize_rows(const stage *at, size_t m, activation kind)
{
    for (size_t i = 0; i < m * at->n; i += at->n)
        normalize_row(kind, at->n, at->mean, at->scratch, at->gamma, at->beta, at->z + i, at->a + i,
                      at->slope + i);
}

enum { LANES = 64, CHUNK = 4 * LANES };

// Words 4 LANES chunk and on of a stream: rng_block for LANES blocks side by side.
static void random_chunk(const rng_stream *stream, uint32_t chunk, uint32_t *restrict words)
{
    uint32_t x[4][LANES], key0 = stream->key[0], key1 = stream->key[1];
    for (uint32_t l = 0; l < LANES; l++) {
        x[0][l] = chunk * LANES + l;
        x[1][l] = stream->name[0];
        x[2][l] = stream->name[1];
        x[3][l] = stream->name[2];
    }
    for (int round = 0; round < 10; round++) {
        for (size_t l = 0; l < LANES; l++) {
            uint64_t first = (uint64_t)0xD2511F53u * x[0][l];
            uint64_t second = (uint64_t)0xCD9E8D57u * x[2][l];
            x[0][l] = (uint32_t)(second >> 32) ^ x[1][l] ^ key0;
            x[1][l] = (uint32_t)second;
            x[2][l] = (uint32_t)(first >> 32) ^ x[3][l] ^ key1;
            x[3][l] = (uint32_t)first;
        }
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    for (size_t l = 0; l < LANES; l++)
        for (size_t part = 0; part < 4; part++)
            words[4 * l + part] = x[part][l];
}

INLINE void drop(size_t count, const uint32_t *restrict words, uint32_t threshold, real grown,
                 real *restrict a, real *restrict slope)
{
    for (size_t i = 0; i < count; i++) {
        real factor = words[i] < threshold ? 0 : grown;
        a[i] *= factor;
        slope[i] *= factor;
    }
}

static void dropout_forward(const stage *at, size_t count)
{
    uint32_t threshold = (uint32_t)(at->dropout * 0x1p32); // dropout < 1
    real grown = (real)(1 / (1 - at->dropout));
    for (size_t start = 0; start < count; start += CHUNK) {
        uint32_t words[CHUNK];
        random_chunk(&at->mask, (uint32_t)(start / CHUNK), words);
        size_t size = count - start < CHUNK ? count - start : CHUNK;
        drop(size, words, threshold, grown, at->a + start, at->slope + start);
    }
}

static void stage_forward(const stage *at, size_t m)
{
    if (at->gamma) {
        assert(m >= 2);
        batch_norm_statistics(at, m);
        SPECIALIZE(normalize_rows, at, m)
    } else {
        SPECIALIZE(bias_rows, at, m)
    }
    if (at->dropout > 0)
        dropout_forward(at, m * at->n);
}

INLINE void bias_backward_row(size_t n, const real *restrict slope, real *restrict da,
                              real *restrict dbias)
{
    for (size_t j = 0; j < n; j++) {
        da[j] *= slope[j];
        dbias[j] += da[j];
    }
}

static void bias_backward(const stage *at, size_t m, real *da)
{
    memset(at->dbias, 0, at->n * sizeof *at->dbias);
    for (size_t i = 0; i < m * at->n; i += at->n)
        bias_backward_row(at->n, at->slope + i, da + i, at->dbias);
}

// da -> dy, and its sums
INLINE void norm_sums_row(size_t n, const real *restrict slope, const real *restrict hat,
                          real *restrict da, real *restrict dgamma, real *restrict dbeta)
{
    for (size_t j = 0; j < n; j++) {
        da[j] *= slope[j];
        dbeta[j] += da[j];
        dgamma[j] += da[j] * hat[j];
    }
}

// dy -> dz; c = gamma / sigma, share = 1 / m
INLINE void norm_backward_row(size_t n, real share, const real *restrict c,
                              const real *restrict hat, const real *restrict dgamma,
                              const real *restrict dbeta, real *restrict dy)
{
    for (size_t j = 0; j < n; j++)
        dy[j] = c[j] * (dy[j] - share * (dbeta[j] + hat[j] * dgamma[j]));
}

static void batch_norm_backward(const stage *at, size_t m, real *da)
{
    size_t n = at->n;
    real *c = at->scratch, share = 1 / (real)m;
    memset(at->dgamma, 0, n * sizeof *at->dgamma);
    memset(at->dbeta, 0, n * sizeof *at->dbeta);
    for (size_t i = 0; i < m * n; i += n)
        norm_sums_row(n, at->slope + i, at->z + i, da + i, at->dgamma, at->dbeta);
    for (size_t j = 0; j < n; j++)
        c[j] = at->gamma[j] / at->sigma[j];
    for (size_t i = 0; i < m * n; i += n)
        norm_backward_row(n, share, c, at->z + i, at->dgamma, at->dbeta, da + i);
}

static void stage_backward(const stage *at, size_t m, real *da)
{
    if (at->gamma)
        batch_norm_backward(at, m, da);
    else
        bias_backward(at, m, da);
}

INLINE void evaluate_row(activation kind, size_t n, const real *restrict z,
                         const real *restrict scale, const real *restrict shift, real *restrict a)
{
    real slope;
    for (size_t j = 0; j < n; j++)
        a[j] = activate(kind, scale[j] * z[j] + shift[j], &slope);
}

INLINE void evaluate_rows(const stage *at, size_t m, activation kind)
{
    for (size_t i = 0; i < m * at->n; i += at->n)
        evaluate_row(kind, at->n, at->z + i, at->scratch, at->scratch + at->n, at->a + i);
}

// The averages stand still, so that bias and batch norm are both y = scale z + shift.
static void stage_evaluate(const stage *at, size_t m)
{
    size_t n = at->n;
    real *scale = at->scratch, *shift = at->scratch + n;
    for (size_t j = 0; j < n; j++) {
        scale[j] = at->gamma ? at->gamma[j] / sqrt(at->running_variance[j] + (real)at->epsilon) : 1;
        shift[j] = at->gamma ? at->beta[j] - scale[j] * at->running_mean[j] : at->bias[j];
    }
    SPECIALIZE(evaluate_rows, at, m)
}

// Subtracts each row's greatest, and begins the loss with the label's distance from it.
static void softmax_shift(size_t m, size_t n, real *p, const uint16_t *labels, totals *sum)
{
    for (size_t i = 0; i < m; i++) {
        real *row = p + i * n;
        size_t best = 0;
        for (size_t j = 1; j < n; j++)
            if (row[j] > row[best])
                best = j;
        real most = row[best];
        for (size_t j = 0; j < n; j++)
            row[j] -= most;
        sum->loss -= (double)row[labels[i]];
        sum->wrong += best != labels[i];
    }
}

static void softmax_forward(size_t m, size_t n, real *p, const uint16_t *labels, totals *sum)
{
    softmax_shift(m, n, p, labels, sum);
    for (size_t i = 0; i < m * n; i++)
        p[i] = exp_of(p[i]);
    for (size_t i = 0; i < m; i++) {
        real *row = p + i * n, all = 0;
        for (size_t j = 0; j < n; j++)
            all += row[j];
        real inverse = 1 / all;
        for (size_t j = 0; j < n; j++)
            row[j] *= inverse;
        sum->loss += log((double)all);
    }
    sum->count += m;
}

static void softmax_backward(size_t m, size_t n, real *p, const uint16_t *labels)
{
    real share = 1 / (real)m;
    for (size_t i = 0; i < m; i++)
        p[i * n + labels[i]] -= 1;
    for (size_t i = 0; i < m * n; i++)
        p[i] *= share;
}

static void update_sgd(const update *step, size_t count, real *restrict w, const real *restrict g,
                       real *u, real *v)
{
    (void)u, (void)v;
    const update s = *step;
    for (size_t i = 0; i < count; i++)
        w[i] -= s.rate * (g[i] + s.l2 * w[i]);
}

static void update_momentum(const update *step, size_t count, real *restrict w,
                            const real *restrict g, real *restrict u, real *v)
{
    (void)v;
    const update s = *step;
    for (size_t i = 0; i < count; i++) {
        real velocity = s.beta1 * u[i] + (g[i] + s.l2 * w[i]);
        u[i] = velocity;
        w[i] -= s.rate * velocity;
    }
}

static void update_rmsprop(const update *step, size_t count, real *restrict w,
                           const real *restrict g, real *restrict u, real *v)
{
    (void)v;
    const update s = *step;
    for (size_t i = 0; i < count; i++) {
        real slope = g[i] + s.l2 * w[i];
        real mean_square = s.beta2 * u[i] + s.new2 * slope * slope;
        u[i] = mean_square;
        w[i] -= s.rate * slope / (sqrt(mean_square) + s.epsilon);
    }
}

static void update_adam(const update *step, size_t count, real *restrict w, const real *restrict g,
                        real *restrict u, real *restrict v)
{
    const update s = *step;
    for (size_t i = 0; i < count; i++) {
        real slope = g[i] + s.l2 * w[i];
        real mean = s.beta1 * u[i] + s.new1 * slope;
        real mean_square = s.beta2 * v[i] + s.new2 * slope * slope;
        u[i] = mean;
        v[i] = mean_square;
        w[i] -= s.rate * mean / (sqrt(mean_square) * s.root_scale + s.epsilon);
    }
}

const kernels KERNELS_TABLE = {
    .name = KERNELS_WORD,
    .add_bytes = add_bytes,
    .normalize_bytes = normalize_bytes,
    .linear_forward = PRODUCTS(linear_forward),
    .linear_backward = PRODUCTS(linear_backward),
    .stage_forward = stage_forward,
    .stage_backward = stage_backward,
    .stage_evaluate = stage_evaluate,
    .softmax_forward = softmax_forward,
    .softmax_backward = softmax_backward,
    .update =
        {
            [OPTIMIZER_SGD] = update_sgd,
            [OPTIMIZER_MOMENTUM] = update_momentum,
            [OPTIMIZER_RMSPROP] = update_rmsprop,
            [OPTIMIZER_ADAM] = update_adam,
        },
};
