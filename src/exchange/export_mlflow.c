/**
 * export_mlflow.c: a file store of MLflow: a folder with one experiment, in which a folder for
 * each trial has its parameters, metrics and tags, a file each.
 *
 * The format is that of mlflow/store/tracking/file_store.py: meta.yaml for the experiment and for
 * each run; params/NAME and tags/NAME hold the text; metrics/NAME has a line "time value step" for
 * each report.
 */
#include "exchange/export.h"

#include "exchange/tracked.h"
#include "trial/state.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPERIMENT "1"

enum { RUN_SIZE = 33 };

typedef struct writer {
    cav_study *study;
    const char *path;  // of the experiment
    cav_text run_path; // of the run at hand
    cav_text folder;   // of its parameters, metrics or tags
} writer;

// A run's id: 32 digits that are the same whenever the study is written.
static void name_run(const cav_study *study, size_t number, char ret_run[RUN_SIZE])
{
    uint64_t hashes[2] = {CAV_TEXT_HASH, study->spec->seed};
    char text[300];
    snprintf(text, sizeof text, "%.200s %zu", study->spec->study, number);
    for (int i = 0; i < 2; i++)
        hashes[i] = cav_text_hash(hashes[i], text);
    snprintf(ret_run, RUN_SIZE, "%016llx%016llx", (unsigned long long)hashes[0],
             (unsigned long long)hashes[1]);
}

// RunStatus of MLflow.
static int status_of(caviar_state state)
{
    switch (state) {
    case CAVIAR_STATE_COMPLETE:
        return 3; // FINISHED
    case CAVIAR_STATE_FAILED:
        return 4;
    case CAVIAR_STATE_PRUNED:
        return 5; // KILLED
    case CAVIAR_STATE_RUNNING:
        return 1;
    case CAVIAR_STATE_WAITING:
    case CAVIAR_STATE_PAUSED:
        break;
    }
    return 2; // SCHEDULED
}

// The trial's files stay where they are; MLflow only has to have a place.
static caviar_code write_meta(const writer *at, size_t number, const char *run, cav_error *error)
{
    const cav_history *history = at->study->history;
    caviar_state state = (caviar_state)history->states[number];
    cav_text text = {0};
    cav_text_appendf(&text, "artifact_uri: " EXPERIMENT "/%s/artifacts\nend_time: ", run);
    if (cav_state_is_final(state))
        cav_text_appendf(&text, "%lld\n", (long long)history->finished_ms[number]);
    else
        cav_text_append(&text, "null\n");
    cav_text_appendf(&text,
                     "entry_point_name: ''\nexperiment_id: '" EXPERIMENT "'\n"
                     "lifecycle_stage: active\nrun_id: '%s'\nrun_name: trial-%zu\nrun_uuid: '%s'\n"
                     "source_name: ''\nsource_type: 4\nsource_version: ''\nstart_time: %lld\n"
                     "status: %d\ntags: []\nuser_id: caviar\n",
                     run, number, run, (long long)history->started_ms[number], status_of(state));
    caviar_code code = cav_tracked_file(cav_text_get(&at->run_path), "meta.yaml", &text, error);
    cav_text_free(&text);
    return code;
}

static caviar_code write_params(writer *at, size_t number, cav_error *error)
{
    const cav_space *space = at->study->spec->space;
    caviar_code code =
        cav_tracked_folder(cav_text_get(&at->run_path), "params", &at->folder, error);
    for (size_t i = 0; i < space->count && !code; i++) {
        double raw = at->study->history->raw[number * space->count + i];
        cav_text text = {0};
        if (isnan(raw))
            continue;
        cav_parameter_print(&space->parameters[i], raw, &text);
        code = cav_tracked_file(cav_text_get(&at->folder), space->parameters[i].name, &text, error);
        cav_text_free(&text);
    }
    return code;
}

// A file is named as its metric is, but for a slash, which no file's name can have.
static caviar_code write_metric(const writer *at, const cav_tracked_trial *trial, size_t first,
                                cav_error *error)
{
    const char *metric = trial->points[first].metric;
    cav_text text = {0};
    for (size_t i = first; i < trial->point_count; i++) {
        if (trial->points[i].metric != metric)
            continue;
        cav_text_appendf(&text, "%lld ", (long long)trial->points[i].time_ms);
        cav_text_append_number(&text, trial->points[i].value);
        cav_text_appendf(&text, " %lld\n", (long long)trial->points[i].step);
    }
    char name[256];
    snprintf(name, sizeof name, "%s", metric);
    for (char *c = name; *c; c++)
        *c = *c == '/' ? '.' : *c;
    caviar_code code = cav_tracked_file(cav_text_get(&at->folder), name, &text, error);
    cav_text_free(&text);
    return code;
}

static bool is_first(const cav_tracked_trial *trial, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (trial->points[i].metric == trial->points[index].metric)
            return false;
    return true;
}

static caviar_code write_metrics(writer *at, const cav_tracked_trial *trial, cav_error *error)
{
    caviar_code code =
        cav_tracked_folder(cav_text_get(&at->run_path), "metrics", &at->folder, error);
    for (size_t i = 0; i < trial->point_count && !code; i++)
        if (is_first(trial, i))
            code = write_metric(at, trial, i, error);
    return code;
}

static caviar_code write_tags(writer *at, size_t number, cav_error *error)
{
    const cav_history *history = at->study->history;
    char name[32];
    snprintf(name, sizeof name, "trial-%zu", number);
    const struct tag {
        const char *name, *text;
    } tags[] = {
        {"mlflow.runName", name},
        {"caviar.state", caviar_state_name((caviar_state)history->states[number])},
        {"caviar.reason", caviar_reason_name((caviar_reason)history->reasons[number])},
        {"caviar.origin", history->maker_names[history->makers[number]]},
        {"caviar.message", history->messages[number]},
    };
    caviar_code code = cav_tracked_folder(cav_text_get(&at->run_path), "tags", &at->folder, error);
    for (size_t i = 0; i < CAV_COUNT_OF(tags) && !code; i++) {
        cav_text text = {0};
        if (!tags[i].text || !tags[i].text[0])
            continue;
        cav_text_append(&text, tags[i].text);
        code = cav_tracked_file(cav_text_get(&at->folder), tags[i].name, &text, error);
        cav_text_free(&text);
    }
    return code;
}

static caviar_code write_run(void *context, const cav_tracked_trial *trial, cav_error *error)
{
    writer *at = context;
    char run[RUN_SIZE];
    name_run(at->study, trial->number, run);
    caviar_code code = cav_tracked_folder(at->path, run, &at->run_path, error);
    if (!code)
        code = write_meta(at, trial->number, run, error);
    if (!code)
        code = write_params(at, trial->number, error);
    if (!code)
        code = write_metrics(at, trial, error);
    if (!code)
        code = write_tags(at, trial->number, error);
    if (!code)
        code = cav_tracked_folder(cav_text_get(&at->run_path), "artifacts", &at->folder, error);
    return code;
}

static caviar_code write_experiment(const writer *at, cav_error *error)
{
    cav_text text = {0};
    const cav_history *history = at->study->history;
    long long created = history->count > 0 ? (long long)history->started_ms[0] : 0;
    cav_text_appendf(&text,
                     "artifact_location: " EXPERIMENT "\ncreation_time: %lld\n"
                     "experiment_id: '" EXPERIMENT "'\nlast_update_time: %lld\n"
                     "lifecycle_stage: active\nname: ",
                     created, created);
    cav_json_quote(&text, at->study->spec->study);
    cav_text_append(&text, "\n");
    caviar_code code = cav_tracked_file(at->path, "meta.yaml", &text, error);
    cav_text_free(&text);
    return code;
}

static caviar_code write_store(cav_study *study, const char *path, cav_notes *notes,
                               cav_error *error)
{
    (void)notes;
    cav_text experiment = {0};
    writer at = {.study = study};
    caviar_code code = cav_tracked_folder(path, EXPERIMENT, &experiment, error);
    at.path = cav_text_get(&experiment);
    if (!code)
        code = write_experiment(&at, error);
    if (!code)
        code = cav_tracked_visit(study, write_run, &at, error);
    cav_text_free(&experiment);
    cav_text_free(&at.run_path);
    cav_text_free(&at.folder);
    return code;
}

const cav_export_type cav_export_mlflow = {
    .name = "mlflow",
    .summary = "a folder that is a file store of MLflow",
    .write_path = write_store,
};
