/**
 * ranking.c: sorting, and the border of the best.
 */
#include "insight/ranking.h"

#include <math.h>
#include <stdlib.h>

typedef struct entry {
    double loss;
    size_t row;
} entry;

static int by_loss(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->loss != y->loss)
        return x->loss < y->loss ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static size_t list_entries(const cav_history *history, size_t metric, entry *entries)
{
    size_t count = 0;
    for (size_t row = 0; row < history->count; row++) {
        if (history->states[row] != CAVIAR_STATE_COMPLETE)
            continue;
        double loss = history->losses[row * history->metric_count + metric];
        if (isfinite(loss))
            entries[count++] = (entry){loss, row};
    }
    return count;
}

// Moves a random `most` of the entries to the front.
static void draw_entries(entry *entries, size_t count, size_t most, cav_random *random)
{
    for (size_t i = 0; i < most; i++) {
        size_t other = i + cav_random_below(random, count - i);
        entry kept = entries[i];
        entries[i] = entries[other];
        entries[other] = kept;
    }
}

caviar_code cav_ranking_sample(const cav_history *history, size_t metric, size_t most,
                               cav_random *random, cav_arena *arena, cav_ranking *ret_ranking,
                               size_t *ret_all, cav_error *error)
{
    entry *entries = CAV_ARENA_NEW(arena, entry, history->count + 1);
    if (!entries)
        return cav_fail_memory(error);
    size_t all = list_entries(history, metric, entries), count = all < most ? all : most;
    cav_ranking ranking = {.rows = CAV_ARENA_NEW(arena, size_t, count + 1),
                           .losses = CAV_ARENA_NEW(arena, double, count + 1),
                           .count = count};
    if (!ranking.rows || !ranking.losses)
        return cav_fail_memory(error);
    if (count < all)
        draw_entries(entries, all, count, random);
    qsort(entries, count, sizeof *entries, by_loss);
    for (size_t i = 0; i < count; i++) {
        ranking.rows[i] = entries[i].row;
        ranking.losses[i] = entries[i].loss;
    }
    *ret_ranking = ranking;
    *ret_all = all;
    return CAVIAR_OK;
}

caviar_code cav_ranking_make(const cav_history *history, size_t metric, cav_arena *arena,
                             cav_ranking *ret_ranking, cav_error *error)
{
    size_t all;
    return cav_ranking_sample(history, metric, SIZE_MAX, NULL, arena, ret_ranking, &all, error);
}

caviar_code cav_ranking_check(const cav_ranking *ranking, cav_error *error)
{
    if (ranking->count >= CAV_RANKING_LEAST)
        return CAVIAR_OK;
    return cav_fail(error, CAVIAR_NOT_FOUND,
                    "what mattered can be told from %d trials with a value on; so far there %s %zu",
                    CAV_RANKING_LEAST, ranking->count == 1 ? "is" : "are", ranking->count);
}

double cav_best_count(double count)
{
    return fmax(count / 10, fmin(count / 3, 8));
}

cav_border cav_border_find(const double *losses, const double *weights, size_t count, double room)
{
    size_t begin = 0, end = 0;
    for (; begin < count; begin = end) {
        double equal = 0; // weight of the trials with the same loss
        while (end < count && losses[end] == losses[begin])
            equal += weights[end++];
        if (equal >= room)
            return (cav_border){begin, end, equal > 0 ? room / equal : 0};
        room -= equal;
    }
    return (cav_border){count, count, 0};
}
