/**
 * changes.h: what was changed of a study after its first trial, as its definition keeps it.
 */
#ifndef CAV_CONFIG_CHANGES_H
#define CAV_CONFIG_CHANGES_H

#include "config/node.h"

/** One change: `caviar update`, once. */
typedef struct cav_spec_change {
    int64_t time_ms, trials; // when, and how many trials there were
    const char *author, *note;
    const char *const *what; // [what_count] "space.lr.high: 1 -> 10"
    size_t what_count;
    bool moves_space; // trials from before may lie outside of it
} cav_spec_change;

/** Reads the list that the writer has written; it lives in the document's arena. */
caviar_code cav_changes_read(const cav_document *document, const cav_node *node,
                             const cav_spec_change **ret_changes, size_t *ret_count,
                             cav_error *error);

/** Copies a list into an arena; NULL when out of memory. */
cav_spec_change *cav_changes_copy(cav_arena *arena, const cav_spec_change *changes, size_t count);

/** Writes the key `changes` into an object, if there are any. */
void cav_changes_write(const cav_spec_change *changes, size_t count, cav_json *json);

#endif
