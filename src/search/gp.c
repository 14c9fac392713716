/**
 * gp.c: Bayesian optimisation with an ensemble of Gaussian processes.
 *
 * The first trials are the defaults, or the middle, and Sobol points. From then on every trial is
 * where the improvement that the ensemble expects is greatest; trials that are still running count
 * as if they had come out as expected ("kriging believer", Ginsbourger et al. 2010).
 *
 * Of two or three metrics each has an ensemble of its own, too, and some trials are where they are
 * expected to add most to the hypervolume; the others follow one loss made of all metrics.
 *
 * What the ensemble believes is a function of the history. At certain numbers of finished trials,
 * each half as large again as the one before, its parameters are fitted afresh; between these they
 * go on from where they were, at every trial or every few. So a worker that joins late goes through
 * a third of the trials at most to come to the same parameters as one that was there.
 *
 * Where trials are stopped early, it learns from all that have reported, by their comparable losses
 * (surrogate/comparable.h), whose deviations are noise. These change with every report; so it is
 * certain numbers of reports, each a fifth larger than the one before, at which the parameters are
 * fitted afresh, to what was known then.
 */
#include "search/beginning.h"
#include "search/focus.h"
#include "search/gp_search.h"
#include "search/gp_stall.h"
#include "search/inheriting.h"
#include "surrogate/comparable.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEPT = 24,          // alternatives for a suggestion
    FIRST_REPORTS = 10, // before the first fit by reports
};

// Beyond so many trials a model is slower, and fewer points are asked of it.
static const double full_effort = 128;

typedef struct gp_settings {
    int64_t initial, trials, draws;
    double effort, volume;
    bool regions, tiers;
} gp_settings;

static const cav_option options[] = {
    {"initial", CAV_OPTION_INT, offsetof(gp_settings, initial), 0, 0, 1e6,
     "trials before the first model; 0: one for each parameter and one more, at most a fifth of "
     "the budget, at least 4"},
    {"trials", CAV_OPTION_INT, offsetof(gp_settings, trials), 0, 0, 2000,
     "most trials that a model learns from; 0: 300, or 120 where trials are stopped early"},
    {"regions", CAV_OPTION_BOOL, offsetof(gp_settings, regions), 0, 0, 1,
     "where there are more than that: learn and search around the best, not from all over"},
    {"tiers", CAV_OPTION_BOOL, offsetof(gp_settings, tiers), 1, 0, 1,
     "where parameters have tiers: begin with those that matter most, the others at their "
     "defaults"},
    {"draws", CAV_OPTION_INT, offsetof(gp_settings, draws), 1, 0, 32,
     "models of each kind with parameters drawn from all likely ones, beside the likeliest"},
    {"volume", CAV_OPTION_REAL, offsetof(gp_settings, volume), 0.3, 0, 1,
     "of two or three metrics: the share of trials that follow the hypervolume that they are "
     "expected to add, the others one loss made of all"},
    {"effort", CAV_OPTION_REAL, offsetof(gp_settings, effort), 1, 0, 100,
     "how much to compute for a suggestion, relative to the usual"},
};

typedef struct gp_state {
    const cav_space *space;
    const gp_settings *settings;
    uint64_t seed, scrambling;
    size_t initial;
    cav_gp_ensemble *ensemble;
    cav_gp_volume *volume; // NULL: it is not followed
    cav_gp_table *table;
    cav_belief belief;
    cav_focus focus;            // over where there are no tiers
    cav_inheriting *inheriting; // NULL: there are no earlier studies
    cav_comparable *comparable; // NULL: trials that have ended are all there is
    const cav_history *seen;    // the history, or the view of comparable losses, at the last look
    cav_gp_region region;       // where to search; the table's is where it was at the last fit
    size_t base;                // trials that the table has chosen from
    size_t fitted_reports;      // at the last fit by reports
    size_t fitted;              // finished trials at the last fit
    size_t based;          // those that the ensemble was conditioned on together; SIZE_MAX: none
    size_t learnt;         // those that it knows, the others having been appended
    size_t learnt_reports; // and reports
    double *low, *high;    // [dim_count] where to search
    double *pending;       // [pending_capacity x dim_count]
    size_t pending_capacity;

    // the last answer, and to which question
    double *kept; // [KEPT x dim_count]
    size_t kept_count;
    uint64_t kept_number;
    size_t kept_trials, kept_finished, kept_reports; // trials SIZE_MAX: there is none
    size_t kept_away; // from this trial's surroundings; SIZE_MAX: from none
    bool kept_by_volume;
    char words[CAV_ORIGIN_SIZE]; // on the last answer
} gp_state;

static void destroy(void *opaque)
{
    gp_state *state = opaque;
    cav_gp_ensemble_free(state->ensemble);
    cav_gp_volume_free(state->volume);
    cav_gp_table_free(state->table);
    cav_comparable_free(state->comparable);
    cav_belief_free(&state->belief);
    cav_inheriting_free(state->inheriting);
    cav_focus_free(&state->focus);
    free(state->low);
    free(state->pending);
    free(state->kept);
    free(state);
}

static size_t default_initial(const cav_sampler_setup *setup)
{
    enum { LEAST_GROWING = 8 }; // by which trials may have named what they are about
    size_t initial = setup->space->dim_count + 1, fifth = (size_t)setup->trial_budget / 5;
    if (setup->space->is_partial && initial < LEAST_GROWING)
        initial = LEAST_GROWING;
    if (setup->trial_budget > 0 && initial > fifth)
        initial = fifth;
    return initial > 4 ? initial : 4;
}

// Many trials that are stopped early say little each.
static size_t most_trials(const gp_settings *settings, const cav_sampler_setup *setup)
{
    size_t most = setup->stops_early ? 120 : 300;
    return settings->trials > 8 ? (size_t)settings->trials : settings->trials > 0 ? 8 : most;
}

// Where trials are stopped early, what they are worth changes with every report, and with it how
// well it was foretold: only the earlier studies' best configurations count there.
static cav_heritage *heritage_of(const gp_state *state, const cav_sampler_setup *setup)
{
    return state->inheriting && !setup->stops_early ? state->inheriting->heritage : NULL;
}

static caviar_code create(const cav_sampler_setup *setup, const void *opaque, void **ret_state,
                          cav_error *error)
{
    const gp_settings *settings = opaque;
    size_t dims = setup->space->dim_count;
    size_t metrics = setup->metric_count ? setup->metric_count : 1;
    gp_state *state = calloc(1, sizeof *state);
    if (!state)
        return cav_fail_memory(error);
    *state = (gp_state){
        .space = setup->space,
        .settings = settings,
        .seed = setup->seed,
        .scrambling = cav_beginning_scrambling(setup->seed),
        .initial = settings->initial ? (size_t)settings->initial : default_initial(setup),
        .based = SIZE_MAX,
        .kept_trials = SIZE_MAX,
        .kept_away = SIZE_MAX,
    };
    bool inherits = setup->earlier && setup->earlier->count > 0;
    if (inherits)
        state->inheriting = cav_inheriting_new(setup);
    cav_gp_ensemble_options ensemble = {
        .draws = (size_t)settings->draws,
        .effort = settings->effort,
        .heritage = heritage_of(state, setup),
    };
    state->ensemble = cav_gp_ensemble_new(setup->space, &ensemble);
    bool may_gain = metrics > 1 && metrics <= CAV_GP_VOLUME_METRICS && settings->volume > 0;
    if (may_gain)
        state->volume = cav_gp_volume_new(setup->space, metrics, &ensemble);
    size_t most = most_trials(settings, setup);
    bool has_regions = settings->regions && metrics == 1 && !setup->stops_early;
    state->region = cav_gp_region_make(setup->space, has_regions ? most : SIZE_MAX);
    state->table = cav_gp_table_new(&state->region, metrics, most);
    state->low = malloc((2 * dims + 1) * sizeof(double));
    state->kept = malloc((KEPT * dims + 1) * sizeof(double));
    if (setup->stops_early)
        state->comparable = cav_comparable_new(setup->step_max);
    bool can_compare = state->comparable || !setup->stops_early;
    bool fine = cav_belief_init(&state->belief, setup->space) &&
                cav_focus_init(&state->focus, setup->space) && (state->inheriting || !inherits) &&
                (state->volume || !may_gain);
    if (!fine || !can_compare || !state->ensemble || !state->table || !state->low || !state->kept) {
        destroy(state);
        return cav_fail_memory(error);
    }
    state->high = state->low + dims;
    state->focus.is_over |= !settings->tiers;
    *ret_state = state;
    return CAVIAR_OK;
}

static const cav_parameter *parameter_of(const gp_state *state, size_t dim)
{
    return &state->space->parameters[state->space->dims[dim]];
}

static void design(const gp_state *state, const cav_suggest *suggest, double *point)
{
    cav_beginning_point(state->space, state->scrambling, suggest, point);
    if (suggest->number > 0 || suggest->attempt > 0)
        return;
    // the first one has the defaults or what is believed, and is near the middle where there are
    // none
    cav_random random = cav_random_stream(state->seed, 0, CAV_PURPOSE_SUGGEST, 0);
    for (size_t dim = 0; dim < state->space->dim_count; dim++) {
        const cav_parameter *parameter = parameter_of(state, dim);
        double near = 0.4 + 0.2 * cav_random_unit(&random), share = parameter->special_share;
        if (isnan(parameter->initial) && isnan(parameter->prior) &&
            parameter->axis != CAV_AXIS_CHOICES)
            point[dim] = cav_parameter_start(parameter, share + near * (1 - share));
    }
}

// The last number of trials, not beyond `finished`, at which parameters are fitted afresh.
static size_t epoch_of(size_t finished)
{
    size_t epoch = 2;
    while (epoch + (epoch + 1) / 2 <= finished)
        epoch += (epoch + 1) / 2;
    return epoch;
}

// Whose weights of several metrics they are: those of what is known after so many trials, the same
// for everybody who asks, or those of one suggestion.
enum { BY_SUGGESTION, BY_FINISHED };

static void weigh_metrics(gp_state *state, uint64_t number, uint32_t whose)
{
    cav_random random = cav_random_stream(state->seed, number, CAV_PURPOSE_WEIGHTS, whose);
    cav_scalar_draw(&state->table->scalar, &random);
}

static bool hear_earlier(const gp_state *state, size_t finished)
{
    cav_heritage *heritage = state->ensemble->heritage;
    return !heritage || cav_heritage_learn(heritage, state->seen, finished);
}

// What all models learn from.
typedef struct gp_rows {
    cav_gp_trials all, parts[CAV_GP_VOLUME_METRICS];
} gp_rows;

static gp_rows fill_table(gp_state *state, size_t base, size_t finished)
{
    cav_gp_table_fill(state->table, state->seen, cav_comparable_losses(state->comparable), base,
                      finished);
    gp_rows at = {.all = cav_gp_table_trials(state->table)};
    for (size_t m = 0; state->volume && m < state->seen->metric_count; m++)
        at.parts[m] = cav_gp_table_part(state->table, m);
    return at;
}

static bool fit_models(gp_state *state, const gp_rows *rows, bool afresh, cav_random *random)
{
    return cav_gp_ensemble_fit(state->ensemble, &rows->all, afresh, random) &&
           (!state->volume || cav_gp_volume_fit(state->volume, rows->parts, afresh, random));
}

static bool learn_models(gp_state *state, const gp_rows *rows)
{
    return cav_gp_ensemble_learn(state->ensemble, &rows->all) &&
           (!state->volume || cav_gp_volume_learn(state->volume, rows->parts));
}

static bool extend_models(gp_state *state, const gp_rows *rows)
{
    return cav_gp_ensemble_extend(state->ensemble, &rows->all) &&
           (!state->volume || cav_gp_volume_extend(state->volume, rows->parts));
}

static caviar_code fit(gp_state *state, size_t finished, bool afresh, uint64_t clock,
                       cav_error *error)
{
    cav_random random = cav_random_stream(state->seed, clock, CAV_PURPOSE_MODEL, 0);
    weigh_metrics(state, finished, BY_FINISHED);
    gp_rows trials = fill_table(state, finished, finished);
    if (!hear_earlier(state, finished))
        return cav_fail_memory(error);
    if (state->table->good_count >= 2 && !fit_models(state, &trials, afresh, &random))
        return cav_fail_memory(error);
    state->fitted = finished;
    state->based = SIZE_MAX;
    return CAVIAR_OK;
}

// Conditions the ensemble on the first `base` trials together, and appends the others one by one,
// always from the same base on: so a worker that joins late comes to the same last digit.
static caviar_code learn(gp_state *state, size_t base, size_t finished, cav_error *error)
{
    weigh_metrics(state, finished, BY_FINISHED);
    state->base = base;
    gp_rows trials = fill_table(state, base, base);
    bool enough = state->table->good_count >= 2;
    if (!hear_earlier(state, finished))
        return cav_fail_memory(error);
    if (enough && state->based != base && !learn_models(state, &trials))
        return cav_fail_memory(error);
    if (enough && state->based != base)
        state->based = state->learnt = base;
    if (enough && state->learnt == finished && state->seen->metric_count == 1)
        return CAVIAR_OK;
    trials = fill_table(state, base, finished);
    if (!(enough ? extend_models(state, &trials) : learn_models(state, &trials)))
        return cav_fail_memory(error);
    state->learnt = finished;
    return CAVIAR_OK;
}

// Parameters as every worker has them after so many reports. What was known before is not needed.
static caviar_code fit_by_reports(gp_state *state, const cav_history *history, cav_error *error)
{
    size_t epoch = FIRST_REPORTS;
    while (epoch + epoch / 5 <= history->reported_count)
        epoch += epoch / 5;
    if (epoch > history->reported_count || state->fitted_reports >= epoch)
        return CAVIAR_OK;
    caviar_code code = cav_comparable_look(state->comparable, history, epoch, error);
    if (!code)
        code = cav_comparable_view(state->comparable, history, &state->seen, error);
    if (!code)
        code = fit(state, state->seen->finished_count, true, epoch, error);
    state->fitted_reports = epoch;
    return code;
}

// Parameters as every worker has them after so many finished trials.
static caviar_code fit_by_trials(gp_state *state, size_t finished, cav_error *error)
{
    size_t epoch = epoch_of(finished), stride = 1 + epoch / 64;
    caviar_code code = CAVIAR_OK;
    if (state->fitted < epoch)
        code = fit(state, epoch, true, epoch, error);
    while (!code && state->fitted + stride <= finished)
        code = fit(state, state->fitted + stride, false, state->fitted + stride, error);
    return code;
}

static caviar_code catch_up(gp_state *state, const cav_history *history, cav_error *error)
{
    bool by_reports = state->comparable && cav_comparable_is_viewed(history);
    caviar_code code = by_reports ? fit_by_reports(state, history, error) : CAVIAR_OK;
    if (!code)
        code = cav_comparable_see(state->comparable, history, &state->seen, error);
    size_t finished = code ? 0 : state->seen->finished_count;
    if (!code && !by_reports)
        code = fit_by_trials(state, finished, error);
    if (by_reports && state->learnt_reports != history->reported_count)
        state->based = SIZE_MAX;             // all losses have changed
    bool turned = history->metric_count > 1; // to the weights of some suggestion
    if (code || (state->based != SIZE_MAX && state->learnt == finished && !turned))
        return code;
    size_t later = by_reports ? 0 : (finished - state->fitted) % CAV_GP_TABLE_LATER;
    code = learn(state, finished - later, finished, error);
    state->learnt_reports = history->reported_count;
    return code;
}

// Whether a suggestion is to add most to the hypervolume: evenly spread over the numbers.
static bool follows_volume(const gp_state *state, uint64_t number)
{
    double share = state->settings->volume, n = (double)number;
    return state->volume && floor((n + 1) * share) > floor(n * share);
}

// Has the losses of several metrics be what this suggestion counts them as.
static caviar_code turn(gp_state *state, uint64_t number, cav_error *error)
{
    if (state->seen->metric_count == 1 || follows_volume(state, number))
        return CAVIAR_OK;
    weigh_metrics(state, number, BY_SUGGESTION);
    gp_rows trials = fill_table(state, state->base, state->seen->finished_count);
    return cav_gp_ensemble_extend(state->ensemble, &trials.all) ? CAVIAR_OK
                                                                : cav_fail_memory(error);
}

static caviar_code expect_open(gp_state *state, bool by_volume, cav_error *error)
{
    const cav_history *history = state->seen;
    size_t dims = state->space->dim_count;
    if (!cav_grow((void **)&state->pending, &state->pending_capacity, history->open_count + 1,
                  (dims + 1) * sizeof(double)))
        return cav_fail_memory(error);
    for (size_t i = 0; i < history->open_count; i++)
        memcpy(state->pending + i * dims, history->points + history->open[i] * dims,
               dims * sizeof(double));
    size_t count = history->open_count;
    bool fine = by_volume ? cav_gp_volume_expect(state->volume, state->pending, count)
                          : cav_gp_ensemble_expect(state->ensemble, state->pending, count);
    return fine ? CAVIAR_OK : cav_fail_memory(error);
}

// The start region, and as far beyond as the trials so far are, and a quarter of it past the best;
// of that the part that is in the model's region.
static void make_box(gp_state *state, const cav_history *history)
{
    const cav_gp_table *table = state->table;
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < table->count; i++)
        if (!table->failed[i] && (best == SIZE_MAX || table->losses[i] < table->losses[best]))
            best = i;
    for (size_t dim = 0; dim < state->space->dim_count; dim++) {
        const cav_parameter *parameter = parameter_of(state, dim);
        double low = cav_parameter_start(parameter, 0), high = cav_parameter_start(parameter, 1);
        double beyond = 0.25 * (high - low);
        for (size_t i = 0; i < table->count; i++) {
            double u = table->points[i * table->dim_count + dim];
            double reach = i == best ? beyond : 0;
            low = fmin(low, fmax(0, u - reach)); // NaN, where inactive, changes nothing
            high = fmax(high, fmin(1, u + reach));
        }
        state->low[dim] = low;
        state->high[dim] = high;
    }
    cav_gp_region_look(&state->region, history, history->finished_count);
    cav_gp_region_cut(&state->region, history, state->low, state->high);
}

// Closes what the trial has to leave where it is.
static void narrow_box(gp_state *state, const cav_history *history, uint64_t number)
{
    for (size_t dim = 0; dim < state->space->dim_count; dim++) {
        double held = cav_focus_held(&state->focus, history, number, dim);
        if (!isnan(held))
            state->low[dim] = state->high[dim] = held;
    }
}

// A region has an end of its own, of several metrics no trial is the best, and a small finite space
// is tried whole.
static bool may_stall(const gp_state *state, double whole)
{
    return !state->region.is_open && state->seen->metric_count == 1 &&
           cav_space_size(state->space) > whole;
}

static caviar_code search(gp_state *state, const cav_history *history, uint64_t number,
                          cav_error *error)
{
    bool by_volume = follows_volume(state, number);
    state->kept_trials = SIZE_MAX;
    caviar_code code = catch_up(state, history, error);
    if (!code)
        code = turn(state, number, error);
    if (!code)
        code = expect_open(state, by_volume, error);
    if (code)
        return code;
    make_box(state, history);
    narrow_box(state, history, number);
    cav_belief_learn(&state->belief, history);
    double effort = state->settings->effort, known = (double)state->table->count;
    cav_gp_search search = {
        .space = state->space,
        .ensemble = state->ensemble,
        .volume = by_volume ? state->volume : NULL,
        .history = history,
        .table = state->table,
        .belief = &state->belief,
        .low = state->low,
        .high = state->high,
        .effort = effort * fmin(1, full_effort / fmax(1, known)),
        .whole = 32 + 480 * effort,
        .random = cav_random_stream(state->seed, number, CAV_PURPOSE_SUGGEST, 0),
    };
    search.scrambling = cav_random_u64(&search.random);
    search.away_from = SIZE_MAX;
    if (may_stall(state, search.whole))
        search.away_from = cav_gp_stalled(state->table, state->seen->finished_count,
                                          state->seen->open_count, &search.random);
    size_t count = cav_gp_search_run(&search, KEPT, state->kept);
    if (count == SIZE_MAX)
        return cav_fail_memory(error);
    state->kept_count = count;
    state->kept_number = number;
    state->kept_by_volume = by_volume;
    state->kept_trials = history->count;
    state->kept_finished = history->finished_count;
    state->kept_reports = history->reported_count;
    state->kept_away = search.away_from == SIZE_MAX
                           ? SIZE_MAX
                           : state->seen->finished[state->table->places[search.away_from]];
    return CAVIAR_OK;
}

// Trials before the first model: where earlier studies did well, theirs is a beginning.
static size_t initial_of(const gp_state *state, const cav_history *history)
{
    enum { INHERITED_INITIAL = 4 };
    bool is_early = state->ensemble->heritage && state->initial > INHERITED_INITIAL &&
                    cav_inheriting_does_well(state->inheriting, history);
    return is_early ? INHERITED_INITIAL : state->initial;
}

// Whether there is something to learn from.
static bool knows_enough(const gp_state *state, const cav_history *history, size_t initial)
{
    size_t good = 0, finished = history->finished_count;
    if (state->comparable && cav_comparable_is_viewed(history)) { // all that have reported
        finished = 0;
        for (size_t i = 0; i < history->count; i++)
            finished += history->curves[i].count > 0;
        return finished >= 2 && 2 * finished >= initial;
    }
    for (size_t i = 0; i < finished && good < 2; i++)
        good += isfinite(history->losses[history->finished[i] * history->metric_count]) ? 1 : 0;
    return good >= 2 && 2 * finished >= initial;
}

static void describe(gp_state *state)
{
    const cav_gp_region *region = &state->region;
    int size;
    if (state->kept_by_volume) {
        size = snprintf(state->words, sizeof state->words,
                        "gp: expects to add most to the hypervolume here; ");
        cav_gp_volume_describe(state->volume, state->words + size,
                               sizeof state->words - (size_t)size);
        return;
    }
    if (region->is_open)
        size = snprintf(state->words, sizeof state->words,
                        "gp: expects most here, in a box of %.2g %% of the range around trial "
                        "%zu; ",
                        100 * fmin(1, region->length), region->centre);
    else if (state->kept_away != SIZE_MAX)
        size = snprintf(state->words, sizeof state->words,
                        "gp: expects most here, away from trial %zu, around which little is "
                        "gained; ",
                        state->kept_away);
    else
        size = snprintf(state->words, sizeof state->words, "gp: expects most here; ");
    cav_gp_ensemble_describe(state->ensemble, state->words + size,
                             sizeof state->words - (size_t)size);
}

// A configuration of an earlier study, where it is the turn of one.
static bool inherit(gp_state *state, const cav_history *history, const cav_suggest *suggest,
                    double *ret_point)
{
    const cav_inheriting *from = state->inheriting;
    size_t dims = state->space->dim_count;
    size_t which = from && suggest->attempt == 0
                       ? cav_inheriting_turn(from, history, suggest->number)
                       : SIZE_MAX;
    if (!from || which >= from->count)
        return false;
    memcpy(ret_point, from->points + which * dims, dims * sizeof *ret_point);
    snprintf(state->words, sizeof state->words, "gp: among the best of study %.100s",
             from->heritage->heirs[from->sources[which]].earlier->name);
    return true;
}

// Has the trial leave what is closed where it is; only where that is not refused.
static void hold(const gp_state *state, const cav_history *history, const cav_suggest *suggest,
                 double *point)
{
    for (size_t dim = 0; dim < state->space->dim_count && suggest->attempt == 0; dim++) {
        double held = cav_focus_held(&state->focus, history, suggest->number, dim);
        point[dim] = isnan(held) ? point[dim] : held;
    }
}

static caviar_code suggest(void *opaque, const cav_history *history, const cav_suggest *suggest,
                           double *ret_point, cav_error *error)
{
    gp_state *state = opaque;
    size_t dims = state->space->dim_count;
    if (inherit(state, history, suggest, ret_point))
        return CAVIAR_OK;
    cav_focus_learn(&state->focus, history);
    size_t initial = initial_of(state, history);
    if (suggest->number < initial || dims == 0 || !knows_enough(state, history, initial)) {
        snprintf(state->words, sizeof state->words, "gp: an even spread to begin with");
        design(state, suggest, ret_point);
        hold(state, history, suggest, ret_point);
        return CAVIAR_OK;
    }
    bool known = state->kept_trials == history->count && state->kept_number == suggest->number &&
                 state->kept_finished == history->finished_count &&
                 state->kept_reports == history->reported_count;
    caviar_code code = known ? CAVIAR_OK : search(state, history, suggest->number, error);
    if (code)
        return code;
    describe(state);
    if (suggest->attempt < state->kept_count)
        memcpy(ret_point, state->kept + suggest->attempt * dims, dims * sizeof(double));
    else
        design(state, suggest, ret_point);
    return CAVIAR_OK;
}

static const char *explain(const void *opaque)
{
    const gp_state *state = opaque;
    return state->words;
}

static caviar_code skill(void *opaque, const cav_history *history, double *ret_skill,
                         cav_error *error)
{
    gp_state *state = opaque;
    bool any =
        state->space->dim_count > 0 && knows_enough(state, history, initial_of(state, history));
    caviar_code code = any ? catch_up(state, history, error) : CAVIAR_OK;
    if (!code)
        *ret_skill = any ? cav_gp_ensemble_skill(state->ensemble) : NAN;
    return code;
}

// How the configurations of an earlier study have done.
static void count_taken(const gp_state *state, const cav_history *history, size_t earlier,
                        cav_inherited *ret)
{
    const cav_inheriting *from = state->inheriting;
    double least = INFINITY;
    size_t better = 0, count = 0;
    for (size_t i = 0; i < history->count; i++) {
        size_t which = cav_inheriting_find(from, history->points + i * history->dim_count);
        bool is_its = which < from->count && from->sources[which] == earlier;
        ret->taken += is_its;
        if (is_its && cav_history_has_losses(history, i))
            least = fmin(least, history->losses[i * history->metric_count]);
    }
    for (size_t i = 0; i < history->count; i++) {
        count += cav_history_has_losses(history, i);
        better += cav_history_has_losses(history, i) &&
                  history->losses[i * history->metric_count] < least;
    }
    ret->best_place = least < INFINITY ? (double)better / (double)count : NAN;
}

static caviar_code inherited(void *opaque, const cav_history *history, size_t earlier,
                             cav_inherited *ret, cav_error *error)
{
    gp_state *state = opaque;
    bool any = knows_enough(state, history, initial_of(state, history));
    caviar_code code = any ? catch_up(state, history, error) : CAVIAR_OK;
    cav_heritage *heritage = state->inheriting->heritage;
    if (!code && !cav_heritage_learn(heritage, history, history->finished_count))
        code = cav_fail_memory(error);
    if (code)
        return code;
    const cav_heir *heir = &heritage->heirs[earlier];
    *ret = (cav_inherited){.share = any ? cav_gp_ensemble_inherited(state->ensemble) : NAN,
                           .weight = heir->weight,
                           .agreement = heir->agreement,
                           .trial_count = heir->gp ? heritage->voter_count : 0,
                           .refuted = heir->refuted};
    count_taken(state, history, earlier, ret);
    return CAVIAR_OK;
}

const cav_sampler_type cav_sampler_gp = {
    .name = "gp",
    .summary = "Bayesian optimisation: where an ensemble of Gaussian processes expects most",
    .options = options,
    .option_count = CAV_COUNT_OF(options),
    .settings_size = sizeof(gp_settings),
    .by_number = true,
    .follows_conditions = true,
    .inherits = true,
    .create = create,
    .suggest = suggest,
    .explain = explain,
    .skill = skill,
    .inherited = inherited,
    .destroy = destroy,
};
