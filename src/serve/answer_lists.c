/**
 * answer_lists.c: many trials, and the points of their learning curves, as columns.
 *
 * The history lists what changed, in the order in which it came (cav_history.changed, .reported).
 * A place in such a list is how far somebody has read; what has changed again since stands further
 * on, and is left out where it stood before. So one who begins at 0 gets everything once, and one
 * who goes on gets what is new.
 */
#include "serve/answer.h"

#include <math.h>
#include <stdlib.h>

/** What is to be sent: rows of the history, or points of its curves. */
typedef struct selection {
    const cav_study *study;
    const cav_history *history;
    size_t *rows;   // [count]
    size_t *points; // [count] places in the rows' curves
    size_t count, next;
} selection;

static size_t begin_of(const cav_feed *feed, const cav_page *page, size_t count)
{
    return page->epoch == feed->epoch && page->since <= count ? page->since : 0;
}

static caviar_code select_begin(const cav_feed *feed, const cav_page *page,
                                selection *ret_selection, cav_error *error)
{
    selection chosen = {.study = feed->study, .history = feed->study->history};
    chosen.rows = calloc(2 * page->limit + 1, sizeof *chosen.rows);
    if (!chosen.rows)
        return cav_fail_memory(error);
    chosen.points = chosen.rows + page->limit;
    *ret_selection = chosen;
    return CAVIAR_OK;
}

typedef int64_t integer_column(const selection *chosen, size_t i);
typedef double number_column(const selection *chosen, size_t i, size_t which);

static void write_integers(const selection *chosen, const char *key, integer_column *column,
                           cav_json *json)
{
    cav_json_key(json, key);
    cav_json_begin_array(json);
    for (size_t i = 0; i < chosen->count; i++)
        cav_json_int(json, column(chosen, i));
    cav_json_end_array(json);
}

static void write_numbers(const selection *chosen, const char *key, number_column *column,
                          size_t columns, cav_json *json)
{
    cav_json_key(json, key);
    cav_json_begin_array(json);
    for (size_t which = 0; which < columns; which++) {
        cav_json_begin_array(json);
        for (size_t i = 0; i < chosen->count; i++)
            cav_json_number(json, column(chosen, i, which));
        cav_json_end_array(json);
    }
    cav_json_end_array(json);
}

static void write_head(const cav_feed *feed, size_t begin, const selection *chosen, size_t end,
                       cav_json *json)
{
    cav_json_add_int(json, "epoch", (int64_t)feed->epoch);
    cav_json_add_int(json, "since", (int64_t)begin);
    cav_json_add_int(json, "next", (int64_t)chosen->next);
    cav_json_add_int(json, "end", (int64_t)end);
}

static int64_t number_of(const selection *chosen, size_t i)
{
    return (int64_t)chosen->rows[i];
}

// ---- Trials -----------------------------------------------------------------------------------

#define COLUMNS(X)                                                                                 \
    X(state, states)                                                                               \
    X(reason, reasons)                                                                             \
    X(attempt, attempts)                                                                           \
    X(step, steps)                                                                                 \
    X(started_ms, started_ms)                                                                      \
    X(finished_ms, finished_ms)                                                                    \
    X(reported_ms, reported_ms)                                                                    \
    X(maker, makers)                                                                               \
    X(parent, parents)

#define X(name, field)                                                                             \
    static int64_t name##_of(const selection *chosen, size_t i)                                    \
    {                                                                                              \
        return (int64_t)chosen->history->field[chosen->rows[i]];                                   \
    }
COLUMNS(X)
#undef X

static int64_t nudges_of(const selection *chosen, size_t i)
{
    return (int64_t)chosen->history->nudges[chosen->rows[i]].count;
}

static double value_of(const selection *chosen, size_t i, size_t metric)
{
    const cav_history *history = chosen->history;
    double loss = history->losses[chosen->rows[i] * history->metric_count + metric];
    return cav_history_in_direction(chosen->study->history, metric, loss);
}

static double parameter_of(const selection *chosen, size_t i, size_t parameter)
{
    const cav_history *history = chosen->history;
    return history->raw[chosen->rows[i] * history->param_count + parameter];
}

static void write_names(const char *key, const char *(*name)(size_t), size_t count, cav_json *json)
{
    cav_json_key(json, key);
    cav_json_begin_array(json);
    for (size_t i = 0; i < count; i++)
        cav_json_string(json, name(i));
    cav_json_end_array(json);
}

static const char *state_name(size_t state)
{
    return caviar_state_name((caviar_state)state);
}

static const char *reason_name(size_t reason)
{
    return caviar_reason_name((caviar_reason)reason);
}

static void write_words(const cav_history *history, cav_json *json)
{
    write_names("states", state_name, CAVIAR_STATE_FAILED + 1, json);
    write_names("reasons", reason_name, CAVIAR_REASON_LOST + 1, json);
    cav_json_key(json, "makers");
    cav_json_begin_array(json);
    for (size_t i = 0; i < history->maker_count; i++)
        cav_json_string(json, history->maker_names[i]);
    cav_json_end_array(json);
}

caviar_code cav_answer_trials(const cav_feed *feed, const cav_page *page, cav_json *json,
                              cav_error *error)
{
    const cav_history *history = feed->study->history;
    selection chosen = {0};
    caviar_code code = select_begin(feed, page, &chosen, error);
    if (code)
        return code;
    size_t begin = begin_of(feed, page, history->changed_count);
    for (chosen.next = begin; chosen.next < history->changed_count; chosen.next++) {
        size_t row = history->changed[chosen.next];
        if (history->latest[row] != chosen.next)
            continue;
        if (chosen.count == page->limit)
            break;
        chosen.rows[chosen.count++] = row;
    }
    cav_json_begin_object(json);
    write_head(feed, begin, &chosen, history->changed_count, json);
    write_words(history, json);
    write_integers(&chosen, "number", number_of, json);
#define X(name, field) write_integers(&chosen, #name, name##_of, json);
    COLUMNS(X)
#undef X
    write_integers(&chosen, "nudges", nudges_of, json);
    write_numbers(&chosen, "values", value_of, history->metric_count, json);
    write_numbers(&chosen, "parameters", parameter_of, history->param_count, json);
    cav_json_end_object(json);
    free(chosen.rows);
    return CAVIAR_OK;
}

// ---- Curves -----------------------------------------------------------------------------------

static int64_t curve_step_of(const selection *chosen, size_t i)
{
    return chosen->history->curves[chosen->rows[i]].steps[chosen->points[i]];
}

static double curve_value_of(const selection *chosen, size_t i, size_t metric)
{
    const cav_curve *curve = &chosen->history->curves[chosen->rows[i]];
    return cav_history_in_direction(
        chosen->study->history, metric,
        curve->losses[chosen->points[i] * chosen->history->metric_count + metric]);
}

static int by_place(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

// Where the report of a place stands in its curve; false if it was given up since.
static bool find_point(const cav_curve *curve, size_t place, size_t *ret_point)
{
    const size_t *found =
        bsearch(&place, curve->places, curve->count, sizeof *curve->places, by_place);
    if (found)
        *ret_point = (size_t)(found - curve->places);
    return found != NULL;
}

caviar_code cav_answer_curves(const cav_feed *feed, const cav_page *page, cav_json *json,
                              cav_error *error)
{
    const cav_history *history = feed->study->history;
    selection chosen = {0};
    caviar_code code = select_begin(feed, page, &chosen, error);
    if (code)
        return code;
    size_t begin = begin_of(feed, page, history->reported_count);
    for (chosen.next = begin; chosen.next < history->reported_count; chosen.next++) {
        size_t row = history->reported[chosen.next], point;
        if (!find_point(&history->curves[row], chosen.next, &point))
            continue;
        if (chosen.count == page->limit)
            break;
        chosen.rows[chosen.count] = row;
        chosen.points[chosen.count++] = point;
    }
    cav_json_begin_object(json);
    write_head(feed, begin, &chosen, history->reported_count, json);
    write_integers(&chosen, "number", number_of, json);
    write_integers(&chosen, "step", curve_step_of, json);
    write_numbers(&chosen, "values", curve_value_of, history->metric_count, json);
    cav_json_end_object(json);
    free(chosen.rows);
    return CAVIAR_OK;
}
