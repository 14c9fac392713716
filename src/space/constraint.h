/**
 * constraint.h: expressions over parameters that must not be false.
 */
#ifndef CAV_SPACE_CONSTRAINT_H
#define CAV_SPACE_CONSTRAINT_H

#include "space/space.h"

/**
 * Compiles an expression. It is evaluated by SQLite, on a connection of its own that has no
 * tables, may call only plain functions and is cut off when it takes too long.
 */
caviar_code cav_constraint_new(const cav_space *space, const char *expression,
                               cav_constraint **ret_constraint, cav_error *error);
void cav_constraint_free(cav_constraint *constraint);

/** Appends the expression that a choice is not taken: "act" <> 'tanh'. */
void cav_constraint_exclude(const cav_parameter *parameter, double choice, cav_text *text);

const char *cav_constraint_text(const cav_constraint *constraint);

/** True unless the expression is false (0) for this configuration; NULL and errors count as true.
 */
bool cav_constraint_holds(cav_constraint *constraint, const cav_space *space, const double *raw);

#endif
