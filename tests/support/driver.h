/**
 * driver.h: the smallest tuner: a space, a sampler and a history, for tests of samplers.
 *
 * It does what a study does around a sampler and nothing else: it refuses points that break a
 * constraint or were tried before, asks again, and in a finite space looks for the last points
 * itself.
 */
#ifndef CAV_TESTS_SUPPORT_DRIVER_H
#define CAV_TESTS_SUPPORT_DRIVER_H

#include "search/sampler.h"

/** How a driver is made. What is zero takes its default. */
typedef struct driver_options {
    cav_space *space;    // borrowed
    const char *sampler; // by name
    const cav_option_value *options;
    size_t option_count;
    uint64_t seed;
    int64_t budget;
    size_t metric_count;             // 0: one
    int64_t step_max;                // above 0 a scheduler stops trials before that
    const cav_earlier_list *earlier; // studies to learn from, borrowed
} driver_options;

typedef struct test_driver {
    cav_space *space;
    cav_sampler sampler;
    cav_history *history;
    uint64_t seed;
    double *point, *raw;  // of the trial that was asked for last
    size_t suggest_count; // calls of the sampler, all in all
    size_t walk_count;    // trials that the sampler had no point for
} test_driver;

/** Opens the sampler. NULL, and the error, if it refuses the space or the options. */
test_driver *driver_new(const driver_options *options, cav_error *error);
void driver_free(test_driver *driver);

/**
 * Makes a new running trial; its point and configuration are then in driver->point and ->raw.
 * Fails the test for a coordinate out of [0, 1] or a configuration that the space does not allow.
 * CAVIAR_DONE when there is no further one.
 */
caviar_code driver_ask(test_driver *driver, size_t *ret_number);

/** Ends a trial: complete with values [metric count] to be minimised, or failed where NULL. */
void driver_tell(test_driver *driver, size_t number, const double *values);

/** The same for one metric. */
void driver_tell_loss(test_driver *driver, size_t number, double loss);

/** Reports steps `from` to `to` of a trial, whose loss falls to that of driver_loss. */
void driver_report(test_driver *driver, size_t number, int64_t from, int64_t to);

/** Pauses a trial. */
void driver_pause(test_driver *driver, size_t number);

/** Asks and tells so many trials, with the loss of driver_loss; false if the space ran out. */
bool driver_run(test_driver *driver, size_t trials);

/** A loss to feed back: least at 0.3 in every coordinate, the first ones matter more. */
double driver_loss(const test_driver *driver, const double *point);

#endif
