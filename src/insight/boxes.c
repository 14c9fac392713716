/**
 * boxes.c: walking down a tree with a box that becomes smaller.
 */
#include "insight/boxes.h"

#include "base/order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct reader {
    cav_boxes *boxes;
    const cav_forest_tree *tree;
} reader;

bool cav_boxes_init(cav_boxes *boxes, const cav_cube *cube)
{
    *boxes = (cav_boxes){.cube = cube, .axis_count = cube->count};
    boxes->axes = calloc(cube->count + 1, sizeof *boxes->axes);
    boxes->open = calloc(cube->count + 1, sizeof *boxes->open);
    return boxes->axes && boxes->open;
}

void cav_boxes_free(cav_boxes *boxes)
{
    for (size_t i = 0; boxes->axes && i < boxes->axis_count; i++)
        free(boxes->axes[i].edges);
    void *parts[] = {boxes->axes,   boxes->runs, boxes->values,
                     boxes->masses, boxes->open, boxes->thresholds};
    for (size_t i = 0; i < CAV_COUNT_OF(parts); i++)
        free(parts[i]);
    *boxes = (cav_boxes){0};
}

// ---- Cuts -------------------------------------------------------------------------------------

// Adds an edge; `count` counts edges until they are sorted.
static bool add_edge(cav_boxes *boxes, size_t axis, double edge)
{
    cav_axis_cells *cells = &boxes->axes[axis];
    cav_span whole = boxes->cube->axes[axis].whole;
    if (!(edge >= whole.low && edge <= whole.high))
        return true;
    if (!CAV_GROW(&cells->edges, &cells->capacity, cells->count + 1))
        return false;
    cells->edges[cells->count++] = edge;
    return true;
}

static void sort_edges(cav_axis_cells *cells)
{
    size_t kept = 0;
    cav_sort(cells->edges, cells->count);
    for (size_t i = 0; i < cells->count; i++)
        if (kept == 0 || cells->edges[i] > cells->edges[kept - 1])
            cells->edges[kept++] = cells->edges[i];
    cells->count = kept - 1;
}

static bool add_own_edges(cav_boxes *boxes, size_t axis)
{
    const cav_cube_axis *of = &boxes->cube->axes[axis];
    bool fine = add_edge(boxes, axis, of->whole.low) && add_edge(boxes, axis, of->whole.high);
    for (size_t k = 1; k < of->choices && fine; k++)
        fine = add_edge(boxes, axis, (double)k / (double)of->choices);
    for (size_t i = 0; i < of->need_count && fine; i++) {
        const cav_requirement *need = &of->needs[i];
        for (size_t k = 0; k < need->count && fine; k++)
            fine = add_edge(boxes, need->axis, need->spans[k].low) &&
                   add_edge(boxes, need->axis, need->spans[k].high);
    }
    return fine;
}

static bool add_cuts(reader *at)
{
    cav_boxes *boxes = at->boxes;
    const cav_cube *cube = boxes->cube;
    if (!CAV_GROW(&boxes->thresholds, &boxes->threshold_capacity, at->tree->node_count))
        return false;
    for (size_t i = 0; i < at->tree->node_count; i++) {
        const cav_forest_node *node = &at->tree->nodes[i];
        if (node->left == 0 || cube->axes[node->axis].choices > 0)
            continue;
        boxes->thresholds[i] = cav_cube_edge(&cube->axes[node->axis], node->threshold);
        if (!add_edge(boxes, node->axis, boxes->thresholds[i]))
            return false;
    }
    return true;
}

static bool lay_cells(reader *at)
{
    cav_boxes *boxes = at->boxes;
    bool fine = true;
    for (size_t i = 0; i < boxes->axis_count; i++)
        boxes->axes[i].count = 0;
    for (size_t i = 0; i < boxes->axis_count && fine; i++)
        fine = add_own_edges(boxes, i);
    fine = fine && add_cuts(at);
    for (size_t i = 0; i < boxes->axis_count && fine; i++) {
        sort_edges(&boxes->axes[i]);
        boxes->open[i] = (cav_run){0, (uint32_t)boxes->axes[i].count};
    }
    return fine;
}

// How many cells of an axis begin before a coordinate.
static uint32_t cells_before(const cav_axis_cells *cells, double u)
{
    size_t low = 0, high = cells->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (cells->edges[middle] < u)
            low = middle + 1;
        else
            high = middle;
    }
    return (uint32_t)low;
}

// ---- The walk ---------------------------------------------------------------------------------

static bool emit(cav_boxes *boxes, double value)
{
    size_t width = boxes->axis_count, capacity = boxes->run_capacity;
    if (!cav_grow((void **)&boxes->runs, &capacity, boxes->count + 1,
                  (width + 1) * sizeof *boxes->runs))
        return false;
    boxes->run_capacity = capacity;
    capacity = boxes->capacity;
    if (!CAV_GROW(&boxes->values, &capacity, boxes->count + 1))
        return false;
    if (!CAV_GROW(&boxes->masses, &boxes->capacity, boxes->count + 1))
        return false;
    double mass = 1;
    for (size_t i = 0; i < width; i++)
        mass *= cav_boxes_width(&boxes->axes[i], boxes->open[i].first, boxes->open[i].last);
    memcpy(boxes->runs + boxes->count * width, boxes->open, width * sizeof *boxes->runs);
    boxes->values[boxes->count] = value;
    boxes->masses[boxes->count++] = mass;
    return true;
}

bool cav_boxes_meets(const cav_boxes *boxes, const cav_requirement *need, size_t cell)
{
    double low = boxes->axes[need->axis].edges[cell];
    for (size_t i = 0; i < need->count; i++)
        if (low >= need->spans[i].low && low < need->spans[i].high)
            return true;
    return false;
}

static bool walk(reader *at, size_t node);

static bool goes_left(const reader *at, size_t node, uint32_t cell)
{
    const cav_forest_node *of = &at->tree->nodes[node];
    if (at->boxes->cube->axes[of->axis].choices > 0) // its cells are its choices
        return at->tree->sets[of->set + cell / 64] >> cell % 64 & 1;
    return at->boxes->axes[of->axis].edges[cell] < at->boxes->thresholds[node];
}

static bool split_choices(reader *at, size_t node, cav_run whole)
{
    const cav_forest_node *of = &at->tree->nodes[node];
    cav_run *open = &at->boxes->open[of->axis];
    bool fine = true;
    for (uint32_t from = whole.first, to; from < whole.last && fine; from = to) {
        bool left = goes_left(at, node, from);
        for (to = from + 1; to < whole.last && goes_left(at, node, to) == left;)
            to++;
        *open = (cav_run){from, to};
        fine = walk(at, left ? of->left : of->right);
    }
    *open = whole;
    return fine;
}

static bool split_ordered(reader *at, size_t node, cav_run whole)
{
    const cav_forest_node *of = &at->tree->nodes[node];
    cav_run *open = &at->boxes->open[of->axis];
    uint32_t cut = cells_before(&at->boxes->axes[of->axis], at->boxes->thresholds[node]);
    bool fine = true;
    if (whole.first < cut) {
        *open = (cav_run){whole.first, cut < whole.last ? cut : whole.last};
        fine = walk(at, of->left);
    }
    if (cut < whole.last && fine) {
        *open = (cav_run){cut > whole.first ? cut : whole.first, whole.last};
        fine = walk(at, of->right);
    }
    *open = whole;
    return fine;
}

static bool split(reader *at, size_t node)
{
    size_t axis = at->tree->nodes[node].axis;
    cav_run whole = at->boxes->open[axis];
    return at->boxes->cube->axes[axis].choices > 0 ? split_choices(at, node, whole)
                                                   : split_ordered(at, node, whole);
}

// Parts the box by the `index`-th and later requirements of the node's parameter.
static bool require(reader *at, size_t node, size_t index)
{
    const cav_forest_node *of = &at->tree->nodes[node];
    const cav_cube_axis *axis = &at->boxes->cube->axes[of->axis];
    size_t missing = of->missing_left ? of->left : of->right;
    if (axis->is_never)
        return walk(at, missing);
    if (index == axis->need_count)
        return split(at, node);
    const cav_requirement *need = &axis->needs[index];
    cav_run *open = &at->boxes->open[need->axis], whole = *open;
    bool fine = true;
    for (uint32_t from = whole.first, to; from < whole.last && fine; from = to) {
        bool meets = cav_boxes_meets(at->boxes, need, from);
        for (to = from + 1; to < whole.last && cav_boxes_meets(at->boxes, need, to) == meets;)
            to++;
        *open = (cav_run){from, to};
        fine = meets ? require(at, node, index + 1) : walk(at, missing);
    }
    *open = whole;
    return fine;
}

static bool walk(reader *at, size_t node)
{
    const cav_forest_node *of = &at->tree->nodes[node];
    return of->left == 0 ? emit(at->boxes, of->mean) : require(at, node, 0);
}

bool cav_boxes_read(cav_boxes *boxes, const cav_forest_tree *tree)
{
    reader at = {.boxes = boxes, .tree = tree};
    boxes->count = 0;
    return lay_cells(&at) && walk(&at, 0);
}
