/**
 * sobol_points.h: Owen-scrambled Sobol points, each from its index alone.
 */
#ifndef CAV_SEARCH_SOBOL_POINTS_H
#define CAV_SEARCH_SOBOL_POINTS_H

#include <stddef.h>
#include <stdint.h>

/**
 * Coordinate `dim` in [0, 1) of point `index` of the sequence that `seed` scrambles. The first 32
 * dimensions are one scrambled sequence; each further block of 32 is another, in an order shuffled
 * by a scrambling of the index, so that every single dimension and every block is stratified at
 * every power of two.
 */
double cav_sobol_coordinate(uint64_t seed, uint32_t index, size_t dim);

/** The unscrambled 32-bit digits, for tests; dim < 32. */
uint32_t cav_sobol_digits(uint32_t index, size_t dim);

#endif
