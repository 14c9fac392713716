/**
 * curve_ends.c: a Gaussian process of ends. Its rows are what the curves alone say, as the process
 * has a prior of its own.
 */
#include "surrogate/curve_ends.h"

#include "surrogate/gp_fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_ROWS = 64,
    LATEST_ROWS = 24,
    RECENT = 16, // rows that a new trial is presumed to be like
    LEAST_ROWS = 4,
    FIT_CALLS = 12,
};

struct cav_curve_ends {
    const cav_space *space;
    cav_gp_axes *axes;
    cav_gp_work *work;
    cav_gp *gp;
    size_t reported; // that it has learnt from
    size_t fits;     // of the model, at which the parameters were fitted
    double *points;  // [MOST_ROWS x dim_count]

    size_t count;                                      // rows that the process has learnt; 0: none
    size_t numbers[MOST_ROWS];                         // of the trials, the latest ones first
    cav_curve_guess own[MOST_ROWS], united[MOST_ROWS]; // ends
    cav_curve_guess others[MOST_ROWS];                 // without the trial's own curve
    cav_curve_guess unknown;                           // the end of any trial, as the model has it
};

cav_curve_ends *cav_curve_ends_new(const cav_space *space)
{
    cav_curve_ends *ends = calloc(1, sizeof *ends);
    if (!ends)
        return NULL;
    ends->space = space;
    ends->points = calloc(MOST_ROWS * space->dim_count + 1, sizeof *ends->points);
    ends->axes = cav_gp_axes_new(space);
    if (ends->axes)
        ends->work = cav_gp_work_new(ends->axes);
    if (ends->work)
        ends->gp = cav_gp_new(ends->axes, 5, false);
    if (ends->points && ends->gp && cav_gp_reserve(ends->gp, MOST_ROWS) &&
        cav_gp_work_reserve(ends->work, MOST_ROWS))
        return ends;
    cav_curve_ends_free(ends);
    return NULL;
}

void cav_curve_ends_free(cav_curve_ends *ends)
{
    if (!ends)
        return;
    cav_gp_free(ends->gp);
    cav_gp_work_free(ends->work);
    cav_gp_axes_free(ends->axes);
    free(ends->points);
    free(ends);
}

// ---- Rows -----------------------------------------------------------------------------------

static bool is_row(const cav_curve_model *model, const cav_history *history, size_t number)
{
    size_t seen = cav_curve_model_seen(model, history, number);
    return seen > 0 && isfinite(history->curves[number].losses[(seen - 1) * history->metric_count]);
}

// Puts a row into its place among those from LATEST_ROWS on, the least ends first.
static void rank(cav_curve_ends *ends, size_t number, cav_curve_guess end)
{
    size_t at = ends->count;
    while (at > LATEST_ROWS && end.mean < ends->own[at - 1].mean)
        at--;
    if (at == MOST_ROWS)
        return;
    ends->count += ends->count < MOST_ROWS;
    for (size_t i = ends->count - 1; i > at; i--) {
        ends->numbers[i] = ends->numbers[i - 1];
        ends->own[i] = ends->own[i - 1];
    }
    ends->numbers[at] = number;
    ends->own[at] = end;
}

static void choose(cav_curve_ends *ends, cav_curve_model *model, const cav_history *history)
{
    int64_t last = cav_curve_model_horizon(model);
    size_t number = history->count, dims = ends->space->dim_count;
    ends->count = 0;
    while (number-- > 0) {
        if (!is_row(model, history, number))
            continue;
        cav_curve_guess end = cav_curve_model_guess(model, history, number, last);
        if (!(end.sd > 0))
            continue;
        if (ends->count < LATEST_ROWS) {
            ends->numbers[ends->count] = number;
            ends->own[ends->count++] = end;
        } else {
            rank(ends, number, end);
        }
    }
    for (size_t i = 0; i < ends->count && dims > 0; i++)
        memcpy(ends->points + i * dims, history->points + ends->numbers[i] * dims,
               dims * sizeof(double));
}

// What each curve alone says, in units of how ends differ.
static void take_out_prior(const cav_curve_ends *ends, double *ret_outcomes, double *ret_noises)
{
    double unit = ends->unknown.sd;
    for (size_t i = 0; i < ends->count; i++) {
        cav_curve_guess alone = cav_curve_guess_alone(ends->own[i], ends->unknown);
        ret_outcomes[i] = (alone.mean - ends->unknown.mean) / unit;
        ret_noises[i] = alone.sd * alone.sd / (unit * unit);
    }
}

static void unite(cav_curve_ends *ends)
{
    double means[MOST_ROWS], variances[MOST_ROWS], unit = ends->unknown.sd;
    const cav_gp *gp = ends->gp;
    cav_gp_leave_one_out(gp, means, variances);
    for (size_t i = 0; i < ends->count; i++) {
        double noise = gp->noises[i] * gp->scale, least = 1e-6 * gp->scale;
        double variance = noise - noise * noise / variances[i];
        ends->united[i] = (cav_curve_guess){
            ends->unknown.mean + unit * (gp->outcomes[i] - gp->noises[i] * gp->weights[i]),
            unit * sqrt(fmax(variance, least))};
        ends->others[i] = (cav_curve_guess){ends->unknown.mean + unit * means[i],
                                            unit * sqrt(fmax(variances[i] - noise, least))};
    }
}

// Learns from the rows as they are now; with `fits` the parameters, too.
static bool learn(cav_curve_ends *ends, cav_curve_model *model, const cav_history *history,
                  bool fits)
{
    double outcomes[MOST_ROWS], noises[MOST_ROWS], reached;
    ends->count = 0;
    if (!cav_curve_model_is_trusted(model) || ends->space->dim_count == 0)
        return true;
    ends->unknown = cav_curve_model_guess_unknown(model, cav_curve_model_horizon(model));
    choose(ends, model, history);
    if (ends->count < LEAST_ROWS || !(ends->unknown.sd > 0)) {
        ends->count = 0;
        return true;
    }
    take_out_prior(ends, outcomes, noises);
    cav_gp_data data = {
        .count = ends->count, .points = ends->points, .outcomes = outcomes, .noises = noises};
    if (fits) {
        cav_gp_reset(ends->gp);
        if (!cav_gp_climb(ends->gp, &data, FIT_CALLS, ends->work, &reached))
            return false;
    }
    if (cav_gp_condition(ends->gp, &data, ends->work))
        unite(ends);
    else
        ends->count = 0;
    return true;
}

caviar_code cav_curve_ends_look(cav_curve_ends *ends, cav_curve_model *model,
                                const cav_history *history, cav_error *error)
{
    caviar_code code = cav_curve_model_rewind(model, history, error);
    size_t all = history->reported_count, known = cav_curve_model_reported(model);
    if (code || (known == all && ends->reported == all))
        return code;
    for (; known < all; known = cav_curve_model_reported(model)) {
        size_t next = cav_curve_model_next_change(model); // where the parameters change
        code = cav_curve_model_look(model, history, next < all ? next : all, error);
        if (code)
            return code;
        size_t fits = cav_curve_model_fits(model);
        if (fits != ends->fits && !learn(ends, model, history, true))
            return cav_fail_memory(error);
        ends->fits = fits;
    }
    ends->reported = all;
    return learn(ends, model, history, false) ? CAVIAR_OK : cav_fail_memory(error);
}

// ---- Guesses --------------------------------------------------------------------------------

// Moves a guess at a step as the guess of the end is moved from one to another.
static cav_curve_guess move(cav_curve_guess at, double share, cav_curve_guess from,
                            cav_curve_guess to)
{
    double variance = at.sd * at.sd;
    double moved = variance + share * share * (to.sd * to.sd - from.sd * from.sd);
    return (cav_curve_guess){at.mean + share * (to.mean - from.mean),
                             sqrt(fmax(moved, 0.01 * variance))};
}

// Of the way from a step to the horizon, on the log scale, the share up to another step.
static double share_of(const cav_curve_model *model, int64_t from, int64_t step)
{
    int64_t last = cav_curve_model_horizon(model);
    if (from >= last || step >= last)
        return 1;
    return step > from ? log((double)step / (double)from) / log((double)last / (double)from) : 0;
}

cav_curve_guess cav_curve_ends_guess(const cav_curve_ends *ends, cav_curve_model *model,
                                     const cav_history *history, size_t number, int64_t step)
{
    cav_curve_guess own = cav_curve_model_guess(model, history, number, step);
    size_t row = 0, seen = cav_curve_model_seen(model, history, number);
    while (row < ends->count && ends->numbers[row] != number)
        row++;
    if (row == ends->count)
        return own;
    double share = share_of(model, history->curves[number].steps[seen - 1], step);
    return move(own, share, ends->own[row], ends->united[row]);
}

cav_curve_guess cav_curve_ends_guess_new(const cav_curve_ends *ends, cav_curve_model *model,
                                         int64_t step)
{
    cav_curve_guess any = cav_curve_model_guess_unknown(model, step), end = {0};
    size_t latest = ends->count < LATEST_ROWS ? ends->count : LATEST_ROWS;
    double count = (double)(latest < RECENT ? latest : RECENT), square = 0;
    if (!(count > 0))
        return any;
    for (size_t i = 0; i < (size_t)count; i++) {
        cav_curve_guess at = ends->others[i];
        end.mean += at.mean / count;
        square += (at.mean * at.mean + at.sd * at.sd) / count;
    }
    end.sd = sqrt(fmax(square - end.mean * end.mean, 0));
    return move(any, share_of(model, 1, step), ends->unknown, end);
}
