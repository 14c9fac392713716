/**
 * gp_trials.c: choosing trials, and what to think of those without a loss.
 */
#include "search/gp_trials.h"

#include "base/order.h"
#include "base/pareto.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double most_loss = 1e100; // beyond, all are alike: squares must not overflow

void cav_gp_table_free(cav_gp_table *table)
{
    if (!table)
        return;
    free(table->points);
    free(table->losses);
    free(table->parts);
    free(table->failed);
    free(table->deviations);
    free(table->places);
    free(table->best);
    free(table->gathered);
    free(table->distances);
    cav_scalar_free(&table->scalar);
    free(table);
}

cav_gp_table *cav_gp_table_new(const cav_gp_region *region, size_t metric_count, size_t most)
{
    size_t dim_count = region->space->dim_count;
    cav_gp_table *table = calloc(1, sizeof *table);
    if (!table)
        return NULL;
    table->dim_count = dim_count;
    table->most = most;
    table->region = *region;
    table->distances = malloc((most + 1) * sizeof *table->distances);
    table->capacity = most + CAV_GP_TABLE_LATER;
    table->points = malloc((table->capacity * dim_count + 1) * sizeof *table->points);
    table->losses = malloc(2 * table->capacity * sizeof *table->losses);
    if (metric_count > 1)
        table->parts = malloc(metric_count * table->capacity * sizeof *table->parts);
    table->failed = malloc(table->capacity * sizeof *table->failed);
    table->deviations = malloc(table->capacity * sizeof *table->deviations);
    table->places = malloc(table->capacity * sizeof *table->places);
    table->best = malloc((most / 2 + 1) * sizeof *table->best);
    table->gathered = malloc(table->capacity * metric_count * sizeof *table->gathered);
    if (cav_scalar_init(&table->scalar, metric_count) && table->points && table->losses &&
        table->failed && table->deviations && table->places && table->best && table->gathered &&
        table->distances && (table->parts || metric_count == 1))
        return table;
    cav_gp_table_free(table);
    return NULL;
}

static bool says_something(const cav_history *history, size_t number)
{
    return !(history->states[number] == CAVIAR_STATE_FAILED &&
             history->reasons[number] == CAVIAR_REASON_LOST);
}

static bool has_loss(const cav_history *history, size_t number)
{
    bool finite = true;
    for (size_t m = 0; m < history->metric_count; m++)
        finite &= isfinite(history->losses[number * history->metric_count + m]) != 0;
    return finite && history->states[number] != CAVIAR_STATE_FAILED;
}

static const double *losses_at(const cav_history *history, size_t place)
{
    return history->losses + history->finished[place] * history->metric_count;
}

// Puts a trial into the front unless one there is as good everywhere. Of a front that is too large
// the oldest go.
static void join_front(cav_gp_table *table, const cav_history *history, size_t place)
{
    const double *losses = losses_at(history, place);
    size_t kept = 0, metrics = history->metric_count;
    for (size_t i = 0; i < table->best_count; i++) {
        const double *other = losses_at(history, table->best[i]);
        if (cav_pareto_dominates(other, losses, metrics) ||
            memcmp(other, losses, metrics * sizeof *losses) == 0)
            return;
    }
    for (size_t i = 0; i < table->best_count; i++)
        if (!cav_pareto_dominates(losses, losses_at(history, table->best[i]), metrics))
            table->best[kept++] = table->best[i];
    if (kept == table->most / 2)
        memmove(table->best, table->best + 1, --kept * sizeof *table->best);
    table->best[kept] = place;
    table->best_count = kept + 1;
}

// Puts a trial into its place among the best; of equals the earlier one is better.
static void rank(cav_gp_table *table, const cav_history *history, size_t place)
{
    size_t at = table->best_count;
    if (!has_loss(history, history->finished[place]))
        return;
    if (history->metric_count > 1) {
        join_front(table, history, place);
        return;
    }
    while (at > 0 && *losses_at(history, place) < *losses_at(history, table->best[at - 1]))
        at--;
    if (at == table->most / 2)
        return;
    if (table->best_count < table->most / 2)
        table->best_count++;
    memmove(table->best + at + 1, table->best + at,
            (table->best_count - at - 1) * sizeof *table->best);
    table->best[at] = place;
}

static int by_place(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

static void add(cav_gp_table *table, const cav_history *history, size_t place)
{
    if (says_something(history, history->finished[place]))
        table->places[table->count++] = place;
}

// The nearest to the region's centre, in the order of their distances, the earlier ones first.
static void find_nearest(cav_gp_table *table, const cav_history *history, size_t finished)
{
    table->count = 0;
    for (size_t place = 0; place < finished; place++) {
        size_t number = history->finished[place], at = table->count;
        if (!says_something(history, number))
            continue;
        double distance = cav_gp_region_distance(&table->region, history,
                                                 history->points + number * table->dim_count);
        while (at > 0 && distance < table->distances[at - 1])
            at--;
        if (at == table->most)
            continue;
        size_t moved = (table->count < table->most ? table->count : table->most - 1) - at;
        memmove(table->distances + at + 1, table->distances + at, moved * sizeof(double));
        memmove(table->places + at + 1, table->places + at, moved * sizeof(size_t));
        table->distances[at] = distance;
        table->places[at] = place;
        table->count = at + moved + 1;
    }
}

// Those in a box twice as wide as the region, and in any case half as many as there may be.
static void choose_around(cav_gp_table *table, const cav_history *history, size_t finished)
{
    size_t kept = 0;
    find_nearest(table, history, finished);
    while (kept < table->count &&
           (kept < table->most / 2 || table->distances[kept] <= table->region.length))
        kept++;
    table->count = kept;
    qsort(table->places, kept, sizeof *table->places, by_place);
}

// Fills table->places from the first trials, in order and each once.
static void choose(cav_gp_table *table, const cav_history *history, size_t finished)
{
    size_t latest = table->most / 4, spread = table->most - table->most / 2 - latest;
    table->count = 0;
    if (finished <= table->most) {
        for (size_t place = 0; place < finished; place++)
            add(table, history, place);
        return;
    }
    if (table->region.is_open) {
        choose_around(table, history, finished);
        return;
    }
    memcpy(table->places, table->best, table->best_count * sizeof *table->places);
    table->count = table->best_count;
    for (size_t i = 1; i <= latest; i++)
        add(table, history, finished - i);
    for (size_t i = 0; i < spread; i++)
        add(table, history, i * finished / spread);
    qsort(table->places, table->count, sizeof *table->places, by_place);
    size_t kept = 0;
    for (size_t i = 0; i < table->count; i++)
        if (kept == 0 || table->places[i] != table->places[kept - 1])
            table->places[kept++] = table->places[i];
    table->count = kept;
}

// Learns from the trials in the table how their metrics compare.
static void measure(cav_gp_table *table, const cav_history *history)
{
    size_t metrics = history->metric_count, count = 0;
    for (size_t i = 0; i < table->count && metrics > 1; i++)
        if (has_loss(history, history->finished[table->places[i]]))
            memcpy(table->gathered + metrics * count++, losses_at(history, table->places[i]),
                   metrics * sizeof *table->gathered);
    cav_scalar_measure(&table->scalar, table->gathered, count);
}

// Guesses what failed trials, and others that did not come to their end, would have had.
static void guess(const cav_gp_table *table, const cav_history *history, double *losses)
{
    double *complete = table->losses + table->capacity, worst = -most_loss;
    size_t complete_count = 0;
    for (size_t i = 0; i < table->count; i++) {
        if (table->failed[i])
            continue;
        losses[i] = fmax(-most_loss, fmin(most_loss, losses[i]));
        worst = fmax(worst, losses[i]);
        if (history->states[history->finished[table->places[i]]] == CAVIAR_STATE_COMPLETE)
            complete[complete_count++] = losses[i];
    }
    cav_sort(complete, complete_count);
    double middle = complete_count ? complete[complete_count / 2] : -most_loss;
    for (size_t i = 0; i < table->count; i++) {
        if (table->failed[i])
            losses[i] = table->good_count ? worst : 0;
        else if (history->states[history->finished[table->places[i]]] == CAVIAR_STATE_PRUNED)
            losses[i] = fmax(losses[i], middle);
    }
}

static void put_losses(cav_gp_table *table, const cav_history *history)
{
    size_t metrics = history->metric_count;
    table->good_count = 0;
    measure(table, history);
    for (size_t i = 0; i < table->count; i++) {
        const double *losses = losses_at(history, table->places[i]);
        table->failed[i] = !has_loss(history, history->finished[table->places[i]]);
        table->good_count += !table->failed[i];
        table->losses[i] = table->failed[i] ? 0 : cav_scalar_loss(&table->scalar, losses);
        for (size_t m = 0; m < metrics && table->parts; m++)
            table->parts[m * table->capacity + i] = losses[m];
    }
    guess(table, history, table->losses);
    for (size_t m = 0; m < metrics && table->parts; m++)
        guess(table, history, table->parts + m * table->capacity);
}

void cav_gp_table_fill(cav_gp_table *table, const cav_history *history,
                       const cav_comparable_loss *compared, size_t base, size_t finished)
{
    size_t dims = table->dim_count;
    assert(base <= finished && finished - base <= CAV_GP_TABLE_LATER);
    if (compared) // the losses may be others than they were
        table->seen = table->best_count = 0;
    for (; table->seen < base; table->seen++)
        rank(table, history, table->seen);
    cav_gp_region_look(&table->region, history, base);
    choose(table, history, base);
    for (size_t place = base; place < finished; place++)
        add(table, history, place);
    for (size_t i = 0; dims > 0 && i < table->count; i++)
        memcpy(table->points + i * dims,
               history->points + history->finished[table->places[i]] * dims, dims * sizeof(double));
    put_losses(table, history);
    table->has_deviations = compared != NULL;
    for (size_t i = 0; compared && i < table->count; i++) {
        const cav_comparable_loss *at = &compared[history->finished[table->places[i]]];
        table->deviations[i] = table->failed[i] ? 0 : at->alone_sd;
        if (!table->failed[i])
            table->losses[i] = fmax(-most_loss, fmin(most_loss, at->alone));
    }
}
