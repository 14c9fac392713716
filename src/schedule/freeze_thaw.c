/**
 * freeze_thaw.c: coarse to fine. The first trials get a tenth of a training, the next ones a fifth,
 * and all later ones go on as long as there is hope for them.
 *
 * Trials of equal length can be compared without a model: what a sampler learns from those is worth
 * more than ends that are extrapolated from curves of many lengths. So all trials of the two coarse
 * stages pause at the same step, whatever they have reported. Then the ends of curves are guessed
 * by surrogate/curve_ends.h: a trial is paused when it is unlikely to become the best, and a free
 * worker goes on with a paused one where that is likelier to give a new best, for each step that it
 * takes, than a new trial is. All the while a share of the steps is for trials that come to their
 * end: a result to use, and what the model of curves is checked by. Of a budget of steps or time
 * the coarse stages take a part at most, and where it has no room for a whole trial any more, those
 * that are paused go on instead, as far as they can come to their ends.
 *
 * Where the model is not trusted (too few curves yet, or curves that cannot be extrapolated),
 * asha's rule follows the coarse stages.
 */
#include "schedule/outlook.h"
#include "schedule/rungs.h"

#include "base/memory.h"
#include "surrogate/curve_ends.h"

#include <math.h>
#include <stdlib.h>

static const double coarse_share = 0.6; // of the budget, at most

typedef struct freeze_settings {
    double eta, coarse, hopeless, whole, least;
    int64_t grace, stride, trials;
} freeze_settings;

static const cav_option options[] = {
    {"eta", CAV_OPTION_REAL, offsetof(freeze_settings, eta), 3, 1.5, 100,
     "of asha's rule: one of so many trials goes on at each rung"},
    {"grace", CAV_OPTION_INT, offsetof(freeze_settings, grace), 0, 0, 1e9,
     "steps that every trial gets; 0: the least steps of the study, or 1"},
    {"coarse", CAV_OPTION_REAL, offsetof(freeze_settings, coarse), 0.1, 0, 1,
     "part of a training that trials get at first, and later twice that; 0: whole trainings from "
     "the beginning"},
    {"trials", CAV_OPTION_INT, offsetof(freeze_settings, trials), 0, 0, 1e9,
     "how many trials get that, and twice as many twice that; 0: 6 and two for each parameter, but "
     "no more than a tenth of a budget of trials, or than takes 0.6 of one of steps or time"},
    {"stride", CAV_OPTION_INT, offsetof(freeze_settings, stride), 1, 1, 1e9,
     "later, steps that a trial goes on for at least once it is chosen: more where starting costs "
     "much"},
    {"hopeless", CAV_OPTION_REAL, offsetof(freeze_settings, hopeless), 0.02, 0, 0.5,
     "later, a trial that is less likely than this to become the best is paused, or stopped if it "
     "cannot pause"},
    {"least", CAV_OPTION_REAL, offsetof(freeze_settings, least), 0.4, 0, 1,
     "later, part of a training that every trial gets before it may be paused"},
    {"whole", CAV_OPTION_REAL, offsetof(freeze_settings, whole), 0.15, 0, 1,
     "share of the steps for trials that come to their end, hopeless or not"},
};

typedef struct freeze_state {
    const freeze_settings *settings;
    cav_scheduler_setup setup;
    cav_outlook outlook; // by the last look
    double trials;       // of the first stage, where the budget of steps has room for them
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

static double first_trials(const freeze_settings *settings, const cav_scheduler_setup *setup)
{
    double trials = 6 + 2 * (double)setup->space->dim_count;
    if (settings->trials > 0)
        return (double)settings->trials;
    return setup->trial_budget > 0 ? fmin(trials, (double)setup->trial_budget / 10) : trials;
}

static caviar_code create(const cav_scheduler_setup *setup, const void *opaque, void **ret_state,
                          cav_error *error)
{
    const freeze_settings *settings = opaque;
    freeze_state *state = calloc(1, sizeof *state);
    if (!state)
        return cav_fail_memory(error);
    state->settings = settings;
    state->setup = *setup;
    state->trials = first_trials(settings, setup);
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
    state->outlook = cav_outlook_make(&state->setup, history);
    caviar_code code = cav_rungs_look(&state->rungs, history, error);
    if (code)
        return code;
    return cav_curve_ends_look(state->ends, state->model, history, error);
}

// ---- Stages ---------------------------------------------------------------------------------

// A part of a training, in steps.
static int64_t steps_of(const freeze_state *state, double part)
{
    double steps = floor(part * (double)cav_curve_model_horizon(state->model));
    return (int64_t)fmax((double)state->grace, steps);
}

// How many trials the first stage has; the second one has twice as many.
static double coarse_trials(const freeze_state *state, int64_t first, int64_t second)
{
    double each = (double)first + (second > first ? 2 * (double)second : 0);
    bool is_given = state->settings->trials > 0;
    return is_given ? state->trials : fmin(state->trials, coarse_share * state->outlook.all / each);
}

// The same, as long as the budget has room for trials that go further.
static int64_t level_by_stage(const freeze_state *state, const cav_history *history)
{
    int64_t last = cav_curve_model_horizon(state->model);
    double beyond = (double)history->step_sum, part = state->settings->coarse;
    int64_t first = steps_of(state, part), second = steps_of(state, 2 * part);
    if (!(part > 0) || first >= last)
        return last;
    double trials = coarse_trials(state, first, second);
    beyond -= trials * (double)first;
    if (beyond < 0)
        return first;
    if (second > first)
        beyond -= 2 * trials * (double)second;
    return beyond < 0 && second < last ? second : last;
}

// How far trials go for now before they pause: a part in the coarse stages, then the horizon.
static int64_t level_of(const freeze_state *state, const cav_history *history)
{
    int64_t last = cav_curve_model_horizon(state->model), level = level_by_stage(state, history);
    bool fits = cav_outlook_room(&state->outlook, history, level, SIZE_MAX) >= (double)last;
    return fits ? level : last;
}

static bool is_coarse(const freeze_state *state, const cav_history *history)
{
    return level_of(state, history) < cav_curve_model_horizon(state->model);
}

// ---- Guesses --------------------------------------------------------------------------------

static cav_curve_guess guess_end(freeze_state *state, const cav_history *history, size_t number)
{
    return cav_curve_ends_guess(state->ends, state->model, history, number,
                                cav_curve_model_horizon(state->model));
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

// The loss that is to be beaten: of the best trial that is complete, on the model's scale. NaN:
// there is none.
static double best_loss(const freeze_state *state, const cav_history *history)
{
    size_t best = cav_history_best(history, 0);
    if (best == SIZE_MAX)
        return NAN;
    return cav_curve_model_scale(state->model, history->losses[best * history->metric_count]);
}

// The probability to end below it; where there is none, the lower the end the better.
static double likelihood(freeze_state *state, const cav_history *history, size_t number)
{
    double best = best_loss(state, history);
    cav_curve_guess end = guess_end(state, history, number);
    return isnan(best) ? -end.mean : chance(end, best);
}

// Whether the budget lets it come to its end.
static bool is_in_time(const freeze_state *state, const cav_history *history, size_t number)
{
    int64_t last = cav_curve_model_horizon(state->model);
    double left = (double)(last - history->steps[number]);
    return left <= cav_outlook_room(&state->outlook, history, last, number);
}

static double likelihood_in_time(freeze_state *state, const cav_history *history, size_t number)
{
    return is_in_time(state, history, number) ? likelihood(state, history, number) : -INFINITY;
}

static bool has_hope(const freeze_state *state, const cav_history *history, double likely)
{
    return isnan(best_loss(state, history)) || likely >= state->settings->hopeless;
}

static bool may_win(freeze_state *state, const cav_history *history, size_t number)
{
    return leads(history, number) || has_hope(state, history, likelihood(state, history, number));
}

// The least loss of a trial so far is the best one.
static double lowness(freeze_state *state, const cav_history *history, size_t number)
{
    (void)state;
    return -loss_at(history, number, history->steps[number]);
}

// Whether a trial is on its way beyond the coarse stages' level.
static bool is_on_its_way(const cav_history *history, size_t number, int64_t level)
{
    bool is_running = history->states[number] == CAVIAR_STATE_RUNNING;
    return is_running && (history->steps[number] >= level || history->attempts[number] > 1);
}

// Whether trials that come to their end have had less than their share of the steps, by a whole
// training. Those on their way count, but for `number`.
static bool is_behind(const freeze_state *state, const cav_history *history, size_t number)
{
    int64_t level = level_of(state, history), last = cav_curve_model_horizon(state->model);
    double whole = 0, share = state->settings->whole * (double)history->step_sum;
    for (size_t i = 0; i < history->finished_count; i++)
        if (history->states[history->finished[i]] == CAVIAR_STATE_COMPLETE)
            whole += (double)history->steps[history->finished[i]];
    for (size_t i = 0; i < history->open_count && level < last; i++)
        if (history->open[i] != number && is_on_its_way(history, history->open[i], level))
            whole += (double)last;
    return whole + (double)last <= share;
}

// Whether it has the most of something of all that could be gone on with.
static bool is_first(freeze_state *state, const cav_history *history, size_t number,
                     merit *merit_of)
{
    double others;
    find_most(state, history, merit_of, &others);
    return merit_of(state, history, number) >= others;
}

// Whether a trial was let go on at the level already.
static bool is_past(const cav_history *history, size_t number, int64_t level)
{
    const cav_curve *curve = &history->curves[number];
    return curve->count > 1 && curve->steps[curve->count - 2] >= level;
}

static bool goes_on_coarsely(freeze_state *state, const cav_history *history, size_t number)
{
    int64_t level = level_of(state, history);
    if (history->steps[number] < level || is_past(history, number, level))
        return true;
    return is_behind(state, history, number) && is_first(state, history, number, lowness);
}

// While whole trials are behind, the likeliest of those that have had their first part goes on, and
// from there on nothing stops it: else one after the other would be gone on with a little.
static bool goes_on_later(freeze_state *state, const cav_history *history, size_t number)
{
    int64_t least = steps_of(state, state->settings->least);
    double likely;
    if (!is_in_time(state, history, number) &&
        find_most(state, history, likelihood_in_time, &likely) != SIZE_MAX)
        return !has_hope(state, history, likely);
    if (history->steps[number] < least)
        return true;
    if (!is_behind(state, history, number))
        return may_win(state, history, number);
    return history->steps[number] > least || is_first(state, history, number, likelihood);
}

static caviar_verdict judge_for_now(bool goes_on)
{
    return goes_on ? CAVIAR_VERDICT_CONTINUE : CAVIAR_VERDICT_PAUSE;
}

static caviar_code judge(void *opaque, const cav_history *history, const cav_judged *trial,
                         caviar_verdict *ret_verdict, cav_error *error)
{
    freeze_state *state = opaque;
    size_t number = trial->number;
    caviar_code code = look(state, history, error);
    if (code)
        return code;
    if (trial->can_pause && is_coarse(state, history))
        *ret_verdict = judge_for_now(goes_on_coarsely(state, history, number));
    else if (!cav_curve_model_is_trusted(state->model))
        *ret_verdict = cav_rungs_judge(&state->rungs, history, trial);
    else if (!is_due(state, history, number))
        *ret_verdict = CAVIAR_VERDICT_CONTINUE;
    else if (trial->can_pause)
        *ret_verdict = judge_for_now(goes_on_later(state, history, number));
    else
        *ret_verdict = judge_for_good(state, history, number);
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

// When nothing new is started. Then there is nothing to be learnt for it either.
static size_t find_last(freeze_state *state, const cav_history *history)
{
    double likely;
    size_t number = find_most(state, history, likelihood_in_time, &likely);
    return number != SIZE_MAX && has_hope(state, history, likely) ? number : find_leader(history);
}

// Whether a trial that began now could not come to its end.
static bool is_too_late(const freeze_state *state, const cav_history *history)
{
    int64_t last = cav_curve_model_horizon(state->model);
    return cav_outlook_room(&state->outlook, history, last, SIZE_MAX) < (double)last;
}

// While whole trials are behind, the best one so far.
static size_t find_coarsely(freeze_state *state, const cav_history *history)
{
    double most;
    return is_behind(state, history, SIZE_MAX) ? find_most(state, history, lowness, &most)
                                               : SIZE_MAX;
}

// The likeliest to end as the best, where it has to go on, or that is likelier than that a new one
// does, for each step that it takes.
static size_t find_later(freeze_state *state, const cav_history *history)
{
    double likely, last = (double)cav_curve_model_horizon(state->model);
    size_t number = find_most(state, history, likelihood, &likely);
    double best = best_loss(state, history);
    if (number == SIZE_MAX || isnan(best) || is_behind(state, history, SIZE_MAX))
        return number;
    cav_curve_guess new = cav_curve_ends_guess_new(state->ends, state->model, (int64_t)last);
    double left = fmax(1, last - (double)history->steps[number]);
    bool is_worth_it = likely / left >= chance(new, best) / last;
    return is_worth_it && has_hope(state, history, likely) ? number : SIZE_MAX;
}

static caviar_code resume(void *opaque, const cav_history *history, bool is_last,
                          size_t *ret_number, cav_error *error)
{
    freeze_state *state = opaque;
    caviar_code code = look(state, history, error);
    if (code)
        return code;
    bool coarse = is_coarse(state, history);
    is_last |= !coarse && is_too_late(state, history);
    if (!is_last && coarse)
        *ret_number = find_coarsely(state, history);
    else if (!cav_curve_model_is_trusted(state->model))
        *ret_number = cav_rungs_promote(&state->rungs, history, is_last);
    else
        *ret_number = is_last ? find_last(state, history) : find_later(state, history);
    return CAVIAR_OK;
}

const cav_scheduler_type cav_scheduler_freeze_thaw = {
    .name = "freeze-thaw",
    .summary = "first many short trials, then whole ones; pauses those whose curves have no hope",
    .options = options,
    .option_count = CAV_COUNT_OF(options),
    .settings_size = sizeof(freeze_settings),
    .reads_curves = cav_scheduler_does,
    .create = create,
    .judge = judge,
    .resume = resume,
    .destroy = destroy,
};
