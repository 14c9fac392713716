/**
 * postgresql_claims.c: taking trials, and taking back those whose worker is lost.
 *
 * A claim skips trials that another transaction has locked (FOR UPDATE SKIP LOCKED): a heartbeat,
 * say, that does not take the counters.
 */
#include "store/postgresql.h"

#include "store/rules.h"

// Takes one back, if nobody has renewed its lease since it was found.
static caviar_code lose(cav_pg *store, const cav_scope *scope, int64_t number, int64_t attempt,
                        caviar_state next, cav_error *error)
{
    cav_pg_call call;
    int64_t answer;
    bool fails = next == CAVIAR_STATE_FAILED;
    cav_pg_change_begin(store, &call, CAV_PG_CLAIM_LOSE, scope->study);
    cav_pg_add_int(&call, number);
    cav_pg_add_int(&call, attempt);
    cav_pg_add_text(&call, caviar_state_name(next));
    cav_pg_add_text(&call, fails ? caviar_reason_name(CAVIAR_REASON_LOST) : "");
    cav_pg_add_text(&call, fails ? CAV_LOST_MESSAGE : NULL);
    cav_pg_add_int(&call, store->leases_from_ms);
    return cav_pg_write(store, &call, scope->study, &answer, error);
}

static caviar_code take_back_lost(cav_pg *store, const cav_scope *scope, const cav_claim *claim,
                                  cav_error *error)
{
    cav_pg_call call;
    PGresult *result;
    cav_pg_call_begin(&call, CAV_PG_CLAIM_EXPIRED);
    cav_pg_add_int(&call, scope->study);
    cav_pg_add_now(store, &call);
    cav_pg_add_int(&call, store->leases_from_ms);
    caviar_code code = cav_pg_read(store, &call, scope->study, &result, error);
    if (code)
        return code;
    for (int i = 0; i < store->pq.PQntuples(result) && !code; i++) {
        caviar_state next = cav_rule_lost(cav_pg_int(store, result, i, 2), claim->most_failures);
        code = lose(store, scope, cav_pg_int(store, result, i, 0), cav_pg_int(store, result, i, 1),
                    next, error);
    }
    store->pq.PQclear(result);
    return code;
}

// Whether any trial waits that is due, and whether any has a lease that is over.
static caviar_code look(cav_pg *store, const cav_scope *scope, const cav_claim *claim,
                        bool *ret_waits, bool *ret_expired, cav_error *error)
{
    cav_pg_call call;
    PGresult *result;
    cav_pg_call_begin(&call, CAV_PG_CLAIM_LOOK);
    cav_pg_add_int(&call, scope->study);
    cav_pg_add_now(store, &call);
    cav_pg_add_int(&call, store->leases_from_ms);
    cav_pg_add_int(&call, claim->is_last);
    caviar_code code = cav_pg_read(store, &call, scope->study, &result, error);
    if (code)
        return code;
    if (store->pq.PQntuples(result) == 0)
        code = cav_pg_fail_no_study(error);
    *ret_waits = !code && cav_pg_text(store, result, 0, 0)[0] == 't';
    *ret_expired = !code && cav_pg_text(store, result, 0, 1)[0] == 't';
    store->pq.PQclear(result);
    return code;
}

static caviar_code take(cav_pg *store, const cav_scope *scope, const cav_claim *claim,
                        int64_t *ret_number, cav_error *error)
{
    cav_pg_call call;
    bool any = claim->number < 0;
    cav_pg_change_begin(store, &call, any ? CAV_PG_CLAIM_FIRST : CAV_PG_CLAIM_ONE, scope->study);
    cav_pg_add_text(&call, claim->owner);
    cav_pg_add_int(&call, claim->lease_ms);
    cav_pg_add_int(&call, any ? claim->is_last : claim->number);
    return cav_pg_write(store, &call, scope->study, ret_number, error);
}

caviar_code cav_pg_trial_claim(cav_store *base, const cav_scope *scope, const cav_claim *claim,
                               int64_t *ret_number, cav_error *error)
{
    cav_pg *store = cav_pg_of(base);
    int64_t number = -1;
    bool waits = false, expired = false;
    caviar_code code = look(store, scope, claim, &waits, &expired, error);
    if (!code && expired)
        code = take_back_lost(store, scope, claim, error);
    if (!code && (waits || expired || claim->number >= 0))
        code = take(store, scope, claim, &number, error);
    if (!code && number < 0)
        return cav_rule_fail_claim(claim, error);
    if (!code)
        *ret_number = number;
    return code;
}

caviar_code cav_pg_lease_renew(cav_store *base, const cav_scope *scope, const char *owner,
                               int64_t lease_ms, cav_error *error)
{
    cav_pg *store = cav_pg_of(base);
    cav_pg_call call;
    PGresult *result;
    cav_pg_call_begin(&call, CAV_PG_LEASE_RENEW);
    cav_pg_add_int(&call, scope->study);
    cav_pg_add_text(&call, owner);
    cav_pg_add_int(&call, lease_ms);
    cav_pg_add_now(store, &call);
    caviar_code code = cav_pg_read(store, &call, -1, &result, error);
    if (code)
        return code;
    bool any = store->pq.PQcmdTuples(result)[0] != '0';
    store->pq.PQclear(result);
    if (!any)
        code = cav_pg_need_study(store, scope->study, error);
    if (!code && store->depth == 0)
        cav_pg_read_time(store, NULL); // clocks drift; the next beat compares them again
    return code;
}
