/**
 * fuzz_sampler.c: any sampler, any space, any history. What it suggests is in bounds and finite,
 * and depends on nothing but the history: a sampler that has followed it from its beginning and was
 * asked all the way gives, bit for bit, what one gives that comes to it late.
 *
 * The first bytes choose sampler, space and study; then each byte is a thing that happens (a trial
 * of some state, a report, a question), with the bytes that it needs.
 */
#include "support/random_space.h"

#include "base/memory.h"
#include "search/sampler.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { MOST_PARAMETERS = 6, MOST_EVENTS = 40, MOST_QUESTIONS = 8, MOST_ATTEMPTS = 3 };

typedef struct input {
    const uint8_t *at, *end;
} input;

typedef struct world {
    input from;
    cav_random random;
    cav_space *space;
    cav_history *history;
    cav_sampler_setup setup;
    const cav_sampler_type *type;
    bool maximize[2];
    size_t questions;
} world;

static uint8_t take_byte(input *from)
{
    return from->at < from->end ? *from->at++ : 0;
}

// Any double; with few bytes left a small number.
static double take_double(input *from)
{
    double value = 0;
    if (from->end - from->at < (ptrdiff_t)sizeof value)
        return take_byte(from) / 16.0;
    memcpy(&value, from->at, sizeof value);
    from->at += sizeof value;
    return value;
}

static double take_finite(input *from)
{
    double value = take_double(from);
    return isfinite(value) ? value : 1;
}

// Models need not think hard: what is promised does not depend on it.
static caviar_code open_sampler(const world *at, cav_sampler *ret_sampler, cav_error *error)
{
    static const cav_option_value quick[] = {{"effort", "0", ""}, {"trials", "8", ""}};
    bool is_model = strcmp(at->type->name, "gp") == 0 || strcmp(at->type->name, "auto") == 0;
    return cav_sampler_open(ret_sampler, at->type->name, quick, is_model ? 2 : 0, &at->setup,
                            error);
}

static void draw(world *at, double *ret_raw, double *ret_point)
{
    double point[MOST_PARAMETERS];
    random_point(&at->random, at->space, point);
    cav_space_decode(at->space, point, ret_raw, ret_point);
}

static void put(world *at, int64_t number, caviar_state state, const double *raw,
                const double *point)
{
    double values[2] = {NAN, NAN};
    cav_error error;
    if (state == CAVIAR_STATE_COMPLETE || state == CAVIAR_STATE_PRUNED)
        for (size_t m = 0; m < at->setup.metric_count; m++)
            values[m] = take_finite(&at->from);
    cav_record record = {
        .number = number, .attempt = 1, .state = state, .raw = raw, .values = values, .step = -1};
    if (cav_history_put(at->history, &record, point, &error))
        abort();
}

static void add_trial(world *at, uint8_t choice)
{
    static const caviar_state states[] = {
        CAVIAR_STATE_COMPLETE, CAVIAR_STATE_COMPLETE, CAVIAR_STATE_COMPLETE, CAVIAR_STATE_RUNNING,
        CAVIAR_STATE_PRUNED,   CAVIAR_STATE_FAILED,   CAVIAR_STATE_WAITING,  CAVIAR_STATE_PAUSED};
    double raw[MOST_PARAMETERS], point[MOST_PARAMETERS];
    draw(at, raw, point);
    put(at, (int64_t)at->history->count, states[choice % CAV_COUNT_OF(states)], raw, point);
}

// One of the running trials; SIZE_MAX where there is none.
static size_t choose_running(world *at)
{
    const cav_history *history = at->history;
    uint8_t first = take_byte(&at->from);
    for (size_t i = 0; i < history->open_count; i++) {
        size_t number = history->open[(first + i) % history->open_count];
        if (history->states[number] == CAVIAR_STATE_RUNNING)
            return number;
    }
    return SIZE_MAX;
}

static void report(world *at)
{
    double values[2];
    cav_error error;
    size_t number = choose_running(at);
    int64_t step = take_byte(&at->from) % 32;
    for (size_t m = 0; m < 2; m++)
        values[m] = take_double(&at->from);
    if (number != SIZE_MAX && cav_history_report(at->history, number, step, values, &error))
        abort();
}

static void finish(world *at, caviar_state state)
{
    double raw[MOST_PARAMETERS], point[MOST_PARAMETERS];
    size_t number = choose_running(at);
    if (number == SIZE_MAX)
        return;
    memcpy(raw, at->history->raw + number * at->space->count, at->space->count * sizeof *raw);
    memcpy(point, at->history->points + number * at->space->dim_count,
           at->space->dim_count * sizeof *point);
    put(at, (int64_t)number, state, raw, point);
}

// True where the study would take the point: it is feasible, and was not tried.
static bool expect_point(const world *at, const double *point)
{
    double raw[MOST_PARAMETERS], own[MOST_PARAMETERS];
    cav_space_decode(at->space, point, raw, own);
    for (size_t d = 0; d < at->space->dim_count; d++) // what is inactive may be anything
        if (!isnan(own[d]) && !(point[d] >= 0 && point[d] <= 1))
            abort();
    return cav_space_is_feasible(at->space, raw) && cav_history_find(at->history, own) == SIZE_MAX;
}

// Asks as a study does: again while the point is refused. False where there is no further point.
static bool ask(const world *at, cav_sampler *sampler, double *ret_point)
{
    cav_error error = {0};
    cav_suggest suggest = {.number = at->history->count};
    for (; suggest.attempt < MOST_ATTEMPTS; suggest.attempt++) {
        caviar_code code =
            sampler->type->suggest(sampler->state, at->history, &suggest, ret_point, &error);
        if (code && code != CAVIAR_DONE)
            abort();
        if (code)
            return false;
        if (expect_point(at, ret_point))
            return true;
    }
    return true;
}

// One that comes late, and has seen nothing before, suggests the same.
static void ask_both(const world *at, cav_sampler *old)
{
    double first[MOST_PARAMETERS] = {0}, second[MOST_PARAMETERS] = {0};
    cav_error error;
    cav_sampler late;
    if (open_sampler(at, &late, &error))
        abort();
    bool found = ask(at, old, first);
    if (ask(at, &late, second) != found)
        abort();
    if (found && memcmp(first, second, at->space->dim_count * sizeof *first) != 0)
        abort();
    cav_sampler_close(&late);
}

static void happen(world *at, cav_sampler *sampler)
{
    double point[MOST_PARAMETERS];
    uint8_t event = take_byte(&at->from);
    if (event % 4 == 0)
        add_trial(at, event / 4);
    else if (event % 4 == 1)
        finish(at, event & 4 ? CAVIAR_STATE_PRUNED : CAVIAR_STATE_COMPLETE);
    else if (event % 4 == 2)
        report(at);
    else if (at->questions++ < MOST_QUESTIONS)
        ask(at, sampler, point);
}

static void live(world *at)
{
    cav_sampler sampler;
    cav_error error = {0};
    caviar_code code = open_sampler(at, &sampler, &error);
    if (code == CAVIAR_INVALID) // it may refuse a space
        return;
    if (code)
        abort();
    for (size_t i = 0; i < MOST_EVENTS && at->from.at < at->from.end; i++)
        happen(at, &sampler);
    ask_both(at, &sampler);
    cav_sampler_close(&sampler);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    world at = {.from = {bytes, bytes + size}};
    at.type = cav_samplers[take_byte(&at.from) % cav_sampler_count];
    uint8_t study = take_byte(&at.from);
    at.random = cav_random_stream(take_byte(&at.from), take_byte(&at.from), CAV_PURPOSE_TEST, 0);
    at.space =
        random_space_new(&at.random, MOST_PARAMETERS, (random_limits){.ordinary = study & 1});
    at.maximize[0] = study & 2;
    at.setup = (cav_sampler_setup){.space = at.space,
                                   .seed = take_byte(&at.from),
                                   .trial_budget = study & 4 ? 20 : 0,
                                   .step_max = study & 8 ? 32 : 0,
                                   .stops_early = study & 16,
                                   .parallel = study & 32 ? 4 : 0,
                                   .metric_count = study & 64 && !at.type->one_metric ? 2 : 1};
    at.history =
        cav_history_new(at.space->count, at.space->dim_count, at.setup.metric_count, at.maximize);
    if (!at.history)
        abort();
    live(&at);
    cav_history_free(at.history);
    caviar_space_free(at.space);
    return 0;
}
