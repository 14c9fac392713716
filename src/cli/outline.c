/**
 * outline.c: a study in a few lines.
 */
#include "cli/outline.h"

#include "base/number.h"
#include "cli/print.h"
#include "space/constraint.h"
#include "study/earlier.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void append_metrics(const cav_spec *spec, cav_text *text)
{
    for (size_t m = 0; m < spec->metric_count; m++)
        cav_text_appendf(text, "%s%s %s", m ? ", " : "",
                         spec->metrics[m].maximize ? "maximize" : "minimize",
                         spec->metrics[m].name);
}

static void append_budget(const cav_budget *budget, cav_text *text)
{
    char time[CAV_NUMBER_SIZE];
    bool any = budget->trials || budget->time_ms || budget->steps;
    if (budget->trials)
        cav_text_appendf(text, "; %lld trials", (long long)budget->trials);
    if (budget->time_ms) {
        cav_duration_print(budget->time_ms, time);
        cav_text_appendf(text, "; %s", time);
    }
    if (budget->steps)
        cav_text_appendf(text, "; %lld steps in all", (long long)budget->steps);
    cav_text_append(text, any ? "" : "; no budget");
}

static void append_range(const cav_parameter *at, cav_text *text)
{
    cav_text_appendf(text, "%s ", caviar_scale_name(at->scale));
    cav_text_append_number(text, at->low);
    cav_text_append(text, " to ");
    cav_text_append_number(text, at->high);
    for (size_t i = 0; i < at->special_count; i++) {
        cav_text_append(text, i ? ", " : ", or ");
        cav_text_append_number(text, at->specials[i]);
    }
}

static void append_values(const cav_parameter *at, cav_text *text)
{
    for (size_t i = 0; i < at->choice_count; i++) {
        cav_text_append(text, i ? " | " : "");
        cav_parameter_print(at, (double)i, text);
    }
}

static void append_parameter(const cav_parameter *at, int width, cav_text *text)
{
    cav_text_appendf(text, "\n  %-*s  %s ", width, at->name, caviar_type_name(at->type));
    if (at->tier == CAVIAR_TIER_FIXED) {
        cav_text_append(text, "fixed at ");
        cav_parameter_print(at, at->initial, text);
    } else if (at->choice_count > 0) {
        append_values(at, text);
    } else {
        append_range(at, text);
    }
    for (size_t i = 0; i < at->when_count; i++)
        cav_text_appendf(text, "%s%s", i ? ", " : "; only by ", at->when[i].parent_name);
}

static void append_space(const cav_space *space, cav_text *text)
{
    size_t width = 0;
    for (size_t i = 0; i < space->count; i++)
        width =
            strlen(space->parameters[i].name) > width ? strlen(space->parameters[i].name) : width;
    for (size_t i = 0; i < space->count; i++)
        append_parameter(&space->parameters[i], (int)width, text);
    for (size_t i = 0; i < space->constraint_count; i++)
        cav_text_appendf(text, "\n  constraint %s", cav_constraint_text(space->constraints[i]));
}

static void append_changes(const cav_spec *spec, cav_text *text)
{
    cav_text_append(text, spec->change_count > 0 ? "\n\nChanged since it began:" : "");
    for (size_t i = 0; i < spec->change_count; i++) {
        const cav_spec_change *at = &spec->changes[i];
        char when[CAV_TIME_SIZE];
        cav_time_print(at->time_ms, when);
        cav_text_appendf(text, "\n  %s, after %lld trials, %s%s%s", when, (long long)at->trials,
                         at->author, at->note[0] ? ": " : "", at->note);
        for (size_t k = 0; k < at->what_count; k++)
            cav_text_appendf(text, "\n    %s", at->what[k]);
    }
}

// What was seen of an earlier study here, in a line of its own.
static void append_evidence(const cav_inherited *at, cav_text *text)
{
    if (at->trial_count < 4)
        cav_text_append(text, "\n    too few trials yet to tell how well it orders them");
    else
        cav_text_appendf(text,
                         "\n    orders %zu trials with a rank correlation of %.2f (90 %%: %.2f to "
                         "%.2f)",
                         at->trial_count, at->agreement.value, at->agreement.low,
                         at->agreement.high);
    if (at->refuted)
        cav_text_appendf(text, "; after %zu of them it was dropped", at->refuted);
    if (at->taken > 0)
        cav_text_appendf(text, "\n    %zu of its best configurations tried here", at->taken);
    if (!isnan(at->best_place))
        cav_text_appendf(text, ", one of them better than all but %.0f %% of the trials",
                         100 * at->best_place);
}

static void append_earlier(const cav_earlier_report *reports, size_t count, cav_text *text)
{
    cav_text_append(text, count > 0 ? "\n\nLearns from earlier studies:" : "");
    for (size_t i = 0; i < count; i++) {
        const cav_earlier_report *at = &reports[i];
        double share = at->now.share * at->now.weight;
        cav_text_appendf(text, "\n  %s: %zu trials, %zu of its parameters are varied here",
                         at->name, at->trial_count, at->shared_count);
        if (!isnan(share))
            cav_text_appendf(text, "; weight now %.0f %%", 100 * share);
        append_evidence(&at->now, text);
    }
}

static void write_earlier(const cav_earlier_report *reports, size_t count, cav_json *json)
{
    cav_json_key(json, "earlier");
    cav_json_begin_array(json);
    for (size_t i = 0; i < count; i++) {
        const cav_inherited *now = &reports[i].now;
        cav_json_begin_object(json);
        cav_json_add_string(json, "study", reports[i].name);
        cav_json_add_int(json, "trials", (int64_t)reports[i].trial_count);
        cav_json_add_int(json, "shared", (int64_t)reports[i].shared_count);
        cav_json_add_number(json, "weight", now->share * now->weight);
        cav_json_add_int(json, "predicted", (int64_t)now->trial_count);
        cav_json_add_number(json, "correlation", now->agreement.value);
        cav_json_add_number(json, "low", now->agreement.low);
        cav_json_add_number(json, "high", now->agreement.high);
        cav_json_add_int(json, "refuted_after", (int64_t)now->refuted);
        cav_json_add_int(json, "taken", (int64_t)now->taken);
        cav_json_add_number(json, "best_place", now->best_place);
        cav_json_end_object(json);
    }
    cav_json_end_array(json);
}

static void append_steps(const cav_study *study, cav_text *text)
{
    int64_t last = cav_study_last_step(study);
    if (last == 0)
        return;
    bool is_seen = study->spec->step_max == 0;
    cav_text_appendf(text, "trials go to step %lld%s\n", (long long)last,
                     is_seen ? ", where all complete ones have ended" : "");
}

static void describe(const cav_study *study, const cav_earlier_report *earlier, cav_text *text)
{
    const cav_spec *spec = study->spec;
    cav_text_appendf(text, "%s: ", spec->study);
    append_metrics(spec, text);
    append_budget(&spec->budget, text);
    cav_text_appendf(text, "; %lld at a time\nsampler %s, scheduler %s, seed %llu\n%zu trial%s",
                     (long long)spec->parallel, spec->sampler.name, spec->scheduler.name,
                     (unsigned long long)spec->seed, study->history->count,
                     study->history->count == 1 ? "" : "s");
    if (study->history->outside_count > 0)
        cav_text_appendf(text, ", of which %zu lie outside of the space as it is now",
                         study->history->outside_count);
    cav_text_append(text, "\n");
    append_steps(study, text);
    append_space(spec->space, text);
    append_earlier(earlier, spec->from_count, text);
    append_changes(spec, text);
    cav_text_make_harmless(text->data);
}

static void write(const cav_study *study, const cav_earlier_report *earlier, cav_json *json)
{
    cav_json_begin_object(json);
    cav_json_key(json, "study");
    cav_spec_write(study->spec, json);
    cav_json_add_int(json, "trials", (int64_t)study->history->count);
    cav_json_add_int(json, "outside", (int64_t)study->history->outside_count);
    cav_json_add_int(json, "last_step", cav_study_last_step(study));
    if (study->spec->from_count > 0)
        write_earlier(earlier, study->spec->from_count, json);
    cav_json_end_object(json);
}

caviar_code cav_cli_outline_print(const cav_arguments *arguments, cav_study *study,
                                  cav_error *error)
{
    cav_text text = {0};
    cav_json json = {.text = &text, .pretty = true};
    cav_earlier_report *earlier = NULL;
    if (cav_flag_is_on(arguments, "definition")) {
        cav_spec_write(study->spec, &json);
        return cav_print_json(&text, error);
    }
    caviar_code code = cav_earlier_reports(study, &earlier, error);
    if (code)
        return code;
    if (cav_flag_is_on(arguments, "json"))
        write(study, earlier, &json);
    else
        describe(study, earlier, &text);
    free(earlier);
    return cav_print_json(&text, error);
}
