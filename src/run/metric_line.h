/**
 * metric_line.h: metrics in what a program prints.
 *
 * Understood, a line at a time, for the study's own metrics:
 *
 *     caviar: step=3 val_error=0.0213       a report, with any other numbers beside
 *     {"step": 3, "val_error": 0.0213}      a JSON line; also behind "[tune-metric]:" (Syne Tune)
 *     epoch 3: val_error=0.0213             name=value or name: value, anywhere in a line, with
 *     loss: 0.25 (step 10)                  a step or an epoch if one stands there, too
 *     a study's own pattern                 a regular expression whose first group is the value
 *     caviar: infeasible out of range       these parameters cannot be run, and why
 */
#ifndef CAV_RUN_METRIC_LINE_H
#define CAV_RUN_METRIC_LINE_H

#include "config/spec.h"

typedef struct cav_line_reader cav_line_reader;

enum { CAV_LINE_METRICS = 32 };

/** What a line says. */
typedef struct cav_line {
    bool is_infeasible;
    int64_t step; // -1: none
    caviar_metric metrics[CAV_LINE_METRICS];
    size_t metric_count; // 0: the line says nothing
    char names[1024];    // [names_size] where the names of the metrics are kept
    size_t names_size;
    const char *text; // behind "caviar: infeasible"
} cav_line;

/** A reader for a study's metrics; the spec outlives it. Fails for a pattern that is not valid. */
caviar_code cav_line_reader_new(const cav_spec *spec, cav_line_reader **ret_reader,
                                cav_error *error);
void cav_line_reader_free(cav_line_reader *reader);

/** Reads one line (NUL-terminated, without its newline). */
void cav_line_read(const cav_line_reader *reader, const char *text, cav_line *ret_line);

/** What was looked for, for the message of a trial without its metric. */
void cav_line_describe(const cav_line_reader *reader, cav_text *text);

#endif
