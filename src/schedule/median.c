/**
 * median.c: stops a trial whose best loss so far is worse than the median of what complete trials
 * had on average up to the same step.
 *
 * Golovin, Solnik, Moitra, Kochanski, Karro, Sculley: "Google Vizier: a service for black-box
 * optimization", KDD 2017, section 3.2.2.
 */
#include "schedule/scheduler.h"

#include "base/memory.h"
#include "base/order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct median_settings {
    int64_t startup, warmup;
    double quantile;
} median_settings;

static const cav_option options[] = {
    {"startup", CAV_OPTION_INT, offsetof(median_settings, startup), 5, 1, 1e6,
     "complete trials that there must be before any is stopped"},
    {"warmup", CAV_OPTION_INT, offsetof(median_settings, warmup), 0, 0, 1e9,
     "steps that every trial gets; 0: the least steps of the study"},
    {"quantile", CAV_OPTION_REAL, offsetof(median_settings, quantile), 0.5, 0.01, 0.99,
     "share of the complete trials that are good enough; 0.5 is the median"},
};

// A complete trial: what it had on average up to each of its reports.
typedef struct average {
    const int64_t *steps; // [count] the history's own: the curve of a complete trial stays
    double *means;        // [count] owned
    size_t count;
} average;

// The quantile at a step, of so many complete trials.
typedef struct threshold {
    int64_t step;
    size_t of;
    double loss;
} threshold;

typedef struct median_state {
    const median_settings *settings;
    int64_t warmup;
    average *averages; // [average_count] of complete trials
    size_t average_count, average_capacity;
    size_t finished;       // how far the history's list has been read
    threshold *thresholds; // [threshold_count] by growing step
    size_t threshold_count, threshold_capacity;
    double *room; // [room_capacity] for sorting
    size_t room_capacity;
} median_state;

static caviar_code create(const cav_scheduler_setup *setup, const void *settings, void **ret_state,
                          cav_error *error)
{
    median_state *state = calloc(1, sizeof *state);
    if (!state)
        return cav_fail_memory(error);
    state->settings = settings;
    state->warmup = state->settings->warmup > 0 ? state->settings->warmup : setup->step_min;
    *ret_state = state;
    return CAVIAR_OK;
}

static void destroy(void *opaque)
{
    median_state *state = opaque;
    for (size_t i = 0; i < state->average_count; i++)
        free(state->averages[i].means);
    free(state->averages);
    free(state->thresholds);
    free(state->room);
    free(state);
}

static bool take(median_state *state, const cav_history *history, size_t number)
{
    const cav_curve *curve = &history->curves[number];
    if (history->states[number] != CAVIAR_STATE_COMPLETE || curve->count == 0)
        return true;
    double *means = malloc(curve->count * sizeof *means), sum = 0;
    if (!means || !CAV_GROW(&state->averages, &state->average_capacity, state->average_count + 1)) {
        free(means);
        return false;
    }
    for (size_t i = 0; i < curve->count; i++) {
        sum += curve->losses[i * history->metric_count];
        means[i] = sum / (double)(i + 1);
    }
    state->averages[state->average_count++] =
        (average){.steps = curve->steps, .means = means, .count = curve->count};
    return true;
}

static caviar_code look(median_state *state, const cav_history *history, cav_error *error)
{
    for (; state->finished < history->finished_count; state->finished++)
        if (!take(state, history, history->finished[state->finished]))
            return cav_fail_memory(error);
    return CAVIAR_OK;
}

// The mean up to a step; NaN before the first report.
static double mean_at(const average *at, int64_t step)
{
    size_t low = 0, high = at->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (at->steps[middle] <= step)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? at->means[low - 1] : (double)NAN;
}

static double work_out(median_state *state, int64_t step)
{
    size_t count = 0;
    for (size_t i = 0; i < state->average_count; i++) {
        double mean = mean_at(&state->averages[i], step);
        if (!isnan(mean))
            state->room[count++] = mean;
    }
    if (count < (size_t)state->settings->startup)
        return INFINITY;
    cav_sort(state->room, count);
    return state->room[(size_t)(state->settings->quantile * (double)(count - 1))];
}

// The place of a step among the thresholds, which may be that of a later one.
static size_t find_place(const median_state *state, int64_t step)
{
    size_t low = 0, high = state->threshold_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (state->thresholds[middle].step < step)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static caviar_code find_threshold(median_state *state, int64_t step, double *ret_loss,
                                  cav_error *error)
{
    size_t place = find_place(state, step);
    bool known = place < state->threshold_count && state->thresholds[place].step == step;
    if (!CAV_GROW(&state->room, &state->room_capacity, state->average_count + 1) ||
        !CAV_GROW(&state->thresholds, &state->threshold_capacity, state->threshold_count + 1))
        return cav_fail_memory(error);
    threshold *at = state->thresholds + place;
    if (!known) {
        memmove(at + 1, at, (state->threshold_count - place) * sizeof *at);
        state->threshold_count++;
    }
    if (!known || at->of != state->average_count)
        *at = (threshold){step, state->average_count, work_out(state, step)};
    *ret_loss = at->loss;
    return CAVIAR_OK;
}

static double best_of(const cav_history *history, size_t number)
{
    const cav_curve *curve = &history->curves[number];
    double best = INFINITY;
    for (size_t i = 0; i < curve->count; i++)
        best = fmin(best, curve->losses[i * history->metric_count]);
    return best;
}

static caviar_code judge(void *opaque, const cav_history *history, const cav_judged *trial,
                         caviar_verdict *ret_verdict, cav_error *error)
{
    median_state *state = opaque;
    const cav_curve *curve = &history->curves[trial->number];
    double worst = INFINITY;
    caviar_code code = look(state, history, error);
    int64_t step = curve->count > 0 ? curve->steps[curve->count - 1] : 0;
    if (!code && curve->count > 0 && step >= state->warmup)
        code = find_threshold(state, step, &worst, error);
    if (code)
        return code;
    bool stops = best_of(history, trial->number) > worst;
    *ret_verdict = stops ? CAVIAR_VERDICT_STOP : CAVIAR_VERDICT_CONTINUE;
    return CAVIAR_OK;
}

const cav_scheduler_type cav_scheduler_median = {
    .name = "median",
    .summary = "stops a trial that is worse than the median of the complete ones",
    .options = options,
    .option_count = CAV_COUNT_OF(options),
    .settings_size = sizeof(median_settings),
    .reads_curves = cav_scheduler_does,
    .create = create,
    .judge = judge,
    .resume = cav_scheduler_resume_first,
    .destroy = destroy,
};
