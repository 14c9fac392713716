/**
 * journal.h: what worker processes of a test did, line by line, in a file that outlives them.
 *
 * A line is written with one write to a file opened with O_APPEND, so lines of several processes
 * do not mix, and what was written before a SIGKILL is there.
 */
#ifndef CAV_TESTS_SUPPORT_JOURNAL_H
#define CAV_TESTS_SUPPORT_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

/** One line: a letter, which says what was done, and numbers. */
typedef struct journal_entry {
    char what;
    int64_t number, attempt;
    double value;
} journal_entry;

/** Opens for appending; the descriptor, or -1. */
int journal_open(const char *path);

/** Writes a line; 0, or -1 if that failed. */
int journal_write(int journal, journal_entry entry);

/** All lines, for free; fails the test if the file cannot be read or understood. */
journal_entry *journal_read(const char *path, size_t *ret_count);

#endif
