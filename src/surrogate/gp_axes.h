/**
 * gp_axes.h: how a point of the unit cube looks to a Gaussian process.
 *
 * Each coordinate is an axis of one of three kinds, with a length scale of its own:
 *
 *   plain    a number; may be warped by Kumaraswamy's distribution function
 *   arc      a number that is not always active: a point on an arc, or its centre where inactive
 *            (Swersky et al., "Raiders of the lost architecture", 2014)
 *   choice   values without order, of which only "same or not" counts; inactive is one more value
 *
 * A range with special values has a second axis, of choices: which special value, or none. An axis
 * becomes one column of the kernel's input, an arc two.
 */
#ifndef CAV_SURROGATE_GP_AXES_H
#define CAV_SURROGATE_GP_AXES_H

#include "space/space.h"

typedef enum cav_gp_axis_kind {
    CAV_GP_PLAIN,
    CAV_GP_ARC,
    CAV_GP_CHOICE,
} cav_gp_axis_kind;

typedef struct cav_gp_axis {
    cav_gp_axis_kind kind;
    size_t dim;      // coordinate of the space
    size_t column;   // of the kernel's input; an arc has the next one, too
    bool is_special; // a choice between a range and the special values beside it
    size_t extra;    // an arc: which of the arcs; a plain axis: which of the plain ones
} cav_gp_axis;

typedef struct cav_gp_axes {
    const cav_space *space;
    cav_gp_axis *axes; // [count] numbers first, then choices
    size_t count;
    size_t plain_count, arc_count;
    size_t column_count;
    size_t number_columns; // the first ones; the others are choices

    // the prior of the length scales' logarithms [count], the same for all processes on these axes
    double *length_means, *length_deviations;
} cav_gp_axes;

/** What is presumed of a length scale's logarithm before anything is known, of an axis of `count`:
 * the mean grows with the square root of the number of axes (Hvarfner, Hellsten, Nardi: "Vanilla
 * Bayesian optimization performs great in high dimensions", ICML 2024). */
double cav_gp_length_mean(size_t count);
#define CAV_GP_LENGTH_DEVIATION 1.2

/** The axes of a space, which must outlive them; NULL when out of memory. */
cav_gp_axes *cav_gp_axes_new(const cav_space *space);
void cav_gp_axes_free(cav_gp_axes *axes);

/**
 * Where the parameters of a Gaussian process on these axes stand: the logarithms of
 *   [count]       length scales
 *   [arc_count]   shares of half a turn that the arcs take
 *   [plain_count] two each, where the numbers are warped: Kumaraswamy's a, then b
 *   [1]           variance of the noise, in units of the signal's
 */
static inline size_t cav_gp_param_turn(const cav_gp_axes *axes)
{
    return axes->count;
}

static inline size_t cav_gp_param_warp(const cav_gp_axes *axes)
{
    return axes->count + axes->arc_count;
}

static inline size_t cav_gp_param_noise(const cav_gp_axes *axes, bool warps)
{
    return axes->count + axes->arc_count + (warps ? 2 * axes->plain_count : 0);
}

static inline size_t cav_gp_param_count(const cav_gp_axes *axes, bool warps)
{
    return cav_gp_param_noise(axes, warps) + 1;
}

/** A column's change with a parameter. */
typedef struct cav_gp_tangent {
    size_t column, param;
} cav_gp_tangent;

/** How many of them there are, beyond the length scales', which are the columns themselves. */
static inline size_t cav_gp_tangent_count(const cav_gp_axes *axes, bool warps)
{
    return 2 * axes->arc_count + (warps ? 2 * axes->plain_count : 0);
}

/** Which they are, in the order in which cav_gp_columns writes them. */
cav_gp_tangent cav_gp_tangent_at(const cav_gp_axes *axes, size_t index);

/**
 * The columns of a point [dim_count], in units of the length scales, to every stride-th of
 * ret_columns; what they change by with u to ret_slopes [column_count] and with the parameters to
 * ret_tangents [tangent count], where those are not NULL.
 */
void cav_gp_columns(const cav_gp_axes *axes, bool warps, const double *params, const double *point,
                    size_t stride, double *ret_columns, double *ret_slopes, double *ret_tangents);

#endif
