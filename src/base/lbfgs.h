/**
 * lbfgs.h: minimising a smooth function in a box.
 */
#ifndef CAV_BASE_LBFGS_H
#define CAV_BASE_LBFGS_H

#include <stddef.h>

/** The function: writes its gradient [count] at x [count]; NaN or infinity where it has no value.
 */
typedef double cav_lbfgs_function(void *context, const double *x, double *ret_gradient);

typedef struct cav_lbfgs {
    size_t count;
    const double *low, *high;  // [count] the box
    size_t most_steps;         // iterations
    size_t most_calls;         // of the function
    double gradient_tolerance; // ends where no component of the projected gradient is larger
    double value_tolerance;    // ends where a step has gained less, relative to 1 + |value|
} cav_lbfgs;

/** Doubles that the work space needs. */
size_t cav_lbfgs_work_size(size_t count);

/**
 * Improves x [count], which is first moved into the box, and returns its value. Never makes it
 * worse. `work` is room for cav_lbfgs_work_size doubles.
 */
double cav_lbfgs_minimize(const cav_lbfgs *settings, cav_lbfgs_function *function, void *context,
                          double *x, double *work);

#endif
