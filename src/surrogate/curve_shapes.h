/**
 * curve_shapes.h: a dictionary of shapes that learning curves have.
 *
 * A shape falls from 1 before the first step to 0 at the horizon: the share of the way to its end
 * that a curve has still to go. (One that comes back is below 0 in between, and begins below 1.) So
 * a curve's value at the horizon is a coefficient of its own, which the curves that went there show
 * plainly. The shapes are drawn once, from a fixed stream, from the prior over curves
 * of Rakotoarison, Adriaensen, Mallik, Garibov, Bergman, Hutter: "In-context freeze-thaw Bayesian
 * optimization for hyperparameter optimization" (ifBO), ICML 2024: mixtures of a power law, an
 * exponential, a logarithm and a Hill curve, with a point of saturation after which a curve goes on
 * flatter, stays, or comes back. The first few are plain power laws and exponentials of the step,
 * which are frequent in practice and rare in that prior.
 */
#ifndef CAV_SURROGATE_CURVE_SHAPES_H
#define CAV_SURROGATE_CURVE_SHAPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CAV_CURVE_SHAPES = 304, // whole vectors
    CAV_CURVE_NODES = 64,   // at most
};

/** The shapes at steps up to a horizon, on nodes between which they are interpolated. */
typedef struct cav_curve_shapes {
    int64_t horizon;
    size_t node_count;
    double steps[CAV_CURVE_NODES]; // [node_count] increasing, the last one the horizon
    double values[CAV_CURVE_NODES][CAV_CURVE_SHAPES];
} cav_curve_shapes;

/** Draws them for steps 1 to `horizon`; each step is a node where there are no more than nodes. */
void cav_curve_shapes_draw(cav_curve_shapes *shapes, int64_t horizon);

/** All shapes at a step (at least 1, at most the horizon): ret_values [CAV_CURVE_SHAPES]. */
void cav_curve_shapes_at(const cav_curve_shapes *shapes, double step, double *ret_values);

#endif
