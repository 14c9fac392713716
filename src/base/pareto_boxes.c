/**
 * pareto_boxes.c: a sweep along the last loss.
 *
 * What is free at one height is a row of strips from left to right, each reaching down without end
 * and up to the staircase. A point cuts the strip that it falls into and ends those that it covers;
 * a strip that ends is a box from where it began to there. Two losses have one height.
 */
#include "base/pareto_boxes.h"

#include "base/order.h"
#include "base/pareto.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// All are places of edges.
typedef struct cav_pareto_strip {
    size_t left, right, top; // of the first two losses
    size_t began;            // at which height
} strip;

void cav_pareto_boxes_free(cav_pareto_boxes *boxes)
{
    free(boxes->boxes);
    for (size_t d = 0; d < CAV_PARETO_BOXES_DIMS; d++)
        free(boxes->edges[d]);
    free(boxes->front);
    free(boxes->strips);
    *boxes = (cav_pareto_boxes){0};
}

static bool reserve(cav_pareto_boxes *boxes, size_t count)
{
    if (boxes->boxes && count <= boxes->capacity)
        return true;
    size_t capacity = count + count / 2;
    cav_pareto_boxes made = {
        .boxes = malloc((2 * capacity + 1) * sizeof *made.boxes),
        .front = malloc((capacity + 1) * CAV_PARETO_BOXES_DIMS * sizeof *made.front),
        .strips = malloc((capacity + 2) * sizeof *made.strips),
        .capacity = capacity,
    };
    bool fine = made.boxes && made.front && made.strips;
    for (size_t d = 0; d < CAV_PARETO_BOXES_DIMS; d++)
        fine &= (made.edges[d] = malloc((capacity + 2) * sizeof(double))) != NULL;
    cav_pareto_boxes *unwanted = fine ? boxes : &made;
    cav_pareto_boxes_free(unwanted);
    if (fine)
        *boxes = made;
    return fine;
}

static bool is_below(const double *point, const double *reference, size_t dims)
{
    size_t d = 0;
    while (d < dims && point[d] < reference[d])
        d++;
    return d == dims;
}

static int by_height(const void *left, const void *right)
{
    const double *a = left, *b = right;
    return (a[2] > b[2]) - (a[2] < b[2]);
}

// Writes the points that count to boxes->front, with a height of 0 where there are two losses, in
// the order of their heights. Returns how many there are.
static size_t take_front(cav_pareto_boxes *boxes, const double *points, size_t count,
                         const double *reference)
{
    size_t kept = 0, dims = boxes->dims;
    for (size_t i = 0; i < count; i++) {
        const double *point = points + i * dims;
        if (!is_below(point, reference, dims) ||
            cav_pareto_is_dominated(points, count, dims, point))
            continue;
        double *to = boxes->front + kept++ * CAV_PARETO_BOXES_DIMS;
        to[2] = 0;
        memcpy(to, point, dims * sizeof *to);
    }
    qsort(boxes->front, kept, CAV_PARETO_BOXES_DIMS * sizeof *boxes->front, by_height);
    return kept;
}

static void collect_edges(cav_pareto_boxes *boxes, size_t front_count, const double *reference)
{
    for (size_t d = 0; d < boxes->dims; d++) {
        double *edges = boxes->edges[d];
        edges[0] = -INFINITY;
        for (size_t i = 0; i < front_count; i++)
            edges[1 + i] = boxes->front[i * CAV_PARETO_BOXES_DIMS + d];
        cav_sort(edges + 1, front_count);
        size_t distinct = 1 + cav_sort_unique(edges + 1, front_count);
        edges[distinct] = reference[d];
        boxes->edge_counts[d] = distinct + 1;
    }
}

static size_t place_of(const cav_pareto_boxes *boxes, size_t d, double value)
{
    size_t low = 0, high = boxes->edge_counts[d];
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (boxes->edges[d][middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void end_strip(cav_pareto_boxes *boxes, const strip *at, size_t height)
{
    if (at->began < height)
        boxes->boxes[boxes->count++] =
            (cav_pareto_box){.low = {at->left, 0, at->began}, .high = {at->right, at->top, height}};
}

// Cuts a point out of the strips; returns how many there are then.
static size_t cut(cav_pareto_boxes *boxes, size_t count, size_t x, size_t y, size_t height)
{
    strip *strips = boxes->strips, rest[2];
    size_t first = 0, rests = 0;
    while (strips[first].right <= x)
        first++;
    if (strips[first].top <= y) // the same as a point before
        return count;
    size_t end = first;
    while (end < count && strips[end].top > y)
        end_strip(boxes, &strips[end++], height);
    if (strips[first].left < x)
        rest[rests++] = (strip){strips[first].left, x, strips[first].top, height};
    rest[rests++] = (strip){x, strips[end - 1].right, y, height};
    memmove(strips + first + rests, strips + end, (count - end) * sizeof *strips);
    memcpy(strips + first, rest, rests * sizeof *strips);
    return count + rests - (end - first);
}

bool cav_pareto_boxes_make(cav_pareto_boxes *boxes, const double *points, size_t count, size_t dims,
                           const double *reference)
{
    if (!reserve(boxes, count))
        return false;
    boxes->dims = dims;
    boxes->count = 0;
    size_t front_count = take_front(boxes, points, count, reference), strips = 1;
    collect_edges(boxes, front_count, reference);
    boxes->strips[0] = (strip){0, boxes->edge_counts[0] - 1, boxes->edge_counts[1] - 1, 0};
    for (size_t i = 0; i < front_count; i++) {
        const double *point = boxes->front + i * CAV_PARETO_BOXES_DIMS;
        size_t height = dims == 3 ? place_of(boxes, 2, point[2]) : 0;
        strips =
            cut(boxes, strips, place_of(boxes, 0, point[0]), place_of(boxes, 1, point[1]), height);
    }
    for (size_t i = 0; i < strips; i++)
        end_strip(boxes, &boxes->strips[i], dims == 3 ? boxes->edge_counts[2] - 1 : 1);
    return true;
}
