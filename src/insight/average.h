/**
 * average.h: the surrogate's mean where one or two parameters have given values: Friedman's partial
 * dependence ("Greedy function approximation: a gradient boosting machine", Annals of Statistics
 * 29, 2001, section 8.2).
 *
 * The other parameters have the values of trials that were made (of so many, drawn evenly from the
 * best to the worst); the average of the surrogate's means there is the outcome. Of trials only
 * those count whose other parameters are active with these values, too. It is taken on the
 * surrogate's own scale, on which trials that went far wrong do not outweigh the others, and then
 * read back as a value of the metric.
 */
#ifndef CAV_INSIGHT_AVERAGE_H
#define CAV_INSIGHT_AVERAGE_H

#include "base/json.h"
#include "insight/smooth.h"

enum { CAV_AVERAGE_GRID = 28 }; // places along a continuum

typedef struct cav_average {
    const cav_smooth *smooth;
    size_t dims[2]; // [dim_count] coordinates that are given
    size_t dim_count;
    size_t *others; // [other_count] trials, by their place in the surrogate
    size_t other_count;
    double *points, *means; // room for as many points, and their means
    double *raw, *room;     // room for one configuration and one point
} cav_average;

/** Prepares for one or two parameters that vary; it lives in the arena. */
caviar_code cav_average_begin(const cav_smooth *smooth, const size_t *parameters, size_t count,
                              cav_arena *arena, cav_average *ret_average, cav_error *error);

/** The outcome at unit coordinates of the parameters; NaN where no trial can have these values. */
double cav_average_outcome(cav_average *average, const double *places);

/** The loss of an outcome: between those of the trials, on a line. */
double cav_average_loss(const cav_smooth *smooth, double outcome);

/** Unit coordinates along a parameter: each of a few values, else so many that lie evenly. */
double *cav_average_places(const cav_parameter *parameter, cav_arena *arena, size_t *ret_count);

/** Writes the key with the values at unit coordinates of a parameter. */
void cav_average_write_places(const cav_parameter *parameter, const char *key, const double *places,
                              size_t count, cav_json *json);

#endif
