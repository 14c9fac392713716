/**
 * drawing.c: the pictures' common ground.
 */
#include "serve/drawing.h"

#include "serve/markup.h"

#include <math.h>

cav_plot cav_drawing_wide(const cav_findings *at, cav_text *page)
{
    return (cav_plot){.page = page,
                      .is_alone = at->is_alone,
                      .width = 900,
                      .height = 320,
                      .left = 64,
                      .right = 14,
                      .top = 22,
                      .bottom = 40};
}

cav_plot cav_drawing_square(const cav_findings *at, cav_text *page)
{
    return (cav_plot){.page = page,
                      .is_alone = at->is_alone,
                      .width = 340,
                      .height = 300,
                      .left = 64,
                      .right = 18,
                      .top = 22,
                      .bottom = 36};
}

bool cav_drawing_has(const cav_findings *at, size_t rank, size_t most)
{
    size_t count = at->ranking.count;
    if (count <= most || rank < most / 2 || at->ranking.rows[rank] == at->best.trial)
        return true;
    size_t stride = (count - most / 2 + most / 2 - 1) / (most / 2);
    return (rank - most / 2) % stride == 0;
}

const char *cav_drawing_class(const cav_findings *at, size_t rank)
{
    if (at->ranking.rows[rank] == at->best.trial)
        return "best";
    return (double)rank < cav_best_count((double)at->ranking.count) ? "good" : "other";
}

void cav_drawing_describe(const cav_findings *at, size_t row, double loss, cav_text *text)
{
    cav_text_clear(text);
    cav_text_appendf(text, "trial %zu: %s ", row, cav_findings_metric(at));
    cav_markup_number(text, cav_findings_value(at, loss));
}

void cav_drawing_ticks(const cav_ruler *axis, size_t most, bool whole, const cav_plot *plot,
                       cav_plot_tick *draw)
{
    double ticks[CAV_RULER_MOST];
    size_t count = cav_ruler_ticks(axis, most, ticks);
    for (size_t i = 0; i < count; i++) {
        cav_text label = {0};
        if (whole && ticks[i] != floor(ticks[i]))
            continue;
        cav_ruler_label(ticks[i], &label);
        draw(plot, cav_ruler_place(axis, ticks[i]), cav_text_get(&label));
        cav_text_free(&label);
    }
}

bool cav_drawing_is_on(const cav_parameter *axis, double raw)
{
    return cav_parameter_check(axis, raw, NULL) == CAVIAR_OK;
}
