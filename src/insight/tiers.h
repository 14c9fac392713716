/**
 * tiers.h: where the measured order of the parameters contradicts the presumed one.
 */
#ifndef CAV_INSIGHT_TIERS_H
#define CAV_INSIGHT_TIERS_H

#include "base/text.h"
#include "insight/importance.h"

/**
 * Appends, a line each, what stands against the tiers: "here momentum (tier medium) matters more
 * than lr (tier most)", the largest differences first, at most `most`; and appends nothing where
 * nothing does. Only what is beyond the intervals and beyond chance is said, and one line for each
 * parameter at most. Returns how many there are.
 */
size_t cav_tiers_compare(const cav_space *space, const cav_importance *items, size_t count,
                         size_t most, cav_text *text);

#endif
