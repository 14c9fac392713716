/**
 * table.h: a pass over a table: a CSV file with a header, and rows of as many fields.
 */
#ifndef TRAIN_TABLE_H
#define TRAIN_TABLE_H

#include "trainer/schema.h"

/** Start with table_begin; end with table_end, also where that failed. */
typedef struct table {
    csv *csv;
    size_t field_count; // of each record
    csv_record record;  // the header, then row by row
    size_t *places;     // [column_count] in which field each column of a schema is, or NULL
} table;

/**
 * Begins at the beginning of the stream and reads the header. With a schema, finds its columns by
 * their names; all but those that are left out must be there (else CAVIAR_INVALID), and the target
 * only where it `needs_target`.
 */
caviar_code table_begin(table *at, stream *from, const schema *columns, bool needs_target,
                        train_error *error);

/** Reads the next row. CAVIAR_DONE after the last; CAVIAR_CORRUPT for one that is too short. */
caviar_code table_next(table *at, train_error *error);

void table_end(table *at);

/** True for a cell that says that there is no value: empty, NA, ... */
bool table_is_missing(const char *cell);

#endif
