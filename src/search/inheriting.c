/**
 * inheriting.c: choosing the portfolio, and when it is its turn.
 */
#include "search/inheriting.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_CANDIDATES = 3, MOST_CANDIDATES = 20, SHARE = 20 }; // one of so many

static const double gain_enough = 0.05; // in deviations of a study's losses
static const double same = 1e-9;        // coordinates

// A configuration that may be chosen.
typedef struct candidate {
    const double *point;
    size_t source;
    double *said; // [studies] what each earlier study says of it
} candidate;

typedef struct choice {
    cav_inheriting *to;
    candidate *candidates; // [count]
    size_t count;
    double *said; // [most x studies]
    double *best; // [studies] of those that are chosen
} choice;

void cav_inheriting_free(cav_inheriting *inheriting)
{
    if (!inheriting)
        return;
    cav_heritage_free(inheriting->heritage);
    free(inheriting->points);
    free(inheriting);
}

static double distance(const double *a, const double *b, size_t dims)
{
    double sum = 0;
    for (size_t dim = 0; dim < dims; dim++) {
        if (isnan(a[dim]) != isnan(b[dim]))
            sum += 1;
        else if (!isnan(a[dim]))
            sum += (a[dim] - b[dim]) * (a[dim] - b[dim]);
    }
    return sum;
}

static int by_value(const void *a, const void *b)
{
    const cav_rank_item *x = a, *y = b;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

// Adds the best of an earlier study that can be tried here, by its model, which noise fools less
// than the losses do.
static bool add_candidates(choice *at, size_t source)
{
    cav_heritage *heritage = at->to->heritage;
    const cav_earlier *earlier = heritage->heirs[source].earlier;
    size_t dims = earlier->dim_count, count = 0, wanted = earlier->count / SHARE;
    cav_rank_item *order = malloc((earlier->count + 1) * sizeof *order);
    if (!order)
        return false;
    for (size_t i = 0; i < earlier->count && heritage->heirs[source].gp; i++)
        if (earlier->is_feasible[i])
            order[count++] =
                (cav_rank_item){cav_heritage_ask(heritage, source, earlier->points + i * dims), i};
    qsort(order, count, sizeof *order, by_value);
    wanted = wanted < LEAST_CANDIDATES ? LEAST_CANDIDATES : wanted;
    wanted = wanted > MOST_CANDIDATES ? MOST_CANDIDATES : wanted;
    for (size_t i = 0; i < wanted && i < count; i++) {
        candidate *fresh = &at->candidates[at->count];
        fresh->point = earlier->points + order[i].index * dims;
        fresh->source = source;
        fresh->said = at->said + at->count++ * heritage->count;
        for (size_t k = 0; k < heritage->count; k++)
            fresh->said[k] =
                heritage->heirs[k].gp ? cav_heritage_ask(heritage, k, fresh->point) : 0;
    }
    free(order);
    return true;
}

// What a candidate gains over those that are chosen; the first one, by being low.
static double gain_of(const choice *at, const candidate *of)
{
    size_t studies = at->to->heritage->count;
    double sum = 0;
    for (size_t k = 0; k < studies; k++)
        sum += at->to->count == 0 ? -of->said[k] : fmax(0, at->best[k] - of->said[k]);
    return sum / (double)studies;
}

// How far it is from those that are chosen.
static double apartness(const choice *at, const candidate *of)
{
    size_t dims = at->to->space->dim_count;
    double least = INFINITY;
    for (size_t i = 0; i < at->to->count; i++)
        least = fmin(least, distance(of->point, at->to->points + i * dims, dims));
    return least;
}

static const candidate *find_next(const choice *at)
{
    const candidate *gainer = NULL, *far = NULL;
    double most_gain = at->to->count == 0 ? -INFINITY : gain_enough, most_apart = same;
    for (size_t i = 0; i < at->count; i++) {
        const candidate *one = &at->candidates[i];
        double gain = gain_of(at, one), apart = apartness(at, one);
        if (gain > most_gain && apart > same) {
            most_gain = gain;
            gainer = one;
        }
        if (apart > most_apart) {
            most_apart = apart;
            far = one;
        }
    }
    return gainer ? gainer : far;
}

static void choose(choice *at)
{
    cav_inheriting *to = at->to;
    size_t studies = to->heritage->count, dims = to->space->dim_count;
    for (size_t k = 0; k < studies; k++)
        at->best[k] = INFINITY;
    while (to->count < CAV_PORTFOLIO_MOST) {
        const candidate *next = find_next(at);
        if (!next)
            return;
        to->sources[to->count] = next->source;
        memcpy(to->points + to->count++ * dims, next->point, dims * sizeof *to->points);
        for (size_t k = 0; k < studies; k++)
            at->best[k] = fmin(at->best[k], next->said[k]);
    }
}

static bool fill(cav_inheriting *to)
{
    size_t studies = to->heritage->count, most = studies * MOST_CANDIDATES + 1;
    choice at = {.to = to,
                 .candidates = calloc(most, sizeof *at.candidates),
                 .said = calloc(most * (studies + 1), sizeof *at.said),
                 .best = calloc(studies + 1, sizeof *at.best)};
    bool fine = at.candidates && at.said && at.best;
    for (size_t i = 0; i < studies && fine; i++)
        fine = add_candidates(&at, i);
    if (fine)
        choose(&at);
    free(at.candidates);
    free(at.said);
    free(at.best);
    return fine;
}

cav_inheriting *cav_inheriting_new(const cav_sampler_setup *setup)
{
    cav_inheriting *to = calloc(1, sizeof *to);
    if (!to)
        return NULL;
    to->space = setup->space;
    to->heritage = cav_heritage_new(setup->space, setup->earlier->items, setup->earlier->count);
    to->points = calloc(CAV_PORTFOLIO_MOST * setup->space->dim_count + 1, sizeof *to->points);
    if (to->heritage && to->points && fill(to))
        return to;
    cav_inheriting_free(to);
    return NULL;
}

size_t cav_inheriting_find(const cav_inheriting *inheriting, const double *point)
{
    size_t dims = inheriting->space->dim_count, i = 0;
    while (i < inheriting->count &&
           distance(point, inheriting->points + i * dims, dims) > same * same)
        i++;
    return i;
}

// How much the inherited trials are in front: pairs of one of each, less those where it is behind;
// NAN: there is no pair yet.
static double lead_of(const cav_inheriting *inheriting, const cav_history *history)
{
    enum { MOST = 64 }; // trials that are compared
    double losses[MOST], lead = 0;
    bool is_own[MOST];
    size_t count = 0, pairs = 0;
    for (size_t i = 0; i < history->finished_count && count < MOST; i++) {
        size_t number = history->finished[i];
        double loss = history->losses[number * history->metric_count];
        if (history->reasons[number] == CAVIAR_REASON_LOST)
            continue;
        losses[count] = isnan(loss) ? INFINITY : loss;
        is_own[count++] =
            cav_inheriting_find(inheriting, history->points + number * history->dim_count) ==
            inheriting->count;
    }
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < count; k++)
            if (!is_own[i] && is_own[k]) {
                lead += (losses[i] < losses[k]) - (losses[i] > losses[k]);
                pairs++;
            }
    return pairs > 0 ? lead : NAN;
}

size_t cav_inheriting_turn(const cav_inheriting *inheriting, const cav_history *history,
                           uint64_t number)
{
    size_t none = inheriting->count;
    size_t which = number % 2 == 1 && number / 2 < none ? (size_t)(number / 2) : none;
    return which < none && !(lead_of(inheriting, history) <= 0) ? which : none;
}

bool cav_inheriting_does_well(const cav_inheriting *inheriting, const cav_history *history)
{
    return inheriting->heritage->any && lead_of(inheriting, history) > 0;
}
