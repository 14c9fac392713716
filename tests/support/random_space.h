/**
 * random_space.h: valid parameters and spaces of every sort, drawn at random, for property tests.
 */
#ifndef CAV_TESTS_SUPPORT_RANDOM_SPACE_H
#define CAV_TESTS_SUPPORT_RANDOM_SPACE_H

#include "base/random.h"
#include "space/space.h"

enum { RANDOM_MOST_SPECIALS = 5, RANDOM_MOST_CHOICES = 9 };

/** A public description with the memory that it points to. Not to be copied. */
typedef struct random_parameter {
    caviar_parameter given;
    char name[32];
    double specials[RANDOM_MOST_SPECIALS];
    caviar_value choices[RANDOM_MOST_CHOICES];
    char texts[RANDOM_MOST_CHOICES][32];
} random_parameter;

/** What may come up. All false is everything. */
typedef struct random_limits {
    bool finite;    // only parameters of finitely many values, and few of them
    bool ordinary;  // no extreme ranges: what a person might write
    bool unlimited; // neither limits nor specials nor steps: the bare scales
} random_limits;

/** Draws a parameter of this type without conditions. `name` is copied. */
void random_parameter_draw(cav_random *random, caviar_type type, random_limits limits,
                           const char *name, random_parameter *ret_parameter);

/** Draws any type. */
caviar_type random_type(cav_random *random);

/** Draws a space of 1 to `most` parameters with conditions, nested ones among them. */
cav_space *random_space_new(cav_random *random, size_t most, random_limits limits);

/** A coordinate: mostly uniform, now and then an end, or as near to one as a double gets. */
double random_coordinate(cav_random *random);

/** Fills a point [dim_count] with such coordinates. */
void random_point(cav_random *random, const cav_space *space, double *ret_point);

/** Uniform on [low, high). */
double random_between(cav_random *random, double low, double high);

/** True once in so many times. */
bool random_once_in(cav_random *random, uint64_t times);

#endif
