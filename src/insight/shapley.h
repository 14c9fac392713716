/**
 * shapley.h: the variation of the loss, shared out among the parameters: Shapley effects.
 *
 * What parameters do together is shared evenly among them, so that the shares add up to 1 and a
 * parameter that matters only beside another one has its part, which fANOVA's singles (anova.h) do
 * not show.
 */
#ifndef CAV_INSIGHT_SHAPLEY_H
#define CAV_INSIGHT_SHAPLEY_H

#include "insight/fitted.h"
#include "insight/importance.h"

/**
 * The shares, largest first: ret_shares [cube.count], with a 90 % interval over the trees and a
 * `chance` of NaN. False when out of memory.
 */
bool cav_shapley_shares(const cav_fitted *fitted, cav_importance *ret_shares);

#endif
