/**
 * ledger_store.c: the trials of a ledger into a store.
 *
 * A trial is added as running, reports, and ends, each at its own time: the store is given a clock
 * that is set to when things happened. (A store on a server has the server's clock, and the times
 * of the import.) All of it is one group of writes, so that a study is there whole or not at all.
 */
#include "exchange/ledger.h"

#include "study/point.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ATTRIBUTES = 65536 }; // bytes that are kept of a trial's

typedef struct writer {
    cav_ledger *ledger;
    cav_study *study;
    cav_manual_clock *clock;
    cav_notes *notes;
    cav_ledger_result result;
    double *raw;        // [space->count] of the trial at hand
    size_t *missing;    // [parameter_count] trials that were left out for it
    size_t odd_values;  // trials left out since a value is outside of its own range
    size_t infinite;    // complete trials without a finite value
    size_t odd_reports; // reports that have no place
    size_t were_running;
    cav_error *error;
} writer;

// The value as the space has it: constants are choices, levels are exact.
static double to_raw(const cav_parameter *parameter, double value)
{
    if (parameter->type == CAVIAR_TYPE_CONSTANT)
        return 0;
    if (parameter->choice_count > 0 || parameter->level_count == 0)
        return value;
    double snapped = cav_parameter_snap(parameter, value);
    return fabs(snapped - value) <= 1e-9 * fmax(1, fabs(value)) ? snapped : value;
}

static void spread(writer *at, const cav_ledger_trial *trial)
{
    const cav_space *space = at->study->spec->space;
    for (size_t i = 0; i < space->count; i++)
        at->raw[i] = NAN;
    for (size_t s = 0; s < trial->setting_count; s++) {
        size_t i = at->ledger->parameters[trial->settings[s].parameter].space_index;
        at->raw[i] = to_raw(&space->parameters[i], trial->settings[s].raw);
    }
}

// A configuration that the space has; otherwise it is counted why not.
static bool is_whole(writer *at)
{
    const cav_space *space = at->study->spec->space;
    for (size_t p = 0; p < at->ledger->parameter_count; p++) {
        size_t i = at->ledger->parameters[p].space_index;
        bool active = cav_space_is_active(space, i, at->raw);
        if (active == isnan(at->raw[i])) {
            at->missing[p]++;
            return false;
        }
        if (active && cav_parameter_check(&space->parameters[i], at->raw[i], NULL)) {
            at->odd_values++;
            return false;
        }
    }
    return true;
}

static bool is_finite(const writer *at, const cav_ledger_trial *trial)
{
    for (size_t m = 0; m < at->ledger->metric_count; m++)
        if (!isfinite(trial->values[m]))
            return false;
    return true;
}

static caviar_code add_waiting(writer *at, cav_record *record, int64_t *ret_number)
{
    cav_study *study = at->study;
    const cav_space *space = study->spec->space;
    cav_insert insert = {.expected = -1};
    for (size_t i = 0; i < space->count; i++) // what it cannot have, the sampler chooses
        if (!isnan(at->raw[i]) && (!cav_space_is_active(space, i, at->raw) ||
                                   cav_parameter_check(&space->parameters[i], at->raw[i], NULL)))
            at->raw[i] = NAN;
    caviar_code code = cav_point_complete(study, at->raw, study->raw, at->error);
    if (code)
        return code;
    record->state = CAVIAR_STATE_WAITING;
    record->raw = study->raw;
    at->result.waiting++;
    return study->store->type->trial_add(study->store, &study->scope, record, &insert, ret_number,
                                         at->error);
}

static caviar_code add_reports(writer *at, const cav_ledger_trial *trial, int64_t number)
{
    cav_study *study = at->study;
    int64_t last = -1, length = trial->finished_ms - trial->started_ms;
    caviar_code code = CAVIAR_OK;
    for (size_t i = 0; i < trial->report_count && !code; i++) {
        const cav_ledger_report *from = &trial->reports[i];
        if (from->step < 0 || from->step <= last || !isfinite(from->value)) {
            at->odd_reports++;
            continue;
        }
        caviar_metric metric = {study->metric_names[0], from->value};
        cav_report report = {.number = number,
                             .attempt = 1,
                             .step = last = from->step,
                             .metrics = &metric,
                             .metric_count = 1};
        if (length > 0) // no tool keeps when it was: as if they had come evenly
            at->clock->now_ms = trial->started_ms + (int64_t)((double)length * (double)(i + 1) /
                                                              (double)trial->report_count);
        code = study->store->type->report_add(study->store, &study->scope, &report, study->lease_ms,
                                              at->error);
    }
    return code;
}

// How a trial ended, from its state there.
static cav_move ending(writer *at, const cav_ledger_trial *trial, int64_t number)
{
    cav_move move = {.number = number, .attempt = 1, .to = trial->state, .values = trial->values};
    if (trial->state == CAVIAR_STATE_COMPLETE && !is_finite(at, trial)) {
        at->infinite++;
        move.to = CAVIAR_STATE_FAILED;
        move.reason = CAVIAR_REASON_NOT_FINITE;
        move.message = "its value is not finite";
    } else if (trial->state == CAVIAR_STATE_RUNNING) {
        at->were_running++;
        move.to = CAVIAR_STATE_FAILED;
        move.reason = CAVIAR_REASON_LOST;
        move.message = "it was running when it was imported";
    } else if (trial->state == CAVIAR_STATE_FAILED) {
        move.reason = CAVIAR_REASON_EXIT;
        move.message = "it failed before it was imported";
    }
    if (move.to == CAVIAR_STATE_FAILED)
        move.values = NULL;
    at->result.complete += move.to == CAVIAR_STATE_COMPLETE;
    at->result.pruned += move.to == CAVIAR_STATE_PRUNED;
    at->result.failed += move.to == CAVIAR_STATE_FAILED;
    return move;
}

static caviar_code add_ended(writer *at, cav_ledger_trial *trial, cav_record *record)
{
    cav_study *study = at->study;
    cav_insert insert = {.expected = -1, .lease_ms = study->lease_ms};
    int64_t number = -1;
    record->state = CAVIAR_STATE_RUNNING;
    record->raw = at->raw;
    record->uncounted = true;
    record->owner = study->owner;
    caviar_code code = study->store->type->trial_add(study->store, &study->scope, record, &insert,
                                                     &number, at->error);
    if (!code)
        code = add_reports(at, trial, number);
    if (code)
        return code;
    if (trial->state == CAVIAR_STATE_PRUNED && isnan(trial->values[0]))
        for (size_t i = 0; i < trial->report_count; i++)
            if (isfinite(trial->reports[i].value))
                trial->values[0] = trial->reports[i].value; // what is known of it
    if (trial->finished_ms > 0)
        at->clock->now_ms = trial->finished_ms;
    cav_move move = ending(at, trial, number);
    return study->store->type->trial_move(study->store, &study->scope, &move, at->error);
}

static caviar_code add_trial(writer *at, cav_ledger_trial *trial)
{
    char origin[64];
    int64_t number;
    spread(at, trial);
    if (trial->state != CAVIAR_STATE_WAITING && !is_whole(at)) {
        at->result.left_out++;
        return CAVIAR_OK;
    }
    if (trial->attributes.size > MOST_ATTRIBUTES)
        trial->attributes.data[MOST_ATTRIBUTES] = '\0';
    if (trial->started_ms > 0)
        at->clock->now_ms = trial->started_ms;
    snprintf(origin, sizeof origin, "%s:%lld", at->ledger->from, (long long)trial->number);
    cav_record record = {.values = NULL,
                         .step = -1,
                         .origin = origin,
                         .owner = "",
                         .output = cav_text_get(&trial->attributes)};
    if (trial->state == CAVIAR_STATE_WAITING)
        return add_waiting(at, &record, &number);
    return add_ended(at, trial, &record);
}

static caviar_code add_trials(writer *at)
{
    const cav_store_type *type = at->study->store->type;
    caviar_code code = type->begin(at->study->store, at->error);
    if (code)
        return code;
    for (size_t t = 0; t < at->ledger->trial_count && !code; t++) {
        code = add_trial(at, &at->ledger->trials[t]);
        if (code)
            cav_error_prefix(at->error, "trial %lld", (long long)at->ledger->trials[t].number);
    }
    caviar_code ended = type->commit(at->study->store, code ? NULL : at->error);
    return code ? code : ended;
}

static void note_what_is_missing(const writer *at)
{
    for (size_t p = 0; p < at->ledger->parameter_count; p++)
        if (at->missing[p] > 0)
            cav_note(at->notes,
                     "%zu trial%s left out: %s is not there, and no condition explains it",
                     at->missing[p], at->missing[p] == 1 ? " is" : "s are",
                     at->ledger->parameters[p].name);
    if (at->odd_values > 0)
        cav_note(at->notes, "%zu trial%s left out: a value lies outside of its own range",
                 at->odd_values, at->odd_values == 1 ? " is" : "s are");
    if (at->odd_reports > 0)
        cav_note(at->notes,
                 "%zu report%s left out: not finite, at a step below 0, or at one that was "
                 "reported before",
                 at->odd_reports, at->odd_reports == 1 ? " is" : "s are");
    if (at->infinite > 0)
        cav_note(at->notes, "%zu complete trial%s without a finite value count%s as failed",
                 at->infinite, at->infinite == 1 ? "" : "s", at->infinite == 1 ? "s" : "");
    if (at->were_running > 0)
        cav_note(at->notes, "%zu trial%s running there; here %s failed, since nobody here runs %s",
                 at->were_running, at->were_running == 1 ? " was" : "s were",
                 at->were_running == 1 ? "it has" : "they have",
                 at->were_running == 1 ? "it" : "them");
    if (at->study->store->type->is_on_server)
        cav_note(at->notes, "the times of the trials are those of the import, since the store is "
                            "on a server and has its clock");
}

static int64_t first_time(const cav_ledger *ledger)
{
    for (size_t t = 0; t < ledger->trial_count; t++)
        if (ledger->trials[t].started_ms > 0)
            return ledger->trials[t].started_ms;
    return cav_clock_wall_ms(&cav_clock_system);
}

static caviar_code write_all(writer *at)
{
    if (at->study->history->count > 0)
        return cav_fail(at->error, CAVIAR_EXISTS,
                        "study '%s' is in the store already, with %zu trials; give the new one "
                        "another name (--study NAME), or delete the old one",
                        at->study->spec->study, at->study->history->count);
    at->raw = calloc(at->study->spec->space->count + 1, sizeof *at->raw);
    at->missing = calloc(at->ledger->parameter_count + 1, sizeof *at->missing);
    caviar_code code = at->raw && at->missing ? add_trials(at) : cav_fail_memory(at->error);
    if (!code)
        code = cav_study_sync(at->study, at->error);
    if (!code)
        note_what_is_missing(at);
    return code;
}

caviar_code cav_ledger_store(cav_ledger *ledger, const char *location, cav_spec *spec,
                             cav_notes *notes, cav_ledger_result *ret_result, cav_error *error)
{
    cav_manual_clock clock = cav_manual_clock_at(first_time(ledger));
    cav_study_options options = {.location = location, .spec = spec, .clock = &clock.clock};
    writer at = {.ledger = ledger, .clock = &clock, .notes = notes, .error = error};
    caviar_code code = cav_study_open(&options, &at.study, error);
    if (code)
        return code;
    code = write_all(&at);
    if (!code)
        *ret_result = at.result;
    if (code && at.study->history->count == 0) // it was made for this
        at.study->store->type->study_remove(at.study->store, at.study->id, NULL);
    cav_study_close(at.study);
    free(at.raw);
    free(at.missing);
    return code;
}
