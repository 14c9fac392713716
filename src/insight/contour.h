/**
 * contour.h: what a metric does over two parameters: the surrogate's mean on a grid of both. See
 * average.h.
 */
#ifndef CAV_INSIGHT_CONTOUR_H
#define CAV_INSIGHT_CONTOUR_H

#include "base/json.h"
#include "insight/smooth.h"

typedef struct cav_contour {
    const cav_space *space;
    size_t first, second; // parameters: across, up
    size_t width, height; // of the grid
    double *across, *up;  // [width], [height] unit coordinates of its places, ascending
    double *losses;       // [height x width] NaN: no trial says anything
    double *heights;      // likewise, on the surrogate's own scale, from 0 at the least to 1
    size_t trial_count;   // complete trials with a finite value
    double skill;         // share of the variation of trials left out that the surrogate explains
} cav_contour;

/** Works it out from a surrogate; what it returns lives in the arena. The parameters must vary. */
caviar_code cav_contour_make(const cav_smooth *smooth, size_t first, size_t second,
                             cav_arena *arena, cav_contour *ret_contour, cav_error *error);

/** Finds two parameters by their names. CAVIAR_INVALID for one that is not varied, or twice one. */
caviar_code cav_contour_find(const cav_space *space, const char *first, const char *second,
                             size_t ret_parameters[2], cav_error *error);

/**
 * cav_contour_make from a study's trials, by the names of two parameters; fails as
 * cav_contour_find and cav_ranking_check do.
 */
caviar_code cav_contour_of(const cav_space *space, const cav_history *history, size_t metric,
                           uint64_t seed, const char *first, const char *second, cav_arena *arena,
                           cav_contour *ret_contour, cav_error *error);

/** Writes it as the keys of an object that was begun: the axes as values, a row for each place up.
 */
void cav_contour_write(const cav_contour *contour, bool maximize, cav_json *json);

#endif
