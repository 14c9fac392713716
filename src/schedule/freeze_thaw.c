/**
 * freeze_thaw.c: at first goes on, after each report, with whatever promises most for the steps
 * that it takes: the trial that reported, one that is paused, or a new one. Later it pauses only
 * what is unlikely to become the best.
 *
 * The ends of curves are guessed by surrogate/curve_ends.h. What counts in the steps of the first
 * few trainings is the improvement on the best loss so far that is expected of a training's end,
 * divided by the steps that are left until there: a trial is begun where that is the best use of a
 * training, and goes on as long as what has been learnt of it since leaves it ahead of the others
 * and of yet another new one. A share of the free workers goes by the rule of asha instead, which
 * needs no model. That finds something good soon, but few trials come to their end, and samplers
 * learn most from those: so from then on a trial goes on as long as there is hope for it. Every one
 * gets its first part then, and trials that come to their end get their share of the steps: where
 * nothing has hope, going on with the likeliest teaches more than beginning yet another one.
 *
 * Where the model is not trusted (too few curves yet, or curves that cannot be extrapolated),
 * asha's rule is all there is.
 *
 * The draws belong to the number of reports, so that all workers see the same ones.
 */
#include "schedule/rungs.h"

#include "base/memory.h"
#include "base/normal.h"
#include "base/random.h"
#include "surrogate/curve_ends.h"

#include <math.h>
#include <stdlib.h>

typedef struct freeze_settings {
    double eta, ranked, rush, hopeless, whole, least;
    int64_t grace, stride;
} freeze_settings;

static const cav_option options[] = {
    {"eta", CAV_OPTION_REAL, offsetof(freeze_settings, eta), 3, 1.5, 100,
     "of asha's rule: one of so many trials goes on at each rung"},
    {"grace", CAV_OPTION_INT, offsetof(freeze_settings, grace), 0, 0, 1e9,
     "steps that every trial gets; 0: the least steps of the study, or 1"},
    {"stride", CAV_OPTION_INT, offsetof(freeze_settings, stride), 1, 1, 1e9,
     "steps that a trial goes on for at least once it is chosen: more where starting costs much"},
    {"ranked", CAV_OPTION_REAL, offsetof(freeze_settings, ranked), 0.25, 0, 1,
     "share of free workers that go by asha's rule also where the curves can be extrapolated"},
    {"rush", CAV_OPTION_REAL, offsetof(freeze_settings, rush), 3, 0, 1e9,
     "for the steps of so many trainings what promises most per step goes on; then all that is not "
     "hopeless"},
    {"hopeless", CAV_OPTION_REAL, offsetof(freeze_settings, hopeless), 0.02, 0, 0.5,
     "a trial that is less likely than this to become the best is paused, or stopped if it cannot "
     "pause"},
    {"least", CAV_OPTION_REAL, offsetof(freeze_settings, least), 0.2, 0, 1,
     "after the rush: part of a training that every trial gets before it may be paused"},
    {"whole", CAV_OPTION_REAL, offsetof(freeze_settings, whole), 0.5, 0, 1,
     "after the rush: share of the steps for trials that come to their end, hopeless or not"},
};

typedef struct freeze_state {
    const freeze_settings *settings;
    uint64_t seed;
    int64_t grace;
    cav_rungs rungs;
    cav_curve_model *model;
    cav_curve_ends *ends;
} freeze_state;

static void destroy(void *opaque)
{
    freeze_state *state = opaque;
    cav_rungs_free(&state->rungs);
    cav_curve_model_free(state->model);
    cav_curve_ends_free(state->ends);
    free(state);
}

static caviar_code create(const cav_scheduler_setup *setup, const void *opaque, void **ret_state,
                          cav_error *error)
{
    const freeze_settings *settings = opaque;
    freeze_state *state = calloc(1, sizeof *state);
    if (!state)
        return cav_fail_memory(error);
    state->settings = settings;
    state->seed = setup->seed;
    cav_rungs_settings ladder = {.eta = settings->eta, .grace = settings->grace, .promote = true};
    state->grace = cav_rungs_first(&ladder, setup);
    state->model = cav_curve_model_new(setup->step_max);
    state->ends = cav_curve_ends_new(setup->space);
    caviar_code code = state->model && state->ends
                           ? cav_rungs_init(&state->rungs, &ladder, setup, error)
                           : cav_fail_memory(error);
    if (code)
        destroy(state);
    else
        *ret_state = state;
    return code;
}

static caviar_code look(freeze_state *state, const cav_history *history, cav_error *error)
{
    caviar_code code = cav_rungs_look(&state->rungs, history, error);
    if (code)
        return code;
    return cav_curve_ends_look(state->ends, state->model, history, error);
}

// ---- What gains most ------------------------------------------------------------------------

// The logarithm of the improvement on the best loss so far that is expected of the rest of a
// training, per step that it takes.
static double rate(const freeze_state *state, cav_curve_guess end, int64_t from)
{
    int64_t last = cav_curve_model_horizon(state->model);
    double best, first, left = from < last ? (double)(last - from) : 1;
    cav_curve_model_range(state->model, &best, &first);
    if (!(end.sd > 0)) // a constant, say
        return end.mean < best ? log((best - end.mean) / left) : -INFINITY;
    return log(end.sd) + cav_normal_log_h((best - end.mean) / end.sd, NULL) - log(left);
}

static cav_curve_guess guess_end(freeze_state *state, const cav_history *history, size_t number)
{
    return cav_curve_ends_guess(state->ends, state->model, history, number,
                                cav_curve_model_horizon(state->model));
}

static double rate_of(freeze_state *state, const cav_history *history, size_t number)
{
    return rate(state, guess_end(state, history, number), history->steps[number]);
}

static double rate_of_new(freeze_state *state)
{
    int64_t last = cav_curve_model_horizon(state->model);
    return rate(state, cav_curve_ends_guess_new(state->ends, state->model, last), 0);
}

// P(loss < threshold)
static double chance(cav_curve_guess guess, double threshold)
{
    if (!(guess.sd > 0))
        return guess.mean < threshold;
    return 0.5 * erfc((guess.mean - threshold) / guess.sd * M_SQRT1_2);
}

// What is looked for among the paused trials.
typedef double merit(freeze_state *state, const cav_history *history, size_t number);

// The paused trial with the most of it; SIZE_MAX: none is paused.
static size_t find_most(freeze_state *state, const cav_history *history, merit *merit_of,
                        double *ret_most)
{
    size_t best = SIZE_MAX;
    *ret_most = -INFINITY;
    for (size_t i = 0; i < history->open_count; i++) {
        size_t number = history->open[i];
        if (!cav_history_may_resume(history, number))
            continue;
        double most = merit_of(state, history, number);
        if (most > *ret_most) {
            *ret_most = most;
            best = number;
        }
    }
    return best;
}

// ---- Verdicts -------------------------------------------------------------------------------

// Has the trial gone its stride since it was started or resumed?
static bool is_due(const freeze_state *state, const cav_history *history, size_t number)
{
    int64_t step = history->steps[number];
    return step >= state->grace && step % state->settings->stride == 0;
}

// The least loss that is expected at the end of any trial.
static double least_end(freeze_state *state, const cav_history *history, size_t but)
{
    double least = INFINITY;
    int64_t last = cav_curve_model_horizon(state->model);
    for (size_t i = 0; i < history->count; i++)
        if (i != but && history->curves[i].count > 0)
            least =
                fmin(least, cav_curve_ends_guess(state->ends, state->model, history, i, last).mean);
    return least;
}

// The last loss of a trial up to a step; NaN before its first report.
static double loss_at(const cav_history *history, size_t number, int64_t step)
{
    const cav_curve *curve = &history->curves[number];
    size_t point = curve->count;
    while (point > 0 && curve->steps[point - 1] > step)
        point--;
    return point > 0 ? curve->losses[(point - 1) * history->metric_count] : (double)NAN;
}

// Whether no trial that has come as far was better there: such a one is not given up, whatever the
// model says.
static bool leads(const cav_history *history, size_t number)
{
    int64_t step = history->steps[number];
    double loss = loss_at(history, number, step);
    for (size_t i = 0; i < history->count; i++)
        if (i != number && history->steps[i] >= step && loss_at(history, i, step) < loss)
            return false;
    return true;
}

static caviar_verdict judge_for_good(freeze_state *state, const cav_history *history, size_t number)
{
    if (leads(history, number))
        return CAVIAR_VERDICT_CONTINUE;
    double best = least_end(state, history, number);
    return chance(guess_end(state, history, number), best) < state->settings->hopeless
               ? CAVIAR_VERDICT_STOP
               : CAVIAR_VERDICT_CONTINUE;
}

static bool is_rushing(const freeze_state *state, const cav_history *history)
{
    double whole = (double)cav_curve_model_horizon(state->model);
    return (double)history->step_sum < state->settings->rush * whole;
}

// The probability to end below the best loss of those that are complete; without any the lower
// the end, the better.
static double merit_at_last(freeze_state *state, const cav_history *history, size_t number)
{
    size_t best = cav_history_best(history, 0);
    cav_curve_guess end = guess_end(state, history, number);
    if (best == SIZE_MAX)
        return -end.mean;
    double loss = history->losses[best * history->metric_count];
    return chance(end, cav_curve_model_scale(state->model, loss));
}

static bool has_hope(const freeze_state *state, const cav_history *history, double likely)
{
    return cav_history_best(history, 0) == SIZE_MAX || likely >= state->settings->hopeless;
}

static bool promises_most(freeze_state *state, const cav_history *history, size_t number)
{
    double own = rate_of(state, history, number), others;
    find_most(state, history, rate_of, &others);
    return own >= others && !(own < rate_of_new(state));
}

static bool may_win(freeze_state *state, const cav_history *history, size_t number)
{
    return leads(history, number) ||
           has_hope(state, history, merit_at_last(state, history, number));
}

// Whether trials that came to their end have had less than their share of the steps.
static bool is_behind(const freeze_state *state, const cav_history *history)
{
    double whole = 0, last = (double)cav_curve_model_horizon(state->model);
    double later = (double)history->step_sum - state->settings->rush * last;
    for (size_t i = 0; i < history->finished_count; i++)
        if (history->states[history->finished[i]] == CAVIAR_STATE_COMPLETE)
            whole += (double)history->steps[history->finished[i]];
    return whole < state->settings->whole * later;
}

// The step at which a trial may be paused after the rush, at the earliest.
static int64_t first_look(const freeze_state *state)
{
    double least = state->settings->least * (double)cav_curve_model_horizon(state->model);
    return (int64_t)fmax((double)state->grace, least);
}

// While whole trials are behind, the likeliest of those that have had their first part goes on, and
// from there on nothing stops it: else one after the other would be gone on with a little.
static bool is_chosen(freeze_state *state, const cav_history *history, size_t number)
{
    double others;
    if (history->steps[number] > first_look(state))
        return true;
    find_most(state, history, merit_at_last, &others);
    return merit_at_last(state, history, number) >= others;
}

static bool goes_on_later(freeze_state *state, const cav_history *history, size_t number)
{
    if (history->steps[number] < first_look(state))
        return true;
    return is_behind(state, history) ? is_chosen(state, history, number)
                                     : may_win(state, history, number);
}

static caviar_verdict judge_for_now(freeze_state *state, const cav_history *history, size_t number)
{
    bool goes_on = is_rushing(state, history) ? promises_most(state, history, number)
                                              : goes_on_later(state, history, number);
    return goes_on ? CAVIAR_VERDICT_CONTINUE : CAVIAR_VERDICT_PAUSE;
}

static caviar_code judge(void *opaque, const cav_history *history, const cav_judged *trial,
                         caviar_verdict *ret_verdict, cav_error *error)
{
    freeze_state *state = opaque;
    caviar_code code = look(state, history, error);
    if (code)
        return code;
    if (!cav_curve_model_is_trusted(state->model))
        *ret_verdict = cav_rungs_judge(&state->rungs, history, trial);
    else if (!is_due(state, history, trial->number))
        *ret_verdict = CAVIAR_VERDICT_CONTINUE;
    else if (trial->can_pause)
        *ret_verdict = judge_for_now(state, history, trial->number);
    else
        *ret_verdict = judge_for_good(state, history, trial->number);
    return CAVIAR_OK;
}

// ---- What to go on with ---------------------------------------------------------------------

// A paused trial that no other one has beaten at its step.
static size_t find_leader(const cav_history *history)
{
    for (size_t i = 0; i < history->open_count; i++)
        if (cav_history_may_resume(history, history->open[i]) && leads(history, history->open[i]))
            return history->open[i];
    return SIZE_MAX;
}

// The one that is likeliest to end as the best, if any may, or has to.
static size_t find_likeliest(freeze_state *state, const cav_history *history, bool has_to)
{
    double likely;
    size_t number = find_most(state, history, merit_at_last, &likely);
    return has_to || has_hope(state, history, likely) ? number : SIZE_MAX;
}

// When nothing new is started. Then there is nothing to be learnt for it either.
static size_t find_last(freeze_state *state, const cav_history *history)
{
    size_t number = find_likeliest(state, history, false);
    return number == SIZE_MAX ? find_leader(history) : number;
}

static bool is_by_rank(const freeze_state *state, const cav_history *history)
{
    cav_random random =
        cav_random_stream(state->seed, history->reported_count, CAV_PURPOSE_SCHEDULE, 0);
    return cav_random_unit(&random) < state->settings->ranked;
}

static caviar_code resume(void *opaque, const cav_history *history, bool is_last,
                          size_t *ret_number, cav_error *error)
{
    freeze_state *state = opaque;
    caviar_code code = look(state, history, error);
    if (code)
        return code;
    bool trusted = cav_curve_model_is_trusted(state->model);
    if (trusted && is_last) {
        *ret_number = find_last(state, history);
        return CAVIAR_OK;
    }
    if (trusted && !is_rushing(state, history)) {
        *ret_number = find_likeliest(state, history, is_behind(state, history));
        return CAVIAR_OK;
    }
    *ret_number = SIZE_MAX;
    if (!trusted || is_by_rank(state, history))
        *ret_number = cav_rungs_promote(&state->rungs, history, is_last);
    if (*ret_number != SIZE_MAX || !trusted)
        return CAVIAR_OK;
    double most;
    size_t number = find_most(state, history, rate_of, &most);
    if (number != SIZE_MAX && most >= rate_of_new(state))
        *ret_number = number;
    return CAVIAR_OK;
}

const cav_scheduler_type cav_scheduler_freeze_thaw = {
    .name = "freeze-thaw",
    .summary =
        "extrapolates the curves; goes on with what promises most, later with all that may win",
    .options = options,
    .option_count = CAV_COUNT_OF(options),
    .settings_size = sizeof(freeze_settings),
    .reads_curves = cav_scheduler_does,
    .create = create,
    .judge = judge,
    .resume = resume,
    .destroy = destroy,
};
