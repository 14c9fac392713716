/**
 * optuna_write.c: a study in Optuna's words.
 *
 * Optuna has two scales, linear and log. What is searched on another one here is linear there,
 * and so is a log range with single values beside it, such as 0: every value of every trial lies
 * within its distribution.
 */
#include "exchange/optuna_write.h"

#include "space/codec.h"

#include <math.h>

const cav_optuna_state cav_optuna_states[CAV_OPTUNA_STATES] = {
    {"RUNNING", CAVIAR_STATE_RUNNING, false}, {"COMPLETE", CAVIAR_STATE_COMPLETE, true},
    {"PRUNED", CAVIAR_STATE_PRUNED, true},    {"FAIL", CAVIAR_STATE_FAILED, true},
    {"WAITING", CAVIAR_STATE_WAITING, false},
};

int cav_optuna_state_of(caviar_state state)
{
    int number = 0;
    for (int i = 0; i < CAV_OPTUNA_STATES; i++)
        if (cav_optuna_states[i].state == state)
            number = i;
    return number;
}

static bool is_log(const cav_parameter *parameter)
{
    return parameter->scale == CAVIAR_SCALE_LOG && parameter->special_count == 0;
}

static void write_range(const cav_parameter *parameter, cav_json *json)
{
    double low = parameter->limit_low, high = parameter->limit_high;
    for (size_t i = 0; i < parameter->special_count; i++) {
        low = fmin(low, parameter->specials[i]);
        high = fmax(high, parameter->specials[i]);
    }
    bool is_int = parameter->type == CAVIAR_TYPE_INT;
    bool is_grid = parameter->step > 0 && !is_log(parameter) && parameter->special_count == 0 &&
                   parameter->limit_low == parameter->low;
    cav_json_add_bool(json, "log", is_log(parameter));
    cav_json_key(json, "step");
    if (is_grid)
        cav_json_number(json, parameter->step);
    else if (is_int)
        cav_json_int(json, 1);
    else
        cav_json_null(json);
    cav_json_key(json, "low");
    is_int ? cav_json_number(json, low) : cav_json_real(json, low);
    cav_json_key(json, "high");
    is_int ? cav_json_number(json, high) : cav_json_real(json, high);
}

void cav_optuna_write_distribution(const cav_parameter *parameter, cav_json *json)
{
    bool is_choice = parameter->choice_count > 0;
    cav_json_begin_object(json);
    cav_json_add_string(json, "name",
                        is_choice                            ? "CategoricalDistribution"
                        : parameter->type == CAVIAR_TYPE_INT ? "IntDistribution"
                                                             : "FloatDistribution");
    cav_json_key(json, "attributes");
    cav_json_begin_object(json);
    if (is_choice)
        cav_json_add_values(json, "choices", parameter->choices, parameter->choice_count);
    else
        write_range(parameter, json);
    cav_json_end_object(json);
    cav_json_end_object(json);
}

void cav_optuna_write_attributes(const cav_study *study, size_t number, cav_json *json)
{
    const cav_history *history = study->history;
    const char *message = history->messages[number];
    cav_json_begin_object(json);
    cav_json_add_string(json, "origin", history->maker_names[history->makers[number]]);
    if (history->reasons[number] != CAVIAR_REASON_NONE)
        cav_json_add_string(json, "reason",
                            caviar_reason_name((caviar_reason)history->reasons[number]));
    if (message && message[0])
        cav_json_add_string(json, "message", message);
    if (history->parents[number] >= 0)
        cav_json_add_int(json, "parent", history->parents[number]);
    if (history->states[number] == CAVIAR_STATE_PAUSED)
        cav_json_add_bool(json, "paused", true);
    cav_json_end_object(json);
}

void cav_optuna_write_fixed(const cav_study *study, size_t number, cav_json *json)
{
    const cav_history *history = study->history;
    cav_space_write(study->spec->space, history->raw + number * history->param_count, json);
}

void cav_optuna_write_metric_names(const cav_study *study, cav_json *json)
{
    cav_json_begin_array(json);
    for (size_t m = 0; m < study->spec->metric_count; m++)
        cav_json_string(json, study->metric_names[m]);
    cav_json_end_array(json);
}

void cav_optuna_note(const cav_study *study, cav_notes *notes)
{
    const cav_spec *spec = study->spec;
    for (size_t i = 0; i < spec->space->count; i++) {
        const cav_parameter *parameter = &spec->space->parameters[i];
        bool other = parameter->choice_count == 0 && parameter->scale != CAVIAR_SCALE_LINEAR &&
                     !is_log(parameter);
        if (other)
            cav_note(notes, "%s is linear there: Optuna has no %s%s", parameter->name,
                     caviar_scale_name(parameter->scale),
                     parameter->special_count > 0 ? " range with single values beside it"
                                                  : " scale");
    }
    if (spec->metric_count > 1)
        cav_note(notes, "intermediate values are those of %s: Optuna has one at each step",
                 study->metric_names[0]);
    if (spec->space->constraint_count > 0)
        cav_note(notes, "the constraints are left out");
}
