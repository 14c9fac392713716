/**
 * nsga2.c: the elitist genetic algorithm of non-dominated sorting.
 *
 * Deb, Pratap, Agarwal, Meyarivan: "A fast and elitist multiobjective genetic algorithm: NSGA-II",
 * IEEE TEC 6(2), 2002, as a steady state: the population is the best of all trials that are
 * complete, by front and then by crowding distance, and every trial is a child of it. So nobody
 * waits for a generation to end, and the population is a function of the history.
 *
 * A child has two parents, each the better one of two drawn from the population. Numbers are
 * crossed by simulated binary crossover (Deb, Agrawal: "Simulated binary crossover for continuous
 * search space", Complex Systems 9, 1995) and moved by polynomial mutation, on the unit cube, both
 * with the bounds of Deb's own program; choices come from either parent, and are drawn anew where
 * they mutate. What one parent only has comes from that one; what neither has is drawn evenly, as
 * the child may have it.
 */
#include "search/sampler.h"

#include "base/random.h"
#include "search/beginning.h"
#include "search/fronts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct nsga2_settings {
    int64_t population;
    double crossover, mutation, crossover_index, mutation_index;
} nsga2_settings;

static const cav_option options[] = {
    {"population", CAV_OPTION_INT, offsetof(nsga2_settings, population), 0, 0, 100000,
     "trials that may be parents, at least 2; 0: a fifteenth of the budget, 12 to 100, or 20"},
    {"crossover", CAV_OPTION_REAL, offsetof(nsga2_settings, crossover), 0.9, 0, 1,
     "probability that a child has two parents"},
    {"mutation", CAV_OPTION_REAL, offsetof(nsga2_settings, mutation), 1, 0, 1000,
     "parameters of a child that are changed at random, on average"},
    {"crossover-index", CAV_OPTION_REAL, offsetof(nsga2_settings, crossover_index), 10, 0, 1000,
     "how near to its parents a child stays"},
    {"mutation-index", CAV_OPTION_REAL, offsetof(nsga2_settings, mutation_index), 5, 0, 1000,
     "how little a number is changed at random"},
};

enum {
    CHILD_ATTEMPTS = 4, // children that may be refused, before plain draws
    MOST_UNFIT = 50,    // children that break a constraint or are there already, for one that fits
};

// A trial that may be a parent.
typedef struct parent {
    size_t number, rank;
    double apart; // its crowding distance
} parent;

typedef struct nsga2_state {
    const cav_space *space;
    const nsga2_settings *settings;
    uint64_t seed, scrambling;
    size_t most;        // of the population
    cav_fronts *fronts; // for as many metrics as the history has; NULL: not yet
    size_t seen;        // finished trials that have been looked at
    bool has_news;      // since the parents were chosen
    parent *parents;    // [parent_count]
    size_t parent_count, parent_capacity;
    double *raw, *point; // [parameters], [dimensions] of a child
} nsga2_state;

static void destroy(void *opaque)
{
    nsga2_state *state = opaque;
    cav_fronts_free(state->fronts);
    free(state->parents);
    free(state->raw);
    free(state);
}

static size_t usual_population(const nsga2_settings *settings, const cav_sampler_setup *setup)
{
    enum { UNKNOWN = 20, LEAST = 12, MOST = 100 };
    size_t part = (size_t)setup->trial_budget / 15;
    if (settings->population > 0)
        return settings->population > 1 ? (size_t)settings->population : 2;
    if (setup->trial_budget <= 0)
        return UNKNOWN;
    return part < LEAST ? LEAST : part > MOST ? MOST : part;
}

static caviar_code create(const cav_sampler_setup *setup, const void *settings, void **ret_state,
                          cav_error *error)
{
    nsga2_state *state = calloc(1, sizeof *state);
    double *raw = calloc(setup->space->count + setup->space->dim_count + 1, sizeof *raw);
    if (!state || !raw) {
        free(state);
        free(raw);
        return cav_fail_memory(error);
    }
    *state = (nsga2_state){.space = setup->space,
                           .settings = settings,
                           .seed = setup->seed,
                           .scrambling = cav_beginning_scrambling(setup->seed),
                           .most = usual_population(settings, setup),
                           .raw = raw,
                           .point = raw + setup->space->count};
    *ret_state = state;
    return CAVIAR_OK;
}

// ---- The population ---------------------------------------------------------------------------

static int by_key(const void *left, const void *right)
{
    const double *a = left, *b = right;
    if (a[0] != b[0])
        return a[0] < b[0] ? -1 : 1;
    return (a[1] > b[1]) - (a[1] < b[1]);
}

// Adds up, metric by metric, how far apart a trial's neighbours in its front are, relative to the
// front's range; the outermost are infinitely far from others. `room` [2 x count].
static void measure_crowding(const cav_ranked *front, size_t count, size_t metric_count,
                             double *room, parent *ret_parents)
{
    for (size_t i = 0; i < count; i++)
        ret_parents[i] = (parent){.number = front[i].number, .rank = front[i].rank};
    for (size_t m = 0; m < metric_count; m++) {
        for (size_t i = 0; i < count; i++) {
            room[2 * i] = front[i].losses[m];
            room[2 * i + 1] = (double)i;
        }
        qsort(room, count, 2 * sizeof *room, by_key);
        double range =
            room[2 * (count - 1)] / 2 - room[0] / 2; // halves: the whole may be no double
        for (size_t k = 0; k < count; k++) {
            parent *at = &ret_parents[(size_t)room[2 * k + 1]];
            bool outermost = k == 0 || k + 1 == count;
            double gap = outermost ? INFINITY : room[2 * (k + 1)] / 2 - room[2 * (k - 1)] / 2;
            at->apart += outermost ? INFINITY : range > 0 ? gap / range : 0;
        }
    }
}

static int by_rank_and_crowding(const void *left, const void *right)
{
    const parent *a = left, *b = right;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    if (a->apart != b->apart)
        return a->apart > b->apart ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

static caviar_code choose_parents(nsga2_state *state, size_t metric_count, cav_error *error)
{
    cav_ranked *ranked = NULL;
    size_t count;
    caviar_code code = cav_fronts_rank(state->fronts, &ranked, &count, error);
    if (code)
        return code;
    double *room = malloc((2 * count + 1) * sizeof *room);
    if (!room || !CAV_GROW(&state->parents, &state->parent_capacity, count + 1))
        code = cav_fail_memory(error);
    for (size_t begin = 0, end; begin < count && !code; begin = end) {
        for (end = begin + 1; end < count && ranked[end].rank == ranked[begin].rank;)
            end++;
        measure_crowding(ranked + begin, end - begin, metric_count, room, state->parents + begin);
    }
    if (!code) {
        qsort(state->parents, count, sizeof *state->parents, by_rank_and_crowding);
        state->parent_count = count < state->most ? count : state->most;
    }
    free(room);
    free(ranked);
    return code;
}

// Takes in what has ended since the last time.
static caviar_code take_in(nsga2_state *state, const cav_history *history, cav_error *error)
{
    if (!state->fronts) {
        state->fronts = cav_fronts_new(history->metric_count, state->most);
        if (!state->fronts)
            return cav_fail_memory(error);
    }
    for (; state->seen < history->finished_count; state->seen++) {
        size_t number = history->finished[state->seen];
        if (!cav_history_has_losses(history, number))
            continue;
        const double *losses = history->losses + number * history->metric_count;
        caviar_code code = cav_fronts_add(state->fronts, number, losses, error);
        if (code)
            return code;
        state->has_news = true;
    }
    if (!state->has_news)
        return CAVIAR_OK;
    caviar_code code = choose_parents(state, history->metric_count, error);
    state->has_news = code != CAVIAR_OK; // then they are chosen the next time
    return code;
}

// ---- A child ----------------------------------------------------------------------------------

// The better one of two by lot.
static const double *draw_parent(const nsga2_state *state, const cav_history *history,
                                 cav_random *random)
{
    size_t a = cav_random_below(random, state->parent_count);
    size_t b = cav_random_below(random, state->parent_count);
    const parent *better = &state->parents[a < b ? a : b]; // they are in order
    return history->points + better->number * history->dim_count;
}

// A spread factor of simulated binary crossover that keeps the child within the bounds: `room` is
// how far the parents are from these, in units of their distance.
static double draw_spread(double room, double index, double lot)
{
    double alpha = 2 - pow(1 + 2 * room, -(index + 1)), power = 1 / (index + 1);
    return lot <= 1 / alpha ? pow(lot * alpha, power) : pow(1 / (2 - lot * alpha), power);
}

static double cross_numbers(double a, double b, double low, double high, double index,
                            cav_random *random)
{
    double left = fmin(a, b), right = fmax(a, b), apart = right - left;
    double lot = cav_random_unit(random);
    bool to_left = cav_random_unit(random) < 0.5;
    if (!(apart > 1e-12))
        return a;
    double room = (to_left ? left - low : high - right) / apart;
    double spread = draw_spread(fmax(room, 0), index, lot) * apart / 2;
    return fmin(fmax((left + right) / 2 + (to_left ? -spread : spread), low), high);
}

static double mutate_number(double u, double low, double high, double index, cav_random *random)
{
    double lot = cav_random_unit(random), range = high - low, power = 1 / (index + 1);
    if (!(range > 0))
        return u;
    double room = (lot < 0.5 ? u - low : high - u) / range, rest = pow(1 - room, index + 1);
    double move = lot < 0.5 ? pow(2 * lot + (1 - 2 * lot) * rest, power) - 1
                            : 1 - pow(2 * (1 - lot) + (2 * lot - 1) * rest, power);
    return fmin(fmax(u + move * range, low), high);
}

// A level that mutates is another one afterwards: the next one, if the move was too short.
static double leave_cell(const cav_parameter *parameter, double from, double to)
{
    double low, high;
    cav_parameter_cell(parameter, from, &low, &high);
    if (low == high || to < low || to > high)
        return to;
    bool up = low <= 0 || (to >= from && high < 1);
    return up ? fmin(high + 1e-9, 1) : fmax(low - 1e-9, 0);
}

static double mutate(const cav_parameter *parameter, double u, double index, cav_random *random)
{
    double low = fmin(u, cav_parameter_start(parameter, 0));
    double high = fmax(u, cav_parameter_start(parameter, 1));
    if (parameter->axis != CAV_AXIS_CHOICES)
        return leave_cell(parameter, u, mutate_number(u, low, high, index, random));
    size_t size = cav_parameter_size(parameter);
    size_t now = cav_parameter_index(parameter, cav_parameter_decode(parameter, u));
    size_t other = (now + 1 + cav_random_below(random, size - 1)) % size;
    return cav_parameter_nth(parameter, other);
}

static double cross(const cav_parameter *parameter, double a, double b, double index,
                    cav_random *random)
{
    double lot = cav_random_unit(random);
    if (isnan(a) && isnan(b))
        return cav_parameter_start(parameter, lot);
    if (isnan(a) || isnan(b))
        return isnan(a) ? b : a;
    if (parameter->axis == CAV_AXIS_CHOICES || lot < 0.5)
        return lot < 0.25 || lot >= 0.75 ? a : b; // each half the time
    double low = fmin(fmin(a, b), cav_parameter_start(parameter, 0));
    double high = fmax(fmax(a, b), cav_parameter_start(parameter, 1));
    return cross_numbers(a, b, low, high, index, random);
}

static void make_child(const nsga2_state *state, const cav_history *history, cav_random *random,
                       double *ret_point)
{
    const nsga2_settings *settings = state->settings;
    size_t dims = state->space->dim_count;
    const double *a = draw_parent(state, history, random);
    const double *b = draw_parent(state, history, random);
    if (cav_random_unit(random) >= settings->crossover)
        b = a;
    double rate = settings->mutation / (double)dims;
    for (size_t dim = 0; dim < dims; dim++) {
        const cav_parameter *parameter = &state->space->parameters[state->space->dims[dim]];
        double u = cross(parameter, a[dim], b[dim], settings->crossover_index, random);
        if (cav_random_unit(random) < rate)
            u = mutate(parameter, u, settings->mutation_index, random);
        ret_point[dim] = u;
    }
}

// A child that satisfies the constraints and is new; false if many were not.
static bool find_child(nsga2_state *state, const cav_history *history, cav_random *random,
                       double *ret_point)
{
    for (int i = 0; i < MOST_UNFIT; i++) {
        make_child(state, history, random, ret_point);
        cav_space_decode(state->space, ret_point, state->raw, state->point);
        if (cav_space_is_feasible(state->space, state->raw) &&
            cav_history_find(history, state->point) == SIZE_MAX)
            return true;
    }
    return false;
}

static caviar_code suggest(void *opaque, const cav_history *history, const cav_suggest *suggest,
                           double *ret_point, cav_error *error)
{
    nsga2_state *state = opaque;
    caviar_code code = take_in(state, history, error);
    if (code)
        return code;
    bool breeds = suggest->number >= state->most && state->parent_count >= 2 &&
                  suggest->attempt < CHILD_ATTEMPTS && state->space->dim_count > 0;
    cav_random random =
        cav_random_stream(state->seed, suggest->number, CAV_PURPOSE_SUGGEST, suggest->attempt);
    if (!breeds || !find_child(state, history, &random, ret_point))
        cav_beginning_point(state->space, state->scrambling, suggest, ret_point);
    return CAVIAR_OK;
}

const cav_sampler_type cav_sampler_nsga2 = {
    .name = "nsga2",
    .summary = "a genetic algorithm for several metrics: the front, evenly spread",
    .options = options,
    .option_count = CAV_COUNT_OF(options),
    .settings_size = sizeof(nsga2_settings),
    .by_number = true,
    .create = create,
    .suggest = suggest,
    .destroy = destroy,
};
