/**
 * tpe_model.c: which coordinates are apart, and the product of the densities.
 */
#include "search/tpe_model.h"

#include <math.h>
#include <stdlib.h>

typedef struct density_pair {
    cav_mixture *good, *other;
} density_pair;

struct cav_tpe_model {
    double prior;
    density_pair joint, *apart; // [apart_count]
    size_t *dims;               // [dim_count] the joint ones, then those apart
    size_t *apart_dims;         // [apart_count] the latter
    size_t apart_count;
    cav_mixture_place *places; // [dim_count] of one configuration
};

static void free_pair(density_pair *pair)
{
    cav_mixture_free(pair->good);
    cav_mixture_free(pair->other);
}

static bool init_pair(density_pair *pair, const cav_space *space, cav_mixture_options options,
                      const size_t *dims, size_t count)
{
    options.dims = dims;
    options.dim_count = count;
    pair->good = cav_mixture_new(space, &options);
    pair->other = cav_mixture_new(space, &options);
    return pair->good && pair->other;
}

void cav_tpe_model_free(cav_tpe_model *model)
{
    if (!model)
        return;
    free_pair(&model->joint);
    for (size_t i = 0; i < model->apart_count; i++)
        free_pair(&model->apart[i]);
    free(model->apart);
    free(model->dims);
    free(model->places);
    free(model);
}

static bool is_apart(const cav_space *space, size_t dim)
{
    size_t parameter = space->dims[dim];
    return space->parameters[parameter].when_count > 0 && !cav_space_is_parent(space, parameter);
}

static bool init(cav_tpe_model *model, const cav_space *space, const cav_tpe_model_options *options)
{
    size_t dims = space->dim_count, joint_count = 0;
    model->prior = options->prior;
    model->dims = calloc(dims + 1, sizeof *model->dims);
    model->apart = calloc(dims + 1, sizeof *model->apart);
    model->places = calloc(dims + 1, sizeof *model->places);
    if (!model->dims || !model->apart || !model->places)
        return false;
    for (size_t dim = 0; dim < dims; dim++)
        if (!options->is_apart || !is_apart(space, dim))
            model->dims[joint_count++] = dim;
    for (size_t dim = 0; dim < dims; dim++)
        if (options->is_apart && is_apart(space, dim))
            model->dims[joint_count + model->apart_count++] = dim;
    model->apart_dims = model->dims + joint_count;
    if (!init_pair(&model->joint, space, options->mixture, model->dims, joint_count))
        return false;
    for (size_t i = 0; i < model->apart_count; i++)
        if (!init_pair(&model->apart[i], space, options->mixture, &model->apart_dims[i], 1))
            return false;
    return true;
}

cav_tpe_model *cav_tpe_model_new(const cav_space *space, const cav_tpe_model_options *options)
{
    cav_tpe_model *model = calloc(1, sizeof *model);
    if (model && init(model, space, options))
        return model;
    cav_tpe_model_free(model);
    return NULL;
}

static caviar_code fit(cav_mixture *mixture, double prior, const cav_history *history,
                       const cav_tpe_group *group, cav_error *error)
{
    double total = 0;
    for (size_t i = 0; i < group->count; i++)
        total += group->weights[i];
    double mean = group->count ? total / (double)group->count : 1;
    return cav_mixture_fit(mixture, history, group->rows, group->weights, group->count,
                           prior * mean, error);
}

static caviar_code fit_pair(const density_pair *pair, double prior, const cav_history *history,
                            const cav_tpe_group *good, const cav_tpe_group *other, cav_error *error)
{
    caviar_code code = fit(pair->good, prior, history, good, error);
    return code ? code : fit(pair->other, prior, history, other, error);
}

caviar_code cav_tpe_model_fit_joint(cav_tpe_model *model, const cav_history *history,
                                    const cav_tpe_group *good, const cav_tpe_group *other,
                                    cav_error *error)
{
    return fit_pair(&model->joint, model->prior, history, good, other, error);
}

caviar_code cav_tpe_model_fit_apart(cav_tpe_model *model, cav_tpe_part *part, cav_error *error)
{
    caviar_code code = CAVIAR_OK;
    for (size_t i = 0; i < model->apart_count && !code; i++) {
        code = cav_tpe_part_take_active(part, model->apart_dims[i], error);
        if (!code)
            code = fit_pair(&model->apart[i], model->prior, part->history, &part->good,
                            &part->other, error);
    }
    return code;
}

void cav_tpe_model_draw(const cav_tpe_model *model, cav_random *random, double *ret_point)
{
    cav_mixture_draw(model->joint.good, random, ret_point);
    for (size_t i = 0; i < model->apart_count; i++)
        cav_mixture_draw(model->apart[i].good, random, ret_point);
}

static double log_ratio(const density_pair *pair, cav_mixture_place *places, const double *point,
                        const double *raw)
{
    cav_mixture_locate(pair->good, point, raw, places);
    return cav_mixture_log_density(pair->good, places) -
           cav_mixture_log_density(pair->other, places);
}

double cav_tpe_model_log_ratio(cav_tpe_model *model, const double *point, const double *raw)
{
    double sum = log_ratio(&model->joint, model->places, point, raw);
    for (size_t i = 0; i < model->apart_count; i++)
        if (!isnan(point[model->apart_dims[i]]))
            sum += log_ratio(&model->apart[i], model->places, point, raw);
    return sum;
}
