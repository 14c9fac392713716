/**
 * subset.c: rows and curves, followed by the order in which the history's changed.
 */
#include "trial/subset.h"

#include "base/memory.h"

#include <stdlib.h>

struct cav_subset {
    cav_history *view;
    double *values; // [metric_count] room for those of one trial
    struct cav_subset_row {
        size_t row; // in the view; SIZE_MAX: not there
        cav_curve_copied curve;
    } * rows; // [count] by number of trial
    size_t count, capacity;
    size_t changed, reported; // how far the history's lists were read
};

cav_subset *cav_subset_new(const cav_history *like)
{
    cav_subset *subset = calloc(1, sizeof *subset);
    if (!subset)
        return NULL;
    subset->view =
        cav_history_new(like->param_count, like->dim_count, like->metric_count, like->maximize);
    subset->values = calloc(like->metric_count + 1, sizeof *subset->values);
    if (subset->view && subset->values)
        return subset;
    cav_subset_free(subset);
    return NULL;
}

void cav_subset_free(cav_subset *subset)
{
    if (!subset)
        return;
    cav_history_free(subset->view);
    free(subset->values);
    free(subset->rows);
    free(subset);
}

static caviar_code show_row(cav_subset *subset, const cav_history *history, size_t number,
                            cav_error *error)
{
    struct cav_subset_row *at = &subset->rows[number];
    bool is_new = at->row == SIZE_MAX;
    cav_history_values(history, history->losses + number * history->metric_count, subset->values);
    cav_record record = {.number = (int64_t)(is_new ? subset->view->count : at->row),
                         .attempt = history->attempts[number],
                         .failures = history->failures[number],
                         .state = (caviar_state)history->states[number],
                         .reason = (caviar_reason)history->reasons[number],
                         .raw = history->raw + number * history->param_count,
                         .values = subset->values,
                         .step = history->steps[number],
                         .origin = history->maker_names[history->makers[number]],
                         .started_ms = history->started_ms[number],
                         .finished_ms = history->finished_ms[number],
                         .can = history->cans[number],
                         .usage = history->usages[number],
                         .checkpoints = history->checkpoints[number],
                         .message = history->messages[number],
                         .place = (cav_space_place)history->places[number]};
    caviar_code code = cav_history_put(subset->view, &record,
                                       history->points + number * history->dim_count, error);
    if (!code)
        at->row = (size_t)record.number;
    return code;
}

static bool add_rows(cav_subset *subset, size_t count)
{
    if (!CAV_GROW(&subset->rows, &subset->capacity, count))
        return false;
    for (; subset->count < count; subset->count++)
        subset->rows[subset->count] = (struct cav_subset_row){.row = SIZE_MAX};
    return true;
}

caviar_code cav_subset_look(cav_subset *subset, const cav_history *history, cav_error *error)
{
    caviar_code code = CAVIAR_OK;
    if (!add_rows(subset, history->count))
        return cav_fail_memory(error);
    for (; subset->changed < history->changed_count && !code; subset->changed += !code) {
        size_t number = history->changed[subset->changed];
        if (history->places[number] != CAV_PLACE_OUTSIDE)
            code = show_row(subset, history, number, error);
    }
    for (; subset->reported < history->reported_count && !code; subset->reported += !code) {
        size_t number = history->reported[subset->reported];
        struct cav_subset_row *at = &subset->rows[number];
        if (at->row != SIZE_MAX)
            code = cav_history_copy_curve(history, number, subset->view, at->row, &at->curve,
                                          subset->values, error);
    }
    return code;
}

const cav_history *cav_subset_view(const cav_subset *subset)
{
    return subset->view;
}
