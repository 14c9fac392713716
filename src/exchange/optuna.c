/**
 * optuna.c: Optuna's SQLite file.
 *
 * The schema is that of Optuna's RDB storage, from version 2.4 on: what changed since (types of
 * values that are not finite, the names of distributions) is read in both forms. The file is
 * opened for reading only; its content is checked as it comes, and an error names the table.
 */
#include "exchange/import.h"
#include "exchange/optuna_write.h"

#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_TEXT = 16 << 20 };

typedef struct reader {
    sqlite3 *db;
    cav_ledger *ledger;
    int64_t study; // its id
    int64_t *ids;  // [ledger->trial_count] of the trials, ascending
    size_t *rows;  // [ledger->trial_count] the trial of each
    cav_notes *notes;
    cav_error *error;
} reader;

/** Takes one row of a question. */
typedef caviar_code row_reader(reader *at, sqlite3_stmt *row);

static const char *text_of(sqlite3_stmt *row, int column)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    return text ? text : "";
}

static bool has_column(reader *at, const char *table, const char *column)
{
    return sqlite3_table_column_metadata(at->db, NULL, table, column, NULL, NULL, NULL, NULL,
                                         NULL) == SQLITE_OK;
}

// Asks a question about a table, whose ?1 is the study.
static caviar_code ask(reader *at, const char *table, const char *sql, row_reader *take)
{
    sqlite3_stmt *row = NULL;
    caviar_code code = CAVIAR_OK;
    int status = sqlite3_prepare_v2(at->db, sql, -1, &row, NULL);
    if (status == SQLITE_OK && sqlite3_bind_parameter_count(row) > 0)
        status = sqlite3_bind_int64(row, 1, at->study);
    while (status == SQLITE_OK && !code && (status = sqlite3_step(row)) == SQLITE_ROW) {
        code = take(at, row);
        status = SQLITE_OK;
    }
    if (code)
        cav_error_prefix(at->error, "table %s", table);
    else if (status == SQLITE_NOMEM)
        code = cav_fail_memory(at->error);
    else if (status != SQLITE_DONE)
        code = cav_fail(at->error, status == SQLITE_CORRUPT ? CAVIAR_CORRUPT : CAVIAR_INVALID,
                        "table %s: %s", table, sqlite3_errmsg(at->db));
    sqlite3_finalize(row);
    return code;
}

// The trial that a row of another table belongs to; NULL: none of this study.
static cav_ledger_trial *trial_of(const reader *at, int64_t id)
{
    size_t low = 0, high = at->ledger->trial_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (at->ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < at->ledger->trial_count && at->ids[low] == id;
    return found ? &at->ledger->trials[at->rows[low]] : NULL;
}

// A value with its type, "FINITE", "INF_POS", "INF_NEG" or "NAN"; older files have no types.
static double number_of(sqlite3_stmt *row, int column, int type)
{
    const char *word = text_of(row, type);
    if (strcmp(word, "INF_POS") == 0 || strcmp(word, "INF_NEG") == 0)
        return word[4] == 'P' ? INFINITY : -INFINITY;
    return sqlite3_column_type(row, column) == SQLITE_NULL ? NAN
                                                           : sqlite3_column_double(row, column);
}

static caviar_code take_direction(reader *at, sqlite3_stmt *row)
{
    size_t index = (size_t)sqlite3_column_int64(row, 1);
    const char *word = text_of(row, 0);
    if (index >= at->ledger->metric_count)
        return cav_fail(at->error, CAVIAR_INVALID, "the objectives are not numbered from 0");
    at->ledger->maximize[index] = strcmp(word, "MAXIMIZE") == 0;
    if (strcmp(word, "NOT_SET") == 0)
        cav_note(at->notes, "the study has no direction; it is minimised");
    return CAVIAR_OK;
}

static caviar_code take_count(reader *at, sqlite3_stmt *row)
{
    int64_t count = sqlite3_column_int64(row, 0);
    if (count < 1 || count > 1000)
        return cav_fail(at->error, CAVIAR_INVALID, "the study has %lld objectives",
                        (long long)count);
    return cav_ledger_set_metrics(at->ledger, (size_t)count, at->error);
}

static caviar_code take_trial(reader *at, sqlite3_stmt *row)
{
    const char *word = text_of(row, 2);
    size_t i = 0;
    while (i < CAV_OPTUNA_STATES && strcmp(cav_optuna_states[i].word, word) != 0)
        i++;
    if (i == CAV_OPTUNA_STATES)
        return cav_fail(at->error, CAVIAR_INVALID, "trial %lld has the unknown state '%.40s'",
                        (long long)sqlite3_column_int64(row, 1), word);
    cav_ledger_trial *trial = cav_ledger_add_trial(at->ledger);
    size_t count = at->ledger->trial_count;
    int64_t *ids = trial ? realloc(at->ids, count * sizeof *ids) : NULL;
    if (!ids)
        return cav_fail_memory(at->error);
    at->ids = ids;
    ids[count - 1] = sqlite3_column_int64(row, 0);
    trial->number = sqlite3_column_int64(row, 1);
    trial->state = cav_optuna_states[i].state;
    trial->started_ms = cav_python_time_read(text_of(row, 3));
    trial->finished_ms = cav_python_time_read(text_of(row, 4));
    return CAVIAR_OK;
}

static int compare_ids(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

// The trials came by number; ids are sorted to be found.
static caviar_code sort_ids(reader *at)
{
    size_t count = at->ledger->trial_count;
    int64_t(*pairs)[2] = calloc(count + 1, sizeof *pairs);
    at->rows = calloc(count + 1, sizeof *at->rows);
    if (!pairs || !at->rows) {
        free(pairs);
        return cav_fail_memory(at->error);
    }
    for (size_t i = 0; i < count; i++)
        pairs[i][0] = at->ids[i], pairs[i][1] = (int64_t)i;
    qsort(pairs, count, sizeof *pairs, compare_ids);
    for (size_t i = 0; i < count; i++)
        at->ids[i] = pairs[i][0], at->rows[i] = (size_t)pairs[i][1];
    free(pairs);
    return CAVIAR_OK;
}

static caviar_code take_param(reader *at, sqlite3_stmt *row)
{
    cav_ledger_trial *trial = trial_of(at, sqlite3_column_int64(row, 0));
    if (!trial)
        return CAVIAR_OK;
    caviar_code code = cav_ledger_take_setting(at->ledger, trial, text_of(row, 1), text_of(row, 3),
                                               sqlite3_column_double(row, 2), at->error);
    return code ? cav_error_prefix(at->error, "trial %lld", (long long)trial->number) : CAVIAR_OK;
}

static caviar_code take_value(reader *at, sqlite3_stmt *row)
{
    cav_ledger_trial *trial = trial_of(at, sqlite3_column_int64(row, 0));
    int64_t objective = sqlite3_column_int64(row, 1);
    if (!trial)
        return CAVIAR_OK;
    if (objective < 0 || (size_t)objective >= at->ledger->metric_count)
        return cav_fail(at->error, CAVIAR_INVALID, "trial %lld has a value of objective %lld",
                        (long long)trial->number, (long long)objective);
    trial->values[objective] = number_of(row, 2, 3);
    return CAVIAR_OK;
}

static caviar_code take_report(reader *at, sqlite3_stmt *row)
{
    cav_ledger_trial *trial = trial_of(at, sqlite3_column_int64(row, 0));
    return trial ? cav_ledger_take_report(trial, sqlite3_column_int64(row, 1), number_of(row, 2, 3),
                                          at->error)
                 : CAVIAR_OK;
}

static caviar_code take_user_attribute(reader *at, sqlite3_stmt *row)
{
    cav_ledger_trial *trial = trial_of(at, sqlite3_column_int64(row, 0));
    if (trial)
        cav_ledger_take_attribute(trial, "user attribute", text_of(row, 1), text_of(row, 2));
    return CAVIAR_OK;
}

static caviar_code take_fixed(reader *at, cav_ledger_trial *trial, const char *text)
{
    json_t *object;
    const char *name;
    json_t *value;
    caviar_code code = cav_python_json_parse(text, strlen(text), &object, at->error);
    if (code)
        return code;
    json_object_foreach (object, name, value)
        if (!code)
            code = cav_ledger_take_fixed(at->ledger, trial, name, value, at->error);
    json_decref(object);
    return code;
}

static caviar_code take_system_attribute(reader *at, sqlite3_stmt *row)
{
    cav_ledger_trial *trial = trial_of(at, sqlite3_column_int64(row, 0));
    if (!trial)
        return CAVIAR_OK;
    cav_ledger_take_attribute(trial, "system attribute", text_of(row, 1), text_of(row, 2));
    bool is_fixed =
        trial->state == CAVIAR_STATE_WAITING && strcmp(text_of(row, 1), "fixed_params") == 0;
    return is_fixed ? take_fixed(at, trial, text_of(row, 2)) : CAVIAR_OK;
}

static caviar_code take_metric_names(reader *at, sqlite3_stmt *row)
{
    json_t *list;
    caviar_code code =
        cav_python_json_parse(text_of(row, 0), strlen(text_of(row, 0)), &list, at->error);
    if (code)
        return code;
    for (size_t m = 0; m < at->ledger->metric_count; m++) {
        const char *name = json_string_value(json_array_get(list, m));
        if (name && name[0])
            at->ledger->metrics[m] = cav_arena_strdup(at->ledger->arena, name);
    }
    json_decref(list);
    return CAVIAR_OK;
}

static caviar_code note_study_attribute(reader *at, sqlite3_stmt *row)
{
    cav_note(at->notes, "the study's attribute %s is left out: a study has none here",
             text_of(row, 0));
    return CAVIAR_OK;
}

typedef struct names {
    const char **items;
    int64_t *ids;
    size_t count, capacity, id_capacity;
} names;

static caviar_code list_studies(reader *at, names *found)
{
    sqlite3_stmt *row = NULL;
    const char *sql = "SELECT study_id, study_name FROM studies ORDER BY study_id";
    int status = sqlite3_prepare_v2(at->db, sql, -1, &row, NULL);
    while (status == SQLITE_OK && (status = sqlite3_step(row)) == SQLITE_ROW) {
        const char *name = cav_arena_strdup(at->ledger->arena, text_of(row, 1));
        bool fits = name && CAV_GROW(&found->items, &found->capacity, found->count + 1) &&
                    CAV_GROW(&found->ids, &found->id_capacity, found->count + 1);
        status = fits ? SQLITE_OK : SQLITE_NOMEM;
        if (!fits)
            break;
        found->ids[found->count] = sqlite3_column_int64(row, 0);
        found->items[found->count++] = name;
    }
    sqlite3_finalize(row);
    if (status == SQLITE_DONE)
        return CAVIAR_OK;
    if (status == SQLITE_NOMEM)
        return cav_fail_memory(at->error);
    return cav_fail(at->error, status == SQLITE_CORRUPT ? CAVIAR_CORRUPT : CAVIAR_INVALID,
                    "this is no file of Optuna's: table studies: %s", sqlite3_errmsg(at->db));
}

static caviar_code choose_study(reader *at, const char *wanted)
{
    names found = {0};
    size_t index = 0;
    caviar_code code = list_studies(at, &found);
    if (!code)
        code = cav_import_choose(found.items, found.count, wanted, &index, at->error);
    if (!code) {
        at->study = found.ids[index];
        at->ledger->name = found.items[index];
    }
    free(found.items);
    free(found.ids);
    return code;
}

#define OF_STUDY " JOIN trials USING (trial_id) WHERE trials.study_id = ?1 ORDER BY trial_id"

static caviar_code read_rest(reader *at)
{
    bool typed = has_column(at, "trial_values", "value_type");
    bool typed_reports = has_column(at, "trial_intermediate_values", "intermediate_value_type");
    const struct question {
        const char *table, *sql;
        row_reader *take;
    } questions[] = {
        {"trial_params",
         "SELECT trial_id, param_name, param_value, distribution_json FROM trial_params" OF_STUDY
         ", param_id",
         take_param},
        {"trial_values",
         typed ? "SELECT trial_id, objective, value, value_type FROM trial_values" OF_STUDY
               : "SELECT trial_id, objective, value, 'FINITE' FROM trial_values" OF_STUDY,
         take_value},
        {"trial_intermediate_values",
         typed_reports ? "SELECT trial_id, step, intermediate_value, intermediate_value_type FROM "
                         "trial_intermediate_values" OF_STUDY ", step"
                       : "SELECT trial_id, step, intermediate_value, 'FINITE' FROM "
                         "trial_intermediate_values" OF_STUDY ", step",
         take_report},
        {"trial_user_attributes",
         "SELECT trial_id, key, value_json FROM trial_user_attributes" OF_STUDY,
         take_user_attribute},
        {"trial_system_attributes",
         "SELECT trial_id, key, value_json FROM trial_system_attributes" OF_STUDY,
         take_system_attribute},
        {"study_system_attributes",
         "SELECT value_json FROM study_system_attributes WHERE study_id = ?1 AND key = "
         "'study:metric_names'",
         take_metric_names},
        {"study_user_attributes", "SELECT key FROM study_user_attributes WHERE study_id = ?1",
         note_study_attribute},
    };
    caviar_code code = CAVIAR_OK;
    for (size_t i = 0; i < CAV_COUNT_OF(questions) && !code; i++)
        code = ask(at, questions[i].table, questions[i].sql, questions[i].take);
    return code;
}

static caviar_code read_study(reader *at, const char *wanted)
{
    caviar_code code = choose_study(at, wanted);
    if (!code)
        code = ask(at, "study_directions",
                   "SELECT count(*) FROM study_directions WHERE study_id = ?1", take_count);
    if (!code)
        code = ask(at, "study_directions",
                   "SELECT direction, objective FROM study_directions WHERE study_id = ?1",
                   take_direction);
    if (!code)
        code = ask(at, "trials",
                   "SELECT trial_id, number, state, datetime_start, datetime_complete FROM trials "
                   "WHERE study_id = ?1 ORDER BY number, trial_id",
                   take_trial);
    if (!code)
        code = sort_ids(at);
    return code ? code : read_rest(at);
}

// Of a file that was made to do harm, nothing but data may count.
static void lock_down(sqlite3 *db)
{
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, LONGEST_TEXT);
    sqlite3_busy_timeout(db, 5000);
}

static caviar_code open_and_read(reader *at, const cav_import_source *source)
{
    int status = sqlite3_open_v2(source->path, &at->db, SQLITE_OPEN_READONLY, NULL);
    if (status != SQLITE_OK)
        return cav_fail(at->error, CAVIAR_IO, "cannot open it: %s",
                        at->db ? sqlite3_errmsg(at->db) : "out of memory");
    lock_down(at->db);
    caviar_code code = sqlite3_exec(at->db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK
                           ? read_study(at, source->study)
                           : cav_fail(at->error, CAVIAR_IO, "%s", sqlite3_errmsg(at->db));
    return code;
}

static caviar_code read_file(const cav_import_source *source, cav_imported *ret_imported,
                             cav_notes *notes, cav_error *error)
{
    reader at = {.ledger = cav_ledger_new("optuna"), .notes = notes, .error = error};
    caviar_code code = at.ledger ? open_and_read(&at, source) : cav_fail_memory(error);
    if (code)
        cav_error_prefix(error, "%s", source->path);
    sqlite3_close(at.db);
    free(at.ids);
    free(at.rows);
    if (code)
        cav_ledger_free(at.ledger);
    else
        ret_imported->ledger = at.ledger;
    return code;
}

static bool is_sqlite(const char *text, size_t size)
{
    return size >= 16 && memcmp(text, "SQLite format 3", 16) == 0;
}

const cav_import_type cav_import_optuna = {
    .name = "optuna",
    .summary = "an SQLite file of Optuna's, of version 2.4 or later",
    .recognises = is_sqlite,
    .read = read_file,
};
