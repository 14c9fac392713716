/**
 * network.h: a multi-layer perceptron: its memory, and one pass through it in either direction.
 *
 *     x [m x in] -> (linear -> batch norm or bias -> activation -> dropout) for each hidden layer
 *                -> linear -> bias -> softmax -> p [m x classes]
 *
 * A network of a quantity has one output and no softmax: p [m x 1] is what it answers.
 *
 * All parameters lie in one array, those that the L2 penalty is on (the weights) first; the
 * gradients lie in a second one of the same layout. An optimiser thus is a loop over flat arrays,
 * and a checkpoint is a few of them. Everything is allocated when the network is made.
 */
#ifndef TRAIN_NETWORK_H
#define TRAIN_NETWORK_H

#include "trainer/error.h"
#include "trainer/kernels.h"

enum { MOST_LAYERS = 64, MOST_UNITS = 1 << 20 };

/** What a network is. Equal architectures have equal parameters. */
typedef struct architecture {
    size_t in, classes;        // outputs: of a quantity one
    size_t hidden_count;       // hidden layers
    size_t units[MOST_LAYERS]; // [hidden_count]
    activation activation;
    loss_kind loss;
    bool batch_norm;
    double norm_epsilon;    // added to the variance in batch normalisation
    double norm_new_weight; // of the newest mini-batch in the running averages
} architecture;

/** A linear layer and what stands behind it. */
typedef struct layer {
    size_t in, out;
    const real *x; // [m x in] where its input lies
    real *w, *dw;  // [in x out]
    stage stage;
} layer;

typedef struct network {
    architecture architecture;
    const kernels *kernels;
    size_t rows;        // the most samples that a pass can take
    size_t layer_count; // hidden_count + 1
    layer layers[MOST_LAYERS + 1];

    size_t weight_count;    // the first of the parameters: weights, [in x out] layer by layer
    size_t parameter_count; // then the biases, or gammas and betas, layer by layer
    real *parameters;       // [parameter_count]
    real *gradients;        // [parameter_count]
    size_t running_count;
    real *running; // [running_count] running mean and variance, layer by layer

    real *x;          // [rows x in] the caller puts the mini-batch here,
    uint16_t *labels; // [rows] and here: classes,
    real *targets;    // [rows] or quantities
    real *p;          // [rows x classes] what the network answers
    real *delta[2];   // [rows x widest] da and dz on their way back
    void *memory;     // that all of these lie in

    // how much a sample of each class counts in the gradients, [classes]; NULL: all alike
    const real *class_weights;
} network;

/** What the dropout masks of a mini-batch depend on. */
typedef struct mask_key {
    uint64_t seed, update; // the training's seed, and the number of the mini-batch
    double dropout;
} mask_key;

/**
 * Makes a network for passes of at most `rows` samples. Its parameters are zero.
 * Fails with CAVIAR_INVALID for one that is too large to address, CAVIAR_NOMEM.
 */
caviar_code network_new(const architecture *shape, const kernels *table, size_t rows,
                        network **ret_network, train_error *error);
void network_free(network *net);

/** Draws the weights; biases and betas are 0, gammas and running variances 1. */
void network_init(network *net, init how, uint64_t seed);

/** A training pass over the first m samples of `x`; adds their loss and errors to `sum`. */
void network_forward(network *net, size_t m, const mask_key *key, totals *sum);

/** After network_forward: the gradient of the mean loss (without penalty) in `gradients`. */
void network_backward(network *net, size_t m);

/** A pass at test time. */
void network_evaluate(network *net, size_t m, totals *sum);

/** Prints "784-256-256-10 relu with batch norm". */
enum { ARCHITECTURE_TEXT_SIZE = 200 };
void architecture_print(const architecture *shape, char ret_text[ARCHITECTURE_TEXT_SIZE]);

/** True if two networks have the same parameters, in the same places, with the same meaning. */
bool architecture_equals(const architecture *a, const architecture *b);

#endif
