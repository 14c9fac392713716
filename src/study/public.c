/**
 * public.c: the part of caviar.h about studies.
 */
#include "study/study.h"

#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_objectives(const caviar_study_options *options, cav_json *json)
{
    cav_json_key(json, "metrics");
    cav_json_begin_array(json);
    for (size_t i = 0; i < options->objective_count; i++) {
        cav_json_begin_object(json);
        cav_json_add_string(json, "name", options->objectives[i].name);
        cav_json_add_string(json, "direction",
                            options->objectives[i].maximize ? "maximize" : "minimize");
        cav_json_end_object(json);
    }
    cav_json_end_array(json);
}

static void write_steps(const caviar_study_options *options, cav_json *json)
{
    cav_json_key(json, "steps");
    cav_json_begin_object(json);
    if (options->step_min > 0)
        cav_json_add_int(json, "min", options->step_min);
    cav_json_add_int(json, "max", options->step_max);
    cav_json_end_object(json);
}

static void write_from(const caviar_study_options *options, cav_json *json)
{
    cav_json_key(json, "from");
    cav_json_begin_array(json);
    for (size_t i = 0; i < options->from_count; i++)
        cav_json_string(json, options->from[i]);
    cav_json_end_array(json);
}

// The options as a study file.
static void write_options(const caviar_study_options *options, cav_json *json)
{
    cav_json_begin_object(json);
    if (options->name)
        cav_json_add_string(json, "study", options->name);
    if (options->objective_count > 0)
        write_objectives(options, json);
    if (options->seed) {
        char seed[24];
        snprintf(seed, sizeof seed, "%llu", (unsigned long long)options->seed);
        cav_json_add_string(json, "seed", seed);
    }
    if (options->trial_budget > 0) {
        cav_json_key(json, "budget");
        cav_json_begin_object(json);
        cav_json_add_int(json, "trials", options->trial_budget);
        cav_json_end_object(json);
    }
    if (options->retry > 0)
        cav_json_add_int(json, "retry", options->retry);
    if (options->durability_normal)
        cav_json_add_string(json, "durability", "normal");
    if (options->parallel > 0)
        cav_json_add_int(json, "parallel", options->parallel);
    if (options->step_max > 0)
        write_steps(options, json);
    if (options->sampler)
        cav_json_add_string(json, "sampler", options->sampler);
    if (options->scheduler)
        cav_json_add_string(json, "scheduler", options->scheduler);
    if (options->grows)
        cav_json_add_bool(json, "grows", true);
    if (options->replicates > 0)
        cav_json_add_int(json, "replicates", options->replicates);
    if (options->from_count > 0)
        write_from(options, json);
    if (options->space)
        cav_space_write_sections(options->space, json);
    cav_json_end_object(json);
}

static caviar_code spec_of(const caviar_study_options *options, cav_spec **ret_spec,
                           cav_error *error)
{
    *ret_spec = NULL;
    if (options->trial_budget < 0 || options->retry < 0 || options->lease_ms < 0 ||
        options->parallel < 0 || options->replicates < 0)
        return cav_fail(error, CAVIAR_INVALID,
                        "the options trial_budget, retry, lease_ms, parallel and replicates are 0 "
                        "or more");
    if (options->step_min < 0 || options->step_max < options->step_min)
        return cav_fail(error, CAVIAR_INVALID,
                        "the option step_max is step_min or more, and neither is below 0");
    if (options->definition)
        return cav_spec_parse("", options->definition, strlen(options->definition), ret_spec,
                              error);
    if (!options->space && !options->grows)
        return CAVIAR_OK;
    cav_text text = {0};
    json_t *json = NULL;
    write_options(options, &(cav_json){.text = &text});
    caviar_code code =
        text.failed ? cav_fail_memory(error) : cav_json_parse(text.data, text.size, &json, error);
    if (!code)
        code = cav_spec_from_json(json, NULL, ret_spec, error);
    json_decref(json);
    cav_text_free(&text);
    return code;
}

static caviar_code open_study(const caviar_study_options *options, cav_study **ret_study,
                              cav_error *error)
{
    cav_spec *spec;
    caviar_code code = spec_of(options, &spec, error);
    if (code)
        return code;
    cav_study_options inner = {.location = options->store,
                               .name = options->name,
                               .spec = spec,
                               .lease_ms = options->lease_ms,
                               .keeps_definition = true};
    code = cav_study_open(&inner, ret_study, error);
    if (!code && (*ret_study)->store->type != &cav_store_memory) {
        code = cav_study_start_heart(*ret_study, error);
        if (code)
            cav_study_close(*ret_study);
    }
    return code;
}

// What a failed opening leaves: a handle that only carries the message.
static caviar_code empty_study(const cav_error *error, caviar_study **ret_study)
{
    *ret_study = calloc(1, sizeof **ret_study);
    if (*ret_study)
        (*ret_study)->error = *error;
    return error->code;
}

caviar_code caviar_study_open(const caviar_study_options *options, caviar_study **ret_study)
{
    cav_error error = {0};
    cav_study *study;
    caviar_code code = open_study(options, &study, &error);
    if (code)
        return empty_study(&error, ret_study);
    *ret_study = study;
    return CAVIAR_OK;
}

// A handle that only carries the message of a failed opening; the message stays.
static bool is_empty(const caviar_study *study)
{
    return !study->store;
}

void caviar_study_close(caviar_study *study)
{
    if (study && is_empty(study))
        free(study);
    else
        cav_study_close(study);
}

const char *caviar_study_message(const caviar_study *study)
{
    return study->error.message;
}

const char *caviar_study_definition(caviar_study *study)
{
    if (is_empty(study))
        return NULL;
    cav_study_lock(study);
    cav_text_clear(&study->definition);
    cav_spec_write(study->spec, &(cav_json){.text = &study->definition});
    const char *text = study->definition.failed ? NULL : cav_text_get(&study->definition);
    cav_study_unlock(study);
    return text;
}

// Keeps what went wrong with the study, where its message is read from.
static caviar_code keep(caviar_study *study, caviar_code code, const cav_error *error)
{
    if (code) {
        cav_study_lock(study);
        study->error = *error;
        cav_study_unlock(study);
    }
    return code;
}

caviar_code caviar_study_ask(caviar_study *study, caviar_trial **ret_trial)
{
    cav_error error;
    if (is_empty(study))
        return CAVIAR_STATE;
    return keep(study, cav_study_ask(study, ret_trial, &error), &error);
}

static caviar_code read_setting(const cav_study *study, const caviar_setting *setting, bool is_free,
                                double *ret_raw, cav_error *error)
{
    const cav_space *space = study->spec->space;
    size_t i = cav_space_find(space, setting->name);
    if (i == space->count)
        return cav_study_fail_unknown(study, setting->name, error);
    return cav_parameter_read_value(&space->parameters[i], &setting->value, is_free, &ret_raw[i],
                                    error);
}

// What the space does not have goes to `wishes`; NULL: it is refused.
static caviar_code read_settings(const caviar_study *study, const caviar_setting *settings,
                                 size_t setting_count, bool is_free, double *ret_raw,
                                 cav_json *wishes, cav_error *error)
{
    const cav_space *space = study->spec->space;
    for (size_t i = 0; i < space->count; i++)
        ret_raw[i] = NAN;
    for (size_t s = 0; s < setting_count; s++) {
        caviar_code code = read_setting(study, &settings[s], is_free, ret_raw, error);
        if (code && !wishes)
            return code;
        if (code)
            cav_study_write_wish(wishes, &settings[s]);
    }
    return CAVIAR_OK;
}

caviar_code caviar_study_nudge(caviar_study *study, int64_t number, const caviar_setting *settings,
                               size_t setting_count, const caviar_nudge_options *options)
{
    cav_error error;
    if (is_empty(study))
        return CAVIAR_STATE;
    bool force = options && options->force;
    double *raw = calloc(study->spec->space->count + 1, sizeof *raw);
    caviar_code code = raw ? read_settings(study, settings, setting_count, force, raw, NULL, &error)
                           : cav_fail_memory(&error);
    if (!code)
        code = cav_study_nudge(study, number, raw, options, &error);
    free(raw);
    return keep(study, code, &error);
}

caviar_code caviar_study_rollback(caviar_study *study, int64_t number, int64_t step,
                                  const caviar_nudge_options *options)
{
    cav_error error;
    int64_t target;
    if (is_empty(study))
        return CAVIAR_STATE;
    return keep(study, cav_study_rollback(study, number, step, options, &target, &error), &error);
}

static caviar_code add(caviar_study *study, const caviar_setting *settings, size_t setting_count,
                       const double *values, int64_t *ret_number, cav_error *error)
{
    int64_t number;
    cav_text text = {0};
    cav_json json = {.text = &text}, *wishes = study->spec->grows && !values ? &json : NULL;
    double *raw = calloc(study->spec->space->count + 1, sizeof *raw);
    caviar_code code =
        raw ? read_settings(study, settings, setting_count, false, raw, wishes, error)
            : cav_fail_memory(error);
    if (!code && text.size > 0)
        cav_study_end_wishes(wishes);
    if (!code && text.failed)
        code = cav_fail_memory(error);
    if (!code)
        code = cav_study_add(study, raw, values, text.data, &number, error);
    free(raw);
    cav_text_free(&text);
    if (!code && ret_number)
        *ret_number = number;
    return code;
}

caviar_code caviar_study_enqueue(caviar_study *study, const caviar_setting *settings,
                                 size_t setting_count, int64_t *ret_number)
{
    cav_error error;
    if (is_empty(study))
        return CAVIAR_STATE;
    return keep(study, add(study, settings, setting_count, NULL, ret_number, &error), &error);
}

static caviar_code check_values(const caviar_study *study, const double *values,
                                size_t metric_count, cav_error *error)
{
    const cav_spec *spec = study->spec;
    if (metric_count != spec->metric_count)
        return cav_fail(error, CAVIAR_INVALID,
                        "the study has %zu metrics, and %zu values are given", spec->metric_count,
                        metric_count);
    for (size_t m = 0; m < metric_count; m++)
        if (!isfinite(values[m]))
            return cav_fail(error, CAVIAR_INVALID,
                            "metric '%s' is not finite; a complete trial has a number",
                            spec->metrics[m].name);
    return CAVIAR_OK;
}

caviar_code caviar_study_add(caviar_study *study, const caviar_setting *settings,
                             size_t setting_count, const double *values, size_t metric_count,
                             int64_t *ret_number)
{
    cav_error error;
    if (is_empty(study))
        return CAVIAR_STATE;
    caviar_code code = check_values(study, values, metric_count, &error);
    if (!code)
        code = add(study, settings, setting_count, values, ret_number, &error);
    return keep(study, code, &error);
}

int64_t caviar_study_trial_count(caviar_study *study)
{
    if (is_empty(study))
        return 0;
    cav_study_lock(study);
    caviar_code code = cav_study_refresh(study, &study->error);
    int64_t count = (int64_t)study->history->count;
    cav_study_unlock(study);
    (void)code; // what is known stays known
    return count;
}

caviar_code caviar_study_trial(caviar_study *study, int64_t number, caviar_trial **ret_trial)
{
    cav_error error;
    if (is_empty(study))
        return CAVIAR_STATE;
    return keep(study, cav_study_view(study, number, ret_trial, &error), &error);
}

caviar_code caviar_study_best(caviar_study *study, caviar_trial **ret_trial)
{
    cav_error error;
    if (is_empty(study))
        return CAVIAR_STATE;
    cav_study_lock(study);
    caviar_code code = cav_study_refresh(study, &error);
    cav_best best;
    if (!code)
        code = cav_study_best(study, &best, &error);
    if (!code)
        code = best.trial == SIZE_MAX
                   ? cav_fail(&error, CAVIAR_NOT_FOUND, "no trial is complete yet")
                   : cav_study_view(study, (int64_t)best.trial, ret_trial, &error);
    cav_study_unlock(study);
    return keep(study, code, &error);
}

caviar_code caviar_study_contenders(caviar_study *study, caviar_contender *ret_contenders,
                                    size_t capacity, size_t *ret_count)
{
    cav_error error;
    cav_best best;
    if (is_empty(study))
        return CAVIAR_STATE;
    cav_study_lock(study);
    caviar_code code = cav_study_refresh(study, &error);
    if (!code)
        code = cav_study_best(study, &best, &error);
    size_t count = !code && best.incumbent ? best.incumbent->count : 0;
    for (size_t i = 0; i < count && i < capacity; i++) {
        cav_contender at =
            cav_contender_in_direction(&best.incumbent->contenders[i], study->maximize[0]);
        ret_contenders[i] = (caviar_contender){.number = (int64_t)at.trial,
                                               .run_count = (int64_t)at.run_count,
                                               .mean = at.mean,
                                               .low = at.low,
                                               .high = at.high,
                                               .chance = at.chance};
    }
    cav_study_unlock(study);
    if (!code)
        *ret_count = count;
    return keep(study, code, &error);
}

caviar_code caviar_study_confirm(caviar_study *study, size_t count, size_t times)
{
    cav_error error;
    size_t chosen;
    if (is_empty(study))
        return CAVIAR_STATE;
    if (count < 1 || times < 1 || count > INT32_MAX || times > INT32_MAX)
        return keep(study,
                    cav_fail(&error, CAVIAR_INVALID, "count and times are from 1 to 2147483647"),
                    &error);
    size_t *trials = calloc(count, sizeof *trials);
    caviar_code code =
        trials ? cav_study_confirm(study, count, (int64_t)times, trials, &chosen, &error)
               : cav_fail_memory(&error);
    free(trials);
    return keep(study, code, &error);
}

caviar_code caviar_study_front(caviar_study *study, int64_t *ret_numbers, size_t capacity,
                               size_t *ret_count)
{
    cav_error error;
    size_t *numbers = NULL, count = 0;
    if (is_empty(study))
        return CAVIAR_STATE;
    cav_study_lock(study);
    caviar_code code = cav_study_refresh(study, &error);
    if (!code)
        code = cav_study_front(study, &numbers, &count, &error);
    cav_study_unlock(study);
    for (size_t i = 0; i < count && i < capacity; i++)
        ret_numbers[i] = (int64_t)numbers[i];
    free(numbers);
    if (!code)
        *ret_count = count;
    return keep(study, code, &error);
}
