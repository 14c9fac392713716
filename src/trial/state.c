/**
 * state.c: the transition table.
 */
#include "trial/state.h"

// [from][to]. A running trial goes back to waiting when its worker gives it back or is lost, and
// when it failed and may be tried again.
static const bool moves[6][6] = {
    [CAVIAR_STATE_WAITING] = {[CAVIAR_STATE_RUNNING] = true, [CAVIAR_STATE_FAILED] = true},
    [CAVIAR_STATE_RUNNING] = {[CAVIAR_STATE_WAITING] = true,
                              [CAVIAR_STATE_PAUSED] = true,
                              [CAVIAR_STATE_COMPLETE] = true,
                              [CAVIAR_STATE_PRUNED] = true,
                              [CAVIAR_STATE_FAILED] = true},
    [CAVIAR_STATE_PAUSED] = {[CAVIAR_STATE_WAITING] = true,
                             [CAVIAR_STATE_RUNNING] = true,
                             [CAVIAR_STATE_PRUNED] = true},
};

bool cav_state_may_move(caviar_state from, caviar_state to)
{
    return (size_t)from < 6 && (size_t)to < 6 && moves[from][to];
}

caviar_code cav_state_check_move(int64_t trial, caviar_state from, caviar_state to,
                                 cav_error *error)
{
    if (cav_state_may_move(from, to))
        return CAVIAR_OK;
    return cav_fail(error, CAVIAR_STATE, "trial %lld is %s; it cannot become %s", (long long)trial,
                    caviar_state_name(from), caviar_state_name(to));
}

bool cav_state_is_final(caviar_state state)
{
    return state == CAVIAR_STATE_COMPLETE || state == CAVIAR_STATE_PRUNED ||
           state == CAVIAR_STATE_FAILED;
}
