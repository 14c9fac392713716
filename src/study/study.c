/**
 * study.c: opening and closing studies; keeping the history up to date.
 */
#include "study/study.h"

#include "space/place.h"
#include "store/rules.h"
#include "study/earlier.h"
#include "study/opening.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEFAULT_LEASE_MS = 60000,
    LOOK_MS = 1000,    // between two looks for lost workers
    LEAST_CHANCES = 3, // that a trial has whose workers vanish
};

// Longer than any process lives, and still far from the end of the numbers.
static const int64_t endless_ms = INT64_C(1) << 52;

static caviar_code note_running(cav_study *study, const cav_record *record, cav_error *error)
{
    if (record->state != CAVIAR_STATE_RUNNING || study->is_read_only)
        return CAVIAR_OK;
    if (!CAV_GROW(&study->running, &study->running_capacity, study->running_count + 1))
        return cav_fail_memory(error);
    cav_running *fresh = &study->running[study->running_count++];
    fresh->number = record->number;
    fresh->attempt = record->attempt;
    fresh->lease_ms = record->lease_ms;
    fresh->is_own = strcmp(record->owner, study->owner) == 0;
    fresh->is_over = record->lease_ms < cav_clock_wall_ms(study->clock);
    fresh->is_fresh = true;
    snprintf(fresh->owner, sizeof fresh->owner, "%s", record->owner);
    return CAVIAR_OK;
}

static caviar_code take_in(void *context, const cav_record *record, cav_error *error)
{
    cav_study *study = context;
    cav_record placed = *record;
    if (study->scope.was_changed)
        placed.place = cav_space_locate(study->spec->space, record->raw, study->raw, study->point);
    else
        cav_space_encode(study->spec->space, record->raw, study->point);
    caviar_code code = cav_history_put(study->history, &placed, study->point, error);
    return code ? code : note_running(study, record, error);
}

static caviar_code take_in_report(void *context, const cav_report *report, cav_error *error)
{
    cav_study *study = context;
    double *values = study->raw; // room enough: see allocate
    bool any = false;
    for (size_t m = 0; m < study->spec->metric_count; m++) {
        values[m] = NAN;
        for (size_t i = 0; i < report->metric_count; i++)
            if (strcmp(report->metrics[i].name, study->metric_names[m]) == 0)
                values[m] = report->metrics[i].value;
        any |= !isnan(values[m]);
    }
    if ((size_t)report->number >= study->history->count)
        return CAVIAR_OK;
    study->history->reported_ms[report->number] = report->time_ms;
    if (!any)
        return CAVIAR_OK;
    return cav_history_report(study->history, (size_t)report->number, report->step, values, error);
}

static bool still_runs(const cav_study *study, const cav_running *at)
{
    return study->history->states[at->number] == CAVIAR_STATE_RUNNING &&
           study->history->attempts[at->number] == at->attempt;
}

static caviar_code take_back(cav_study *study, const cav_running *at, cav_error *error)
{
    int64_t failures = study->history->failures[at->number];
    caviar_state next = cav_rule_lost(failures, cav_study_most_lost(study));
    bool fails = next == CAVIAR_STATE_FAILED;
    cav_move move = {.number = at->number,
                     .attempt = at->attempt,
                     .to = next,
                     .reason = fails ? CAVIAR_REASON_LOST : CAVIAR_REASON_NONE,
                     .is_failure = true,
                     .message = fails ? CAV_LOST_MESSAGE : NULL};
    caviar_code code = study->store->type->trial_move(study->store, &study->scope, &move, error);
    return code == CAVIAR_STALE || code == CAVIAR_STATE ? CAVIAR_OK : code; // somebody was faster
}

typedef bool is_lost(cav_study *study, const cav_running *at);

static bool is_gone(cav_study *study, const cav_running *at)
{
    return cav_worker_is_gone(at->owner, study->owner);
}

static bool was_alive(const cav_study *study, uint64_t owner)
{
    size_t i = 0;
    while (i < study->living_count && study->living[i] != owner)
        i++;
    return i < study->living_count;
}

// A worker that begins one trial after the other is not looked for each time: see LOOK_MS.
static bool is_fresh_and_gone(cav_study *study, const cav_running *at)
{
    uint64_t owner = cav_text_hash(CAV_TEXT_HASH, at->owner);
    if (!at->is_fresh || was_alive(study, owner))
        return false;
    if (is_gone(study, at))
        return true;
    if (CAV_GROW(&study->living, &study->living_capacity, study->living_count + 1))
        study->living[study->living_count++] = owner; // or else it is looked for again
    return false;
}

static bool is_over(cav_study *study, const cav_running *at)
{
    (void)study;
    return at->is_over;
}

// Takes back the trials of others that are lost, and forgets those that do not run any more.
static caviar_code take_back_lost(cav_study *study, is_lost *lost, bool *ret_any, cav_error *error)
{
    size_t kept = 0;
    caviar_code code = CAVIAR_OK;
    *ret_any = false;
    for (size_t i = 0; i < study->running_count; i++) {
        cav_running *at = &study->running[i];
        bool runs = still_runs(study, at);
        bool taken = runs && !at->is_own && !code && lost(study, at);
        at->is_fresh = false;
        if (taken)
            code = take_back(study, at, error);
        *ret_any |= taken;
        if (runs && (!taken || code))
            study->running[kept++] = *at;
    }
    study->running_count = kept;
    return code;
}

bool cav_study_reads_curves(const cav_study *study)
{
    const cav_scheduler *scheduler = &study->scheduler;
    bool judged = scheduler->type && scheduler->type->reads_curves(scheduler->state);
    return study->keeps_curves || judged || study->panda || study->spec->budget.steps > 0;
}

static caviar_code make_race(cav_study *study, cav_error *error)
{
    const cav_spec *spec = study->spec;
    cav_race_setup setup = {.param_count = spec->space->count,
                            .dim_count = spec->space->dim_count,
                            .metric_count = spec->metric_count,
                            .maximize = study->maximize,
                            .replicates = spec->replicates};
    cav_race_free(study->race);
    study->race = spec->replicates > 1 ? cav_race_new(&setup) : NULL;
    return spec->replicates > 1 && !study->race ? cav_fail_memory(error) : CAVIAR_OK;
}

static caviar_code make_history(cav_study *study, cav_error *error)
{
    const cav_spec *spec = study->spec;
    cav_history *history = cav_history_new(spec->space->count, spec->space->dim_count,
                                           spec->metric_count, study->maximize);
    if (!history)
        return cav_fail_memory(error);
    cav_history_free(study->history);
    cav_subset_free(study->subset);
    study->history = history;
    study->subset = NULL;
    study->beginnings++;
    study->incumbent_ended = SIZE_MAX;
    cav_incumbent_fit_free(&study->incumbent_fit);
    study->trial_cursor = study->report_cursor = study->nudge_cursor = 0;
    study->running_count = 0;
    study->generation = study->store->generation;
    return make_race(study, error);
}

// What was read may not be true any more: the history begins anew, and what was learnt from it.
static caviar_code begin_again(cav_study *study, cav_error *error)
{
    caviar_code code = make_history(study, error);
    if (code)
        return code;
    cav_sampler_close(&study->sampler);
    cav_scheduler_close(&study->scheduler);
    study->seen_step = 0;
    return cav_opening_methods(study->spec, study->spec->step_max, &study->earlier, &study->sampler,
                               &study->scheduler, error);
}

caviar_code cav_study_read_trials(cav_study *study, cav_error *error)
{
    return study->store->type->trial_read(study->store, &study->scope, &study->trial_cursor,
                                          take_in, study, error);
}

// The subset is made when there is the first trial that does not belong to it.
static caviar_code look_inside(cav_study *study, cav_error *error)
{
    if (study->history->outside_count == 0 || study->race)
        return CAVIAR_OK;
    if (!study->subset)
        study->subset = cav_subset_new(study->history);
    return study->subset ? cav_subset_look(study->subset, study->history, error)
                         : cav_fail_memory(error);
}

static caviar_code read_all(cav_study *study, cav_error *error)
{
    caviar_code code = cav_study_read_trials(study, error);
    if (!code)
        code = cav_study_read_nudges(study, error);
    if (!code && cav_study_reads_curves(study))
        code = study->store->type->report_read(study->store, &study->scope, -1,
                                               &study->report_cursor, take_in_report, study, error);
    if (!code && study->race)
        code = cav_race_look(study->race, study->history, error);
    return code ? code : look_inside(study, error);
}

static caviar_code read_news(cav_study *study, cav_error *error)
{
    caviar_code code = read_all(study, error);
    while (!code && cav_study_was_cut_off(study)) {
        code = begin_again(study, error);
        if (!code)
            code = read_all(study, error);
    }
    return code;
}

caviar_code cav_study_begin_history(cav_study *study, cav_error *error)
{
    caviar_code code = make_history(study, error);
    return code ? code : read_news(study, error);
}

bool cav_study_may_claim(const cav_study *study)
{
    const cav_history *history = study->history;
    int64_t now = cav_clock_wall_ms(study->clock);
    for (size_t i = 0; i < history->open_count; i++)
        if (history->states[history->open[i]] == CAVIAR_STATE_WAITING)
            return true;
    for (size_t i = 0; i < study->running_count; i++)
        if (study->running[i].lease_ms < now)
            return true;
    return false;
}

int64_t cav_study_most_lost(const cav_study *study)
{
    return study->spec->retry > LEAST_CHANCES ? study->spec->retry : LEAST_CHANCES;
}

static caviar_code refresh(cav_study *study, cav_error *error)
{
    bool any = false;
    cav_control control;
    caviar_code code = study->is_read_only ? cav_study_keep_up(study, &control, error) : CAVIAR_OK;
    if (!code)
        code = read_news(study, error);
    int64_t now = cav_clock_monotonic_ns(&cav_clock_system) / 1000000;
    bool looks = now - LOOK_MS >= study->looked_ms; // at all, which costs some time for each
    if (looks)
        study->living_count = 0;
    if (!code)
        code = take_back_lost(study, looks ? is_gone : is_fresh_and_gone, &any, error);
    if (looks)
        study->looked_ms = now;
    return code || !any ? code : read_news(study, error);
}

caviar_code cav_study_refresh(cav_study *study, cav_error *error)
{
    cav_study_lock(study);
    caviar_code code = refresh(study, error);
    cav_study_unlock(study);
    return code;
}

caviar_code cav_study_reclaim(cav_study *study, cav_error *error)
{
    bool any = false;
    caviar_code code = take_back_lost(study, is_over, &any, error);
    return code || !any ? code : read_news(study, error);
}

static caviar_code allocate(cav_study *study, cav_error *error)
{
    const cav_spec *spec = study->spec;
    study->metric_names = calloc(spec->metric_count, sizeof *study->metric_names);
    study->maximize = calloc(spec->metric_count, sizeof *study->maximize);
    study->point = calloc(spec->space->dim_count + 1, sizeof *study->point);
    study->raw = calloc(spec->space->count + spec->metric_count, sizeof *study->raw);
    if (!study->metric_names || !study->maximize || !study->point || !study->raw)
        return cav_fail_memory(error);
    for (size_t m = 0; m < spec->metric_count; m++) {
        study->metric_names[m] = spec->metrics[m].name;
        study->maximize[m] = spec->metrics[m].maximize;
    }
    study->scope = (cav_scope){.study = study->id,
                               .space = spec->space,
                               .metrics = study->metric_names,
                               .metric_count = spec->metric_count,
                               .was_changed = cav_spec_was_moved(spec)};
    return make_history(study, error);
}

static caviar_code set_up(cav_study *study, const cav_study_options *options, cav_error *error)
{
    caviar_code code = cav_opening_find(study, options, error);
    if (!code)
        study->clock = study->store->clock;
    if (!code && study->store->type == &cav_store_memory)
        study->lease_ms = endless_ms; // nobody else could take over its trials
    if (!code)
        code = allocate(study, error);
    if (!code && !study->is_read_only)
        code = cav_earlier_read(study, study->spec, &study->earlier, error);
    if (!code) // also when only looking: it checks the definition
        code = cav_opening_methods(study->spec, study->spec->step_max, &study->earlier,
                                   &study->sampler, &study->scheduler, error);
    if (!code)
        code = cav_opening_panda(study->spec, &study->panda, error);
    if (!code)
        study->is_distinct = cav_opening_is_distinct(study->spec, study->sampler.type);
    return code ? code : cav_study_refresh(study, error);
}

static void init(cav_study *study, const cav_study_options *options)
{
    pthread_mutexattr_t recursive;
    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&study->lock, &recursive);
    pthread_mutexattr_destroy(&recursive);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&study->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    study->clock = options->clock ? options->clock : &cav_clock_system;
    study->lease_ms = options->lease_ms > 0 ? options->lease_ms : DEFAULT_LEASE_MS;
    study->is_read_only = options->read_only;
    study->keeps_curves = options->keeps_curves;
    cav_worker_name(study->owner);
    if (options->detached) // not a process that could be found gone
        memmove(study->owner + 1, study->owner, CAV_WORKER_SIZE - 2), study->owner[0] = '~';
}

caviar_code cav_study_open(const cav_study_options *options, cav_study **ret_study,
                           cav_error *error)
{
    cav_study *study = calloc(1, sizeof *study);
    if (!study) {
        cav_spec_free(options->spec);
        return cav_fail_memory(error);
    }
    init(study, options);
    study->spec = options->spec;
    caviar_code code = set_up(study, options, error);
    if (code)
        cav_study_close(study);
    else
        *ret_study = study;
    return code;
}

static void stop_heart(cav_study *study)
{
    if (!study->beats)
        return;
    cav_study_lock(study);
    study->must_stop = true;
    pthread_cond_signal(&study->wake);
    cav_study_unlock(study);
    pthread_join(study->heart, NULL);
}

void cav_study_close(cav_study *study)
{
    if (!study)
        return;
    stop_heart(study);
    if (study->store && !study->is_read_only)
        cav_study_sync(study, NULL);
    cav_sampler_close(&study->sampler);
    cav_study_forget_shape(study);
    cav_scheduler_close(&study->scheduler);
    cav_panda_close(study->panda);
    cav_earlier_list_free(&study->earlier);
    free(study->location);
    cav_race_free(study->race);
    cav_incumbent_fit_free(&study->incumbent_fit);
    cav_history_free(study->history);
    cav_study_forget_ends(study);
    cav_subset_free(study->subset);
    cav_store_close(study->store);
    cav_spec_free(study->spec);
    for (size_t i = 0; i < study->retired_count; i++)
        cav_spec_free(study->retired[i]);
    free(study->retired);
    free(study->metric_names);
    free(study->maximize);
    free(study->point);
    free(study->raw);
    free(study->following);
    free(study->running);
    free(study->living);
    cav_text_free(&study->definition);
    pthread_cond_destroy(&study->wake);
    pthread_mutex_destroy(&study->lock);
    free(study);
}

caviar_code cav_study_sync(cav_study *study, cav_error *error)
{
    cav_study_lock(study);
    caviar_code code = study->store->type->sync(study->store, error);
    cav_study_unlock(study);
    return code;
}

const cav_history *cav_study_seen(const cav_study *study)
{
    if (study->race)
        return cav_race_view(study->race);
    return study->subset ? cav_subset_view(study->subset) : study->history;
}

double cav_study_loss(const cav_study *study, size_t number)
{
    size_t first = study->race ? cav_race_first(study->race, number) : SIZE_MAX;
    return first == SIZE_MAX ? study->history->losses[number * study->history->metric_count]
                             : cav_race_of(study->race, first)->mean;
}

// Counting looks at every trial, so it is done twice a second at most.
static int64_t time_spent(cav_study *study)
{
    int64_t now = cav_clock_wall_ms(study->clock);
    if (now - study->busy_at_ms >= 500 || now < study->busy_at_ms) {
        study->busy_ms = cav_history_busy_ms(study->history, now);
        study->busy_at_ms = now;
    }
    return study->busy_ms;
}

const char *cav_study_over(cav_study *study)
{
    const cav_budget *budget = &study->spec->budget;
    const char *over = NULL;
    cav_study_lock(study);
    if (study->makes_none)
        over = NULL;
    else if (budget->time_ms > 0 && time_spent(study) >= budget->time_ms)
        over = "the time of the budget is spent";
    else if (budget->steps > 0 && cav_history_counted_steps(study->history) >= budget->steps)
        over = "the steps of the budget are spent";
    cav_study_unlock(study);
    return over;
}

const char *cav_study_spent(cav_study *study)
{
    const cav_history *history = study->history;
    int64_t trials = study->spec->budget.trials;
    cav_study_lock(study);
    const char *spent = cav_study_over(study);
    if (study->makes_none)
        spent = "what was to be run again has been";
    else if (trials > 0 && (int64_t)(history->count - history->uncounted_count) >= trials)
        spent = "all trials of the budget have been started";
    cav_study_unlock(study);
    return spent;
}
