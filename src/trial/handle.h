/**
 * handle.h: the public caviar_trial: what a worker holds of a trial, wherever its study is.
 *
 * The handle itself only carries values. What reports and results do is up to its link: the study
 * in the same process, or the socket of `caviar run`.
 */
#ifndef CAV_TRIAL_HANDLE_H
#define CAV_TRIAL_HANDLE_H

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "trial/record.h"

/** The way back to the tuner. Each call sets trial->error on failure and returns its code. */
typedef struct cav_trial_link {
    /** Hands over a report; fills trial->changes and restore_step. */
    caviar_code (*report)(caviar_trial *trial, int64_t step, const caviar_metric *metrics,
                          size_t metric_count, caviar_verdict *ret_verdict);
    /** Hands over the result. */
    caviar_code (*tell)(caviar_trial *trial, const caviar_metric *metrics, size_t metric_count);
    /** Hands over the failure. */
    caviar_code (*fail)(caviar_trial *trial, caviar_reason reason, const char *message);
    /** Names a parameter. NULL: whoever is at the other end has a space that does not grow. */
    caviar_code (*suggest)(caviar_trial *trial, const caviar_parameter *definition,
                           caviar_value *ret_value);
    /** The handle goes; gives the trial back if it is still open. */
    void (*release)(caviar_trial *trial);
} cav_trial_link;

/** A change of the schedule that a trial follows. */
typedef struct cav_change {
    int64_t step; // from whose report on it holds
    size_t index; // of the parameter
    caviar_value value;
} cav_change;

struct caviar_trial {
    cav_arena *arena;           // of the names, values and finals
    const cav_trial_link *link; // NULL: to look at only, or nobody to report to
    void *context;              // the link's own
    int64_t number, attempt;
    uint32_t seed;
    int64_t failures;              // how often it failed or was lost before
    int64_t first_step, last_step; // where it stood when handed out, and how far it may go
    int64_t step;                  // last one reported; -1: none
    caviar_state state;
    caviar_reason reason;
    bool is_stopped;      // the last verdict was STOP
    bool is_paused;       // the last verdict was PAUSE
    const char **names;   // [parameter_count]
    caviar_value *values; // [parameter_count]
    size_t parameter_count;
    double *finals; // [final_count] final values of the study's metrics
    size_t final_count;
    size_t *changes; // [change_count] indices of what the last report changed
    size_t change_count;
    int64_t restore_step;
    cav_change *plan; // [plan_count] what was known of the schedule when it was handed out
    size_t plan_count, plan_capacity;
    int64_t heard_step;   // up to which it has all changes; -1: from none
    unsigned can;         // see cav_record; 0: not known
    unsigned told_can;    // as the study has it
    cav_text checkpoints; // JSON array of the steps that it keeps; empty: it does not say
    bool has_new_checkpoints;
    cav_usage usage; // see cav_record; of earlier attempts when it is handed out
    bool has_new_usage;
    bool is_deaf;        // the answer to this report does not reach the program
    const char *message; // why the trial failed; "" else
    const char *output;  // the end of what it printed, to be kept when it ends; NULL: nothing
    cav_error error;     // of the last call
    double *drawn; // [parameter_count] raw, of a trial that names its parameters: `values` has only
                   // those that it has named; NULL: it has all
    json_t *wishes; // {name: value} that it was queued with for parameters that the study did not
                    // have then, for it to name; NULL: none
};

/** An empty running handle with room for so many parameters and finals (NaN). NULL: no memory. */
caviar_trial *cav_trial_new(size_t parameter_count, size_t final_count);

/**
 * Sets a parameter to a new value, and notes it among the changes of the last report. A text is
 * not copied: it lives as long as the trial.
 */
void cav_trial_change(caviar_trial *trial, size_t index, const caviar_value *value);

/** Adds to the plan, by growing step. Copies a text. False when out of memory. */
bool cav_trial_plan(caviar_trial *trial, int64_t step, size_t index, const caviar_value *value);

/** Gives the handle room for more parameters, which it lacks. False when out of memory. */
bool cav_trial_widen(caviar_trial *trial, size_t parameter_count);

/** Sets parameter `index`; copies name and text. False when out of memory. */
bool cav_trial_set(caviar_trial *trial, size_t index, const char *name, const caviar_value *value);

#endif
