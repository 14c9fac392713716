/**
 * output.h: what a trial prints: kept in a file, its end in memory, handed on line by line.
 */
#ifndef CAV_RUN_OUTPUT_H
#define CAV_RUN_OUTPUT_H

#include "base/error.h"
#include "base/text.h"

enum {
    CAV_OUTPUT_TAIL = 4096,     // bytes of the end that are kept in memory
    CAV_OUTPUT_LINE = 16384,    // a longer line is handed on cut
    CAV_OUTPUT_FILE = 64 << 20, // bytes that are written to the file at most
};

typedef void cav_line_handler(void *context, const char *line);

/** One stream of a program: splits what arrives into lines. */
typedef struct cav_lines {
    cav_line_handler *handle;
    void *context;
    char line[CAV_OUTPUT_LINE];
    size_t size;
    bool has_return; // the last byte was a \r
} cav_lines;

/**
 * Takes bytes in; calls the handler for each line, which ends with a newline or a return. NUL bytes
 * become blanks; what a line has too much is dropped.
 */
void cav_lines_take(cav_lines *lines, const char *data, size_t size);

/** Hands on what stands after the last newline. */
void cav_lines_end(cav_lines *lines);

/** The file and the tail. */
typedef struct cav_output {
    int fd; // -1: none
    size_t written;
    size_t dropped; // bytes that the file has no room for
    char tail[CAV_OUTPUT_TAIL];
    size_t tail_size; // of all bytes so far; the tail holds the last ones, as a ring
} cav_output;

/** Opens (and empties, unless `append`) the file. */
caviar_code cav_output_open(cav_output *output, const char *path, bool append, cav_error *error);

/** Keeps bytes. A full disk loses the file's end, not the trial. */
void cav_output_take(cav_output *output, const char *data, size_t size);

/** Closes the file, and says in it how much was dropped. */
void cav_output_close(cav_output *output);

/** Appends the tail as well-formed UTF-8, from the start of a line where it was cut. */
void cav_output_tail(const cav_output *output, size_t most, cav_text *text);

#endif
