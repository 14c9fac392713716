/**
 * folder.h: a pair of IDX files: images (of any dimensions) and labels; by their names, or in a
 * folder.
 *
 * The names in a folder are MNIST's: train-images-idx3-ubyte and train-labels-idx1-ubyte, t10k-…
 * for the test set; or with a dot before idx; or with any number of dimensions; each with or
 * without .gz.
 */
#ifndef TRAIN_FOLDER_H
#define TRAIN_FOLDER_H

#include "trainer/idx.h"
#include "trainer/source.h"

typedef struct pair {
    stream *streams[2]; // images, labels
    idx images, labels;
    uint16_t *wide_labels; // [count]
    size_t class_count;    // the greatest label and one
    source source;
} pair;

/** Opens the pair of a folder whose names begin with `prefix`: "train" or "t10k". */
caviar_code pair_open(const char *folder, const char *prefix, pair *ret_pair, train_error *error);

/** Opens a pair by the names of its files. */
caviar_code pair_open_files(const char *images, const char *labels, pair *ret_pair,
                            train_error *error);
void pair_close(pair *at);

#endif
