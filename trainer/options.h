/**
 * options.h: the command line: a command (training, where none is named) and its options.
 *
 * One table (option_table.c) lists every option with its kind, its range, its default and its help.
 * The parser, the help, the manual and the changes that a tuner sends all come from it.
 */
#ifndef TRAIN_OPTIONS_H
#define TRAIN_OPTIONS_H

#include "trainer/data.h"
#include "trainer/optimizer.h"

#include <stdio.h>

/** What the program can do: X(NAME, "word on the command line", "what it does"). */
#define COMMANDS(X)                                                                                \
    X(TRAIN, "train", "trains a multi-layer perceptron on images or on a table")                   \
    X(PREDICT, "predict", "asks a saved network about new data")                                   \
    X(DESCRIBE, "describe", "layers, parameters, cost of an epoch")

typedef enum command {
#define X(name, word, summary) COMMAND_##name,
    COMMANDS(X)
#undef X
        COMMAND_COUNT
} command;

/** Whether a class counts by its samples, or as much as any other. */
typedef enum class_weights { WEIGHTS_NONE, WEIGHTS_BALANCED } class_weights;

typedef struct options {
    command command;
    data_options data;
    class_weights class_weights;

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
    int64_t batch, epochs, patience, seed;

    int64_t report_every; // times an epoch
    const char *checkpoint;
    int64_t checkpoint_every, checkpoint_keep;
    const char *save;
    const char *model, *output; // of predict and describe
    bool probabilities, json;
    bool help, version, manual;

    int64_t threads;
    const char *kernels;

    uint64_t given; // bit i: option i of the table was given
} options;

/**
 * Reads the command line; strings stay where they are. Fails with CAVIAR_INVALID and a sentence
 * that names the option and says what to use instead.
 */
caviar_code options_read(int argc, char *const *argv, options *ret_options, train_error *error);

/** Prints the help of a command; all three as a manual page, as `man` reads it. */
void options_print_help(FILE *out, command which);
void options_print_manual(FILE *out);

/** The network that the options ask for, for data that are prepared so. */
architecture options_architecture(const options *at, const preprocessing *how);

/** The hyperparameters that may change while training, by index; NULL past the last. */
const char *hyper_name(size_t index);
double *hyper_field(hyper *at, size_t index);

/**
 * Changes one of them by its name, in which '_' may stand for '-'. CAVIAR_NOT_FOUND for a name
 * that is not one of them, CAVIAR_INVALID for a value out of range.
 */
caviar_code hyper_change(hyper *at, const char *name, double value, train_error *error);

#endif
