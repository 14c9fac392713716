/**
 * csv_decimal.h: numbers with a decimal comma, as spreadsheets write them in much of the world.
 *
 * Where that is so the cells are separated by semicolons or tabs; a table with commas between its
 * cells has decimal points.
 */
#ifndef CAV_EXCHANGE_CSV_DECIMAL_H
#define CAV_EXCHANGE_CSV_DECIMAL_H

#include "exchange/csv.h"
#include "exchange/import.h"

/**
 * Makes points of the decimal commas in the columns that may have numbers, is_number
 * [table->column_count], and notes it. Fails with CAVIAR_INVALID and the place of a cell where it
 * cannot be told what is meant: some numbers have a comma and others a point, all commas may stand
 * between thousands ("1,234"), or thousands are set apart ("1.234,5").
 */
caviar_code cav_csv_settle_decimals(cav_csv *table, const bool *is_number, cav_arena *arena,
                                    cav_notes *notes, cav_error *error);

#endif
