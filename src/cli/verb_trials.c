/**
 * verb_trials.c: caviar trials
 */
#include "cli/open.h"

#include "base/names.h"
#include "base/number.h"
#include "cli/print.h"
#include "cli/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const cav_flag flags[] = {
    {'n', "most", "N", "list at most so many"},
    {0, "state", "STATE", "only those that are complete, pruned, failed, running, ..."},
    {0, "sort", "ORDER", "number (default), or value: the best first"},
};

static const cav_example examples[] = {
    {"caviar trials --sort value -n 10", "the ten best"},
    {"caviar trials --state failed", "what went wrong, and why"},
    {"caviar trials --json", "all, with everything that is known of them"},
};

typedef struct selection {
    const cav_study *study;
    size_t *numbers; // [count]
    size_t count;
} selection;

// For qsort_r: the best first, those without a value last.
static int by_loss(const void *a, const void *b, void *context)
{
    const cav_study *study = context;
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    double loss_x = cav_study_loss(study, x), loss_y = cav_study_loss(study, y);
    if (isnan(loss_x) || isnan(loss_y))
        return isnan(loss_x) - isnan(loss_y);
    return loss_x != loss_y ? (loss_x > loss_y) - (loss_x < loss_y) : (x > y) - (x < y);
}

static caviar_code read_state(const cav_arguments *arguments, int *ret_state, cav_error *error)
{
    const char *word = cav_flag_get(arguments, "state");
    *ret_state = -1;
    return word ? cav_names_find(&cav_state_names, word, ret_state, error) : CAVIAR_OK;
}

// Which trials are wanted, and in what order.
typedef struct wish {
    int state; // -1: any
    int64_t most;
    bool by_value;
} wish;

static caviar_code read_wish(const cav_arguments *arguments, wish *ret_wish, cav_error *error)
{
    const char *order = cav_flag_get(arguments, "sort");
    *ret_wish = (wish){.most = INT64_MAX, .by_value = order && strcmp(order, "value") == 0};
    caviar_code code = read_state(arguments, &ret_wish->state, error);
    if (!code)
        code = cav_flag_int(arguments, "most", 1, INT64_C(1) << 53, &ret_wish->most, error);
    if (!code && order && strcmp(order, "number") != 0 && !ret_wish->by_value)
        code = cav_fail(error, CAVIAR_INVALID, "--sort: number or value is expected, not '%.40s'",
                        order);
    return code;
}

static caviar_code choose(const wish *wanted, selection *at, cav_error *error)
{
    const cav_history *history = at->study->history;
    at->numbers = calloc(history->count + 1, sizeof *at->numbers);
    if (!at->numbers)
        return cav_fail_memory(error);
    for (size_t i = 0; i < history->count; i++)
        if (wanted->state < 0 || (int)history->states[i] == wanted->state)
            at->numbers[at->count++] = i;
    if (wanted->by_value)
        qsort_r(at->numbers, at->count, sizeof *at->numbers, by_loss, (void *)(uintptr_t)at->study);
    if ((int64_t)at->count > wanted->most)
        at->count = (size_t)wanted->most;
    return CAVIAR_OK;
}

static caviar_code print_json(selection *at, const cav_details *details, cav_error *error)
{
    cav_text text = {0};
    cav_json json = {.text = &text};
    cav_json_begin_array(&json);
    for (size_t i = 0; i < at->count && !text.failed; i++) {
        caviar_trial *trial =
            cav_study_make_handle((cav_study *)(uintptr_t)at->study, at->numbers[i]);
        text.failed |= !trial;
        if (trial)
            cav_print_trial_json(at->study, trial, &details[at->numbers[i]], &json);
        caviar_trial_free(trial);
    }
    cav_json_end_array(&json);
    return cav_print_json(&text, error);
}

static void write_cells(const caviar_trial *trial, const cav_details *details, cav_text *state,
                        cav_text *took, cav_text *config)
{
    char duration[CAV_NUMBER_SIZE] = "";
    cav_text_append(state, caviar_state_name(trial->state));
    if (trial->reason != CAVIAR_REASON_NONE)
        cav_text_appendf(state, ": %s", caviar_reason_name(trial->reason));
    if (details->finished_ms > 0 && details->started_ms > 0)
        cav_duration_print(details->finished_ms - details->started_ms, duration);
    cav_text_append(took, duration);
    cav_print_config(trial, config);
    if (details->message && details->message[0])
        cav_text_appendf(config, "  (%s)", details->message);
}

enum { RUNS_COLUMN = 3 }; // only where configurations have several runs

static bool add_line(struct libscols_table *table, const cav_study *study,
                     const caviar_trial *trial, const cav_details *details)
{
    cav_text number = {0}, state = {0}, values = {0}, runs = {0}, took = {0}, config = {0};
    cav_text_appendf(&number, "%lld", (long long)trial->number);
    for (size_t m = 0; m < trial->final_count; m++) {
        cav_text_append(&values, m ? " " : "");
        cav_print_value(trial->finals[m], &values);
    }
    write_cells(trial, details, &state, &took, &config);
    cav_print_runs(study, (size_t)trial->number, &runs);
    const char *cells[] = {cav_text_get(&number), cav_text_get(&state), cav_text_get(&values),
                           cav_text_get(&runs),   cav_text_get(&took),  cav_text_get(&config)};
    size_t count = CAV_COUNT_OF(cells);
    if (!study->race)
        memmove(cells + RUNS_COLUMN, cells + RUNS_COLUMN + 1,
                (--count - RUNS_COLUMN) * sizeof *cells);
    bool done = cav_table_add(table, cells, count) && !config.failed;
    cav_text *texts[] = {&number, &state, &values, &runs, &took, &config};
    for (size_t i = 0; i < CAV_COUNT_OF(texts); i++)
        cav_text_free(texts[i]);
    return done;
}

static caviar_code print_table(selection *at, const cav_details *details, cav_error *error)
{
    cav_column columns[] = {
        {"TRIAL", true, false}, {"STATE", false, false}, {at->study->metric_names[0], true, false},
        {"MEAN", false, false}, {"TIME", true, false},   {"PARAMETERS", false, true}};
    size_t count = CAV_COUNT_OF(columns);
    if (!at->study->race)
        memmove(columns + RUNS_COLUMN, columns + RUNS_COLUMN + 1,
                (--count - RUNS_COLUMN) * sizeof *columns);
    struct libscols_table *table = cav_table_new(columns, count);
    bool done = table != NULL;
    for (size_t i = 0; i < at->count && done; i++) {
        caviar_trial *trial =
            cav_study_make_handle((cav_study *)(uintptr_t)at->study, at->numbers[i]);
        done = trial && add_line(table, at->study, trial, &details[at->numbers[i]]);
        caviar_trial_free(trial);
    }
    if (done)
        return cav_table_print(table, error);
    scols_unref_table(table);
    return cav_fail_memory(error);
}

static cav_exit run(const cav_arguments *arguments)
{
    cav_error error = {0};
    cav_study *study;
    cav_details *details = NULL;
    wish wanted;
    if (read_wish(arguments, &wanted, &error))
        return cav_complain_usage(arguments, &error);
    if (cav_cli_open(arguments, NULL, true, &study, &error))
        return cav_complain(&error);
    selection at = {.study = study};
    caviar_code code = choose(&wanted, &at, &error);
    if (!code)
        code = cav_details_read(study, &details, &error);
    if (!code)
        code = cav_flag_is_on(arguments, "json") ? print_json(&at, details, &error)
                                                 : print_table(&at, details, &error);
    cav_details_free(details, study->history->count);
    free(at.numbers);
    cav_study_close(study);
    return code ? cav_complain(&error) : CAV_EXIT_OK;
}

const cav_verb cav_verb_trials = {
    .name = "trials",
    .group = "Look",
    .summary = "list the trials of a study",
    .operands = "",
    .description = "Lists the trials of a study: state, value, how long it took, parameters.",
    .flags = flags,
    .flag_count = CAV_COUNT_OF(flags),
    .has_store = true,
    .has_json = true,
    .examples = examples,
    .example_count = CAV_COUNT_OF(examples),
    .run = run,
};
