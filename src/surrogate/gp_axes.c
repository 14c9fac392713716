/**
 * gp_axes.c: points to columns.
 *
 * An arc of length scale l that takes the share rho of half a turn has the radius
 * a = 1 / (l pi rho): close points on it are as far apart as on a plain axis, and all of them are a
 * away from the centre, where the inactive ones are.
 */
#include "surrogate/gp_axes.h"

#include <math.h>
#include <stdlib.h>

static const double edge = 1e-6; // warped coordinates keep away from 0 and 1

static bool is_choice(const cav_parameter *parameter)
{
    return parameter->axis == CAV_AXIS_CHOICES;
}

static void add(cav_gp_axes *axes, cav_gp_axis_kind kind, size_t dim, bool is_special)
{
    cav_gp_axis *axis = &axes->axes[axes->count++];
    *axis = (cav_gp_axis){
        .kind = kind, .dim = dim, .column = axes->column_count, .is_special = is_special};
    axes->column_count += kind == CAV_GP_ARC ? 2 : 1;
    if (kind == CAV_GP_PLAIN)
        axis->extra = axes->plain_count++;
    if (kind == CAV_GP_ARC)
        axis->extra = axes->arc_count++;
}

cav_gp_axes *cav_gp_axes_new(const cav_space *space)
{
    cav_gp_axes *axes = calloc(1, sizeof *axes);
    if (!axes)
        return NULL;
    axes->space = space;
    axes->axes = calloc(2 * space->dim_count + 1, sizeof *axes->axes);
    if (!axes->axes) {
        free(axes);
        return NULL;
    }
    for (size_t dim = 0; dim < space->dim_count; dim++) {
        const cav_parameter *parameter = &space->parameters[space->dims[dim]];
        if (!is_choice(parameter))
            add(axes, parameter->when_count ? CAV_GP_ARC : CAV_GP_PLAIN, dim, false);
    }
    axes->number_columns = axes->column_count;
    for (size_t dim = 0; dim < space->dim_count; dim++) {
        const cav_parameter *parameter = &space->parameters[space->dims[dim]];
        if (is_choice(parameter) || parameter->special_count > 0)
            add(axes, CAV_GP_CHOICE, dim, !is_choice(parameter));
    }
    axes->length_means = malloc((2 * axes->count + 1) * sizeof *axes->length_means);
    if (!axes->length_means) {
        cav_gp_axes_free(axes);
        return NULL;
    }
    axes->length_deviations = axes->length_means + axes->count;
    for (size_t i = 0; i < axes->count; i++) {
        axes->length_means[i] = cav_gp_length_mean(axes->count);
        axes->length_deviations[i] = CAV_GP_LENGTH_DEVIATION;
    }
    return axes;
}

double cav_gp_length_mean(size_t count)
{
    return log(0.5) + 0.5 * log((double)count);
}

void cav_gp_axes_free(cav_gp_axes *axes)
{
    if (!axes)
        return;
    free(axes->axes);
    free(axes->length_means);
    free(axes);
}

cav_gp_tangent cav_gp_tangent_at(const cav_gp_axes *axes, size_t index)
{
    bool of_arc = index < 2 * axes->arc_count;
    size_t extra = (of_arc ? index : index - 2 * axes->arc_count) / 2;
    for (size_t i = 0; i < axes->count; i++) {
        const cav_gp_axis *axis = &axes->axes[i];
        if (axis->extra != extra || axis->kind != (of_arc ? CAV_GP_ARC : CAV_GP_PLAIN))
            continue;
        if (of_arc)
            return (cav_gp_tangent){axis->column + index % 2, cav_gp_param_turn(axes) + extra};
        return (cav_gp_tangent){axis->column, cav_gp_param_warp(axes) + 2 * extra + index % 2};
    }
    return (cav_gp_tangent){0};
}

typedef struct column_values {
    double value, slope, tangents[2];
} column_values;

// Kumaraswamy's distribution function 1 - (1 - u^a)^b.
static column_values warp(double u, double a, double b)
{
    u = fmin(fmax(u, edge), 1 - edge);
    double log_u = log(u), power = exp(a * log_u), log_rest = log1p(-power);
    double rest = exp(b * log_rest);
    double by_power = b * rest / (1 - power); // d value / d power
    return (column_values){.value = 1 - rest,
                           .slope = by_power * a * power / u,
                           .tangents = {by_power * power * log_u * a, -rest * log_rest * b}};
}

static column_values plain(const cav_gp_axes *axes, const cav_gp_axis *axis, bool warps,
                           const double *params, double u)
{
    column_values at = {.value = u, .slope = 1};
    if (warps) {
        const double *shape = params + cav_gp_param_warp(axes) + 2 * axis->extra;
        at = warp(u, exp(shape[0]), exp(shape[1]));
    }
    double inverse = exp(-params[axis - axes->axes]);
    at.value *= inverse;
    at.slope *= inverse;
    at.tangents[0] *= inverse;
    at.tangents[1] *= inverse;
    return at;
}

static void arc(const cav_gp_axes *axes, const cav_gp_axis *axis, const double *params, double u,
                column_values ret_at[2])
{
    if (isnan(u)) {
        ret_at[0] = ret_at[1] = (column_values){0};
        return;
    }
    double turn = M_PI * exp(params[cav_gp_param_turn(axes) + axis->extra]);
    double radius = exp(-params[axis - axes->axes]) / turn;
    double sine = radius * sin(turn * u), cosine = radius * cos(turn * u);
    ret_at[0] = (column_values){sine, turn * cosine, {turn * u * cosine - sine, 0}};
    ret_at[1] = (column_values){cosine, -turn * sine, {-turn * u * sine - cosine, 0}};
}

// Choices are told apart by their coordinates, ranges beside special values by one that none has.
static double choice(const cav_gp_axes *axes, const cav_gp_axis *axis, double u)
{
    const cav_parameter *parameter = &axes->space->parameters[axes->space->dims[axis->dim]];
    if (isnan(u))
        return -1;
    return axis->is_special && u >= parameter->special_share ? 2 : u;
}

static void put(const column_values *at, size_t column, size_t stride, double *columns,
                double *slopes)
{
    columns[column * stride] = at->value;
    if (slopes)
        slopes[column] = at->slope;
}

void cav_gp_columns(const cav_gp_axes *axes, bool warps, const double *params, const double *point,
                    size_t stride, double *ret_columns, double *ret_slopes, double *ret_tangents)
{
    for (size_t i = 0; i < axes->count; i++) {
        const cav_gp_axis *axis = &axes->axes[i];
        double u = point[axis->dim];
        column_values at[2] = {{0}};
        if (axis->kind == CAV_GP_PLAIN) {
            at[0] = plain(axes, axis, warps, params, u);
        } else if (axis->kind == CAV_GP_ARC) {
            arc(axes, axis, params, u, at);
            put(&at[1], axis->column + 1, stride, ret_columns, ret_slopes);
        } else {
            at[0].value = choice(axes, axis, u);
        }
        put(&at[0], axis->column, stride, ret_columns, ret_slopes);
        if (!ret_tangents)
            continue;
        for (size_t k = 0; k < 2; k++) {
            if (axis->kind == CAV_GP_ARC)
                ret_tangents[2 * axis->extra + k] = at[k].tangents[0];
            else if (axis->kind == CAV_GP_PLAIN && warps)
                ret_tangents[2 * axes->arc_count + 2 * axis->extra + k] = at[0].tangents[k];
        }
    }
}
