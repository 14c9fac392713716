/**
 * auto.c: the default: a grid for a small finite space, else several engines that share the trials.
 * Where trials are stopped early they compare also those that are not complete
 * (surrogate/comparable.h); cmaes, which cannot, is not heard then.
 *
 * Every engine learns from all trials, whoever proposed them, so changing hands costs nothing. Who
 * proposes the next one is drawn with chances that follow from
 *
 *   trust    what is known of engines of its kind, the space and the number of trials; and, for an
 *            engine with a model, how well that predicts the study's trials from one another
 *   credit   how often its own trials were better than all before them, the latest counting most
 *   a floor  so that each is heard now and then, and can earn credit
 *
 * Portfolios of this kind win where single methods differ from problem to problem: Turner et al.,
 * "Bayesian optimization is superior to random search", 2021 (the black-box challenge of 2020).
 */
#include "search/sampler.h"

#include "base/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct auto_settings {
    int64_t trials;
    double effort, floor;
    bool tiers;
} auto_settings;

static const cav_option options[] = {
    {"effort", CAV_OPTION_REAL, offsetof(auto_settings, effort), 1, 0, 100,
     "how much the models compute for a suggestion, relative to the usual"},
    {"trials", CAV_OPTION_INT, offsetof(auto_settings, trials), 0, 0, 2000,
     "most trials that a model learns from; 0: 300, or 120 where trials are stopped early"},
    {"tiers", CAV_OPTION_BOOL, offsetof(auto_settings, tiers), 1, 0, 1,
     "where parameters have tiers: begin with those that matter most, the others at their "
     "defaults"},
    {"floor", CAV_OPTION_REAL, offsetof(auto_settings, floor), 0.02, 0, 0.25,
     "share of the trials that every engine gets, once the first model has had its say"},
};

// The first one leads: it makes the first trials, and steps in where another has no answer.
static const struct engine_kind {
    const char *name;
    double trust; // in its favour, before anything is known of the study
    bool for_one; // it could follow several metrics; whether that helps has not been measured
} kinds[] = {
    {"gp", 4, false},
    {"cmaes", 0.25, false},
    {"rf", 0.25, true},
    {"tpe", 0.25, false},
};

enum { LEAD, ENGINES = CAV_COUNT_OF(kinds) };

static const double keeps = 0.95;                        // of credit, from trial to trial
static const double credit_good = 2, credit_trials = 10; // what an engine has to begin with
static const uint64_t model_trials = 2000; // from here on a model of few hundred trials sees little
static const double model_dims = 40;       // beyond, a model thinks less about each trial
static const double stopped_effort = 0.25; // the same where trials are stopped early: they are many

typedef struct engine {
    cav_sampler sampler; // type NULL: not there, or unfit for the space
    char maker[48];      // its trials' maker in the history
    double good, trials; // credit
} engine;

typedef struct auto_state {
    const auto_settings *settings;
    uint64_t seed;
    bool stops_early;
    cav_sampler grid; // in place of the engines; type NULL: it is not used
    engine engines[ENGINES];
    size_t lead_trials;  // that the lead has for itself at first
    double number_share; // of the coordinates, those that are always active and no choices
    size_t seen;         // finished trials that credit was given for
    double best;
    char words[CAV_ORIGIN_SIZE];
} auto_state;

static void destroy(void *opaque)
{
    auto_state *state = opaque;
    cav_sampler_close(&state->grid);
    for (size_t i = 0; i < ENGINES; i++)
        cav_sampler_close(&state->engines[i].sampler);
    free(state);
}

static double number_share(const cav_space *space)
{
    size_t numbers = 0;
    for (size_t dim = 0; dim < space->dim_count; dim++) {
        const cav_parameter *parameter = &space->parameters[space->dims[dim]];
        numbers += parameter->axis != CAV_AXIS_CHOICES && parameter->when_count == 0;
    }
    return space->dim_count ? (double)numbers / (double)space->dim_count : 0;
}

// Opens the engines that there are; one that refuses the space is left out, but not the lead.
static caviar_code open_engines(auto_state *state, const cav_sampler_setup *setup, cav_error *error)
{
    char effort[32], trials[32];
    double dims = (double)setup->space->dim_count;
    snprintf(effort, sizeof effort, "%.6f",
             state->settings->effort * fmin(1, model_dims / fmax(dims, 1)) *
                 (setup->stops_early ? stopped_effort : 1));
    snprintf(trials, sizeof trials, "%lld", (long long)state->settings->trials);
    const cav_option_value given[] = {{"effort", effort, ""},
                                      {"trials", trials, ""},
                                      {"tiers", state->settings->tiers ? "on" : "off", ""},
                                      {"draws", setup->stops_early ? "0" : "1", ""}};
    for (size_t i = 0; i < ENGINES; i++) {
        engine *at = &state->engines[i];
        const cav_sampler_type *type;
        cav_error refusal = {0};
        if (kinds[i].for_one && setup->metric_count > 1)
            continue;
        snprintf(at->maker, sizeof at->maker, "auto, %s", kinds[i].name);
        if (cav_sampler_find(kinds[i].name, &type, &refusal))
            continue;
        caviar_code code = cav_sampler_open(&at->sampler, kinds[i].name, given,
                                            i == LEAD ? CAV_COUNT_OF(given) : 0, setup,
                                            i == LEAD ? error : &refusal);
        if (code && (i == LEAD || code == CAVIAR_NOMEM))
            return code == CAVIAR_NOMEM ? cav_fail_memory(error) : code;
    }
    return CAVIAR_OK;
}

static caviar_code create(const cav_sampler_setup *setup, const void *opaque, void **ret_state,
                          cav_error *error)
{
    auto_state *state = calloc(1, sizeof *state);
    if (!state)
        return cav_fail_memory(error);
    *state = (auto_state){.settings = opaque,
                          .seed = setup->seed,
                          .stops_early = setup->stops_early,
                          .lead_trials = 10 + 2 * setup->space->dim_count,
                          .number_share = number_share(setup->space),
                          .best = INFINITY};
    bool whole = cav_space_is_finite(setup->space) &&
                 cav_space_size(setup->space) <= (double)setup->trial_budget;
    caviar_code code = whole ? cav_sampler_open(&state->grid, "grid", NULL, 0, setup, error)
                             : open_engines(state, setup, error);
    if (code)
        destroy(state);
    else
        *ret_state = state;
    return code;
}

// Credit for the trials that ended since the last look, in the order in which they ended. With
// several metrics there is none: what is better than all before is not told by one of them.
static void give_credit(auto_state *state, const cav_history *history)
{
    if (history->metric_count > 1)
        return;
    for (; state->seen < history->finished_count; state->seen++) {
        size_t number = history->finished[state->seen];
        double loss = history->losses[number * history->metric_count];
        bool better = loss < state->best; // false for NaN
        for (size_t i = 0; i < ENGINES; i++) {
            engine *at = &state->engines[i];
            at->good *= keeps;
            at->trials *= keeps;
            if (!cav_history_is_by(history, number, at->maker))
                continue;
            at->good += better;
            at->trials += 1;
        }
        if (better)
            state->best = loss;
    }
}

static caviar_code find_trust(const auto_state *state, const cav_history *history, size_t which,
                              double *ret_trust, cav_error *error)
{
    const cav_sampler *sampler = &state->engines[which].sampler;
    bool small = history->count <= model_trials;
    double trust = kinds[which].trust, skill = NAN;
    if (!sampler->type)
        trust = 0;
    else if (sampler->type->skill && small) {
        caviar_code code = sampler->type->skill(sampler->state, history, &skill, error);
        if (code)
            return code;
    }
    if (!isnan(skill))
        trust *= 0.3 + 0.7 * fmin(1, fmax(0, skill));
    if (which == LEAD && !small)
        trust *= 0.05;
    if (strcmp(kinds[which].name, "cmaes") == 0) // lives in a continuum, of complete trials
        trust *= state->stops_early ? 0 : state->number_share;
    if (strcmp(kinds[which].name, "rf") == 0) // splits choices and branches best
        trust *= 1 - 0.6 * state->number_share;
    *ret_trust = trust;
    return CAVIAR_OK;
}

// ret_shares [ENGINES] add up to 1.
static caviar_code share_out(const auto_state *state, const cav_history *history, uint64_t number,
                             double *ret_shares, cav_error *error)
{
    double total = 0, floors = 0;
    for (size_t i = 0; i < ENGINES; i++)
        ret_shares[i] = i == LEAD;
    if (number < state->lead_trials)
        return CAVIAR_OK;
    for (size_t i = 0; i < ENGINES; i++) {
        const engine *at = &state->engines[i];
        double trust, rate = (at->good + credit_good) / (at->trials + credit_trials);
        caviar_code code = find_trust(state, history, i, &trust, error);
        if (code)
            return code;
        ret_shares[i] = rate * trust;
        total += ret_shares[i];
        floors += trust > 0 ? state->settings->floor : 0;
    }
    for (size_t i = 0; i < ENGINES; i++) {
        double floor = ret_shares[i] > 0 ? state->settings->floor : 0;
        ret_shares[i] = floor + (1 - floors) * ret_shares[i] / total;
    }
    return CAVIAR_OK;
}

static size_t draw(const auto_state *state, const double *shares, uint64_t number)
{
    cav_random random = cav_random_stream(state->seed, number, CAV_PURPOSE_ENGINE, 0);
    double left = cav_random_unit(&random);
    for (size_t i = 0; i < ENGINES; i++) {
        left -= shares[i];
        if (left < 0)
            return i;
    }
    return LEAD;
}

static void explain_choice(auto_state *state, size_t which, double share)
{
    const engine *at = &state->engines[which];
    const char *own =
        at->sampler.type->explain ? at->sampler.type->explain(at->sampler.state) : NULL;
    const char *why = own ? strchr(own, ':') : NULL;
    if (share < 1)
        snprintf(state->words, sizeof state->words, "%s: share %.0f %%%s%s", at->maker, 100 * share,
                 why ? ";" : "", why ? why + 1 : "");
    else
        snprintf(state->words, sizeof state->words, "%s%s", at->maker, why ? why : "");
}

static caviar_code suggest(void *opaque, const cav_history *history, const cav_suggest *suggest,
                           double *ret_point, cav_error *error)
{
    auto_state *state = opaque;
    if (state->grid.type) {
        snprintf(state->words, sizeof state->words, "auto, grid: the budget covers every point");
        return state->grid.type->suggest(state->grid.state, history, suggest, ret_point, error);
    }
    double shares[ENGINES];
    give_credit(state, history);
    caviar_code code = share_out(state, history, suggest->number, shares, error);
    if (code)
        return code;
    size_t which = draw(state, shares, suggest->number);
    const cav_sampler *sampler = &state->engines[which].sampler;
    code = sampler->type->suggest(sampler->state, history, suggest, ret_point, error);
    if (code && code != CAVIAR_NOMEM && which != LEAD) {
        which = LEAD;
        sampler = &state->engines[LEAD].sampler;
        code = sampler->type->suggest(sampler->state, history, suggest, ret_point, error);
    }
    if (!code)
        explain_choice(state, which, shares[which]);
    return code;
}

static const char *explain(const void *opaque)
{
    const auto_state *state = opaque;
    return state->words[0] ? state->words : NULL;
}

static caviar_code inherited(void *opaque, const cav_history *history, size_t earlier,
                             cav_inherited *ret, cav_error *error)
{
    auto_state *state = opaque;
    const cav_sampler *lead = &state->engines[LEAD].sampler;
    *ret = (cav_inherited){.agreement = {0, -1, 1}, .best_place = NAN};
    return state->grid.type ? CAVIAR_OK // nothing was to be learnt
                            : lead->type->inherited(lead->state, history, earlier, ret, error);
}

const cav_sampler_type cav_sampler_auto = {
    .name = "auto",
    .summary = "the default: a grid where the budget covers the space, else the engines that do "
               "best, most of all gp",
    .options = options,
    .option_count = CAV_COUNT_OF(options),
    .settings_size = sizeof(auto_settings),
    .by_number = true,
    .follows_conditions = true,
    .inherits = true,
    .create = create,
    .suggest = suggest,
    .explain = explain,
    .inherited = inherited,
    .destroy = destroy,
};
