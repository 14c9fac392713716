/**
 * csv_time.h: moments and durations in the cells of a table.
 */
#ifndef CAV_EXCHANGE_CSV_TIME_H
#define CAV_EXCHANGE_CSV_TIME_H

#include <stdbool.h>
#include <stdint.h>

/**
 * Reads "2024-03-01 12:30:00.25", with a T, with a zone (Z, +02:00), or "1.3.2024 12:30"; without a
 * zone it is local time. False for anything else, such as "3/1/2024", which may be March or
 * January.
 */
bool cav_csv_read_moment(const char *cell, int64_t *ret_ms);

/**
 * Reads seconds ("83.5"), "1:02:03.5", "0 days 00:01:23" as pandas writes it, and what the duration
 * of a study file may be ("1m23s"); ≥ 0. False for anything else, such as "12:30", which may be
 * hours or minutes.
 */
bool cav_csv_read_duration(const char *cell, int64_t *ret_ms);

#endif
