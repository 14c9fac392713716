/**
 * curve_model.h: what the learning curves of a study say about how they will go on.
 *
 * Each curve is an end, an amplitude and a shape: y(t) = e + d s(t) + noise, with s out of a
 * dictionary (curve_shapes.h). Given a shape and a level of noise, (e, d) has a normal posterior in
 * closed form, and so has the evidence for the two; a prediction is the mixture over all of them.
 * What is common to the curves of a study (the normal prior of (e, d), how frequent the shapes are,
 * how large the noise is) is learnt from the longest curves by expectation maximisation, whenever
 * the number of reports has grown by a quarter; the work is spread over the reports that follow.
 *
 * A new report costs one update of three running sums a shape. The model is a function of the
 * history's curves and of the order of their reports: who comes late has the same model. When a
 * part of a curve is given up, the model is made anew.
 *
 * No curve is exactly a shape of the dictionary. So the model predicts, for each of the longest
 * curves, its latest loss from its first fifth and from its first half. Where these predictions are
 * further off than they should be, curves are taken to drift from their shapes like a random walk
 * over the logarithm of the step: of all deviations of steps to come, that part grows with
 * log(step / last step seen), just so fast that the squared errors are what is expected of them.
 *
 * Not every study's curves can be extrapolated: where a schedule depends on the length of the
 * training, or losses jump, the first half of a curve says little about its end. So the model is
 * trusted only as long as its predictions from halves explain a good part of what differs between
 * the ends, and are no worse than the loss at half time would be as a prediction.
 */
#ifndef CAV_SURROGATE_CURVE_MODEL_H
#define CAV_SURROGATE_CURVE_MODEL_H

#include "surrogate/curve_shapes.h"
#include "trial/history.h"

/** What is expected of a loss: a normal distribution, on the model's own scale. */
typedef struct cav_curve_guess {
    double mean, sd;
} cav_curve_guess;

typedef struct cav_curve_model cav_curve_model;

/** A model of curves that go to `step_max`; 0: to the last step reported. NULL: no memory. */
cav_curve_model *cav_curve_model_new(int64_t step_max);
void cav_curve_model_free(cav_curve_model *model);

/** Takes in the first `reports` of the history's reports, which must not become fewer. */
caviar_code cav_curve_model_look(cav_curve_model *model, const cav_history *history, size_t reports,
                                 cav_error *error);

/** Begins again where a part of a curve was given up since the last look, as a look does. */
caviar_code cav_curve_model_rewind(cav_curve_model *model, const cav_history *history,
                                   cav_error *error);

/** How many points of a trial's curve have been taken in. */
size_t cav_curve_model_seen(const cav_curve_model *model, const cav_history *history,
                            size_t number);

/** Whether there is enough to go by, and what is predicted of first halves comes true. */
bool cav_curve_model_is_trusted(const cav_curve_model *model);

/** The model's scale: the loss, or its logarithm where losses are positive and far apart. */
double cav_curve_model_scale(const cav_curve_model *model, double loss);
double cav_curve_model_loss(const cav_curve_model *model, double scaled);

/** The last step: `step_max`, or the last one that any trial has reported. */
int64_t cav_curve_model_horizon(const cav_curve_model *model);

/** The loss of a trial at a step, by its curve. */
cav_curve_guess cav_curve_model_guess(cav_curve_model *model, const cav_history *history,
                                      size_t number, int64_t step);

/** The loss at a step of a trial of which nothing is known. */
cav_curve_guess cav_curve_model_guess_unknown(cav_curve_model *model, int64_t step);

/**
 * What a curve alone says, without what all curves have in common: for a model that has a prior of
 * its own. A guess N(m, v) is the prior guess N(m0, v0) times N(l, w), with 1/w = 1/v - 1/v0 and
 * l = w (m/v - m0/v0). A curve that says little (v above 0.8 v0) stays at m0, with w = 4 v0.
 */
cav_curve_guess cav_curve_guess_alone(cav_curve_guess guess, cav_curve_guess prior);

/** How far the history's reports were taken in; how many fits there were; by how many reports the
 * next one will have ended or begun. */
size_t cav_curve_model_reported(const cav_curve_model *model);
size_t cav_curve_model_fits(const cav_curve_model *model);
size_t cav_curve_model_next_change(const cav_curve_model *model);

#endif
