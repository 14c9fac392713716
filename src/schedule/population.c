/**
 * population.c: rankings at milestones, and the copies that followed from them.
 */
#include "schedule/population.h"

#include "base/memory.h"
#include "trial/checkpoints.h"
#include "trial/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void cav_populations_free(cav_populations *populations)
{
    free(populations->of);
    free(populations->members);
    free(populations->copies);
}

void cav_population_free(cav_population *population)
{
    free(population->places);
    free(population->order);
    free(population->lost);
}

size_t cav_populations_count(const cav_populations *populations)
{
    size_t size = populations->setup.size;
    return (populations->member_count + size - 1) / size;
}

cav_random cav_populations_draw(const cav_populations *populations, size_t population, size_t place,
                                int64_t milestone, cav_copy_draw what)
{
    const cav_populations_setup *setup = &populations->setup;
    uint64_t stream = (uint64_t)population * setup->size + place;
    uint32_t attempt = 2 * (uint32_t)(milestone / setup->interval) + (uint32_t)what;
    return cav_random_stream(setup->seed, stream, CAV_PURPOSE_SCHEDULE, attempt);
}

// ---- Who belongs where ------------------------------------------------------------------------

// One that came with its result was never run.
static bool was_imported(const cav_history *history, size_t number)
{
    return history->attempts[number] == 0 && history->states[number] == CAVIAR_STATE_COMPLETE;
}

static bool is_copy(const cav_populations *at, const cav_history *history, size_t number)
{
    return history->parents[number] >= 0 && history->parent_steps[number] > 0 &&
           cav_history_is_by(history, number, at->setup.maker);
}

static bool push(size_t **list, size_t *count, size_t *capacity, size_t item)
{
    if (!CAV_GROW(list, capacity, *count + 1))
        return false;
    (*list)[(*count)++] = item;
    return true;
}

static bool take(cav_populations *at, const cav_history *history, size_t number)
{
    size_t of = SIZE_MAX;
    bool pushed = true;
    if (is_copy(at, history, number)) {
        of = at->of[history->parents[number]];
        pushed = push(&at->copies, &at->copy_count, &at->copy_capacity, number);
    } else if (history->parents[number] < 0 && !was_imported(history, number)) {
        of = at->member_count / at->setup.size;
        pushed = push(&at->members, &at->member_count, &at->member_capacity, number);
    }
    return pushed && push(&at->of, &at->trial_count, &at->of_capacity, of);
}

caviar_code cav_populations_look(cav_populations *populations, const cav_history *history,
                                 cav_error *error)
{
    while (populations->trial_count < history->count)
        if (!take(populations, history, populations->trial_count))
            return cav_fail_memory(error);
    return CAVIAR_OK;
}

// ---- How far they have come -------------------------------------------------------------------

// The loss of a trial at a milestone: its first report there or behind it. What lies before the
// checkpoint of a copy is its parent's. False if it has not come as far; one that ended before has
// its last loss if it is complete, and else infinity.
static bool find_loss(const cav_history *history, size_t number, int64_t milestone,
                      double *ret_loss)
{
    while (history->parents[number] >= 0 && history->parent_steps[number] >= milestone)
        number = (size_t)history->parents[number];
    const cav_curve *curve = &history->curves[number];
    size_t low = 0, high = curve->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (curve->steps[middle] < milestone)
            low = middle + 1;
        else
            high = middle;
    }
    caviar_state state = (caviar_state)history->states[number];
    if (low == curve->count && !cav_state_is_final(state))
        return false;
    double loss = INFINITY;
    if (low < curve->count)
        loss = curve->losses[low * history->metric_count];
    else if (state == CAVIAR_STATE_COMPLETE)
        loss = history->losses[number * history->metric_count];
    *ret_loss = isnan(loss) ? (double)INFINITY : loss;
    return true;
}

// The first checkpoint of a trial within an interval from the milestone on; -1: it has none.
static int64_t find_checkpoint(const cav_history *history, size_t number, int64_t milestone,
                               int64_t interval)
{
    const char *kept = history->checkpoints[number];
    int64_t reached = history->steps[number];
    if (!(history->cans[number] & CAVIAR_CAN_RESTORE) || reached < milestone)
        return -1;
    if (!cav_checkpoints_are_known(kept))
        return milestone;
    int64_t end = milestone + interval;
    return cav_checkpoints_find(kept, milestone, end <= reached ? end : reached + 1);
}

// ---- A ranking --------------------------------------------------------------------------------

static bool fill_losses(cav_population *at, const cav_history *history, int64_t milestone)
{
    for (size_t i = 0; i < at->place_count; i++) {
        cav_place *place = &at->places[i];
        if (place->is_lost)
            place->loss = INFINITY;
        else if (!find_loss(history, place->trial, milestone, &place->loss))
            return false;
    }
    return true;
}

// By loss; places of the same loss in their order.
static void rank(cav_population *at)
{
    for (size_t i = 0; i < at->place_count; i++) {
        size_t to = i;
        for (; to > 0 && at->places[at->order[to - 1]].loss > at->places[i].loss; to--)
            at->order[to] = at->order[to - 1];
        at->order[to] = i;
    }
    for (size_t i = 0; i < at->place_count; i++)
        at->places[at->order[i]].rank = i;
}

// How many places are lost, and how many are copied.
static size_t turnover(const cav_populations *populations, const cav_population *at)
{
    size_t share = (size_t)(populations->setup.quantile * (double)at->place_count);
    return at->place_count < 2 ? 0 : share > 0 ? share : 1;
}

// Those that came to a bad end lose their places whatever their rank. One that went on to its end
// meanwhile loses its place, too: else it would matter who came first. Its result stays.
static bool loses(const cav_populations *populations, const cav_population *at, size_t index)
{
    const cav_place *place = &at->places[index];
    bool is_late = place->rank >= at->place_count - turnover(populations, at);
    return (is_late || isinf(place->loss)) && place->loss > at->places[at->order[0]].loss;
}

// One of the first in the ranking: whom the copy in a place is of.
static size_t draw_parent(const cav_populations *populations, const cav_population *at,
                          size_t index, int64_t milestone)
{
    cav_random random =
        cav_populations_draw(populations, at->index, index, milestone, CAV_DRAW_PARENT);
    size_t among = turnover(populations, at);
    while (among > 1 && isinf(at->places[at->order[among - 1]].loss))
        among--;
    return at->places[at->order[cav_random_below(&random, among > 0 ? among : 1)]].trial;
}

// The copy of a parent at a milestone that follows so many others; SIZE_MAX: it is not there.
static size_t find_copy(const cav_populations *populations, const cav_history *history,
                        const cav_copy *wanted, size_t others)
{
    int64_t interval = populations->setup.interval;
    for (size_t i = 0; i < populations->copy_count; i++) {
        size_t number = populations->copies[i];
        bool fits = (size_t)history->parents[number] == wanted->parent &&
                    history->parent_steps[number] / interval * interval == wanted->milestone;
        if (fits && others-- == 0)
            return number;
    }
    return SIZE_MAX;
}

static bool lose(cav_population *at, cav_place *place)
{
    return place->is_lost || push(&at->lost, &at->lost_count, &at->lost_capacity, place->trial);
}

// Puts the copies into the places that are lost at a milestone; keeps the first that is missing.
static bool replace(const cav_populations *populations, const cav_history *history,
                    cav_population *at, int64_t milestone)
{
    for (size_t i = 0; i < at->place_count; i++)
        at->places[i].parent = SIZE_MAX;
    for (size_t i = 0; i < at->place_count; i++) {
        if (!loses(populations, at, i))
            continue;
        cav_place *place = &at->places[i];
        cav_copy copy = {.place = i,
                         .loser = place->trial,
                         .parent = draw_parent(populations, at, i, milestone),
                         .milestone = milestone};
        size_t others = 0;
        for (size_t k = 0; k < i; k++)
            others += at->places[k].parent == copy.parent;
        size_t number = find_copy(populations, history, &copy, others);
        copy.step = find_checkpoint(history, copy.parent, milestone, populations->setup.interval);
        if (!lose(at, place))
            return false;
        if (number == SIZE_MAX && copy.step > 0 && at->next.parent == SIZE_MAX)
            at->next = copy;
        place->is_lost = number == SIZE_MAX;
        place->trial = number == SIZE_MAX ? place->trial : number;
        place->parent = number == SIZE_MAX ? SIZE_MAX : copy.parent;
    }
    return true;
}

// ---- The course -------------------------------------------------------------------------------

static bool begin(const cav_populations *populations, const cav_history *history, size_t index,
                  cav_population *at)
{
    size_t size = populations->setup.size, first = index * size;
    int64_t budget = populations->setup.trial_budget;
    int64_t counted = (int64_t)(history->count - history->uncounted_count);
    size_t count = populations->member_count - first;
    at->index = index;
    at->is_full = count >= size || (budget > 0 && counted >= budget);
    at->place_count = count < size ? count : size;
    at->decided = 0;
    at->next.parent = SIZE_MAX;
    at->lost_count = 0;
    if (!CAV_GROW(&at->places, &at->place_capacity, at->place_count) ||
        !CAV_GROW(&at->order, &at->order_capacity, at->place_count))
        return false;
    for (size_t i = 0; i < at->place_count; i++)
        at->places[i] = (cav_place){.trial = populations->members[first + i]};
    return true;
}

static int64_t furthest(const cav_population *at, const cav_history *history)
{
    int64_t step = 0;
    for (size_t i = 0; i < at->place_count; i++)
        if (history->steps[at->places[i].trial] > step)
            step = history->steps[at->places[i].trial];
    return step;
}

caviar_code cav_populations_follow(const cav_populations *populations, const cav_history *history,
                                   size_t index, cav_population *population, cav_error *error)
{
    const cav_populations_setup *setup = &populations->setup;
    if (!begin(populations, history, index, population))
        return cav_fail_memory(error);
    for (int64_t milestone = setup->interval; population->is_full; milestone += setup->interval) {
        bool is_beyond = milestone > furthest(population, history) ||
                         (setup->last > 0 && milestone >= setup->last);
        if (is_beyond || !fill_losses(population, history, milestone))
            break;
        rank(population);
        if (!replace(populations, history, population, milestone))
            return cav_fail_memory(error);
        if (population->next.parent != SIZE_MAX)
            break;
        population->decided = milestone;
    }
    return CAVIAR_OK;
}

bool cav_population_has_lost(const cav_population *population, size_t trial)
{
    for (size_t i = 0; i < population->lost_count; i++)
        if (population->lost[i] == trial)
            return true;
    return false;
}

bool cav_population_waits(const cav_population *population, const cav_history *history,
                          int64_t milestone)
{
    for (size_t i = 0; i < population->place_count; i++) {
        const cav_place *place = &population->places[i];
        bool stands = cav_history_may_resume(history, place->trial) ||
                      history->states[place->trial] == CAVIAR_STATE_WAITING;
        if (stands && !place->is_lost && history->steps[place->trial] < milestone)
            return true;
    }
    return population->next.parent != SIZE_MAX || !population->is_full;
}

bool cav_population_is_over(const cav_population *population, const cav_history *history)
{
    for (size_t i = 0; i < population->place_count; i++) {
        const cav_place *place = &population->places[i];
        if (!place->is_lost && !cav_state_is_final((caviar_state)history->states[place->trial]))
            return false;
    }
    return population->is_full && population->next.parent == SIZE_MAX;
}
