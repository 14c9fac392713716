/**
 * nudging.c: changes of a running trial, as words.
 */
#include "cli/nudging.h"

#include "base/memory.h"
#include "cli/print.h"
#include "config/schedule.h"
#include "space/codec.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static caviar_code read_change(const cav_space *space, const char *word, const double *now,
                               bool force, double *ret_raw, cav_error *error)
{
    char name[256];
    const char *equals = strchr(word, '=');
    if (!equals || equals == word)
        return cav_fail(error, CAVIAR_INVALID,
                        "'%.80s': NAME=VALUE is expected, or NAME=x0.5, or NAME=+0.01", word);
    snprintf(name, sizeof name, "%.*s", (int)(equals - word), word);
    size_t i = cav_space_find(space, name);
    if (i == space->count)
        return cav_space_fail_unknown(space, name, error);
    if (!isnan(ret_raw[i]))
        return cav_fail(error, CAVIAR_INVALID, "'%s' is changed twice", name);
    if (isnan(now[i]))
        return cav_fail(error, CAVIAR_INVALID, "this trial has no '%s': it is not active here",
                        name);
    return cav_parameter_read_change(&space->parameters[i], now[i], equals + 1, force, &ret_raw[i],
                                     error);
}

caviar_code cav_cli_changes_read(const cav_arguments *arguments, size_t first,
                                 const cav_space *space, const double *now, double *ret_raw,
                                 cav_error *error)
{
    caviar_code code = CAVIAR_OK;
    bool force = cav_flag_is_on(arguments, "force");
    for (size_t i = 0; i < space->count; i++)
        ret_raw[i] = NAN;
    for (size_t i = first; i < arguments->operand_count && !code; i++)
        code = read_change(space, arguments->operands[i], now, force, ret_raw, error);
    return code;
}

void cav_cli_changes_print(const cav_space *space, const double *before, const double *changes,
                           cav_text *text)
{
    bool first = true;
    for (size_t i = 0; i < space->count; i++) {
        if (isnan(changes[i]))
            continue;
        cav_text_appendf(text, "%s%s ", first ? "" : ", ", space->parameters[i].name);
        cav_parameter_print(&space->parameters[i], before[i], text);
        cav_text_append(text, " -> ");
        cav_parameter_print(&space->parameters[i], changes[i], text);
        first = false;
    }
}

void cav_cli_when_print(const cav_study *study, int64_t number, cav_text *text)
{
    int64_t step = study->history->steps[number];
    if (study->history->states[number] != CAVIAR_STATE_RUNNING)
        cav_text_append(text, "once it runs, at its next report");
    else if (step < 0)
        cav_text_append(text, "at its first report");
    else
        cav_text_appendf(text, "at its next report (the last one was of step %lld)",
                         (long long)step);
}

static void append_what(const cav_study *study, const cav_nudge *nudge, cav_text *text)
{
    const cav_space *space = study->spec->space;
    if (nudge->kind == CAV_NUDGE_ROLLBACK)
        cav_text_appendf(text, "back to step %lld", (long long)nudge->target);
    else if (nudge->kind != CAV_NUDGE_CHANGE)
        cav_text_append(text, cav_nudge_kind_name(nudge->kind));
    for (size_t i = 0; i < space->count && nudge->raw; i++) {
        if (isnan(nudge->raw[i]))
            continue;
        cav_text_appendf(text, "%s=", space->parameters[i].name);
        cav_parameter_print(&space->parameters[i], nudge->raw[i], text);
        cav_text_append(text, " ");
    }
}

static void print_one(const cav_study *study, const cav_nudge *nudge)
{
    char when[CAV_TIME_SIZE];
    cav_text line = {0};
    cav_time_print(nudge->created_ms, when);
    if (nudge->step >= 0)
        cav_text_appendf(&line, "  step %-5lld ", (long long)nudge->step);
    else
        cav_text_append(&line, "  next       ");
    append_what(study, nudge, &line);
    if (nudge->state != CAV_NUDGE_ACTIVE)
        cav_text_appendf(&line, " (%s)", cav_nudge_state_name(nudge->state));
    cav_text_appendf(&line, "  %s %s%s%s", when, nudge->author, nudge->note[0] ? ": " : "",
                     nudge->note);
    cav_text_make_harmless(line.data);
    cav_print_json(&line, NULL);
}

void cav_cli_nudges_print(const cav_study *study, int64_t number)
{
    const cav_nudge_list *list = &study->history->nudges[number];
    if (list->count > 0)
        printf("\nChanged while it ran:\n");
    for (size_t n = 0; n < list->count; n++)
        print_one(study, &list->items[n]);
}

static void write_one(const cav_study *study, const cav_nudge *nudge, cav_json *json)
{
    char when[CAV_TIME_SIZE];
    cav_json_begin_object(json);
    cav_json_add_int(json, "id", nudge->id);
    cav_json_add_string(json, "kind", cav_nudge_kind_name(nudge->kind));
    cav_json_add_string(json, "state", cav_nudge_state_name(nudge->state));
    if (nudge->step >= 0)
        cav_json_add_int(json, "step", nudge->step);
    if (nudge->kind == CAV_NUDGE_ROLLBACK)
        cav_json_add_int(json, "target", nudge->target);
    if (nudge->raw) {
        cav_json_key(json, "changes");
        cav_space_write(study->spec->space, nudge->raw, json);
    }
    cav_json_add_string(json, "author", nudge->author);
    cav_json_add_string(json, "note", nudge->note);
    cav_time_print(nudge->created_ms, when);
    cav_json_add_string(json, "created", when);
    if (nudge->delivered_ms > 0) {
        cav_time_print(nudge->delivered_ms, when);
        cav_json_add_string(json, "delivered", when);
    }
    cav_json_end_object(json);
}

void cav_cli_nudges_write(const cav_study *study, int64_t number, cav_json *json)
{
    const cav_nudge_list *list = &study->history->nudges[number];
    cav_json_begin_array(json);
    for (size_t n = 0; n < list->count; n++)
        write_one(study, &list->items[n], json);
    cav_json_end_array(json);
}

// ---- Pause, resume, stop ----------------------------------------------------------------------

// Beside that it was taken: how it may come out.
static const char *wish_warning(const cav_study *study, int64_t number, cav_nudge_kind kind)
{
    unsigned can = study->history->cans[number];
    return kind == CAV_NUDGE_PAUSE && can != 0 && !(can & CAVIAR_CAN_RESTORE)
               ? "its program has not said that it can restore a checkpoint: it may begin again"
               : NULL;
}

static void print_resumed(const cav_study *study, int64_t number, cav_text *text)
{
    int64_t step = study->history->steps[number];
    cav_text_append(text, "goes on");
    if (study->history->states[number] != CAVIAR_STATE_WAITING)
        return; // it has not ended: it runs on
    if (step > 0)
        cav_text_appendf(text, " from step %lld", (long long)step);
    cav_text_append(text, ", before anything new");
}

static void print_wish(const cav_study *study, int64_t number, cav_nudge_kind kind,
                       const char *warning, cav_text *text)
{
    cav_text_appendf(text, "trial %lld: ", (long long)number);
    if (kind == CAV_NUDGE_RESUME) {
        print_resumed(study, number, text);
    } else if (kind == CAV_NUDGE_PAUSE && study->history->states[number] == CAVIAR_STATE_PAUSED) {
        cav_text_append(text, "stays paused, until it is resumed");
    } else {
        cav_text_append(text, kind == CAV_NUDGE_PAUSE ? "pauses " : "ends ");
        cav_cli_when_print(study, number, text);
    }
    if (warning)
        cav_text_appendf(text, "\n%s", warning);
}

static void write_wish(const cav_study *study, int64_t number, cav_nudge_kind kind,
                       const char *warning, cav_json *json)
{
    const cav_history *history = study->history;
    cav_json_begin_object(json);
    cav_json_add_int(json, "id", number);
    cav_json_add_string(json, "wish", cav_nudge_kind_name(kind));
    cav_json_add_string(json, "state", caviar_state_name((caviar_state)history->states[number]));
    if (history->steps[number] >= 0)
        cav_json_add_int(json, "step", history->steps[number]);
    if (warning)
        cav_json_add_string(json, "warning", warning);
    cav_json_end_object(json);
}

static caviar_code wish_of(const cav_arguments *arguments, cav_study *study, cav_study_wish *wish,
                           cav_nudge_kind kind, cav_error *error)
{
    char author[CAV_AUTHOR_SIZE];
    caviar_nudge_options options = {.author = author, .note = cav_flag_get(arguments, "note")};
    int64_t number = 0;
    cav_text text = {0};
    cav_json json = {.text = &text};
    cav_author_name(author);
    caviar_code code = cav_flag_int(arguments, "trial", 0, INT64_MAX, &number, error);
    if (!code)
        code = wish(study, number, &options, error);
    if (code)
        return code;
    const char *warning = wish_warning(study, number, kind);
    if (cav_flag_is_on(arguments, "json"))
        write_wish(study, number, kind, warning, &json);
    else
        print_wish(study, number, kind, warning, &text);
    return cav_print_json(&text, error);
}

cav_exit cav_cli_wish_of_trial(const cav_arguments *arguments, cav_study_wish *wish,
                               cav_nudge_kind kind)
{
    cav_error error = {0};
    cav_study *study;
    const char *of = arguments->operand_count > 0 ? arguments->operands[0] : NULL;
    if (cav_cli_open(arguments, of, false, &study, &error))
        return cav_complain(&error);
    caviar_code code = wish_of(arguments, study, wish, kind, &error);
    cav_study_close(study);
    return code ? cav_complain(&error) : CAV_EXIT_OK;
}

void cav_cli_held_print(const cav_study *study, cav_text *text)
{
    enum { MOST = 5 };
    const cav_history *history = study->history;
    size_t count = 0;
    for (size_t i = 0; i < history->open_count; i++) {
        size_t number = history->open[i];
        bool is_held =
            history->states[number] == CAVIAR_STATE_PAUSED && cav_history_is_held(history, number);
        if (!is_held || ++count > MOST)
            continue;
        cav_text_appendf(text,
                         "trial %zu is paused at step %lld: 'caviar resume %s --trial %zu' lets it "
                         "go on\n",
                         number, (long long)history->steps[number], study->spec->study, number);
    }
    if (count > MOST)
        cav_text_appendf(text, "so are %zu more\n", count - MOST);
}

// ---- Schedules --------------------------------------------------------------------------------

// Entries of one step become one, in which the later value counts.
static size_t merge_schedule(const cav_nudge_list *list, size_t param_count,
                             cav_schedule_entry *entries, double *raw)
{
    size_t count = 0;
    for (size_t n = 0; n < list->count; n++) {
        const cav_nudge *nudge = &list->items[n];
        if (!cav_nudge_is_scheduled(nudge))
            continue;
        if (count == 0 || entries[count - 1].step != nudge->step) {
            entries[count] = (cav_schedule_entry){nudge->step, raw + count * param_count};
            for (size_t i = 0; i < param_count; i++)
                entries[count].raw[i] = NAN;
            count++;
        }
        for (size_t i = 0; i < param_count; i++)
            if (!isnan(nudge->raw[i]))
                entries[count - 1].raw[i] = nudge->raw[i];
    }
    return count;
}

caviar_code cav_cli_schedule_print(const cav_study *study, int64_t number, cav_error *error)
{
    const cav_history *history = study->history;
    size_t param_count = study->spec->space->count;
    if (number < 0 || (size_t)number >= history->count)
        return cav_fail(error, CAVIAR_NOT_FOUND, "study '%s' has no trial %lld (it has %zu)",
                        study->spec->study, (long long)number, history->count);
    const cav_nudge_list *list = &history->nudges[number];
    cav_schedule_entry *entries = calloc(list->count + 1, sizeof *entries);
    double *raw = calloc(list->count * param_count + 1, sizeof *raw);
    cav_text text = {0};
    caviar_code code = entries && raw ? CAVIAR_OK : cav_fail_memory(error);
    if (!code) {
        size_t count = merge_schedule(list, param_count, entries, raw);
        cav_schedule_write(study->spec->space, history->raw + (size_t)number * param_count, entries,
                           count, &text);
        if (text.size > 0)
            text.data[--text.size] = '\0'; // the printing adds the last newline
        code = cav_print_json(&text, error);
    }
    free(entries);
    free(raw);
    return code;
}
