/**
 * chart.h: learning curves as a picture of dots, with its scales.
 *
 * The range of values is that of the lines that set it; what else is drawn, other runs and branches
 * that were given up, is cut where it leaves that range. Values that are all positive and spread
 * over more than a factor of fifty stand on a logarithmic scale.
 */
#ifndef CAV_CLI_CHART_H
#define CAV_CLI_CHART_H

#include "study/course.h"
#include "cli/screen.h"

/** A curve to be drawn; those that come first lie behind. */
typedef struct cav_chart_line {
    const cav_series *series;
    cav_ink ink;
    bool sets_range;    // the picture is large enough for it
    bool has_own_scale; // its values are of another kind: it fills the height by itself
    bool is_dotted;     // its points alone
} cav_chart_line;

/** A step that is marked, with a few words. */
typedef struct cav_chart_mark {
    int64_t step;
    const char *words;
    cav_ink ink;
} cav_chart_mark;

typedef struct cav_chart {
    const cav_chart_line *lines; // [line_count]
    size_t line_count;
    const cav_chart_mark *marks; // [mark_count]
    size_t mark_count;
    int64_t last_step; // that the picture reaches to at least; 0: as far as its lines
} cav_chart;

/** Draws it into a part of the page. False when out of memory. */
bool cav_chart_draw(const cav_chart *chart, cav_screen *screen, int row, int column, int columns,
                    int rows);

#endif
