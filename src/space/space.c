/**
 * space.c: adding parameters, resolving conditions, points to configurations and back.
 */
#include "space/space.h"

#include "base/memory.h"
#include "base/number.h"
#include "space/constraint.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PARAMETERS = 10000 };

static bool copy_condition(cav_condition *condition, const caviar_condition *given)
{
    *condition = (cav_condition){.low = given->low, .high = given->high};
    condition->parent_name = cav_strdup(given->parent);
    return condition->parent_name != NULL;
}

static caviar_code fail_condition(const cav_parameter *parameter, const char *parent,
                                  cav_error *error)
{
    return cav_error_prefix(error, "parameter '%s': when %s", parameter->name, parent);
}

// Reads the values that a condition compares with, now that the parent is known.
static caviar_code read_condition(const cav_parameter *parent, const caviar_condition *given,
                                  cav_condition *condition, cav_error *error)
{
    if (given->value_count == 0) {
        if (parent->choice_count > 0)
            return cav_fail(error, CAVIAR_INVALID, "a range needs a numeric parent; list values");
        if (!(given->low <= given->high))
            return cav_fail(error, CAVIAR_INVALID, "low must not be above high");
        return CAVIAR_OK;
    }
    condition->values = calloc(given->value_count, sizeof *condition->values);
    if (!condition->values)
        return cav_fail_memory(error);
    for (size_t i = 0; i < given->value_count; i++) {
        caviar_code code =
            cav_parameter_read(parent, &given->values[i], &condition->values[i], error);
        if (code)
            return code;
        condition->value_count++;
    }
    return CAVIAR_OK;
}

static caviar_code add_conditions(const cav_space *space, cav_parameter *parameter,
                                  const caviar_parameter *given, cav_error *error)
{
    if (given->when_count == 0)
        return CAVIAR_OK;
    parameter->when = calloc(given->when_count, sizeof *parameter->when);
    if (!parameter->when)
        return cav_fail_memory(error);
    for (size_t i = 0; i < given->when_count; i++) {
        const caviar_condition *from = &given->when[i];
        const char *parent_name = from->parent ? from->parent : "";
        size_t parent = cav_space_find(space, parent_name);
        if (parent == space->count) {
            cav_space_fail_unknown(space, parent_name, error);
            return cav_error_prefix(error, "parameter '%s': when", parameter->name);
        }
        cav_condition *condition = &parameter->when[i];
        if (!copy_condition(condition, from))
            return cav_fail_memory(error);
        parameter->when_count++;
        condition->parent = parent;
        if (read_condition(&space->parameters[parent], from, condition, error))
            return fail_condition(parameter, parent_name, error);
    }
    return CAVIAR_OK;
}

static caviar_code append(cav_space *space, const cav_parameter *parameter, cav_error *error)
{
    size_t needed = space->count + 1;
    if (!CAV_GROW(&space->parameters, &space->capacity, needed) ||
        !CAV_GROW(&space->dims, &space->dim_capacity, needed))
        return cav_fail_memory(error);
    if (parameter->axis != CAV_AXIS_NONE)
        space->dims[space->dim_count++] = space->count;
    space->parameters[space->count++] = *parameter;
    return CAVIAR_OK;
}

caviar_code cav_space_add(cav_space *space, const caviar_parameter *given, cav_error *error)
{
    if (space->count == MOST_PARAMETERS)
        return cav_fail(error, CAVIAR_INVALID, "more than %d parameters", MOST_PARAMETERS);
    if (given->name && cav_space_find(space, given->name) < space->count)
        return cav_fail(error, CAVIAR_EXISTS, "parameter '%s' is there twice", given->name);
    cav_parameter parameter;
    caviar_code code = cav_parameter_init(&parameter, given, error);
    if (code)
        return code;
    code = add_conditions(space, &parameter, given, error);
    if (!code)
        code = append(space, &parameter, error);
    if (code)
        cav_parameter_free(&parameter);
    return code;
}

caviar_code cav_space_constrain(cav_space *space, const char *expression, cav_error *error)
{
    cav_constraint *constraint;
    caviar_code code = cav_constraint_new(space, expression, &constraint, error);
    if (code)
        return code;
    if (!CAV_GROW(&space->constraints, &space->constraint_capacity, space->constraint_count + 1)) {
        cav_constraint_free(constraint);
        return cav_fail_memory(error);
    }
    space->constraints[space->constraint_count++] = constraint;
    return CAVIAR_OK;
}

size_t cav_space_find(const cav_space *space, const char *name)
{
    for (size_t i = 0; i < space->count; i++)
        if (strcmp(space->parameters[i].name, name) == 0)
            return i;
    return space->count;
}

size_t cav_space_dim_of(const cav_space *space, size_t parameter)
{
    size_t dim = 0;
    while (dim < space->dim_count && space->dims[dim] != parameter)
        dim++;
    return dim;
}

caviar_code cav_space_fail_unknown(const cav_space *space, const char *name, cav_error *error)
{
    const char **names = calloc(space->count + 1, sizeof *names);
    if (!names)
        return cav_fail_memory(error);
    for (size_t i = 0; i < space->count; i++)
        names[i] = space->parameters[i].name;
    char hint[CAV_HINT_SIZE];
    cav_text_hint(name, names, space->count, hint);
    free(names);
    return cav_fail(error, CAVIAR_INVALID, "there is no parameter '%.100s'%s", name, hint);
}

static bool condition_holds(const cav_condition *condition, double raw)
{
    if (condition->value_count == 0)
        return raw >= condition->low && raw <= condition->high; // false for NaN: inactive
    for (size_t i = 0; i < condition->value_count; i++)
        if (condition->values[i] == raw)
            return true;
    return false;
}

// The first condition of a parameter that does not hold; NULL where it is active.
static const cav_condition *find_obstacle(const cav_parameter *parameter, const double *raw)
{
    for (size_t i = 0; i < parameter->when_count; i++)
        if (!condition_holds(&parameter->when[i], raw[parameter->when[i].parent]))
            return &parameter->when[i];
    return NULL;
}

bool cav_space_is_parent(const cav_space *space, size_t parameter)
{
    for (size_t i = parameter + 1; i < space->count; i++) // children stand behind their parents
        for (size_t k = 0; k < space->parameters[i].when_count; k++)
            if (space->parameters[i].when[k].parent == parameter)
                return true;
    return false;
}

bool cav_space_is_active(const cav_space *space, size_t parameter, const double *raw)
{
    return find_obstacle(&space->parameters[parameter], raw) == NULL;
}

void cav_space_decode(const cav_space *space, const double *point, double *ret_raw,
                      double *ret_point)
{
    size_t dim = 0;
    for (size_t i = 0; i < space->count; i++) { // parents stand before their children
        const cav_parameter *parameter = &space->parameters[i];
        bool active = cav_space_is_active(space, i, ret_raw);
        bool varied = parameter->axis != CAV_AXIS_NONE;
        double u = varied ? point[dim] : 0;
        ret_raw[i] = active ? cav_parameter_decode(parameter, u) : NAN;
        if (varied)
            ret_point[dim++] = active ? cav_parameter_encode(parameter, ret_raw[i]) : NAN;
    }
}

void cav_space_put_defaults(const cav_space *space, double *point)
{
    for (size_t dim = 0; dim < space->dim_count; dim++) {
        const cav_parameter *parameter = &space->parameters[space->dims[dim]];
        double guess = cav_parameter_guess(parameter);
        if (!isnan(guess))
            point[dim] = cav_parameter_encode(parameter, guess);
    }
}

void cav_space_encode(const cav_space *space, const double *raw, double *ret_point)
{
    for (size_t dim = 0; dim < space->dim_count; dim++) {
        size_t i = space->dims[dim];
        ret_point[dim] = isnan(raw[i]) ? NAN : cav_parameter_encode(&space->parameters[i], raw[i]);
    }
}

bool cav_space_is_feasible(const cav_space *space, const double *raw)
{
    for (size_t i = 0; i < space->constraint_count; i++)
        if (!cav_constraint_holds(space->constraints[i], space, raw))
            return false;
    return true;
}

static caviar_code check_parameter(const cav_space *space, size_t i, const double *raw,
                                   cav_error *error)
{
    const cav_parameter *parameter = &space->parameters[i];
    const cav_condition *obstacle = find_obstacle(parameter, raw);
    if (isnan(raw[i]) && space->is_partial)
        return CAVIAR_OK;
    if (!obstacle && isnan(raw[i]))
        return cav_fail(error, CAVIAR_INVALID, "parameter '%s' has no value", parameter->name);
    if (obstacle && !isnan(raw[i]))
        return cav_fail(error, CAVIAR_INVALID,
                        "parameter '%s' is not active with these values of '%s'; leave it out",
                        parameter->name, obstacle->parent_name);
    return obstacle ? CAVIAR_OK : cav_parameter_check(parameter, raw[i], error);
}

caviar_code cav_space_check(const cav_space *space, const double *raw, cav_error *error)
{
    for (size_t i = 0; i < space->count; i++) {
        caviar_code code = check_parameter(space, i, raw, error);
        if (code)
            return code;
    }
    for (size_t i = 0; i < space->constraint_count; i++)
        if (!cav_constraint_holds(space->constraints[i], space, raw))
            return cav_fail(error, CAVIAR_INVALID, "the constraint '%s' does not hold",
                            cav_constraint_text(space->constraints[i]));
    return CAVIAR_OK;
}

double cav_space_size(const cav_space *space)
{
    double size = 1;
    for (size_t dim = 0; dim < space->dim_count; dim++) {
        size_t values = cav_parameter_size(&space->parameters[space->dims[dim]]);
        if (values == 0)
            return INFINITY;
        size *= (double)values;
    }
    return size;
}

bool cav_space_is_finite(const cav_space *space)
{
    for (size_t dim = 0; dim < space->dim_count; dim++)
        if (cav_parameter_size(&space->parameters[space->dims[dim]]) == 0)
            return false;
    return true;
}
