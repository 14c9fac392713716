/**
 * schedule.h: a schedule as a file: what a trial starts with, and from which step on other values
 * hold.
 *
 *     start: {lr: 0.1, momentum: 0.9}
 *     schedule:
 *       5: {lr: 0.03}
 *       9: {lr: 0.01, momentum: 0.95}
 */
#ifndef CAV_CONFIG_SCHEDULE_H
#define CAV_CONFIG_SCHEDULE_H

#include "config/node.h"
#include "space/space.h"

typedef struct cav_schedule_entry {
    int64_t step; // from the report of this step on
    double *raw;  // [space->count] NaN where nothing changes
} cav_schedule_entry;

typedef struct cav_schedule {
    cav_arena *arena;            // of everything here
    double *start;               // [space->count] NaN where it does not say; NULL without `start`
    cav_schedule_entry *entries; // [count] as they stand in the file
    size_t count;
} cav_schedule;

/**
 * Reads the text of such a file. Of the schedule only names and types are checked, not ranges.
 * CAVIAR_INVALID with file, line and column.
 */
caviar_code cav_schedule_parse(const char *name, const char *text, size_t size,
                               const cav_space *space, cav_schedule *ret_schedule,
                               cav_error *error);
void cav_schedule_free(cav_schedule *schedule);

/** Writes one: what it starts with, and `entries` [count] by growing step. */
void cav_schedule_write(const cav_space *space, const double *start,
                        const cav_schedule_entry *entries, size_t count, cav_text *text);

#endif
