/**
 * gp_trials.c: choosing trials, and what to think of those without a loss.
 */
#include "search/gp_trials.h"

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
    free(table->failed);
    free(table->deviations);
    free(table->places);
    free(table->best);
    free(table);
}

cav_gp_table *cav_gp_table_new(size_t dim_count, size_t most)
{
    cav_gp_table *table = calloc(1, sizeof *table);
    if (!table)
        return NULL;
    table->dim_count = dim_count;
    table->most = most;
    table->points = malloc((most * dim_count + 1) * sizeof *table->points);
    table->losses = malloc(2 * most * sizeof *table->losses);
    table->failed = malloc(most * sizeof *table->failed);
    table->deviations = malloc(most * sizeof *table->deviations);
    table->places = malloc((most + 1) * sizeof *table->places);
    table->best = malloc((most / 2 + 1) * sizeof *table->best);
    if (table->points && table->losses && table->failed && table->deviations && table->places &&
        table->best)
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
    return history->states[number] != CAVIAR_STATE_FAILED &&
           isfinite(history->losses[number * history->metric_count]);
}

static double loss_at(const cav_history *history, size_t place)
{
    return history->losses[history->finished[place] * history->metric_count];
}

// Puts a trial into its place among the best; of equals the earlier one is better.
static void rank(cav_gp_table *table, const cav_history *history, size_t place)
{
    size_t at = table->best_count;
    if (!has_loss(history, history->finished[place]))
        return;
    while (at > 0 && loss_at(history, place) < loss_at(history, table->best[at - 1]))
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

// Fills table->places, in order and each once.
static void choose(cav_gp_table *table, const cav_history *history, size_t finished)
{
    size_t latest = table->most / 4, spread = table->most - table->most / 2 - latest;
    table->count = 0;
    if (finished <= table->most) {
        for (size_t place = 0; place < finished; place++)
            add(table, history, place);
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

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void put_losses(cav_gp_table *table, const cav_history *history)
{
    double *complete = table->losses + table->most, worst = -most_loss;
    size_t complete_count = 0;
    table->good_count = 0;
    for (size_t i = 0; i < table->count; i++) {
        size_t number = history->finished[table->places[i]];
        table->failed[i] = !has_loss(history, number);
        table->losses[i] = 0;
        if (table->failed[i])
            continue;
        double loss = fmax(-most_loss, fmin(most_loss, loss_at(history, table->places[i])));
        table->losses[i] = loss;
        table->good_count++;
        worst = fmax(worst, loss);
        if (history->states[number] == CAVIAR_STATE_COMPLETE)
            complete[complete_count++] = loss;
    }
    qsort(complete, complete_count, sizeof *complete, ascending);
    double middle = complete_count ? complete[complete_count / 2] : -most_loss;
    for (size_t i = 0; i < table->count; i++) {
        if (table->failed[i])
            table->losses[i] = table->good_count ? worst : 0;
        else if (history->states[history->finished[table->places[i]]] == CAVIAR_STATE_PRUNED)
            table->losses[i] = fmax(table->losses[i], middle);
    }
}

void cav_gp_table_fill(cav_gp_table *table, const cav_history *history,
                       const cav_comparable_loss *compared, size_t finished)
{
    size_t dims = table->dim_count;
    if (compared) // the losses may be others than they were
        table->seen = table->best_count = 0;
    for (; table->seen < finished; table->seen++)
        rank(table, history, table->seen);
    choose(table, history, finished);
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
