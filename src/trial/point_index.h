/**
 * point_index.h: which row of a table of doubles holds a given row of values.
 */
#ifndef CAV_TRIAL_POINT_INDEX_H
#define CAV_TRIAL_POINT_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A hash table over rows that somebody else keeps. All zero, but for `width`, is the empty one. */
typedef struct cav_point_index {
    size_t width;    // doubles in a row
    uint32_t *slots; // [slot_count] row numbers; UINT32_MAX: free
    size_t slot_count, used;
} cav_point_index;

/**
 * Adds row number `row` of `rows` [… x width]. False when out of memory, as it is for the row
 * numbers from UINT32_MAX on.
 */
bool cav_point_index_add(cav_point_index *index, const double *rows, size_t row);

/** A row that equals `point` [width], NaN being equal to NaN and -0 to 0; SIZE_MAX if none does. */
size_t cav_point_index_find(const cav_point_index *index, const double *rows, const double *point);

void cav_point_index_free(cav_point_index *index);

#endif
