/**
 * earlier.h: what an earlier study has tried, as points of this study's space.
 *
 * Parameters are matched by name, and by being numbers or choices. A number beyond this space's
 * range moves to its end; a configuration with a choice that this space lacks is left out. What the
 * earlier study had no parameter for takes its default, or else where its best value is believed to
 * be, or else the middle of its range.
 */
#ifndef CAV_SURROGATE_EARLIER_H
#define CAV_SURROGATE_EARLIER_H

#include "space/space.h"
#include "trial/history.h"

typedef struct cav_earlier {
    char *name;
    size_t dim_count;
    size_t count;        // complete trials with a loss
    size_t shared_count; // coordinates of this space that it knows
    bool *knows;         // [dim_count] those
    double *points;      // [count x dim_count] NaN where inactive
    double *losses;      // [count]
    bool *is_inside;     // [count] no value had to be moved
    bool *is_feasible;   // [count] the constraints of this space hold
} cav_earlier;

/** Several. */
typedef struct cav_earlier_list {
    cav_earlier *items; // [count]
    size_t count;
} cav_earlier_list;

/** What it is made from. */
typedef struct cav_earlier_source {
    const char *name;
    const cav_space *space;
    const cav_history *history; // NULL: it is there no more; it has no trials then
    size_t metric;
    size_t finished; // so many trials that ended first count; SIZE_MAX: all
} cav_earlier_source;

/** Takes over what there is for a space. Free it in either case. */
caviar_code cav_earlier_init(cav_earlier *earlier, const cav_space *space,
                             const cav_earlier_source *source, cav_error *error);
void cav_earlier_free(cav_earlier *earlier);

#endif
