/**
 * training.c: epochs of mini-batches.
 */
#include "trainer/training.h"

#include <math.h>
#include <stdlib.h>

enum { EVALUATION_ROWS = 256 }; // samples in a pass at test time

static caviar_code check(const training_options *options, const architecture *shape, size_t count,
                         train_error *error)
{
    size_t batches = (count + options->batch - 1) / options->batch;
    if (shape->batch_norm && shape->hidden_count && (count == 1 || options->batch == 1))
        return train_fail(error, CAVIAR_INVALID,
                          "a mini-batch of one sample cannot be normalised; use --batch-norm off, "
                          "or more samples");
    if (options->report_every > batches)
        return train_fail(error, CAVIAR_INVALID,
                          "--report-every %zu is more than the %zu mini-batches of an epoch",
                          options->report_every, batches);
    return CAVIAR_OK;
}

static size_t rows_needed(const training_options *options, size_t count)
{
    size_t rows = options->batch + 1; // a remainder of one may join
    rows = rows < count ? rows : count;
    return rows > EVALUATION_ROWS ? rows : EVALUATION_ROWS;
}

caviar_code training_new(const training_options *options, const hyper *start,
                         const architecture *shape, init how, const kernels *table,
                         const data *samples, training **ret_training, train_error *error)
{
    size_t count = data_training(samples)->count;
    caviar_code code = check(options, shape, count, error);
    if (code)
        return code;
    training *at = calloc(1, sizeof *at);
    if (!at)
        return train_fail_memory(error);
    *at = (training){.options = *options, .hyper = *start, .data = samples};
    at->order_epoch = UINT64_MAX;
    at->order = malloc(count * sizeof *at->order);
    code = at->order ? network_new(shape, table, rows_needed(options, count), &at->net, error)
                     : train_fail_memory(error);
    if (!code)
        code = optimizer_new(options->optimizer, at->net, &at->optimizer, error);
    if (!code && options->balanced)
        code = balance_new(data_training(samples), data_preprocessing(samples)->class_count,
                           &at->balance, error);
    if (!code && options->patience)
        code = best_new(at->net, &at->best, error);
    if (code) {
        training_free(at);
        return code;
    }
    if (at->balance)
        at->net->class_weights = at->balance->weights;
    network_init(at->net, how, options->seed);
    *ret_training = at;
    return CAVIAR_OK;
}

void training_free(training *at)
{
    if (!at)
        return;
    network_free(at->net);
    optimizer_free(at->optimizer);
    best_free(at->best);
    balance_free(at->balance);
    free(at->order);
    free(at);
}

bool training_is_done(const training *at)
{
    return at->progress.epoch >= at->options.epochs ||
           (at->best && best_is_over(at->best, at->progress.step, at->options.patience));
}

// The order of an epoch follows from the seed and its number alone.
static void shuffle(training *at)
{
    const sample_list *list = data_training(at->data);
    if (at->order_epoch == at->progress.epoch)
        return;
    rng random = {.stream = rng_stream_of(at->options.seed, RNG_SHUFFLE, at->progress.epoch, 0)};
    for (size_t i = 0; i < list->count; i++)
        at->order[i] = list->numbers[i];
    rng_shuffle(&random, at->order, list->count);
    at->order_epoch = at->progress.epoch;
}

static size_t next_size(const training *at)
{
    size_t left = data_training(at->data)->count - at->progress.sample;
    size_t batch = at->options.batch;
    bool joins = left == batch + 1 && at->net->architecture.batch_norm;
    return joins || left < batch ? left : batch;
}

double training_rate(const training *at)
{
    double part = (double)at->progress.sample / (double)data_training(at->data)->count;
    return schedule_rate(&at->options.schedule, &at->hyper, (double)at->progress.epoch + part);
}

static void count_batch(training *at, size_t m, const totals *cost)
{
    progress *now = &at->progress;
    now->sum.loss += cost->loss;
    now->sum.wrong += cost->wrong;
    now->sum.count += cost->count;
    now->update++;
    now->sample += m;
    if (now->sample == data_training(at->data)->count) {
        now->sample = 0;
        now->epoch++;
    }
}

bool training_step(training *at)
{
    shuffle(at);
    size_t m = next_size(at);
    totals cost = {0};
    if (m == 1 && at->net->architecture.batch_norm) { // only after --batch was changed
        count_batch(at, m, &cost);
        return true;
    }
    mask_key key = {at->options.seed, at->progress.update, at->hyper.dropout};
    data_gather(data_preprocessing(at->data), at->net->kernels, data_training(at->data)->source,
                at->order + at->progress.sample, m, at->net->x, at->net->labels, at->net->targets);
    network_forward(at->net, m, &key, &cost);
    if (!isfinite(cost.loss))
        return false;
    network_backward(at->net, m);
    optimizer_step(at->optimizer, at->net, &at->hyper, training_rate(at));
    count_batch(at, m, &cost);
    return true;
}

// Samples, over all epochs, after which report `step` (from 1) is due.
static uint64_t due_at(const training *at, uint64_t step)
{
    uint64_t count = data_training(at->data)->count, parts = at->options.report_every;
    return step / parts * count + (step % parts * count + parts - 1) / parts;
}

bool training_is_due(const training *at)
{
    uint64_t used = at->progress.epoch * data_training(at->data)->count + at->progress.sample;
    return used >= due_at(at, at->progress.step + 1);
}

void training_count_report(training *at, score report)
{
    at->progress.step++;
    at->progress.sum = (totals){0};
    if (at->best)
        best_take(at->best, at->net, at->progress.step, report);
}

evaluation training_evaluate(training *at, const sample_list *list)
{
    evaluation all = {.balanced_error = NAN};
    if (at->balance)
        balance_begin(at->balance);
    for (size_t start = 0; start < list->count; start += EVALUATION_ROWS) {
        size_t left = list->count - start;
        size_t m = left < EVALUATION_ROWS ? left : EVALUATION_ROWS;
        data_gather(data_preprocessing(at->data), at->net->kernels, list->source,
                    list->numbers + start, m, at->net->x, at->net->labels, at->net->targets);
        network_evaluate(at->net, m, &all.sum);
        if (at->balance)
            balance_add(at->balance, at->net, m);
    }
    if (at->balance)
        all.balanced_error = balance_error(at->balance);
    return all;
}
