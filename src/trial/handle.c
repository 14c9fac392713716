/**
 * handle.c: the part of caviar.h that works on trials.
 */
#include "trial/handle.h"

#include "base/names.h"
#include "trial/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

caviar_trial *cav_trial_new(size_t parameter_count, size_t final_count)
{
    caviar_trial *trial = calloc(1, sizeof *trial);
    if (!trial || !(trial->arena = cav_arena_new())) {
        free(trial);
        return NULL;
    }
    trial->parameter_count = parameter_count;
    trial->final_count = final_count;
    trial->state = CAVIAR_STATE_RUNNING;
    trial->message = "";
    trial->step = trial->heard_step = -1;
    trial->names = CAV_ARENA_NEW(trial->arena, const char *, parameter_count);
    trial->values = CAV_ARENA_NEW(trial->arena, caviar_value, parameter_count);
    trial->changes = CAV_ARENA_NEW(trial->arena, size_t, parameter_count);
    trial->finals = CAV_ARENA_NEW(trial->arena, double, final_count);
    if (!trial->names || !trial->values || !trial->changes || !trial->finals) {
        caviar_trial_free(trial);
        return NULL;
    }
    for (size_t i = 0; i < final_count; i++)
        trial->finals[i] = NAN;
    return trial;
}

bool cav_trial_set(caviar_trial *trial, size_t index, const char *name, const caviar_value *value)
{
    trial->names[index] = cav_arena_strdup(trial->arena, name);
    trial->values[index] = *value;
    if (value->kind == CAVIAR_KIND_TEXT)
        trial->values[index].text = cav_arena_strdup(trial->arena, value->text);
    bool has_text = value->kind != CAVIAR_KIND_TEXT || trial->values[index].text;
    return trial->names[index] && has_text;
}

// A longer copy of an array of the arena's; NULL when out of memory.
static void *lengthen(cav_arena *arena, const void *from, size_t count, size_t new_count,
                      size_t item_size)
{
    void *longer = cav_arena_alloc(arena, new_count, item_size);
    if (longer && count > 0)
        memcpy(longer, from, count * item_size);
    return longer;
}

bool cav_trial_widen(caviar_trial *trial, size_t parameter_count)
{
    size_t count = trial->parameter_count;
    cav_arena *arena = trial->arena;
    const char **names = lengthen(arena, trial->names, count, parameter_count, sizeof *names);
    caviar_value *values = lengthen(arena, trial->values, count, parameter_count, sizeof *values);
    size_t *changes =
        lengthen(arena, trial->changes, trial->change_count, parameter_count, sizeof *changes);
    double *drawn = lengthen(arena, trial->drawn, count, parameter_count, sizeof *drawn);
    if (!names || !values || !changes || !drawn)
        return false;
    for (size_t i = count; i < parameter_count; i++) {
        names[i] = "";
        values[i] = (caviar_value){.kind = CAVIAR_KIND_NONE};
        drawn[i] = NAN;
    }
    trial->names = names;
    trial->values = values;
    trial->changes = changes;
    trial->drawn = drawn;
    trial->parameter_count = parameter_count;
    return true;
}

void cav_trial_change(caviar_trial *trial, size_t index, const caviar_value *value)
{
    size_t known = 0;
    while (known < trial->change_count && trial->changes[known] != index)
        known++;
    trial->values[index] = *value;
    if (known == trial->change_count)
        trial->changes[trial->change_count++] = index;
}

bool cav_trial_plan(caviar_trial *trial, int64_t step, size_t index, const caviar_value *value)
{
    if (!CAV_GROW(&trial->plan, &trial->plan_capacity, trial->plan_count + 1))
        return false;
    cav_change fresh = {.step = step, .index = index, .value = *value};
    if (value->kind == CAVIAR_KIND_TEXT &&
        !(fresh.value.text = cav_arena_strdup(trial->arena, value->text)))
        return false;
    trial->plan[trial->plan_count++] = fresh;
    return true;
}

int64_t caviar_trial_number(const caviar_trial *trial)
{
    return trial->number;
}

caviar_state caviar_trial_state(const caviar_trial *trial)
{
    return trial->state;
}

caviar_reason caviar_trial_reason(const caviar_trial *trial)
{
    return trial->reason;
}

double caviar_trial_value(const caviar_trial *trial, size_t metric_index)
{
    return metric_index < trial->final_count ? trial->finals[metric_index] : NAN;
}

const char *caviar_trial_message(const caviar_trial *trial)
{
    return trial->error.code ? trial->error.message : trial->message;
}

const char *caviar_trial_name(const caviar_trial *trial, size_t index)
{
    return index < trial->parameter_count ? trial->names[index] : NULL;
}

size_t caviar_trial_values(const caviar_trial *trial, caviar_value *ret_values, size_t capacity)
{
    size_t count = trial->parameter_count < capacity ? trial->parameter_count : capacity;
    if (count > 0)
        memcpy(ret_values, trial->values, count * sizeof *ret_values);
    return trial->parameter_count;
}

// The value of a parameter by name; NULL where there is none of that name.
static const caviar_value *find_value(const caviar_trial *trial, const char *name)
{
    for (size_t i = 0; i < trial->parameter_count; i++)
        if (strcmp(trial->names[i], name) == 0)
            return &trial->values[i];
    return NULL;
}

caviar_code caviar_trial_get(caviar_trial *trial, const char *name, caviar_value *ret_value)
{
    const caviar_value *value = find_value(trial, name);
    if (!value)
        return cav_fail(&trial->error, CAVIAR_NOT_FOUND, "there is no parameter '%s'", name);
    *ret_value = *value;
    return CAVIAR_OK;
}

double caviar_trial_real(caviar_trial *trial, const char *name)
{
    const caviar_value *value = find_value(trial, name);
    if (value && value->kind == CAVIAR_KIND_REAL)
        return value->real;
    return value && value->kind == CAVIAR_KIND_INT ? (double)value->integer : NAN;
}

int64_t caviar_trial_int(caviar_trial *trial, const char *name)
{
    const caviar_value *value = find_value(trial, name);
    if (value && value->kind == CAVIAR_KIND_BOOL)
        return value->truth;
    return value && value->kind == CAVIAR_KIND_INT ? value->integer : 0;
}

const char *caviar_trial_text(caviar_trial *trial, const char *name)
{
    const caviar_value *value = find_value(trial, name);
    return value && value->kind == CAVIAR_KIND_TEXT ? value->text : NULL;
}

static caviar_code check_open(caviar_trial *trial, const char *verb)
{
    cav_error_clear(&trial->error);
    if (trial->state == CAVIAR_STATE_RUNNING)
        return CAVIAR_OK;
    return cav_fail(&trial->error, CAVIAR_STATE, "trial %lld is %s; there is nothing to %s",
                    (long long)trial->number, caviar_state_name(trial->state), verb);
}

// What a trial that does not grow can name is what it has.
static caviar_code look_up(caviar_trial *trial, const char *name, caviar_value *ret_value)
{
    const caviar_value *value = find_value(trial, name);
    if (!value)
        return cav_fail(&trial->error, CAVIAR_NOT_FOUND,
                        "there is no parameter '%s', and the study's space does not grow; give it "
                        "in the space, or make a study without one",
                        name);
    if (value->kind == CAVIAR_KIND_NONE)
        return cav_fail(&trial->error, CAVIAR_NOT_FOUND,
                        "parameter '%s' is not active in trial %lld", name,
                        (long long)trial->number);
    *ret_value = *value;
    return CAVIAR_OK;
}

caviar_code caviar_trial_suggest(caviar_trial *trial, const caviar_parameter *definition,
                                 caviar_value *ret_value)
{
    cav_error_clear(&trial->error);
    if (!definition->name)
        return cav_fail(&trial->error, CAVIAR_INVALID, "a parameter has a name");
    if (!trial->drawn)
        return look_up(trial, definition->name, ret_value);
    caviar_code code = check_open(trial, "suggest");
    return code ? code : trial->link->suggest(trial, definition, ret_value);
}

uint32_t caviar_trial_seed(const caviar_trial *trial)
{
    return trial->seed;
}

int64_t caviar_trial_first_step(const caviar_trial *trial)
{
    return trial->first_step;
}

int64_t caviar_trial_last_step(const caviar_trial *trial)
{
    return trial->last_step;
}

size_t caviar_trial_change_count(const caviar_trial *trial)
{
    return trial->change_count;
}

const char *caviar_trial_change_name(const caviar_trial *trial, size_t index)
{
    return index < trial->change_count ? trial->names[trial->changes[index]] : NULL;
}

int64_t caviar_trial_restore_step(const caviar_trial *trial)
{
    return trial->restore_step;
}

size_t caviar_trial_pass(caviar_trial *trial, int64_t step)
{
    trial->change_count = 0;
    for (size_t i = 0; i < trial->plan_count; i++)
        if (trial->plan[i].step == step)
            cav_trial_change(trial, trial->plan[i].index, &trial->plan[i].value);
    return trial->change_count;
}

caviar_code caviar_trial_report(caviar_trial *trial, int64_t step, const caviar_metric *metrics,
                                size_t metric_count, caviar_verdict *ret_verdict)
{
    caviar_code code = check_open(trial, "report");
    if (code)
        return code;
    trial->change_count = 0;
    caviar_verdict verdict = CAVIAR_VERDICT_CONTINUE;
    if (trial->link)
        code = trial->link->report(trial, step, metrics, metric_count, &verdict);
    if (code)
        return code;
    trial->is_stopped = verdict == CAVIAR_VERDICT_STOP;
    trial->is_paused = verdict == CAVIAR_VERDICT_PAUSE;
    trial->step = step;
    *ret_verdict = verdict;
    return CAVIAR_OK;
}

caviar_code caviar_trial_can(caviar_trial *trial, unsigned abilities)
{
    caviar_code code = check_open(trial, "say");
    if (code)
        return code;
    trial->can = CAV_CAN_HEAR | (abilities & (CAVIAR_CAN_CHANGE | CAVIAR_CAN_RESTORE));
    return CAVIAR_OK;
}

caviar_code caviar_trial_keeps(caviar_trial *trial, const int64_t *steps, size_t step_count)
{
    caviar_code code = check_open(trial, "say");
    if (code)
        return code;
    cav_text text = {0};
    cav_text_append(&text, "[");
    for (size_t i = 0; i < step_count; i++)
        cav_text_appendf(&text, "%s%lld", i ? "," : "", (long long)steps[i]);
    cav_text_append(&text, "]");
    if (text.failed) {
        cav_text_free(&text);
        return cav_fail_memory(&trial->error);
    }
    cav_text_free(&trial->checkpoints);
    trial->checkpoints = text;
    trial->has_new_checkpoints = true;
    return CAVIAR_OK;
}

caviar_code caviar_trial_tell(caviar_trial *trial, const caviar_metric *metrics,
                              size_t metric_count)
{
    caviar_code code = check_open(trial, "tell");
    if (code)
        return code;
    if (trial->link)
        return trial->link->tell(trial, metrics, metric_count);
    trial->state = trial->is_stopped ? CAVIAR_STATE_PRUNED : CAVIAR_STATE_COMPLETE;
    return CAVIAR_OK;
}

caviar_code caviar_trial_tell_value(caviar_trial *trial, double value)
{
    return caviar_trial_tell(trial, &(caviar_metric){.value = value}, 1);
}

caviar_code caviar_trial_prune(caviar_trial *trial)
{
    caviar_code code = check_open(trial, "prune");
    if (code)
        return code;
    bool was_stopped = trial->is_stopped;
    trial->is_stopped = true;
    code = caviar_trial_tell(trial, NULL, 0);
    if (code)
        trial->is_stopped = was_stopped;
    return code;
}

caviar_code caviar_trial_fail(caviar_trial *trial, caviar_reason reason, const char *message)
{
    caviar_code code = check_open(trial, "fail");
    if (code)
        return code;
    if (reason == CAVIAR_REASON_NONE || (size_t)reason >= cav_reason_names.count)
        return cav_fail(&trial->error, CAVIAR_INVALID, "a failure needs a reason");
    if (trial->link)
        return trial->link->fail(trial, reason, message ? message : "");
    trial->state = CAVIAR_STATE_FAILED;
    trial->reason = reason;
    return CAVIAR_OK;
}

void caviar_trial_free(caviar_trial *trial)
{
    if (!trial)
        return;
    if (trial->link && trial->link->release)
        trial->link->release(trial);
    cav_text_free(&trial->checkpoints);
    free(trial->plan);
    json_decref(trial->wishes);
    cav_arena_free(trial->arena);
    free(trial);
}
