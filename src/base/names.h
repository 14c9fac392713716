/**
 * names.h: words to enumerators, the way back from caviar_…_name.
 */
#ifndef CAV_BASE_NAMES_H
#define CAV_BASE_NAMES_H

#include "base/error.h"

/** A table of words; the index of a word is its enumerator. */
typedef struct cav_names {
    const char *what;         // "scale", for messages
    const char *const *words; // [count]
    size_t count;
} cav_names;

extern const cav_names cav_type_names, cav_scale_names, cav_tier_names, cav_confidence_names,
    cav_state_names, cav_reason_names, cav_verdict_names;

/** Finds a word. Otherwise CAVIAR_INVALID, with the nearest word and the whole list. */
caviar_code cav_names_find(const cav_names *names, const char *word, int *ret_index,
                           cav_error *error);

#endif
