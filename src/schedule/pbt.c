/**
 * pbt.c: population-based training: a population trains side by side; now and then those at the end
 * of the ranking go on as copies of those at its top, with other values of their parameters.
 *
 * Jaderberg, Dalibard, Osindero, Czarnecki, Donahue, Razavi, Vinyals, Green, Dunning, Simonyan,
 * Fernando, Kavukcuoglu: "Population based training of neural networks", arXiv 1711.09846, 2017,
 * with truncation selection. Two things differ. Parameters go a way on their own scale instead of
 * by a factor of their value. And a ranking waits until all members have come to the milestone
 * (population.h), so that it does not depend on who came first; nobody stands still for it while
 * there are workers for all.
 *
 * What a population learns is a schedule: the nudges along the line of its winner. At the end that
 * schedule is run once more from the beginning, under a seed of its own: does it hold by itself, or
 * was it luck and selection?
 */
#include "schedule/population.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_TRIES = 50, NOTE_SIZE = 160 };

typedef struct pbt_settings {
    int64_t population, interval;
    double quantile, perturb, resample;
    bool verify;
} pbt_settings;

static const cav_option options[] = {
    {"population", CAV_OPTION_INT, offsetof(pbt_settings, population), 8, 1, 1000,
     "members that train side by side"},
    {"interval", CAV_OPTION_INT, offsetof(pbt_settings, interval), 0, 0, 1e9,
     "steps from ranking to ranking; 0: a tenth of the last step, at least 1"},
    {"quantile", CAV_OPTION_REAL, offsetof(pbt_settings, quantile), 0.25, 0, 0.5,
     "share of the members that is replaced by copies of as many of the best; at least one"},
    {"perturb", CAV_OPTION_REAL, offsetof(pbt_settings, perturb), 0.05, 0, 1,
     "how far a copy's parameter goes, up or down, as a share of its range on its scale"},
    {"resample", CAV_OPTION_REAL, offsetof(pbt_settings, resample), 0.25, 0, 1,
     "how often a copy's parameter is drawn anew instead"},
    {"verify", CAV_OPTION_BOOL, offsetof(pbt_settings, verify), 1, 0, 1,
     "on: at the end the winner's schedule is run once more, under a seed of its own"},
};

typedef struct pbt_state {
    const pbt_settings *settings;
    const cav_space *space;
    cav_populations all;
    cav_population now; // room for the one that is looked at
    double *before;     // [space->count] what a copy's parent trained with
    double *after;      // [space->count] what the copy will
    double *changes;    // [space->count] NaN where nothing changes
    char note[NOTE_SIZE];
} pbt_state;

static void destroy(void *opaque)
{
    pbt_state *state = opaque;
    cav_populations_free(&state->all);
    cav_population_free(&state->now);
    free(state->before);
    free(state);
}

static int64_t choose_interval(const pbt_settings *settings, const cav_scheduler_setup *setup)
{
    if (settings->interval > 0)
        return settings->interval;
    return setup->step_max >= 20 ? setup->step_max / 10 : 1;
}

static caviar_code create(const cav_scheduler_setup *setup, const void *settings, void **ret_state,
                          cav_error *error)
{
    pbt_state *state = calloc(1, sizeof *state);
    if (!state)
        return cav_fail_memory(error);
    state->settings = settings;
    state->space = setup->space;
    state->all.setup = (cav_populations_setup){.maker = cav_scheduler_pbt.name,
                                               .size = (size_t)state->settings->population,
                                               .interval = choose_interval(settings, setup),
                                               .last = setup->step_max,
                                               .trial_budget = setup->trial_budget,
                                               .quantile = state->settings->quantile,
                                               .seed = setup->seed};
    size_t count = setup->space->count;
    state->before = calloc(3 * count + 1, sizeof *state->before);
    if (!state->before) {
        destroy(state);
        return cav_fail_memory(error);
    }
    state->after = state->before + count;
    state->changes = state->after + count;
    *ret_state = state;
    return CAVIAR_OK;
}

static caviar_code follow(pbt_state *state, const cav_history *history, size_t index,
                          cav_error *error)
{
    return cav_populations_follow(&state->all, history, index, &state->now, error);
}

// ---- Verdicts ---------------------------------------------------------------------------------

static caviar_code judge(void *opaque, const cav_history *history, const cav_judged *trial,
                         caviar_verdict *ret_verdict, cav_error *error)
{
    pbt_state *state = opaque;
    caviar_code code = cav_populations_look(&state->all, history, error);
    if (code)
        return code;
    *ret_verdict = CAVIAR_VERDICT_CONTINUE;
    size_t index = state->all.of[trial->number];
    if (index == SIZE_MAX)
        return CAVIAR_OK;
    code = follow(state, history, index, error);
    if (code)
        return code;
    int64_t interval = state->all.setup.interval;
    int64_t milestone = history->steps[trial->number] / interval * interval;
    bool is_ahead = milestone > state->now.decided;
    if (cav_population_has_lost(&state->now, trial->number))
        *ret_verdict = CAVIAR_VERDICT_STOP;
    else if (is_ahead && trial->can_pause && cav_population_waits(&state->now, history, milestone))
        *ret_verdict = CAVIAR_VERDICT_PAUSE;
    return CAVIAR_OK;
}

// ---- What to go on with -----------------------------------------------------------------------

// May a trial that is paused go on? Not before its ranking, unless nobody is left to wait for.
static bool may_go_on(const pbt_state *state, const cav_history *history, size_t number,
                      bool is_last)
{
    int64_t interval = state->all.setup.interval;
    int64_t milestone = history->steps[number] / interval * interval;
    return !cav_population_has_lost(&state->now, number) &&
           (is_last || milestone <= state->now.decided);
}

// The one that is furthest behind.
static caviar_code resume(void *opaque, const cav_history *history, bool is_last,
                          size_t *ret_number, cav_error *error)
{
    pbt_state *state = opaque;
    size_t found = SIZE_MAX, followed = SIZE_MAX;
    caviar_code code = cav_populations_look(&state->all, history, error);
    for (size_t i = 0; i < history->open_count && !code; i++) {
        size_t number = history->open[i], index = state->all.of[number];
        if (!cav_history_may_resume(history, number))
            continue;
        if (index != SIZE_MAX && index != followed)
            code = follow(state, history, followed = index, error);
        if (code || (index != SIZE_MAX && !may_go_on(state, history, number, is_last)))
            continue;
        if (found == SIZE_MAX || history->steps[number] < history->steps[found])
            found = number;
    }
    if (!code)
        *ret_number = found;
    return code;
}

// ---- Copies -----------------------------------------------------------------------------------

static void find_values(pbt_state *state, const cav_history *history, size_t number, int64_t step)
{
    for (size_t i = 0; i < state->space->count; i++)
        state->before[i] = history->raw[number * state->space->count + i];
    cav_nudge_list_apply(&history->nudges[number], step, state->before, state->space->count);
}

static double move_one(const pbt_state *state, const cav_parameter *parameter, double raw,
                       cav_random *random)
{
    bool is_drawn = cav_random_unit(random) < state->settings->resample;
    double u = cav_random_unit(random);
    if (is_drawn || parameter->axis == CAV_AXIS_CHOICES)
        return is_drawn ? cav_parameter_decode(parameter, cav_parameter_start(parameter, u)) : raw;
    double way = u < 0.5 ? -state->settings->perturb : state->settings->perturb;
    return way == 0 ? raw : cav_parameter_shift(parameter, raw, way);
}

// Would a running program have all of its parameters, and no others?
static bool is_fit(const pbt_state *state)
{
    for (size_t i = 0; i < state->space->count; i++)
        if (cav_space_is_active(state->space, i, state->after) != !isnan(state->before[i]))
            return false;
    return cav_space_is_feasible(state->space, state->after);
}

// Draws what the copy changes; false where nothing does.
static bool explore(pbt_state *state, cav_random *random)
{
    bool fits = false, any = false;
    for (int tries = 0; tries < MOST_TRIES && !fits; tries++) {
        for (size_t i = 0; i < state->space->count; i++) {
            const cav_parameter *parameter = &state->space->parameters[i];
            double raw = state->before[i];
            bool may = !isnan(raw) && cav_parameter_is_live(parameter);
            state->after[i] = may ? move_one(state, parameter, raw, random) : raw;
        }
        fits = is_fit(state);
    }
    for (size_t i = 0; i < state->space->count; i++) {
        bool differs = fits && state->after[i] != state->before[i] && !isnan(state->before[i]);
        state->changes[i] = differs ? state->after[i] : (double)NAN;
        any |= differs;
    }
    return any;
}

static void make_copy(pbt_state *state, const cav_history *history, cav_offspring *ret_offspring)
{
    const cav_copy *copy = &state->now.next;
    cav_random random = cav_populations_draw(&state->all, state->now.index, copy->place,
                                             copy->milestone, CAV_DRAW_VALUES);
    find_values(state, history, copy->parent, copy->step);
    snprintf(state->note, sizeof state->note,
             "in place of trial %zu, which was %zu of %zu at step %lld", copy->loser,
             state->now.places[copy->place].rank + 1, state->now.place_count,
             (long long)copy->milestone);
    *ret_offspring = (cav_offspring){.parent = copy->parent,
                                     .step = copy->step,
                                     .instead_of = copy->loser,
                                     .changes = explore(state, &random) ? state->changes : NULL,
                                     .note = state->note};
}

// The trial of a population with the least loss at the end; SIZE_MAX: none came to it.
static size_t find_winner(const cav_populations *all, const cav_history *history, size_t index)
{
    size_t best = SIZE_MAX;
    double least = INFINITY;
    for (size_t i = 0; i < all->trial_count; i++) {
        double loss = history->losses[i * history->metric_count];
        if (all->of[i] == index && history->states[i] == CAVIAR_STATE_COMPLETE && loss < least) {
            least = loss;
            best = i;
        }
    }
    return best;
}

static bool was_changed(const cav_nudge_list *list)
{
    for (size_t n = 0; n < list->count; n++)
        if (cav_nudge_is_scheduled(&list->items[n]))
            return true;
    return false;
}

// One that kept its values to the end shows nothing new.
static bool is_verified(const pbt_state *state, const cav_history *history, size_t winner)
{
    if (!state->settings->verify || winner == SIZE_MAX || !was_changed(&history->nudges[winner]))
        return true;
    for (size_t i = winner + 1; i < history->count; i++)
        if (history->parents[i] == (int64_t)winner && history->parent_steps[i] < 0 &&
            cav_history_is_by(history, i, cav_scheduler_pbt.name))
            return true;
    return false;
}

static void make_verification(pbt_state *state, size_t winner, cav_offspring *ret_offspring)
{
    snprintf(state->note, sizeof state->note, "the schedule of trial %zu, once more", winner);
    *ret_offspring = (cav_offspring){.parent = winner,
                                     .step = -1,
                                     .has_own_seed = true,
                                     .instead_of = SIZE_MAX,
                                     .note = state->note};
}

static caviar_code breed(void *opaque, const cav_history *history, cav_offspring *ret_offspring,
                         cav_error *error)
{
    pbt_state *state = opaque;
    cav_populations *all = &state->all;
    caviar_code code = cav_populations_look(all, history, error);
    if (code)
        return code;
    *ret_offspring = (cav_offspring){.parent = SIZE_MAX};
    for (size_t i = all->first_open; i < cav_populations_count(all); i++) {
        code = follow(state, history, i, error);
        if (code)
            return code;
        if (state->now.next.parent != SIZE_MAX) {
            make_copy(state, history, ret_offspring);
            return CAVIAR_OK;
        }
        bool is_over = cav_population_is_over(&state->now, history);
        size_t winner = is_over ? find_winner(all, history, i) : SIZE_MAX;
        if (!is_verified(state, history, winner)) {
            make_verification(state, winner, ret_offspring);
            return CAVIAR_OK;
        }
        all->first_open += is_over && i == all->first_open;
    }
    return CAVIAR_OK;
}

const cav_scheduler_type cav_scheduler_pbt = {
    .name = "pbt",
    .summary = "a population: the poor go on as copies of the good, with other values",
    .options = options,
    .option_count = CAV_COUNT_OF(options),
    .settings_size = sizeof(pbt_settings),
    .reads_curves = cav_scheduler_does,
    .create = create,
    .judge = judge,
    .resume = resume,
    .breed = breed,
    .destroy = destroy,
};
