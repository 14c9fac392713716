/**
 * fitted.c: choosing trials, growing the forest, and looking at it out of bag.
 *
 * The forest is the one of fANOVA as it is usual: 64 trees of resampled trials, each grown until
 * its leaves are pure (F. Hutter, H. Hoos, K. Leyton-Brown, "An efficient approach for assessing
 * hyperparameter importance", ICML 2014). Beyond a thousand trials leaves hold more than one, so
 * that a tree has about a thousand of them at most.
 */
#include "insight/fitted.h"

#include "base/order.h"
#include "base/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    TREES = 64,
    MOST_ROWS = 8000,
    MOST_LEAVES = 1000,
};

// A loss further above the quartiles than so many times their distance is drawn in: one run that
// diverged must not be all of the variation.
static const double fence = 5;

// What noise reaches of the variation, out of bag: the squared correlation that so many rows show
// by chance, and a tenth at least.
static double least_share(size_t rows)
{
    return fmax(0.1, 4 / (double)rows);
}

static void fill(cav_fitted *at, const cav_history *history)
{
    const double *losses = at->ranking.losses; // sorted
    size_t count = at->ranking.count, width = at->cube.count;
    double quarter = losses[count / 4], three = losses[count - 1 - count / 4];
    double most = three > quarter ? three + fence * (three - quarter) : INFINITY;
    for (size_t i = 0; i < at->row_count; i++) {
        size_t row = at->ranking.rows[i];
        at->targets[i] = fmin(losses[i], most);
        cav_cube_encode(&at->cube, history->points + row * history->dim_count,
                        at->rows + i * width);
    }
}

static caviar_code prepare(cav_fitted *at, const cav_space *space, const cav_history *history,
                           cav_error *error)
{
    at->row_count = at->ranking.count;
    if (!cav_cube_make(space, history, &at->ranking, at->arena, &at->cube))
        return cav_fail_memory(error);
    at->rows = CAV_ARENA_NEW(at->arena, double, at->row_count * at->cube.count + 1);
    at->targets = CAV_ARENA_NEW(at->arena, double, at->row_count + 1);
    at->residuals = CAV_ARENA_NEW(at->arena, double, at->row_count + 1);
    at->choices = CAV_ARENA_NEW(at->arena, size_t, at->cube.count + 1);
    if (!at->rows || !at->targets || !at->residuals || !at->choices)
        return cav_fail_memory(error);
    for (size_t i = 0; i < at->cube.count; i++)
        at->choices[i] = at->cube.axes[i].choices;
    fill(at, history);
    return CAVIAR_OK;
}

cav_forest *cav_fitted_again(const cav_fitted *fitted, const double *targets, size_t tree_count,
                             uint64_t fit)
{
    double rows = (double)fitted->row_count;
    cav_forest_setup setup = {.axis_count = fitted->cube.count,
                              .row_count = fitted->row_count,
                              .choices = fitted->choices,
                              .rows = fitted->rows,
                              .targets = targets,
                              .tree_count = tree_count,
                              .least_leaf = fmax(1, rows / MOST_LEAVES),
                              .axis_share = 1,
                              .seed = fitted->seed,
                              .fit = fit};
    return cav_forest_new(&setup);
}

static void look_out_of_bag(cav_fitted *at)
{
    double mean = 0, variation = 0, unexplained = 0;
    for (size_t i = 0; i < at->row_count; i++)
        mean += at->targets[i] / (double)at->row_count;
    for (size_t i = 0; i < at->row_count; i++) {
        double said = mean, variance;
        cav_forest_out_of_bag(at->forest, i, &said, &variance);
        at->residuals[i] = at->targets[i] - said;
        unexplained += at->residuals[i] * at->residuals[i];
        variation += (at->targets[i] - mean) * (at->targets[i] - mean);
    }
    bool varies = at->targets[0] < at->targets[at->row_count - 1]; // they are sorted
    at->explained = varies ? 1 - unexplained / variation : 0;
    at->least = least_share(at->row_count);
}

static caviar_code make(cav_fitted *at, const cav_space *space, const cav_history *history,
                        size_t metric, cav_error *error)
{
    at->arena = cav_arena_new();
    if (!at->arena)
        return cav_fail_memory(error);
    cav_random random = cav_random_stream(at->seed, 0, CAV_PURPOSE_INSIGHT, 0);
    caviar_code code = cav_ranking_sample(history, metric, MOST_ROWS, &random, at->arena,
                                          &at->ranking, &at->trial_count, error);
    if (!code)
        code = cav_ranking_check(&at->ranking, error);
    if (code)
        return code;
    code = prepare(at, space, history, error);
    if (code)
        return code;
    at->forest = cav_fitted_again(at, at->targets, TREES, 0);
    if (!at->forest)
        return cav_fail_memory(error);
    look_out_of_bag(at);
    return CAVIAR_OK;
}

caviar_code cav_fitted_make(const cav_space *space, const cav_history *history, size_t metric,
                            uint64_t seed, cav_fitted *ret_fitted, cav_error *error)
{
    *ret_fitted = (cav_fitted){.seed = seed};
    return make(ret_fitted, space, history, metric, error);
}

void cav_fitted_free(cav_fitted *fitted)
{
    cav_forest_free(fitted->forest);
    cav_arena_free(fitted->arena);
    *fitted = (cav_fitted){0};
}

cav_importance cav_fitted_share(const double *variances, const double *totals, size_t trees,
                                size_t count, size_t index, double *room)
{
    double sum = 0;
    for (size_t t = 0; t < trees; t++) {
        room[t] = totals[t] > 0 ? variances[t * count + index] / totals[t] : 0;
        sum += room[t];
    }
    cav_sort(room, trees);
    double share = fmax(0, sum / (double)trees);
    size_t tail = trees / 20;
    return (cav_importance){.share = share,
                            .low = fmax(0, fmin(share, room[tail])),
                            .high = fmax(share, room[trees - 1 - tail])};
}
