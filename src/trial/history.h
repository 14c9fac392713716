/**
 * history.h: all trials of a study as columns, which samplers read without copying.
 *
 * Row i is trial number i. Losses are the metrics turned so that less is better. A row is added or
 * changed with cav_history_put; nothing ever moves to another row.
 */
#ifndef CAV_TRIAL_HISTORY_H
#define CAV_TRIAL_HISTORY_H

#include "base/error.h"
#include "trial/nudge.h"
#include "trial/point_index.h"
#include "trial/record.h"

/** The learning curve of one trial: what it reported, by growing step. */
typedef struct cav_curve {
    size_t count, capacity;
    size_t rewinds; // how often a part of it was given up
    int64_t *steps; // [count] strictly increasing
    double *losses; // [count x metric_count]
    size_t *places; // [count] of its reports in cav_history.reported
} cav_curve;

enum { CAV_MOST_MAKERS = 32 };

typedef struct cav_history {
    size_t param_count, dim_count, metric_count;
    const bool *maximize; // [metric_count]

    size_t count, capacity;
    double *points;    // [count x dim_count] unit coordinates; NaN where inactive
    double *raw;       // [count x param_count] values; NaN where inactive
    double *losses;    // [count x metric_count] final; of a pruned trial what it last reported
    uint8_t *states;   // [count] caviar_state
    uint8_t *reasons;  // [count] caviar_reason
    int64_t *attempts; // [count]
    int64_t *failures; // [count]
    int64_t *steps;    // [count] last step reported; -1: none
    int64_t *spent;    // [count] steps that its reports took, also those that were given up later
    int64_t *started_ms, *finished_ms; // [count]
    int64_t *reported_ms;              // [count] when it last reported; 0: not yet, or not known
    cav_curve *curves;                 // [count]
    char **messages;                   // [count] why it failed; NULL where there is nothing to say
    cav_nudge_list *nudges;            // [count]
    unsigned *cans;                    // [count] what its program can do; see cav_record
    char **checkpoints;                // [count] likewise; NULL: it does not say
    cav_usage *usages;                 // [count] what its programs have taken
    int64_t *parents, *parent_steps;   // [count] the trial it was made from; -1: none
    int64_t *seed_numbers;             // [count] of the trial whose seed it has
    uint8_t *makers;                   // [count] who made it, by place in `maker_names`
    uint8_t *places;                   // [count] cav_space_place of its values
    bool *uncounted;                   // [count] beside the budget; see cav_record
    size_t outside_count;              // trials that lie outside of the space as it is now

    size_t ended;        // complete trials that have reported a step
    int64_t common_step; // that all of these ended at; 0: they differ, or there are none
    size_t *bests;       // [metric_count] see cav_history_best
    size_t *finished;    // [finished_count] numbers of the trials in a final state, as they ended
    size_t finished_count, finished_capacity;
    size_t *open; // [open_count] numbers of those that are waiting, running or paused
    size_t open_count, open_capacity;
    size_t *changed; // [changed_count] whose row or nudges changed: one entry a change
    size_t changed_count, changed_capacity;
    size_t *latest;   // [count] place of a trial's last entry in `changed`
    size_t *reported; // [reported_count] whose curve changed: one entry a report, as they came
    size_t reported_count, reported_capacity;
    size_t uncounted_count;  // trials that are beside the budget
    int64_t step_sum;        // steps spent, as far as they are known
    int64_t uncounted_steps; // of these beside the budget

    // who made trials: their origins up to a colon; beyond so many, all are the last one
    char *maker_names[CAV_MOST_MAKERS];
    size_t maker_count;

    cav_point_index index; // of the rows by their points
} cav_history;

/** An empty history; `maximize` [metric_count] must outlive it. NULL when out of memory. */
cav_history *cav_history_new(size_t param_count, size_t dim_count, size_t metric_count,
                             const bool *maximize);
void cav_history_free(cav_history *history);

/**
 * Adds or updates the row of a trial. `point` [dim_count] is that of its parameters; an update
 * whose raw is NULL leaves these as they are.
 */
caviar_code cav_history_put(cav_history *history, const cav_record *record, const double *point,
                            cav_error *error);

/**
 * Adds a report to the trial's curve: values [metric_count] in the user's direction, NaN where
 * the report had none. What was there from this step on is a branch that was given up, and goes.
 */
caviar_code cav_history_report(cav_history *history, size_t number, int64_t step,
                               const double *values, cav_error *error);

/** Steps spent that count against the budget, as far as they are known. */
static inline int64_t cav_history_counted_steps(const cav_history *history)
{
    return history->step_sum - history->uncounted_steps;
}

/** A loss as a value in the user's direction, or a value as a loss. */
static inline double cav_history_in_direction(const cav_history *history, size_t metric, double x)
{
    return history->maximize[metric] ? -x : x;
}

/** The value of a trial's metric in the user's direction; NaN: none. */
static inline double cav_history_value(const cav_history *history, size_t number, size_t metric)
{
    double loss = history->losses[number * history->metric_count + metric];
    return cav_history_in_direction(history, metric, loss);
}

/** All losses of something [metric_count] as values in the user's direction. */
void cav_history_values(const cav_history *history, const double *losses, double *ret_values);

/** How far a curve was copied. All zero: not at all. */
typedef struct cav_curve_copied {
    size_t seen;    // points of the curve that the copy has
    size_t rewinds; // of the curve by then
} cav_curve_copied;

/**
 * Reports to row `to` of a view, which has the same metrics, what the curve of trial `number` has
 * beyond what was copied. `values` is room for [metric_count].
 */
caviar_code cav_history_copy_curve(const cav_history *history, size_t number, cav_history *view,
                                   size_t to, cav_curve_copied *copied, double *values,
                                   cav_error *error);

/** Notes the last step of a trial that this process has just reported. */
void cav_history_step(cav_history *history, size_t number, int64_t step);

/** Adds a nudge, or its newer state. The trial must be there: CAVIAR_NOT_FOUND. */
caviar_code cav_history_nudge(cav_history *history, const cav_nudge *nudge, cav_error *error);

/** True while somebody has paused the trial and not resumed it. */
bool cav_history_is_held(const cav_history *history, size_t number);

/** True where somebody holds the trial, or has said so and it is yet to hear of it. */
bool cav_history_is_to_rest(const cav_history *history, size_t number);

/** True of a paused trial that a scheduler may go on with, or give up: nobody holds it. */
bool cav_history_may_resume(const cav_history *history, size_t number);

/** True where the origin of a trial is this name, whatever it says after a colon. */
bool cav_history_is_by(const cav_history *history, size_t number, const char *maker);

/** Number of a trial inside of the space at exactly this point, or SIZE_MAX. */
size_t cav_history_find(const cav_history *history, const double *point);

/** True where a trial is complete and has a finite loss in every metric. */
bool cav_history_has_losses(const cav_history *history, size_t number);

/** Row of the complete trial with the least loss in a metric, the earliest of equals; SIZE_MAX. */
size_t cav_history_best(const cav_history *history, size_t metric);

/** The step that all complete trials with reports, at least so many, have ended at; else 0. */
int64_t cav_history_common_step(const cav_history *history, size_t least);

/**
 * Steps that early stopping has saved: what trials that were stopped had left to go to the step
 * `step_max`.
 */
int64_t cav_history_saved_steps(const cav_history *history, int64_t step_max);

/**
 * Milliseconds in which at least one trial that counts against the budget was running, up to
 * `now_ms`: what a time budget counts.
 * Of a trial that was started more than once it is the last attempt.
 */
int64_t cav_history_busy_ms(const cav_history *history, int64_t now_ms);

#endif
