/**
 * columns.h: how configurations, values and reports stand in the text columns of a database: as
 * JSON objects. Reading answers CAVIAR_CORRUPT for what nobody could have written.
 */
#ifndef CAV_STORE_COLUMNS_H
#define CAV_STORE_COLUMNS_H

#include "store/store.h"

#include <jansson.h>

/** Writes final values [metric_count], or NULL; what is not finite is left out. */
void cav_columns_write_values(const cav_scope *scope, const double *values, cav_text *text);
caviar_code cav_columns_read_values(const cav_scope *scope, const char *text, double *ret_values,
                                    cav_error *error);

/** Reads parameters into ret_raw [space->count]. */
caviar_code cav_columns_read_params(const cav_scope *scope, const char *text, double *ret_raw,
                                    cav_error *error);

/** Reads the values that a nudge changes; NaN elsewhere. */
caviar_code cav_columns_read_changes(const cav_space *space, const char *text, double *ret_raw,
                                     cav_error *error);

/** Writes the metrics of a report, each name once. */
void cav_columns_write_metrics(const cav_report *report, cav_text *text);

/** Visits a report whose metrics are in `text`; they are valid during the visit only. */
caviar_code cav_columns_visit_report(const char *text, cav_report *report,
                                     cav_report_visitor *visit, void *context, cav_error *error);

/** For `caviar doctor`: calls `found`, with the place, if a text is not a JSON object. */
void cav_columns_check_object(const char *place, const char *text, cav_problem_visitor *found,
                              void *context);

/** The words of a state and of a reason ("": none) into a record. */
caviar_code cav_columns_read_state(const char *state, const char *reason, cav_record *record,
                                   cav_error *error);

/** The word of a control. */
caviar_code cav_columns_read_control(const char *word, cav_control *ret_control, cav_error *error);

/** The words of a nudge's kind and state. */
caviar_code cav_columns_read_nudge(const char *kind, const char *state, cav_nudge *nudge,
                                   cav_error *error);

#endif
