/**
 * optuna_journal.c: Optuna's journal: a file of operations, one JSON object a line, replayed here
 * as Optuna's JournalStorage replays it. Studies and trials are numbered in the order in which
 * they were made; what is done to a trial that has ended is ignored.
 */
#include "exchange/import.h"
#include "exchange/optuna_write.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct study {
    cav_ledger *ledger;
    bool is_deleted;
} study;

typedef struct place {
    size_t study, trial;
} place;

typedef struct replay {
    study *studies; // [study_count]
    size_t study_count, study_capacity;
    place *trials; // [trial_count] of all studies, by trial id
    size_t trial_count, trial_capacity;
    cav_notes *notes;
    cav_error *error;
} replay;

static caviar_code fail_field(const replay *at, const char *name, const char *expected)
{
    return cav_fail(at->error, CAVIAR_INVALID, "\"%s\": %s is expected", name, expected);
}

static caviar_code read_index(const replay *at, const json_t *log, const char *name, size_t count,
                              size_t *ret_index)
{
    const json_t *value = json_object_get(log, name);
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return fail_field(at, name, "a whole number from 0");
    *ret_index = (size_t)json_integer_value(value);
    return *ret_index < count ? CAVIAR_OK
                              : cav_fail(at->error, CAVIAR_NOT_FOUND, "\"%s\": there is no %lld",
                                         name, (long long)json_integer_value(value));
}

static caviar_code read_state(const replay *at, const json_t *log, caviar_state *ret_state,
                              bool *ret_final)
{
    const json_t *value = json_object_get(log, "state");
    json_int_t index = json_is_integer(value) ? json_integer_value(value) : -1;
    if (index < 0 || index >= CAV_OPTUNA_STATES)
        return fail_field(at, "state", "a number from 0 to 4");
    *ret_state = cav_optuna_states[index].state;
    *ret_final = cav_optuna_states[index].is_final;
    return CAVIAR_OK;
}

static caviar_code read_values(const replay *at, const cav_ledger *ledger, const json_t *list,
                               cav_ledger_trial *trial)
{
    for (size_t m = 0; m < ledger->metric_count && m < json_array_size(list); m++)
        if (!cav_python_number(json_array_get(list, m), &trial->values[m]))
            return fail_field(at, "values", "a list of numbers");
    return CAVIAR_OK;
}

static caviar_code create_study(replay *at, const json_t *log)
{
    const char *name = json_string_value(json_object_get(log, "study_name"));
    const json_t *directions = json_object_get(log, "directions");
    size_t count = json_array_size(directions);
    if (!name || count == 0 || count > 1000)
        return fail_field(at, name ? "directions" : "study_name",
                          name ? "a list of directions" : "a text");
    for (size_t i = 0; i < at->study_count; i++)
        if (!at->studies[i].is_deleted && strcmp(at->studies[i].ledger->name, name) == 0)
            return CAVIAR_OK; // another process had made it already
    if (!CAV_GROW(&at->studies, &at->study_capacity, at->study_count + 1))
        return cav_fail_memory(at->error);
    cav_ledger *ledger = cav_ledger_new("optuna");
    if (!ledger)
        return cav_fail_memory(at->error);
    at->studies[at->study_count++] = (study){ledger, false};
    ledger->name = cav_arena_strdup(ledger->arena, name);
    caviar_code code = ledger->name ? cav_ledger_set_metrics(ledger, count, at->error)
                                    : cav_fail_memory(at->error);
    for (size_t m = 0; m < count && !code; m++)
        ledger->maximize[m] = json_integer_value(json_array_get(directions, m)) == 2;
    return code;
}

static caviar_code delete_study(replay *at, const json_t *log)
{
    size_t index = 0;
    caviar_code code = read_index(at, log, "study_id", at->study_count, &index);
    if (!code)
        at->studies[index].is_deleted = true;
    return code;
}

static caviar_code set_study_user_attr(replay *at, const json_t *log)
{
    size_t index;
    const char *name;
    json_t *value, *all = json_object_get(log, "user_attr");
    caviar_code code = read_index(at, log, "study_id", at->study_count, &index);
    if (code)
        return code;
    json_object_foreach (all, name, value)
        cav_note(at->notes, "the attribute %s of study '%s' is left out: a study has none here",
                 name, at->studies[index].ledger->name);
    return CAVIAR_OK;
}

static caviar_code set_study_system_attr(replay *at, const json_t *log)
{
    size_t index;
    caviar_code code = read_index(at, log, "study_id", at->study_count, &index);
    if (code)
        return code;
    cav_ledger *ledger = at->studies[index].ledger;
    const json_t *names =
        json_object_get(json_object_get(log, "system_attr"), "study:metric_names");
    for (size_t m = 0; m < ledger->metric_count; m++) {
        const char *name = json_string_value(json_array_get(names, m));
        if (name && name[0] && !(ledger->metrics[m] = cav_arena_strdup(ledger->arena, name)))
            return cav_fail_memory(at->error);
    }
    return CAVIAR_OK;
}

static void take_attributes(cav_ledger_trial *trial, const char *what, const json_t *all)
{
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)(uintptr_t)all, name, value) {
        char *dump = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
        cav_ledger_take_attribute(trial, what, name, dump ? dump : "");
        free(dump);
    }
}

static caviar_code take_fixed(replay *at, cav_ledger *ledger, cav_ledger_trial *trial,
                              const json_t *attributes)
{
    const char *name;
    json_t *value, *fixed = json_object_get(attributes, "fixed_params");
    caviar_code code = CAVIAR_OK;
    if (trial->state != CAVIAR_STATE_WAITING)
        return code;
    json_object_foreach (fixed, name, value)
        if (!code)
            code = cav_ledger_take_fixed(ledger, trial, name, value, at->error);
    return code;
}

// A trial that was added whole, by Study.add_trial.
static caviar_code take_template(replay *at, cav_ledger *ledger, cav_ledger_trial *trial,
                                 const json_t *log)
{
    const char *name;
    json_t *value, *all = json_object_get(log, "params");
    const json_t *distributions = json_object_get(log, "distributions");
    caviar_code code = CAVIAR_OK;
    json_object_foreach (all, name, value) {
        double number = NAN;
        const char *text = json_string_value(json_object_get(distributions, name));
        if (!code && (!text || !cav_python_number(value, &number)))
            code = fail_field(at, "params", "a number with a distribution");
        if (!code)
            code = cav_ledger_take_setting(ledger, trial, name, text, number, at->error);
    }
    all = json_object_get(log, "intermediate_values");
    json_object_foreach (all, name, value) {
        double number = NAN;
        if (!code && !cav_python_number(value, &number))
            code = fail_field(at, "intermediate_values", "a number for each step");
        if (!code)
            code = cav_ledger_take_report(trial, strtoll(name, NULL, 10), number, at->error);
    }
    const json_t *one = json_object_get(log, "value");
    if (!code && one && !cav_python_number(one, &trial->values[0]))
        code = fail_field(at, "value", "a number");
    return code ? code : read_values(at, ledger, json_object_get(log, "values"), trial);
}

static caviar_code create_trial(replay *at, const json_t *log)
{
    size_t index;
    caviar_code code = read_index(at, log, "study_id", at->study_count, &index);
    if (code == CAVIAR_NOT_FOUND || (!code && at->studies[index].is_deleted))
        return CAVIAR_OK; // Optuna ignores it as well
    if (code)
        return code;
    cav_ledger *ledger = at->studies[index].ledger;
    if (!CAV_GROW(&at->trials, &at->trial_capacity, at->trial_count + 1))
        return cav_fail_memory(at->error);
    cav_ledger_trial *trial = cav_ledger_add_trial(ledger);
    if (!trial)
        return cav_fail_memory(at->error);
    at->trials[at->trial_count++] = (place){index, ledger->trial_count - 1};
    trial->state = CAVIAR_STATE_RUNNING;
    bool is_final;
    if (json_object_get(log, "state"))
        code = read_state(at, log, &trial->state, &is_final);
    trial->started_ms =
        cav_python_time_read(json_string_value(json_object_get(log, "datetime_start")));
    trial->finished_ms =
        cav_python_time_read(json_string_value(json_object_get(log, "datetime_complete")));
    if (!code)
        code = take_template(at, ledger, trial, log);
    if (!code)
        code = take_fixed(at, ledger, trial, json_object_get(log, "system_attrs"));
    take_attributes(trial, "user attribute", json_object_get(log, "user_attrs"));
    take_attributes(trial, "system attribute", json_object_get(log, "system_attrs"));
    return code;
}

// The trial that an operation is about; NULL where it is to be ignored.
static caviar_code find_trial(replay *at, const json_t *log, cav_ledger **ret_ledger,
                              cav_ledger_trial **ret_trial)
{
    size_t index;
    *ret_trial = NULL;
    caviar_code code = read_index(at, log, "trial_id", at->trial_count, &index);
    if (code)
        return code == CAVIAR_NOT_FOUND ? CAVIAR_OK : code;
    *ret_ledger = at->studies[at->trials[index].study].ledger;
    cav_ledger_trial *trial = &(*ret_ledger)->trials[at->trials[index].trial];
    bool is_open = trial->state == CAVIAR_STATE_RUNNING || trial->state == CAVIAR_STATE_WAITING;
    if (is_open)
        *ret_trial = trial;
    return CAVIAR_OK;
}

static caviar_code set_trial_param(replay *at, cav_ledger *ledger, cav_ledger_trial *trial,
                                   const json_t *log)
{
    const char *name = json_string_value(json_object_get(log, "param_name"));
    const char *distribution = json_string_value(json_object_get(log, "distribution"));
    double value = NAN;
    if (!name || !distribution)
        return fail_field(at, name ? "distribution" : "param_name", "a text");
    if (!cav_python_number(json_object_get(log, "param_value_internal"), &value))
        return fail_field(at, "param_value_internal", "a number");
    for (size_t i = 0; i < trial->setting_count; i++) {
        cav_ledger_parameter *parameter = &ledger->parameters[trial->settings[i].parameter];
        if (strcmp(parameter->their_name, name) != 0)
            continue;
        trial->settings[i] = trial->settings[--trial->setting_count]; // it is set anew
        parameter->seen--;
        break;
    }
    return cav_ledger_take_setting(ledger, trial, name, distribution, value, at->error);
}

static caviar_code set_trial_state(replay *at, cav_ledger *ledger, cav_ledger_trial *trial,
                                   const json_t *log)
{
    bool is_final = false;
    caviar_code code = read_state(at, log, &trial->state, &is_final);
    if (code)
        return code;
    if (is_final)
        trial->finished_ms =
            cav_python_time_read(json_string_value(json_object_get(log, "datetime_complete")));
    else if (trial->state == CAVIAR_STATE_RUNNING && json_object_get(log, "datetime_start"))
        trial->started_ms =
            cav_python_time_read(json_string_value(json_object_get(log, "datetime_start")));
    return read_values(at, ledger, json_object_get(log, "values"), trial);
}

static caviar_code set_trial_report(replay *at, cav_ledger *ledger, cav_ledger_trial *trial,
                                    const json_t *log)
{
    (void)ledger;
    double value = NAN;
    const json_t *step = json_object_get(log, "step");
    if (!json_is_integer(step))
        return fail_field(at, "step", "a whole number");
    if (!cav_python_number(json_object_get(log, "intermediate_value"), &value))
        return fail_field(at, "intermediate_value", "a number");
    for (size_t i = 0; i < trial->report_count; i++)
        if (trial->reports[i].step == json_integer_value(step)) {
            trial->reports[i].value = value;
            return CAVIAR_OK;
        }
    return cav_ledger_take_report(trial, json_integer_value(step), value, at->error);
}

static caviar_code set_trial_user_attr(replay *at, cav_ledger *ledger, cav_ledger_trial *trial,
                                       const json_t *log)
{
    (void)at, (void)ledger;
    take_attributes(trial, "user attribute", json_object_get(log, "user_attr"));
    return CAVIAR_OK;
}

static caviar_code set_trial_system_attr(replay *at, cav_ledger *ledger, cav_ledger_trial *trial,
                                         const json_t *log)
{
    const json_t *attributes = json_object_get(log, "system_attr");
    take_attributes(trial, "system attribute", attributes);
    return take_fixed(at, ledger, trial, attributes);
}

/** By Optuna's numbers of operations: one on the whole, or one on a trial that is open. */
static const struct operation {
    caviar_code (*apply)(replay *at, const json_t *log);
    caviar_code (*apply_to)(replay *at, cav_ledger *ledger, cav_ledger_trial *trial,
                            const json_t *log);
} operations[] = {
    {create_study, NULL},          {delete_study, NULL},     {set_study_user_attr, NULL},
    {set_study_system_attr, NULL}, {create_trial, NULL},     {NULL, set_trial_param},
    {NULL, set_trial_state},       {NULL, set_trial_report}, {NULL, set_trial_user_attr},
    {NULL, set_trial_system_attr},
};

static caviar_code apply(replay *at, const json_t *log)
{
    const json_t *op = json_object_get(log, "op_code");
    json_int_t number = json_is_integer(op) ? json_integer_value(op) : -1;
    if (number < 0 || number >= (json_int_t)CAV_COUNT_OF(operations))
        return fail_field(at, "op_code", "a number from 0 to 9");
    if (operations[number].apply)
        return operations[number].apply(at, log);
    cav_ledger *ledger = NULL;
    cav_ledger_trial *trial;
    caviar_code code = find_trial(at, log, &ledger, &trial);
    return code || !trial ? code : operations[number].apply_to(at, ledger, trial, log);
}

// A last line without its end was being written when the file was copied; Optuna skips it, too.
static caviar_code read_lines(replay *at, const cav_import_source *source)
{
    const char *from = source->text, *end = source->text + source->size;
    for (long long line = 1; from < end; line++) {
        const char *stop = memchr(from, '\n', (size_t)(end - from));
        if (!stop) {
            cav_note(at->notes, "line %lld is not whole and is left out", line);
            return CAVIAR_OK;
        }
        json_t *log;
        caviar_code code = cav_python_json_parse(from, (size_t)(stop - from), &log, at->error);
        if (!code) {
            code = apply(at, log);
            json_decref(log);
        }
        if (code)
            return cav_error_prefix(at->error, "%s:%lld", source->path, line);
        from = stop + 1;
    }
    return CAVIAR_OK;
}

static int by_step(const void *a, const void *b)
{
    const cav_ledger_report *x = a, *y = b;
    return (x->step > y->step) - (x->step < y->step);
}

static void sort_reports(cav_ledger *ledger)
{
    for (size_t t = 0; t < ledger->trial_count; t++)
        if (ledger->trials[t].report_count > 1)
            qsort(ledger->trials[t].reports, ledger->trials[t].report_count,
                  sizeof *ledger->trials[t].reports, by_step);
}

static caviar_code choose(replay *at, const cav_import_source *source, size_t *ret_index)
{
    const char **names = calloc(at->study_count + 1, sizeof *names);
    size_t *places = calloc(at->study_count + 1, sizeof *places);
    size_t count = 0, index = 0;
    for (size_t i = 0; names && places && i < at->study_count; i++)
        if (!at->studies[i].is_deleted) {
            names[count] = at->studies[i].ledger->name;
            places[count++] = i;
        }
    caviar_code code = names && places
                           ? cav_import_choose(names, count, source->study, &index, at->error)
                           : cav_fail_memory(at->error);
    if (code)
        cav_error_prefix(at->error, "%s", source->path);
    else
        *ret_index = places[index];
    free(names);
    free(places);
    return code;
}

static caviar_code read_journal(const cav_import_source *source, cav_imported *ret_imported,
                                cav_notes *notes, cav_error *error)
{
    replay at = {.notes = notes, .error = error};
    size_t index = 0;
    caviar_code code = read_lines(&at, source);
    if (!code)
        code = choose(&at, source, &index);
    for (size_t i = 0; i < at.study_count; i++)
        if (code || i != index)
            cav_ledger_free(at.studies[i].ledger);
    if (!code) {
        ret_imported->ledger = at.studies[index].ledger;
        sort_reports(ret_imported->ledger);
    }
    free(at.studies);
    free(at.trials);
    return code;
}

static bool is_journal(const char *text, size_t size)
{
    size_t line = 0;
    while (line < size && text[line] != '\n')
        line++;
    return size > 0 && text[0] == '{' && memmem(text, line, "\"op_code\"", 9);
}

const cav_import_type cav_import_optuna_journal = {
    .name = "optuna-journal",
    .summary = "a journal file of Optuna's",
    .is_text = true,
    .recognises = is_journal,
    .read = read_journal,
};
