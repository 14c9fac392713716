/**
 * split.h: a stratified split.
 */
#ifndef TRAIN_SPLIT_H
#define TRAIN_SPLIT_H

#include "trainer/error.h"

/**
 * Writes the numbers of the samples to ret_order [count] such that every piece of the order has
 * the classes in nearly the same shares: a class of n samples, shuffled, has its i-th at
 * (i + 1/2) / n of the way. So a validation part is the first piece, and any number of training
 * samples are a piece behind it. The same labels give the same order.
 */
caviar_code split_order(const uint16_t *labels, size_t count, size_t class_count,
                        uint32_t *ret_order, train_error *error);

#endif
