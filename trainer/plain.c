/**
 * plain.c: the layers of the network in plain loops: each a pair, forward and backward.
 *
 * Forward keeps what backward needs, so that each formula, and each epsilon, stands once.
 * Everything else that computes (fast.c, blas.c) is tested against this file, and this file
 * against finite differences. `caviar-train --kernels plain` runs on it.
 */
#include "trainer/kernels.h"

#include <assert.h>
#include <string.h>
#include <tgmath.h>

static void add_bytes(size_t count, const uint8_t *bytes, uint64_t *sum, uint64_t *squares)
{
    for (size_t i = 0; i < count; i++) {
        *sum += bytes[i];
        *squares += (uint64_t)bytes[i] * bytes[i];
    }
}

static void normalize_bytes(size_t count, const uint8_t *bytes, real scale, real shift, real *x)
{
    for (size_t i = 0; i < count; i++)
        x[i] = scale * (real)bytes[i] + shift;
}

// Linear: z = x w. The bias belongs to the stage behind it.

static void linear_forward(size_t m, size_t k, size_t n, const real *x, // [m x k]
                           const real *w,                               // [k x n]
                           real *z)                                     // [m x n]
{
    memset(z, 0, m * n * sizeof *z);
    for (size_t i = 0; i < m; i++)
        for (size_t l = 0; l < k; l++)
            for (size_t j = 0; j < n; j++)
                z[i * n + j] += x[i * k + l] * w[l * n + j];
}

static void linear_backward(size_t m, size_t k, size_t n, const real *x, // [m x k]
                            const real *w,                               // [k x n]
                            const real *dz,                              // [m x n]
                            real *dw,                                    // [k x n]
                            real *dx)                                    // [m x k] or NULL
{
    memset(dw, 0, k * n * sizeof *dw);
    for (size_t i = 0; i < m; i++)
        for (size_t l = 0; l < k; l++)
            for (size_t j = 0; j < n; j++)
                dw[l * n + j] += x[i * k + l] * dz[i * n + j];
    for (size_t i = 0; dx && i < m; i++) {
        for (size_t l = 0; l < k; l++) {
            real sum = 0;
            for (size_t j = 0; j < n; j++)
                sum += dz[i * n + j] * w[l * n + j];
            dx[i * k + l] = sum;
        }
    }
}

// Bias: y = z + bias, in place.

static void bias_forward(size_t m, size_t n, const real *bias, real *z)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            z[i * n + j] += bias[j];
}

static void bias_backward(size_t m, size_t n, const real *dy, real *dbias)
{
    memset(dbias, 0, n * sizeof *dbias);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            dbias[j] += dy[i * n + j];
}

// Batch normalisation: x̂ = (z - mean) / sigma, in place, and y = gamma x̂ + beta.
// Ioffe and Szegedy: "Batch normalization", ICML 2015.

static void batch_norm_column(const stage *at, size_t m, size_t j)
{
    size_t n = at->n;
    real mean = 0, variance = 0;
    for (size_t i = 0; i < m; i++)
        mean += at->z[i * n + j];
    mean /= (real)m;
    for (size_t i = 0; i < m; i++)
        variance += (at->z[i * n + j] - mean) * (at->z[i * n + j] - mean);
    variance /= (real)m; // biased, for normalising
    at->mean[j] = mean;
    at->sigma[j] = sqrt(variance + (real)at->epsilon);
    real weight = (real)at->new_weight, unbiased = variance * (real)m / (real)(m - 1);
    at->running_mean[j] += weight * (mean - at->running_mean[j]);
    at->running_variance[j] += weight * (unbiased - at->running_variance[j]);
}

static void batch_norm_forward(const stage *at, size_t m, real *y)
{
    size_t n = at->n;
    for (size_t j = 0; j < n; j++)
        batch_norm_column(at, m, j);
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < n; j++) {
            real *z = &at->z[i * n + j];
            *z = (*z - at->mean[j]) / at->sigma[j];
            y[i * n + j] = at->gamma[j] * *z + at->beta[j];
        }
    }
}

// dy -> dz in place: dz = gamma / sigma (dy - mean(dy) - x̂ mean(dy x̂))
static void batch_norm_backward(const stage *at, size_t m, real *dy)
{
    size_t n = at->n;
    for (size_t j = 0; j < n; j++) {
        real dgamma = 0, dbeta = 0;
        for (size_t i = 0; i < m; i++) {
            dgamma += dy[i * n + j] * at->z[i * n + j];
            dbeta += dy[i * n + j];
        }
        for (size_t i = 0; i < m; i++)
            dy[i * n + j] = at->gamma[j] / at->sigma[j] *
                            (dy[i * n + j] - dbeta / (real)m - at->z[i * n + j] * dgamma / (real)m);
        at->dgamma[j] = dgamma;
        at->dbeta[j] = dbeta;
    }
}

// At test time: the running averages in place of the mini-batch's own.
static void batch_norm_evaluate(const stage *at, size_t m, real *y)
{
    size_t n = at->n;
    for (size_t j = 0; j < n; j++) {
        real sigma = sqrt(at->running_variance[j] + (real)at->epsilon);
        for (size_t i = 0; i < m; i++)
            y[i * n + j] =
                at->gamma[j] * (at->z[i * n + j] - at->running_mean[j]) / sigma + at->beta[j];
    }
}

// Activations: a = f(y), and slope = f'(y), which is all that backward needs of any of them.

static real activate(activation kind, real y, real *slope)
{
    const real leak = (real)0.01;
    const real k = (real)0.7978845608028654; // sqrt(2 / pi)
    const real c = (real)0.044715;
    real t, one = 1;
    switch (kind) {
    case ACTIVATION_RELU: // the comparison lets NaN through
        *slope = y > 0 ? 1 : 0;
        return y < 0 ? 0 : y;
    case ACTIVATION_LEAKY_RELU:
        *slope = y > 0 ? 1 : leak;
        return y < 0 ? leak * y : y;
    case ACTIVATION_TANH:
        t = tanh(y);
        *slope = 1 - t * t;
        return t;
    case ACTIVATION_SIGMOID:
        t = 1 / (1 + exp(-y));
        *slope = t * (1 - t);
        return t;
    case ACTIVATION_GELU: // Hendrycks and Gimpel 2016, in its tanh form
        t = tanh(k * (y + c * y * y * y));
        *slope = (one + t) / 2 + y / 2 * (1 - t * t) * k * (1 + 3 * c * y * y);
        return y / 2 * (1 + t);
    case ACTIVATION_NONE:
    case ACTIVATION_COUNT:
        break;
    }
    *slope = 1;
    return y;
}

static void activation_forward(activation kind, size_t count, const real *y, real *a, real *slope)
{
    for (size_t i = 0; i < count; i++)
        a[i] = activate(kind, y[i], &slope[i]);
}

static void activation_backward(size_t count, const real *slope, real *da)
{
    for (size_t i = 0; i < count; i++)
        da[i] *= slope[i];
}

// Dropout, inverted: what is kept grows by 1 / keep, so that test time needs no correction. The
// slope gets the mask as well; so there is no backward of its own.

static void dropout_forward(const stage *at, size_t count)
{
    double keep = 1 - at->dropout;
    uint32_t threshold = (uint32_t)(keep * 0x1p32); // keep < 1
    for (size_t i = 0; i < count; i++) {
        uint32_t words[4];
        rng_block(&at->mask, (uint32_t)(i / 4), words);
        real factor = words[i % 4] < threshold ? (real)(1 / keep) : 0;
        at->a[i] *= factor;
        at->slope[i] *= factor;
    }
}

// A stage is these, one after the other.

static void stage_forward(const stage *at, size_t m)
{
    size_t count = m * at->n;
    if (at->gamma) {
        assert(m >= 2);
        batch_norm_forward(at, m, at->a);
        activation_forward(at->activation, count, at->a, at->a, at->slope);
    } else {
        bias_forward(m, at->n, at->bias, at->z);
        activation_forward(at->activation, count, at->z, at->a, at->slope);
    }
    if (at->dropout > 0)
        dropout_forward(at, count);
}

static void stage_backward(const stage *at, size_t m, real *da)
{
    activation_backward(m * at->n, at->slope, da);
    if (at->gamma)
        batch_norm_backward(at, m, da);
    else
        bias_backward(m, at->n, da, at->dbias);
}

static void stage_evaluate(const stage *at, size_t m)
{
    if (at->gamma) {
        batch_norm_evaluate(at, m, at->a);
        activation_forward(at->activation, m * at->n, at->a, at->a, at->slope);
    } else {
        bias_forward(m, at->n, at->bias, at->z);
        activation_forward(at->activation, m * at->n, at->z, at->a, at->slope);
    }
}

// Softmax with cross-entropy: p = exp(z - max) / sum, loss = -ln p[label].

static void softmax_forward(size_t m, size_t n, real *p, const uint16_t *labels, totals *sum)
{
    for (size_t i = 0; i < m; i++) {
        real *row = p + i * n;
        size_t best = 0;
        for (size_t j = 1; j < n; j++)
            if (row[j] > row[best])
                best = j;
        real most = row[best], all = 0, own = row[labels[i]] - most;
        for (size_t j = 0; j < n; j++)
            all += row[j] = exp(row[j] - most);
        for (size_t j = 0; j < n; j++)
            row[j] /= all;
        sum->loss += log((double)all) - (double)own;
        sum->wrong += best != labels[i];
    }
    sum->count += m;
}

static void softmax_backward(size_t m, size_t n, real *p, const uint16_t *labels)
{
    for (size_t i = 0; i < m; i++) {
        p[i * n + labels[i]] -= 1;
        for (size_t j = 0; j < n; j++)
            p[i * n + j] /= (real)m;
    }
}

// Optimisers. The L2 penalty lambda / 2 |w|^2 adds lambda w to the gradient before anything else.

static void update_sgd(const update *step, size_t count, real *w, const real *g, real *u, real *v)
{
    (void)u, (void)v;
    for (size_t i = 0; i < count; i++)
        w[i] -= step->rate * (g[i] + step->l2 * w[i]);
}

// u is the velocity.
static void update_momentum(const update *step, size_t count, real *w, const real *g, real *u,
                            real *v)
{
    (void)v;
    for (size_t i = 0; i < count; i++) {
        u[i] = step->beta1 * u[i] + g[i] + step->l2 * w[i];
        w[i] -= step->rate * u[i];
    }
}

// u is the mean of the squares. Hinton, lecture 6e of "Neural networks for machine learning".
static void update_rmsprop(const update *step, size_t count, real *w, const real *g, real *u,
                           real *v)
{
    (void)v;
    for (size_t i = 0; i < count; i++) {
        real slope = g[i] + step->l2 * w[i];
        u[i] = step->beta2 * u[i] + step->new2 * slope * slope;
        w[i] -= step->rate * slope / (sqrt(u[i]) + step->epsilon);
    }
}

// u is the mean of the gradients, v that of their squares. Kingma and Ba: "Adam", ICLR 2015.
static void update_adam(const update *step, size_t count, real *w, const real *g, real *u, real *v)
{
    for (size_t i = 0; i < count; i++) {
        real slope = g[i] + step->l2 * w[i];
        u[i] = step->beta1 * u[i] + step->new1 * slope;
        v[i] = step->beta2 * v[i] + step->new2 * slope * slope;
        w[i] -= step->rate * u[i] / (sqrt(v[i]) * step->root_scale + step->epsilon);
    }
}

const kernels kernels_plain = {
    .name = "plain",
    .add_bytes = add_bytes,
    .normalize_bytes = normalize_bytes,
    .linear_forward = linear_forward,
    .linear_backward = linear_backward,
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
