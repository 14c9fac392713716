/**
 * names.h: the names of files that belong together: images and labels, training and test.
 */
#ifndef TRAIN_NAMES_H
#define TRAIN_NAMES_H

#include "trainer/error.h"

#include <limits.h>

/**
 * Writes the path with the last `word` in its file name replaced. False, and nothing written, where
 * there is none, or the path would be too long.
 */
bool name_replace(const char *path, const char *word, const char *by, char ret_path[PATH_MAX]);

/**
 * The test set's name: of digits-train.csv it is digits-test.csv, of digits.csv digits.test.csv.
 * CAVIAR_INVALID for a path that is too long.
 */
caviar_code name_test_table(const char *path, char ret_path[PATH_MAX], train_error *error);

/**
 * The labels of an IDX file of images: "images" in its name replaced by "labels", and idx3 (or
 * another digit) by idx1, gzipped or not. CAVIAR_NOT_FOUND where there is no such file.
 */
caviar_code name_labels(const char *images, char ret_path[PATH_MAX], train_error *error);

/** The test images: "train" in the name replaced by "t10k" or "test". CAVIAR_NOT_FOUND. */
caviar_code name_test_images(const char *images, char ret_path[PATH_MAX], train_error *error);

#endif
