/**
 * plan.h: what to do with the time that there is: one run nursed (panda) or many in parallel
 * (caviar), how many, how far each goes, what stops them, which parameters are worth searching.
 *
 * Everything follows from one number: how many full trainings the workers can do until the
 * deadline.
 */
#ifndef CAV_INSIGHT_PLAN_H
#define CAV_INSIGHT_PLAN_H

#include "base/error.h"

enum { CAV_PLAN_MOST_REASONS = 8, CAV_PLAN_REASON_SIZE = 240 };

/** The tiers in the order of their weight; what has none counts as medium. */
typedef enum cav_plan_tier { CAV_PLAN_MOST, CAV_PLAN_MEDIUM, CAV_PLAN_LEAST } cav_plan_tier;
enum { CAV_PLAN_TIERS = 3 };

typedef struct cav_plan_case {
    double step_ms;               // what a step takes
    size_t measured_count;        // on so many trials; 0: it was given
    double trial_steps;           // steps that these took on average, early stopping included
    int64_t steps;                // of a full training
    double deadline_ms;           // from now
    int64_t workers;              // trials that can run at a time
    size_t tiers[CAV_PLAN_TIERS]; // parameters that are searched
    bool cannot_restore;          // its program was seen, and does not go on from checkpoints
} cav_plan_case;

typedef struct cav_plan {
    bool is_panda;
    int64_t parallel, trials;
    int64_t step_min, step_max;
    const char *scheduler;   // "auto", "pbt", …
    int64_t population;      // of pbt; else 0
    cav_plan_tier last_tier; // parameters of this tier and those above it are searched
    size_t parameter_count;  // which are so many
    double full_trainings;   // that the time is worth
    char reasons[CAV_PLAN_MOST_REASONS][CAV_PLAN_REASON_SIZE]; // [reason_count]
    size_t reason_count;
} cav_plan;

/** CAVIAR_INVALID where the time is not enough for a few steps. */
caviar_code cav_plan_make(const cav_plan_case *given, cav_plan *ret_plan, cav_error *error);

const char *cav_plan_tier_name(cav_plan_tier tier);

#endif
