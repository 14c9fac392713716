/**
 * ledger.h: a study of another program, on its way into a store.
 *
 * A reader of a format fills a ledger with what it finds: trials, each with the distributions that
 * its values were drawn from. From that come a definition (ledger_space.c) and, in the store,
 * trials (ledger_store.c). What has no place here is not dropped in silence: it becomes a note.
 */
#ifndef CAV_EXCHANGE_LEDGER_H
#define CAV_EXCHANGE_LEDGER_H

#include "base/json.h"
#include "base/memory.h"
#include "study/study.h"

/** Sentences for people: what was left out, or is not quite what it was. */
typedef struct cav_notes {
    char **lines; // [count]
    size_t count, capacity;
    bool failed; // memory ran out
} cav_notes;

void cav_note(cav_notes *notes, const char *format, ...) __attribute__((format(printf, 2, 3)));
void cav_notes_free(cav_notes *notes);

/** What values of a parameter are drawn from. */
typedef struct cav_distribution {
    caviar_type type; // FLOAT, INT or CATEGORICAL
    caviar_scale scale;
    double low, high, step;      // step 0: none
    const caviar_value *choices; // [choice_count]
    size_t choice_count;
} cav_distribution;

/** A parameter, as far as the trials have shown it: its ranges together. */
typedef struct cav_ledger_parameter {
    const char *their_name; // as the other program calls it
    const char *name;       // as it is called here; see cav_ledger_make_space
    cav_distribution distribution;
    bool is_mixed;      // not all trials had the same distribution
    size_t seen;        // trials that have it
    const char *last;   // the text of the distribution that was read last
    size_t space_index; // of the space that was made
} cav_ledger_parameter;

/** A parameter's value in a trial: the number, or the index of a choice. */
typedef struct cav_ledger_setting {
    size_t parameter;
    double raw;
} cav_ledger_setting;

typedef struct cav_ledger_report {
    int64_t step;
    double value;
} cav_ledger_report;

typedef struct cav_ledger_trial {
    int64_t number; // there
    caviar_state state;
    int64_t started_ms, finished_ms; // 0: not known
    double *values;                  // [metric_count] NaN: none; may be infinite
    size_t value_count;
    cav_ledger_setting *settings; // [setting_count]
    size_t setting_count, setting_capacity;
    cav_ledger_report *reports; // [report_count]
    size_t report_count, report_capacity;
    cav_text attributes; // a line each
} cav_ledger_trial;

typedef struct cav_ledger {
    cav_arena *arena;
    const char *from; // what it is of, for the trials' origin: "optuna"
    const char *name; // of the study, there
    size_t metric_count;
    const char **metrics;             // [metric_count] names, or NULL
    bool *maximize;                   // [metric_count]
    cav_ledger_parameter *parameters; // [parameter_count]
    size_t parameter_count, parameter_capacity;
    cav_ledger_trial *trials; // [trial_count]
    size_t trial_count, trial_capacity;
} cav_ledger;

/** An empty ledger; NULL when out of memory. */
cav_ledger *cav_ledger_new(const char *from);
void cav_ledger_free(cav_ledger *ledger);

/** Sets how many metrics there are, all minimised. */
caviar_code cav_ledger_set_metrics(cav_ledger *ledger, size_t count, cav_error *error);

/** Adds a trial, and returns it until the next one is added; NULL when out of memory. */
cav_ledger_trial *cav_ledger_add_trial(cav_ledger *ledger);

/** Adds a parameter that no other has the name of, with the distribution of all its values. */
caviar_code cav_ledger_add_parameter(cav_ledger *ledger, const char *name,
                                     const cav_distribution *distribution, size_t *ret_index,
                                     cav_error *error);

/** Gives a trial its value of a parameter: the number, or the index of a choice. */
caviar_code cav_ledger_put_setting(cav_ledger *ledger, cav_ledger_trial *trial, size_t parameter,
                                   double raw, cav_error *error);

/**
 * Takes a parameter's value in a trial, with the distribution as Optuna writes it (JSON). Fails
 * where that is none, or cannot be the same parameter's as an earlier trial's.
 */
caviar_code cav_ledger_take_setting(cav_ledger *ledger, cav_ledger_trial *trial, const char *name,
                                    const char *distribution, double value, cav_error *error);

/** Takes a parameter that waits to be tried, by the value that it will have. */
caviar_code cav_ledger_take_fixed(cav_ledger *ledger, cav_ledger_trial *trial, const char *name,
                                  const json_t *value, cav_error *error);

caviar_code cav_ledger_take_report(cav_ledger_trial *trial, int64_t step, double value,
                                   cav_error *error);

/** Keeps an attribute of a trial as a line of text: what: "user attribute". */
void cav_ledger_take_attribute(cav_ledger_trial *trial, const char *what, const char *name,
                               const char *value);

/** Reads a distribution in the form in which Optuna keeps it. What it points to is the arena's. */
caviar_code cav_distribution_read(const char *text, cav_arena *arena,
                                  cav_distribution *ret_distribution, cav_error *error);

/**
 * Parses JSON as Python writes it: NaN and the infinities, which JSON does not have, come as the
 * strings "NaN", "Infinity" and "-Infinity".
 */
caviar_code cav_python_json_parse(const char *text, size_t size, json_t **ret_value,
                                  cav_error *error);

/** A number of such JSON, which may be one of these strings; null is NaN. False for others. */
bool cav_python_number(const json_t *value, double *ret_number);

/** "2024-03-01 12:30:00.123456", or with a T, in local time as Python's datetime; 0 if it is none.
 */
int64_t cav_python_time_read(const char *text);

enum { CAV_PYTHON_TIME_SIZE = 80 };
void cav_python_time_print(int64_t ms, char separator, char ret_text[CAV_PYTHON_TIME_SIZE]);

/** Makes `text` a name that a parameter, a metric or a study can have; in the arena. */
const char *cav_ledger_name(cav_arena *arena, const char *text);

/**
 * The definition of the study, as a study file in JSON: the parameters of all trials, those that
 * exist only under a choice or a number with that as their condition. Their places in the space
 * are noted in the ledger.
 */
caviar_code cav_ledger_define(cav_ledger *ledger, const char *name, cav_notes *notes,
                              cav_spec **ret_spec, cav_error *error);

/** What became of the trials. */
typedef struct cav_ledger_result {
    int64_t complete, pruned, failed, waiting, left_out;
} cav_ledger_result;

/**
 * Puts the trials into a store under the study's name, which must be new there, all or none. The
 * spec is taken over.
 */
caviar_code cav_ledger_store(cav_ledger *ledger, const char *location, cav_spec *spec,
                             cav_notes *notes, cav_ledger_result *ret_result, cav_error *error);

#endif
