/**
 * rungs.c: the ladder.
 *
 * Each report is looked at once. What a look costs grows with the logarithm of the number of
 * trials, so that a fleet of thousands of workers can be judged.
 */
#include "schedule/rungs.h"

#include "base/memory.h"
#include "base/random.h"

#include <math.h>
#include <stdlib.h>

enum {
    MOST_RUNGS = 40,
    LOOKS = 16, // at running trials, for one promotion
};

static const double golden = 0.61803398874989484820; // 1 / golden ratio

const cav_option cav_rungs_options[CAV_RUNGS_LADDERS] = {
    {"eta", CAV_OPTION_REAL, offsetof(cav_rungs_settings, eta), 3, 1.5, 100,
     "one of so many trials goes on at each rung, and the next rung is so many times higher"},
    {"grace", CAV_OPTION_INT, offsetof(cav_rungs_settings, grace), 0, 0, 1e9,
     "the first rung, in steps; 0: the least steps of the study, or 1"},
    {"promote", CAV_OPTION_BOOL, offsetof(cav_rungs_settings, promote), 1, 0, 1,
     "on: trials pause at a rung, and the best go on from there; off: the others are stopped. A "
     "program that only prints its reports cannot pause: it is stopped"},
    {"brackets", CAV_OPTION_INT, offsetof(cav_rungs_settings, brackets), 4, 1, 20,
     "ladders at most; each starts one rung higher than the one before"},
};

static cav_rung *rung_of(const cav_rungs *rungs, size_t bracket, size_t index)
{
    return &rungs->rungs[bracket * rungs->rung_count + index];
}

// Steps of the rungs of a bracket below the last step. Without one they go on as far as numbers do.
static size_t list_steps(const cav_rungs_settings *settings, const cav_scheduler_setup *setup,
                         int64_t steps[MOST_RUNGS])
{
    double last = setup->step_max > 0 ? (double)setup->step_max : 0x1p62;
    double step = (double)cav_rungs_first(settings, setup);
    size_t count = 0;
    for (; count < MOST_RUNGS && round(step) < last; step *= settings->eta)
        if (count == 0 || (int64_t)round(step) > steps[count - 1])
            steps[count++] = (int64_t)round(step);
    return count;
}

// Hyperband gives the bracket whose trials are halved s times (s_max + 1) / (s + 1) eta^s trials.
static void share_out(cav_rungs *rungs)
{
    double total = 0;
    for (size_t b = 0; b < rungs->bracket_count; b++) {
        double halvings = (double)(rungs->bracket_count - 1 - b);
        total += pow(rungs->eta, halvings) / (halvings + 1);
        rungs->shares[b] = total;
    }
    for (size_t b = 0; b < rungs->bracket_count; b++)
        rungs->shares[b] /= total;
}

int64_t cav_rungs_first(const cav_rungs_settings *settings, const cav_scheduler_setup *setup)
{
    if (settings->grace > 0)
        return settings->grace;
    return setup->step_min > 0 ? setup->step_min : 1;
}

caviar_code cav_rungs_init(cav_rungs *rungs, const cav_rungs_settings *settings,
                           const cav_scheduler_setup *setup, cav_error *error)
{
    int64_t steps[MOST_RUNGS];
    size_t count = list_steps(settings, setup, steps), brackets = 1;
    if (settings->brackets > 1)
        brackets = (size_t)settings->brackets < count + 1 ? (size_t)settings->brackets : count + 1;
    *rungs = (cav_rungs){.eta = settings->eta,
                         .promotes = settings->promote,
                         .rung_count = count,
                         .bracket_count = brackets,
                         .seed = setup->seed,
                         .rungs = calloc(brackets * count + 1, sizeof *rungs->rungs),
                         .shares = calloc(brackets, sizeof *rungs->shares)};
    if (!rungs->rungs || !rungs->shares) {
        cav_rungs_free(rungs);
        return cav_fail_memory(error);
    }
    for (size_t i = 0; i < brackets * count; i++)
        rungs->rungs[i].step = steps[i % count];
    share_out(rungs);
    return CAVIAR_OK;
}

void cav_rungs_free(cav_rungs *rungs)
{
    for (size_t i = 0; rungs->rungs && i < rungs->bracket_count * rungs->rung_count; i++) {
        cav_order_free(&rungs->rungs[i].all);
        cav_order_free(&rungs->rungs[i].waiting);
        free(rungs->rungs[i].running);
    }
    free(rungs->rungs);
    free(rungs->shares);
    free(rungs->marks);
    free(rungs->losses);
    *rungs = (cav_rungs){0};
}

// ---- Who stands where -----------------------------------------------------------------------

// Spreads the numbers evenly over the brackets, from a place that the seed gives.
static size_t bracket_of(const cav_rungs *rungs, size_t number)
{
    cav_random random = cav_random_stream(rungs->seed, 0, CAV_PURPOSE_SCRAMBLE, 0);
    double place = cav_random_unit(&random) + golden * (double)number;
    place -= floor(place);
    size_t bracket = 0;
    while (bracket + 1 < rungs->bracket_count && place >= rungs->shares[bracket])
        bracket++;
    return bracket;
}

static bool make_room(cav_rungs *rungs, size_t trials)
{
    if (!CAV_GROW(&rungs->marks, &rungs->mark_capacity, trials) ||
        !CAV_GROW(&rungs->losses, &rungs->loss_capacity, trials * rungs->rung_count + 1))
        return false;
    for (; rungs->trial_count < trials; rungs->trial_count++) {
        size_t bracket = bracket_of(rungs, rungs->trial_count);
        rungs->marks[rungs->trial_count] =
            (cav_rung_mark){.bracket = bracket, .reached = bracket}; // it has none below
    }
    return true;
}

static double *loss_at(const cav_rungs *rungs, size_t number, size_t index)
{
    return &rungs->losses[number * rungs->rung_count + index];
}

// Enters the trial at the next rung that it has not reached.
static bool arrive(cav_rungs *rungs, size_t number, double loss, bool waits)
{
    cav_rung_mark *mark = &rungs->marks[number];
    cav_rung *rung = rung_of(rungs, mark->bracket, mark->reached);
    if (!cav_order_add(&rung->all, loss, number))
        return false;
    if (waits && !cav_order_add(&rung->waiting, loss, number)) {
        cav_order_remove(&rung->all, loss, number);
        return false;
    }
    *loss_at(rungs, number, mark->reached++) = loss;
    return true;
}

// Takes the trial from the rungs that it does not stand on any more.
static void fall_back(cav_rungs *rungs, const cav_curve *curve, size_t number)
{
    cav_rung_mark *mark = &rungs->marks[number];
    while (mark->reached > mark->bracket) {
        double loss = *loss_at(rungs, number, --mark->reached);
        cav_rung *rung = rung_of(rungs, mark->bracket, mark->reached);
        cav_order_remove(&rung->all, loss, number);
        cav_order_remove(&rung->waiting, loss, number);
    }
    mark->rewinds = curve->rewinds;
    mark->seen = 0;
}

static bool follow(cav_rungs *rungs, const cav_history *history, size_t number)
{
    const cav_curve *curve = &history->curves[number];
    cav_rung_mark *mark = &rungs->marks[number];
    if (mark->rewinds != curve->rewinds)
        fall_back(rungs, curve, number);
    for (; mark->seen < curve->count; mark->seen++) {
        int64_t step = curve->steps[mark->seen];
        double loss = curve->losses[mark->seen * history->metric_count];
        while (mark->reached < rungs->rung_count &&
               step >= rung_of(rungs, mark->bracket, mark->reached)->step) {
            if (!arrive(rungs, number, loss, true))
                return false;
            mark->attempt = history->attempts[number];
        }
    }
    return true;
}

// One that diverged is the worst of the rung that it was on its way to.
static bool count_diverged(cav_rungs *rungs, const cav_history *history, size_t number)
{
    bool diverged = history->states[number] == CAVIAR_STATE_FAILED &&
                    history->reasons[number] == CAVIAR_REASON_NOT_FINITE;
    return !diverged || rungs->marks[number].reached >= rungs->rung_count ||
           arrive(rungs, number, INFINITY, false);
}

caviar_code cav_rungs_look(cav_rungs *rungs, const cav_history *history, cav_error *error)
{
    if (!make_room(rungs, history->count))
        return cav_fail_memory(error);
    for (; rungs->reported < history->reported_count; rungs->reported++)
        if (!follow(rungs, history, history->reported[rungs->reported]))
            return cav_fail_memory(error);
    for (; rungs->finished < history->finished_count; rungs->finished++)
        if (!count_diverged(rungs, history, history->finished[rungs->finished]))
            return cav_fail_memory(error);
    return CAVIAR_OK;
}

// ---- Verdicts -------------------------------------------------------------------------------

// The rung that the latest report reached, as the index after it; 0 if it reached none.
static size_t just_reached(const cav_rungs *rungs, const cav_history *history, size_t number)
{
    const cav_rung_mark *mark = &rungs->marks[number];
    const cav_curve *curve = &history->curves[number];
    if (mark->reached == mark->bracket || curve->count == 0)
        return 0;
    int64_t before = curve->count > 1 ? curve->steps[curve->count - 2] : -1;
    return before < rung_of(rungs, mark->bracket, mark->reached - 1)->step ? mark->reached : 0;
}

caviar_verdict cav_rungs_judge(const cav_rungs *rungs, const cav_history *history,
                               const cav_judged *trial)
{
    size_t reached = just_reached(rungs, history, trial->number);
    if (reached == 0)
        return CAVIAR_VERDICT_CONTINUE;
    const cav_rung *rung = rung_of(rungs, rungs->marks[trial->number].bracket, reached - 1);
    double loss = *loss_at(rungs, trial->number, reached - 1), arrived = (double)rung->all.count;
    double rank = (double)cav_order_rank(&rung->all, loss, trial->number);
    if (rungs->promotes && trial->can_pause)
        return rank < floor(arrived / rungs->eta) ? CAVIAR_VERDICT_CONTINUE : CAVIAR_VERDICT_PAUSE;
    bool passes = arrived < rungs->eta || rank <= (arrived - 1) / rungs->eta;
    return passes ? CAVIAR_VERDICT_CONTINUE : CAVIAR_VERDICT_STOP;
}

// Whether a trial that waits at a rung has gone on from there, or never will.
static bool has_left(const cav_rungs *rungs, const cav_history *history, size_t number,
                     size_t index)
{
    const cav_rung_mark *mark = &rungs->marks[number];
    bool is_open = history->states[number] == CAVIAR_STATE_PAUSED ||
                   (history->states[number] == CAVIAR_STATE_RUNNING &&
                    history->attempts[number] == mark->attempt);
    return !is_open || mark->reached != index + 1;
}

// Sets a trial aside that was let on, or was told to pause and has not ended yet.
static bool set_aside(cav_rung *rung, cav_order_item item)
{
    if (!CAV_GROW(&rung->running, &rung->running_capacity, rung->running_count + 1))
        return false;
    rung->running[rung->running_count++] = item.id;
    return cav_order_remove(&rung->waiting, item.value, item.id);
}

// Looks at some of those that were set aside, in turn: one that has paused waits again.
static void look_aside(const cav_rungs *rungs, cav_rung *rung, const cav_history *history,
                       size_t index, size_t looks)
{
    for (; looks > 0 && rung->running_count > 0; looks--) {
        if (rung->next >= rung->running_count)
            rung->next = 0;
        size_t number = rung->running[rung->next];
        bool left = has_left(rungs, history, number, index);
        bool paused = !left && history->states[number] == CAVIAR_STATE_PAUSED;
        if (paused && !cav_order_add(&rung->waiting, *loss_at(rungs, number, index), number))
            return; // no memory: later
        if (left || paused)
            rung->running[rung->next] = rung->running[--rung->running_count];
        else
            rung->next++;
    }
}

// The best trial that waits at a rung, if it is paused and among the best of all.
static size_t promote_from(const cav_rungs *rungs, cav_rung *rung, const cav_history *history,
                           size_t index, bool is_last)
{
    double allowed = floor((double)rung->all.count / rungs->eta);
    if (is_last)
        allowed = fmax(allowed, 1);
    look_aside(rungs, rung, history, index, is_last ? rung->running_count : LOOKS);
    for (size_t place = 0; place < rung->waiting.count;) {
        cav_order_item item = cav_order_at(&rung->waiting, place);
        if (!((double)cav_order_rank(&rung->all, item.value, item.id) < allowed))
            break;
        if (has_left(rungs, history, item.id, index))
            cav_order_remove(&rung->waiting, item.value, item.id);
        else if (cav_history_may_resume(history, item.id))
            return item.id;
        else if (cav_history_is_held(history, item.id) || !set_aside(rung, item))
            place++;
    }
    return SIZE_MAX;
}

size_t cav_rungs_promote(cav_rungs *rungs, const cav_history *history, bool is_last)
{
    for (size_t index = rungs->rung_count; index-- > 0;) {
        for (size_t bracket = 0; bracket < rungs->bracket_count; bracket++) {
            cav_rung *rung = rung_of(rungs, bracket, index);
            size_t number = promote_from(rungs, rung, history, index, is_last);
            if (number != SIZE_MAX)
                return number;
        }
    }
    return SIZE_MAX;
}

// ---- As a scheduler -------------------------------------------------------------------------

caviar_code cav_rungs_create(const cav_scheduler_setup *setup, const void *settings,
                             void **ret_state, cav_error *error)
{
    cav_rungs *rungs = malloc(sizeof *rungs);
    if (!rungs)
        return cav_fail_memory(error);
    caviar_code code = cav_rungs_init(rungs, settings, setup, error);
    if (code)
        free(rungs);
    else
        *ret_state = rungs;
    return code;
}

caviar_code cav_rungs_judge_now(void *state, const cav_history *history, const cav_judged *trial,
                                caviar_verdict *ret_verdict, cav_error *error)
{
    caviar_code code = cav_rungs_look(state, history, error);
    if (!code)
        *ret_verdict = cav_rungs_judge(state, history, trial);
    return code;
}

caviar_code cav_rungs_resume_now(void *state, const cav_history *history, bool is_last,
                                 size_t *ret_number, cav_error *error)
{
    cav_rungs *rungs = state;
    if (!rungs->promotes)
        return cav_scheduler_resume_first(state, history, is_last, ret_number, error);
    caviar_code code = cav_rungs_look(rungs, history, error);
    if (!code)
        *ret_number = cav_rungs_promote(rungs, history, is_last);
    return code;
}

void cav_rungs_destroy(void *state)
{
    cav_rungs_free(state);
    free(state);
}
