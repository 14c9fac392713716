/**
 * tpe_branch.h: TPE within one branch of a space with conditions.
 *
 * A branch is a set of parameters that are active together. Where one branch gives fair values at
 * once, the good trials soon all are of that branch, and what a few more trials would find in
 * another is never seen. So some points are made by a model of one branch's own trials, the good
 * ones among *them* against the others of them. The branches take turns by lot: that with the best
 * value so far comes most often, the r-th best 1/r as often.
 */
#ifndef CAV_SEARCH_TPE_BRANCH_H
#define CAV_SEARCH_TPE_BRANCH_H

#include "search/tpe_split.h"

/** One of the trials that the split has chosen, with what ranks it. */
typedef struct cav_tpe_entry {
    size_t row;
    double weight, loss; // infinite where it has no value, or is not complete
    uint64_t branch;
} cav_tpe_entry;

typedef struct cav_tpe_branch {
    uint64_t name; // cav_tpe_branch_of its trials
    cav_tpe_group good, other;
    cav_tpe_entry *entries; // [entry_count] of all branches, best first
    size_t entry_count, entry_capacity;
} cav_tpe_branch;

void cav_tpe_branch_free(cav_tpe_branch *branch);

/** A name for the set of coordinates that are active in a point [dim_count]; never 0. */
uint64_t cav_tpe_branch_of(const double *point, size_t dim_count);

/** Draws a branch (`lot` is uniform on [0, 1)) and splits its trials. There must be some trial. */
caviar_code cav_tpe_branch_choose(cav_tpe_branch *branch, const cav_tpe_split *split,
                                  const cav_history *history, double lot, cav_error *error);

#endif
