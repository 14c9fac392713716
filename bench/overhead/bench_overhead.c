/**
 * bench_overhead.c: what Caviar itself costs, measured through its C interface, and what the
 * machine allows at best. overhead.py runs it and makes tables of it; each line that it prints is
 * one JSON object.
 *
 *     bench_overhead api SAMPLER TRIALS...   ask and tell, memory store, at so many trials
 *     bench_overhead fill FILE TRIALS        makes a store of so many complete trials
 *     bench_overhead open FILE               opens it
 *     bench_overhead sync FOLDER COUNT       so many small writes, each of them synced
 *     bench_overhead fork COUNT PROGRAM...   runs a program so many times, two at a time
 */
#include "caviar.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { WINDOW = 500 }; // trials that one figure is the mean of

static double read_clock(clockid_t clock)
{
    struct timespec at;
    clock_gettime(clock, &at);
    return (double)at.tv_sec + 1e-9 * (double)at.tv_nsec;
}

static double now(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

// Where nothing is waited for, processor time: what else the machine does does not count.
static double worked(void)
{
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

static void need(caviar_code code, const char *message)
{
    if (code) {
        fprintf(stderr, "bench_overhead: %s\n", message);
        exit(1);
    }
}

static caviar_space *make_space(void)
{
    static const caviar_value acts[] = {{.kind = CAVIAR_KIND_TEXT, .text = "relu"},
                                        {.kind = CAVIAR_KIND_TEXT, .text = "tanh"},
                                        {.kind = CAVIAR_KIND_TEXT, .text = "elu"}};
    const caviar_parameter parameters[] = {
        {.name = "lr", .scale = CAVIAR_SCALE_LOG, .low = 1e-5, .high = 1e-1},
        {.name = "wd", .scale = CAVIAR_SCALE_LOG, .low = 1e-6, .high = 1e-1},
        {.name = "drop", .high = 0.9},
        {.name = "layers", .type = CAVIAR_TYPE_INT, .low = 1, .high = 8},
        {.name = "act", .type = CAVIAR_TYPE_CATEGORICAL, .choices = acts, .choice_count = 3}};
    caviar_space *space = caviar_space_new();
    for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++)
        need(caviar_space_add(space, &parameters[i]), caviar_space_message(space));
    return space;
}

static caviar_study *open_study(const char *store, const char *sampler, const caviar_space *space)
{
    caviar_study *study;
    caviar_study_options options = {
        .store = store, .sampler = sampler, .space = space, .seed = 1, .durability_normal = true};
    need(caviar_study_open(&options, &study), caviar_study_message(study));
    return study;
}

static void run_trials(caviar_study *study, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        caviar_trial *trial;
        need(caviar_study_ask(study, &trial), caviar_study_message(study));
        double drop = caviar_trial_real(trial, "drop"), value = (drop - 0.3) * (drop - 0.3);
        need(caviar_trial_tell_value(trial, value), caviar_trial_message(trial));
        caviar_trial_free(trial);
    }
}

static void measure_api(const char *sampler, char **counts)
{
    caviar_space *space = make_space();
    caviar_study *study = open_study(NULL, sampler, space);
    int64_t done = 0;
    for (; *counts; counts++) {
        int64_t count = strtoll(*counts, NULL, 10), window = count < WINDOW ? count / 2 : WINDOW;
        run_trials(study, count - window - done);
        double start = worked();
        run_trials(study, window);
        double each = (worked() - start) / (double)window;
        printf("{\"trials\": %lld, \"us\": %.3f}\n", (long long)count, each * 1e6);
        fflush(stdout);
        done = count;
    }
    caviar_study_close(study);
    caviar_space_free(space);
}

static void fill(const char *path, const char *count)
{
    caviar_space *space = make_space();
    caviar_study *study = open_study(path, "random", space);
    double start = now();
    run_trials(study, strtoll(count, NULL, 10));
    printf("{\"seconds\": %.3f}\n", now() - start);
    caviar_study_close(study);
    caviar_space_free(space);
}

static void measure_open(const char *path)
{
    double start = now(), start_work = worked();
    caviar_study *study = open_study(path, NULL, NULL);
    long long count = caviar_study_trial_count(study);
    printf("{\"trials\": %lld, \"seconds\": %.4f, \"cpu\": %.4f}\n", count, now() - start,
           worked() - start_work);
    caviar_study_close(study);
}

static void measure_sync(const char *folder, long count)
{
    char path[4096], page[4096] = {0};
    snprintf(path, sizeof path, "%s/sync", folder);
    int file = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    double start = now();
    for (long i = 0; i < count; i++)
        if (file < 0 || write(file, page, sizeof page) < 0 || fdatasync(file))
            need(CAVIAR_IO, "cannot write");
    printf("{\"a_second\": %.1f}\n", (double)count / (now() - start));
    close(file);
    unlink(path);
}

static void measure_fork(long count, char **program)
{
    double start = now();
    for (long started = 0, running = 0; started < count || running > 0;) {
        pid_t child;
        if (started < count && running < 2) {
            if (posix_spawnp(&child, program[0], NULL, NULL, program, environ))
                need(CAVIAR_IO, "cannot start the program");
            started++;
            running++;
        } else {
            wait(NULL);
            running--;
        }
    }
    printf("{\"a_second\": %.1f}\n", (double)count / (now() - start));
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "api") == 0 && argc > 3)
        measure_api(argv[2], argv + 3);
    else if (strcmp(what, "fill") == 0 && argc == 4)
        fill(argv[2], argv[3]);
    else if (strcmp(what, "open") == 0 && argc == 3)
        measure_open(argv[2]);
    else if (strcmp(what, "sync") == 0 && argc == 4)
        measure_sync(argv[2], strtol(argv[3], NULL, 10));
    else if (strcmp(what, "fork") == 0 && argc > 3)
        measure_fork(strtol(argv[2], NULL, 10), argv + 3);
    else
        need(CAVIAR_INVALID, "see the head of bench_overhead.c for how it is called");
    return 0;
}
