/**
 * predict.h: `caviar-train predict`: a saved network's answers for new samples, as CSV.
 */
#ifndef TRAIN_PREDICT_H
#define TRAIN_PREDICT_H

#include "trainer/options.h"

/**
 * Reads the samples of --data, asks the network of --model, and writes a row for each, in their
 * order, to --output or standard output. Nothing is written before everything is read.
 */
caviar_code predict(const options *wanted, train_error *error);

#endif
