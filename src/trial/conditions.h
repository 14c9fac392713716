/**
 * conditions.h: under which conditions parameters exist, as far as trials show.
 *
 * Trials that name their parameters as they run say nothing of why they have one and lack another.
 * The reason is looked for among the other parameters: a choice, or a whole number, whose values
 * tell exactly the trials that have the parameter from those that lack it; of several the one for
 * which that is the least likely to come about by chance.
 */
#ifndef CAV_TRIAL_CONDITIONS_H
#define CAV_TRIAL_CONDITIONS_H

#include "base/error.h"
#include "base/memory.h"

/** What a trial says of the parameters that it has, and of those that it lacks. */
typedef enum cav_witness {
    CAV_WITNESS_NONE,
    CAV_WITNESS_HAS, // it ended early: it might have named more
    CAV_WITNESS_ALL,
} cav_witness;

/** A parameter that others may depend on. All zero: one that they cannot. */
typedef struct cav_parent {
    size_t choice_count;
    bool is_int;
    double low, high, step; // of an int
} cav_parent;

typedef struct cav_presence {
    size_t trial_count, parameter_count;
    const double *raw;              // [trial_count x parameter_count] NaN: it lacks it
    const unsigned char *witnesses; // [trial_count] cav_witness
    const size_t *seen;             // [parameter_count] how many of these trials have it
    const cav_parent *parents;      // [parameter_count]
} cav_presence;

typedef struct cav_shown_condition {
    size_t parent;      // SIZE_MAX: none was found
    double *values;     // [value_count] indices of its choices; the arena's
    size_t value_count; // 0: a range
    double low, high;
} cav_shown_condition;

/** True where no trial lacks a parameter. */
bool cav_conditions_always(const cav_presence *of, size_t parameter);

/** The condition of a parameter that some trials lack, by one of the first `parent_count`. */
caviar_code cav_conditions_find(const cav_presence *of, size_t parameter, size_t parent_count,
                                cav_arena *arena, cav_shown_condition *ret, cav_error *error);

#endif
