/**
 * matern.c: k(r) = (1 + sqrt(5) r + 5/3 r^2) exp(-sqrt(5) r), or (1 + sqrt(3) r) exp(-sqrt(3) r).
 *
 * Rasmussen and Williams, "Gaussian processes for machine learning", 2006, section 4.2. Derivatives
 * are by r^2, which has no singularity at 0.
 */
#include "surrogate/matern.h"

#include "base/vector.h"

CAV_INLINE void squared_distance(const cav_matern *kernel, const double *points, const double *row,
                                 cav_v8 *ret_sum)
{
    cav_v8 sum = {0};
    for (size_t c = 0; c < kernel->number_columns; c++) {
        cav_v8 off = *(const cav_v8 *)(points + c * CAV_LANES) - row[c];
        sum += off * off;
    }
    for (size_t c = kernel->number_columns; c < kernel->column_count; c++) {
        cav_i8 differs = *(const cav_v8 *)(points + c * CAV_LANES) != row[c];
        cav_v8 weight = kernel->choice_weights[c - kernel->number_columns] + (cav_v8){0};
        sum += (cav_v8)(differs & (cav_i8)weight);
    }
    *ret_sum = sum;
}

// The kernel of eight points with one row; ret_slope may be NULL.
CAV_INLINE void eight_with_row(const cav_matern *kernel, const double *points, const double *row,
                               double *ret_value, double *ret_slope)
{
    cav_v8 square, decay;
    squared_distance(kernel, points, row, &square);
    cav_v8 far = (double)kernel->smoothness * square;
    cav_v8_sqrt(&far);
    decay = -far;
    cav_v8_exp(&decay);
    cav_v8 value = 1 + far, slope = -1.5 * decay;
    if (kernel->smoothness == 5) {
        slope = -5.0 / 6 * value * decay;
        value += 5.0 / 3 * square;
    }
    *(cav_v8 *)ret_value = value * decay;
    if (ret_slope)
        *(cav_v8 *)ret_slope = slope;
}

CAV_CLONES static void eight(const cav_matern *kernel, const double *points, const double *rows,
                             size_t count, double *values, double *slopes)
{
    for (size_t j = 0; j < count; j++)
        eight_with_row(kernel, points, rows + j * kernel->column_count, values + j * CAV_LANES,
                       slopes ? slopes + j * CAV_LANES : NULL);
}

CAV_CLONES static void one(const cav_matern *kernel, const double *point, const double *turned,
                           size_t count, double *values, double *slopes)
{
    for (size_t j = 0; j < count; j += CAV_LANES)
        eight_with_row(kernel, turned + j * kernel->column_count, point, values + j,
                       slopes ? slopes + j : NULL);
}

void cav_matern_eight(const cav_matern *kernel, const double *points, const double *rows,
                      size_t count, double *ret_values, double *ret_slopes)
{
    eight(kernel, points, rows, count, ret_values, ret_slopes);
}

void cav_matern_one(const cav_matern *kernel, const double *point, const double *turned,
                    size_t count, double *ret_values, double *ret_slopes)
{
    one(kernel, point, turned, count, ret_values, ret_slopes);
}

CAV_CLONES static void gather(const cav_matern *kernel, const double *points, const double *rows,
                              size_t count, const double *weights, double *sums,
                              const cav_matern_tangents *tangents)
{
    for (size_t j = 0; j < count; j++) {
        const double *row = rows + j * kernel->column_count;
        cav_v8 weight = *(const cav_v8 *)(weights + j * CAV_LANES);
        for (size_t c = 0; c < kernel->number_columns; c++) {
            cav_v8 off = *(const cav_v8 *)(points + c * CAV_LANES) - row[c];
            *(cav_v8 *)(sums + c * CAV_LANES) += weight * off * off;
        }
        for (size_t c = kernel->number_columns; c < kernel->column_count; c++) {
            cav_i8 differs = *(const cav_v8 *)(points + c * CAV_LANES) != row[c];
            *(cav_v8 *)(sums + c * CAV_LANES) += (cav_v8)(differs & (cav_i8)weight);
        }
        const double *row_tangents = tangents->of_rows + j * tangents->count;
        for (size_t t = 0; t < tangents->count; t++) {
            size_t c = tangents->columns[t];
            cav_v8 off = *(const cav_v8 *)(points + c * CAV_LANES) - row[c];
            cav_v8 turn = *(const cav_v8 *)(tangents->of_points + t * CAV_LANES) - row_tangents[t];
            *(cav_v8 *)(tangents->sums + t * CAV_LANES) += weight * off * turn;
        }
    }
}

void cav_matern_gather(const cav_matern *kernel, const double *points, const double *rows,
                       size_t count, const double *weights, double *sums,
                       const cav_matern_tangents *tangents)
{
    gather(kernel, points, rows, count, weights, sums, tangents);
}
