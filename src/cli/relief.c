/**
 * relief.c: heights as digits, from 0 at the best to 9 at the worst.
 */
#include "cli/relief.h"

#include "cli/print.h"
#include "cli/style.h"
#include "insight/contour.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CELL_COLUMNS = 2, LABEL_COLUMNS = 12 };

typedef struct range {
    double low, high; // losses
} range;

static range find_range(const cav_contour *at)
{
    range found = {INFINITY, -INFINITY};
    for (size_t i = 0; i < at->width * at->height; i++) {
        if (isnan(at->losses[i]))
            continue;
        found.low = fmin(found.low, at->losses[i]);
        found.high = fmax(found.high, at->losses[i]);
    }
    return found;
}

static char digit_of(double height)
{
    return isnan(height) ? ' ' : (char)('0' + (int)fmin(9, 10 * height));
}

static void append_value(const cav_parameter *parameter, double place, cav_text *text)
{
    double raw = cav_parameter_decode(parameter, place);
    if (parameter->choice_count > 0)
        cav_parameter_print(parameter, raw, text);
    else
        cav_print_value(raw, text);
}

// The label of every fourth place, and of every one where there are few.
static void append_label(const cav_parameter *parameter, const double *places, size_t count,
                         size_t index, cav_text *line)
{
    cav_text label = {0};
    if (count <= 10 || index % 4 == 0)
        append_value(parameter, places[index], &label);
    cav_text_appendf(line, "%*s%.*s | ",
                     LABEL_COLUMNS -
                         (int)fmin(LABEL_COLUMNS, cav_style_width(cav_text_get(&label))),
                     "", 4 * LABEL_COLUMNS, cav_text_get(&label));
    cav_text_free(&label);
}

static void append_rows(const cav_contour *at, cav_text *text)
{
    const cav_parameter *up = &at->space->parameters[at->second];
    for (size_t y = at->height; y-- > 0;) {
        append_label(up, at->up, at->height, y, text);
        for (size_t x = 0; x < at->width; x++)
            cav_text_appendf(text, "%c%*s", digit_of(at->heights[y * at->width + x]),
                             CELL_COLUMNS - 1, "");
        cav_text_append(text, "\n");
    }
}

static void append_foot(const cav_contour *at, cav_text *text)
{
    const cav_parameter *across = &at->space->parameters[at->first];
    cav_text_appendf(text, "%*s%s: ", LABEL_COLUMNS + 3, "", across->name);
    size_t stride = across->choice_count > 0 ? 1 : (at->width + 3) / 4;
    for (size_t x = 0; x < at->width; x += stride) {
        append_value(across, at->across[x], text);
        cav_text_append(text, x + stride < at->width || stride > 1 ? ", " : "");
    }
    if (stride > 1) {
        cav_text_append(text, "... ");
        append_value(across, at->across[at->width - 1], text);
    }
}

static void describe(const cav_contour *at, const char *metric, bool maximize, cav_text *text)
{
    range all = find_range(at);
    cav_text_appendf(text, "%s over %s (across) and %s (up), by a surrogate of %zu trials:\n0 is ",
                     metric, at->space->parameters[at->first].name,
                     at->space->parameters[at->second].name, at->trial_count);
    cav_print_value(maximize ? -all.low : all.low, text);
    cav_text_append(text, ", the best, 9 is ");
    cav_print_value(maximize ? -all.high : all.high, text);
    cav_text_appendf(text, "; it explains %.0f %% of the variation of trials left out\n\n",
                     100 * fmax(0, at->skill));
    append_rows(at, text);
    append_foot(at, text);
}

static caviar_code print(const cav_arguments *arguments, const cav_study *study, size_t metric,
                         const cav_contour *contour, cav_error *error)
{
    cav_text text = {0};
    cav_json json = {.text = &text};
    if (!cav_flag_is_on(arguments, "json")) {
        describe(contour, study->metric_names[metric], study->maximize[metric], &text);
        return cav_print_json(&text, error);
    }
    cav_json_begin_object(&json);
    cav_json_add_string(&json, "metric", study->metric_names[metric]);
    cav_contour_write(contour, study->maximize[metric], &json);
    cav_json_end_object(&json);
    return cav_print_json(&text, error);
}

caviar_code cav_cli_relief_print(const cav_arguments *arguments, const cav_study *study,
                                 size_t metric, const char *names, cav_error *error)
{
    char first[256];
    cav_contour contour;
    const char *comma = strchr(names, ',');
    if (!comma || (size_t)(comma - names) >= sizeof first)
        return cav_fail(error, CAVIAR_INVALID,
                        "--contour: two parameters are expected, as in lr,momentum, not '%.60s'",
                        names);
    snprintf(first, sizeof first, "%.*s", (int)(comma - names), names);
    cav_arena *arena = cav_arena_new();
    if (!arena)
        return cav_fail_memory(error);
    caviar_code code = cav_contour_of(study->spec->space, cav_study_learnt(study), metric,
                                      study->spec->seed, first, comma + 1, arena, &contour, error);
    if (!code)
        code = print(arguments, study, metric, &contour, error);
    cav_arena_free(arena);
    return code;
}
