/**
 * boxes.h: what a tree of a forest says, as boxes of the cube (cube.h) with a value each.
 *
 * The boxes lie apart and fill the cube. Every axis is cut where a box may end; a box is, on each
 * axis, a run of the cells between the cuts. A split of a parameter that is not always active is
 * one of the coordinates that decide on that, too.
 */
#ifndef CAV_INSIGHT_BOXES_H
#define CAV_INSIGHT_BOXES_H

#include "insight/cube.h"
#include "surrogate/forest.h"

/** A run of cells: first <= cell < last. */
typedef struct cav_run {
    uint32_t first, last;
} cav_run;

typedef struct cav_axis_cells {
    double *edges; // [count + 1] ascending
    size_t count;
    size_t capacity; // of edges
} cav_axis_cells;

typedef struct cav_boxes {
    const cav_cube *cube;
    cav_axis_cells *axes; // [axis_count]
    size_t axis_count;
    cav_run *runs;  // [count x axis_count]
    double *values; // [count]
    double *masses; // [count] shares of the cube
    size_t count, capacity, run_capacity;
    cav_run *open;      // [axis_count] scratch
    double *thresholds; // [threshold_capacity] of the nodes, scratch
    size_t threshold_capacity;
} cav_boxes;

/** Room for the trees of a cube; false when out of memory. Free it in either case. */
bool cav_boxes_init(cav_boxes *boxes, const cav_cube *cube);
void cav_boxes_free(cav_boxes *boxes);

/** Cuts the cube as a tree does. False when out of memory. */
bool cav_boxes_read(cav_boxes *boxes, const cav_forest_tree *tree);

/** True where a cell lies in what a requirement asks of its axis. */
bool cav_boxes_meets(const cav_boxes *boxes, const cav_requirement *need, size_t cell);

/** Share of an axis that a run of cells takes. */
static inline double cav_boxes_width(const cav_axis_cells *cells, size_t first, size_t last)
{
    double whole = cells->edges[cells->count] - cells->edges[0];
    return (cells->edges[last] - cells->edges[first]) / whole;
}

static inline cav_run cav_boxes_run(const cav_boxes *boxes, size_t box, size_t axis)
{
    return boxes->runs[box * boxes->axis_count + axis];
}

#endif
