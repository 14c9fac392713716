/**
 * nudge.h: what somebody wants of a trial: other values, to go back, to end, to rest.
 *
 * A nudge is given at any time and is delivered with the answer to the trial's next report. Those
 * that are in force are the trial's schedule: from the report of which step on which values hold.
 * A schedule that is written down beforehand (a replay) is made of nudges whose step is set and
 * whose time has not come.
 */
#ifndef CAV_TRIAL_NUDGE_H
#define CAV_TRIAL_NUDGE_H

#include "caviar.h"

#define CAV_NUDGE_KINDS(X)                                                                         \
    X(CHANGE, "change")     /* other values of parameters */                                       \
    X(ROLLBACK, "rollback") /* back to the checkpoint of a step */                                 \
    X(STOP, "stop")         /* end now, as if a scheduler had said so */                           \
    X(PAUSE, "pause")       /* end at a checkpoint, and stay until resumed */                      \
    X(RESUME, "resume")     /* go on; it is active at once */

typedef enum cav_nudge_kind {
#define X(name, word) CAV_NUDGE_##name,
    CAV_NUDGE_KINDS(X)
#undef X
} cav_nudge_kind;

#define CAV_NUDGE_STATES(X)                                                                        \
    X(WAITING, "waiting") /* to be delivered */                                                    \
    X(ACTIVE, "active")   /* was delivered, and counts */                                          \
    X(UNDONE, "undone")   /* was delivered, and a rollback took it back */                         \
    X(REFUSED, "refused") /* could not be carried out when its time came */

typedef enum cav_nudge_state {
#define X(name, word) CAV_NUDGE_##name,
    CAV_NUDGE_STATES(X)
#undef X
} cav_nudge_state;

/** "change", …, and "waiting", …; "" for an unknown number. */
const char *cav_nudge_kind_name(cav_nudge_kind kind);
const char *cav_nudge_state_name(cav_nudge_state state);

/** The number of a word; -1 if it is none. */
int cav_nudge_kind_find(const char *word);
int cav_nudge_state_find(const char *word);

/** One nudge. Pointers belong to whoever fills it. */
typedef struct cav_nudge {
    int64_t id;     // from 1, over all trials of the study
    int64_t number; // of the trial
    cav_nudge_kind kind;
    cav_nudge_state state;
    int64_t step;      // of the report that it is delivered with; -1: the next one
    int64_t target;    // of a rollback: the step to go back to; else -1
    const double *raw; // [parameter count] of a change: new values, NaN where nothing changes
    const char *author, *note;        // who, and why; ""
    int64_t created_ms, delivered_ms; // delivered_ms is 0 before
} cav_nudge;

/**
 * The nudges of a trial: by growing step, those for the next report last; of one step, in the
 * order in which they were given. All zero is the empty list.
 */
typedef struct cav_nudge_list {
    cav_nudge *items; // [count]
    size_t count, capacity;
} cav_nudge_list;

/** Adds a nudge, or puts a newer state of it in its place. Copies it. False: out of memory. */
bool cav_nudge_list_put(cav_nudge_list *list, const cav_nudge *nudge, size_t param_count);
void cav_nudge_list_free(cav_nudge_list *list);

/** True of a change with a step that counts or will: an entry of the schedule. */
bool cav_nudge_is_scheduled(const cav_nudge *nudge);

/** The first of that kind that waits for the next report; NULL: there is none. */
const cav_nudge *cav_nudge_list_waiting(const cav_nudge_list *list, cav_nudge_kind kind);

/** The pause or resume that was carried out last; NULL: there is none. */
const cav_nudge *cav_nudge_list_rest(const cav_nudge_list *list);

/** Puts the values into raw [param_count] that the schedule has changed by the report of `step`. */
void cav_nudge_list_apply(const cav_nudge_list *list, int64_t step, double *raw,
                          size_t param_count);

#endif
