/**
 * incumbent.c: fitting, choosing the contenders, and drawing from what is known of them together.
 */
#include "insight/incumbent.h"

#include "base/memory.h"
#include "base/order.h"
#include "base/random.h"
#include "base/vector.h"
#include "space/place.h"
#include "surrogate/gp_fit.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    LEAST_TRIALS = 10,
    MOST_TRIALS = 300, // beyond, those nearest to the best
    MANY_TRIALS = 100, // beyond, milestones are further apart
    FIT_CALLS = 40,
    ANCHORS = 8, // best trials that nearness is counted from
    DRAWS = 4000,
};

static const double five_percent = 1.6448536, ten_percent = 1.2815516; // normal quantiles
static const double least_share = 0.05; // of the losses' deviation that a run's must have
static const double least_evidence = 9; // logarithm of how much more likely it is that there is any

// A run that is learnt from.
typedef struct run {
    size_t trial, configuration; // the place of the first run at the same point
    int64_t ended_ms;
    double loss, distance;
} run;

typedef struct fitting {
    const cav_space *space;
    const cav_history *history;
    run *runs; // [count]
    size_t count;
    double *points;   // [count x dims]
    double *outcomes; // [count]
    double centre, scale;
    double spread; // deviation of the losses, whatever a few of them are like
    cav_gp_axes *axes;
    cav_gp_work *work;
    cav_gp *gp;
} fitting;

static void release(fitting *at)
{
    cav_gp_free(at->gp);
    cav_gp_work_free(at->work);
    cav_gp_axes_free(at->axes);
    free(at->runs);
    free(at->points);
    free(at->outcomes);
}

static int by_loss(const void *a, const void *b)
{
    const run *x = a, *y = b;
    if (x->loss != y->loss)
        return x->loss < y->loss ? -1 : 1;
    return (x->trial > y->trial) - (x->trial < y->trial);
}

static int by_distance(const void *a, const void *b)
{
    const run *x = a, *y = b;
    if (x->distance != y->distance)
        return x->distance < y->distance ? -1 : 1;
    return (x->trial > y->trial) - (x->trial < y->trial);
}

static int by_end(const void *a, const void *b)
{
    const run *x = a, *y = b;
    if (x->ended_ms != y->ended_ms)
        return x->ended_ms < y->ended_ms ? -1 : 1;
    return (x->trial > y->trial) - (x->trial < y->trial);
}

static int by_trial(const void *a, const void *b)
{
    const run *x = a, *y = b;
    return (x->trial > y->trial) - (x->trial < y->trial);
}

static const double *point_of(const fitting *at, const run *of)
{
    return at->history->points + of->trial * at->history->dim_count;
}

static double distance(const double *a, const double *b, size_t dims)
{
    double sum = 0;
    for (size_t dim = 0; dim < dims; dim++)
        sum += isnan(a[dim]) || isnan(b[dim]) ? isnan(a[dim]) != isnan(b[dim])
                                              : (a[dim] - b[dim]) * (a[dim] - b[dim]);
    return sum;
}

// Keeps those nearest to the best ones. Where they are chosen by their place, not by their loss,
// noise is not mistaken for merit.
static void keep_nearest(fitting *at)
{
    size_t dims = at->history->dim_count;
    qsort(at->runs, at->count, sizeof *at->runs, by_loss);
    for (size_t i = 0; i < at->count; i++) {
        at->runs[i].distance = INFINITY;
        for (size_t k = 0; k < ANCHORS; k++)
            at->runs[i].distance =
                fmin(at->runs[i].distance,
                     distance(point_of(at, &at->runs[i]), point_of(at, &at->runs[k]), dims));
    }
    qsort(at->runs, at->count, sizeof *at->runs, by_distance);
    at->count = MOST_TRIALS;
}

static bool gather(fitting *at, size_t metric)
{
    const cav_history *history = at->history;
    at->runs = malloc((history->count + 1) * sizeof *at->runs);
    if (!at->runs)
        return false;
    for (size_t i = 0; i < history->count; i++) {
        double loss = history->losses[i * history->metric_count + metric];
        if (history->states[i] == CAVIAR_STATE_COMPLETE && isfinite(loss) &&
            history->places[i] == CAV_PLACE_INSIDE)
            at->runs[at->count++] =
                (run){.trial = i, .loss = loss, .ended_ms = history->finished_ms[i]};
    }
    qsort(at->runs, at->count, sizeof *at->runs, by_end);
    return true;
}

static void trim(fitting *at)
{
    if (at->count > MOST_TRIALS)
        keep_nearest(at);
    qsort(at->runs, at->count, sizeof *at->runs, by_trial);
}

// With how many of the runs, in the order in which they ended, the process is fitted.
static size_t last_milestone(const fitting *at)
{
    const cav_history *history = at->history;
    size_t milestone = 0, next = LEAST_TRIALS, repeated = 0, next_repeated = 1;
    for (size_t i = 0; i < at->count; i++) {
        repeated += cav_history_find(history, point_of(at, &at->runs[i])) != at->runs[i].trial;
        if (i + 1 < next && (i + 1 < LEAST_TRIALS || repeated < next_repeated))
            continue;
        milestone = i + 1;
        next = milestone + milestone / (milestone < MANY_TRIALS ? 10 : 2) + 1;
        next_repeated = repeated + repeated / 2 + 1;
    }
    return milestone;
}

// Tells one set of runs from another.
static uint64_t fingerprint(const fitting *at, size_t count)
{
    uint64_t print = count;
    for (size_t i = 0; i < count; i++) {
        uint64_t bits;
        memcpy(&bits, &at->runs[i].loss, sizeof bits);
        print = (print ^ at->runs[i].trial) * UINT64_C(0x9e3779b97f4a7c15);
        print = (print ^ (print >> 32) ^ bits) * UINT64_C(0xd6e8feb86659fd93);
    }
    return print ? print : 1;
}

// Losses far out on the bad side are drawn in: they say nothing about the best.
static bool put_outcomes(fitting *at)
{
    size_t dims = at->history->dim_count, n = at->count;
    at->points = malloc((n * dims + 1) * sizeof *at->points);
    at->outcomes = malloc((n + 1) * sizeof *at->outcomes);
    if (!at->points || !at->outcomes)
        return false;
    for (size_t i = 0; i < n; i++)
        at->outcomes[i] = at->runs[i].loss;
    cav_sort(at->outcomes, n);
    at->spread = (at->outcomes[n - 1 - n / 10] - at->outcomes[n / 10]) / (2 * ten_percent);
    double middle = at->outcomes[n / 2], cap = middle + 3 * (middle - at->outcomes[n / 10]);
    double sum = 0, square = 0;
    for (size_t i = 0; i < n; i++) {
        at->outcomes[i] = fmin(at->runs[i].loss, cap);
        sum += at->outcomes[i];
        memcpy(at->points + i * dims, point_of(at, &at->runs[i]), dims * sizeof *at->points);
    }
    at->centre = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        square += pow(at->outcomes[i] - at->centre, 2);
    at->scale = sqrt(square / (double)n);
    for (size_t i = 0; i < n && at->scale > 0; i++)
        at->outcomes[i] = (at->outcomes[i] - at->centre) / at->scale;
    return true;
}

// Where runs are at the same point they are of one configuration. Returns the sum of the squared
// deviations from the configurations' means, and their degrees of freedom.
static double find_configurations(fitting *at, size_t *ret_freedom)
{
    size_t dims = at->history->dim_count;
    double square = 0;
    *ret_freedom = 0;
    for (size_t i = 0; i < at->count; i++) {
        at->runs[i].configuration = i;
        for (size_t k = 0; k < i && at->runs[i].configuration == i; k++)
            if (distance(at->points + i * dims, at->points + k * dims, dims) == 0)
                at->runs[i].configuration = at->runs[k].configuration;
    }
    for (size_t i = 0; i < at->count; i++) {
        double sum = 0, n = 0;
        for (size_t k = 0; k < at->count; k++) {
            bool same = at->runs[k].configuration == at->runs[i].configuration;
            sum += same ? at->runs[k].loss : 0;
            n += same;
        }
        square += pow(at->runs[i].loss - sum / n, 2);
        *ret_freedom += at->runs[i].configuration != i;
    }
    return square;
}

// Climbs from the priors' modes and from where a rugged function without noise would be; the higher
// of the two counts.
static bool climb(fitting *at, const cav_gp_data *data)
{
    const double shorter = log(8), no_noise = log(1e-4);
    double usual, rugged;
    cav_gp *gp = at->gp;
    double *params = malloc(gp->param_count * sizeof *params);
    bool fine = params && cav_gp_climb(gp, data, FIT_CALLS, at->work, &usual);
    if (fine) {
        memcpy(params, gp->params, gp->param_count * sizeof *params);
        cav_gp_reset(gp);
        for (size_t i = 0; i < at->axes->count; i++)
            gp->params[i] -= shorter;
        gp->params[gp->param_count - 1] = no_noise;
        fine = cav_gp_climb(gp, data, FIT_CALLS, at->work, &rugged);
        if (fine && !(rugged > usual))
            memcpy(gp->params, params, gp->param_count * sizeof *params);
    }
    free(params);
    return fine;
}

static cav_gp_data data_of(const fitting *at)
{
    return (cav_gp_data){.count = at->count, .points = at->points, .outcomes = at->outcomes};
}

static bool make_process(fitting *at)
{
    at->axes = cav_gp_axes_new(at->space);
    at->work = at->axes ? cav_gp_work_new(at->axes) : NULL;
    at->gp = at->work ? cav_gp_new(at->axes, 5, false) : NULL;
    return at->gp && cav_gp_reserve(at->gp, at->count + 1) &&
           cav_gp_work_reserve(at->work, at->count + 1);
}

static double noise_of(const fitting *at)
{
    const cav_gp *gp = at->gp;
    return at->scale * sqrt(gp->scale * exp(gp->params[gp->param_count - 1]));
}

// By how much the process is more likely, in logarithms, than one whose noise is as good as none
// and whose length scales are as short as suits that, smooth or less smooth. False when out of
// memory.
static bool find_evidence(fitting *at, double *ret_evidence)
{
    enum { SHORTENINGS = 10 };
    const double shorter = 0.4, no_noise = log(1e-4);
    cav_gp_data data = data_of(at);
    double most = -INFINITY;
    for (int smoothness = 3; smoothness <= 5; smoothness += 2) {
        cav_gp *other = cav_gp_new(at->axes, smoothness, false);
        if (!other)
            return false;
        memcpy(other->params, at->gp->params, other->param_count * sizeof *other->params);
        other->params[other->param_count - 1] = no_noise;
        for (int k = 0; k < SHORTENINGS; k++) {
            most = fmax(most, cav_gp_evidence(other, &data, other->params, at->work, NULL));
            for (size_t i = 0; i < at->axes->count; i++)
                other->params[i] -= shorter;
        }
        cav_gp_free(other);
    }
    *ret_evidence = cav_gp_evidence(at->gp, &data, at->gp->params, at->work, NULL) - most;
    return true;
}

// ---- The contenders -----------------------------------------------------------------------------

static double mean_of(const fitting *at, size_t row)
{
    const cav_gp *gp = at->gp;
    return gp->outcomes[row] - gp->noises[row] * gp->weights[row];
}

// Rows of the configurations with the least means.
static size_t choose(const fitting *at, size_t *ret_rows)
{
    size_t count = 0;
    for (size_t row = 0; row < at->count; row++) {
        size_t place = count;
        if (at->runs[row].configuration != row)
            continue;
        while (place > 0 && mean_of(at, row) < mean_of(at, ret_rows[place - 1]))
            place--;
        if (place == CAV_CONTENDERS)
            continue;
        count += count < CAV_CONTENDERS;
        memmove(ret_rows + place + 1, ret_rows + place, (count - place - 1) * sizeof *ret_rows);
        ret_rows[place] = row;
    }
    return count;
}

typedef double square_matrix[CAV_CONTENDERS][CAV_CONTENDERS];

// In place, the lower half. What rounding has left below zero is nothing.
static void factor(square_matrix matrix, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k <= i; k++) {
            double sum = matrix[i][k];
            for (size_t j = 0; j < k; j++)
                sum -= matrix[i][j] * matrix[k][j];
            if (i == k)
                matrix[i][i] = sqrt(fmax(sum, 1e-12));
            else
                matrix[i][k] = sum / matrix[k][k];
        }
    }
}

// What is known of the contenders together: their values at one point of all lanes, less what the
// trials explain of it; see cav_gp_predict_eight.
static void put_covariance(const fitting *at, const size_t *rows, size_t count,
                           square_matrix ret_covariance)
{
    const cav_gp_work *work = at->work;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k <= i; k++) {
            double known = work->values[rows[k] * CAV_LANES + i];
            for (size_t row = 0; row < at->count; row++)
                known -= work->solved[row * CAV_LANES + i] * work->solved[row * CAV_LANES + k];
            ret_covariance[i][k] = at->gp->scale * known;
        }
    }
}

static void count_wins(cav_incumbent *to, square_matrix root, const double *means, uint64_t seed)
{
    cav_random random = cav_random_stream(seed, 9, CAV_PURPOSE_INSIGHT, 0);
    for (size_t draw = 0; draw < DRAWS; draw++) {
        double normal[CAV_CONTENDERS], least = INFINITY;
        size_t winner = 0;
        for (size_t i = 0; i < to->count; i++) {
            double value = means[i];
            normal[i] = cav_random_normal(&random);
            for (size_t k = 0; k <= i; k++)
                value += root[i][k] * normal[k];
            winner = value < least ? i : winner;
            least = fmin(value, least);
        }
        to->contenders[winner].chance += 1.0 / DRAWS;
    }
}

static bool compare(fitting *at, uint64_t seed, cav_incumbent *to)
{
    size_t rows[CAV_CONTENDERS], dims = at->history->dim_count;
    double means[CAV_LANES], variances[CAV_LANES];
    square_matrix covariance = {{0}};
    double *eight = malloc((CAV_LANES * dims + 1) * sizeof *eight);
    if (!eight)
        return false;
    to->count = choose(at, rows);
    for (size_t i = 0; i < CAV_LANES; i++)
        memcpy(eight + i * dims, at->points + rows[i < to->count ? i : 0] * dims,
               dims * sizeof *eight);
    cav_gp_predict_eight(at->gp, eight, at->work, means, variances);
    put_covariance(at, rows, to->count, covariance);
    for (size_t i = 0; i < to->count; i++) {
        double reach = at->scale * five_percent * sqrt(variances[i]);
        double mean = at->centre + at->scale * means[i];
        to->contenders[i] = (cav_contender){.trial = at->runs[rows[i]].trial,
                                            .mean = mean,
                                            .low = mean - reach,
                                            .high = mean + reach};
        for (size_t k = 0; k < at->count; k++)
            to->contenders[i].run_count += at->runs[k].configuration == rows[i];
    }
    factor(covariance, to->count);
    count_wins(to, covariance, means, seed);
    free(eight);
    return true;
}

cav_contender cav_contender_in_direction(const cav_contender *of, bool maximize)
{
    cav_contender at = *of;
    if (!maximize)
        return at;
    at.mean = -of->mean;
    at.low = -of->high;
    at.high = -of->low;
    return at;
}

// ---- The whole ----------------------------------------------------------------------------------

// Fits the process to all that was gathered, and keeps what came of it.
static caviar_code learn(fitting *at, cav_incumbent_fit *to, cav_error *error)
{
    double evidence;
    to->says_noise = false;
    trim(at);
    if (!put_outcomes(at))
        return cav_fail_memory(error);
    if (!(at->scale > 0))
        return CAVIAR_OK;
    if (!make_process(at))
        return cav_fail_memory(error);
    cav_gp_data data = data_of(at);
    if (!climb(at, &data) || !find_evidence(at, &evidence))
        return cav_fail_memory(error);
    double *params = realloc(to->params, at->gp->param_count * sizeof *params);
    if (!params)
        return cav_fail_memory(error);
    to->params = memcpy(params, at->gp->params, at->gp->param_count * sizeof *params);
    to->param_count = at->gp->param_count;
    to->has_params = true;
    if (cav_gp_condition(at->gp, &data, at->work))
        to->says_noise = noise_of(at) > least_share * at->spread && evidence > least_evidence;
    return CAVIAR_OK;
}

// The process of the last milestone, unless it is there.
static caviar_code keep_up(const fitting *all, cav_incumbent_fit *to, cav_error *error)
{
    size_t count = last_milestone(all);
    uint64_t print = fingerprint(all, count);
    if (to->print == print)
        return CAVIAR_OK;
    fitting at = {.space = all->space, .history = all->history, .count = count};
    at.runs = malloc((count + 1) * sizeof *at.runs);
    if (at.runs)
        memcpy(at.runs, all->runs, count * sizeof *at.runs);
    to->print = 0;
    to->has_params = false;
    caviar_code code = at.runs ? learn(&at, to, error) : cav_fail_memory(error);
    release(&at);
    if (!code)
        to->print = print;
    return code;
}

// What all runs say, under the process that was fitted.
static caviar_code look(fitting *at, const cav_incumbent_fit *fit, uint64_t seed, cav_incumbent *to,
                        cav_error *error)
{
    size_t freedom;
    if (!put_outcomes(at))
        return cav_fail_memory(error);
    double square = find_configurations(at, &freedom);
    if (!(at->scale > 0) || (freedom > 0 && square == 0) || !fit->has_params ||
        !(freedom > 0 || fit->says_noise))
        return CAVIAR_OK;
    if (!make_process(at))
        return cav_fail_memory(error);
    assert(fit->param_count == at->gp->param_count); // it is of this space
    memcpy(at->gp->params, fit->params, at->gp->param_count * sizeof *fit->params);
    cav_gp_data data = data_of(at);
    if (!cav_gp_condition(at->gp, &data, at->work))
        return CAVIAR_OK;
    to->noise = noise_of(at);
    to->is_noisy = true;
    return compare(at, seed, to) ? CAVIAR_OK : cav_fail_memory(error);
}

void cav_incumbent_fit_free(cav_incumbent_fit *fit)
{
    free(fit->params);
    *fit = (cav_incumbent_fit){0};
}

caviar_code cav_incumbent_find(const cav_space *space, const cav_history *history, size_t metric,
                               uint64_t seed, cav_incumbent_fit *fit, cav_incumbent *ret_incumbent,
                               cav_error *error)
{
    fitting at = {.space = space, .history = history};
    cav_incumbent found = {0};
    caviar_code code = gather(&at, metric) ? CAVIAR_OK : cav_fail_memory(error);
    bool is_enough = !code && at.count >= LEAST_TRIALS && space->dim_count > 0;
    if (is_enough)
        code = keep_up(&at, fit, error);
    if (!code)
        trim(&at);
    found.trial_count = at.count; // that are looked at
    if (!code && is_enough)
        code = look(&at, fit, seed, &found, error);
    release(&at);
    if (!code)
        *ret_incumbent = found;
    return code;
}
