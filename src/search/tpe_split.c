/**
 * tpe_split.c: ranking the trials, and choosing the good ones and those that stand for the others.
 */
#include "search/tpe_split.h"

#include "base/memory.h"
#include "base/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

size_t cav_tpe_split_good(const cav_tpe_split_options *options, size_t valued)
{
    size_t wanted = (size_t)ceil(options->good_share * (double)valued);
    return wanted < options->most_good ? wanted : options->most_good;
}

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

// What a trial is ranked by. Of those that were pruned the one that got further is better, as it
// passed more tests. Of two that nothing tells apart the one that comes first is drawn by lot.
typedef struct rank {
    int64_t tier; // complete, then pruned by their steps, then without a value
    double loss;
    uint64_t lot;
    size_t row;
} rank;

static rank rank_of(const cav_tpe_split *split, const cav_history *history, size_t row)
{
    rank at = {.row = row, .lot = hash_of(split, row), .tier = INT64_MAX};
    trial_class class = class_of(history, row);
    if (class == CLASS_WITHOUT_VALUE)
        return at;
    at.tier = class == CLASS_COMPLETE ? INT64_MIN : -history->steps[row];
    at.loss = history->losses[row * history->metric_count];
    return at;
}

static int compare_ranks(const void *left, const void *right)
{
    const rank *a = left, *b = right;
    if (a->tier != b->tier)
        return a->tier < b->tier ? -1 : 1;
    if (a->loss != b->loss)
        return a->loss < b->loss ? -1 : 1;
    return (a->lot > b->lot) - (a->lot < b->lot);
}

static bool is_better(const cav_tpe_split *split, const cav_history *history, size_t a, size_t b)
{
    rank left = rank_of(split, history, a), right = rank_of(split, history, b);
    return compare_ranks(&left, &right) < 0;
}

static void insert(size_t *list, size_t count, size_t at, size_t row)
{
    memmove(list + at + 1, list + at, (count - at) * sizeof *list);
    list[at] = row;
}

// Where among the first `count` of the order a trial belongs.
static size_t place_of(const cav_tpe_split *split, const cav_history *history, size_t count,
                       const rank *at)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        rank other = rank_of(split, history, split->order[middle]);
        if (compare_ranks(&other, at) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// Puts trials that are new, the worst first, in their places among the `count` in the order: each
// of these moves once at most, so that very many may come together.
static void put_in_order(cav_tpe_split *split, const cav_history *history, size_t count,
                         rank *fresh, size_t fresh_count)
{
    qsort(fresh, fresh_count, sizeof *fresh, compare_ranks);
    while (fresh_count > 0) {
        const rank *worst = &fresh[--fresh_count];
        size_t place = place_of(split, history, count, worst);
        memmove(split->order + place + fresh_count + 1, split->order + place,
                (count - place) * sizeof *split->order);
        split->order[place + fresh_count] = worst->row;
        count = place;
    }
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
    trial_class class = class_of(history, row);
    if (split->fronts && class == CLASS_COMPLETE) {
        const double *losses = history->losses + row * history->metric_count;
        caviar_code code = cav_fronts_add(split->fronts, row, losses, error);
        if (code)
            return code;
    }
    insert_in_sample(split, row);
    split->valued += class != CLASS_WITHOUT_VALUE;
    split->seen++;
    return CAVIAR_OK;
}

static caviar_code take_in_new(cav_tpe_split *split, const cav_history *history, cav_error *error)
{
    size_t before = split->seen, count = history->finished_count - before;
    if (count == 0)
        return CAVIAR_OK;
    rank *fresh = calloc(count, sizeof *fresh);
    if (!fresh || !CAV_GROW(&split->order, &split->order_capacity, history->finished_count)) {
        free(fresh);
        return cav_fail_memory(error);
    }
    caviar_code code = CAVIAR_OK;
    for (size_t i = 0; i < count && !code; i++) {
        size_t row = history->finished[before + i];
        fresh[i] = rank_of(split, history, row);
        code = take_in(split, history, row, error);
    }
    put_in_order(split, history, before, fresh, split->seen - before);
    free(fresh);
    return code;
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
    caviar_code code = take_in_new(split, history, error);
    if (code)
        return code;
    split->good.count = split->other.count = 0;
    size_t wanted = cav_tpe_split_good(&split->options, split->valued);
    code = choose_good(split, history, wanted, error);
    if (!code && (!choose_other(split, history) || !add_open(split, history)))
        code = cav_fail_memory(error);
    return code;
}
