/**
 * transfer.c: an earlier study's forest on this study's trials.
 *
 * The forest learns from the earlier study alone, and says of each trial of this one what loss the
 * earlier study would have had there; a parameter that the earlier one did not have is left out,
 * one that this one does not have is missing to the forest. Losses may be of another size, so only
 * their order is compared: Spearman's correlation, with a bootstrap interval.
 */
#include "insight/transfer.h"

#include "base/order.h"
#include "base/random.h"
#include "base/ranks.h"
#include "insight/fitted.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RESAMPLES = 200 };

static const double holds = 0.3; // a correlation that is worth something

// A parameter of `to` for each one of `from`: its index, or `to->count`.
static size_t match(const cav_space *from, size_t parameter, const cav_space *to)
{
    const cav_parameter *a = &from->parameters[parameter];
    size_t other = cav_space_find(to, a->name);
    return other < to->count && to->parameters[other].type == a->type ? other : to->count;
}

static size_t count_shared(const cav_space *from, const cav_space *to)
{
    size_t count = 0;
    for (size_t dim = 0; dim < from->dim_count; dim++)
        count += match(from, from->dims[dim], to) < to->count;
    return count;
}

// The value of a parameter in another space; NaN where that has none such.
static double translate(const cav_parameter *from, double raw, const cav_parameter *to)
{
    caviar_value value = cav_parameter_value(from, raw);
    double result;
    if (from->choice_count == 0 || isnan(raw))
        return raw; // encoding moves it into the range
    return cav_parameter_read(to, &value, &result, NULL) ? NAN : result;
}

// The row of a configuration of `from`, for a forest of another space.
static void make_row(const cav_space *from, const double *raw, const cav_cube *to, double *point,
                     double *ret_row)
{
    for (size_t dim = 0; dim < to->count; dim++) {
        const cav_parameter *wanted = to->axes[dim].parameter;
        size_t own = match(to->space, to->space->dims[dim], from);
        double value =
            own < from->count ? translate(&from->parameters[own], raw[own], wanted) : NAN;
        point[dim] = isnan(value) ? NAN : cav_parameter_encode(wanted, value);
    }
    cav_cube_encode(to, point, ret_row);
}

static double predict(const cav_fitted *by, const cav_space *from, const double *raw, double *room)
{
    double mean, variance;
    make_row(from, raw, &by->cube, room, room + by->cube.count);
    cav_forest_predict(by->forest, room + by->cube.count, &mean, &variance);
    return mean;
}

// ---- Ranks ------------------------------------------------------------------------------------

typedef struct pairs {
    double *losses, *said; // [count] losses here, and what the earlier study says
    double *x, *y;         // [count] of a resample
    double *x_ranks, *y_ranks;
    cav_rank_item *room;
    size_t count;
} pairs;

static double correlate_ranks(const pairs *at)
{
    cav_ranks(at->x, at->count, at->room, at->x_ranks);
    cav_ranks(at->y, at->count, at->room, at->y_ranks);
    return cav_correlation(at->x_ranks, at->y_ranks, at->count);
}

static void find_correlation(pairs *at, uint64_t seed, cav_transfer *ret)
{
    double found[RESAMPLES];
    cav_random random = cav_random_stream(seed, 6, CAV_PURPOSE_INSIGHT, 0);
    memcpy(at->x, at->losses, at->count * sizeof *at->x);
    memcpy(at->y, at->said, at->count * sizeof *at->y);
    ret->correlation = correlate_ranks(at);
    for (size_t r = 0; r < RESAMPLES; r++) {
        for (size_t i = 0; i < at->count; i++) {
            size_t drawn = cav_random_below(&random, at->count);
            at->x[i] = at->losses[drawn];
            at->y[i] = at->said[drawn];
        }
        found[r] = correlate_ranks(at);
    }
    cav_sort(found, RESAMPLES);
    ret->low = fmin(ret->correlation, found[RESAMPLES / 20]);
    ret->high = fmax(ret->correlation, found[RESAMPLES - 1 - RESAMPLES / 20]);
    ret->verdict = ret->low > holds    ? CAV_TRANSFER_HOLDS
                   : ret->low > 0      ? CAV_TRANSFER_PARTLY
                   : ret->high < holds ? CAV_TRANSFER_FAILS
                                       : CAV_TRANSFER_UNCLEAR;
}

// ---- Both studies -----------------------------------------------------------------------------

static bool allocate(pairs *at, size_t count, cav_arena *arena)
{
    double *room = CAV_ARENA_NEW(arena, double, 6 * count);
    at->room = CAV_ARENA_NEW(arena, cav_rank_item, count);
    if (!room || !at->room)
        return false;
    *at = (pairs){.losses = room,
                  .said = room + count,
                  .x = room + 2 * count,
                  .y = room + 3 * count,
                  .x_ranks = room + 4 * count,
                  .y_ranks = room + 5 * count,
                  .room = at->room,
                  .count = count};
    return true;
}

// Where the earlier study's best would stand among the trials of this one.
static double place_best(const cav_transfer_side *here, const cav_transfer_side *there,
                         const cav_fitted *own, const cav_fitted *other, double *room)
{
    if (!cav_fitted_is_enough(own))
        return NAN;
    const double *best = there->history->raw + other->ranking.rows[0] * there->history->param_count;
    double said = predict(own, there->space, best, room), better = 0;
    for (size_t i = 0; i < own->row_count; i++) {
        const double *raw = here->history->raw + own->ranking.rows[i] * here->history->param_count;
        better += predict(own, here->space, raw, room) < said;
    }
    return better / (double)own->row_count;
}

static caviar_code compare(const cav_transfer_side *here, const cav_transfer_side *there,
                           const cav_fitted *own, const cav_fitted *other, uint64_t seed,
                           cav_transfer *ret, cav_error *error)
{
    pairs at = {0};
    size_t width = here->space->dim_count + there->space->dim_count;
    double *room = CAV_ARENA_NEW(own->arena, double, 2 * width + 2);
    if (!room || !allocate(&at, own->row_count, own->arena))
        return cav_fail_memory(error);
    for (size_t i = 0; i < at.count; i++) {
        const double *raw = here->history->raw + own->ranking.rows[i] * here->history->param_count;
        at.losses[i] = own->ranking.losses[i];
        at.said[i] = predict(other, here->space, raw, room);
    }
    ret->here_count = at.count;
    ret->explained_there = other->explained;
    find_correlation(&at, seed, ret);
    ret->best_place = place_best(here, there, own, other, room);
    return CAVIAR_OK;
}

static caviar_code fit(const cav_transfer_side *side, uint64_t seed, const char *which,
                       cav_fitted *ret, cav_error *error)
{
    caviar_code code = cav_fitted_make(side->space, side->history, side->metric, seed, ret, error);
    if (code)
        cav_error_prefix(error, "%s", which);
    return code;
}

caviar_code cav_transfer_measure(const cav_transfer_side *here, const cav_transfer_side *there,
                                 uint64_t seed, cav_transfer *ret_transfer, cav_error *error)
{
    cav_fitted own = {0}, other = {0};
    cav_transfer found = {.shared_count = count_shared(there->space, here->space)};
    if (found.shared_count == 0)
        return cav_fail(error, CAVIAR_NOT_FOUND,
                        "the studies have no parameter of the same name and type in common");
    caviar_code code = fit(here, seed, "this study", &own, error);
    if (!code)
        code = fit(there, seed, "the earlier study", &other, error);
    if (!code && !cav_fitted_is_enough(&other))
        code = cav_fail(error, CAVIAR_NOT_FOUND,
                        "the earlier study's trials do not explain themselves (%.0f %% of the "
                        "variation); there is nothing that could hold here",
                        100 * fmax(0, other.explained));
    if (!code)
        code = compare(here, there, &own, &other, seed, &found, error);
    cav_fitted_free(&own);
    cav_fitted_free(&other);
    if (!code)
        *ret_transfer = found;
    return code;
}

// ---- Words ------------------------------------------------------------------------------------

static const char *verdict_of(const cav_transfer *at)
{
    static const char *const words[] = {
        [CAV_TRANSFER_HOLDS] = "holds",
        [CAV_TRANSFER_PARTLY] = "holds in part",
        [CAV_TRANSFER_UNCLEAR] = "cannot be told yet",
        [CAV_TRANSFER_FAILS] = "does not hold",
    };
    return words[at->verdict];
}

void cav_transfer_describe(const cav_transfer *at, const char *name, cav_text *text)
{
    cav_text_appendf(text,
                     "what %s has shown %s here: it orders the %zu trials with a rank correlation "
                     "of %.2f (90 %%: %.2f to %.2f), by %zu shared parameter%s",
                     name, verdict_of(at), at->here_count, at->correlation, at->low, at->high,
                     at->shared_count, at->shared_count == 1 ? "" : "s");
    if (!isnan(at->best_place))
        cav_text_appendf(text,
                         "\nits best is expected to be better here than %.0f %% of the trials",
                         100 * (1 - at->best_place));
}

void cav_transfer_write(const cav_transfer *at, const char *name, cav_json *json)
{
    cav_json_begin_object(json);
    cav_json_add_string(json, "from", name);
    cav_json_add_string(json, "verdict", verdict_of(at));
    cav_json_add_number(json, "correlation", at->correlation);
    cav_json_add_number(json, "low", at->low);
    cav_json_add_number(json, "high", at->high);
    cav_json_add_int(json, "trials", (int64_t)at->here_count);
    cav_json_add_int(json, "shared", (int64_t)at->shared_count);
    cav_json_add_number(json, "explained_there", at->explained_there);
    cav_json_add_number(json, "best_place", at->best_place);
    cav_json_end_object(json);
}
