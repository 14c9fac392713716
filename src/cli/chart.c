/**
 * chart.c: scales, lines and marks.
 */
#include "cli/chart.h"

#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LABEL_COLUMNS = 10, LOG_FACTOR = 50 };

// From values to dots.
typedef struct scale {
    double low, high;
    bool is_log;
} scale;

typedef struct picture {
    const cav_chart *chart;
    cav_dots dots;
    scale x, y;
} picture;

static void widen(scale *at, double value)
{
    if (!isfinite(value))
        return;
    at->low = fmin(at->low, value);
    at->high = fmax(at->high, value);
}

static const scale nothing = {.low = INFINITY, .high = -INFINITY};

static void widen_by_series(scale *at, const cav_series *series)
{
    for (size_t i = 0; i < series->count; i++)
        widen(at, series->values[i]);
}

// Makes a range that can be divided by, with a little air.
static void settle(scale *at)
{
    if (!(at->low <= at->high))
        *at = (scale){.low = 0, .high = 1};
    at->is_log = at->low > 0 && at->high / at->low > LOG_FACTOR;
    if (at->low == at->high) {
        double air = at->low == 0 ? 1 : fabs(at->low) * 0.1;
        at->low -= air;
        at->high += air;
    }
}

static double share_of(const scale *at, double value)
{
    if (at->is_log && value > 0)
        return log(value / at->low) / log(at->high / at->low);
    return (value - at->low) / (at->high - at->low);
}

static double value_at(const scale *at, double share)
{
    return at->is_log ? at->low * pow(at->high / at->low, share)
                      : at->low + share * (at->high - at->low);
}

// A dot's coordinate; far outside where the value is, so that lines leave in the right direction.
static int place(double share, int size)
{
    return (int)lround(fmin(fmax(share, -4), 5) * (size - 1));
}

static int x_of(const picture *at, int64_t step)
{
    return place(share_of(&at->x, (double)step), at->dots.width);
}

static int y_of(const picture *at, const scale *y, double value)
{
    return place(1 - share_of(y, value), at->dots.height);
}

static void draw_line(picture *at, const cav_chart_line *line)
{
    const cav_series *series = line->series;
    scale own = nothing;
    const scale *y = &at->y;
    if (line->has_own_scale) {
        widen_by_series(&own, series);
        settle(&own);
        y = &own;
    }
    for (size_t i = 0; i < series->count; i++) {
        if (!isfinite(series->values[i]))
            continue;
        int x1 = x_of(at, series->steps[i]), y1 = y_of(at, y, series->values[i]);
        bool joins = i > 0 && isfinite(series->values[i - 1]) && !line->is_dotted;
        int x0 = joins ? x_of(at, series->steps[i - 1]) : x1;
        int y0 = joins ? y_of(at, y, series->values[i - 1]) : y1;
        cav_dots_line(&at->dots, x0, y0, x1, y1, line->ink);
    }
}

static void draw_mark(picture *at, const cav_chart_mark *mark)
{
    int x = x_of(at, mark->step);
    for (int y = 0; y < at->dots.height; y += 3)
        cav_dots_set(&at->dots, x, y, mark->ink);
}

static void find_scales(picture *at)
{
    at->x = at->y = nothing;
    for (size_t i = 0; i < at->chart->line_count; i++) {
        const cav_chart_line *line = &at->chart->lines[i];
        const cav_series *series = line->series;
        if (line->sets_range && !line->has_own_scale)
            widen_by_series(&at->y, series);
        if (line->sets_range && series->count > 0) {
            widen(&at->x, (double)series->steps[0]);
            widen(&at->x, (double)series->steps[series->count - 1]);
        }
    }
    if (at->chart->last_step > 0 && at->x.low <= at->x.high)
        widen(&at->x, (double)at->chart->last_step);
    settle(&at->y);
    settle(&at->x);
    at->x.is_log = false;
}

static void put_labels(const picture *at, cav_screen *screen, int row, int column, int rows)
{
    for (int i = 0; i < 3 && rows >= 3; i++) {
        char number[CAV_NUMBER_SIZE], label[64];
        int y = i * (rows - 1) / 2;
        cav_number_print_short(value_at(&at->y, 1 - (double)y / (rows - 1)), 3, number);
        snprintf(label, sizeof label, "%*.*s", LABEL_COLUMNS - 1, LABEL_COLUMNS - 1, number);
        cav_screen_put(screen, row + y, column, CAV_INK_DIM, label);
    }
}

// The steps at both ends, in the row below the picture.
static void put_steps(const picture *at, cav_screen *screen, int row, int column, int columns)
{
    char first[32], last[32];
    snprintf(first, sizeof first, "step %.0f", at->x.low);
    snprintf(last, sizeof last, "%.0f", at->x.high);
    cav_screen_put(screen, row, column, CAV_INK_DIM, first);
    cav_screen_put(screen, row, column + columns - (int)strlen(last), CAV_INK_DIM, last);
}

// The words of marks, in the first row as far as there is room, the latest first.
static void put_words(const picture *at, cav_screen *screen, int row, int column, int columns)
{
    int free_up_to = column + columns;
    for (size_t i = at->chart->mark_count; i-- > 0;) {
        const cav_chart_mark *mark = &at->chart->marks[i];
        int x = column + x_of(at, mark->step) / 2 + 1, width = cav_style_width(mark->words);
        if (x + width > column + columns) // to the left of its mark, then
            x = column + x_of(at, mark->step) / 2 - width;
        if (x < column || x + width > free_up_to)
            continue;
        cav_screen_put(screen, row, x, mark->ink, mark->words);
        free_up_to = x - 1;
    }
}

bool cav_chart_draw(const cav_chart *chart, cav_screen *screen, int row, int column, int columns,
                    int rows)
{
    picture at = {.chart = chart};
    int left = column + LABEL_COLUMNS, width = columns - LABEL_COLUMNS, height = rows - 1;
    if (width < 4 || height < 2)
        return true; // no room for a picture
    if (!cav_dots_new(&at.dots, width, height))
        return false;
    find_scales(&at);
    for (size_t i = 0; i < chart->mark_count; i++)
        draw_mark(&at, &chart->marks[i]);
    for (size_t i = 0; i < chart->line_count; i++)
        draw_line(&at, &chart->lines[i]);
    put_labels(&at, screen, row, column, height);
    put_steps(&at, screen, row + height, left, width);
    put_words(&at, screen, row, left, width);
    cav_dots_show(&at.dots, screen, row, left);
    cav_dots_free(&at.dots);
    return true;
}
