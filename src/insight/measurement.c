/**
 * measurement.c: calling the methods, and their result as JSON.
 */
#include "insight/measurement.h"

#include "insight/shapley.h"
#include "insight/tiers.h"

#include <math.h>
#include <string.h>

enum { MOST_LINES = 5 }; // about tiers

#define X(name, word, summary) word,
static const char *const words[CAV_METHOD_COUNT] = {CAV_METHODS(X)};
#undef X
#define X(name, word, summary) summary,
static const char *const summaries[CAV_METHOD_COUNT] = {CAV_METHODS(X)};
#undef X

const char *cav_method_name(cav_method method)
{
    return words[method];
}

const char *cav_method_summary(cav_method method)
{
    return summaries[method];
}

caviar_code cav_method_find(const char *word, cav_method *ret_method, cav_error *error)
{
    char hint[CAV_HINT_SIZE];
    for (int i = 0; i < CAV_METHOD_COUNT; i++) {
        if (strcmp(words[i], word) == 0) {
            *ret_method = (cav_method)i;
            return CAVIAR_OK;
        }
    }
    cav_text_hint(word, words, CAV_METHOD_COUNT, hint);
    return cav_fail(error, CAVIAR_INVALID, "there is no method '%.60s' of importance%s", word,
                    hint);
}

static bool is_beyond_chance(const cav_measurement *at)
{
    for (size_t i = 0; i < at->count; i++)
        if (at->items[i].chance < CAV_IMPORTANCE_NOISE)
            return true;
    return false;
}

static caviar_code ask_forest(const cav_measurement_setup *setup, cav_arena *arena,
                              cav_measurement *at, cav_error *error)
{
    cav_fitted fitted;
    caviar_code code =
        cav_fitted_make(setup->space, setup->history, setup->metric, setup->seed, &fitted, error);
    bool fine = true;
    if (!code) {
        at->trial_count = fitted.trial_count;
        at->explained = fitted.explained;
        at->needed = fitted.least;
        at->is_enough = cav_fitted_is_enough(&fitted);
        if (setup->method == CAV_METHOD_FANOVA)
            fine = cav_anova_singles(&fitted, at->items);
        else if (setup->method == CAV_METHOD_SHAPLEY)
            fine = cav_shapley_shares(&fitted, at->items);
        if (setup->with_pairs) {
            at->pair_count = cav_anova_pair_count(&fitted);
            at->pairs = CAV_ARENA_NEW(arena, cav_interaction, at->pair_count + 1);
            fine = fine && at->pairs && cav_anova_pairs(&fitted, at->pairs);
        }
    }
    cav_fitted_free(&fitted);
    return code || fine ? code : cav_fail_memory(error);
}

caviar_code cav_measurement_make(const cav_measurement_setup *setup, cav_arena *arena,
                                 cav_measurement *ret_measurement, cav_error *error)
{
    cav_measurement at = {.space = setup->space,
                          .method = setup->method,
                          .count = setup->space->dim_count,
                          .even_count = NAN,
                          .explained = NAN,
                          .needed = NAN};
    caviar_code code = CAVIAR_OK;
    at.items = CAV_ARENA_NEW(arena, cav_importance, at.count + 1);
    if (!at.items)
        return cav_fail_memory(error);
    if (setup->method != CAV_METHOD_PED_ANOVA || setup->with_pairs)
        code = ask_forest(setup, arena, &at, error);
    if (!code && setup->method == CAV_METHOD_PED_ANOVA) {
        cav_importance_basis basis;
        code = cav_importance_measure(setup->space, setup->history, setup->metric, setup->seed,
                                      at.items, &basis, error);
        if (!code) {
            at.trial_count = basis.trial_count;
            at.even_count = basis.even_count;
            at.is_enough = is_beyond_chance(&at);
        }
    }
    if (!code)
        *ret_measurement = at;
    return code;
}

void cav_measurement_doubt(const cav_measurement *at, cav_text *text)
{
    if (at->is_enough || at->count == 0)
        return;
    if (at->method == CAV_METHOD_PED_ANOVA)
        cav_text_appendf(text,
                         "nothing is ranked: in %zu trials the best differ from the "
                         "others in no parameter by more than chance would make them",
                         at->trial_count);
    else
        cav_text_appendf(text,
                         "nothing is ranked: the model explains %.0f %% of the variation of trials "
                         "that it has not seen, and noise reaches %.0f %%; more trials may help",
                         100 * fmax(0, at->explained), 100 * at->needed);
}

static void write_share(double share, double low, double high, cav_json *json)
{
    cav_json_add_number(json, "share", share);
    cav_json_add_number(json, "low", low);
    cav_json_add_number(json, "high", high);
}

static void write_items(const cav_measurement *at, cav_json *json)
{
    cav_json_key(json, "parameters");
    cav_json_begin_array(json);
    for (size_t i = 0; i < at->count; i++) {
        const cav_importance *item = &at->items[i];
        cav_json_begin_object(json);
        cav_json_add_string(json, "parameter", at->space->parameters[item->parameter].name);
        write_share(item->share, item->low, item->high, json);
        cav_json_add_number(json, "chance", item->chance);
        cav_json_end_object(json);
    }
    cav_json_end_array(json);
}

static void write_pairs(const cav_measurement *at, cav_json *json)
{
    cav_json_key(json, "pairs");
    cav_json_begin_array(json);
    for (size_t i = 0; i < at->pair_count; i++) {
        const cav_interaction *pair = &at->pairs[i];
        cav_json_begin_object(json);
        cav_json_add_string(json, "first", at->space->parameters[pair->first].name);
        cav_json_add_string(json, "second", at->space->parameters[pair->second].name);
        write_share(pair->share, pair->low, pair->high, json);
        cav_json_end_object(json);
    }
    cav_json_end_array(json);
}

void cav_measurement_write(const cav_measurement *at, const char *metric, cav_json *json)
{
    cav_text text = {0};
    cav_json_begin_object(json);
    cav_json_add_string(json, "metric", metric);
    cav_json_add_string(json, "method", cav_method_name(at->method));
    cav_json_add_int(json, "trials", (int64_t)at->trial_count);
    cav_json_add_int(json, "stopped", (int64_t)at->stopped_count);
    cav_json_add_number(json, "explained", at->explained);
    cav_json_add_bool(json, "is_ranked", at->is_enough);
    write_items(at, json);
    if (at->pairs)
        write_pairs(at, json);
    if (at->is_enough)
        cav_tiers_compare(at->space, at->items, at->count, MOST_LINES, &text);
    cav_json_add_string(json, "tiers", cav_text_get(&text));
    cav_json_end_object(json);
    cav_text_free(&text);
}
