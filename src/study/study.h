/**
 * study.h: the tuner: joins a definition, a store, the history, a sampler and a scheduler.
 *
 * This is what `run` and the program work with; the public functions of caviar.h are thin doors to
 * it. Every function here may be called from any thread: the study has a lock.
 *
 *   study.c      opening and closing; keeping the history up to date
 *   renew.c      going on under a definition that was changed meanwhile
 *   update.c     changing it
 *   ask.c        handing out trials
 *   grow.c       parameters that a trial names
 *   shape.c      the conditions that such trials show
 *   tell.c       reports, results, failures
 *   nudge.c      what somebody wants of a running trial
 *   deliver.c    its way into the answer to a report
 *   nurse.c      the tuner's own nudges: panda: auto
 *   earlier.c    what earlier studies have tried
 *   ends.c       what trials that were stopped early would have ended with
 *   derive.c     a new trial from another one: forks and replays
 *   breed.c      the same, as a scheduler wants it
 *   best.c       which trial is the best
 *   confirm.c    further runs of the best few
 *   heartbeat.c  keeping leases alive from a thread of its own
 *   public.c     the part of caviar.h about studies
 */
#ifndef CAV_STUDY_STUDY_H
#define CAV_STUDY_STUDY_H

#include "base/log.h"
#include "config/spec.h"
#include "insight/incumbent.h"
#include "insight/panda.h"
#include "insight/race.h"
#include "schedule/scheduler.h"
#include "search/sampler.h"
#include "store/store.h"
#include "study/worker.h"
#include "surrogate/comparable.h"
#include "trial/handle.h"
#include "trial/history.h"
#include "trial/subset.h"

#include <pthread.h>

/** A trial that runs, as far as is known. */
typedef struct cav_running {
    int64_t number, attempt;
    int64_t lease_ms; // until when its worker has it at least: that only grows
    bool is_own;      // this process is its worker
    bool is_over;     // its lease was, when it was read
    bool is_fresh;    // nobody has looked yet whether its worker is gone
    char owner[CAV_WORKER_SIZE];
} cav_running;

/** Where trials have files: how those of a copy get into its folder. */
typedef struct cav_trial_files {
    /** Copies the files of a trial aside. */
    caviar_code (*stage)(void *context, int64_t parent, cav_error *error);
    /** Makes what was copied the files of a new trial; with `back`, undoes that. */
    caviar_code (*place)(void *context, int64_t number, bool back, cav_error *error);
    void *context;
} cav_trial_files;

/** What the trials of a growing space show of its conditions; see shape.c. All zero: nothing. */
typedef struct cav_shape {
    cav_space *space;    // a copy with these conditions; NULL: there are none
    bool *unexplained;   // [space->count] parameters that are lacking for no reason; NULL: none
    const cav_spec *of;  // whose space it is a copy of
    int64_t beginnings;  // of the history that it was made from
    size_t looked, made; // finished trials that agree with it; that there were when it was made
} cav_shape;

/** What trials that were stopped would have ended with; see ends.c. All zero: not worked out. */
typedef struct cav_ends {
    cav_comparable *comparable; // goes on from look to look
    const cav_history *of;      // whose curves it has
    int64_t last_step, beginnings;
    const cav_history *view;  // where these have ended so; NULL: not worked out
    size_t stopped;           // how many these are
    size_t changed, reported; // of the history, as of then
} cav_ends;

struct caviar_study {
    pthread_mutex_t lock; // recursive
    cav_error error;      // of the last public call
    cav_spec *spec;
    char *location; // of the store, as it was given; NULL: memory
    cav_store *store;
    const cav_clock *clock; // the store's, by which leases run
    int64_t generation;     // of the store, when the history was begun
    int64_t beginnings;     // of the history, so that who reads on in it knows of another one
    uint64_t revision;      // of the stored definition that `spec` is
    cav_spec **retired;     // [retired_count] earlier ones: what was handed out may point there
    size_t retired_count, retired_capacity;
    int64_t own_trials; // the budget of this handle alone, where the definition has none; 0: none
    int64_t id;
    cav_scope scope;
    const char **metric_names; // [spec->metric_count], for the scope
    bool *maximize;            // [spec->metric_count], for the history
    cav_history *history;
    cav_subset *subset;                                // what of it lies in the space; NULL: all
    int64_t trial_cursor, report_cursor, nudge_cursor; // how far the history has read
    cav_earlier_list earlier;                          // studies that the sampler learns from
    cav_sampler sampler;
    cav_shape shape; // of a space that grows: what the sampler knows of its conditions
    cav_scheduler scheduler;
    int64_t seen_step;               // both know it as the last one, from trials; 0: they do not
    cav_panda *panda;                // who nurses the trials; NULL: nobody
    cav_race *race;                  // where configurations have several runs; NULL: one each
    cav_incumbent incumbent;         // as of so many trials that had ended
    cav_incumbent_fit incumbent_fit; // what it follows from
    size_t incumbent_ended;          // SIZE_MAX: of none
    cav_ends ends;
    double *point, *raw; // room for one of each
    double *following;   // and for those of the numbers behind it: see ask.c
    size_t crowd;        // numbers beyond the next one to be ready for, as others may be faster
    char owner[CAV_WORKER_SIZE];
    int64_t lease_ms;
    bool is_read_only;
    bool keeps_curves;            // in the history, also where no scheduler needs them
    const cav_trial_files *files; // NULL: trials have none
    bool defers_sync;             // tells do not sync; whoever set this does
    bool makes_none;              // only what waits is handed out, whatever the budget
    bool is_distinct;             // no two trials may have the same parameters
    int64_t busy_ms, busy_at_ms;  // time spent, as last counted, and when that was
    cav_running *running;         // [running_count] trials that run; some may be in it twice
    size_t running_count, running_capacity;
    cav_text definition; // as it was asked for last, through caviar.h
    int64_t looked_ms;   // when their workers were looked for last, by the monotonic clock
    uint64_t *living;    // [living_count] hashes of those that were found alive since then
    size_t living_count, living_capacity;

    pthread_t heart; // see heartbeat.c
    pthread_cond_t wake;
    bool beats, must_stop;
};

typedef struct caviar_study cav_study;

typedef struct cav_study_options {
    const char *location;   // of the store; NULL: memory
    const char *name;       // of the study; NULL: the spec's, or the only one that is in the store
    cav_spec *spec;         // taken over, also on failure; NULL: the study must be in the store
    const cav_clock *clock; // NULL: the system's
    int64_t lease_ms;       // 0: 60,000
    bool read_only;         // to look at: no sampler, no writes
    bool keeps_curves;      // in the history, also where no scheduler needs them
    bool detached;          // trials that are asked for outlive this process
    bool keeps_definition;  // of a study that exists; only a larger budget of trials extends it
} cav_study_options;

/**
 * Opens a study, and makes it if the store has none of that name and there is a spec. A spec for a
 * study that exists must have its space, metrics and, if any, its seed (else CAVIAR_EXISTS, with
 * the difference); its other keys replace the stored ones, unless the definition is kept.
 */
caviar_code cav_study_open(const cav_study_options *options, cav_study **ret_study,
                           cav_error *error);
void cav_study_close(cav_study *study);

/**
 * Reads what is new in the store into the history. Trials of workers that are surely gone are taken
 * back; looking for those means looking at processes, so it is done once a second, or when there is
 * a new one to look at.
 */
caviar_code cav_study_refresh(cav_study *study, cav_error *error);

/**
 * Reads the control, and goes on under the stored definition where `caviar update` has changed it:
 * the spec, the history, the sampler and the scheduler are others then. Asking for a trial does it,
 * and so does refreshing a study that is only looked at.
 */
caviar_code cav_study_keep_up(cav_study *study, cav_control *ret_control, cav_error *error);

/** Why a study is changed, and by whom. All zero is fine. */
typedef struct cav_update_options {
    const char *author, *note;
    bool dry; // only say what would be changed
} cav_update_options;

/**
 * Changes a study that may be running: its definition becomes `spec`, which began as a copy of the
 * present one, and is taken over, also on failure. Trials keep their values and results; those that
 * lie in the space as it is then go on to be learnt from. What was changed, a line each, is
 * appended to `ret_what` and kept with the definition. Other processes go on under the new one from
 * their next ask on.
 *
 * CAVIAR_INVALID, with the reason, for what cannot be changed; CAVIAR_STATE where it was changed by
 * somebody else meanwhile.
 */
caviar_code cav_study_update(cav_study *study, cav_spec *spec, const cav_update_options *options,
                             cav_text *ret_what, cav_error *error);

/**
 * How far a trial goes: what the definition says, or else, where the scheduler is left to Caviar,
 * the step that all complete trials have ended at, once these are a few; 0: not known.
 */
int64_t cav_study_last_step(const cav_study *study);

/**
 * Goes on with a sampler and a scheduler that know the last step, once trials have shown it; and
 * with others again where a later trial ends elsewhere. For ask.c, which holds the lock.
 */
caviar_code cav_study_follow_steps(cav_study *study, cav_error *error);

/** Begins the history anew, and reads it. For renew.c, which holds the lock. */
caviar_code cav_study_begin_history(cav_study *study, cav_error *error);

/**
 * Takes back trials that were found with a lease that is over, before a budget of time counts what
 * nobody runs. For ask.c, which holds the lock.
 */
caviar_code cav_study_reclaim(cav_study *study, cav_error *error);

/**
 * Whether the store may have a trial to claim: one that waits, or whose lease may be over. By what
 * was read last, which is as true as a question would be by the time of its answer, and costs none.
 */
bool cav_study_may_claim(const cav_study *study);

/** Hands out the next trial; see caviar_study_ask. */
caviar_code cav_study_ask(cav_study *study, caviar_trial **ret_trial, cav_error *error);

/**
 * Adds a trial of one's own. raw [space->count] has NaN where a value is to be filled in: with the
 * default, else by the sampler. With values [metric_count] it is an import that is complete
 * already; otherwise it waits to be asked for. `wishes` is what it is to have of parameters that
 * the study does not have yet, in the words of cav_study_write_wish; NULL: nothing.
 */
caviar_code cav_study_add(cav_study *study, const double *raw, const double *values,
                          const char *wishes, int64_t *ret_number, cav_error *error);

/** CAVIAR_INVALID, for a parameter that the study does not have, or not yet. */
caviar_code cav_study_fail_unknown(const cav_study *study, const char *name, cav_error *error);

/**
 * Adds a value to the wishes of a trial that is to be queued, an object that begins with the first
 * and is ended by the caller where there is any: cav_study_end_wishes.
 */
void cav_study_write_wish(cav_json *wishes, const caviar_setting *setting);
void cav_study_end_wishes(cav_json *wishes);

/** Names a parameter of a trial; see caviar_trial_suggest. For the link of tell.c. */
caviar_code cav_study_suggest(caviar_trial *trial, const caviar_parameter *definition,
                              caviar_value *ret_value);

/** Has the sampler of a growing space know the conditions that trials show, where it needs them. */
caviar_code cav_study_follow_shape(cav_study *study, cav_error *error);

/** Frees what was kept for that. Its sampler is closed. */
void cav_study_forget_shape(cav_study *study);

/** Gives a trial that names its parameters room for those that others have named meanwhile. */
caviar_code cav_study_widen(const cav_study *study, caviar_trial *trial);

/** Takes the values from a handle that is to name its parameters, and reads its wishes. */
caviar_code cav_study_hide(const cav_study *study, caviar_trial *trial, cav_error *error);

/** What a trial that names its parameters has in a state: raw [space->count]. Needs the lock. */
void cav_study_named(const cav_study *study, const caviar_trial *trial, caviar_state state,
                     double *ret_raw);

/** Takes over a running trial from another process: the handle of (number, attempt). */
caviar_code cav_study_adopt(cav_study *study, int64_t number, caviar_trial **ret_trial,
                            cav_error *error);

/** A handle to look at. */
caviar_code cav_study_view(cav_study *study, int64_t number, caviar_trial **ret_trial,
                           cav_error *error);

/**
 * The Pareto front: numbers [*ret_count] of the complete trials that no other one beats, in order;
 * the caller frees them. Of one metric these are the best trials.
 */
caviar_code cav_study_front(const cav_study *study, size_t **ret_numbers, size_t *ret_count,
                            cav_error *error);

/**
 * Changes parameters of a running trial: raw [space->count] has NaN where nothing changes; see
 * caviar_study_nudge.
 */
caviar_code cav_study_nudge(cav_study *study, int64_t number, const double *raw,
                            const caviar_nudge_options *options, cav_error *error);

/** Sends a running trial back to a step (-1: before its last nudge), which is returned. */
caviar_code cav_study_rollback(cav_study *study, int64_t number, int64_t step,
                               const caviar_nudge_options *options, int64_t *ret_step,
                               cav_error *error);

/** What is wished of a trial as a whole: to end, to rest, to go on. */
typedef caviar_code cav_study_wish(cav_study *study, int64_t number,
                                   const caviar_nudge_options *options, cav_error *error);

/** Ends a running trial at its next report, as a scheduler would. */
caviar_code cav_study_stop(cav_study *study, int64_t number, const caviar_nudge_options *options,
                           cav_error *error);

/**
 * Has a running trial end at a checkpoint with its next report, and stay paused whatever a
 * scheduler thinks, also beyond the end of the budget, until it is resumed. One that is paused
 * already stays so. CAVIAR_STATE if somebody has paused it, or its program cannot hear.
 */
caviar_code cav_study_pause(cav_study *study, int64_t number, const caviar_nudge_options *options,
                            cav_error *error);

/**
 * Takes that back; or lets a paused trial, whoever paused it, wait to be run on from where it
 * stands, before anything new. CAVIAR_STATE if it is not paused.
 */
caviar_code cav_study_resume(cav_study *study, int64_t number, const caviar_nudge_options *options,
                             cav_error *error);

/** The values that a trial has once all that was nudged so far has reached it: raw [count]. */
caviar_code cav_study_values(cav_study *study, int64_t number, double *ret_raw, cav_error *error);

/** Reads the trials that are new into the history. For nudge.c, which holds the lock. */
caviar_code cav_study_read_trials(cav_study *study, cav_error *error);

/** Reads the nudges that are new into the history. For study.c and tell.c, which hold the lock. */
caviar_code cav_study_read_nudges(cav_study *study, cav_error *error);

/**
 * Puts what is due at a report into the trial's changes, restore_step and the verdict, and keeps
 * that it was delivered. For tell.c, which holds the lock.
 */
caviar_code cav_study_deliver(cav_study *study, caviar_trial *trial, int64_t step,
                              caviar_verdict *verdict);

/**
 * Lets whoever nurses the trials look at one that has just reported; what it wants is kept as
 * nudges, and delivered with this report. For tell.c, which holds the lock.
 */
caviar_code cav_study_nurse(cav_study *study, caviar_trial *trial);

/** CAVIAR_OK if a trial's program can restore a step; otherwise why not. Needs the lock. */
caviar_code cav_study_check_restores(const cav_study *study, int64_t number, int64_t step,
                                     cav_error *error);

/** True if a program that keeps these checkpoints (a JSON array, or "") can restore a step. */
bool cav_study_keeps(const char *checkpoints, int64_t step);

/** Renews the leases of this worker's trials, and syncs what reports have written. */
caviar_code cav_study_beat(cav_study *study, cav_error *error);

/** Starts a thread that beats by itself; it ends with the study. */
caviar_code cav_study_start_heart(cav_study *study, cav_error *error);

/**
 * True from when the store lost its server until the next refresh. A group of writes that failed
 * with CAVIAR_BUSY has left nothing behind then, and is made again.
 */
static inline bool cav_study_was_cut_off(const cav_study *study)
{
    return study->generation != study->store->generation;
}

/** Makes all that was told safe from power loss. */
caviar_code cav_study_sync(cav_study *study, cav_error *error);

/** Whether the learning curves are read: to be shown, for the scheduler, or to count the steps. */
bool cav_study_reads_curves(const cav_study *study);

/**
 * What samplers see: a row for each trial that lies in the space, or, where these have several
 * runs, configuration.
 */
const cav_history *cav_study_seen(const cav_study *study);

/**
 * Works out what trials that were stopped early would have ended with (surrogate/comparable.h), as
 * far as cav_study_learnt does not know it. Reads the learning curves where there are such trials.
 */
caviar_code cav_study_extrapolate(cav_study *study, cav_error *error);

/** What is learnt from in looking back: what samplers see, with these ends if they are up to date;
 * and of how many trials they are. */
const cav_history *cav_study_learnt(const cav_study *study);
size_t cav_study_stopped(const cav_study *study);

/** Frees them. */
void cav_study_forget_ends(cav_study *study);

/** Which trial is the best. */
typedef struct cav_best {
    size_t trial; // of several runs of the configuration the first; SIZE_MAX: none is complete
    double loss;  // its own; of several runs the mean; under noise what many runs would give
    const cav_incumbent *incumbent; // the others that may be; NULL: it is not noisy. See below
} cav_best;

/**
 * The best by the first metric: where runs of a configuration come out different, by what all
 * trials say together (insight/incumbent.h), else by its value, or by the mean of its replicates.
 * Of several metrics always the latter. Everything that names a best trial asks here.
 *
 * Of no more than a few milliseconds, and of none where no further trial has ended. What is
 * returned is the study's, until the next call.
 */
caviar_code cav_study_best(cav_study *study, cav_best *ret_best, cav_error *error);

/**
 * Makes `times` further runs, each under a seed of its own, of each of the best `wanted`
 * configurations: by what all trials say where there is noise, else by their values. They begin as
 * the first run did, without its nudges, wait to be asked for, and are beside the budget. Writes
 * the first run of each to ret_trials [wanted], and to *ret_count how many there are.
 *
 * CAVIAR_NOT_FOUND while no trial is complete, CAVIAR_INVALID where there are several metrics.
 */
caviar_code cav_study_confirm(cav_study *study, size_t wanted, int64_t times, size_t *ret_trials,
                              size_t *ret_count, cav_error *error);

/** The loss of a trial in the first metric; of one of several runs the mean of all of them. */
double cav_study_loss(const cav_study *study, size_t number);

/** Why nothing more is started, in words, or NULL: the budget of time or of steps is spent. */
const char *cav_study_over(cav_study *study);

/** Why no new trial is made, in words, or NULL: that, or all trials of the budget are there. */
const char *cav_study_spent(cav_study *study);

/** The caviar_trial's way back to the study. */
extern const cav_trial_link cav_study_link;

/** A handle for row `number`, without a link. For ask.c. NULL when out of memory. */
caviar_trial *cav_study_make_handle(cav_study *study, size_t number);

/** How often a trial may be lost until it fails. */
int64_t cav_study_most_lost(const cav_study *study);

static inline void cav_study_lock(cav_study *study)
{
    pthread_mutex_lock(&study->lock);
}

static inline void cav_study_unlock(cav_study *study)
{
    pthread_mutex_unlock(&study->lock);
}

#endif
