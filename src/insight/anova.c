/**
 * anova.c: exact variances of the marginals of trees.
 *
 * Source: F. Hutter, H. Hoos, K. Leyton-Brown, "An efficient approach for assessing hyperparameter
 * importance", ICML 2014. A tree is cut into boxes of the cube (boxes.h). The mean over all other
 * axes, given the cell of one, is a sum over boxes, which is formed by differences: each box is
 * added where its run of cells begins and taken off where it ends, so that a marginal costs as much
 * as there are boxes and cells. A pair's is the same in two dimensions.
 *
 * For a parameter with conditions the cube is narrowed to where it is active, which is a product of
 * sets of cells again, and the variance is multiplied by the share of the cube that this is.
 *
 * Chance: the residuals out of bag are shuffled, which leaves nothing to find in them, and forests
 * grown on them (after A. Altmann et al., "Permutation importance: a corrected feature importance
 * measure", Bioinformatics 26, 2010, but with the residuals in place of the losses: noise is what
 * the forest did not explain).
 */
#include "insight/anova.h"

#include "base/random.h"
#include "insight/boxes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SHUFFLES = 20, // so that less than CAV_IMPORTANCE_NOISE can be seen
    TREES_OF_SHUFFLE = 2,
};

// The part of the cube where one or two parameters are active, and the room to look at it.
typedef struct part {
    const cav_boxes *boxes;
    double **allowed; // [axis_count] mass of the allowed cells before each: [cells + 1]; NULL: all
    double *pool;     // what the allowed ones point into
    size_t pool_capacity;
    double share; // of the cube
    double *grid; // [grid_capacity] marginal by cell
    size_t grid_capacity;
} part;

static bool part_init(part *at, const cav_boxes *boxes)
{
    *at = (part){.boxes = boxes};
    at->allowed = calloc(boxes->axis_count + 1, sizeof *at->allowed);
    return at->allowed != NULL;
}

static void part_free(part *at)
{
    free(at->allowed);
    free(at->pool);
    free(at->grid);
}

static double width_of(const part *at, size_t axis, size_t first, size_t last)
{
    const double *allowed = at->allowed[axis];
    return allowed ? allowed[last] - allowed[first]
                   : cav_boxes_width(&at->boxes->axes[axis], first, last);
}

static double whole_of(const part *at, size_t axis)
{
    return width_of(at, axis, 0, at->boxes->axes[axis].count);
}

// ---- Narrowing --------------------------------------------------------------------------------

static bool reserve_pool(part *at)
{
    size_t needed = 0;
    for (size_t i = 0; i < at->boxes->axis_count; i++)
        needed += at->boxes->axes[i].count + 1;
    return CAV_GROW(&at->pool, &at->pool_capacity, needed);
}

// Leaves of an axis only the cells that a requirement allows.
static void narrow(part *at, const cav_requirement *need, double **pool)
{
    const cav_axis_cells *cells = &at->boxes->axes[need->axis];
    double *before = at->allowed[need->axis], sum = 0;
    double *narrowed = before ? before : *pool;
    if (!before)
        *pool += cells->count + 1;
    for (size_t i = 0; i < cells->count; i++) {
        double width = width_of(at, need->axis, i, i + 1);
        narrowed[i] = sum; // what width_of still reads stands behind i
        sum += cav_boxes_meets(at->boxes, need, i) ? width : 0;
    }
    narrowed[cells->count] = sum;
    at->allowed[need->axis] = narrowed;
}

// Narrows the cube to where these parameters are active. False when out of memory.
static bool narrow_to(part *at, const size_t *axes, size_t count)
{
    const cav_cube *cube = at->boxes->cube;
    if (!reserve_pool(at))
        return false;
    double *pool = at->pool;
    bool is_never = false;
    memset(at->allowed, 0, at->boxes->axis_count * sizeof(double *));
    for (size_t i = 0; i < count; i++) {
        const cav_cube_axis *axis = &cube->axes[axes[i]];
        is_never |= axis->is_never;
        for (size_t k = 0; k < axis->need_count; k++)
            narrow(at, &axis->needs[k], &pool);
    }
    at->share = is_never ? 0 : 1;
    for (size_t axis = 0; axis < at->boxes->axis_count; axis++)
        if (at->allowed[axis])
            at->share *= whole_of(at, axis);
    return true;
}

// The mass of a box in the part, over all axes but `axes`, as a share of what these span there.
static double mass_without(const part *at, size_t box, const size_t *axes, size_t count)
{
    double mass = at->boxes->masses[box];
    for (size_t i = 0; i < count; i++) {
        cav_run run = cav_boxes_run(at->boxes, box, axes[i]);
        mass /= cav_boxes_width(&at->boxes->axes[axes[i]], run.first, run.last);
    }
    for (size_t axis = 0; axis < at->boxes->axis_count && at->share < 1; axis++) {
        bool is_left_out = axis == axes[0] || axis == axes[count - 1];
        if (!at->allowed[axis] || is_left_out)
            continue;
        cav_run run = cav_boxes_run(at->boxes, box, axis);
        mass *= width_of(at, axis, run.first, run.last) / whole_of(at, axis) /
                cav_boxes_width(&at->boxes->axes[axis], run.first, run.last);
    }
    return mass;
}

// ---- Variances --------------------------------------------------------------------------------

static double total_variance(const cav_boxes *boxes)
{
    double sum = 0, mean = 0;
    for (size_t b = 0; b < boxes->count; b++)
        mean += boxes->masses[b] * boxes->values[b];
    for (size_t b = 0; b < boxes->count; b++)
        sum += boxes->masses[b] * (boxes->values[b] - mean) * (boxes->values[b] - mean);
    return sum;
}

static double cell_mass(const part *at, size_t axis, size_t cell)
{
    return width_of(at, axis, cell, cell + 1) / whole_of(at, axis);
}

// Variance of values [count x stride apart] over the cells of an axis.
static double variance_over(const part *at, size_t axis, const double *values, size_t stride)
{
    size_t count = at->boxes->axes[axis].count;
    double mean = 0, sum = 0;
    for (size_t i = 0; i < count; i++)
        mean += cell_mass(at, axis, i) * values[i * stride];
    for (size_t i = 0; i < count; i++) {
        double off = values[i * stride] - mean;
        sum += cell_mass(at, axis, i) * off * off;
    }
    return sum;
}

static bool reserve_grid(part *at, size_t count)
{
    if (!CAV_GROW(&at->grid, &at->grid_capacity, count))
        return false;
    memset(at->grid, 0, count * sizeof *at->grid);
    return true;
}

// The variance that a parameter alone makes, times the share of the cube where it is active.
static bool single_variance(part *at, size_t axis, double *ret_variance)
{
    size_t count = at->boxes->axes[axis].count;
    *ret_variance = 0;
    if (!narrow_to(at, &axis, 1) || !reserve_grid(at, count + 1))
        return false;
    if (!(at->share > 0))
        return true;
    for (size_t b = 0; b < at->boxes->count; b++) {
        cav_run run = cav_boxes_run(at->boxes, b, axis);
        double part_of = at->boxes->values[b] * mass_without(at, b, &axis, 1);
        at->grid[run.first] += part_of;
        at->grid[run.last] -= part_of;
    }
    for (size_t i = 1; i < count; i++)
        at->grid[i] += at->grid[i - 1];
    *ret_variance = at->share * variance_over(at, axis, at->grid, 1);
    return true;
}

// Differences in two directions to the values themselves; rows are `stride` long.
static void add_up(double *grid, size_t rows, size_t columns, size_t stride)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 1; j < columns; j++)
            grid[i * stride + j] += grid[i * stride + j - 1];
    for (size_t i = 1; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            grid[i * stride + j] += grid[(i - 1) * stride + j];
}

// What is left of the grid's variance without its two marginals, which are put behind the rows and
// columns.
static double interaction_of(part *at, const size_t axes[2], size_t rows, size_t columns)
{
    size_t stride = columns + 1;
    double *grid = at->grid, mean = 0, sum = 0;
    memset(grid + rows * stride, 0, stride * sizeof *grid);
    for (size_t i = 0; i < rows; i++) {
        grid[i * stride + columns] = 0;
        for (size_t j = 0; j < columns; j++) {
            double value = grid[i * stride + j];
            grid[i * stride + columns] += cell_mass(at, axes[1], j) * value;
            grid[rows * stride + j] += cell_mass(at, axes[0], i) * value;
        }
        mean += cell_mass(at, axes[0], i) * grid[i * stride + columns];
    }
    for (size_t i = 0; i < rows; i++) {
        double row_mass = cell_mass(at, axes[0], i), of_row = grid[i * stride + columns] - mean;
        for (size_t j = 0; j < columns && row_mass > 0; j++) {
            double off = grid[i * stride + j] - grid[rows * stride + j] - of_row;
            sum += row_mass * cell_mass(at, axes[1], j) * off * off;
        }
    }
    return sum;
}

static bool pair_variance(part *at, const size_t axes[2], double *ret_variance)
{
    size_t rows = at->boxes->axes[axes[0]].count, columns = at->boxes->axes[axes[1]].count;
    size_t stride = columns + 1;
    *ret_variance = 0;
    if (!narrow_to(at, axes, 2) || !reserve_grid(at, (rows + 1) * stride))
        return false;
    if (!(at->share > 0))
        return true;
    for (size_t b = 0; b < at->boxes->count; b++) {
        cav_run row = cav_boxes_run(at->boxes, b, axes[0]);
        cav_run column = cav_boxes_run(at->boxes, b, axes[1]);
        double part_of = at->boxes->values[b] * mass_without(at, b, axes, 2);
        at->grid[row.first * stride + column.first] += part_of;
        at->grid[row.first * stride + column.last] -= part_of;
        at->grid[row.last * stride + column.first] -= part_of;
        at->grid[row.last * stride + column.last] += part_of;
    }
    add_up(at->grid, rows, columns, stride);
    *ret_variance = at->share * interaction_of(at, axes, rows, columns);
    return true;
}

// ---- Trees ------------------------------------------------------------------------------------

// Something that is measured of each tree: `count` variances to ret_variances.
typedef bool measure(part *at, double *ret_variances);

static bool measure_singles(part *at, double *ret_variances)
{
    for (size_t i = 0; i < at->boxes->axis_count; i++)
        if (!single_variance(at, i, &ret_variances[i]))
            return false;
    return true;
}

static bool measure_pairs(part *at, double *ret_variances)
{
    for (size_t i = 0; i < at->boxes->axis_count; i++)
        for (size_t j = i + 1; j < at->boxes->axis_count; j++)
            if (!pair_variance(at, (size_t[]){i, j}, ret_variances++))
                return false;
    return true;
}

// variances [tree_count x count], totals [tree_count]
static bool measure_trees(const cav_fitted *fitted, const cav_forest *forest, measure *measured,
                          size_t count, double *ret_variances, double *ret_totals)
{
    cav_boxes boxes;
    part at = {0};
    bool fine = cav_boxes_init(&boxes, &fitted->cube) && part_init(&at, &boxes);
    for (size_t t = 0; t < forest->tree_count && fine; t++) {
        fine =
            cav_boxes_read(&boxes, &forest->trees[t]) && measured(&at, ret_variances + t * count);
        ret_totals[t] = total_variance(&boxes);
    }
    part_free(&at);
    cav_boxes_free(&boxes);
    return fine;
}

static double mean_of(const double *variances, size_t trees, size_t count, size_t index)
{
    double sum = 0;
    for (size_t t = 0; t < trees; t++)
        sum += variances[t * count + index];
    return sum / (double)trees;
}

// ---- Chance -----------------------------------------------------------------------------------

static void shuffle(double *values, size_t count, cav_random *random)
{
    for (size_t i = 0; i + 1 < count; i++) {
        size_t other = i + cav_random_below(random, count - i);
        double kept = values[i];
        values[i] = values[other];
        values[other] = kept;
    }
}

// Counts, for each axis, how often shuffled residuals give a variance as large as `found`.
static bool count_as_large(const cav_fitted *fitted, const double *found, double *residuals,
                           double *ret_counts)
{
    size_t axes = fitted->cube.count;
    double *variances = malloc((TREES_OF_SHUFFLE * axes + 1) * sizeof *variances);
    double totals[TREES_OF_SHUFFLE];
    bool fine = variances != NULL;
    memcpy(residuals, fitted->residuals, fitted->row_count * sizeof *residuals);
    cav_random random = cav_random_stream(fitted->seed, 1, CAV_PURPOSE_INSIGHT, 0);
    for (uint64_t s = 0; s < SHUFFLES && fine; s++) {
        shuffle(residuals, fitted->row_count, &random);
        cav_forest *forest = cav_fitted_again(fitted, residuals, TREES_OF_SHUFFLE, s + 1);
        fine = forest && measure_trees(fitted, forest, measure_singles, axes, variances, totals);
        cav_forest_free(forest);
        for (size_t i = 0; i < axes && fine; i++)
            ret_counts[i] += mean_of(variances, TREES_OF_SHUFFLE, axes, i) >= found[i];
    }
    free(variances);
    return fine;
}

static bool find_chances(const cav_fitted *fitted, const double *variances, double *ret_chances)
{
    size_t axes = fitted->cube.count, trees = fitted->forest->tree_count;
    double *found = calloc(axes + 1, sizeof *found);
    double *residuals = calloc(fitted->row_count + 1, sizeof *residuals);
    bool fine = found && residuals;
    for (size_t i = 0; i < axes && fine; i++) {
        found[i] = mean_of(variances, trees, axes, i);
        ret_chances[i] = 1;
    }
    fine = fine && count_as_large(fitted, found, residuals, ret_chances);
    for (size_t i = 0; i < axes && fine; i++)
        ret_chances[i] /= 1 + SHUFFLES;
    free(found);
    free(residuals);
    return fine;
}

bool cav_anova_singles(const cav_fitted *fitted, cav_importance *ret_singles)
{
    size_t axes = fitted->cube.count, trees = fitted->forest->tree_count;
    double *room = calloc(trees * (axes + 2) + axes + 1, sizeof *room);
    if (!room)
        return false;
    double *totals = room, *one = room + trees, *chances = one + trees, *variances = chances + axes;
    bool fine = measure_trees(fitted, fitted->forest, measure_singles, axes, variances, totals) &&
                find_chances(fitted, variances, chances);
    for (size_t i = 0; i < axes && fine; i++) {
        ret_singles[i] = cav_fitted_share(variances, totals, trees, axes, i, one);
        ret_singles[i].parameter = fitted->cube.space->dims[i];
        ret_singles[i].chance = chances[i];
    }
    free(room);
    if (fine)
        cav_importance_sort(ret_singles, axes);
    return fine;
}

size_t cav_anova_pair_count(const cav_fitted *fitted)
{
    return fitted->cube.count * (fitted->cube.count - (fitted->cube.count > 0)) / 2;
}

static int by_share(const void *a, const void *b)
{
    const cav_interaction *x = a, *y = b;
    if (x->share != y->share)
        return x->share > y->share ? -1 : 1;
    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    return (x->second > y->second) - (x->second < y->second);
}

bool cav_anova_pairs(const cav_fitted *fitted, cav_interaction *ret_pairs)
{
    size_t count = cav_anova_pair_count(fitted), trees = fitted->forest->tree_count, index = 0;
    double *room = calloc(trees * (count + 2) + 1, sizeof *room);
    if (!room)
        return false;
    double *totals = room, *one = room + trees, *variances = one + trees;
    bool fine = measure_trees(fitted, fitted->forest, measure_pairs, count, variances, totals);
    const size_t *dims = fitted->cube.space->dims;
    for (size_t i = 0; i < fitted->cube.count && fine; i++) {
        for (size_t j = i + 1; j < fitted->cube.count; j++, index++) {
            cav_importance at = cav_fitted_share(variances, totals, trees, count, index, one);
            ret_pairs[index] = (cav_interaction){dims[i], dims[j], at.share, at.low, at.high};
        }
    }
    free(room);
    if (fine)
        qsort(ret_pairs, count, sizeof *ret_pairs, by_share);
    return fine;
}
