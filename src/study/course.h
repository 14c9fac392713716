/**
 * course.h: the learning curve of one trial, with the branches that were given up.
 *
 * A report at a step that was reported already begins a new branch: after a rollback, or when the
 * trial was run again. What stood there from that step on is a branch that was given up.
 */
#ifndef CAV_STUDY_COURSE_H
#define CAV_STUDY_COURSE_H

#include "store/store.h"

/** Values at growing steps. */
typedef struct cav_series {
    int64_t *steps; // [count]
    double *values; // [count]
    size_t count, step_capacity, value_capacity;
} cav_series;

/** Adds a value. False when out of memory. */
bool cav_series_push(cav_series *series, int64_t step, double value);
void cav_series_free(cav_series *series);

typedef struct cav_course {
    const char *metric;
    cav_series now;  // what counts
    cav_series *old; // [old_count] branches that were given up, in the order of that
    size_t old_count, old_capacity;
} cav_course;

/** Takes the metric of a report in, if the report has it. */
caviar_code cav_course_take(cav_course *course, const cav_report *report, cav_error *error);

/** Reads the reports of a trial that are new since *cursor. */
caviar_code cav_course_read(cav_course *course, cav_store *store, const cav_scope *scope,
                            int64_t number, int64_t *cursor, cav_error *error);

void cav_course_free(cav_course *course);

#endif
