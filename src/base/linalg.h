/**
 * linalg.h: lower triangular matrices that grow by a row, and the few things done with them.
 *
 * Own kernels rather than a BLAS: matrices here have at most a few hundred rows, rows come one at a
 * time, results must not depend on the machine's instruction set or number of cores, and loading a
 * threaded BLAS costs a short program more than all of its work. See docs/dependencies.md.
 */
#ifndef CAV_BASE_LINALG_H
#define CAV_BASE_LINALG_H

#include <stdbool.h>
#include <stddef.h>

/**
 * A lower triangular matrix. Row i has i + 1 entries, followed by zeros up to a whole number of
 * vectors; rows follow each other, 64-byte aligned.
 */
typedef struct cav_lower {
    size_t count, capacity; // rows
    double *entries;
} cav_lower;

/** Makes room for `rows` rows. The `count` rows that are there keep their entries; all other
 * entries are zero. False when out of memory. */
bool cav_lower_reserve(cav_lower *matrix, size_t rows);
void cav_lower_free(cav_lower *matrix);

/** Where row `row` begins: behind entries of so many rows. */
static inline size_t cav_lower_offset(size_t row)
{
    size_t eights = row / 8; // rows 8q to 8q + 7 take 8 (q + 1) entries each
    return 8 * (eights + 1) * (4 * eights + row % 8);
}

static inline double *cav_lower_row(const cav_lower *matrix, size_t row)
{
    return matrix->entries + cav_lower_offset(row);
}

/** 64-byte aligned, zeroed room for `count` doubles rounded up to whole vectors; NULL when out of
 * memory. For `free`. */
double *cav_doubles_new(size_t count);

/**
 * Cholesky: puts L with L L' = A in the place of A, of which only the lower half is given.
 * False, and A is spoilt, if a pivot is not greater than zero. `panel` is room for
 * 8 * cav_padded(count) doubles, aligned.
 */
bool cav_lower_factor(cav_lower *matrix, double *panel);

/** ret_inverse (with room for as many rows) becomes the inverse of L. */
void cav_lower_invert(const cav_lower *matrix, cav_lower *ret_inverse);

/** ret_product (with room) becomes the lower half of M' M: of the inverse of L the inverse of
 * L L'. */
void cav_lower_square(const cav_lower *matrix, cav_lower *ret_product);

/** Solves M x = y by substitution. x, y [count], aligned and padded with zeros. */
void cav_lower_solve(const cav_lower *matrix, const double *y, double *ret_x);

/** y = M x, and y = M' x. x, y [count], aligned and padded with zeros; they must not overlap. */
void cav_lower_apply(const cav_lower *matrix, const double *x, double *ret_y);
void cav_lower_apply_transposed(const cav_lower *matrix, const double *x, double *ret_y);

/** The same as cav_lower_apply for eight vectors at a time: x, y [count x 8]. */
void cav_lower_apply_eight(const cav_lower *matrix, const double *x, double *ret_y);

/**
 * Appends a row to the inverse of a Cholesky factor: the matrix behind it gets the row `across`
 * [count] and the diagonal entry `corner`. Needs room for the row; `across` and `work` [count] are
 * padded with zeros. False, and nothing is changed, if the new pivot squared is not greater than
 * `least`.
 */
bool cav_lower_append(cav_lower *inverse, const double *across, double corner, double least,
                      double *work);

/** Forgets the last rows. */
void cav_lower_truncate(cav_lower *matrix, size_t rows);

#endif
