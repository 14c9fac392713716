/**
 * fuzz_constraint.c: any bytes as a constraint. Whatever it is, it compiles or is refused, and is
 * evaluated in a short time; a copy of the space has it again, and it holds there alike.
 */
#include "space/space.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static cav_space *make_space(void)
{
    const caviar_value choices[] = {{.kind = CAVIAR_KIND_TEXT, .text = "adam"},
                                    {.kind = CAVIAR_KIND_TEXT, .text = "it's"}};
    cav_space *space = caviar_space_new();
    if (!space || caviar_space_add(space, &(caviar_parameter){.name = "lr", .low = 0, .high = 1}) ||
        caviar_space_add(space, &(caviar_parameter){.name = "weight-decay", .low = 0, .high = 1}) ||
        caviar_space_add(space, &(caviar_parameter){.name = "opt",
                                                    .type = CAVIAR_TYPE_CATEGORICAL,
                                                    .choices = choices,
                                                    .choice_count = 2}))
        abort();
    return space;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const double points[][3] = {{0, 1, 0}, {0.5, NAN, 1}, {1, 1e-300, NAN}};
    cav_error error;
    cav_space *space = make_space(), *copy;
    char *text = malloc(size + 1);
    if (!text)
        abort();
    memcpy(text, bytes, size);
    text[size] = '\0';
    if (!caviar_space_constrain(space, text)) {
        copy = cav_space_copy(space, &error);
        if (!copy)
            abort();
        for (size_t i = 0; i < 3; i++)
            if (cav_space_is_feasible(space, points[i]) != cav_space_is_feasible(copy, points[i]))
                abort();
        caviar_space_free(copy);
    } else if (!caviar_space_message(space)[0]) {
        abort();
    }
    free(text);
    caviar_space_free(space);
    return 0;
}
