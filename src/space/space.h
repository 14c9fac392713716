/**
 * space.h: parameters together: which are active, what is allowed, points of the unit cube.
 *
 * A point has one coordinate for each parameter that is varied ("dimension"); a configuration has
 * one raw value for each parameter. Both have NaN where a parameter is inactive.
 */
#ifndef CAV_SPACE_SPACE_H
#define CAV_SPACE_SPACE_H

#include "base/memory.h"
#include "space/parameter.h"

typedef struct cav_constraint cav_constraint;

struct caviar_space {
    cav_parameter *parameters; // [count], parents before their children
    size_t count, capacity;
    size_t *dims; // [dim_count] the parameter of each coordinate
    size_t dim_capacity, dim_count;
    cav_constraint **constraints;
    size_t constraint_count, constraint_capacity;
    cav_error error; // of the last public call
    bool is_partial; // a configuration may lack any parameter: trials name those that they have
};

typedef struct caviar_space cav_space;

/** Adds a parameter, whose parents must be there already. */
caviar_code cav_space_add(cav_space *space, const caviar_parameter *given, cav_error *error);

/**
 * The parameter as its public description, from which it could be added again. What the
 * description points to belongs to the space and the arena. NULL when out of memory.
 */
caviar_parameter *cav_space_describe(const cav_space *space, size_t parameter, cav_arena *arena);

/** Adds a constraint over the parameters that are there. */
caviar_code cav_space_constrain(cav_space *space, const char *expression, cav_error *error);

/** A deep copy; NULL on failure, with the error. The caller frees it. */
cav_space *cav_space_copy(const cav_space *space, cav_error *error);

/** Index of a parameter; `count` if there is none of that name. */
size_t cav_space_find(const cav_space *space, const char *name);

/** The coordinate of a parameter; `dim_count` if it is not varied. */
size_t cav_space_dim_of(const cav_space *space, size_t parameter);

/** CAVIAR_INVALID "no parameter 'x'; did you mean …". */
caviar_code cav_space_fail_unknown(const cav_space *space, const char *name, cav_error *error);

/** True if another parameter is conditional on this one. */
bool cav_space_is_parent(const cav_space *space, size_t parameter);

/** True where the conditions of a parameter hold, given the raw values of its parents. */
bool cav_space_is_active(const cav_space *space, size_t parameter, const double *raw);

/**
 * Turns a point into a configuration: ret_raw [count], NaN where inactive; ret_point [dim_count]
 * is that configuration's own point (cav_space_encode), so that points which mean the same come
 * out the same. ret_point may be `point` itself.
 */
void cav_space_decode(const cav_space *space, const double *point, double *ret_raw,
                      double *ret_point);

/** Writes into a point the defaults of those parameters that have one, or else where their best
 * values are believed to be. */
void cav_space_put_defaults(const cav_space *space, double *point);

/** The point of a configuration. */
void cav_space_encode(const cav_space *space, const double *raw, double *ret_point);

/** Checks a configuration: active parameters have values, in range; constraints hold. */
caviar_code cav_space_check(const cav_space *space, const double *raw, cav_error *error);

/** True unless a constraint is false. */
bool cav_space_is_feasible(const cav_space *space, const double *raw);

/** True if every parameter that is varied has finitely many values. */
bool cav_space_is_finite(const cav_space *space);

/**
 * The product of the numbers of values: how many configurations there are, or more where some
 * parameters are conditional. INFINITY for a continuum, and for more than a double holds.
 */
double cav_space_size(const cav_space *space);

#endif
