/**
 * rules.c: conditions of an insert, fencing, moves.
 */
#include "store/rules.h"

#include "base/text.h"
#include "trial/state.h"

#include <math.h>
#include <string.h>

static caviar_code check_reason(int64_t number, caviar_state state, caviar_reason reason,
                                cav_error *error)
{
    if (state != CAVIAR_STATE_FAILED || reason != CAVIAR_REASON_NONE)
        return CAVIAR_OK;
    return cav_fail(error, CAVIAR_INVALID, "trial %lld cannot fail without a reason",
                    (long long)number);
}

caviar_code cav_rule_insert(const cav_record *record, const cav_insert *insert, int64_t trials,
                            int64_t uncounted, cav_error *error)
{
    if (insert->budget > 0 && !record->uncounted && trials - uncounted >= insert->budget)
        return cav_fail(error, CAVIAR_DONE, "the budget of %lld trials is spent",
                        (long long)insert->budget);
    if (insert->expected >= 0 &&
        (trials < insert->expected || trials > insert->expected + (int64_t)insert->following_count))
        return cav_fail(error, CAVIAR_EXISTS, "trial %lld was made by somebody else",
                        (long long)insert->expected);
    return check_reason(trials, record->state, record->reason, error);
}

const double *cav_rule_raw(const cav_record *record, const cav_insert *insert, int64_t number,
                           size_t width)
{
    if (insert->expected < 0 || number <= insert->expected)
        return record->raw;
    return insert->following + (size_t)(number - insert->expected - 1) * width;
}

static caviar_code check_attempt(int64_t number, int64_t attempt, int64_t present_attempt,
                                 cav_error *error)
{
    if (attempt == present_attempt)
        return CAVIAR_OK;
    return cav_fail(error, CAVIAR_STALE,
                    "trial %lld was taken over (attempt %lld is over, %lld is the present one); "
                    "this result comes too late and is not kept",
                    (long long)number, (long long)attempt, (long long)present_attempt);
}

// One whose lease ran out goes on as if it still ran, as long as nobody took it.
static caviar_state state_for_worker(caviar_state state, int64_t attempt)
{
    return state == CAVIAR_STATE_WAITING && attempt > 0 ? CAVIAR_STATE_RUNNING : state;
}

caviar_code cav_rule_report(int64_t number, int64_t attempt, caviar_state state,
                            int64_t present_attempt, cav_error *error)
{
    caviar_code code = check_attempt(number, attempt, present_attempt, error);
    if (code || state_for_worker(state, attempt) == CAVIAR_STATE_RUNNING)
        return code;
    return cav_fail(error, CAVIAR_STATE, "trial %lld is %s; only a running one reports",
                    (long long)number, caviar_state_name(state));
}

caviar_code cav_rule_move(const cav_move *move, caviar_state state, int64_t present_attempt,
                          cav_error *error)
{
    caviar_code code = check_attempt(move->number, move->attempt, present_attempt, error);
    if (code)
        return code;
    if (move->to == CAVIAR_STATE_RUNNING)
        return cav_fail(error, CAVIAR_STATE, "trial %lld is %s; it runs when a worker claims it",
                        (long long)move->number, caviar_state_name(state));
    state = state_for_worker(state, move->attempt);
    code = cav_state_check_move(move->number, state, move->to, error);
    return code ? code : check_reason(move->number, move->to, move->reason, error);
}

caviar_code cav_rule_nudge(int64_t number, caviar_state state, cav_error *error)
{
    if (!cav_state_is_final(state))
        return CAVIAR_OK;
    return cav_fail(error, CAVIAR_STATE,
                    "trial %lld is %s; only one that has not ended can be changed. 'caviar fork "
                    "%lld' goes on from one of its checkpoints as a new trial",
                    (long long)number, caviar_state_name(state), (long long)number);
}

caviar_state cav_rule_lost(int64_t failures, int64_t most_failures)
{
    return failures < most_failures ? CAVIAR_STATE_WAITING : CAVIAR_STATE_FAILED;
}

bool cav_rule_may_claim(const cav_claim *claim, const cav_record *record, int64_t trials)
{
    bool waits = record->state == CAVIAR_STATE_WAITING;
    if (claim->number >= 0)
        return record->number == claim->number && (waits || record->state == CAVIAR_STATE_PAUSED);
    int64_t doublings = record->failures < 30 ? record->failures : 30;
    int64_t due = record->number + (INT64_C(1) << doublings) - 1;
    return waits && (claim->is_last || due <= trials);
}

int64_t cav_rule_finished(int64_t started_ms, int64_t now_ms)
{
    return now_ms > started_ms ? now_ms : started_ms;
}

caviar_code cav_rule_fail_claim(const cav_claim *claim, cav_error *error)
{
    if (claim->number < 0)
        return cav_fail(error, CAVIAR_NOT_FOUND, "no trial is waiting");
    return cav_fail(error, CAVIAR_NOT_FOUND, "there is no trial %lld that waits or is paused",
                    (long long)claim->number);
}

uint64_t cav_rule_revision(const char *definition)
{
    return cav_text_hash(CAV_TEXT_HASH, definition);
}

double cav_rule_value(double value)
{
    return isfinite(value) ? value : (double)NAN;
}

bool cav_rule_is_repeated(const cav_report *report, size_t index)
{
    for (size_t i = index + 1; i < report->metric_count; i++)
        if (strcmp(report->metrics[i].name, report->metrics[index].name) == 0)
            return true;
    return false;
}
