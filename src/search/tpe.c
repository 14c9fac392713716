/**
 * tpe.c: the tree-structured Parzen estimator.
 *
 * Bergstra, Bardenet, Bengio, Kégl: "Algorithms for hyper-parameter optimization", NeurIPS 2011.
 * Two densities are estimated, l from the good trials and g from the others; of some draws from l
 * the one with the greatest l/g is tried, which is the one of the greatest expected improvement.
 * Both are mixtures of product kernels over whole configurations (surrogate/mixture.h), so that
 * what goes well together is found together. The settings follow Watanabe: "Tree-structured Parzen
 * estimator: understanding its algorithm components" (arXiv 2304.11127, 2023);
 * docs/algorithms/tpe.md says where they differ and what that gave.
 */
#include "search/sampler.h"

#include "base/random.h"
#include "search/beginning.h"
#include "search/tpe_split.h"
#include "surrogate/mixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct tpe_settings {
    int64_t startup, most, candidates, kernels;
    double share, bandwidth, spread, prior, direct;
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
    {"direct", CAV_OPTION_REAL, offsetof(tpe_settings, direct), 0.2, 0, 1,
     "share of points that are plain draws from the good trials' density; of few trials a smaller "
     "one"},
    {"kernels", CAV_OPTION_INT, offsetof(tpe_settings, kernels), 1024, 64, 100000,
     "trials that stand for those that are not good, at most"},
};

enum {
    DIRECT_TRIALS = 100,  // from which on the full share of points is drawn directly
    MODEL_ATTEMPTS = 4,   // points of the model that may be refused, before plain draws
    MOST_INFEASIBLE = 50, // draws for one candidate
};

typedef struct tpe_state {
    const cav_space *space;
    const tpe_settings *settings;
    uint64_t seed, scrambling;
    bool is_split; // the split has been made, for as many metrics as the history has
    cav_tpe_split split;
    cav_mixture *good, *other;
    uint64_t fitted_to; // what the mixtures were fitted to
    bool is_fitted;
    double *raw, *point, *canonical, *best; // [parameters], [dimensions] three times
    cav_mixture_place *places;              // [dimensions]
} tpe_state;

static void destroy(void *opaque)
{
    tpe_state *state = opaque;
    if (state->is_split)
        cav_tpe_split_free(&state->split);
    cav_mixture_free(state->good);
    cav_mixture_free(state->other);
    free(state->raw);
    free(state->places);
    free(state);
}

static bool reserve(tpe_state *state)
{
    size_t dims = state->space->dim_count;
    cav_mixture_options how = {.least_bandwidth = state->settings->bandwidth,
                               .choice_spread = state->settings->spread};
    state->good = cav_mixture_new(state->space, &how);
    state->other = cav_mixture_new(state->space, &how);
    state->raw = calloc(state->space->count + 3 * dims + 1, sizeof *state->raw);
    state->places = calloc(dims + 1, sizeof *state->places);
    if (!state->good || !state->other || !state->raw || !state->places)
        return false;
    state->point = state->raw + state->space->count;
    state->canonical = state->point + dims;
    state->best = state->canonical + dims;
    return true;
}

static caviar_code create(const cav_sampler_setup *setup, const void *settings, void **ret_state,
                          cav_error *error)
{
    tpe_state *state = calloc(1, sizeof *state);
    if (!state)
        return cav_fail_memory(error);
    cav_random random = cav_random_stream(setup->seed, 0, CAV_PURPOSE_SCRAMBLE, 0);
    state->space = setup->space;
    state->settings = settings;
    state->seed = setup->seed;
    state->scrambling = cav_random_u64(&random);
    if (!reserve(state)) {
        destroy(state);
        return cav_fail_memory(error);
    }
    *ret_state = state;
    return CAVIAR_OK;
}

static caviar_code make_split(tpe_state *state, size_t metrics, cav_error *error)
{
    if (state->is_split)
        return CAVIAR_OK;
    cav_tpe_split_options how = {.good_share = state->settings->share,
                                 .most_good = (size_t)state->settings->most * metrics,
                                 .most_other = (size_t)state->settings->kernels};
    caviar_code code = cav_tpe_split_init(&state->split, &how, state->seed, metrics, error);
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

static caviar_code fit(cav_mixture *mixture, const cav_history *history, const cav_tpe_group *group,
                       double prior, cav_error *error)
{
    double total = 0;
    for (size_t i = 0; i < group->count; i++)
        total += group->weights[i];
    double mean = group->count ? total / (double)group->count : 1;
    return cav_mixture_fit(mixture, history, group->rows, group->weights, group->count,
                           prior * mean, error);
}

static caviar_code learn(tpe_state *state, const cav_history *history, cav_error *error)
{
    uint64_t now = fingerprint(history);
    if (state->is_fitted && state->fitted_to == now)
        return CAVIAR_OK;
    state->is_fitted = false;
    caviar_code code = make_split(state, history->metric_count, error);
    if (!code)
        code = cav_tpe_split_update(&state->split, history, error);
    if (!code)
        code = fit(state->good, history, &state->split.good, state->settings->prior, error);
    if (!code)
        code = fit(state->other, history, &state->split.other, state->settings->prior, error);
    state->is_fitted = !code;
    state->fitted_to = now;
    return code;
}

// Draws until the constraints hold; false if they did not in many draws. The configuration is then
// in state->raw and ->canonical.
static bool draw_feasible(tpe_state *state, cav_random *random)
{
    for (int i = 0; i < MOST_INFEASIBLE; i++) {
        cav_mixture_draw(state->good, random, state->point);
        cav_space_decode(state->space, state->point, state->raw, state->canonical);
        if (cav_space_is_feasible(state->space, state->raw))
            return true;
    }
    return false;
}

// Where the good trials have closed in on a place as far as bandwidths go, l/g is larger far away
// from all trials than there, and the model only looks elsewhere. Then a single candidate goes on
// with it.
static int64_t candidate_count(const tpe_state *state, cav_random *random)
{
    double grown = fmin(1, (double)state->split.valued / DIRECT_TRIALS);
    bool direct = cav_random_unit(random) < state->settings->direct * grown;
    return direct ? 1 : state->settings->candidates;
}

// The best of the candidates that were not tried before. Without any it is the first one, which
// will be refused, and asked for again.
static void choose(tpe_state *state, const cav_history *history, cav_random *random)
{
    size_t size = state->space->dim_count * sizeof *state->best;
    double most = -INFINITY;
    int64_t candidates = candidate_count(state, random);
    for (int64_t i = 0; i < candidates; i++) {
        bool usable =
            draw_feasible(state, random) && cav_history_find(history, state->canonical) == SIZE_MAX;
        double gain = -INFINITY;
        if (usable) {
            cav_mixture_locate(state->good, state->canonical, state->raw, state->places);
            gain = cav_mixture_log_density(state->good, state->places) -
                   cav_mixture_log_density(state->other, state->places);
        }
        if ((gain > most || i == 0) && size > 0)
            memcpy(state->best, state->point, size);
        most = fmax(most, gain);
    }
}

static size_t valued_count(const tpe_state *state)
{
    return state->is_split ? state->split.valued : 0;
}

static caviar_code suggest(void *opaque, const cav_history *history, const cav_suggest *suggest,
                           double *ret_point, cav_error *error)
{
    tpe_state *state = opaque;
    caviar_code code = learn(state, history, error);
    if (code)
        return code;
    bool knows = valued_count(state) >= (size_t)state->settings->startup;
    if (!knows || suggest->attempt >= MODEL_ATTEMPTS) {
        cav_beginning_point(state->space, state->scrambling, suggest, ret_point);
        return CAVIAR_OK;
    }
    cav_random random =
        cav_random_stream(state->seed, suggest->number, CAV_PURPOSE_SUGGEST, suggest->attempt);
    choose(state, history, &random);
    if (state->space->dim_count > 0)
        memcpy(ret_point, state->best, state->space->dim_count * sizeof *ret_point);
    return CAVIAR_OK;
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
    .destroy = destroy,
};
