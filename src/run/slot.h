/**
 * slot.h: what runner.c, slot.c and door.c share.
 */
#ifndef CAV_RUN_SLOT_H
#define CAV_RUN_SLOT_H

#include "run/metric_line.h"
#include "run/output.h"
#include "run/patience.h"
#include "run/runner.h"
#include "run/sockets.h"

#include <uv.h>

typedef struct cav_runner cav_runner;
typedef struct cav_slot cav_slot;

typedef enum cav_runner_mode {
    CAV_MODE_RUN,
    CAV_MODE_DRAIN,  // start nothing new
    CAV_MODE_CANCEL, // give running trials back
} cav_runner_mode;

/** A connection to a trial's socket. */
typedef struct cav_door {
    uv_pipe_t pipe;
    cav_slot *slot;
    struct cav_door *next;
    cav_text input;
    char chunk[4096];
} cav_door;

/** Why a trial is being ended by us. */
typedef enum cav_kill {
    CAV_KILL_NONE,
    CAV_KILL_TIMEOUT,
    CAV_KILL_STOP,   // the scheduler's verdict
    CAV_KILL_CANCEL, // it is given back
    CAV_KILL_LOST,   // it was handed to somebody else, or the store failed
} cav_kill;

/** A metric that was printed without a step: what counts at the end, if nothing else came. */
typedef struct cav_printed {
    bool is_there;
    double value;
} cav_printed;

struct cav_slot {
    cav_slot *next;
    cav_runner *runner;
    caviar_trial *trial;
    char *folder;
    int64_t started_ns;

    pid_t pid;
    uv_pipe_t streams[2]; // standard output and standard error
    uv_timer_t timer;     // the time-out, then the grace time, then the wait for the streams
    uv_pipe_t listener;
    cav_door *doors;
    int open_handles; // until all are closed, the slot cannot be freed

    bool has_exited, is_streaming[2], is_ending;
    bool is_overdue; // the wait for the streams is over
    int64_t exit_status;
    int exit_signal;
    cav_kill kill;
    bool is_warned; // it was told to end, and has the grace time to do so
    bool is_infeasible;
    char infeasible[256]; // why
    char others[256];     // names of metrics that it gave and the study does not tune

    cav_usage before;   // of earlier attempts
    int64_t looked_ns;  // when its usage was looked at last
    int64_t own_memory; // of this process when it started the program
    cav_output output;
    cav_lines lines[2];
    cav_printed *printed[2]; // [metric_count] on each stream
    double *curve;           // [curve_count] of the first metric, to be shown
    size_t curve_count, curve_capacity;
    char chunk[65536];
};

struct cav_runner {
    uv_loop_t loop;
    uv_timer_t tick, beat;
    uv_signal_t signals[CAV_RUN_SIGNAL_COUNT], child;
    uv_check_t check;
    cav_patience patience;
    cav_study *study;
    const cav_run_options *options;
    cav_line_reader *reader;
    char *study_folder; // of the trials
    cav_sockets sockets;
    cav_slot *slots; // in use
    int64_t parallel, active;
    uint64_t revision; // of the definition that it was last filled by
    cav_runner_mode mode;
    bool is_paused, is_done, is_closing;
    struct cav_told {
        caviar_trial *trial;
        int64_t elapsed_ms;
    } * told; // [told_count] ended, to be announced after the next sync
    size_t told_count, told_capacity;
    pid_t *known; // room for the slots' programs, when orphans are looked for
    size_t known_capacity;
    int64_t beat_ms; // when leases were last renewed, monotonic
    int64_t ask_ms;  // a worker that found nothing to do does not ask before then
    int interrupts;
    int64_t failures_in_a_row; // without any trial that ended well
    cav_run_summary *summary;
    cav_error error; // why the run failed
};

/** Starts a trial in a new slot, which takes it over. A failure means that no trial can start. */
caviar_code cav_slot_start(cav_runner *runner, caviar_trial *trial, cav_error *error);

/** Begins to end a running trial: SIGTERM, and SIGKILL after the grace time. */
void cav_slot_kill(cav_slot *slot, cav_kill why);

/** Ends a running trial that somebody else has, or has the result of, by now. */
void cav_slot_lose(cav_slot *slot);

/** Ends it without grace. */
void cav_slot_kill_now(cav_slot *slot);

/** Looks whether its program has exited, and collects it. To be called at a SIGCHLD. */
void cav_slot_look_for_exit(cav_slot *slot);

/** A report of the trial: hands it to the study, shows it, and acts on the verdict. */
void cav_slot_reported(cav_slot *slot, int64_t step, caviar_verdict verdict, bool heard);

enum {
    CAV_LOOK_AT_REPORT_MS = 1000, // since the last look, or the start
    CAV_LOOK_AT_END_MS = 20,      // a trial may say often that it ends, and be refused
};

/**
 * Notes with the trial what its processes have taken by now, unless that was looked at less than
 * `after_ms` ago. To be called before something that it says is handed to the study.
 */
void cav_slot_look_at_usage(cav_slot *slot, int64_t after_ms);

/** Milliseconds since the trial started. */
int64_t cav_slot_elapsed_ms(const cav_slot *slot);

/** Opens the trial's socket at `path`; closes it with its connections. */
caviar_code cav_door_open(cav_slot *slot, const char *path, cav_error *error);
void cav_door_close(cav_slot *slot);

/** A handle of the slot was closed; frees the slot after the last. */
void cav_slot_handle_closed(cav_slot *slot);

/**
 * The trial of a slot has ended: takes the slot off the list and the trial out of it, to announce
 * it once it is on disk, and lets the next one start.
 */
void cav_runner_trial_ended(cav_runner *runner, cav_slot *slot);

/** False only if this process is the parent of nothing that no slot knows of. Collects what has
 * ended of that. */
bool cav_runner_has_orphans(cav_runner *runner);

/** Tells a person something, and the log. `context` is the cav_runner. */
void cav_runner_notice(void *context, const char *text);

/** Ends the run with an error; running trials are given back. */
void cav_runner_fail(cav_runner *runner, const cav_error *error);

#endif
