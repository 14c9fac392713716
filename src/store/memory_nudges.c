/**
 * memory_nudges.c: the nudges of the store in memory.
 */
#include "store/memory.h"

#include "base/memory.h"
#include "store/rules.h"

#include <stdlib.h>

void cav_memory_free_nudge(cav_nudge *nudge)
{
    free((double *)(uintptr_t)nudge->raw);
    cav_memory_free_text(nudge->author);
    cav_memory_free_text(nudge->note);
}

static bool copy_nudge(const cav_memory_study *at, const cav_nudge *from, cav_nudge *to)
{
    *to = *from;
    to->raw = NULL;
    to->author = to->note = NULL;
    double *raw = from->raw ? calloc(at->param_count + 1, sizeof *raw) : NULL;
    for (size_t i = 0; raw && i < at->param_count; i++)
        raw[i] = from->raw[i];
    to->raw = raw;
    if ((!from->raw || raw) && cav_memory_set_text(&to->author, from->author) &&
        cav_memory_set_text(&to->note, from->note))
        return true;
    cav_memory_free_nudge(to);
    return false;
}

static void note_nudge(cav_memory_study *at, size_t index)
{
    at->nudges[index].change = at->nudge_log_count;
    at->nudge_log[at->nudge_log_count++] = index;
}

static bool reserve_nudge_log(cav_memory_study *at)
{
    return CAV_GROW(&at->nudge_log, &at->nudge_log_capacity, at->nudge_log_count + 1);
}

caviar_code cav_memory_nudge_add(cav_store *store, const cav_scope *scope, const cav_nudge *nudge,
                                 int64_t *ret_id, cav_error *error)
{
    cav_memory_study *at = NULL;
    cav_memory_row *to = NULL;
    caviar_code code = cav_memory_find_row(store, scope, nudge->number, &at, &to, error);
    if (!code)
        code = cav_rule_nudge(nudge->number, (caviar_state)to->state, error);
    if (code)
        return code;
    cav_memory_nudge kept = {0};
    if (!reserve_nudge_log(at) ||
        !CAV_GROW(&at->nudges, &at->nudge_capacity, at->nudge_count + 1) ||
        !copy_nudge(at, nudge, &kept.nudge))
        return cav_fail_memory(error);
    kept.nudge.id = *ret_id = (int64_t)at->nudge_count + 1;
    kept.nudge.created_ms = cav_clock_wall_ms(store->clock);
    kept.nudge.delivered_ms = 0;
    at->nudges[at->nudge_count] = kept;
    note_nudge(at, at->nudge_count++);
    return CAVIAR_OK;
}

caviar_code cav_memory_nudge_set(cav_store *store, const cav_scope *scope, int64_t id,
                                 cav_nudge_state state, int64_t step, cav_error *error)
{
    cav_memory_study *at = cav_memory_find(store, scope->study);
    if (!at)
        return cav_memory_fail_no_study(scope->study, error);
    if (id < 1 || (size_t)id > at->nudge_count)
        return cav_fail(error, CAVIAR_NOT_FOUND, "there is no nudge %lld", (long long)id);
    if (!reserve_nudge_log(at))
        return cav_fail_memory(error);
    cav_nudge *nudge = &at->nudges[id - 1].nudge;
    nudge->state = state;
    nudge->step = step;
    if (nudge->delivered_ms == 0)
        nudge->delivered_ms = cav_clock_wall_ms(store->clock);
    note_nudge(at, (size_t)id - 1);
    return CAVIAR_OK;
}

caviar_code cav_memory_nudge_read(cav_store *store, const cav_scope *scope, int64_t *cursor,
                                  cav_nudge_visitor *visit, void *context, cav_error *error)
{
    cav_memory_study *at = cav_memory_find(store, scope->study);
    if (!at)
        return cav_memory_fail_no_study(scope->study, error);
    caviar_code fitted = cav_memory_fit(at, scope, error);
    for (size_t i = (size_t)*cursor; i < at->nudge_log_count && !fitted; i++) {
        const cav_memory_nudge *kept = &at->nudges[at->nudge_log[i]];
        caviar_code code = kept->change == i ? visit(context, &kept->nudge, error) : CAVIAR_OK;
        if (code)
            return code;
    }
    if (!fitted)
        *cursor = (int64_t)at->nudge_log_count;
    return fitted;
}
