/**
 * gp_ensemble.h: several Gaussian processes that believe different things of the same losses, each
 * weighed by how well it predicts the losses that it has not seen.
 *
 * They differ in their kernel, in how losses become outcomes, in whether numbers are warped, and in
 * their parameters: of each kind one has the most likely parameters, the others draws from all
 * likely ones.
 *
 * Where earlier studies have something to say, there is one kind more, which learns how the trials
 * differ from it. It has no share of its own by right: it is heard as far as it orders the trials
 * better than its like without that knowledge, each trial left out in turn, and not at all where it
 * does not.
 */
#ifndef CAV_SURROGATE_GP_ENSEMBLE_H
#define CAV_SURROGATE_GP_ENSEMBLE_H

#include "base/random.h"
#include "surrogate/gp_fit.h"
#include "surrogate/heritage.h"
#include "surrogate/outcome.h"

/** What has been tried. */
typedef struct cav_gp_trials {
    size_t count;
    const double *points;     // [count x dim_count]
    const double *losses;     // [count] finite
    const bool *failed;       // [count] no loss came out of it; the loss is then a guess
    const double *deviations; // [count] of losses that are not sure; NULL: all are
} cav_gp_trials;

typedef struct cav_gp_member {
    cav_gp *gp;
    cav_outcome outcome;
    size_t kind;
    bool inherits; // its outcomes are what earlier studies did not say
    bool is_draw;
    bool is_fit;  // it could be conditioned on what is known
    bool appends; // trials one by one; not any more where that went wrong
    double log_weight;
    double known; // the least mean at a trial
    double best;  // the same, or what is expected of a trial to come, if that is less
    double level; // log improvements are in units of this one's
    double skill; // share of the outcomes' variation that leaving one out explains
} cav_gp_member;

typedef struct cav_gp_ensemble {
    cav_gp_axes *axes;
    cav_gp_work *work;
    cav_gp_member *members; // [count] by kind, the most likely one first
    size_t count;
    size_t kind_count;
    size_t draws;           // of each kind
    double effort;          // work per fit, relative to the usual
    cav_heritage *heritage; // NULL: none

    // of the trials that it has learnt
    size_t trial_count, capacity;
    double *outcomes[2], *log_slopes[2]; // [capacity] by cav_outcome
    double *noises[2];                   // [capacity] variances of the outcomes' own
    double *said;                        // [capacity] by earlier studies
    double *differences;                 // [capacity] outcomes by rank less `trust` times that
    double trust;                        // in what is said: how much of it the outcomes show
    double inherited;                    // share of the kind that inherits
    double caution;                      // what improvement takes deviations times
    bool has_noises;
    bool *failed; // [capacity]
    size_t failed_count;
    double *room;         // [4 x capacity]
    double *improvements; // [scored_capacity] of points that are scored together
    size_t scored_capacity;
    double *gradients; // [3 x dim_count]
    double *eight;     // [8 x dim_count]
} cav_gp_ensemble;

/** How an ensemble is made. */
typedef struct cav_gp_ensemble_options {
    size_t draws;
    double effort;
    cav_heritage *heritage; // outlives it, and has learnt what the trials say of it; NULL: none
} cav_gp_ensemble_options;

/** For a space that outlives it; NULL when out of memory. */
cav_gp_ensemble *cav_gp_ensemble_new(const cav_space *space,
                                     const cav_gp_ensemble_options *options);
void cav_gp_ensemble_free(cav_gp_ensemble *ensemble);

/**
 * Moves the parameters towards what the trials say. With `afresh` the outcome depends on the trials
 * and the stream alone, otherwise also on what the parameters were. False when out of memory.
 */
bool cav_gp_ensemble_fit(cav_gp_ensemble *ensemble, const cav_gp_trials *trials, bool afresh,
                         cav_random *random);

/** Conditions all members on the trials, and weighs them. False when out of memory. */
bool cav_gp_ensemble_learn(cav_gp_ensemble *ensemble, const cav_gp_trials *trials);

/**
 * Goes on from the trials that were learnt last, with which these begin: O(n^2) for each further
 * one, and, but for rounding, the same as learning all of them. False when out of memory.
 */
bool cav_gp_ensemble_extend(cav_gp_ensemble *ensemble, const cav_gp_trials *trials);

/** What the ensemble has learnt, in words: how well it predicts, and which kind of member counts
 * most. Returns the length that it would have, as snprintf. */
int cav_gp_ensemble_describe(const cav_gp_ensemble *ensemble, char *ret_text, size_t size);

/** The share of the member kind that learns from earlier studies; 0 where there is none. */
double cav_gp_ensemble_inherited(const cav_gp_ensemble *ensemble);

/** The members' skill, weighted. */
double cav_gp_ensemble_skill(const cav_gp_ensemble *ensemble);

/** Goes on as if trials at these points [count x dim_count] had come out as expected; replaces what
 * was expected before. False when out of memory. */
bool cav_gp_ensemble_expect(cav_gp_ensemble *ensemble, const double *points, size_t count);

/**
 * The logarithm of the expected improvement at eight points [8 x dim_count], less where trials are
 * likely to fail. Models of few trials know little of their parameters, and are surer than they
 * should be: of n trials of d coordinates, improvement takes their deviations times
 * sqrt(1 + 4 d / n). See docs/algorithms/gp.md.
 */
void cav_gp_ensemble_score_eight(cav_gp_ensemble *ensemble, const double *points,
                                 double ret_scores[8]);

/** The same at one point, but for failures, with its gradient [dim_count]. */
double cav_gp_ensemble_score(cav_gp_ensemble *ensemble, const double *point, double *ret_gradient);

/** How similar a point [dim_count] is to a trial that was learnt, by the member that counts most,
 * from 0 to 1. */
double cav_gp_ensemble_similar(cav_gp_ensemble *ensemble, size_t trial, const double *point);

/**
 * Scores many points [count x dim_count], count a multiple of 8, and has the members measure
 * improvement, from here on, in units of the best that each sees among them: their outcomes differ,
 * their votes shall not. ret_scores [count]. False when out of memory.
 */
bool cav_gp_ensemble_score_all(cav_gp_ensemble *ensemble, const double *points, size_t count,
                               double *ret_scores);

/**
 * For those that form a score of their own from the members. The logarithm of what measuring once
 * more would tell beside a member's noise ("augmented", Huang et al. 2006), with its derivative by
 * the variance where that is not NULL: without it a noisy model tries its best point again and
 * again.
 */
double cav_gp_member_log_news(const cav_gp_member *member, double variance,
                              double *ret_by_variance);

/** After a prediction of eight by a member: adds how likely it is, in logarithms, that a trial
 * there gives a loss. Each trial counts as much as it is similar, and there is one success
 * everywhere to begin with. */
void cav_gp_ensemble_log_success(const cav_gp_ensemble *ensemble, double scores[8]);

#endif
