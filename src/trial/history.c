/**
 * history.c: the columns.
 */
#include "trial/history.h"

#include "base/memory.h"
#include "trial/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ABSENT = 0xff }; // state of a row whose record has not arrived yet

cav_history *cav_history_new(size_t param_count, size_t dim_count, size_t metric_count,
                             const bool *maximize)
{
    cav_history *history = calloc(1, sizeof *history);
    size_t *bests = malloc(metric_count * sizeof *bests + 1);
    if (!history || !bests) {
        free(history);
        free(bests);
        return NULL;
    }
    for (size_t m = 0; m < metric_count; m++)
        bests[m] = SIZE_MAX;
    *history = (cav_history){.param_count = param_count,
                             .dim_count = dim_count,
                             .metric_count = metric_count,
                             .maximize = maximize,
                             .bests = bests,
                             .index = {.width = dim_count}};
    return history;
}

void cav_history_free(cav_history *history)
{
    if (!history)
        return;
    for (size_t i = 0; i < history->count; i++) {
        free(history->curves[i].steps);
        free(history->curves[i].losses);
        free(history->curves[i].places);
        free(history->messages[i]);
        free(history->checkpoints[i]);
        cav_nudge_list_free(&history->nudges[i]);
    }
    for (size_t i = 0; i < history->maker_count; i++)
        free(history->maker_names[i]);
    cav_point_index_free(&history->index);
    void *columns[] = {
        history->points,     history->raw,          history->losses,      history->states,
        history->reasons,    history->attempts,     history->failures,    history->steps,
        history->started_ms, history->finished_ms,  history->curves,      history->messages,
        history->nudges,     history->cans,         history->checkpoints, history->parents,
        history->open,       history->parent_steps, history->finished,    history->seed_numbers,
        history->spent,      history->makers,       history->reported,    history->changed,
        history->latest,     history->places,       history->reported_ms, history->bests,
        history->uncounted,  history->usages};
    for (size_t i = 0; i < CAV_COUNT_OF(columns); i++)
        free(columns[i]);
    free(history);
}

// Gives every column room for `rows` rows.
static bool reserve(cav_history *history, size_t rows)
{
    if (rows <= history->capacity)
        return true;
    size_t capacity = history->capacity ? history->capacity * 2 : 64;
    while (capacity < rows)
        capacity *= 2;
    struct column {
        void **data;
        size_t row_size;
    } columns[] = {
        {(void **)&history->points, history->dim_count * sizeof(double)},
        {(void **)&history->raw, history->param_count * sizeof(double)},
        {(void **)&history->losses, history->metric_count * sizeof(double)},
        {(void **)&history->states, sizeof *history->states},
        {(void **)&history->reasons, sizeof *history->reasons},
        {(void **)&history->attempts, sizeof *history->attempts},
        {(void **)&history->failures, sizeof *history->failures},
        {(void **)&history->steps, sizeof *history->steps},
        {(void **)&history->spent, sizeof *history->spent},
        {(void **)&history->started_ms, sizeof *history->started_ms},
        {(void **)&history->finished_ms, sizeof *history->finished_ms},
        {(void **)&history->reported_ms, sizeof *history->reported_ms},
        {(void **)&history->curves, sizeof *history->curves},
        {(void **)&history->messages, sizeof *history->messages},
        {(void **)&history->nudges, sizeof *history->nudges},
        {(void **)&history->cans, sizeof *history->cans},
        {(void **)&history->checkpoints, sizeof *history->checkpoints},
        {(void **)&history->usages, sizeof *history->usages},
        {(void **)&history->parents, sizeof *history->parents},
        {(void **)&history->parent_steps, sizeof *history->parent_steps},
        {(void **)&history->seed_numbers, sizeof *history->seed_numbers},
        {(void **)&history->makers, sizeof *history->makers},
        {(void **)&history->places, sizeof *history->places},
        {(void **)&history->uncounted, sizeof *history->uncounted},
        {(void **)&history->latest, sizeof *history->latest},
    };
    for (size_t i = 0; i < CAV_COUNT_OF(columns); i++) {
        void *grown = realloc(*columns[i].data, capacity * columns[i].row_size + 1);
        if (!grown)
            return false;
        *columns[i].data = grown;
    }
    history->capacity = capacity;
    return true;
}

static bool add_rows(cav_history *history, size_t count)
{
    if (!reserve(history, count))
        return false;
    for (size_t i = history->count; i < count; i++) {
        history->states[i] = ABSENT;
        history->steps[i] = -1;
        history->spent[i] = 0;
        history->reported_ms[i] = 0;
        history->uncounted[i] = false;
        history->parent_steps[i] = -1;
        history->curves[i] = (cav_curve){0};
        history->messages[i] = NULL;
        history->nudges[i] = (cav_nudge_list){0};
        history->checkpoints[i] = NULL;
    }
    if (count > history->count)
        history->count = count;
    return true;
}

size_t cav_history_find(const cav_history *history, const double *point)
{
    return cav_point_index_find(&history->index, history->points, point);
}

static bool push(size_t **list, size_t *count, size_t *capacity, size_t number)
{
    if (!CAV_GROW(list, capacity, *count + 1))
        return false;
    (*list)[(*count)++] = number;
    return true;
}

static bool note_change(cav_history *history, size_t row)
{
    history->latest[row] = history->changed_count;
    return push(&history->changed, &history->changed_count, &history->changed_capacity, row);
}

static void drop_open(cav_history *history, size_t number)
{
    for (size_t i = 0; i < history->open_count; i++) {
        if (history->open[i] == number) {
            memmove(history->open + i, history->open + i + 1,
                    (--history->open_count - i) * sizeof *history->open);
            return;
        }
    }
}

// Moves the trial between the lists of open and finished ones.
static bool enlist(cav_history *history, size_t number, bool was_open, bool was_final,
                   caviar_state state)
{
    bool is_final = cav_state_is_final(state);
    if (was_final)
        return true;
    if (is_final && was_open)
        drop_open(history, number);
    if (is_final)
        return push(&history->finished, &history->finished_count, &history->finished_capacity,
                    number);
    return was_open || push(&history->open, &history->open_count, &history->open_capacity, number);
}

static void copy_values(double *to, const double *from, size_t count)
{
    if (count)
        memcpy(to, from, count * sizeof *to);
}

static void fill_losses(cav_history *history, size_t row, const cav_record *record)
{
    for (size_t m = 0; m < history->metric_count; m++) {
        double value = record->values ? record->values[m] : NAN;
        bool known = record->state == CAVIAR_STATE_COMPLETE || record->state == CAVIAR_STATE_PRUNED;
        history->losses[row * history->metric_count + m] =
            known ? cav_history_in_direction(history, m, value) : NAN;
    }
}

static bool is_better(const cav_history *history, size_t row, size_t than, size_t metric)
{
    const double *losses = history->losses + metric;
    double loss = losses[row * history->metric_count];
    if (history->states[row] != CAVIAR_STATE_COMPLETE || !(loss < INFINITY))
        return false;
    if (than == SIZE_MAX)
        return true;
    double least = losses[than * history->metric_count];
    return loss < least || (loss == least && row < than);
}

static void follow_best(cav_history *history, size_t row)
{
    for (size_t m = 0; m < history->metric_count; m++) {
        size_t *best = &history->bests[m];
        if (*best != row) {
            if (is_better(history, row, *best, m))
                *best = row;
            continue;
        }
        *best = SIZE_MAX; // it may be worse than it was
        for (size_t i = 0; i < history->count; i++)
            if (is_better(history, i, *best, m))
                *best = i;
    }
}

// A trial that has just come to its end.
static void follow_ends(cav_history *history, size_t row)
{
    int64_t step = history->steps[row];
    if (history->states[row] != CAVIAR_STATE_COMPLETE || step < 0)
        return;
    bool differs = history->ended > 0 && step != history->common_step;
    history->common_step = differs ? 0 : step;
    history->ended++;
}

// The step that a trial began at: of a fork the one that its checkpoint is of.
static int64_t first_of(const cav_history *history, size_t row)
{
    return history->parent_steps[row] > 0 ? history->parent_steps[row] : 0;
}

// Steps that a trial took: what its reports say, or, where they are not read, its last step.
static int64_t spent_by(const cav_history *history, size_t row)
{
    int64_t last = history->steps[row] - first_of(history, row), spent = history->spent[row];
    return last > spent ? last : spent;
}

static void set_step(cav_history *history, size_t row, int64_t step, int64_t spent)
{
    int64_t before = spent_by(history, row);
    history->steps[row] = step;
    history->spent[row] = spent;
    int64_t more = spent_by(history, row) - before;
    history->step_sum += more;
    history->uncounted_steps += history->uncounted[row] ? more : 0;
}

// Puts a copy of a text in place; an empty one is NULL.
static bool set_text(char **place, const char *text)
{
    bool has_any = text && text[0];
    char *copy = has_any ? strdup(text) : NULL;
    if (has_any && !copy)
        return false;
    free(*place);
    *place = copy;
    return true;
}

static void set_lineage(cav_history *history, size_t row, const cav_record *record)
{
    history->parents[row] = record->has_parent ? record->parent : -1;
    history->parent_steps[row] = record->has_parent ? record->parent_step : -1;
    history->seed_numbers[row] = record->has_parent ? record->seed_number : record->number;
}

static bool is_maker(const char *name, const char *origin)
{
    size_t size = strcspn(origin, ":");
    return strncmp(name, origin, size) == 0 && name[size] == '\0';
}

static bool set_maker(cav_history *history, size_t row, const char *origin)
{
    size_t at = 0;
    origin = origin ? origin : "";
    while (at < history->maker_count && !is_maker(history->maker_names[at], origin))
        at++;
    if (at == CAV_MOST_MAKERS) {
        at--;
    } else if (at == history->maker_count) {
        size_t size = strcspn(origin, ":");
        char *name = malloc(size + 1);
        if (!name)
            return false;
        memcpy(name, origin, size);
        name[size] = '\0';
        history->maker_names[history->maker_count++] = name;
    }
    history->makers[row] = (uint8_t)at;
    return true;
}

bool cav_history_is_by(const cav_history *history, size_t number, const char *maker)
{
    return strcmp(history->maker_names[history->makers[number]], maker) == 0;
}

caviar_code cav_history_put(cav_history *history, const cav_record *record, const double *point,
                            cav_error *error)
{
    size_t row = (size_t)record->number;
    if (!add_rows(history, row + 1))
        return cav_fail_memory(error);
    bool is_new = history->states[row] == ABSENT;
    bool was_final = !is_new && cav_state_is_final((caviar_state)history->states[row]);
    if (is_new || record->raw) { // one that names its parameters ends with others than it began
        copy_values(history->points + row * history->dim_count, point, history->dim_count);
        copy_values(history->raw + row * history->param_count, record->raw, history->param_count);
    }
    if (is_new) {
        if (!set_maker(history, row, record->origin))
            return cav_fail_memory(error);
        if (record->place == CAV_PLACE_INSIDE &&
            !cav_point_index_add(&history->index, history->points, row))
            return cav_fail_memory(error);
        history->places[row] = (uint8_t)record->place;
        history->outside_count += record->place == CAV_PLACE_OUTSIDE;
        history->uncounted[row] = record->uncounted;
        history->uncounted_count += record->uncounted;
    }
    // enlist is the last that may fail: it must not be done twice
    if (!set_text(&history->messages[row], record->message) ||
        !set_text(&history->checkpoints[row], record->checkpoints) || !note_change(history, row) ||
        !enlist(history, row, !is_new && !was_final, was_final, record->state))
        return cav_fail_memory(error);
    history->states[row] = (uint8_t)record->state;
    history->reasons[row] = (uint8_t)record->reason;
    history->attempts[row] = record->attempt;
    history->failures[row] = record->failures;
    set_lineage(history, row, record);
    set_step(history, row, record->step, history->spent[row]);
    history->cans[row] = record->can;
    history->usages[row] = record->usage;
    history->started_ms[row] = record->started_ms;
    history->finished_ms[row] = record->finished_ms;
    fill_losses(history, row, record);
    follow_best(history, row);
    if (!was_final)
        follow_ends(history, row);
    return CAVIAR_OK;
}

caviar_code cav_history_report(cav_history *history, size_t number, int64_t step,
                               const double *values, cav_error *error)
{
    cav_curve *curve = &history->curves[number];
    size_t capacity = curve->capacity, metrics = history->metric_count;
    if (!CAV_GROW(&curve->steps, &capacity, curve->count + 1))
        return cav_fail_memory(error);
    capacity = curve->capacity;
    if (!CAV_GROW(&curve->places, &capacity, curve->count + 1))
        return cav_fail_memory(error);
    capacity = curve->capacity;
    if (!cav_grow((void **)&curve->losses, &capacity, curve->count + 1, metrics * sizeof(double)))
        return cav_fail_memory(error);
    curve->capacity = capacity;
    if (!push(&history->reported, &history->reported_count, &history->reported_capacity, number))
        return cav_fail_memory(error);
    size_t before = curve->count;
    while (curve->count > 0 && curve->steps[curve->count - 1] >= step)
        curve->count--;
    curve->rewinds += curve->count < before;
    int64_t from = curve->count > 0 ? curve->steps[curve->count - 1] : first_of(history, number);
    curve->steps[curve->count] = step;
    curve->places[curve->count] = history->reported_count - 1;
    for (size_t m = 0; m < metrics; m++)
        curve->losses[curve->count * metrics + m] = cav_history_in_direction(history, m, values[m]);
    curve->count++;
    set_step(history, number, step, history->spent[number] + step - from);
    return CAVIAR_OK;
}

void cav_history_values(const cav_history *history, const double *losses, double *ret_values)
{
    for (size_t m = 0; m < history->metric_count; m++)
        ret_values[m] = cav_history_in_direction(history, m, losses[m]);
}

caviar_code cav_history_copy_curve(const cav_history *history, size_t number, cav_history *view,
                                   size_t to, cav_curve_copied *copied, double *values,
                                   cav_error *error)
{
    const cav_curve *curve = &history->curves[number];
    caviar_code code = CAVIAR_OK;
    if (curve->rewinds != copied->rewinds)
        copied->seen = 0;
    copied->rewinds = curve->rewinds;
    for (; copied->seen < curve->count && !code; copied->seen++) {
        cav_history_values(history, curve->losses + copied->seen * history->metric_count, values);
        code = cav_history_report(view, to, curve->steps[copied->seen], values, error);
    }
    return code;
}

void cav_history_step(cav_history *history, size_t number, int64_t step)
{
    if (number < history->count)
        set_step(history, number, step, history->spent[number]);
}

caviar_code cav_history_nudge(cav_history *history, const cav_nudge *nudge, cav_error *error)
{
    bool known = nudge->number >= 0 && (size_t)nudge->number < history->count &&
                 history->states[nudge->number] != ABSENT;
    if (!known)
        return cav_fail(error, CAVIAR_NOT_FOUND, "a nudge of trial %lld, which is not there",
                        (long long)nudge->number);
    bool put = cav_nudge_list_put(&history->nudges[nudge->number], nudge, history->param_count) &&
               note_change(history, (size_t)nudge->number);
    return put ? CAVIAR_OK : cav_fail_memory(error);
}

bool cav_history_is_held(const cav_history *history, size_t number)
{
    const cav_nudge *last = cav_nudge_list_rest(&history->nudges[number]);
    return last && last->kind == CAV_NUDGE_PAUSE;
}

bool cav_history_is_to_rest(const cav_history *history, size_t number)
{
    return cav_history_is_held(history, number) ||
           cav_nudge_list_waiting(&history->nudges[number], CAV_NUDGE_PAUSE);
}

bool cav_history_may_resume(const cav_history *history, size_t number)
{
    return history->states[number] == CAVIAR_STATE_PAUSED && !cav_history_is_held(history, number);
}

bool cav_history_has_losses(const cav_history *history, size_t number)
{
    bool all = history->states[number] == CAVIAR_STATE_COMPLETE;
    for (size_t m = 0; m < history->metric_count && all; m++)
        all = isfinite(history->losses[number * history->metric_count + m]);
    return all;
}

size_t cav_history_best(const cav_history *history, size_t metric)
{
    return history->bests[metric];
}

int64_t cav_history_common_step(const cav_history *history, size_t least)
{
    return history->ended >= least ? history->common_step : 0;
}

int64_t cav_history_saved_steps(const cav_history *history, int64_t step_max)
{
    int64_t saved = 0;
    for (size_t i = 0; i < history->finished_count; i++) {
        size_t row = history->finished[i];
        int64_t last = history->steps[row] > 0 ? history->steps[row] : 0;
        if (history->states[row] == CAVIAR_STATE_PRUNED && last < step_max)
            saved += step_max - last;
    }
    return saved;
}

static int by_start(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int64_t cav_history_busy_ms(const cav_history *history, int64_t now_ms)
{
    int64_t(*spans)[2] = malloc((history->count + 1) * sizeof *spans);
    if (!spans)
        return 0;
    size_t count = 0;
    bool is_sorted = true; // mostly it is: they began in the order of their numbers
    for (size_t i = 0; i < history->count; i++) {
        bool counts = history->states[i] != ABSENT && history->states[i] != CAVIAR_STATE_WAITING;
        if (!counts || history->uncounted[i] || history->started_ms[i] == 0)
            continue; // of one that was put back nobody knows when it really ended
        bool running = history->states[i] == CAVIAR_STATE_RUNNING;
        spans[count][0] = history->started_ms[i];
        is_sorted &= count == 0 || spans[count - 1][0] <= spans[count][0];
        spans[count++][1] = running ? now_ms : history->finished_ms[i];
    }
    if (!is_sorted)
        qsort(spans, count, sizeof *spans, by_start);
    int64_t busy = 0, covered = INT64_MIN; // what lies before `covered` has been counted
    for (size_t i = 0; i < count; i++) {
        int64_t from = spans[i][0] > covered ? spans[i][0] : covered;
        if (spans[i][1] > from) {
            busy += spans[i][1] - from;
            covered = spans[i][1];
        }
    }
    free(spans);
    return busy;
}
