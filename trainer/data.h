/**
 * data.h: a data set: its samples, how they are normalised, and which are for what.
 *
 * Two kinds: a pair of IDX files (a folder with files named as MNIST's are, or an IDX file of
 * images, whose labels are found by its name), and a CSV file with a header. Samples
 * stay as they are (IDX files are mapped, not read) and become the network's input mini-batch by
 * mini-batch.
 */
#ifndef TRAIN_DATA_H
#define TRAIN_DATA_H

#include "trainer/kernels.h"
#include "trainer/schema.h"

/** What to open. */
typedef struct data_options {
    const char *path;   // a folder, an IDX file or a CSV file
    const char *labels; // of an IDX file: the file of its labels; NULL: as its name says
    const char *target; // of a CSV file: the column to predict
    task task;          // what that is
    int64_t validation; // samples to hold out; -1: 10,000 of 50,000 or more, else a fifth
    int64_t samples;    // to train on; 0: all that are not held out
    bool with_test;     // read the test set as well
} data_options;

/** Samples by their numbers. */
typedef struct sample_list {
    const source *source;
    const uint32_t *numbers; // [count]
    size_t count;
} sample_list;

/** How raw samples become features. */
typedef struct preprocessing {
    size_t feature_count, class_count; // of a quantity, class_count is 1
    bool is_table;
    double mean, deviation; // of bytes: of all of them in the training part
    schema schema;          // of a table
} preprocessing;

typedef struct data data;

caviar_code data_open(const data_options *options, data **ret_data, train_error *error);
void data_close(data *at);

const preprocessing *data_preprocessing(const data *at);

/** What a network of such data has to make small. */
loss_kind preprocessing_loss(const preprocessing *how);

/** The parts. `test` is empty unless it was asked for. */
const sample_list *data_training(const data *at);
const sample_list *data_validation(const data *at);
const sample_list *data_test(const data *at);

/** A number that differs where labels, split or normalisation do. */
uint32_t data_fingerprint(const data *at);

/**
 * Puts samples `numbers` [count] of a source, normalised, into x [count x feature_count], and what
 * the source knows of them into labels [count] or targets [count].
 */
void data_gather(const preprocessing *how, const kernels *table, const source *from,
                 const uint32_t *numbers, size_t count, real *x, uint16_t *labels, real *targets);

#endif
