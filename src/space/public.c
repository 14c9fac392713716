/**
 * public.c: the part of caviar.h that makes spaces.
 */
#include "space/constraint.h"
#include "space/space.h"

#include <stdlib.h>

caviar_space *caviar_space_new(void)
{
    return calloc(1, sizeof(caviar_space));
}

void caviar_space_free(caviar_space *space)
{
    if (!space)
        return;
    for (size_t i = 0; i < space->count; i++)
        cav_parameter_free(&space->parameters[i]);
    for (size_t i = 0; i < space->constraint_count; i++)
        cav_constraint_free(space->constraints[i]);
    free(space->parameters);
    free(space->dims);
    free(space->constraints);
    free(space);
}

const char *caviar_space_message(const caviar_space *space)
{
    return space->error.message;
}

caviar_code caviar_space_add(caviar_space *space, const caviar_parameter *parameter)
{
    return cav_space_add(space, parameter, &space->error);
}

caviar_code caviar_space_constrain(caviar_space *space, const char *expression)
{
    return cav_space_constrain(space, expression, &space->error);
}
