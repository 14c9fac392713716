/**
 * linalg.c: Cholesky and what goes with it, in blocks of eight columns.
 *
 * The loops run along rows, so that all of them read and write whole vectors; entries beyond the
 * diagonal are zeros, so that no loop has an odd end.
 */
#include "base/linalg.h"

#include "base/vector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double *cav_doubles_new(size_t count)
{
    size_t size = (cav_padded(count) + CAV_LANES) * sizeof(double);
    double *doubles = aligned_alloc(64, size);
    if (doubles)
        memset(doubles, 0, size);
    return doubles;
}

bool cav_lower_reserve(cav_lower *matrix, size_t rows)
{
    if (rows <= matrix->capacity) {
        size_t used = cav_lower_offset(matrix->count), end = cav_lower_offset(rows);
        memset(matrix->entries + used, 0, (end - used) * sizeof(double));
        return true;
    }
    double *grown = cav_doubles_new(cav_lower_offset(rows));
    if (!grown)
        return false;
    if (matrix->count)
        memcpy(grown, matrix->entries, cav_lower_offset(matrix->count) * sizeof(double));
    free(matrix->entries);
    matrix->entries = grown;
    matrix->capacity = rows;
    return true;
}

void cav_lower_free(cav_lower *matrix)
{
    free(matrix->entries);
    *matrix = (cav_lower){0};
}

void cav_lower_truncate(cav_lower *matrix, size_t rows)
{
    if (rows < matrix->count)
        matrix->count = rows;
}

// Factors the eight by eight block at (first, first); columns beyond the matrix are left alone.
static bool factor_corner(cav_lower *matrix, size_t first)
{
    size_t end = first + CAV_LANES < matrix->count ? first + CAV_LANES : matrix->count;
    for (size_t i = first; i < end; i++) {
        double *row = cav_lower_row(matrix, i);
        for (size_t j = first; j <= i; j++) {
            const double *other = cav_lower_row(matrix, j);
            double sum = row[j];
            for (size_t k = first; k < j; k++)
                sum -= row[k] * other[k];
            if (j < i)
                row[j] = sum / other[j];
            else if (sum > 0)
                row[j] = sqrt(sum);
            else
                return false;
        }
    }
    return true;
}

// The eight columns from `first` on, below the corner: copied to the panel [8 x stride] as rows,
// solved against the corner there, and copied back. The panel's column k is row first + 8 + k.
static void solve_panel(cav_lower *matrix, size_t first, double *panel, size_t stride)
{
    size_t below = first + CAV_LANES;
    for (size_t i = below; i < matrix->count; i++)
        for (size_t c = 0; c < CAV_LANES; c++)
            panel[c * stride + i - below] = cav_lower_row(matrix, i)[first + c];
    for (size_t c = 0; c < CAV_LANES; c++) {
        const double *corner = cav_lower_row(matrix, first + c) + first;
        double inverse = 1 / corner[c];
        for (size_t k = 0; k < matrix->count - below; k += CAV_LANES) {
            cav_v8 sum = *(cav_v8 *)(panel + c * stride + k);
            for (size_t b = 0; b < c; b++)
                sum -= corner[b] * *(cav_v8 *)(panel + b * stride + k);
            *(cav_v8 *)(panel + c * stride + k) = sum * inverse;
        }
    }
    for (size_t i = below; i < matrix->count; i++)
        for (size_t c = 0; c < CAV_LANES; c++)
            cav_lower_row(matrix, i)[first + c] = panel[c * stride + i - below];
}

// Takes the solved columns' share off row i, from column `below` to the diagonal.
CAV_INLINE void update_row(double *row, size_t i, size_t below, const double *panel, size_t stride)
{
    const double *solved = row + below - CAV_LANES;
    for (size_t k = 0; k + below <= i; k += CAV_LANES) {
        cav_v8 sum = *(cav_v8 *)(row + below + k);
        for (size_t c = 0; c < CAV_LANES; c++)
            sum -= solved[c] * *(const cav_v8 *)(panel + c * stride + k);
        *(cav_v8 *)(row + below + k) = sum;
    }
}

// What an update has put beyond the diagonal is none of the matrix.
static void clear_beyond(cav_lower *matrix, size_t first)
{
    for (size_t i = first; i < matrix->count && i < first + CAV_LANES; i++) {
        double *row = cav_lower_row(matrix, i);
        for (size_t k = i + 1; k < first + CAV_LANES; k++)
            row[k] = 0;
    }
}

CAV_CLONES static bool factor(cav_lower *matrix, double *panel)
{
    size_t stride = cav_padded(matrix->count);
    for (size_t first = 0; first < matrix->count; first += CAV_LANES) {
        clear_beyond(matrix, first);
        if (!factor_corner(matrix, first))
            return false;
        if (first + CAV_LANES >= matrix->count)
            return true;
        memset(panel, 0, CAV_LANES * stride * sizeof *panel);
        solve_panel(matrix, first, panel, stride);
        for (size_t i = first + CAV_LANES; i < matrix->count; i++)
            update_row(cav_lower_row(matrix, i), i, first + CAV_LANES, panel, stride);
    }
    return true;
}

bool cav_lower_factor(cav_lower *matrix, double *panel)
{
    return factor(matrix, panel);
}

// sum [padded(i)] -= row[k] * (row k of `inverse`), for k from `begin` to `end`.
CAV_INLINE void add_rows(const cav_lower *inverse, const double *factors, size_t begin, size_t end,
                         double *sum)
{
    size_t k = begin;
    for (; k + 4 <= end && k % 8 <= 4; k += 4) { // four rows of the same padded length
        const double *a = cav_lower_row(inverse, k), *b = cav_lower_row(inverse, k + 1);
        const double *c = cav_lower_row(inverse, k + 2), *d = cav_lower_row(inverse, k + 3);
        for (size_t j = 0; j <= k; j += CAV_LANES)
            *(cav_v8 *)(sum + j) += (factors[k] * *(const cav_v8 *)(a + j) +
                                     factors[k + 1] * *(const cav_v8 *)(b + j)) +
                                    (factors[k + 2] * *(const cav_v8 *)(c + j) +
                                     factors[k + 3] * *(const cav_v8 *)(d + j));
    }
    for (; k < end; k++) {
        const double *a = cav_lower_row(inverse, k);
        for (size_t j = 0; j <= k; j += CAV_LANES)
            *(cav_v8 *)(sum + j) += factors[k] * *(const cav_v8 *)(a + j);
    }
}

CAV_CLONES static void invert(const cav_lower *matrix, cav_lower *inverse)
{
    for (size_t i = 0; i < matrix->count; i++) {
        const double *row = cav_lower_row(matrix, i);
        double *sum = cav_lower_row(inverse, i);
        size_t padded = cav_padded(i + 1);
        memset(sum, 0, padded * sizeof *sum);
        add_rows(inverse, row, 0, i, sum);
        for (size_t j = 0; j < padded; j += CAV_LANES)
            *(cav_v8 *)(sum + j) *= -1 / row[i];
        sum[i] = 1 / row[i];
    }
    inverse->count = matrix->count;
}

void cav_lower_invert(const cav_lower *matrix, cav_lower *ret_inverse)
{
    invert(matrix, ret_inverse);
}

CAV_CLONES static void square(const cav_lower *matrix, cav_lower *product)
{
    memset(product->entries, 0, cav_lower_offset(matrix->count) * sizeof(double));
    for (size_t i = 0; i < matrix->count; i++) {
        const double *row = cav_lower_row(matrix, i);
        for (size_t j = 0; j <= i; j++) {
            double *sum = cav_lower_row(product, j), factor = row[j];
            for (size_t k = 0; k <= j; k += CAV_LANES)
                *(cav_v8 *)(sum + k) += factor * *(const cav_v8 *)(row + k);
        }
    }
    product->count = matrix->count;
    for (size_t first = 0; first < product->count; first += CAV_LANES)
        clear_beyond(product, first);
}

void cav_lower_square(const cav_lower *matrix, cav_lower *ret_product)
{
    square(matrix, ret_product);
}

CAV_CLONES static void apply(const cav_lower *matrix, const double *x, double *y)
{
    for (size_t i = 0; i < matrix->count; i++) {
        const double *row = cav_lower_row(matrix, i);
        cav_v8 sum = {0};
        for (size_t k = 0; k <= i; k += CAV_LANES)
            sum += *(const cav_v8 *)(row + k) * *(const cav_v8 *)(x + k);
        y[i] = cav_v8_sum(&sum);
    }
}

void cav_lower_apply(const cav_lower *matrix, const double *x, double *ret_y)
{
    apply(matrix, x, ret_y);
}

CAV_CLONES static void solve(const cav_lower *matrix, const double *y, double *x)
{
    memset(x, 0, cav_padded(matrix->count) * sizeof *x);
    for (size_t i = 0; i < matrix->count; i++) {
        const double *row = cav_lower_row(matrix, i);
        cav_v8 sum = {0};
        for (size_t k = 0; k <= i; k += CAV_LANES) // what is not solved yet is 0
            sum += *(const cav_v8 *)(row + k) * *(const cav_v8 *)(x + k);
        x[i] = (y[i] - cav_v8_sum(&sum)) / row[i];
    }
}

void cav_lower_solve(const cav_lower *matrix, const double *y, double *ret_x)
{
    solve(matrix, y, ret_x);
}

CAV_CLONES static void apply_transposed(const cav_lower *matrix, const double *x, double *y)
{
    memset(y, 0, cav_padded(matrix->count) * sizeof *y);
    add_rows(matrix, x, 0, matrix->count, y);
}

void cav_lower_apply_transposed(const cav_lower *matrix, const double *x, double *ret_y)
{
    apply_transposed(matrix, x, ret_y);
}

CAV_CLONES static void apply_eight(const cav_lower *matrix, const double *x, double *y)
{
    size_t i = 0;
    for (; i + 4 <= matrix->count; i += 4) { // rows of the same padded length
        const double *a = cav_lower_row(matrix, i), *b = cav_lower_row(matrix, i + 1);
        const double *c = cav_lower_row(matrix, i + 2), *d = cav_lower_row(matrix, i + 3);
        cav_v8 sums[4] = {0};
        for (size_t k = 0; k < i + 4; k++) {
            cav_v8 at = *(const cav_v8 *)(x + k * CAV_LANES);
            sums[0] += a[k] * at;
            sums[1] += b[k] * at;
            sums[2] += c[k] * at;
            sums[3] += d[k] * at;
        }
        for (size_t r = 0; r < 4; r++)
            *(cav_v8 *)(y + (i + r) * CAV_LANES) = sums[r];
    }
    for (; i < matrix->count; i++) {
        const double *row = cav_lower_row(matrix, i);
        cav_v8 sum = {0};
        for (size_t k = 0; k <= i; k++)
            sum += row[k] * *(const cav_v8 *)(x + k * CAV_LANES);
        *(cav_v8 *)(y + i * CAV_LANES) = sum;
    }
}

void cav_lower_apply_eight(const cav_lower *matrix, const double *x, double *ret_y)
{
    apply_eight(matrix, x, ret_y);
}

bool cav_lower_append(cav_lower *inverse, const double *across, double corner, double least,
                      double *work)
{
    size_t count = inverse->count, padded = cav_padded(count + 1);
    double *row = cav_lower_row(inverse, count);
    memset(work, 0, padded * sizeof *work);
    cav_lower_apply(inverse, across, work);
    double pivot = corner;
    for (size_t i = 0; i < count; i++)
        pivot -= work[i] * work[i];
    if (!(pivot > least))
        return false;
    memset(row, 0, padded * sizeof *row);
    cav_lower_apply_transposed(inverse, work, row); // never beyond the padding of `count` entries
    double root = sqrt(pivot);
    for (size_t i = 0; i < count; i++)
        row[i] /= -root;
    row[count] = 1 / root;
    inverse->count++;
    return true;
}
