/**
 * advice.c: evidence and changes in words.
 */
#include "insight/advice.h"

#include "base/number.h"
#include "space/constraint.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

const char *cav_advice_name(cav_advice_kind kind)
{
#define X(name, word) word,
    static const char *const words[] = {CAV_ADVICE_KINDS(X)};
#undef X
    return words[kind];
}

// Formats into the arena; NULL when out of memory.
static const char *say(cav_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static const char *say(cav_arena *arena, const char *format, ...)
{
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return cav_arena_strdup(arena, text);
}

typedef struct printed {
    char text[64];
} printed;

static printed print_value(const cav_parameter *parameter, double raw)
{
    printed of = {0};
    cav_text text = {0};
    cav_parameter_print(parameter, raw, &text);
    snprintf(of.text, sizeof of.text, "%s", cav_text_get(&text));
    cav_text_free(&text);
    return of;
}

static printed print_number(double number)
{
    printed of = {0};
    cav_number_print_short(number, 4, of.text);
    return of;
}

static void advise_scale(const cav_advice_list *list, const cav_scale_evidence *at,
                         cav_arena *arena, cav_advice *ret)
{
    const cav_parameter *parameter = &list->space->parameters[at->parameter];
    const char *better = caviar_scale_name(at->better);
    *ret = (cav_advice){
        .kind = CAV_ADVICE_SCALE,
        .parameter = at->parameter,
        .scale = at->better,
        .evidence =
            say(arena, "%s was searched on the scale %s; %s explains %.1f (± %.1f) nats more",
                parameter->name, caviar_scale_name(parameter->scale), better, at->gains[at->better],
                at->errors[at->better]),
        .change = say(arena, "scale: %s", better)};
}

static double bound_of(const cav_range_advice *at)
{
    return at->is_high ? at->high : at->low;
}

static const char *say_bound(const cav_range_advice *at, cav_arena *arena)
{
    return say(arena, "%s: %s", at->is_high ? "high" : "low", print_number(bound_of(at)).text);
}

static const char *end_of(const cav_range_advice *at)
{
    return at->is_high ? "upper" : "lower";
}

static void advise_range(const cav_advice_list *list, const cav_range_advice *at, cav_arena *arena,
                         cav_advice *ret)
{
    const cav_parameter *parameter = &list->space->parameters[at->parameter];
    *ret = (cav_advice){.parameter = at->parameter,
                        .is_high = at->is_high,
                        .bound = bound_of(at),
                        .value = at->value};
    if (at->finding == CAV_RANGE_GROW) {
        ret->kind = CAV_ADVICE_GROW;
        ret->evidence = say(arena,
                            "the best of %s lies at its %s end, and it still becomes better there "
                            "(in %.0f %% of resamples)",
                            parameter->name, end_of(at), 100 * at->sure);
        ret->change = say_bound(at, arena);
    } else if (at->finding == CAV_RANGE_CUT) {
        ret->kind = CAV_ADVICE_CUT;
        ret->evidence =
            say(arena,
                "%.0f %% of the trials had %s at its %s end, and none of the best fifth "
                "was there",
                100 * at->tried, parameter->name, end_of(at));
        ret->change = say_bound(at, arena);
    } else if (at->finding == CAV_RANGE_DROP) {
        ret->kind = CAV_ADVICE_DROP;
        ret->evidence =
            say(arena, "%.0f %% of the trials had %s = %s, and none of the best fifth",
                100 * at->tried, parameter->name, print_value(parameter, at->value).text);
        ret->change = say(arena, "choices without %s", print_value(parameter, at->value).text);
    } else {
        ret->kind = CAV_ADVICE_FIX;
        ret->evidence = say(arena,
                            "%s makes at most %.1f %% of the variation, alone and with others; the "
                            "model explains %.0f %%",
                            parameter->name, fmax(0.1, 100 * at->effect), 100 * list->skill);
        ret->change =
            say(arena, "tier: fixed, default: %s", print_value(parameter, at->value).text);
    }
}

static bool has_other_scale(const cav_advice_list *list, size_t parameter)
{
    for (size_t i = 0; i < list->scale_count; i++)
        if (list->scales[i].parameter == parameter)
            return list->scales[i].better != list->space->parameters[parameter].scale;
    return false;
}

// Where the scale is wrong nothing is said of the range: it was looked at on that scale.
static void put_into_words(cav_advice_list *list, const cav_range_advice *ranges, size_t count,
                           cav_arena *arena)
{
    for (size_t i = 0; i < list->scale_count; i++)
        if (has_other_scale(list, list->scales[i].parameter))
            advise_scale(list, &list->scales[i], arena, &list->items[list->count++]);
    for (size_t i = 0; i < count; i++)
        if (!has_other_scale(list, ranges[i].parameter))
            advise_range(list, &ranges[i], arena, &list->items[list->count++]);
}

static bool has_words(const cav_advice_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (!list->items[i].evidence || !list->items[i].change)
            return false;
    return true;
}

caviar_code cav_advice_of(cav_smooth *smooth, uint64_t seed, cav_arena *arena,
                          cav_advice_list *ret_list, cav_error *error)
{
    const cav_space *space = smooth->space;
    size_t dims = space->dim_count, most = cav_ranges_most(space), count;
    cav_advice_list list = {.space = space,
                            .trial_count = smooth->trial_count,
                            .learnt_count = smooth->count,
                            .skill = smooth->skill};
    cav_range_advice *ranges = CAV_ARENA_NEW(arena, cav_range_advice, most + 1);
    list.scales = CAV_ARENA_NEW(arena, cav_scale_evidence, dims + 1);
    list.items = CAV_ARENA_NEW(arena, cav_advice, most + dims + 1);
    if (!ranges || !list.scales || !list.items)
        return cav_fail_memory(error);
    caviar_code code = cav_scales_weigh(smooth, list.scales, &list.scale_count, error);
    if (!code)
        code = cav_ranges_look(smooth, seed, ranges, &count, error);
    if (code)
        return code;
    put_into_words(&list, ranges, count, arena);
    if (!has_words(&list))
        return cav_fail_memory(error);
    *ret_list = list;
    return CAVIAR_OK;
}

caviar_code cav_advice_make(const cav_space *space, const cav_history *history, size_t metric,
                            uint64_t seed, cav_arena *arena, cav_advice_list *ret_list,
                            cav_error *error)
{
    cav_smooth smooth;
    caviar_code code =
        cav_smooth_make(space, history, metric, seed, CAV_SMOOTH_CALLS, &smooth, error);
    if (!code)
        code = cav_advice_of(&smooth, seed, arena, ret_list, error);
    cav_smooth_free(&smooth);
    return code;
}

// ---- Following it -----------------------------------------------------------------------------

// Choices without one that is dropped.
static void drop_choice(const caviar_value *dropped, caviar_value *choices,
                        caviar_parameter *parameter)
{
    size_t kept = 0;
    for (size_t i = 0; i < parameter->choice_count; i++)
        if (!cav_value_equal(&parameter->choices[i], dropped))
            choices[kept++] = parameter->choices[i];
    parameter->choices = choices;
    parameter->choice_count = kept;
    if (kept == 1)
        parameter->type = CAVIAR_TYPE_CONSTANT;
    if (cav_value_equal(&parameter->initial, dropped))
        parameter->initial = (caviar_value){0};
}

static void follow_bound(const cav_advice *at, caviar_parameter *parameter)
{
    bool is_limited = parameter->limit_low != 0 || parameter->limit_high != 0;
    double *limit = at->is_high ? &parameter->limit_high : &parameter->limit_low;
    double *start = at->is_high ? &parameter->high : &parameter->low;
    bool is_inward = at->is_high ? at->bound < *start : at->bound > *start;
    if (is_limited)
        *limit = at->bound;
    if (!is_limited || is_inward)
        *start = at->bound;
}

static bool follow(const cav_advice *at, const cav_parameter *of, cav_arena *arena,
                   caviar_parameter *parameter)
{
    caviar_value value = {0};
    if (at->kind == CAV_ADVICE_FIX || at->kind == CAV_ADVICE_DROP)
        value = cav_parameter_value(of, at->value);
    if (at->kind == CAV_ADVICE_SCALE) {
        parameter->scale = at->scale;
    } else if (at->kind == CAV_ADVICE_FIX) {
        parameter->tier = CAVIAR_TIER_FIXED;
        parameter->initial = value;
    } else if (at->kind == CAV_ADVICE_DROP) {
        caviar_value *choices = CAV_ARENA_NEW(arena, caviar_value, parameter->choice_count);
        if (!choices)
            return false;
        drop_choice(&value, choices, parameter);
    } else {
        follow_bound(at, parameter);
    }
    return true;
}

// A default that has come to lie outside of the range is none any more.
static void check_default(caviar_parameter *parameter)
{
    double initial = parameter->initial.kind == CAVIAR_KIND_REAL ? parameter->initial.real
                     : parameter->initial.kind == CAVIAR_KIND_INT
                         ? (double)parameter->initial.integer
                         : NAN;
    if (parameter->choice_count == 0 &&
        (initial < parameter->low || initial > parameter->high)) // and is not NaN
        parameter->initial = (caviar_value){0};
}

static bool is_chosen(const cav_advice_choice *choice, size_t index)
{
    return !choice->chosen || choice->chosen[index];
}

// Whether a piece of advice changes the description of a parameter.
static bool is_followed(const cav_advice_list *list, const cav_advice_choice *choice, size_t index,
                        size_t parameter)
{
    const cav_advice *at = &list->items[index];
    bool stays = choice->keeps_choices || cav_space_is_parent(list->space, parameter);
    return at->parameter == parameter && is_chosen(choice, index) &&
           (at->kind != CAV_ADVICE_DROP || !stays);
}

static caviar_code copy_parameter(const cav_advice_list *list, const cav_advice_choice *choice,
                                  size_t parameter, cav_arena *arena, cav_space *space,
                                  cav_error *error)
{
    caviar_parameter *given = cav_space_describe(list->space, parameter, arena);
    if (!given)
        return cav_fail_memory(error);
    for (size_t i = 0; i < list->count; i++)
        if (is_followed(list, choice, i, parameter) &&
            !follow(&list->items[i], &list->space->parameters[parameter], arena, given))
            return cav_fail_memory(error);
    check_default(given);
    return cav_space_add(space, given, error);
}

static caviar_code exclude(const cav_advice_list *list, const cav_advice_choice *choice,
                           cav_space *space, cav_error *error)
{
    caviar_code code = CAVIAR_OK;
    for (size_t i = 0; i < list->count && !code; i++) {
        const cav_advice *at = &list->items[i];
        cav_text text = {0};
        if (at->kind != CAV_ADVICE_DROP || !choice->keeps_choices || !is_chosen(choice, i))
            continue;
        cav_constraint_exclude(&list->space->parameters[at->parameter], at->value, &text);
        code = text.failed ? cav_fail_memory(error)
                           : cav_space_constrain(space, cav_text_get(&text), error);
        cav_text_free(&text);
    }
    return code;
}

caviar_code cav_advice_follow(const cav_advice_list *list, const cav_advice_choice *choice,
                              cav_space **ret_space, cav_error *error)
{
    cav_arena *arena = cav_arena_new();
    cav_space *space = caviar_space_new();
    caviar_code code = arena && space ? CAVIAR_OK : cav_fail_memory(error);
    for (size_t i = 0; i < list->space->count && !code; i++)
        code = copy_parameter(list, choice, i, arena, space, error);
    for (size_t i = 0; i < list->space->constraint_count && !code; i++)
        code = cav_space_constrain(space, cav_constraint_text(list->space->constraints[i]), error);
    if (!code)
        code = exclude(list, choice, space, error);
    cav_arena_free(arena);
    if (code)
        caviar_space_free(space);
    else
        *ret_space = space;
    return code;
}

// ---- JSON -------------------------------------------------------------------------------------

static void write_scales(const cav_advice_list *list, cav_json *json)
{
    cav_json_key(json, "scales");
    cav_json_begin_array(json);
    for (size_t i = 0; i < list->scale_count; i++) {
        const cav_scale_evidence *at = &list->scales[i];
        cav_json_begin_object(json);
        cav_json_add_string(json, "parameter", list->space->parameters[at->parameter].name);
        for (int scale = 0; scale < CAV_SCALE_COUNT; scale++)
            cav_json_add_number(json, caviar_scale_name((caviar_scale)scale), at->gains[scale]);
        cav_json_end_object(json);
    }
    cav_json_end_array(json);
}

void cav_advice_write(const cav_advice_list *list, cav_json *json)
{
    cav_json_begin_object(json);
    cav_json_add_int(json, "trials", (int64_t)list->trial_count);
    cav_json_add_number(json, "explained", list->skill);
    cav_json_key(json, "advice");
    cav_json_begin_array(json);
    for (size_t i = 0; i < list->count; i++) {
        const cav_advice *at = &list->items[i];
        cav_json_begin_object(json);
        cav_json_add_int(json, "number", (int64_t)i + 1);
        cav_json_add_string(json, "parameter", list->space->parameters[at->parameter].name);
        cav_json_add_string(json, "advice", cav_advice_name(at->kind));
        cav_json_add_string(json, "evidence", at->evidence);
        cav_json_add_string(json, "change", at->change);
        cav_json_end_object(json);
    }
    cav_json_end_array(json);
    write_scales(list, json);
    cav_json_end_object(json);
}
