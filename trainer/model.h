/**
 * model.h: a trained network and its preprocessing in one file.
 *
 * The sections of the file (container.h; numbers and texts as in pack.h):
 *
 *     network, params, running    as in a checkpoint
 *     prep      0 for bytes: feature_count, class_count, mean, deviation
 *               1 for a table: number of columns; of each its name, kind (schema.h), mean,
 *               deviation, number of levels, levels ...; index of the target; number of classes,
 *               classes ...; of a quantity no class, and the target's mean and deviation
 */
#ifndef TRAIN_MODEL_H
#define TRAIN_MODEL_H

#include "trainer/container.h"
#include "trainer/data.h"
#include "trainer/network.h"

/** Writes a file. */
caviar_code model_write(const char *path, const network *net, const preprocessing *how,
                        train_error *error);

typedef struct model {
    network *net; // for passes at test time of at most the rows that it was made for
    preprocessing how;
} model;

/** Reads a file, or one that is in memory, for passes of `rows` samples; for model_clear. */
caviar_code model_read(const char *path, const kernels *table, size_t rows, model *ret_model,
                       train_error *error);
caviar_code model_load(const container *from, const kernels *table, size_t rows, model *ret_model,
                       train_error *error);
void model_clear(model *at);

#endif
