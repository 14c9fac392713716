/**
 * tracked.c: the reports of all trials, sorted by trial.
 */
#include "exchange/tracked.h"

#include "base/file.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct collector {
    cav_tracked_trial *trials; // [count]
    size_t count;
    cav_arena *names;
    const char **metrics; // [metric_count] that were met, each once
    size_t metric_count, metric_capacity;
} collector;

static const char *keep_name(collector *at, const char *name)
{
    for (size_t i = 0; i < at->metric_count; i++)
        if (strcmp(at->metrics[i], name) == 0)
            return at->metrics[i];
    const char *kept = cav_arena_strdup(at->names, name);
    if (!kept || !CAV_GROW(&at->metrics, &at->metric_capacity, at->metric_count + 1))
        return NULL;
    at->metrics[at->metric_count++] = kept;
    return kept;
}

// A report at an earlier step, after a restore, gives up what was reported from there on.
static void give_up(cav_tracked_trial *trial, int64_t step)
{
    while (trial->point_count > 0 && trial->points[trial->point_count - 1].step >= step)
        trial->point_count--;
}

static caviar_code take(void *context, const cav_report *report, cav_error *error)
{
    collector *at = context;
    if ((size_t)report->number >= at->count)
        return CAVIAR_OK; // came after the history was read
    cav_tracked_trial *trial = &at->trials[report->number];
    give_up(trial, report->step);
    for (size_t i = 0; i < report->metric_count; i++) {
        const char *name = keep_name(at, report->metrics[i].name);
        if (!name || !CAV_GROW(&trial->points, &trial->point_capacity, trial->point_count + 1))
            return cav_fail_memory(error);
        if (isfinite(report->metrics[i].value))
            trial->points[trial->point_count++] =
                (cav_tracked_point){name, report->step, report->time_ms, report->metrics[i].value};
    }
    return CAVIAR_OK;
}

// Of a trial that never reported its final values are all that there is.
static caviar_code add_finals(cav_study *study, collector *at, size_t number, cav_error *error)
{
    cav_tracked_trial *trial = &at->trials[number];
    const cav_history *history = study->history;
    for (size_t m = 0; m < history->metric_count; m++) {
        double value = cav_history_value(history, number, m);
        if (trial->point_count > m || !isfinite(value))
            continue;
        if (!CAV_GROW(&trial->points, &trial->point_capacity, trial->point_count + 1))
            return cav_fail_memory(error);
        trial->points[trial->point_count++] =
            (cav_tracked_point){study->metric_names[m], 0, history->finished_ms[number], value};
    }
    return CAVIAR_OK;
}

static caviar_code visit_all(cav_study *study, collector *at, cav_tracked_visitor *visit,
                             void *context, cav_error *error)
{
    int64_t cursor = 0;
    caviar_code code =
        study->store->type->report_read(study->store, &study->scope, -1, &cursor, take, at, error);
    for (size_t i = 0; i < at->count && !code; i++) {
        at->trials[i].number = i;
        if (study->history->started_ms[i] == 0 && at->trials[i].point_count == 0 &&
            study->history->states[i] != CAVIAR_STATE_COMPLETE)
            continue; // nobody has run it
        if (at->trials[i].point_count == 0)
            code = add_finals(study, at, i, error);
        if (!code)
            code = visit(context, &at->trials[i], error);
    }
    return code;
}

caviar_code cav_tracked_visit(cav_study *study, cav_tracked_visitor *visit, void *context,
                              cav_error *error)
{
    collector at = {.count = study->history->count, .names = cav_arena_new()};
    at.trials = calloc(at.count + 1, sizeof *at.trials);
    caviar_code code = at.trials && at.names ? visit_all(study, &at, visit, context, error)
                                             : cav_fail_memory(error);
    for (size_t i = 0; at.trials && i < at.count; i++)
        free(at.trials[i].points);
    free(at.trials);
    free(at.metrics);
    cav_arena_free(at.names);
    return code;
}

caviar_code cav_tracked_folder(const char *path, const char *name, cav_text *ret_path,
                               cav_error *error)
{
    cav_text_clear(ret_path);
    cav_text_appendf(ret_path, "%s/%s", path, name);
    return ret_path->failed ? cav_fail_memory(error)
                            : cav_folder_make(cav_text_get(ret_path), error);
}

caviar_code cav_tracked_file(const char *folder, const char *name, const cav_text *content,
                             cav_error *error)
{
    char path[4096];
    if (content->failed)
        return cav_fail_memory(error);
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return cav_fail_errno(error, ENAMETOOLONG, "cannot write %s/%s", folder, name);
    FILE *file = fopen(path, "wbxe");
    if (!file)
        return cav_fail_errno(error, errno, "cannot write %s", path);
    bool written = fwrite(cav_text_get(content), 1, content->size, file) == content->size;
    int reason = errno;
    if (fclose(file) != 0 || !written)
        return cav_fail_errno(error, written ? errno : reason, "cannot write %s", path);
    return CAVIAR_OK;
}
