/**
 * rules.c: fencing and moves.
 */
#include "store/rules.h"

#include "trial/state.h"

caviar_code cav_rule_token(int64_t number, int64_t attempt, caviar_state state,
                           int64_t present_attempt, cav_error *error)
{
    if (cav_state_is_final(state))
        return cav_fail(error, CAVIAR_STATE, "trial %lld is %s already", (long long)number,
                        caviar_state_name(state));
    bool is_held = state == CAVIAR_STATE_RUNNING || state == CAVIAR_STATE_WAITING;
    if (attempt == present_attempt && attempt > 0 && is_held)
        return CAVIAR_OK;
    return cav_fail(error, CAVIAR_STALE,
                    "trial %lld was taken over (attempt %lld is over, %lld is the present one); "
                    "this result comes too late and is not kept",
                    (long long)number, (long long)attempt, (long long)present_attempt);
}

caviar_code cav_rule_move(const cav_move *move, caviar_state state, int64_t present_attempt,
                          cav_error *error)
{
    if (state == CAVIAR_STATE_PAUSED && move->attempt == present_attempt)
        return cav_state_check_move(move->number, state, move->to, error);
    caviar_code code = cav_rule_token(move->number, move->attempt, state, present_attempt, error);
    // one whose lease ran out moves on as if it still ran
    return code ? code : cav_state_check_move(move->number, CAVIAR_STATE_RUNNING, move->to, error);
}

caviar_state cav_rule_lost(int64_t failures, int64_t most_failures)
{
    return failures < most_failures ? CAVIAR_STATE_WAITING : CAVIAR_STATE_FAILED;
}
