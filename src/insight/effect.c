/**
 * effect.c: parameter by parameter.
 */
#include "insight/effect.h"

#include "insight/average.h"

static caviar_code make_one(const cav_smooth *smooth, size_t parameter, cav_arena *arena,
                            cav_effect *ret_effect, cav_error *error)
{
    cav_effect it = {.parameter = parameter};
    cav_average average;
    caviar_code code = cav_average_begin(smooth, &parameter, 1, arena, &average, error);
    if (code)
        return code;
    it.places = cav_average_places(&smooth->space->parameters[parameter], arena, &it.count);
    it.losses = CAV_ARENA_NEW(arena, double, it.count);
    if (!it.places || !it.losses)
        return cav_fail_memory(error);
    for (size_t i = 0; i < it.count; i++)
        it.losses[i] = cav_average_loss(smooth, cav_average_outcome(&average, &it.places[i]));
    *ret_effect = it;
    return CAVIAR_OK;
}

caviar_code cav_effects_make(const cav_smooth *smooth, cav_arena *arena, cav_effects *ret_effects,
                             cav_error *error)
{
    const cav_space *space = smooth->space;
    cav_effects it = {.space = space, .trial_count = smooth->trial_count, .skill = smooth->skill};
    it.items = CAV_ARENA_NEW(arena, cav_effect, space->dim_count + 1);
    caviar_code code = it.items ? CAVIAR_OK : cav_fail_memory(error);
    for (size_t dim = 0; dim < space->dim_count && !code; dim++)
        code = make_one(smooth, space->dims[dim], arena, &it.items[dim], error);
    if (!code)
        *ret_effects = it;
    return code;
}

static void write_one(const cav_space *space, const cav_effect *at, double sign, cav_json *json)
{
    const cav_parameter *parameter = &space->parameters[at->parameter];
    cav_json_begin_object(json);
    cav_json_add_string(json, "parameter", parameter->name);
    cav_average_write_places(parameter, "at", at->places, at->count, json);
    cav_json_key(json, "means");
    cav_json_begin_array(json);
    for (size_t i = 0; i < at->count; i++)
        cav_json_number(json, sign * at->losses[i]);
    cav_json_end_array(json);
    cav_json_end_object(json);
}

void cav_effects_write(const cav_effects *effects, bool maximize, cav_json *json)
{
    cav_json_add_int(json, "trials", (int64_t)effects->trial_count);
    cav_json_add_number(json, "explained", effects->skill);
    cav_json_key(json, "effects");
    cav_json_begin_array(json);
    for (size_t dim = 0; dim < effects->space->dim_count; dim++)
        write_one(effects->space, &effects->items[dim], maximize ? -1 : 1, json);
    cav_json_end_array(json);
}
