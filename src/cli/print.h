/**
 * print.h: trials and values as people read them, and as JSON; texts to where they were wanted.
 */
#ifndef CAV_CLI_PRINT_H
#define CAV_CLI_PRINT_H

#include "exchange/ledger.h"
#include "study/study.h"

/** Appends "lr=0.0123 units=64": the active parameters, in four significant digits. */
void cav_print_config(const caviar_trial *trial, cav_text *text);

/** Appends the trial's value of a metric: "0.0213", or "-" where there is none. */
void cav_print_value(double value, cav_text *text);

/** Prints a JSON text with a newline, and frees it. CAVIAR_NOMEM if it had failed. */
caviar_code cav_print_json(cav_text *text, cav_error *error);

/** Refuses a path that exists, unless it is forced; NULL stands for standard output. */
caviar_code cav_output_check(const char *path, bool force, cav_error *error);

/** Checks, and writes a text there, whole or not at all. */
caviar_code cav_output_write(const char *path, bool force, const cav_text *text, cav_error *error);

/** Prints what was left out, or is not quite what it was, on standard error: a line each. */
void cav_print_notes(const cav_notes *notes);

/** What is kept of a trial beside what the history has. */
typedef struct cav_details {
    int64_t created_ms, started_ms, finished_ms;
    cav_usage usage;
    char *origin, *owner, *message;
} cav_details;

/** Reads the details of all trials: [study->history->count], by number. */
caviar_code cav_details_read(cav_study *study, cav_details **ret_details, cav_error *error);
void cav_details_free(cav_details *details, size_t count);

/**
 * Appends what the runs of a configuration gave, "0.0213 +- 0.0004 (3 runs)", where the trial is
 * its first run, and "run of 7" where it is another one; nothing where there is one run of each.
 */
void cav_print_runs(const cav_study *study, size_t number, cav_text *text);

/**
 * Appends what a trial has taken, as far as that is known: "3m12s of processor time (1.9 cores), up
 * to 410 MB of memory"; nothing where it ran elsewhere.
 */
void cav_print_usage(int64_t attempt, const cav_details *details, cav_text *text);

/**
 * Writes a trial as an object: id, state, values, config, times, what it took, who made it, why it
 * failed.
 */
void cav_print_trial_json(const cav_study *study, const caviar_trial *trial,
                          const cav_details *details, cav_json *json);

#endif
