/**
 * parameter_axis.c: ticks and places of parameters.
 */
#include "serve/parameter_axis.h"

#include "serve/ruler.h"

#include <math.h>

enum { MOST_LABELS = 9 }; // choices or levels with a label each

static void tick_at(const cav_parameter *parameter, const cav_plot *plot, cav_plot_tick *draw,
                    double raw)
{
    cav_text label = {0};
    if (parameter->axis == CAV_AXIS_CHOICES)
        cav_parameter_print(parameter, raw, &label);
    else
        cav_ruler_label(raw, &label);
    draw(plot, cav_parameter_encode(parameter, raw), cav_text_get(&label));
    cav_text_free(&label);
}

static void draw_ticks(const cav_parameter *parameter, const cav_plot *plot, cav_plot_tick *draw)
{
    size_t size = cav_parameter_size(parameter);
    if (size > 0 && (size <= MOST_LABELS || parameter->axis == CAV_AXIS_CHOICES)) {
        size_t stride = (size + MOST_LABELS - 1) / MOST_LABELS;
        for (size_t i = 0; i < size; i += stride)
            tick_at(parameter, plot, draw,
                    cav_parameter_decode(parameter, cav_parameter_nth(parameter, i)));
        return;
    }
    for (size_t i = 0; i < parameter->special_count; i++)
        tick_at(parameter, plot, draw, parameter->specials[i]);
    double ticks[CAV_RULER_MOST], last = NAN;
    cav_ruler ruler = {parameter->scale, parameter->limit_low, parameter->limit_high};
    size_t count = ruler.low < ruler.high ? cav_ruler_ticks(&ruler, 6, ticks) : 0;
    for (size_t i = 0; i < count; i++) {
        double raw = cav_parameter_snap(parameter, ticks[i]);
        if (raw != last)
            tick_at(parameter, plot, draw, raw);
        last = raw;
    }
}

void cav_parameter_axis_across(const cav_parameter *parameter, const cav_plot *plot)
{
    draw_ticks(parameter, plot, cav_plot_tick_x);
}

void cav_parameter_axis_up(const cav_parameter *parameter, const cav_plot *plot)
{
    draw_ticks(parameter, plot, cav_plot_tick_y);
}

double cav_parameter_axis_place(const cav_parameter *parameter, double raw, size_t row)
{
    double place = cav_parameter_encode(parameter, raw);
    double golden = (double)row * 0.6180339887498949;
    return place + (golden - floor(golden) - 0.5) * cav_parameter_axis_room(parameter);
}

double cav_parameter_axis_room(const cav_parameter *parameter)
{
    size_t size = cav_parameter_size(parameter);
    return size == 0 || size > 2 * MOST_LABELS ? 0 : 0.6 / (double)size;
}
