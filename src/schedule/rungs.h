/**
 * rungs.h: successive halving, asynchronously: what asha and hyperband have in common.
 *
 * Rungs are steps r, r eta, r eta^2, ... below the last step. At a rung the trials that got there
 * are ranked; about the best of eta goes on. There are two ways: *stopping* judges a trial once,
 * when it arrives, by those that were there before; *promotion* pauses it, and goes on with it as
 * soon as it is among the best floor(n / eta) of all that have arrived since. A bracket is a ladder
 * of its own, whose lowest rung may be higher; each trial belongs to one.
 *
 * Li, Jamieson, Rostamizadeh, Gonina, Hardt, Recht, Talwalkar: "A system for massively parallel
 * hyperparameter tuning", MLSys 2020 (the promotion rule); the stopping rule as in its
 * implementations in Ray Tune and Syne Tune.
 *
 * The value of a trial at a rung is its first report at or after the rung's step. A trial whose
 * loss was not finite counts as the worst of the rung that it was on its way to.
 */
#ifndef CAV_SCHEDULE_RUNGS_H
#define CAV_SCHEDULE_RUNGS_H

#include "base/order.h"
#include "schedule/scheduler.h"

typedef struct cav_rung {
    int64_t step;
    cav_order all;     // trials that got here, by loss
    cav_order waiting; // those of them that have not been seen to go on
    size_t *running;   // [running_count] taken from `waiting` because they ran when looked at
    size_t running_count, running_capacity;
    size_t next; // which of these is to be looked at next
} cav_rung;

/** Where a trial stands. */
typedef struct cav_rung_mark {
    size_t bracket;
    size_t seen;     // points of its curve that were looked at
    size_t rewinds;  // of its curve, as last seen
    size_t reached;  // rungs of its bracket
    int64_t attempt; // in which it reached the last of them
} cav_rung_mark;

typedef struct cav_rungs {
    double eta;
    bool promotes;
    size_t rung_count, bracket_count;
    cav_rung *rungs;      // [bracket_count x rung_count]; bracket b uses those from b on
    double *shares;       // [bracket_count] running sums of the shares of trials, the last one 1
    uint64_t seed;        // for who belongs where
    cav_rung_mark *marks; // [trial_count]
    double *losses;       // [trial_count x rung_count] at the rungs; NaN: not reached
    size_t trial_count, mark_capacity, loss_capacity;
    size_t reported, finished; // how far the history's lists have been read
} cav_rungs;

/** How a ladder is made. */
typedef struct cav_rungs_settings {
    double eta;
    int64_t grace; // the lowest rung; 0: the least steps of the study, or 1
    bool promote;
    int64_t brackets; // at most; 0: one
} cav_rungs_settings;

/** The options for these: the first so many for one ladder, or all of them. */
enum { CAV_RUNGS_ONE_LADDER = 3, CAV_RUNGS_LADDERS = 4 };
extern const cav_option cav_rungs_options[CAV_RUNGS_LADDERS];

/** The lowest rung. */
int64_t cav_rungs_first(const cav_rungs_settings *settings, const cav_scheduler_setup *setup);

caviar_code cav_rungs_init(cav_rungs *rungs, const cav_rungs_settings *settings,
                           const cav_scheduler_setup *setup, cav_error *error);
void cav_rungs_free(cav_rungs *rungs);

/** Takes in what is new in the history. */
caviar_code cav_rungs_look(cav_rungs *rungs, const cav_history *history, cav_error *error);

/** The verdict on a trial, after a look. */
caviar_verdict cav_rungs_judge(const cav_rungs *rungs, const cav_history *history,
                               const cav_judged *trial);

/** The paused trial to promote, or SIZE_MAX, after a look. See `resume` in scheduler.h. */
size_t cav_rungs_promote(cav_rungs *rungs, const cav_history *history, bool is_last);

/** The functions of a scheduler whose settings are a cav_rungs_settings and whose state is a
 * cav_rungs. */
caviar_code cav_rungs_create(const cav_scheduler_setup *setup, const void *settings,
                             void **ret_state, cav_error *error);
caviar_code cav_rungs_judge_now(void *state, const cav_history *history, const cav_judged *trial,
                                caviar_verdict *ret_verdict, cav_error *error);
caviar_code cav_rungs_resume_now(void *state, const cav_history *history, bool is_last,
                                 size_t *ret_number, cav_error *error);
void cav_rungs_destroy(void *state);

#endif
