/**
 * record.h: a trial and a report as they pass between the tuner and a store.
 */
#ifndef CAV_TRIAL_RECORD_H
#define CAV_TRIAL_RECORD_H

#include "caviar.h"
#include "space/place.h"

/** What a trial's program has shown or said of itself, beside caviar_ability; bits of `can`. */
enum {
    CAV_CAN_HEAR = 1 << 8,  // the answers to its reports reach it
    CAV_CAN_PRINT = 1 << 9, // it reports by printing: nothing can be answered
};

#define CAV_ORIGIN_USER "user" // the origin of a trial that somebody has added

/** What a trial's programs have taken, over all its attempts. It only grows; 0: not known. */
typedef struct cav_usage {
    int64_t cpu_ms;       // processor time, for themselves and in the system, of all processes
    int64_t memory_bytes; // resident, the greatest of any one process
} cav_usage;

/** What is known where two know something of the same trial. */
static inline cav_usage cav_usage_join(cav_usage a, cav_usage b)
{
    return (cav_usage){.cpu_ms = a.cpu_ms > b.cpu_ms ? a.cpu_ms : b.cpu_ms,
                       .memory_bytes =
                           a.memory_bytes > b.memory_bytes ? a.memory_bytes : b.memory_bytes};
}

static inline bool cav_usage_is_same(cav_usage a, cav_usage b)
{
    return a.cpu_ms == b.cpu_ms && a.memory_bytes == b.memory_bytes;
}

/** Everything that is kept of a trial but its reports. Pointers belong to whoever fills it. */
typedef struct cav_record {
    int64_t number;   // from 0, in the order of creation
    int64_t attempt;  // how often it was started: 0 before the first time. With `number` it is the
                      // token that a worker shows; an older attempt's results are refused
    int64_t failures; // how often it failed or was lost and was queued again
    caviar_state state;
    caviar_reason reason;
    bool uncounted; // beside the budget: it came with its result, or runs again what was the best
    const double *raw;    // [parameter count]
    const double *values; // [metric count] final, in the user's own direction; NaN: none
    int64_t step;         // last one reported; -1: none
    const char
        *origin;     // who made it: a sampler's name, "user", "fork", "replay"; after a colon, why
    bool has_parent; // it was made from another trial; else the next three mean nothing
    int64_t parent;  // that one's number
    int64_t parent_step; // from whose checkpoint it starts; -1: it begins at its beginning
    int64_t seed_number; // of the trial whose seed it has
    const char *owner;   // the worker that has it or had it last; "" before the first
    int64_t created_ms;  // wall clock, as all times here
    int64_t started_ms; // of the last attempt, not counting one that goes on after a pause; 0: none
    int64_t finished_ms;     // when the last attempt ended, or paused for good; 0: not yet
    int64_t lease_ms;        // until when the owner has it
    unsigned can;            // caviar_ability and CAV_CAN_…; 0: not known
    const char *checkpoints; // steps that can be restored, a JSON array; "": it does not say
    cav_usage usage;         // nothing where it runs outside of `caviar run`
    const char *message;     // why it failed; ""
    const char *output;      // the end of what it printed; ""
    cav_space_place place;   // in the space as it is now; not kept, as the space may change
} cav_record;

/** One report: named numbers at a step. */
typedef struct cav_report {
    int64_t number, attempt, step;
    int64_t time_ms;
    const caviar_metric *metrics; // [metric_count]
    size_t metric_count;
    // Of the trial, not kept with the report; as in cav_record. 0, NULL: as before
    unsigned can;
    const char *checkpoints;
    cav_usage usage;
} cav_report;

#endif
