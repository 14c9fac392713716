/**
 * conditions.c: under which conditions parameters exist, as far as trials show.
 */
#include "trial/conditions.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { SEEN_WITH = 1, SEEN_WITHOUT = 2 }; // marks of a choice

static double value_of(const cav_presence *of, size_t trial, size_t parameter)
{
    return of->raw[trial * of->parameter_count + parameter];
}

static bool has(const cav_presence *of, size_t trial, size_t parameter)
{
    return of->witnesses[trial] != CAV_WITNESS_NONE && !isnan(value_of(of, trial, parameter));
}

static bool lacks(const cav_presence *of, size_t trial, size_t parameter)
{
    return of->witnesses[trial] == CAV_WITNESS_ALL && isnan(value_of(of, trial, parameter));
}

bool cav_conditions_always(const cav_presence *of, size_t parameter)
{
    for (size_t t = 0; t < of->trial_count; t++)
        if (lacks(of, t, parameter))
            return false;
    return true;
}

// The range of a whole number under which a parameter exists, as wide as the trials allow.
static bool find_range(const cav_presence *of, size_t child, cav_shown_condition *at)
{
    double low = INFINITY, high = -INFINITY;
    bool above = false, below = false;
    for (size_t t = 0; t < of->trial_count; t++) {
        double value = value_of(of, t, at->parent);
        if (!has(of, t, child))
            continue;
        if (isnan(value))
            return false;
        low = fmin(low, value);
        high = fmax(high, value);
    }
    for (size_t t = 0; t < of->trial_count; t++) {
        double value = value_of(of, t, at->parent);
        if (!lacks(of, t, child) || isnan(value))
            continue;
        if (value >= low && value <= high)
            return false;
        above |= value > high;
        below |= value < low;
    }
    at->low = below ? low : of->parents[at->parent].low;
    at->high = above ? high : of->parents[at->parent].high;
    return true;
}

// Marks the choices with and without the parameter; false where one is both.
static bool mark_choices(const cav_presence *of, size_t child, size_t parent, unsigned char *marks)
{
    for (size_t t = 0; t < of->trial_count; t++) {
        double value = value_of(of, t, parent);
        if (has(of, t, child) && isnan(value))
            return false;
        if (isnan(value))
            continue;
        unsigned char *mark = &marks[(size_t)value];
        *mark |= has(of, t, child) ? SEEN_WITH : lacks(of, t, child) ? SEEN_WITHOUT : 0;
        if (*mark == (SEEN_WITH | SEEN_WITHOUT))
            return false;
    }
    return true;
}

static caviar_code find_choices(const cav_presence *of, size_t child, cav_arena *arena,
                                cav_shown_condition *at, bool *ret_found, cav_error *error)
{
    size_t count = of->parents[at->parent].choice_count;
    unsigned char *marks = calloc(count, 1);
    at->values = CAV_ARENA_NEW(arena, double, count);
    if (!marks || !at->values) {
        free(marks);
        return cav_fail_memory(error);
    }
    *ret_found = mark_choices(of, child, at->parent, marks);
    bool any = memchr(marks, SEEN_WITHOUT, count) != NULL;
    for (size_t i = 0; i < count; i++)
        if (marks[i] == SEEN_WITH ||
            !any) // with none against it, it exists wherever its parent does
            at->values[at->value_count++] = (double)i;
    free(marks);
    return CAVIAR_OK;
}

static caviar_code try_parent(const cav_presence *of, size_t child, cav_arena *arena,
                              cav_shown_condition *at, bool *ret_found, cav_error *error)
{
    if (!of->parents[at->parent].is_int)
        return find_choices(of, child, arena, at, ret_found, error);
    *ret_found = find_range(of, child, at);
    return CAVIAR_OK;
}

// How many conditions a parent could make: the fewer, the less one of them fits by chance.
static double conditions_of(const cav_parent *parent)
{
    double levels = (parent->high - parent->low) / fmax(parent->step, 1) + 1;
    return parent->is_int ? levels * (levels + 1) / 2 : exp2((double)parent->choice_count);
}

static bool may_be_parent(const cav_presence *of, size_t child, size_t parent)
{
    const cav_parent *at = &of->parents[parent];
    bool varies = at->choice_count > 1 || (at->is_int && at->low < at->high);
    return varies && of->seen[parent] > of->seen[child];
}

// Of several the one that explains most; of equals that with the fewest trials is nearest.
caviar_code cav_conditions_find(const cav_presence *of, size_t parameter, size_t parent_count,
                                cav_arena *arena, cav_shown_condition *ret, cav_error *error)
{
    double least = INFINITY;
    *ret = (cav_shown_condition){.parent = SIZE_MAX};
    for (size_t p = parent_count; p-- > 0;) {
        bool found = false;
        double cost = conditions_of(&of->parents[p]);
        bool is_nearer =
            ret->parent != SIZE_MAX && cost == least && of->seen[p] < of->seen[ret->parent];
        if (!may_be_parent(of, parameter, p) || !(cost < least || is_nearer))
            continue;
        cav_shown_condition candidate = {.parent = p};
        caviar_code code = try_parent(of, parameter, arena, &candidate, &found, error);
        if (code)
            return code;
        if (!found)
            continue;
        least = cost;
        *ret = candidate;
    }
    return CAVIAR_OK;
}
