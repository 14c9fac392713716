/**
 * zoom.c: coarse to fine.
 *
 * The first trial takes the parameters' defaults, where there are any. The first round spreads
 * Sobol points over the whole start region. Each further round draws most of its points from a box
 * around the best trials so far, and the rest from the start region, so that a better region
 * elsewhere can still be found.
 *
 * The box is where the elite (the few best trials) suggests that good values lie. If m values were
 * drawn from an interval, it reaches about one gap, (max - min) / (m - 1), past the outermost on
 * either side; so the box of a parameter that does not matter, whose elite values are spread over
 * everything, stays wide, and that of one that matters closes in. Where the best trial lies near
 * an edge of the box that it was drawn from, the next box does not close in but goes on past that
 * edge and is larger than the last, as far as the parameter's limits allow: so it moves on as fast
 * as a minimum outside needs. Unordered choices have no box but shares: each as often as the elite
 * has it, and never none.
 *
 * Where trials are stopped early, each counts with the loss that it is expected to end with
 * (surrogate/comparable.h). As that changes with every report, the rounds are gone through again.
 */
#include "search/sampler.h"

#include "base/memory.h"
#include "base/random.h"
#include "search/sobol_points.h"
#include "surrogate/comparable.h"
#include "search/beginning.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct zoom_settings {
    int64_t first, round, elite;
    double outside, grow;
} zoom_settings;

static const cav_option options[] = {
    {"first", CAV_OPTION_INT, offsetof(zoom_settings, first), 0, 0, 1e6,
     "trials of the first, coarse round; 0: two for each parameter, at most a quarter of the "
     "budget, at least 8"},
    {"round", CAV_OPTION_INT, offsetof(zoom_settings, round), 0, 0, 1e6,
     "trials of each further round; 0: one for each parameter, at least 4"},
    {"elite", CAV_OPTION_INT, offsetof(zoom_settings, elite), 0, 0, 1000,
     "best trials that span the box; 0: four, and one more for each two parameters"},
    {"outside", CAV_OPTION_REAL, offsetof(zoom_settings, outside), 0.15, 0, 1,
     "share of points drawn from everywhere instead of the box"},
    {"grow", CAV_OPTION_REAL, offsetof(zoom_settings, grow), 0.5, 0, 10,
     "by how much a box grows where the best trial lies at its edge, in widths of the box"},
};

// Where to draw one coordinate from.
typedef struct zoom_axis {
    double low, high; // ordered: the box, in the unit interval
    double *shares;   // [choices] unordered: running sums of the shares, the last one 1
} zoom_axis;

typedef struct zoom_state {
    const cav_space *space;
    const zoom_settings *settings;
    uint64_t seed, scrambling;
    size_t first, round, elite_most;
    size_t seen;       // finished trials that have been looked at
    size_t next_round; // number of complete trials at which the box is made anew
    size_t complete;   // complete trials seen
    cav_comparable *comparable;
    double *losses; // [loss_capacity] to rank by
    size_t loss_capacity;
    size_t *elite; // [elite_count] best first
    size_t elite_count;
    bool boxed;      // a box has been made
    zoom_axis *axes; // [dim_count]
} zoom_state;

static void destroy(void *opaque)
{
    zoom_state *state = opaque;
    for (size_t dim = 0; state->axes && dim < state->space->dim_count; dim++)
        free(state->axes[dim].shares);
    cav_comparable_free(state->comparable);
    free(state->losses);
    free(state->axes);
    free(state->elite);
    free(state);
}

static size_t or_default(int64_t setting, size_t otherwise)
{
    return setting > 0 ? (size_t)setting : otherwise;
}

static size_t default_first(const cav_sampler_setup *setup)
{
    size_t first = 2 * setup->space->dim_count;
    size_t quarter = (size_t)setup->trial_budget / 4;
    if (setup->trial_budget > 0 && first > quarter)
        first = quarter;
    return first > 8 ? first : 8;
}

static const cav_parameter *parameter_of(const zoom_state *state, size_t dim)
{
    return &state->space->parameters[state->space->dims[dim]];
}

static void start_axis(const cav_parameter *parameter, zoom_axis *axis)
{
    axis->low = cav_parameter_start(parameter, 0);
    axis->high = cav_parameter_start(parameter, 1);
}

static bool make_axes(zoom_state *state)
{
    state->axes = calloc(state->space->dim_count + 1, sizeof *state->axes);
    state->elite = calloc(state->elite_most + 1, sizeof *state->elite);
    if (!state->axes || !state->elite)
        return false;
    for (size_t dim = 0; dim < state->space->dim_count; dim++) {
        const cav_parameter *parameter = parameter_of(state, dim);
        start_axis(parameter, &state->axes[dim]);
        if (parameter->axis != CAV_AXIS_CHOICES)
            continue;
        state->axes[dim].shares = calloc(parameter->choice_count, sizeof(double));
        if (!state->axes[dim].shares)
            return false;
    }
    return true;
}

static caviar_code create(const cav_sampler_setup *setup, const void *opaque, void **ret_state,
                          cav_error *error)
{
    const zoom_settings *settings = opaque;
    size_t dims = setup->space->dim_count;
    zoom_state *state = calloc(1, sizeof *state);
    if (!state)
        return cav_fail_memory(error);
    cav_random random = cav_random_stream(setup->seed, 0, CAV_PURPOSE_SCRAMBLE, 0);
    *state = (zoom_state){
        .space = setup->space,
        .settings = settings,
        .seed = setup->seed,
        .scrambling = cav_random_u64(&random),
        .first = or_default(settings->first, default_first(setup)),
        .round = or_default(settings->round, dims > 4 ? dims : 4),
        .elite_most = or_default(settings->elite, 4 + dims / 2),
    };
    state->next_round = state->first;
    state->comparable = cav_comparable_new(setup->step_max);
    if (!state->comparable || !make_axes(state)) {
        destroy(state);
        return cav_fail_memory(error);
    }
    *ret_state = state;
    return CAVIAR_OK;
}

// Puts a trial into its place among the best.
static void rank(zoom_state *state, size_t number)
{
    double loss = state->losses[number];
    if (isnan(loss))
        return;
    state->complete++;
    size_t at = state->elite_count;
    while (at > 0 && loss < state->losses[state->elite[at - 1]])
        at--;
    if (at == state->elite_most)
        return;
    if (state->elite_count < state->elite_most)
        state->elite_count++;
    memmove(state->elite + at + 1, state->elite + at,
            (state->elite_count - at - 1) * sizeof *state->elite);
    state->elite[at] = number;
}

static double elite_value(const zoom_state *state, const cav_history *history, size_t dim,
                          size_t place)
{
    return history->points[state->elite[place] * history->dim_count + dim];
}

// Half of a unit goes to all choices alike, as if the elite had half a trial more.
static void make_shares(zoom_state *state, const cav_history *history, size_t dim)
{
    const cav_parameter *parameter = parameter_of(state, dim);
    double *shares = state->axes[dim].shares, total = 0;
    for (size_t i = 0; i < parameter->choice_count; i++)
        shares[i] = 0.5;
    for (size_t place = 0; place < state->elite_count; place++) {
        double u = elite_value(state, history, dim, place);
        if (!isnan(u))
            shares[(size_t)cav_parameter_decode(parameter, u)] += 1;
    }
    for (size_t i = 0; i < parameter->choice_count; i++)
        total += shares[i];
    double sum = 0;
    for (size_t i = 0; i < parameter->choice_count; i++)
        shares[i] = (sum += shares[i] / total);
}

// Lets the box grow past the edge of the one before that the best value lies at.
static void grow(const zoom_state *state, const cav_parameter *parameter, double best,
                 zoom_axis before, zoom_axis *axis)
{
    double width = before.high - before.low;
    double ahead = (0.5 + state->settings->grow) * width, behind = 0.5 * width;
    if (best - before.low < 0.2 * width && before.low > 0) {
        axis->low = fmin(axis->low, best - ahead);
        axis->high = fmax(axis->high, best + behind);
    } else if (before.high - best < 0.2 * width && before.high < 1) {
        axis->low = fmin(axis->low, best - behind);
        axis->high = fmax(axis->high, best + ahead);
    }
    // a box never gets so narrow that the neighbouring levels are out of reach
    size_t levels = cav_parameter_size(parameter);
    double least = levels ? 1.0 / (double)levels : 1e-9;
    axis->low = fmax(0, fmin(axis->low, best - least));
    axis->high = fmin(1, fmax(axis->high, best + least));
}

static void make_box(zoom_state *state, const cav_history *history, size_t dim)
{
    const cav_parameter *parameter = parameter_of(state, dim);
    zoom_axis *axis = &state->axes[dim];
    double low = INFINITY, high = -INFINITY, best = NAN;
    size_t count = 0;
    for (size_t place = 0; place < state->elite_count; place++) {
        double u = elite_value(state, history, dim, place);
        if (isnan(u))
            continue;
        if (count++ == 0)
            best = u;
        low = fmin(low, u);
        high = fmax(high, u);
    }
    zoom_axis before = *axis;
    start_axis(parameter, axis);
    if (count < 3) // too few to say anything
        return;
    double gap = (high - low) / (double)(count - 1);
    axis->low = low - gap;
    axis->high = high + gap;
    grow(state, parameter, best, before, axis);
}

static void make_boxes(zoom_state *state, const cav_history *history)
{
    for (size_t dim = 0; dim < state->space->dim_count; dim++) {
        if (state->axes[dim].shares)
            make_shares(state, history, dim);
        else
            make_box(state, history, dim);
    }
    state->boxed = true;
    state->next_round = state->complete + state->round;
}

// The boxes depend on the history alone, not on when it was looked at: a worker that joins late
// goes through the same rounds as one that was there.
static void take(zoom_state *state, const cav_history *history, size_t number)
{
    rank(state, number);
    if (state->complete >= state->next_round)
        make_boxes(state, history);
}

static void look_at_ends(zoom_state *state, const cav_history *history)
{
    while (state->seen < history->finished_count) {
        size_t number = history->finished[state->seen++];
        bool counts = history->states[number] == CAVIAR_STATE_COMPLETE;
        double loss = history->losses[number * history->metric_count];
        state->losses[number] = counts ? loss : (double)NAN;
        take(state, history, number);
    }
}

static void begin_again(zoom_state *state)
{
    state->complete = state->elite_count = 0;
    state->next_round = state->first;
    state->boxed = false;
    for (size_t dim = 0; dim < state->space->dim_count; dim++)
        start_axis(parameter_of(state, dim), &state->axes[dim]);
}

static caviar_code look_at_curves(zoom_state *state, const cav_history *history, cav_error *error)
{
    caviar_code code =
        cav_comparable_look(state->comparable, history, history->reported_count, error);
    if (code)
        return code;
    begin_again(state);
    for (size_t i = 0; i < history->count; i++) {
        state->losses[i] = cav_comparable_of(state->comparable, history, i).loss;
        take(state, history, i);
    }
    return CAVIAR_OK;
}

static caviar_code look(zoom_state *state, const cav_history *history, cav_error *error)
{
    if (!CAV_GROW(&state->losses, &state->loss_capacity, history->count))
        return cav_fail_memory(error);
    if (history->reported_count > 0)
        return look_at_curves(state, history, error);
    look_at_ends(state, history);
    return CAVIAR_OK;
}

static double draw(const zoom_state *state, size_t dim, double v)
{
    const zoom_axis *axis = &state->axes[dim];
    const cav_parameter *parameter = parameter_of(state, dim);
    if (!axis->shares)
        return axis->low + v * (axis->high - axis->low);
    size_t choice = 0;
    while (choice + 1 < parameter->choice_count && v >= axis->shares[choice])
        choice++;
    return cav_parameter_nth(parameter, choice);
}

static caviar_code suggest(void *opaque, const cav_history *history, const cav_suggest *suggest,
                           double *ret_point, cav_error *error)
{
    zoom_state *state = opaque;
    caviar_code code = look(state, history, error);
    if (code)
        return code;
    cav_random random =
        cav_random_stream(state->seed, suggest->number, CAV_PURPOSE_SUGGEST, suggest->attempt);
    bool everywhere = !state->boxed || cav_random_unit(&random) < state->settings->outside;
    if (everywhere) {
        cav_beginning_point(state->space, state->scrambling, suggest, ret_point);
        return CAVIAR_OK;
    }
    uint64_t scrambling = state->scrambling + suggest->attempt;
    for (size_t dim = 0; dim < state->space->dim_count; dim++) {
        double v = cav_sobol_coordinate(scrambling, (uint32_t)suggest->number, dim);
        ret_point[dim] = draw(state, dim, v);
    }
    return CAVIAR_OK;
}

const cav_sampler_type cav_sampler_zoom = {
    .name = "zoom",
    .summary = "coarse to fine: a box around the best trials that shrinks, and grows at its edge",
    .options = options,
    .option_count = CAV_COUNT_OF(options),
    .settings_size = sizeof(zoom_settings),
    .by_number = true,
    .first_metric = true,
    .create = create,
    .suggest = suggest,
    .destroy = destroy,
};
