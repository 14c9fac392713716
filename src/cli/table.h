/**
 * table.h: tables for people, by libsmartcols.
 */
#ifndef CAV_CLI_TABLE_H
#define CAV_CLI_TABLE_H

#include "base/error.h"

#include <libsmartcols.h>

typedef struct cav_column {
    const char *name;
    bool is_right;   // numbers stand at the right
    bool may_be_cut; // to make the table fit the terminal
} cav_column;

/** A table with these columns; NULL when out of memory. Free it with scols_unref_table. */
struct libscols_table *cav_table_new(const cav_column *columns, size_t count);

/** Adds a line of `count` cells. False when out of memory. */
bool cav_table_add(struct libscols_table *table, const char *const *cells, size_t count);

/** Prints it to standard output, and frees it. */
caviar_code cav_table_print(struct libscols_table *table, cav_error *error);

#endif
