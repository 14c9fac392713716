/**
 * gp_golden_space.h: the space of the points in gp_golden.h.
 */
#ifndef CAV_TESTS_GP_GOLDEN_SPACE_H
#define CAV_TESTS_GP_GOLDEN_SPACE_H

#include "support/literal.h"
#include "support/test.h"

#include "space/space.h"

enum { GOLDEN_DIMS = 4 };

/** x; c, one of three; s beside one special value; a, where c is its second choice. */
static inline cav_space *golden_space(void)
{
    const caviar_parameter parameters[GOLDEN_DIMS] = {
        {.name = "x", .high = 1},
        {.name = "c", .type = CATEGORICAL, CHOICES(TEXT("a"), TEXT("b"), TEXT("c"))},
        {.name = "s", .low = 1, .high = 2, SPECIALS(0)},
        {.name = "a", .high = 1, WHEN(HAS("c", TEXT("b")))},
    };
    cav_space *space = caviar_space_new();
    for (size_t i = 0; i < GOLDEN_DIMS; i++)
        assert_int_equal(caviar_space_add(space, &parameters[i]), CAVIAR_OK);
    return space;
}

/** Whether a coordinate of a golden point can be moved a little: c cannot, nor what is inactive,
 * nor s at its special value. */
static inline bool golden_is_smooth(const double *point, size_t dim)
{
    return dim != 1 && !isnan(point[dim]) && !(dim == 2 && point[dim] <= 0.1);
}

#endif
