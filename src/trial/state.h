/**
 * state.h: which moves between the states of a trial are legal.
 */
#ifndef CAV_TRIAL_STATE_H
#define CAV_TRIAL_STATE_H

#include "base/error.h"

/** True if a trial may go from one state to another. */
bool cav_state_may_move(caviar_state from, caviar_state to);

/** CAVIAR_OK, or CAVIAR_STATE with a sentence such as "trial 7 is complete; it cannot …". */
caviar_code cav_state_check_move(int64_t trial, caviar_state from, caviar_state to,
                                 cav_error *error);

/** True for complete, pruned and failed: nothing follows any more. */
bool cav_state_is_final(caviar_state state);

#endif
