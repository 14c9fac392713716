/**
 * watch_page.c: the pages of `caviar watch`: a study as a list of curves, a trial as a picture.
 */
#include "cli/watching.h"

#include "base/memory.h"
#include "base/number.h"
#include "cli/chart.h"
#include "cli/print.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SPARK_COLUMNS = 24, MOST_MARKS = 64, FOOT_ROWS = 5 };

static void put_number(cav_screen *screen, int row, int *column, cav_ink ink, const char *before,
                       double value)
{
    char number[CAV_NUMBER_SIZE];
    cav_number_print_short(value, 4, number);
    *column = cav_screen_put(screen, row, *column, ink, before);
    *column = cav_screen_put(screen, row, *column, ink, number);
}

static void put_foot(const cav_watching *watching, cav_screen *screen, const char *keys)
{
    bool asks = watching->question != CAV_WATCH_NOTHING;
    cav_screen_put(screen, screen->rows - 2, 0, asks ? CAV_INK_BAD : CAV_INK_BOLD,
                   watching->message);
    cav_screen_put(screen, screen->rows - 1, 0, CAV_INK_DIM, keys);
}

// ---- A study ----------------------------------------------------------------------------------

static void put_study_head(const cav_watching *watching, cav_screen *screen)
{
    cav_study *study = watching->study;
    const cav_history *history = study->history;
    size_t counts[6] = {0};
    char words[160];
    for (size_t i = 0; i < history->count; i++)
        if (history->states[i] < CAV_COUNT_OF(counts))
            counts[history->states[i]]++;
    int column = cav_screen_put(screen, 0, 0, CAV_INK_BOLD, study->spec->study);
    snprintf(words, sizeof words, "  %zu running, %zu complete, %zu stopped early, %zu failed%s",
             counts[CAVIAR_STATE_RUNNING], counts[CAVIAR_STATE_COMPLETE],
             counts[CAVIAR_STATE_PRUNED], counts[CAVIAR_STATE_FAILED],
             watching->control == CAV_CONTROL_PAUSE ? "  PAUSED" : "");
    column = cav_screen_put(screen, 0, column, CAV_INK_PLAIN, words);
    cav_best best;
    if (cav_study_best(study, &best, NULL) || best.trial == SIZE_MAX)
        return;
    snprintf(words, sizeof words, "  best %s%s=", best.incumbent ? "expected " : "",
             study->metric_names[0]);
    put_number(screen, 0, &column, CAV_INK_GOOD, words,
               cav_history_in_direction(history, 0, best.loss));
}

static double last_value(const cav_watching *watching, const cav_watched *at, int64_t number)
{
    const cav_history *history = watching->study->history;
    double loss = history->losses[(size_t)number * history->metric_count];
    if (!isnan(loss))
        return watching->study->maximize[0] ? -loss : loss;
    return at && at->course.now.count > 0 ? at->course.now.values[at->course.now.count - 1]
                                          : (double)NAN;
}

static void put_list_row(const cav_watching *watching, cav_screen *screen, int row, int64_t number,
                         bool is_chosen)
{
    const cav_study *study = watching->study;
    const cav_history *history = study->history;
    const cav_watched *at = cav_watching_find(watching, number);
    cav_style style = {.has_unicode = screen->has_unicode};
    cav_text curve = {0}, config = {0}, value = {0};
    char head[64];
    snprintf(head, sizeof head, "%s %5lld %-8s ", is_chosen ? ">" : " ", (long long)number,
             caviar_state_name((caviar_state)history->states[number]));
    bool runs = history->states[number] == CAVIAR_STATE_RUNNING;
    int column = cav_screen_put(screen, row, 0, is_chosen ? CAV_INK_BOLD : CAV_INK_PLAIN, head);
    if (at)
        cav_style_sparkline(&style, at->course.now.values, at->course.now.count, SPARK_COLUMNS,
                            &curve);
    cav_screen_put(screen, row, column, runs ? CAV_INK_ACCENT : CAV_INK_PLAIN,
                   cav_text_get(&curve));
    column += SPARK_COLUMNS + 1;
    cav_print_value(last_value(watching, at, number), &value);
    cav_screen_put(screen, row, column, CAV_INK_PLAIN, cav_text_get(&value));
    column += 11;
    caviar_trial *trial = cav_study_make_handle((cav_study *)(uintptr_t)study, (size_t)number);
    if (trial)
        cav_print_config(trial, &config);
    if (history->nudges[number].count > 0)
        column = cav_screen_put(screen, row, column, CAV_INK_ACCENT, "nudged ");
    cav_screen_put(screen, row, column, CAV_INK_DIM, cav_text_get(&config));
    caviar_trial_free(trial);
    cav_text_free(&curve);
    cav_text_free(&config);
    cav_text_free(&value);
}

static void put_study(const cav_watching *watching, cav_screen *screen)
{
    int64_t numbers[1000];
    size_t count = cav_watching_list(watching, numbers, CAV_COUNT_OF(numbers));
    int room = screen->rows - 4;
    put_study_head(watching, screen);
    int64_t chosen = watching->chosen < (int64_t)count ? watching->chosen : (int64_t)count - 1;
    int64_t first = room > 0 && chosen >= room ? chosen - room + 1 : 0;
    for (int i = 0; i < room && first + i < (int64_t)count; i++)
        put_list_row(watching, screen, i + 2, numbers[first + i], first + i == chosen);
    if (count == 0)
        cav_screen_put(screen, 2, 2, CAV_INK_DIM, "no trials yet");
    put_foot(watching, screen, "up/down choose  Enter shows the trial  p pause or resume  q quit");
}

// ---- A trial ----------------------------------------------------------------------------------

static void put_trial_head(const cav_watching *watching, const cav_watched *at, cav_screen *screen)
{
    const cav_study *study = watching->study;
    const cav_history *history = study->history;
    char words[200];
    int64_t parent = history->parents[watching->trial];
    int column = cav_screen_put(screen, 0, 0, CAV_INK_BOLD, study->spec->study);
    snprintf(words, sizeof words, "  trial %lld  %s", (long long)watching->trial,
             caviar_state_name((caviar_state)history->states[watching->trial]));
    column = cav_screen_put(screen, 0, column, CAV_INK_BOLD, words);
    if (watching->control == CAV_CONTROL_PAUSE)
        column = cav_screen_put(screen, 0, column, CAV_INK_BAD, "  study paused");
    if (parent >= 0) {
        snprintf(words, sizeof words, "  of trial %lld", (long long)parent);
        column = cav_screen_put(screen, 0, column, CAV_INK_DIM, words);
    }
    const cav_series *now = &at->course.now;
    if (now->count == 0)
        return;
    snprintf(words, sizeof words, "  step %lld", (long long)now->steps[now->count - 1]);
    column = cav_screen_put(screen, 0, column, CAV_INK_PLAIN, words);
    int64_t last = cav_study_last_step(study);
    if (last > 0) {
        snprintf(words, sizeof words, " of %lld", (long long)last);
        column = cav_screen_put(screen, 0, column, CAV_INK_PLAIN, words);
    }
    snprintf(words, sizeof words, "  %s ", at->course.metric);
    put_number(screen, 0, &column, CAV_INK_GOOD, words, now->values[now->count - 1]);
}

// Do two metrics share a scale? "val_loss" and "train_loss" do.
static bool are_alike(const char *a, const char *b)
{
    const char *x = strrchr(a, '_'), *y = strrchr(b, '_');
    return strcmp(x ? x + 1 : a, y ? y + 1 : b) == 0;
}

typedef struct pieces {
    cav_chart_line lines[3 * CAV_WATCH_CURVES];
    size_t line_count;
    cav_chart_mark marks[MOST_MARKS];
    char words[MOST_MARKS][48];
    size_t mark_count;
} pieces;

static void add_line(pieces *to, const cav_series *series, cav_ink ink, bool sets, bool own)
{
    if (to->line_count < CAV_COUNT_OF(to->lines) && series->count > 0)
        to->lines[to->line_count++] = (cav_chart_line){
            .series = series, .ink = ink, .sets_range = sets, .has_own_scale = own};
}

static void add_outlook(pieces *to, const cav_series *series, cav_ink ink)
{
    if (to->line_count < CAV_COUNT_OF(to->lines) && series->count > 0)
        to->lines[to->line_count++] =
            (cav_chart_line){.series = series, .ink = ink, .sets_range = true, .is_dotted = true};
}

// From the back to the front: others, branches given up, training, the curve itself.
static void collect_lines(const cav_watching *watching, const cav_watched *at, pieces *to)
{
    for (size_t i = 0; i < CAV_WATCH_CURVES; i++) {
        const cav_watched *other = &watching->watched[i];
        if (other->number >= 0 && other != at)
            add_line(to, &other->course.now, CAV_INK_DIM, at->course.now.count < 2, false);
    }
    for (size_t i = 0; i < at->course.old_count; i++)
        add_line(to, &at->course.old[i], CAV_INK_DIM, false, false);
    if (at->companion_name)
        add_line(to, &at->companion.now, CAV_INK_GOOD, true,
                 !are_alike(at->course.metric, at->companion_name));
    add_outlook(to, &watching->outlook.low, CAV_INK_DIM);
    add_outlook(to, &watching->outlook.high, CAV_INK_DIM);
    add_outlook(to, &watching->outlook.mean, CAV_INK_BOLD);
    add_line(to, &at->course.now, CAV_INK_ACCENT, true, false);
}

static void write_mark(const cav_watching *watching, const cav_nudge *nudge, char words[48])
{
    const cav_space *space = watching->study->spec->space;
    cav_text text = {0};
    if (nudge->kind == CAV_NUDGE_ROLLBACK)
        cav_text_appendf(&text, "to %lld", (long long)nudge->target);
    for (size_t i = 0; i < space->count && nudge->raw; i++) {
        if (isnan(nudge->raw[i]))
            continue;
        cav_text_appendf(&text, "%s%s=", text.size ? " " : "", space->parameters[i].name);
        cav_parameter_print(&space->parameters[i], nudge->raw[i], &text);
    }
    snprintf(words, 48, "%s", cav_text_get(&text));
    cav_text_free(&text);
}

static void collect_marks(const cav_watching *watching, pieces *to)
{
    const cav_nudge_list *list = &watching->study->history->nudges[watching->trial];
    for (size_t n = 0; n < list->count && to->mark_count < MOST_MARKS; n++) {
        const cav_nudge *nudge = &list->items[n];
        bool counts = nudge->step >= 0 && nudge->state != CAV_NUDGE_REFUSED;
        bool is_marked = nudge->kind == CAV_NUDGE_CHANGE || nudge->kind == CAV_NUDGE_ROLLBACK;
        if (!counts || !is_marked)
            continue;
        write_mark(watching, nudge, to->words[to->mark_count]);
        to->marks[to->mark_count] =
            (cav_chart_mark){nudge->step, to->words[to->mark_count],
                             nudge->state == CAV_NUDGE_UNDONE ? CAV_INK_DIM : CAV_INK_BOLD};
        to->mark_count++;
    }
}

// "  expected at step 30: 0.043 (0.04 to 0.047)": the end of the dotted lines.
static void put_outlook(const cav_outlook *outlook, cav_screen *screen, int row, int *column)
{
    char words[160], mean[CAV_NUMBER_SIZE], low[CAV_NUMBER_SIZE], high[CAV_NUMBER_SIZE];
    if (outlook->mean.count == 0)
        return;
    size_t last = outlook->mean.count - 1;
    cav_number_print_short(outlook->mean.values[last], 3, mean);
    cav_number_print_short(outlook->low.values[last], 3, low);
    cav_number_print_short(outlook->high.values[last], 3, high);
    snprintf(words, sizeof words, "  expected at step %lld: %s (%s to %s)",
             (long long)outlook->mean.steps[last], mean, low, high);
    *column = cav_screen_put(screen, row, *column, CAV_INK_BOLD, words);
}

static void put_legend(const cav_watching *watching, const cav_watched *at, cav_screen *screen,
                       int row)
{
    bool has_others = watching->study->history->count > 1;
    int column = cav_screen_put(screen, row, 0, CAV_INK_ACCENT, at->course.metric);
    if (at->companion_name && at->companion.now.count > 0) {
        column = cav_screen_put(screen, row, column, CAV_INK_PLAIN, "  ");
        column = cav_screen_put(screen, row, column, CAV_INK_GOOD, at->companion_name);
        put_number(screen, row, &column, CAV_INK_GOOD, " ",
                   at->companion.now.values[at->companion.now.count - 1]);
        if (!are_alike(at->course.metric, at->companion_name))
            column = cav_screen_put(screen, row, column, CAV_INK_DIM, " (own scale)");
    }
    put_outlook(&watching->outlook, screen, row, &column);
    bool has_old = at->course.old_count > 0;
    if (has_others || has_old)
        cav_screen_put(screen, row, column, CAV_INK_DIM,
                       !has_old     ? "  behind: other trials"
                       : has_others ? "  behind: other trials, and what was given up"
                                    : "  behind: what was given up");
}

// "[lr 0.01 -> 0.0158]  momentum 0.9": the chosen one between brackets.
static void put_parameters(const cav_watching *watching, cav_screen *screen, int row)
{
    const cav_space *space = watching->study->spec->space;
    int column = 0;
    for (size_t i = 0; i < space->count; i++) {
        bool is_chosen = i == watching->parameter, has_draft = !isnan(watching->draft[i]);
        cav_text text = {0};
        if (isnan(watching->now[i]))
            continue;
        cav_text_appendf(&text, "%s%s ", is_chosen ? "[" : "", space->parameters[i].name);
        cav_parameter_print(&space->parameters[i], watching->now[i], &text);
        if (has_draft) {
            cav_text_append(&text, " -> ");
            cav_parameter_print(&space->parameters[i], watching->draft[i], &text);
        }
        cav_text_append(&text, is_chosen ? "]  " : "  ");
        cav_ink ink = has_draft ? CAV_INK_ACCENT : is_chosen ? CAV_INK_BOLD : CAV_INK_PLAIN;
        column = cav_screen_put(screen, row, column, ink, cav_text_get(&text));
        cav_text_free(&text);
    }
}

// What was sent and is on its way; false if nothing is.
static bool put_waiting(const cav_watching *watching, cav_screen *screen, int row)
{
    const cav_nudge_list *list = &watching->study->history->nudges[watching->trial];
    int column = 0;
    for (size_t n = 0; n < list->count; n++) {
        char words[48];
        if (list->items[n].state != CAV_NUDGE_WAITING || list->items[n].step >= 0)
            continue;
        if (column == 0)
            column = cav_screen_put(screen, row, 0, CAV_INK_ACCENT, "at its next report: ");
        write_mark(watching, &list->items[n], words);
        column = cav_screen_put(screen, row, column, CAV_INK_ACCENT,
                                words[0] ? words : cav_nudge_kind_name(list->items[n].kind));
        column = cav_screen_put(screen, row, column, CAV_INK_PLAIN, "  ");
    }
    return column > 0;
}

// "overfitting: val_loss was best at …": the gravest finding.
static void put_diagnosis(const cav_watching *watching, cav_screen *screen, int row)
{
    cav_diagnosis found[CAV_FINDING_COUNT];
    if (cav_watching_diagnose(watching, watching->trial, found) == 0)
        return;
    bool is_bad = found[0].finding <= CAV_FINDING_OVERFITTING;
    int column = cav_screen_put(screen, row, 0, is_bad ? CAV_INK_BAD : CAV_INK_BOLD,
                                cav_finding_name(found[0].finding));
    column = cav_screen_put(screen, row, column, CAV_INK_PLAIN, ": ");
    cav_screen_put(screen, row, column, CAV_INK_PLAIN, found[0].evidence);
}

static void put_trial(const cav_watching *watching, cav_screen *screen)
{
    const cav_watched *at = cav_watching_find(watching, watching->trial);
    pieces all = {0};
    if (!at)
        return;
    put_trial_head(watching, at, screen);
    collect_lines(watching, at, &all);
    collect_marks(watching, &all);
    cav_chart chart = {.lines = all.lines,
                       .line_count = all.line_count,
                       .marks = all.marks,
                       .mark_count = all.mark_count,
                       .last_step = cav_study_last_step(watching->study)};
    if (all.line_count > 0)
        cav_chart_draw(&chart, screen, 1, 0, screen->columns, screen->rows - 1 - FOOT_ROWS);
    else
        cav_screen_put(screen, 2, 2, CAV_INK_DIM, "no report yet");
    put_legend(watching, at, screen, screen->rows - FOOT_ROWS);
    put_parameters(watching, screen, screen->rows - FOOT_ROWS + 1);
    if (!put_waiting(watching, screen, screen->rows - FOOT_ROWS + 2))
        put_diagnosis(watching, screen, screen->rows - FOOT_ROWS + 2);
    put_foot(watching, screen,
             "arrows choose  +/- nudge  r roll back  f fork  p pause  s stop  b list  q quit");
}

void cav_watch_page(const cav_watching *watching, cav_screen *screen)
{
    cav_screen_clear(screen);
    if (screen->rows < FOOT_ROWS + 2 || screen->columns < 20)
        cav_screen_put(screen, 0, 0, CAV_INK_PLAIN, "larger, please");
    else if (watching->trial < 0)
        put_study(watching, screen);
    else
        put_trial(watching, screen);
}
