/**
 * checkpoint.h: a training in a file, to go on from any mini-batch, bit for bit.
 *
 * The sections of the file (container.h; numbers and texts as in pack.h):
 *
 *     network   size of a real; in, classes, hidden_count, units ...; activation; batch norm: 0 or
 *               1, epsilon, weight of the newest; loss (in format 1 there is none: cross-entropy)
 *     params    reals: weights, then biases or gammas and betas (network.h)
 *     running   reals: running means and variances
 *     progress  fingerprint of the data; seed; reports in an epoch; optimizer; beta1^t, beta2^t;
 *               epoch, sample, update, step; loss, wrong, count since the last report
 *     hyper     count; name, value, value that was given on the command line; ...
 *     moment1, moment2    reals, as far as the optimizer keeps them
 *     best      with patience: step, error and loss of the best report, least error, least loss,
 * step of the last gain bestnet, bestrun    likewise: its parameters, its running means and
 * variances
 */
#ifndef TRAIN_CHECKPOINT_H
#define TRAIN_CHECKPOINT_H

#include "trainer/container.h"
#include "trainer/pack.h"
#include "trainer/training.h"

/** Writes a file. `given` has the hyperparameters of the command line. */
caviar_code checkpoint_write(const char *path, const training *at, const hyper *given,
                             train_error *error);

/**
 * Takes a training back to where a file stands. Network, optimizer, data and reports must be as
 * they were (CAVIAR_INVALID says what is not). A hyperparameter that was changed while training
 * stays so, unless the command line now gives it another value than it did then; the new value
 * holds. A file that was written without patience gives it a new beginning. On failure nothing has
 * changed.
 */
caviar_code checkpoint_read(const char *path, training *at, const hyper *given, train_error *error);

/** The same for a file that is in memory. */
caviar_code checkpoint_load(const container *from, training *at, const hyper *given,
                            train_error *error);

/** The section "network", which saved networks have, too. */
void architecture_pack(const architecture *shape, packer *into);
caviar_code architecture_unpack(const container *from, architecture *ret_shape, train_error *error);

/** Fails unless a section is there and has `count` reals. */
caviar_code container_find_reals(const container *from, const char *name, size_t count,
                                 const real **ret_reals, train_error *error);

#endif
