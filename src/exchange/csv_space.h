/**
 * csv_space.h: the range of a parameter from the cells of its column.
 */
#ifndef CAV_EXCHANGE_CSV_SPACE_H
#define CAV_EXCHANGE_CSV_SPACE_H

#include "exchange/csv.h"
#include "exchange/ledger.h"

/** True for an empty cell, and for what pandas, R and others write for one: nan, NA, null. */
bool cav_cell_is_missing(const char *cell);

/** "32", "true", "relu" as what they look like. The text of a value is the cell's. */
caviar_value cav_cell_value(const char *cell);

/**
 * The distribution of a column: whole numbers are an int, other numbers a float, both from the
 * least to the greatest, on the scale on which they lie most evenly; words, and true and false, are
 * categorical. `ret_is_parameter` is false where it cannot be one: it is empty, or has more words
 * than choices are. Fails where some cells are numbers and some are not.
 */
caviar_code cav_csv_distribution(const cav_csv *table, size_t column, cav_arena *arena,
                                 cav_distribution *ret_distribution, bool *ret_is_parameter,
                                 cav_error *error);

/** A cell that is not missing as the ledger has it: the number, or the index of the choice. */
double cav_csv_raw(const cav_distribution *distribution, const char *cell);

#endif
