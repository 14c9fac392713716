/**
 * pareto_boxes.h: what points of two or three losses leave to be gained, as boxes.
 *
 * All that lies below a reference and that no point dominates falls into disjoint boxes without a
 * lower end in the first losses. Their sides lie at losses of the points, the edges; so what is
 * worked out once for each edge serves all boxes. Of n points there are at most 2n + 1 boxes, found
 * in O(n^2) at most.
 */
#ifndef CAV_BASE_PARETO_BOXES_H
#define CAV_BASE_PARETO_BOXES_H

#include <stdbool.h>
#include <stddef.h>

enum { CAV_PARETO_BOXES_DIMS = 3 }; // most losses

/** A box, from edges[d][low[d]] to edges[d][high[d]] in each loss d. */
typedef struct cav_pareto_box {
    size_t low[CAV_PARETO_BOXES_DIMS], high[CAV_PARETO_BOXES_DIMS];
} cav_pareto_box;

/** All zero are none. */
typedef struct cav_pareto_boxes {
    size_t dims, count;
    cav_pareto_box *boxes; // [count]
    size_t edge_counts[CAV_PARETO_BOXES_DIMS];
    double *edges[CAV_PARETO_BOXES_DIMS]; // ascending, from -INFINITY to the reference
    size_t capacity;                      // points that there is room for
    double *front;                        // scratch
    struct cav_pareto_strip *strips;      // scratch
} cav_pareto_boxes;

/**
 * Replaces the boxes by those of points [count x dims] and the reference [dims], all finite; dims
 * is 2 or 3. Points that others dominate, and those not below the reference, change nothing. False
 * when out of memory; the boxes are then as they were.
 */
bool cav_pareto_boxes_make(cav_pareto_boxes *boxes, const double *points, size_t count, size_t dims,
                           const double *reference);

void cav_pareto_boxes_free(cav_pareto_boxes *boxes);

#endif
