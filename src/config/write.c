/**
 * write.c: a spec back to a study file, as JSON.
 */
#include "config/spec.h"

#include <string.h>

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
    if (spec->retry)
        cav_json_add_int(json, "retry", spec->retry);
    if (spec->timeout_ms)
        add_duration(json, "timeout", spec->timeout_ms);
    add_duration(json, "grace", spec->grace_ms);
    if (spec->durability_normal)
        cav_json_add_string(json, "durability", "normal");
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
    cav_space_write_sections(spec->space, json);
    cav_json_end_object(json);
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
    cav_space_write_sections(spec->space, json);
    cav_json_end_object(json);
}
