/**
 * forest.h: a random forest that predicts a mean and a variance.
 *
 * It learns from rows of coordinates, some ordered, some choices, any of which may be missing (the
 * parameter was inactive). It suits spaces that a smooth model does not: many choices, deep
 * conditions. Its trees can be read: each cuts the cube into boxes with a value each.
 */
#ifndef CAV_SURROGATE_FOREST_H
#define CAV_SURROGATE_FOREST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What to learn from, and how. */
typedef struct cav_forest_setup {
    size_t axis_count, row_count;
    const size_t *choices; // [axis_count] number of choices; 0: ordered
    const double *rows;    // [row_count x axis_count] a coordinate, or the index of a choice; NaN:
                           // missing
    const double *targets; // [row_count] finite

    size_t tree_count;
    double least_leaf;  // rows that a leaf has at least, counted as often as they were drawn
    double axis_share;  // of the axes that are looked at for a split
    bool no_bootstrap;  // every tree learns from all rows, instead of a sample with repetitions
    uint64_t seed, fit; // with the tree's index they name its random stream
} cav_forest_setup;

/** A node: inner where left > 0, else a leaf. Children stand behind their parent. */
typedef struct cav_forest_node {
    uint32_t left, right;
    uint32_t axis;
    bool missing_left;     // where a missing coordinate goes
    double threshold;      // ordered axis: less than this goes left
    size_t set;            // choices: where the bits of those that go left begin in the tree's sets
    double mean, variance; // of the targets of its rows
    double weight;         // rows, counted as often as they were drawn
} cav_forest_node;

typedef struct cav_forest_tree {
    cav_forest_node *nodes; // [node_count] the root first
    size_t node_count, node_capacity;
    uint64_t *sets; // bit k % 64 of word set + k / 64: choice k goes left
    size_t set_count, set_capacity;
    uint16_t *drawn; // [row_count] how often each row was
} cav_forest_tree;

typedef struct cav_forest {
    size_t axis_count, row_count, tree_count;
    size_t *choices;
    double *rows;
    cav_forest_tree *trees; // [tree_count]
} cav_forest;

/** Grows a forest; NULL when out of memory. It keeps copies of what it is given. */
cav_forest *cav_forest_new(const cav_forest_setup *setup);
void cav_forest_free(cav_forest *forest);

/** Index of the leaf of a tree that a point [axis_count] falls in. */
size_t cav_forest_leaf(const cav_forest *forest, const cav_forest_tree *tree, const double *point);

/**
 * Mean and variance at a point: over a tree drawn at random and then a row of its leaf. That is
 * the variance of the trees' means, and the mean of the variances within their leaves (Hutter, Xu,
 * Hoos, Leyton-Brown: "Algorithm runtime prediction: methods & evaluation", AIJ 206, 2014).
 */
void cav_forest_predict(const cav_forest *forest, const double *point, double *ret_mean,
                        double *ret_variance);

/** The same for a row, by the trees that did not learn from it. False where all did. */
bool cav_forest_out_of_bag(const cav_forest *forest, size_t row, double *ret_mean,
                           double *ret_variance);

#endif
