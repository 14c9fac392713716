/**
 * plot.h: the parts of a picture, written as SVG: a frame with axes, points, lines, bars.
 *
 * Positions are shares of the frame: x from left to right, y from bottom to top. Colours are
 * classes, which the page's style sheet defines for light and dark.
 */
#ifndef CAV_SERVE_PLOT_H
#define CAV_SERVE_PLOT_H

#include "base/text.h"

typedef struct cav_plot {
    cav_text *page;
    int width, height;            // of the whole, in pixels
    int left, right, top, bottom; // margins around the frame
    int label_room;               // pixels for a label beside a tick up; 0: the left margin
    bool no_frame;                // the axes are drawn otherwise
    bool is_alone;                // a file of its own, with its own style
} cav_plot;

/** Opens the picture and draws the frame; `label` says in words what it shows. */
void cav_plot_begin(const cav_plot *plot, const char *label);
void cav_plot_end(const cav_plot *plot);

/** A tick with its grid line and label. A label that is too long for its place is cut. */
typedef void cav_plot_tick(const cav_plot *plot, double place, const char *label);
cav_plot_tick cav_plot_tick_x, cav_plot_tick_y;

/** What stands above the frame at x, in a room of so many pixels. */
void cav_plot_head(const cav_plot *plot, double x, int room, const char *text);

/** What stands on the axes. */
void cav_plot_titles(const cav_plot *plot, const char *x, const char *y);

/** A point, with a text that is shown when it is pointed at. */
void cav_plot_point(const cav_plot *plot, double x, double y, const char *class_name,
                    const char *text);

/** A point of a class that is filled as strongly as `share` says, with a text likewise. */
void cav_plot_ring(const cav_plot *plot, double x, double y, const char *class_name, double share,
                   const char *text);

/** A bar of a class over a part of the frame, at least a pixel wide, with a text likewise. */
void cav_plot_bar(const cav_plot *plot, const double from[2], const double to[2],
                  const char *class_name, const char *text);

/** A filled part of the frame, as strong as `share` says, with a text likewise. */
void cav_plot_cell(const cav_plot *plot, const double from[2], const double to[2], double share,
                   const char *text);

/** A line through points, given one by one. */
void cav_plot_line_begin(const cav_plot *plot, const char *class_name);
void cav_plot_line_to(const cav_plot *plot, double x, double y);
void cav_plot_line_end(const cav_plot *plot, const char *text);

#endif
