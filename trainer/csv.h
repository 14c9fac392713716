/**
 * csv.h: reading records of comma-separated values (RFC 4180), one at a time.
 *
 * Fields may be quoted; a quoted one may hold commas, line ends and, doubled, quotes. Blanks
 * around a field that is not quoted are dropped; so are empty lines, and a byte order mark at the
 * beginning. Lines end with LF, CRLF or CR.
 */
#ifndef TRAIN_CSV_H
#define TRAIN_CSV_H

#include "trainer/stream.h"

typedef struct csv csv;

/** A record. It is overwritten by the next csv_next. */
typedef struct csv_record {
    const char *const *fields; // [count]
    size_t count;
    size_t line; // where it begins, from 1
} csv_record;

/** A reader of a stream, which outlives it. */
caviar_code csv_new(stream *from, csv **ret_csv, train_error *error);
void csv_free(csv *at);

/**
 * Reads the next record. CAVIAR_DONE after the last; CAVIAR_CORRUPT, with the line, for a quote
 * that is not closed, text behind a closing quote, a NUL byte, or a field of more than 1 MiB.
 */
caviar_code csv_next(csv *at, csv_record *ret_record, train_error *error);

#endif
