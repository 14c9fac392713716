/**
 * belief.h: what users believe of the parameters, weighed against what the trials say.
 *
 * Hvarfner, Stoll, Souza, Lindauer, Hutter, Nardi: "πBO: augmenting acquisition functions with user
 * beliefs for Bayesian optimization", ICLR 2022: the density of the belief multiplies what a model
 * expects, to a power that falls with the number of trials. Here each parameter's belief is also
 * put to the vote: it loses its weight as soon as the trials that it favours turn out the worse
 * ones.
 */
#ifndef CAV_SURROGATE_BELIEF_H
#define CAV_SURROGATE_BELIEF_H

#include "space/prior.h"
#include "trial/history.h"

typedef struct cav_belief {
    const cav_space *space;
    double *powers; // [dim_count] that the density counts with; 0 where nothing is believed
    double *trusts; // [dim_count] in [0, 1]: what the vote leaves of it
    size_t *voters; // [CAV_BELIEF_VOTERS] trials, in the order in which they ended
    size_t voter_count;
    size_t seen; // finished trials that have been looked at
    bool any;    // something is believed
} cav_belief;

enum { CAV_BELIEF_VOTERS = 60 }; // the first trials decide

/** Makes one for a space that outlives it. False when out of memory. */
bool cav_belief_init(cav_belief *belief, const cav_space *space);
void cav_belief_free(cav_belief *belief);

/** Takes in the trials that have ended. What comes of it is a function of the history. */
void cav_belief_learn(cav_belief *belief, const cav_history *history);

/**
 * What to add to the logarithm of an acquisition function at a point [dim_count]; NaN where
 * inactive. Adds its derivatives to `gradient` [dim_count] unless that is NULL.
 */
double cav_belief_bonus(const cav_belief *belief, const double *point, double *gradient);

#endif
