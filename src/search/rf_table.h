/**
 * rf_table.h: finished trials as rows and targets that a forest can learn from.
 */
#ifndef CAV_SEARCH_RF_TABLE_H
#define CAV_SEARCH_RF_TABLE_H

#include "base/error.h"
#include "search/scalar.h"
#include "space/space.h"
#include "trial/history.h"

typedef struct cav_rf_table {
    size_t axis_count, row_count, row_capacity;
    size_t *choices; // [axis_count] as a forest takes them
    double *rows;    // [row_count x axis_count]
    double *targets; // [row_count] the less the better
    size_t *numbers; // [row_count] of the trials
} cav_rf_table;

/** False when out of memory; free it in either case. */
bool cav_rf_table_init(cav_rf_table *table, const cav_space *space);
void cav_rf_table_free(cav_rf_table *table);

/** The row of a point of the cube: choices as their index. */
void cav_rf_table_encode(const cav_space *space, const double *point, double *ret_row);

/**
 * Fills the table with the first `finished` trials that have ended; of more than `most`, half are
 * the best of all and half the latest. Targets are normal scores of the losses' ranks: so no loss
 * is too large, and no scale needs to be known. A pruned trial is at best as good as the median of
 * the complete ones, a failed one is among the worst. Several metrics count as the one loss that
 * `scalar` makes of them.
 */
caviar_code cav_rf_table_fill(cav_rf_table *table, const cav_space *space,
                              const cav_history *history, const cav_scalar *scalar, size_t finished,
                              size_t most, cav_error *error);

#endif
