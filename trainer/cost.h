/**
 * cost.h: the end of a network: what its answers cost, and the gradient of that.
 *
 *     classes      p = softmax(z), the sample's loss -ln p[label]
 *     a quantity   p = z, one output, the sample's loss (p - target)^2 / 2
 *
 * The gradient is that of the mean over the mini-batch. With class weights, a sample's part in it
 * is multiplied by its class's weight; losses are told without them, so that they can be compared.
 */
#ifndef TRAIN_COST_H
#define TRAIN_COST_H

#include "trainer/network.h"

/** The last layer's outputs, net->p [m x classes], to answers in place; adds to `sum`. */
void cost_forward(network *net, size_t m, totals *sum);

/** After cost_forward: the answers to d(mean loss)/d(outputs) in place. */
void cost_backward(network *net, size_t m);

/** The class that a sample's probabilities [count] speak for: the first of the greatest. */
size_t cost_choice(const real *p, size_t count);

#endif
