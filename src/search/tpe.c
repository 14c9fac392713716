/**
 * tpe.c: the tree-structured Parzen estimator.
 *
 * Bergstra, Bardenet, Bengio, Kégl: "Algorithms for hyper-parameter optimization", NeurIPS 2011.
 * Two densities are estimated, l from the good trials and g from the others; of some draws from l
 * the one with the greatest l/g is tried, which is the one of the greatest expected improvement.
 * They are mixtures of product kernels over whole configurations, but for conditional parameters,
 * which have densities of their own (search/tpe_model.h). The settings follow Watanabe:
 * "Tree-structured Parzen estimator: understanding its algorithm components" (arXiv 2304.11127,
 * 2023); docs/algorithms/tpe.md says where they differ and what that gave.
 */
#include "search/sampler.h"

#include "base/random.h"
#include "search/beginning.h"
#include "search/tpe_model.h"
#include "surrogate/belief.h"
#include "surrogate/comparable.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct tpe_settings {
    int64_t startup, most, candidates, kernels;
    double share, bandwidth, spread, prior, branches;
} tpe_settings;

static const cav_option options[] = {
    {"startup", CAV_OPTION_INT, offsetof(tpe_settings, startup), 10, 1, 1e6,
     "trials before the model is asked: the defaults, then Sobol points"},
    {"share", CAV_OPTION_REAL, offsetof(tpe_settings, share), 0.15, 0.001, 0.9,
     "share of the trials that count as good"},
    {"most", CAV_OPTION_INT, offsetof(tpe_settings, most), 25, 1, 1000,
     "good trials at most, for each metric"},
    {"candidates", CAV_OPTION_INT, offsetof(tpe_settings, candidates), 24, 1, 10000,
     "draws from the good trials' density, of which the best is taken"},
    {"bandwidth", CAV_OPTION_REAL, offsetof(tpe_settings, bandwidth), 0.03, CAV_MIXTURE_LEAST, 1,
     "least width of a kernel, as a share of the range"},
    {"spread", CAV_OPTION_REAL, offsetof(tpe_settings, spread), 0.2, 0.001, 1,
     "probability that a choice is drawn from all, not as a good trial has it"},
    {"prior", CAV_OPTION_REAL, offsetof(tpe_settings, prior), 1, 0.001, 1000,
     "weight of the even density, in trials"},
    {"branches", CAV_OPTION_REAL, offsetof(tpe_settings, branches), 0.9, 0, 1,
     "where parameters have conditions: share of points that are made within one branch, less at "
     "first"},
    {"kernels", CAV_OPTION_INT, offsetof(tpe_settings, kernels), 1024, 64, 100000,
     "trials that stand for those that are not good, at most"},
};

enum {
    MODEL_ATTEMPTS = 4, // points of the model that may be refused, before plain draws
    MOST_UNFIT = 50,    // draws for one candidate
};

typedef struct tpe_state {
    const cav_space *space;
    const tpe_settings *settings;
    uint64_t seed, scrambling;
    cav_comparable *comparable; // NULL: trials that have ended are all there is
    const cav_history *view;    // the history, or that of comparable losses, which the split is of
    bool is_split;              // the split has been made, for as many metrics as the history has
    cav_tpe_split split;
    cav_tpe_model *model; // likewise
    cav_tpe_part part;
    uint64_t branch; // that the next point is made within; 0: any
    bool has_conditions;
    cav_belief belief;
    uint64_t seen;                   // the history that the split is of
    size_t reports;                  // and its reports
    bool is_current;                 // these are right
    bool is_listed;                  // so is `part`, and what is apart is fitted
    bool is_fitted;                  // the model is of the split and the branch
    double *raw, *point, *canonical; // [parameters], [dimensions], [dimensions]
    char words[CAV_ORIGIN_SIZE];     // on the last point
} tpe_state;

static void destroy(void *opaque)
{
    tpe_state *state = opaque;
    if (state->is_split)
        cav_tpe_split_free(&state->split);
    cav_tpe_part_free(&state->part);
    cav_tpe_model_free(state->model);
    cav_comparable_free(state->comparable);
    cav_belief_free(&state->belief);
    free(state->raw);
    free(state);
}

static bool reserve(tpe_state *state)
{
    size_t dims = state->space->dim_count;
    state->raw = calloc(state->space->count + 2 * dims + 1, sizeof *state->raw);
    if (!cav_belief_init(&state->belief, state->space) || !state->raw)
        return false;
    state->point = state->raw + state->space->count;
    state->canonical = state->point + dims;
    return true;
}

static caviar_code create(const cav_sampler_setup *setup, const void *settings, void **ret_state,
                          cav_error *error)
{
    tpe_state *state = calloc(1, sizeof *state);
    if (!state)
        return cav_fail_memory(error);
    state->space = setup->space;
    state->settings = settings;
    state->seed = setup->seed;
    for (size_t i = 0; i < setup->space->count; i++)
        state->has_conditions |= setup->space->parameters[i].when_count > 0;
    state->scrambling = cav_beginning_scrambling(setup->seed);
    if (setup->stops_early)
        state->comparable = cav_comparable_new(setup->step_max);
    if (!reserve(state) || (setup->stops_early && !state->comparable)) {
        destroy(state);
        return cav_fail_memory(error);
    }
    *ret_state = state;
    return CAVIAR_OK;
}

// The split and the model, once it is known of how many metrics.
static caviar_code make_model(tpe_state *state, size_t metrics, cav_error *error)
{
    const tpe_settings *settings = state->settings;
    if (state->is_split)
        return CAVIAR_OK;
    cav_tpe_model_options how = {
        .mixture = {.least_bandwidth = settings->bandwidth, .choice_spread = settings->spread},
        .prior = settings->prior,
        .is_apart = metrics == 1};
    cav_tpe_model_free(state->model);
    state->model = cav_tpe_model_new(state->space, &how);
    if (!state->model)
        return cav_fail_memory(error);
    cav_tpe_split_options splits = {.good_share = settings->share,
                                    .most_good = (size_t)settings->most * metrics,
                                    .most_other = (size_t)settings->kernels};
    caviar_code code = cav_tpe_split_init(&state->split, &splits, state->seed, metrics, error);
    state->is_split = !code;
    return code;
}

// Changes whenever a trial begins or ends.
static uint64_t fingerprint(const cav_history *history)
{
    uint64_t open = 0;
    for (size_t i = 0; i < history->open_count; i++)
        open += cav_mix64(history->open[i] + 1);
    return cav_mix64(open) + history->finished_count;
}

// Takes in what has ended or begun since the last time.
static caviar_code take_in(tpe_state *state, const cav_history *history, cav_error *error)
{
    uint64_t now = fingerprint(history);
    if (state->is_current && state->seen == now && state->reports == history->reported_count)
        return CAVIAR_OK;
    state->is_current = state->is_listed = state->is_fitted = false;
    state->reports = history->reported_count;
    caviar_code code = make_model(state, history->metric_count, error);
    if (!code)
        code = cav_comparable_see(state->comparable, history, &state->view, error);
    if (!code && cav_comparable_losses(state->comparable))
        cav_tpe_split_forget(&state->split);
    if (!code)
        code = cav_tpe_split_update(&state->split, state->view, error);
    cav_belief_learn(&state->belief, history);
    state->is_current = !code;
    state->seen = now;
    return code;
}

// Lists the trials for their parts, and fits the densities of the parameters that are apart.
static caviar_code list_parts(tpe_state *state, const cav_history *history, cav_error *error)
{
    if (state->is_listed || !state->has_conditions || history->metric_count > 1)
        return CAVIAR_OK;
    caviar_code code = cav_tpe_part_list(&state->part, &state->split, history, error);
    if (!code)
        code = cav_tpe_model_fit_apart(state->model, &state->part, error);
    state->is_listed = !code;
    return code;
}

// The share of the points that are made within a branch: less while little is known, as what looks
// elsewhere then is missing where it goes well at once.
static double branch_share(const tpe_state *state)
{
    double known = (double)state->split.valued;
    return state->settings->branches * (1 - (double)state->settings->startup / known);
}

// Fits the densities: the joint ones to all trials, or to those of one branch.
static caviar_code learn(tpe_state *state, const cav_history *history, cav_random *random,
                         cav_error *error)
{
    caviar_code code = list_parts(state, history, error);
    bool in_branch = cav_random_unit(random) < branch_share(state) && state->is_listed;
    if (code || (state->is_fitted && !in_branch && state->branch == 0))
        return code;
    const cav_tpe_group *good = &state->split.good, *other = &state->split.other;
    state->is_fitted = false;
    state->branch = 0;
    if (in_branch) {
        state->branch = cav_tpe_part_draw_branch(&state->part, cav_random_unit(random));
        code = cav_tpe_part_take_branch(&state->part, state->branch, error);
        good = &state->part.good;
        other = &state->part.other;
    }
    if (!code)
        code = cav_tpe_model_fit_joint(state->model, history, good, other, error);
    state->is_fitted = !code;
    return code;
}

// Puts what is believed in the place of what the density of the good ones has drawn.
static void follow_belief(tpe_state *state, cav_random *random)
{
    for (size_t dim = 0; dim < state->space->dim_count; dim++) {
        const cav_parameter *parameter = &state->space->parameters[state->space->dims[dim]];
        if (state->belief.powers[dim] > 0)
            state->point[dim] = cav_prior_place(parameter, cav_random_unit(random));
    }
}

// Draws until the constraints hold and the branch is the wanted one; false if that was not so in
// many draws. The configuration is then in state->raw and ->canonical.
static bool draw_fitting(tpe_state *state, bool follows, cav_random *random)
{
    for (int i = 0; i < MOST_UNFIT; i++) {
        cav_tpe_model_draw(state->model, random, state->point);
        if (follows)
            follow_belief(state, random);
        cav_space_decode(state->space, state->point, state->raw, state->canonical);
        uint64_t name = state->branch;
        bool elsewhere =
            name != 0 && cav_tpe_branch_of(state->canonical, state->space->dim_count) != name;
        if (!elsewhere && cav_space_is_feasible(state->space, state->raw))
            return true;
    }
    return false;
}

// Writes the best of the candidates that were not tried before, and returns the logarithm of what
// it gains; -INFINITY without any.
static double choose(tpe_state *state, const cav_history *history, cav_random *random,
                     double *ret_point)
{
    double most = -INFINITY;
    for (int64_t i = 0; i < state->settings->candidates; i++) {
        bool follows = state->belief.any && i % 4 == 0;
        if (!draw_fitting(state, follows, random) ||
            cav_history_find(history, state->canonical) != SIZE_MAX)
            continue;
        double gain = cav_tpe_model_log_ratio(state->model, state->canonical, state->raw) +
                      cav_belief_bonus(&state->belief, state->canonical, NULL);
        if (!(gain > most))
            continue;
        most = gain;
        memcpy(ret_point, state->point, state->space->dim_count * sizeof *ret_point);
    }
    return most;
}

static void describe(tpe_state *state, double log_gain)
{
    bool in_branch = state->branch != 0;
    const cav_tpe_group *good = in_branch ? &state->part.good : &state->split.good;
    const cav_tpe_group *other = in_branch ? &state->part.other : &state->split.other;
    snprintf(state->words, sizeof state->words,
             "tpe: of %" PRId64 " draws near %zu good trials%s the one where these are %.3g times "
             "as dense as the %zu others",
             state->settings->candidates, good->count, in_branch ? " of one branch" : "",
             exp(log_gain), other->count);
}

static caviar_code suggest(void *opaque, const cav_history *history, const cav_suggest *suggest,
                           double *ret_point, cav_error *error)
{
    tpe_state *state = opaque;
    caviar_code code = take_in(state, history, error);
    if (code)
        return code;
    bool knows = state->split.valued >= (size_t)state->settings->startup &&
                 suggest->attempt < MODEL_ATTEMPTS && state->space->dim_count > 0;
    cav_random random =
        cav_random_stream(state->seed, suggest->number, CAV_PURPOSE_SUGGEST, suggest->attempt);
    if (knows)
        code = learn(state, state->view, &random, error);
    if (code)
        return code;
    double log_gain = knows ? choose(state, history, &random, ret_point) : -INFINITY;
    if (log_gain > -INFINITY) {
        describe(state, log_gain);
        return CAVIAR_OK;
    }
    snprintf(state->words, sizeof state->words, "tpe: an even spread%s",
             state->split.valued < (size_t)state->settings->startup
                 ? " to begin with"
                 : ", since what the model draws was tried or refused");
    cav_beginning_point(state->space, state->scrambling, suggest, ret_point);
    return CAVIAR_OK;
}

static const char *explain(const void *opaque)
{
    const tpe_state *state = opaque;
    return state->words;
}

const cav_sampler_type cav_sampler_tpe = {
    .name = "tpe",
    .summary =
        "densities of good and of other trials: cheap, for any space and any number of trials",
    .options = options,
    .option_count = CAV_COUNT_OF(options),
    .settings_size = sizeof(tpe_settings),
    .by_number = true,
    .create = create,
    .suggest = suggest,
    .explain = explain,
    .destroy = destroy,
};
