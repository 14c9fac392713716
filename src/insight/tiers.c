/**
 * tiers.c: comparing shares with tiers.
 */
#include "insight/tiers.h"

#include <math.h>

static const cav_parameter *parameter_of(const cav_space *space, const cav_importance *item)
{
    return &space->parameters[item->parameter];
}

static bool is_presumed(const cav_parameter *parameter)
{
    return parameter->tier != CAVIAR_TIER_UNSET;
}

// True where `more` was presumed to matter less than `less`, and surely matters more.
static bool contradicts(const cav_space *space, const cav_importance *more,
                        const cav_importance *less)
{
    const cav_parameter *a = parameter_of(space, more), *b = parameter_of(space, less);
    bool is_chance = more->chance >= CAV_IMPORTANCE_NOISE; // false where it is not known
    return is_presumed(a) && is_presumed(b) && a->tier > b->tier && more->low > less->high &&
           !is_chance;
}

size_t cav_tiers_compare(const cav_space *space, const cav_importance *items, size_t count,
                         size_t most, cav_text *text)
{
    size_t said = 0;
    for (size_t i = 0; i < count && said < most; i++) {
        size_t least = count; // of those that were presumed to matter more
        for (size_t k = i + 1; k < count; k++)
            if (contradicts(space, &items[i], &items[k]))
                least = k;
        if (least == count)
            continue;
        const cav_parameter *a = parameter_of(space, &items[i]);
        const cav_parameter *b = parameter_of(space, &items[least]);
        cav_text_appendf(text, "%shere %s (tier %s) matters more than %s (tier %s)",
                         said > 0 ? "\n" : "", a->name, caviar_tier_name(a->tier), b->name,
                         caviar_tier_name(b->tier));
        said++;
    }
    return said;
}
