/**
 * race.c: sums over the runs of configurations, the test, and the samplers' view.
 */
#include "insight/race.h"

#include "base/memory.h"
#include "base/student.h"
#include "trial/state.h"

#include <math.h>
#include <stdlib.h>

enum { LEAST_FREEDOM = 3 };

static const double chance = 0.05; // of dropping one that is as good, over all tests

typedef struct configuration {
    size_t first;
    cav_race_runs runs;
    double square;          // sum of squared deviations from the mean
    double *means;          // [metric_count] losses
    cav_curve_copied curve; // of the first run
    uint8_t state;          // that the view has
} configuration;

struct cav_race {
    cav_race_setup setup;
    configuration *all; // [count]
    size_t count, capacity;
    size_t *of; // [trial_count] configuration of a trial; SIZE_MAX: it is a run of none
    size_t trial_count, of_capacity;
    cav_history *view;
};

cav_race *cav_race_new(const cav_race_setup *setup)
{
    cav_race *race = calloc(1, sizeof *race);
    if (!race)
        return NULL;
    race->setup = *setup;
    race->view =
        cav_history_new(setup->param_count, setup->dim_count, setup->metric_count, setup->maximize);
    if (race->view)
        return race;
    free(race);
    return NULL;
}

void cav_race_free(cav_race *race)
{
    if (!race)
        return;
    for (size_t i = 0; i < race->count; i++)
        free(race->all[i].means);
    cav_history_free(race->view);
    free(race->all);
    free(race->of);
    free(race);
}

// ---- Runs ---------------------------------------------------------------------------------------

static bool add_configuration(cav_race *race, size_t first)
{
    double *means = calloc(race->setup.metric_count, sizeof *means);
    if (!means || !CAV_GROW(&race->all, &race->capacity, race->count + 1)) {
        free(means);
        return false;
    }
    race->all[race->count++] = (configuration){.first = first, .means = means, .state = UINT8_MAX};
    return true;
}

// A fork or a replay of a person's is nobody's run, nor is what lies outside of the space.
static bool take_trial(cav_race *race, const cav_history *history, size_t number)
{
    size_t of = SIZE_MAX;
    if (!CAV_GROW(&race->of, &race->of_capacity, number + 1))
        return false;
    if (history->places[number] == CAV_PLACE_OUTSIDE) {
        of = SIZE_MAX;
    } else if (history->parents[number] < 0) {
        of = race->count;
        if (!add_configuration(race, number))
            return false;
    } else if (cav_history_is_by(history, number, CAV_REPLICATE)) {
        of = race->of[history->parents[number]];
    }
    race->of[race->trial_count++] = of;
    return true;
}

static void clear_runs(cav_race *race)
{
    for (size_t i = 0; i < race->count; i++) {
        configuration *at = &race->all[i];
        bool is_settled = at->runs.is_settled, has_lost = at->runs.has_lost;
        at->runs = (cav_race_runs){.is_settled = is_settled, .has_lost = has_lost};
        at->square = 0;
        for (size_t m = 0; m < race->setup.metric_count; m++)
            at->means[m] = 0;
    }
}

// Welford's update of mean and squared deviations, trial by trial.
static void add_run(const cav_race *race, configuration *at, const cav_history *history,
                    size_t number)
{
    uint8_t state = history->states[number];
    const double *losses = history->losses + number * history->metric_count;
    at->runs.open += !cav_state_is_final((caviar_state)state);
    at->runs.failed += state == CAVIAR_STATE_FAILED || state == CAVIAR_STATE_PRUNED;
    if (state != CAVIAR_STATE_COMPLETE)
        return;
    double n = (double)++at->runs.complete, off = losses[0] - at->means[0];
    for (size_t m = 0; m < race->setup.metric_count; m++)
        at->means[m] += (losses[m] - at->means[m]) / n;
    at->square += off * (losses[0] - at->means[0]);
}

static void sum_up(cav_race *race, const cav_history *history)
{
    clear_runs(race);
    for (size_t i = 0; i < race->trial_count; i++)
        if (race->of[i] != SIZE_MAX)
            add_run(race, &race->all[race->of[i]], history, i);
    for (size_t i = 0; i < race->count; i++) {
        configuration *at = &race->all[i];
        size_t n = at->runs.complete;
        at->runs.mean = n > 0 ? at->means[0] : (double)NAN;
        at->runs.sd = n > 1 ? sqrt(at->square / (double)(n - 1)) : (double)NAN;
    }
}

// ---- The test -----------------------------------------------------------------------------------

// What is settled before a configuration.
typedef struct field {
    const configuration *best; // of those that had all their runs; NULL: none had
    double square;             // pooled
    size_t freedom;
} field;

static bool had_all(const cav_race *race, const configuration *at)
{
    return (int64_t)(at->runs.complete + at->runs.failed) >= race->setup.replicates;
}

static void join(const cav_race *race, const configuration *at, field *to)
{
    if (!at->runs.is_settled || at->runs.complete == 0)
        return;
    to->square += at->square;
    to->freedom += at->runs.complete - 1;
    if (had_all(race, at) && (!to->best || at->runs.mean < to->best->runs.mean))
        to->best = at;
}

static bool has_lost(const cav_race *race, const configuration *at, const field *others)
{
    if (!others->best || others->freedom < LEAST_FREEDOM || at->runs.complete == 0)
        return false;
    double share = 1 / (double)at->runs.complete + 1 / (double)others->best->runs.complete;
    double deviation = sqrt(others->square / (double)others->freedom * share);
    double behind = at->runs.mean - others->best->runs.mean;
    if (!(behind > 0))
        return false;
    return deviation == 0 || cav_student_tail(behind / deviation, others->freedom) <
                                 chance / (double)(race->setup.replicates - 1);
}

// A first run that did not come to its end is not repeated, nor is one that came with its result.
static void settle(const cav_race *race, const cav_history *history, configuration *at,
                   const field *others)
{
    uint8_t state = history->states[at->first];
    if (at->runs.is_settled || !cav_state_is_final((caviar_state)state) || at->runs.open > 0)
        return;
    at->runs.has_lost =
        state == CAVIAR_STATE_COMPLETE && !had_all(race, at) && has_lost(race, at, others);
    at->runs.is_settled = state != CAVIAR_STATE_COMPLETE || history->attempts[at->first] == 0 ||
                          had_all(race, at) || at->runs.has_lost;
}

// ---- The view -----------------------------------------------------------------------------------

static caviar_code show_state(cav_race *race, const cav_history *history, size_t index,
                              double *values, cav_error *error)
{
    configuration *at = &race->all[index];
    size_t first = at->first;
    uint8_t state = history->states[first];
    bool is_open = state == CAVIAR_STATE_COMPLETE && !at->runs.is_settled;
    if (is_open)
        state = CAVIAR_STATE_RUNNING;
    if (state == at->state)
        return CAVIAR_OK;
    const double *own = history->losses + first * history->metric_count;
    cav_history_values(history, state == CAVIAR_STATE_COMPLETE ? at->means : own, values);
    cav_record record = {.number = (int64_t)index,
                         .attempt = history->attempts[first],
                         .state = (caviar_state)state,
                         .reason = (caviar_reason)history->reasons[first],
                         .raw = history->raw + first * history->param_count,
                         .values = values,
                         .step = history->steps[first],
                         .origin = history->maker_names[history->makers[first]]};
    at->state = state;
    return cav_history_put(race->view, &record, history->points + first * history->dim_count,
                           error);
}

caviar_code cav_race_look(cav_race *race, const cav_history *history, cav_error *error)
{
    while (race->trial_count < history->count)
        if (!take_trial(race, history, race->trial_count))
            return cav_fail_memory(error);
    sum_up(race, history);
    double *values = calloc(race->setup.metric_count, sizeof *values);
    caviar_code code = values ? CAVIAR_OK : cav_fail_memory(error);
    field before = {0};
    for (size_t i = 0; i < race->count && !code; i++) {
        settle(race, history, &race->all[i], &before);
        join(race, &race->all[i], &before);
        code = show_state(race, history, i, values, error);
        if (!code) // that of the first run: a configuration that was stopped has no other
            code = cav_history_copy_curve(history, race->all[i].first, race->view, i,
                                          &race->all[i].curve, values, error);
    }
    free(values);
    return code;
}

const cav_history *cav_race_view(const cav_race *race)
{
    return race->view;
}

// ---- What is asked of it ------------------------------------------------------------------------

size_t cav_race_next(const cav_race *race)
{
    for (size_t i = 0; i < race->count; i++) {
        const configuration *at = &race->all[i];
        bool is_due = at->runs.complete > 0 && at->runs.open == 0 && !at->runs.is_settled;
        if (is_due)
            return at->first;
    }
    return SIZE_MAX;
}

size_t cav_race_first(const cav_race *race, size_t number)
{
    size_t of = number < race->trial_count ? race->of[number] : SIZE_MAX;
    return of == SIZE_MAX ? SIZE_MAX : race->all[of].first;
}

const cav_race_runs *cav_race_of(const cav_race *race, size_t first)
{
    return &race->all[race->of[first]].runs;
}

size_t cav_race_best(const cav_race *race)
{
    const configuration *best = NULL;
    bool best_had_all = false;
    for (size_t i = 0; i < race->count; i++) {
        const configuration *at = &race->all[i];
        bool is_whole = had_all(race, at);
        if (at->runs.complete == 0 || (best_had_all && !is_whole))
            continue;
        if (!best || (is_whole && !best_had_all) || at->runs.mean < best->runs.mean) {
            best = at;
            best_had_all = is_whole;
        }
    }
    return best ? best->first : SIZE_MAX;
}

double cav_race_error(const cav_race_runs *runs)
{
    return runs->complete > 1 ? runs->sd / sqrt((double)runs->complete) : (double)NAN;
}
