/**
 * rf_table.c: choosing, ranking and encoding trials for a forest.
 */
#include "search/rf_table.h"

#include "base/memory.h"
#include "base/normal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct entry {
    size_t order, number; // in which it ended, of the trial
    double loss;          // INFINITY: failed
} entry;

bool cav_rf_table_init(cav_rf_table *table, const cav_space *space)
{
    *table = (cav_rf_table){.axis_count = space->dim_count};
    table->choices = calloc(space->dim_count + 1, sizeof *table->choices);
    for (size_t dim = 0; table->choices && dim < space->dim_count; dim++) {
        const cav_parameter *parameter = &space->parameters[space->dims[dim]];
        if (parameter->axis == CAV_AXIS_CHOICES)
            table->choices[dim] = parameter->choice_count;
    }
    return table->choices != NULL;
}

void cav_rf_table_free(cav_rf_table *table)
{
    free(table->choices);
    free(table->rows);
    free(table->targets);
    free(table->numbers);
    *table = (cav_rf_table){0};
}

void cav_rf_table_encode(const cav_space *space, const double *point, double *ret_row)
{
    for (size_t dim = 0; dim < space->dim_count; dim++) {
        const cav_parameter *parameter = &space->parameters[space->dims[dim]];
        bool is_choice = parameter->axis == CAV_AXIS_CHOICES && !isnan(point[dim]);
        ret_row[dim] = is_choice ? cav_parameter_decode(parameter, point[dim]) : point[dim];
    }
}

static int by_loss(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->loss < y->loss || x->loss > y->loss)
        return x->loss < y->loss ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static int by_order(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    return (x->order > y->order) - (x->order < y->order);
}

static bool is_complete(const cav_history *history, const entry *of)
{
    return history->states[of->number] == CAVIAR_STATE_COMPLETE && isfinite(of->loss);
}

// INFINITY where a metric is missing.
static double loss_of(const cav_history *history, const cav_scalar *scalar, size_t number)
{
    const double *losses = history->losses + number * history->metric_count;
    bool finite = true;
    for (size_t m = 0; m < history->metric_count; m++)
        finite &= isfinite(losses[m]) != 0;
    return finite ? cav_scalar_loss(scalar, losses) : (double)INFINITY;
}

// Entries by loss, best first; those that were pruned no better than the median of the others.
static void rank_entries(const cav_history *history, const cav_scalar *scalar, size_t finished,
                         entry *entries)
{
    size_t complete = 0, passed = 0;
    for (size_t i = 0; i < finished; i++) {
        size_t number = history->finished[i];
        entries[i] = (entry){i, number, loss_of(history, scalar, number)};
        complete += is_complete(history, &entries[i]);
    }
    qsort(entries, finished, sizeof *entries, by_loss);
    double median = -INFINITY;
    for (size_t i = 0; i < finished && complete > 0 && passed <= complete / 2; i++)
        if (is_complete(history, &entries[i])) {
            median = entries[i].loss;
            passed++;
        }
    for (size_t i = 0; i < finished; i++)
        if (history->states[entries[i].number] == CAVIAR_STATE_PRUNED)
            entries[i].loss = fmax(entries[i].loss, median);
    qsort(entries, finished, sizeof *entries, by_loss);
}

// Of more than `most` the best half, and of the others the latest; the entries stay ranked.
static size_t choose(entry *entries, size_t finished, size_t most)
{
    if (finished <= most)
        return finished;
    size_t best = most / 2, others = finished - best;
    qsort(entries + best, others, sizeof *entries, by_order);
    memmove(entries + best, entries + finished - (most - best), (most - best) * sizeof *entries);
    qsort(entries + best, most - best, sizeof *entries, by_loss);
    return most;
}

// Equal losses get the score of their middle rank.
static void score(const entry *entries, size_t count, double *ret_targets)
{
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && !(entries[end].loss > entries[i].loss);)
            end++;
        double middle = ((double)i + (double)end) / 2 / (double)count;
        for (size_t k = i; k < end; k++)
            ret_targets[k] = cav_normal_quantile(middle);
    }
}

static bool reserve(cav_rf_table *table, size_t count)
{
    size_t rows = table->row_capacity, targets = rows;
    return cav_grow((void **)&table->rows, &rows, count,
                    (table->axis_count + 1) * sizeof(double)) &&
           CAV_GROW(&table->targets, &targets, count) &&
           CAV_GROW(&table->numbers, &table->row_capacity, count);
}

caviar_code cav_rf_table_fill(cav_rf_table *table, const cav_space *space,
                              const cav_history *history, const cav_scalar *scalar, size_t finished,
                              size_t most, cav_error *error)
{
    entry *entries = calloc(finished + 1, sizeof *entries);
    if (!entries || !reserve(table, (finished < most ? finished : most) + 1)) {
        free(entries);
        return cav_fail_memory(error);
    }
    rank_entries(history, scalar, finished, entries);
    table->row_count = choose(entries, finished, most);
    score(entries, table->row_count, table->targets);
    for (size_t i = 0; i < table->row_count; i++) {
        table->numbers[i] = entries[i].number;
        cav_rf_table_encode(space, history->points + entries[i].number * history->dim_count,
                            table->rows + i * table->axis_count);
    }
    free(entries);
    return CAVIAR_OK;
}
