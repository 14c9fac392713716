/**
 * csv.h: tables in text: a header, then a row for each trial.
 *
 * The form is that of RFC 4180: cells between separators, in quotes where they hold a separator, a
 * quote (doubled) or a line break. The separator is what the header has most of: a comma, a
 * semicolon or a tab; a first line "sep=;" says it. A byte order mark, lines that end in LF, and
 * empty lines are taken as they come.
 */
#ifndef CAV_EXCHANGE_CSV_H
#define CAV_EXCHANGE_CSV_H

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

/** A table. Everything is the arena's that it was read into. */
typedef struct cav_csv {
    const char *path;         // for messages
    const char *const *names; // [column_count] the header
    size_t column_count;
    const char **cells; // [row_count x column_count] without the blanks around them, but in quotes
    const int64_t *lines; // [row_count] on which line of the file a row begins, from 1
    size_t row_count;
    char separator; // between the cells
} cav_csv;

/**
 * Reads a table. Fails with CAVIAR_INVALID and "trials.csv:7: " for a row with more or fewer cells
 * than the header, a quote without its end, a column that stands twice, or text that is not UTF-8.
 */
caviar_code cav_csv_read(cav_arena *arena, const char *path, const char *text, size_t size,
                         cav_csv *ret_table, cav_error *error);

/** The cell of a row and a column; "" where it is empty. */
const char *cav_csv_cell(const cav_csv *table, size_t row, size_t column);

/** Index of a column; column_count if there is none of that name. */
size_t cav_csv_find(const cav_csv *table, const char *name);

/** CAVIAR_INVALID with "trials.csv:7: column 'lr': " before the sentence. */
caviar_code cav_csv_fail(const cav_csv *table, size_t row, size_t column, cav_error *error,
                         const char *format, ...) __attribute__((format(printf, 5, 6)));

/** True where a text begins as a table does: its first line has two columns or more. */
bool cav_csv_recognise(const char *text, size_t size);

/** Appends a field, in quotes where it needs them. */
void cav_csv_append(cav_text *text, const char *field);

#endif
