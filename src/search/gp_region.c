/**
 * gp_region.c: counting successes and failures.
 */
#include "search/gp_region.h"

#include <math.h>

static const double length_first = 0.4, length_most = 1.6, length_least = 1.0 / 128;
static const double apart = 0.2;   // from where regions have closed
static const double enough = 1e-3; // of all that the region has gained: what counts as a success
enum { SUCCESSES = 3, FAILURES = 3, LEAST_FAILURES = 12 }; // the second for each coordinate

cav_gp_region cav_gp_region_make(const cav_space *space, size_t first)
{
    return (cav_gp_region){.space = space, .first = first, .opening = first};
}

static double loss_of(const cav_history *history, size_t number)
{
    double loss = history->losses[number * history->metric_count];
    return history->states[number] == CAVIAR_STATE_COMPLETE && isfinite(loss) ? loss : INFINITY;
}

static double distance(const cav_space *space, const double *a, const double *b)
{
    double most = 0, differences = 0;
    for (size_t dim = 0; dim < space->dim_count; dim++) {
        bool is_choice = space->parameters[space->dims[dim]].axis == CAV_AXIS_CHOICES;
        if (isnan(a[dim]) && isnan(b[dim]))
            continue;
        if (is_choice || isnan(a[dim]) || isnan(b[dim]))
            differences += a[dim] != b[dim];
        else
            most = fmax(most, fabs(a[dim] - b[dim]));
    }
    return most + 0.1 * differences;
}

static const double *point_of(const cav_history *history, size_t number)
{
    return history->points + number * history->dim_count;
}

double cav_gp_region_distance(const cav_gp_region *region, const cav_history *history,
                              const double *point)
{
    return distance(region->space, point_of(history, region->centre), point);
}

static bool is_new_ground(const cav_gp_region *region, const cav_history *history, size_t number)
{
    size_t count = region->closed_count;
    for (size_t i = 0; i < count && i < CAV_GP_REGION_CLOSED; i++)
        if (distance(region->space, point_of(history, region->closed[i]),
                     point_of(history, number)) < apart)
            return false;
    return true;
}

// Opens a region around the best of the first trials that is away from the closed ones, or, without
// such a one, around the best of all.
static void open_region(cav_gp_region *region, const cav_history *history, size_t finished)
{
    size_t best = SIZE_MAX, free_best = SIZE_MAX;
    for (size_t i = 0; i < finished; i++) {
        size_t number = history->finished[i];
        double loss = loss_of(history, number);
        if (loss == INFINITY)
            continue;
        if (best == SIZE_MAX || loss < loss_of(history, best))
            best = number;
        bool is_better = free_best == SIZE_MAX || loss < loss_of(history, free_best);
        if (is_better && is_new_ground(region, history, number))
            free_best = number;
    }
    if (best == SIZE_MAX)
        return;
    region->is_open = true;
    region->opening = finished;
    region->centre = free_best != SIZE_MAX ? free_best : best;
    region->length = length_first;
    region->opened = loss_of(history, region->centre);
    region->successes = region->failures = 0;
}

static void close_region(cav_gp_region *region)
{
    region->closed[region->closed_count++ % CAV_GP_REGION_CLOSED] = region->centre;
    region->is_open = false;
    region->opening = region->seen + (region->seen - region->opening);
}

// A trial that ended while the region is open. Those outside say nothing of its size.
static void take(cav_gp_region *region, const cav_history *history, size_t number)
{
    size_t patience = FAILURES * region->space->dim_count;
    patience = patience > LEAST_FAILURES ? patience : LEAST_FAILURES;
    double off = cav_gp_region_distance(region, history, point_of(history, number));
    double gain = loss_of(history, region->centre) - loss_of(history, number);
    if (!(off <= region->length / 2 + 1e-9))
        return;
    bool succeeds = gain > enough * (region->opened - loss_of(history, region->centre));
    if (gain > 0)
        region->centre = number;
    region->successes = succeeds ? region->successes + 1 : 0;
    region->failures = succeeds ? 0 : region->failures + 1;
    if (region->successes == SUCCESSES) {
        region->length = fmin(2 * region->length, length_most);
        region->successes = 0;
    }
    if (region->failures == patience) {
        region->length /= 2;
        region->failures = 0;
    }
    if (region->length < length_least)
        close_region(region);
}

void cav_gp_region_look(cav_gp_region *region, const cav_history *history, size_t finished)
{
    while (region->seen < finished) {
        size_t number = history->finished[region->seen++];
        if (region->is_open)
            take(region, history, number);
        else if (region->seen >= region->opening)
            open_region(region, history, region->seen);
    }
}

void cav_gp_region_cut(const cav_gp_region *region, const cav_history *history, double *low,
                       double *high)
{
    for (size_t dim = 0; region->is_open && dim < region->space->dim_count; dim++) {
        double u = point_of(history, region->centre)[dim];
        if (region->space->parameters[region->space->dims[dim]].axis == CAV_AXIS_CHOICES ||
            isnan(u))
            continue;
        low[dim] = fmax(low[dim], u - region->length / 2);
        high[dim] = fmin(high[dim], u + region->length / 2);
    }
}
