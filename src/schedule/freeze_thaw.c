/**
 * freeze_thaw.c: goes on, after each report, with whatever is most likely to lead to a better loss:
 * the trial that reported, one that is paused, or a new one.
 *
 * The curves are extrapolated by surrogate/curve_model.h. A horizon and a threshold below the best
 * loss so far are drawn, and the trial that is most likely to get below the threshold within the
 * horizon goes on: the acquisition "MFPI-random" of Rakotoarison et al. (ifBO), ICML 2024. As the
 * draws differ, now the near and likely gains count, now the far and great ones. A share of the
 * free workers goes by the rule of asha instead, which needs no model. Where the model is not
 * trusted (too few curves yet, or curves that cannot be extrapolated), asha's rule is all there is.
 *
 * The draws belong to the number of reports, so that all workers see the same ones.
 */
#include "schedule/rungs.h"

#include "base/memory.h"
#include "base/random.h"
#include "surrogate/curve_ends.h"

#include <math.h>
#include <stdlib.h>

typedef struct freeze_settings {
    double eta, ranked, hopeless;
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
    {"hopeless", CAV_OPTION_REAL, offsetof(freeze_settings, hopeless), 0.02, 0, 0.5,
     "a trial that cannot pause is stopped when it is less likely than this to become the best"},
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

// ---- What is most likely to get better -------------------------------------------------------

// What is aimed at until the next report.
typedef struct target {
    int64_t steps;    // from where a trial stands
    double threshold; // on the model's scale
    bool by_rank;     // by asha's rule
} target;

static target take_aim(const freeze_state *state, const cav_history *history)
{
    cav_random random =
        cav_random_stream(state->seed, history->reported_count, CAV_PURPOSE_SCHEDULE, 0);
    double last = (double)cav_curve_model_horizon(state->model), best, first;
    cav_curve_model_range(state->model, &best, &first);
    target drawn = {.steps = (int64_t)ceil(pow(last, cav_random_unit(&random)))};
    double gain = pow(10, -1 - 3 * cav_random_unit(&random)); // 10^U(-4, -1)
    drawn.threshold = best - gain * fmax(first - best, 0);
    drawn.by_rank = cav_random_unit(&random) < state->settings->ranked;
    return drawn;
}

// P(loss < threshold)
static double chance(cav_curve_guess guess, double threshold)
{
    if (!(guess.sd > 0))
        return guess.mean < threshold;
    return 0.5 * erfc((guess.mean - threshold) / guess.sd * M_SQRT1_2);
}

static int64_t end_of(const freeze_state *state, int64_t from, int64_t steps)
{
    int64_t last = cav_curve_model_horizon(state->model);
    return steps < last - from ? from + steps : last;
}

static double chance_of(freeze_state *state, const cav_history *history, size_t number, target aim)
{
    int64_t from = history->steps[number] > 0 ? history->steps[number] : 0;
    int64_t step = end_of(state, from, aim.steps);
    return chance(cav_curve_ends_guess(state->ends, state->model, history, number, step),
                  aim.threshold);
}

static double chance_of_new(freeze_state *state, target aim)
{
    int64_t step = end_of(state, 0, aim.steps);
    return chance(cav_curve_ends_guess_new(state->ends, state->model, step), aim.threshold);
}

// The paused trial that is most likely to get there; SIZE_MAX: none is paused.
static size_t find_likeliest(freeze_state *state, const cav_history *history, target aim,
                             double *ret_chance)
{
    size_t best = SIZE_MAX;
    *ret_chance = -1;
    for (size_t i = 0; i < history->open_count; i++) {
        size_t number = history->open[i];
        if (history->states[number] != CAVIAR_STATE_PAUSED)
            continue;
        double likely = chance_of(state, history, number, aim);
        if (likely > *ret_chance) {
            *ret_chance = likely;
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
    int64_t last = cav_curve_model_horizon(state->model);
    double best = least_end(state, history, number);
    cav_curve_guess end = cav_curve_ends_guess(state->ends, state->model, history, number, last);
    return chance(end, best) < state->settings->hopeless ? CAVIAR_VERDICT_STOP
                                                         : CAVIAR_VERDICT_CONTINUE;
}

static caviar_verdict judge_for_now(freeze_state *state, const cav_history *history, size_t number)
{
    target aim = take_aim(state, history);
    double own = chance_of(state, history, number, aim), others;
    find_likeliest(state, history, aim, &others);
    double fresh = chance_of_new(state, aim);
    bool goes_on = own >= others && !(own < fresh);
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
        if (history->states[history->open[i]] == CAVIAR_STATE_PAUSED &&
            leads(history, history->open[i]))
            return history->open[i];
    return SIZE_MAX;
}

// When nothing new is started: the one that is likeliest to end as the best, if any may.
static size_t find_last(freeze_state *state, const cav_history *history)
{
    size_t best = cav_history_best(history, 0);
    double least =
        best == SIZE_MAX
            ? (double)INFINITY
            : cav_curve_model_scale(state->model, history->losses[best * history->metric_count]);
    target aim = {.steps = cav_curve_model_horizon(state->model), .threshold = least};
    double likely;
    if (best == SIZE_MAX) // none is complete: the least end that is expected
        aim.threshold = least_end(state, history, SIZE_MAX);
    size_t number = find_likeliest(state, history, aim, &likely);
    bool hopeless = best != SIZE_MAX && likely < state->settings->hopeless;
    return hopeless ? find_leader(history) : number;
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
    *ret_number = SIZE_MAX;
    target aim = trusted ? take_aim(state, history) : (target){.by_rank = true};
    if (aim.by_rank)
        *ret_number = cav_rungs_promote(&state->rungs, history, is_last);
    if (*ret_number != SIZE_MAX || !trusted)
        return CAVIAR_OK;
    double likely;
    size_t number = find_likeliest(state, history, aim, &likely);
    if (number != SIZE_MAX && likely >= chance_of_new(state, aim))
        *ret_number = number;
    return CAVIAR_OK;
}

const cav_scheduler_type cav_scheduler_freeze_thaw = {
    .name = "freeze-thaw",
    .summary = "extrapolates the curves, and goes on with what is most likely to get better",
    .options = options,
    .option_count = CAV_COUNT_OF(options),
    .settings_size = sizeof(freeze_settings),
    .reads_curves = cav_scheduler_does,
    .create = create,
    .judge = judge,
    .resume = resume,
    .destroy = destroy,
};
