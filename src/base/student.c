/**
 * student.c: the finite sums for a whole number of degrees of freedom: Abramowitz and Stegun,
 * "Handbook of mathematical functions", 26.7.3 and 26.7.4.
 */
#include "base/student.h"

#include <math.h>

// P(|T| <= t), t >= 0
static double within(double t, size_t freedom)
{
    double angle = atan(t / sqrt((double)freedom)), cosine = cos(angle);
    size_t first = freedom % 2 ? 3 : 2; // of the factors (k - 1) / k
    double term = freedom % 2 ? cosine : 1, sum = freedom > 1 ? term : 0;
    for (size_t k = first; k + 2 <= freedom; k += 2) {
        term *= (double)(k - 1) / (double)k * cosine * cosine;
        sum += term;
    }
    return freedom % 2 ? (angle + sin(angle) * sum) * M_2_PI : sin(angle) * sum;
}

double cav_student_tail(double t, size_t freedom)
{
    double inside = within(fabs(t), freedom);
    return t >= 0 ? (1 - inside) / 2 : (1 + inside) / 2;
}
