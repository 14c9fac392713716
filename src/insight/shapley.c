/**
 * shapley.c: Shapley effects of the trees, by walks from one random point to another.
 *
 * Shapley effects: A. Owen, "Sobol' indices and Shapley value", SIAM/ASA Journal on Uncertainty
 * Quantification 2, 2014. The estimator: T. Goda, "A simple algorithm for global sensitivity
 * analysis with Shapley effects", Reliability Engineering and System Safety 213, 2021: from a point
 * x the coordinates are replaced by those of another point, one at a time in a random order,
 * x = z0, z1, …; the step k gives its parameter
 *
 *   (f(x) - (f(z[k-1]) + f(z[k])) / 2) (f(z[k-1]) - f(z[k]))
 *
 * All steps of a walk add up to (f(x) - f(y))^2 / 2, the mean of which is the variance.
 *
 * Only such orders are drawn in which a parameter is replaced before those that it depends on: what
 * it does where it is active is its own, that it is active is theirs (C. Frye et al., "Asymmetric
 * Shapley values", NeurIPS 2020). Without conditions these are all orders.
 */
#include "insight/shapley.h"

#include "base/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    LEAST_WALKS = 512,
    MOST_WALKS = 8192,
};

static const double most_looks = 3e6; // at trees

typedef struct walker {
    const cav_fitted *fitted;
    const cav_cube *cube;
    cav_random random;
    double *from, *to, *row; // [axes]
    double *next, *strides;  // [2 axes] of both points in the cube: where the next ones are, and
                             // how far it is from one to the next
    size_t *order;           // [axes]
    size_t *children;        // [axes] parameters that depend on it and are not replaced yet
    double *first, *before;  // [trees] what they say at the first point, and at the last one
    double *sums;            // [trees x axes]
} walker;

// Points that fill the cube of both evenly, from a random one on: a Kronecker sequence along the
// powers of 1 / g, with g^(d + 1) = g + 1 (M. Roberts, "The unreasonable effectiveness of
// quasirandom sequences", 2018).
static void begin_points(walker *at)
{
    size_t dims = 2 * at->cube->count;
    double g = 2;
    for (int i = 0; i < 64; i++)
        g = pow(1 + g, 1 / (double)(dims + 1));
    for (size_t i = 0; i < dims; i++) {
        at->strides[i] = pow(g, -(double)(i + 1));
        at->next[i] = cav_random_unit(&at->random);
    }
}

static void draw_points(walker *at)
{
    size_t count = at->cube->count;
    for (size_t i = 0; i < 2 * count; i++) {
        cav_span whole = at->cube->axes[i % count].whole;
        double *point = i < count ? at->from : at->to;
        point[i % count] = whole.low + (whole.high - whole.low) * at->next[i];
        at->next[i] += at->strides[i];
        at->next[i] -= floor(at->next[i]);
    }
}

static void count_children(walker *at, size_t axis, size_t change)
{
    const cav_cube_axis *of = &at->cube->axes[axis];
    for (size_t i = 0; i < of->need_count; i++)
        at->children[of->needs[i].axis] += change;
}

// An order in which children come before their parents; of those that may come next, any.
static void draw_order(walker *at)
{
    size_t count = at->cube->count;
    memset(at->children, 0, count * sizeof *at->children);
    for (size_t i = 0; i < count; i++) {
        at->order[i] = i;
        count_children(at, i, 1);
    }
    for (size_t k = 0; k < count; k++) {
        size_t ready = k, place;
        for (size_t i = k; i < count; i++) { // those that may come next are moved to the front
            size_t axis = at->order[i];
            if (at->children[axis] > 0)
                continue;
            at->order[i] = at->order[ready];
            at->order[ready++] = axis;
        }
        place = k + cav_random_below(&at->random, ready - k);
        size_t chosen = at->order[place];
        at->order[place] = at->order[k];
        at->order[k] = chosen;
        count_children(at, chosen, (size_t)-1);
    }
}

static double say(const walker *at, size_t tree)
{
    const cav_forest *forest = at->fitted->forest;
    const cav_forest_tree *of = &forest->trees[tree];
    return of->nodes[cav_forest_leaf(forest, of, at->row)].mean;
}

static void walk(walker *at)
{
    size_t axes = at->cube->count, trees = at->fitted->forest->tree_count;
    draw_points(at);
    draw_order(at);
    cav_cube_mask(at->cube, at->from, at->row);
    for (size_t t = 0; t < trees; t++)
        at->first[t] = at->before[t] = say(at, t);
    for (size_t k = 0; k < axes; k++) {
        size_t axis = at->order[k];
        at->from[axis] = at->to[axis];
        cav_cube_mask(at->cube, at->from, at->row);
        for (size_t t = 0; t < trees; t++) {
            double now = say(at, t), before = at->before[t];
            at->sums[t * axes + axis] += (at->first[t] - (before + now) / 2) * (before - now);
            at->before[t] = now;
        }
    }
}

static size_t plan(const cav_fitted *fitted)
{
    double looks = (double)fitted->forest->tree_count * (double)(fitted->cube.count + 1);
    return (size_t)fmax(LEAST_WALKS, fmin(MOST_WALKS, most_looks / looks));
}

static bool allocate(walker *at, cav_arena *arena)
{
    size_t axes = at->cube->count, trees = at->fitted->forest->tree_count;
    double *room = CAV_ARENA_NEW(arena, double, 7 * axes + 2 * trees + trees * axes + 1);
    at->order = CAV_ARENA_NEW(arena, size_t, 2 * axes + 1);
    if (!room || !at->order)
        return false;
    at->children = at->order + axes;
    at->from = room;
    at->to = room + axes;
    at->row = room + 2 * axes;
    at->first = room + 3 * axes;
    at->before = at->first + trees;
    at->sums = at->before + trees;
    at->next = at->sums + trees * axes;
    at->strides = at->next + 2 * axes;
    return true;
}

bool cav_shapley_shares(const cav_fitted *fitted, cav_importance *ret_shares)
{
    cav_arena *arena = cav_arena_new();
    size_t axes = fitted->cube.count, trees = fitted->forest->tree_count;
    walker at = {.fitted = fitted,
                 .cube = &fitted->cube,
                 .random = cav_random_stream(fitted->seed, 2, CAV_PURPOSE_INSIGHT, 0)};
    bool fine = arena && allocate(&at, arena);
    if (fine)
        begin_points(&at);
    for (size_t i = fine ? plan(fitted) : 0; i > 0; i--)
        walk(&at);
    for (size_t t = 0; t < trees && fine; t++) {
        at.first[t] = 0;
        for (size_t i = 0; i < axes; i++)
            at.first[t] += at.sums[t * axes + i];
    }
    for (size_t i = 0; i < axes && fine; i++) {
        ret_shares[i] = cav_fitted_share(at.sums, at.first, trees, axes, i, at.before);
        ret_shares[i].parameter = fitted->cube.space->dims[i];
        ret_shares[i].chance = NAN;
    }
    cav_arena_free(arena);
    if (fine)
        cav_importance_sort(ret_shares, axes);
    return fine;
}
