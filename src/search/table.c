/**
 * table.c: the table of samplers; opening one by name.
 */
#include "search/sampler.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const cav_sampler_type *const cav_samplers[] = {
#define X(type) &type,
    CAV_SAMPLERS(X)
#undef X
};
const size_t cav_sampler_count = sizeof cav_samplers / sizeof cav_samplers[0];

caviar_code cav_sampler_find(const char *name, const cav_sampler_type **ret_type, cav_error *error)
{
    const char *names[sizeof cav_samplers / sizeof cav_samplers[0]];
    for (size_t i = 0; i < cav_sampler_count; i++) {
        names[i] = cav_samplers[i]->name;
        if (strcmp(names[i], name) == 0) {
            *ret_type = cav_samplers[i];
            return CAVIAR_OK;
        }
    }
    char hint[CAV_HINT_SIZE];
    cav_text_hint(name, names, cav_sampler_count, hint);
    return cav_fail(error, CAVIAR_INVALID, "unknown sampler '%s'%s", name, hint);
}

// Names those that follow several.
static caviar_code fail_one_metric(const char *name, size_t metric_count, cav_error *error)
{
    cav_text others = {0};
    for (size_t i = 0; i < cav_sampler_count; i++)
        if (!cav_samplers[i]->one_metric && !cav_samplers[i]->first_metric)
            cav_text_appendf(&others, "%s%s", others.size ? ", " : "", cav_samplers[i]->name);
    caviar_code code =
        others.failed ? cav_fail_memory(error)
                      : cav_fail(error, CAVIAR_INVALID,
                                 "sampler '%s' follows one metric, and there are %zu: take one of "
                                 "%s",
                                 name, metric_count, cav_text_get(&others));
    cav_text_free(&others);
    return code;
}

caviar_code cav_sampler_open(cav_sampler *sampler, const char *name, const cav_option_value *given,
                             size_t given_count, const cav_sampler_setup *setup, cav_error *error)
{
    *sampler = (cav_sampler){0};
    const cav_sampler_type *type = NULL;
    caviar_code code = cav_sampler_find(name, &type, error);
    if (code)
        return code;
    if (type->one_metric && setup->metric_count > 1)
        return fail_one_metric(name, setup->metric_count, error);
    void *settings = calloc(1, type->settings_size + 1);
    if (!settings)
        return cav_fail_memory(error);
    char owner[64];
    snprintf(owner, sizeof owner, "sampler %s", name);
    code = cav_options_read(type->options, type->option_count, owner, given, given_count, settings,
                            error);
    cav_sampler_setup shaped = *setup;
    if (setup->shape && type->follows_conditions)
        shaped.space = setup->shape;
    if (!code)
        code = type->create(&shaped, settings, &sampler->state, error);
    if (code) {
        free(settings);
        return code;
    }
    sampler->type = type;
    sampler->settings = settings;
    return CAVIAR_OK;
}

void cav_sampler_close(cav_sampler *sampler)
{
    if (sampler->type)
        sampler->type->destroy(sampler->state);
    free(sampler->settings);
    *sampler = (cav_sampler){0};
}
