/**
 * front.c: printing a Pareto front.
 */
#include "cli/front.h"

#include "base/number.h"
#include "base/pareto.h"
#include "cli/print.h"
#include "cli/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct front {
    cav_study *study;
    size_t *numbers; // [count] by the first metric, the best first
    size_t count;
    double *losses;       // [count x metric_count]
    double *reference;    // [metric_count] as losses; NULL: none was given
    double hypervolume;   // where there is a reference
    cav_details *details; // by number
} front;

// "1,0.5": a value for each metric, in their order.
static caviar_code read_reference(front *at, const char *text, cav_error *error)
{
    size_t metrics = at->study->history->metric_count, count = 0;
    at->reference = calloc(metrics, sizeof *at->reference);
    if (!at->reference)
        return cav_fail_memory(error);
    for (const char *from = text;; count++) {
        size_t size = strcspn(from, ",");
        double value;
        if (count == metrics || !cav_number_parse(from, size, &value) || !isfinite(value))
            break;
        at->reference[count] = cav_history_in_direction(at->study->history, count, value);
        if (!from[size])
            return count + 1 == metrics ? CAVIAR_OK
                                        : cav_fail(error, CAVIAR_INVALID,
                                                   "--reference: %zu numbers are expected, one for "
                                                   "each metric, not %zu",
                                                   metrics, count + 1);
        from += size + 1;
    }
    return cav_fail(error, CAVIAR_INVALID,
                    "--reference: %zu numbers with commas between are expected, one for each "
                    "metric, not '%.60s'",
                    metrics, text);
}

static int by_first_loss(const void *a, const void *b, void *context)
{
    const cav_history *history = context;
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    double loss_x = history->losses[x * history->metric_count];
    double loss_y = history->losses[y * history->metric_count];
    return loss_x != loss_y ? (loss_x > loss_y) - (loss_x < loss_y) : (x > y) - (x < y);
}

static caviar_code measure(front *at, cav_error *error)
{
    const cav_history *history = at->study->history;
    size_t metrics = history->metric_count;
    at->losses = calloc(at->count * metrics + 1, sizeof *at->losses);
    if (!at->losses)
        return cav_fail_memory(error);
    for (size_t i = 0; i < at->count; i++)
        memcpy(at->losses + i * metrics, history->losses + at->numbers[i] * metrics,
               metrics * sizeof *at->losses);
    if (at->reference)
        at->hypervolume = cav_pareto_volume(at->losses, at->count, metrics, at->reference);
    return at->hypervolume < 0 ? cav_fail_memory(error) : CAVIAR_OK;
}

static caviar_code find(front *at, cav_error *error)
{
    caviar_code code = cav_study_front(at->study, &at->numbers, &at->count, error);
    if (!code && at->count == 0)
        code = cav_fail(error, CAVIAR_NOT_FOUND, "no trial of study '%s' is complete yet",
                        at->study->spec->study);
    if (code)
        return code;
    qsort_r(at->numbers, at->count, sizeof *at->numbers, by_first_loss, at->study->history);
    code = measure(at, error);
    return code ? code : cav_details_read(at->study, &at->details, error);
}

static caviar_code print_json(const front *at, cav_error *error)
{
    cav_text text = {0};
    cav_json json = {.text = &text, .pretty = true};
    cav_json_begin_object(&json);
    cav_json_add_string(&json, "study", at->study->spec->study);
    cav_json_key(&json, "front");
    cav_json_begin_array(&json);
    for (size_t i = 0; i < at->count && !text.failed; i++) {
        caviar_trial *trial = cav_study_make_handle(at->study, at->numbers[i]);
        text.failed |= !trial;
        if (trial)
            cav_print_trial_json(at->study, trial, &at->details[at->numbers[i]], &json);
        caviar_trial_free(trial);
    }
    cav_json_end_array(&json);
    if (at->reference)
        cav_json_add_number(&json, "hypervolume", at->hypervolume);
    cav_json_end_object(&json);
    return cav_print_json(&text, error);
}

// The trial's number, its metrics, its parameters.
static bool add_line(struct libscols_table *table, const caviar_trial *trial, const char **cells,
                     cav_text *texts)
{
    size_t metrics = trial->final_count, count = metrics + 2;
    bool done = true;
    for (size_t i = 0; i < count; i++)
        cav_text_clear(&texts[i]);
    cav_text_appendf(&texts[0], "%lld", (long long)trial->number);
    for (size_t m = 0; m < metrics; m++)
        cav_print_value(trial->finals[m], &texts[m + 1]);
    cav_print_config(trial, &texts[metrics + 1]);
    for (size_t i = 0; i < count; i++) {
        cells[i] = cav_text_get(&texts[i]);
        done &= !texts[i].failed;
    }
    return done && cav_table_add(table, cells, count);
}

static bool add_lines(const front *at, struct libscols_table *table)
{
    size_t count = at->study->history->metric_count + 2;
    const char **cells = calloc(count, sizeof *cells);
    cav_text *texts = calloc(count, sizeof *texts);
    bool done = cells && texts;
    for (size_t i = 0; i < at->count && done; i++) {
        caviar_trial *trial = cav_study_make_handle(at->study, at->numbers[i]);
        done = trial && add_line(table, trial, cells, texts);
        caviar_trial_free(trial);
    }
    for (size_t i = 0; texts && i < count; i++)
        cav_text_free(&texts[i]);
    free(texts);
    free(cells);
    return done;
}

static caviar_code print_table(const front *at, cav_error *error)
{
    size_t metrics = at->study->history->metric_count;
    cav_column *columns = calloc(metrics + 2, sizeof *columns);
    if (!columns)
        return cav_fail_memory(error);
    columns[0] = (cav_column){"TRIAL", true, false};
    for (size_t m = 0; m < metrics; m++)
        columns[m + 1] = (cav_column){at->study->metric_names[m], true, false};
    columns[metrics + 1] = (cav_column){"PARAMETERS", false, true};
    struct libscols_table *table = cav_table_new(columns, metrics + 2);
    free(columns);
    bool done = table && add_lines(at, table);
    caviar_code code = done ? cav_table_print(table, error) : cav_fail_memory(error);
    if (!done)
        scols_unref_table(table);
    if (!code && at->reference) {
        char number[CAV_NUMBER_SIZE];
        cav_number_print_short(at->hypervolume, 6, number);
        printf("\nhypervolume %s\n", number);
    }
    return code;
}

caviar_code cav_cli_front_print(const cav_arguments *arguments, cav_study *study, cav_error *error)
{
    front at = {.study = study};
    const char *reference = cav_flag_get(arguments, "reference");
    caviar_code code = reference ? read_reference(&at, reference, error) : CAVIAR_OK;
    if (!code)
        code = find(&at, error);
    if (!code)
        code = cav_flag_is_on(arguments, "json") ? print_json(&at, error) : print_table(&at, error);
    cav_details_free(at.details, study->history->count);
    free(at.numbers);
    free(at.losses);
    free(at.reference);
    return code;
}
