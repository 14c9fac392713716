/**
 * fleet.h: simulated workers around a scheduler and a history, for tests and measurements.
 *
 * It does what a study does around a scheduler and nothing else: hands out bred, paused and new
 * trials, keeps their reports, obeys the verdicts, and gives up at the end what was not resumed.
 * Which worker reports next is drawn, so that trials are at different steps and end in any order.
 */
#ifndef CAV_TESTS_SUPPORT_FLEET_H
#define CAV_TESTS_SUPPORT_FLEET_H

#include "base/random.h"
#include "schedule/scheduler.h"

/** The loss of a trial whose parameter is x, at a step. NaN: the trial fails as not finite. */
typedef double fleet_loss(double x, int64_t step);

/** How a fleet is made. What is zero takes its default. */
typedef struct fleet_options {
    const char *scheduler; // by name
    const cav_option_value *options;
    size_t option_count;
    size_t workers;                     // 0: one
    size_t trials;                      // how many there may be
    int64_t step_min, step_max, stride; // stride: steps from report to report; 0: one
    int64_t step_budget;                // steps of all trials together; 0: no end
    bool irregular;                     // the stride varies from report to report
    bool no_pause;                      // the trials cannot pause
    uint64_t seed;
    fleet_loss *loss;
    bool has_witness; // another scheduler, made anew now and then, must give the same verdicts
} fleet_options;

typedef struct test_fleet {
    fleet_options options;
    cav_space *space;
    cav_history *history;
    cav_scheduler scheduler;
    cav_random random;
    double *xs; // [history->count] the trials' parameter, at the end of their schedule
    size_t x_capacity;
    size_t *busy; // [busy_count] trials that run
    size_t busy_count, report_count, pause_count, stop_count, resume_count;
    size_t bred_count, nudge_count; // trials made from others, and the nudges of these
    size_t disagreements;           // with the witness
} test_fleet;

/** NULL, and the error, if the scheduler refuses its options. */
test_fleet *fleet_new(const fleet_options *options, cav_error *error);
void fleet_free(test_fleet *fleet);

/** Hands out trials to all idle workers, and lets one worker report. False when all is over. */
bool fleet_turn(test_fleet *fleet);

/** Turns to the end. */
void fleet_run(test_fleet *fleet);

/** The trial with the least x. */
size_t fleet_best(const test_fleet *fleet);

#endif
