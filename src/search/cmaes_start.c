/**
 * cmaes_start.c: warm start, restarts, stopping.
 *
 * The warm start is WS-CMA-ES (Nomura, Watanabe, Akimoto, Ozaki, Onishi: "Warm starting CMA-ES for
 * hyperparameter optimization", AAAI 2021): the covariance of the best trials and alpha^2 besides.
 * As there may be few of them here, what they say of correlations counts by n/(n + d).
 */
#include "search/cmaes_start.h"

#include "base/memory.h"
#include "base/random.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const double alpha = 0.1; // deviation that the warm start adds, of the start range

static double start_width(const cav_parameter *parameter)
{
    return cav_parameter_start(parameter, 1) - cav_parameter_start(parameter, 0);
}

static double *cell_of(cav_gauss *gauss, size_t i, size_t k)
{
    return &gauss->covariance[gauss->is_diagonal ? i : i * gauss->dims + k];
}

static void clear_covariance(cav_gauss *gauss)
{
    size_t size = gauss->is_diagonal ? gauss->dims : gauss->dims * gauss->dims;
    memset(gauss->covariance, 0, size * sizeof(double));
}

static double elite_value(const cav_history *history, const size_t *elite, size_t place, size_t dim)
{
    return history->points[elite[place] * history->dim_count + dim];
}

// Mean and variance of one coordinate over those that have it.
static void fit_axis(cav_gauss *gauss, const cav_frame *frame, const cav_history *history,
                     const size_t *elite, size_t count, double spread, size_t i)
{
    const cav_parameter *parameter = cav_frame_normal(frame, i);
    double sum = 0, squares = 0, active = 0, width = start_width(parameter);
    for (size_t place = 0; place < count; place++) {
        double u = elite_value(history, elite, place, frame->normal_dims[i]);
        if (isnan(u))
            continue;
        active++;
        sum += u;
        squares += u * u;
    }
    double mean = active > 0 ? sum / active : cav_parameter_start(parameter, 0.5);
    double variance = active > 1 ? fmax(squares / active - mean * mean, 0) : 0;
    double extra = active > 1 ? alpha : spread;
    gauss->mean[i] = mean;
    *cell_of(gauss, i, i) = variance + extra * extra * width * width;
}

static void fit_correlations(cav_gauss *gauss, const cav_frame *frame, const cav_history *history,
                             const size_t *elite, size_t count)
{
    double n = (double)count, trust = n / (n + (double)gauss->dims) / n;
    double *away = gauss->work;
    for (size_t place = 0; place < count; place++) {
        for (size_t i = 0; i < gauss->dims; i++) {
            double u = elite_value(history, elite, place, frame->normal_dims[i]);
            away[i] = isnan(u) ? 0 : u - gauss->mean[i];
        }
        for (size_t i = 0; i < gauss->dims; i++)
            for (size_t k = i + 1; k < gauss->dims; k++)
                *cell_of(gauss, i, k) += trust * away[i] * away[k];
    }
}

// As often as the elite has each, and one trial more for all of them together.
static void fit_shares(cav_choices *choices, const cav_frame *frame, const cav_history *history,
                       const size_t *elite, size_t count, size_t i)
{
    double *shares = choices->shares + choices->starts[i], total = 1;
    for (size_t k = 0; k < choices->sizes[i]; k++)
        shares[k] = 1 / (double)choices->sizes[i];
    for (size_t place = 0; place < count; place++) {
        double u = elite_value(history, elite, place, frame->choice_dims[i]);
        if (isnan(u))
            continue;
        shares[(size_t)cav_parameter_decode(cav_frame_choice(frame, i), u)] += 1;
        total++;
    }
    for (size_t k = 0; k < choices->sizes[i]; k++)
        shares[k] /= total;
}

void cav_start_warm(cav_gauss *gauss, cav_choices *choices, const cav_frame *frame,
                    const cav_history *history, const size_t *elite, size_t count, double spread)
{
    clear_covariance(gauss);
    for (size_t i = 0; i < gauss->dims; i++)
        fit_axis(gauss, frame, history, elite, count, spread, i);
    if (!gauss->is_diagonal)
        fit_correlations(gauss, frame, history, elite, count);
    for (size_t i = 0; i < choices->count; i++)
        fit_shares(choices, frame, history, elite, count, i);
    cav_gauss_start(gauss);
    cav_choices_start(choices);
}

void cav_start_anywhere(cav_gauss *gauss, cav_choices *choices, const cav_frame *frame,
                        uint64_t restart, double spread)
{
    cav_random random = cav_random_stream(frame->seed, restart, CAV_PURPOSE_SCRAMBLE, 1);
    clear_covariance(gauss);
    for (size_t i = 0; i < gauss->dims; i++) {
        const cav_parameter *parameter = cav_frame_normal(frame, i);
        double deviation = spread * start_width(parameter);
        gauss->mean[i] = cav_parameter_start(parameter, cav_random_unit(&random));
        *cell_of(gauss, i, i) = deviation * deviation;
    }
    for (size_t i = 0; i < choices->count; i++)
        for (size_t k = choices->starts[i]; k < choices->starts[i + 1]; k++)
            choices->shares[k] = 1 / (double)choices->sizes[i];
    cav_gauss_start(gauss);
    cav_choices_start(choices);
}

size_t cav_regimes_next(cav_regimes *regimes, uint64_t seed)
{
    enum { MOST_DOUBLINGS = 9 };
    cav_random random = cav_random_stream(seed, ++regimes->restarts, CAV_PURPOSE_SCRAMBLE, 2);
    regimes->is_small = regimes->restarts > 1 && regimes->small_spent < regimes->large_spent;
    regimes->narrowing = 1;
    if (!regimes->is_small) {
        if (regimes->doublings < MOST_DOUBLINGS)
            regimes->doublings++;
        return regimes->usual << regimes->doublings;
    }
    double u = cav_random_unit(&random), ratio = ldexp(0.5, (int)regimes->doublings);
    regimes->narrowing = pow(10, -2 * cav_random_unit(&random));
    return (size_t)((double)regimes->usual * pow(ratio, u * u));
}

bool cav_progress_start(cav_progress *progress, const cav_gauss *gauss)
{
    double ratio = (double)gauss->dims / (double)gauss->rates.lambda;
    size_t window = 10 + (size_t)ceil(30 * ratio);
    if (!CAV_GROW(&progress->bests, &progress->capacity, window))
        return false;
    progress->window = window;
    progress->generations = progress->best_generation = 0;
    progress->best = INFINITY;
    return true;
}

void cav_progress_free(cav_progress *progress)
{
    free(progress->bests);
}

void cav_progress_note(cav_progress *progress, double loss)
{
    progress->bests[progress->generations++ % progress->window] = loss;
    if (loss < progress->best) {
        progress->best = loss;
        progress->best_generation = progress->generations;
    }
}

static bool is_flat(const cav_progress *progress)
{
    if (progress->generations < progress->window)
        return false;
    double least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < progress->window; i++) {
        least = fmin(least, progress->bests[i]);
        most = fmax(most, progress->bests[i]);
    }
    return most - least <= 1e-12 * fmax(fabs(least), fabs(most)) || most == least;
}

static bool is_stuck(const cav_progress *progress, const cav_gauss *gauss)
{
    double d = (double)gauss->dims, lambda = (double)gauss->rates.lambda;
    double patience = 100 + 100 * d * sqrt(d) / lambda;
    return (double)(progress->generations - progress->best_generation) > patience;
}

static bool is_a_point(const cav_gauss *gauss, const cav_frame *frame)
{
    bool is_any = false;
    for (size_t i = 0; i < gauss->dims; i++) {
        if (cav_parameter_size(cav_frame_normal(frame, i)) > 0)
            continue; // the margin keeps these apart
        is_any = true;
        if (cav_gauss_deviation(gauss, i) > 1e-11 || gauss->sigma * fabs(gauss->path_c[i]) > 1e-11)
            return false;
    }
    return is_any;
}

bool cav_progress_is_over(const cav_progress *progress, const cav_gauss *gauss,
                          const cav_frame *frame)
{
    return is_flat(progress) || is_stuck(progress, gauss) || is_a_point(gauss, frame) ||
           cav_gauss_condition(gauss) > 1e14;
}
