/**
 * anova.h: which parameters, and which pairs of them, the losses vary with: fANOVA.
 *
 * A parameter's share is the part of the variation of the loss over the whole space that is left
 * when all others are averaged out; a pair's is what the two do together beyond what each does by
 * itself. The shares of singles, pairs and larger groups add up to 1.
 *
 * A parameter with conditions is looked at where it is active, and weighs as much as that part of
 * the space. Whether it is active is its parents' doing and counts for them.
 *
 * Every tree of the forest has seen other trials; the interval is over them.
 */
#ifndef CAV_INSIGHT_ANOVA_H
#define CAV_INSIGHT_ANOVA_H

#include "insight/fitted.h"
#include "insight/importance.h"

/** What two parameters do together. */
typedef struct cav_interaction {
    size_t first, second;    // indices in the space
    double share, low, high; // of all variation; 90 % interval
} cav_interaction;

/**
 * The shares of single parameters, largest first: ret_singles [cube.count]. Their `chance` is how
 * often a forest on reshuffled residuals gives as much. False when out of memory.
 */
bool cav_anova_singles(const cav_fitted *fitted, cav_importance *ret_singles);

/** Pairs there are: cube.count (cube.count - 1) / 2. */
size_t cav_anova_pair_count(const cav_fitted *fitted);

/** The shares of pairs, largest first: ret_pairs [cav_anova_pair_count]. Likewise. */
bool cav_anova_pairs(const cav_fitted *fitted, cav_interaction *ret_pairs);

#endif
