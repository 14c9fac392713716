/**
 * describe.h: `caviar-train describe`: layers, shapes, parameters and the cost of an epoch.
 */
#ifndef TRAIN_DESCRIBE_H
#define TRAIN_DESCRIBE_H

#include "trainer/options.h"

/**
 * What training costs at least. Arithmetic: that of the matrix products, 2 operations for a
 * multiplication and an addition, forward (z = x w) and backward (dw = x^T dz, and dx = dz w^T but
 * for the first layer). Bytes: each product reads its factors and writes its result once, each
 * stage between them reads and writes its activations once in each direction, and the optimizer
 * reads parameters, gradients and moments and writes parameters and moments.
 */
typedef struct cost_estimate {
    double flops_forward, flops; // of a sample: forward, and forward and backward
    double update_bytes;         // of a mini-batch
} cost_estimate;

cost_estimate estimate_cost(const network *net, size_t batch, size_t moments);

/** Prints the network that the options ask for, or a saved one. */
caviar_code describe(const options *wanted, train_error *error);

#endif
