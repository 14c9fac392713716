/**
 * memory.c: the store that ends with the process.
 *
 * Rows are kept by number; a log of changes, one entry each, tells a reader what is new.
 */
#include "store/store.h"

#include "base/memory.h"
#include "store/rules.h"
#include "trial/point_index.h"
#include "trial/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct row {
    cav_record record;  // its strings are owned but for `output`; raw and values are not set
    const char *output; // owned
    size_t change;      // index of its latest entry in the log
    bool is_distinct;
} row;

typedef struct kept_report {
    int64_t number, attempt, step, time_ms;
    caviar_metric *metrics; // [metric_count] owned, names too
    size_t metric_count;
} kept_report;

typedef struct kept_nudge {
    cav_nudge nudge; // its texts and raw are owned
    size_t change;   // index of its latest entry in the log of nudges
} kept_nudge;

typedef struct study {
    struct study *next;
    int64_t id;
    char *name, *definition;
    cav_control control;
    int64_t created_ms;
    size_t param_count, metric_count;
    row *rows;            // [count]
    double *raw, *values; // [count x param_count], [count x metric_count]
    size_t count, row_capacity, raw_capacity, value_capacity, uncounted;
    size_t *open; // [open_count] numbers of the trials that have not ended
    size_t open_count, open_capacity;
    cav_point_index distinct; // of those rows that are
    size_t *log;              // [log_count] row numbers
    size_t log_count, log_capacity;
    kept_report *reports;
    size_t report_count, report_capacity;
    kept_nudge *nudges; // [nudge_count] by id, from 1
    size_t nudge_count, nudge_capacity;
    size_t *nudge_log; // [nudge_log_count] indices of nudges
    size_t nudge_log_count, nudge_log_capacity;
} study;

typedef struct memory_store {
    cav_store base;
    study *studies;
    int64_t next_id;
} memory_store;

static memory_store *of(cav_store *store)
{
    return (memory_store *)store;
}

static bool owns(const char *location)
{
    return strcmp(location, "memory:") == 0;
}

static caviar_code open_memory(const cav_store_options *options, cav_store **ret_store,
                               cav_error *error)
{
    memory_store *store = calloc(1, sizeof *store);
    if (!store)
        return cav_fail_memory(error);
    store->base.type = &cav_store_memory;
    store->base.clock = options->clock;
    store->base.place = "memory";
    store->next_id = 1;
    *ret_store = &store->base;
    return CAVIAR_OK;
}

// Texts are owned unless they are empty: most trials have no message, output or checkpoints.
static void free_text(const char *text)
{
    if (text && text[0])
        free((char *)(uintptr_t)text);
}

static void free_row(row *at)
{
    free_text(at->record.origin);
    free_text(at->record.owner);
    free_text(at->record.message);
    free_text(at->record.checkpoints);
    free_text(at->output);
}

static void free_nudge(cav_nudge *nudge)
{
    free((double *)(uintptr_t)nudge->raw);
    free_text(nudge->author);
    free_text(nudge->note);
}

static void free_metrics(caviar_metric *metrics, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free((char *)(uintptr_t)metrics[i].name);
    free(metrics);
}

static void free_study(study *at)
{
    for (size_t i = 0; i < at->count; i++)
        free_row(&at->rows[i]);
    for (size_t i = 0; i < at->report_count; i++)
        free_metrics(at->reports[i].metrics, at->reports[i].metric_count);
    for (size_t i = 0; i < at->nudge_count; i++)
        free_nudge(&at->nudges[i].nudge);
    cav_point_index_free(&at->distinct);
    void *parts[] = {at->nudges, at->nudge_log, at->name, at->definition, at->rows, at->raw,
                     at->values, at->open,      at->log,  at->reports,    at};
    for (size_t i = 0; i < CAV_COUNT_OF(parts); i++)
        free(parts[i]);
}

static void close_memory(cav_store *store)
{
    for (study *at = of(store)->studies; at;) {
        study *next = at->next;
        free_study(at);
        at = next;
    }
    free(store);
}

static study *find_study(cav_store *store, int64_t id)
{
    study *at = of(store)->studies;
    while (at && at->id != id)
        at = at->next;
    return at;
}

static caviar_code fail_no_study(int64_t id, cav_error *error)
{
    return cav_fail(error, CAVIAR_NOT_FOUND, "study %lld is not in the store any more",
                    (long long)id);
}

static caviar_code study_add(cav_store *store, const char *name, const char *definition,
                             int64_t *ret_id, cav_error *error)
{
    study **place = &of(store)->studies; // the list is in order of names
    while (*place && strcmp((*place)->name, name) < 0)
        place = &(*place)->next;
    if (*place && strcmp((*place)->name, name) == 0)
        return cav_fail(error, CAVIAR_EXISTS, "there is a study '%s' already", name);
    study *fresh = calloc(1, sizeof *fresh);
    if (!fresh)
        return cav_fail_memory(error);
    fresh->name = strdup(name);
    fresh->definition = strdup(definition);
    if (!fresh->name || !fresh->definition) {
        free_study(fresh);
        return cav_fail_memory(error);
    }
    fresh->id = of(store)->next_id++;
    fresh->created_ms = cav_clock_wall_ms(store->clock);
    fresh->next = *place;
    *place = fresh;
    *ret_id = fresh->id;
    return CAVIAR_OK;
}

static caviar_code visit_study(const study *at, cav_study_visitor *visit, void *context,
                               cav_error *error)
{
    cav_study_row line = {.id = at->id,
                          .name = at->name,
                          .definition = at->definition,
                          .control = at->control,
                          .created_ms = at->created_ms};
    for (size_t i = 0; i < at->count; i++)
        line.counts[at->rows[i].record.state]++;
    return visit(context, &line, error);
}

static caviar_code study_read(cav_store *store, const char *name, cav_study_visitor *visit,
                              void *context, cav_error *error)
{
    caviar_code code = CAVIAR_OK;
    bool found = !name;
    for (study *at = of(store)->studies; at && !code; at = at->next) {
        if (name && strcmp(at->name, name) != 0)
            continue;
        found = true;
        code = visit_study(at, visit, context, error);
    }
    if (!found)
        return cav_fail(error, CAVIAR_NOT_FOUND, "there is no study '%s'", name);
    return code;
}

static caviar_code study_set(cav_store *store, int64_t id, const char *definition,
                             cav_control control, cav_error *error)
{
    study *at = find_study(store, id);
    if (!at)
        return fail_no_study(id, error);
    if (definition) {
        char *copy = strdup(definition);
        if (!copy)
            return cav_fail_memory(error);
        free(at->definition);
        at->definition = copy;
    }
    at->control = control;
    return CAVIAR_OK;
}

static caviar_code study_control(cav_store *store, int64_t id, cav_control *ret_control,
                                 uint64_t *ret_revision, cav_error *error)
{
    study *at = find_study(store, id);
    if (!at)
        return fail_no_study(id, error);
    *ret_control = at->control;
    if (ret_revision)
        *ret_revision = cav_rule_revision(at->definition);
    return CAVIAR_OK;
}

static caviar_code study_remove(cav_store *store, int64_t id, cav_error *error)
{
    for (study **place = &of(store)->studies; *place; place = &(*place)->next) {
        if ((*place)->id == id) {
            study *gone = *place;
            *place = gone->next;
            free_study(gone);
            return CAVIAR_OK;
        }
    }
    return fail_no_study(id, error);
}

static bool set_text(const char **field, const char *text)
{
    const char *copy = text && text[0] ? strdup(text) : "";
    if (!copy)
        return false;
    free_text(*field);
    *field = copy;
    return true;
}

// Enters a row in the log, for readers. The log has room: see reserve.
static void note_change(study *at, size_t number)
{
    at->rows[number].change = at->log_count;
    at->log[at->log_count++] = number;
}

static bool reserve_log(study *at)
{
    return CAV_GROW(&at->log, &at->log_capacity, at->log_count + 1);
}

static bool reserve_row(study *at)
{
    size_t needed = at->count + 1;
    // one more than needed, so that widths of 0 are no special case
    return reserve_log(at) && CAV_GROW(&at->open, &at->open_capacity, at->open_count + 1) &&
           CAV_GROW(&at->rows, &at->row_capacity, needed) &&
           CAV_GROW(&at->raw, &at->raw_capacity, needed * at->param_count + 1) &&
           CAV_GROW(&at->values, &at->value_capacity, needed * at->metric_count + 1);
}

static caviar_code check_insert(study *at, const cav_record *record, const cav_insert *insert,
                                cav_error *error)
{
    caviar_code code =
        cav_rule_insert(record, insert, (int64_t)at->count, (int64_t)at->uncounted, error);
    if (code)
        return code;
    if (insert->distinct && cav_point_index_find(&at->distinct, at->raw, record->raw) != SIZE_MAX)
        return cav_fail(error, CAVIAR_EXISTS, "a trial has these parameters already");
    return CAVIAR_OK;
}

static void fill_numbers(study *at, const cav_record *record, int64_t now, row *fresh)
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

static caviar_code insert_row(study *at, const cav_record *record, const cav_insert *insert,
                              int64_t now, cav_error *error)
{
    row fresh = {.record = *record, .is_distinct = insert->distinct};
    fresh.record.origin = fresh.record.owner = fresh.record.message = NULL;
    fresh.record.checkpoints = NULL;
    fresh.record.output = "";
    bool fits = reserve_row(at);
    if (fits)
        fill_numbers(at, record, now, &fresh);
    if (!fits || !set_text(&fresh.output, record->output) ||
        !set_text(&fresh.record.origin, record->origin) ||
        !set_text(&fresh.record.owner, record->owner) ||
        !set_text(&fresh.record.message, record->message) ||
        !set_text(&fresh.record.checkpoints, record->checkpoints) ||
        (insert->distinct && !cav_point_index_add(&at->distinct, at->raw, at->count))) {
        free_row(&fresh);
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

// Where the space has grown, what is kept gets room for its new parameters.
static caviar_code fit(study *at, const cav_scope *scope, cav_error *error)
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

static caviar_code trial_add(cav_store *store, const cav_scope *scope, const cav_record *record,
                             const cav_insert *insert, int64_t *ret_number, cav_error *error)
{
    study *at = find_study(store, scope->study);
    if (!at)
        return fail_no_study(scope->study, error);
    if (at->count == 0)
        at->metric_count = scope->metric_count;
    caviar_code code = fit(at, scope, error);
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

static void drop_open(study *at, size_t number)
{
    for (size_t i = 0; i < at->open_count; i++) {
        if (at->open[i] == number) {
            memmove(at->open + i, at->open + i + 1, (--at->open_count - i) * sizeof *at->open);
            return;
        }
    }
}

static caviar_code lose(study *at, cav_record *record, int64_t most_failures, int64_t now,
                        cav_error *error)
{
    caviar_state next = cav_rule_lost(record->failures, most_failures);
    bool fails = next == CAVIAR_STATE_FAILED;
    if (!reserve_log(at) || (fails && !set_text(&record->message, CAV_LOST_MESSAGE)))
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

static caviar_code take_back_lost(study *at, const cav_claim *claim, int64_t now, cav_error *error)
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

static row *find_claimable(study *at, const cav_claim *claim)
{
    row *first = NULL;
    for (size_t i = 0; i < at->open_count && !(first && first->record.failures == 0); i++) {
        row *open = &at->rows[at->open[i]];
        if (cav_rule_may_claim(claim, &open->record, (int64_t)at->count) &&
            (!first || open->record.failures < first->record.failures))
            first = open;
    }
    return first;
}

static caviar_code trial_claim(cav_store *store, const cav_scope *scope, const cav_claim *claim,
                               int64_t *ret_number, cav_error *error)
{
    study *at = find_study(store, scope->study);
    if (!at)
        return fail_no_study(scope->study, error);
    int64_t now = cav_clock_wall_ms(store->clock);
    caviar_code code = take_back_lost(at, claim, now, error);
    if (code)
        return code;
    row *taken = find_claimable(at, claim);
    if (!taken)
        return cav_rule_fail_claim(claim, error);
    if (!reserve_log(at) || !set_text(&taken->record.owner, claim->owner))
        return cav_fail_memory(error);
    if (taken->record.state != CAVIAR_STATE_PAUSED)
        taken->record.started_ms = now;
    taken->record.state = CAVIAR_STATE_RUNNING;
    taken->record.attempt++;
    taken->record.lease_ms = now + claim->lease_ms;
    note_change(at, (size_t)taken->record.number);
    *ret_number = taken->record.number;
    return CAVIAR_OK;
}

static caviar_code find_row(cav_store *store, const cav_scope *scope, int64_t number,
                            study **ret_study, row **ret_row, cav_error *error)
{
    *ret_study = find_study(store, scope->study);
    if (!*ret_study)
        return fail_no_study(scope->study, error);
    if (number < 0 || (size_t)number >= (*ret_study)->count)
        return cav_fail(error, CAVIAR_NOT_FOUND, "there is no trial %lld", (long long)number);
    *ret_row = &(*ret_study)->rows[number];
    return CAVIAR_OK;
}

// Puts texts in place, both or none; what is NULL stays.
static bool set_texts(row *at, const char *message, const char *output)
{
    const char *kept = NULL;
    if (message && !set_text(&kept, message))
        return false;
    if (output && !set_text(&at->output, output)) {
        free_text(kept);
        return false;
    }
    if (kept) {
        free_text(at->record.message);
        at->record.message = kept;
    }
    return true;
}

static caviar_code trial_move(cav_store *store, const cav_scope *scope, const cav_move *move,
                              cav_error *error)
{
    study *at = NULL;
    row *moved = NULL;
    caviar_code code = find_row(store, scope, move->number, &at, &moved, error);
    if (!code)
        code = cav_rule_move(move, moved->record.state, moved->record.attempt, error);
    if (!code)
        code = fit(at, scope, error);
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

static bool copy_metrics(const cav_report *report, kept_report *kept)
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

static caviar_code keep_report(study *at, const cav_report *report, int64_t now, cav_error *error)
{
    kept_report kept = {
        .number = report->number, .attempt = report->attempt, .step = report->step, .time_ms = now};
    if (!CAV_GROW(&at->reports, &at->report_capacity, at->report_count + 1) ||
        !copy_metrics(report, &kept)) {
        free_metrics(kept.metrics, kept.metric_count);
        return cav_fail_memory(error);
    }
    at->reports[at->report_count++] = kept;
    return CAVIAR_OK;
}

// Takes over what a report says of its trial.
static bool note(study *at, cav_record *record, const cav_report *report)
{
    cav_usage usage = cav_usage_join(record->usage, report->usage);
    unsigned can = report->can ? report->can : record->can;
    bool keeps = report->checkpoints && strcmp(report->checkpoints, record->checkpoints) != 0;
    if (can == record->can && !keeps && cav_usage_is_same(usage, record->usage))
        return true;
    if (!reserve_log(at) || (keeps && !set_text(&record->checkpoints, report->checkpoints)))
        return false;
    record->can = can;
    record->usage = usage;
    note_change(at, (size_t)record->number);
    return true;
}

static caviar_code report_add(cav_store *store, const cav_scope *scope, const cav_report *report,
                              int64_t lease_ms, cav_error *error)
{
    study *at = NULL;
    row *from = NULL;
    caviar_code code = find_row(store, scope, report->number, &at, &from, error);
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

static bool copy_nudge(const study *at, const cav_nudge *from, cav_nudge *to)
{
    *to = *from;
    to->raw = NULL;
    to->author = to->note = NULL;
    double *raw = from->raw ? calloc(at->param_count + 1, sizeof *raw) : NULL;
    for (size_t i = 0; raw && i < at->param_count; i++)
        raw[i] = from->raw[i];
    to->raw = raw;
    if ((!from->raw || raw) && set_text(&to->author, from->author) &&
        set_text(&to->note, from->note))
        return true;
    free_nudge(to);
    return false;
}

static void note_nudge(study *at, size_t index)
{
    at->nudges[index].change = at->nudge_log_count;
    at->nudge_log[at->nudge_log_count++] = index;
}

static bool reserve_nudge_log(study *at)
{
    return CAV_GROW(&at->nudge_log, &at->nudge_log_capacity, at->nudge_log_count + 1);
}

static caviar_code nudge_add(cav_store *store, const cav_scope *scope, const cav_nudge *nudge,
                             int64_t *ret_id, cav_error *error)
{
    study *at = NULL;
    row *to = NULL;
    caviar_code code = find_row(store, scope, nudge->number, &at, &to, error);
    if (!code)
        code = cav_rule_nudge(nudge->number, to->record.state, error);
    if (code)
        return code;
    kept_nudge kept = {0};
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

static caviar_code nudge_set(cav_store *store, const cav_scope *scope, int64_t id,
                             cav_nudge_state state, int64_t step, cav_error *error)
{
    study *at = find_study(store, scope->study);
    if (!at)
        return fail_no_study(scope->study, error);
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

static caviar_code nudge_read(cav_store *store, const cav_scope *scope, int64_t *cursor,
                              cav_nudge_visitor *visit, void *context, cav_error *error)
{
    study *at = find_study(store, scope->study);
    if (!at)
        return fail_no_study(scope->study, error);
    caviar_code fitted = fit(at, scope, error);
    for (size_t i = (size_t)*cursor; i < at->nudge_log_count && !fitted; i++) {
        const kept_nudge *kept = &at->nudges[at->nudge_log[i]];
        caviar_code code = kept->change == i ? visit(context, &kept->nudge, error) : CAVIAR_OK;
        if (code)
            return code;
    }
    if (!fitted)
        *cursor = (int64_t)at->nudge_log_count;
    return fitted;
}

static caviar_code lease_renew(cav_store *store, const cav_scope *scope, const char *owner,
                               int64_t lease_ms, cav_error *error)
{
    study *at = find_study(store, scope->study);
    if (!at)
        return fail_no_study(scope->study, error);
    int64_t until = cav_clock_wall_ms(store->clock) + lease_ms;
    for (size_t i = 0; i < at->open_count; i++) {
        cav_record *record = &at->rows[at->open[i]].record;
        if (record->state == CAVIAR_STATE_RUNNING && strcmp(record->owner, owner) == 0)
            record->lease_ms = until;
    }
    return CAVIAR_OK;
}

static caviar_code trial_read(cav_store *store, const cav_scope *scope, int64_t *cursor,
                              cav_record_visitor *visit, void *context, cav_error *error)
{
    study *at = find_study(store, scope->study);
    if (!at)
        return fail_no_study(scope->study, error);
    caviar_code fitted = fit(at, scope, error);
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

static caviar_code report_read(cav_store *store, const cav_scope *scope, int64_t number,
                               int64_t *cursor, cav_report_visitor *visit, void *context,
                               cav_error *error)
{
    study *at = find_study(store, scope->study);
    if (!at)
        return fail_no_study(scope->study, error);
    for (size_t i = (size_t)*cursor; i < at->report_count; i++) {
        const kept_report *kept = &at->reports[i];
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

static caviar_code output_read(cav_store *store, const cav_scope *scope, int64_t number,
                               cav_text *text, cav_error *error)
{
    study *at = NULL;
    row *from = NULL;
    caviar_code code = find_row(store, scope, number, &at, &from, error);
    if (!code)
        cav_text_append(text, from->output);
    return code;
}

static caviar_code nothing(cav_store *store, cav_error *error)
{
    (void)store, (void)error;
    return CAVIAR_OK;
}

static caviar_code check(cav_store *store, cav_problem_visitor *found, void *context,
                         cav_error *error)
{
    (void)store, (void)found, (void)context, (void)error;
    return CAVIAR_OK; // nothing in memory can be damaged from outside
}

const cav_store_type cav_store_memory = {
    .name = "memory",
    .summary = "kept in memory, gone with the process",
    .owns = owns,
    .open = open_memory,
    .close = close_memory,
    .study_add = study_add,
    .study_read = study_read,
    .study_set = study_set,
    .study_control = study_control,
    .study_remove = study_remove,
    .trial_add = trial_add,
    .trial_claim = trial_claim,
    .trial_move = trial_move,
    .report_add = report_add,
    .nudge_add = nudge_add,
    .nudge_set = nudge_set,
    .lease_renew = lease_renew,
    .trial_read = trial_read,
    .report_read = report_read,
    .nudge_read = nudge_read,
    .output_read = output_read,
    .begin = nothing,
    .commit = nothing,
    .sync = nothing,
    .check = check,
};
