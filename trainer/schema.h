/**
 * schema.h: how the columns of a table become the features of a network.
 *
 * A column is a number where every cell that is not missing is one, else a category. A number
 * becomes one feature, (cell - mean) / deviation with the mean and the deviation of the training
 * part; where it is missing, the mean, that is 0. A category becomes a feature for each level that
 * the training part has, 1 for the cell's own and 0 for the others; a missing or unknown level is
 * all 0. A category with too many levels to tell anything, and a column without a name, are left
 * out. The target is one of several classes, or a quantity, which is normalised as a number is.
 *
 * A file is passed over three times, so that it need not fit into memory as text: schema_learn
 * finds the kinds and what is to be predicted; the caller then splits the samples; schema_measure
 * takes means and levels from the training part alone; schema_read fills the cells.
 */
#ifndef TRAIN_SCHEMA_H
#define TRAIN_SCHEMA_H

#include "trainer/csv.h"
#include "trainer/source.h"
#include "trainer/words.h"

/** What the target is: X(NAME, "word on the command line"). */
#define TASKS(X)                                                                                   \
    X(AUTO, "auto") /* told by its values */                                                       \
    X(CLASSIFICATION, "classification")                                                            \
    X(REGRESSION, "regression")

typedef enum task {
#define X(name, word) TASK_##name,
    TASKS(X)
#undef X
        TASK_COUNT
} task;

typedef enum column_kind {
    COLUMN_NUMBER,
    COLUMN_CATEGORY,
    COLUMN_TARGET,
    COLUMN_LEFT_OUT,
} column_kind;

typedef struct column {
    char *name;
    column_kind kind;
    double mean, deviation; // of a number or a quantity; a deviation of 0 is kept as 1
    words levels;           // of a category
} column;

typedef struct schema {
    column *columns; // [column_count]
    size_t column_count, target;
    bool is_quantity;     // what the target is
    words classes;        // or else: its classes, in order; their indexes are the labels
    size_t width;         // cells of a sample: columns that are numbers or categories
    size_t feature_count; // that they become
} schema;

enum { MOST_CLASSES = 1 << 15, MOST_LEVELS = 1000, MOST_FEATURES = 1 << 24, QUANTITY_STRATA = 10 };

/**
 * Finds the kind of each column, the classes, and the label of each row, *ret_labels [*ret_count],
 * for `free`. The label of a quantity is the tenth of the rows (of QUANTITY_STRATA), in the order
 * of their values, that the row is in. Fails with CAVIAR_INVALID where the target is missing or is
 * not as `wanted`, CAVIAR_CORRUPT for a table that is not one.
 */
caviar_code schema_learn(stream *from, const char *target, task wanted, schema *ret_schema,
                         uint16_t **ret_labels, size_t *ret_count, train_error *error);

/** How many different labels there are: what a split goes by. */
size_t schema_strata(const schema *at);

/** Takes means, deviations and levels from the rows where `is_training` [count]. */
caviar_code schema_measure(schema *at, stream *from, const bool *is_training, size_t count,
                           train_error *error);

/**
 * Reads a table, of which the columns are found by their names. For `source_clear`. Without its
 * target the table need not have one, and the source has neither labels nor targets.
 */
caviar_code schema_read(const schema *at, stream *from, bool with_target, source *ret_source,
                        train_error *error);
void source_clear(source *at);

/** The cells of a sample [width] to its features [feature_count]. */
void schema_encode(const schema *at, const real *cells, real *x);

void schema_clear(schema *at);

#endif
