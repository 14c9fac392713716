/**
 * curve_model.c: following the curves, learning what they have in common, predicting.
 */
#include "surrogate/curve_model.h"

#include "base/memory.h"
#include "surrogate/curve_posterior.h"
#include "trial/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST_FIT = 16, // reports
    FIRST_HORIZON = 16,
    SWEEPS = 4, // of expectation maximisation
    MOST_FITTED = 60,
    CHANGING = 16, // trials that go by the next fit, with each report after it
    LEAST_CHECKED = 5,
    MOST_CHECKED = 30,
};

static const double parts[] = {0.2, 0.5}; // of a curve, from which the rest is predicted to check
static const double wide = 20; // losses further apart than this factor are taken by their logarithm

// What the model knows of a trial.
typedef struct tracked {
    size_t seen;          // points of its curve that were taken in
    size_t rewinds;       // of the curve, as last seen
    cav_curve_sums *sums; // owned; NULL: none yet, or it has ended
    cav_curve_guess end;  // at the horizon
    size_t fit, points;   // which that is of; fit 0: none
} tracked;

// What is learnt from all curves.
typedef struct lesson {
    cav_curve_prior prior;
    double drift; // variance that a prediction gains by each unit of log(step / last step seen)
    size_t fit;   // 0: none
} lesson;

// What a sweep adds up over the curves.
typedef struct totals {
    double count, mean[2], square[3], shares[CAV_CURVE_SHAPES], observations, residual;
} totals;

// The predictions of latest losses from first parts, and how they came out.
typedef struct check {
    size_t count, half_count;
    struct {
        double square, variance, way; // of the error, expected; log(step / last step seen)
    } at[MOST_CHECKED * CAV_COUNT_OF(parts)];
    double error, naive_error;      // from halves: absolute errors; of the last loss seen
    double square, end, square_end; // squared errors; the ends, their squares: all these are sums
} check;

// A fit under way: sweep by sweep, then the checks, curve by curve, over the reports until the next
// one. What it learns from stays as it was when it began.
typedef struct fitting {
    bool is_on;
    size_t units, done, share; // posteriors to find, found, to be found with each report
    cav_curve_prior start, prior;
    totals totals;
    check check;
    size_t count;
    struct {
        size_t number, seen;
    } curves[MOST_FITTED]; // [count] the longest first
} fitting;

struct cav_curve_model {
    int64_t step_max;
    cav_curve_shapes shapes;
    lesson now, before; // the latest one, and what trials go by that are yet to change over
    size_t fits;        // how often there was one
    size_t fitted;      // at so many reports
    size_t next_fit;
    size_t reported; // how far the history's list has been read
    size_t finished; // the same of the ended trials
    bool is_log, is_trusted;
    double origin;      // the first loss: values are counted from it
    double least, most; // losses
    int64_t last;       // step reported
    tracked *trials;    // [trial_count]
    size_t trial_count, capacity;
    cav_curve_sums scratch;
    cav_curve_posterior posterior;
    fitting fitting;
};

cav_curve_model *cav_curve_model_new(int64_t step_max)
{
    cav_curve_model *model = calloc(1, sizeof *model);
    if (!model)
        return NULL;
    model->step_max = step_max;
    model->next_fit = FIRST_FIT;
    model->origin = NAN;
    model->least = INFINITY;
    model->most = -INFINITY;
    cav_curve_shapes_draw(&model->shapes, step_max > 0 ? step_max : FIRST_HORIZON);
    return model;
}

void cav_curve_model_free(cav_curve_model *model)
{
    if (!model)
        return;
    for (size_t i = 0; i < model->trial_count; i++)
        free(model->trials[i].sums);
    free(model->trials);
    free(model);
}

// ---- Scale ----------------------------------------------------------------------------------

double cav_curve_model_scale(const cav_curve_model *model, double loss)
{
    return model->is_log ? log(loss) : loss;
}

double cav_curve_model_loss(const cav_curve_model *model, double scaled)
{
    return model->is_log ? exp(scaled) : scaled;
}

int64_t cav_curve_model_horizon(const cav_curve_model *model)
{
    return model->step_max > 0 ? model->step_max : model->last > 0 ? model->last : 1;
}

static double value_of(const cav_curve_model *model, double loss)
{
    return cav_curve_model_scale(model, loss) - cav_curve_model_scale(model, model->origin);
}

// ---- Following ------------------------------------------------------------------------------

static void add_point(const cav_curve_model *model, const cav_history *history,
                      const cav_curve *curve, size_t point, cav_curve_sums *sums)
{
    double shapes[CAV_CURVE_SHAPES], loss = curve->losses[point * history->metric_count];
    if (!isfinite(loss) || (model->is_log && loss <= 0))
        return;
    cav_curve_shapes_at(&model->shapes, (double)curve->steps[point], shapes);
    cav_curve_sums_add(sums, shapes, value_of(model, loss));
}

// The sums over the first points of a curve, in the model's scratch.
static const cav_curve_sums *sum_up(cav_curve_model *model, const cav_history *history,
                                    size_t number, size_t points)
{
    const cav_curve *curve = &history->curves[number];
    model->scratch = (cav_curve_sums){0};
    for (size_t i = 0; i < points && i < curve->count; i++)
        add_point(model, history, curve, i, &model->scratch);
    return &model->scratch;
}

static bool make_room(cav_curve_model *model, size_t trials)
{
    if (!CAV_GROW(&model->trials, &model->capacity, trials))
        return false;
    for (; model->trial_count < trials; model->trial_count++)
        model->trials[model->trial_count] = (tracked){0};
    return true;
}

static void note_range(cav_curve_model *model, double loss, int64_t step)
{
    if (!isfinite(loss))
        return;
    if (isnan(model->origin))
        model->origin = loss;
    model->least = fmin(model->least, loss);
    model->most = fmax(model->most, loss);
    model->last = step > model->last ? step : model->last;
}

// Takes in a report, unless it was given up since.
static bool follow(cav_curve_model *model, const cav_history *history, size_t place)
{
    size_t number = history->reported[place];
    tracked *at = &model->trials[number];
    const cav_curve *curve = &history->curves[number];
    if (at->seen >= curve->count || curve->places[at->seen] != place)
        return true;
    if (!at->sums && !cav_state_is_final((caviar_state)history->states[number])) {
        at->sums = malloc(sizeof *at->sums);
        if (!at->sums)
            return false;
        *at->sums = *sum_up(model, history, number, at->seen);
    }
    note_range(model, curve->losses[at->seen * history->metric_count], curve->steps[at->seen]);
    if (at->sums)
        add_point(model, history, curve, at->seen, at->sums);
    at->seen++;
    return true;
}

static const cav_curve_sums *sums_of(cav_curve_model *model, const cav_history *history,
                                     size_t number)
{
    const tracked *at = &model->trials[number];
    return at->sums ? at->sums : sum_up(model, history, number, at->seen);
}

// ---- Learning what the curves have in common ------------------------------------------------

// Whether the scale or the horizon is another one from now on; then all sums are made anew.
static bool set_frame(cav_curve_model *model)
{
    bool is_log = model->least > 0 && model->most > wide * model->least;
    int64_t horizon = model->shapes.horizon;
    while (model->step_max <= 0 && horizon < model->last)
        horizon *= 2;
    bool changed = is_log != model->is_log || horizon != model->shapes.horizon;
    model->is_log = is_log;
    if (horizon != model->shapes.horizon)
        cav_curve_shapes_draw(&model->shapes, horizon);
    return changed;
}

static void make_sums_anew(cav_curve_model *model, const cav_history *history)
{
    for (size_t i = 0; i < model->trial_count; i++) {
        tracked *at = &model->trials[i];
        at->fit = 0;
        if (at->sums)
            *at->sums = *sum_up(model, history, i, at->seen);
    }
}

// Puts a curve into its place among the longest ones, if it has one.
static void rank(fitting *at, size_t number, size_t seen)
{
    size_t place = at->count;
    while (place > 0 && seen > at->curves[place - 1].seen)
        place--;
    if (place == MOST_FITTED)
        return;
    at->count += at->count < MOST_FITTED;
    for (size_t i = at->count - 1; i > place; i--)
        at->curves[i] = at->curves[i - 1];
    at->curves[place].number = number;
    at->curves[place].seen = seen;
}

// A first guess: ends and beginnings as they were seen.
static void start_prior(const cav_curve_model *model, const cav_history *history, fitting *at)
{
    double first = 0, last = 0, square = 0, n = (double)at->count;
    for (size_t i = 0; i < at->count; i++) {
        const cav_curve *curve = &history->curves[at->curves[i].number];
        double a = value_of(model, curve->losses[0]);
        double b = value_of(model, curve->losses[(at->curves[i].seen - 1) * history->metric_count]);
        if (!isfinite(a) || !isfinite(b))
            continue;
        first += a / n;
        last += b / n;
        square += b * b / n;
    }
    double range = fabs(value_of(model, model->most) - value_of(model, model->least));
    double spread = fmax(square - last * last, 1e-4 * range * range) + 1e-300;
    at->start = (cav_curve_prior){
        .mean = {last, first - last}, .covariance = {spread, 0, spread}, .noise = spread / 400};
    for (size_t k = 0; k < CAV_CURVE_SHAPES; k++)
        at->start.shares[k] = 1.0 / CAV_CURVE_SHAPES;
    at->prior = at->start;
}

static void add_curve(const cav_curve_posterior *at, double observations, totals *to)
{
    to->count += 1;
    to->observations += observations;
    to->residual += at->residual;
    for (size_t k = 0; k < CAV_CURVE_SHAPES; k++) {
        to->shares[k] += at->weights[k];
        to->mean[0] += at->e[k];
        to->mean[1] += at->d[k];
        to->square[0] += at->ee[k];
        to->square[1] += at->ed[k];
        to->square[2] += at->dd[k];
    }
}

// The first guess of the covariance counts as two curves, the even shares as three.
static void set_prior(cav_curve_prior *prior, const cav_curve_prior *start, const totals *at)
{
    double n = at->count, shape_weight = 3;
    double mean[2] = {at->mean[0] / n, at->mean[1] / n};
    const double outer[3] = {mean[0] * mean[0], mean[0] * mean[1], mean[1] * mean[1]};
    for (size_t i = 0; i < 3; i++)
        prior->covariance[i] = (at->square[i] - n * outer[i] + 2 * start->covariance[i]) / (n + 2);
    prior->mean[0] = mean[0];
    prior->mean[1] = mean[1];
    double noise = (at->residual + 2 * start->noise) / (at->observations + 2);
    prior->noise = fmax(noise, 1e-5 * (prior->covariance[2] + mean[1] * mean[1]));
    for (size_t k = 0; k < CAV_CURVE_SHAPES; k++)
        prior->shares[k] = (at->shares[k] + shape_weight / CAV_CURVE_SHAPES) / (n + shape_weight);
}

// Predicts the latest loss from the first points, up to a share of the steps.
static void check_part(cav_curve_model *model, const cav_history *history, size_t index,
                       double part, check *to)
{
    size_t number = model->fitting.curves[index].number, known = 0;
    size_t seen = model->fitting.curves[index].seen;
    const cav_curve *curve = &history->curves[number];
    double last = (double)curve->steps[seen - 1], shapes[CAV_CURVE_SHAPES], mean, variance;
    while (known < seen && (double)curve->steps[known] <= part * last)
        known++;
    if (known < 2)
        return;
    double end = value_of(model, curve->losses[(seen - 1) * history->metric_count]);
    double from = value_of(model, curve->losses[(known - 1) * history->metric_count]);
    cav_curve_posterior_find(&model->fitting.prior, sum_up(model, history, number, known),
                             &model->posterior);
    cav_curve_shapes_at(&model->shapes, last, shapes);
    cav_curve_posterior_at(&model->posterior, shapes, &mean, &variance);
    double error = end - mean;
    if (!isfinite(error) || !isfinite(from))
        return;
    to->at[to->count].square = error * error;
    to->at[to->count].variance = variance + model->posterior.noise;
    to->at[to->count++].way = log(last / (double)curve->steps[known - 1]);
    if (part < parts[CAV_COUNT_OF(parts) - 1])
        return;
    to->half_count++;
    to->error += fabs(error);
    to->naive_error += fabs(end - from);
    to->square += error * error;
    to->end += end;
    to->square_end += end * end;
}

// Mean squared error, in units of what is expected with so much drift.
static double surprise_at(const check *at, double drift)
{
    double sum = 0;
    for (size_t i = 0; i < at->count; i++)
        sum += at->at[i].square / (at->at[i].variance + drift * at->at[i].way);
    return sum / (double)at->count;
}

// The least drift with which errors are no larger than expected.
static double find_drift(const check *at)
{
    double low = 0, high = 0;
    for (size_t i = 0; i < at->count; i++)
        high = fmax(high, at->at[i].square / at->at[i].way);
    if (at->count == 0 || surprise_at(at, 0) <= 1)
        return 0;
    for (int i = 0; i < 40; i++) {
        double middle = (low + high) / 2;
        if (surprise_at(at, middle) > 1)
            low = middle;
        else
            high = middle;
    }
    return high;
}

// Whether halves tell ends: better than the mean of all would, and no worse than the last loss.
static bool tells_ends(const check *at)
{
    static const double most_unexplained = 0.7, most_error = 1.1;
    double n = (double)at->half_count;
    return n >= LEAST_CHECKED && at->error <= most_error * at->naive_error &&
           at->square <= most_unexplained * (at->square_end - at->end * at->end / n);
}

static size_t fit_after(size_t reports)
{
    return reports + (reports / 4 > 8 ? reports / 4 : 8);
}

// The sums of a curve as it was when the fit began.
static const cav_curve_sums *sums_then(cav_curve_model *model, const cav_history *history,
                                       size_t index)
{
    size_t number = model->fitting.curves[index].number, seen = model->fitting.curves[index].seen;
    const tracked *at = &model->trials[number];
    return at->sums && at->seen == seen ? at->sums : sum_up(model, history, number, seen);
}

static void sweep_one(cav_curve_model *model, const cav_history *history, size_t index)
{
    fitting *at = &model->fitting;
    if (index == 0)
        at->totals = (totals){0};
    const cav_curve_sums *sums = sums_then(model, history, index);
    cav_curve_posterior_find(&at->prior, sums, &model->posterior);
    add_curve(&model->posterior, sums->count, &at->totals);
    if (index + 1 == at->count)
        set_prior(&at->prior, &at->start, &at->totals);
}

static void end_fit(cav_curve_model *model)
{
    fitting *at = &model->fitting;
    model->before = model->now;
    model->now =
        (lesson){.prior = at->prior, .drift = find_drift(&at->check), .fit = ++model->fits};
    model->is_trusted = tells_ends(&at->check);
    model->fitted = model->reported;
    at->is_on = false;
}

static void go_on_fitting(cav_curve_model *model, const cav_history *history, size_t units)
{
    fitting *at = &model->fitting;
    size_t sweeps = SWEEPS * at->count;
    for (; units > 0 && at->done < at->units; units--, at->done++) {
        size_t checked = at->done - sweeps;
        if (at->done < sweeps)
            sweep_one(model, history, at->done % at->count);
        else
            check_part(model, history, checked / CAV_COUNT_OF(parts),
                       parts[checked % CAV_COUNT_OF(parts)], &at->check);
    }
    if (at->done == at->units)
        end_fit(model);
}

// Begins a fit that ends before the next one is to begin. The first one is made at once, and so is
// one where the scale or the horizon changed, as what was learnt before is of no use then.
static void begin_fit(cav_curve_model *model, const cav_history *history)
{
    fitting *at = &model->fitting;
    *at = (fitting){.is_on = true};
    if (set_frame(model)) {
        make_sums_anew(model, history);
        model->now.fit = 0;
    }
    for (size_t i = 0; i < model->trial_count; i++)
        if (model->trials[i].seen > 0)
            rank(at, i, cav_curve_model_seen(model, history, i));
    start_prior(model, history, at);
    size_t checked = at->count < MOST_CHECKED ? at->count : MOST_CHECKED;
    at->units = SWEEPS * at->count + CAV_COUNT_OF(parts) * checked;
    at->share = at->units / (fit_after(model->next_fit) - model->next_fit - 1) + 1;
    if (model->now.fit == 0)
        go_on_fitting(model, history, at->units);
}

// Fits that have been overtaken by now are left out, but for the latest two that have ended.
static bool is_overtaken(const cav_curve_model *model, size_t reports)
{
    return fit_after(fit_after(fit_after(model->next_fit))) <= reports;
}

static void forget_ended(cav_curve_model *model, const cav_history *history)
{
    for (; model->finished < history->finished_count; model->finished++) {
        tracked *at = &model->trials[history->finished[model->finished]];
        free(at->sums);
        at->sums = NULL;
    }
}

static bool was_rewound(const cav_curve_model *model, const cav_history *history)
{
    for (size_t i = model->reported; i < history->reported_count; i++) {
        size_t number = history->reported[i];
        if (model->trials[number].rewinds != history->curves[number].rewinds)
            return true;
    }
    return false;
}

static void begin_again(cav_curve_model *model, const cav_history *history)
{
    for (size_t i = 0; i < model->trial_count; i++) {
        free(model->trials[i].sums);
        model->trials[i] = (tracked){.rewinds = history->curves[i].rewinds};
    }
    if (model->step_max <= 0)
        cav_curve_shapes_draw(&model->shapes, FIRST_HORIZON);
    model->now.fit = model->before.fit = 0;
    model->fitting.is_on = false;
    model->is_log = model->is_trusted = false;
    model->next_fit = FIRST_FIT;
    model->reported = model->finished = 0;
    model->last = 0;
    model->origin = NAN;
    model->least = INFINITY;
    model->most = -INFINITY;
}

caviar_code cav_curve_model_rewind(cav_curve_model *model, const cav_history *history,
                                   cav_error *error)
{
    if (!make_room(model, history->count))
        return cav_fail_memory(error);
    if (was_rewound(model, history))
        begin_again(model, history);
    return CAVIAR_OK;
}

caviar_code cav_curve_model_look(cav_curve_model *model, const cav_history *history, size_t reports,
                                 cav_error *error)
{
    caviar_code code = cav_curve_model_rewind(model, history, error);
    if (code)
        return code;
    while (model->reported < reports) {
        if (!follow(model, history, model->reported))
            return cav_fail_memory(error);
        model->reported++;
        if (model->fitting.is_on)
            go_on_fitting(model, history, model->fitting.share);
        if (model->reported < model->next_fit)
            continue;
        if (!is_overtaken(model, reports))
            begin_fit(model, history);
        model->next_fit = fit_after(model->next_fit);
    }
    forget_ended(model, history);
    return CAVIAR_OK;
}

// ---- Predicting -----------------------------------------------------------------------------

size_t cav_curve_model_seen(const cav_curve_model *model, const cav_history *history, size_t number)
{
    size_t seen = number < model->trial_count ? model->trials[number].seen : 0;
    return seen < history->curves[number].count ? seen : history->curves[number].count;
}

bool cav_curve_model_is_trusted(const cav_curve_model *model)
{
    return model->now.fit > 0 && model->is_trusted;
}

static double last_seen(const cav_curve_model *model, const cav_history *history, size_t number)
{
    size_t seen = cav_curve_model_seen(model, history, number);
    return seen > 0 ? (double)history->curves[number].steps[seen - 1] : 1;
}

// What the trial goes by. After a fit they change over a few at a time, as not all can be looked at
// anew for one verdict.
static const lesson *lesson_of(const cav_curve_model *model, size_t number)
{
    bool waits = model->reported < model->fitted + number / CHANGING;
    return waits && model->before.fit > 0 ? &model->before : &model->now;
}

static cav_curve_guess guess(cav_curve_model *model, const lesson *by, const cav_curve_sums *sums,
                             double from, int64_t step)
{
    double shapes[CAV_CURVE_SHAPES], mean, variance, way = log(fmax(1, (double)step / from));
    cav_curve_posterior_find(&by->prior, sums, &model->posterior);
    cav_curve_shapes_at(&model->shapes, (double)step, shapes);
    cav_curve_posterior_at(&model->posterior, shapes, &mean, &variance);
    double origin = cav_curve_model_scale(model, model->origin);
    return (cav_curve_guess){origin + mean, sqrt(variance + by->drift * way)};
}

cav_curve_guess cav_curve_model_guess(cav_curve_model *model, const cav_history *history,
                                      size_t number, int64_t step)
{
    if (model->now.fit == 0 || number >= model->trial_count)
        return (cav_curve_guess){NAN, NAN};
    tracked *at = &model->trials[number];
    const lesson *by = lesson_of(model, number);
    bool is_end = step == cav_curve_model_horizon(model);
    if (is_end && at->fit == by->fit && at->points == at->seen)
        return at->end;
    cav_curve_guess made =
        guess(model, by, sums_of(model, history, number), last_seen(model, history, number), step);
    if (is_end) {
        at->end = made;
        at->fit = by->fit;
        at->points = at->seen;
    }
    return made;
}

cav_curve_guess cav_curve_model_guess_unknown(cav_curve_model *model, int64_t step)
{
    if (model->now.fit == 0)
        return (cav_curve_guess){NAN, NAN};
    model->scratch = (cav_curve_sums){0};
    return guess(model, &model->now, &model->scratch, 1, step);
}

cav_curve_guess cav_curve_guess_alone(cav_curve_guess guess, cav_curve_guess prior)
{
    const double most_share = 0.8;
    double share = guess.sd * guess.sd / (prior.sd * prior.sd); // v / v0
    if (!(share < most_share))
        return (cav_curve_guess){prior.mean, prior.sd * sqrt(most_share / (1 - most_share))};
    return (cav_curve_guess){prior.mean + (guess.mean - prior.mean) / (1 - share),
                             guess.sd / sqrt(1 - share)};
}

size_t cav_curve_model_reported(const cav_curve_model *model)
{
    return model->reported;
}

size_t cav_curve_model_next_change(const cav_curve_model *model)
{
    const fitting *at = &model->fitting;
    size_t reports = at->is_on ? (at->units - at->done + at->share - 1) / at->share : 0;
    return at->is_on ? model->reported + reports : model->next_fit;
}

size_t cav_curve_model_fits(const cav_curve_model *model)
{
    return model->fits;
}
