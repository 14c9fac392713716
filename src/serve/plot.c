/**
 * plot.c: SVG.
 */
#include "serve/plot.h"

#include "serve/markup.h"
#include "serve/style_sheet.h"

enum { TICK_SIZE = 4, CHARACTER_WIDTH = 6 };

static double pixel_x(const cav_plot *plot, double x)
{
    return plot->left + x * (plot->width - plot->left - plot->right);
}

static double pixel_y(const cav_plot *plot, double y)
{
    return plot->height - plot->bottom - y * (plot->height - plot->top - plot->bottom);
}

static void attribute(const cav_plot *plot, const char *name, double position)
{
    cav_text_appendf(plot->page, " %s=\"", name);
    cav_markup_pixel(plot->page, position);
    cav_text_append_char(plot->page, '"');
}

void cav_plot_begin(const cav_plot *plot, const char *label)
{
    cav_text_append(plot->page, "<svg ");
    if (plot->is_alone)
        cav_text_appendf(plot->page,
                         "xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" ",
                         plot->width, plot->height);
    cav_text_appendf(plot->page, "viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", plot->width,
                     plot->height);
    cav_markup_text(plot->page, label);
    cav_text_append(plot->page, "\">\n");
    if (plot->is_alone)
        cav_text_append(plot->page, "<style>" CAV_PICTURE_SHEET "</style>\n<rect class=\"paper\" "
                                    "width=\"100%\" height=\"100%\"/>\n");
    if (plot->no_frame)
        return;
    cav_text_append(plot->page, "<rect class=\"frame\"");
    attribute(plot, "x", pixel_x(plot, 0));
    attribute(plot, "y", pixel_y(plot, 1));
    attribute(plot, "width", pixel_x(plot, 1) - pixel_x(plot, 0));
    attribute(plot, "height", pixel_y(plot, 0) - pixel_y(plot, 1));
    cav_text_append(plot->page, "/>\n");
}

void cav_plot_end(const cav_plot *plot)
{
    cav_text_append(plot->page, "</svg>\n");
}

static void grid_line(const cav_plot *plot, double x0, double y0, double x1, double y1)
{
    cav_text_append(plot->page, "<line class=\"grid\"");
    attribute(plot, "x1", pixel_x(plot, x0));
    attribute(plot, "y1", pixel_y(plot, y0));
    attribute(plot, "x2", pixel_x(plot, x1));
    attribute(plot, "y2", pixel_y(plot, y1));
    cav_text_append(plot->page, "/>");
}

// Appends at most `most` characters.
static void append_cut(cav_text *page, const char *text, int most)
{
    cav_text cut = {0};
    for (int i = 0; *text && i < most; i++) {
        size_t size = cav_utf8_length(text);
        size = size ? size : 1;
        cav_text_append_size(&cut, text, size);
        text += size;
    }
    cav_markup_text(page, cav_text_get(&cut));
    if (*text)
        cav_text_append(page, "…");
    page->failed |= cut.failed;
    cav_text_free(&cut);
}

void cav_plot_tick_x(const cav_plot *plot, double x, const char *label)
{
    grid_line(plot, x, 0, x, 1);
    cav_text_append(plot->page, "<text class=\"tick\" text-anchor=\"middle\"");
    attribute(plot, "x", pixel_x(plot, x));
    attribute(plot, "y", pixel_y(plot, 0) + TICK_SIZE + 11);
    cav_text_append_char(plot->page, '>');
    append_cut(plot->page, label, 14);
    cav_text_append(plot->page, "</text>\n");
}

void cav_plot_tick_y(const cav_plot *plot, double y, const char *label)
{
    grid_line(plot, 0, y, 1, y);
    cav_text_append(plot->page, "<text class=\"tick\" text-anchor=\"end\"");
    attribute(plot, "x", pixel_x(plot, 0) - TICK_SIZE);
    attribute(plot, "y", pixel_y(plot, y) + 4);
    cav_text_append_char(plot->page, '>');
    append_cut(plot->page, label,
               (plot->label_room ? plot->label_room : plot->left) / CHARACTER_WIDTH);
    cav_text_append(plot->page, "</text>\n");
}

void cav_plot_titles(const cav_plot *plot, const char *x, const char *y)
{
    cav_text_append(plot->page, "<text class=\"title\" text-anchor=\"middle\"");
    attribute(plot, "x", pixel_x(plot, 0.5));
    attribute(plot, "y", plot->height - 4);
    cav_text_append_char(plot->page, '>');
    append_cut(plot->page, x, plot->width / CHARACTER_WIDTH);
    cav_text_append(plot->page, "</text>\n<text class=\"title\" text-anchor=\"start\"");
    attribute(plot, "x", 2);
    attribute(plot, "y", 12);
    cav_text_append_char(plot->page, '>');
    append_cut(plot->page, y, plot->width / CHARACTER_WIDTH);
    cav_text_append(plot->page, "</text>\n");
}

void cav_plot_head(const cav_plot *plot, double x, int room, const char *text)
{
    cav_text_append(plot->page, "<text class=\"title\" text-anchor=\"middle\"");
    attribute(plot, "x", pixel_x(plot, x));
    attribute(plot, "y", pixel_y(plot, 1) - 8);
    cav_text_append_char(plot->page, '>');
    append_cut(plot->page, text, room / CHARACTER_WIDTH);
    cav_text_append(plot->page, "</text>\n");
}

static void title(const cav_plot *plot, const char *text)
{
    cav_text_append(plot->page, "<title>");
    cav_markup_text(plot->page, text);
    cav_text_append(plot->page, "</title>");
}

void cav_plot_point(const cav_plot *plot, double x, double y, const char *class_name,
                    const char *text)
{
    cav_text_appendf(plot->page, "<circle class=\"%s\" r=\"3\"", class_name);
    attribute(plot, "cx", pixel_x(plot, x));
    attribute(plot, "cy", pixel_y(plot, y));
    cav_text_append_char(plot->page, '>');
    title(plot, text);
    cav_text_append(plot->page, "</circle>\n");
}

void cav_plot_ring(const cav_plot *plot, double x, double y, const char *class_name, double share,
                   const char *text)
{
    cav_text_appendf(plot->page, "<circle class=\"%s\" r=\"4\"", class_name);
    attribute(plot, "cx", pixel_x(plot, x));
    attribute(plot, "cy", pixel_y(plot, y));
    cav_text_append(plot->page, " fill-opacity=\"");
    cav_markup_number(plot->page, share);
    cav_text_append(plot->page, "\">");
    title(plot, text);
    cav_text_append(plot->page, "</circle>\n");
}

static void box(const cav_plot *plot, const double from[2], const double to[2], double least_width)
{
    double width = pixel_x(plot, to[0]) - pixel_x(plot, from[0]);
    attribute(plot, "x", pixel_x(plot, from[0]));
    attribute(plot, "y", pixel_y(plot, to[1]));
    attribute(plot, "width", width > least_width ? width : least_width);
    attribute(plot, "height", pixel_y(plot, from[1]) - pixel_y(plot, to[1]));
}

void cav_plot_bar(const cav_plot *plot, const double from[2], const double to[2],
                  const char *class_name, const char *text)
{
    cav_text_appendf(plot->page, "<rect class=\"%s\"", class_name);
    box(plot, from, to, 1);
    cav_text_append_char(plot->page, '>');
    title(plot, text);
    cav_text_append(plot->page, "</rect>\n");
}

void cav_plot_cell(const cav_plot *plot, const double from[2], const double to[2], double share,
                   const char *text)
{
    cav_text_append(plot->page, "<rect class=\"cell\"");
    box(plot, from, to, 0);
    cav_text_append(plot->page, " fill-opacity=\"");
    cav_markup_number(plot->page, share);
    cav_text_append(plot->page, "\">");
    title(plot, text);
    cav_text_append(plot->page, "</rect>\n");
}

void cav_plot_line_begin(const cav_plot *plot, const char *class_name)
{
    cav_text_appendf(plot->page, "<polyline class=\"%s\" points=\"", class_name);
}

void cav_plot_line_to(const cav_plot *plot, double x, double y)
{
    cav_markup_pixel(plot->page, pixel_x(plot, x));
    cav_text_append_char(plot->page, ',');
    cav_markup_pixel(plot->page, pixel_y(plot, y));
    cav_text_append_char(plot->page, ' ');
}

void cav_plot_line_end(const cav_plot *plot, const char *text)
{
    cav_text_append(plot->page, "\">");
    title(plot, text);
    cav_text_append(plot->page, "</polyline>\n");
}
