/**
 * export_journal.c: a journal as Optuna's JournalStorage writes it: a line makes the study, one
 * names its metrics, and one for each trial adds it whole.
 */
#include "exchange/export.h"

#include "exchange/optuna_write.h"

#include <math.h>
#include <stdio.h>

static void begin(cav_json *json, int op)
{
    cav_json_begin_object(json);
    cav_json_add_int(json, "op_code", op);
    cav_json_add_string(json, "worker_id", "caviar");
}

static void end(cav_json *json)
{
    cav_json_end_object(json);
    cav_text_append(json->text, "\n");
    *json = (cav_json){.text = json->text}; // no comma between lines
}

static void write_study(const cav_study *study, cav_text *text)
{
    cav_json json = {.text = text};
    begin(&json, 0);
    cav_json_add_string(&json, "study_name", study->spec->study);
    cav_json_key(&json, "directions");
    cav_json_begin_array(&json);
    for (size_t m = 0; m < study->spec->metric_count; m++)
        cav_json_int(&json, study->maximize[m] ? 2 : 1);
    cav_json_end_array(&json);
    end(&json);
    begin(&json, 3);
    cav_json_add_int(&json, "study_id", 0);
    cav_json_key(&json, "system_attr");
    cav_json_begin_object(&json);
    cav_json_key(&json, "study:metric_names");
    cav_optuna_write_metric_names(study, &json);
    cav_json_end_object(&json);
    end(&json);
}

static void write_time(cav_json *json, const char *key, int64_t ms)
{
    char text[CAV_PYTHON_TIME_SIZE];
    if (ms > 0)
        cav_python_time_print(ms, 'T', text);
    cav_json_add_string(json, key, ms > 0 ? text : NULL);
}

// A distribution stands in the line as a text of JSON.
static void write_distribution(const cav_parameter *parameter, cav_json *json)
{
    cav_text text = {0};
    cav_optuna_write_distribution(parameter, &(cav_json){.text = &text});
    cav_json_add_string(json, parameter->name, cav_text_get(&text));
    json->text->failed |= text.failed;
    cav_text_free(&text);
}

static void write_params(const cav_study *study, size_t number, cav_json *json)
{
    const cav_history *history = study->history;
    const cav_space *space = study->spec->space;
    const double *raw = history->raw + number * history->param_count;
    bool is_waiting = history->states[number] == CAVIAR_STATE_WAITING;
    cav_json_key(json, "distributions");
    cav_json_begin_object(json);
    for (size_t i = 0; i < space->count && !is_waiting; i++)
        if (!isnan(raw[i]))
            write_distribution(&space->parameters[i], json);
    cav_json_end_object(json);
    cav_json_key(json, "params");
    cav_json_begin_object(json);
    for (size_t i = 0; i < space->count && !is_waiting; i++)
        if (!isnan(raw[i]))
            cav_json_add_number(json, space->parameters[i].name, raw[i]);
    cav_json_end_object(json);
    cav_json_key(json, "system_attrs");
    cav_json_begin_object(json);
    if (is_waiting) {
        cav_json_key(json, "fixed_params");
        cav_optuna_write_fixed(study, number, json);
    }
    cav_json_end_object(json);
}

static bool has_values(const cav_study *study, size_t number)
{
    caviar_state state = (caviar_state)study->history->states[number];
    bool all = state == CAVIAR_STATE_COMPLETE || state == CAVIAR_STATE_PRUNED;
    for (size_t m = 0; m < study->spec->metric_count; m++)
        all &= isfinite(cav_history_value(study->history, number, m)) != 0;
    return all;
}

static void write_values(const cav_study *study, size_t number, cav_json *json)
{
    cav_json_key(json, "value");
    cav_json_null(json);
    cav_json_key(json, "values");
    if (!has_values(study, number)) {
        cav_json_null(json);
        return;
    }
    cav_json_begin_array(json);
    for (size_t m = 0; m < study->spec->metric_count; m++)
        cav_json_number(json, cav_history_value(study->history, number, m));
    cav_json_end_array(json);
}

static void write_reports(const cav_study *study, size_t number, cav_json *json)
{
    const cav_curve *curve = &study->history->curves[number];
    cav_json_key(json, "intermediate_values");
    cav_json_begin_object(json);
    for (size_t i = 0; i < curve->count; i++) {
        char step[32];
        double loss = curve->losses[i * study->spec->metric_count];
        snprintf(step, sizeof step, "%lld", (long long)curve->steps[i]);
        if (isfinite(loss))
            cav_json_add_number(json, step, study->maximize[0] ? -loss : loss);
    }
    cav_json_end_object(json);
}

static void write_trial(const cav_study *study, size_t number, cav_text *text)
{
    cav_json json = {.text = text};
    const cav_history *history = study->history;
    int state = cav_optuna_state_of((caviar_state)history->states[number]);
    begin(&json, 4);
    cav_json_add_int(&json, "study_id", 0);
    cav_json_add_int(&json, "state", state);
    write_time(&json, "datetime_start", history->started_ms[number]);
    if (cav_optuna_states[state].is_final)
        write_time(&json, "datetime_complete", history->finished_ms[number]);
    write_values(study, number, &json);
    write_params(study, number, &json);
    cav_json_key(&json, "user_attrs");
    cav_optuna_write_attributes(study, number, &json);
    write_reports(study, number, &json);
    end(&json);
}

static caviar_code write_journal(cav_study *study, cav_text *text, cav_notes *notes,
                                 cav_error *error)
{
    write_study(study, text);
    for (size_t i = 0; i < study->history->count; i++)
        write_trial(study, i, text);
    cav_optuna_note(study, notes);
    return text->failed ? cav_fail_memory(error) : CAVIAR_OK;
}

const cav_export_type cav_export_optuna_journal = {
    .name = "optuna-journal",
    .summary = "a journal file for Optuna",
    .write = write_journal,
};
