/**
 * answer_trial.c: everything about one trial.
 */
#include "serve/answer.h"

#include "insight/diagnosis.h"
#include "run/folder.h"
#include "space/codec.h"
#include "study/course.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OUTPUT_SIZE = 16384 }; // the end of what it printed

// ---- What it reported -------------------------------------------------------------------------

/** Its reports as columns: each metric is one, with null where a report had none. */
typedef struct reports {
    json_t *steps, *attempts, *times;
    json_t *metrics; // {name: [value or null, …]}
    size_t count;
} reports;

static json_t *number_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static bool append_metric(reports *at, const caviar_metric *metric)
{
    json_t *column = json_object_get(at->metrics, metric->name);
    if (!column) {
        column = json_array();
        if (json_object_set_new(at->metrics, metric->name, column))
            return false;
    }
    while (json_array_size(column) < at->count)
        if (json_array_append_new(column, json_null()))
            return false;
    if (json_array_size(column) > at->count) // of the same name the last one counts
        return json_array_set_new(column, at->count, number_or_null(metric->value)) == 0;
    return json_array_append_new(column, number_or_null(metric->value)) == 0;
}

static caviar_code take_report(void *context, const cav_report *report, cav_error *error)
{
    reports *at = context;
    bool done = json_array_append_new(at->steps, json_integer(report->step)) == 0 &&
                json_array_append_new(at->attempts, json_integer(report->attempt)) == 0 &&
                json_array_append_new(at->times, json_integer(report->time_ms)) == 0;
    for (size_t i = 0; i < report->metric_count && done; i++)
        done = append_metric(at, &report->metrics[i]);
    at->count++;
    return done ? CAVIAR_OK : cav_fail_memory(error);
}

static void write_integers(const char *key, const json_t *list, cav_json *json)
{
    cav_json_key(json, key);
    cav_json_begin_array(json);
    for (size_t i = 0; i < json_array_size(list); i++)
        cav_json_int(json, json_integer_value(json_array_get(list, i)));
    cav_json_end_array(json);
}

static void write_reports(const reports *at, cav_json *json)
{
    const char *name;
    json_t *column;
    write_integers("step", at->steps, json);
    write_integers("attempt", at->attempts, json);
    write_integers("time_ms", at->times, json);
    cav_json_key(json, "metrics");
    cav_json_begin_object(json);
    json_object_foreach (at->metrics, name, column) {
        cav_json_key(json, name);
        cav_json_begin_array(json);
        for (size_t i = 0; i < at->count; i++) {
            const json_t *value = json_array_get(column, i);
            cav_json_number(json, json_is_number(value) ? json_number_value(value) : (double)NAN);
        }
        cav_json_end_array(json);
    }
    cav_json_end_object(json);
}

static caviar_code add_reports(const cav_feed *feed, int64_t number, int64_t since, cav_json *json,
                               cav_error *error)
{
    const cav_study *study = feed->study;
    reports at = {json_array(), json_array(), json_array(), json_object(), 0};
    caviar_code code =
        at.steps && at.attempts && at.times && at.metrics ? CAVIAR_OK : cav_fail_memory(error);
    if (!code)
        code = study->store->type->report_read(study->store, &study->scope, number, &since,
                                               take_report, &at, error);
    if (!code) {
        cav_json_add_int(json, "next", since);
        cav_json_key(json, "reports");
        cav_json_begin_object(json);
        write_reports(&at, json);
        cav_json_end_object(json);
    }
    json_decref(at.steps);
    json_decref(at.attempts);
    json_decref(at.times);
    json_decref(at.metrics);
    return code;
}

// ---- What was done to it ----------------------------------------------------------------------

static void write_nudge(const cav_space *space, const cav_nudge *nudge, cav_json *json)
{
    cav_json_begin_object(json);
    cav_json_add_int(json, "id", nudge->id);
    cav_json_add_string(json, "kind", cav_nudge_kind_name(nudge->kind));
    cav_json_add_string(json, "state", cav_nudge_state_name(nudge->state));
    cav_json_add_int(json, "step", nudge->step);
    cav_json_add_int(json, "target", nudge->target);
    cav_json_key(json, "changes");
    if (nudge->raw)
        cav_space_write(space, nudge->raw, json);
    else
        cav_json_null(json);
    cav_json_add_string(json, "author", nudge->author);
    cav_json_add_string(json, "note", nudge->note);
    cav_json_add_int(json, "created_ms", nudge->created_ms);
    cav_json_add_int(json, "delivered_ms", nudge->delivered_ms);
    cav_json_end_object(json);
}

static void add_nudges(const cav_study *study, int64_t number, cav_json *json)
{
    const cav_nudge_list *list = &study->history->nudges[number];
    cav_json_key(json, "nudges");
    cav_json_begin_array(json);
    for (size_t n = 0; n < list->count; n++)
        write_nudge(study->spec->space, &list->items[n], json);
    cav_json_end_array(json);
}

// null: it does not say, or keeps them all
static void add_checkpoints(const char *kept, cav_json *json)
{
    json_t *steps = NULL;
    if (kept && !cav_json_parse(kept, strlen(kept), &steps, NULL) && json_is_array(steps)) {
        write_integers("checkpoints", steps, json);
    } else {
        cav_json_key(json, "checkpoints");
        cav_json_null(json);
    }
    json_decref(steps);
}

static void add_abilities(const cav_history *history, int64_t number, cav_json *json)
{
    unsigned can = history->cans[number];
    bool only_prints = (can & CAV_CAN_PRINT) && !(can & CAV_CAN_HEAR);
    cav_json_add_bool(json, "can_change", !only_prints);
    cav_json_add_bool(json, "can_restore", can & CAVIAR_CAN_RESTORE);
    add_checkpoints(history->checkpoints[number], json);
}

// null where it is not known: 0 would be something else
static void add_known(const char *key, int64_t value, cav_json *json)
{
    cav_json_key(json, key);
    if (value > 0)
        cav_json_int(json, value);
    else
        cav_json_null(json);
}

static void add_usage(cav_usage usage, cav_json *json)
{
    add_known("cpu_ms", usage.cpu_ms, json);
    add_known("memory_bytes", usage.memory_bytes, json);
}

// ---- What it says -----------------------------------------------------------------------------

static void add_findings(const cav_study *study, int64_t number, cav_json *json)
{
    const cav_history *history = study->history;
    const cav_curve *curve = &history->curves[number];
    cav_diagnosis found[CAV_FINDING_COUNT];
    double *losses = calloc(curve->count + 1, sizeof *losses);
    size_t count = 0;
    for (size_t i = 0; i < curve->count && losses; i++)
        losses[i] = curve->losses[i * history->metric_count];
    cav_symptoms symptoms = {.metric = study->metric_names[0],
                             .steps = curve->steps,
                             .losses = losses,
                             .count = curve->count,
                             .is_maximized = study->maximize[0],
                             .state = (caviar_state)history->states[number],
                             .reason = (caviar_reason)history->reasons[number]};
    if (losses && curve->count > 0)
        count = cav_diagnose(&symptoms, found);
    cav_json_key(json, "findings");
    cav_json_begin_array(json);
    for (size_t i = 0; i < count; i++) {
        cav_json_begin_object(json);
        cav_json_add_string(json, "finding", cav_finding_name(found[i].finding));
        cav_json_add_string(json, "evidence", found[i].evidence);
        cav_json_add_string(json, "advice", cav_finding_advice(found[i].finding));
        cav_json_end_object(json);
    }
    cav_json_end_array(json);
    free(losses);
}

// The end of the file that a running trial's output goes to; the store has it only when it ended.
static bool read_log(const char *place, const char *study, int64_t number, cav_text *text)
{
    cav_text path = {0};
    char bytes[OUTPUT_SIZE];
    struct stat facts;
    char *folder = cav_folder_of_study(place, study, NULL);
    if (folder) {
        cav_folder_of_trial(folder, number, &path);
        cav_text_append(&path, "/output.log");
    }
    int file = !folder || path.failed
                   ? -1
                   : open(path.data, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool is_file = file >= 0 && fstat(file, &facts) == 0 && S_ISREG(facts.st_mode);
    if (is_file) {
        off_t from = facts.st_size > OUTPUT_SIZE ? facts.st_size - OUTPUT_SIZE : 0;
        ssize_t size = pread(file, bytes, sizeof bytes, from);
        cav_text_append_size(text, bytes, size > 0 ? strnlen(bytes, (size_t)size) : 0);
    }
    if (file >= 0)
        close(file);
    cav_text_free(&path);
    free(folder);
    return is_file;
}

static caviar_code add_output(const cav_study *study, int64_t number, const char *place,
                              cav_json *json, cav_error *error)
{
    cav_text text = {0};
    caviar_code code = CAVIAR_OK;
    if (!read_log(place, study->spec->study, number, &text))
        code = study->store->type->output_read(study->store, &study->scope, number, &text, error);
    if (!code && !text.failed)
        cav_json_add_string(json, "output", cav_text_get(&text));
    cav_text_free(&text);
    return code;
}

static caviar_code add_values(cav_study *study, int64_t number, cav_json *json, cav_error *error)
{
    const cav_space *space = study->spec->space;
    double *raw = calloc(space->count + 1, sizeof *raw);
    caviar_code code = raw ? cav_study_values(study, number, raw, error) : cav_fail_memory(error);
    if (!code) {
        cav_json_key(json, "config"); // what it started with
        cav_space_write(space, study->history->raw + (size_t)number * space->count, json);
        cav_json_key(json, "now"); // what it has by now
        cav_space_write(space, raw, json);
    }
    free(raw);
    return code;
}

caviar_code cav_answer_trial(const cav_feed *feed, int64_t number, int64_t since, const char *place,
                             cav_json *json, cav_error *error)
{
    cav_study *study = feed->study;
    const cav_history *history = study->history;
    if (number < 0 || (size_t)number >= history->count)
        return cav_fail(error, CAVIAR_NOT_FOUND, "study '%s' has no trial %lld (it has %zu)",
                        feed->name, (long long)number, history->count);
    cav_json_begin_object(json);
    cav_json_add_int(json, "number", number);
    cav_json_add_int(json, "epoch", (int64_t)feed->epoch);
    cav_json_add_int(json, "parent", history->parents[number]);
    cav_json_add_int(json, "parent_step", history->parent_steps[number]);
    cav_json_add_string(json, "message",
                        history->messages[number] ? history->messages[number] : "");
    caviar_code code = add_values(study, number, json, error);
    add_abilities(history, number, json);
    add_usage(history->usages[number], json);
    add_nudges(study, number, json);
    add_findings(study, number, json);
    if (!code)
        code = add_output(study, number, place, json, error);
    if (!code)
        code = add_reports(feed, number, since, json, error);
    cav_json_end_object(json);
    return code;
}
