/**
 * place.h: where a configuration lies that was made when its space was another one: before a range
 * was moved, a parameter fixed, a constraint added.
 */
#ifndef CAV_SPACE_PLACE_H
#define CAV_SPACE_PLACE_H

#include "space/space.h"

typedef enum cav_space_place {
    CAV_PLACE_INSIDE,
    CAV_PLACE_BESIDE,  // but for what is fixed by now, in which it differs; its point is inside
    CAV_PLACE_OUTSIDE, // its point is only near: every coordinate the nearest that there is
} cav_space_place;

/** Finds the place of a configuration raw [count], with room for one more in `scratch`, and writes
 * its point [dim_count]. */
cav_space_place cav_space_locate(const cav_space *space, const double *raw, double *scratch,
                                 double *ret_point);

#endif
