/**
 * comparable.c: ends of curves, expected or seen.
 */
#include "surrogate/comparable.h"

#include "base/memory.h"
#include "trial/state.h"

#include <math.h>
#include <stdlib.h>

enum {
    NODES = 48,    // steps at which the average curve is known
    COMPARED = 10, // trials that have come as far as losses are compared at
};

struct cav_comparable {
    cav_curve_model *model;
    int64_t step_max, horizon;
    double steps[NODES];     // from 1 to the horizon, evenly on the log scale
    double ahead[NODES];     // what trials lose on average from a node to the horizon
    size_t worked_out;       // for how many reports that was
    size_t reports;          // that were looked at
    int64_t level;           // step at which losses are compared; -1: not found since the last look
    cav_curve_guess unknown; // any curve there; NAN: not worked out since the last look

    cav_history view;
    bool has_view;
    double *losses; // [count] of the view
    cav_comparable_loss *compared;
    uint8_t *states;
    size_t *finished, *open;
    size_t capacity[5];
};

cav_comparable *cav_comparable_new(int64_t step_max)
{
    cav_comparable *made = calloc(1, sizeof *made);
    if (!made)
        return NULL;
    made->step_max = step_max;
    made->model = cav_curve_model_new(step_max);
    if (made->model)
        return made;
    free(made);
    return NULL;
}

void cav_comparable_free(cav_comparable *comparable)
{
    if (!comparable)
        return;
    cav_curve_model_free(comparable->model);
    free(comparable->losses);
    free(comparable->compared);
    free(comparable->states);
    free(comparable->finished);
    free(comparable->open);
    free(comparable);
}

caviar_code cav_comparable_look(cav_comparable *comparable, const cav_history *history,
                                size_t reports, cav_error *error)
{
    comparable->reports = reports;
    comparable->level = -1;
    comparable->unknown = (cav_curve_guess){NAN, NAN};
    return cav_curve_model_look(comparable->model, history, reports, error);
}

// ---- The level ------------------------------------------------------------------------------

// The step of the last report that was taken in; 0: there is none, or it was not finite.
static int64_t last_step(const cav_comparable *at, const cav_history *history, size_t number)
{
    const cav_curve *curve = &history->curves[number];
    size_t seen = cav_curve_model_seen(at->model, history, number);
    bool is_one = seen > 0 && isfinite(curve->losses[(seen - 1) * history->metric_count]);
    return is_one ? curve->steps[seen - 1] : 0;
}

static int64_t find_level(const cav_comparable *at, const cav_history *history)
{
    int64_t furthest[COMPARED]; // steps of the furthest trials, falling
    size_t count = 0, all = 0;
    for (size_t i = 0; i < history->count; i++) {
        int64_t step = last_step(at, history, i);
        size_t place = count;
        all += step > 0;
        while (place > 0 && furthest[place - 1] < step)
            place--;
        if (step <= 0 || place == COMPARED)
            continue;
        count += count < COMPARED;
        for (size_t j = count - 1; j > place; j--)
            furthest[j] = furthest[j - 1];
        furthest[place] = step;
    }
    if (all == 0)
        return 0;
    return furthest[all >= 2 * COMPARED ? COMPARED - 1 : (all - 1) / 2];
}

// The last step that COMPARED trials have come to, or half of them where there are fewer; 0: no
// trial has come to any.
static int64_t level_of(cav_comparable *at, const cav_history *history)
{
    if (at->level < 0)
        at->level = find_level(at, history);
    return at->level;
}

// The loss at a step that a curve has passed, on the straight line between its reports.
static double loss_at(const cav_history *history, const cav_curve *curve, int64_t step)
{
    size_t m = history->metric_count, next = 0;
    while (curve->steps[next] < step)
        next++;
    double loss = curve->losses[next * m];
    if (next == 0 || curve->steps[next] == step)
        return loss;
    int64_t before = curve->steps[next - 1];
    double share = (double)(step - before) / (double)(curve->steps[next] - before);
    return loss - (1 - share) * (loss - curve->losses[(next - 1) * m]);
}

// ---- What is ahead --------------------------------------------------------------------------

static double scaled_at(const cav_comparable *at, const cav_history *history,
                        const cav_curve *curve, size_t point)
{
    return cav_curve_model_scale(at->model, curve->losses[point * history->metric_count]);
}

// Adds what one curve lost from node to node, on the model's scale, where it was there to see.
static void add_curve(const cav_comparable *at, const cav_history *history, size_t number,
                      double *sums, double *counts)
{
    const cav_curve *curve = &history->curves[number];
    size_t seen = cav_curve_model_seen(at->model, history, number);
    double before = NAN;
    for (size_t node = 0, point = 0; node < NODES && seen > 1; node++) {
        double step = at->steps[node];
        while (point + 1 < seen && (double)curve->steps[point + 1] <= step)
            point++;
        double from = (double)curve->steps[point], value = scaled_at(at, history, curve, point);
        if (step < from)
            continue;
        if (step > from) {
            if (point + 1 == seen)
                return;
            double next = scaled_at(at, history, curve, point + 1);
            value += (step - from) / ((double)curve->steps[point + 1] - from) * (next - value);
        }
        if (isfinite(value - before)) {
            sums[node] += value - before;
            counts[node] += 1;
        }
        before = value;
    }
}

static void work_out(cav_comparable *at, const cav_history *history)
{
    double sums[NODES] = {0}, counts[NODES] = {0};
    at->horizon = cav_curve_model_horizon(at->model);
    for (size_t node = 0; node < NODES; node++)
        at->steps[node] = pow((double)at->horizon, (double)node / (NODES - 1));
    at->steps[NODES - 1] = (double)at->horizon; // to the bit
    for (size_t i = 0; i < history->count; i++)
        add_curve(at, history, i, sums, counts);
    at->ahead[NODES - 1] = 0;
    for (size_t node = NODES - 1; node-- > 0;) {
        double lost = counts[node + 1] > 0 ? sums[node + 1] / counts[node + 1] : 0;
        at->ahead[node] = at->ahead[node + 1] + lost;
    }
    at->worked_out = at->reports;
}

// What is still to be lost from a step on, on average.
static double ahead_of(const cav_comparable *at, int64_t from)
{
    size_t node = 0;
    double step = (double)from;
    while (node + 1 < NODES && at->steps[node + 1] <= step)
        node++;
    if (node + 1 == NODES || step <= at->steps[node])
        return at->ahead[node];
    double share = (step - at->steps[node]) / (at->steps[node + 1] - at->steps[node]);
    return at->ahead[node] + share * (at->ahead[node + 1] - at->ahead[node]);
}

// From the model's scale to losses, the deviations by the slope there.
static cav_comparable_loss unscale(const cav_comparable *at, cav_curve_guess guess,
                                   cav_curve_guess alone)
{
    bool is_log = cav_curve_model_scale(at->model, M_E) == 1;
    double loss = cav_curve_model_loss(at->model, guess.mean);
    double only = cav_curve_model_loss(at->model, alone.mean);
    return (cav_comparable_loss){.loss = loss,
                                 .sd = is_log ? guess.sd * loss : guess.sd,
                                 .alone = only,
                                 .alone_sd = is_log ? alone.sd * only : alone.sd};
}

// What a trial that has not come to the level will have lost there.
static cav_comparable_loss extrapolate(cav_comparable *at, const cav_history *history,
                                       size_t number, size_t seen)
{
    const cav_curve *curve = &history->curves[number];
    int64_t level = level_of(at, history);
    if (cav_curve_model_is_trusted(at->model)) {
        cav_curve_guess guess = cav_curve_model_guess(at->model, history, number, level);
        if (isnan(at->unknown.mean))
            at->unknown = cav_curve_model_guess_unknown(at->model, level);
        return unscale(at, guess, cav_curve_guess_alone(guess, at->unknown));
    }
    if (at->worked_out != at->reports || at->horizon == 0)
        work_out(at, history);
    double ahead = ahead_of(at, curve->steps[seen - 1]) - ahead_of(at, level);
    double last = scaled_at(at, history, curve, seen - 1);
    cav_curve_guess there = {last + ahead, fabs(ahead) / 2};
    return unscale(at, there, there);
}

cav_comparable_loss cav_comparable_of(cav_comparable *comparable, const cav_history *history,
                                      size_t number)
{
    static const cav_comparable_loss unknown = {NAN, NAN, NAN, NAN};
    uint8_t state = history->states[number];
    double loss = history->losses[number * history->metric_count];
    const cav_curve *curve = &history->curves[number];
    size_t seen = cav_curve_model_seen(comparable->model, history, number);
    // what came of a trial is known after its last report only
    bool is_known = seen == curve->count;
    if (state == CAVIAR_STATE_FAILED && is_known)
        return unknown;
    if (seen > 0 && !isfinite(curve->losses[(seen - 1) * history->metric_count]))
        return unknown; // it has diverged
    if (seen == 0 && !is_known)
        return unknown;
    bool has_ended = state == CAVIAR_STATE_COMPLETE && is_known;
    int64_t level = level_of(comparable, history), step = seen > 0 ? curve->steps[seen - 1] : 0;
    if (seen > 0 && (step > level || (step == level && !has_ended)))
        loss = loss_at(history, curve, level);
    else if (seen > 0 && !has_ended)
        return extrapolate(comparable, history, number, seen);
    return isfinite(loss) ? (cav_comparable_loss){loss, 0, loss, 0} : unknown;
}

// ---- The view -------------------------------------------------------------------------------

static bool make_room(cav_comparable *at, size_t count)
{
    return CAV_GROW(&at->losses, &at->capacity[0], count) &&
           CAV_GROW(&at->compared, &at->capacity[1], count) &&
           CAV_GROW(&at->states, &at->capacity[2], count) &&
           CAV_GROW(&at->finished, &at->capacity[3], count) &&
           CAV_GROW(&at->open, &at->capacity[4], count);
}

static void put_in_view(cav_comparable *at, const cav_history *history, size_t number)
{
    uint8_t state = history->states[number];
    size_t seen = cav_curve_model_seen(at->model, history, number);
    cav_comparable_loss of = cav_comparable_of(at, history, number);
    bool has_ended =
        cav_state_is_final((caviar_state)state) && seen == history->curves[number].count;
    at->losses[number] = of.loss;
    at->compared[number] = of;
    at->states[number] = has_ended && isnan(of.loss) ? state : CAVIAR_STATE_COMPLETE;
    if (has_ended || seen > 0)
        at->finished[at->view.finished_count++] = number;
    else {
        at->states[number] = CAVIAR_STATE_RUNNING;
        at->open[at->view.open_count++] = number;
    }
}

bool cav_comparable_is_viewed(const cav_history *history)
{
    return history->reported_count > 0 && history->metric_count == 1;
}

caviar_code cav_comparable_view(cav_comparable *comparable, const cav_history *history,
                                const cav_history **ret_view, cav_error *error)
{
    comparable->has_view = comparable->reports > 0 && cav_comparable_is_viewed(history);
    if (!comparable->has_view) {
        *ret_view = history;
        return CAVIAR_OK;
    }
    if (!make_room(comparable, history->count))
        return cav_fail_memory(error);
    comparable->view = *history;
    comparable->view.finished_count = comparable->view.open_count = 0;
    comparable->view.losses = comparable->losses;
    comparable->view.states = comparable->states;
    comparable->view.finished = comparable->finished;
    comparable->view.open = comparable->open;
    for (size_t i = 0; i < history->count; i++)
        put_in_view(comparable, history, i);
    *ret_view = &comparable->view;
    return CAVIAR_OK;
}

caviar_code cav_comparable_see(cav_comparable *comparable, const cav_history *history,
                               const cav_history **ret_view, cav_error *error)
{
    *ret_view = history;
    if (!comparable)
        return CAVIAR_OK;
    caviar_code code = cav_comparable_look(comparable, history, history->reported_count, error);
    return code ? code : cav_comparable_view(comparable, history, ret_view, error);
}

const cav_comparable_loss *cav_comparable_losses(const cav_comparable *comparable)
{
    return comparable && comparable->has_view ? comparable->compared : NULL;
}
