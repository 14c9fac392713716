/**
 * advising.c: advice about the space, and how much of an earlier study holds.
 */
#include "cli/advising.h"

#include "base/number.h"
#include "cli/metrics.h"
#include "cli/open.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// That there is not enough to tell is no failure; its sentence is kept.
static caviar_code excuse(caviar_code code, const cav_error *why, cav_error *error)
{
    if (code == CAVIAR_OK || code == CAVIAR_NOT_FOUND)
        return CAVIAR_OK;
    return cav_fail(error, code, "%s", why->message);
}

static caviar_code compare(const cav_arguments *arguments, const cav_study *study, size_t metric,
                           cav_advising *at, cav_error *error)
{
    cav_study *earlier;
    size_t other = 0;
    caviar_code code = cav_cli_open(arguments, at->from, true, &earlier, error);
    if (code)
        return code;
    code = cav_study_extrapolate(earlier, error);
    const cav_spec *spec = earlier->spec;
    for (size_t m = 0; m < spec->metric_count; m++) // of the same name, or its first
        if (strcmp(spec->metrics[m].name, study->metric_names[metric]) == 0)
            other = m;
    cav_transfer_side here = {study->spec->space, cav_study_learnt(study), metric};
    cav_transfer_side there = {spec->space, cav_study_learnt(earlier), other};
    if (!code) {
        code =
            cav_transfer_measure(&here, &there, study->spec->seed, &at->transfer, &at->no_transfer);
        code = excuse(code, &at->no_transfer, error);
    }
    cav_study_close(earlier);
    return code;
}

caviar_code cav_advising_make(const cav_arguments *arguments, cav_study *study,
                              cav_advising *ret_advising, cav_error *error)
{
    cav_advising *at = ret_advising;
    size_t metric;
    *at = (cav_advising){.arena = cav_arena_new(), .from = cav_flag_get(arguments, "from")};
    if (!at->arena)
        return cav_fail_memory(error);
    caviar_code code =
        cav_cli_find_metric(study, cav_flag_get(arguments, "metric"), &metric, error);
    if (!code)
        code = cav_study_extrapolate(study, error);
    if (code)
        return code;
    code = cav_advice_make(study->spec->space, cav_study_learnt(study), metric, study->spec->seed,
                           at->arena, &at->list, &at->too_few);
    code = excuse(code, &at->too_few, error);
    return !code && at->from ? compare(arguments, study, metric, at, error) : code;
}

void cav_advising_free(cav_advising *advising)
{
    cav_arena_free(advising->arena);
    *advising = (cav_advising){0};
}

static void describe_list(const cav_advice_list *list, cav_text *text)
{
    for (size_t i = 0; i < list->count; i++)
        cav_text_appendf(text, "%sspace, %zu: %s\n  change: %s", text->size > 0 ? "\n" : "", i + 1,
                         list->items[i].evidence, list->items[i].change);
    if (list->count == 0)
        cav_text_appendf(text,
                         "space: %zu trials speak for no other scale or range; the model "
                         "explains %.0f %% of trials left out",
                         list->trial_count, 100 * fmax(0, list->skill));
}

void cav_advising_describe(const cav_advising *advising, cav_text *text)
{
    if (advising->too_few.message[0])
        cav_text_appendf(text, "space: %s", advising->too_few.message);
    else
        describe_list(&advising->list, text);
    if (!advising->from)
        return;
    cav_text_append(text, "\ntransfer: ");
    if (advising->no_transfer.message[0])
        cav_text_append(text, advising->no_transfer.message);
    else
        cav_transfer_describe(&advising->transfer, advising->from, text);
}

void cav_advising_write(const cav_advising *advising, cav_json *json)
{
    cav_json_key(json, "space");
    if (advising->too_few.message[0])
        cav_json_null(json);
    else
        cav_advice_write(&advising->list, json);
    if (!advising->from)
        return;
    cav_json_key(json, "transfer");
    if (advising->no_transfer.message[0])
        cav_json_null(json);
    else
        cav_transfer_write(&advising->transfer, advising->from, json);
}

caviar_code cav_advising_study(const cav_advising *advising, const cav_study *study,
                               const char *name, cav_text *text, cav_error *error)
{
    cav_spec spec = *study->spec;
    if (advising->too_few.message[0])
        return cav_fail(error, CAVIAR_NOT_FOUND, "%s", advising->too_few.message);
    if (!cav_text_is_name(name))
        return cav_fail(error, CAVIAR_INVALID, "'%.60s' is no name of a study", name);
    caviar_code code =
        cav_advice_follow(&advising->list, &(cav_advice_choice){0}, &spec.space, error);
    if (code)
        return code;
    spec.study = name;
    cav_spec_write(&spec, &(cav_json){.text = text, .pretty = true});
    caviar_space_free(spec.space);
    return CAVIAR_OK;
}

// ---- Applying it ------------------------------------------------------------------------------

static caviar_code choose(const cav_advice_list *list, const char *numbers, bool *chosen,
                          cav_error *error)
{
    for (size_t i = 0; i < list->count; i++)
        chosen[i] = !numbers || !numbers[0];
    for (const char *at = numbers; at && *at;) {
        char word[24];
        int64_t number;
        size_t size = strcspn(at, ",");
        snprintf(word, sizeof word, "%.*s", (int)(size < sizeof word ? size : 0), at);
        if (!cav_number_parse_int(word, &number) || number < 1 || number > (int64_t)list->count)
            return cav_fail(error, CAVIAR_INVALID,
                            "'%.40s': the numbers of advice are expected, 1 to %zu, as in 1,3",
                            numbers, list->count);
        chosen[number - 1] = true;
        at += size + (at[size] == ',');
    }
    return CAVIAR_OK;
}

// The definition with another space, as a spec that owns everything in it.
static caviar_code spec_with(const cav_study *study, cav_space *space, cav_spec **ret_spec,
                             cav_error *error)
{
    cav_text text = {0};
    cav_spec spec = *study->spec;
    spec.space = space;
    cav_spec_write(&spec, &(cav_json){.text = &text});
    caviar_code code = text.failed ? cav_fail_memory(error)
                                   : cav_spec_parse("", text.data, text.size, ret_spec, error);
    cav_text_free(&text);
    return code;
}

static caviar_code apply(const cav_advising *advising, cav_study *study, const bool *chosen,
                         const cav_update_options *options, cav_text *what, cav_error *error)
{
    cav_space *space;
    cav_spec *spec;
    cav_advice_choice choice = {.chosen = chosen, .keeps_choices = true};
    caviar_code code = cav_advice_follow(&advising->list, &choice, &space, error);
    if (code)
        return code;
    code = spec_with(study, space, &spec, error);
    caviar_space_free(space);
    return code ? code : cav_study_update(study, spec, options, what, error);
}

caviar_code cav_advising_apply(const cav_advising *advising, cav_study *study, const char *numbers,
                               const cav_update_options *options, cav_text *ret_what,
                               cav_error *error)
{
    const cav_advice_list *list = &advising->list;
    if (advising->too_few.message[0])
        return cav_fail(error, CAVIAR_NOT_FOUND, "%s", advising->too_few.message);
    if (list->count == 0)
        return cav_fail(error, CAVIAR_NOT_FOUND,
                        "there is no advice to apply: %zu trials speak for no other scale "
                        "or range",
                        list->trial_count);
    bool *chosen = calloc(list->count, sizeof *chosen);
    if (!chosen)
        return cav_fail_memory(error);
    caviar_code code = choose(list, numbers, chosen, error);
    if (!code)
        code = apply(advising, study, chosen, options, ret_what, error);
    free(chosen);
    return code;
}
