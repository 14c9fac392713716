/**
 * eigen.h: eigenvalues and eigenvectors of a symmetric matrix.
 */
#ifndef CAV_BASE_EIGEN_H
#define CAV_BASE_EIGEN_H

#include <stdbool.h>
#include <stddef.h>

/**
 * Decomposes a symmetric matrix [n x n], of which only the upper triangle is read: ret_values [n]
 * ascending, row k of ret_vectors [n x n] the unit eigenvector of value k. `work` [2 n] is scratch.
 * False where the matrix has entries that are not finite; the outputs are then undefined.
 */
bool cav_eigen_symmetric(size_t n, const double *matrix, double *ret_values, double *ret_vectors,
                         double *work);

#endif
