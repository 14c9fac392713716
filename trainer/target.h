/**
 * target.h: the column that is to be predicted, as it is learned row by row: classes or a quantity.
 */
#ifndef TRAIN_TARGET_H
#define TRAIN_TARGET_H

#include "trainer/schema.h"

/** What is known of the target so far. All zero is the beginning; for target_clear. */
typedef struct target_list {
    uint16_t *labels; // [count] indexes in the schema's classes
    double *values;   // [count] as long as all texts are numbers
    size_t count, capacity;
    size_t word_line;  // of the first text that is no number, or 0
    bool is_fraction;  // a number was not whole
    bool has_too_many; // different texts for classes
} target_list;

/** Takes the cell of the next row. CAVIAR_INVALID where it is missing. */
caviar_code target_add(target_list *list, schema *at, const csv_record *row, train_error *error);

/**
 * After the last row: decides between classes and a quantity, where `wanted` does not say it, and
 * finishes the schema and the labels. Those of a quantity become the tenth of all rows, in the
 * order of their values, that each is in: what a stratified split needs.
 */
caviar_code target_finish(target_list *list, schema *at, task wanted, train_error *error);

void target_clear(target_list *list);

#endif
