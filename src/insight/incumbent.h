/**
 * incumbent.h: which configuration is the best where every run comes out a little different.
 *
 * The best value that was seen is then the luckiest draw of a good configuration, and the more
 * trials there are the luckier it is. Here a Gaussian process (Matérn 5/2, with the variance of the
 * noise as one of its parameters) says what each configuration that was tried would give in the
 * mean of many runs, from its own runs and from those near by; the best is the one of which it says
 * the most.
 *
 * Whether there is noise is taken from configurations that were run more than once, if there are
 * any: where all their runs are equal there is none. Else it is presumed only where the process
 * puts the deviation of a run at more than a twentieth of the losses' own, and the trials are e^9
 * times as likely under it as under any that has shorter length scales in the place of the noise: a
 * rugged function looks like a noisy one until there are trials close together.
 */
#ifndef CAV_INSIGHT_INCUMBENT_H
#define CAV_INSIGHT_INCUMBENT_H

#include "base/error.h"
#include "space/space.h"
#include "trial/history.h"

enum { CAV_CONTENDERS = 8 };

/** A configuration that may be the best. */
typedef struct cav_contender {
    size_t trial;     // the first of its runs
    size_t run_count; // complete ones
    double mean;      // loss, of many runs of it
    double low, high; // 90 % interval
    double chance;    // that it is the best of the contenders
} cav_contender;

typedef struct cav_incumbent {
    bool is_noisy;      // else there is nothing more to say: what was seen is what there is
    double noise;       // deviation of a run's loss
    size_t trial_count; // complete ones that were looked at
    cav_contender contenders[CAV_CONTENDERS]; // [count] least mean first
    size_t count;
} cav_incumbent;

/** The same as values in the user's direction, with low below high. */
cav_contender cav_contender_in_direction(const cav_contender *of, bool maximize);

/**
 * The process as it was fitted last. Fitting costs a hundred times what looking at new trials does,
 * so it is done at milestones only: ten complete trials, and then whenever they are a tenth more
 * (from a hundred on half more), or the further runs of configurations half more. Which trials it
 * is fitted to follows from when they ended, so that everybody who looks at a study finds the same,
 * whatever was kept. All zero: nothing is kept.
 */
typedef struct cav_incumbent_fit {
    uint64_t print; // of the trials that it was fitted to; 0: none
    bool has_params, says_noise;
    size_t param_count;
    double *params; // [param_count] of the process
} cav_incumbent_fit;

void cav_incumbent_fit_free(cav_incumbent_fit *fit);

/**
 * Looks at the complete trials. Where they are too few to tell, it is not noisy. `fit` is what was
 * kept of this space and metric, and is brought up to date; the caller frees it.
 */
caviar_code cav_incumbent_find(const cav_space *space, const cav_history *history, size_t metric,
                               uint64_t seed, cav_incumbent_fit *fit, cav_incumbent *ret_incumbent,
                               cav_error *error);

#endif
