/**
 * pictures.c: history, importance, slices, contours, learning curves.
 *
 * Of many trials not all are drawn, so that a page of a hundred thousand trials still opens; see
 * cav_drawing_has.
 */
#include "serve/pictures.h"

#include "base/number.h"
#include "serve/drawing.h"
#include "serve/markup.h"
#include "serve/parameter_axis.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_POINTS = 4000,       // in the history
    MOST_SLICE_POINTS = 1000, // in each slice
    MOST_CURVES = 150,
    MOST_OVER = 400, // trials over a contour
    BANDS = 9,       // of a contour
};

// A surrogate that explains a smaller share of the variation is not drawn among the trials.
#define LEAST_SKILL 0.2

// ---- History --------------------------------------------------------------------------------

static void draw_best_so_far(const cav_findings *at, const cav_plot *plot, const cav_ruler *numbers)
{
    const cav_history *history = at->history;
    double least = INFINITY;
    cav_plot_line_begin(plot, "line");
    for (size_t i = 0; i < history->count; i++) {
        double loss = history->losses[i * history->metric_count + at->metric];
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
    cav_plot plot = cav_drawing_wide(findings, page);
    const cav_ranking *ranking = &findings->ranking;
    cav_ruler numbers = {.low = -0.5, .high = (double)findings->history->count - 0.5};
    if (numbers.high < 0.5)
        numbers.high = 0.5;
    cav_text text = {0};
    cav_plot_begin(&plot, "value of each trial, and the best so far");
    cav_drawing_ticks(&findings->values, 7, false, &plot, cav_plot_tick_y);
    cav_drawing_ticks(&numbers, 10, true, &plot, cav_plot_tick_x);
    cav_plot_titles(&plot, "trial", cav_findings_metric(findings));
    for (size_t r = ranking->count; r-- > 0;) { // the best on top
        if (!cav_drawing_has(findings, r, MOST_POINTS))
            continue;
        cav_drawing_describe(findings, ranking->rows[r], ranking->losses[r], &text);
        cav_plot_point(&plot, cav_ruler_place(&numbers, (double)ranking->rows[r]),
                       cav_findings_place(findings, &findings->values, ranking->losses[r]),
                       cav_drawing_class(findings, r), cav_text_get(&text));
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
                     .is_alone = findings->is_alone,
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

// The surrogate's mean: a line, or where each value has its room a stroke in that of each.
static void draw_effect(const cav_findings *at, const cav_parameter *axis, const cav_plot *plot,
                        const cav_effect *effect)
{
    double half = cav_parameter_axis_room(axis) / 2;
    if (half == 0)
        cav_plot_line_begin(plot, "mean");
    for (size_t i = 0; i < effect->count; i++) {
        if (isnan(effect->losses[i]))
            continue;
        double y = fmax(0, fmin(1, cav_findings_place(at, &at->values, effect->losses[i])));
        if (half > 0) {
            cav_plot_line_begin(plot, "mean");
            cav_plot_line_to(plot, effect->places[i] - half, y);
        }
        cav_plot_line_to(plot, effect->places[i] + half, y);
        if (half > 0)
            cav_plot_line_end(plot, "the model's mean");
    }
    if (half == 0)
        cav_plot_line_end(plot, "the model's mean");
}

static const cav_effect *find_effect(const cav_findings *at, size_t parameter)
{
    const cav_space *space = at->study->spec->space;
    bool is_any = at->effects.items && at->effects.skill >= LEAST_SKILL;
    return is_any ? &at->effects.items[cav_space_dim_of(space, parameter)] : NULL;
}

void cav_picture_slice(const cav_findings *findings, size_t parameter, cav_text *page)
{
    cav_plot plot = {.page = page,
                     .is_alone = findings->is_alone,
                     .width = 340,
                     .height = 230,
                     .left = 52,
                     .right = 18,
                     .top = 22,
                     .bottom = 36};
    const cav_parameter *axis = &findings->study->spec->space->parameters[parameter];
    const cav_ranking *ranking = &findings->ranking;
    cav_text text = {0};
    cav_text_appendf(&text, "%s against %s", cav_findings_metric(findings), axis->name);
    cav_plot_begin(&plot, cav_text_get(&text));
    cav_drawing_ticks(&findings->values, 7, false, &plot, cav_plot_tick_y);
    cav_parameter_axis_across(axis, &plot);
    cav_plot_titles(&plot, axis->name, cav_findings_metric(findings));
    for (size_t r = ranking->count; r-- > 0;) {
        size_t row = ranking->rows[r];
        double raw = findings->history->raw[row * findings->history->param_count + parameter];
        if (isnan(raw) || !cav_drawing_is_on(axis, raw) ||
            !cav_drawing_has(findings, r, MOST_SLICE_POINTS))
            continue;
        cav_drawing_describe(findings, row, ranking->losses[r], &text);
        cav_text_appendf(&text, ", %s ", axis->name);
        cav_parameter_print(axis, raw, &text);
        cav_plot_point(&plot, cav_parameter_axis_place(axis, raw, row),
                       cav_findings_place(findings, &findings->values, ranking->losses[r]),
                       cav_drawing_class(findings, r), cav_text_get(&text));
    }
    const cav_effect *effect = find_effect(findings, parameter);
    if (effect)
        draw_effect(findings, axis, &plot, effect);
    cav_plot_end(&plot);
    page->failed |= text.failed;
    cav_text_free(&text);
}

// ---- Contours -------------------------------------------------------------------------------

// Half way to the neighbour before a place; 0 and 1 at the ends.
static double edge(const double *places, size_t count, size_t index)
{
    if (index == 0 || index == count)
        return index == 0 ? 0 : 1;
    return (places[index - 1] + places[index]) / 2;
}

// In bands, whose edges are the contours; the best is the strongest.
static double strength(double height)
{
    return (BANDS - floor(fmin(height, 0.999) * BANDS)) / (BANDS + 1.0);
}

static void describe_cell(const cav_findings *at, const cav_contour *contour, size_t x, size_t y,
                          cav_text *text)
{
    const cav_parameter *across = &contour->space->parameters[contour->first];
    const cav_parameter *up = &contour->space->parameters[contour->second];
    double loss = contour->losses[y * contour->width + x];
    cav_text_clear(text);
    cav_text_appendf(text, "%s ", cav_findings_metric(at));
    cav_markup_number(text, cav_findings_value(at, loss));
    cav_text_appendf(text, " at %s ", across->name);
    cav_parameter_print(across, cav_parameter_decode(across, contour->across[x]), text);
    cav_text_appendf(text, ", %s ", up->name);
    cav_parameter_print(up, cav_parameter_decode(up, contour->up[y]), text);
}

static void draw_cells(const cav_findings *at, const cav_contour *contour, const cav_plot *plot)
{
    cav_text text = {0};
    for (size_t i = 0; i < contour->width * contour->height; i++) {
        size_t x = i % contour->width, y = i / contour->width;
        if (isnan(contour->heights[i]))
            continue;
        double from[] = {edge(contour->across, contour->width, x),
                         edge(contour->up, contour->height, y)};
        double to[] = {edge(contour->across, contour->width, x + 1),
                       edge(contour->up, contour->height, y + 1)};
        describe_cell(at, contour, x, y, &text);
        cav_plot_cell(plot, from, to, strength(contour->heights[i]), cav_text_get(&text));
    }
    plot->page->failed |= text.failed;
    cav_text_free(&text);
}

static void draw_trials_over(const cav_findings *at, const cav_contour *contour,
                             const cav_plot *plot)
{
    const cav_ranking *ranking = &at->ranking;
    const cav_parameter *across = &contour->space->parameters[contour->first];
    const cav_parameter *up = &contour->space->parameters[contour->second];
    cav_text text = {0};
    for (size_t r = ranking->count; r-- > 0;) {
        size_t row = ranking->rows[r];
        const double *raw = at->history->raw + row * at->history->param_count;
        double x = raw[contour->first], y = raw[contour->second];
        if (isnan(x) || isnan(y) || !cav_drawing_is_on(across, x) || !cav_drawing_is_on(up, y) ||
            !cav_drawing_has(at, r, MOST_OVER))
            continue;
        cav_drawing_describe(at, row, ranking->losses[r], &text);
        cav_plot_point(plot, cav_parameter_axis_place(across, x, row),
                       cav_parameter_axis_place(up, y, row),
                       row == at->best.trial ? "best" : "over", cav_text_get(&text));
    }
    plot->page->failed |= text.failed;
    cav_text_free(&text);
}

void cav_picture_contour(const cav_findings *findings, const cav_contour *contour, cav_text *page)
{
    cav_plot plot = cav_drawing_square(findings, page);
    const cav_parameter *across = &contour->space->parameters[contour->first];
    const cav_parameter *up = &contour->space->parameters[contour->second];
    cav_text label = {0};
    cav_text_appendf(&label, "%s over %s and %s", cav_findings_metric(findings), across->name,
                     up->name);
    cav_plot_begin(&plot, cav_text_get(&label));
    draw_cells(findings, contour, &plot);
    cav_parameter_axis_across(across, &plot);
    cav_parameter_axis_up(up, &plot);
    cav_plot_titles(&plot, across->name, up->name);
    draw_trials_over(findings, contour, &plot);
    cav_plot_end(&plot);
    page->failed |= label.failed;
    cav_text_free(&label);
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
        double loss = curve->losses[i * history->metric_count + at->metric];
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
    cav_plot plot = cav_drawing_wide(findings, page);
    const cav_ranking *ranking = &findings->ranking;
    cav_ruler steps = {0};
    if (find_steps(findings->history, &steps) == 0)
        return false;
    cav_plot_begin(&plot, "learning curves");
    cav_drawing_ticks(&findings->on_curve, 7, false, &plot, cav_plot_tick_y);
    cav_drawing_ticks(&steps, 10, true, &plot, cav_plot_tick_x);
    cav_plot_titles(&plot, "step", cav_findings_metric(findings));
    draw_unranked(findings, &plot, &steps);
    for (size_t r = ranking->count; r-- > 0;) {
        const char *rank = cav_drawing_class(findings, r);
        char class_name[24];
        snprintf(class_name, sizeof class_name, "curve %s", rank);
        if (cav_drawing_has(findings, r, MOST_CURVES))
            draw_curve(findings, &plot, &steps, ranking->rows[r], class_name);
    }
    cav_plot_end(&plot);
    return true;
}
