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

void cav_memory_free_row(cav_memory_row *at)
{
    cav_memory_free_text(at->record.message);
    cav_memory_free_text(at->record.checkpoints);
    cav_memory_free_text(at->output);
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

static void fill_numbers(cav_memory_study *at, const cav_record *record, int64_t now,
                         cav_memory_row *fresh)
{
    for (size_t i = 0; i < at->param_count; i++)
        at->raw[at->count * at->param_count + i] = record->raw[i];
    for (size_t m = 0; m < at->metric_count; m++)
        at->values[at->count * at->metric_count + m] =
            record->values ? cav_rule_value(record->values[m]) : NAN;
    fresh->record.number = (int64_t)at->count;
    fresh->record.created_ms = now;
    fresh->record.usage = (cav_usage){0};
    bool runs = record->state == CAVIAR_STATE_RUNNING;
    fresh->record.attempt = runs ? 1 : 0;
    fresh->record.started_ms = runs ? now : 0;
    fresh->record.finished_ms = cav_state_is_final(record->state) ? now : 0;
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

static caviar_code insert_row(cav_memory_study *at, const cav_record *record,
                              const cav_insert *insert, int64_t now, cav_error *error)
{
    cav_memory_row fresh = {.record = *record, .is_distinct = insert->distinct};
    fresh.record.message = fresh.record.checkpoints = NULL;
    fresh.record.origin = share(at, record->origin);
    fresh.record.owner = share(at, record->owner);
    fresh.record.output = "";
    bool fits = reserve_row(at);
    if (fits)
        fill_numbers(at, record, now, &fresh);
    if (!fits || !fresh.record.origin || !fresh.record.owner ||
        !cav_memory_set_text(&fresh.output, record->output) ||
        !cav_memory_set_text(&fresh.record.message, record->message) ||
        !cav_memory_set_text(&fresh.record.checkpoints, record->checkpoints) ||
        (insert->distinct && !cav_point_index_add(&at->distinct, at->raw, at->count))) {
        cav_memory_free_row(&fresh);
        return cav_fail_memory(error);
    }
    fresh.record.lease_ms = now + insert->lease_ms;
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

static caviar_code lose(cav_memory_study *at, cav_record *record, int64_t most_failures,
                        int64_t now, cav_error *error)
{
    caviar_state next = cav_rule_lost(record->failures, most_failures);
    bool fails = next == CAVIAR_STATE_FAILED;
    if (!reserve_log(at) || (fails && !cav_memory_set_text(&record->message, CAV_LOST_MESSAGE)))
        return cav_fail_memory(error);
    record->state = next;
    record->reason = fails ? CAVIAR_REASON_LOST : CAVIAR_REASON_NONE;
    record->failures++;
    record->finished_ms = cav_rule_finished(record->started_ms, now);
    note_change(at, (size_t)record->number);
    if (fails)
        drop_open(at, (size_t)record->number);
    return CAVIAR_OK;
}

static caviar_code take_back_lost(cav_memory_study *at, const cav_claim *claim, int64_t now,
                                  cav_error *error)
{
    for (size_t i = 0; i < at->open_count;) {
        cav_record *record = &at->rows[at->open[i]].record;
        bool lost = record->state == CAVIAR_STATE_RUNNING && record->lease_ms < now;
        caviar_code code = lost ? lose(at, record, claim->most_failures, now, error) : CAVIAR_OK;
        if (code)
            return code;
        i += !cav_state_is_final(record->state); // one that failed has left the list
    }
    return CAVIAR_OK;
}

static cav_memory_row *find_claimable(cav_memory_study *at, const cav_claim *claim)
{
    cav_memory_row *first = NULL;
    for (size_t i = 0; i < at->open_count && !(first && first->record.failures == 0); i++) {
        cav_memory_row *open = &at->rows[at->open[i]];
        if (cav_rule_may_claim(claim, &open->record, (int64_t)at->count) &&
            (!first || open->record.failures < first->record.failures))
            first = open;
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
    cav_memory_row *taken = find_claimable(at, claim);
    if (!taken)
        return cav_rule_fail_claim(claim, error);
    const char *owner = share(at, claim->owner);
    if (!owner || !reserve_log(at))
        return cav_fail_memory(error);
    taken->record.owner = owner;
    if (taken->record.state != CAVIAR_STATE_PAUSED)
        taken->record.started_ms = now;
    taken->record.state = CAVIAR_STATE_RUNNING;
    taken->record.attempt++;
    taken->record.lease_ms = now + claim->lease_ms;
    note_change(at, (size_t)taken->record.number);
    *ret_number = taken->record.number;
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

// Puts texts in place, both or none; what is NULL stays.
static bool set_texts(cav_memory_row *at, const char *message, const char *output)
{
    const char *kept = NULL;
    if (message && !cav_memory_set_text(&kept, message))
        return false;
    if (output && !cav_memory_set_text(&at->output, output)) {
        cav_memory_free_text(kept);
        return false;
    }
    if (kept) {
        cav_memory_free_text(at->record.message);
        at->record.message = kept;
    }
    return true;
}

caviar_code cav_memory_trial_move(cav_store *store, const cav_scope *scope, const cav_move *move,
                                  cav_error *error)
{
    cav_memory_study *at = NULL;
    cav_memory_row *moved = NULL;
    caviar_code code = cav_memory_find_row(store, scope, move->number, &at, &moved, error);
    if (!code)
        code = cav_rule_move(move, moved->record.state, moved->record.attempt, error);
    if (!code)
        code = cav_memory_fit(at, scope, error);
    if (code)
        return code;
    cav_record *record = &moved->record;
    if (!reserve_log(at) || !set_texts(moved, move->message, move->output))
        return cav_fail_memory(error);
    record->state = move->to;
    record->reason = move->reason;
    record->failures += move->is_failure;
    record->usage = cav_usage_join(record->usage, move->usage);
    record->finished_ms = cav_rule_finished(record->started_ms, cav_clock_wall_ms(store->clock));
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
static bool note(cav_memory_study *at, cav_record *record, const cav_report *report)
{
    cav_usage usage = cav_usage_join(record->usage, report->usage);
    unsigned can = report->can ? report->can : record->can;
    bool keeps = report->checkpoints && strcmp(report->checkpoints, record->checkpoints) != 0;
    if (can == record->can && !keeps && cav_usage_is_same(usage, record->usage))
        return true;
    if (!reserve_log(at) ||
        (keeps && !cav_memory_set_text(&record->checkpoints, report->checkpoints)))
        return false;
    record->can = can;
    record->usage = usage;
    note_change(at, (size_t)record->number);
    return true;
}

caviar_code cav_memory_report_add(cav_store *store, const cav_scope *scope,
                                  const cav_report *report, int64_t lease_ms, cav_error *error)
{
    cav_memory_study *at = NULL;
    cav_memory_row *from = NULL;
    caviar_code code = cav_memory_find_row(store, scope, report->number, &at, &from, error);
    if (!code)
        code = cav_rule_report(report->number, report->attempt, from->record.state,
                               from->record.attempt, error);
    int64_t now = cav_clock_wall_ms(store->clock);
    if (!code && !note(at, &from->record, report))
        code = cav_fail_memory(error);
    if (!code)
        code = keep_report(at, report, now, error);
    if (code)
        return code;
    from->record.step = report->step;
    from->record.lease_ms = now + lease_ms;
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
        cav_record *record = &at->rows[at->open[i]].record;
        if (record->state == CAVIAR_STATE_RUNNING && strcmp(record->owner, owner) == 0)
            record->lease_ms = until;
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
        cav_record record = at->rows[number].record;
        record.raw = at->raw + number * at->param_count;
        record.values = at->values + number * at->metric_count;
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
        cav_text_append(text, from->output);
    return code;
}
