/**
 * curve_shapes.c: drawing the shapes.
 */
#include "surrogate/curve_shapes.h"

#include "base/random.h"

#include <math.h>
#include <string.h>

enum {
    BASES = 4,
    PLAIN = 30, // power laws, and as many exponentials
};

// One shape: a mixture of four bases, each with its own form and point of saturation.
typedef struct shape {
    double weights[BASES], forms[BASES], saturations[BASES], precisions[BASES], slopes[BASES];
} shape;

static double draw_exponential(cav_random *random)
{
    return -log1p(-cav_random_unit(random));
}

static shape draw_shape(size_t index)
{
    static const double log_mean[BASES] = {1, 0, -4, 0.5}, log_sd[BASES] = {1, 1, 1, 0.5};
    cav_random random = cav_random_stream(0, index, CAV_PURPOSE_CURVES, 0);
    shape drawn;
    double total = 0;
    for (size_t b = 0; b < BASES; b++)
        total += drawn.weights[b] = draw_exponential(&random); // Dirichlet(1, 1, 1, 1)
    for (size_t b = 0; b < BASES; b++) {
        drawn.weights[b] /= total;
        drawn.forms[b] = exp(log_mean[b] + log_sd[b] * cav_random_normal(&random));
        drawn.saturations[b] = pow(10, cav_random_normal(&random));
        drawn.precisions[b] = pow(10, 3 * cav_random_unit(&random));
        drawn.slopes[b] = 1 - draw_exponential(&random);
    }
    return drawn;
}

// A base at x, the share of the horizon; z is the same in units of its saturation.
static double base_at(const shape *at, size_t b, double x)
{
    double saturation = at->saturations[b], form = at->forms[b], precision = at->precisions[b];
    if (x > saturation)
        x = fmax(0, at->slopes[b] * (x - saturation) + saturation);
    double z = x / saturation;
    switch (b) {
    case 0:
        return pow((pow(precision, 1 / form) - 1) * z + 1, -form);
    case 1:
        return pow(precision, -pow(z, form));
    case 2:
        form += 1;
        return z > 0 ? log(form) / log((pow(form, precision) - form) * z + form) : 1;
    default:
        return 1 / (pow(z, form) * (precision - 1) + 1);
    }
}

static double shape_at(const shape *at, double x)
{
    double sum = 0;
    for (size_t b = 0; b < BASES; b++)
        sum += at->weights[b] * base_at(at, b, x);
    return sum;
}

// t^-a with a from 0.1 to 3; exp(-t / b) with b from a hundredth of the horizon to all of it.
static double plain_at(size_t index, double step, double horizon)
{
    double share = (double)(index % PLAIN) / (PLAIN - 1);
    if (index < PLAIN)
        return pow(step, -0.1 * pow(30, share));
    return exp(-step / (horizon * pow(100, share - 1)));
}

// Counts the shape from its value at the horizon, in units of what it falls at most.
static void pin(cav_curve_shapes *shapes, size_t k)
{
    double end = shapes->values[shapes->node_count - 1][k], least = end;
    for (size_t i = 0; i < shapes->node_count; i++)
        least = fmin(least, shapes->values[i][k]);
    for (size_t i = 0; i < shapes->node_count; i++) {
        double *value = &shapes->values[i][k],
               left = 1 - shapes->steps[i] / (double)shapes->horizon;
        *value = 1 - least > 1e-3 ? (*value - end) / (1 - least) : left; // else a straight line
    }
}

void cav_curve_shapes_draw(cav_curve_shapes *shapes, int64_t horizon)
{
    shapes->horizon = horizon;
    bool all = horizon <= CAV_CURVE_NODES;
    shapes->node_count = all ? (size_t)horizon : CAV_CURVE_NODES;
    double last = (double)horizon, count = (double)shapes->node_count;
    for (size_t i = 0; i < shapes->node_count; i++)
        shapes->steps[i] = all ? (double)i + 1 : pow(last, (double)i / (count - 1));
    for (size_t k = 0; k < CAV_CURVE_SHAPES; k++) {
        shape drawn = draw_shape(k);
        for (size_t i = 0; i < shapes->node_count; i++)
            shapes->values[i][k] = k < 2 * (size_t)PLAIN
                                       ? plain_at(k, shapes->steps[i], last)
                                       : shape_at(&drawn, shapes->steps[i] / last);
        pin(shapes, k);
    }
}

// The last node that is not after the step.
static size_t node_before(const cav_curve_shapes *shapes, double step)
{
    size_t low = 0, high = shapes->node_count - 1;
    while (low < high) {
        size_t middle = (low + high + 1) / 2;
        if (shapes->steps[middle] <= step)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

void cav_curve_shapes_at(const cav_curve_shapes *shapes, double step, double *ret_values)
{
    size_t node = node_before(shapes, step);
    const double *low = shapes->values[node];
    if (node + 1 == shapes->node_count || step <= shapes->steps[node]) {
        memcpy(ret_values, low, sizeof shapes->values[0]);
        return;
    }
    const double *high = shapes->values[node + 1];
    double from = shapes->steps[node], share = (step - from) / (shapes->steps[node + 1] - from);
    for (size_t k = 0; k < CAV_CURVE_SHAPES; k++)
        ret_values[k] = low[k] + share * (high[k] - low[k]);
}
