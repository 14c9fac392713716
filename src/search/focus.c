/**
 * focus.c: when which tier opens.
 */
#include "search/focus.h"

#include <math.h>
#include <stdlib.h>

enum {
    EACH = 3,         // trials for each parameter that is open
    LEAST_TRIALS = 4, // before the second tier opens
    FREE = 4,         // one trial in so many
    TELLING = 6,      // trials before a free one can tell anything
};

enum { MOST, MEDIUM, LEAST, TIERS };

static int tier_of(const cav_parameter *parameter)
{
    return parameter->tier == CAVIAR_TIER_MOST    ? MOST
           : parameter->tier == CAVIAR_TIER_LEAST ? LEAST
                                                  : MEDIUM;
}

static const cav_parameter *parameter_of(const cav_space *space, size_t dim)
{
    return &space->parameters[space->dims[dim]];
}

void cav_focus_free(cav_focus *focus)
{
    free(focus->held);
    free(focus->opens);
    *focus = (cav_focus){0};
}

bool cav_focus_init(cav_focus *focus, const cav_space *space)
{
    size_t counts[TIERS] = {0}, opens[TIERS] = {0}, dims = space->dim_count;
    *focus = (cav_focus){.space = space, .focused = INFINITY, .is_over = true};
    for (size_t dim = 0; dim < dims; dim++)
        counts[tier_of(parameter_of(space, dim))]++;
    if (counts[MOST] == dims || counts[MEDIUM] == dims || counts[LEAST] == dims)
        return true; // all alike: there is nothing to begin with
    focus->held = calloc(dims + 1, sizeof *focus->held);
    focus->opens = calloc(dims + 1, sizeof *focus->opens);
    if (!focus->held || !focus->opens)
        return false;
    for (int tier = MEDIUM; tier < TIERS; tier++) {
        size_t above = counts[MOST] + (tier == LEAST ? counts[MEDIUM] : 0);
        size_t trials = EACH * above < LEAST_TRIALS ? LEAST_TRIALS : EACH * above;
        opens[tier] = above > 0 ? trials : 0;
        focus->all = counts[tier] > 0 ? opens[tier] : focus->all;
    }
    for (size_t dim = 0; dim < dims; dim++) {
        focus->opens[dim] = opens[tier_of(parameter_of(space, dim))];
        focus->held[dim] = cav_parameter_start(parameter_of(space, dim), 0.5);
    }
    cav_space_put_defaults(space, focus->held);
    focus->is_over = false;
    return true;
}

bool cav_focus_is_free(uint64_t number)
{
    return number % FREE == FREE - 1;
}

// Trials that have ended, if only for now: a scheduler may let most of them rest.
static size_t count_heard(const cav_history *history)
{
    size_t heard = history->finished_count;
    for (size_t i = 0; i < history->open_count; i++) {
        size_t number = history->open[i];
        heard += history->states[number] == CAVIAR_STATE_PAUSED || history->attempts[number] > 1;
    }
    return heard;
}

void cav_focus_learn(cav_focus *focus, const cav_history *history)
{
    for (; !focus->is_over && focus->seen < history->finished_count; focus->seen++) {
        size_t number = history->finished[focus->seen];
        double loss = history->losses[number * history->metric_count];
        bool counts = history->states[number] == CAVIAR_STATE_COMPLETE && isfinite(loss);
        if (counts && cav_focus_is_free(number))
            focus->is_over = focus->seen + 1 >= TELLING && loss < focus->focused;
        else if (counts)
            focus->focused = fmin(focus->focused, loss);
    }
    focus->is_over = focus->is_over || count_heard(history) >= focus->all;
}

double cav_focus_held(const cav_focus *focus, const cav_history *history, uint64_t number,
                      size_t dim)
{
    bool is_open =
        focus->is_over || cav_focus_is_free(number) || count_heard(history) >= focus->opens[dim];
    return is_open ? NAN : focus->held[dim];
}
