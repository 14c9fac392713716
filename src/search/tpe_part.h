/**
 * tpe_part.h: TPE on a part of the trials, with good ones of its own.
 *
 * Where one branch (a set of parameters that are active together) gives fair values at once, the
 * good trials soon all are of that branch, and what a few more trials would find in another is
 * never seen. So some points are made by a model of one branch's own trials, the good ones among
 * *them* against the others of them. The branches take turns by lot: that with the best value so
 * far comes most often, the r-th best 1/r as often.
 *
 * Another part is the trials in which one conditional parameter is active, whatever their branch.
 */
#ifndef CAV_SEARCH_TPE_PART_H
#define CAV_SEARCH_TPE_PART_H

#include "search/tpe_split.h"

/** One of the trials that the split has chosen, with what ranks it. */
typedef struct cav_tpe_entry {
    size_t row;
    double weight, loss; // infinite where it has no value, or is not complete
    uint64_t branch;
} cav_tpe_entry;

typedef struct cav_tpe_part {
    cav_tpe_group good, other; // of the part that was taken last
    cav_tpe_entry *entries;    // [entry_count] all that there are, best first
    size_t entry_count, entry_capacity;
    cav_tpe_split_options options; // of the split that they are from
    const cav_history *history;    // which they are rows of
} cav_tpe_part;

void cav_tpe_part_free(cav_tpe_part *part);

/** A name for the set of coordinates that are active in a point [dim_count]; never 0. */
uint64_t cav_tpe_branch_of(const double *point, size_t dim_count);

/** Lists what the split of the whole has chosen; `history` must outlive the use. O(n log n). */
caviar_code cav_tpe_part_list(cav_tpe_part *part, const cav_tpe_split *split,
                              const cav_history *history, cav_error *error);

/** Draws a branch (`lot` is uniform on [0, 1)). There must be some trial. */
uint64_t cav_tpe_part_draw_branch(const cav_tpe_part *part, double lot);

/** Splits the trials of a branch. O(n). */
caviar_code cav_tpe_part_take_branch(cav_tpe_part *part, uint64_t branch, cav_error *error);

/** Splits the trials in which a coordinate is active; there may be none. O(n). */
caviar_code cav_tpe_part_take_active(cav_tpe_part *part, size_t dim, cav_error *error);

#endif
