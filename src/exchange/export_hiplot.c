/**
 * export_hiplot.c: a table for HiPlot: CSV with a line for each trial that has a value, whose uid
 * is its number and whose from_uid is that of the trial it was made from.
 */
#include "exchange/export.h"

#include "exchange/csv.h"

#include <math.h>

static bool is_shown(const cav_study *study, size_t number)
{
    return number < study->history->count &&
           isfinite(cav_history_value(study->history, number, 0)) &&
           (study->history->states[number] == CAVIAR_STATE_COMPLETE ||
            study->history->states[number] == CAVIAR_STATE_PRUNED);
}

static void write_head(const cav_study *study, cav_text *text)
{
    cav_text_append(text, "uid,from_uid,state,origin,step,seconds");
    for (size_t m = 0; m < study->spec->metric_count; m++)
        cav_text_appendf(text, ",%s", study->metric_names[m]);
    for (size_t i = 0; i < study->spec->space->count; i++)
        cav_text_appendf(text, ",%s", study->spec->space->parameters[i].name);
    cav_text_append(text, "\r\n");
}

// HiPlot refuses a line whose parent is not there.
static void write_parent(const cav_study *study, size_t number, cav_text *text)
{
    int64_t parent = study->history->parents[number];
    if (parent >= 0 && is_shown(study, (size_t)parent))
        cav_text_appendf(text, "%lld", (long long)parent);
}

static void write_number(double value, cav_text *text)
{
    cav_text_append_char(text, ',');
    if (isfinite(value))
        cav_text_append_number(text, value);
}

static void write_row(const cav_study *study, size_t number, cav_text *text)
{
    const cav_history *history = study->history;
    const cav_space *space = study->spec->space;
    double ms = (double)(history->finished_ms[number] - history->started_ms[number]);
    cav_text_appendf(text, "%zu,", number);
    write_parent(study, number, text);
    cav_text_appendf(text, ",%s,", caviar_state_name((caviar_state)history->states[number]));
    cav_csv_append(text, history->maker_names[history->makers[number]]);
    write_number(history->steps[number] < 0 ? (double)NAN : (double)history->steps[number], text);
    write_number(history->started_ms[number] > 0 ? ms / 1000 : (double)NAN, text);
    for (size_t m = 0; m < history->metric_count; m++)
        write_number(cav_history_value(study->history, number, m), text);
    for (size_t i = 0; i < space->count; i++) {
        cav_text value = {0};
        double raw = history->raw[number * history->param_count + i];
        if (!isnan(raw))
            cav_parameter_print(&space->parameters[i], raw, &value);
        cav_text_append_char(text, ',');
        cav_csv_append(text, cav_text_get(&value));
        text->failed |= value.failed;
        cav_text_free(&value);
    }
    cav_text_append(text, "\r\n");
}

static caviar_code write_table(cav_study *study, cav_text *text, cav_notes *notes, cav_error *error)
{
    size_t shown = 0;
    write_head(study, text);
    for (size_t i = 0; i < study->history->count; i++)
        if (is_shown(study, i)) {
            write_row(study, i, text);
            shown++;
        }
    if (shown < study->history->count)
        cav_note(notes, "%zu of %zu trials have no value and are left out",
                 study->history->count - shown, study->history->count);
    return text->failed ? cav_fail_memory(error) : CAVIAR_OK;
}

const cav_export_type cav_export_hiplot = {
    .name = "hiplot",
    .summary = "CSV for HiPlot",
    .write = write_table,
};
