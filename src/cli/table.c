/**
 * table.c: making and printing tables.
 */
#include "cli/table.h"

struct libscols_table *cav_table_new(const cav_column *columns, size_t count)
{
    struct libscols_table *table = scols_new_table();
    for (size_t i = 0; table && i < count; i++) {
        int flags = (columns[i].is_right ? SCOLS_FL_RIGHT : 0) |
                    (columns[i].may_be_cut ? SCOLS_FL_TRUNC : 0);
        if (!scols_table_new_column(table, columns[i].name, 0, flags)) {
            scols_unref_table(table);
            return NULL;
        }
    }
    return table;
}

bool cav_table_add(struct libscols_table *table, const char *const *cells, size_t count)
{
    struct libscols_line *line = scols_table_new_line(table, NULL);
    for (size_t i = 0; line && i < count; i++)
        if (scols_line_set_data(line, i, cells[i] ? cells[i] : ""))
            return false;
    return line != NULL;
}

caviar_code cav_table_print(struct libscols_table *table, cav_error *error)
{
    int failed = scols_print_table(table);
    scols_unref_table(table);
    return failed ? cav_fail(error, CAVIAR_IO, "cannot print the table") : CAVIAR_OK;
}
