/**
 * standing.c: an incumbent as a table and as JSON, in the metric's own direction.
 */
#include "cli/standing.h"

#include "base/number.h"
#include "cli/table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// The runs of a configuration, without what other trials say of it.
typedef struct own_runs {
    size_t count;
    double mean, error; // of the mean; NaN of a single run
} own_runs;

static own_runs runs_of(const cav_history *history, size_t trial)
{
    size_t size = history->param_count * sizeof *history->raw;
    const double *raw = history->raw + trial * history->param_count;
    double sum = 0, square = 0;
    own_runs at = {0};
    for (size_t i = 0; i < history->count; i++) {
        if (!cav_history_has_losses(history, i) ||
            memcmp(history->raw + i * history->param_count, raw, size) != 0)
            continue;
        double value = cav_history_value(history, i, 0);
        at.count++;
        sum += value;
        square += value * value;
    }
    double n = (double)at.count;
    at.mean = sum / n;
    at.error = at.count > 1 ? sqrt(fmax(0, square - n * at.mean * at.mean) / (n - 1) / n) : NAN;
    return at;
}

static void print_confirmed(const cav_study *study, const cav_standing *standing)
{
    for (size_t i = 0; i < standing->confirmed_count; i++) {
        own_runs at = runs_of(study->history, standing->confirmed[i]);
        char mean[CAV_NUMBER_SIZE], error[CAV_NUMBER_SIZE];
        cav_number_print_short(at.mean, 4, mean);
        cav_number_print_short(at.error, 2, error);
        printf("%strial %zu was run again: %s +- %s in the mean of %zu runs\n", i ? "" : "\n",
               standing->confirmed[i], mean, error, at.count);
    }
}

static void write_confirmed(const cav_study *study, const cav_standing *standing, cav_json *json)
{
    cav_json_key(json, "confirmed");
    cav_json_begin_array(json);
    for (size_t i = 0; i < standing->confirmed_count; i++) {
        own_runs at = runs_of(study->history, standing->confirmed[i]);
        cav_json_begin_object(json);
        cav_json_add_int(json, "trial", (int64_t)standing->confirmed[i]);
        cav_json_add_int(json, "runs", (int64_t)at.count);
        cav_json_add_number(json, "mean", at.mean);
        cav_json_add_number(json, "error", at.error);
        cav_json_end_object(json);
    }
    cav_json_end_array(json);
}

static bool add_line(struct libscols_table *table, const cav_contender *at)
{
    char trial[32], runs[32], mean[CAV_NUMBER_SIZE], low[CAV_NUMBER_SIZE], high[CAV_NUMBER_SIZE];
    char interval[2 * CAV_NUMBER_SIZE + 8], chance[32];
    snprintf(trial, sizeof trial, "%zu", at->trial);
    snprintf(runs, sizeof runs, "%zu", at->run_count);
    cav_number_print_short(at->mean, 4, mean);
    cav_number_print_short(at->low, 4, low);
    cav_number_print_short(at->high, 4, high);
    snprintf(interval, sizeof interval, "%s to %s", low, high);
    snprintf(chance, sizeof chance, "%.0f %%", 100 * at->chance);
    const char *const cells[] = {trial, runs, mean, interval, chance};
    return cav_table_add(table, cells, CAV_COUNT_OF(cells));
}

static caviar_code print_table(const cav_study *study, const cav_incumbent *incumbent,
                               cav_error *error)
{
    static const cav_column columns[] = {{"TRIAL", true, false},
                                         {"RUNS", true, false},
                                         {"MEAN", true, false},
                                         {"90 %", true, false},
                                         {"CHANCE TO BE THE BEST", true, false}};
    struct libscols_table *table = cav_table_new(columns, CAV_COUNT_OF(columns));
    bool fine = table;
    for (size_t i = 0; i < incumbent->count && fine; i++) {
        cav_contender at =
            cav_contender_in_direction(&incumbent->contenders[i], study->maximize[0]);
        fine = add_line(table, &at);
    }
    if (fine)
        return cav_table_print(table, error);
    scols_unref_table(table);
    return cav_fail_memory(error);
}

caviar_code cav_standing_print(const cav_study *study, const cav_standing *standing,
                               cav_error *error)
{
    const cav_incumbent *incumbent = standing->incumbent;
    char noise[CAV_NUMBER_SIZE], value[CAV_NUMBER_SIZE];
    size_t luckiest = cav_history_best(study->history, 0);
    print_confirmed(study, standing);
    if (!incumbent)
        return CAVIAR_OK;
    cav_number_print_short(incumbent->noise, 2, noise);
    cav_number_print_short(cav_history_value(study->history, luckiest, 0), 4, value);
    printf(
        "\nRuns of one configuration differ, by a deviation of %s. By what %zu trials say together "
        "this one\nis the best in the mean of many runs; the best value that was seen, %s by trial "
        "%zu, was a lucky draw.\n\n",
        noise, incumbent->trial_count, value, luckiest);
    return print_table(study, incumbent, error);
}

void cav_standing_write_one(const cav_study *study, const cav_contender *contender, cav_json *json)
{
    cav_contender at = cav_contender_in_direction(contender, study->maximize[0]);
    cav_json_begin_object(json);
    cav_json_add_int(json, "trial", (int64_t)at.trial);
    cav_json_add_int(json, "runs", (int64_t)at.run_count);
    cav_json_add_number(json, "mean", at.mean);
    cav_json_add_number(json, "low", at.low);
    cav_json_add_number(json, "high", at.high);
    cav_json_add_number(json, "chance", at.chance);
    cav_json_end_object(json);
}

void cav_standing_write(const cav_study *study, const cav_standing *standing, cav_json *json)
{
    const cav_incumbent *incumbent = standing->incumbent;
    if (standing->confirmed_count > 0)
        write_confirmed(study, standing, json);
    cav_json_key(json, "standing");
    if (!incumbent) {
        cav_json_null(json);
        return;
    }
    cav_json_begin_object(json);
    cav_json_add_number(json, "noise", incumbent->noise);
    cav_json_add_int(json, "trials", (int64_t)incumbent->trial_count);
    cav_json_add_int(json, "luckiest", (int64_t)cav_history_best(study->history, 0));
    cav_json_key(json, "contenders");
    cav_json_begin_array(json);
    for (size_t i = 0; i < incumbent->count; i++)
        cav_standing_write_one(study, &incumbent->contenders[i], json);
    cav_json_end_array(json);
    cav_json_end_object(json);
}
