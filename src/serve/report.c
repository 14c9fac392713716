/**
 * report.c: the page.
 *
 * It has no script and asks no other host for anything, and says so to the browser. Whatever comes
 * from a trial or a study file goes through cav_markup_text.
 */
#include "serve/report.h"

#include "base/number.h"
#include "insight/tiers.h"
#include "serve/markup.h"
#include "serve/pictures.h"
#include "serve/style_sheet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_ROWS = 20, MOST_FAILURES = 10, MOST_NAMED = 5 };

static void write_head(const cav_findings *at, cav_text *page)
{
    cav_text_append(page,
                    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                    "<meta http-equiv=\"Content-Security-Policy\" "
                    "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>");
    cav_markup_text(page, at->study->spec->study);
    cav_text_append(page, "</title>\n<style>\n" CAV_STYLE_SHEET "</style></head><body>\n<h1>");
    cav_markup_text(page, at->study->spec->study);
    cav_text_append(page, "</h1>\n");
}

static void begin_section(cav_text *page, const char *title, const char *text)
{
    cav_text_appendf(page, "<section><h2>%s</h2>\n", title);
    if (text[0])
        cav_text_appendf(page, "<p class=\"soft\">%s</p>\n", text);
}

static void end_section(cav_text *page)
{
    cav_text_append(page, "</section>\n");
}

// ---- The facts ------------------------------------------------------------------------------

static void write_fact(cav_text *page, const char *number, const char *what)
{
    cav_text_append(page, "<div><b>");
    cav_markup_text(page, number);
    cav_text_append(page, "</b><span>");
    cav_markup_text(page, what);
    cav_text_append(page, "</span></div>\n");
}

static void write_count(cav_text *page, int64_t count, const char *what)
{
    cav_text number = {0};
    cav_text_appendf(&number, "%lld", (long long)count);
    write_fact(page, cav_text_get(&number), what);
    cav_text_free(&number);
}

static void write_best_fact(const cav_findings *at, cav_text *page)
{
    cav_text number = {0}, what = {0};
    const cav_best *best = &at->best;
    if (best->trial == SIZE_MAX)
        return;
    cav_markup_number(&number, cav_findings_value(at, best->loss));
    cav_text_appendf(&what, "%s %s%s, trial %zu",
                     at->study->maximize[at->metric] ? "greatest" : "least",
                     best->incumbent ? "expected " : "", cav_findings_metric(at), best->trial);
    write_fact(page, cav_text_get(&number), cav_text_get(&what));
    cav_text_free(&number);
    cav_text_free(&what);
}

// `all` are the findings by each metric, here and below.
static void write_facts(const cav_findings *all, cav_text *page)
{
    const cav_findings *at = &all[0];
    const cav_history *history = at->history;
    int64_t counts[CAVIAR_STATE_FAILED + 1] = {0};
    char took[CAV_NUMBER_SIZE];
    for (size_t i = 0; i < history->count; i++)
        if (history->states[i] < CAV_COUNT_OF(counts))
            counts[history->states[i]]++;
    cav_duration_print(cav_history_busy_ms(history, cav_clock_wall_ms(at->study->clock)), took);
    cav_text_append(page, "<div class=\"facts\">\n");
    for (size_t m = 0; m < history->metric_count; m++)
        write_best_fact(&all[m], page);
    for (size_t state = 0; state < CAV_COUNT_OF(counts); state++)
        if (counts[state] > 0)
            write_count(page, counts[state], caviar_state_name((caviar_state)state));
    write_fact(page, took, "in which trials ran");
    write_fact(page, at->study->spec->sampler.name, "sampler");
    write_count(page, (int64_t)at->study->spec->seed, "seed");
    cav_text_append(page, "</div>\n");
}

// ---- Trials ---------------------------------------------------------------------------------

static bool is_number(const cav_parameter *parameter)
{
    return parameter->type == CAVIAR_TYPE_FLOAT || parameter->type == CAVIAR_TYPE_INT;
}

static void write_value(const cav_findings *at, size_t parameter, double raw, cav_text *page)
{
    const cav_parameter *about = &at->study->spec->space->parameters[parameter];
    cav_text value = {0};
    if (!isnan(raw) && about->type == CAVIAR_TYPE_FLOAT)
        cav_markup_number(&value, raw);
    else if (!isnan(raw))
        cav_parameter_print(about, raw, &value);
    cav_text_append(page, is_number(about) ? "<td class=\"number\">" : "<td>");
    cav_markup_text(page, cav_text_get(&value));
    cav_text_append(page, "</td>");
    cav_text_free(&value);
}

static void write_row(const cav_findings *at, size_t row, cav_text *page)
{
    const cav_history *history = at->history;
    cav_text_appendf(page, "<tr><td class=\"number\">%zu</td>", row);
    for (size_t m = 0; m < history->metric_count; m++) {
        cav_text_append(page, "<td class=\"number\">");
        cav_markup_number(page, cav_history_value(history, row, m));
        cav_text_append(page, "</td>");
    }
    for (size_t p = 0; p < history->param_count; p++)
        write_value(at, p, history->raw[row * history->param_count + p], page);
    cav_text_append(page, "</tr>\n");
}

static void write_header_cell(const char *name, bool is_of_numbers, cav_text *page)
{
    cav_text_append(page, is_of_numbers ? "<th class=\"number\">" : "<th>");
    cav_markup_text(page, name);
    cav_text_append(page, "</th>");
}

static void begin_table(const cav_findings *at, cav_text *page)
{
    const cav_space *space = at->study->spec->space;
    cav_text_append(page, "<div class=\"wide\"><table><tr><th>trial</th>");
    for (size_t m = 0; m < at->history->metric_count; m++)
        write_header_cell(at->study->metric_names[m], true, page);
    for (size_t p = 0; p < space->count; p++)
        write_header_cell(space->parameters[p].name, is_number(&space->parameters[p]), page);
    cav_text_append(page, "</tr>\n");
}

static void write_best_trials(const cav_findings *at, cav_text *page)
{
    begin_section(page, "The best trials", "");
    begin_table(at, page);
    for (size_t r = 0; r < at->ranking.count && r < MOST_ROWS; r++)
        write_row(at, at->ranking.rows[r], page);
    cav_text_append(page, "</table></div>\n");
    end_section(page);
}

static void write_failures(const cav_findings *at, cav_text *page)
{
    const cav_history *history = at->history;
    size_t shown = 0;
    for (size_t i = 0; i < history->count && shown < MOST_FAILURES; i++) {
        if (history->states[i] != CAVIAR_STATE_FAILED)
            continue;
        if (shown++ == 0) {
            begin_section(page, "What failed", "The first of the trials that failed, and why.");
            cav_text_append(page, "<div class=\"wide\"><table>"
                                  "<tr><th>trial</th><th>reason</th><th></th></tr>\n");
        }
        cav_text_appendf(page, "<tr><td class=\"number\">%zu</td><td>%s</td><td class=\"text\">", i,
                         caviar_reason_name((caviar_reason)history->reasons[i]));
        cav_markup_text(page, history->messages[i] ? history->messages[i] : "");
        cav_text_append(page, "</td></tr>\n");
    }
    if (shown > 0) {
        cav_text_append(page, "</table></div>\n");
        end_section(page);
    }
}

// ---- Pictures -------------------------------------------------------------------------------

// Where the best value that was seen is not the best.
static void write_noise(const cav_findings *at, cav_text *page)
{
    const cav_incumbent *incumbent = at->best.incumbent;
    if (!incumbent)
        return;
    cav_text_append(page, "<p>Runs of one configuration differ, by a deviation of ");
    cav_markup_number(page, incumbent->noise);
    cav_text_appendf(page,
                     ". By what all trials say together that of trial %zu is the best in the ",
                     at->best.trial);
    cav_text_append(page, "mean of many runs, with ");
    cav_markup_number(page, cav_findings_value(at, at->best.loss));
    cav_text_append(page, "; the best value that was seen, ");
    cav_markup_number(page, cav_findings_value(at, at->ranking.losses[0]));
    cav_text_appendf(page, " by trial %zu, was a lucky draw.</p>\n", at->ranking.rows[0]);
}

static void write_history(const cav_findings *at, cav_text *page)
{
    cav_text note = {0};
    cav_text_append(&note, "Each dot is a complete trial; the line is the best so far. The best "
                           "tenth is blue, the best of all orange, here and below.");
    if (at->beyond > 0)
        cav_text_appendf(&note, " %zu trial%s lie%s beyond the axis and stand%s at its edge.",
                         at->beyond, at->beyond == 1 ? "" : "s", at->beyond == 1 ? "s" : "",
                         at->beyond == 1 ? "s" : "");
    begin_section(page, "How the best came about", cav_text_get(&note));
    cav_text_free(&note);
    write_noise(at, page);
    cav_text_append(page, "<div class=\"wide\">");
    cav_picture_history(at, page);
    cav_text_append(page, "</div>\n");
    end_section(page);
}

static void write_distribution(const cav_findings *at, cav_text *page)
{
    begin_section(page, "How good they are",
                  "The empirical distribution: which share of the complete trials is at most as "
                  "great as each value.");
    cav_text_append(page, "<div class=\"wide\">");
    cav_picture_distribution(at, page);
    cav_text_append(page, "</div>\n");
    end_section(page);
}

static int by_number(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

// The trials of the front, the best by the metric first.
static caviar_code write_front_trials(const cav_findings *at, cav_text *page, cav_error *error)
{
    size_t *rows, count, shown = 0;
    caviar_code code = cav_study_front(at->study, &rows, &count, error);
    if (code)
        return code;
    begin_table(at, page);
    for (size_t r = 0; r < at->ranking.count && shown < MOST_ROWS; r++)
        if (count > 0 && bsearch(&at->ranking.rows[r], rows, count, sizeof *rows, by_number)) {
            write_row(at, at->ranking.rows[r], page);
            shown++;
        }
    cav_text_append(page, "</table></div>\n");
    if (count > shown)
        cav_text_appendf(page, "<p class=\"soft\">and %zu more</p>\n", count - shown);
    free(rows);
    return CAVIAR_OK;
}

// Of many metrics not all pairs: each other one over the one that is looked at.
static bool has_all_pairs(const cav_findings *at)
{
    return at->history->metric_count <= 3;
}

static caviar_code write_front_pictures(const cav_findings *at, cav_text *page, cav_error *error)
{
    size_t metrics = at->history->metric_count;
    caviar_code code = CAVIAR_OK;
    cav_text_append(page, metrics == 2 ? "<div class=\"wide\">\n" : "<div class=\"grid\">\n");
    for (size_t i = 0; i < metrics * metrics && !code; i++) {
        size_t pair[] = {i / metrics, i % metrics};
        if (has_all_pairs(at) ? pair[0] >= pair[1] : pair[0] != at->metric || pair[0] == pair[1])
            continue;
        cav_text_append(page, "<div>");
        code = cav_picture_front(at, pair, page, error);
        cav_text_append(page, "</div>\n");
    }
    cav_text_append(page, "</div>\n");
    return code;
}

static caviar_code write_front(const cav_findings *at, cav_text *page, cav_error *error)
{
    begin_section(page, "The Pareto front",
                  at->history->metric_count == 3
                      ? "Orange: no other trial is at least as good in every metric and better in "
                        "one. The fuller, the better in the metric that is no axis."
                      : "Orange: no other trial is at least as good in every metric and better in "
                        "one.");
    caviar_code code = write_front_pictures(at, page, error);
    if (!code)
        code = write_front_trials(at, page, error);
    end_section(page);
    return code;
}

static void write_parallel(const cav_findings *at, cav_text *page)
{
    if (at->study->spec->space->dim_count == 0)
        return;
    begin_section(page, "All together",
                  "A line for each complete trial, over parameters on their own scales, the most "
                  "important first, and metrics.");
    cav_text_append(page, "<div class=\"wide\">");
    cav_picture_parallel(at, page);
    cav_text_append(page, "</div>\n");
    end_section(page);
}

// "The metric varies with lr (61 %, 52 to 70), …", and what stands against the tiers.
static void write_varied(const cav_findings *at, cav_text *page)
{
    const cav_measurement *varied = &at->varied;
    cav_text tiers = {0};
    cav_measurement_doubt(varied, &tiers);
    cav_text_append(page, "<p>By fANOVA (a random forest): ");
    if (tiers.size == 0) {
        for (size_t i = 0; i < varied->count && i < MOST_NAMED; i++) {
            const cav_importance *item = &varied->items[i];
            cav_markup_text(page, varied->space->parameters[item->parameter].name);
            cav_text_appendf(page, " %.0f %% (%.0f to %.0f %%), ", 100 * item->share,
                             100 * item->low, 100 * item->high);
        }
        cav_text_appendf(page,
                         "of the variation by themselves; the forest explains %.0f %% of trials "
                         "that it has not seen.",
                         100 * varied->explained);
        if (cav_tiers_compare(varied->space, varied->items, varied->count, 1, &tiers) > 0)
            cav_text_append(page, " Against the tiers: ");
    }
    cav_markup_text(page, cav_text_get(&tiers));
    cav_text_append(page, "</p>\n");
    cav_text_free(&tiers);
}

static void write_advice(const cav_findings *at, cav_text *page)
{
    const cav_advice_list *list = &at->advice;
    if (at->importance_count == 0)
        return;
    cav_text note = {0};
    cav_text_appendf(
        &note,
        "About scales and ranges, where nine of ten resamples agree. The study itself "
        "can follow it (caviar advise%s%s --apply), or the next one (--as-study NAME).",
        at->metric > 0 ? " --metric " : "", at->metric > 0 ? cav_findings_metric(at) : "");
    begin_section(page, "What the trials advise", cav_text_get(&note));
    cav_text_free(&note);
    if (list->count == 0)
        cav_text_append(page, "<p>Nothing: no other scale or range is clearly better.</p>\n");
    for (size_t i = 0; i < list->count; i++) {
        cav_text_append(page, i == 0 ? "<ul>\n<li>" : "<li>");
        cav_markup_text(page, list->items[i].evidence);
        cav_text_append(page, ": <b>");
        cav_markup_text(page, list->items[i].change);
        cav_text_append(page, i + 1 == list->count ? "</b></li>\n</ul>\n" : "</b></li>\n");
    }
    end_section(page);
}

static void write_importance(const cav_findings *at, cav_text *page)
{
    begin_section(
        page, "What mattered",
        at->importance_count
            ? "How far the values of the best trials differ from those of all (PED-ANOVA), "
              "with 90 % intervals. Grey: random labels would give as much."
            : "");
    if (at->importance_count) {
        cav_text_append(page, "<div class=\"wide\">");
        cav_picture_importance(at, page);
        cav_text_append(page, "</div>\n");
        write_varied(at, page);
    } else {
        cav_text_append(page, "<p>");
        cav_markup_text(page, at->too_few);
        cav_text_append(page, "</p>\n");
    }
    end_section(page);
}

static void write_slices(const cav_findings *at, cav_text *page)
{
    size_t count = at->study->spec->space->dim_count;
    if (count == 0)
        return;
    begin_section(page, "Parameter by parameter",
                  at->effects.items
                      ? "Each on the scale that it is searched on, with the mean of a "
                        "smooth model, if it explains anything."
                      : "Each on the scale that it is searched on.");
    cav_text_append(page, "<div class=\"grid\">\n");
    for (size_t d = 0; d < count; d++) {
        cav_text_append(page, "<div>");
        cav_picture_slice(at, at->order[d], page);
        cav_text_append(page, "</div>\n");
    }
    cav_text_append(page, "</div>\n");
    end_section(page);
}

static void write_contours(const cav_findings *at, cav_text *page)
{
    if (at->contour_count == 0)
        return;
    begin_section(page, "Two at a time",
                  "What the surrogate (a Gaussian process) expects over two parameters, the others "
                  "as they were in the trials; the stronger, the better, in bands. Rings are "
                  "trials.");
    cav_text_append(page, "<div class=\"grid\">\n");
    for (size_t i = 0; i < at->contour_count; i++) {
        cav_text_append(page, "<div>");
        cav_picture_contour(at, &at->contours[i], page);
        cav_text_append(page, "</div>\n");
    }
    cav_text_append(page, "</div>\n");
    end_section(page);
}

// The same pairs as of the contours, or those that would be, were there enough trials.
static void write_ranks(const cav_findings *at, cav_text *page)
{
    enum { PAIRED = 3 };
    size_t dims = at->study->spec->space->dim_count, most = dims < PAIRED ? dims : PAIRED;
    if (most < 2)
        return;
    begin_section(page, "Where the good ones lie",
                  "The complete trials over two parameters, filled the more the better they rank, "
                  "by tenths; the best of all is orange.");
    cav_text_append(page, "<div class=\"grid\">\n");
    for (size_t i = 0; i < most; i++)
        for (size_t k = i + 1; k < most; k++) {
            cav_text_append(page, "<div>");
            cav_picture_ranks(at, (size_t[]){at->order[i], at->order[k]}, page);
            cav_text_append(page, "</div>\n");
        }
    cav_text_append(page, "</div>\n");
    end_section(page);
}

static caviar_code write_timeline(const cav_findings *at, cav_text *page, cav_error *error)
{
    cav_text picture = {0};
    bool is_any;
    caviar_code code = cav_picture_timeline(at, &picture, &is_any, error);
    if (!code && is_any) {
        begin_section(page, "When they ran",
                      "Blue: complete; grey: stopped early; red: failed; orange: still running.");
        cav_text_appendf(page, "<div class=\"wide\">%s</div>\n", cav_text_get(&picture));
        end_section(page);
    }
    page->failed |= picture.failed;
    cav_text_free(&picture);
    return code;
}

static void write_curves(const cav_findings *at, cav_text *page)
{
    cav_text picture = {0};
    if (cav_picture_curves(at, &picture)) {
        begin_section(page, "Learning curves",
                      "Dashed: trials that were stopped early, failed, or still run.");
        cav_text_appendf(page, "<div class=\"wide\">%s</div>\n", cav_text_get(&picture));
        end_section(page);
    }
    page->failed |= picture.failed;
    cav_text_free(&picture);
}

static void write_foot(const cav_findings *at, cav_text *page)
{
    time_t now = (time_t)(cav_clock_wall_ms(at->study->clock) / 1000);
    struct tm utc;
    char date[40] = "";
    if (gmtime_r(&now, &utc))
        strftime(date, sizeof date, "%Y-%m-%d %H:%M UTC", &utc);
    cav_text_appendf(page, "<p class=\"soft\">Caviar %s, %s</p>\n</body></html>\n",
                     caviar_version(), date);
}

static void write_pictures(const cav_findings *at, cav_text *page)
{
    write_history(at, page);
    write_distribution(at, page);
    write_importance(at, page);
    write_advice(at, page);
    write_parallel(at, page);
    write_slices(at, page);
    write_contours(at, page);
    write_ranks(at, page);
    write_curves(at, page);
    write_best_trials(at, page);
}

// Links to what is said by each of several metrics. The style sheet shows the one whose name the
// address has, without a script; else the first.
static void write_choice(const cav_findings *at, cav_text *page)
{
    cav_text_appendf(page, "<nav class=\"metrics\" aria-label=\"Metric\">%s\n",
                     "<span class=\"soft\">metric</span>");
    for (size_t m = 0; m < at->history->metric_count; m++) {
        bool is_this = m == at->metric;
        cav_text_append(page, is_this ? "<b aria-current=\"true\">" : "<a href=\"#by-");
        if (!is_this) {
            cav_markup_text(page, at->study->metric_names[m]);
            cav_text_append(page, "\">");
        }
        cav_markup_text(page, at->study->metric_names[m]);
        cav_text_append(page, is_this ? "</b>\n" : "</a>\n");
    }
    cav_text_append(page, "</nav>\n");
}

static caviar_code write_by_metric(const cav_findings *at, cav_text *page, cav_error *error)
{
    caviar_code code = CAVIAR_OK;
    cav_text_append(page, "<div class=\"by\" id=\"by-");
    cav_markup_text(page, cav_findings_metric(at));
    cav_text_append(page, "\">\n");
    if (at->history->metric_count > 1)
        write_choice(at, page);
    if (!has_all_pairs(at) && at->ranking.count > 0)
        code = write_front(at, page, error);
    if (at->ranking.count > 0)
        write_pictures(at, page);
    else
        cav_text_append(page, "<p>No trial is complete yet.</p>\n");
    cav_text_append(page, "</div>\n");
    return code;
}

static caviar_code write_page(const cav_findings *all, cav_text *page, cav_error *error)
{
    caviar_code code = CAVIAR_OK;
    size_t metrics = all->history->metric_count;
    write_head(all, page);
    write_facts(all, page);
    if (metrics > 1 && has_all_pairs(all) && all->ranking.count > 0)
        code = write_front(all, page, error);
    for (size_t m = 0; m < metrics && !code; m++)
        code = write_by_metric(&all[m], page, error);
    if (!code)
        code = write_timeline(all, page, error);
    write_failures(all, page);
    write_foot(all, page);
    return code;
}

caviar_code cav_report_write(cav_study *study, cav_text *page, cav_error *error)
{
    size_t metrics = study->spec->metric_count;
    cav_findings *all = calloc(metrics, sizeof *all);
    caviar_code code = all ? CAVIAR_OK : cav_fail_memory(error);
    for (size_t m = 0; m < metrics && !code; m++)
        code = cav_findings_make(study, m, &all[m], error);
    if (!code)
        code = write_page(all, page, error);
    if (!code && page->failed)
        code = cav_fail_memory(error);
    for (size_t m = 0; m < metrics && all; m++)
        cav_findings_free(&all[m]);
    free(all);
    return code;
}
