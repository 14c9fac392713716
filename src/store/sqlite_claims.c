/**
 * sqlite_claims.c: taking trials, and taking back those whose worker is lost.
 */
#include "store/sqlite.h"

#include "store/rules.h"

static caviar_code lose(cav_sqlite *store, const cav_scope *scope, int64_t number,
                        caviar_state next, int64_t now, cav_error *error)
{
    int64_t change = 0;
    sqlite3_stmt *statement;
    caviar_code code = cav_sqlite_next_change(store, scope, &change, error);
    if (!code)
        code = cav_sqlite_prepare(store, CAV_SQLITE_TRIAL_LOSE, &statement, error);
    if (code)
        return code;
    bool fails = next == CAVIAR_STATE_FAILED;
    sqlite3_bind_int64(statement, 1, scope->study);
    sqlite3_bind_int64(statement, 2, number);
    cav_sqlite_bind_text(statement, 3, caviar_state_name(next));
    cav_sqlite_bind_text(statement, 4, fails ? caviar_reason_name(CAVIAR_REASON_LOST) : "");
    if (fails)
        cav_sqlite_bind_text(statement, 5, CAV_LOST_MESSAGE);
    sqlite3_bind_int64(statement, 6, now);
    sqlite3_bind_int64(statement, 7, change);
    return cav_sqlite_run(store, statement, "taking back a trial", error);
}

// The first trial whose lease has run out; number -1 if there is none.
static caviar_code find_expired(cav_sqlite *store, const cav_scope *scope, int64_t now,
                                int64_t *ret_number, int64_t *ret_failures, cav_error *error)
{
    sqlite3_stmt *statement;
    caviar_code code = cav_sqlite_prepare(store, CAV_SQLITE_TRIAL_EXPIRED, &statement, error);
    if (code)
        return code;
    sqlite3_bind_int64(statement, 1, scope->study);
    sqlite3_bind_int64(statement, 2, now);
    *ret_number = -1;
    int status = sqlite3_step(statement);
    if (status == SQLITE_ROW) {
        *ret_number = sqlite3_column_int64(statement, 0);
        *ret_failures = sqlite3_column_int64(statement, 1);
    } else if (status != SQLITE_DONE) {
        code = cav_sqlite_fail(store, "looking for lost trials", error);
    }
    sqlite3_reset(statement);
    return code;
}

// One at a time: the search starts again after each, as the table has changed. It comes to higher
// numbers each time, unless an index says of a trial what its row does not.
static caviar_code take_back_lost(cav_sqlite *store, const cav_scope *scope, const cav_claim *claim,
                                  int64_t now, cav_error *error)
{
    for (int64_t number, last = -1;; last = number) {
        int64_t failures = 0;
        caviar_code code = find_expired(store, scope, now, &number, &failures, error);
        if (code || number < 0)
            return code;
        if (number <= last)
            return cav_sqlite_fail_damaged(store, error, "trial %lld does not leave its worker",
                                           (long long)number);
        caviar_state next = cav_rule_lost(failures, claim->most_failures);
        code = lose(store, scope, number, next, now, error);
        if (code)
            return code;
    }
}

// The number of the trial to take; -1 if there is none.
static caviar_code find_claimable(cav_sqlite *store, const cav_scope *scope, const cav_claim *claim,
                                  int64_t *ret_number, cav_error *error)
{
    int64_t wanted = claim->number;
    *ret_number = -1;
    if (wanted >= 0) {
        caviar_state state;
        int64_t attempt;
        caviar_code code = cav_sqlite_trial_state(store, scope, wanted, &state, &attempt, error);
        if (!code && (state == CAVIAR_STATE_WAITING || state == CAVIAR_STATE_PAUSED))
            *ret_number = wanted;
        return code == CAVIAR_NOT_FOUND ? CAVIAR_OK : code; // the lost ones stay put back
    }
    sqlite3_stmt *statement;
    caviar_code code = cav_sqlite_prepare(store, CAV_SQLITE_TRIAL_FIRST_WAITING, &statement, error);
    if (code)
        return code;
    sqlite3_bind_int64(statement, 1, scope->study);
    sqlite3_bind_int64(statement, 2, claim->is_last);
    int status = sqlite3_step(statement);
    if (status == SQLITE_ROW)
        *ret_number = sqlite3_column_int64(statement, 0);
    else if (status != SQLITE_DONE)
        code = cav_sqlite_fail(store, "looking for a waiting trial", error);
    sqlite3_reset(statement);
    return code;
}

static caviar_code take(cav_sqlite *store, const cav_scope *scope, int64_t number,
                        const cav_claim *claim, int64_t now, cav_error *error)
{
    int64_t change = 0;
    sqlite3_stmt *statement;
    caviar_code code = cav_sqlite_next_change(store, scope, &change, error);
    if (!code)
        code = cav_sqlite_prepare(store, CAV_SQLITE_TRIAL_TAKE, &statement, error);
    if (code)
        return code;
    sqlite3_bind_int64(statement, 1, scope->study);
    sqlite3_bind_int64(statement, 2, number);
    cav_sqlite_bind_text(statement, 3, claim->owner);
    sqlite3_bind_int64(statement, 4, now + claim->lease_ms);
    sqlite3_bind_int64(statement, 5, now);
    sqlite3_bind_int64(statement, 6, change);
    return cav_sqlite_run(store, statement, "taking a trial", error);
}

// Is there anything to take, now or once it was taken back? Then it is worth the write lock.
static caviar_code has_claimable(cav_sqlite *store, const cav_scope *scope, const cav_claim *claim,
                                 int64_t now, bool *ret_has, cav_error *error)
{
    int64_t number = -1, failures;
    caviar_code code = find_claimable(store, scope, claim, &number, error);
    if (!code && number < 0)
        code = find_expired(store, scope, now, &number, &failures, error);
    if (!code)
        *ret_has = number >= 0;
    return code;
}

caviar_code cav_sqlite_trial_claim(cav_store *base, const cav_scope *scope, const cav_claim *claim,
                                   int64_t *ret_number, cav_error *error)
{
    cav_sqlite *store = cav_sqlite_of(base);
    int64_t now = cav_clock_wall_ms(store->clock), number = -1;
    bool worth = claim->number >= 0;
    caviar_code code = worth ? CAVIAR_OK : has_claimable(store, scope, claim, now, &worth, error);
    if (!code && worth)
        code = cav_sqlite_begin(base, error);
    if (code)
        return code;
    if (worth) {
        code = take_back_lost(store, scope, claim, now, error);
        if (!code)
            code = find_claimable(store, scope, claim, &number, error);
        if (!code && number >= 0)
            code = take(store, scope, number, claim, now, error);
        code = cav_sqlite_end(store, code, error);
    }
    if (!code && number < 0)
        return cav_rule_fail_claim(claim, error);
    if (!code)
        *ret_number = number;
    return code;
}

caviar_code cav_sqlite_lease_renew(cav_store *base, const cav_scope *scope, const char *owner,
                                   int64_t lease_ms, cav_error *error)
{
    cav_sqlite *store = cav_sqlite_of(base);
    sqlite3_stmt *statement;
    caviar_code code = cav_sqlite_begin(base, error);
    if (code)
        return code;
    code = cav_sqlite_prepare(store, CAV_SQLITE_LEASE_RENEW, &statement, error);
    if (!code) {
        sqlite3_bind_int64(statement, 1, scope->study);
        cav_sqlite_bind_text(statement, 2, owner);
        sqlite3_bind_int64(statement, 3, cav_clock_wall_ms(store->clock) + lease_ms);
        code = cav_sqlite_run(store, statement, "renewing leases", error);
    }
    if (!code && sqlite3_changes(store->db) == 0)
        code = cav_sqlite_need_study(store, scope->study, error);
    return cav_sqlite_end(store, code, error);
}
