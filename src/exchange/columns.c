/**
 * columns.c: settling what the columns of a table are.
 */
#include "exchange/columns.h"

#include <math.h>
#include <string.h>
#include <strings.h>

/**
 * Columns that tools write beside parameters and metrics: Caviar and HiPlot, Optuna's
 * trials_dataframe, the page of a W&B project, Ray Tune's results, pandas' index. Case is ignored.
 */
static const struct known {
    const char *name;
    cav_role role;
} known[] = {
    {"", CAV_ROLE_LEFT_OUT},
    {"unnamed: 0", CAV_ROLE_LEFT_OUT},
    {"trial", CAV_ROLE_NUMBER},
    {"number", CAV_ROLE_NUMBER},
    {"uid", CAV_ROLE_NUMBER},
    {"trial_id", CAV_ROLE_NUMBER},
    {"state", CAV_ROLE_STATE},
    {"status", CAV_ROLE_STATE},
    {"step", CAV_ROLE_STEP},
    {"training_iteration", CAV_ROLE_STEP},
    {"started", CAV_ROLE_STARTED},
    {"datetime_start", CAV_ROLE_STARTED},
    {"created", CAV_ROLE_STARTED},
    {"datetime_complete", CAV_ROLE_FINISHED},
    {"seconds", CAV_ROLE_SECONDS},
    {"runtime", CAV_ROLE_SECONDS},
    {"time_total_s", CAV_ROLE_SECONDS},
    {"duration", CAV_ROLE_SECONDS},
    {"reason", CAV_ROLE_LEFT_OUT},
    {"origin", CAV_ROLE_LEFT_OUT},
    {"from_uid", CAV_ROLE_LEFT_OUT},
    {"id", CAV_ROLE_LEFT_OUT},
    {"name", CAV_ROLE_LEFT_OUT},
    {"notes", CAV_ROLE_LEFT_OUT},
    {"user", CAV_ROLE_LEFT_OUT},
    {"tags", CAV_ROLE_LEFT_OUT},
    {"sweep", CAV_ROLE_LEFT_OUT},
    {"group", CAV_ROLE_LEFT_OUT},
    {"updated", CAV_ROLE_LEFT_OUT},
    {"end time", CAV_ROLE_LEFT_OUT},
    {"hostname", CAV_ROLE_LEFT_OUT},
    {"host", CAV_ROLE_LEFT_OUT},
    {"commit", CAV_ROLE_LEFT_OUT},
    {"github", CAV_ROLE_LEFT_OUT},
    {"job type", CAV_ROLE_LEFT_OUT},
    {"date", CAV_ROLE_LEFT_OUT},
    {"timestamp", CAV_ROLE_LEFT_OUT},
    {"pid", CAV_ROLE_LEFT_OUT},
    {"node_ip", CAV_ROLE_LEFT_OUT},
    {"logdir", CAV_ROLE_LEFT_OUT},
};

/** What stands before a parameter's name: Optuna, scikit-learn, Ray Tune, W&B's API, Syne Tune. */
static const char *const prefixes[] = {"params_", "param_", "config/", "config.", "config_"};

/** Metrics that are known as such: Optuna's one and several, scikit-learn's. */
static const struct usual {
    const char *name;
    bool is_prefix, maximize;
} usual[] = {{"value", false, false}, {"values_", true, false}, {"mean_test_score", false, true}};

typedef struct settler {
    const cav_csv *table;
    const cav_import_columns *said;
    cav_arena *arena;
    cav_columns all;
    cav_notes *notes;
    cav_error *error;
} settler;

static bool begins_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0 && text[strlen(prefix)];
}

static cav_role role_of(const char *name)
{
    for (size_t i = 0; i < CAV_COUNT_OF(known); i++)
        if (strcasecmp(known[i].name, name) == 0)
            return known[i].role;
    return name[0] == '_' ? CAV_ROLE_LEFT_OUT : CAV_ROLE_UNKNOWN; // W&B's own: _step, _runtime
}

static caviar_code fail_missing(const settler *at, const char *what, const char *name)
{
    char hint[CAV_HINT_SIZE];
    cav_text_hint(name, at->table->names, at->table->column_count, hint);
    return cav_fail(at->error, CAVIAR_NOT_FOUND, "%s: there is no column for the %s '%.100s'%s",
                    at->table->path, what, name, hint);
}

// The column of a parameter, which may have a tool's prefix; column_count if there is none.
static size_t find_prefixed(const cav_csv *table, const char *name)
{
    size_t column = cav_csv_find(table, name);
    for (size_t p = 0; p < CAV_COUNT_OF(prefixes) && column == table->column_count; p++)
        for (column = 0; column < table->column_count; column++)
            if (begins_with(table->names[column], prefixes[p]) &&
                strcmp(table->names[column] + strlen(prefixes[p]), name) == 0)
                break;
    return column;
}

static caviar_code take(settler *at, size_t column, cav_role role, const char *name, size_t index)
{
    cav_column *to = &at->all.columns[column];
    if (to->role == CAV_ROLE_METRIC || to->role == CAV_ROLE_PARAMETER)
        return cav_fail(at->error, CAVIAR_INVALID,
                        "%s: the column '%.100s' is to be two things: a parameter or a metric is "
                        "named twice",
                        at->table->path, at->table->names[column]);
    *to = (cav_column){.role = role, .name = name, .index = index};
    return CAVIAR_OK;
}

static caviar_code take_metrics(settler *at, const cav_import_metric *metrics, size_t count)
{
    caviar_code code = CAVIAR_OK;
    at->all.metrics = metrics;
    at->all.metric_count = count;
    for (size_t m = 0; m < count && !code; m++) {
        size_t column = cav_csv_find(at->table, metrics[m].column);
        code = column == at->table->column_count
                   ? fail_missing(at, "metric", metrics[m].column)
                   : take(at, column, CAV_ROLE_METRIC, metrics[m].column, m);
    }
    return code;
}

static caviar_code fail_no_metric(const settler *at)
{
    cav_text names = {0};
    for (size_t i = 0; i < at->table->column_count; i++)
        if (at->all.columns[i].role == CAV_ROLE_UNKNOWN)
            cav_text_appendf(&names, "%s%s", names.size ? ", " : "", at->table->names[i]);
    cav_fail(at->error, CAVIAR_INVALID,
             "%s: which column is the metric? --minimize NAME or --maximize NAME says so (columns: "
             "%.600s)",
             at->table->path, cav_text_get(&names));
    cav_text_free(&names);
    return CAVIAR_INVALID;
}

static caviar_code take_usual_metrics(settler *at)
{
    const cav_csv *table = at->table;
    cav_import_metric *metrics = CAV_ARENA_NEW(at->arena, cav_import_metric, table->column_count);
    size_t count = 0;
    if (!metrics)
        return cav_fail_memory(at->error);
    for (size_t u = 0; u < CAV_COUNT_OF(usual) && count == 0; u++)
        for (size_t i = 0; i < table->column_count; i++)
            if (usual[u].is_prefix ? begins_with(table->names[i], usual[u].name)
                                   : strcmp(table->names[i], usual[u].name) == 0)
                metrics[count++] = (cav_import_metric){table->names[i], usual[u].maximize};
    for (size_t m = 0; m < count; m++)
        cav_note(at->notes,
                 "the metric is %s, and %s is better; --minimize NAME or --maximize "
                 "NAME says otherwise",
                 metrics[m].column, metrics[m].maximize ? "more" : "less");
    return count > 0 ? take_metrics(at, metrics, count) : fail_no_metric(at);
}

static caviar_code take_metrics_of_spec(settler *at)
{
    const cav_spec *spec = at->said->spec;
    cav_import_metric *metrics = CAV_ARENA_NEW(at->arena, cav_import_metric, spec->metric_count);
    if (!metrics)
        return cav_fail_memory(at->error);
    for (size_t m = 0; m < spec->metric_count; m++)
        metrics[m] = (cav_import_metric){spec->metrics[m].name, spec->metrics[m].maximize};
    return take_metrics(at, metrics, spec->metric_count);
}

// A constant needs no column, and what has a default has that where there is none.
static bool can_do_without(const cav_parameter *parameter)
{
    return parameter->type == CAVIAR_TYPE_CONSTANT || !isnan(parameter->initial);
}

static caviar_code take_parameters_of_spec(settler *at)
{
    const cav_space *space = at->said->spec->space;
    caviar_code code = CAVIAR_OK;
    for (size_t i = 0; i < space->count && !code; i++) {
        const cav_parameter *parameter = &space->parameters[i];
        size_t column = find_prefixed(at->table, parameter->name);
        if (column < at->table->column_count)
            code = take(at, column, CAV_ROLE_PARAMETER, parameter->name, i);
        else if (!can_do_without(parameter))
            code = fail_missing(at, "parameter", parameter->name);
    }
    return code;
}

static caviar_code take_named_parameters(settler *at)
{
    for (const char *from = at->said->parameters; *from;) {
        size_t size = strcspn(from, ",");
        const char *name = cav_arena_text(at->arena, from, size);
        if (!name)
            return cav_fail_memory(at->error);
        size_t column = find_prefixed(at->table, name);
        if (column == at->table->column_count)
            return fail_missing(at, "parameter", name);
        caviar_code code = take(at, column, CAV_ROLE_PARAMETER, name, 0);
        if (code)
            return code;
        at->all.columns[column].is_named = true;
        from += size + (from[size] == ',');
    }
    return CAVIAR_OK;
}

// The prefix of a tool whose parameters the table has; "" where it has none.
static const char *find_prefix(const cav_csv *table)
{
    for (size_t p = 0; p < CAV_COUNT_OF(prefixes); p++)
        for (size_t i = 0; i < table->column_count; i++)
            if (begins_with(table->names[i], prefixes[p]))
                return prefixes[p];
    return "";
}

static void take_the_rest(settler *at)
{
    const char *prefix = find_prefix(at->table);
    for (size_t i = 0; i < at->table->column_count; i++) {
        cav_column *column = &at->all.columns[i];
        if (column->role == CAV_ROLE_UNKNOWN && begins_with(column->name, prefix)) {
            column->role = CAV_ROLE_PARAMETER;
            column->name += strlen(prefix);
        }
    }
}

static void note_what_is_left_out(const settler *at)
{
    cav_text names = {0};
    for (size_t i = 0; i < at->table->column_count; i++) {
        const cav_column *column = &at->all.columns[i];
        bool is_index = !column->name[0] || strncasecmp(column->name, "unnamed:", 8) == 0;
        if (column->role <= CAV_ROLE_LEFT_OUT && !is_index)
            cav_text_appendf(&names, "%s%s", names.size ? ", " : "", column->name);
    }
    if (names.size > 0)
        cav_note(at->notes, "columns that are left out: %s", cav_text_get(&names));
    cav_text_free(&names);
}

caviar_code cav_columns_settle(const cav_csv *table, const cav_import_columns *said,
                               cav_arena *arena, cav_columns *ret_columns, cav_notes *notes,
                               cav_error *error)
{
    settler at = {.table = table, .said = said, .arena = arena, .notes = notes, .error = error};
    at.all.columns = CAV_ARENA_NEW(arena, cav_column, table->column_count);
    if (!at.all.columns)
        return cav_fail_memory(error);
    for (size_t i = 0; i < table->column_count; i++)
        at.all.columns[i] = (cav_column){.role = role_of(table->names[i]), .name = table->names[i]};
    caviar_code code = said->spec ? take_metrics_of_spec(&at)
                       : said->metric_count > 0
                           ? take_metrics(&at, said->metrics, said->metric_count)
                           : take_usual_metrics(&at);
    if (!code && said->spec)
        code = take_parameters_of_spec(&at);
    else if (!code && said->parameters)
        code = take_named_parameters(&at);
    else if (!code)
        take_the_rest(&at);
    if (code)
        return code;
    note_what_is_left_out(&at);
    *ret_columns = at.all;
    return CAVIAR_OK;
}

size_t cav_columns_find(const cav_csv *table, const cav_columns *columns, cav_role role)
{
    size_t i = 0;
    while (i < table->column_count && columns->columns[i].role != role)
        i++;
    return i;
}
