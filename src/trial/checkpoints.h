/**
 * checkpoints.h: the steps that a trial's program says it can restore: a JSON array, as it was
 * told. A list that is no array is empty; an empty text, or NULL, says nothing.
 */
#ifndef CAV_TRIAL_CHECKPOINTS_H
#define CAV_TRIAL_CHECKPOINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Whether the program says which steps it has: else they are all that it reported. */
bool cav_checkpoints_are_known(const char *list);

size_t cav_checkpoints_count(const char *list);

/** The first step in the list's order with low <= step < high; -1: there is none. */
int64_t cav_checkpoints_find(const char *list, int64_t low, int64_t high);

/** The step that stands last in the list; -1: it is empty. */
int64_t cav_checkpoints_last(const char *list);

#endif
