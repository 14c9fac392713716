/**
 * earlier.c: configurations of one space in another.
 */
#include "surrogate/earlier.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void cav_earlier_free(cav_earlier *earlier)
{
    free(earlier->name);
    free(earlier->knows);
    free(earlier->points);
    free(earlier->losses);
    free(earlier->is_inside);
    free(earlier->is_feasible);
    *earlier = (cav_earlier){0};
}

// The parameter of another space that means the same, or NULL.
static const cav_parameter *match(const cav_parameter *parameter, const cav_space *in)
{
    size_t found = cav_space_find(in, parameter->name);
    if (found == in->count)
        return NULL;
    const cav_parameter *other = &in->parameters[found];
    return (other->choice_count > 0) == (parameter->choice_count > 0) ? other : NULL;
}

static double usual_value(const cav_parameter *parameter)
{
    double guess = cav_parameter_guess(parameter);
    return isnan(guess) ? cav_parameter_decode(parameter, cav_parameter_start(parameter, 0.5))
                        : guess;
}

static bool has_special(const cav_parameter *parameter, double raw)
{
    for (size_t i = 0; i < parameter->special_count; i++)
        if (parameter->specials[i] == raw)
            return true;
    return false;
}

// A value of the earlier study's parameter in this one. False for a choice that is none here.
static bool translate(const cav_parameter *from, double raw, const cav_parameter *to,
                      double *ret_raw, bool *is_inside)
{
    if (to->choice_count > 0) {
        caviar_value value = cav_parameter_value(from, raw);
        return !cav_parameter_read(to, &value, ret_raw, NULL);
    }
    double slack = 1e-9 * (to->limit_high - to->limit_low);
    bool lies_in = raw >= to->limit_low - slack && raw <= to->limit_high + slack;
    *is_inside &= lies_in || has_special(to, raw);
    *ret_raw = cav_parameter_snap(to, fmax(to->limit_low, fmin(to->limit_high, raw)));
    if (has_special(to, raw))
        *ret_raw = raw;
    return true;
}

// Writes all values of a configuration; false where it has none here.
static bool convert(const cav_space *space, const cav_earlier_source *from, const double *raw,
                    double *ret_raw, bool *ret_inside)
{
    *ret_inside = true;
    for (size_t i = 0; i < space->count; i++) {
        const cav_parameter *to = &space->parameters[i];
        const cav_parameter *other = match(to, from->space);
        double value = other ? raw[other - from->space->parameters] : NAN;
        if (to->axis == CAV_AXIS_NONE)
            ret_raw[i] = to->type == CAVIAR_TYPE_CONSTANT ? 0 : to->initial;
        else if (isnan(value))
            ret_raw[i] = usual_value(to);
        else if (!translate(other, value, to, &ret_raw[i], ret_inside))
            return false;
    }
    return true;
}

static caviar_code allocate(cav_earlier *earlier, const cav_space *space,
                            const cav_earlier_source *source, cav_error *error)
{
    size_t most = (source->history ? source->history->finished_count : 0) + 1;
    earlier->dim_count = space->dim_count;
    earlier->name = strdup(source->name);
    earlier->knows = calloc(space->dim_count + 1, sizeof *earlier->knows);
    earlier->points = calloc(most * (space->dim_count + 1), sizeof *earlier->points);
    earlier->losses = calloc(most, sizeof *earlier->losses);
    earlier->is_inside = calloc(most, sizeof *earlier->is_inside);
    earlier->is_feasible = calloc(most, sizeof *earlier->is_feasible);
    bool fine = earlier->name && earlier->knows && earlier->points && earlier->losses &&
                earlier->is_inside && earlier->is_feasible;
    return fine ? CAVIAR_OK : cav_fail_memory(error);
}

static void find_shared(cav_earlier *earlier, const cav_space *space, const cav_space *from)
{
    for (size_t dim = 0; dim < space->dim_count; dim++) {
        const cav_parameter *other = match(&space->parameters[space->dims[dim]], from);
        earlier->knows[dim] = other && other->axis != CAV_AXIS_NONE;
        earlier->shared_count += earlier->knows[dim];
    }
}

static void take(cav_earlier *earlier, const cav_space *space, const cav_earlier_source *source,
                 size_t number, double *raw)
{
    const cav_history *history = source->history;
    double *point = earlier->points + earlier->count * space->dim_count;
    double loss = history->losses[number * history->metric_count + source->metric];
    bool is_inside;
    if (history->states[number] != CAVIAR_STATE_COMPLETE || !isfinite(loss) ||
        !convert(space, source, history->raw + number * history->param_count, raw, &is_inside))
        return;
    cav_space_encode(space, raw, point);
    cav_space_decode(space, point, raw, point); // what is inactive here becomes so
    earlier->losses[earlier->count] = loss;
    earlier->is_inside[earlier->count] = is_inside;
    earlier->is_feasible[earlier->count] = cav_space_is_feasible(space, raw);
    earlier->count++;
}

caviar_code cav_earlier_init(cav_earlier *earlier, const cav_space *space,
                             const cav_earlier_source *source, cav_error *error)
{
    const cav_history *history = source->history;
    *earlier = (cav_earlier){0};
    double *raw = malloc((space->count + 1) * sizeof *raw);
    caviar_code code = raw ? allocate(earlier, space, source, error) : cav_fail_memory(error);
    if (!code && history) {
        find_shared(earlier, space, source->space);
        for (size_t i = 0; i < history->finished_count && i < source->finished; i++)
            take(earlier, space, source, history->finished[i], raw);
    }
    free(raw);
    return code;
}
