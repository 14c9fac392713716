/**
 * trials.c: trials for what looks at histories.
 */
#include "support/trials.h"

#include "support/test.h"

#include <math.h>

void trials_init(trials *at, const caviar_parameter *parameters, size_t count, uint64_t seed)
{
    *at = (trials){.space = caviar_space_new(),
                   .random = cav_random_stream(seed, 0, CAV_PURPOSE_TEST, 0)};
    assert_non_null(at->space);
    for (size_t i = 0; i < count; i++)
        assert_ok(cav_space_add(at->space, &parameters[i], &at->space->error), &at->space->error);
}

void trials_init_floats(trials *at, size_t count, uint64_t seed)
{
    static const char *const names[TRIALS_MOST_PARAMETERS] = {"x0", "x1", "x2", "x3", "x4",  "x5",
                                                              "x6", "x7", "x8", "x9", "x10", "x11"};
    caviar_parameter parameters[TRIALS_MOST_PARAMETERS] = {0};
    for (size_t i = 0; i < count; i++)
        parameters[i] = (caviar_parameter){.name = names[i], .high = 1};
    trials_init(at, parameters, count, seed);
}

void trials_free(trials *at)
{
    cav_history_free(at->history);
    caviar_space_free(at->space);
}

void trials_put_at(cav_history *history, const double *raw, const double *point, double value,
                   caviar_state state)
{
    cav_error error = {0};
    double values[2] = {value, NAN};
    cav_record record = {.number = (int64_t)history->count,
                         .attempt = 1,
                         .state = state,
                         .raw = raw,
                         .values = values,
                         .step = -1};
    assert_ok(cav_history_put(history, &record, point, &error), &error);
}

void trials_put(trials *at, const double *raw, double value, caviar_state state)
{
    double point[TRIALS_MOST_PARAMETERS];
    if (!at->history)
        at->history = cav_history_new(at->space->count, at->space->dim_count, 1, at->maximize);
    assert_non_null(at->history);
    cav_space_encode(at->space, raw, point);
    trials_put_at(at->history, raw, point, value, state);
}

void trials_draw(trials *at, double *ret_raw)
{
    double point[TRIALS_MOST_PARAMETERS];
    for (size_t i = 0; i < at->space->dim_count; i++)
        point[i] = cav_random_unit(&at->random);
    cav_space_decode(at->space, point, ret_raw, point);
}

void trials_fill(trials *at, size_t count, trials_value *value)
{
    double raw[TRIALS_MOST_PARAMETERS];
    for (size_t i = 0; i < count; i++) {
        trials_draw(at, raw);
        trials_put(at, raw, value(raw, &at->random), CAVIAR_STATE_COMPLETE);
    }
}
