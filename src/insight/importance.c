/**
 * importance.c: PED-ANOVA.
 */
#include "insight/importance.h"

caviar_code cav_importance_measure(const cav_space *space, const cav_history *history,
                                   size_t metric, uint64_t seed, cav_importance *ret_importance,
                                   cav_error *error)
{
    (void)space, (void)history, (void)metric, (void)seed, (void)ret_importance;
    return cav_fail(error, CAVIAR_INTERNAL, "not yet");
}
