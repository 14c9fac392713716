/**
 * gp_stall.c: counting the trials since something was gained.
 */
#include "search/gp_stall.h"

#include "base/order.h"

#include <math.h>

static const double enough = 0.02;     // of the way from the median to the best: a gain
static const double most = 0.5;        // of the trials that look elsewhere
static const double most_failed = 0.1; // of all trials
static const double patience = 4, patience_dim = 1; // trials without a gain before the first one

// What a trial has to gain.
static double least_gain(const cav_gp_table *table)
{
    double *sorted = table->losses + table->capacity;
    size_t count = 0;
    for (size_t i = 0; i < table->count; i++)
        if (!table->failed[i])
            sorted[count++] = table->losses[i];
    if (count == 0)
        return 0;
    cav_sort(sorted, count);
    return enough * (sorted[count / 2] - sorted[0]);
}

size_t cav_gp_stalled(const cav_gp_table *table, size_t finished, size_t open, cav_random *random)
{
    double gain = least_gain(table), marked = INFINITY;
    size_t best = SIZE_MAX, ended = 0; // trials up to the last gain
    if ((double)(table->count - table->good_count) > most_failed * (double)table->count)
        return SIZE_MAX;
    for (size_t i = 0; i < table->count; i++) {
        if (table->failed[i])
            continue;
        if (best == SIZE_MAX || table->losses[i] < table->losses[best])
            best = i;
        if (table->losses[i] < marked - gain) {
            marked = table->losses[i];
            ended = table->places[i] + 1;
        }
    }
    double waited = patience + patience_dim * (double)table->dim_count + (double)open;
    double share = most * (1 - waited / fmax(1, (double)(finished - ended)));
    return share > 0 && cav_random_unit(random) < share ? best : SIZE_MAX;
}
