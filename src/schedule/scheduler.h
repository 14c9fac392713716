/**
 * scheduler.h: the interface of the schedulers, which stop, pause and go on with running trials.
 *
 * A scheduler sees the history with its learning curves and judges a trial after each report; one
 * that breeds also says which trials are made from checkpoints of others. It knows nothing of
 * studies, stores or programs. What it decides is a function of the history: a worker that joins
 * late decides the same. To add one: one file that defines a cav_scheduler_type, and one line in
 * CAV_SCHEDULERS; the conformance suite, the help and the study file then know it.
 *
 * A trial that reached the last step is not judged any more; its report is in the history all the
 * same. Losses are turned so that less is better; the first metric counts.
 */
#ifndef CAV_SCHEDULE_SCHEDULER_H
#define CAV_SCHEDULE_SCHEDULER_H

#include "base/options.h"
#include "space/space.h"
#include "trial/history.h"

/** What a scheduler is made for. */
typedef struct cav_scheduler_setup {
    const cav_space *space;     // outlives the scheduler
    int64_t step_min, step_max; // how far a trial goes at least and at most; 0: not known
    uint64_t seed;              // the study's
    int64_t trial_budget;       // how many trials there may be; 0: not known
    int64_t step_budget;        // how many steps all trials may take together; 0: not known
    int64_t time_budget_ms;     // for how long trials may be running; 0: not known
} cav_scheduler_setup;

/** A trial that has just reported: the last point of its curve is what is judged. */
typedef struct cav_judged {
    size_t number;
    bool can_pause; // it hears the verdict, and can go on later from where it stood
} cav_judged;

/** A trial to be made from another one. Pointers are valid until the next call. */
typedef struct cav_offspring {
    size_t parent;         // SIZE_MAX: none is to be made
    int64_t step;          // from whose checkpoint it goes on; -1: it begins at its beginning
    bool has_own_seed;     // else it has its parent's
    size_t instead_of;     // the trial whose place it takes, given up if it is paused; SIZE_MAX
    const double *changes; // [parameter count] from `step` on, NaN where nothing changes; NULL
    const char *note;      // why, kept with it
} cav_offspring;

typedef struct cav_scheduler_type {
    const char *name;
    const char *summary; // one line, for help
    const cav_option *options;
    size_t option_count;
    size_t settings_size; // bytes of the struct that the options fill

    caviar_code (*create)(const cav_scheduler_setup *setup, const void *settings, void **ret_state,
                          cav_error *error);

    /** Whether the history must hold the learning curves. */
    bool (*reads_curves)(const void *state);

    /** Judges a trial. PAUSE only for one that can pause. Fails only for want of memory. */
    caviar_code (*judge)(void *state, const cav_history *history, const cav_judged *trial,
                         caviar_verdict *ret_verdict, cav_error *error);

    /**
     * The paused trial to go on with before anything new is started; SIZE_MAX: none. With
     * `is_last` nothing new will be started any more, so the best of those that are paused is to
     * come to its end; what is not resumed then is given up. Fails only for want of memory.
     */
    caviar_code (*resume)(void *state, const cav_history *history, bool is_last, size_t *ret_number,
                          cav_error *error);

    /**
     * The trial to make from another one before anything is resumed or started; its origin will be
     * the scheduler's name. Until it is there, the answer is the same. Also asked when the budget
     * of trials is spent. NULL: never. Fails only for want of memory.
     */
    caviar_code (*breed)(void *state, const cav_history *history, cav_offspring *ret_offspring,
                         cav_error *error);

    void (*destroy)(void *state);
} cav_scheduler_type;

/** The schedulers: X(name of the cav_scheduler_type). */
#define CAV_SCHEDULERS(X)                                                                          \
    X(cav_scheduler_auto)                                                                          \
    X(cav_scheduler_none)                                                                          \
    X(cav_scheduler_median)                                                                        \
    X(cav_scheduler_asha)                                                                          \
    X(cav_scheduler_hyperband)                                                                     \
    X(cav_scheduler_freeze_thaw)                                                                   \
    X(cav_scheduler_pbt)

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

/** `reads_curves` of those that do, and of those that do not. */
bool cav_scheduler_does(const void *state);
bool cav_scheduler_does_not(const void *state);

/** `resume` of those that pause nothing themselves: the first that somebody else has paused. */
caviar_code cav_scheduler_resume_first(void *state, const cav_history *history, bool is_last,
                                       size_t *ret_number, cav_error *error);

#endif
