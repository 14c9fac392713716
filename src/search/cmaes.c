/**
 * cmaes.c: the evolution strategy as a sampler.
 *
 * Trials go through it in the order in which they end, so what it has learned is a function of the
 * history. The first ones are spread evenly; the run then begins around the best of them. From
 * there on every `population` trials that end make a generation, whoever proposed them:
 *
 *  - a trial that the present law or one of the last few drew (cmaes_law.h) counts with the step
 *    that was drawn, before it was mirrored or put on a level;
 *  - of an older law, clipped to what this one could have drawn;
 *  - any other, a user's or another sampler's, counts with its point, clipped likewise. A whole
 *    generation of these is taken for a new beginning around the best trials of all.
 *
 * Trials that run at the same time are further draws from the same law. What was inactive in a
 * trial keeps the step that was drawn for it, without a pull on the mean: so on average nothing is
 * learned about it. A failed trial ranks last. Whole numbers keep a margin (cmaes_margin.h).
 */
#include "search/beginning.h"
#include "search/cmaes_margin.h"
#include "search/cmaes_start.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LAW_COUNT = 8,     // laws that trials may still come from
    MOST_FULL = 200,   // coordinates up to which C is a full matrix
    MOST_ATTEMPTS = 16 // that are looked through for a trial's draw
};

typedef struct cmaes_settings {
    int64_t first, population;
    double spread;
    bool restarts;
} cmaes_settings;

static const cav_option options[] = {
    {"first", CAV_OPTION_INT, offsetof(cmaes_settings, first), 0, 0, 1e6,
     "trials spread evenly before the strategy begins; 0: 12, at most a quarter of the budget"},
    {"population", CAV_OPTION_INT, offsetof(cmaes_settings, population), 0, 0, 1e5,
     "trials of a generation, at least 2; 0: 4 + 3 ln(parameters), at most 1/25 of the budget"},
    {"spread", CAV_OPTION_REAL, offsetof(cmaes_settings, spread), 0.25, 1e-6, 1,
     "standard deviation that a run begins with, as a part of the range"},
    {"restarts", CAV_OPTION_BOOL, offsetof(cmaes_settings, restarts), 1, 0, 1,
     "begin again elsewhere when a run has converged"},
};

// A trial in a generation. Better ones have a lower kind, then a later step, then a lower loss.
typedef struct cmaes_member {
    enum { COMPLETE, PRUNED, WITHOUT } kind;
    int64_t step; // that it was pruned at; 0 if it was not
    double loss;
    size_t order;  // in which it ended
    size_t number; // of the trial
    bool is_own;   // drawn by a law of the ring
    double *moves; // [normal_count] (x - mean)/sigma
    bool *active;  // [normal_count]
    size_t *picks; // [choice_count] SIZE_MAX where inactive
} cmaes_member;

typedef struct cmaes_state {
    const cmaes_settings *settings;
    cav_frame frame;
    size_t first;
    uint64_t scrambling;
    size_t seen;     // finished trials that have been looked at
    size_t complete; // of these, complete ones with a loss
    size_t *elite;   // [elite_count] the best of all, best first
    size_t elite_count, elite_most;

    size_t foreign; // the best of all, where it was not drawn by a law of this run; else SIZE_MAX

    bool runs;        // the even beginning is over
    bool restart_due; // the last generation ended its run
    cav_gauss gauss;
    cav_choices choices;
    double *stretch; // [normal_count]
    cav_regimes regimes;
    cav_progress progress;
    cav_law laws[LAW_COUNT]; // ring; the newest is (law_count - 1) % LAW_COUNT
    size_t law_count;

    cmaes_member *members; // [population], of which member_count are there
    size_t member_count, own_count, member_capacity;
    const double **sorted_moves; // scratch for a generation
    const size_t **sorted_picks;
    size_t *ranks;
    double *pulls;
    cav_roll roll;
    char words[CAV_ORIGIN_SIZE]; // on the last point
} cmaes_state;

// ---- Making and freeing -----------------------------------------------------------------------

static void destroy(void *opaque)
{
    cmaes_state *state = opaque;
    for (size_t i = 0; i < state->member_capacity; i++) {
        free(state->members[i].moves);
        free(state->members[i].active);
        free(state->members[i].picks);
    }
    for (size_t i = 0; i < LAW_COUNT; i++)
        cav_law_free(&state->laws[i]);
    void *parts[] = {state->elite,        state->stretch, state->members, state->sorted_moves,
                     state->sorted_picks, state->ranks,   state->pulls,   state};
    cav_gauss_free(&state->gauss);
    cav_choices_free(&state->choices);
    cav_progress_free(&state->progress);
    cav_roll_free(&state->roll);
    cav_frame_free(&state->frame);
    for (size_t i = 0; i < CAV_COUNT_OF(parts); i++)
        free(parts[i]);
}

static bool make_member(const cmaes_state *state, cmaes_member *member)
{
    *member = (cmaes_member){
        .moves = calloc(state->frame.normal_count + 1, sizeof(double)),
        .active = calloc(state->frame.normal_count + 1, sizeof(bool)),
        .picks = calloc(state->frame.choice_count + 1, sizeof(size_t)),
    };
    if (member->moves && member->active && member->picks)
        return true;
    free(member->moves);
    free(member->active);
    free(member->picks);
    return false;
}

static bool grow_to(void **items, size_t count, size_t item_size)
{
    void *grown = realloc(*items, count * item_size);
    if (grown)
        *items = grown;
    return grown != NULL;
}

// Makes room for generations of this size. False when out of memory; what there is stays usable.
static bool reserve(cmaes_state *state, size_t lambda)
{
    if (lambda > state->member_capacity &&
        !(grow_to((void **)&state->members, lambda, sizeof *state->members) &&
          grow_to((void **)&state->sorted_moves, lambda, sizeof *state->sorted_moves) &&
          grow_to((void **)&state->sorted_picks, lambda, sizeof *state->sorted_picks) &&
          grow_to((void **)&state->ranks, lambda, sizeof *state->ranks) &&
          grow_to((void **)&state->pulls, lambda, sizeof *state->pulls)))
        return false;
    for (; state->member_capacity < lambda; state->member_capacity++)
        if (!make_member(state, &state->members[state->member_capacity]))
            return false;
    return cav_gauss_set_lambda(&state->gauss, lambda) &&
           cav_progress_start(&state->progress, &state->gauss);
}

static size_t clamp(size_t x, size_t low, size_t high)
{
    return x < low ? low : x > high ? high : x;
}

// Under a small budget smaller generations, so that there are enough of them.
static size_t usual_population(const cmaes_settings *settings, const cav_sampler_setup *setup)
{
    if (settings->population > 0)
        return clamp((size_t)settings->population, 2, SIZE_MAX);
    size_t usual = cav_gauss_usual_lambda(setup->space->dim_count);
    size_t part = (size_t)setup->trial_budget / 25;
    return part > 0 ? clamp(usual, 4, clamp(part, 6, SIZE_MAX)) : usual;
}

static bool make_parts(cmaes_state *state, const cav_sampler_setup *setup)
{
    cav_frame *frame = &state->frame;
    bool fine = cav_frame_init(frame, setup->space, setup->seed, MOST_FULL) &&
                cav_roll_init(&state->roll, frame) &&
                cav_gauss_init(&state->gauss, frame->normal_count, frame->is_diagonal) &&
                cav_choices_init(&state->choices, frame->choice_count, frame->sizes);
    for (size_t i = 0; i < LAW_COUNT && fine; i++)
        fine = cav_law_init(&state->laws[i], &state->gauss, &state->choices);
    if (!fine)
        return false;
    size_t usual = usual_population(state->settings, setup);
    state->regimes = (cav_regimes){.usual = usual, .narrowing = 1};
    state->first = cav_beginning_count(state->settings->first, setup);
    state->elite_most = 4 * usual;
    state->elite = calloc(state->elite_most, sizeof *state->elite);
    state->stretch = calloc(frame->normal_count + 1, sizeof(double));
    return state->elite && state->stretch && reserve(state, usual);
}

static caviar_code create(const cav_sampler_setup *setup, const void *settings, void **ret_state,
                          cav_error *error)
{
    cmaes_state *state = calloc(1, sizeof *state);
    if (!state)
        return cav_fail_memory(error);
    state->settings = settings;
    state->scrambling = cav_beginning_scrambling(setup->seed);
    if (!make_parts(state, setup)) {
        destroy(state);
        return cav_fail_memory(error);
    }
    *ret_state = state;
    return CAVIAR_OK;
}

// ---- The law ----------------------------------------------------------------------------------

static void correct_margins(cmaes_state *state)
{
    cav_gauss *gauss = &state->gauss;
    double margin = 1 / ((double)gauss->dims * (double)gauss->rates.lambda);
    for (size_t i = 0; i < gauss->dims; i++) {
        const cav_parameter *parameter = cav_frame_normal(&state->frame, i);
        double low, high;
        if (cav_parameter_size(parameter) == 0)
            continue;
        cav_parameter_cell(parameter, gauss->mean[i], &low, &high);
        cav_margin_axis axis = {gauss->mean[i], state->stretch[i], cav_gauss_deviation(gauss, i)};
        cav_margin_correct(&axis, low > 0 ? low : -INFINITY, high < 1 ? high : INFINITY, margin);
        gauss->mean[i] = fmin(fmax(axis.mean, 0), 1);
        state->stretch[i] = axis.stretch;
    }
}

static void publish_law(cmaes_state *state)
{
    correct_margins(state);
    cav_law *law = &state->laws[state->law_count++ % LAW_COUNT];
    cav_law_set(law, &state->gauss, state->stretch, &state->choices);
    state->member_count = state->own_count = 0;
}

static const cav_law *law_before(const cmaes_state *state, size_t age)
{
    return &state->laws[(state->law_count - 1 - age) % LAW_COUNT];
}

static void forget_stretch(cmaes_state *state)
{
    for (size_t i = 0; i < state->frame.normal_count; i++)
        state->stretch[i] = 1;
}

static void begin_warm(cmaes_state *state, const cav_history *history)
{
    size_t count = state->complete / 10, least = 2; // a tenth, as the paper says
    count = count > least ? count : least;
    count = count < state->elite_count ? count : state->elite_count;
    forget_stretch(state);
    cav_start_warm(&state->gauss, &state->choices, &state->frame, history, state->elite, count,
                   state->settings->spread);
    state->runs = true;
    state->foreign = SIZE_MAX;
    publish_law(state);
}

// A converged run is followed by the next. Nothing has changed where this is out of memory.
static bool settle(cmaes_state *state)
{
    if (!state->restart_due)
        return true;
    cav_regimes regimes = state->regimes;
    size_t lambda = cav_regimes_next(&regimes, state->frame.seed);
    if (!reserve(state, lambda))
        return false;
    state->regimes = regimes;
    state->restart_due = false;
    state->foreign = SIZE_MAX;
    forget_stretch(state);
    cav_start_anywhere(&state->gauss, &state->choices, &state->frame, regimes.restarts,
                       state->settings->spread * regimes.narrowing);
    publish_law(state);
    return true;
}

// ---- A generation -----------------------------------------------------------------------------

static int compare(const void *a, const void *b)
{
    const cmaes_member *x = a, *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->step != y->step)
        return x->step > y->step ? -1 : 1;
    if (x->loss != y->loss)
        return x->loss < y->loss ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static bool are_equal(const cmaes_member *x, const cmaes_member *y)
{
    return x->kind == y->kind && x->step == y->step && x->loss == y->loss;
}

// The mean follows what was active. It stays in the cube, where it is worth staying.
static void move_mean(cmaes_state *state)
{
    cav_gauss *gauss = &state->gauss;
    for (size_t i = 0; i < gauss->dims; i++) {
        double shift = 0;
        for (size_t k = 0; k < state->member_count; k++)
            if (state->members[k].active[i])
                shift += state->pulls[k] * state->members[k].moves[i];
        gauss->mean[i] = fmin(fmax(gauss->mean[i] + gauss->sigma * shift, 0), 1);
    }
}

// No deviation is of use that is wider than the cube.
static void bound_sigma(cmaes_state *state)
{
    double widest = 0;
    for (size_t i = 0; i < state->gauss.dims; i++)
        widest = fmax(widest, cav_gauss_deviation(&state->gauss, i));
    if (widest > 0.5)
        state->gauss.sigma *= 0.5 / widest;
}

static void rank_members(cmaes_state *state)
{
    qsort(state->members, state->member_count, sizeof *state->members, compare);
    for (size_t i = 0; i < state->member_count; i++) {
        bool same = i > 0 && are_equal(&state->members[i - 1], &state->members[i]);
        state->ranks[i] = i == 0 ? 0 : state->ranks[i - 1] + !same;
        state->sorted_moves[i] = state->members[i].moves;
        state->sorted_picks[i] = state->members[i].picks;
    }
}

static void learn(cmaes_state *state)
{
    rank_members(state);
    const cmaes_member *best = &state->members[0];
    if (best->kind == COMPLETE)
        cav_progress_note(&state->progress, best->loss);
    if (state->ranks[state->member_count - 1] == 0)
        return; // all alike: nothing to learn
    cav_gauss_pulls(&state->gauss, state->ranks, state->pulls);
    cav_choices_learn(&state->choices, state->sorted_picks, state->pulls, state->member_count);
    move_mean(state);
    cav_gauss_learn(&state->gauss, state->sorted_moves, state->ranks);
    bound_sigma(state);
}

// ---- Taking trials in -------------------------------------------------------------------------

// Rolls the draw that gave the trial, and finds its law; NULL if there is none, and the roll is
// then that of the first attempt.
static const cav_law *find_law(cmaes_state *state, const double *point, size_t number)
{
    size_t laws = state->law_count < LAW_COUNT ? state->law_count : LAW_COUNT;
    for (uint32_t attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
        cav_roll_cast(&state->roll, &state->frame, number, attempt);
        for (size_t age = 0; age < laws; age++)
            if (cav_law_gave(law_before(state, age), &state->frame, &state->roll, point))
                return law_before(state, age);
    }
    cav_roll_cast(&state->roll, &state->frame, number, 0);
    return NULL;
}

// (x - mean)/sigma of coordinate i: of the draw where it was drawn, else of the point.
static double move_of(const cmaes_state *state, const cav_law *law, size_t i, double u)
{
    const cav_law *present = law_before(state, 0);
    double x;
    if (law || isnan(u))
        x = cav_law_coordinate(law ? law : present, &state->frame, &state->roll, i);
    else
        x = present->mean[i] + (u - present->mean[i]) / present->stretch[i];
    return (x - present->mean[i]) / present->sigma;
}

static void fill_moves(cmaes_state *state, cmaes_member *member, const cav_law *law,
                       const double *point)
{
    const cav_frame *frame = &state->frame;
    for (size_t i = 0; i < frame->normal_count; i++) {
        double u = point[frame->normal_dims[i]];
        member->active[i] = !isnan(u);
        member->moves[i] = move_of(state, law, i, u);
    }
    for (size_t i = 0; i < frame->choice_count; i++) {
        double u = point[frame->choice_dims[i]];
        member->picks[i] =
            isnan(u) ? SIZE_MAX : (size_t)cav_parameter_decode(cav_frame_choice(frame, i), u);
    }
    if (law == law_before(state, 0))
        return;
    double clip = cav_gauss_clip(&state->gauss, member->moves);
    for (size_t i = 0; i < frame->normal_count && clip < 1; i++)
        member->moves[i] *= clip;
}

static void fill_member(cmaes_state *state, cmaes_member *member, const cav_history *history,
                        size_t number)
{
    const double *point = history->points + number * history->dim_count;
    const cav_law *law = find_law(state, point, number);
    double loss = history->losses[number * history->metric_count];
    bool is_complete = history->states[number] == CAVIAR_STATE_COMPLETE;
    member->kind = !isfinite(loss) ? WITHOUT : is_complete ? COMPLETE : PRUNED;
    member->loss = member->kind == WITHOUT ? 0 : loss;
    member->step = member->kind == PRUNED ? history->steps[number] : 0;
    member->number = number;
    member->is_own = law != NULL;
    fill_moves(state, member, law, point);
}

static void add_member(cmaes_state *state, const cav_history *history, size_t number)
{
    cmaes_member *member = &state->members[state->member_count];
    fill_member(state, member, history, number);
    member->order = state->member_count++;
    state->own_count += member->is_own;
    if (state->elite_count > 0 && state->elite[0] == number)
        state->foreign = member->is_own ? SIZE_MAX : number;
}

// Puts a complete trial into its place among the best of all.
static void add_elite(cmaes_state *state, const cav_history *history, size_t number)
{
    double loss = history->losses[number * history->metric_count];
    if (history->states[number] != CAVIAR_STATE_COMPLETE || !isfinite(loss))
        return;
    state->complete++;
    size_t at = state->elite_count;
    while (at > 0 && loss < history->losses[state->elite[at - 1] * history->metric_count])
        at--;
    if (at == state->elite_most)
        return;
    if (state->elite_count < state->elite_most)
        state->elite_count++;
    memmove(state->elite + at + 1, state->elite + at,
            (state->elite_count - at - 1) * sizeof *state->elite);
    state->elite[at] = number;
}

// As long as nothing is as good as a trial from elsewhere, it takes part in every generation, in
// the place of the worst.
static void inject(cmaes_state *state, const cav_history *history)
{
    if (state->foreign == SIZE_MAX)
        return;
    for (size_t i = 0; i < state->member_count; i++)
        if (state->members[i].number == state->foreign)
            return;
    qsort(state->members, state->member_count, sizeof *state->members, compare);
    fill_member(state, &state->members[state->member_count - 1], history, state->foreign);
}

static void finish_generation(cmaes_state *state, const cav_history *history)
{
    cav_regimes *regimes = &state->regimes;
    *(regimes->is_small ? &regimes->small_spent : &regimes->large_spent) +=
        (double)state->member_count;
    if (state->own_count == 0) {
        begin_warm(state, history);
        return;
    }
    inject(state, history);
    learn(state);
    publish_law(state);
    state->restart_due = state->settings->restarts &&
                         cav_progress_is_over(&state->progress, &state->gauss, &state->frame);
}

static void take(cmaes_state *state, const cav_history *history, size_t number)
{
    add_elite(state, history, number);
    if (state->runs)
        add_member(state, history, number);
    if (!state->runs && state->complete >= state->first)
        begin_warm(state, history);
    else if (state->runs && state->member_count == state->gauss.rates.lambda)
        finish_generation(state, history);
}

static bool look(cmaes_state *state, const cav_history *history)
{
    while (settle(state)) {
        if (state->seen == history->finished_count)
            return true;
        take(state, history, history->finished[state->seen++]);
    }
    return false;
}

// ---- The sampler ------------------------------------------------------------------------------

static void describe(cmaes_state *state)
{
    double least = INFINITY, most = 0;
    for (size_t i = 0; i < state->gauss.dims; i++) {
        double deviation = state->stretch[i] * cav_gauss_deviation(&state->gauss, i);
        least = fmin(least, deviation);
        most = fmax(most, deviation);
    }
    int size = snprintf(state->words, sizeof state->words,
                        "cmaes: generation %zu of run %zu, around the mean of the better trials",
                        state->progress.generations + 1, state->regimes.restarts + 1);
    if (state->gauss.dims > 0)
        snprintf(state->words + size, sizeof state->words - (size_t)size,
                 "; deviations of %.2g to %.2g %% of the range%s", 100 * least, 100 * most,
                 state->foreign == SIZE_MAX ? "" : "; the best trial is another's, and takes part");
}

static caviar_code suggest(void *opaque, const cav_history *history, const cav_suggest *suggest,
                           double *ret_point, cav_error *error)
{
    cmaes_state *state = opaque;
    if (!look(state, history))
        return cav_fail_memory(error);
    if (!state->runs) {
        snprintf(state->words, sizeof state->words, "cmaes: an even spread to begin with");
        cav_beginning_point(state->frame.space, state->scrambling, suggest, ret_point);
        return CAVIAR_OK;
    }
    cav_roll_cast(&state->roll, &state->frame, suggest->number, suggest->attempt);
    cav_law_point(law_before(state, 0), &state->frame, &state->roll, ret_point);
    describe(state);
    return CAVIAR_OK;
}

static const char *explain(const void *opaque)
{
    const cmaes_state *state = opaque;
    return state->words;
}

const cav_sampler_type cav_sampler_cmaes = {
    .name = "cmaes",
    .summary =
        "evolution strategy (active CMA-ES) with restarts, for a few hundred trials and more",
    .options = options,
    .option_count = CAV_COUNT_OF(options),
    .settings_size = sizeof(cmaes_settings),
    .by_number = true,
    .one_metric = true,
    .create = create,
    .suggest = suggest,
    .explain = explain,
    .destroy = destroy,
};
