/**
 * tpe_split.h: the trials of a history as TPE sees them: a few good ones, and the others.
 *
 * What is kept is a function of the history's trials, not of when it was looked at, so that a
 * worker who joins late comes to the same split.
 */
#ifndef CAV_SEARCH_TPE_SPLIT_H
#define CAV_SEARCH_TPE_SPLIT_H

#include "search/fronts.h"
#include "trial/history.h"

typedef struct cav_tpe_split_options {
    double good_share; // of the trials that have a value
    size_t most_good;  // but at most so many
    size_t most_other; // of the others; where there are more, a sample stands for them
} cav_tpe_split_options;

/** How many of so many trials that have a value are good. */
size_t cav_tpe_split_good(const cav_tpe_split_options *options, size_t valued);

/** Trials with their weights. */
typedef struct cav_tpe_group {
    size_t *rows;    // [count]
    double *weights; // [count]
    size_t count, capacity;
} cav_tpe_group;

/** Adds a trial; false when out of memory. */
bool cav_tpe_group_add(cav_tpe_group *group, size_t row, double weight);

/**
 * Turns losses, which stand in the place of the weights, into weights: by how much each is less
 * than `bar`, the most being 1; all 1 where the bar is not finite, or none is less.
 */
void cav_tpe_group_weigh(cav_tpe_group *group, double bar);

void cav_tpe_group_free(cav_tpe_group *group);

typedef struct cav_tpe_split {
    cav_tpe_split_options options;
    uint64_t seed;
    size_t seen;   // finished trials that have been looked at
    size_t *order; // [seen] these, best first: complete, then pruned, then those without a value
    size_t valued; // how many of them have a value
    size_t order_capacity;
    size_t *sample; // [sample_count] those of the least hash, by their hash
    size_t sample_count;
    cav_fronts *fronts; // where there are several metrics, else NULL
    cav_tpe_group good, other;
} cav_tpe_split;

/** An empty split for a history of so many metrics. */
caviar_code cav_tpe_split_init(cav_tpe_split *split, const cav_tpe_split_options *options,
                               uint64_t seed, size_t metric_count, cav_error *error);
void cav_tpe_split_free(cav_tpe_split *split);

/** Forgets all trials of one metric: their losses have changed. */
void cav_tpe_split_forget(cav_tpe_split *split);

/**
 * Takes in what has ended since, O(log n) comparisons for each trial, and splits anew.
 *
 * Good are the best `good_share` of those that have a value: by their loss; of several metrics by
 * fronts, and within the last one by hypervolume. Their weights are by how much they are better
 * than the best of the others; all 1 where that is not known. The others are the rest, the failed
 * ones and all that are open (the lie that what is running will be no good keeps other workers
 * away). Where they are more than `most_other`, half of that are the best of them, and the other
 * half is drawn evenly from the rest and weighted up to its number.
 */
caviar_code cav_tpe_split_update(cav_tpe_split *split, const cav_history *history,
                                 cav_error *error);

#endif
