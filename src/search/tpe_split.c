/**
 * tpe_split.c: ranking the trials, and choosing the good ones and those that stand for the others.
 */
#include "search/tpe_split.h"

#include "base/memory.h"
#include "base/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool cav_tpe_group_add(cav_tpe_group *group, size_t row, double weight)
{
    size_t capacity = group->capacity;
    if (!CAV_GROW(&group->rows, &capacity, group->count + 1))
        return false;
    capacity = group->capacity;
    if (!CAV_GROW(&group->weights, &capacity, group->count + 1))
        return false;
    group->capacity = capacity;
    group->rows[group->count] = row;
    group->weights[group->count++] = weight;
    return true;
}

void cav_tpe_group_weigh(cav_tpe_group *group, double bar)
{
    double least = INFINITY;
    for (size_t i = 0; i < group->count; i++)
        least = fmin(least, group->weights[i]);
    double most = bar / 2 - least / 2; // halves, as the whole may be no double
    for (size_t i = 0; i < group->count; i++) {
        double better = (bar / 2 - group->weights[i] / 2) / most;
        group->weights[i] = isfinite(bar) && most > 0 ? fmax(better, 1e-12) : 1;
    }
}

void cav_tpe_group_free(cav_tpe_group *group)
{
    free(group->rows);
    free(group->weights);
    *group = (cav_tpe_group){0};
}

caviar_code cav_tpe_split_init(cav_tpe_split *split, const cav_tpe_split_options *options,
                               uint64_t seed, size_t metric_count, cav_error *error)
{
    *split = (cav_tpe_split){.options = *options, .seed = seed};
    split->sample = calloc(options->most_other + options->most_good + 1, sizeof *split->sample);
    if (metric_count > 1)
        split->fronts = cav_fronts_new(metric_count, options->most_good);
    if (split->sample && (split->fronts || metric_count <= 1))
        return CAVIAR_OK;
    cav_tpe_split_free(split);
    return cav_fail_memory(error);
}

void cav_tpe_split_free(cav_tpe_split *split)
{
    cav_fronts_free(split->fronts);
    cav_tpe_group_free(&split->good);
    cav_tpe_group_free(&split->other);
    free(split->order);
    free(split->sample);
    *split = (cav_tpe_split){0};
}

void cav_tpe_split_forget(cav_tpe_split *split)
{
    split->seen = split->valued = split->sample_count = 0;
}

typedef enum trial_class {
    CLASS_COMPLETE,
    CLASS_PRUNED,
    CLASS_WITHOUT_VALUE,
} trial_class;

static trial_class class_of(const cav_history *history, size_t row)
{
    for (size_t m = 0; m < history->metric_count; m++)
        if (!isfinite(history->losses[row * history->metric_count + m]))
            return CLASS_WITHOUT_VALUE;
    if (history->states[row] == CAVIAR_STATE_COMPLETE)
        return CLASS_COMPLETE;
    return history->states[row] == CAVIAR_STATE_PRUNED ? CLASS_PRUNED : CLASS_WITHOUT_VALUE;
}

static uint64_t hash_of(const cav_tpe_split *split, size_t row)
{
    return cav_mix64(split->seed ^ cav_mix64(row + 1));
}

// Of two trials that nothing tells apart the one that comes first is drawn by lot. Of those that
// were pruned the one that got further is better, as it passed more tests.
static bool is_better(const cav_tpe_split *split, const cav_history *history, size_t a, size_t b)
{
    trial_class class = class_of(history, a), other = class_of(history, b);
    if (class != other)
        return class < other;
    if (class == CLASS_PRUNED && history->steps[a] != history->steps[b])
        return history->steps[a] > history->steps[b];
    double loss = history->losses[a * history->metric_count];
    double other_loss = history->losses[b * history->metric_count];
    if (class != CLASS_WITHOUT_VALUE && loss != other_loss)
        return loss < other_loss;
    return hash_of(split, a) < hash_of(split, b);
}

static void insert(size_t *list, size_t count, size_t at, size_t row)
{
    memmove(list + at + 1, list + at, (count - at) * sizeof *list);
    list[at] = row;
}

static void insert_in_order(cav_tpe_split *split, const cav_history *history, size_t row)
{
    size_t low = 0, high = split->seen;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (is_better(split, history, split->order[middle], row))
            low = middle + 1;
        else
            high = middle;
    }
    insert(split->order, split->seen, low, row);
}

static void insert_in_sample(cav_tpe_split *split, size_t row)
{
    size_t most = split->options.most_other + split->options.most_good;
    size_t low = 0, high = split->sample_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (hash_of(split, split->sample[middle]) < hash_of(split, row))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == most)
        return;
    split->sample_count -= split->sample_count == most;
    insert(split->sample, split->sample_count++, low, row);
}

static caviar_code take_in(cav_tpe_split *split, const cav_history *history, size_t row,
                           cav_error *error)
{
    if (!CAV_GROW(&split->order, &split->order_capacity, split->seen + 1))
        return cav_fail_memory(error);
    bool complete = class_of(history, row) == CLASS_COMPLETE;
    if (split->fronts && complete) {
        const double *losses = history->losses + row * history->metric_count;
        caviar_code code = cav_fronts_add(split->fronts, row, losses, error);
        if (code)
            return code;
    }
    insert_in_order(split, history, row);
    insert_in_sample(split, row);
    split->valued += class_of(history, row) != CLASS_WITHOUT_VALUE;
    split->seen++;
    return CAVIAR_OK;
}

// Weights by how much a good trial is better than the best of the others ("EI" in Watanabe 2023).
static void weigh_good(cav_tpe_split *split, const cav_history *history)
{
    cav_tpe_group *good = &split->good;
    bool known =
        good->count < split->seen && class_of(history, split->order[good->count]) == CLASS_COMPLETE;
    for (size_t i = 0; i < good->count; i++)
        good->weights[i] = history->losses[good->rows[i]];
    cav_tpe_group_weigh(good, known ? history->losses[split->order[good->count]] : INFINITY);
}

static caviar_code choose_good(cav_tpe_split *split, const cav_history *history, size_t wanted,
                               cav_error *error)
{
    if (!split->fronts) {
        for (size_t i = 0; i < wanted; i++)
            if (!cav_tpe_group_add(&split->good, split->order[i], 1))
                return cav_fail_memory(error);
        weigh_good(split, history);
        return CAVIAR_OK;
    }
    size_t *chosen = calloc(wanted + 1, sizeof *chosen), count = 0;
    if (!chosen)
        return cav_fail_memory(error);
    caviar_code code = cav_fronts_choose(split->fronts, wanted, chosen, &count, error);
    // fronts are of complete trials; where these are too few, pruned ones come after them
    for (size_t i = 0; i < split->valued && count < wanted && !code; i++)
        if (class_of(history, split->order[i]) == CLASS_PRUNED)
            chosen[count++] = split->order[i];
    for (size_t i = 0; i < count && !code; i++)
        if (!cav_tpe_group_add(&split->good, chosen[i], 1))
            code = cav_fail_memory(error);
    free(chosen);
    return code;
}

static bool is_good(const cav_tpe_split *split, const cav_history *history, size_t row)
{
    if (!split->fronts) // the good ones are the first in order
        return split->good.count > 0 &&
               !is_better(split, history, split->good.rows[split->good.count - 1], row);
    for (size_t i = 0; i < split->good.count; i++)
        if (split->good.rows[i] == row)
            return true;
    return false;
}

// All of those that have ended and are not good, if they are few enough; else the best of them, and
// a sample of the rest whose weight is that of the rest.
static bool choose_other(cav_tpe_split *split, const cav_history *history)
{
    size_t most = split->options.most_other, good = split->good.count;
    size_t others = split->seen - good, kept = 0;
    bool is_all = others <= most;
    size_t head = is_all ? others : split->fronts ? 0 : most / 2;
    for (size_t i = 0; i < split->seen && kept < head; i++) {
        bool skip = split->fronts ? is_good(split, history, split->order[i]) : i < good;
        if (!skip && !cav_tpe_group_add(&split->other, split->order[i], 1))
            return false;
        kept += !skip;
    }
    if (is_all)
        return true;
    size_t last_kept = kept > 0 ? split->order[good + kept - 1] : 0;
    for (size_t i = 0; i < split->sample_count && split->other.count < most; i++) {
        size_t row = split->sample[i];
        bool skip = is_good(split, history, row) ||
                    (kept > 0 && !is_better(split, history, last_kept, row));
        if (!skip && !cav_tpe_group_add(&split->other, row, 1))
            return false;
    }
    size_t sampled = split->other.count - kept;
    for (size_t i = kept; i < split->other.count; i++)
        split->other.weights[i] = (double)(others - kept) / (double)sampled;
    return true;
}

// Those that are open, by their number; of very many the latest.
static bool add_open(cav_tpe_split *split, const cav_history *history)
{
    size_t begin = split->other.count, most = split->options.most_other;
    size_t first = history->open_count > most ? history->open_count - most : 0;
    for (size_t i = first; i < history->open_count; i++) {
        if (!cav_tpe_group_add(&split->other, history->open[i], 1))
            return false;
        for (size_t at = split->other.count - 1; at > begin; at--) {
            size_t *rows = split->other.rows;
            if (rows[at - 1] < rows[at])
                break;
            size_t swap = rows[at];
            rows[at] = rows[at - 1];
            rows[at - 1] = swap;
        }
    }
    return true;
}

caviar_code cav_tpe_split_update(cav_tpe_split *split, const cav_history *history, cav_error *error)
{
    caviar_code code = CAVIAR_OK;
    while (split->seen < history->finished_count && !code)
        code = take_in(split, history, history->finished[split->seen], error);
    if (code)
        return code;
    split->good.count = split->other.count = 0;
    size_t wanted = (size_t)ceil(split->options.good_share * (double)split->valued);
    if (wanted > split->options.most_good)
        wanted = split->options.most_good;
    code = choose_good(split, history, wanted, error);
    if (!code && (!choose_other(split, history) || !add_open(split, history)))
        code = cav_fail_memory(error);
    return code;
}
