/**
 * checkpoint_folder.h: the checkpoints of a training in a folder.
 *
 * A file is named after the report and the mini-batch that it stands at:
 * step-000003-update-0000002346.checkpoint. Other files in the folder are left alone.
 */
#ifndef TRAIN_CHECKPOINT_FOLDER_H
#define TRAIN_CHECKPOINT_FOLDER_H

#include "trainer/error.h"

#include <limits.h>

/** Where a checkpoint stands. */
typedef struct checkpoint_place {
    uint64_t step, update;
} checkpoint_place;

/** The checkpoints of a folder, in ascending order. */
typedef struct checkpoint_list {
    checkpoint_place *places; // [count] for `free`
    size_t count;
} checkpoint_list;

/** Makes the folder, and those above it, as far as they are missing. */
caviar_code checkpoint_folder_make(const char *folder, train_error *error);

caviar_code checkpoint_folder_list(const char *folder, checkpoint_list *ret_list,
                                   train_error *error);

caviar_code checkpoint_path(const char *folder, checkpoint_place place, char ret_path[PATH_MAX],
                            train_error *error);

/** Removes all but the last `keep`. */
caviar_code checkpoint_folder_prune(const char *folder, size_t keep, train_error *error);

/** Removes those behind `place`, which a training that went back to it left behind. */
caviar_code checkpoint_folder_cut(const char *folder, checkpoint_place place, train_error *error);

#endif
