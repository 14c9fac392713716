/**
 * student.h: Student's t distribution.
 */
#ifndef CAV_BASE_STUDENT_H
#define CAV_BASE_STUDENT_H

#include <stddef.h>

/** P(T > t) with `freedom` degrees of freedom, at least 1. */
double cav_student_tail(double t, size_t freedom);

#endif
