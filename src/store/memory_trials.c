/**
 * memory_trials.c: the trials and reports of the store in memory.
 */
#include "store/memory.h"

#include "base/memory.h"
#include "store/rules.h"
#include "trial/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LATEST = 16 }; // texts that are looked through for one to share

static const cav_memory_extra nothing_more = {.message = "", .checkpoints = "", .output = ""};

void cav_memory_free_row(cav_memory_row *at)
{
    if (!at->extra)
        return;
    cav_memory_free_text(at->extra->message);
    cav_memory_free_text(at->extra->checkpoints);
    cav_memory_free_text(at->extra->output);
    free(at->extra);
}

static const cav_memory_extra *extra_of(const cav_memory_row *at)
{
    return at->extra ? at->extra : &nothing_more;
}

// Room for what few trials have. False when out of memory.
static bool reserve_extra(cav_memory_row *at)
{
    if (at->extra)
        return true;
    at->extra = malloc(sizeof *at->extra);
    if (at->extra)
        *at->extra = nothing_more;
    return at->extra;
}

// A row as a record, which borrows from the study. Its output is left out.
static cav_record record_of(const cav_memory_study *at, size_t number)
{
    const cav_memory_row *row = &at->rows[number];
    const cav_memory_extra *extra = extra_of(row);
    return (cav_record){.number = (int64_t)number,
                        .attempt = row->attempt,
                        .failures = row->failures,
                        .state = (caviar_state)row->state,
                        .reason = (caviar_reason)row->reason,
                        .uncounted = row->uncounted,
                        .raw = at->raw + number * at->param_count,
                        .values = at->values + number * at->metric_count,
                        .step = row->step,
                        .origin = row->origin,
                        .has_parent = extra->has_parent,
                        .parent = extra->parent,
                        .parent_step = extra->parent_step,
                        .seed_number = extra->seed_number,
                        .owner = row->owner,
                        .created_ms = row->created_ms,
                        .started_ms = row->started_ms,
                        .finished_ms = row->finished_ms,
                        .lease_ms = row->lease_ms,
                        .can = row->can,
                        .checkpoints = extra->checkpoints,
                        .usage = extra->usage,
                        .message = extra->message,
                        .output = ""};
}

void cav_memory_free_metrics(caviar_metric *metrics, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free((char *)(uintptr_t)metrics[i].name);
    free(metrics);
}

// Enters a row in the log, for readers. The log has room: see reserve.
static void note_change(cav_memory_study *at, size_t number)
{
    at->rows[number].change = at->log_count;
    at->log[at->log_count++] = number;
}

static bool reserve_log(cav_memory_study *at)
{
    return CAV_GROW(&at->log, &at->log_capacity, at->log_count + 1);
}

static bool reserve_row(cav_memory_study *at)
{
    size_t needed = at->count + 1;
    // one more than needed, so that widths of 0 are no special case
    return reserve_log(at) && CAV_GROW(&at->open, &at->open_capacity, at->open_count + 1) &&
           CAV_GROW(&at->rows, &at->row_capacity, needed) &&
           CAV_GROW(&at->raw, &at->raw_capacity, needed * at->param_count + 1) &&
           CAV_GROW(&at->values, &at->value_capacity, needed * at->metric_count + 1);
}

static caviar_code check_insert(cav_memory_study *at, const cav_record *record,
                                const cav_insert *insert, cav_error *error)
{
    caviar_code code =
        cav_rule_insert(record, insert, (int64_t)at->count, (int64_t)at->uncounted, error);
    if (code)
        return code;
    if (insert->distinct && cav_point_index_find(&at->distinct, at->raw, record->raw) != SIZE_MAX)
        return cav_fail(error, CAVIAR_EXISTS, "a trial has these parameters already");
    return CAVIAR_OK;
}

static void fill_numbers(cav_memory_study *at, const cav_record *record)
{
    for (size_t i = 0; i < at->param_count; i++)
        at->raw[at->count * at->param_count + i] = record->raw[i];
    for (size_t m = 0; m < at->metric_count; m++)
        at->values[at->count * at->metric_count + m] =
            record->values ? cav_rule_value(record->values[m]) : NAN;
}

// One of the latest texts where it is among them, else a copy that lasts as long as the study:
// most trials have the origin and the owner of one shortly before. NULL when out of memory.
static const char *share(cav_memory_study *at, const char *text)
{
    if (!text || !text[0])
        return "";
    size_t count = at->shared_count, first = count > MOST_LATEST ? count - MOST_LATEST : 0;
    for (size_t i = count; i-- > first;) {
        char *found = at->shared[i];
        if (strcmp(found, text) != 0)
            continue;
        at->shared[i] = at->shared[count - 1];
        return at->shared[count - 1] = found; // the latest now
    }
    char *copy = CAV_GROW(&at->shared, &at->shared_capacity, count + 1) ? strdup(text) : NULL;
    if (copy)
        at->shared[at->shared_count++] = copy;
    return copy;
}

static bool has_text(const char *text)
{
    return text && text[0];
}

static bool fill_extra(const cav_record *record, cav_memory_row *fresh)
{
    if (!record->has_parent && !has_text(record->message) && !has_text(record->checkpoints) &&
        !has_text(record->output))
        return true;
    if (!reserve_extra(fresh))
        return false;
    cav_memory_extra *extra = fresh->extra;
    extra->has_parent = record->has_parent;
    extra->parent = record->parent;
    extra->parent_step = record->parent_step;
    extra->seed_number = record->seed_number;
    return cav_memory_set_text(&extra->message, record->message) &&
           cav_memory_set_text(&extra->checkpoints, record->checkpoints) &&
           cav_memory_set_text(&extra->output, record->output);
}

static caviar_code insert_row(cav_memory_study *at, const cav_record *record,
                              const cav_insert *insert, int64_t now, cav_error *error)
{
    bool runs = record->state == CAVIAR_STATE_RUNNING;
    cav_memory_row fresh = {.attempt = runs ? 1 : 0,
                            .failures = record->failures,
                            .step = record->step,
                            .created_ms = now,
                            .started_ms = runs ? now : 0,
                            .finished_ms = cav_state_is_final(record->state) ? now : 0,
                            .lease_ms = now + insert->lease_ms,
                            .origin = share(at, record->origin),
                            .owner = share(at, record->owner),
                            .can = record->can,
                            .state = (uint8_t)record->state,
                            .reason = (uint8_t)record->reason,
                            .uncounted = record->uncounted,
                            .is_distinct = insert->distinct};
    bool fits = reserve_row(at);
    if (fits)
        fill_numbers(at, record);
    if (!fits || !fresh.origin || !fresh.owner || !fill_extra(record, &fresh) ||
        (insert->distinct && !cav_point_index_add(&at->distinct, at->raw, at->count))) {
        cav_memory_free_row(&fresh);
        return cav_fail_memory(error);
    }
    at->rows[at->count] = fresh;
    if (!cav_state_is_final(record->state))
        at->open[at->open_count++] = at->count;
    note_change(at, at->count++);
    at->uncounted += record->uncounted;
    return CAVIAR_OK;
}

// Rows of `from` numbers become rows of `to`, with NaN at their ends.
static bool widen(double **numbers, size_t rows, size_t from, size_t to)
{
    double *wide = malloc((rows * to + 1) * sizeof *wide);
    if (!wide)
        return false;
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < to; i++)
            wide[r * to + i] = i < from ? (*numbers)[r * from + i] : NAN;
    free(*numbers);
    *numbers = wide;
    return true;
}

caviar_code cav_memory_fit(cav_memory_study *at, const cav_scope *scope, cav_error *error)
{
    size_t from = at->param_count, to = scope->space->count;
    if (to <= from)
        return CAVIAR_OK;
    for (size_t n = 0; n < at->nudge_count; n++) {
        double *raw = (double *)(uintptr_t)at->nudges[n].nudge.raw;
        if (raw && !widen(&raw, 1, from, to))
            return cav_fail_memory(error);
        at->nudges[n].nudge.raw = raw;
    }
    if (!widen(&at->raw, at->count, from, to))
        return cav_fail_memory(error);
    at->raw_capacity = at->count * to + 1;
    at->param_count = at->distinct.width = to;
    return CAVIAR_OK;
}

caviar_code cav_memory_trial_add(cav_store *store, const cav_scope *scope, const cav_record *record,
                                 const cav_insert *insert, int64_t *ret_number, cav_error *error)
{
    cav_memory_study *at = cav_memory_find(store, scope->study);
    if (!at)
        return cav_memory_fail_no_study(scope->study, error);
    if (at->count == 0)
        at->metric_count = scope->metric_count;
    caviar_code code = cav_memory_fit(at, scope, error);
    if (!code)
        code = check_insert(at, record, insert, error);
    cav_record fresh = *record;
    if (!code)
        fresh.raw = cav_rule_raw(record, insert, (int64_t)at->count, at->param_count);
    if (!code)
        code = insert_row(at, &fresh, insert, cav_clock_wall_ms(store->clock), error);
    if (!code)
        *ret_number = (int64_t)at->count - 1;
    return code;
}

static void drop_open(cav_memory_study *at, size_t number)
{
    for (size_t i = 0; i < at->open_count; i++) {
        if (at->open[i] == number) {
            memmove(at->open + i, at->open + i + 1, (--at->open_count - i) * sizeof *at->open);
            return;
        }
    }
}

static caviar_code lose(cav_memory_study *at, size_t number, int64_t most_failures, int64_t now,
                        cav_error *error)
{
    cav_memory_row *lost = &at->rows[number];
    caviar_state next = cav_rule_lost(lost->failures, most_failures);
    bool fails = next == CAVIAR_STATE_FAILED;
    if (!reserve_log(at) ||
        (fails &&
         (!reserve_extra(lost) || !cav_memory_set_text(&lost->extra->message, CAV_LOST_MESSAGE))))
        return cav_fail_memory(error);
    lost->state = (uint8_t)next;
    lost->reason = fails ? CAVIAR_REASON_LOST : CAVIAR_REASON_NONE;
    lost->failures++;
    lost->finished_ms = cav_rule_finished(lost->started_ms, now);
    note_change(at, number);
    if (fails)
        drop_open(at, number);
    return CAVIAR_OK;
}

static caviar_code take_back_lost(cav_memory_study *at, const cav_claim *claim, int64_t now,
                                  cav_error *error)
{
    for (size_t i = 0; i < at->open_count;) {
        size_t number = at->open[i];
        const cav_memory_row *row = &at->rows[number];
        bool lost = row->state == CAVIAR_STATE_RUNNING && row->lease_ms < now;
        caviar_code code = lost ? lose(at, number, claim->most_failures, now, error) : CAVIAR_OK;
        if (code)
            return code;
        i += !cav_state_is_final((caviar_state)row->state); // one that failed has left the list
    }
    return CAVIAR_OK;
}

// The number of the trial to take; SIZE_MAX: none.
static size_t find_claimable(const cav_memory_study *at, const cav_claim *claim)
{
    size_t first = SIZE_MAX;
    for (size_t i = 0; i < at->open_count; i++) {
        cav_record open = record_of(at, at->open[i]);
        if (!cav_rule_may_claim(claim, &open, (int64_t)at->count) ||
            (first != SIZE_MAX && open.failures >= at->rows[first].failures))
            continue;
        first = at->open[i];
        if (open.failures == 0)
            break;
    }
    return first;
}

caviar_code cav_memory_trial_claim(cav_store *store, const cav_scope *scope, const cav_claim *claim,
                                   int64_t *ret_number, cav_error *error)
{
    cav_memory_study *at = cav_memory_find(store, scope->study);
    if (!at)
        return cav_memory_fail_no_study(scope->study, error);
    int64_t now = cav_clock_wall_ms(store->clock);
    caviar_code code = take_back_lost(at, claim, now, error);
    if (code)
        return code;
    size_t number = find_claimable(at, claim);
    if (number == SIZE_MAX)
        return cav_rule_fail_claim(claim, error);
    const char *owner = share(at, claim->owner);
    if (!owner || !reserve_log(at))
        return cav_fail_memory(error);
    cav_memory_row *taken = &at->rows[number];
    taken->owner = owner;
    if (taken->state != CAVIAR_STATE_PAUSED)
        taken->started_ms = now;
    taken->state = CAVIAR_STATE_RUNNING;
    taken->attempt++;
    taken->lease_ms = now + claim->lease_ms;
    note_change(at, number);
    *ret_number = (int64_t)number;
    return CAVIAR_OK;
}

caviar_code cav_memory_find_row(cav_store *store, const cav_scope *scope, int64_t number,
                                cav_memory_study **ret_study, cav_memory_row **ret_row,
                                cav_error *error)
{
    *ret_study = cav_memory_find(store, scope->study);
    if (!*ret_study)
        return cav_memory_fail_no_study(scope->study, error);
    if (number < 0 || (size_t)number >= (*ret_study)->count)
        return cav_fail(error, CAVIAR_NOT_FOUND, "there is no trial %lld", (long long)number);
    *ret_row = &(*ret_study)->rows[number];
    return CAVIAR_OK;
}

// Takes over what a move says of a trial, all of it or nothing; texts that are NULL stay.
static bool set_extra(cav_memory_row *at, const cav_move *move)
{
    if (!at->extra && !has_text(move->message) && !has_text(move->output) &&
        cav_usage_is_same(move->usage, nothing_more.usage))
        return true;
    const char *message = NULL;
    if (!reserve_extra(at) || (move->message && !cav_memory_set_text(&message, move->message)))
        return false;
    if (move->output && !cav_memory_set_text(&at->extra->output, move->output)) {
        cav_memory_free_text(message);
        return false;
    }
    if (message) {
        cav_memory_free_text(at->extra->message);
        at->extra->message = message;
    }
    at->extra->usage = cav_usage_join(at->extra->usage, move->usage);
    return true;
}

caviar_code cav_memory_trial_move(cav_store *store, const cav_scope *scope, const cav_move *move,
                                  cav_error *error)
{
    cav_memory_study *at = NULL;
    cav_memory_row *moved = NULL;
    caviar_code code = cav_memory_find_row(store, scope, move->number, &at, &moved, error);
    if (!code)
        code = cav_rule_move(move, (caviar_state)moved->state, moved->attempt, error);
    if (!code)
        code = cav_memory_fit(at, scope, error);
    if (code)
        return code;
    if (!reserve_log(at) || !set_extra(moved, move))
        return cav_fail_memory(error);
    if (moved->state != CAVIAR_STATE_PAUSED) // else it ended when it paused
        moved->finished_ms = cav_rule_finished(moved->started_ms, cav_clock_wall_ms(store->clock));
    moved->state = (uint8_t)move->to;
    moved->reason = (uint8_t)move->reason;
    moved->failures += move->is_failure;
    for (size_t m = 0; move->values && m < at->metric_count; m++)
        at->values[(size_t)move->number * at->metric_count + m] = cav_rule_value(move->values[m]);
    if (move->raw && at->param_count > 0)
        memcpy(at->raw + (size_t)move->number * at->param_count, move->raw,
               at->param_count * sizeof *at->raw);
    if (cav_state_is_final(move->to))
        drop_open(at, (size_t)move->number);
    note_change(at, (size_t)move->number);
    return CAVIAR_OK;
}

static bool copy_metrics(const cav_report *report, cav_memory_report *kept)
{
    kept->metrics = calloc(report->metric_count + 1, sizeof *kept->metrics);
    if (!kept->metrics)
        return false;
    for (size_t i = 0; i < report->metric_count; i++) {
        if (cav_rule_is_repeated(report, i))
            continue;
        caviar_metric *metric = &kept->metrics[kept->metric_count];
        metric->value = cav_rule_value(report->metrics[i].value);
        metric->name = strdup(report->metrics[i].name);
        if (!metric->name)
            return false;
        kept->metric_count++;
    }
    return true;
}

static caviar_code keep_report(cav_memory_study *at, const cav_report *report, int64_t now,
                               cav_error *error)
{
    cav_memory_report kept = {
        .number = report->number, .attempt = report->attempt, .step = report->step, .time_ms = now};
    if (!CAV_GROW(&at->reports, &at->report_capacity, at->report_count + 1) ||
        !copy_metrics(report, &kept)) {
        cav_memory_free_metrics(kept.metrics, kept.metric_count);
        return cav_fail_memory(error);
    }
    at->reports[at->report_count++] = kept;
    return CAVIAR_OK;
}

// Takes over what a report says of its trial.
static bool note(cav_memory_study *at, cav_memory_row *from, const cav_report *report)
{
    const cav_memory_extra *known = extra_of(from);
    cav_usage usage = cav_usage_join(known->usage, report->usage);
    unsigned can = report->can ? report->can : from->can;
    bool keeps = report->checkpoints && strcmp(report->checkpoints, known->checkpoints) != 0;
    bool uses = !cav_usage_is_same(usage, known->usage);
    if (can == from->can && !keeps && !uses)
        return true;
    if (!reserve_log(at) || ((keeps || uses) && !reserve_extra(from)) ||
        (keeps && !cav_memory_set_text(&from->extra->checkpoints, report->checkpoints)))
        return false;
    from->can = can;
    if (uses)
        from->extra->usage = usage;
    note_change(at, (size_t)report->number);
    return true;
}

caviar_code cav_memory_report_add(cav_store *store, const cav_scope *scope,
                                  const cav_report *report, int64_t lease_ms, cav_error *error)
{
    cav_memory_study *at = NULL;
    cav_memory_row *from = NULL;
    caviar_code code = cav_memory_find_row(store, scope, report->number, &at, &from, error);
    if (!code)
        code = cav_rule_report(report->number, report->attempt, (caviar_state)from->state,
                               from->attempt, error);
    int64_t now = cav_clock_wall_ms(store->clock);
    if (!code && !note(at, from, report))
        code = cav_fail_memory(error);
    if (!code)
        code = keep_report(at, report, now, error);
    if (code)
        return code;
    from->step = report->step;
    from->lease_ms = now + lease_ms;
    return CAVIAR_OK;
}

caviar_code cav_memory_lease_renew(cav_store *store, const cav_scope *scope, const char *owner,
                                   int64_t lease_ms, cav_error *error)
{
    cav_memory_study *at = cav_memory_find(store, scope->study);
    if (!at)
        return cav_memory_fail_no_study(scope->study, error);
    int64_t until = cav_clock_wall_ms(store->clock) + lease_ms;
    for (size_t i = 0; i < at->open_count; i++) {
        cav_memory_row *open = &at->rows[at->open[i]];
        if (open->state == CAVIAR_STATE_RUNNING && strcmp(open->owner, owner) == 0)
            open->lease_ms = until;
    }
    return CAVIAR_OK;
}

caviar_code cav_memory_trial_read(cav_store *store, const cav_scope *scope, int64_t *cursor,
                                  cav_record_visitor *visit, void *context, cav_error *error)
{
    cav_memory_study *at = cav_memory_find(store, scope->study);
    if (!at)
        return cav_memory_fail_no_study(scope->study, error);
    caviar_code fitted = cav_memory_fit(at, scope, error);
    for (size_t i = (size_t)*cursor; i < at->log_count && !fitted; i++) {
        size_t number = at->log[i];
        if (at->rows[number].change != i)
            continue; // it changed again since: that entry is still to come
        cav_record record = record_of(at, number);
        caviar_code code = visit(context, &record, error);
        if (code)
            return code;
    }
    if (!fitted)
        *cursor = (int64_t)at->log_count;
    return fitted;
}

caviar_code cav_memory_report_read(cav_store *store, const cav_scope *scope, int64_t number,
                                   int64_t *cursor, cav_report_visitor *visit, void *context,
                                   cav_error *error)
{
    cav_memory_study *at = cav_memory_find(store, scope->study);
    if (!at)
        return cav_memory_fail_no_study(scope->study, error);
    for (size_t i = (size_t)*cursor; i < at->report_count; i++) {
        const cav_memory_report *kept = &at->reports[i];
        if (number >= 0 && kept->number != number)
            continue;
        cav_report report = {.number = kept->number,
                             .attempt = kept->attempt,
                             .step = kept->step,
                             .time_ms = kept->time_ms,
                             .metrics = kept->metrics,
                             .metric_count = kept->metric_count};
        caviar_code code = visit(context, &report, error);
        if (code)
            return code;
    }
    *cursor = (int64_t)at->report_count;
    return CAVIAR_OK;
}

caviar_code cav_memory_output_read(cav_store *store, const cav_scope *scope, int64_t number,
                                   cav_text *text, cav_error *error)
{
    cav_memory_study *at = NULL;
    cav_memory_row *from = NULL;
    caviar_code code = cav_memory_find_row(store, scope, number, &at, &from, error);
    if (!code)
        cav_text_append(text, extra_of(from)->output);
    return code;
}
