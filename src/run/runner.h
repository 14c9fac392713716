/**
 * runner.h: running a study's trials as processes on this machine.
 *
 *   runner.c   the loop: keeps the slots filled, until the study ends or somebody says stop
 *   slot.c     one running trial: its process, its output, its end
 *   spawn.c    how its program is started
 *   door.c     the trial's socket: JSON lines both ways
 */
#ifndef CAV_RUN_RUNNER_H
#define CAV_RUN_RUNNER_H

#include "study/study.h"

/** Why a run ended: X(NAME, "word"). */
#define CAV_RUN_ENDS(X)                                                                            \
    X(FINISHED, "finished")       /* the budget is spent or the space exhausted */                 \
    X(STOPPED, "stopped")         /* `caviar stop` */                                              \
    X(INTERRUPTED, "interrupted") /* a signal */                                                   \
    X(FAILED, "failed")           /* see the error */

typedef enum cav_run_end {
#define X(name, word) CAV_RUN_##name,
    CAV_RUN_ENDS(X)
#undef X
} cav_run_end;

/** A running trial, as it is shown. */
typedef struct cav_run_trial {
    const caviar_trial *trial;
    int64_t elapsed_ms;
    const double *curve; // [curve_count] the first metric, as reported
    size_t curve_count;
} cav_run_trial;

/** Who watches a run. Functions may be NULL. */
typedef struct cav_run_observer {
    void *context;
    /** A trial has begun. */
    void (*started)(void *context, const caviar_trial *trial);
    /** A trial has reported its first metric. */
    void (*reported)(void *context, const caviar_trial *trial, int64_t step, double value);
    /** A trial has ended, and that is on disk. It may be waiting again. */
    void (*ended)(void *context, const caviar_trial *trial, int64_t elapsed_ms);
    /** Called a few times a second. */
    void (*tick)(void *context, const cav_run_trial *running, size_t running_count);
    /** Something that a person should know: "stopping: 2 trials are still running". */
    void (*notice)(void *context, const char *text);
} cav_run_observer;

typedef struct cav_run_options {
    const char *location; // for the trials' folders: see cav_folder_of_study
    int64_t parallel;     // trials at a time; 0: as the study says
    int tick_ms;          // between two ticks; 0: 250
    bool joins;           // as a worker beside others: lets a stopped study be, and stays until no
                          // trial of theirs runs that it might have to run again
    const cav_run_observer *observer;
    const cav_log *log; // NULL: none
} cav_run_options;

typedef struct cav_run_summary {
    cav_run_end end;
    const char *why;                  // in words: "all trials of the budget have been started"
    int64_t complete, pruned, failed; // ended in this run
} cav_run_summary;

/**
 * Runs trials until the study is at its end, or is stopped. The first SIGINT lets running trials
 * finish, the second kills them and puts them back; SIGTERM and SIGHUP do that at once. Takes over
 * these signals, but for a SIGHUP that is ignored, and becomes the parent of its trials' orphans,
 * while it runs.
 */
caviar_code cav_run(cav_study *study, const cav_run_options *options, cav_run_summary *ret_summary,
                    cav_error *error);

#endif
