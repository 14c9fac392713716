/**
 * tpe_part.c: ranking the branches, and splitting the trials of a part.
 *
 * It works on the trials that the split of the whole has chosen, with their weights there, so that
 * it costs no more with more trials.
 */
#include "search/tpe_part.h"

#include "base/memory.h"
#include "base/random.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_BRANCHES = 64 }; // that take turns: those with the best values

void cav_tpe_part_free(cav_tpe_part *part)
{
    cav_tpe_group_free(&part->good);
    cav_tpe_group_free(&part->other);
    free(part->entries);
    *part = (cav_tpe_part){0};
}

uint64_t cav_tpe_branch_of(const double *point, size_t dim_count)
{
    uint64_t name = 1;
    for (size_t dim = 0; dim < dim_count; dim++)
        if (!isnan(point[dim]))
            name = cav_mix64(name + dim);
    return name ? name : 1;
}

// Among the others a good trial counts once: its weight there is by its loss.
static bool add_entries(cav_tpe_part *part, const cav_tpe_group *group, bool is_good)
{
    const cav_history *history = part->history;
    size_t first = part->entry_count, dims = history->dim_count;
    if (!CAV_GROW(&part->entries, &part->entry_capacity, first + group->count + 1))
        return false;
    for (size_t i = 0; i < group->count; i++) {
        size_t row = group->rows[i];
        double loss = history->losses[row * history->metric_count];
        bool known = history->states[row] == CAVIAR_STATE_COMPLETE && isfinite(loss);
        part->entries[part->entry_count++] =
            (cav_tpe_entry){.row = row,
                            .weight = is_good ? 1 : group->weights[i],
                            .loss = known ? loss : INFINITY,
                            .branch = cav_tpe_branch_of(history->points + row * dims, dims)};
    }
    return true;
}

static int by_loss(const void *left, const void *right)
{
    const cav_tpe_entry *a = left, *b = right;
    if (a->loss != b->loss)
        return a->loss < b->loss ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

caviar_code cav_tpe_part_list(cav_tpe_part *part, const cav_tpe_split *split,
                              const cav_history *history, cav_error *error)
{
    part->options = split->options;
    part->history = history;
    part->entry_count = 0;
    if (!add_entries(part, &split->good, true) || !add_entries(part, &split->other, false))
        return cav_fail_memory(error);
    qsort(part->entries, part->entry_count, sizeof *part->entries, by_loss);
    return CAVIAR_OK;
}

// The names of the branches, that of the best value first.
static size_t list_branches(const cav_tpe_part *part, uint64_t *ret_names)
{
    size_t count = 0;
    for (size_t i = 0; i < part->entry_count && count < MOST_BRANCHES; i++) {
        size_t k = 0;
        while (k < count && ret_names[k] != part->entries[i].branch)
            k++;
        if (k == count)
            ret_names[count++] = part->entries[i].branch;
    }
    return count;
}

uint64_t cav_tpe_part_draw_branch(const cav_tpe_part *part, double lot)
{
    uint64_t names[MOST_BRANCHES] = {0};
    size_t count = list_branches(part, names), rank = 0;
    double total = 0, sum = 0;
    for (size_t i = 0; i < count; i++)
        total += 1 / (double)(i + 1);
    while (rank + 1 < count && (sum += 1 / (double)(rank + 1)) <= lot * total)
        rank++;
    return names[rank];
}

// Of the branch; or, where that is 0, with a value in the coordinate.
static bool is_in(const cav_tpe_part *part, const cav_tpe_entry *entry, uint64_t branch, size_t dim)
{
    if (branch)
        return entry->branch == branch;
    return !isnan(part->history->points[entry->row * part->history->dim_count + dim]);
}

static caviar_code take(cav_tpe_part *part, uint64_t branch, size_t dim, cav_error *error)
{
    size_t valued = 0;
    for (size_t i = 0; i < part->entry_count; i++)
        if (is_in(part, &part->entries[i], branch, dim) && isfinite(part->entries[i].loss))
            valued++;
    size_t wanted = cav_tpe_split_good(&part->options, valued);
    part->good.count = part->other.count = 0;
    const cav_tpe_entry *first_other = NULL;
    for (size_t i = 0; i < part->entry_count; i++) {
        const cav_tpe_entry *entry = &part->entries[i];
        if (!is_in(part, entry, branch, dim))
            continue;
        bool is_good = part->good.count < wanted;
        if (!is_good && !first_other)
            first_other = entry;
        if (!cav_tpe_group_add(is_good ? &part->good : &part->other, entry->row,
                               is_good ? entry->loss : entry->weight))
            return cav_fail_memory(error);
    }
    cav_tpe_group_weigh(&part->good, first_other ? first_other->loss : INFINITY);
    return CAVIAR_OK;
}

caviar_code cav_tpe_part_take_branch(cav_tpe_part *part, uint64_t branch, cav_error *error)
{
    return take(part, branch, 0, error);
}

caviar_code cav_tpe_part_take_active(cav_tpe_part *part, size_t dim, cav_error *error)
{
    return take(part, 0, dim, error);
}
