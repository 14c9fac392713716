/**
 * training.h: training a network on a data set, a mini-batch at a time.
 *
 * Where a training stands is one small struct, `progress`; with it, the parameters, the running
 * averages and the optimiser's moments, it can go on from any mini-batch, bit for bit: the order
 * of an epoch and the dropout masks follow from the seed and the counters.
 */
#ifndef TRAIN_TRAINING_H
#define TRAIN_TRAINING_H

#include "trainer/balance.h"
#include "trainer/best.h"
#include "trainer/data.h"
#include "trainer/network.h"
#include "trainer/optimizer.h"

/** What a training is told. */
typedef struct training_options {
    uint64_t seed;
    size_t batch;        // samples in a mini-batch
    size_t epochs;       // passes over the training samples
    size_t report_every; // reports in an epoch
    schedule schedule;
    optimizer_kind optimizer;
    bool balanced;   // a class counts as much as any other, however many samples it has
    size_t patience; // reports without a gain after which it ends; 0: it does not
} training_options;

/** Where it stands. */
typedef struct progress {
    uint64_t epoch;  // whole passes so far
    uint64_t sample; // of the pass under way, how many are used
    uint64_t update; // mini-batches so far
    uint64_t step;   // reports so far
    totals sum;      // of the mini-batches since the last report
} progress;

typedef struct training {
    training_options options;
    hyper hyper; // may change between two mini-batches
    const data *data;
    network *net;
    optimizer *optimizer;
    best *best;       // with patience; else NULL
    balance *balance; // with balanced classes; else NULL
    progress progress;
    uint32_t *order;      // [training samples] of the pass under way
    uint64_t order_epoch; // that it is the order of; UINT64_MAX: of none
} training;

/**
 * Makes a training; `shape` is the network's, whose weights are drawn with the seed.
 * Fails with CAVIAR_INVALID where the options do not fit the data.
 */
caviar_code training_new(const training_options *options, const hyper *start,
                         const architecture *shape, init how, const kernels *table,
                         const data *samples, training **ret_training, train_error *error);
void training_free(training *at);

/** True when the last epoch is over, or patience is. */
bool training_is_done(const training *at);

/**
 * Trains on the next mini-batch. A remainder of one sample, which batch normalisation cannot take
 * by itself, joins the mini-batch before it. False if the loss was not finite; nothing has then
 * changed but the running averages.
 */
bool training_step(training *at);

/** True when a report is due: after the mini-batch that completes a part of the epoch. */
bool training_is_due(const training *at);

/** Counts the report, which is judged by `report`, and starts new sums. */
void training_count_report(training *at, score report);

/** How a network does on a list of samples. */
typedef struct evaluation {
    totals sum;
    double balanced_error; // see balance.h; NaN where classes are not balanced
} evaluation;

/** The loss and the errors of the network, as at test time. */
evaluation training_evaluate(training *at, const sample_list *list);

/** The learning rate of the next mini-batch. */
double training_rate(const training *at);

#endif
