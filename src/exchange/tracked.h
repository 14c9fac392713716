/**
 * tracked.h: a trial as trackers of experiments show it: all that it reported, with the times.
 */
#ifndef CAV_EXCHANGE_TRACKED_H
#define CAV_EXCHANGE_TRACKED_H

#include "exchange/ledger.h"

/** A number that a trial reported. */
typedef struct cav_tracked_point {
    const char *metric;
    int64_t step, time_ms;
    double value;
} cav_tracked_point;

typedef struct cav_tracked_trial {
    size_t number;
    cav_tracked_point *points; // [point_count] as they came, without what was given up later
    size_t point_count, point_capacity;
} cav_tracked_trial;

/** Takes one trial; what it points to is valid during the call only. */
typedef caviar_code cav_tracked_visitor(void *context, const cav_tracked_trial *trial,
                                        cav_error *error);

/** Visits all trials that have been started, by number. */
caviar_code cav_tracked_visit(cav_study *study, cav_tracked_visitor *visit, void *context,
                              cav_error *error);

/** Makes a folder `path`/`name` and writes its path to `ret_path`. */
caviar_code cav_tracked_folder(const char *path, const char *name, cav_text *ret_path,
                               cav_error *error);

/** Writes a file into a folder that nobody reads yet. */
caviar_code cav_tracked_file(const char *folder, const char *name, const cav_text *content,
                             cav_error *error);

#endif
