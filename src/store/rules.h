/**
 * rules.h: what every store decides alike: who may move a trial, and where to.
 */
#ifndef CAV_STORE_RULES_H
#define CAV_STORE_RULES_H

#include "store/store.h"

/**
 * Checks the token of a worker against a trial's present state. A trial whose lease ran out and
 * that nobody took since still belongs to its worker. CAVIAR_STALE if somebody took it,
 * CAVIAR_STATE if it has ended.
 */
caviar_code cav_rule_token(int64_t number, int64_t attempt, caviar_state state,
                           int64_t present_attempt, cav_error *error);

/** Checks a move: the token, and that the state may follow. */
caviar_code cav_rule_move(const cav_move *move, caviar_state state, int64_t present_attempt,
                          cav_error *error);

/** Where a trial goes whose worker is lost: waiting again, or failed. */
caviar_state cav_rule_lost(int64_t failures, int64_t most_failures);

/** What is said of such a trial when it fails. */
#define CAV_LOST_MESSAGE "its worker vanished too often"

#endif
