/**
 * describe.c: telling what a network is made of and what training it costs.
 */
#include "trainer/describe.h"

#include "trainer/model.h"

#include <stdlib.h>

// The estimate ------------------------------------------------------------------------------------

// Numbers that a layer moves in a mini-batch of m: by its products, and by the stage behind them.
static double layer_traffic(const layer *at, double m, bool is_first)
{
    double in = (double)at->in, out = (double)at->out;
    double x = m * in, w = in * out, z = m * out;
    double forward = x + w + z, gradient = x + z + w, back = is_first ? 0 : z + w + x;
    double between = 6 * z; // z to a and slope; da and slope to dz
    return forward + gradient + back + between;
}

cost_estimate estimate_cost(const network *net, size_t batch, size_t moments)
{
    cost_estimate all = {0};
    double numbers = 0;
    for (size_t i = 0; i < net->layer_count; i++) {
        const layer *at = &net->layers[i];
        double product = 2 * (double)at->in * (double)at->out;
        all.flops_forward += product;
        all.flops += product * (i == 0 ? 2 : 3);
        numbers += layer_traffic(at, (double)batch, i == 0);
    }
    numbers += (double)net->parameter_count * (double)(3 + 2 * moments);
    all.update_bytes = numbers * sizeof(real);
    return all;
}

// What is told ------------------------------------------------------------------------------------

typedef struct description {
    const network *net;
    const preprocessing *how;
    size_t samples, batch; // 0 of a saved network, which is trained
    cost_estimate cost;
} description;

// What stands behind the product of a layer, as "batch norm, relu".
static const char *behind(const architecture *shape, size_t index, char ret_text[64])
{
    if (index == shape->hidden_count)
        return shape->loss == LOSS_SQUARED_ERROR ? "bias" : "bias, softmax";
    snprintf(ret_text, 64, "%s, %s", shape->batch_norm ? "batch norm" : "bias",
             activation_words[shape->activation]);
    return ret_text;
}

static size_t layer_parameters(const architecture *shape, const layer *at, size_t index)
{
    bool normed = shape->batch_norm && index < shape->hidden_count;
    return at->in * at->out + (normed ? 2 : 1) * at->out;
}

static size_t updates_of(const description *of)
{
    return (of->samples + of->batch - 1) / of->batch;
}

static void print_text(const description *of)
{
    const network *net = of->net;
    char text[64];
    printf("%-6s %14s %12s  %s\n", "layer", "weights", "parameters", "behind it");
    for (size_t i = 0; i < net->layer_count; i++) {
        const layer *at = &net->layers[i];
        char shape[48];
        snprintf(shape, sizeof shape, "%zu x %zu", at->in, at->out);
        printf("%-6zu %14s %12zu  %s\n", i + 1, shape, layer_parameters(&net->architecture, at, i),
               behind(&net->architecture, i, text));
    }
    printf("\nfeatures      %zu\n", of->how->feature_count);
    if (of->how->schema.is_quantity)
        printf("target        a quantity\n");
    else
        printf("classes       %zu\n", of->how->class_count);
    printf("loss          %s\nparameters    %zu (%.3g MB)\n", loss_words[net->architecture.loss],
           net->parameter_count, (double)net->parameter_count * sizeof(real) / 1e6);
    printf("a sample      %.4g MFLOP forward", of->cost.flops_forward / 1e6);
    if (of->samples == 0) {
        printf("\n");
        return;
    }
    double updates = (double)updates_of(of), samples = (double)of->samples;
    printf(", %.4g MFLOP with backward\n", of->cost.flops / 1e6);
    printf("an epoch      %zu samples in %zu mini-batches of %zu: %.4g GFLOP, %.4g GB moved\n",
           of->samples, updates_of(of), of->batch, of->cost.flops * samples / 1e9,
           of->cost.update_bytes * updates / 1e9);
}

static void print_json(const description *of)
{
    const network *net = of->net;
    const architecture *shape = &net->architecture;
    printf("{\n  \"features\": %zu,\n  \"outputs\": %zu,\n  \"loss\": \"%s\",\n  \"layers\": [\n",
           shape->in, shape->classes, loss_words[shape->loss]);
    for (size_t i = 0; i < net->layer_count; i++) {
        const layer *at = &net->layers[i];
        bool last = i + 1 == net->layer_count;
        printf("    {\"in\": %zu, \"out\": %zu, \"parameters\": %zu, \"batch_norm\": %s, "
               "\"activation\": %s%s%s}%s\n",
               at->in, at->out, layer_parameters(shape, at, i),
               shape->batch_norm && !last ? "true" : "false", last ? "" : "\"",
               last ? "null" : activation_words[shape->activation], last ? "" : "\"",
               last ? "" : ",");
    }
    printf("  ],\n  \"parameters\": %zu,\n  \"flops_forward\": %.0f", net->parameter_count,
           of->cost.flops_forward);
    if (of->samples)
        printf(",\n  \"flops\": %.0f,\n  \"samples\": %zu,\n  \"batch\": %zu,\n"
               "  \"updates\": %zu,\n  \"epoch_flops\": %.0f,\n  \"epoch_bytes\": %.0f",
               of->cost.flops, of->samples, of->batch, updates_of(of),
               of->cost.flops * (double)of->samples,
               of->cost.update_bytes * (double)updates_of(of));
    printf("\n}\n");
}

static caviar_code print_description(const description *of, bool json, train_error *error)
{
    if (json)
        print_json(of);
    else
        print_text(of);
    return fflush(stdout) || ferror(stdout)
               ? train_fail(error, CAVIAR_IO, "cannot write to standard output")
               : CAVIAR_OK;
}

static caviar_code describe_saved(const options *wanted, train_error *error)
{
    model saved;
    caviar_code code = model_read(wanted->model, kernels_at(0), 1, &saved, error);
    if (code)
        return code;
    description of = {.net = saved.net, .how = &saved.how};
    of.cost = estimate_cost(saved.net, 1, 0);
    code = print_description(&of, wanted->json, error);
    model_clear(&saved);
    return code;
}

caviar_code describe(const options *wanted, train_error *error)
{
    data *samples = NULL;
    network *net = NULL;
    if (wanted->model)
        return describe_saved(wanted, error);
    caviar_code code = data_open(&wanted->data, &samples, error);
    if (code)
        return code;
    const preprocessing *how = data_preprocessing(samples);
    architecture shape = options_architecture(wanted, how);
    code = network_new(&shape, kernels_at(0), 1, &net, error);
    if (!code) {
        description of = {.net = net,
                          .how = how,
                          .samples = data_training(samples)->count,
                          .batch = (size_t)wanted->batch};
        of.batch = of.batch < of.samples ? of.batch : of.samples;
        of.cost = estimate_cost(net, of.batch, optimizer_moments(wanted->optimizer));
        code = print_description(&of, wanted->json, error);
    }
    network_free(net);
    data_close(samples);
    return code;
}
