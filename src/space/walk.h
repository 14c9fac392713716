/**
 * walk.h: going through a grid of configurations, each once.
 *
 * A walk visits every combination of the axes' values in lexicographic order, the last coordinate
 * fastest; combinations that differ only in inactive parameters are one. Constraints are not
 * looked at.
 */
#ifndef CAV_SPACE_WALK_H
#define CAV_SPACE_WALK_H

#include "space/space.h"

typedef struct cav_walk {
    const cav_space *space;
    size_t *sizes;   // [dim_count] values on each axis
    size_t *indices; // [dim_count] where the walk stands
    double *point;   // [dim_count] its point, NaN where inactive
    double *raw;     // [count] its configuration
    size_t axis_points;
    bool started;
} cav_walk;

/**
 * A walk that stands before the first combination. With axis_points 0 an axis has all values of
 * its parameter, which must be finite. Otherwise it has at most so many: evenly spread over the
 * parameter's own scale, both ends among them, and the special values besides.
 * NULL when out of memory.
 */
cav_walk *cav_walk_new(const cav_space *space, size_t axis_points);
void cav_walk_free(cav_walk *walk);

/** On to the next combination. False after the last one; the walk then stands before the first. */
bool cav_walk_next(cav_walk *walk);

/** Puts the walk on the combination of these indices (taken modulo the sizes). */
void cav_walk_seek(cav_walk *walk, const uint64_t *indices);

/**
 * The product of the sizes: how many combinations there are, or more where some parameters are
 * conditional or have levels that are wider than the spread of the points.
 */
double cav_walk_size(const cav_walk *walk);

#endif
