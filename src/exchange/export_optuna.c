/**
 * export_optuna.c: an SQLite file as Optuna's RDB storage has it.
 *
 * The tables are those of Optuna's schema v3.0.0.d, which Optuna 3.0 and 3.1 open as they are;
 * later versions move the file on (`optuna storage upgrade`).
 */
#include "exchange/export.h"

#include "exchange/optuna_write.h"

#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

static const char schema[] =
    "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" // a draft; it is synced as a whole
    "BEGIN;"
    "CREATE TABLE studies (study_id INTEGER NOT NULL PRIMARY KEY,"
    " study_name VARCHAR(512) NOT NULL);"
    "CREATE UNIQUE INDEX ix_studies_study_name ON studies (study_name);"
    "CREATE TABLE version_info (version_info_id INTEGER NOT NULL PRIMARY KEY"
    " CHECK (version_info_id = 1), schema_version INTEGER, library_version VARCHAR(256));"
    "CREATE TABLE study_directions (study_direction_id INTEGER NOT NULL PRIMARY KEY,"
    " direction VARCHAR(8) NOT NULL, study_id INTEGER NOT NULL REFERENCES studies (study_id),"
    " objective INTEGER NOT NULL, UNIQUE (study_id, objective));"
    "CREATE TABLE study_user_attributes (study_user_attribute_id INTEGER NOT NULL PRIMARY KEY,"
    " study_id INTEGER REFERENCES studies (study_id), \"key\" VARCHAR(512), value_json TEXT,"
    " UNIQUE (study_id, \"key\"));"
    "CREATE TABLE study_system_attributes (study_system_attribute_id INTEGER NOT NULL PRIMARY KEY,"
    " study_id INTEGER REFERENCES studies (study_id), \"key\" VARCHAR(512), value_json TEXT,"
    " UNIQUE (study_id, \"key\"));"
    "CREATE TABLE trials (trial_id INTEGER NOT NULL PRIMARY KEY, number INTEGER,"
    " study_id INTEGER REFERENCES studies (study_id), state VARCHAR(8) NOT NULL,"
    " datetime_start DATETIME, datetime_complete DATETIME);"
    "CREATE TABLE trial_user_attributes (trial_user_attribute_id INTEGER NOT NULL PRIMARY KEY,"
    " trial_id INTEGER REFERENCES trials (trial_id), \"key\" VARCHAR(512), value_json TEXT,"
    " UNIQUE (trial_id, \"key\"));"
    "CREATE TABLE trial_system_attributes (trial_system_attribute_id INTEGER NOT NULL PRIMARY KEY,"
    " trial_id INTEGER REFERENCES trials (trial_id), \"key\" VARCHAR(512), value_json TEXT,"
    " UNIQUE (trial_id, \"key\"));"
    "CREATE TABLE trial_params (param_id INTEGER NOT NULL PRIMARY KEY,"
    " trial_id INTEGER REFERENCES trials (trial_id), param_name VARCHAR(512), param_value FLOAT,"
    " distribution_json TEXT, UNIQUE (trial_id, param_name));"
    "CREATE TABLE trial_values (trial_value_id INTEGER NOT NULL PRIMARY KEY,"
    " trial_id INTEGER NOT NULL REFERENCES trials (trial_id), objective INTEGER NOT NULL,"
    " value FLOAT, value_type VARCHAR(7) NOT NULL, UNIQUE (trial_id, objective));"
    "CREATE TABLE trial_intermediate_values"
    " (trial_intermediate_value_id INTEGER NOT NULL PRIMARY KEY,"
    " trial_id INTEGER NOT NULL REFERENCES trials (trial_id), step INTEGER NOT NULL,"
    " intermediate_value FLOAT, intermediate_value_type VARCHAR(7) NOT NULL,"
    " UNIQUE (trial_id, step));"
    "CREATE TABLE trial_heartbeats (trial_heartbeat_id INTEGER NOT NULL PRIMARY KEY,"
    " trial_id INTEGER NOT NULL UNIQUE REFERENCES trials (trial_id), heartbeat DATETIME NOT NULL);"
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL,"
    " CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));"
    "INSERT INTO version_info VALUES (1, 12, '3.0.0');"
    "INSERT INTO alembic_version VALUES ('v3.0.0.d');";

/** The statements that are run many times. */
#define STATEMENTS(X)                                                                              \
    X(STUDY, "INSERT INTO studies VALUES (1, ?1)")                                                 \
    X(DIRECTION, "INSERT INTO study_directions (direction, study_id, objective) VALUES (?1, 1, "   \
                 "?2)")                                                                            \
    X(METRIC_NAMES, "INSERT INTO study_system_attributes (study_id, \"key\", value_json) VALUES "  \
                    "(1, 'study:metric_names', ?1)")                                               \
    X(TRIAL, "INSERT INTO trials VALUES (?1, ?2, 1, ?3, ?4, ?5)")                                  \
    X(PARAM, "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) "    \
             "VALUES (?1, ?2, ?3, ?4)")                                                            \
    X(VALUE, "INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (?1, ?2, "  \
             "?3, 'FINITE')")                                                                      \
    X(REPORT, "INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value, "        \
              "intermediate_value_type) VALUES (?1, ?2, ?3, 'FINITE')")                            \
    X(ATTRIBUTES, "INSERT INTO trial_user_attributes (trial_id, \"key\", value_json) SELECT ?1, "  \
                  "key, json_quote(value) FROM json_each(?2)")                                     \
    X(FIXED, "INSERT INTO trial_system_attributes (trial_id, \"key\", value_json) VALUES (?1, "    \
             "'fixed_params', ?2)")

typedef enum statement {
#define X(name, sql) name,
    STATEMENTS(X)
#undef X
        STATEMENT_COUNT
} statement;

static const char *const statements[] = {
#define X(name, sql) sql,
    STATEMENTS(X)
#undef X
};

typedef struct writer {
    sqlite3 *db;
    sqlite3_stmt *prepared[STATEMENT_COUNT];
    cav_study *study;
    cav_text *distributions; // [space->count] JSON
    cav_error *error;
} writer;

static caviar_code fail(writer *at)
{
    return cav_fail(at->error, CAVIAR_IO, "writing Optuna's file: %s", sqlite3_errmsg(at->db));
}

static caviar_code run(writer *at, statement which)
{
    int status = sqlite3_step(at->prepared[which]);
    sqlite3_reset(at->prepared[which]);
    sqlite3_clear_bindings(at->prepared[which]);
    return status == SQLITE_DONE ? CAVIAR_OK : fail(at);
}

static void bind_text(writer *at, statement which, int index, const char *text)
{
    sqlite3_bind_text(at->prepared[which], index, text, -1, SQLITE_TRANSIENT);
}

static void bind_time(writer *at, statement which, int index, int64_t ms)
{
    char text[CAV_PYTHON_TIME_SIZE];
    if (ms <= 0)
        return;
    cav_python_time_print(ms, ' ', text);
    bind_text(at, which, index, text);
}

static caviar_code write_json(writer *at, statement which, int64_t id, const cav_text *json)
{
    if (json->failed)
        return cav_fail_memory(at->error);
    if (id > 0)
        sqlite3_bind_int64(at->prepared[which], 1, id);
    bind_text(at, which, id > 0 ? 2 : 1, cav_text_get(json));
    return run(at, which);
}

static caviar_code write_params(writer *at, size_t number)
{
    const cav_history *history = at->study->history;
    const cav_space *space = at->study->spec->space;
    caviar_code code = CAVIAR_OK;
    for (size_t i = 0; i < space->count && !code; i++) {
        double raw = history->raw[number * history->param_count + i];
        if (isnan(raw))
            continue;
        sqlite3_bind_int64(at->prepared[PARAM], 1, (int64_t)number + 1);
        bind_text(at, PARAM, 2, space->parameters[i].name);
        sqlite3_bind_double(at->prepared[PARAM], 3, raw);
        bind_text(at, PARAM, 4, cav_text_get(&at->distributions[i]));
        code = run(at, PARAM);
    }
    return code;
}

static caviar_code write_values(writer *at, size_t number)
{
    caviar_code code = CAVIAR_OK;
    for (size_t m = 0; m < at->study->spec->metric_count && !code; m++) {
        double value = cav_history_value(at->study->history, number, m);
        if (!isfinite(value))
            continue;
        sqlite3_bind_int64(at->prepared[VALUE], 1, (int64_t)number + 1);
        sqlite3_bind_int64(at->prepared[VALUE], 2, (int64_t)m);
        sqlite3_bind_double(at->prepared[VALUE], 3, value);
        code = run(at, VALUE);
    }
    return code;
}

static caviar_code write_reports(writer *at, size_t number)
{
    const cav_curve *curve = &at->study->history->curves[number];
    caviar_code code = CAVIAR_OK;
    for (size_t i = 0; i < curve->count && !code; i++) {
        double loss = curve->losses[i * at->study->spec->metric_count];
        if (!isfinite(loss))
            continue;
        sqlite3_bind_int64(at->prepared[REPORT], 1, (int64_t)number + 1);
        sqlite3_bind_int64(at->prepared[REPORT], 2, curve->steps[i]);
        sqlite3_bind_double(at->prepared[REPORT], 3, at->study->maximize[0] ? -loss : loss);
        code = run(at, REPORT);
    }
    return code;
}

static caviar_code write_attributes(writer *at, size_t number, bool is_waiting)
{
    cav_text attributes = {0}, fixed = {0};
    cav_optuna_write_attributes(at->study, number, &(cav_json){.text = &attributes});
    caviar_code code = write_json(at, ATTRIBUTES, (int64_t)number + 1, &attributes);
    if (!code && is_waiting) {
        cav_optuna_write_fixed(at->study, number, &(cav_json){.text = &fixed});
        code = write_json(at, FIXED, (int64_t)number + 1, &fixed);
    }
    cav_text_free(&attributes);
    cav_text_free(&fixed);
    return code;
}

static caviar_code write_trial(writer *at, size_t number)
{
    const cav_history *history = at->study->history;
    caviar_state state = (caviar_state)history->states[number];
    const cav_optuna_state *theirs = &cav_optuna_states[cav_optuna_state_of(state)];
    sqlite3_bind_int64(at->prepared[TRIAL], 1, (int64_t)number + 1);
    sqlite3_bind_int64(at->prepared[TRIAL], 2, (int64_t)number);
    bind_text(at, TRIAL, 3, theirs->word);
    bind_time(at, TRIAL, 4, history->started_ms[number]);
    bind_time(at, TRIAL, 5, theirs->is_final ? history->finished_ms[number] : 0);
    caviar_code code = run(at, TRIAL);
    bool is_waiting = state == CAVIAR_STATE_WAITING;
    if (!code && !is_waiting) // a waiting one suggests when it is run, by its fixed values
        code = write_params(at, number);
    if (!code && (state == CAVIAR_STATE_COMPLETE || state == CAVIAR_STATE_PRUNED))
        code = write_values(at, number);
    if (!code)
        code = write_reports(at, number);
    return code ? code : write_attributes(at, number, is_waiting);
}

static caviar_code write_head(writer *at)
{
    const cav_spec *spec = at->study->spec;
    cav_text names = {0};
    bind_text(at, STUDY, 1, spec->study);
    caviar_code code = run(at, STUDY);
    for (size_t m = 0; m < spec->metric_count && !code; m++) {
        bind_text(at, DIRECTION, 1, at->study->maximize[m] ? "MAXIMIZE" : "MINIMIZE");
        sqlite3_bind_int64(at->prepared[DIRECTION], 2, (int64_t)m);
        code = run(at, DIRECTION);
    }
    cav_optuna_write_metric_names(at->study, &(cav_json){.text = &names});
    if (!code)
        code = write_json(at, METRIC_NAMES, 0, &names);
    cav_text_free(&names);
    return code;
}

static caviar_code prepare(writer *at)
{
    const cav_space *space = at->study->spec->space;
    if (sqlite3_exec(at->db, schema, NULL, NULL, NULL) != SQLITE_OK)
        return fail(at);
    for (int i = 0; i < STATEMENT_COUNT; i++)
        if (sqlite3_prepare_v2(at->db, statements[i], -1, &at->prepared[i], NULL) != SQLITE_OK)
            return fail(at);
    at->distributions = calloc(space->count + 1, sizeof *at->distributions);
    if (!at->distributions)
        return cav_fail_memory(at->error);
    for (size_t i = 0; i < space->count; i++) {
        cav_optuna_write_distribution(&space->parameters[i],
                                      &(cav_json){.text = &at->distributions[i]});
        if (at->distributions[i].failed)
            return cav_fail_memory(at->error);
    }
    return CAVIAR_OK;
}

static caviar_code write_all(writer *at)
{
    caviar_code code = prepare(at);
    if (!code)
        code = write_head(at);
    for (size_t i = 0; i < at->study->history->count && !code; i++)
        code = write_trial(at, i);
    if (!code && sqlite3_exec(at->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        code = fail(at);
    return code;
}

static caviar_code write_file(cav_study *study, const char *path, cav_notes *notes,
                              cav_error *error)
{
    writer at = {.study = study, .error = error};
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    caviar_code code = CAVIAR_OK;
    if (sqlite3_open_v2(path, &at.db, flags, NULL) != SQLITE_OK)
        code = cav_fail(error, CAVIAR_IO, "cannot write %s: %s", path,
                        at.db ? sqlite3_errmsg(at.db) : "out of memory");
    if (!code)
        code = write_all(&at);
    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(at.prepared[i]);
    sqlite3_close(at.db);
    for (size_t i = 0; at.distributions && i < study->spec->space->count; i++)
        cav_text_free(&at.distributions[i]);
    free(at.distributions);
    cav_optuna_note(study, notes);
    return code;
}

const cav_export_type cav_export_optuna = {
    .name = "optuna",
    .summary = "an SQLite file for Optuna",
    .write_path = write_file,
};
