/**
 * import_csv.c: a table of earlier trials, from wherever: a row for each trial, a column for each
 * parameter and each metric. columns.h settles which is which, csv_space.h what ranges they have,
 * unless a study file says both.
 */
#include "exchange/columns.h"
#include "exchange/csv_decimal.h"
#include "exchange/csv_space.h"
#include "exchange/csv_time.h"

#include "base/number.h"

#include <math.h>
#include <string.h>
#include <strings.h>

/** Words for states: Caviar's and Optuna's own, W&B's, Ray Tune's. Case is ignored. */
static const struct word {
    const char *text;
    caviar_state state;
} words[] = {
    {"complete", CAVIAR_STATE_COMPLETE}, {"completed", CAVIAR_STATE_COMPLETE},
    {"finished", CAVIAR_STATE_COMPLETE}, {"terminated", CAVIAR_STATE_COMPLETE},
    {"success", CAVIAR_STATE_COMPLETE},  {"ok", CAVIAR_STATE_COMPLETE},
    {"pruned", CAVIAR_STATE_PRUNED},     {"stopped", CAVIAR_STATE_PRUNED},
    {"paused", CAVIAR_STATE_PRUNED},     {"failed", CAVIAR_STATE_FAILED},
    {"fail", CAVIAR_STATE_FAILED},       {"crashed", CAVIAR_STATE_FAILED},
    {"killed", CAVIAR_STATE_FAILED},     {"error", CAVIAR_STATE_FAILED},
    {"running", CAVIAR_STATE_RUNNING},   {"waiting", CAVIAR_STATE_WAITING},
    {"pending", CAVIAR_STATE_WAITING},   {"queued", CAVIAR_STATE_WAITING},
};

typedef struct loader {
    cav_csv table;
    const cav_import_source *source;
    cav_columns all;
    size_t *parameters; // [table.column_count] index in the ledger
    size_t number, state, step, started, finished, seconds; // columns; column_count: none
    double *raw; // [space->count] of the row at hand, where there is a spec
    cav_ledger *ledger;
    cav_notes *notes;
    cav_error *error;
} loader;

// Whether a column is left out: one that cannot be a parameter, and of which nobody said it were.
static caviar_code check_parameter(loader *at, size_t column, bool is_parameter, bool *ret_skip)
{
    *ret_skip = !is_parameter;
    if (is_parameter || !at->all.columns[column].is_named) {
        if (!is_parameter)
            cav_note(at->notes,
                     "the column %s is left out: it is empty, or has too many different "
                     "words to be a parameter",
                     at->table.names[column]);
        return CAVIAR_OK;
    }
    return cav_fail(at->error, CAVIAR_INVALID,
                    "%s: the column '%.100s' is empty, or has too many different words to be a "
                    "parameter",
                    at->table.path, at->table.names[column]);
}

static void note_scale(loader *at, const cav_distribution *distribution, const char *name)
{
    if (distribution->scale == CAVIAR_SCALE_LINEAR)
        return;
    cav_note(at->notes, "%s is on the %s scale, on which its values lie most evenly", name,
             caviar_scale_name(distribution->scale));
}

static caviar_code add_parameter(loader *at, size_t column)
{
    cav_distribution distribution;
    bool is_parameter, skip;
    const char *name = at->all.columns[column].name;
    caviar_code code = cav_csv_distribution(&at->table, column, at->ledger->arena, &distribution,
                                            &is_parameter, at->error);
    if (!code)
        code = check_parameter(at, column, is_parameter, &skip);
    if (!code && skip)
        at->all.columns[column].role = CAV_ROLE_LEFT_OUT;
    if (code || skip)
        return code;
    note_scale(at, &distribution, name);
    return cav_ledger_add_parameter(at->ledger, name, &distribution, &at->parameters[column],
                                    at->error);
}

// The parameters of the spec, in its order and all of them: also those that have no column.
static caviar_code add_parameters_of_spec(loader *at, const cav_space *space)
{
    caviar_code code = CAVIAR_OK;
    size_t index;
    at->raw = CAV_ARENA_NEW(at->ledger->arena, double, space->count + 1);
    if (!at->raw)
        return cav_fail_memory(at->error);
    for (size_t i = 0; i < space->count && !code; i++) {
        code = cav_ledger_add_parameter(at->ledger, space->parameters[i].name,
                                        &(cav_distribution){0}, &index, at->error);
        if (!code)
            at->ledger->parameters[index].space_index = i;
    }
    return code;
}

static caviar_code add_parameters(loader *at)
{
    const cav_spec *spec = at->source->columns.spec;
    caviar_code code = CAVIAR_OK;
    at->parameters = CAV_ARENA_NEW(at->ledger->arena, size_t, at->table.column_count);
    if (!at->parameters)
        return cav_fail_memory(at->error);
    if (spec)
        return add_parameters_of_spec(at, spec->space);
    for (size_t i = 0; i < at->table.column_count && !code; i++)
        if (at->all.columns[i].role == CAV_ROLE_PARAMETER)
            code = add_parameter(at, i);
    return code;
}

static caviar_code add_metrics(loader *at)
{
    caviar_code code = cav_ledger_set_metrics(at->ledger, at->all.metric_count, at->error);
    for (size_t m = 0; m < at->all.metric_count && !code; m++) {
        at->ledger->metrics[m] = cav_arena_strdup(at->ledger->arena, at->all.metrics[m].column);
        at->ledger->maximize[m] = at->all.metrics[m].maximize;
        if (!at->ledger->metrics[m])
            return cav_fail_memory(at->error);
    }
    return code;
}

static const char *cell_of(const loader *at, size_t row, size_t column)
{
    return column < at->table.column_count ? cav_csv_cell(&at->table, row, column) : "";
}

static caviar_code read_metric(loader *at, cav_ledger_trial *trial, size_t row, size_t column)
{
    const char *cell = cav_csv_cell(&at->table, row, column);
    double *value = &trial->values[at->all.columns[column].index];
    if (!cav_cell_is_missing(cell) && !cav_number_parse(cell, strlen(cell), value))
        return cav_csv_fail(&at->table, row, column, at->error,
                            "'%.60s' is no number, as a metric's value must be", cell);
    return CAVIAR_OK;
}

static caviar_code put_cell(loader *at, cav_ledger_trial *trial, size_t row, size_t column)
{
    const char *cell = cav_csv_cell(&at->table, row, column);
    size_t parameter = at->parameters[column];
    if (cav_cell_is_missing(cell))
        return CAVIAR_OK;
    double raw = cav_csv_raw(&at->ledger->parameters[parameter].distribution, cell);
    return cav_ledger_put_setting(at->ledger, trial, parameter, raw, at->error);
}

// A number may lie outside of the range that the study file has now: such trials are left out
// later.
static caviar_code read_cell(loader *at, const cav_parameter *parameter, size_t row, size_t column)
{
    const char *cell = cav_csv_cell(&at->table, row, column);
    double *raw = &at->raw[at->all.columns[column].index];
    caviar_value value = cav_cell_value(cell);
    if (cav_parameter_read_text(parameter, cell, raw, NULL) == CAVIAR_OK)
        return CAVIAR_OK;
    if (cav_parameter_read_value(parameter, &value, true, raw, at->error) == CAVIAR_OK)
        return CAVIAR_OK;
    return cav_error_prefix(at->error, "%s:%lld: column '%.100s'", at->table.path,
                            (long long)at->table.lines[row], at->table.names[column]);
}

static caviar_code put_settings(loader *at, cav_ledger_trial *trial, const cav_space *space)
{
    caviar_code code = CAVIAR_OK;
    for (size_t i = 0; i < space->count && !code; i++)
        if (!isnan(at->raw[i]) && cav_space_is_active(space, i, at->raw))
            code = cav_ledger_put_setting(at->ledger, trial, i, at->raw[i], at->error);
    return code;
}

// A row by the spec. What a condition rules out is not kept, whatever stands in its cell.
static caviar_code read_by_spec(loader *at, cav_ledger_trial *trial, size_t row,
                                const cav_space *space)
{
    caviar_code code = CAVIAR_OK;
    for (size_t i = 0; i < space->count; i++)
        at->raw[i] =
            space->parameters[i].type == CAVIAR_TYPE_CONSTANT ? 0 : space->parameters[i].initial;
    for (size_t i = 0; i < at->table.column_count && !code; i++)
        if (at->all.columns[i].role == CAV_ROLE_PARAMETER) {
            size_t index = at->all.columns[i].index;
            at->raw[index] = NAN;
            if (!cav_cell_is_missing(cav_csv_cell(&at->table, row, i)))
                code = read_cell(at, &space->parameters[index], row, i);
        }
    return code ? code : put_settings(at, trial, space);
}

static caviar_code read_settings(loader *at, cav_ledger_trial *trial, size_t row)
{
    const cav_spec *spec = at->source->columns.spec;
    caviar_code code = CAVIAR_OK;
    if (spec)
        return read_by_spec(at, trial, row, spec->space);
    for (size_t i = 0; i < at->table.column_count && !code; i++)
        if (at->all.columns[i].role == CAV_ROLE_PARAMETER)
            code = put_cell(at, trial, row, i);
    return code;
}

// Without a word for it, a trial that has its values is complete, and one that has not failed.
static caviar_code read_state(loader *at, cav_ledger_trial *trial, size_t row)
{
    const char *cell = cell_of(at, row, at->state);
    trial->state = CAVIAR_STATE_COMPLETE;
    for (size_t m = 0; m < at->all.metric_count; m++)
        if (isnan(trial->values[m]))
            trial->state = CAVIAR_STATE_FAILED;
    if (cav_cell_is_missing(cell))
        return CAVIAR_OK;
    for (size_t i = 0; i < CAV_COUNT_OF(words); i++)
        if (strcasecmp(words[i].text, cell) == 0) {
            trial->state = words[i].state;
            return CAVIAR_OK;
        }
    return cav_csv_fail(&at->table, row, at->state, at->error,
                        "'%.60s' is no state that is known: complete, pruned, failed, running or "
                        "waiting is expected",
                        cell);
}

static bool is_no_time(const char *cell)
{
    return cav_cell_is_missing(cell) || strcasecmp(cell, "nat") == 0; // pandas' "not a time"
}

static caviar_code read_moment(const loader *at, size_t row, size_t column, int64_t *ret_ms)
{
    const char *cell = cell_of(at, row, column);
    if (is_no_time(cell) || cav_csv_read_moment(cell, ret_ms))
        return CAVIAR_OK;
    return cav_csv_fail(&at->table, row, column, at->error,
                        "'%.60s' is no time that can be told from others; write it as 2024-03-01 "
                        "12:30:00",
                        cell);
}

// How long it took matters where only the start is known.
static caviar_code read_times(const loader *at, cav_ledger_trial *trial, size_t row)
{
    int64_t length_ms;
    const char *length = cell_of(at, row, at->seconds);
    caviar_code code = read_moment(at, row, at->started, &trial->started_ms);
    if (!code)
        code = read_moment(at, row, at->finished, &trial->finished_ms);
    if (code || is_no_time(length) || trial->started_ms == 0 || trial->finished_ms > 0)
        return code;
    if (!cav_csv_read_duration(length, &length_ms))
        return cav_csv_fail(&at->table, row, at->seconds, at->error,
                            "'%.60s' is no duration; write seconds, or 1:02:03 for hours, minutes "
                            "and seconds",
                            length);
    trial->finished_ms = trial->started_ms + length_ms;
    return CAVIAR_OK;
}

static caviar_code read_step(const loader *at, cav_ledger_trial *trial, size_t row)
{
    double step;
    const char *cell = cell_of(at, row, at->step);
    bool is_step = cav_number_parse(cell, strlen(cell), &step) && step >= 0 &&
                   step == nearbyint(step) && step < CAV_INT_LIMIT;
    if (!is_step || !isfinite(trial->values[0]))
        return CAVIAR_OK;
    return cav_ledger_take_report(trial, (int64_t)step, trial->values[0], at->error);
}

static caviar_code read_row(loader *at, size_t row)
{
    cav_ledger_trial *trial = cav_ledger_add_trial(at->ledger);
    if (!trial)
        return cav_fail_memory(at->error);
    cav_number_parse_int(cell_of(at, row, at->number), &trial->number);
    caviar_code code = CAVIAR_OK;
    for (size_t i = 0; i < at->table.column_count && !code; i++)
        if (at->all.columns[i].role == CAV_ROLE_METRIC)
            code = read_metric(at, trial, row, i);
    if (!code)
        code = read_state(at, trial, row);
    if (!code)
        code = read_step(at, trial, row);
    if (!code)
        code = read_settings(at, trial, row);
    return code ? code : read_times(at, trial, row);
}

static void find_columns(loader *at)
{
    const struct wanted {
        cav_role role;
        size_t *column;
    } wanted[] = {{CAV_ROLE_NUMBER, &at->number},     {CAV_ROLE_STATE, &at->state},
                  {CAV_ROLE_STEP, &at->step},         {CAV_ROLE_STARTED, &at->started},
                  {CAV_ROLE_FINISHED, &at->finished}, {CAV_ROLE_SECONDS, &at->seconds}};
    for (size_t i = 0; i < CAV_COUNT_OF(wanted); i++)
        *wanted[i].column = cav_columns_find(&at->table, &at->all, wanted[i].role);
}

// Where a study file has choices, their words are not looked at.
static bool may_have_numbers(const loader *at, const cav_column *column)
{
    const cav_spec *spec = at->source->columns.spec;
    if (column->role != CAV_ROLE_PARAMETER)
        return column->role == CAV_ROLE_METRIC || column->role == CAV_ROLE_SECONDS;
    if (!spec)
        return true;
    caviar_type type = spec->space->parameters[column->index].type;
    return type == CAVIAR_TYPE_FLOAT || type == CAVIAR_TYPE_INT;
}

static caviar_code settle_decimals(loader *at)
{
    bool *is_number = CAV_ARENA_NEW(at->ledger->arena, bool, at->table.column_count);
    if (!is_number)
        return cav_fail_memory(at->error);
    for (size_t i = 0; i < at->table.column_count; i++)
        is_number[i] = may_have_numbers(at, &at->all.columns[i]);
    return cav_csv_settle_decimals(&at->table, is_number, at->ledger->arena, at->notes, at->error);
}

// "runs/trials.csv" is the study "trials".
static const char *name_study(const loader *at)
{
    const char *slash = strrchr(at->source->path, '/');
    const char *name = slash ? slash + 1 : at->source->path;
    const char *point = strrchr(name, '.');
    size_t size = point && point > name ? (size_t)(point - name) : strlen(name);
    return cav_arena_text(at->ledger->arena, name, size);
}

static caviar_code load(loader *at)
{
    const cav_import_source *source = at->source;
    cav_arena *arena = at->ledger->arena;
    caviar_code code =
        cav_csv_read(arena, source->path, source->text, source->size, &at->table, at->error);
    if (!code)
        code =
            cav_columns_settle(&at->table, &source->columns, arena, &at->all, at->notes, at->error);
    if (!code)
        code = settle_decimals(at);
    if (!code && !(at->ledger->name = name_study(at)))
        code = cav_fail_memory(at->error);
    if (!code)
        code = add_metrics(at);
    if (!code)
        code = add_parameters(at);
    if (!code)
        find_columns(at);
    for (size_t row = 0; row < at->table.row_count && !code; row++)
        code = read_row(at, row);
    return code;
}

static caviar_code read_table(const cav_import_source *source, cav_imported *ret_imported,
                              cav_notes *notes, cav_error *error)
{
    loader at = {.source = source, .ledger = cav_ledger_new("csv"), .notes = notes, .error = error};
    caviar_code code = at.ledger ? load(&at) : cav_fail_memory(error);
    if (code)
        cav_ledger_free(at.ledger);
    else
        ret_imported->ledger = at.ledger;
    return code;
}

const cav_import_type cav_import_csv = {
    .name = "csv",
    .summary = "a table of trials, with a header (commas, semicolons or tabs)",
    .is_text = true,
    .has_columns = true,
    .recognises = cav_csv_recognise,
    .read = read_table,
};
