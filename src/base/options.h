/**
 * options.h: options by name, described in a table.
 *
 * A sampler or a scheduler lists its options as an array of cav_option; from it come the parsing,
 * the defaults, the check of the range, the hint for a typo and the manual. What is read lands in
 * the owner's own settings struct, at `offset`.
 */
#ifndef CAV_BASE_OPTIONS_H
#define CAV_BASE_OPTIONS_H

#include "base/error.h"

typedef enum cav_option_kind {
    CAV_OPTION_REAL, // a double
    CAV_OPTION_INT,  // an int64_t
    CAV_OPTION_BOOL, // a bool
} cav_option_kind;

typedef struct cav_option {
    const char *name;
    cav_option_kind kind;
    size_t offset;    // of the field in the settings struct
    double initial;   // what it is when not given; for a bool 0 or 1
    double low, high; // both allowed
    const char *help; // one line, with the unit
} cav_option;

/** An option as a user gave it. */
typedef struct cav_option_value {
    const char *key, *text;
    const char *where; // "study.yaml:7:12"; "" where there is no file
} cav_option_value;

/**
 * Fills the settings struct: each option's default, then what was given. `owner` is for messages:
 * "sampler zoom". Fails with CAVIAR_INVALID for an unknown key or a value out of range.
 */
caviar_code cav_options_read(const cav_option *options, size_t option_count, const char *owner,
                             const cav_option_value *given, size_t given_count, void *ret_settings,
                             cav_error *error);

#endif
