/**
 * pareto.c: dominance and exact hypervolume.
 *
 * Two losses: the steps of the staircase, from left to right. Three: a sweep along the third, which
 * keeps the staircase of the first two and its area. More: the points in turn, the worst in the
 * last loss first; what a point covers that those after it do not is its own box less what they
 * cover of it, and all of that reaches equally far in the last loss, so that it is found with one
 * loss fewer (While, Bradstreet, Barone: "A fast way of calculating exact hypervolumes", IEEE TEC
 * 16(1), 2012).
 */
#include "base/pareto.h"

#include <stdlib.h>
#include <string.h>

bool cav_pareto_dominates(const double *a, const double *b, size_t dims)
{
    bool better = false;
    for (size_t d = 0; d < dims; d++) {
        if (a[d] > b[d])
            return false;
        better |= a[d] < b[d];
    }
    return better;
}

bool cav_pareto_is_dominated(const double *points, size_t count, size_t dims, const double *point)
{
    bool found = false;
    for (size_t i = 0; i < count && !found; i++)
        found = cav_pareto_dominates(points + i * dims, point, dims);
    return found;
}

// Scratch memory, made once: one stretch of points for each number of losses above three, and a
// staircase.
typedef struct scratch {
    const double *reference;
    double **levels; // [dims + 1], of which those from 3 on hold [count x losses]
    double *stairs;  // [count x 2] from left to right, and so downwards
} scratch;

static int by_first(const void *left, const void *right)
{
    const double *a = left, *b = right;
    if (a[0] != b[0])
        return a[0] < b[0] ? -1 : 1;
    return (a[1] > b[1]) - (a[1] < b[1]);
}

static int by_third(const void *left, const void *right)
{
    const double *a = left, *b = right;
    return (a[2] > b[2]) - (a[2] < b[2]);
}

static double length(const double *points, size_t count, const double *reference)
{
    double longest = 0;
    for (size_t i = 0; i < count; i++)
        longest = reference[0] - points[i] > longest ? reference[0] - points[i] : longest;
    return longest;
}

static double area(double *points, size_t count, const double *reference)
{
    double sum = 0, low = reference[1];
    qsort(points, count, 2 * sizeof *points, by_first);
    for (size_t i = 0; i < count; i++) {
        if (points[2 * i + 1] >= low)
            continue;
        sum += (reference[0] - points[2 * i]) * (low - points[2 * i + 1]);
        low = points[2 * i + 1];
    }
    return sum;
}

// The first step that is not to the left of x.
static size_t find_step(const double *stairs, size_t count, double x)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (stairs[2 * middle] < x)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// Adds a step to the staircase, from which those go that it covers. Returns by how much the area
// has grown.
static double add_step(double *stairs, size_t *count, double x, double y, const double *reference)
{
    size_t at = find_step(stairs, *count, x), end = at;
    double above = at > 0 ? stairs[2 * at - 1] : reference[1]; // of the ground to the right of x
    if (above <= y || (at < *count && stairs[2 * at] == x && stairs[2 * at + 1] <= y))
        return 0;
    double grown = 0, from = x;
    for (; end < *count && stairs[2 * end + 1] >= y; end++) {
        grown += (stairs[2 * end] - from) * (above - y);
        from = stairs[2 * end];
        above = stairs[2 * end + 1];
    }
    grown += ((end < *count ? stairs[2 * end] : reference[0]) - from) * (above - y);
    memmove(stairs + 2 * (at + 1), stairs + 2 * end, 2 * (*count - end) * sizeof *stairs);
    stairs[2 * at] = x;
    stairs[2 * at + 1] = y;
    *count += 1 - (end - at);
    return grown;
}

static double sweep(scratch *at, double *points, size_t count)
{
    double sum = 0, ground = 0;
    size_t steps = 0;
    qsort(points, count, 3 * sizeof *points, by_third);
    for (size_t i = 0; i < count; i++) {
        const double *point = points + 3 * i;
        double next = i + 1 < count ? point[5] : at->reference[2];
        ground += add_step(at->stairs, &steps, point[0], point[1], at->reference);
        sum += ground * (next - point[2]);
    }
    return sum;
}

// Sorted by the last loss, the greatest first; by insertion, as there are few.
static void sort_by_last(double *points, size_t count, size_t dims, double *spare)
{
    for (size_t i = 1; i < count; i++) {
        size_t to = i;
        while (to > 0 && points[to * dims - 1] < points[i * dims + dims - 1])
            to--;
        memcpy(spare, points + i * dims, dims * sizeof *points);
        memmove(points + (to + 1) * dims, points + to * dims, (i - to) * dims * sizeof *points);
        memcpy(points + to * dims, spare, dims * sizeof *points);
    }
}

static bool is_covered(const double *points, size_t count, size_t dims, const double *point)
{
    for (size_t i = 0; i < count; i++) {
        size_t d = 0;
        while (d < dims && points[i * dims + d] <= point[d])
            d++;
        if (d == dims)
            return true;
    }
    return false;
}

// Writes what points cover of a box, with one loss fewer; what others cover already is left out.
// Returns how many there are.
static size_t limit(const double *points, size_t count, size_t dims, const double *box,
                    double *ret_points)
{
    size_t kept = 0, fewer = dims - 1;
    for (size_t i = count; i-- > 0;) { // the best in the last loss are behind, and cover most
        double *limited = ret_points + kept * fewer;
        for (size_t d = 0; d < fewer; d++)
            limited[d] = points[i * dims + d] > box[d] ? points[i * dims + d] : box[d];
        kept += !is_covered(ret_points, kept, fewer, limited);
    }
    return kept;
}

// May change the order of the points.
static double volume(scratch *at, double *points, size_t count, size_t dims)
{
    if (count == 0)
        return 0;
    if (dims <= 1)
        return length(points, count, at->reference);
    if (dims <= 3)
        return dims == 2 ? area(points, count, at->reference) : sweep(at, points, count);
    double sum = 0, *below = at->levels[dims - 1];
    sort_by_last(points, count, dims, below);
    for (size_t i = 0; i < count; i++) {
        const double *point = points + i * dims;
        double box = 1;
        for (size_t d = 0; d + 1 < dims; d++)
            box *= at->reference[d] - point[d];
        size_t kept = limit(point + dims, count - i - 1, dims, point, below);
        sum +=
            (box - volume(at, below, kept, dims - 1)) * (at->reference[dims - 1] - point[dims - 1]);
    }
    return sum;
}

static size_t take_inside(const double *points, size_t count, size_t dims, const double *reference,
                          double *ret_points)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        size_t d = 0;
        while (d < dims && points[i * dims + d] < reference[d])
            d++;
        if (d < dims)
            continue;
        memcpy(ret_points + kept++ * dims, points + i * dims, dims * sizeof *points);
    }
    return kept;
}

double cav_pareto_volume(const double *points, size_t count, size_t dims, const double *reference)
{
    size_t room = 2 * count + (count + 2) * dims; // of the staircase and the points themselves
    for (size_t d = 3; d < dims; d++)
        room += (count + 2) * d;
    double *all = malloc(room * sizeof *all), *next = all;
    double **levels = calloc(dims + 1, sizeof *levels);
    double found = -1;
    if (all && levels) {
        scratch at = {.reference = reference, .levels = levels, .stairs = all};
        next += 2 * count;
        for (size_t d = 3; d < dims; d++, next += (count + 2) * (d - 1))
            levels[d] = next;
        size_t kept = take_inside(points, count, dims, reference, next);
        found = volume(&at, next, kept, dims);
    }
    free(all);
    free(levels);
    return found;
}
