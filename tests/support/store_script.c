/**
 * store_script.c: the steps, and what must be true afterwards.
 *
 * Trials 0 and 1 are completed one by one, 2 fails, 3 and 4 are completed as a group, 5 waits and
 * is claimed, 6 is paused.
 */
#include "support/store_script.h"

#include <math.h>
#include <string.h>

typedef struct run {
    store_script *script;
    cav_store *store;
    cav_error error;
} run;

void store_script_init(store_script *script, const cav_store_type *type, const char *location,
                       const cav_space *space)
{
    static const char *const metrics[STORE_METRICS] = {"loss", "time"};
    *script = (store_script){
        .type = type,
        .location = location,
        .clock = cav_manual_clock_at(STORE_START_MS),
        .scope = {.study = -1, .space = space, .metrics = metrics, .metric_count = STORE_METRICS}};
    for (size_t i = 0; i < SCRIPT_TRIALS; i++)
        script->last_step[i] = -1;
}

// Notes how a call went; true if it was acknowledged. A failure comes with a sentence.
static bool is_done(run *at, caviar_code code)
{
    if (code == CAVIAR_OK)
        return true;
    if (at->error.code != code || strlen(at->error.message) < 5)
        fail_msg("%s comes without a sentence", caviar_code_name(code));
    if (at->script->failures++ == 0) {
        at->script->first_code = code;
        at->script->first_error = at->error;
    }
    return false;
}

static int64_t add(run *at, double x, caviar_state state)
{
    double raw[STORE_PARAMS];
    store_raw(x, raw);
    cav_record record = {.state = state, .raw = raw, .step = -1, .origin = "script", .owner = "me"};
    cav_insert insert = {.expected = -1, .distinct = true, .lease_ms = 60000, .budget = 100};
    int64_t number = -1;
    if (!is_done(at, at->store->type->trial_add(at->store, &at->script->scope, &record, &insert,
                                                &number, &at->error)))
        return -1;
    assert_true(number >= 0 && number < SCRIPT_TRIALS);
    at->script->added[number] = true;
    at->script->states[number] = state;
    return number;
}

static bool report(run *at, int64_t number, int64_t attempt, int64_t step)
{
    caviar_metric metrics[] = {{"loss", (double)step}, {"time", 0.1}};
    cav_report line = {.number = number,
                       .attempt = attempt,
                       .step = step,
                       .metrics = metrics,
                       .metric_count = 2,
                       .can = CAVIAR_CAN_RESTORE,
                       .checkpoints = step == 1 ? "[1]" : "[1,2]"};
    if (number < 0 || !is_done(at, at->store->type->report_add(at->store, &at->script->scope, &line,
                                                               60000, &at->error)))
        return false;
    at->script->last_step[number] = step;
    return true;
}

static bool finish(run *at, int64_t number, int64_t attempt, caviar_state to)
{
    double values[STORE_METRICS] = {(double)number + 1.0 / 3, NAN};
    bool fails = to == CAVIAR_STATE_FAILED;
    cav_move move = {.number = number,
                     .attempt = attempt,
                     .to = to,
                     .reason = fails ? CAVIAR_REASON_EXIT : CAVIAR_REASON_NONE,
                     .values = values,
                     .message = fails ? "exit status 1" : NULL,
                     .output = "printed at the end\n"};
    if (number < 0 ||
        !is_done(at, at->store->type->trial_move(at->store, &at->script->scope, &move, &at->error)))
        return false;
    at->script->told[number] = true;
    at->script->states[number] = to;
    at->script->values[number] = values[0];
    return true;
}

// A change of the first trial that is delivered at once.
static void nudge(run *at, int64_t number)
{
    double raw[STORE_PARAMS] = {NAN, NAN, NAN, NAN, 0.5};
    cav_nudge change = {
        .number = number, .step = -1, .target = -1, .raw = raw, .author = "me", .note = "why"};
    int64_t id;
    if (number != 0 || !is_done(at, at->store->type->nudge_add(at->store, &at->script->scope,
                                                               &change, &id, &at->error)))
        return;
    at->script->is_nudged = true;
    at->script->is_delivered |=
        is_done(at, at->store->type->nudge_set(at->store, &at->script->scope, id, CAV_NUDGE_ACTIVE,
                                               1, &at->error));
}

// Two trials that are told together. What they said counts only when the group is committed.
static void tell_as_group(run *at)
{
    store_script before = *at->script;
    if (!is_done(at, at->store->type->begin(at->store, &at->error)))
        return;
    for (int i = 3; i <= 4; i++) {
        int64_t number = add(at, i, CAVIAR_STATE_RUNNING);
        report(at, number, 1, i);
        finish(at, number, 1, CAVIAR_STATE_COMPLETE);
    }
    if (is_done(at, at->store->type->commit(at->store, &at->error)))
        return;
    before.failures = at->script->failures;
    before.first_code = at->script->first_code;
    before.first_error = at->script->first_error;
    *at->script = before;
}

static void claim_and_finish(run *at, int64_t waiting)
{
    cav_claim claim = {.number = waiting, .owner = "me", .lease_ms = 60000, .most_failures = 9};
    int64_t number = -1;
    if (waiting < 0)
        return;
    if (!is_done(at, at->store->type->trial_claim(at->store, &at->script->scope, &claim, &number,
                                                  &at->error)))
        return;
    at->script->states[number] = CAVIAR_STATE_RUNNING;
    is_done(at,
            at->store->type->lease_renew(at->store, &at->script->scope, "me", 60000, &at->error));
    finish(at, number, 1, CAVIAR_STATE_PRUNED);
}

static caviar_code count_row(void *context, const cav_record *record, cav_error *error)
{
    (void)error;
    ++*(size_t *)context;
    assert_true(strlen(record->origin) > 0);
    return CAVIAR_OK;
}

static caviar_code count_report(void *context, const cav_report *report, cav_error *error)
{
    (void)error;
    *(size_t *)context += report->metric_count;
    return CAVIAR_OK;
}

static caviar_code count_study(void *context, const cav_study_row *row, cav_error *error)
{
    (void)error;
    *(size_t *)context += strlen(row->name);
    return CAVIAR_OK;
}

static caviar_code note_nudge(void *context, const cav_nudge *nudge, cav_error *error)
{
    (void)error;
    store_script *found = context;
    assert_true(nudge->number == 0 && nudge->raw[4] == 0.5 && isnan(nudge->raw[0]));
    assert_string_equal(nudge->note, "why");
    found->is_nudged = true;
    found->is_delivered |= nudge->state == CAV_NUDGE_ACTIVE && nudge->step == 1;
    return CAVIAR_OK;
}

// What is read is whole, or the reading fails.
static void read_back(run *at)
{
    const cav_store_type *type = at->store->type;
    const cav_scope *scope = &at->script->scope;
    int64_t cursor = 0, first = 0, oldest = 0;
    store_script found = {0};
    size_t rows = 0, metrics = 0, names = 0, expected = 0;
    for (size_t i = 0; i < SCRIPT_TRIALS; i++)
        expected += at->script->added[i];
    if (is_done(at, type->trial_read(at->store, scope, &cursor, count_row, &rows, &at->error)))
        assert_true(rows >= expected);
    is_done(at,
            type->report_read(at->store, scope, -1, &first, count_report, &metrics, &at->error));
    if (is_done(at, type->nudge_read(at->store, scope, &oldest, note_nudge, &found, &at->error)))
        assert_true(found.is_nudged >= at->script->is_nudged);
    if (is_done(at, type->study_read(at->store, "study", count_study, &names, &at->error)))
        assert_int_equal(names, 5);
    cav_text output = {0};
    is_done(at, type->output_read(at->store, scope, 0, &output, &at->error));
    cav_text_free(&output);
}

static void do_everything(run *at)
{
    const cav_store_type *type = at->store->type;
    store_script *script = at->script;
    if (!is_done(at, type->study_add(at->store, "study", "{\"seed\":1}", &script->scope.study,
                                     &at->error)))
        return;
    for (int i = 0; i < 3; i++) {
        int64_t number = add(at, i, CAVIAR_STATE_RUNNING);
        report(at, number, 1, 1);
        nudge(at, number);
        report(at, number, 1, 2);
        finish(at, number, 1, i < 2 ? CAVIAR_STATE_COMPLETE : CAVIAR_STATE_FAILED);
    }
    is_done(at, type->sync(at->store, &at->error));
    tell_as_group(at);
    claim_and_finish(at, add(at, 5, CAVIAR_STATE_WAITING));
    finish(at, add(at, 6, CAVIAR_STATE_RUNNING), 1, CAVIAR_STATE_PAUSED);
    script->is_stopped |= is_done(
        at, type->study_set(at->store, script->scope.study, NULL, CAV_CONTROL_STOP, &at->error));
    read_back(at);
    is_done(at, type->sync(at->store, &at->error));
}

void store_script_run(store_script *script)
{
    run at = {.script = script};
    cav_store_options options = {
        .location = script->location, .clock = &script->clock.clock, .create = true};
    if (!is_done(&at, script->type->open(&options, &at.store, &at.error)))
        return;
    if (script->opened)
        script->opened(at.store);
    do_everything(&at);
    cav_store_close(at.store);
}

static void verify_rows(const store_script *script, const store_rows *rows)
{
    const cav_record *by_number[SCRIPT_TRIALS] = {0};
    for (size_t i = 0; i < rows->count; i++) {
        const cav_record *row = &rows->rows[i];
        assert_true(row->number >= 0 && row->number < SCRIPT_TRIALS);
        assert_null(by_number[row->number]);
        by_number[row->number] = row;
    }
    for (size_t i = 0; i < SCRIPT_TRIALS; i++) {
        const cav_record *row = by_number[i];
        if (!script->added[i])
            continue;
        assert_non_null(row);
        assert_true(row->raw[2] == 0 || row->raw[2] == 1);
        if (script->last_step[i] >= 0)
            assert_true(row->step >= script->last_step[i]);
        if (!script->told[i])
            continue;
        assert_string_equal(caviar_state_name(row->state), caviar_state_name(script->states[i]));
        assert_true(row->values[0] == script->values[i]);
    }
}

static caviar_code read_control(void *context, const cav_study_row *row, cav_error *error)
{
    (void)error;
    *(cav_control *)context = row->control;
    return CAVIAR_OK;
}

static void verify_study(const store_script *script, cav_store *store)
{
    cav_error error = {0};
    int64_t cursor = 0, oldest = 0, number = -1;
    store_script found = {0};
    store_rows rows = store_read_from(store, &script->scope, &cursor);
    verify_rows(script, &rows);
    assert_ok(store->type->nudge_read(store, &script->scope, &oldest, note_nudge, &found, &error),
              &error);
    assert_true(found.is_nudged >= script->is_nudged);
    assert_true(found.is_delivered >= script->is_delivered);
    cav_control control = CAV_CONTROL_RUN;
    assert_ok(store->type->study_read(store, "study", read_control, &control, &error), &error);
    if (script->is_stopped)
        assert_int_equal(control, CAV_CONTROL_STOP);
    double raw[STORE_PARAMS];
    store_raw(1000, raw);
    cav_record record = {.state = CAVIAR_STATE_RUNNING, .raw = raw, .step = -1};
    assert_ok(store->type->trial_add(store, &script->scope, &record, &(cav_insert){.expected = -1},
                                     &number, &error),
              &error);
    assert_int_equal(number, rows.count);
    store_rows_free(&rows);
}

void store_script_verify(const store_script *script)
{
    cav_error error = {0};
    cav_store *store = NULL;
    cav_store_options options = {
        .location = script->location, .clock = &script->clock.clock, .create = true};
    assert_ok(script->type->open(&options, &store, &error), &error);
    store_assert_sound(store);
    int64_t id;
    if (script->scope.study >= 0)
        verify_study(script, store);
    assert_ok(store->type->study_add(store, "another", "{}", &id, &error), &error);
    assert_ok(store->type->sync(store, &error), &error);
    store_assert_sound(store);
    cav_store_close(store);
}
