/**
 * panda.c: experiments with one running trial: which is open, how it came out, which is next.
 */
#include "insight/panda.h"

#include "base/memory.h"
#include "base/number.h"
#include "insight/course_guess.h"
#include "insight/diagnosis.h"
#include "trial/checkpoints.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_WINDOW = 3, MOST_DOUBLINGS = 10 };

static const double slow = 0.25;  // of the usual gain: then the curve slows down
static const double even = 0.25;  // of the whole gain in the last third: then it falls evenly
static const double awful = 4;    // standard errors above what was expected: back at once
static const double better = 0.5; // standard errors below it: kept

typedef struct panda_settings {
    int64_t window;
    double nudge, first, waste;
} panda_settings;

const cav_option cav_panda_options[] = {
    {"window", CAV_OPTION_INT, offsetof(panda_settings, window), 0, 0, 1e9,
     "steps in which a nudge is to show what it is worth; 0: a tenth of the training, at least 3. "
     "No more than the program's checkpoints allow"},
    {"nudge", CAV_OPTION_REAL, offsetof(panda_settings, nudge), 0.1, 0.001, 1,
     "how far a parameter goes, as a share of its range on its scale"},
    {"first", CAV_OPTION_REAL, offsetof(panda_settings, first), 0.2, 0, 1,
     "share of the training that is left alone at its beginning"},
    {"waste", CAV_OPTION_REAL, offsetof(panda_settings, waste), 0.3, 0, 10,
     "steps that may be given up by going back, as a share of the training"},
};
const size_t cav_panda_option_count = CAV_COUNT_OF(cav_panda_options);

// A parameter in a direction, and how it did since something was kept.
typedef struct arm {
    size_t parameter;
    int direction;
    int failed, kept;
    double value; // that it would set now
} arm;

struct cav_panda {
    panda_settings settings;
    const cav_space *space;
    int64_t step_max;
    arm *arms; // [arm_count]
    size_t arm_count;
    double *now, *before, *changes; // [space->count] each
};

void cav_panda_close(cav_panda *panda)
{
    if (!panda)
        return;
    free(panda->arms);
    free(panda->now);
    free(panda);
}

static caviar_code make_room(cav_panda *panda, cav_error *error)
{
    size_t count = panda->space->count;
    panda->arms = calloc(2 * count + 1, sizeof *panda->arms);
    panda->now = calloc(3 * count + 1, sizeof *panda->now);
    if (!panda->arms || !panda->now)
        return cav_fail_memory(error);
    panda->before = panda->now + count;
    panda->changes = panda->before + count;
    for (size_t i = 0; i < count; i++) {
        if (!cav_parameter_is_live(&panda->space->parameters[i]) ||
            cav_space_is_parent(panda->space, i))
            continue;
        panda->arms[panda->arm_count++] = (arm){.parameter = i, .direction = -1};
        panda->arms[panda->arm_count++] = (arm){.parameter = i, .direction = 1};
    }
    return CAVIAR_OK;
}

caviar_code cav_panda_open(const cav_panda_setup *setup, const cav_option_value *given,
                           size_t given_count, cav_panda **ret_panda, cav_error *error)
{
    if (setup->step_max <= 0)
        return cav_fail(error, CAVIAR_INVALID,
                        "panda: auto must know how far a trial goes: steps: 30, or --steps 30");
    cav_panda *panda = calloc(1, sizeof *panda);
    if (!panda)
        return cav_fail_memory(error);
    panda->space = setup->space;
    panda->step_max = setup->step_max;
    caviar_code code = cav_options_read(cav_panda_options, cav_panda_option_count, "panda", given,
                                        given_count, &panda->settings, error);
    if (!code)
        code = make_room(panda, error);
    if (!code && panda->arm_count == 0)
        code = cav_fail(error, CAVIAR_INVALID,
                        "panda: auto has nothing to nudge: no parameter of the space is live");
    if (code)
        cav_panda_close(panda);
    else
        *ret_panda = panda;
    return code;
}

// ---- What was done so far -----------------------------------------------------------------------

// The trial, and what its nudges say.
typedef struct course {
    const cav_history *history;
    size_t number;
    const cav_curve *curve;
    const cav_nudge_list *nudges;
    int64_t step, window;
    const cav_nudge *open; // the experiment that is not settled; NULL: none
    arm *open_arm;
    int64_t settled; // step of the last one that was
    int64_t since;   // step behind which it trains with what was kept last
    bool waits;      // something is yet to be delivered
} course;

static const cav_nudge *next_given(const cav_nudge_list *list, int64_t after)
{
    const cav_nudge *next = NULL;
    for (size_t n = 0; n < list->count; n++)
        if (list->items[n].id > after && (!next || list->items[n].id < next->id))
            next = &list->items[n];
    return next;
}

static void find_values(const cav_panda *panda, const course *at, int64_t step, double *ret_raw)
{
    size_t count = panda->space->count;
    for (size_t i = 0; i < count; i++)
        ret_raw[i] = at->history->raw[at->number * count + i];
    cav_nudge_list_apply(at->nudges, step, ret_raw, count);
}

// Which arm a change was; NULL: it changed nothing, which is how one is kept.
static arm *find_arm(cav_panda *panda, const course *at, const cav_nudge *nudge)
{
    find_values(panda, at, nudge->step - 1, panda->before);
    for (size_t a = 0; a < panda->arm_count; a++) {
        size_t i = panda->arms[a].parameter;
        const cav_parameter *parameter = &panda->space->parameters[i];
        if (isnan(nudge->raw[i]) || nudge->raw[i] == panda->before[i])
            continue;
        double way = cav_parameter_encode(parameter, nudge->raw[i]) -
                     cav_parameter_encode(parameter, panda->before[i]);
        if ((way > 0) == (panda->arms[a].direction > 0))
            return &panda->arms[a];
    }
    return NULL;
}

static void settle_kept(cav_panda *panda, course *at, int64_t step)
{
    for (size_t a = 0; a < panda->arm_count; a++) // all may be otherwise from here on
        panda->arms[a].failed = 0;
    at->open_arm->kept++;
    at->since = at->open->step;
    at->open = NULL;
    at->settled = step;
}

static void settle_failed(course *at, arm *tried, int64_t step)
{
    if (tried)
        tried->failed++;
    at->open = NULL;
    at->settled = step;
}

static void take_change(cav_panda *panda, course *at, const cav_nudge *nudge)
{
    arm *tried = nudge->step >= 0 ? find_arm(panda, at, nudge) : NULL;
    if (nudge->state == CAV_NUDGE_UNDONE && tried) {
        settle_failed(at, tried, nudge->step);
    } else if (nudge->state == CAV_NUDGE_ACTIVE && tried) {
        at->open = nudge;
        at->open_arm = tried;
    } else if (nudge->state == CAV_NUDGE_ACTIVE && at->open) {
        settle_kept(panda, at, nudge->step);
    }
}

// What somebody else does ends an experiment, whatever came of it; so does a way back that is gone.
// A pause does not: what goes on later is what was.
static void take_nudge(cav_panda *panda, course *at, const cav_nudge *nudge)
{
    bool is_own = strcmp(nudge->author, CAV_PANDA_AUTHOR) == 0;
    at->waits |= nudge->state == CAV_NUDGE_WAITING;
    if (nudge->kind == CAV_NUDGE_PAUSE || nudge->kind == CAV_NUDGE_RESUME)
        return;
    if (is_own && nudge->kind == CAV_NUDGE_CHANGE)
        take_change(panda, at, nudge);
    else if (at->open && nudge->state == CAV_NUDGE_REFUSED)
        settle_failed(at, at->open_arm, at->step);
    else if (at->open && !is_own && nudge->state != CAV_NUDGE_WAITING)
        settle_failed(at, NULL, at->step);
}

static void recall(cav_panda *panda, course *at)
{
    for (size_t a = 0; a < panda->arm_count; a++)
        panda->arms[a].failed = panda->arms[a].kept = 0;
    for (const cav_nudge *nudge = next_given(at->nudges, 0); nudge;
         nudge = next_given(at->nudges, nudge->id))
        take_nudge(panda, at, nudge);
    find_values(panda, at, at->step, panda->now);
}

// ---- Checkpoints --------------------------------------------------------------------------------

static bool has_checkpoint(const cav_history *history, size_t number, int64_t step)
{
    const char *kept = history->checkpoints[number];
    return !cav_checkpoints_are_known(kept) || cav_checkpoints_find(kept, step, step + 1) == step;
}

// Steps that a nudge gets; 0: there would be no way back.
static int64_t choose_window(const cav_panda *panda, const course *at)
{
    int64_t window = panda->settings.window;
    if (window == 0)
        window = panda->step_max / 10 > LEAST_WINDOW ? panda->step_max / 10 : LEAST_WINDOW;
    const char *list = at->history->checkpoints[at->number];
    if (!cav_checkpoints_are_known(list))
        return window;
    int64_t most = (int64_t)cav_checkpoints_count(list) - 1; // one is of the step where it stands
    return most < 2 ? 0 : most < window ? most : window;
}

// ---- An experiment that is open -----------------------------------------------------------------

static size_t points_until(const cav_curve *curve, int64_t step)
{
    size_t count = curve->count;
    while (count > 0 && curve->steps[count - 1] > step)
        count--;
    return count;
}

// By how much the curve is off what was expected, on average over its last points.
typedef struct outcome {
    double actual, expected, error; // means, and the standard error of their difference
} outcome;

// What the curve says from where it trains as it does now up to a step. NULL with CAVIAR_OK: its
// points are too few.
static caviar_code guess_from(const cav_panda *panda, const course *at, int64_t step,
                              cav_course_guess **ret_guess, cav_error *error)
{
    size_t first = points_until(at->curve, at->since), last = points_until(at->curve, step);
    const cav_curve part = {.steps = at->curve->steps + first,
                            .losses = at->curve->losses + first * at->history->metric_count};
    *ret_guess = NULL;
    if (last < first + CAV_COURSE_LEAST)
        return CAVIAR_OK;
    return cav_course_guess_new(&part, at->history->metric_count, last - first, panda->step_max,
                                ret_guess, error);
}

static outcome compare(const course *at, const cav_course_guess *guess, size_t points)
{
    outcome result = {0};
    const cav_curve *curve = at->curve;
    for (size_t i = curve->count - points; i < curve->count; i++) {
        result.actual += curve->losses[i * at->history->metric_count] / (double)points;
        result.expected += cav_course_guess_at(guess, curve->steps[i], NULL) / (double)points;
    }
    result.error = cav_course_guess_noise(guess) * sqrt(1.0 / (double)points + 1.0 / 3);
    return result;
}

static void write_outcome(const course *at, const outcome *result, const char *word,
                          cav_panda_advice *advice)
{
    char actual[CAV_NUMBER_SIZE], expected[CAV_NUMBER_SIZE];
    double sign = at->history->maximize[0] ? -1 : 1;
    cav_number_print_short(sign * result->actual, 3, actual);
    cav_number_print_short(sign * result->expected, 3, expected);
    snprintf(advice->note, sizeof advice->note,
             "%s: %s up to step %lld, %s was expected without it", word, actual,
             (long long)at->step, expected);
}

// Says the same values again: the nudge stays.
static void keep(cav_panda *panda, const course *at, cav_panda_advice *advice)
{
    for (size_t i = 0; i < panda->space->count; i++)
        panda->changes[i] = isnan(at->open->raw[i]) ? (double)NAN : panda->now[i];
    advice->changes = panda->changes;
}

static caviar_code assess(cav_panda *panda, const course *at, cav_panda_advice *advice,
                          cav_error *error)
{
    size_t known = points_until(at->curve, at->open->step), since = at->curve->count - known;
    bool is_due = at->step - at->open->step >= at->window;
    cav_course_guess *guess = NULL;
    caviar_code code = since < 2 ? CAVIAR_OK : guess_from(panda, at, at->open->step, &guess, error);
    if (!guess)
        return code;
    outcome result = compare(at, guess, is_due ? (since + 1) / 2 : since);
    double off = result.actual - result.expected;
    if (is_due && off < -better * result.error) {
        write_outcome(at, &result, "kept", advice);
        keep(panda, at, advice);
    } else if (is_due || off > awful * result.error) {
        write_outcome(at, &result, "taken back", advice);
        advice->back = at->open->step;
    }
    cav_course_guess_free(guess);
    return CAVIAR_OK;
}

// ---- The next experiment ------------------------------------------------------------------------

static bool is_rate(const char *name)
{
    static const char *const names[] = {"lr", "learning_rate", "learning-rate", "eta"};
    for (size_t i = 0; i < CAV_COUNT_OF(names); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static int tier_of(const cav_parameter *parameter)
{
    return parameter->tier == CAVIAR_TIER_UNSET ? CAVIAR_TIER_MEDIUM : (int)parameter->tier;
}

// Works out what an arm would set; false where that is nothing new, or breaks a constraint.
static bool can_pull(cav_panda *panda, arm *tried)
{
    size_t i = tried->parameter;
    double raw = panda->now[i], way = tried->direction * panda->settings.nudge;
    if (isnan(raw))
        return false;
    tried->value = cav_parameter_shift(&panda->space->parameters[i], raw, way);
    panda->now[i] = tried->value;
    bool is_fit = tried->value != raw && cav_space_is_feasible(panda->space, panda->now);
    panda->now[i] = raw;
    return is_fit;
}

// Is `a` to be tried before `b`, when a learning rate should go in a direction?
static bool comes_first(const cav_panda *panda, const arm *a, const arm *b, int direction)
{
    const cav_parameter *x = &panda->space->parameters[a->parameter];
    const cav_parameter *y = &panda->space->parameters[b->parameter];
    bool suits_a = is_rate(x->name) && a->direction == direction;
    bool suits_b = is_rate(y->name) && b->direction == direction;
    if (a->failed != b->failed)
        return a->failed < b->failed;
    if (a->kept != b->kept)
        return a->kept > b->kept;
    if (suits_a != suits_b)
        return suits_a;
    return tier_of(x) < tier_of(y);
}

static arm *choose_arm(cav_panda *panda, int direction)
{
    arm *first = NULL;
    for (size_t a = 0; a < panda->arm_count; a++)
        if (can_pull(panda, &panda->arms[a]) &&
            (!first || comes_first(panda, &panda->arms[a], first, direction)))
            first = &panda->arms[a];
    return first;
}

// The step of the least loss.
static int64_t best_step(const course *at)
{
    size_t best = 0, metrics = at->history->metric_count;
    for (size_t i = 1; i < at->curve->count; i++)
        if (at->curve->losses[i * metrics] < at->curve->losses[best * metrics])
            best = i;
    return at->curve->steps[best];
}

// Figures of the curve, on which something is tried or not.
typedef struct figures {
    double noise, now, best;
    double gained, lately; // from the first value, and in the last third
    double each;           // step of that third
    double ahead, usual;   // gain that is expected in the next window, and a window's so far
} figures;

static figures measure(const course *at, cav_course_guess *guess)
{
    const cav_curve *curve = at->curve;
    size_t metrics = at->history->metric_count, third = curve->count - 1 - curve->count / 3;
    figures found = {.noise = cav_course_guess_noise(guess), .now = cav_course_guess_now(guess)};
    found.best = curve->losses[0];
    for (size_t i = 1; i < curve->count; i++)
        found.best = fmin(found.best, curve->losses[i * metrics]);
    found.gained = curve->losses[0] - found.now;
    found.lately = curve->losses[third * metrics] - found.now;
    found.each = found.lately / fmax(1, (double)(at->step - curve->steps[third]));
    found.ahead = found.now - cav_course_guess_at(guess, at->step + at->window, NULL);
    found.usual = found.gained * (double)at->window / fmax(1, (double)(at->step - curve->steps[0]));
    return found;
}

// Why something is to be tried, and which way a learning rate should go; 0: nothing is. A curve
// that still falls by more than its noise could fall faster; one that only jumps is too fast.
static int find_cause(const course *at, const figures *found, cav_panda_advice *advice)
{
    char text[CAV_NUMBER_SIZE];
    double rise = found->now - found->best, first = at->curve->losses[0];
    if (rise > awful * found->noise && rise > 0.1 * fabs(first - found->best)) {
        int64_t best = best_step(at);
        snprintf(advice->note, sizeof advice->note, "it has turned round since step %lld",
                 (long long)best);
        if (has_checkpoint(at->history, at->number, best))
            advice->back = best;
        return -1;
    }
    int direction = found->each > found->noise ? 1 : -1;
    if (found->ahead < slow * found->usual || found->ahead < found->noise / 2) {
        cav_number_print_short(fabs(found->ahead), 2, text);
        snprintf(advice->note, sizeof advice->note,
                 "it slows down: %s %s in the next %lld steps is expected", text,
                 found->ahead > 0 ? "less" : "more", (long long)at->window);
        return direction;
    }
    if (found->gained > 0 && found->lately > even * found->gained && direction > 0) {
        snprintf(advice->note, sizeof advice->note,
                 "it falls evenly: %.0f %% of its gain came in the last third",
                 100 * found->lately / found->gained);
        return direction;
    }
    return 0;
}

// Has the last experiment left enough time, if all that can be tried has failed?
static bool has_rested(const course *at, const arm *next)
{
    int doublings = next->failed < MOST_DOUBLINGS ? next->failed : MOST_DOUBLINGS;
    return next->failed == 0 || at->step - at->settled >= at->window << doublings;
}

static caviar_code propose(cav_panda *panda, const course *at, cav_panda_advice *advice,
                           cav_error *error)
{
    double last = (double)panda->step_max;
    int64_t wasted = at->history->spent[at->number] - at->step;
    bool is_time = (double)at->step >= panda->settings.first * last &&
                   at->step + at->window < panda->step_max &&
                   (double)(wasted + at->window) <= panda->settings.waste * last;
    if (!is_time)
        return CAVIAR_OK;
    cav_course_guess *guess;
    caviar_code code = guess_from(panda, at, at->step, &guess, error);
    if (!guess)
        return code;
    figures found = measure(at, guess);
    cav_course_guess_free(guess);
    int direction = find_cause(at, &found, advice);
    arm *next = direction ? choose_arm(panda, direction) : NULL;
    if (!next || !has_rested(at, next)) {
        advice->back = -1;
        return CAVIAR_OK;
    }
    for (size_t i = 0; i < panda->space->count; i++)
        panda->changes[i] = i == next->parameter ? next->value : (double)NAN;
    advice->changes = panda->changes;
    return CAVIAR_OK;
}

caviar_code cav_panda_think(cav_panda *panda, const cav_history *history, size_t number,
                            cav_panda_advice *ret_advice, cav_error *error)
{
    unsigned needed = CAVIAR_CAN_CHANGE | CAVIAR_CAN_RESTORE;
    course at = {.history = history,
                 .number = number,
                 .curve = &history->curves[number],
                 .nudges = &history->nudges[number]};
    *ret_advice = (cav_panda_advice){.back = -1};
    if (at.curve->count == 0 || (history->cans[number] & needed) != needed)
        return CAVIAR_OK;
    at.step = at.curve->steps[at.curve->count - 1];
    at.window = choose_window(panda, &at);
    recall(panda, &at);
    if (at.window == 0 || at.waits)
        return CAVIAR_OK;
    return at.open ? assess(panda, &at, ret_advice, error) : propose(panda, &at, ret_advice, error);
}
