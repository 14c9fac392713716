/**
 * display.c: the live lines.
 */
#include "cli/display.h"

#include "base/memory.h"
#include "base/number.h"
#include "cli/print.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_SHOWN = 8, // running trials
    CURVE_COLUMNS = 16,
    MOST_NEWS = 4, // lines that scroll by, for one tick
};

struct cav_display {
    cav_study *study;
    FILE *file;
    cav_style style;
    cav_run_observer observer;
    bool is_quiet;
    int live_lines;         // that are on the screen now
    size_t news;            // lines since the last tick
    double best;            // value, as a loss
    int64_t started_ms;     // of the run
    int64_t ended_before;   // trials that had ended when the run began
    int64_t busy_before_ms; // of the time budget, likewise
    int64_t ended;
    cav_text text;
};

static int64_t now_ms(const cav_display *display)
{
    return cav_clock_monotonic_ns(display->study->clock) / 1000000;
}

// Removes the live lines; what is printed next takes their place.
static void wipe(cav_display *display)
{
    if (display->live_lines > 0)
        fprintf(display->file, "\r\033[%dA\033[J", display->live_lines); // \r: behind an echoed ^C
    display->live_lines = 0;
}

static void end_line(cav_display *display)
{
    cav_text_append(&display->text, "\n");
}

static void flush(cav_display *display)
{
    if (!display->text.failed)
        fputs(cav_text_get(&display->text), display->file);
    fflush(display->file);
    cav_text_clear(&display->text);
}

static double loss_of(const cav_display *display, const caviar_trial *trial)
{
    return display->study->maximize[0] ? -trial->finals[0] : trial->finals[0];
}

// "val_error=0.0213"
static void append_values(cav_display *display, const caviar_trial *trial)
{
    for (size_t m = 0; m < trial->final_count; m++) {
        cav_text_appendf(&display->text, "%s%s=", m ? " " : "", display->study->metric_names[m]);
        cav_print_value(trial->finals[m], &display->text);
    }
}

static void append_config(cav_display *display, const caviar_trial *trial, int columns)
{
    cav_text config = {0};
    cav_print_config(trial, &config);
    cav_style_ink(&display->style, CAV_INK_DIM, &display->text);
    if (display->style.is_terminal)
        cav_style_clip(&display->style, cav_text_get(&config), columns, &display->text);
    else
        cav_text_append(&display->text, cav_text_get(&config));
    cav_style_ink(&display->style, CAV_INK_PLAIN, &display->text);
    cav_text_free(&config);
}

static int columns_left(const cav_display *display, const char *line)
{
    int left = display->style.columns - cav_style_width(line) - 1;
    return left > 0 ? left : 0;
}

// ---- Lines that stay ------------------------------------------------------------------------

static void append_ended(cav_display *display, const caviar_trial *trial, int64_t elapsed_ms,
                         bool is_best)
{
    char head[160], took[CAV_NUMBER_SIZE];
    bool failed = trial->state == CAVIAR_STATE_FAILED || trial->state == CAVIAR_STATE_WAITING;
    cav_duration_print(elapsed_ms, took);
    snprintf(head, sizeof head, "trial %-4lld ", (long long)trial->number);
    cav_text_append(&display->text, head);
    cav_style_ink(&display->style,
                  failed    ? CAV_INK_BAD
                  : is_best ? CAV_INK_GOOD
                            : CAV_INK_PLAIN,
                  &display->text);
    size_t from = display->text.size;
    if (failed)
        cav_text_appendf(&display->text, "%s: %.300s%s",
                         trial->state == CAVIAR_STATE_WAITING ? "failed, will run again"
                                                              : caviar_reason_name(trial->reason),
                         trial->message[0] ? trial->message : trial->error.message, "");
    else
        append_values(display, trial);
    int used = (int)strlen(head) + cav_style_width(display->text.data + from);
    cav_style_ink(&display->style, CAV_INK_PLAIN, &display->text);
    cav_text_appendf(&display->text, "%s  %s  ", is_best ? " best" : "", took);
    used += (int)strlen(took) + 4 + (is_best ? 5 : 0);
    append_config(display, trial, display->style.columns - used - 1);
    end_line(display);
}

static void on_ended(void *context, const caviar_trial *trial, int64_t elapsed_ms)
{
    cav_display *display = context;
    bool complete = trial->state == CAVIAR_STATE_COMPLETE;
    bool is_best = complete && loss_of(display, trial) < display->best;
    bool failed = trial->state == CAVIAR_STATE_FAILED || trial->state == CAVIAR_STATE_WAITING;
    if (is_best)
        display->best = loss_of(display, trial);
    display->ended += trial->state != CAVIAR_STATE_WAITING;
    if (display->is_quiet || trial->message == NULL)
        return;
    // on a terminal only what matters scrolls by, and never so fast that nobody could read it
    bool shows =
        !display->style.is_terminal || ((is_best || failed) && display->news++ < MOST_NEWS);
    if (!shows)
        return;
    wipe(display);
    append_ended(display, trial, elapsed_ms, is_best);
    flush(display);
}

static void on_notice(void *context, const char *text)
{
    cav_display *display = context;
    wipe(display);
    cav_text_append(&display->text, text);
    end_line(display);
    flush(display);
}

// ---- Lines that live ------------------------------------------------------------------------

typedef struct progress {
    double share;    // of the budget; NaN: there is none
    int64_t left_ms; // -1: not known
    double per_minute;
} progress;

// The share of the budget that is spent, whichever part of it is furthest.
static progress estimate(const cav_display *display)
{
    const cav_budget *budget = &display->study->spec->budget;
    int64_t elapsed = now_ms(display) - display->started_ms;
    progress at = {.share = NAN, .left_ms = -1};
    at.per_minute = elapsed > 0 ? (double)display->ended * 60000 / (double)elapsed : 0;
    int64_t done = display->ended_before + display->ended;
    if (budget->trials > 0) {
        at.share = (double)done / (double)budget->trials;
        if (display->ended > 0)
            at.left_ms = (int64_t)((double)(budget->trials - done) * (double)elapsed /
                                   (double)display->ended);
    }
    if (budget->time_ms > 0) {
        int64_t spent = display->busy_before_ms + elapsed, left = budget->time_ms - spent;
        double share = (double)spent / (double)budget->time_ms;
        at.share = isnan(at.share) || share > at.share ? share : at.share;
        if (left < 0)
            left = 0;
        at.left_ms = at.left_ms < 0 || left < at.left_ms ? left : at.left_ms;
    }
    return at;
}

static void append_progress(cav_display *display, size_t running)
{
    progress at = estimate(display);
    const cav_budget *budget = &display->study->spec->budget;
    char right[160], left[CAV_NUMBER_SIZE], rate[CAV_NUMBER_SIZE];
    int used = snprintf(right, sizeof right, "  %lld",
                        (long long)(display->ended_before + display->ended));
    if (budget->trials > 0)
        used += snprintf(right + used, sizeof right - (size_t)used, " of %lld",
                         (long long)budget->trials);
    used += snprintf(right + used, sizeof right - (size_t)used, " trials");
    if (at.left_ms >= 0) {
        cav_duration_print(at.left_ms, left);
        used += snprintf(right + used, sizeof right - (size_t)used, ", %s left", left);
    }
    cav_number_print_short(at.per_minute, 3, rate);
    snprintf(right + used, sizeof right - (size_t)used, ", %s/min, %zu running", rate, running);
    cav_style_ink(&display->style, CAV_INK_BOLD, &display->text);
    cav_style_clip(&display->style, display->study->spec->study, 16, &display->text);
    cav_style_ink(&display->style, CAV_INK_PLAIN, &display->text);
    cav_text_append(&display->text, " ");
    int name = cav_style_width(display->study->spec->study);
    int room = display->style.columns - (name < 16 ? name : 16) - 2 - cav_style_width(right);
    if (!isnan(at.share) && room >= 4)
        cav_style_bar(&display->style, at.share, room < 30 ? room : 30, &display->text);
    cav_style_clip(&display->style, right, display->style.columns - (name < 16 ? name : 16) - 2,
                   &display->text);
    end_line(display);
}

static void append_best(cav_display *display)
{
    size_t best = cav_history_best(display->study->history, 0);
    if (best == SIZE_MAX)
        return;
    caviar_trial *trial = cav_study_make_handle(display->study, best);
    if (!trial)
        return;
    char number[48];
    cav_style_ink(&display->style, CAV_INK_GOOD, &display->text);
    size_t from = display->text.size;
    cav_text_append(&display->text, "best  ");
    append_values(display, trial);
    int used = cav_style_width(display->text.data + from);
    cav_style_ink(&display->style, CAV_INK_PLAIN, &display->text);
    snprintf(number, sizeof number, "  trial %lld  ", (long long)trial->number);
    cav_text_append(&display->text, number);
    append_config(display, trial, display->style.columns - used - (int)strlen(number) - 1);
    end_line(display);
    caviar_trial_free(trial);
}

static void append_running(cav_display *display, const cav_run_trial *running)
{
    char head[32], tail[64], took[CAV_NUMBER_SIZE], value[CAV_NUMBER_SIZE] = "";
    snprintf(head, sizeof head, "%6lld  ", (long long)running->trial->number);
    cav_text_append(&display->text, head);
    cav_text curve = {0};
    cav_style_sparkline(&display->style, running->curve, running->curve_count, CURVE_COLUMNS,
                        &curve);
    int width = cav_style_width(cav_text_get(&curve));
    cav_style_ink(&display->style, CAV_INK_ACCENT, &display->text);
    cav_text_append(&display->text, cav_text_get(&curve));
    cav_style_ink(&display->style, CAV_INK_PLAIN, &display->text);
    cav_text_appendf(&display->text, "%*s", CURVE_COLUMNS - width, "");
    cav_text_free(&curve);
    if (running->curve_count > 0)
        cav_number_print_short(running->curve[running->curve_count - 1], 4, value);
    cav_duration_print(running->elapsed_ms, took);
    snprintf(tail, sizeof tail, "  %9.9s  %7s  ", value, took);
    cav_text_append(&display->text, tail);
    append_config(display, running->trial,
                  columns_left(display, head) - CURVE_COLUMNS - (int)strlen(tail));
    end_line(display);
}

static void on_tick(void *context, const cav_run_trial *running, size_t running_count)
{
    cav_display *display = context;
    display->news = 0;
    if (!display->style.is_terminal || display->is_quiet)
        return;
    display->style = cav_style_of(display->file); // the window may have another size now
    wipe(display);
    append_progress(display, running_count);
    append_best(display);
    size_t shown = running_count < MOST_SHOWN ? running_count : MOST_SHOWN;
    for (size_t i = 0; i < shown; i++)
        append_running(display, &running[running_count - 1 - i]); // the oldest first
    if (running_count > shown)
        cav_text_appendf(&display->text, "        and %zu more\n", running_count - shown);
    for (const char *c = cav_text_get(&display->text); *c; c++)
        display->live_lines += *c == '\n';
    flush(display);
}

// ---- The whole ------------------------------------------------------------------------------

cav_display *cav_display_new(cav_study *study, FILE *file, bool quiet)
{
    cav_display *display = calloc(1, sizeof *display);
    if (!display)
        return NULL;
    size_t best = cav_history_best(study->history, 0);
    *display = (cav_display){
        .study = study,
        .file = file,
        .style = cav_style_of(file),
        .is_quiet = quiet,
        .best = best == SIZE_MAX ? (double)INFINITY
                                 : study->history->losses[best * study->history->metric_count],
        .ended_before = (int64_t)study->history->finished_count,
        .busy_before_ms = cav_history_busy_ms(study->history, cav_clock_wall_ms(study->clock)),
    };
    setvbuf(file, NULL, _IOFBF, 65536); // a picture at a time: it flickers otherwise
    display->started_ms = now_ms(display);
    display->observer = (cav_run_observer){
        .context = display, .ended = on_ended, .tick = on_tick, .notice = on_notice};
    return display;
}

void cav_display_free(cav_display *display)
{
    if (!display)
        return;
    cav_text_free(&display->text);
    free(display);
}

const cav_run_observer *cav_display_observer(cav_display *display)
{
    return &display->observer;
}

static void append_summary(cav_display *display, const cav_run_summary *summary, const char *took)
{
    cav_text_appendf(&display->text, "%s: %s after %s; %lld complete", display->study->spec->study,
                     summary->end == CAV_RUN_FAILED ? "stopped" : summary->why, took,
                     (long long)summary->complete);
    if (summary->pruned > 0)
        cav_text_appendf(&display->text, ", %lld stopped early", (long long)summary->pruned);
    if (summary->failed > 0)
        cav_text_appendf(&display->text, ", %lld failed", (long long)summary->failed);
    end_line(display);
}

void cav_display_end(cav_display *display, const cav_run_summary *summary)
{
    char took[CAV_NUMBER_SIZE];
    const char *name = display->study->spec->study;
    wipe(display);
    cav_duration_print(now_ms(display) - display->started_ms, took);
    if (summary->end == CAV_RUN_FINISHED && display->ended == 0)
        cav_text_appendf(&display->text,
                         "%s: nothing to do, %s; 'caviar resume %s -n +10' tries ten more\n", name,
                         summary->why, name);
    else
        append_summary(display, summary, took);
    append_best(display);
    flush(display);
}
