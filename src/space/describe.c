/**
 * describe.c: a space back to public descriptions, and from them a copy.
 */
#include "space/space.h"

#include "space/constraint.h"

#include <math.h>
#include <stdlib.h>

static bool describe_conditions(const cav_space *space, const cav_parameter *parameter,
                                cav_arena *arena, caviar_parameter *ret)
{
    caviar_condition *when = CAV_ARENA_NEW(arena, caviar_condition, parameter->when_count);
    if (!when)
        return false;
    for (size_t i = 0; i < parameter->when_count; i++) {
        const cav_condition *from = &parameter->when[i];
        caviar_value *values = CAV_ARENA_NEW(arena, caviar_value, from->value_count);
        if (!values)
            return false;
        for (size_t j = 0; j < from->value_count; j++)
            values[j] = cav_parameter_value(&space->parameters[from->parent], from->values[j]);
        when[i] = (caviar_condition){.parent = from->parent_name,
                                     .values = values,
                                     .value_count = from->value_count,
                                     .low = from->low,
                                     .high = from->high};
    }
    ret->when = when;
    ret->when_count = parameter->when_count;
    return true;
}

caviar_parameter *cav_space_describe(const cav_space *space, size_t parameter, cav_arena *arena)
{
    const cav_parameter *from = &space->parameters[parameter];
    caviar_parameter *ret = CAV_ARENA_NEW(arena, caviar_parameter, 1);
    if (!ret || !describe_conditions(space, from, arena, ret))
        return NULL;
    bool limited = from->limit_low != from->low || from->limit_high != from->high;
    ret->name = from->name;
    ret->type = from->type;
    ret->scale = from->scale;
    ret->tier = from->tier;
    ret->live = from->live;
    ret->low = from->low;
    ret->high = from->high;
    ret->limit_low = limited ? from->limit_low : 0;
    ret->limit_high = limited ? from->limit_high : 0;
    ret->step = from->type == CAVIAR_TYPE_INT && from->step == 1 ? 0 : from->step;
    ret->step_factor = from->step_factor;
    ret->specials = from->specials;
    ret->special_count = from->special_count;
    ret->choices = from->choices;
    ret->choice_count = from->choice_count;
    if (from->type != CAVIAR_TYPE_CONSTANT && !isnan(from->initial))
        ret->initial = cav_parameter_value(from, from->initial);
    if (!isnan(from->prior))
        ret->prior = cav_parameter_value(from, from->prior);
    ret->confidence = from->confidence;
    return ret;
}

static caviar_code copy_parameters(const cav_space *from, cav_space *to, cav_error *error)
{
    cav_arena *arena = cav_arena_new();
    caviar_code code = arena ? CAVIAR_OK : cav_fail_memory(error);
    for (size_t i = 0; i < from->count && !code; i++) {
        const caviar_parameter *parameter = cav_space_describe(from, i, arena);
        code = parameter ? cav_space_add(to, parameter, error) : cav_fail_memory(error);
    }
    cav_arena_free(arena);
    return code;
}

cav_space *cav_space_copy(const cav_space *space, cav_error *error)
{
    cav_space *copy = caviar_space_new();
    if (!copy) {
        cav_fail_memory(error);
        return NULL;
    }
    caviar_code code = copy_parameters(space, copy, error);
    for (size_t i = 0; i < space->constraint_count && !code; i++)
        code = cav_space_constrain(copy, cav_constraint_text(space->constraints[i]), error);
    if (code) {
        caviar_space_free(copy);
        return NULL;
    }
    return copy;
}
