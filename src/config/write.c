/**
 * write.c: a spec back to a study file, as JSON.
 */
#include "config/spec.h"

#include "base/number.h"
#include "space/constraint.h"

#include <math.h>

static void write_when(cav_json *json, const caviar_parameter *from)
{
    if (from->when_count == 0)
        return;
    cav_json_key(json, "when");
    cav_json_begin_object(json);
    for (size_t i = 0; i < from->when_count; i++) {
        const caviar_condition *condition = &from->when[i];
        cav_json_key(json, condition->parent);
        if (condition->value_count > 0) {
            cav_json_values(json, condition->values, condition->value_count);
            continue;
        }
        cav_json_begin_object(json);
        if (isfinite(condition->low))
            cav_json_add_number(json, "low", condition->low);
        if (isfinite(condition->high))
            cav_json_add_number(json, "high", condition->high);
        cav_json_end_object(json);
    }
    cav_json_end_object(json);
}

static void write_range(cav_json *json, const caviar_parameter *from)
{
    if (from->scale != CAVIAR_SCALE_LINEAR)
        cav_json_add_string(json, "scale", caviar_scale_name(from->scale));
    cav_json_add_number(json, "low", from->low);
    cav_json_add_number(json, "high", from->high);
    if (from->limit_low != 0 || from->limit_high != 0) {
        cav_json_key(json, "limits");
        cav_json_begin_array(json);
        cav_json_number(json, from->limit_low);
        cav_json_number(json, from->limit_high);
        cav_json_end_array(json);
    }
    if (from->step != 0)
        cav_json_add_number(json, "step", from->step);
    if (from->step_factor != 0) {
        char step[CAV_NUMBER_SIZE + 1] = "x";
        cav_number_print(from->step_factor, step + 1);
        cav_json_add_string(json, "step", step);
    }
    if (from->special_count > 0) {
        cav_json_key(json, "special");
        cav_json_begin_array(json);
        for (size_t i = 0; i < from->special_count; i++)
            cav_json_number(json, from->specials[i]);
        cav_json_end_array(json);
    }
}

static void write_parameter(cav_json *json, const caviar_parameter *from)
{
    cav_json_begin_object(json);
    cav_json_add_string(json, "type", caviar_type_name(from->type));
    if (from->type == CAVIAR_TYPE_CONSTANT) {
        cav_json_key(json, "value");
        cav_json_value(json, &from->choices[0]);
    } else if (from->choice_count > 0) {
        cav_json_add_values(json, "choices", from->choices, from->choice_count);
    } else {
        write_range(json, from);
    }
    if (from->initial.kind != CAVIAR_KIND_NONE) {
        cav_json_key(json, "default");
        cav_json_value(json, &from->initial);
    }
    if (from->prior.kind != CAVIAR_KIND_NONE) {
        cav_json_key(json, "prior");
        cav_json_begin_object(json);
        cav_json_key(json, "value");
        cav_json_value(json, &from->prior);
        cav_json_add_string(json, "confidence", caviar_confidence_name(from->confidence));
        cav_json_end_object(json);
    }
    if (from->tier != CAVIAR_TIER_UNSET)
        cav_json_add_string(json, "tier", caviar_tier_name(from->tier));
    if (from->live != CAVIAR_LIVE_UNSET) {
        cav_json_key(json, "live");
        cav_json_bool(json, from->live == CAVIAR_LIVE_YES);
    }
    write_when(json, from);
    cav_json_end_object(json);
}

void cav_space_write_parameter(const cav_space *space, size_t parameter, cav_json *json)
{
    cav_arena *arena = cav_arena_new();
    const caviar_parameter *from = arena ? cav_space_describe(space, parameter, arena) : NULL;
    if (from)
        write_parameter(json, from);
    else
        json->text->failed = true;
    cav_arena_free(arena);
}

void cav_space_write_sections(const cav_space *space, cav_json *json)
{
    cav_json_key(json, "space");
    cav_json_begin_object(json);
    for (size_t i = 0; i < space->count; i++) {
        cav_json_key(json, space->parameters[i].name);
        cav_space_write_parameter(space, i, json);
    }
    cav_json_end_object(json);
    if (space->constraint_count == 0)
        return;
    cav_json_key(json, "constraints");
    cav_json_begin_array(json);
    for (size_t i = 0; i < space->constraint_count; i++)
        cav_json_string(json, cav_constraint_text(space->constraints[i]));
    cav_json_end_array(json);
}

static void write_metric(const cav_metric_spec *metric, cav_json *json)
{
    cav_json_begin_object(json);
    cav_json_add_string(json, "name", metric->name);
    cav_json_add_string(json, "direction", metric->maximize ? "maximize" : "minimize");
    if (metric->pattern)
        cav_json_add_string(json, "pattern", metric->pattern);
    cav_json_end_object(json);
}

static void write_metrics(const cav_spec *spec, cav_json *json)
{
    cav_json_key(json, "metrics");
    cav_json_begin_array(json);
    for (size_t i = 0; i < spec->metric_count; i++)
        write_metric(&spec->metrics[i], json);
    cav_json_end_array(json);
}

static void add_duration(cav_json *json, const char *key, int64_t ms)
{
    cav_text text = {0};
    cav_text_appendf(&text, "%lldms", (long long)ms);
    cav_json_add_string(json, key, cav_text_get(&text));
    json->text->failed |= text.failed;
    cav_text_free(&text);
}

static void write_budget(const cav_budget *budget, cav_json *json)
{
    if (budget->trials == 0 && budget->time_ms == 0 && budget->steps == 0)
        return;
    cav_json_key(json, "budget");
    cav_json_begin_object(json);
    if (budget->trials)
        cav_json_add_int(json, "trials", budget->trials);
    if (budget->time_ms)
        add_duration(json, "time", budget->time_ms);
    if (budget->steps)
        cav_json_add_int(json, "steps", budget->steps);
    cav_json_end_object(json);
}

static void write_choice(const char *key, const cav_choice *choice, cav_json *json)
{
    cav_json_key(json, key);
    if (choice->option_count == 0) {
        cav_json_string(json, choice->name);
        return;
    }
    cav_json_begin_object(json);
    cav_json_add_string(json, "type", choice->name);
    for (size_t i = 0; i < choice->option_count; i++)
        cav_json_add_string(json, choice->options[i].key, choice->options[i].text);
    cav_json_end_object(json);
}

static void write_command(const cav_spec *spec, cav_json *json)
{
    if (spec->command_count == 0)
        return;
    cav_json_key(json, "command");
    cav_json_begin_array(json);
    for (size_t i = 0; i < spec->command_count; i++)
        cav_json_string(json, spec->command[i]);
    cav_json_end_array(json);
}

static void write_from(const cav_spec *spec, cav_json *json)
{
    if (spec->from_count == 0)
        return;
    cav_json_key(json, "from");
    cav_json_begin_array(json);
    for (size_t i = 0; i < spec->from_count; i++) {
        cav_json_begin_object(json);
        cav_json_add_string(json, "study", spec->from[i].study);
        if (spec->from[i].trials)
            cav_json_add_int(json, "trials", spec->from[i].trials);
        cav_json_end_object(json);
    }
    cav_json_end_array(json);
}

static void write_run(const cav_spec *spec, cav_json *json)
{
    cav_json_add_int(json, "parallel", spec->parallel);
    if (spec->seed) {
        cav_json_key(json, "seed"); // may be greater than what a signed number holds
        cav_text seed = {0};
        cav_text_appendf(&seed, "%llu", (unsigned long long)spec->seed);
        cav_json_string(json, cav_text_get(&seed));
        json->text->failed |= seed.failed;
        cav_text_free(&seed);
    }
    if (spec->step_max) {
        cav_json_key(json, "steps");
        cav_json_begin_object(json);
        cav_json_add_int(json, "min", spec->step_min);
        cav_json_add_int(json, "max", spec->step_max);
        cav_json_end_object(json);
    }
    if (spec->replicates > 1)
        cav_json_add_int(json, "replicates", spec->replicates);
    write_from(spec, json);
    if (spec->retry)
        cav_json_add_int(json, "retry", spec->retry);
    if (spec->timeout_ms)
        add_duration(json, "timeout", spec->timeout_ms);
    add_duration(json, "grace", spec->grace_ms);
    cav_resources_write(&spec->resources, json);
    if (spec->durability_normal)
        cav_json_add_string(json, "durability", "normal");
    if (spec->grows)
        cav_json_add_bool(json, "grows", true);
}

static void write_set(const cav_spec *spec, cav_json *json)
{
    if (spec->set_count == 0)
        return;
    cav_json_key(json, "set");
    cav_json_begin_object(json);
    for (size_t i = 0; i < spec->set_count; i++)
        cav_json_add_string(json, spec->set[i].name, spec->set[i].text);
    cav_json_end_object(json);
}

void cav_spec_write(const cav_spec *spec, cav_json *json)
{
    cav_json_begin_object(json);
    cav_json_add_string(json, "study", spec->study);
    write_command(spec, json);
    write_set(spec, json);
    write_metrics(spec, json);
    write_budget(&spec->budget, json);
    write_run(spec, json);
    write_choice("sampler", &spec->sampler, json);
    write_choice("scheduler", &spec->scheduler, json);
    if (spec->panda.name)
        write_choice("panda", &spec->panda, json);
    cav_space_write_sections(spec->space, json);
    cav_changes_write(spec->changes, spec->change_count, json);
    cav_json_end_object(json);
}

caviar_code cav_spec_tree(const cav_spec *spec, json_t **ret_tree, cav_error *error)
{
    cav_text text = {0};
    cav_spec_write(spec, &(cav_json){.text = &text});
    caviar_code code = text.failed ? cav_fail_memory(error)
                                   : cav_json_parse(text.data, text.size, ret_tree, error);
    cav_text_free(&text);
    return code;
}

void cav_spec_write_identity(const cav_spec *spec, cav_json *json)
{
    cav_json_begin_object(json);
    cav_json_key(json, "metrics");
    cav_json_begin_array(json);
    for (size_t i = 0; i < spec->metric_count; i++) {
        cav_metric_spec metric = spec->metrics[i];
        metric.pattern = NULL; // how a value is found does not change what it is
        write_metric(&metric, json);
    }
    cav_json_end_array(json);
    if (spec->grows) // then the space is what its trials have named so far
        cav_json_add_bool(json, "grows", true);
    else
        cav_space_write_sections(spec->space, json);
    cav_json_end_object(json);
}
