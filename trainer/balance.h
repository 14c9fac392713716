/**
 * balance.h: classes that count alike, however many samples each has: weights for training, and
 * the error that goes with them.
 */
#ifndef TRAIN_BALANCE_H
#define TRAIN_BALANCE_H

#include "trainer/data.h"
#include "trainer/network.h"

typedef struct balance {
    size_t class_count;
    real *weights;          // [class_count] samples / (classes that have some * samples of this)
    uint64_t *wrong, *seen; // [class_count] of an evaluation
} balance;

/** Weighs the classes by their samples in a list. CAVIAR_INVALID where the target is a quantity. */
caviar_code balance_new(const sample_list *list, size_t class_count, balance **ret_balance,
                        train_error *error);
void balance_free(balance *at);

/** An evaluation: from its beginning, by its passes of m samples, to its balanced error. */
void balance_begin(balance *at);
void balance_add(balance *at, const network *net, size_t m);

/** The mean over the classes of their shares of errors; NaN of no sample. */
double balance_error(const balance *at);

#endif
