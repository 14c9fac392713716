/**
 * verb_importance.c: caviar importance
 */
#include "cli/open.h"

#include "cli/print.h"
#include "cli/style.h"
#include "insight/importance.h"

#include <stdio.h>
#include <stdlib.h>

enum { BAR_COLUMNS = 30, NOISE_PERCENT = 5 };

static const cav_example examples[] = {
    {"caviar importance", "which parameters mattered, from the most to the least"},
};

static bool is_noise(const cav_importance *at)
{
    return at->chance * 100 >= NOISE_PERCENT;
}

static void print_line(const cav_study *study, const cav_importance *at, int width,
                       const cav_style *style)
{
    cav_text line = {0};
    const char *name = study->spec->space->parameters[at->parameter].name;
    cav_text_appendf(&line, "  %-*s  %3.0f %%  ", width, name, at->share * 100);
    cav_style_bar(style, at->share, BAR_COLUMNS, &line);
    cav_text_appendf(&line, "  %2.0f to %2.0f %%", at->low * 100, at->high * 100);
    if (is_noise(at))
        cav_text_append(&line, "  may be chance");
    puts(cav_text_get(&line));
    cav_text_free(&line);
}

static void print_table(const cav_study *study, const cav_importance *items, size_t count)
{
    cav_style style = cav_style_of(stdout);
    int width = 0;
    for (size_t i = 0; i < count; i++) {
        int columns = cav_style_width(study->spec->space->parameters[items[i].parameter].name);
        width = columns > width ? columns : width;
    }
    printf("What mattered for %s, in %zu trials (share, and its 90 %% interval):\n",
           study->metric_names[0], study->history->finished_count);
    for (size_t i = 0; i < count; i++)
        print_line(study, &items[i], width, &style);
}

static caviar_code print_json(const cav_study *study, const cav_importance *items, size_t count,
                              cav_error *error)
{
    cav_text text = {0};
    cav_json json = {.text = &text, .pretty = true};
    cav_json_begin_array(&json);
    for (size_t i = 0; i < count; i++) {
        cav_json_begin_object(&json);
        cav_json_add_string(&json, "parameter",
                            study->spec->space->parameters[items[i].parameter].name);
        cav_json_add_number(&json, "share", items[i].share);
        cav_json_add_number(&json, "low", items[i].low);
        cav_json_add_number(&json, "high", items[i].high);
        cav_json_add_number(&json, "chance", items[i].chance);
        cav_json_end_object(&json);
    }
    cav_json_end_array(&json);
    return cav_print_json(&text, error);
}

static caviar_code measure(const cav_arguments *arguments, const cav_study *study, cav_error *error)
{
    size_t count = study->spec->space->dim_count;
    cav_importance *items = calloc(count + 1, sizeof *items);
    if (!items)
        return cav_fail_memory(error);
    caviar_code code = cav_importance_measure(study->spec->space, study->history, 0,
                                              study->spec->seed, items, error);
    if (!code && cav_flag_is_on(arguments, "json"))
        code = print_json(study, items, count, error);
    else if (!code)
        print_table(study, items, count);
    free(items);
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
        "share has an interval; one that random labels would also give is marked as chance.",
    .has_store = true,
    .has_json = true,
    .examples = examples,
    .example_count = CAV_COUNT_OF(examples),
    .run = run,
};
