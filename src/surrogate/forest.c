/**
 * forest.c: growing trees and reading them.
 *
 * Breiman: "Random forests", Machine Learning 45, 2001. Each split is the best of some axes by the
 * sum of squares; its threshold is drawn between the two neighbouring values, so that the mean over
 * the trees is nearly continuous and the variance grows between data (Hutter et al. 2014). Choices
 * are ordered by their mean target in the node, which makes the best of all subsets one of the
 * beginnings (Fisher 1958). A missing ordered coordinate is tried on both sides, and alone against
 * all that are there; a missing choice is one choice more. What a node has never seen goes to a
 * side drawn at random.
 *
 * The rows of each ordered axis are sorted once a tree; a split parts every order stably, so a
 * level of a tree costs O(rows x axes).
 */
#include "surrogate/forest.h"

#include "base/memory.h"
#include "base/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Sums over rows, each as often as it was drawn.
typedef struct sums {
    double weight, sum, squares;
} sums;

// The rows of a node: the same part of every order.
typedef struct part {
    size_t node, begin, end;
} part;

typedef struct split {
    double score; // sum of (sum^2 / weight) of both sides: the greater, the less is left
    uint32_t axis;
    bool missing_left;
    double threshold;
} split;

// What the growing of one tree needs.
typedef struct grower {
    const cav_forest_setup *setup;
    cav_forest_tree *tree;
    cav_random random;
    uint32_t **orders; // [axis_count] rows by the axis, missing ones last; of choices NULL
    uint32_t *rows;    // [row_count] rows of the parts, in any order
    uint32_t *scratch; // [row_count]
    bool *goes_left;   // [row_count]
    uint32_t *axes;    // [axis_count] shuffled
    sums *groups;      // [most choices + 1] of each choice, the last one of the missing
    uint32_t *ranking; // [most choices + 1] choices by their mean
    uint64_t *best;    // choices that go left in the best split
    part *stack;
    size_t stack_count, stack_capacity;
} grower;

static double value_of(const grower *at, uint32_t row, size_t axis)
{
    return at->setup->rows[row * at->setup->axis_count + axis];
}

static void add_row(const grower *at, sums *to, uint32_t row)
{
    double weight = at->tree->drawn[row], target = at->setup->targets[row];
    to->weight += weight;
    to->sum += weight * target;
    to->squares += weight * target * target;
}

static void add(sums *to, const sums *from)
{
    to->weight += from->weight;
    to->sum += from->sum;
    to->squares += from->squares;
}

static sums sums_of(const grower *at, const part *of)
{
    sums total = {0};
    for (size_t i = of->begin; i < of->end; i++)
        add_row(at, &total, at->rows[i]);
    return total;
}

// The score of a split of `total` with `left` on one side; -1 where a side is too small.
static double score_of(const grower *at, const sums *total, const sums *left)
{
    double rest = total->weight - left->weight, least = at->setup->least_leaf;
    if (left->weight < least || rest < least || left->weight <= 0 || rest <= 0)
        return -1;
    double right = total->sum - left->sum;
    return left->sum * left->sum / left->weight + right * right / rest;
}

// ---- Ordered axes -----------------------------------------------------------------------------

// A number between two others, never above the greater and above the less.
static double draw_between(cav_random *random, double low, double high)
{
    double x = low + (high - low) * cav_random_unit(random);
    return x > low ? x : high;
}

// Rows of the part that have the coordinate; `ret_missing` the sums of the others.
static size_t count_present(const grower *at, const part *of, size_t axis, sums *ret_missing)
{
    size_t end = of->end;
    *ret_missing = (sums){0};
    while (end > of->begin && isnan(value_of(at, at->orders[axis][end - 1], axis)))
        add_row(at, ret_missing, at->orders[axis][--end]);
    return end;
}

static void offer(split *best, double score, size_t axis, double threshold, bool missing_left)
{
    if (score > best->score)
        *best = (split){score, (uint32_t)axis, missing_left, threshold};
}

static void split_ordered(grower *at, const part *of, size_t axis, const sums *total, split *best)
{
    sums missing, left = {0};
    size_t end = count_present(at, of, axis, &missing), place = of->end;
    const uint32_t *order = at->orders[axis];
    split found = {.score = -1};
    offer(&found, score_of(at, total, &missing), axis, -INFINITY, true);
    for (size_t i = of->begin; i + 1 < end; i++) {
        add_row(at, &left, order[i]);
        if (value_of(at, order[i], axis) == value_of(at, order[i + 1], axis))
            continue;
        double before = found.score;
        offer(&found, score_of(at, total, &left), axis, 0, false);
        if (missing.weight > 0) {
            sums both = left;
            add(&both, &missing);
            offer(&found, score_of(at, total, &both), axis, 0, true);
        }
        place = found.score > before ? i : place;
    }
    if (found.score <= best->score)
        return;
    if (place < of->end) // else it is the missing against all others
        found.threshold = draw_between(&at->random, value_of(at, order[place], axis),
                                       value_of(at, order[place + 1], axis));
    if (missing.weight == 0)
        found.missing_left = cav_random_u32(&at->random) & 1;
    *best = found;
}

// ---- Choices ----------------------------------------------------------------------------------

static void put_bit(uint64_t *set, size_t bit, bool value)
{
    uint64_t mask = (uint64_t)1 << bit % 64;
    set[bit / 64] = value ? set[bit / 64] | mask : set[bit / 64] & ~mask;
}

static bool has_bit(const uint64_t *set, size_t bit)
{
    return set[bit / 64] >> bit % 64 & 1;
}

// Group of a row: its choice, or the last one where it is missing.
static size_t group_of(const grower *at, uint32_t row, size_t axis)
{
    double value = value_of(at, row, axis);
    return isnan(value) ? at->setup->choices[axis] : (size_t)value;
}

// Fills the groups, and the ranking of those that the part has, by their mean; returns how many.
static size_t rank_groups(grower *at, const part *of, size_t axis)
{
    size_t group_count = at->setup->choices[axis] + 1, count = 0;
    memset(at->groups, 0, group_count * sizeof *at->groups);
    for (size_t i = of->begin; i < of->end; i++)
        add_row(at, &at->groups[group_of(at, at->rows[i], axis)], at->rows[i]);
    for (uint32_t group = 0; group < group_count; group++) {
        const sums *own = &at->groups[group];
        if (own->weight == 0)
            continue;
        size_t place = count++;
        for (; place > 0; place--) {
            const sums *other = &at->groups[at->ranking[place - 1]];
            if (other->sum * own->weight <= own->sum * other->weight)
                break;
            at->ranking[place] = at->ranking[place - 1];
        }
        at->ranking[place] = group;
    }
    return count;
}

static void split_choices(grower *at, const part *of, size_t axis, const sums *total, split *best)
{
    size_t count = rank_groups(at, of, axis), place = 0, choices = at->setup->choices[axis];
    split found = {.score = -1};
    sums left = {0};
    for (size_t i = 0; i + 1 < count; i++) {
        add(&left, &at->groups[at->ranking[i]]);
        double before = found.score;
        offer(&found, score_of(at, total, &left), axis, 0, false);
        place = found.score > before ? i : place;
    }
    if (found.score <= best->score)
        return;
    for (size_t group = 0; group <= choices; group++) // where what is not there would go
        put_bit(at->best, group, cav_random_u32(&at->random) & 1);
    for (size_t i = 0; i < count; i++)
        put_bit(at->best, at->ranking[i], i <= place);
    found.missing_left = has_bit(at->best, choices);
    *best = found;
}

// ---- A node -----------------------------------------------------------------------------------

static bool points_left(const cav_forest_tree *tree, const cav_forest_node *node, bool is_choice,
                        double value)
{
    if (isnan(value))
        return node->missing_left;
    return is_choice ? has_bit(tree->sets + node->set, (size_t)value) : value < node->threshold;
}

// The best split by some of the axes, drawn at random; by the others only if these have none.
static bool find_split(grower *at, const part *of, const sums *total, split *ret_best)
{
    size_t axes = at->setup->axis_count;
    size_t enough = (size_t)ceil(at->setup->axis_share * (double)axes);
    double spread = total->squares - total->sum * total->sum / total->weight;
    if (total->weight < 2 * at->setup->least_leaf || spread <= 1e-14 * total->squares)
        return false;
    // a split must explain something; what it leaves is squares - score
    split best = {.score = total->sum * total->sum / total->weight + 1e-12 * spread};
    double whole = best.score;
    for (size_t i = 0; i < axes && (i < enough || best.score == whole); i++) {
        size_t other = i + (size_t)cav_random_below(&at->random, axes - i);
        uint32_t axis = at->axes[other];
        at->axes[other] = at->axes[i];
        at->axes[i] = axis;
        if (at->setup->choices[axis] > 0)
            split_choices(at, of, axis, total, &best);
        else
            split_ordered(at, of, axis, total, &best);
    }
    *ret_best = best;
    return best.score > whole;
}

static bool add_node(cav_forest_tree *tree, const sums *total)
{
    if (!CAV_GROW(&tree->nodes, &tree->node_capacity, tree->node_count + 1))
        return false;
    double mean = total->sum / total->weight;
    tree->nodes[tree->node_count++] =
        (cav_forest_node){.mean = mean,
                          .variance = fmax(total->squares / total->weight - mean * mean, 0),
                          .weight = total->weight};
    return true;
}

// Parts one order stably into those that go left and the others; returns where the latter begin.
static size_t part_order(grower *at, uint32_t *order, const part *of)
{
    size_t left = of->begin, right = 0;
    for (size_t i = of->begin; i < of->end; i++) {
        uint32_t row = order[i];
        if (at->goes_left[row])
            order[left++] = row;
        else
            at->scratch[right++] = row;
    }
    memcpy(order + left, at->scratch, right * sizeof *order);
    return left;
}

static bool push(grower *at, part added)
{
    if (!CAV_GROW(&at->stack, &at->stack_capacity, at->stack_count + 1))
        return false;
    at->stack[at->stack_count++] = added;
    return true;
}

static bool keep_set(grower *at, const split *best, cav_forest_node *node)
{
    cav_forest_tree *tree = at->tree;
    size_t words = at->setup->choices[best->axis] / 64 + 1;
    if (!CAV_GROW(&tree->sets, &tree->set_capacity, tree->set_count + words))
        return false;
    memcpy(tree->sets + tree->set_count, at->best, words * sizeof *tree->sets);
    node->set = tree->set_count;
    tree->set_count += words;
    return true;
}

// Makes the node an inner one, and its children.
static bool divide(grower *at, const part *of, const split *best)
{
    cav_forest_tree *tree = at->tree;
    cav_forest_node *node = &tree->nodes[of->node];
    bool is_choice = at->setup->choices[best->axis] > 0;
    if (is_choice && !keep_set(at, best, node))
        return false;
    node->axis = best->axis;
    node->threshold = best->threshold;
    node->missing_left = best->missing_left;
    for (size_t i = of->begin; i < of->end; i++) {
        uint32_t row = at->rows[i];
        at->goes_left[row] = points_left(tree, node, is_choice, value_of(at, row, best->axis));
    }
    size_t middle = part_order(at, at->rows, of);
    for (size_t axis = 0; axis < at->setup->axis_count; axis++)
        if (at->orders[axis])
            part_order(at, at->orders[axis], of);
    part halves[2] = {{tree->node_count, of->begin, middle},
                      {tree->node_count + 1, middle, of->end}};
    node->left = (uint32_t)halves[0].node;
    node->right = (uint32_t)halves[1].node;
    for (size_t i = 0; i < 2; i++) {
        sums total = sums_of(at, &halves[i]);
        if (!add_node(tree, &total) || !push(at, halves[i]))
            return false;
    }
    return true;
}

// ---- A tree -----------------------------------------------------------------------------------

static void draw_rows(grower *at)
{
    size_t count = at->setup->row_count;
    for (size_t i = 0; i < count; i++)
        at->tree->drawn[i] = at->setup->no_bootstrap;
    for (size_t i = 0; i < count && !at->setup->no_bootstrap; i++) {
        uint16_t *drawn = &at->tree->drawn[cav_random_below(&at->random, count)];
        *drawn = (uint16_t)(*drawn + (*drawn < UINT16_MAX));
    }
}

// The rows that were drawn, in the order of `sorted`.
static size_t select_rows(const grower *at, const uint32_t *sorted, uint32_t *ret_rows)
{
    size_t count = 0;
    for (size_t i = 0; i < at->setup->row_count; i++)
        if (at->tree->drawn[sorted[i]] > 0)
            ret_rows[count++] = sorted[i];
    return count;
}

// Gives back the room that growing took beyond what is there.
static bool trim(cav_forest_tree *tree)
{
    void *nodes = realloc(tree->nodes, tree->node_count * sizeof *tree->nodes);
    if (!nodes)
        return false;
    tree->nodes = nodes;
    tree->node_capacity = tree->node_count;
    if (tree->set_count == 0)
        return true;
    void *sets = realloc(tree->sets, tree->set_count * sizeof *tree->sets);
    if (!sets)
        return false;
    tree->sets = sets;
    tree->set_capacity = tree->set_count;
    return true;
}

static bool grow_tree(grower *at, uint32_t *const *sorted, cav_forest_tree *tree, size_t index)
{
    const cav_forest_setup *setup = at->setup;
    at->tree = tree;
    at->random = cav_random_stream(setup->seed, setup->fit, CAV_PURPOSE_BOOTSTRAP, (uint32_t)index);
    at->stack_count = 0;
    draw_rows(at);
    part whole = {.end = select_rows(at, sorted[setup->axis_count], at->rows)};
    for (size_t axis = 0; axis < setup->axis_count; axis++) {
        at->axes[axis] = (uint32_t)axis;
        if (at->orders[axis])
            select_rows(at, sorted[axis], at->orders[axis]);
    }
    sums total = sums_of(at, &whole);
    if (!add_node(tree, &total) || !push(at, whole))
        return false;
    while (at->stack_count > 0) {
        part of = at->stack[--at->stack_count];
        split best;
        sums own = sums_of(at, &of);
        if (find_split(at, &of, &own, &best) && !divide(at, &of, &best))
            return false;
    }
    return trim(tree);
}

// ---- The forest -------------------------------------------------------------------------------

typedef struct keyed {
    double value;
    uint32_t row;
} keyed;

static int by_value(const void *a, const void *b)
{
    const keyed *x = a, *y = b;
    if (isnan(x->value) != isnan(y->value))
        return isnan(x->value) ? 1 : -1;
    if (x->value < y->value || x->value > y->value)
        return x->value < y->value ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

// Rows by each ordered axis, and by their number in the last place.
static bool sort_rows(const cav_forest_setup *setup, uint32_t **sorted)
{
    size_t count = setup->row_count;
    keyed *keys = calloc(count + 1, sizeof *keys);
    bool fine = keys != NULL;
    for (size_t axis = 0; axis <= setup->axis_count && fine; axis++) {
        bool is_number = axis == setup->axis_count;
        if (!is_number && setup->choices[axis] > 0)
            continue;
        sorted[axis] = calloc(count + 1, sizeof(uint32_t));
        fine = sorted[axis] != NULL;
        for (uint32_t row = 0; row < count; row++)
            keys[row] = (keyed){is_number ? 0 : setup->rows[row * setup->axis_count + axis], row};
        qsort(keys, count, sizeof *keys, by_value);
        for (size_t i = 0; i < count && fine; i++)
            sorted[axis][i] = keys[i].row;
    }
    free(keys);
    return fine;
}

static bool make_grower(grower *at, const cav_forest_setup *setup)
{
    size_t rows = setup->row_count, axes = setup->axis_count, most = 0;
    *at = (grower){.setup = setup};
    for (size_t axis = 0; axis < axes; axis++)
        most = setup->choices[axis] > most ? setup->choices[axis] : most;
    at->orders = calloc(axes + 1, sizeof *at->orders);
    at->rows = calloc(rows + 1, sizeof *at->rows);
    at->scratch = calloc(rows + 1, sizeof *at->scratch);
    at->goes_left = calloc(rows + 1, sizeof *at->goes_left);
    at->axes = calloc(axes + 1, sizeof *at->axes);
    at->groups = calloc(most + 1, sizeof *at->groups);
    at->ranking = calloc(most + 1, sizeof *at->ranking);
    at->best = calloc(most / 64 + 1, sizeof *at->best);
    bool fine = at->orders && at->rows && at->scratch && at->goes_left && at->axes && at->groups &&
                at->ranking && at->best;
    for (size_t axis = 0; axis < axes && fine; axis++)
        if (setup->choices[axis] == 0)
            fine = (at->orders[axis] = calloc(rows + 1, sizeof(uint32_t))) != NULL;
    return fine;
}

static void free_grower(grower *at)
{
    for (size_t axis = 0; at->orders && axis < at->setup->axis_count; axis++)
        free(at->orders[axis]);
    void *parts[] = {at->orders, at->rows,    at->scratch, at->goes_left, at->axes,
                     at->groups, at->ranking, at->best,    at->stack};
    for (size_t i = 0; i < CAV_COUNT_OF(parts); i++)
        free(parts[i]);
}

static bool grow_trees(const cav_forest_setup *setup, cav_forest *forest)
{
    grower at;
    uint32_t **sorted = calloc(setup->axis_count + 1, sizeof *sorted);
    bool fine = make_grower(&at, setup) && sorted && sort_rows(setup, sorted);
    for (size_t i = 0; i < setup->tree_count && fine; i++) {
        forest->trees[i].drawn = calloc(setup->row_count + 1, sizeof(uint16_t));
        fine = forest->trees[i].drawn && grow_tree(&at, sorted, &forest->trees[i], i);
    }
    for (size_t axis = 0; sorted && axis <= setup->axis_count; axis++)
        free(sorted[axis]);
    free(sorted);
    free_grower(&at);
    return fine;
}

cav_forest *cav_forest_new(const cav_forest_setup *setup)
{
    size_t cells = setup->row_count * setup->axis_count;
    cav_forest *forest = calloc(1, sizeof *forest);
    if (!forest)
        return NULL;
    *forest = (cav_forest){
        .axis_count = setup->axis_count,
        .row_count = setup->row_count,
        .tree_count = setup->tree_count,
        .choices = calloc(setup->axis_count + 1, sizeof(size_t)),
        .rows = calloc(cells + 1, sizeof(double)),
        .trees = calloc(setup->tree_count + 1, sizeof(cav_forest_tree)),
    };
    if (!forest->choices || !forest->rows || !forest->trees || !grow_trees(setup, forest)) {
        cav_forest_free(forest);
        return NULL;
    }
    if (cells > 0)
        memcpy(forest->rows, setup->rows, cells * sizeof(double));
    if (setup->axis_count > 0)
        memcpy(forest->choices, setup->choices, setup->axis_count * sizeof(size_t));
    return forest;
}

void cav_forest_free(cav_forest *forest)
{
    if (!forest)
        return;
    for (size_t i = 0; forest->trees && i < forest->tree_count; i++) {
        free(forest->trees[i].nodes);
        free(forest->trees[i].sets);
        free(forest->trees[i].drawn);
    }
    free(forest->choices);
    free(forest->rows);
    free(forest->trees);
    free(forest);
}

size_t cav_forest_leaf(const cav_forest *forest, const cav_forest_tree *tree, const double *point)
{
    size_t at = 0;
    while (tree->nodes[at].left > 0) {
        const cav_forest_node *node = &tree->nodes[at];
        bool is_choice = forest->choices[node->axis] > 0;
        at = points_left(tree, node, is_choice, point[node->axis]) ? node->left : node->right;
    }
    return at;
}

// Sums over trees, from which mean and variance follow.
typedef struct vote {
    double count, sum, squares, within;
} vote;

static void cast(vote *to, const cav_forest_node *leaf)
{
    to->count++;
    to->sum += leaf->mean;
    to->squares += leaf->mean * leaf->mean;
    to->within += leaf->variance;
}

static void count_votes(const vote *of, double *ret_mean, double *ret_variance)
{
    double mean = of->sum / of->count;
    *ret_mean = mean;
    *ret_variance = fmax(of->squares / of->count - mean * mean, 0) + of->within / of->count;
}

void cav_forest_predict(const cav_forest *forest, const double *point, double *ret_mean,
                        double *ret_variance)
{
    vote all = {0};
    for (size_t i = 0; i < forest->tree_count; i++) {
        const cav_forest_tree *tree = &forest->trees[i];
        cast(&all, &tree->nodes[cav_forest_leaf(forest, tree, point)]);
    }
    count_votes(&all, ret_mean, ret_variance);
}

bool cav_forest_out_of_bag(const cav_forest *forest, size_t row, double *ret_mean,
                           double *ret_variance)
{
    const double *point = forest->rows + row * forest->axis_count;
    vote all = {0};
    for (size_t i = 0; i < forest->tree_count; i++) {
        const cav_forest_tree *tree = &forest->trees[i];
        if (tree->drawn[row] == 0)
            cast(&all, &tree->nodes[cav_forest_leaf(forest, tree, point)]);
    }
    if (all.count > 0)
        count_votes(&all, ret_mean, ret_variance);
    return all.count > 0;
}
