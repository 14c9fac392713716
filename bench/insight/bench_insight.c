/**
 * bench_insight.c: how long importance takes, and what it says, on trials from standard input.
 *
 *     bench_insight METHOD < trials     METHOD: ped-anova, fanova, shapley, or fanova-pairs
 *
 * The first line is "TRIALS PARAMETERS"; each other line is a trial: its coordinates in [0, 1] and
 * its loss. Prints a JSON object with the seconds of processor time and the shares.
 */
#include "insight/measurement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_PARAMETERS = 64 };

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec + 1e-9 * (double)at.tv_nsec;
}

static void need(bool fine, const char *what)
{
    if (fine)
        return;
    fprintf(stderr, "bench_insight: %s\n", what);
    exit(1);
}

static caviar_space *make_space(size_t count)
{
    caviar_space *space = caviar_space_new();
    need(space != NULL, "out of memory");
    for (size_t i = 0; i < count; i++) {
        char name[16];
        snprintf(name, sizeof name, "x%zu", i);
        need(!caviar_space_add(space, &(caviar_parameter){.name = name, .high = 1}), "space");
    }
    return space;
}

static cav_history *read_trials(const caviar_space *space, size_t count)
{
    static const bool maximize[1];
    cav_error error = {0};
    cav_history *history = cav_history_new(space->count, space->dim_count, 1, maximize);
    need(history != NULL, "out of memory");
    for (size_t i = 0; i < count; i++) {
        double raw[MOST_PARAMETERS], point[MOST_PARAMETERS], value;
        for (size_t p = 0; p < space->count; p++)
            need(scanf("%lf", &raw[p]) == 1, "a coordinate is missing");
        need(scanf("%lf", &value) == 1, "a loss is missing");
        cav_space_encode(space, raw, point);
        cav_record record = {.number = (int64_t)i,
                             .attempt = 1,
                             .state = CAVIAR_STATE_COMPLETE,
                             .raw = raw,
                             .values = &value,
                             .step = -1};
        need(!cav_history_put(history, &record, point, &error), error.message);
    }
    return history;
}

int main(int argc, char **argv)
{
    size_t trials = 0, parameters = 0;
    need(argc == 2, "usage: bench_insight METHOD < trials");
    need(scanf("%zu %zu", &trials, &parameters) == 2 && parameters <= MOST_PARAMETERS,
         "the first line is TRIALS PARAMETERS");
    cav_error error = {0};
    caviar_space *space = make_space(parameters);
    cav_history *history = read_trials(space, trials);
    cav_measurement_setup setup = {.space = space, .history = history, .seed = 1};
    setup.with_pairs = strcmp(argv[1], "fanova-pairs") == 0;
    const char *word = setup.with_pairs ? "fanova" : argv[1];
    need(!cav_method_find(word, &setup.method, &error), error.message);
    cav_arena *arena = cav_arena_new();
    cav_measurement what;
    double start = now();
    need(arena && !cav_measurement_make(&setup, arena, &what, &error), error.message);
    double took = now() - start;
    cav_text text = {0};
    cav_json json = {.text = &text};
    cav_json_begin_object(&json);
    cav_json_add_number(&json, "seconds", took);
    cav_json_key(&json, "measurement");
    cav_measurement_write(&what, "loss", &json);
    cav_json_end_object(&json);
    puts(cav_text_get(&text));
    cav_text_free(&text);
    cav_arena_free(arena);
    cav_history_free(history);
    caviar_space_free(space);
    return 0;
}
