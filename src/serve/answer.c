/**
 * answer.c: the list of studies, and one study.
 */
#include "serve/answer.h"

#include "insight/contour.h"
#include "insight/effect.h"
#include "insight/importance.h"
#include "serve/learnt.h"

#include <stdlib.h>

static void write_counts(const int64_t counts[6], cav_json *json)
{
    cav_json_key(json, "counts");
    cav_json_begin_object(json);
    for (int state = 0; state < 6; state++)
        cav_json_add_int(json, caviar_state_name((caviar_state)state), counts[state]);
    cav_json_end_object(json);
}

static const char *direction_word(bool maximize)
{
    return maximize ? "maximize" : "minimize";
}

static void write_summary(const cav_study_summary *at, cav_json *json)
{
    cav_json_begin_object(json);
    cav_json_add_string(json, "study", at->name);
    cav_json_add_string(json, "control", cav_control_name(at->control));
    cav_json_add_int(json, "created_ms", at->created_ms);
    write_counts(at->counts, json);
    cav_json_add_bool(json, "known", at->is_known);
    if (at->is_known) {
        cav_json_add_string(json, "metric", at->metrics[0]);
        cav_json_key(json, "metrics");
        cav_json_begin_array(json);
        for (size_t m = 0; m < at->metric_count; m++)
            cav_json_string(json, at->metrics[m]);
        cav_json_end_array(json);
        cav_json_add_string(json, "direction", direction_word(at->maximize));
        cav_json_add_number(json, "best", at->best);
        cav_json_add_int(json, "best_trial", at->best_number);
        cav_json_add_int(json, "budget", at->budget);
        cav_json_add_int(json, "changed_ms", at->changed_ms);
    }
    cav_json_end_object(json);
}

void cav_answer_studies(const cav_study_summary *list, size_t count, cav_json *json)
{
    cav_json_begin_object(json);
    cav_json_key(json, "studies");
    cav_json_begin_array(json);
    for (size_t i = 0; i < count; i++)
        write_summary(&list[i], json);
    cav_json_end_array(json);
    cav_json_end_object(json);
}

// ---- One study --------------------------------------------------------------------------------

static void write_numbers(const char *key, const double *numbers, size_t count, cav_json *json)
{
    if (count == 0)
        return;
    cav_json_key(json, key);
    cav_json_begin_array(json);
    for (size_t i = 0; i < count; i++)
        cav_json_number(json, numbers[i]);
    cav_json_end_array(json);
}

static const char *axis_word(cav_axis axis)
{
    static const char *const words[] = {[CAV_AXIS_NONE] = "none",
                                        [CAV_AXIS_CONTINUOUS] = "continuous",
                                        [CAV_AXIS_LEVELS] = "levels",
                                        [CAV_AXIS_CHOICES] = "choices"};
    return words[axis];
}

static void write_parameter(const cav_parameter *parameter, cav_json *json)
{
    cav_json_begin_object(json);
    cav_json_add_string(json, "name", parameter->name);
    cav_json_add_string(json, "axis", axis_word(parameter->axis));
    cav_json_add_bool(json, "conditional", parameter->when_count > 0);
    if (parameter->choice_count > 0) {
        cav_json_add_values(json, "choices", parameter->choices, parameter->choice_count);
    } else {
        cav_json_add_bool(json, "whole", parameter->type == CAVIAR_TYPE_INT);
        cav_json_add_string(json, "scale", caviar_scale_name(parameter->scale));
        cav_json_add_number(json, "low", parameter->limit_low);
        cav_json_add_number(json, "high", parameter->limit_high);
        write_numbers("special", parameter->specials, parameter->special_count, json);
    }
    cav_json_end_object(json);
}

static void write_parameters(const cav_space *space, cav_json *json)
{
    cav_json_key(json, "parameters");
    cav_json_begin_array(json);
    for (size_t i = 0; i < space->count; i++)
        write_parameter(&space->parameters[i], json);
    cav_json_end_array(json);
}

static void write_metrics(const cav_spec *spec, cav_json *json)
{
    cav_json_key(json, "metrics");
    cav_json_begin_array(json);
    for (size_t m = 0; m < spec->metric_count; m++) {
        cav_json_begin_object(json);
        cav_json_add_string(json, "name", spec->metrics[m].name);
        cav_json_add_string(json, "direction", direction_word(spec->metrics[m].maximize));
        cav_json_end_object(json);
    }
    cav_json_end_array(json);
}

static void write_plan(const cav_study *study, cav_json *json)
{
    const cav_spec *spec = study->spec;
    cav_json_key(json, "budget");
    cav_json_begin_object(json);
    cav_json_add_int(json, "trials", spec->budget.trials);
    cav_json_add_int(json, "time_ms", spec->budget.time_ms);
    cav_json_add_int(json, "steps", spec->budget.steps);
    cav_json_end_object(json);
    cav_json_add_int(json, "step_max", cav_study_last_step(study));
    cav_json_add_int(json, "parallel", spec->parallel);
    cav_json_add_string(json, "sampler", spec->sampler.name);
    cav_json_add_string(json, "scheduler", spec->scheduler.name);
    cav_json_key(json, "command");
    cav_json_begin_array(json);
    for (size_t i = 0; i < spec->command_count; i++)
        cav_json_string(json, spec->command[i]);
    cav_json_end_array(json);
}

static void write_standing(const cav_feed *feed, cav_json *json)
{
    const cav_history *history = feed->study->history;
    int64_t counts[6] = {0}, now = cav_clock_wall_ms(&cav_clock_system);
    for (size_t i = 0; i < history->count; i++)
        if (history->states[i] < 6) // else it has not come yet
            counts[history->states[i]]++;
    write_counts(counts, json);
    cav_json_add_int(json, "steps_spent", history->step_sum);
    cav_json_add_int(json, "steps_saved",
                     cav_history_saved_steps(history, cav_study_last_step(feed->study)));
    cav_json_add_int(json, "busy_ms", cav_history_busy_ms(history, now));
    cav_json_add_int(json, "now_ms", now);
}

void cav_answer_study(const cav_feed *feed, cav_json *json)
{
    const cav_spec *spec = feed->study->spec;
    cav_json_begin_object(json);
    cav_json_add_string(json, "study", feed->name);
    cav_json_add_int(json, "epoch", (int64_t)feed->epoch);
    cav_json_add_string(json, "control", cav_control_name(feed->control));
    cav_json_add_int(json, "created_ms", feed->created_ms);
    write_parameters(spec->space, json);
    write_metrics(spec, json);
    write_plan(feed->study, json);
    write_standing(feed, json);
    cav_json_key(json, "definition");
    cav_spec_write(spec, json);
    cav_json_end_object(json);
}

static void write_noise(const cav_study *study, const cav_incumbent *incumbent, cav_json *json)
{
    cav_contender first = cav_contender_in_direction(&incumbent->contenders[0], study->maximize[0]);
    cav_json_begin_object(json);
    cav_json_add_number(json, "deviation", incumbent->noise);
    cav_json_add_number(json, "low", first.low);
    cav_json_add_number(json, "high", first.high);
    cav_json_add_number(json, "chance", first.chance);
    cav_json_add_int(json, "luckiest", (int64_t)cav_history_best(study->history, 0));
    cav_json_end_object(json);
}

static void write_best(const cav_study *study, const cav_best *best, cav_json *json)
{
    cav_json_begin_object(json);
    cav_json_add_int(json, "trial", (int64_t)best->trial);
    cav_json_add_number(json, "value", cav_history_in_direction(study->history, 0, best->loss));
    cav_json_key(json, "noise");
    if (best->incumbent)
        write_noise(study, best->incumbent, json);
    else
        cav_json_null(json);
    cav_json_end_object(json);
}

caviar_code cav_answer_best(cav_feed *feed, cav_json *json, cav_error *error)
{
    cav_best best;
    caviar_code code = cav_study_best(feed->study, &best, error);
    if (code)
        return code;
    cav_json_begin_object(json);
    cav_json_key(json, "best");
    if (best.trial == SIZE_MAX)
        cav_json_null(json);
    else
        write_best(feed->study, &best, json);
    cav_json_end_object(json);
    return CAVIAR_OK;
}

// ---- What mattered ----------------------------------------------------------------------------

static void write_importance(const cav_space *space, const cav_importance *at, cav_json *json)
{
    cav_json_begin_object(json);
    cav_json_add_string(json, "parameter", space->parameters[at->parameter].name);
    cav_json_add_number(json, "share", at->share);
    cav_json_add_number(json, "low", at->low);
    cav_json_add_number(json, "high", at->high);
    cav_json_add_bool(json, "chance", at->chance >= CAV_IMPORTANCE_NOISE);
    cav_json_end_object(json);
}

static caviar_code check_metric(const cav_spec *spec, size_t metric, cav_error *error)
{
    if (metric < spec->metric_count)
        return CAVIAR_OK;
    return cav_fail(error, CAVIAR_NOT_FOUND, "the study has %zu metrics, none is number %zu",
                    spec->metric_count, metric);
}

caviar_code cav_answer_importance(cav_feed *feed, size_t metric, cav_json *json, cav_error *error)
{
    cav_study *study = feed->study;
    const cav_space *space = study->spec->space;
    cav_importance_basis basis = {0};
    cav_error why = {0};
    if (check_metric(study->spec, metric, error))
        return CAVIAR_NOT_FOUND;
    cav_importance *items = calloc(space->dim_count + 1, sizeof *items);
    if (!items)
        return cav_fail_memory(error);
    caviar_code code = cav_study_extrapolate(study, &why);
    if (!code)
        code = cav_importance_measure(space, cav_study_learnt(study), metric, study->spec->seed,
                                      items, &basis, &why);
    if (!code || code == CAVIAR_NOT_FOUND) {
        cav_json_begin_object(json);
        cav_json_key(json, "importance");
        cav_json_begin_array(json);
        for (size_t i = 0; i < space->dim_count && !code; i++)
            write_importance(space, &items[i], json);
        cav_json_end_array(json);
        if (code)
            cav_json_add_string(json, "why_none", why.message);
        cav_json_add_int(json, "trials", (int64_t)basis.trial_count);
        cav_json_end_object(json);
        code = CAVIAR_OK;
    }
    free(items);
    return code ? cav_fail(error, code, "%s", why.message) : CAVIAR_OK;
}

// What is written from a surrogate of a metric, into the arena and as the keys of an object.
typedef caviar_code write_learnt(const cav_study *study, size_t metric, const cav_smooth *smooth,
                                 const void *context, cav_arena *arena, cav_json *json,
                                 cav_error *error);

// The object of what is written; with `why_none` where there are too few trials.
static caviar_code answer_learnt(cav_feed *feed, size_t metric, write_learnt *write,
                                 const void *context, cav_json *json, cav_error *error)
{
    const cav_smooth *smooth;
    cav_error why = {0};
    cav_arena *arena = cav_arena_new();
    if (!arena)
        return cav_fail_memory(error);
    caviar_code code = cav_feed_learn(feed, metric, &smooth, &why);
    cav_json_begin_object(json);
    if (code == CAVIAR_NOT_FOUND)
        cav_json_add_string(json, "why_none", why.message);
    else if (!code)
        code = write(feed->study, metric, smooth, context, arena, json, &why);
    cav_json_end_object(json);
    cav_arena_free(arena);
    return code && code != CAVIAR_NOT_FOUND ? cav_fail(error, code, "%s", why.message) : CAVIAR_OK;
}

static caviar_code write_contour(const cav_study *study, size_t metric, const cav_smooth *smooth,
                                 const void *context, cav_arena *arena, cav_json *json,
                                 cav_error *error)
{
    const size_t *pair = context;
    cav_contour contour;
    caviar_code code = cav_contour_make(smooth, pair[0], pair[1], arena, &contour, error);
    if (!code)
        cav_contour_write(&contour, study->maximize[metric], json);
    return code;
}

caviar_code cav_answer_contour(cav_feed *feed, size_t metric, const char *first, const char *second,
                               cav_json *json, cav_error *error)
{
    const cav_spec *spec = feed->study->spec;
    size_t pair[2] = {0};
    if (check_metric(spec, metric, error))
        return CAVIAR_NOT_FOUND;
    if (!first || !second)
        return cav_fail(error, CAVIAR_INVALID,
                        "first and second are needed: the names of two parameters");
    caviar_code code = cav_contour_find(spec->space, first, second, pair, error);
    return code ? code : answer_learnt(feed, metric, write_contour, pair, json, error);
}

static caviar_code write_effects(const cav_study *study, size_t metric, const cav_smooth *smooth,
                                 const void *context, cav_arena *arena, cav_json *json,
                                 cav_error *error)
{
    (void)context;
    cav_effects effects;
    caviar_code code = cav_effects_make(smooth, arena, &effects, error);
    if (!code)
        cav_effects_write(&effects, study->maximize[metric], json);
    return code;
}

caviar_code cav_answer_effects(cav_feed *feed, size_t metric, cav_json *json, cav_error *error)
{
    if (check_metric(feed->study->spec, metric, error))
        return CAVIAR_NOT_FOUND;
    return answer_learnt(feed, metric, write_effects, NULL, json, error);
}
