/**
 * cube.c: conditions as spans of coordinates.
 */
#include "insight/cube.h"

#include <math.h>
#include <stdlib.h>

static int by_low(const void *a, const void *b)
{
    const cav_span *x = a, *y = b;
    return (x->low > y->low) - (x->low < y->low);
}

// Sorts spans and joins those that touch; returns how many are left.
static size_t join(cav_span *spans, size_t count)
{
    size_t kept = 0;
    qsort(spans, count, sizeof *spans, by_low);
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && spans[i].low <= spans[kept - 1].high)
            spans[kept - 1].high = fmax(spans[kept - 1].high, spans[i].high);
        else
            spans[kept++] = spans[i];
    }
    return kept;
}

static cav_span cell_of(const cav_parameter *parent, double raw)
{
    cav_span cell;
    cav_parameter_cell(parent, cav_parameter_encode(parent, raw), &cell.low, &cell.high);
    return cell;
}

static bool is_within(const cav_condition *when, double raw)
{
    return raw >= when->low && raw <= when->high;
}

// The part of a range that a condition allows; empty (low >= high) where it allows none.
static cav_span range_span(const cav_parameter *parent, const cav_condition *when)
{
    double low = fmax(when->low, parent->limit_low), high = fmin(when->high, parent->limit_high);
    if (low > high)
        return (cav_span){1, 0};
    cav_span first = cell_of(parent, low), last = cell_of(parent, high);
    bool has_levels = parent->axis == CAV_AXIS_LEVELS;
    if (has_levels && cav_parameter_snap(parent, low) < when->low)
        first.low = first.high;
    if (has_levels && cav_parameter_snap(parent, high) > when->high)
        last.high = last.low;
    if (low <= parent->limit_low)
        first.low = parent->special_share;
    if (high >= parent->limit_high)
        last.high = 1;
    return (cav_span){first.low, last.high};
}

static bool make_need(const cav_condition *when, const cav_parameter *parent, cav_arena *arena,
                      cav_requirement *need)
{
    size_t most = when->value_count + parent->special_count + 1;
    need->spans = CAV_ARENA_NEW(arena, cav_span, most);
    if (!need->spans)
        return false;
    for (size_t i = 0; i < when->value_count; i++)
        need->spans[need->count++] = cell_of(parent, when->values[i]);
    if (when->value_count == 0) {
        for (size_t i = 0; i < parent->special_count; i++)
            if (is_within(when, parent->specials[i]))
                need->spans[need->count++] = cell_of(parent, parent->specials[i]);
        cav_span range = range_span(parent, when);
        if (range.low < range.high)
            need->spans[need->count++] = range;
    }
    need->count = join(need->spans, need->count);
    return true;
}

static bool is_met(const cav_condition *when, double raw)
{
    for (size_t i = 0; i < when->value_count; i++)
        if (when->values[i] == raw)
            return true;
    return when->value_count == 0 && is_within(when, raw);
}

// Adds what the conditions ask, and what the parents need to be active themselves.
static bool add_needs(const cav_space *space, const cav_parameter *of, cav_arena *arena,
                      cav_cube_axis *axis)
{
    for (size_t i = 0; i < of->when_count; i++) {
        const cav_condition *when = &of->when[i];
        const cav_parameter *parent = &space->parameters[when->parent];
        if (parent->axis == CAV_AXIS_NONE) {
            axis->is_never |= !is_met(when, parent->initial);
        } else {
            cav_requirement need = {.axis = cav_space_dim_of(space, when->parent)};
            if (!make_need(when, parent, arena, &need))
                return false;
            axis->is_never |= need.count == 0;
            axis->needs[axis->need_count++] = need;
        }
        if (!add_needs(space, parent, arena, axis))
            return false;
    }
    return true;
}

// How many conditions stand behind a parameter, its ancestors' included.
static size_t count_needs(const cav_space *space, const cav_parameter *of)
{
    size_t count = of->when_count;
    for (size_t i = 0; i < of->when_count; i++)
        count += count_needs(space, &space->parameters[of->when[i].parent]);
    return count;
}

static cav_span find_whole(const cav_parameter *parameter, const cav_history *history,
                           const cav_ranking *ranking, size_t dim)
{
    cav_span whole = {0, 1};
    if (parameter->axis == CAV_AXIS_CHOICES || parameter->special_count > 0 ||
        (parameter->low == parameter->limit_low && parameter->high == parameter->limit_high))
        return whole;
    cav_span first, last;
    cav_parameter_cell(parameter, cav_parameter_start(parameter, 0), &first.low, &first.high);
    cav_parameter_cell(parameter, cav_parameter_start(parameter, 1), &last.low, &last.high);
    whole = (cav_span){first.low, last.high};
    for (size_t i = 0; i < ranking->count; i++) {
        double u = history->points[ranking->rows[i] * history->dim_count + dim], low, high;
        if (isnan(u))
            continue;
        cav_parameter_cell(parameter, u, &low, &high);
        whole = (cav_span){fmin(whole.low, low), fmax(whole.high, high)};
    }
    return whole;
}

bool cav_cube_make(const cav_space *space, const cav_history *history, const cav_ranking *ranking,
                   cav_arena *arena, cav_cube *ret_cube)
{
    cav_cube cube = {.space = space,
                     .axes = CAV_ARENA_NEW(arena, cav_cube_axis, space->dim_count + 1),
                     .count = space->dim_count};
    if (!cube.axes)
        return false;
    for (size_t dim = 0; dim < cube.count; dim++) {
        cav_cube_axis *axis = &cube.axes[dim];
        const cav_parameter *parameter = &space->parameters[space->dims[dim]];
        axis->parameter = parameter;
        axis->choices = parameter->axis == CAV_AXIS_CHOICES ? parameter->choice_count : 0;
        axis->whole = find_whole(parameter, history, ranking, dim);
        axis->needs = CAV_ARENA_NEW(arena, cav_requirement, count_needs(space, parameter) + 1);
        if (!axis->needs || !add_needs(space, parameter, arena, axis))
            return false;
    }
    *ret_cube = cube;
    return true;
}

static bool is_in(const cav_requirement *need, double u)
{
    for (size_t i = 0; i < need->count; i++)
        if (u >= need->spans[i].low && u < need->spans[i].high)
            return true;
    return false;
}

bool cav_cube_is_active(const cav_cube *cube, size_t axis, const double *point)
{
    const cav_cube_axis *at = &cube->axes[axis];
    for (size_t i = 0; i < at->need_count; i++)
        if (!is_in(&at->needs[i], point[at->needs[i].axis]))
            return false;
    return !at->is_never;
}

static double entry_of(const cav_cube_axis *axis, double u)
{
    bool is_choice = axis->choices > 0 && !isnan(u);
    return is_choice ? cav_parameter_decode(axis->parameter, u) : u;
}

void cav_cube_encode(const cav_cube *cube, const double *point, double *ret_row)
{
    for (size_t i = 0; i < cube->count; i++)
        ret_row[i] = entry_of(&cube->axes[i], point[i]);
}

void cav_cube_mask(const cav_cube *cube, const double *point, double *ret_row)
{
    for (size_t i = 0; i < cube->count; i++)
        ret_row[i] = cav_cube_is_active(cube, i, point) ? entry_of(&cube->axes[i], point[i]) : NAN;
}

double cav_cube_edge(const cav_cube_axis *axis, double threshold)
{
    double low, high;
    if (!(threshold > 0) || threshold >= 1)
        return threshold;
    cav_parameter_cell(axis->parameter, threshold, &low, &high);
    if (low == high)
        return threshold;
    return threshold <= (low + high) / 2 ? low : high;
}
