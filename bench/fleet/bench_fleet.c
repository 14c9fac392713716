/**
 * bench_fleet.c: how many reports a second the schedulers judge.
 *
 * A fleet of workers, simulated (tests/support/fleet.h), with the real history and the real
 * schedulers: each report is kept and judged, trials pause, come back and end. In process CPU time,
 * with all that the simulation itself costs. Then the cost of a verdict at the end of a study of
 * 1,000 trials of up to 50 steps.
 *
 *     bench_fleet [WORKERS [REPORTS]]     10,000 workers and a million reports
 */
#include "support/fleet.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { STEPS = 50, TRIALS = 1000 };

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec + 1e-9 * (double)at.tv_nsec;
}

static double loss_of(double x, int64_t step)
{
    double wobble = 0.01 * sin(1e4 * x + 2 * (double)step);
    return x + (0.5 + fmod(97 * x, 1)) / pow((double)step, 0.3 + fmod(53 * x, 1)) + wobble;
}

static test_fleet *make(const char *scheduler, size_t workers, size_t trials)
{
    cav_error error = {0};
    fleet_options options = {.scheduler = scheduler,
                             .workers = workers,
                             .trials = trials,
                             .step_max = STEPS,
                             .seed = 1,
                             .loss = loss_of};
    test_fleet *fleet = fleet_new(&options, &error);
    if (fleet)
        return fleet;
    fprintf(stderr, "bench_fleet: %s\n", error.message);
    exit(1);
}

static void run_fleet(const char *scheduler, size_t workers, size_t reports)
{
    test_fleet *fleet = make(scheduler, workers, reports);
    double start = now();
    while (fleet->report_count < reports && fleet_turn(fleet))
        continue;
    double took = now() - start;
    printf("%-12s %zu workers, %zu trials, %zu reports, %zu pauses, %zu stops: %.2f s, "
           "%.0f reports a second\n",
           scheduler, workers, fleet->history->count, fleet->report_count, fleet->pause_count,
           fleet->stop_count, took, (double)fleet->report_count / took);
    fleet_free(fleet);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Turns of the simulation in a study that grows to TRIALS trials; the latter half is timed.
static void time_verdicts(const char *scheduler)
{
    enum { MOST = TRIALS * STEPS };
    static double times[MOST];
    test_fleet *fleet = make(scheduler, 4, TRIALS);
    size_t count = 0;
    double start = now();
    while (fleet->history->count < TRIALS && fleet_turn(fleet)) {
        double end = now();
        if (fleet->history->count > TRIALS / 2 && count < MOST)
            times[count++] = end - start;
        start = now();
    }
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += times[i];
    qsort(times, count, sizeof *times, by_size);
    printf("%-12s at %d to %d trials of %d steps (%zu reports): mean %.1f us, median %.1f, 99%% "
           "%.1f, most %.1f\n",
           scheduler, TRIALS / 2, TRIALS, STEPS, fleet->report_count, 1e6 * sum / (double)count,
           1e6 * times[count / 2], 1e6 * times[count * 99 / 100], 1e6 * times[count - 1]);
    fleet_free(fleet);
}

int main(int argc, char **argv)
{
    size_t workers = argc > 1 ? (size_t)atol(argv[1]) : 10000;
    size_t reports = argc > 2 ? (size_t)atol(argv[2]) : 1000000;
    static const char *const fleets[] = {"asha", "hyperband"};
    for (size_t i = 0; i < sizeof fleets / sizeof fleets[0]; i++)
        run_fleet(fleets[i], workers, reports);
    for (size_t i = 0; i < cav_scheduler_count; i++)
        time_verdicts(cav_schedulers[i]->name);
    return 0;
}
