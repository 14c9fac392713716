/**
 * rules.h: what every store decides alike: which trials may be added, who may move one, and where
 * to.
 */
#ifndef CAV_STORE_RULES_H
#define CAV_STORE_RULES_H

#include "store/store.h"

/** Checks the conditions of an insert but `distinct`, given how many trials there are. */
caviar_code cav_rule_insert(const cav_record *record, const cav_insert *insert, int64_t trials,
                            int64_t uncounted, cav_error *error);

/** The parameters [width] of a trial that is inserted with this number: see cav_insert. */
const double *cav_rule_raw(const cav_record *record, const cav_insert *insert, int64_t number,
                           size_t width);

/**
 * Checks the token of a worker that reports. A trial whose lease ran out and that nobody took
 * since still belongs to its worker. CAVIAR_STALE if somebody took it, CAVIAR_STATE if it is
 * paused or has ended.
 */
caviar_code cav_rule_report(int64_t number, int64_t attempt, caviar_state state,
                            int64_t present_attempt, cav_error *error);

/** Checks a move: the token, and that the state may follow. */
caviar_code cav_rule_move(const cav_move *move, caviar_state state, int64_t present_attempt,
                          cav_error *error);

/** Checks that a trial can still be nudged: it has not ended. */
caviar_code cav_rule_nudge(int64_t number, caviar_state state, cav_error *error);

/** Where a trial goes whose worker is lost: waiting again, or failed. */
caviar_state cav_rule_lost(int64_t failures, int64_t most_failures);

/**
 * Whether a trial may be taken, in a study of so many trials. One that waits and has failed once is
 * due at once: that may have been bad luck. Whenever it fails again it is due only when two, six,
 * fourteen, … trials have been made behind it, so that those that always fail leave room for
 * others. Stores that say this in SQL say the same: CAV_RULE_IS_DUE.
 */
bool cav_rule_may_claim(const cav_claim *claim, const cav_record *record, int64_t trials);

/** The same of the columns of one that waits; `least`: a database's word for the lesser of two. */
#define CAV_RULE_IS_DUE(least, trials, is_last)                                                    \
    "(" is_last " <> 0 OR number + (1 << CAST(" least "(failures, 30) AS INTEGER)) - 1 <= " trials \
    ")"

/** When a trial ended: not before it began, whatever has become of the clock since. */
int64_t cav_rule_finished(int64_t started_ms, int64_t now_ms);

/** What is said of such a trial when it fails. */
#define CAV_LOST_MESSAGE "its worker vanished too often"

/** CAVIAR_NOT_FOUND: there is no trial to take. */
caviar_code cav_rule_fail_claim(const cav_claim *claim, cav_error *error);

/** A number that tells one definition of a study from another. */
uint64_t cav_rule_revision(const char *definition);

/** A number as it is kept: NaN if it is not finite. */
double cav_rule_value(double value);

/** True if a later metric of the report has the same name, and counts in place of this one. */
bool cav_rule_is_repeated(const cav_report *report, size_t index);

#endif
