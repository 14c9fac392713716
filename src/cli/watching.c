/**
 * watching.c: following a study and the curves of its trials.
 */
#include "cli/watching.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LISTED = 16 }; // whose curves are followed for the list, or as a background

caviar_code cav_watching_open(cav_watching *watching, cav_study *study, const char *location,
                              int64_t trial, cav_error *error)
{
    size_t count = study->spec->space->count;
    *watching =
        (cav_watching){.study = study, .location = location, .place = location, .trial = trial};
    for (size_t i = 0; i < CAV_WATCH_CURVES; i++)
        watching->watched[i].number = -1;
    watching->outlook.number = -1;
    watching->now = calloc(2 * count + 1, sizeof *watching->now);
    if (!watching->now)
        return cav_fail_memory(error);
    watching->draft = watching->now + count;
    for (size_t i = 0; i < count; i++)
        watching->draft[i] = NAN;
    if (trial >= 0 && (size_t)trial >= study->history->count)
        return cav_fail(error, CAVIAR_NOT_FOUND, "study '%s' has no trial %lld (it has %zu)",
                        study->spec->study, (long long)trial, study->history->count);
    return cav_watching_read(watching, error);
}

static void forget(cav_watched *at)
{
    cav_course_free(&at->course);
    cav_course_free(&at->companion);
    free(at->companion_name);
    *at = (cav_watched){.number = -1};
}

void cav_watching_close(cav_watching *watching)
{
    for (size_t i = 0; i < CAV_WATCH_CURVES; i++)
        forget(&watching->watched[i]);
    cav_outlook_free(&watching->outlook);
    free(watching->now);
}

const cav_watched *cav_watching_find(const cav_watching *watching, int64_t number)
{
    for (size_t i = 0; i < CAV_WATCH_CURVES; i++)
        if (number >= 0 && watching->watched[i].number == number)
            return &watching->watched[i];
    return NULL;
}

// ---- The metric beside the study's own --------------------------------------------------------

// How well a metric is the training's like of another one: "train_loss" of "val_loss".
static int likeness(const char *metric, const char *name)
{
    const char *rest = strncmp(metric, "val_", 4) == 0 ? metric + 4 : metric;
    if (strncmp(name, "train", 5) != 0)
        return 0;
    const char *kind = name + 5 + (name[5] == '_');
    return strcmp(kind, rest) == 0 ? 2 : 1;
}

static caviar_code find_companion(cav_watched *at, const cav_report *report, cav_error *error)
{
    const char *best = NULL;
    int most = 0;
    for (size_t i = 0; i < report->metric_count; i++) {
        int like = likeness(at->course.metric, report->metrics[i].name);
        if (like > most) {
            most = like;
            best = report->metrics[i].name;
        }
    }
    if (!best)
        return CAVIAR_OK;
    at->companion_name = cav_strdup(best);
    at->companion.metric = at->companion_name;
    return at->companion_name ? CAVIAR_OK : cav_fail_memory(error);
}

static caviar_code take(void *context, const cav_report *report, cav_error *error)
{
    cav_watched *at = context;
    caviar_code code = cav_course_take(&at->course, report, error);
    if (!code && !at->companion_name)
        code = find_companion(at, report, error);
    if (!code && at->companion_name)
        code = cav_course_take(&at->companion, report, error);
    return code;
}

// ---- Which curves -----------------------------------------------------------------------------

static void want(cav_watching *watching, int64_t number)
{
    cav_watched *place = NULL;
    for (size_t i = 0; i < CAV_WATCH_CURVES; i++) {
        cav_watched *at = &watching->watched[i];
        if (at->number == number) {
            at->is_wanted = true;
            return;
        }
        if (at->number < 0 && !place)
            place = at;
    }
    if (place) {
        place->number = number;
        place->is_wanted = true;
        place->course.metric = watching->study->metric_names[0];
    }
}

static bool is_better(const cav_history *history, int64_t a, int64_t b)
{
    double x = history->losses[(size_t)a * history->metric_count];
    double y = history->losses[(size_t)b * history->metric_count];
    if (isnan(x) || isnan(y))
        return !isnan(x) || (isnan(y) && a > b); // without a value the latest first
    return x != y ? x < y : a < b;
}

// Inserts by the order of the list, as far as there is room.
static size_t insert(const cav_history *history, int64_t *numbers, size_t first, size_t count,
                     size_t most, int64_t number)
{
    size_t place = count;
    while (place > first && is_better(history, number, numbers[place - 1]))
        place--;
    if (place >= most)
        return count;
    size_t kept = count < most ? count : most - 1;
    memmove(numbers + place + 1, numbers + place, (kept - place) * sizeof *numbers);
    numbers[place] = number;
    return kept + 1;
}

size_t cav_watching_list(const cav_watching *watching, int64_t *ret_numbers, size_t most)
{
    const cav_history *history = watching->study->history;
    size_t count = 0;
    for (size_t i = history->open_count; i-- > 0 && count < most;)
        if (history->states[history->open[i]] == CAVIAR_STATE_RUNNING)
            ret_numbers[count++] = (int64_t)history->open[i];
    size_t running = count;
    for (size_t i = 0; i < history->finished_count; i++)
        count = insert(history, ret_numbers, running, count, most, (int64_t)history->finished[i]);
    for (size_t i = history->open_count; i-- > 0 && count < most;)
        if (history->states[history->open[i]] != CAVIAR_STATE_RUNNING)
            ret_numbers[count++] = (int64_t)history->open[i];
    return count;
}

static void choose_curves(cav_watching *watching)
{
    int64_t numbers[MOST_LISTED];
    size_t count = cav_watching_list(watching, numbers, MOST_LISTED);
    for (size_t i = 0; i < CAV_WATCH_CURVES; i++)
        watching->watched[i].is_wanted = false;
    if (watching->trial >= 0) {
        int64_t parent = watching->study->history->parents[watching->trial];
        want(watching, watching->trial);
        if (parent >= 0)
            want(watching, parent);
    }
    for (size_t i = 0; i < count; i++)
        want(watching, numbers[i]);
    for (size_t i = 0; i < CAV_WATCH_CURVES; i++)
        if (!watching->watched[i].is_wanted)
            forget(&watching->watched[i]);
}

// One that has ended is not expected to go anywhere.
static caviar_code look_ahead(cav_watching *watching, cav_error *error)
{
    static const cav_course nothing;
    const cav_study *study = watching->study;
    const cav_watched *at = cav_watching_find(watching, watching->trial);
    bool runs = at && study->history->states[watching->trial] == CAVIAR_STATE_RUNNING;
    return cav_outlook_update(&watching->outlook, watching->trial, runs ? &at->course : &nothing,
                              study->maximize[0], cav_study_last_step(study), error);
}

caviar_code cav_watching_read(cav_watching *watching, cav_error *error)
{
    cav_study *study = watching->study;
    const cav_store_type *store = study->store->type;
    caviar_code code = cav_study_refresh(study, error);
    if (!code)
        code = store->study_control(study->store, study->id, &watching->control, NULL, error);
    if (!code && watching->trial >= 0)
        code = cav_study_values(study, watching->trial, watching->now, error);
    if (code)
        return code;
    choose_curves(watching);
    for (size_t i = 0; i < CAV_WATCH_CURVES && !code; i++) {
        cav_watched *at = &watching->watched[i];
        if (at->number >= 0)
            code = store->report_read(study->store, &study->scope, at->number, &at->cursor, take,
                                      at, error);
    }
    return code ? code : look_ahead(watching, error);
}

// ---- What a curve says ------------------------------------------------------------------------

size_t cav_watching_diagnose(const cav_watching *watching, int64_t number,
                             cav_diagnosis ret_found[CAV_FINDING_COUNT])
{
    const cav_study *study = watching->study;
    const cav_watched *at = cav_watching_find(watching, number);
    if (!at)
        return 0;
    size_t count = at->course.now.count;
    bool maximizes = study->maximize[0];
    double *losses = calloc(count + 1, sizeof *losses);
    if (!losses)
        return 0;
    for (size_t i = 0; i < count; i++)
        losses[i] = maximizes ? -at->course.now.values[i] : at->course.now.values[i];
    // an accuracy of the training rises with it; anything else of the training is a loss
    bool has_train = at->companion_name && !maximizes;
    cav_symptoms symptoms = {
        .metric = at->course.metric,
        .train_metric = at->companion_name,
        .steps = at->course.now.steps,
        .losses = losses,
        .count = count,
        .train_steps = at->companion.now.steps,
        .train_losses = at->companion.now.values,
        .train_count = has_train ? at->companion.now.count : 0,
        .is_maximized = maximizes,
        .state = (caviar_state)study->history->states[number],
        .reason = (caviar_reason)study->history->reasons[number],
    };
    size_t found = cav_diagnose(&symptoms, ret_found);
    free(losses);
    return found;
}
