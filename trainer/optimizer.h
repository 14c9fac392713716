/**
 * optimizer.h: gradients to steps, and the decay of the learning rate.
 */
#ifndef TRAIN_OPTIMIZER_H
#define TRAIN_OPTIMIZER_H

#include "trainer/error.h"
#include "trainer/hyper.h"
#include "trainer/network.h"

/** An optimiser and what it remembers. */
typedef struct optimizer {
    optimizer_kind kind;
    size_t count;        // parameters of the network
    size_t moment_count; // 0, 1 or 2
    real *moments[2];    // [count] each; NULL where not kept
    // beta1^t and beta2^t, as products, so that they stay right when a beta changes in between
    double beta1_power, beta2_power;
} optimizer;

/** How many moments an optimizer keeps for each parameter. */
size_t optimizer_moments(optimizer_kind kind);

caviar_code optimizer_new(optimizer_kind kind, const network *net, optimizer **ret_optimizer,
                          train_error *error);
void optimizer_free(optimizer *at);

/** Moves the parameters by the gradients of the last network_backward, with learning rate `lr`. */
void optimizer_step(optimizer *at, network *net, const hyper *now, double lr);

/** A decay and what it needs. */
typedef struct schedule {
    decay decay;
    double steps;  // of `step`: epochs between two drops
    double epochs; // of `cosine`: epochs until the learning rate is 0
} schedule;

/** The learning rate after `t` epochs, which need not be whole. */
double schedule_rate(const schedule *plan, const hyper *now, double t);

/** The decay rate that a decay usually has; see DECAYS. */
double decay_usual_rate(decay kind);

#endif
