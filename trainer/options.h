/**
 * options.h: the command line.
 *
 * One table (options.c) lists every option with its kind, its range, its default and its help.
 * The parser, the help, the manual and the changes that a tuner sends all come from it.
 */
#ifndef TRAIN_OPTIONS_H
#define TRAIN_OPTIONS_H

#include "trainer/data.h"
#include "trainer/optimizer.h"

#include <stdio.h>

typedef struct options {
    data_options data;

    size_t units[MOST_LAYERS]; // [unit_count]; one number is for all layers
    size_t unit_count;
    int64_t layers;
    activation activation;
    bool batch_norm;
    double norm_epsilon, norm_new_weight;
    init init;

    optimizer_kind optimizer;
    hyper hyper;
    decay decay;
    double decay_steps;
    int64_t batch, epochs, seed;

    int64_t report_every; // times an epoch
    const char *checkpoint;
    int64_t checkpoint_every, checkpoint_keep;
    const char *save;
    bool help, version;

    int64_t threads;
    const char *kernels;

    uint64_t given; // bit i: option i of the table was given
} options;

/**
 * Reads the command line; strings stay where they are. Fails with CAVIAR_INVALID and a sentence
 * that names the option and says what to use instead.
 */
caviar_code options_read(int argc, char *const *argv, options *ret_options, train_error *error);

/** Prints the help. */
void options_print_help(FILE *out);

/** The sizes of the hidden layers, from --units and --layers: *ret_count of them. */
void options_layers(const options *at, size_t ret_units[MOST_LAYERS], size_t *ret_count);

/** The hyperparameters that may change while training, by index; NULL past the last. */
const char *hyper_name(size_t index);
double *hyper_field(hyper *at, size_t index);

/**
 * Changes one of them by its name, in which '_' may stand for '-'. CAVIAR_NOT_FOUND for a name
 * that is not one of them, CAVIAR_INVALID for a value out of range.
 */
caviar_code hyper_change(hyper *at, const char *name, double value, train_error *error);

#endif
