/**
 * scheduler.h: the interface of the schedulers, which stop, pause and change running trials.
 *
 * A scheduler sees the history with its learning curves and judges a trial after each report. It
 * knows nothing of studies, stores or programs. To add one: one file that defines a
 * cav_scheduler_type, and one line in CAV_SCHEDULERS.
 */
#ifndef CAV_SCHEDULE_SCHEDULER_H
#define CAV_SCHEDULE_SCHEDULER_H

#include "base/options.h"
#include "trial/history.h"

/** What a scheduler is made for. */
typedef struct cav_scheduler_setup {
    int64_t step_min, step_max; // how far a trial goes at least and at most; 0: not known
    uint64_t seed;              // the study's
} cav_scheduler_setup;

typedef struct cav_scheduler_type {
    const char *name;
    const char *summary; // one line, for help
    const cav_option *options;
    size_t option_count;
    size_t settings_size; // bytes of the struct that the options fill
    bool reads_curves;    // the history must hold the learning curves

    caviar_code (*create)(const cav_scheduler_setup *setup, const void *settings, void **ret_state,
                          cav_error *error);

    /** Judges trial `number`, whose latest report is the last point of its curve. */
    caviar_verdict (*judge)(void *state, const cav_history *history, size_t number);

    /** The paused trial to go on with before anything new is started; SIZE_MAX: none. */
    size_t (*resume)(void *state, const cav_history *history);

    void (*destroy)(void *state);
} cav_scheduler_type;

/** The schedulers: X(name of the cav_scheduler_type). */
#define CAV_SCHEDULERS(X) X(cav_scheduler_none)

#define X(type) extern const cav_scheduler_type type;
CAV_SCHEDULERS(X)
#undef X

extern const cav_scheduler_type *const cav_schedulers[];
extern const size_t cav_scheduler_count;

/** A scheduler in use. */
typedef struct cav_scheduler {
    const cav_scheduler_type *type;
    void *settings, *state;
} cav_scheduler;

/** Reads the options and makes the state. On failure the scheduler is left empty. */
caviar_code cav_scheduler_open(cav_scheduler *scheduler, const char *name,
                               const cav_option_value *given, size_t given_count,
                               const cav_scheduler_setup *setup, cav_error *error);
void cav_scheduler_close(cav_scheduler *scheduler);

#endif
