/**
 * sobol_directions.h: primitive polynomials and initial direction numbers of Sobol's sequence.
 *
 * Printed by tools/sobol_directions.c (32 dimensions, 20000 tries). Mean t-value of the
 * two-dimensional projections over 4 to 4096 points: 1.64; new-joe-kuo-6 has 1.80.
 */
#ifndef CAV_SEARCH_SOBOL_DIRECTIONS_H
#define CAV_SEARCH_SOBOL_DIRECTIONS_H

#include <stdint.h>

enum { CAV_SOBOL_DIMS = 32 };

// Of dimensions 1 to 31: degree, inner coefficients of the polynomial, m_1, m_2, …
static const struct cav_sobol_directions {
    uint8_t degree, polynomial;
    uint8_t initial[7];
} cav_sobol_directions[CAV_SOBOL_DIMS - 1] = {
    {1, 0, {1}},
    {2, 1, {1, 1}},
    {3, 1, {1, 3, 1}},
    {3, 2, {1, 1, 5}},
    {4, 1, {1, 1, 1, 11}},
    {4, 4, {1, 3, 7, 13}},
    {5, 2, {1, 3, 3, 11, 31}},
    {5, 4, {1, 1, 5, 1, 21}},
    {5, 7, {1, 1, 1, 13, 15}},
    {5, 11, {1, 3, 5, 1, 29}},
    {5, 13, {1, 1, 3, 3, 15}},
    {5, 14, {1, 3, 5, 13, 9}},
    {6, 1, {1, 3, 3, 5, 9, 23}},
    {6, 13, {1, 1, 1, 15, 7, 45}},
    {6, 16, {1, 3, 1, 3, 19, 25}},
    {6, 19, {1, 1, 5, 11, 5, 61}},
    {6, 22, {1, 3, 3, 9, 17, 47}},
    {6, 25, {1, 3, 5, 15, 19, 51}},
    {7, 1, {1, 1, 5, 1, 3, 1, 1}},
    {7, 4, {1, 1, 5, 3, 15, 37, 41}},
    {7, 7, {1, 1, 7, 11, 1, 37, 31}},
    {7, 8, {1, 3, 1, 7, 5, 61, 115}},
    {7, 14, {1, 1, 3, 13, 7, 43, 105}},
    {7, 19, {1, 3, 3, 11, 21, 23, 105}},
    {7, 21, {1, 1, 3, 15, 23, 51, 51}},
    {7, 28, {1, 3, 1, 1, 3, 37, 23}},
    {7, 31, {1, 1, 7, 11, 13, 3, 41}},
    {7, 32, {1, 3, 5, 15, 13, 43, 115}},
    {7, 37, {1, 3, 7, 15, 19, 41, 81}},
    {7, 41, {1, 1, 1, 11, 29, 63, 121}},
    {7, 42, {1, 3, 3, 11, 21, 51, 11}},
};

#endif
