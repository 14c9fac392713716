/**
 * driver.c: asking, refusing and telling, as src/study does it but without a store.
 */
#include "support/test.h"

#include "support/driver.h"

#include "base/random.h"
#include "space/walk.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_ATTEMPTS = 200, MOST_METRICS = 4 };

static const bool minimize[MOST_METRICS];

test_driver *driver_new(const driver_options *options, cav_error *error)
{
    size_t metrics = options->metric_count ? options->metric_count : 1;
    test_driver *driver = calloc(1, sizeof *driver);
    assert_non_null(driver);
    driver->space = options->space;
    driver->seed = options->seed;
    cav_sampler_setup setup = {.space = options->space,
                               .seed = options->seed,
                               .trial_budget = options->budget,
                               .step_max = options->step_max,
                               .stops_early = options->step_max > 0,
                               .metric_count = metrics,
                               .earlier = options->earlier};
    if (cav_sampler_open(&driver->sampler, options->sampler, options->options,
                         options->option_count, &setup, error)) {
        free(driver);
        return NULL;
    }
    driver->history =
        cav_history_new(driver->space->count, driver->space->dim_count, metrics, minimize);
    driver->point = calloc(driver->space->dim_count + 1, sizeof(double));
    driver->raw = calloc(driver->space->count + 1, sizeof(double));
    assert_true(driver->history && driver->point && driver->raw);
    return driver;
}

void driver_free(test_driver *driver)
{
    if (!driver)
        return;
    cav_sampler_close(&driver->sampler);
    cav_history_free(driver->history);
    free(driver->point);
    free(driver->raw);
    free(driver);
}

static void check_point(const test_driver *driver, const double *suggested)
{
    cav_error error = {0};
    for (size_t dim = 0; dim < driver->space->dim_count; dim++)
        if (!isnan(driver->point[dim]) && !(suggested[dim] >= 0 && suggested[dim] <= 1))
            fail_msg("%s: coordinate %zu is %g", driver->sampler.type->name, dim, suggested[dim]);
    caviar_code code = cav_space_check(driver->space, driver->raw, &error);
    if (code && cav_space_is_feasible(driver->space, driver->raw)) // constraints come later
        fail_msg("%s: %s", driver->sampler.type->name, error.message);
}

static bool is_usable(const test_driver *driver)
{
    bool distinct = cav_space_is_finite(driver->space) || driver->sampler.type->is_distinct;
    return cav_space_is_feasible(driver->space, driver->raw) &&
           !(distinct && cav_history_find(driver->history, driver->point) != SIZE_MAX);
}

// Goes round the whole space from a place of the trial's own.
static caviar_code walk_to_unseen(test_driver *driver, uint64_t number)
{
    cav_walk *walk = cav_walk_new(driver->space, 0);
    size_t dims = driver->space->dim_count;
    uint64_t *start = calloc(dims + 1, sizeof *start);
    assert_true(walk && start);
    cav_random random = cav_random_stream(driver->seed, number, CAV_PURPOSE_ENUMERATE, 0);
    for (size_t dim = 0; dim < dims; dim++)
        start[dim] = cav_random_u64(&random);
    cav_walk_seek(walk, start);
    bool found = false;
    for (int laps = 0; laps < 2 && !found; laps += !cav_walk_next(walk) && cav_walk_next(walk)) {
        memcpy(driver->point, walk->point, dims * sizeof(double));
        memcpy(driver->raw, walk->raw, driver->space->count * sizeof(double));
        found = is_usable(driver);
    }
    cav_walk_free(walk);
    free(start);
    driver->walk_count += found;
    return found ? CAVIAR_OK : CAVIAR_DONE;
}

static caviar_code find_point(test_driver *driver, uint64_t number)
{
    size_t dims = driver->space->dim_count;
    double *suggested = calloc(dims + 1, sizeof *suggested);
    assert_non_null(suggested);
    caviar_code code = CAVIAR_INFEASIBLE;
    for (uint32_t attempt = 0; attempt < MOST_ATTEMPTS && code == CAVIAR_INFEASIBLE; attempt++) {
        cav_suggest suggest = {.number = number, .attempt = attempt};
        cav_error error = {0};
        const cav_sampler *sampler = &driver->sampler;
        driver->suggest_count++;
        code = sampler->type->suggest(sampler->state, driver->history, &suggest, suggested, &error);
        if (code == CAVIAR_DONE)
            break;
        assert_ok(code, &error);
        cav_space_decode(driver->space, suggested, driver->raw, driver->point);
        check_point(driver, suggested);
        code = is_usable(driver) ? CAVIAR_OK : CAVIAR_INFEASIBLE;
    }
    free(suggested);
    if (code == CAVIAR_INFEASIBLE && cav_space_is_finite(driver->space))
        code = walk_to_unseen(driver, number);
    return code;
}

static void put(test_driver *driver, size_t number, caviar_state state, const double *values)
{
    cav_error error = {0};
    cav_record record = {.number = (int64_t)number,
                         .attempt = 1,
                         .state = state,
                         .raw = number < driver->history->count ? NULL : driver->raw,
                         .values = values,
                         .step = -1,
                         .origin = driver->sampler.type->name};
    assert_ok(cav_history_put(driver->history, &record, driver->point, &error), &error);
}

caviar_code driver_ask(test_driver *driver, size_t *ret_number)
{
    size_t number = driver->history->count;
    caviar_code code = find_point(driver, number);
    if (code)
        return code;
    put(driver, number, CAVIAR_STATE_RUNNING, NULL);
    *ret_number = number;
    return CAVIAR_OK;
}

void driver_tell(test_driver *driver, size_t number, const double *values)
{
    put(driver, number, values ? CAVIAR_STATE_COMPLETE : CAVIAR_STATE_FAILED, values);
}

void driver_tell_loss(test_driver *driver, size_t number, double loss)
{
    const double values[MOST_METRICS] = {loss, -loss};
    driver_tell(driver, number, values);
}

double driver_loss(const test_driver *driver, const double *point)
{
    double loss = 0;
    for (size_t dim = 0; dim < driver->space->dim_count; dim++)
        if (!isnan(point[dim]))
            loss += (point[dim] - 0.3) * (point[dim] - 0.3) / (double)(dim + 1);
    return loss;
}

void driver_report(test_driver *driver, size_t number, int64_t from, int64_t to)
{
    const double *point = driver->history->points + number * driver->space->dim_count;
    double end = driver_loss(driver, point);
    for (int64_t step = from; step <= to; step++) {
        double loss = end + 0.4 * pow((double)step, -0.7);
        assert_int_equal(cav_history_report(driver->history, number, step, &loss, NULL), CAVIAR_OK);
    }
}

void driver_pause(test_driver *driver, size_t number)
{
    put(driver, number, CAVIAR_STATE_PAUSED, NULL);
}

bool driver_run(test_driver *driver, size_t trials)
{
    for (size_t i = 0; i < trials; i++) {
        size_t number;
        caviar_code code = driver_ask(driver, &number);
        if (code == CAVIAR_DONE)
            return false;
        assert_int_equal(code, CAVIAR_OK);
        driver_tell_loss(driver, number, driver_loss(driver, driver->point));
    }
    return true;
}
