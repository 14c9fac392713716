/**
 * network.c: laying a network out in memory, and passing through it.
 */
#include "trainer/network.h"

#include "trainer/cost.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64 }; // bytes: a cache line, and the widest vector

// Hands out arrays from one block. With base NULL it only counts what would be needed.
typedef struct allotter {
    char *base;
    size_t used; // bytes
    bool overflow;
} allotter;

static void *allot(allotter *block, size_t rows, size_t columns, size_t item_size)
{
    size_t size;
    if (__builtin_mul_overflow(rows, columns, &size) ||
        __builtin_mul_overflow(size, item_size, &size) || size > SIZE_MAX / 2 - block->used) {
        block->overflow = true;
        return NULL;
    }
    void *array = block->base ? block->base + block->used : NULL;
    block->used += (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return array;
}

static real *allot_reals(allotter *block, size_t rows, size_t columns)
{
    return allot(block, rows, columns, sizeof(real));
}

// The next `count` items of an array that may not be there yet.
static real *take(real *array, size_t *used, size_t count)
{
    real *part = array ? array + *used : NULL;
    *used += count;
    return part;
}

static bool has_norm(const network *net, size_t index)
{
    return net->architecture.batch_norm && index < net->architecture.hidden_count;
}

// Sets the sizes of the layers and of the flat arrays.
static void measure(network *net)
{
    const architecture *shape = &net->architecture;
    net->layer_count = shape->hidden_count + 1;
    for (size_t i = 0; i < net->layer_count; i++) {
        layer *at = &net->layers[i];
        bool last = i == shape->hidden_count;
        at->in = i == 0 ? shape->in : shape->units[i - 1];
        at->out = last ? shape->classes : shape->units[i];
        at->stage.n = at->out;
        at->stage.activation = last ? ACTIVATION_NONE : shape->activation;
        at->stage.epsilon = shape->norm_epsilon;
        at->stage.new_weight = shape->norm_new_weight;
        net->weight_count += at->in * at->out;
        net->parameter_count += at->in * at->out + (has_norm(net, i) ? 2 : 1) * at->out;
        net->running_count += has_norm(net, i) ? 2 * at->out : 0;
    }
}

static void allot_flat(network *net, allotter *block)
{
    net->parameters = allot_reals(block, 1, net->parameter_count);
    net->gradients = allot_reals(block, 1, net->parameter_count);
    net->running = allot_reals(block, 1, net->running_count);
    net->x = allot_reals(block, net->rows, net->architecture.in);
    net->labels = allot(block, net->rows, 1, sizeof *net->labels);
    net->targets = allot_reals(block, net->rows, 1);
    size_t widest = 0;
    for (size_t i = 0; i < net->layer_count; i++)
        widest = net->layers[i].out > widest ? net->layers[i].out : widest;
    net->delta[0] = allot_reals(block, net->rows, widest);
    net->delta[1] = allot_reals(block, net->rows, widest);
}

static void allot_stage(network *net, size_t index, allotter *block)
{
    stage *at = &net->layers[index].stage;
    at->z = allot_reals(block, net->rows, at->n);
    at->a = allot_reals(block, net->rows, at->n);
    at->slope = allot_reals(block, net->rows, at->n);
    at->scratch = allot_reals(block, 2, at->n);
    if (has_norm(net, index)) {
        at->mean = allot_reals(block, 1, at->n);
        at->sigma = allot_reals(block, 1, at->n);
    }
}

// Points each layer at its parts of the flat arrays.
static void assign(network *net)
{
    size_t w = 0, dw = 0, running = 0;
    for (size_t i = 0; i < net->layer_count; i++) {
        layer *at = &net->layers[i];
        at->w = take(net->parameters, &w, at->in * at->out);
        at->dw = take(net->gradients, &dw, at->in * at->out);
    }
    for (size_t i = 0; i < net->layer_count; i++) {
        layer *at = &net->layers[i];
        at->x = i == 0 ? net->x : net->layers[i - 1].stage.a;
        if (has_norm(net, i)) {
            at->stage.gamma = take(net->parameters, &w, at->out);
            at->stage.beta = take(net->parameters, &w, at->out);
            at->stage.dgamma = take(net->gradients, &dw, at->out);
            at->stage.dbeta = take(net->gradients, &dw, at->out);
            at->stage.running_mean = take(net->running, &running, at->out);
            at->stage.running_variance = take(net->running, &running, at->out);
        } else {
            at->stage.bias = take(net->parameters, &w, at->out);
            at->stage.dbias = take(net->gradients, &dw, at->out);
        }
    }
    net->p = net->layers[net->layer_count - 1].stage.a;
}

static size_t lay_out(network *net, char *base)
{
    allotter block = {.base = base};
    allot_flat(net, &block);
    for (size_t i = 0; i < net->layer_count; i++)
        allot_stage(net, i, &block);
    if (base)
        assign(net);
    return block.overflow ? SIZE_MAX : block.used;
}

caviar_code network_new(const architecture *shape, const kernels *table, size_t rows,
                        network **ret_network, train_error *error)
{
    network *net = calloc(1, sizeof *net);
    if (!net)
        return train_fail_memory(error);
    net->architecture = *shape;
    net->kernels = table;
    net->rows = rows;
    measure(net);
    size_t size = lay_out(net, NULL);
    if (size == SIZE_MAX || (net->memory = aligned_alloc(ALIGNMENT, size)) == NULL) {
        size_t count = net->parameter_count;
        network_free(net);
        return train_fail(error, CAVIAR_NOMEM,
                          "out of memory for a network of %zu parameters and mini-batches of %zu; "
                          "use smaller --units, --layers or --batch",
                          count, rows);
    }
    memset(net->memory, 0, size);
    lay_out(net, net->memory);
    *ret_network = net;
    return CAVIAR_OK;
}

void network_free(network *net)
{
    if (!net)
        return;
    free(net->memory);
    free(net);
}

static double start_variance(init how, const layer *at)
{
    double in = (double)at->in, out = (double)at->out;
    return how == INIT_HE ? 2 / in : 2 / (in + out);
}

static void fill(real *array, size_t count, real value)
{
    for (size_t i = 0; i < count; i++)
        array[i] = value;
}

void network_init(network *net, init how, uint64_t seed)
{
    memset(net->parameters, 0, net->parameter_count * sizeof(real));
    memset(net->running, 0, net->running_count * sizeof(real));
    size_t used = net->weight_count;
    for (size_t i = 0; i < net->layer_count; i++) {
        layer *at = &net->layers[i];
        double deviation = sqrt(start_variance(how, at));
        rng random = {.stream = rng_stream_of(seed, RNG_WEIGHTS, i, 0)};
        double pair[2] = {0, 0};
        for (size_t k = 0; k < at->in * at->out; k++) {
            if (k % 2 == 0)
                rng_normals(&random, pair);
            at->w[k] = (real)(deviation * pair[k % 2]);
        }
        if (has_norm(net, i)) {
            fill(net->parameters + used, at->out, 1); // gamma
            fill(at->stage.running_variance, at->out, 1);
        }
        used += (has_norm(net, i) ? 2 : 1) * at->out;
    }
}

static void apply_linear(network *net, const layer *at, size_t m)
{
    net->kernels->linear_forward(m, at->in, at->out, at->x, at->w, at->stage.z);
}

void network_forward(network *net, size_t m, const mask_key *key, totals *sum)
{
    for (size_t i = 0; i < net->layer_count; i++) {
        layer *at = &net->layers[i];
        at->stage.dropout = i < net->architecture.hidden_count ? key->dropout : 0;
        at->stage.mask = rng_stream_of(key->seed, RNG_DROPOUT, key->update, (uint32_t)i);
        apply_linear(net, at, m);
        net->kernels->stage_forward(&at->stage, m);
    }
    cost_forward(net, m, sum);
}

void network_backward(network *net, size_t m)
{
    cost_backward(net, m);
    real *delta = net->p; // [m x out] da, then dz
    for (size_t i = net->layer_count; i-- > 0;) {
        layer *at = &net->layers[i];
        real *before = i > 0 ? net->delta[i % 2] : NULL; // [m x in]
        net->kernels->stage_backward(&at->stage, m, delta);
        net->kernels->linear_backward(m, at->in, at->out, at->x, at->w, delta, at->dw, before);
        delta = before;
    }
}

void network_evaluate(network *net, size_t m, totals *sum)
{
    for (size_t i = 0; i < net->layer_count; i++) {
        apply_linear(net, &net->layers[i], m);
        net->kernels->stage_evaluate(&net->layers[i].stage, m);
    }
    cost_forward(net, m, sum);
}

bool architecture_equals(const architecture *a, const architecture *b)
{
    return a->in == b->in && a->classes == b->classes && a->hidden_count == b->hidden_count &&
           memcmp(a->units, b->units, a->hidden_count * sizeof *a->units) == 0 &&
           a->activation == b->activation && a->loss == b->loss && a->batch_norm == b->batch_norm &&
           a->norm_epsilon == b->norm_epsilon && a->norm_new_weight == b->norm_new_weight;
}

void architecture_print(const architecture *shape, char ret_text[ARCHITECTURE_TEXT_SIZE])
{
    const int room_for_end = 80;
    int size = ARCHITECTURE_TEXT_SIZE, used = snprintf(ret_text, (size_t)size, "%zu", shape->in);
    size_t i = 0;
    for (; i < shape->hidden_count && used < size - room_for_end; i++)
        used += snprintf(ret_text + used, (size_t)(size - used), "-%zu", shape->units[i]);
    snprintf(ret_text + used, (size_t)(size - used), "%s-%zu %s%s%s",
             i < shape->hidden_count ? "-..." : "", shape->classes,
             activation_words[shape->activation], shape->batch_norm ? " with batch norm" : "",
             shape->loss == LOSS_SQUARED_ERROR ? ", squared error" : "");
}
