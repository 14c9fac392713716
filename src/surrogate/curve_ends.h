/**
 * curve_ends.h: what curves end with, by their own course and by how trials with similar
 * configurations went.
 *
 * The model of curves (curve_model.h) says of each trial what it will end with, and how surely. A
 * Gaussian process over the configurations learns from these ends; how unsure each is, is the noise
 * of its row. What it says of a trial unites the trial's own curve with all others; what it says
 * without the trial's own curve is what a new trial like it would come to. For a step before the
 * end the curve's own guess is moved as far as a random walk to the end would have been moved
 * there.
 *
 * The process knows the latest trials and the best of the others. Its parameters are fitted when
 * the model's are. So all that it says is a function of the history.
 */
#ifndef CAV_SURROGATE_CURVE_ENDS_H
#define CAV_SURROGATE_CURVE_ENDS_H

#include "space/space.h"
#include "surrogate/curve_model.h"

typedef struct cav_curve_ends cav_curve_ends;

/** For a space that outlives it; NULL when out of memory. */
cav_curve_ends *cav_curve_ends_new(const cav_space *space);
void cav_curve_ends_free(cav_curve_ends *ends);

/** Takes in what is new in the history; has the model look, too, which nobody else may do. */
caviar_code cav_curve_ends_look(cav_curve_ends *ends, cav_curve_model *model,
                                const cav_history *history, cav_error *error);

/** The loss of a trial at a step, on the model's scale, after a look. NAN: nothing is known. */
cav_curve_guess cav_curve_ends_guess(const cav_curve_ends *ends, cav_curve_model *model,
                                     const cav_history *history, size_t number, int64_t step);

/** The same of a trial that is yet to be started, if its configuration is like the latest ones. */
cav_curve_guess cav_curve_ends_guess_new(const cav_curve_ends *ends, cav_curve_model *model,
                                         int64_t step);

#endif
