/**
 * run.h: a whole run of the program: data, network, training, reports, checkpoints, test.
 */
#ifndef TRAIN_RUN_H
#define TRAIN_RUN_H

#include "trainer/options.h"

/** How a run ended: by a signal (its number), or else 0. */
caviar_code run(const options *wanted, int *ret_signal, train_error *error);

#endif
