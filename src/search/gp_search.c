/**
 * gp_search.c: candidates, then climbing from the best of them.
 *
 * Candidates are Sobol points of the whole box, and the best trials with few or many coordinates
 * moved by little or much (Regis and Shoemaker's dynamic coordinate search, 2013; the "RAASP" of
 * Papenmeier et al. 2025). From the best that lie apart, numbers climb by L-BFGS and discrete
 * coordinates by trying their values, in turn. A small finite space is tried whole instead.
 */
#include "search/gp_search.h"

#include "base/lbfgs.h"
#include "base/order.h"
#include "search/sobol_points.h"
#include "space/walk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_VALUES = 16, // of a discrete coordinate, up to which all are tried
    ROUNDS = 2,       // of climbing and trying values, from each start
    MOST_STARTS = 16,
    PARENTS = 5,  // best trials that candidates are made from
    PROBES = 128, // points by which it is found what is near
};

typedef struct candidate {
    double score;
    size_t place;
} candidate;

typedef struct search_state {
    cav_gp_search *search;
    const cav_space *space;
    size_t dims, count, capacity; // count is a multiple of eight
    double *points;               // [capacity x dims] with MOST_STARTS and eight more behind
    double *raw;                  // [space->count]
    candidate *order;             // [capacity]
    size_t parents[PARENTS], parent_count;
    double near;   // as similar as this to the trial to stay away from: too near
    double *eight; // [8 x dims]
    // climbing
    size_t *free_dims, free_count;                 // [dims]
    double *at, *low, *high, *x, *gradient, *work; // [dims]
} search_state;

static const cav_parameter *parameter_of(const search_state *at, size_t dim)
{
    return &at->space->parameters[at->space->dims[dim]];
}

// Whether the coordinate is moved as if it were a continuum.
static bool is_smooth(const cav_parameter *parameter)
{
    return parameter->axis != CAV_AXIS_CHOICES &&
           (parameter->level_count == 0 || parameter->level_count > MOST_VALUES);
}

static void release(search_state *at)
{
    free(at->points);
    free(at->raw);
    free(at->order);
    free(at->eight);
    free(at->free_dims);
    free(at->at);
}

static bool prepare(search_state *at)
{
    size_t dims = at->dims + 1;
    at->points = malloc((at->capacity + MOST_STARTS) * dims * sizeof(double));
    at->raw = malloc((at->space->count + 1) * sizeof(double));
    at->order = malloc((at->capacity + MOST_STARTS) * sizeof *at->order);
    at->eight = malloc(8 * dims * sizeof(double));
    at->free_dims = malloc(dims * sizeof(size_t));
    at->at = malloc((5 * dims + cav_lbfgs_work_size(dims)) * sizeof(double));
    if (!at->points || !at->raw || !at->order || !at->eight || !at->free_dims || !at->at)
        return false;
    at->low = at->at + dims;
    at->high = at->low + dims;
    at->x = at->high + dims;
    at->gradient = at->x + dims;
    at->work = at->gradient + dims;
    return true;
}

// How similar a point is to the trial to stay away from.
static double nearness(const search_state *at, const double *point)
{
    size_t trial = at->search->away_from;
    return trial < SIZE_MAX ? cav_gp_ensemble_similar(at->search->ensemble, trial, point) : 0;
}

// Makes the point one of the space; false if it breaks a constraint, was tried before or is too
// near.
static bool settle(search_state *at, double *point)
{
    cav_space_decode(at->space, point, at->raw, point);
    return cav_space_is_feasible(at->space, at->raw) &&
           cav_history_find(at->search->history, point) == SIZE_MAX &&
           !(nearness(at, point) > at->near);
}

static void keep(search_state *at, const double *point)
{
    memcpy(at->points + at->count * at->dims, point, at->dims * sizeof *point);
    at->count++;
}

// Point i of an even spread over the box, to at->at.
static void spread(search_state *at, size_t i)
{
    const cav_gp_search *search = at->search;
    for (size_t dim = 0; dim < at->dims; dim++) {
        double v = cav_sobol_coordinate(search->scrambling, (uint32_t)i, dim);
        at->at[dim] = search->low[dim] + v * (search->high[dim] - search->low[dim]);
    }
}

static void add_everywhere(search_state *at, size_t wanted)
{
    for (size_t i = 0; i < wanted; i++) {
        spread(at, i);
        if (settle(at, at->at))
            keep(at, at->at);
    }
}

static void find_parents(search_state *at)
{
    const cav_gp_table *table = at->search->table;
    at->parent_count = 0;
    for (size_t i = 0; i < table->count; i++) {
        if (table->failed[i] || nearness(at, table->points + i * at->dims) > at->near)
            continue;
        size_t place = at->parent_count;
        while (place > 0 && table->losses[i] < table->losses[at->parents[place - 1]])
            place--;
        if (place == PARENTS)
            continue;
        if (at->parent_count < PARENTS)
            at->parent_count++;
        memmove(at->parents + place + 1, at->parents + place,
                (at->parent_count - place - 1) * sizeof *at->parents);
        at->parents[place] = i;
    }
}

static double reflect(double u, double low, double high)
{
    if (u < low)
        u = 2 * low - u;
    if (u > high)
        u = 2 * high - u;
    return fmin(fmax(u, low), high);
}

// Whether the box leaves a coordinate no choice.
static bool is_closed(const search_state *at, size_t dim)
{
    return !(at->search->low[dim] < at->search->high[dim]);
}

static double move(search_state *at, size_t dim, double u, double distance)
{
    cav_random *random = &at->search->random;
    if (is_closed(at, dim))
        return at->search->low[dim];
    const cav_parameter *parameter = parameter_of(at, dim);
    size_t size = cav_parameter_size(parameter);
    if (parameter->axis == CAV_AXIS_CHOICES)
        return cav_parameter_nth(parameter, (size_t)cav_random_below(random, size));
    if (size > 0)
        distance = fmax(distance, 1 / (double)size); // or it would rarely leave its cell
    return reflect(u + distance * cav_random_normal(random), at->search->low[dim],
                   at->search->high[dim]);
}

// A parent with each coordinate moved with a chance between 1/dims and 1, by a distance between
// 0.001 and 0.3: few or many, little or much.
static void vary(search_state *at, const double *parent, double *point)
{
    cav_random *random = &at->search->random;
    double chance = pow((double)at->dims, -cav_random_unit(random));
    double distance = 0.3 * pow(10, -2.5 * cav_random_unit(random));
    size_t surely = (size_t)cav_random_below(random, at->dims);
    for (size_t dim = 0; dim < at->dims; dim++) {
        double u = parent[dim], draw = cav_random_unit(random);
        if (isnan(u)) // inactive: what it would be if a choice makes it active
            point[dim] = at->search->low[dim] +
                         cav_random_unit(random) * (at->search->high[dim] - at->search->low[dim]);
        else
            point[dim] = dim == surely || draw < chance
                             ? move(at, dim, u, distance)
                             : fmin(fmax(u, at->search->low[dim]), at->search->high[dim]);
    }
}

static void add_around_the_best(search_state *at, size_t wanted)
{
    find_parents(at);
    for (size_t i = 0; i < wanted && at->parent_count > 0; i++) {
        double share = cav_random_unit(&at->search->random);
        size_t which = at->parents[(size_t)(share * share * (double)at->parent_count)];
        vary(at, at->search->table->points + which * at->dims, at->at);
        if (settle(at, at->at))
            keep(at, at->at);
    }
}

// What counts as near is the tenth of the box that is most similar.
static void find_near(search_state *at)
{
    double similar[PROBES];
    at->near = INFINITY;
    if (at->search->away_from == SIZE_MAX)
        return;
    for (size_t i = 0; i < PROBES; i++) {
        spread(at, i);
        cav_space_decode(at->space, at->at, at->raw, at->at);
        similar[i] = nearness(at, at->at);
    }
    cav_sort(similar, PROBES);
    at->near = similar[PROBES - PROBES / 10];
}

static bool add_all(search_state *at)
{
    cav_walk *walk = cav_walk_new(at->space, 0);
    if (!walk)
        return false;
    while (cav_walk_next(walk) && at->count + 8 < at->capacity)
        if (cav_space_is_feasible(at->space, walk->raw) &&
            cav_history_find(at->search->history, walk->point) == SIZE_MAX)
            keep(at, walk->point);
    cav_walk_free(walk);
    return true;
}

static bool score_all(const cav_gp_search *search, const double *points, size_t count,
                      double *ret_scores)
{
    return search->volume ? cav_gp_volume_score_all(search->volume, points, count, ret_scores)
                          : cav_gp_ensemble_score_all(search->ensemble, points, count, ret_scores);
}

static void score_eight(const cav_gp_search *search, const double *points, double ret_scores[8])
{
    if (search->volume)
        cav_gp_volume_score_eight(search->volume, points, ret_scores);
    else
        cav_gp_ensemble_score_eight(search->ensemble, points, ret_scores);
}

static double score_one(const cav_gp_search *search, const double *point, double *ret_gradient)
{
    return search->volume ? cav_gp_volume_score(search->volume, point, ret_gradient)
                          : cav_gp_ensemble_score(search->ensemble, point, ret_gradient);
}

static double bonus(const search_state *at, const double *point)
{
    return cav_belief_bonus(at->search->belief, point, NULL);
}

// Scores all candidates. False when out of memory.
static bool score_candidates(search_state *at)
{
    size_t padded = (at->count + 7) / 8 * 8; // there is room behind the last one
    double *scores = malloc((padded + 1) * sizeof *scores);
    if (!scores)
        return false;
    for (size_t i = at->count; i < padded; i++)
        memcpy(at->points + i * at->dims, at->points, at->dims * sizeof *at->points);
    bool scored = score_all(at->search, at->points, padded, scores);
    for (size_t i = 0; i < at->count; i++)
        at->order[i] = (candidate){scores[i] + bonus(at, at->points + i * at->dims), i};
    free(scores);
    return scored;
}

// Scores up to eight points.
static void score_few(search_state *at, const double *points, size_t count, candidate *order)
{
    double scores[8];
    for (size_t lane = 0; lane < 8; lane++)
        memcpy(at->eight + lane * at->dims, points + (lane < count ? lane : 0) * at->dims,
               at->dims * sizeof(double));
    score_eight(at->search, at->eight, scores);
    for (size_t lane = 0; lane < count; lane++)
        order[lane] = (candidate){scores[lane] + bonus(at, at->eight + lane * at->dims), lane};
}

static int by_score(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

static double distance(const double *a, const double *b, size_t dims)
{
    double most = 0;
    for (size_t dim = 0; dim < dims; dim++) {
        if (isnan(a[dim]) != isnan(b[dim]))
            return 1;
        if (!isnan(a[dim]))
            most = fmax(most, fabs(a[dim] - b[dim]));
    }
    return most;
}

static double climb_score(void *context, const double *x, double *gradient)
{
    search_state *at = context;
    for (size_t i = 0; i < at->free_count; i++)
        at->at[at->free_dims[i]] = x[i];
    double score = score_one(at->search, at->at, at->gradient);
    score += cav_belief_bonus(at->search->belief, at->at, at->gradient);
    for (size_t i = 0; i < at->free_count; i++)
        gradient[i] = -at->gradient[at->free_dims[i]];
    return -score;
}

// Lets go of the numbers that are active and not at a special value.
static void free_numbers(search_state *at, const double *point)
{
    at->free_count = 0;
    for (size_t dim = 0; dim < at->dims; dim++) {
        const cav_parameter *parameter = parameter_of(at, dim);
        double share = parameter->special_share;
        if (is_closed(at, dim) || !is_smooth(parameter) || isnan(point[dim]) ||
            (share > 0 && point[dim] < share))
            continue;
        size_t i = at->free_count++;
        at->free_dims[i] = dim;
        at->low[i] = fmax(at->search->low[dim], share);
        at->high[i] = at->search->high[dim];
        at->x[i] = point[dim];
    }
}

// Replaces the point by a better one; false if there is none.
static bool replace(search_state *at, double *point, double *score, const double *fresh,
                    double fresh_score)
{
    if (!(fresh_score > *score + 1e-9))
        return false;
    memcpy(point, fresh, at->dims * sizeof *point);
    *score = fresh_score;
    return true;
}

static bool climb(search_state *at, double *point, double *score)
{
    candidate fresh;
    free_numbers(at, point);
    if (at->free_count == 0)
        return false;
    memcpy(at->at, point, at->dims * sizeof *point);
    cav_lbfgs settings = {.count = at->free_count,
                          .low = at->low,
                          .high = at->high,
                          .most_steps = 20,
                          .most_calls = 4 + (size_t)(26 * fmin(at->search->effort, 4)),
                          .gradient_tolerance = 1e-4,
                          .value_tolerance = 1e-6};
    cav_lbfgs_minimize(&settings, climb_score, at, at->x, at->work);
    for (size_t i = 0; i < at->free_count; i++)
        at->at[at->free_dims[i]] = at->x[i];
    if (!settle(at, at->at))
        return false;
    memcpy(at->gradient, at->at, at->dims * sizeof *point);
    score_few(at, at->gradient, 1, &fresh);
    return replace(at, point, score, at->gradient, fresh.score);
}

// Scores the variants that are waiting, and takes the best if it is better.
static bool take_best(search_state *at, double *variants, size_t count, double *point,
                      double *score)
{
    candidate order[8];
    bool better = false;
    score_few(at, variants, count, order);
    for (size_t i = 0; i < count; i++)
        better |= replace(at, point, score, variants + i * at->dims, order[i].score);
    return better;
}

static bool try_values(search_state *at, size_t dim, double *point, double *score, double *variants)
{
    static const long steps[] = {-1, 1, -2, 2, -4, 4, -8, 8};
    const cav_parameter *parameter = parameter_of(at, dim);
    size_t size = cav_parameter_size(parameter), waiting = 0;
    bool few = size <= MOST_VALUES || parameter->axis == CAV_AXIS_CHOICES, better = false;
    size_t tries = few ? size : CAV_COUNT_OF(steps);
    double from = point[dim];
    for (size_t i = 0; i < tries; i++) {
        double *variant = variants + waiting * at->dims;
        vary(at, point, variant); // for what becomes active; the rest is put back
        for (size_t k = 0; k < at->dims; k++)
            if (!isnan(point[k]))
                variant[k] = point[k];
        variant[dim] = few ? cav_parameter_nth(parameter, i)
                           : from + (double)steps[i] / (double)parameter->level_count;
        bool inside = variant[dim] >= at->search->low[dim] && variant[dim] <= at->search->high[dim];
        waiting += inside && settle(at, variant);
        if (waiting == 8 || (i + 1 == tries && waiting > 0)) {
            better |= take_best(at, variants, waiting, point, score);
            waiting = 0;
        }
    }
    return better;
}

static bool sweep(search_state *at, double *point, double *score, double *variants)
{
    bool better = false;
    for (size_t dim = 0; dim < at->dims; dim++)
        if (!isnan(point[dim]) && cav_parameter_size(parameter_of(at, dim)) > 0)
            better |= try_values(at, dim, point, score, variants);
    return better;
}

// Chooses starts among the ordered candidates that lie apart, improves them where they are put,
// behind the candidates. Returns how many.
static size_t improve_best(search_state *at, double *variants)
{
    double *starts = at->points + at->capacity * at->dims;
    candidate *order = at->order + at->capacity;
    size_t wanted = (size_t)(2 + 4 * fmin(at->search->effort, 3)), started = 0;
    for (size_t i = 0; i < at->count && started < wanted; i++) {
        const double *point = at->points + at->order[i].place * at->dims;
        bool apart = true;
        for (size_t k = 0; k < started; k++)
            apart &= distance(point, starts + k * at->dims, at->dims) > 0.05;
        if (!apart || !(at->order[i].score > -INFINITY))
            continue;
        memcpy(starts + started * at->dims, point, at->dims * sizeof *point);
        order[started] = (candidate){at->order[i].score, started};
        started++;
    }
    for (size_t k = 0; k < started; k++) {
        double *point = starts + k * at->dims, *score = &order[k].score;
        for (int round = 0; round < ROUNDS; round++) {
            bool better = climb(at, point, score);
            better |= sweep(at, point, score, variants);
            if (!better)
                break;
        }
    }
    qsort(order, started, sizeof *order, by_score);
    return started;
}

// Adds the point to the answer unless it is next to one that is there or was tried.
static size_t answer(const search_state *at, const double *point, size_t count, double *points)
{
    const cav_gp_table *table = at->search->table;
    for (size_t k = 0; k < count; k++)
        if (distance(point, points + k * at->dims, at->dims) < 1e-7)
            return count;
    for (size_t i = 0; i < table->count; i++)
        if (distance(point, table->points + i * at->dims, at->dims) < 1e-7)
            return count;
    memcpy(points + count * at->dims, point, at->dims * sizeof *point);
    return count + 1;
}

static size_t run(search_state *at, size_t most, double *points)
{
    double *variants = malloc((8 * at->dims + 1) * sizeof *variants);
    if (!variants)
        return SIZE_MAX;
    if (!score_candidates(at)) {
        free(variants);
        return SIZE_MAX;
    }
    size_t count = 0;
    qsort(at->order, at->count, sizeof *at->order, by_score);
    size_t improved = improve_best(at, variants);
    const double *starts = at->points + at->capacity * at->dims;
    for (size_t i = 0; i < improved && count < most; i++)
        count = answer(at, starts + at->order[at->capacity + i].place * at->dims, count, points);
    for (size_t i = 0; i < at->count && count < most; i++)
        count = answer(at, at->points + at->order[i].place * at->dims, count, points);
    free(variants);
    return count;
}

size_t cav_gp_search_run(cav_gp_search *search, size_t most, double *ret_points)
{
    size_t usual = 16 + (size_t)(search->effort * 240), count = SIZE_MAX;
    double size = cav_space_size(search->space);
    bool whole = size <= search->whole;
    search_state at = {.search = search,
                       .space = search->space,
                       .dims = search->space->dim_count,
                       .capacity = whole ? (size_t)size + 16 : 2 * usual + 16};
    if (prepare(&at)) {
        bool made = true;
        find_near(&at);
        if (whole) {
            made = add_all(&at);
        } else {
            add_everywhere(&at, usual);
            add_around_the_best(&at, usual);
        }
        if (made)
            count = run(&at, most, ret_points);
    }
    release(&at);
    return count;
}
