/**
 * display.c: the live lines.
 */
#include "cli/display.h"

#include "base/memory.h"
#include "base/number.h"
#include "cli/nudging.h"
#include "cli/print.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_SHOWN = 8, // running trials
    CURVE_COLUMNS = 16,
    MOST_NEWS = 4,  // lines that scroll by, for one tick
    LOOK_PART = 20, // looking for the best under noise takes no more than this part of the time
};

struct cav_display {
    cav_study *study;
    FILE *file;
    cav_style style;
    cav_run_observer observer;
    bool is_quiet;
    int live_lines;         // that are on the screen now
    int columns_left;       // in the line that is being put together
    size_t news;            // lines since the last tick
    double best;            // value, as a loss
    bool is_noisy;          // as it was at the last look for the best
    int64_t look_ns;        // before then there is no other look
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

static void begin_line(cav_display *display)
{
    display->columns_left = display->style.columns - 1; // the last column would wrap on some
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

static void make_one_line(char *text)
{
    cav_text_make_harmless(text);
    for (; *text; text++)
        *text = *text == '\n' ? ' ' : *text;
}

// Puts a piece into the line: on a terminal no more than fits, elsewhere all of it, in one line.
static void put(cav_display *display, cav_ink ink, const char *piece)
{
    if (!display->style.is_terminal) {
        size_t from = display->text.size;
        cav_text_append(&display->text, piece);
        if (!display->text.failed)
            make_one_line(display->text.data + from);
        return;
    }
    int width = cav_style_width(piece);
    if (ink != CAV_INK_PLAIN)
        cav_style_ink(&display->style, ink, &display->text);
    cav_style_clip(&display->style, piece, display->columns_left, &display->text);
    if (ink != CAV_INK_PLAIN)
        cav_style_ink(&display->style, CAV_INK_PLAIN, &display->text);
    display->columns_left -= width < display->columns_left ? width : display->columns_left;
}

static void put_blanks(cav_display *display, int count)
{
    for (int i = 0; i < count; i++)
        put(display, CAV_INK_PLAIN, " ");
}

static double loss_of(const cav_display *display, const caviar_trial *trial)
{
    return display->study->maximize[0] ? -trial->finals[0] : trial->finals[0];
}

// "val_error=0.0213"
static void put_values(cav_display *display, cav_ink ink, const caviar_trial *trial)
{
    cav_text values = {0};
    for (size_t m = 0; m < trial->final_count; m++) {
        cav_text_appendf(&values, "%s%s=", m ? " " : "", display->study->metric_names[m]);
        cav_print_value(trial->finals[m], &values);
    }
    put(display, ink, cav_text_get(&values));
    cav_text_free(&values);
}

static void put_config(cav_display *display, const caviar_trial *trial)
{
    cav_text config = {0};
    cav_print_config(trial, &config);
    put(display, CAV_INK_DIM, cav_text_get(&config));
    cav_text_free(&config);
}

// ---- Lines that stay ------------------------------------------------------------------------

static void put_failure(cav_display *display, const caviar_trial *trial)
{
    bool again = trial->state == CAVIAR_STATE_WAITING;
    put(display, CAV_INK_BAD, again ? "failed, will run again" : caviar_reason_name(trial->reason));
    put(display, CAV_INK_BAD, ": ");
    put(display, CAV_INK_BAD, trial->message[0] ? trial->message : trial->error.message);
}

static void append_ended(cav_display *display, const caviar_trial *trial, int64_t elapsed_ms,
                         bool is_best)
{
    char head[32], took[CAV_NUMBER_SIZE];
    begin_line(display);
    snprintf(head, sizeof head, "trial %-4lld ", (long long)trial->number);
    put(display, CAV_INK_PLAIN, head);
    if (trial->state == CAVIAR_STATE_FAILED || trial->state == CAVIAR_STATE_WAITING)
        put_failure(display, trial);
    else
        put_values(display, is_best ? CAV_INK_GOOD : CAV_INK_PLAIN, trial);
    put(display, CAV_INK_PLAIN, is_best ? " best  " : "  ");
    cav_duration_print(elapsed_ms, took);
    put(display, CAV_INK_PLAIN, took);
    put(display, CAV_INK_PLAIN, "  ");
    put_config(display, trial);
    end_line(display);
}

// The best as all trials together say; false if it was looked for just now, or cannot be.
static bool look_for_best(cav_display *display, cav_best *ret_best)
{
    int64_t begin = cav_clock_monotonic_ns(display->study->clock);
    if (begin < display->look_ns || cav_study_best(display->study, ret_best, NULL))
        return false;
    int64_t end = cav_clock_monotonic_ns(display->study->clock);
    display->look_ns = end + LOOK_PART * (end - begin);
    display->is_noisy = ret_best->incumbent != NULL;
    return true;
}

// Whether a trial that has just ended is the best so far; under noise that is not the luckiest.
static bool takes_the_lead(cav_display *display, const caviar_trial *trial)
{
    cav_best best;
    if (trial->state != CAVIAR_STATE_COMPLETE)
        return false;
    bool is_least = loss_of(display, trial) < display->best;
    if (is_least)
        display->best = loss_of(display, trial);
    if (display->is_quiet)
        return is_least;
    bool is_known = look_for_best(display, &best);
    if (display->is_noisy)
        return is_known && best.trial == (size_t)trial->number;
    return is_least;
}

static void on_ended(void *context, const caviar_trial *trial, int64_t elapsed_ms)
{
    cav_display *display = context;
    bool is_best = takes_the_lead(display, trial);
    bool failed = trial->state == CAVIAR_STATE_FAILED || trial->state == CAVIAR_STATE_WAITING;
    bool goes_on = trial->state == CAVIAR_STATE_WAITING || trial->state == CAVIAR_STATE_PAUSED;
    display->ended += !goes_on;
    if (display->is_quiet || trial->state == CAVIAR_STATE_PAUSED)
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
    if (display->is_quiet) { // standard output has the outcome only
        fprintf(stderr, "caviar: %s\n", text);
        return;
    }
    wipe(display);
    begin_line(display);
    put(display, CAV_INK_PLAIN, text);
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

// "  12 of 100 trials, 3m20s left, 4.5/min, 2 running"
static void write_counts(const cav_display *display, const progress *at, size_t running, char *text,
                         size_t size)
{
    int64_t budget = display->study->spec->budget.trials;
    char left[CAV_NUMBER_SIZE], rate[CAV_NUMBER_SIZE];
    size_t used =
        (size_t)snprintf(text, size, "  %lld", (long long)(display->ended_before + display->ended));
    if (budget > 0)
        used += (size_t)snprintf(text + used, size - used, " of %lld", (long long)budget);
    used += (size_t)snprintf(text + used, size - used, " trials");
    if (at->left_ms >= 0) {
        cav_duration_print(at->left_ms, left);
        used += (size_t)snprintf(text + used, size - used, ", %s left", left);
    }
    cav_number_print_short(at->per_minute, 3, rate);
    snprintf(text + used, size - used, ", %s/min, %zu running", rate, running);
}

static void append_progress(cav_display *display, size_t running)
{
    progress at = estimate(display);
    char counts[256];
    cav_text name = {0};
    write_counts(display, &at, running, counts, sizeof counts);
    begin_line(display);
    cav_style_clip(&display->style, display->study->spec->study, 16, &name);
    put(display, CAV_INK_BOLD, cav_text_get(&name));
    put_blanks(display, 1);
    cav_text_free(&name);
    int room = display->columns_left - cav_style_width(counts);
    if (!isnan(at.share) && room >= 4) {
        int columns = room < 30 ? room : 30;
        cav_style_bar(&display->style, at.share, columns, &display->text);
        display->columns_left -= columns;
    }
    put(display, CAV_INK_PLAIN, counts);
    end_line(display);
}

// "mean 0.0213 +- 0.0004 (3 runs)  ", where configurations have several.
static void put_runs(cav_display *display, size_t number)
{
    cav_text runs = {0};
    cav_print_runs(display->study, number, &runs);
    if (runs.size > 0) {
        put(display, CAV_INK_GOOD, "mean ");
        put(display, CAV_INK_GOOD, cav_text_get(&runs));
        put(display, CAV_INK_PLAIN, "  ");
    }
    cav_text_free(&runs);
}

// "expected 0.0231 (0.0222 to 0.024)  ": what many runs would give, where they come out different.
static void put_expected(cav_display *display, const cav_incumbent *incumbent)
{
    cav_contender at =
        cav_contender_in_direction(&incumbent->contenders[0], display->study->maximize[0]);
    char mean[CAV_NUMBER_SIZE], low[CAV_NUMBER_SIZE], high[CAV_NUMBER_SIZE];
    char words[3 * CAV_NUMBER_SIZE + 32];
    cav_number_print_short(at.mean, 4, mean);
    cav_number_print_short(at.low, 4, low);
    cav_number_print_short(at.high, 4, high);
    snprintf(words, sizeof words, "expected %s (%s to %s)  ", mean, low, high);
    put(display, CAV_INK_GOOD, words);
}

static void append_best(cav_display *display)
{
    cav_best best;
    if (cav_study_best(display->study, &best, NULL) || best.trial == SIZE_MAX)
        return;
    caviar_trial *trial = cav_study_make_handle(display->study, best.trial);
    if (!trial)
        return;
    char number[48];
    begin_line(display);
    put(display, CAV_INK_GOOD, "best  ");
    if (display->study->spec->metric_count > 1) {
        put(display, CAV_INK_GOOD, "in ");
        put(display, CAV_INK_GOOD, display->study->metric_names[0]);
        put(display, CAV_INK_GOOD, ":  ");
    }
    put_values(display, CAV_INK_GOOD, trial);
    snprintf(number, sizeof number, "  trial %lld  ", (long long)trial->number);
    put(display, CAV_INK_PLAIN, number);
    put_runs(display, best.trial);
    if (best.incumbent)
        put_expected(display, best.incumbent);
    put_config(display, trial);
    end_line(display);
    caviar_trial_free(trial);
}

static void append_running(cav_display *display, const cav_run_trial *running)
{
    char head[32], tail[64], took[CAV_NUMBER_SIZE], value[CAV_NUMBER_SIZE] = "";
    cav_text curve = {0};
    begin_line(display);
    snprintf(head, sizeof head, "%6lld  ", (long long)running->trial->number);
    put(display, CAV_INK_PLAIN, head);
    cav_style_sparkline(&display->style, running->curve, running->curve_count, CURVE_COLUMNS,
                        &curve);
    put(display, CAV_INK_ACCENT, cav_text_get(&curve));
    put_blanks(display, CURVE_COLUMNS - cav_style_width(cav_text_get(&curve)));
    cav_text_free(&curve);
    if (running->curve_count > 0)
        cav_number_print_short(running->curve[running->curve_count - 1], 4, value);
    cav_duration_print(running->elapsed_ms, took);
    snprintf(tail, sizeof tail, "  %9.9s  %7s  ", value, took);
    put(display, CAV_INK_PLAIN, tail);
    put_config(display, running->trial);
    end_line(display);
}

// The picture is never higher than the terminal, or it could not be taken away again.
static size_t most_shown(const cav_display *display, size_t running_count)
{
    int room = display->style.rows - 4; // beside progress, best, "and … more" and the cursor
    size_t most = room < 0 ? 0 : room < MOST_SHOWN ? (size_t)room : MOST_SHOWN;
    return running_count < most ? running_count : most;
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
    size_t shown = most_shown(display, running_count);
    for (size_t i = 0; i < shown; i++)
        append_running(display, &running[running_count - 1 - i]); // the oldest first
    if (running_count > shown) {
        char more[48];
        begin_line(display);
        snprintf(more, sizeof more, "        and %zu more", running_count - shown);
        put(display, CAV_INK_PLAIN, more);
        end_line(display);
    }
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
    cav_best best = {.loss = NAN};
    cav_study_best(study, &best, NULL);
    *display = (cav_display){
        .study = study,
        .file = file,
        .style = cav_style_of(file),
        .is_quiet = quiet,
        .best = isnan(best.loss) ? (double)INFINITY : best.loss,
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

// What stopping trials early has saved, over the whole study.
static void append_savings(const cav_display *display, cav_text *text)
{
    const cav_history *history = display->study->history;
    int64_t spent = history->step_sum;
    int64_t saved = cav_history_saved_steps(history, cav_study_last_step(display->study));
    if (saved > 0)
        cav_text_appendf(text, "; %lld steps spent, %lld saved (%.0f%%)", (long long)spent,
                         (long long)saved, 100 * (double)saved / (double)(spent + saved));
}

// What a person should know when all is over: how it ended, and what came out.
static void append_summary(cav_display *display, const cav_run_summary *summary)
{
    char took[CAV_NUMBER_SIZE];
    const char *name = display->study->spec->study;
    cav_duration_print(now_ms(display) - display->started_ms, took);
    if (summary->end == CAV_RUN_FINISHED && display->ended == 0) {
        cav_text_appendf(&display->text,
                         "%s: nothing to do, %s; 'caviar resume %s -n +10' tries ten more\n", name,
                         summary->why, name);
        return;
    }
    cav_text head = {0}, counts = {0};
    cav_text_appendf(&head, "%s: %s after %s;", name,
                     summary->end == CAV_RUN_FAILED ? "stopped" : summary->why, took);
    cav_text_appendf(&counts, "%lld complete", (long long)summary->complete);
    if (summary->pruned > 0)
        cav_text_appendf(&counts, ", %lld stopped early", (long long)summary->pruned);
    if (summary->failed > 0)
        cav_text_appendf(&counts, ", %lld failed", (long long)summary->failed);
    append_savings(display, &counts);
    bool fits = head.size + 1 + counts.size < (size_t)display->style.columns;
    cav_text_appendf(&display->text, "%s%s%s\n", cav_text_get(&head),
                     fits || !display->style.is_terminal ? " " : "\n  ", cav_text_get(&counts));
    cav_text_free(&head);
    cav_text_free(&counts);
}

// Of several metrics there is no best trial.
static void append_front(cav_display *display)
{
    size_t *numbers, count;
    if (display->study->spec->metric_count == 1 ||
        cav_study_front(display->study, &numbers, &count, NULL))
        return;
    free(numbers);
    if (count > 0)
        cav_text_appendf(&display->text,
                         "front  %zu trial%s that none beats in all metrics: 'caviar best'\n",
                         count, count == 1 ? "" : "s");
}

void cav_display_end(cav_display *display, const cav_run_summary *summary)
{
    wipe(display);
    append_summary(display, summary);
    append_best(display);
    append_front(display);
    cav_cli_held_print(display->study, &display->text);
    flush(display);
}
