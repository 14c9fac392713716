/**
 * columns.h: what the columns of a table of trials are.
 *
 * Tables come from many tools, each with columns of its own beside parameters and metrics: numbers,
 * states, times. Those are known by their names; parameters, by a prefix where the tool has one.
 */
#ifndef CAV_EXCHANGE_COLUMNS_H
#define CAV_EXCHANGE_COLUMNS_H

#include "exchange/csv.h"
#include "exchange/import.h"

typedef enum cav_role {
    CAV_ROLE_UNKNOWN,
    CAV_ROLE_LEFT_OUT,
    CAV_ROLE_PARAMETER,
    CAV_ROLE_METRIC,
    CAV_ROLE_NUMBER,   // the trial's, there
    CAV_ROLE_STATE,    // a word
    CAV_ROLE_STEP,     // at which the values were reported
    CAV_ROLE_STARTED,  // a time
    CAV_ROLE_FINISHED, // a time
    CAV_ROLE_SECONDS,  // between the two
} cav_role;

typedef struct cav_column {
    cav_role role;
    const char *name; // without the tool's prefix
    size_t index;     // of the metric; of the parameter in the spec, where there is one
    bool is_named;    // somebody said that it is a parameter
} cav_column;

typedef struct cav_columns {
    cav_column *columns;              // [table->column_count]
    const cav_import_metric *metrics; // [metric_count]
    size_t metric_count;
} cav_columns;

/**
 * Settles what each column is. Fails where a column that was named is not there, one would be two
 * things, or none is known to be a metric. What is left out is noted. All is the arena's.
 */
caviar_code cav_columns_settle(const cav_csv *table, const cav_import_columns *said,
                               cav_arena *arena, cav_columns *ret_columns, cav_notes *notes,
                               cav_error *error);

/** The column of a role; table->column_count if there is none. */
size_t cav_columns_find(const cav_csv *table, const cav_columns *columns, cav_role role);

#endif
