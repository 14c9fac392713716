/**
 * cube.h: a space as a plain cube, in which every coordinate is drawn evenly and by itself.
 *
 * A point of this cube has a coordinate also for what is inactive; whether a parameter is active is
 * read off the coordinates of those it depends on. So the configurations of a space with conditions
 * have a measure that is a product, and what a tree says can be integrated exactly, axis by axis.
 * Choices are cells of equal width, as they are in the unit cube of the space. Constraints are not
 * looked at.
 */
#ifndef CAV_INSIGHT_CUBE_H
#define CAV_INSIGHT_CUBE_H

#include "base/memory.h"
#include "insight/ranking.h"
#include "space/space.h"

/** Part of an axis: low <= u < high. */
typedef struct cav_span {
    double low, high;
} cav_span;

/** A coordinate that must lie in one of some spans. */
typedef struct cav_requirement {
    size_t axis;
    cav_span *spans; // [count] apart from each other, ascending
    size_t count;
} cav_requirement;

typedef struct cav_cube_axis {
    const cav_parameter *parameter;
    size_t choices;         // 0: ordered
    cav_span whole;         // where trials are looked for: of a range with limits not all of it
    cav_requirement *needs; // [need_count] all of which hold where the parameter is active
    size_t need_count;
    bool is_never; // active
} cav_cube_axis;

typedef struct cav_cube {
    const cav_space *space;
    cav_cube_axis *axes; // [count] one for each coordinate of the space
    size_t count;
} cav_cube;

/**
 * The cube of a space: an axis spans where the search starts, and where trials of the ranking have
 * been. Everything belongs to the arena. False when out of memory.
 */
bool cav_cube_make(const cav_space *space, const cav_history *history, const cav_ranking *ranking,
                   cav_arena *arena, cav_cube *ret_cube);

/** True where the parameter of an axis is active at a point [count] of the cube. */
bool cav_cube_is_active(const cav_cube *cube, size_t axis, const double *point);

/** A forest's row from a point of the space: choices as their index; NaN stays. */
void cav_cube_encode(const cav_cube *cube, const double *point, double *ret_row);

/** The same from a point of the cube: NaN where inactive. */
void cav_cube_mask(const cav_cube *cube, const double *point, double *ret_row);

/** The edge between two levels that a threshold of an ordered axis stands for; in a continuum the
 * threshold itself. */
double cav_cube_edge(const cav_cube_axis *axis, double threshold);

#endif
