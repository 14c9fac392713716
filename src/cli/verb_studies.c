/**
 * verb_studies.c: caviar studies
 */
#include "cli/open.h"

#include "base/number.h"
#include "cli/print.h"
#include "cli/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const cav_example examples[] = {
    {"caviar studies", "what is in caviar.db"},
    {"caviar studies --store /data/team.db --json", "the same of another store, as JSON"},
};

static const cav_column columns[] = {
    {"STUDY", false, false},  {"COMPLETE", true, false}, {"PRUNED", true, false},
    {"FAILED", true, false},  {"RUNNING", true, false},  {"PAUSED", true, false},
    {"WAITING", true, false}, {"BUDGET", true, false},   {"STEPS", true, false},
    {"SAVED", true, false},   {"METRIC", false, true},   {"BEST", true, false},
    {"AGE", true, false}};
enum { PAUSED_COLUMN = 5 };

typedef struct entry {
    char *name;
    cav_control control;
    int64_t created_ms;
    int64_t counts[6];
    int64_t budget;
    int64_t spent, saved; // steps
    char *metric;
    double best; // NaN: none
} entry;

typedef struct listing {
    entry *entries; // [count]
    size_t count, capacity;
} listing;

static caviar_code note_study(void *context, const cav_study_row *row, cav_error *error)
{
    listing *at = context;
    if (!CAV_GROW(&at->entries, &at->capacity, at->count + 1))
        return cav_fail_memory(error);
    entry *fresh = &at->entries[at->count];
    *fresh = (entry){.name = strdup(row->name),
                     .control = row->control,
                     .created_ms = row->created_ms,
                     .best = NAN};
    memcpy(fresh->counts, row->counts, sizeof fresh->counts);
    at->count++;
    return fresh->name ? CAVIAR_OK : cav_fail_memory(error);
}

static void free_listing(listing *at)
{
    for (size_t i = 0; i < at->count; i++) {
        free(at->entries[i].name);
        free(at->entries[i].metric);
    }
    free(at->entries);
}

// What only the study itself knows: its metric, its budget, its best value.
static caviar_code look_inside(const cav_arguments *arguments, entry *at, cav_error *error)
{
    cav_study *study;
    caviar_code code = cav_cli_open(arguments, at->name, true, &study, error);
    if (code)
        return code;
    cav_best best = {.trial = SIZE_MAX};
    code = cav_study_best(study, &best, error);
    at->metric = strdup(study->metric_names[0]);
    at->budget = study->spec->budget.trials;
    at->spent = study->history->step_sum;
    at->saved = cav_history_saved_steps(study->history, cav_study_last_step(study));
    if (best.trial != SIZE_MAX)
        at->best = cav_history_in_direction(study->history, 0, best.loss);
    if (!code && !at->metric)
        code = cav_fail_memory(error);
    cav_study_close(study);
    return code;
}

static caviar_code collect(const cav_arguments *arguments, listing *at, cav_error *error)
{
    cav_store *store;
    cav_store_options options = {.location = cav_cli_store(arguments), .read_only = true};
    caviar_code code = cav_store_open(&options, &store, error);
    if (code)
        return code;
    code = store->type->study_read(store, NULL, note_study, at, error);
    cav_store_close(store);
    for (size_t i = 0; i < at->count && !code; i++)
        code = look_inside(arguments, &at->entries[i], error);
    return code;
}

static bool add_line(struct libscols_table *table, const entry *at)
{
    char counts[6][24], budget[24] = "", spent[24] = "", saved[24] = "";
    char best[CAV_NUMBER_SIZE] = "", age[CAV_NUMBER_SIZE];
    for (int i = 0; i < 6; i++)
        snprintf(counts[i], sizeof counts[i], "%lld", (long long)at->counts[i]);
    if (at->budget > 0)
        snprintf(budget, sizeof budget, "%lld", (long long)at->budget);
    if (at->spent > 0)
        snprintf(spent, sizeof spent, "%lld", (long long)at->spent);
    if (at->saved > 0)
        snprintf(saved, sizeof saved, "%lld", (long long)at->saved);
    if (!isnan(at->best))
        cav_number_print_short(at->best, 5, best);
    cav_duration_print(cav_clock_wall_ms(&cav_clock_system) - at->created_ms, age);
    const char *cells[] = {at->name,
                           counts[CAVIAR_STATE_COMPLETE],
                           counts[CAVIAR_STATE_PRUNED],
                           counts[CAVIAR_STATE_FAILED],
                           counts[CAVIAR_STATE_RUNNING],
                           counts[CAVIAR_STATE_PAUSED],
                           counts[CAVIAR_STATE_WAITING],
                           budget,
                           spent,
                           saved,
                           at->metric,
                           best,
                           age};
    return cav_table_add(table, cells, CAV_COUNT_OF(cells));
}

// A column of noughts is left out, as few studies have paused trials.
static void hide_paused(struct libscols_table *table, const listing *at)
{
    int64_t paused = 0;
    for (size_t i = 0; i < at->count; i++)
        paused += at->entries[i].counts[CAVIAR_STATE_PAUSED];
    if (paused == 0)
        scols_column_set_flags(scols_table_get_column(table, PAUSED_COLUMN), SCOLS_FL_HIDDEN);
}

static caviar_code print_table(const listing *at, cav_error *error)
{
    struct libscols_table *table = cav_table_new(columns, CAV_COUNT_OF(columns));
    bool done = table != NULL;
    if (done)
        hide_paused(table, at);
    for (size_t i = 0; i < at->count && done; i++)
        done = add_line(table, &at->entries[i]);
    if (done)
        return cav_table_print(table, error);
    scols_unref_table(table);
    return cav_fail_memory(error);
}

static void write_entry(const entry *at, cav_json *json)
{
    char created[CAV_TIME_SIZE];
    cav_time_print(at->created_ms, created);
    cav_json_begin_object(json);
    cav_json_add_string(json, "study", at->name);
    cav_json_add_string(json, "control", cav_control_name(at->control));
    for (int state = 0; state < 6; state++)
        cav_json_add_int(json, caviar_state_name((caviar_state)state), at->counts[state]);
    if (at->budget > 0)
        cav_json_add_int(json, "budget", at->budget);
    cav_json_add_int(json, "steps_spent", at->spent);
    cav_json_add_int(json, "steps_saved", at->saved);
    cav_json_add_string(json, "metric", at->metric);
    cav_json_add_number(json, "best", at->best);
    cav_json_add_string(json, "created", created);
    cav_json_end_object(json);
}

static caviar_code print_json(const listing *at, cav_error *error)
{
    cav_text text = {0};
    cav_json json = {.text = &text, .pretty = true};
    cav_json_begin_array(&json);
    for (size_t i = 0; i < at->count; i++)
        write_entry(&at->entries[i], &json);
    cav_json_end_array(&json);
    return cav_print_json(&text, error);
}

static cav_exit run(const cav_arguments *arguments)
{
    cav_error error = {0};
    listing at = {0};
    caviar_code code = collect(arguments, &at, &error);
    if (!code)
        code =
            cav_flag_is_on(arguments, "json") ? print_json(&at, &error) : print_table(&at, &error);
    free_listing(&at);
    return code ? cav_complain(&error) : CAV_EXIT_OK;
}

const cav_verb cav_verb_studies = {
    .name = "studies",
    .group = "Look",
    .summary = "list the studies of a store",
    .operands = "",
    .description =
        "Lists the studies of a store with how many trials are in which state, the steps "
        "(epochs) that they have spent and that stopping early has saved, and the best "
        "value so far.",
    .has_store = true,
    .has_json = true,
    .examples = examples,
    .example_count = CAV_COUNT_OF(examples),
    .run = run,
};
