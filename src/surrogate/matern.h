/**
 * matern.h: Matérn kernels between many points, eight at a time.
 */
#ifndef CAV_SURROGATE_MATERN_H
#define CAV_SURROGATE_MATERN_H

#include <stddef.h>

/** A kernel over rows of columns: numbers first, then choices, which count if they differ. */
typedef struct cav_matern {
    int smoothness; // 3 or 5: Matérn 3/2 or 5/2
    size_t column_count, number_columns;
    const double *choice_weights; // [column_count - number_columns] squared distance if they differ
} cav_matern;

/**
 * The kernel of eight points with each of `count` rows. points [column_count x 8], rows
 * [count x column_count]; ret_values [count x 8], and, if not NULL, the derivatives by the squared
 * distance, ret_slopes [count x 8]. All but rows are aligned.
 */
void cav_matern_eight(const cav_matern *kernel, const double *points, const double *rows,
                      size_t count, double *ret_values, double *ret_slopes);

/**
 * The kernel of one point with `count` rows. point [column_count]; rows are turned: the first eight
 * as [column_count x 8], then the next eight, and so on, the last ones filled up with anything.
 * ret_values, and ret_slopes if not NULL, [count rounded up to eights], aligned as rows are.
 */
void cav_matern_one(const cav_matern *kernel, const double *point, const double *turned,
                    size_t count, double *ret_values, double *ret_slopes);

/**
 * Adds up, over `count` rows j and the eight points i, weight[j x 8 + i] times the squared distance
 * of each column (1 or 0 for a choice), to sums [column_count x 8]; and weight times the distance
 * in a column times that of a tangent, to tangent_sums [tangent_count x 8]. tangents
 * [count x tangent_count] belong to the rows, point_tangents [tangent_count x 8] to the points,
 * tangent_columns [tangent_count] says of which column each is.
 */
typedef struct cav_matern_tangents {
    size_t count;
    const size_t *columns;
    const double *of_rows, *of_points;
    double *sums;
} cav_matern_tangents;

void cav_matern_gather(const cav_matern *kernel, const double *points, const double *rows,
                       size_t count, const double *weights, double *sums,
                       const cav_matern_tangents *tangents);

#endif
