/**
 * eigen.c: reduction to tridiagonal form by Householder reflections, then implicit QL steps.
 *
 * Golub, Van Loan: "Matrix Computations", sections 8.3.1 and 8.3.3. The transposed basis is kept,
 * so that a reflection and a rotation both work on whole rows.
 */
#include "base/eigen.h"

#include <float.h>
#include <math.h>
#include <string.h>

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static void add_scaled(double *to, double factor, const double *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] += factor * from[i];
}

// Makes v [n] the vector of the reflection I - 2 v v'/(v'v) that takes it to (ret, 0, …, 0);
// v is scaled so that the factor 2/(v'v) is 1. All zero where there is nothing to do.
static double make_reflector(double *v, size_t n)
{
    double most = 0;
    for (size_t i = 1; i < n; i++)
        most = fmax(most, fabs(v[i]));
    double first = v[0];
    if (most == 0) {
        memset(v, 0, n * sizeof *v);
        return first;
    }
    most = fmax(most, fabs(first));
    for (size_t i = 0; i < n; i++)
        v[i] /= most;
    double length = sqrt(dot(v, v, n));
    v[0] += copysign(length, first);
    double scale = sqrt(2 / dot(v, v, n));
    for (size_t i = 0; i < n; i++)
        v[i] *= scale;
    return -copysign(length * most, first);
}

// A <- H A H on the symmetric block [n x n] with row stride `stride`; w [n] is scratch.
static void reflect_both(double *a, size_t stride, const double *v, double *w, size_t n)
{
    for (size_t i = 0; i < n; i++)
        w[i] = dot(a + i * stride, v, n);
    add_scaled(w, -dot(w, v, n) / 2, v, n);
    for (size_t i = 0; i < n; i++) {
        add_scaled(a + i * stride, -v[i], w, n);
        add_scaled(a + i * stride, -w[i], v, n);
    }
}

// Reduces a [n x n]: diagonal and off-diagonal [n - 1] come out, row k of `a` keeps the reflector
// of step k from column k + 1 on.
static void reduce(double *a, size_t n, double *diagonal, double *off, double *w)
{
    for (size_t k = 0; k + 1 < n; k++) {
        double *v = a + k * n + k + 1;
        size_t rest = n - k - 1;
        diagonal[k] = a[k * n + k];
        off[k] = rest > 1 ? make_reflector(v, rest) : v[0];
        if (rest > 1)
            reflect_both(a + (k + 1) * n + k + 1, n, v, w, rest);
    }
    diagonal[n - 1] = a[n * n - 1];
}

// Replaces the reflectors by the transposed product of them all.
static void accumulate(double *a, size_t n)
{
    for (size_t k = n; k-- > 0;) {
        double *v = a + k * n + k + 1;
        if (k + 2 < n) // the last two rows have no reflector
            for (size_t row = k + 1; row < n; row++) {
                double *r = a + row * n + k + 1;
                add_scaled(r, -dot(r, v, n - k - 1), v, n - k - 1);
            }
        memset(a + k * n, 0, n * sizeof *a);
        for (size_t row = k + 1; row < n; row++)
            a[row * n + k] = 0;
        a[k * n + k] = 1;
    }
}

static void rotate(double *lower, double *upper, double c, double s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double x = lower[i], y = upper[i];
        lower[i] = c * x - s * y;
        upper[i] = s * x + c * y;
    }
}

// One implicit QL step on the unreduced block from `low` to `high`.
static void step(double *diagonal, double *off, double *rows, size_t n, size_t low, size_t high)
{
    double g = (diagonal[low + 1] - diagonal[low]) / (2 * off[low]);
    g = diagonal[high] - diagonal[low] + off[low] / (g + copysign(hypot(g, 1), g));
    double s = 1, c = 1, shift = 0;
    for (size_t i = high; i-- > low;) {
        double f = s * off[i], b = c * off[i], r = hypot(f, g);
        if (i + 1 < high)
            off[i + 1] = r;
        if (r == 0) { // the block has come apart
            diagonal[i + 1] -= shift;
            return;
        }
        s = f / r;
        c = g / r;
        g = diagonal[i + 1] - shift;
        r = (diagonal[i] - g) * s + 2 * c * b;
        shift = s * r;
        diagonal[i + 1] = g + shift;
        g = c * r - b;
        rotate(rows + i * n, rows + (i + 1) * n, c, s, n);
    }
    diagonal[low] -= shift;
    off[low] = g;
}

static bool is_negligible(const double *diagonal, const double *off, size_t i)
{
    return fabs(off[i]) <= DBL_EPSILON * (fabs(diagonal[i]) + fabs(diagonal[i + 1])) ||
           fabs(off[i]) < DBL_MIN;
}

static bool diagonalise(double *diagonal, double *off, double *rows, size_t n)
{
    enum { MOST_STEPS = 60 };
    for (size_t low = 0; low + 1 < n; low++) {
        for (int steps = 0;; steps++) {
            size_t high = low;
            while (high + 1 < n && !is_negligible(diagonal, off, high))
                high++;
            if (high == low)
                break;
            if (steps == MOST_STEPS)
                return false;
            if (high + 1 < n)
                off[high] = 0;
            step(diagonal, off, rows, n, low, high);
        }
    }
    return true;
}

static void sort(double *values, double *rows, size_t n)
{
    for (size_t i = 0; i + 1 < n; i++) {
        size_t least = i;
        for (size_t k = i + 1; k < n; k++)
            if (values[k] < values[least])
                least = k;
        if (least == i)
            continue;
        double value = values[i];
        values[i] = values[least];
        values[least] = value;
        rotate(rows + i * n, rows + least * n, 0, 1, n); // exchanges them, but for a sign
    }
}

bool cav_eigen_symmetric(size_t n, const double *matrix, double *ret_values, double *ret_vectors,
                         double *work)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = i; k < n; k++) {
            if (!isfinite(matrix[i * n + k]))
                return false;
            ret_vectors[i * n + k] = ret_vectors[k * n + i] = matrix[i * n + k];
        }
    if (n == 0)
        return true;
    reduce(ret_vectors, n, ret_values, work, work + n);
    accumulate(ret_vectors, n);
    bool converged = diagonalise(ret_values, work, ret_vectors, n);
    sort(ret_values, ret_vectors, n);
    return converged;
}
