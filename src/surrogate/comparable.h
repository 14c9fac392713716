/**
 * comparable.h: one loss for every trial, so that a sampler can learn from those that did not come
 * to their end.
 *
 * A complete trial has its own loss. One that was stopped, is paused or runs has the loss that its
 * curve is expected to end with: by the model of learning curves (curve_model.h) where that is
 * trusted; else it is the last loss and, from there on, what the trials that went further have lost
 * on average from step to step. Uncertainty comes with it.
 *
 * Where the history has no curves (its study has no scheduler that reads them), only complete
 * trials and the last reports of pruned ones are known.
 */
#ifndef CAV_SURROGATE_COMPARABLE_H
#define CAV_SURROGATE_COMPARABLE_H

#include "surrogate/curve_model.h"

typedef struct cav_comparable cav_comparable;

/** A loss at the end of a training. NaN: nothing is known of the trial (yet). */
typedef struct cav_comparable_loss {
    double loss, sd; // sd 0: it was observed
} cav_comparable_loss;

/** For trials that go to `step_max`; 0: not known. NULL when out of memory. */
cav_comparable *cav_comparable_new(int64_t step_max);
void cav_comparable_free(cav_comparable *comparable);

/** Takes in what is new in the history. */
caviar_code cav_comparable_look(cav_comparable *comparable, const cav_history *history,
                                cav_error *error);

/** The loss of a trial in the first metric, after a look. */
cav_comparable_loss cav_comparable_of(cav_comparable *comparable, const cav_history *history,
                                      size_t number);

#endif
