/**
 * rf.c: a random forest proposes what it expects to improve most.
 *
 * Hutter, Hoos, Leyton-Brown: "Sequential model-based optimization for general algorithm
 * configuration" (SMAC), LION 2011. The first trials are spread evenly; then the forest learns from
 * all that have ended, and the point with the greatest expected improvement is looked for among
 * random points and by steps from the best of these and from the best trials: one coordinate at a
 * time. A share of the trials is drawn from everywhere.
 *
 * Trials that run at the same time are kept apart by the forest itself: the expected improvement
 * counts by the share of the trees in which a point does not fall in the leaf of a running one.
 *
 * Several metrics are one loss by weights that are drawn for each forest (scalar.h).
 */
#include "search/beginning.h"

#include "base/normal.h"
#include "base/random.h"
#include "search/rf_table.h"
#include "surrogate/belief.h"
#include "surrogate/comparable.h"
#include "surrogate/forest.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_ROWS = 1000,  // that a forest learns from
    MOST_PENDING = 64, // running trials that are kept away from
    MOST_SEARCHED = 3, // attempts for one trial that are searched for; then it is random
    STARTS = 8,        // of the steps: half from trials, half from random points
    STEPS_ORDERED = 4, // neighbours by an ordered coordinate
    MOST_CHOICES = 12, // neighbours by a choice
};

typedef struct rf_settings {
    int64_t first, trees;
    double leaf, outside;
} rf_settings;

static const cav_option options[] = {
    {"first", CAV_OPTION_INT, offsetof(rf_settings, first), 0, 0, 1e6,
     "trials spread evenly before the forest is asked; 0: 12, at most a quarter of the budget"},
    {"trees", CAV_OPTION_INT, offsetof(rf_settings, trees), 20, 1, 1000, "trees of the forest"},
    {"leaf", CAV_OPTION_REAL, offsetof(rf_settings, leaf), 2, 1, 1000,
     "trials that a leaf of a tree has at least"},
    {"outside", CAV_OPTION_REAL, offsetof(rf_settings, outside), 0.1, 0, 1,
     "share of points drawn from everywhere"},
};

// A point that is looked at.
typedef struct candidate {
    double *whole; // [dim_count] with something also where inactive
    double score;  // log of the expected improvement; -INFINITY: of no use
} candidate;

typedef struct rf_state {
    const cav_space *space;
    const rf_settings *settings;
    uint64_t seed, scrambling;
    size_t first;
    cav_comparable *comparable; // NULL: trials that have ended are all there is
    cav_rf_table table;
    cav_belief belief;
    cav_forest *forest;
    size_t fitted;  // finished trials that the forest has learned from
    size_t reports; // and of how many reports their losses are
    double best;    // least of the means at these

    candidate *starts;         // [STARTS] best first
    double *raw, *point, *row; // scratch: a configuration, its point, its row
    double *trial;             // [dim_count] scratch: a neighbour
    size_t *pending;           // [MOST_PENDING x trees] leaves of the running trials
    size_t pending_count;
    size_t left; // evaluations that this suggestion may still make
} rf_state;

static void destroy(void *opaque)
{
    rf_state *state = opaque;
    for (size_t i = 0; state->starts && i < STARTS; i++)
        free(state->starts[i].whole);
    cav_rf_table_free(&state->table);
    cav_belief_free(&state->belief);
    cav_forest_free(state->forest);
    cav_comparable_free(state->comparable);
    void *parts[] = {state->starts, state->raw,     state->point, state->row,
                     state->trial,  state->pending, state};
    for (size_t i = 0; i < CAV_COUNT_OF(parts); i++)
        free(parts[i]);
}

static bool make_parts(rf_state *state, size_t metric_count)
{
    size_t dims = state->space->dim_count;
    state->starts = calloc(STARTS, sizeof *state->starts);
    state->raw = calloc(state->space->count + 1, sizeof(double));
    state->point = calloc(dims + 1, sizeof(double));
    state->row = calloc(dims + 1, sizeof(double));
    state->trial = calloc(dims + 1, sizeof(double));
    state->pending = calloc(MOST_PENDING * (size_t)state->settings->trees, sizeof(size_t));
    bool fine = cav_belief_init(&state->belief, state->space) &&
                cav_rf_table_init(&state->table, state->space, metric_count) && state->starts &&
                state->raw && state->point && state->row && state->trial && state->pending;
    for (size_t i = 0; i < STARTS && fine; i++)
        fine = (state->starts[i].whole = calloc(dims + 1, sizeof(double))) != NULL;
    return fine;
}

static caviar_code create(const cav_sampler_setup *setup, const void *opaque, void **ret_state,
                          cav_error *error)
{
    const rf_settings *settings = opaque;
    rf_state *state = calloc(1, sizeof *state);
    if (!state)
        return cav_fail_memory(error);
    *state = (rf_state){.space = setup->space,
                        .settings = settings,
                        .seed = setup->seed,
                        .scrambling = cav_beginning_scrambling(setup->seed),
                        .first = cav_beginning_count(settings->first, setup)};
    if (setup->stops_early)
        state->comparable = cav_comparable_new(setup->step_max);
    if (!make_parts(state, setup->metric_count ? setup->metric_count : 1) ||
        (setup->stops_early && !state->comparable)) {
        destroy(state);
        return cav_fail_memory(error);
    }
    *ret_state = state;
    return CAVIAR_OK;
}

// ---- The forest -------------------------------------------------------------------------------

// How many of the finished trials the forest is to know: all, or beyond 100 the last multiple of a
// power of two that is about a fiftieth of them. So it depends on the history alone.
static size_t due(size_t finished)
{
    size_t step = 1;
    while (step * 2 <= finished / 50)
        step *= 2;
    return finished / step * step;
}

static double least_mean(const rf_state *state)
{
    double least = INFINITY, mean, variance;
    size_t count = state->table.row_count < 20 ? state->table.row_count : 20; // best come first
    for (size_t i = 0; i < count; i++) {
        cav_forest_predict(state->forest, state->table.rows + i * state->table.axis_count, &mean,
                           &variance);
        least = fmin(least, mean);
    }
    return least;
}

static caviar_code fit(rf_state *state, const cav_history *history, cav_error *error)
{
    size_t wanted = due(history->finished_count);
    bool same_losses =
        !cav_comparable_losses(state->comparable) || state->reports == history->reported_count;
    if (state->forest && state->fitted == wanted && same_losses)
        return CAVIAR_OK;
    cav_random weights = cav_random_stream(state->seed, wanted, CAV_PURPOSE_WEIGHTS, 0);
    cav_scalar_draw(&state->table.scalar, &weights);
    caviar_code code =
        cav_rf_table_fill(&state->table, state->space, history, wanted, MOST_ROWS, error);
    if (code)
        return code;
    cav_forest_free(state->forest); // first, as two of them would be most of what rf takes
    state->forest = cav_forest_new(&(cav_forest_setup){
        .axis_count = state->table.axis_count,
        .row_count = state->table.row_count,
        .choices = state->table.choices,
        .rows = state->table.rows,
        .targets = state->table.targets,
        .tree_count = (size_t)state->settings->trees,
        .least_leaf = state->settings->leaf,
        .axis_share = 5.0 / 6,
        .seed = state->seed,
        .fit = wanted,
    });
    if (!state->forest)
        return cav_fail_memory(error);
    state->fitted = wanted;
    state->reports = history->reported_count;
    state->best = least_mean(state);
    return CAVIAR_OK;
}

static void mark_pending(rf_state *state, const cav_history *history)
{
    size_t trees = state->forest->tree_count;
    state->pending_count = 0;
    for (size_t i = history->open_count; i-- > 0 && state->pending_count < MOST_PENDING;) {
        size_t number = history->open[i];
        cav_rf_table_encode(state->space, history->points + number * history->dim_count,
                            state->row);
        size_t *leaves = state->pending + state->pending_count++ * trees;
        for (size_t t = 0; t < trees; t++)
            leaves[t] = cav_forest_leaf(state->forest, &state->forest->trees[t], state->row);
    }
}

// Log of the share by which the point in `row` is not what is running already.
static double log_distance(const rf_state *state)
{
    size_t trees = state->forest->tree_count;
    double sum = 0;
    for (size_t i = 0; i < state->pending_count; i++) {
        double same = 0;
        for (size_t t = 0; t < trees; t++)
            same += cav_forest_leaf(state->forest, &state->forest->trees[t], state->row) ==
                    state->pending[i * trees + t];
        sum += log1p(1e-3 - same / (double)trees);
    }
    return sum;
}

// ---- The search -------------------------------------------------------------------------------

static double evaluate(rf_state *state, const cav_history *history, const double *whole)
{
    const cav_space *space = state->space;
    double mean, variance;
    state->left -= state->left > 0;
    cav_space_decode(space, whole, state->raw, state->point);
    if (cav_history_find(history, state->point) != SIZE_MAX ||
        (space->constraint_count > 0 && !cav_space_is_feasible(space, state->raw)))
        return -INFINITY;
    cav_rf_table_encode(space, state->point, state->row);
    cav_forest_predict(state->forest, state->row, &mean, &variance);
    double deviation = sqrt(variance + 1e-4);
    double score = log(deviation) + cav_normal_log_h((state->best - mean) / deviation, NULL);
    return score + log_distance(state) + cav_belief_bonus(&state->belief, state->point, NULL);
}

static double from_start(const rf_state *state, size_t dim, cav_random *random)
{
    const cav_parameter *parameter = &state->space->parameters[state->space->dims[dim]];
    return cav_parameter_start(parameter, cav_random_unit(random));
}

static void draw_anywhere(const rf_state *state, cav_random *random, double *ret_whole)
{
    for (size_t dim = 0; dim < state->space->dim_count; dim++)
        ret_whole[dim] = from_start(state, dim, random);
}

// Puts `whole` into its place among the candidates from `begin` to `end`, if it has one.
static void rank(candidate *all, size_t begin, size_t end, const double *whole, double score,
                 size_t dims)
{
    if (!(score > all[end - 1].score))
        return;
    double *freed = all[end - 1].whole;
    size_t at = end - 1;
    for (; at > begin && score > all[at - 1].score; at--)
        all[at] = all[at - 1];
    memcpy(freed, whole, dims * sizeof *freed);
    all[at] = (candidate){freed, score};
}

static void collect_starts(rf_state *state, const cav_history *history, cav_random *random)
{
    size_t dims = state->space->dim_count, half = STARTS / 2, most = state->left / 2;
    for (size_t i = 0; i < STARTS; i++) { // nothing of an earlier suggestion, or workers differ
        state->starts[i].score = -INFINITY;
        memset(state->starts[i].whole, 0, dims * sizeof(double));
    }
    for (size_t i = 0; i < half && i < state->table.row_count; i++) { // the best trials
        const double *point = history->points + state->table.numbers[i] * dims;
        for (size_t dim = 0; dim < dims; dim++)
            state->starts[i].whole[dim] =
                isnan(point[dim]) ? from_start(state, dim, random) : point[dim];
    }
    for (size_t i = 0; i < most; i++) {
        draw_anywhere(state, random, state->trial);
        double score = evaluate(state, history, state->trial);
        rank(state->starts, half, STARTS, state->trial, score, dims);
    }
}

// Neighbour k of `whole` by one coordinate, in state->trial; false where there is none.
static bool step(rf_state *state, const double *whole, size_t dim, size_t k, cav_random *random)
{
    const cav_parameter *parameter = &state->space->parameters[state->space->dims[dim]];
    size_t choices = state->table.choices[dim];
    memcpy(state->trial, whole, state->space->dim_count * sizeof(double));
    if (choices == 0) {
        double deviation = k % 2 ? 0.2 : 0.04;
        state->trial[dim] = cav_unit_mirror(whole[dim] + deviation * cav_random_normal(random));
        return k < STEPS_ORDERED;
    }
    size_t other = choices <= MOST_CHOICES ? k : (size_t)cav_random_below(random, choices);
    state->trial[dim] = cav_parameter_nth(parameter, other < choices ? other : 0);
    return k < (choices < MOST_CHOICES ? choices : MOST_CHOICES);
}

// Goes from neighbour to better neighbour, through the coordinates round and round.
static void climb(rf_state *state, const cav_history *history, candidate *at, cav_random *random,
                  size_t share)
{
    size_t dims = state->space->dim_count, stop = state->left > share ? state->left - share : 0;
    size_t dim = 0, unmoved = 0;
    while (unmoved < dims && state->left > stop) {
        double before = at->score;
        for (size_t k = 0; state->left > stop && step(state, at->whole, dim, k, random); k++) {
            double score = evaluate(state, history, state->trial);
            if (score > at->score) {
                memcpy(at->whole, state->trial, dims * sizeof(double));
                at->score = score;
            }
        }
        unmoved = at->score > before ? 0 : unmoved + 1;
        dim = dim + 1 < dims ? dim + 1 : 0;
    }
}

// As many evaluations as take a few milliseconds.
static size_t affordable(const rf_state *state)
{
    double dims = (double)(state->space->dim_count + 1), rows = (double)(state->fitted + 1);
    double count = 800 * fmin(1, 15 / dims) * fmin(1, 250 / rows);
    return count > 40 ? (size_t)count : 40;
}

// True if something better than nothing was found; it is then in ret_point.
static bool search(rf_state *state, const cav_history *history, cav_random *random,
                   double *ret_point)
{
    size_t dims = state->space->dim_count, best = 0;
    state->left = affordable(state);
    mark_pending(state, history);
    cav_belief_learn(&state->belief, history);
    collect_starts(state, history, random);
    size_t share = state->left / STARTS + 1;
    for (size_t i = 0; i < STARTS; i++) {
        climb(state, history, &state->starts[i], random, share);
        best = state->starts[i].score > state->starts[best].score ? i : best;
    }
    memcpy(ret_point, state->starts[best].whole, dims * sizeof(double));
    return state->starts[best].score > -INFINITY;
}

// ---- The sampler ------------------------------------------------------------------------------

static caviar_code suggest(void *opaque, const cav_history *history, const cav_suggest *suggest,
                           double *ret_point, cav_error *error)
{
    rf_state *state = opaque;
    caviar_code code = cav_comparable_see(state->comparable, history, &history, error);
    if (code)
        return code;
    if (history->finished_count < state->first || suggest->attempt >= MOST_SEARCHED) {
        cav_beginning_point(state->space, state->scrambling, suggest, ret_point);
        return CAVIAR_OK;
    }
    cav_random random =
        cav_random_stream(state->seed, suggest->number, CAV_PURPOSE_SUGGEST, suggest->attempt);
    if (cav_random_unit(&random) < state->settings->outside) {
        cav_beginning_point(state->space, state->scrambling, suggest, ret_point);
        return CAVIAR_OK;
    }
    code = fit(state, history, error);
    if (!code && !search(state, history, &random, ret_point))
        cav_beginning_point(state->space, state->scrambling, suggest, ret_point);
    return code;
}

// By the trees that did not learn from each row: 1 - the squares that they leave / all squares.
static double explained(const rf_state *state)
{
    const cav_rf_table *table = &state->table;
    double count = 0, sum = 0, squares = 0, left = 0, mean, variance;
    for (size_t i = 0; i < table->row_count; i++) {
        double target = table->targets[i];
        if (!cav_forest_out_of_bag(state->forest, i, &mean, &variance))
            continue;
        count++;
        sum += target;
        squares += target * target;
        left += (target - mean) * (target - mean);
    }
    double total = squares - sum * sum / fmax(count, 1);
    return total > 0 ? 1 - left / total : NAN;
}

static caviar_code skill(void *opaque, const cav_history *history, double *ret_skill,
                         cav_error *error)
{
    rf_state *state = opaque;
    caviar_code code = cav_comparable_see(state->comparable, history, &history, error);
    bool any = !code && history->finished_count >= state->first;
    if (any)
        code = fit(state, history, error);
    if (!code)
        *ret_skill = any ? explained(state) : NAN;
    return code;
}

const cav_sampler_type cav_sampler_rf = {
    .name = "rf",
    .summary = "expected improvement by a random forest, for many choices and conditions",
    .options = options,
    .option_count = CAV_COUNT_OF(options),
    .settings_size = sizeof(rf_settings),
    .by_number = true,
    .follows_conditions = true,
    .create = create,
    .suggest = suggest,
    .skill = skill,
    .destroy = destroy,
};
