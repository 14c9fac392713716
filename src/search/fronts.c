/**
 * fronts.c: fronts, and the choice of a subset by hypervolume.
 *
 * The hypervolume of a set below a reference point r is, up to a constant, the mean over all
 * directions v of the positive orthant of max over the set of min over metrics of
 * ((r_j - y_j) / v_j)^metrics (Deng, Zhang: "Approximating hypervolume and hypervolume
 * contributions using polar coordinate", IEEE TEC 23(5), 2019). With a fixed set of directions the
 * mean is a sum of maxima, and adding one trial after the other, always that which adds most, comes
 * within 1 - 1/e of the best subset (Nemhauser, Wolsey, Fisher 1978).
 */
#include "search/fronts.h"

#include "base/memory.h"
#include "base/pareto.h"
#include "base/random.h"
#include "search/sobol_points.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    DIRECTIONS = 256,
    MOST_OF_FRONT = 1024, // that hypervolumes are worked out for
};

typedef struct member {
    size_t number;
    size_t dominator_count;
    double sum;   // of the losses: what dominates has a smaller one, or an equal one by rounding
    size_t place; // of its losses
} member;

struct cav_fronts {
    size_t metric_count, most;
    member *members; // [count]
    size_t count, capacity;
    double *losses; // [places x metric_count]
    size_t places, loss_capacity;
    double *directions; // [DIRECTIONS x metric_count] 1 / v
};

// x >= 0 that a standard normal number is beyond, on either side, with probability 1 - share.
static double normal_within(double share)
{
    double low = 0, high = 10;
    for (int i = 0; i < 50; i++) {
        double middle = (low + high) / 2;
        if (erf(middle * M_SQRT1_2) < share)
            low = middle;
        else
            high = middle;
    }
    return high;
}

// Evenly spread over the orthant: normal numbers, from the same Sobol points in every study.
static void set_direction(double *direction, uint32_t index, size_t metric_count)
{
    double square = 0;
    for (size_t m = 0; m < metric_count; m++) {
        direction[m] = normal_within(cav_sobol_coordinate(1, index, m)) + 1e-9;
        square += direction[m] * direction[m];
    }
    for (size_t m = 0; m < metric_count; m++)
        direction[m] = sqrt(square) / direction[m];
}

cav_fronts *cav_fronts_new(size_t metric_count, size_t most)
{
    cav_fronts *fronts = calloc(1, sizeof *fronts);
    double *directions = calloc(DIRECTIONS * metric_count + 1, sizeof *directions);
    if (!fronts || !directions) {
        free(fronts);
        free(directions);
        return NULL;
    }
    *fronts = (cav_fronts){.metric_count = metric_count, .most = most, .directions = directions};
    for (uint32_t i = 0; i < DIRECTIONS; i++)
        set_direction(directions + i * metric_count, i, metric_count);
    return fronts;
}

void cav_fronts_free(cav_fronts *fronts)
{
    if (!fronts)
        return;
    free(fronts->members);
    free(fronts->losses);
    free(fronts->directions);
    free(fronts);
}

static const double *losses_of(const cav_fronts *fronts, const member *of)
{
    return fronts->losses + of->place * fronts->metric_count;
}

// Takes out those that may never be chosen again; their place for losses goes to the one behind.
static void forget_dominated(cav_fronts *fronts)
{
    size_t kept = 0, metrics = fronts->metric_count;
    for (size_t i = 0; i < fronts->count; i++) {
        if (fronts->members[i].dominator_count >= fronts->most)
            continue;
        fronts->members[kept] = fronts->members[i];
        fronts->members[kept].place = kept;
        memmove(fronts->losses + kept * metrics, fronts->losses + i * metrics,
                metrics * sizeof *fronts->losses);
        kept++;
    }
    fronts->count = kept;
}

// What dominates one that is remembered is remembered too: whatever dominates it dominates that
// one as well, and so is less. So the counts are right, and the same in whichever order trials
// come.
caviar_code cav_fronts_add(cav_fronts *fronts, size_t number, const double *losses,
                           cav_error *error)
{
    size_t metrics = fronts->metric_count;
    if (!CAV_GROW(&fronts->members, &fronts->capacity, fronts->count + 1) ||
        !cav_grow((void **)&fronts->losses, &fronts->loss_capacity, fronts->count + 1,
                  metrics * sizeof(double)))
        return cav_fail_memory(error);
    member fresh = {.number = number, .place = fronts->count};
    for (size_t m = 0; m < metrics; m++)
        fresh.sum += losses[m];
    bool any_lost = false;
    for (size_t i = 0; i < fronts->count; i++) {
        member *old = &fronts->members[i];
        if (cav_pareto_dominates(losses_of(fronts, old), losses, metrics))
            fresh.dominator_count++;
        else if (cav_pareto_dominates(losses, losses_of(fronts, old), metrics))
            any_lost |= ++old->dominator_count >= fronts->most;
    }
    if (fresh.dominator_count < fronts->most) {
        memcpy(fronts->losses + fronts->count * metrics, losses, metrics * sizeof *losses);
        fronts->members[fronts->count++] = fresh;
    }
    if (any_lost)
        forget_dominated(fronts);
    return CAVIAR_OK;
}

static int by_sum(const void *left, const void *right)
{
    const member *a = left, *b = right;
    if (a->sum != b->sum)
        return a->sum < b->sum ? -1 : 1;
    if (a->dominator_count != b->dominator_count)
        return a->dominator_count < b->dominator_count ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

static int by_rank(const void *left, const void *right)
{
    const cav_ranked *a = left, *b = right;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    uint64_t x = cav_mix64(a->number + 1), y = cav_mix64(b->number + 1);
    return (x > y) - (x < y);
}

// The rank of a trial is one more than the highest among those that dominate it; they all stand
// before it where the sums are in order.
static size_t rank_of(const member *at, const cav_ranked *before, size_t count,
                      const double *losses, size_t metric_count)
{
    size_t rank = 0, left = at->dominator_count;
    for (size_t k = 0; k < count && left > 0; k++) {
        if (!cav_pareto_dominates(before[k].losses, losses, metric_count))
            continue;
        left--;
        if (before[k].rank >= rank)
            rank = before[k].rank + 1;
    }
    return rank;
}

caviar_code cav_fronts_rank(const cav_fronts *fronts, cav_ranked **ret_ranked, size_t *ret_count,
                            cav_error *error)
{
    size_t count = fronts->count;
    member *members = malloc((count + 1) * sizeof *members);
    cav_ranked *ranked = malloc((count + 1) * sizeof *ranked);
    bool made = members && ranked;
    if (made) {
        if (count > 0)
            memcpy(members, fronts->members, count * sizeof *members);
        qsort(members, count, sizeof *members, by_sum);
        for (size_t i = 0; i < count; i++) {
            const double *losses = losses_of(fronts, &members[i]);
            size_t rank = rank_of(&members[i], ranked, i, losses, fronts->metric_count);
            ranked[i] = (cav_ranked){members[i].number, rank, losses};
        }
        qsort(ranked, count, sizeof *ranked, by_rank);
        *ret_ranked = ranked;
        *ret_count = count;
        ranked = NULL;
    }
    free(members);
    free(ranked);
    return made ? CAVIAR_OK : cav_fail_memory(error);
}

// Of each trial of the front and each direction: how far the direction goes within what the trial
// dominates, to the power that makes it a volume. Metrics are counted in the front's own ranges,
// and the reference point is a tenth of them beyond the worst.
static void measure(const cav_fronts *fronts, const cav_ranked *front, size_t count,
                    double *ret_far)
{
    size_t metrics = fronts->metric_count;
    for (size_t i = 0; i < count * DIRECTIONS; i++)
        ret_far[i] = INFINITY;
    for (size_t m = 0; m < metrics; m++) {
        double least = INFINITY, most = -INFINITY;
        for (size_t i = 0; i < count; i++) {
            least = fmin(least, front[i].losses[m]);
            most = fmax(most, front[i].losses[m]);
        }
        double range = most / 2 - least / 2; // halves, as the whole may be no double
        for (size_t i = 0; i < count; i++) {
            double loss = front[i].losses[m];
            double depth = range > 0 ? 1.1 - (loss / 2 - least / 2) / range : 1;
            for (size_t d = 0; d < DIRECTIONS; d++) {
                double *far = &ret_far[i * DIRECTIONS + d];
                *far = fmin(*far, depth * fronts->directions[d * metrics + m]);
            }
        }
    }
    for (size_t i = 0; i < count * DIRECTIONS; i++)
        ret_far[i] = pow(ret_far[i], (double)metrics);
}

static double gain_of(const double *far, const double *covered)
{
    double gain = 0;
    for (size_t d = 0; d < DIRECTIONS; d++)
        gain += far[d] > covered[d] ? far[d] - covered[d] : 0;
    return gain;
}

// Moves the `wanted` best of a front to its beginning.
static caviar_code choose_of_front(const cav_fronts *fronts, cav_ranked *front, size_t count,
                                   size_t wanted, cav_error *error)
{
    count =
        count < MOST_OF_FRONT ? count : MOST_OF_FRONT; // by_rank has left them in a random order
    double *far = malloc((count + 1) * DIRECTIONS * sizeof *far);
    if (!far)
        return cav_fail_memory(error);
    double covered[DIRECTIONS] = {0}, row[DIRECTIONS];
    measure(fronts, front, count, far);
    for (size_t chosen = 0; chosen < wanted; chosen++) {
        size_t best = chosen;
        double most = -1;
        for (size_t i = chosen; i < count; i++) {
            double gain = gain_of(far + i * DIRECTIONS, covered);
            if (gain > most) {
                most = gain;
                best = i;
            }
        }
        cav_ranked swap = front[best];
        front[best] = front[chosen];
        front[chosen] = swap;
        memcpy(row, far + best * DIRECTIONS, sizeof row);
        memcpy(far + best * DIRECTIONS, far + chosen * DIRECTIONS, sizeof row);
        memcpy(far + chosen * DIRECTIONS, row, sizeof row);
        for (size_t d = 0; d < DIRECTIONS; d++)
            covered[d] = fmax(covered[d], row[d]);
    }
    free(far);
    return CAVIAR_OK;
}

caviar_code cav_fronts_choose(const cav_fronts *fronts, size_t wanted, size_t *ret_numbers,
                              size_t *ret_count, cav_error *error)
{
    cav_ranked *ranked;
    size_t count;
    caviar_code code = cav_fronts_rank(fronts, &ranked, &count, error);
    if (code)
        return code;
    wanted = wanted < count ? wanted : count;
    size_t begin = 0, end = 0; // the front that holds the last one wanted
    while (end < wanted) {
        begin = end;
        while (end < count && ranked[end].rank == ranked[begin].rank)
            end++;
    }
    if (end > wanted)
        code = choose_of_front(fronts, ranked + begin, end - begin, wanted - begin, error);
    for (size_t i = 0; i < wanted && !code; i++)
        ret_numbers[i] = ranked[i].number;
    free(ranked);
    if (!code)
        *ret_count = wanted;
    return code;
}
