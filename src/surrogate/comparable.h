/**
 * comparable.h: one loss for every trial, so that a sampler can learn from those that did not come
 * to their end.
 *
 * Losses are compared at one step, the last one that ten trials have come to (half of them, where
 * there are fewer than twenty): what was observed at equal length is sure, what is extrapolated is
 * not. As longer trials come in it grows, up to the end. A trial that went further has the loss
 * that it had there. One that has not come as far has the loss that its curve is expected to have
 * there: by the model of learning curves (curve_model.h) where that is trusted; else its last loss
 * and, from there on, what the trials that went further have lost on average from step to step.
 * Uncertainty comes with it. A trial that is complete earlier has its own loss.
 *
 * Where the history has no curves (its study has no scheduler that reads them), only complete
 * trials and the last reports of pruned ones are known.
 */
#ifndef CAV_SURROGATE_COMPARABLE_H
#define CAV_SURROGATE_COMPARABLE_H

#include "surrogate/curve_model.h"

typedef struct cav_comparable cav_comparable;

/** A loss at the step of comparison. NaN: nothing is known of the trial (yet). */
typedef struct cav_comparable_loss {
    double loss, sd;        // sd 0: it was observed
    double alone, alone_sd; // the same, without what curves of the study have in common
} cav_comparable_loss;

/** For trials that go to `step_max`; 0: not known. NULL when out of memory. */
cav_comparable *cav_comparable_new(int64_t step_max);
void cav_comparable_free(cav_comparable *comparable);

/** Takes in the first `reports` of the history's reports, which must not become fewer. */
caviar_code cav_comparable_look(cav_comparable *comparable, const cav_history *history,
                                size_t reports, cav_error *error);

/** The loss of a trial in the first metric, as of the last look. */
cav_comparable_loss cav_comparable_of(cav_comparable *comparable, const cav_history *history,
                                      size_t number);

/**
 * The history as of the last look as if every trial that had reported by then were complete, with
 * its comparable loss: for a sampler that learns from complete trials. Those that have ended stand
 * by their number. The history itself where it has no reports, or several metrics.
 *
 * Unlike in a history, losses change from view to view, and trials come in between. It shares the
 * other columns with the history, and is valid until that changes or the next call.
 */
caviar_code cav_comparable_view(cav_comparable *comparable, const cav_history *history,
                                const cav_history **ret_view, cav_error *error);

/** Looks at all reports, and gives the view; the history itself where `comparable` is NULL. */
caviar_code cav_comparable_see(cav_comparable *comparable, const cav_history *history,
                               const cav_history **ret_view, cav_error *error);

/** Whether a view of the whole history would not be the history itself. */
bool cav_comparable_is_viewed(const cav_history *history);

/** Of the last view, what the curves alone say [count]; NULL: that was the history itself. For a
 * model with a prior of its own, see cav_curve_guess_alone. */
const cav_comparable_loss *cav_comparable_losses(const cav_comparable *comparable);

#endif
