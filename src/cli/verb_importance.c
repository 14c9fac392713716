/**
 * verb_importance.c: caviar importance
 */
#include "cli/metrics.h"
#include "cli/open.h"

#include "cli/print.h"
#include "cli/style.h"
#include "insight/importance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BAR_COLUMNS = 30 };

static const cav_flag flags[] = {
    {0, "metric", "NAME", "for which of the study's metrics (default: the first)"},
};

static const cav_example examples[] = {
    {"caviar importance", "which parameters mattered, from the most to the least"},
    {"caviar importance --metric seconds", "the same for another of the study's metrics"},
};

// What was measured, and on what.
typedef struct measured {
    size_t metric;
    cav_importance *items; // [count]
    size_t count;
    cav_importance_basis basis;
} measured;

static void print_line(const cav_study *study, const cav_importance *at, int width,
                       const cav_style *style)
{
    cav_text line = {0};
    const char *name = study->spec->space->parameters[at->parameter].name;
    cav_text_appendf(&line, "  %-*s  %3.0f %%  ", width, name, at->share * 100);
    cav_style_bar(style, at->share, BAR_COLUMNS, &line);
    cav_text_appendf(&line, "  %2.0f to %2.0f %%", at->low * 100, at->high * 100);
    if (at->chance >= CAV_IMPORTANCE_NOISE)
        cav_text_append(&line, "  may be chance");
    puts(cav_text_get(&line));
    cav_text_free(&line);
}

static void print_table(const cav_study *study, const measured *what)
{
    cav_style style = cav_style_of(stdout);
    int width = 0;
    for (size_t i = 0; i < what->count; i++) {
        int columns =
            cav_style_width(study->spec->space->parameters[what->items[i].parameter].name);
        width = columns > width ? columns : width;
    }
    printf("What mattered for %s, in %zu complete trials (share, and its 90 %% interval):\n",
           study->metric_names[what->metric], what->basis.trial_count);
    for (size_t i = 0; i < what->count; i++)
        print_line(study, &what->items[i], width, &style);
    if (what->basis.even_count < 0.9 * (double)what->basis.trial_count)
        printf("Many trials lie close together; they count as %.0f that are spread evenly.\n",
               what->basis.even_count);
}

static caviar_code print_json(const cav_study *study, const measured *what, cav_error *error)
{
    cav_text text = {0};
    cav_json json = {.text = &text, .pretty = true};
    cav_json_begin_array(&json);
    for (size_t i = 0; i < what->count; i++) {
        const cav_importance *at = &what->items[i];
        cav_json_begin_object(&json);
        cav_json_add_string(&json, "parameter", study->spec->space->parameters[at->parameter].name);
        cav_json_add_number(&json, "share", at->share);
        cav_json_add_number(&json, "low", at->low);
        cav_json_add_number(&json, "high", at->high);
        cav_json_add_number(&json, "chance", at->chance);
        cav_json_end_object(&json);
    }
    cav_json_end_array(&json);
    return cav_print_json(&text, error);
}

static caviar_code find_metric(const cav_study *study, const char *name, size_t *ret_metric,
                               cav_error *error)
{
    for (size_t m = 0; m < study->spec->metric_count; m++) {
        if (!name || strcmp(study->metric_names[m], name) == 0) {
            *ret_metric = m;
            return CAVIAR_OK;
        }
    }
    return cav_cli_fail_metric(study, name, error);
}

static caviar_code measure(const cav_arguments *arguments, const cav_study *study, cav_error *error)
{
    measured what = {.count = study->spec->space->dim_count};
    caviar_code code = find_metric(study, cav_flag_get(arguments, "metric"), &what.metric, error);
    if (code)
        return code;
    what.items = calloc(what.count + 1, sizeof *what.items);
    if (!what.items)
        return cav_fail_memory(error);
    code = cav_importance_measure(study->spec->space, cav_study_seen(study), what.metric,
                                  study->spec->seed, what.items, &what.basis, error);
    if (!code && cav_flag_is_on(arguments, "json"))
        code = print_json(study, &what, error);
    else if (!code)
        print_table(study, &what);
    free(what.items);
    return code;
}

static cav_exit run(const cav_arguments *arguments)
{
    cav_error error = {0};
    cav_study *study;
    if (cav_cli_open(arguments, NULL, true, &study, &error))
        return cav_complain(&error);
    caviar_code code = measure(arguments, study, &error);
    cav_study_close(study);
    return code ? cav_complain(&error) : CAV_EXIT_OK;
}

const cav_verb cav_verb_importance = {
    .name = "importance",
    .group = "Look",
    .summary = "which parameters mattered",
    .operands = "",
    .description =
        "Measures, on the study's own trials, how much each parameter had to do with a good "
        "value (PED-ANOVA: how far the best trials' values lie from all trials' values). Each "
        "share has an interval; one that random labels would also give is marked as chance. "
        "Only complete trials count; at least 16 are needed.",
    .flags = flags,
    .flag_count = CAV_COUNT_OF(flags),
    .has_store = true,
    .has_json = true,
    .examples = examples,
    .example_count = CAV_COUNT_OF(examples),
    .run = run,
};
