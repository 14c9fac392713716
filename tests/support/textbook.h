/**
 * textbook.h: formulas as textbooks print them, for tests to hold ours against.
 */
#ifndef CAV_TESTS_SUPPORT_TEXTBOOK_H
#define CAV_TESTS_SUPPORT_TEXTBOOK_H

#include <math.h>

/** The expected improvement over a value. */
static inline double textbook_improvement(double value, double mean, double deviation)
{
    double z = (value - mean) / deviation;
    return deviation * (exp(-z * z / 2) / sqrt(2 * acos(-1)) + z * erfc(-z / sqrt(2)) / 2);
}

#endif
