/**
 * comparable.c: ends of curves, expected or seen.
 */
#include "surrogate/comparable.h"

#include <math.h>
#include <stdlib.h>

enum { NODES = 48 }; // steps at which curves are compared

struct cav_comparable {
    cav_curve_model *model;
    int64_t step_max, horizon;
    double steps[NODES]; // from 1 to the horizon, evenly on the log scale
    double ahead[NODES]; // what trials lose on average from a node to the horizon
    size_t reported;     // for how many reports that was worked out
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
    free(comparable);
}

caviar_code cav_comparable_look(cav_comparable *comparable, const cav_history *history,
                                cav_error *error)
{
    return cav_curve_model_look(comparable->model, history, error);
}

static double scaled_at(const cav_comparable *at, const cav_history *history,
                        const cav_curve *curve, size_t point)
{
    return cav_curve_model_scale(at->model, curve->losses[point * history->metric_count]);
}

// Adds what one curve lost from node to node, on the model's scale, where it was there to see.
static void add_curve(const cav_comparable *at, const cav_history *history, const cav_curve *curve,
                      double *sums, double *counts)
{
    double before = NAN;
    for (size_t node = 0, point = 0; node < NODES && curve->count > 1; node++) {
        double step = at->steps[node];
        while (point + 1 < curve->count && (double)curve->steps[point + 1] <= step)
            point++;
        double from = (double)curve->steps[point], value = scaled_at(at, history, curve, point);
        if (step < from)
            continue;
        if (step > from) {
            if (point + 1 == curve->count)
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
        add_curve(at, history, &history->curves[i], sums, counts);
    at->ahead[NODES - 1] = 0;
    for (size_t node = NODES - 1; node-- > 0;) {
        double lost = counts[node + 1] > 0 ? sums[node + 1] / counts[node + 1] : 0;
        at->ahead[node] = at->ahead[node + 1] + lost;
    }
    at->reported = history->reported_count;
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

// From the model's scale to losses, the deviation by the slope there.
static cav_comparable_loss unscale(const cav_comparable *at, double mean, double sd)
{
    double loss = cav_curve_model_loss(at->model, mean);
    bool is_log = cav_curve_model_scale(at->model, M_E) == 1;
    return (cav_comparable_loss){loss, is_log ? sd * loss : sd};
}

static cav_comparable_loss extrapolate(cav_comparable *at, const cav_history *history,
                                       size_t number)
{
    const cav_curve *curve = &history->curves[number];
    if (cav_curve_model_is_trusted(at->model)) {
        cav_curve_guess guess =
            cav_curve_model_guess(at->model, history, number, cav_curve_model_horizon(at->model));
        return unscale(at, guess.mean, guess.sd);
    }
    if (at->reported != history->reported_count || at->horizon == 0)
        work_out(at, history);
    double ahead = ahead_of(at, curve->steps[curve->count - 1]);
    double last = scaled_at(at, history, curve, curve->count - 1);
    return unscale(at, last + ahead, fabs(ahead) / 2);
}

cav_comparable_loss cav_comparable_of(cav_comparable *comparable, const cav_history *history,
                                      size_t number)
{
    uint8_t state = history->states[number];
    double loss = history->losses[number * history->metric_count];
    bool has_curve = history->curves[number].count > 0;
    if (state == CAVIAR_STATE_FAILED)
        return (cav_comparable_loss){NAN, NAN};
    if (state == CAVIAR_STATE_COMPLETE || !has_curve)
        return (cav_comparable_loss){loss, isnan(loss) ? (double)NAN : 0};
    return extrapolate(comparable, history, number);
}
