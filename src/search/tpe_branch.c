/**
 * tpe_branch.c: ranking the branches, and splitting the trials of one.
 *
 * It works on the trials that the split of the whole has chosen, with their weights there, so that
 * it costs no more with more trials.
 */
#include "search/tpe_branch.h"

#include "base/memory.h"
#include "base/random.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_BRANCHES = 64 }; // that take turns: those with the best values

void cav_tpe_branch_free(cav_tpe_branch *branch)
{
    cav_tpe_group_free(&branch->good);
    cav_tpe_group_free(&branch->other);
    free(branch->entries);
    *branch = (cav_tpe_branch){0};
}

uint64_t cav_tpe_branch_of(const double *point, size_t dim_count)
{
    uint64_t name = 1;
    for (size_t dim = 0; dim < dim_count; dim++)
        if (!isnan(point[dim]))
            name = cav_mix64(name + dim);
    return name ? name : 1;
}

static bool add_entries(cav_tpe_branch *branch, const cav_tpe_group *group,
                        const cav_history *history)
{
    size_t first = branch->entry_count;
    if (!CAV_GROW(&branch->entries, &branch->entry_capacity, first + group->count + 1))
        return false;
    for (size_t i = 0; i < group->count; i++) {
        size_t row = group->rows[i];
        double loss = history->losses[row * history->metric_count];
        bool known = history->states[row] == CAVIAR_STATE_COMPLETE && isfinite(loss);
        branch->entries[branch->entry_count++] =
            (cav_tpe_entry){.row = row,
                            .weight = group->weights[i],
                            .loss = known ? loss : INFINITY,
                            .branch = cav_tpe_branch_of(history->points + row * history->dim_count,
                                                        history->dim_count)};
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

// The names of the branches, that of the best value first.
static size_t list_branches(const cav_tpe_branch *branch, uint64_t *ret_names)
{
    size_t count = 0;
    for (size_t i = 0; i < branch->entry_count && count < MOST_BRANCHES; i++) {
        size_t k = 0;
        while (k < count && ret_names[k] != branch->entries[i].branch)
            k++;
        if (k == count)
            ret_names[count++] = branch->entries[i].branch;
    }
    return count;
}

static uint64_t draw_branch(const cav_tpe_branch *branch, double lot)
{
    uint64_t names[MOST_BRANCHES] = {0};
    size_t count = list_branches(branch, names), rank = 0;
    double total = 0, sum = 0;
    for (size_t i = 0; i < count; i++)
        total += 1 / (double)(i + 1);
    while (rank + 1 < count && (sum += 1 / (double)(rank + 1)) <= lot * total)
        rank++;
    return names[rank];
}

// A good trial counts once, whatever number it stands for among the others.
static bool split(cav_tpe_branch *branch, const cav_tpe_split_options *options)
{
    size_t valued = 0, wanted;
    for (size_t i = 0; i < branch->entry_count; i++)
        valued += branch->entries[i].branch == branch->name && isfinite(branch->entries[i].loss);
    wanted = (size_t)ceil(options->good_share * (double)valued);
    wanted = wanted < options->most_good ? wanted : options->most_good;
    branch->good.count = branch->other.count = 0;
    const cav_tpe_entry *first_other = NULL;
    for (size_t i = 0; i < branch->entry_count; i++) {
        const cav_tpe_entry *entry = &branch->entries[i];
        if (entry->branch != branch->name)
            continue;
        bool is_good = branch->good.count < wanted;
        if (!is_good && !first_other)
            first_other = entry;
        if (!cav_tpe_group_add(is_good ? &branch->good : &branch->other, entry->row,
                               is_good ? entry->loss : entry->weight))
            return false;
    }
    cav_tpe_group_weigh(&branch->good, first_other ? first_other->loss : INFINITY);
    return true;
}

caviar_code cav_tpe_branch_choose(cav_tpe_branch *branch, const cav_tpe_split *whole,
                                  const cav_history *history, double lot, cav_error *error)
{
    branch->entry_count = 0;
    if (!add_entries(branch, &whole->good, history) || !add_entries(branch, &whole->other, history))
        return cav_fail_memory(error);
    // the weights of the good ones are by their losses; among the others each would count once
    for (size_t i = 0; i < whole->good.count; i++)
        branch->entries[i].weight = 1;
    qsort(branch->entries, branch->entry_count, sizeof *branch->entries, by_loss);
    branch->name = draw_branch(branch, lot);
    return split(branch, &whole->options) ? CAVIAR_OK : cav_fail_memory(error);
}
