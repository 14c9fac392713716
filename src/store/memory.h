/**
 * memory.h: what the files of the store in memory share.
 */
#ifndef CAV_STORE_MEMORY_H
#define CAV_STORE_MEMORY_H

#include "store/store.h"
#include "trial/point_index.h"

/** What few trials have. */
typedef struct cav_memory_extra {
    const char *message, *checkpoints, *output; // owned unless they are empty
    cav_usage usage;
    bool has_parent; // else the next three mean nothing
    int64_t parent, parent_step, seed_number;
} cav_memory_extra;

/** A cav_record without what can be said of it elsewhere. */
typedef struct cav_memory_row {
    int64_t attempt, failures, step;
    int64_t created_ms, started_ms, finished_ms, lease_ms;
    const char *origin, *owner; // the study's
    cav_memory_extra *extra;    // owned; NULL: nothing
    size_t change;              // index of its latest entry in the log
    unsigned can;
    uint8_t state, reason; // caviar_state, caviar_reason
    bool uncounted, is_distinct;
} cav_memory_row;

typedef struct cav_memory_report {
    int64_t number, attempt, step, time_ms;
    caviar_metric *metrics; // [metric_count] owned, names too
    size_t metric_count;
} cav_memory_report;

typedef struct cav_memory_nudge {
    cav_nudge nudge; // its texts and raw are owned
    size_t change;   // index of its latest entry in the log of nudges
} cav_memory_nudge;

typedef struct cav_memory_study {
    struct cav_memory_study *next;
    int64_t id;
    char *name, *definition;
    cav_control control;
    int64_t created_ms;
    size_t param_count, metric_count;
    cav_memory_row *rows; // [count]
    double *raw, *values; // [count x param_count], [count x metric_count]
    size_t count, row_capacity, raw_capacity, value_capacity, uncounted;
    size_t *open; // [open_count] numbers of the trials that have not ended
    size_t open_count, open_capacity;
    char **shared; // [shared_count] origins and owners, of many rows each
    size_t shared_count, shared_capacity;
    cav_point_index distinct; // of those rows that are
    size_t *log;              // [log_count] row numbers
    size_t log_count, log_capacity;
    cav_memory_report *reports;
    size_t report_count, report_capacity;
    cav_memory_nudge *nudges; // [nudge_count] by id, from 1
    size_t nudge_count, nudge_capacity;
    size_t *nudge_log; // [nudge_log_count] indices of nudges
    size_t nudge_log_count, nudge_log_capacity;
} cav_memory_study;

/** The study; NULL: there is none. And what is said then. */
cav_memory_study *cav_memory_find(cav_store *store, int64_t id);
caviar_code cav_memory_fail_no_study(int64_t id, cav_error *error);

/** Texts are owned unless they are empty: most trials have no message, output or checkpoints. */
void cav_memory_free_text(const char *text);

/** Puts a copy of a text in place of another. False when out of memory: nothing has changed. */
bool cav_memory_set_text(const char **field, const char *text);

void cav_memory_free_row(cav_memory_row *at);
void cav_memory_free_metrics(caviar_metric *metrics, size_t count);
void cav_memory_free_nudge(cav_nudge *nudge);

/** Where the space has grown, what is kept gets room for its new parameters. */
caviar_code cav_memory_fit(cav_memory_study *at, const cav_scope *scope, cav_error *error);

/** CAVIAR_NOT_FOUND where the study or the trial is not there. */
caviar_code cav_memory_find_row(cav_store *store, const cav_scope *scope, int64_t number,
                                cav_memory_study **ret_study, cav_memory_row **ret_row,
                                cav_error *error);

// Of the interface: see store.h.
caviar_code cav_memory_trial_add(cav_store *store, const cav_scope *scope, const cav_record *record,
                                 const cav_insert *insert, int64_t *ret_number, cav_error *error);
caviar_code cav_memory_trial_claim(cav_store *store, const cav_scope *scope, const cav_claim *claim,
                                   int64_t *ret_number, cav_error *error);
caviar_code cav_memory_trial_move(cav_store *store, const cav_scope *scope, const cav_move *move,
                                  cav_error *error);
caviar_code cav_memory_report_add(cav_store *store, const cav_scope *scope,
                                  const cav_report *report, int64_t lease_ms, cav_error *error);
caviar_code cav_memory_lease_renew(cav_store *store, const cav_scope *scope, const char *owner,
                                   int64_t lease_ms, cav_error *error);
caviar_code cav_memory_trial_read(cav_store *store, const cav_scope *scope, int64_t *cursor,
                                  cav_record_visitor *visit, void *context, cav_error *error);
caviar_code cav_memory_report_read(cav_store *store, const cav_scope *scope, int64_t number,
                                   int64_t *cursor, cav_report_visitor *visit, void *context,
                                   cav_error *error);
caviar_code cav_memory_output_read(cav_store *store, const cav_scope *scope, int64_t number,
                                   cav_text *text, cav_error *error);
caviar_code cav_memory_nudge_add(cav_store *store, const cav_scope *scope, const cav_nudge *nudge,
                                 int64_t *ret_id, cav_error *error);
caviar_code cav_memory_nudge_set(cav_store *store, const cav_scope *scope, int64_t id,
                                 cav_nudge_state state, int64_t step, cav_error *error);
caviar_code cav_memory_nudge_read(cav_store *store, const cav_scope *scope, int64_t *cursor,
                                  cav_nudge_visitor *visit, void *context, cav_error *error);

#endif
