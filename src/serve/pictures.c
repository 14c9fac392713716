/**
 * pictures.c: history, importance, slices, learning curves.
 *
 * Of many trials not all are drawn, so that a page of a hundred thousand trials still opens: the
 * best ones, and of the others each so many-th.
 */
#include "serve/pictures.h"

#include "base/number.h"
#include "serve/markup.h"
#include "serve/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_POINTS = 4000,       // in the history
    MOST_SLICE_POINTS = 1000, // in each slice
    MOST_CURVES = 150,
    MOST_LABELS = 9, // choices or levels with a label each
};

// Draws rank r of `count` trials, of which `most` may be drawn: the best half of these for sure.
static bool is_drawn(size_t rank, size_t count, size_t most)
{
    if (count <= most || rank < most / 2)
        return true;
    size_t stride = (count - most / 2 + most / 2 - 1) / (most / 2);
    return (rank - most / 2) % stride == 0;
}

static const char *class_of_rank(const cav_findings *at, size_t rank)
{
    if (rank == 0)
        return "best";
    return (double)rank < cav_best_count((double)at->ranking.count) ? "good" : "other";
}

static void describe(const cav_findings *at, size_t row, double loss, cav_text *text)
{
    cav_text_clear(text);
    cav_text_appendf(text, "trial %zu: %s ", row, at->study->metric_names[0]);
    cav_markup_number(text, cav_findings_value(at, loss));
}

static void draw_value_ticks(const cav_ruler *axis, const cav_plot *plot)
{
    double ticks[CAV_RULER_MOST];
    size_t count = cav_ruler_ticks(axis, 7, ticks);
    for (size_t i = 0; i < count; i++) {
        cav_text label = {0};
        cav_ruler_label(ticks[i], &label);
        cav_plot_tick_y(plot, cav_ruler_place(axis, ticks[i]), cav_text_get(&label));
        cav_text_free(&label);
    }
}

// An axis of whole numbers from low to high.
static void draw_count_ticks(const cav_plot *plot, const cav_ruler *ruler)
{
    double ticks[CAV_RULER_MOST];
    size_t count = cav_ruler_ticks(ruler, 10, ticks);
    for (size_t i = 0; i < count; i++) {
        cav_text label = {0};
        if (ticks[i] != floor(ticks[i]))
            continue;
        cav_ruler_label(ticks[i], &label);
        cav_plot_tick_x(plot, cav_ruler_place(ruler, ticks[i]), cav_text_get(&label));
        cav_text_free(&label);
    }
}

// ---- History --------------------------------------------------------------------------------

static void draw_best_so_far(const cav_findings *at, const cav_plot *plot, const cav_ruler *numbers)
{
    const cav_history *history = at->history;
    double least = INFINITY;
    cav_plot_line_begin(plot, "line");
    for (size_t i = 0; i < history->count; i++) {
        double loss = history->losses[i * history->metric_count];
        bool better = history->states[i] == CAVIAR_STATE_COMPLETE && loss < least;
        double x = cav_ruler_place(numbers, (double)i);
        if (better && isfinite(least))
            cav_plot_line_to(plot, x, cav_findings_place(at, &at->values, least));
        if (better) {
            least = loss;
            cav_plot_line_to(plot, x, cav_findings_place(at, &at->values, least));
        }
    }
    if (isfinite(least))
        cav_plot_line_to(plot, 1, cav_findings_place(at, &at->values, least));
    cav_plot_line_end(plot, "the best so far");
}

void cav_picture_history(const cav_findings *findings, cav_text *page)
{
    cav_plot plot = {.page = page,
                     .width = 900,
                     .height = 320,
                     .left = 64,
                     .right = 14,
                     .top = 22,
                     .bottom = 40};
    const cav_ranking *ranking = &findings->ranking;
    cav_ruler numbers = {.low = -0.5, .high = (double)findings->history->count - 0.5};
    if (numbers.high < 0.5)
        numbers.high = 0.5;
    cav_text text = {0};
    cav_plot_begin(&plot, "value of each trial, and the best so far");
    draw_value_ticks(&findings->values, &plot);
    draw_count_ticks(&plot, &numbers);
    cav_plot_titles(&plot, "trial", findings->study->metric_names[0]);
    for (size_t r = ranking->count; r-- > 0;) { // the best on top
        if (!is_drawn(r, ranking->count, MOST_POINTS))
            continue;
        describe(findings, ranking->rows[r], ranking->losses[r], &text);
        cav_plot_point(&plot, cav_ruler_place(&numbers, (double)ranking->rows[r]),
                       cav_findings_place(findings, &findings->values, ranking->losses[r]),
                       class_of_rank(findings, r), cav_text_get(&text));
    }
    draw_best_so_far(findings, &plot, &numbers);
    cav_plot_end(&plot);
    page->failed |= text.failed;
    cav_text_free(&text);
}

// ---- Importance -----------------------------------------------------------------------------

static void draw_bar(const cav_findings *at, const cav_importance *item, const cav_plot *plot,
                     double y, double half)
{
    const char *name = at->study->spec->space->parameters[item->parameter].name;
    bool is_noise = item->chance >= CAV_IMPORTANCE_NOISE;
    char text[160];
    snprintf(text, sizeof text, "%.60s: %.0f %%, from %.0f to %.0f %%%s", name, item->share * 100,
             item->low * 100, item->high * 100, is_noise ? "; may be chance" : "");
    cav_plot_tick_y(plot, y, name);
    cav_plot_line_begin(plot, is_noise ? "bar noise" : "bar");
    cav_plot_line_to(plot, 0, y + half);
    cav_plot_line_to(plot, item->share, y + half);
    cav_plot_line_to(plot, item->share, y - half);
    cav_plot_line_to(plot, 0, y - half);
    cav_plot_line_end(plot, text);
    cav_plot_line_begin(plot, "interval");
    cav_plot_line_to(plot, item->low, y);
    cav_plot_line_to(plot, item->high, y);
    cav_plot_line_end(plot, text);
}

void cav_picture_importance(const cav_findings *findings, cav_text *page)
{
    size_t count = findings->importance_count;
    size_t most = 25; // the others are next to nothing
    count = count < most ? count : most;
    cav_plot plot = {.page = page,
                     .width = 900,
                     .height = 60 + 24 * (int)count,
                     .left = 150,
                     .right = 20,
                     .top = 8,
                     .bottom = 40};
    cav_plot_begin(&plot, "share of each parameter in what mattered, with its interval");
    for (int percent = 0; percent <= 100; percent += 20) {
        char label[16];
        snprintf(label, sizeof label, "%d %%", percent);
        cav_plot_tick_x(&plot, percent / 100.0, label);
    }
    for (size_t i = 0; i < count; i++) {
        double y = 1 - ((double)i + 0.5) / (double)count;
        draw_bar(findings, &findings->importance[i], &plot, y, 0.32 / (double)count);
    }
    cav_plot_titles(&plot, "share of what mattered", "");
    cav_plot_end(&plot);
}

// ---- Slices ---------------------------------------------------------------------------------

static void tick_at(const cav_parameter *parameter, const cav_plot *plot, double raw)
{
    cav_text label = {0};
    if (parameter->axis == CAV_AXIS_CHOICES)
        cav_parameter_print(parameter, raw, &label);
    else
        cav_ruler_label(raw, &label);
    cav_plot_tick_x(plot, cav_parameter_encode(parameter, raw), cav_text_get(&label));
    cav_text_free(&label);
}

// Choices and a few levels have a label each; a range has round values of its scale.
static void draw_parameter_ticks(const cav_parameter *parameter, const cav_plot *plot)
{
    size_t size = cav_parameter_size(parameter);
    if (size > 0 && (size <= MOST_LABELS || parameter->axis == CAV_AXIS_CHOICES)) {
        size_t stride = (size + MOST_LABELS - 1) / MOST_LABELS;
        for (size_t i = 0; i < size; i += stride)
            tick_at(parameter, plot,
                    cav_parameter_decode(parameter, cav_parameter_nth(parameter, i)));
        return;
    }
    for (size_t i = 0; i < parameter->special_count; i++)
        tick_at(parameter, plot, parameter->specials[i]);
    double ticks[CAV_RULER_MOST], last = NAN;
    cav_ruler ruler = {parameter->scale, parameter->limit_low, parameter->limit_high};
    size_t count = ruler.low < ruler.high ? cav_ruler_ticks(&ruler, 6, ticks) : 0;
    for (size_t i = 0; i < count; i++) {
        double raw = cav_parameter_snap(parameter, ticks[i]);
        if (raw != last)
            tick_at(parameter, plot, raw);
        last = raw;
    }
}

// Trials of one value stand side by side: by a part of the value's own width, always the same.
static double jitter(const cav_parameter *parameter, size_t row)
{
    size_t size = cav_parameter_size(parameter);
    if (size == 0 || size > 2 * MOST_LABELS)
        return 0;
    double golden = (double)row * 0.6180339887498949;
    return (golden - floor(golden) - 0.5) * 0.6 / (double)size;
}

void cav_picture_slice(const cav_findings *findings, size_t parameter, cav_text *page)
{
    cav_plot plot = {.page = page,
                     .width = 340,
                     .height = 230,
                     .left = 52,
                     .right = 18,
                     .top = 22,
                     .bottom = 36};
    const cav_parameter *axis = &findings->study->spec->space->parameters[parameter];
    const cav_ranking *ranking = &findings->ranking;
    cav_text text = {0};
    cav_text_appendf(&text, "%s against %s", findings->study->metric_names[0], axis->name);
    cav_plot_begin(&plot, cav_text_get(&text));
    draw_value_ticks(&findings->values, &plot);
    draw_parameter_ticks(axis, &plot);
    cav_plot_titles(&plot, axis->name, findings->study->metric_names[0]);
    for (size_t r = ranking->count; r-- > 0;) {
        size_t row = ranking->rows[r];
        double raw = findings->history->raw[row * findings->history->param_count + parameter];
        if (isnan(raw) || !is_drawn(r, ranking->count, MOST_SLICE_POINTS))
            continue;
        describe(findings, row, ranking->losses[r], &text);
        cav_text_appendf(&text, ", %s ", axis->name);
        cav_parameter_print(axis, raw, &text);
        cav_plot_point(&plot, cav_parameter_encode(axis, raw) + jitter(axis, row),
                       cav_findings_place(findings, &findings->values, ranking->losses[r]),
                       class_of_rank(findings, r), cav_text_get(&text));
    }
    cav_plot_end(&plot);
    page->failed |= text.failed;
    cav_text_free(&text);
}

// ---- Learning curves ------------------------------------------------------------------------

// The steps that the curves reach, and how many trials have one.
static size_t find_steps(const cav_history *history, cav_ruler *steps)
{
    size_t count = 0;
    steps->low = INFINITY;
    steps->high = -INFINITY;
    for (size_t i = 0; i < history->count; i++) {
        const cav_curve *curve = &history->curves[i];
        if (curve->count < 2)
            continue;
        count++;
        steps->low = fmin(steps->low, (double)curve->steps[0]);
        steps->high = fmax(steps->high, (double)curve->steps[curve->count - 1]);
    }
    return count;
}

static void draw_curve(const cav_findings *at, const cav_plot *plot, const cav_ruler *steps,
                       size_t row, const char *class_name)
{
    const cav_history *history = at->history;
    const cav_curve *curve = &history->curves[row];
    cav_text text = {0};
    if (curve->count < 2)
        return;
    cav_plot_line_begin(plot, class_name);
    for (size_t i = 0; i < curve->count; i++) {
        double loss = curve->losses[i * history->metric_count];
        if (!isnan(loss))
            cav_plot_line_to(plot, cav_ruler_place(steps, (double)curve->steps[i]),
                             cav_findings_place(at, &at->on_curve, loss));
    }
    cav_text_appendf(&text, "trial %zu, %s", row,
                     caviar_state_name((caviar_state)history->states[row]));
    cav_plot_line_end(plot, cav_text_get(&text));
    cav_text_free(&text);
}

static void draw_unranked(const cav_findings *at, const cav_plot *plot, const cav_ruler *steps)
{
    const cav_history *history = at->history;
    size_t stride = history->count / MOST_CURVES + 1;
    for (size_t i = 0; i < history->count; i += stride)
        if (history->states[i] != CAVIAR_STATE_COMPLETE)
            draw_curve(at, plot, steps, i, "curve cut");
}

bool cav_picture_curves(const cav_findings *findings, cav_text *page)
{
    cav_plot plot = {.page = page,
                     .width = 900,
                     .height = 320,
                     .left = 64,
                     .right = 14,
                     .top = 22,
                     .bottom = 40};
    const cav_ranking *ranking = &findings->ranking;
    cav_ruler steps = {0};
    if (find_steps(findings->history, &steps) == 0)
        return false;
    cav_plot_begin(&plot, "learning curves");
    draw_value_ticks(&findings->on_curve, &plot);
    draw_count_ticks(&plot, &steps);
    cav_plot_titles(&plot, "step", findings->study->metric_names[0]);
    draw_unranked(findings, &plot, &steps);
    for (size_t r = ranking->count; r-- > 0;) {
        const char *rank = class_of_rank(findings, r);
        char class_name[24];
        snprintf(class_name, sizeof class_name, "curve %s", rank);
        if (is_drawn(r, ranking->count, MOST_CURVES))
            draw_curve(findings, &plot, &steps, ranking->rows[r], class_name);
    }
    cav_plot_end(&plot);
    return true;
}
