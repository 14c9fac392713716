/**
 * importance.c: PED-ANOVA with intervals and a test.
 *
 * Source: S. Watanabe, A. Bansal, F. Hutter, "PED-ANOVA: Efficiently quantifying hyperparameter
 * importance in arbitrary subspaces", IJCAI 2023 (arXiv 2304.10255). For each parameter the
 * divergence (divergence.h) of the best trials from all trials is taken; its share is its part of
 * the sum. A conditional parameter is looked at among the trials in which it is active, and weighs
 * as much as the best and all trials have it active: that it is there or not is its parent's doing
 * and counts for the parent alone.
 *
 * Interval: the trials are drawn anew with replacement, the best among them chosen anew, and the
 * shares formed anew. Chance: the labels of the best are put on random trials (among those in which
 * the parameter is active), many times; it is how often the divergence is then as large.
 *
 * Trials count less where they crowd (crowding.h). The axes are worked through one at a time, on
 * the cells that the trials fall in (cells.h).
 */
#include "insight/importance.h"

#include "base/order.h"
#include "base/random.h"
#include "insight/crowding.h"
#include "insight/divergence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_RESAMPLES = 400,
    LEAST_RESAMPLES = 40,
    MOST_SHUFFLES = 999,
    LEAST_SHUFFLES = 99,
    MOST_TRIALS = 4000, // that are looked at
};

// How many trials may be looked at and put in another order, and how many divergences be formed of
// either kind, over all axes, before there are fewer resamples and shuffles.
static const double most_looks = 2e6, most_swaps = 3e6, most_divergences = 1e5;

// The trials themselves, or a resample of them.
typedef struct sample {
    uint8_t *times; // [count] how often each trial is in it
    double size;    // sum of the weights
    cav_border border;
} sample;

typedef struct measure {
    const cav_space *space;
    const cav_history *history;
    uint64_t seed;
    size_t trial_count; // of which the ranking may be a sample
    cav_ranking ranking;
    double *weights; // [count]
    double size;     // sum of the weights
    double part;     // of it that is the best
    sample *samples; // [sample_count] the first one is the trials themselves
    size_t sample_count, shuffle_count;
    double *shares;  // [dim_count x sample_count] first the divergences, then their shares
    double *chances; // [dim_count]

    // of the axis at hand
    cav_cells cells;
    cav_tally best, all; // [cells.count + 1] the last cell is for what is inactive
    double *room;        // [2 x cells.count] scratch

    // the trials in which its parameter is active, best first: losses stay, the others are shuffled
    double *active_losses, *active_weights; // [active_count]
    uint32_t *active_cells;
    size_t active_count;
} measure;

static void clear(const measure *at, const cav_tally *tally)
{
    memset(tally->weights, 0, (at->cells.count + 1) * sizeof *tally->weights);
    memset(tally->squares, 0, (at->cells.count + 1) * sizeof *tally->squares);
}

static void add(const cav_tally *tally, uint32_t cell, double weight)
{
    tally->weights[cell] += weight;
    tally->squares[cell] += weight * weight;
}

static void tally_sample(const measure *at, const sample *of)
{
    clear(at, &at->best);
    clear(at, &at->all);
    for (size_t i = 0; i < at->ranking.count; i++)
        add(&at->all, at->cells.of[i], at->weights[i] * of->times[i]);
    for (size_t i = 0; i < of->border.end; i++) {
        double share = cav_border_share(&of->border, i);
        add(&at->best, at->cells.of[i], at->weights[i] * of->times[i] * share);
    }
}

static double active_part(const measure *at, const cav_tally *tally, double size)
{
    return 1 - tally->weights[at->cells.count] / size;
}

// The divergence among the active trials of a sample, times what these weigh among all.
static double diverge(const measure *at, const sample *of)
{
    tally_sample(at, of);
    double best = active_part(at, &at->best, of->size * at->part);
    double all = active_part(at, &at->all, of->size);
    if (!(all > 0))
        return 0;
    return best * best / all * cav_divergence(&at->cells, &at->best, &at->all);
}

static void swap_active(const measure *at, size_t i, size_t j)
{
    double weight = at->active_weights[i];
    uint32_t cell = at->active_cells[i];
    at->active_weights[i] = at->active_weights[j];
    at->active_cells[i] = at->active_cells[j];
    at->active_weights[j] = weight;
    at->active_cells[j] = cell;
}

// Gives the active trials' losses to random ones of them, as far down as the border of the best,
// and finds the border.
static cav_border shuffle(const measure *at, double room, cav_random *random)
{
    const double *losses = at->active_losses;
    size_t begin = 0, end = 0;
    for (; begin < at->active_count; begin = end) {
        double equal = 0;
        while (end < at->active_count && losses[end] == losses[begin]) {
            swap_active(at, end, end + cav_random_below(random, at->active_count - end));
            equal += at->active_weights[end++];
        }
        if (equal >= room)
            return (cav_border){begin, end, room / equal};
        room -= equal;
    }
    return (cav_border){begin, begin, 0};
}

static double diverge_by_chance(const measure *at, double room, cav_random *random)
{
    cav_border border = shuffle(at, room, random);
    clear(at, &at->best);
    for (size_t i = 0; i < border.end; i++)
        add(&at->best, at->active_cells[i], at->active_weights[i] * cav_border_share(&border, i));
    return cav_divergence(&at->cells, &at->best, &at->all);
}

static void list_active(measure *at)
{
    at->active_count = 0;
    for (size_t i = 0; i < at->ranking.count; i++) {
        if (at->cells.of[i] == at->cells.count)
            continue;
        at->active_losses[at->active_count] = at->ranking.losses[i];
        at->active_weights[at->active_count] = at->weights[i];
        at->active_cells[at->active_count++] = at->cells.of[i];
    }
}

static double find_chance(measure *at, size_t dim)
{
    size_t as_large = 0;
    tally_sample(at, &at->samples[0]);
    list_active(at);
    double room = at->size * at->part - at->best.weights[at->cells.count];
    double found = cav_divergence(&at->cells, &at->best, &at->all);
    double rounding = 1e-9 * (1 + fabs(found)); // the same sums in another order
    cav_random random = cav_random_stream(at->seed, dim, CAV_PURPOSE_BOOTSTRAP, 1);
    for (size_t i = 0; i < at->shuffle_count; i++)
        as_large += diverge_by_chance(at, room, &random) >= found - rounding;
    return (double)(1 + as_large) / (double)(1 + at->shuffle_count);
}

static void lay_cells(measure *at, size_t dim)
{
    cav_cells_lay(&at->cells, at->space, at->history, &at->ranking, dim);
}

static void measure_axes(measure *at)
{
    for (size_t dim = 0; dim < at->space->dim_count; dim++) {
        double *divergences = at->shares + dim * at->sample_count;
        lay_cells(at, dim);
        for (size_t s = 0; s < at->sample_count; s++)
            divergences[s] = fmax(0, diverge(at, &at->samples[s]));
        at->chances[dim] = find_chance(at, dim);
    }
}

static void weigh_trials(measure *at)
{
    size_t dims = at->space->dim_count, count = at->ranking.count;
    for (size_t dim = 0; dim < dims; dim++) {
        lay_cells(at, dim);
        cav_crowding_thin(&at->cells, dims, count, at->room, at->weights);
    }
    at->size = cav_crowding_finish(at->weights, count);
    at->part = cav_best_count(at->size) / at->size;
}

static void share_out(measure *at)
{
    for (size_t s = 0; s < at->sample_count; s++) {
        double sum = 0;
        for (size_t dim = 0; dim < at->space->dim_count; dim++)
            sum += at->shares[dim * at->sample_count + s];
        for (size_t dim = 0; dim < at->space->dim_count && sum > 0; dim++)
            at->shares[dim * at->sample_count + s] /= sum;
    }
}

static void resample(const measure *at, size_t number, uint8_t *times)
{
    size_t count = at->ranking.count;
    cav_random random = cav_random_stream(at->seed, number, CAV_PURPOSE_BOOTSTRAP, 0);
    memset(times, 0, count);
    for (size_t i = 0; i < count; i++) {
        size_t drawn = cav_random_below(&random, count);
        times[drawn] = (uint8_t)(times[drawn] + (times[drawn] < UINT8_MAX));
    }
}

static void draw_samples(measure *at, double *weights)
{
    size_t count = at->ranking.count;
    for (size_t s = 0; s < at->sample_count; s++) {
        sample *of = &at->samples[s];
        if (s == 0)
            memset(of->times, 1, count);
        else
            resample(at, s, of->times);
        of->size = 0;
        for (size_t i = 0; i < count; i++)
            of->size += weights[i] = at->weights[i] * of->times[i];
        of->border = cav_border_find(at->ranking.losses, weights, count, of->size * at->part);
    }
}

static size_t between(double x, int least, int most)
{
    return (size_t)fmin(fmax(x, least), most);
}

static void plan(measure *at)
{
    double dims = (double)at->space->dim_count, count = (double)at->ranking.count;
    double resamples = fmin(most_looks / count, most_divergences) / dims;
    double shuffles = fmin(most_swaps / count, most_divergences) / dims;
    at->sample_count = 1 + between(resamples, LEAST_RESAMPLES, MOST_RESAMPLES);
    at->shuffle_count = between(shuffles, LEAST_SHUFFLES, MOST_SHUFFLES);
}

static bool allocate_axis(measure *at, cav_arena *arena)
{
    size_t count = at->ranking.count, cells = cav_cells_most(at->space) + 1;
    double *sums = CAV_ARENA_NEW(arena, double, 6 * cells);
    at->cells.of = CAV_ARENA_NEW(arena, uint32_t, count);
    at->active_losses = CAV_ARENA_NEW(arena, double, count);
    at->active_weights = CAV_ARENA_NEW(arena, double, count);
    at->active_cells = CAV_ARENA_NEW(arena, uint32_t, count);
    if (!sums || !at->cells.of || !at->active_losses || !at->active_weights || !at->active_cells)
        return false;
    at->best = (cav_tally){sums, sums + cells};
    at->all = (cav_tally){sums + 2 * cells, sums + 3 * cells};
    at->room = sums + 4 * cells;
    return true;
}

static bool allocate(measure *at, cav_arena *arena)
{
    size_t dims = at->space->dim_count, count = at->ranking.count;
    uint8_t *times = CAV_ARENA_NEW(arena, uint8_t, count * at->sample_count);
    at->weights = CAV_ARENA_NEW(arena, double, count);
    at->samples = CAV_ARENA_NEW(arena, sample, at->sample_count);
    at->shares = CAV_ARENA_NEW(arena, double, dims * at->sample_count);
    at->chances = CAV_ARENA_NEW(arena, double, dims);
    if (!times || !at->weights || !at->samples || !at->shares || !at->chances)
        return false;
    for (size_t s = 0; s < at->sample_count; s++)
        at->samples[s].times = times + s * count;
    return allocate_axis(at, arena);
}

static double quantile(const double *sorted, size_t count, double share)
{
    double place = share * (double)(count - 1);
    size_t below = (size_t)place, above = below + 1 < count ? below + 1 : below;
    return sorted[below] + (place - (double)below) * (sorted[above] - sorted[below]);
}

static int by_share(const void *a, const void *b)
{
    const cav_importance *x = a, *y = b;
    if (x->share != y->share)
        return x->share > y->share ? -1 : 1;
    if (x->chance != y->chance)
        return x->chance < y->chance ? -1 : 1;
    return (x->parameter > y->parameter) - (x->parameter < y->parameter);
}

void cav_importance_sort(cav_importance *items, size_t count)
{
    qsort(items, count, sizeof *items, by_share);
}

static void write_down(measure *at, cav_importance *ret_importance)
{
    size_t count = at->sample_count - 1;
    for (size_t dim = 0; dim < at->space->dim_count; dim++) {
        double share = at->shares[dim * at->sample_count];
        double *others = at->shares + dim * at->sample_count + 1;
        cav_sort(others, count);
        ret_importance[dim] = (cav_importance){
            .parameter = at->space->dims[dim],
            .share = share,
            .low = fmin(share, quantile(others, count, 0.05)),
            .high = fmax(share, quantile(others, count, 0.95)),
            .chance = at->chances[dim],
        };
    }
    cav_importance_sort(ret_importance, at->space->dim_count);
}

static caviar_code run(measure *at, size_t metric, cav_arena *arena, cav_importance *ret_importance,
                       cav_error *error)
{
    cav_random random = cav_random_stream(at->seed, 3, CAV_PURPOSE_INSIGHT, 0);
    caviar_code code = cav_ranking_sample(at->history, metric, MOST_TRIALS, &random, arena,
                                          &at->ranking, &at->trial_count, error);
    if (!code)
        code = cav_ranking_check(&at->ranking, error);
    if (code)
        return code;
    if (at->space->dim_count == 0)
        return CAVIAR_OK;
    plan(at);
    if (!allocate(at, arena))
        return cav_fail_memory(error);
    weigh_trials(at);
    draw_samples(at, at->active_weights);
    measure_axes(at);
    share_out(at);
    write_down(at, ret_importance);
    return CAVIAR_OK;
}

// Of a sample, all trials count as much as those that are in it.
static cav_importance_basis basis_of(const measure *at)
{
    double times = (double)at->trial_count / (double)at->ranking.count;
    return (cav_importance_basis){at->trial_count, times * at->size, times * at->size * at->part};
}

caviar_code cav_importance_measure(const cav_space *space, const cav_history *history,
                                   size_t metric, uint64_t seed, cav_importance *ret_importance,
                                   cav_importance_basis *ret_basis, cav_error *error)
{
    cav_arena *arena = cav_arena_new();
    if (!arena)
        return cav_fail_memory(error);
    measure at = {.space = space, .history = history, .seed = seed};
    caviar_code code = run(&at, metric, arena, ret_importance, error);
    if (!code && ret_basis)
        *ret_basis = basis_of(&at);
    cav_arena_free(arena);
    return code;
}
