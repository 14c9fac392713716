/**
 * verb_importance.c: caviar importance
 */
#include "cli/metrics.h"
#include "cli/open.h"

#include "cli/print.h"
#include "cli/relief.h"
#include "cli/style.h"
#include "insight/measurement.h"
#include "insight/tiers.h"

#include <math.h>
#include <stdio.h>

enum {
    BAR_COLUMNS = 30,
    MOST_PAIRS = 10,
    MOST_LINES = 5, // about tiers
};

static const cav_flag flags[] = {
    {0, "metric", "NAME", "for which of the study's metrics (default: the first)"},
    {0, "method", "NAME", "ped-anova (default), fanova or shapley"},
    {0, "contour", "A,B", "instead: the metric over these two parameters, by the surrogate's mean"},
    {0, "pairs", NULL, "also what two parameters do together, by fANOVA"},
};

static const cav_example examples[] = {
    {"caviar importance", "which parameters mattered, from the most to the least"},
    {"caviar importance --metric seconds", "the same for another of the study's metrics"},
    {"caviar importance --contour lr,momentum", "what the metric does over both of them"},
    {"caviar importance --method fanova --pairs", "what the loss varies with, alone and in pairs"},
};

static const char *name_of(const cav_measurement *what, size_t parameter)
{
    return what->space->parameters[parameter].name;
}

static void print_bar(const char *name, int width, double share, double low, double high,
                      const char *remark)
{
    cav_style style = cav_style_of(stdout);
    cav_text line = {0};
    cav_text_appendf(&line, "  %s%*s  %3.0f %%  ", name, width - cav_style_width(name), "",
                     share * 100);
    cav_style_bar(&style, share, BAR_COLUMNS, &line);
    cav_text_appendf(&line, "  %2.0f to %2.0f %%%s", low * 100, high * 100, remark);
    puts(cav_text_get(&line));
    cav_text_free(&line);
}

static void print_items(const cav_measurement *what)
{
    int width = 0;
    for (size_t i = 0; i < what->count; i++) {
        int columns = cav_style_width(name_of(what, what->items[i].parameter));
        width = columns > width ? columns : width;
    }
    for (size_t i = 0; i < what->count; i++) {
        const cav_importance *at = &what->items[i];
        print_bar(name_of(what, at->parameter), width, at->share, at->low, at->high,
                  at->chance >= CAV_IMPORTANCE_NOISE ? "  may be chance" : "");
    }
}

static void print_pairs(const cav_measurement *what)
{
    size_t count = what->pair_count < MOST_PAIRS ? what->pair_count : MOST_PAIRS;
    cav_text names[MOST_PAIRS] = {0};
    int width = 0;
    for (size_t i = 0; i < count; i++) {
        cav_text_appendf(&names[i], "%s with %s", name_of(what, what->pairs[i].first),
                         name_of(what, what->pairs[i].second));
        int columns = cav_style_width(cav_text_get(&names[i]));
        width = columns > width ? columns : width;
    }
    if (count > 0)
        puts("What two do together, beyond what each does alone (fANOVA):");
    for (size_t i = 0; i < count; i++) {
        const cav_interaction *at = &what->pairs[i];
        print_bar(cav_text_get(&names[i]), width, at->share, at->low, at->high, "");
        cav_text_free(&names[i]);
    }
}

static void print_basis(const cav_measurement *what)
{
    if (what->even_count < 0.9 * (double)what->trial_count) // and not NaN
        printf("Many trials lie close together; they count as %.0f that are spread evenly.\n",
               what->even_count);
    if (what->method != CAV_METHOD_PED_ANOVA)
        printf("The model explains %.0f %% of the variation of trials that it has not seen.\n",
               100 * fmax(0, what->explained));
}

static void print_tiers(const cav_measurement *what)
{
    cav_text text = {0};
    if (cav_tiers_compare(what->space, what->items, what->count, MOST_LINES, &text) > 0)
        printf("Against the tiers: %s.\n", cav_text_get(&text));
    cav_text_free(&text);
}

static void print_table(const char *metric, const cav_measurement *what)
{
    cav_text doubt = {0};
    cav_measurement_doubt(what, &doubt);
    printf("What mattered for %s, in %zu trials", metric, what->trial_count);
    if (what->stopped_count > 0)
        printf(", %zu of them stopped early", what->stopped_count);
    printf(": %s (share, 90 %% interval):\n", cav_method_summary(what->method));
    if (doubt.size > 0) {
        printf("  %s\n", cav_text_get(&doubt));
    } else {
        print_items(what);
        print_basis(what);
        print_tiers(what);
        print_pairs(what);
    }
    cav_text_free(&doubt);
}

static caviar_code show(const cav_arguments *arguments, cav_study *study, cav_arena *arena,
                        cav_error *error)
{
    caviar_code code = cav_study_extrapolate(study, error);
    cav_measurement_setup setup = {.space = study->spec->space,
                                   .history = cav_study_learnt(study),
                                   .seed = study->spec->seed,
                                   .with_pairs = cav_flag_is_on(arguments, "pairs")};
    const char *method = cav_flag_get(arguments, "method");
    const char *contour = cav_flag_get(arguments, "contour");
    cav_measurement what;
    if (!code)
        code = cav_cli_find_metric(study, cav_flag_get(arguments, "metric"), &setup.metric, error);
    if (!code && contour)
        return cav_cli_relief_print(arguments, study, setup.metric, contour, error);
    if (!code && method)
        code = cav_method_find(method, &setup.method, error);
    if (!code)
        code = cav_measurement_make(&setup, arena, &what, error);
    if (code)
        return code;
    const char *metric = study->metric_names[setup.metric];
    what.stopped_count = cav_study_stopped(study);
    if (!cav_flag_is_on(arguments, "json")) {
        print_table(metric, &what);
        return CAVIAR_OK;
    }
    cav_text text = {0};
    cav_measurement_write(&what, metric, &(cav_json){.text = &text, .pretty = true});
    return cav_print_json(&text, error);
}

static cav_exit run(const cav_arguments *arguments)
{
    cav_error error = {0};
    cav_study *study;
    cav_arena *arena = cav_arena_new();
    if (!arena)
        return cav_fail_memory(&error), cav_complain(&error);
    caviar_code code = cav_cli_open(arguments, NULL, true, &study, &error);
    if (!code) {
        code = show(arguments, study, arena, &error);
        cav_study_close(study);
    }
    cav_arena_free(arena);
    return code ? cav_complain(&error) : CAV_EXIT_OK;
}

const cav_verb cav_verb_importance = {
    .name = "importance",
    .group = "Look",
    .summary = "which parameters mattered",
    .operands = "",
    .description =
        "Measures, on the study's own trials, how much each parameter had to do with a good "
        "value, or with any value. ped-anova: how far the best trials' values lie from all trials' "
        "values. fanova: the share of the loss's variation that a parameter makes by itself, by a "
        "random forest. shapley: the same with what parameters do together shared out among them. "
        "Each share has a 90 % interval; one that chance would also give is marked. Where the "
        "model explains no more than it would of noise, nothing is ranked. What stands against the "
        "tiers of the study file is said. --contour shows what the metric does over two "
        "parameters: at each of their values the mean of a Gaussian process, over what the others "
        "were in the trials. A trial that was stopped early counts with the value that its "
        "learning curve is expected to end with; at least 16 with a value are needed.",
    .flags = flags,
    .flag_count = CAV_COUNT_OF(flags),
    .has_store = true,
    .has_json = true,
    .examples = examples,
    .example_count = CAV_COUNT_OF(examples),
    .run = run,
};
