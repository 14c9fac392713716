/**
 * verb_show.c: caviar show and caviar best: everything about one trial.
 */
#include "cli/open.h"

#include "base/number.h"
#include "cli/confirming.h"
#include "cli/front.h"
#include "cli/metrics.h"
#include "cli/nudging.h"
#include "cli/outline.h"
#include "cli/print.h"
#include "cli/standing.h"
#include "cli/style.h"
#include "run/folder.h"
#include "study/course.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CURVE_COLUMNS = 48 };

static void print_parameters(const caviar_trial *trial)
{
    size_t width = 0;
    for (size_t i = 0; i < trial->parameter_count; i++)
        if (trial->values[i].kind != CAVIAR_KIND_NONE && strlen(trial->names[i]) > width)
            width = strlen(trial->names[i]);
    for (size_t i = 0; i < trial->parameter_count; i++) {
        cav_text value = {0};
        if (trial->values[i].kind == CAVIAR_KIND_NONE)
            continue;
        cav_value_print(&trial->values[i], &value);
        cav_text_make_harmless(value.data);
        printf("  %-*s  %s\n", (int)width, trial->names[i], cav_text_get(&value));
        cav_text_free(&value);
    }
}

static void print_curve(const cav_course *course)
{
    const cav_series *at = &course->now;
    if (at->count < 2)
        return;
    cav_style style = cav_style_of(stdout);
    cav_text line = {0};
    char first[CAV_NUMBER_SIZE], last[CAV_NUMBER_SIZE];
    cav_style_sparkline(&style, at->values, at->count, CURVE_COLUMNS, &line);
    cav_number_print_short(at->values[0], 4, first);
    cav_number_print_short(at->values[at->count - 1], 4, last);
    printf("\n%s from %s (step %lld) to %s (step %lld)\n  %s\n", course->metric, first,
           (long long)at->steps[0], last, (long long)at->steps[at->count - 1], cav_text_get(&line));
    cav_text_free(&line);
    for (size_t i = 0; i < course->old_count; i++)
        printf("  given up: steps %lld to %lld\n", (long long)course->old[i].steps[0],
               (long long)course->old[i].steps[course->old[i].count - 1]);
}

static void print_parent(const cav_history *history, int64_t number)
{
    int64_t step = history->parent_steps[number];
    if (history->parents[number] < 0)
        return;
    printf(", of trial %lld", (long long)history->parents[number]);
    if (step >= 0)
        printf(" from step %lld on", (long long)step);
}

// "auto, gp: expects most here; explains 42 %": who made a trial, in `size` bytes; then why, if
// said.
static size_t maker_size(const char *origin)
{
    return strcspn(origin, ":");
}

static void print_why(const char *origin)
{
    const char *why = origin + maker_size(origin);
    why += strspn(why, ": ");
    while (*why) {
        size_t size = strcspn(why, ";");
        printf("  %.*s\n", (int)size, why);
        why += size;
        why += strspn(why, "; ");
    }
}

static void print_head(const cav_study *study, const caviar_trial *trial,
                       const cav_details *details)
{
    char took[CAV_NUMBER_SIZE];
    const char *reason = caviar_reason_name(trial->reason);
    printf("%s, trial %lld: %s%s%s\n", study->spec->study, (long long)trial->number,
           caviar_state_name(trial->state), reason[0] ? ", " : "", reason);
    if (details->message[0])
        printf("%s\n", details->message);
    for (size_t m = 0; m < trial->final_count; m++) {
        cav_text value = {0};
        if (isnan(trial->finals[m]))
            continue;
        cav_text_append_number(&value, trial->finals[m]);
        printf("%s = %s\n", study->metric_names[m], cav_text_get(&value));
        cav_text_free(&value);
    }
    cav_text runs = {0};
    cav_print_runs(study, (size_t)trial->number, &runs);
    if (runs.size > 0)
        printf("%s\n", cav_text_get(&runs));
    cav_text_free(&runs);
    printf("from %.*s", (int)maker_size(details->origin), details->origin);
    print_parent(study->history, trial->number);
    printf(", attempt %lld", (long long)trial->attempt);
    if (details->finished_ms > 0 && details->started_ms > 0) {
        cav_duration_print(details->finished_ms - details->started_ms, took);
        printf(", took %s", took);
    }
    printf("\n");
    cav_text usage = {0};
    cav_print_usage(trial->attempt, details, &usage);
    if (usage.size > 0)
        printf("%s\n", cav_text_get(&usage));
    cav_text_free(&usage);
    print_why(details->origin);
    printf("\n");
}

static void print_output(const cav_text *output)
{
    const char *text = cav_text_get(output);
    if (!text[0])
        return;
    printf("\nThe end of its output:\n");
    for (const char *line = text; *line;) {
        size_t size = strcspn(line, "\n");
        printf("  | %.*s\n", (int)size, line);
        line += size + (line[size] == '\n');
    }
}

static void write_series(const cav_course *course, const cav_series *at, cav_json *json)
{
    cav_json_begin_array(json);
    for (size_t i = 0; i < at->count; i++) {
        cav_json_begin_object(json);
        cav_json_add_int(json, "step", at->steps[i]);
        cav_json_add_number(json, course->metric, at->values[i]);
        cav_json_end_object(json);
    }
    cav_json_end_array(json);
}

static void write_course(const cav_course *course, cav_json *json)
{
    cav_json_key(json, "curve");
    write_series(course, &course->now, json);
    if (course->old_count == 0)
        return;
    cav_json_key(json, "given_up");
    cav_json_begin_array(json);
    for (size_t i = 0; i < course->old_count; i++)
        write_series(course, &course->old[i], json);
    cav_json_end_array(json);
}

static caviar_code print_json(const cav_study *study, const caviar_trial *trial,
                              const cav_details *details, const cav_course *course,
                              const cav_text *output, const cav_standing *standing,
                              cav_error *error)
{
    cav_text text = {0};
    cav_json json = {.text = &text, .pretty = true};
    cav_json_begin_object(&json);
    cav_json_add_string(&json, "study", study->spec->study);
    cav_json_key(&json, "trial");
    cav_print_trial_json(study, trial, details, &json);
    if (study->history->parents[trial->number] >= 0) {
        cav_json_add_int(&json, "parent", study->history->parents[trial->number]);
        cav_json_add_int(&json, "parent_step", study->history->parent_steps[trial->number]);
    }
    write_course(course, &json);
    cav_json_key(&json, "nudges");
    cav_cli_nudges_write(study, trial->number, &json);
    cav_json_add_string(&json, "output", cav_text_get(output));
    if (standing)
        cav_standing_write(study, standing, &json);
    cav_json_end_object(&json);
    return cav_print_json(&text, error);
}

// As the best one, with `standing` not NULL, it is shown with how sure that is.
static caviar_code show_trial(const cav_arguments *arguments, cav_study *study, int64_t number,
                              const cav_standing *standing, cav_error *error)
{
    caviar_trial *trial;
    cav_details *details = NULL;
    cav_text output = {0};
    cav_course course = {.metric = study->metric_names[0]};
    int64_t cursor = 0;
    caviar_code code = cav_study_view(study, number, &trial, error);
    if (code)
        return code;
    const cav_store_type *store = study->store->type;
    code = cav_details_read(study, &details, error);
    if (!code)
        code = cav_course_read(&course, study->store, &study->scope, number, &cursor, error);
    if (!code)
        code = store->output_read(study->store, &study->scope, number, &output, error);
    if (!code && cav_flag_is_on(arguments, "json")) {
        code = print_json(study, trial, &details[number], &course, &output, standing, error);
    } else if (!code) {
        cav_text_make_harmless(details[number].message);
        cav_text_make_harmless(details[number].origin);
        print_head(study, trial, &details[number]);
        print_parameters(trial);
        print_curve(&course);
        cav_cli_nudges_print(study, number);
        print_output(&output);
        if (standing)
            code = cav_standing_print(study, standing, error);
    }
    cav_details_free(details, study->history->count);
    cav_course_free(&course);
    cav_text_free(&output);
    caviar_trial_free(trial);
    return code;
}

static caviar_code show_either(const cav_arguments *arguments, cav_study *study, int64_t number,
                               cav_error *error)
{
    bool of_study = cav_flag_is_on(arguments, "definition");
    if (number >= 0 && of_study)
        return cav_fail(error, CAVIAR_INVALID, "--definition is the study's; leave the trial out");
    if (number < 0 && cav_flag_is_on(arguments, "schedule"))
        return cav_fail(error, CAVIAR_INVALID, "--schedule needs a trial's number");
    if (number < 0)
        return cav_cli_outline_print(arguments, study, error);
    return cav_flag_is_on(arguments, "schedule")
               ? cav_cli_schedule_print(study, number, error)
               : show_trial(arguments, study, number, NULL, error);
}

static cav_exit run_show(const cav_arguments *arguments)
{
    return cav_cli_with_trial(arguments, true, show_either);
}

static const cav_flag show_flags[] = {
    {0, "schedule", NULL, "print what it started with and its nudges, as a file for 'replay'"},
    {0, "definition", NULL, "print the study as it is now, as a study file"},
};

static const cav_example show_examples[] = {
    {"caviar show", "the study: what it varies, and what 'caviar update' has changed"},
    {"caviar show 7", "parameters, learning curve, why it failed, the end of its output"},
    {"caviar show 7 --schedule > plan.yaml", "its schedule, to be edited and replayed"},
};

const cav_verb cav_verb_show = {
    .name = "show",
    .group = "Look",
    .summary = "show everything about one trial, or the study itself",
    .operands = "[TRIAL]",
    .flags = show_flags,
    .flag_count = CAV_COUNT_OF(show_flags),
    .description = "Shows a trial: its state, its result, how long it took, and how much processor "
                   "time and memory, its parameters in full, its learning "
                   "curve, what was changed while it ran ('caviar nudge'), and the end of what it "
                   "printed. All of its output stands in the file "
                   "output.log of its folder.\n\n"
                   "Without a trial: the study, its space as it is now, and what 'caviar update' "
                   "has changed of it, when, by whom and why; and, where it learns from earlier "
                   "studies, how well each foretells its trials, and how much each counts now.",
    .has_store = true,
    .has_json = true,
    .most = 1,
    .examples = show_examples,
    .example_count = CAV_COUNT_OF(show_examples),
    .run = run_show,
};

// lr=0.0123, as a command line would have it: --lr 0.0123
static void write_words(const caviar_trial *trial, cav_text *line)
{
    for (size_t i = 0; i < trial->parameter_count; i++) {
        if (trial->values[i].kind == CAVIAR_KIND_NONE)
            continue;
        cav_text_appendf(line, "%s%s=", line->size ? " " : "", trial->names[i]);
        cav_value_print(&trial->values[i], line);
    }
}

// The metric that --metric names; the first one, without a word.
static caviar_code read_metric(const cav_arguments *arguments, const cav_study *study,
                               size_t *ret_metric, cav_error *error)
{
    const char *name = cav_flag_get(arguments, "metric");
    *ret_metric = 0;
    if (!name)
        return CAVIAR_OK;
    for (size_t m = 0; m < study->history->metric_count; m++) {
        if (strcmp(study->metric_names[m], name) != 0)
            continue;
        *ret_metric = m;
        return CAVIAR_OK;
    }
    return cav_cli_fail_metric(study, name, error);
}

// Whether the question is for the front: there are several metrics, and none was picked out.
static bool wants_front(const cav_arguments *arguments, const cav_study *study)
{
    if (cav_flag_get(arguments, "reference"))
        return true;
    return study->history->metric_count > 1 && !cav_flag_get(arguments, "metric") &&
           !cav_flag_is_on(arguments, "config");
}

static caviar_code best(const cav_arguments *arguments, cav_study *study, cav_standing *standing,
                        cav_error *error)
{
    caviar_trial *trial;
    size_t metric;
    if (wants_front(arguments, study))
        return cav_cli_front_print(arguments, study, error);
    if (read_metric(arguments, study, &metric, error))
        return CAVIAR_NOT_FOUND;
    bool asks_all = study->spec->metric_count == 1;
    cav_best first;
    if (cav_study_best(study, &first, error))
        return error->code;
    standing->incumbent = first.incumbent;
    size_t number = metric == 0 ? first.trial : cav_history_best(study->history, metric);
    if (number == SIZE_MAX)
        return cav_fail(error, CAVIAR_NOT_FOUND, "no trial of study '%s' is complete yet",
                        study->spec->study);
    if (!cav_flag_is_on(arguments, "config"))
        return show_trial(arguments, study, (int64_t)number, asks_all ? standing : NULL, error);
    caviar_code code = cav_study_view(study, (int64_t)number, &trial, error);
    if (code)
        return code;
    cav_text text = {0};
    if (cav_flag_is_on(arguments, "json"))
        cav_trial_write_config(trial, &(cav_json){.text = &text});
    else
        write_words(trial, &text);
    caviar_trial_free(trial);
    return cav_print_json(&text, error);
}

// Runs the best few again, if that is wanted.
static caviar_code confirm(const cav_arguments *arguments, cav_standing *standing, cav_error *error)
{
    int64_t count = 0, times = 3;
    caviar_code code = cav_flag_int(arguments, "confirm", 1, CAV_MOST_CONFIRMED, &count, error);
    if (!code)
        code = cav_flag_int(arguments, "times", 1, 1000, &times, error);
    if (!code && cav_flag_get(arguments, "times") && count == 0)
        return cav_fail(error, CAVIAR_INVALID, "--times says how often --confirm K runs each");
    return code || count == 0 ? code : cav_cli_confirm(arguments, count, times, standing, error);
}

static cav_exit run_best(const cav_arguments *arguments)
{
    cav_error error = {0};
    cav_study *study;
    cav_standing standing = {0};
    if (confirm(arguments, &standing, &error))
        return cav_complain(&error);
    if (cav_cli_open(arguments, NULL, true, &study, &error))
        return cav_complain(&error);
    caviar_code code = best(arguments, study, &standing, &error);
    cav_study_close(study);
    return code ? cav_complain(&error) : CAV_EXIT_OK;
}

static const cav_flag best_flags[] = {
    CAV_CONFIRM_FLAGS,
    {0, "config", NULL, "print only the parameters, NAME=VALUE in one line"},
    {0, "metric", "NAME", "of several metrics: the best trial by this one"},
    {0, "reference", "A,B,...", "the front, and its hypervolume: what it covers from here on"},
};

static const cav_example best_examples[] = {
    {"caviar best", "the trial with the best value, as 'caviar show' shows it"},
    {"caviar best --config", "lr=0.0123 units=128"},
    {"caviar best --confirm 3 --times 5", "run the best three five times more, then say which"},
    {"caviar best --reference 1,1e6", "the front of two metrics, and what it covers of what is "
                                      "better than 1 and 1e6"},
};

const cav_verb cav_verb_best = {
    .name = "best",
    .group = "Look",
    .summary = "show the best trial, or the front of several metrics",
    .operands = "",
    .description =
        "Shows the complete trial with the best value of the study's metric; of equals, "
        "the earliest. Where runs of one configuration come out different, the best "
        "value is a lucky draw: it shows the configuration that would have the best "
        "mean of many runs, by what all trials say together, with its interval and the "
        "chance of each of the best few to be the best. --confirm runs the best few "
        "again, by the study's own command, before it says so; these runs are trials of the "
        "study, but beside its budget.\n\n"
        "Where there are several metrics it lists the Pareto front: the complete trials "
        "of which no other one is as good in all metrics and better in one. --metric "
        "then picks the best by one of them, and --config goes by the first if none is "
        "named. --reference takes a value for each metric, in their order, and gives "
        "the volume between these and the front.",
    .flags = best_flags,
    .flag_count = CAV_COUNT_OF(best_flags),
    .has_store = true,
    .has_json = true,
    .examples = best_examples,
    .example_count = CAV_COUNT_OF(best_examples),
    .run = run_best,
};
