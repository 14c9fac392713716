/**
 * pictures_trials.c: the trials as they are, without a model: the distribution of their values,
 * their ranks over two parameters, the Pareto front, parallel coordinates, and when they ran.
 */
#include "base/number.h"
#include "serve/drawing.h"
#include "serve/markup.h"
#include "serve/parameter_axis.h"
#include "serve/pictures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    MOST_STAIRS = 1000, // of a distribution
    MOST_RINGS = 1000,  // ranked trials over two parameters
    MOST_POINTS = 2000, // beside a front
    MOST_LINES = 400,   // of parallel coordinates
    MOST_BARS = 2000,   // of a timeline
    MOST_LANES = 500,
    TENTHS = 10,
};

// ---- Distribution -------------------------------------------------------------------------------

// The losses by growing value.
static double nth_value(const cav_findings *at, size_t index)
{
    const cav_ranking *ranking = &at->ranking;
    size_t rank = at->study->maximize[at->metric] ? ranking->count - 1 - index : index;
    return cav_findings_value(at, ranking->losses[rank]);
}

// The first value that a share of all trials is at most.
static double quantile(const cav_findings *at, double share)
{
    double place = ceil(share * (double)at->ranking.count) - 1;
    return nth_value(at, place > 0 ? (size_t)place : 0);
}

static void describe_distribution(const cav_findings *at, cav_text *text)
{
    cav_text_append(text, "half of the trials are at most ");
    cav_markup_number(text, quantile(at, 0.5));
    cav_text_append(text, ", a tenth at most ");
    cav_markup_number(text, quantile(at, 0.1));
}

static void draw_stairs(const cav_findings *at, const cav_plot *plot)
{
    size_t count = at->ranking.count, stride = count / MOST_STAIRS + 1;
    double last = 0;
    cav_text text = {0};
    describe_distribution(at, &text);
    cav_plot_line_begin(plot, "stairs");
    cav_plot_line_to(plot, 0, 0);
    for (size_t i = 0; i < count; i += stride) {
        size_t end = i + stride < count ? i + stride : count;
        double value = nth_value(at, end - 1), x = cav_ruler_place(&at->values, value);
        if (value > at->values.high)
            break; // beyond the axis
        cav_plot_line_to(plot, x, last);
        last = (double)end / (double)count;
        cav_plot_line_to(plot, x, last);
    }
    cav_plot_line_to(plot, 1, last);
    cav_plot_line_end(plot, cav_text_get(&text));
    plot->page->failed |= text.failed;
    cav_text_free(&text);
}

void cav_picture_distribution(const cav_findings *findings, cav_text *page)
{
    cav_plot plot = cav_drawing_wide(findings, page);
    plot.height = 240;
    cav_plot_begin(&plot, "share of the complete trials up to each value");
    cav_drawing_ticks(&findings->values, 10, false, &plot, cav_plot_tick_x);
    for (int percent = 0; percent <= 100; percent += 25) {
        char label[16];
        snprintf(label, sizeof label, "%d %%", percent);
        cav_plot_tick_y(&plot, percent / 100.0, label);
    }
    cav_plot_titles(&plot, cav_findings_metric(findings), "share of complete trials up to it");
    draw_stairs(findings, &plot);
    cav_plot_end(&plot);
}

// ---- Ranks --------------------------------------------------------------------------------------

// How strongly a rank, from 0, is filled: the best tenth wholly, the last one not at all.
static double fill_of(size_t rank, size_t count)
{
    return 1 - floor((double)rank / (double)count * TENTHS) / (TENTHS - 1);
}

static void draw_ring(const cav_findings *at, const cav_plot *plot, const size_t pair[2],
                      size_t rank)
{
    const cav_parameter *parameters = at->study->spec->space->parameters;
    const cav_parameter *across = &parameters[pair[0]], *up = &parameters[pair[1]];
    size_t row = at->ranking.rows[rank];
    const double *raw = at->history->raw + row * at->history->param_count;
    double x = raw[pair[0]], y = raw[pair[1]];
    cav_text text = {0};
    if (isnan(x) || isnan(y) || !cav_drawing_is_on(across, x) || !cav_drawing_is_on(up, y))
        return;
    cav_drawing_describe(at, row, at->ranking.losses[rank], &text);
    cav_text_appendf(&text, ", rank %zu of %zu", rank + 1, at->ranking.count);
    double place[] = {cav_parameter_axis_place(across, x, row),
                      cav_parameter_axis_place(up, y, row)};
    if (row == at->best.trial)
        cav_plot_point(plot, place[0], place[1], "best", cav_text_get(&text));
    else
        cav_plot_ring(plot, place[0], place[1], "ring", fill_of(rank, at->ranking.count),
                      cav_text_get(&text));
    plot->page->failed |= text.failed;
    cav_text_free(&text);
}

void cav_picture_ranks(const cav_findings *findings, const size_t pair[2], cav_text *page)
{
    cav_plot plot = cav_drawing_square(findings, page);
    const cav_parameter *parameters = findings->study->spec->space->parameters;
    const cav_parameter *across = &parameters[pair[0]], *up = &parameters[pair[1]];
    cav_text label = {0};
    cav_text_appendf(&label, "ranks in %s over %s and %s", cav_findings_metric(findings),
                     across->name, up->name);
    cav_plot_begin(&plot, cav_text_get(&label));
    cav_parameter_axis_across(across, &plot);
    cav_parameter_axis_up(up, &plot);
    cav_plot_titles(&plot, across->name, up->name);
    for (size_t r = findings->ranking.count; r-- > 0;) // the best on top
        if (cav_drawing_has(findings, r, MOST_RINGS))
            draw_ring(findings, &plot, pair, r);
    cav_plot_end(&plot);
    page->failed |= label.failed;
    cav_text_free(&label);
}

// ---- Pareto front -------------------------------------------------------------------------------

// What a front is drawn with: two metrics, across and up, and the trials of it.
typedef struct front {
    const cav_findings *at;
    size_t pair[2];
    cav_ruler axes[2];
    size_t *rows; // [count] in growing order
    size_t count;
} front;

// The axis of a metric, widened so that the whole front is on it.
static cav_ruler find_front_axis(const front *of, size_t metric)
{
    cav_ruler ruler = of->at->axes[metric];
    for (size_t i = 0; i < of->count; i++) {
        double value = cav_history_value(of->at->history, of->rows[i], metric);
        ruler.low = fmin(ruler.low, value);
        ruler.high = fmax(ruler.high, value);
    }
    if (ruler.low <= 0)
        ruler.scale = CAVIAR_SCALE_LINEAR;
    return ruler;
}

static double front_place(const front *of, size_t row, int way)
{
    double value = cav_history_value(of->at->history, row, of->pair[way]);
    return cav_ruler_place(&of->axes[way], value);
}

// Filled by a share; NAN: a point.
static void draw_valued(const front *of, const cav_plot *plot, size_t row, const char *class_name,
                        double fill)
{
    const cav_findings *at = of->at;
    double x = front_place(of, row, 0), y = front_place(of, row, 1);
    cav_text text = {0};
    cav_text_appendf(&text, "trial %zu:", row);
    for (size_t m = 0; m < at->history->metric_count; m++) {
        cav_text_appendf(&text, "%s %s ", m ? "," : "", at->study->metric_names[m]);
        cav_markup_number(&text, cav_history_value(at->history, row, m));
    }
    if (isnan(fill))
        cav_plot_point(plot, x, y, class_name, cav_text_get(&text));
    else
        cav_plot_ring(plot, x, y, class_name, fill, cav_text_get(&text));
    plot->page->failed |= text.failed;
    cav_text_free(&text);
}

typedef struct valued {
    size_t row;
    double x; // by which they are sorted
} valued;

static int by_x(const void *a, const void *b)
{
    const valued *x = a, *y = b;
    if (x->x != y->x)
        return x->x < y->x ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

// Between the trials of a front of two metrics there is a stair: nothing between them is known.
static void draw_front_line(const front *of, const valued *sorted, const cav_plot *plot)
{
    double last = 0;
    cav_plot_line_begin(plot, "line");
    for (size_t i = 0; i < of->count; i++) {
        if (i > 0)
            cav_plot_line_to(plot, sorted[i].x, last);
        last = front_place(of, sorted[i].row, 1);
        cav_plot_line_to(plot, sorted[i].x, last);
    }
    cav_plot_line_end(plot, "the Pareto front");
}

static void draw_beside_front(const front *of, const cav_plot *plot)
{
    const cav_history *history = of->at->history;
    size_t stride = history->count / MOST_POINTS + 1, next = 0;
    for (size_t i = 0; i < history->count; i += stride) {
        while (next < of->count && of->rows[next] < i)
            next++;
        bool is_front = next < of->count && of->rows[next] == i;
        if (!is_front && cav_history_has_losses(history, i))
            draw_valued(of, plot, i, "other", (double)NAN);
    }
}

// The metric that is no axis, where there are three; SIZE_MAX: none.
static size_t third_metric(const front *of)
{
    bool is_one = of->at->history->metric_count == 3 && of->pair[0] != of->pair[1];
    return is_one ? 3 - of->pair[0] - of->pair[1] : SIZE_MAX;
}

// The trials are filled by the third metric, the better the fuller.
static caviar_code draw_on_front(const front *of, const cav_plot *plot, cav_error *error)
{
    const cav_history *history = of->at->history;
    size_t metrics = history->metric_count, third = third_metric(of);
    valued *sorted = malloc((of->count + 1) * sizeof *sorted);
    if (!sorted)
        return cav_fail_memory(error);
    for (size_t i = 0; i < of->count; i++) {
        size_t row = of->rows[i];
        sorted[i] = (valued){row, third < metrics ? history->losses[row * metrics + third]
                                                  : front_place(of, row, 0)};
    }
    qsort(sorted, of->count, sizeof *sorted, by_x);
    if (metrics == 2)
        draw_front_line(of, sorted, plot);
    for (size_t i = of->count; i-- > 0;)
        if (third < metrics)
            draw_valued(of, plot, sorted[i].row, "front", fill_of(i, of->count));
        else
            draw_valued(of, plot, sorted[i].row, "best", (double)NAN);
    free(sorted);
    return CAVIAR_OK;
}

static void say_better(const front *of, int way, cav_text *text)
{
    const cav_study *study = of->at->study;
    size_t metric = of->pair[way];
    cav_text_appendf(text, "%s, %s is better", study->metric_names[metric],
                     study->maximize[metric] ? "more" : "less");
}

static caviar_code draw_front(const front *of, const cav_plot *plot, cav_error *error)
{
    const char *const *names = of->at->study->metric_names;
    cav_text label = {0}, across = {0}, up = {0};
    cav_text_appendf(&label, "%s against %s: %zu trials are beaten by none in all %zu metrics",
                     names[of->pair[0]], names[of->pair[1]], of->count,
                     of->at->history->metric_count);
    say_better(of, 0, &across);
    say_better(of, 1, &up);
    cav_plot_begin(plot, cav_text_get(&label));
    cav_drawing_ticks(&of->axes[0], (size_t)plot->width / 85, false, plot, cav_plot_tick_x);
    cav_drawing_ticks(&of->axes[1], 7, false, plot, cav_plot_tick_y);
    cav_plot_titles(plot, cav_text_get(&across), cav_text_get(&up));
    draw_beside_front(of, plot);
    caviar_code code = draw_on_front(of, plot, error);
    cav_plot_end(plot);
    plot->page->failed |= label.failed || across.failed || up.failed;
    cav_text_free(&label);
    cav_text_free(&across);
    cav_text_free(&up);
    return code;
}

caviar_code cav_picture_front(const cav_findings *findings, const size_t pair[2], cav_text *page,
                              cav_error *error)
{
    bool is_wide = findings->is_alone || findings->history->metric_count == 2;
    cav_plot plot = is_wide ? cav_drawing_wide(findings, page) : cav_drawing_square(findings, page);
    front of = {.at = findings, .pair = {pair[0], pair[1]}};
    caviar_code code = cav_study_front(findings->study, &of.rows, &of.count, error);
    for (int way = 0; way < 2 && !code; way++)
        of.axes[way] = find_front_axis(&of, pair[way]);
    if (!code)
        code = draw_front(&of, &plot, error);
    free(of.rows);
    return code;
}

// ---- Parallel coordinates -----------------------------------------------------------------------

// Parameters in the order in which they are shown, then metrics.
typedef struct columns {
    const cav_findings *at;
    size_t dims, count;
    double absent; // the place of what a trial does not have
} columns;

static double column_x(const columns *of, size_t column)
{
    return of->count > 1 ? (double)column / (double)(of->count - 1) : 0.5;
}

// Where a trial crosses a column: below it where it has no such parameter; NaN where its value lies
// outside of the range that there is now.
static double column_y(const columns *of, size_t column, size_t row)
{
    const cav_findings *at = of->at;
    if (column >= of->dims)
        return cav_ruler_place(&at->axes[column - of->dims],
                               cav_history_value(at->history, row, column - of->dims));
    size_t parameter = at->order[column];
    const cav_parameter *axis = &at->study->spec->space->parameters[parameter];
    double raw = at->history->raw[row * at->history->param_count + parameter];
    if (isnan(raw))
        return of->absent;
    return cav_drawing_is_on(axis, raw) ? cav_parameter_encode(axis, raw) : NAN;
}

// The column as a narrow plot of its own, whose labels have the room before it.
static void draw_column(const columns *of, const cav_plot *plot, size_t column, int gap)
{
    const cav_findings *at = of->at;
    const cav_parameter *parameters = at->study->spec->space->parameters;
    cav_plot narrow = *plot;
    double room = plot->width - plot->left - plot->right;
    narrow.left = plot->left + (int)(column_x(of, column) * room) - 2;
    narrow.right = plot->width - narrow.left - 4;
    narrow.label_room = gap - 14;
    cav_plot_bar(&narrow, (double[]){0.4, 0}, (double[]){0.6, 1}, "axis", "");
    if (column < of->dims && parameters[at->order[column]].when_count > 0)
        cav_plot_tick_y(&narrow, of->absent, "none");
    if (column < of->dims) {
        cav_parameter_axis_up(&parameters[at->order[column]], &narrow);
        cav_plot_head(&narrow, 0.5, gap, parameters[at->order[column]].name);
    } else {
        cav_drawing_ticks(&at->axes[column - of->dims], 7, false, &narrow, cav_plot_tick_y);
        cav_plot_head(&narrow, 0.5, gap, at->study->metric_names[column - of->dims]);
    }
}

static void draw_trial(const columns *of, const cav_plot *plot, size_t rank)
{
    const cav_findings *at = of->at;
    char class_name[24];
    cav_text text = {0};
    cav_drawing_describe(at, at->ranking.rows[rank], at->ranking.losses[rank], &text);
    snprintf(class_name, sizeof class_name, "curve %s", cav_drawing_class(at, rank));
    bool is_open = false;
    for (size_t c = 0; c < of->count; c++) {
        double y = column_y(of, c, at->ranking.rows[rank]);
        if (isnan(y) && is_open)
            cav_plot_line_end(plot, cav_text_get(&text));
        else if (!isnan(y) && !is_open)
            cav_plot_line_begin(plot, class_name);
        if (!isnan(y))
            cav_plot_line_to(plot, column_x(of, c), y);
        is_open = !isnan(y);
    }
    if (is_open)
        cav_plot_line_end(plot, cav_text_get(&text));
    plot->page->failed |= text.failed;
    cav_text_free(&text);
}

void cav_picture_parallel(const cav_findings *findings, cav_text *page)
{
    enum { LEAST_GAP = 84 };
    size_t dims = findings->study->spec->space->dim_count;
    columns of = {findings, dims, dims + findings->history->metric_count, .absent = -0.06};
    cav_plot plot = cav_drawing_wide(findings, page);
    int wanted = plot.left + plot.right + LEAST_GAP * (int)(of.count - 1);
    plot.right = 30;
    plot.width = wanted > plot.width ? wanted : plot.width;
    plot.bottom = 30;
    plot.no_frame = true;
    int gap = of.count > 1 ? (plot.width - plot.left - plot.right) / (int)(of.count - 1) : 200;
    cav_plot_begin(&plot,
                   "parallel coordinates: parameters, the most important first, and metrics");
    for (size_t r = findings->ranking.count; r-- > 0;) // the best on top
        if (cav_drawing_has(findings, r, MOST_LINES))
            draw_trial(&of, &plot, r);
    for (size_t c = 0; c < of.count; c++)
        draw_column(&of, &plot, c, gap);
    cav_plot_end(&plot);
}

// ---- Timeline -----------------------------------------------------------------------------------

typedef struct bar {
    size_t row; // of the history
    int64_t from, to;
    size_t lane;
} bar;

typedef struct lanes {
    bar *bars; // [count] as they began
    size_t count, lane_count;
    int64_t begin, end;
} lanes;

static int by_begin(const void *a, const void *b)
{
    const bar *x = a, *y = b;
    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

// Each bar into the first lane that is free when it begins.
static caviar_code put_into_lanes(lanes *at, cav_error *error)
{
    int64_t *free_from = malloc((at->count + 1) * sizeof *free_from);
    if (!free_from)
        return cav_fail_memory(error);
    qsort(at->bars, at->count, sizeof *at->bars, by_begin);
    for (size_t i = 0; i < at->count; i++) {
        bar *one = &at->bars[i];
        while (one->lane < at->lane_count && free_from[one->lane] > one->from &&
               one->lane + 1 < MOST_LANES)
            one->lane++;
        at->lane_count += one->lane == at->lane_count;
        free_from[one->lane] = one->to;
        at->begin = i == 0 ? one->from : at->begin;
        at->end = one->to > at->end ? one->to : at->end;
    }
    free(free_from);
    return CAVIAR_OK;
}

static caviar_code find_bars(const cav_findings *findings, lanes *ret_lanes, cav_error *error)
{
    const cav_history *history = findings->history;
    int64_t now = cav_clock_wall_ms(findings->study->clock);
    ret_lanes->bars = calloc(history->count + 1, sizeof *ret_lanes->bars);
    if (!ret_lanes->bars)
        return cav_fail_memory(error);
    for (size_t i = 0; i < history->count; i++) {
        int64_t from = history->started_ms[i], to = history->finished_ms[i];
        if (history->states[i] == CAVIAR_STATE_RUNNING)
            to = now;
        else if (history->states[i] != CAVIAR_STATE_COMPLETE && history->reported_ms[i] > from)
            to = history->reported_ms[i]; // it may have been paused since
        if (from > 0 && to >= from)
            ret_lanes->bars[ret_lanes->count++] = (bar){.row = i, .from = from, .to = to};
    }
    return put_into_lanes(ret_lanes, error);
}

static const char *class_of_state(int state)
{
    return state == CAVIAR_STATE_COMPLETE  ? "bar good"
           : state == CAVIAR_STATE_FAILED  ? "bar bad"
           : state == CAVIAR_STATE_RUNNING ? "bar best"
                                           : "bar other";
}

static void draw_bar(const cav_findings *at, const lanes *of, const cav_plot *plot, const bar *one)
{
    double span = (double)(of->end - of->begin) + 1, room = (double)of->lane_count;
    double top = 1 - ((double)one->lane + 0.1) / room;
    double from[] = {(double)(one->from - of->begin) / span, top - 0.8 / room};
    double to[] = {(double)(one->to - of->begin) / span, top};
    int state = at->history->states[one->row];
    char took[CAV_NUMBER_SIZE];
    cav_text text = {0};
    cav_duration_print(one->to - one->from, took);
    cav_text_appendf(&text, "trial %zu, %s, %s", one->row, caviar_state_name((caviar_state)state),
                     took);
    cav_plot_bar(plot, from, to, class_of_state(state), cav_text_get(&text));
    plot->page->failed |= text.failed;
    cav_text_free(&text);
}

static void draw_lanes(const cav_findings *at, const lanes *of, cav_text *page)
{
    cav_plot plot = cav_drawing_wide(at, page);
    double seconds = ((double)(of->end - of->begin) + 1) / 1000;
    double unit = seconds > 7200 ? 3600 : seconds > 120 ? 60 : 1;
    cav_ruler times = {.low = 0, .high = seconds / unit};
    size_t stride = of->count / MOST_BARS + 1;
    plot.left = 20;
    plot.top = 8;
    plot.height = 70 + 12 * (int)(of->lane_count < 40 ? of->lane_count : 40);
    cav_plot_begin(&plot, "when each trial ran");
    cav_drawing_ticks(&times, 10, false, &plot, cav_plot_tick_x);
    cav_plot_titles(&plot, unit > 60 ? "hours" : unit > 1 ? "minutes" : "seconds", "");
    for (size_t i = 0; i < of->count; i += stride)
        draw_bar(at, of, &plot, &of->bars[i]);
    cav_plot_end(&plot);
}

caviar_code cav_picture_timeline(const cav_findings *findings, cav_text *page, bool *ret_any,
                                 cav_error *error)
{
    lanes of = {0};
    caviar_code code = find_bars(findings, &of, error);
    *ret_any = !code && of.count > 0;
    if (*ret_any)
        draw_lanes(findings, &of, page);
    free(of.bars);
    return code;
}
