/**
 * study.c: opening and closing studies; keeping the history up to date.
 */
#include "study/study.h"

#include "base/number.h"
#include "study/opening.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_LEASE_MS = 60000 };

// Longer than any process lives, and still far from the end of the numbers.
static const int64_t endless_ms = INT64_C(1) << 52;

static caviar_code note_lost(cav_study *study, const cav_record *record, cav_error *error)
{
    if (record->state != CAVIAR_STATE_RUNNING || study->is_read_only ||
        strcmp(record->owner, study->owner) == 0 || !cav_worker_is_gone(record->owner))
        return CAVIAR_OK;
    if (!CAV_GROW(&study->lost, &study->lost_capacity, study->lost_count + 1))
        return cav_fail_memory(error);
    study->lost[study->lost_count++] = (cav_lost){record->number, record->attempt};
    return CAVIAR_OK;
}

static caviar_code take_in(void *context, const cav_record *record, cav_error *error)
{
    cav_study *study = context;
    cav_space_encode(study->spec->space, record->raw, study->point);
    caviar_code code = cav_history_put(study->history, record, study->point, error);
    return code ? code : note_lost(study, record, error);
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
    if (!any || (size_t)report->number >= study->history->count)
        return CAVIAR_OK;
    return cav_history_report(study->history, (size_t)report->number, report->step, values, error);
}

// Gives back what workers left that are surely gone, without waiting for their leases.
static caviar_code take_back_lost(cav_study *study, cav_error *error)
{
    size_t count = study->lost_count;
    study->lost_count = 0;
    for (size_t i = 0; i < count; i++) {
        cav_move move = {.number = study->lost[i].number,
                         .attempt = study->lost[i].attempt,
                         .to = CAVIAR_STATE_WAITING,
                         .is_failure = true};
        caviar_code code =
            study->store->type->trial_move(study->store, &study->scope, &move, error);
        if (code && code != CAVIAR_STALE && code != CAVIAR_STATE) // somebody was faster
            return code;
    }
    return CAVIAR_OK;
}

static caviar_code read_news(cav_study *study, cav_error *error)
{
    caviar_code code = study->store->type->trial_read(study->store, &study->scope,
                                                      &study->trial_cursor, take_in, study, error);
    if (!code && study->scheduler.type && study->scheduler.type->reads_curves)
        code = study->store->type->report_read(study->store, &study->scope, -1,
                                               &study->report_cursor, take_in_report, study, error);
    return code;
}

caviar_code cav_study_refresh(cav_study *study, cav_error *error)
{
    cav_study_lock(study);
    caviar_code code = read_news(study, error);
    if (!code && study->lost_count > 0) {
        code = take_back_lost(study, error);
        if (!code)
            code = read_news(study, error);
    }
    cav_study_unlock(study);
    return code;
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
    study->history = cav_history_new(spec->space->count, spec->space->dim_count, spec->metric_count,
                                     study->maximize);
    study->scope = (cav_scope){.study = study->id,
                               .space = spec->space,
                               .metrics = study->metric_names,
                               .metric_count = spec->metric_count};
    return study->history ? CAVIAR_OK : cav_fail_memory(error);
}

static caviar_code set_up(cav_study *study, const cav_study_options *options, cav_error *error)
{
    caviar_code code = cav_opening_find(study, options, error);
    if (!code && study->store->type == &cav_store_memory)
        study->lease_ms = endless_ms; // nobody else could take over its trials
    if (!code)
        code = allocate(study, error);
    if (!code) // also when only looking: it checks the definition
        code = cav_opening_methods(study->spec, &study->sampler, &study->scheduler, error);
    if (!code)
        study->is_distinct =
            study->sampler.type->is_distinct || cav_space_is_finite(study->spec->space);
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
    cav_scheduler_close(&study->scheduler);
    cav_history_free(study->history);
    cav_store_close(study->store);
    cav_spec_free(study->spec);
    free(study->metric_names);
    free(study->maximize);
    free(study->point);
    free(study->raw);
    free(study->lost);
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
    if (budget->time_ms > 0 && time_spent(study) >= budget->time_ms)
        over = "the time of the budget is spent";
    else if (budget->steps > 0 && study->history->step_sum >= budget->steps)
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
    if (trials > 0 && (int64_t)(history->count - history->imported_count) >= trials)
        spent = "all trials of the budget have been started";
    cav_study_unlock(study);
    return spent;
}
