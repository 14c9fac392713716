/**
 * parameter.c: making parameters and checking what they are made of.
 */
#include "space/parameter.h"

#include "base/names.h"
#include "base/number.h"
#include "space/scale.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void cav_parameter_free(cav_parameter *parameter)
{
    for (size_t i = 0; i < parameter->choice_count; i++)
        if (parameter->choices[i].kind == CAVIAR_KIND_TEXT)
            free((void *)(uintptr_t)parameter->choices[i].text);
    for (size_t i = 0; i < parameter->when_count; i++) {
        free(parameter->when[i].parent_name);
        free(parameter->when[i].values);
    }
    free(parameter->name);
    free(parameter->specials);
    free(parameter->choices);
    free(parameter->when);
    *parameter = (cav_parameter){0};
}

static bool is_numeric(caviar_type type)
{
    return type == CAVIAR_TYPE_FLOAT || type == CAVIAR_TYPE_INT;
}

static bool is_whole(double x)
{
    return x == floor(x) && fabs(x) <= CAV_INT_LIMIT;
}

static caviar_code fail_field(const char *name, const char *field, const char *complaint,
                              cav_error *error)
{
    return cav_fail(error, CAVIAR_INVALID, "parameter '%s': %s%s%s", name, field,
                    *field ? ": " : "", complaint);
}

static caviar_code check_steps(const caviar_parameter *given, cav_error *error)
{
    if (given->step < 0 || !isfinite(given->step))
        return fail_field(given->name, "step", "must be greater than 0", error);
    if (given->step_factor != 0 && !(given->step_factor > 1 && isfinite(given->step_factor)))
        return fail_field(given->name, "step", "the factor must be greater than 1", error);
    if (given->step != 0 && given->step_factor != 0)
        return fail_field(given->name, "step", "either a distance or a factor, not both", error);
    if (given->step_factor != 0 && given->scale != CAVIAR_SCALE_LOG)
        return fail_field(given->name, "step", "a factor (xN) needs scale: log", error);
    if (given->type == CAVIAR_TYPE_INT && (!is_whole(given->step) || !is_whole(given->step_factor)))
        return fail_field(given->name, "step", "must be whole for an int", error);
    return CAVIAR_OK;
}

static caviar_code check_limits(const caviar_parameter *given, cav_error *error)
{
    if (given->limit_low == 0 && given->limit_high == 0)
        return CAVIAR_OK;
    const char *complaint = cav_scale_complaint(given->scale, given->limit_low, given->limit_high);
    if (complaint)
        return fail_field(given->name, "limits", complaint, error);
    if (given->limit_low > given->low || given->limit_high < given->high)
        return fail_field(given->name, "limits", "must contain low and high", error);
    return CAVIAR_OK;
}

static caviar_code check_specials(const caviar_parameter *given, cav_error *error)
{
    for (size_t i = 0; i < given->special_count; i++) {
        double special = given->specials[i];
        if (!isfinite(special) || (given->type == CAVIAR_TYPE_INT && !is_whole(special)))
            return fail_field(given->name, "special", "must be numbers of the parameter's type",
                              error);
        bool inside = special >= fmin(given->low, given->limit_low) &&
                      special <= fmax(given->high, given->limit_high);
        bool limited = given->limit_low != 0 || given->limit_high != 0;
        if (limited ? inside : special >= given->low && special <= given->high)
            return fail_field(given->name, "special", "lies in the range already", error);
        for (size_t j = 0; j < i; j++)
            if (given->specials[j] == special)
                return fail_field(given->name, "special", "the same value twice", error);
    }
    return CAVIAR_OK;
}

static caviar_code check_range(const caviar_parameter *given, cav_error *error)
{
    const char *complaint = cav_scale_complaint(given->scale, given->low, given->high);
    if (complaint)
        return fail_field(given->name, "", complaint, error);
    if (given->choice_count > 0)
        return fail_field(given->name, "choices", "belong to a categorical or ordinal", error);
    if (given->type == CAVIAR_TYPE_INT &&
        (!is_whole(given->low) || !is_whole(given->high) || !is_whole(given->limit_low) ||
         !is_whole(given->limit_high)))
        return fail_field(given->name, "", "the bounds of an int must be whole and within 2^53",
                          error);
    caviar_code code = check_steps(given, error);
    if (!code)
        code = check_limits(given, error);
    return code ? code : check_specials(given, error);
}

static caviar_code check_choice(const caviar_parameter *given, size_t i, cav_error *error)
{
    const caviar_value *choice = &given->choices[i];
    bool finite = choice->kind != CAVIAR_KIND_REAL || isfinite(choice->real);
    bool text = choice->kind == CAVIAR_KIND_TEXT;
    if (choice->kind == CAVIAR_KIND_NONE || !finite || (text && !choice->text))
        return fail_field(given->name, "choices", "must be text, numbers, true or false", error);
    if (text && !cav_text_is_utf8(choice->text, strlen(choice->text)))
        return fail_field(given->name, "choices", "must be UTF-8 text", error);
    for (size_t j = 0; j < i; j++)
        if (cav_value_equal(choice, &given->choices[j]))
            return fail_field(given->name, "choices", "the same choice twice", error);
    return CAVIAR_OK;
}

static caviar_code check_choices(const caviar_parameter *given, cav_error *error)
{
    size_t least = given->type == CAVIAR_TYPE_CONSTANT ? 1 : 2;
    if (given->choice_count < least)
        return fail_field(given->name, "choices",
                          least == 2 ? "at least two are needed" : "a constant has one value",
                          error);
    if (given->type == CAVIAR_TYPE_CONSTANT && given->choice_count > 1)
        return fail_field(given->name, "choices", "a constant has one value", error);
    bool ranged = given->low != 0 || given->high != 0 || given->limit_low != 0 ||
                  given->limit_high != 0 || given->step != 0 || given->step_factor != 0 ||
                  given->scale != CAVIAR_SCALE_LINEAR || given->special_count > 0;
    if (ranged)
        return fail_field(given->name, "",
                          "low, high, limits, scale, step and special belong to a float or an int",
                          error);
    for (size_t i = 0; i < given->choice_count; i++)
        if (check_choice(given, i, error))
            return CAVIAR_INVALID;
    return CAVIAR_OK;
}

static caviar_code check_given(const caviar_parameter *given, cav_error *error)
{
    if (!given->name || !cav_text_is_name(given->name))
        return cav_fail(error, CAVIAR_INVALID,
                        "'%s' is no name for a parameter: use a letter or _, then letters, digits, "
                        "_ . or -",
                        given->name ? given->name : "");
    if ((size_t)given->type >= cav_type_names.count ||
        (size_t)given->scale >= cav_scale_names.count ||
        (size_t)given->tier >= cav_tier_names.count || (unsigned)given->live > CAVIAR_LIVE_NO ||
        (size_t)given->confidence >= cav_confidence_names.count)
        return fail_field(given->name, "", "unknown type, scale, tier, live or confidence", error);
    return is_numeric(given->type) ? check_range(given, error) : check_choices(given, error);
}

static bool copy_choices(cav_parameter *parameter, const caviar_parameter *given)
{
    if (given->choice_count == 0)
        return true;
    parameter->choices = calloc(given->choice_count, sizeof *parameter->choices);
    if (!parameter->choices)
        return false;
    for (size_t i = 0; i < given->choice_count; i++) {
        caviar_value choice = given->choices[i];
        if (choice.kind == CAVIAR_KIND_TEXT && !(choice.text = strdup(choice.text)))
            return false;
        parameter->choices[parameter->choice_count++] = choice;
    }
    return true;
}

static bool copy_specials(cav_parameter *parameter, const caviar_parameter *given)
{
    if (given->special_count == 0)
        return true;
    parameter->specials = calloc(given->special_count, sizeof *parameter->specials);
    if (!parameter->specials)
        return false;
    memcpy(parameter->specials, given->specials, given->special_count * sizeof(double));
    parameter->special_count = given->special_count;
    return true;
}

static bool copy_given(cav_parameter *parameter, const caviar_parameter *given)
{
    bool limited = given->limit_low != 0 || given->limit_high != 0;
    *parameter = (cav_parameter){
        .type = given->type,
        .scale = given->scale,
        .tier = given->tier,
        .live = given->live,
        .low = given->low,
        .high = given->high,
        .limit_low = limited ? given->limit_low : given->low,
        .limit_high = limited ? given->limit_high : given->high,
        .step = given->step,
        .step_factor = given->step_factor,
        .initial = NAN,
        .prior = NAN,
        .confidence = given->confidence,
    };
    if (given->type == CAVIAR_TYPE_INT && given->step == 0 && given->step_factor == 0)
        parameter->step = 1;
    parameter->name = strdup(given->name);
    return parameter->name && copy_choices(parameter, given) && copy_specials(parameter, given);
}

// Steps from `from` to `to` (≥ from). Of a float, a step that misses `to` by rounding alone counts.
static double steps_between(const cav_parameter *parameter, double from, double to)
{
    if (parameter->step_factor != 0)
        return floor(1e-9 +
                     cav_scale_distance(CAVIAR_SCALE_LOG, from, to) / log(parameter->step_factor));
    double steps = (to - from) / parameter->step;
    if (parameter->type == CAVIAR_TYPE_INT)
        return floor(steps);
    return floor(steps + 1e-9 + 1e-15 * (fabs(from) + fabs(to)) / parameter->step);
}

// How many steps there are from `low` down to its limit; of a geometric range of whole numbers
// only as many as stay whole.
static double steps_below(const cav_parameter *parameter)
{
    double below = steps_between(parameter, parameter->limit_low, parameter->low);
    if (parameter->type != CAVIAR_TYPE_INT || parameter->step_factor == 0)
        return below;
    double whole = parameter->low, steps = 0;
    while (steps < below && fmod(whole, parameter->step_factor) == 0) {
        whole /= parameter->step_factor;
        steps++;
    }
    return steps;
}

// The part of the unit interval that the narrowest level has. The slope is greatest at an end, or
// on the logit scale in the middle.
static double narrowest_cell(const cav_parameter *parameter, double last)
{
    if (parameter->step_factor != 0 || parameter->scale == CAVIAR_SCALE_LINEAR)
        return 1 / (double)parameter->level_count;
    double slope = fmax(cav_scale_slope(parameter->scale, parameter->first),
                        cav_scale_slope(parameter->scale, last));
    if (parameter->scale == CAVIAR_SCALE_LOGIT)
        slope = 0.25;
    return parameter->step / slope / parameter->span;
}

// Is a step so small that its neighbours print alike or share a unit coordinate?
static bool is_too_fine(const cav_parameter *parameter, double last)
{
    double digits = parameter->type == CAVIAR_TYPE_INT ? 0 : 1e-12;
    bool blurred = parameter->step_factor != 0
                       ? parameter->step_factor - 1 < 1e-10 || parameter->first < DBL_MIN
                       : parameter->step < digits * fmax(fabs(parameter->first), fabs(last));
    return blurred || narrowest_cell(parameter, last) < 0x1p-44;
}

static caviar_code fail_fine(const cav_parameter *parameter, cav_error *error)
{
    return fail_field(parameter->name, "step",
                      "more values than the search can tell apart; take a larger step, or a float "
                      "without one",
                      error);
}

// Works out the levels of a stepped range and where the unit interval begins and ends.
static caviar_code derive_range(cav_parameter *parameter, cav_error *error)
{
    double begin = parameter->limit_low, end = parameter->limit_high, last = end;
    parameter->axis = CAV_AXIS_CONTINUOUS;
    if (parameter->step != 0 || parameter->step_factor != 0) {
        double below = steps_below(parameter);
        double above = steps_between(parameter, parameter->low, parameter->limit_high);
        if (!(above + below + 1 <= CAV_INT_LIMIT))
            return fail_fine(parameter, error);
        parameter->axis = CAV_AXIS_LEVELS;
        parameter->level_count = (size_t)(above + below) + 1;
        parameter->first = parameter->step != 0
                               ? parameter->low - below * parameter->step
                               : parameter->low / pow(parameter->step_factor, below);
        parameter->first = fmax(parameter->first, parameter->limit_low);
        last = parameter->first + (double)(parameter->level_count - 1) * parameter->step;
        last = fmin(last, parameter->limit_high); // which rounding could pass
        begin = parameter->first -
                fmin(parameter->step / 2, cav_scale_room_below(parameter->scale, parameter->first));
        end = last + fmin(parameter->step / 2, cav_scale_room_above(parameter->scale, last));
    }
    parameter->padded_low = begin;
    parameter->span = cav_scale_distance(parameter->scale, begin, end);
    parameter->special_share = fmin(0.5, 0.1 * (double)parameter->special_count);
    return parameter->level_count > 0 && is_too_fine(parameter, last) ? fail_fine(parameter, error)
                                                                      : CAVIAR_OK;
}

static caviar_code derive(cav_parameter *parameter, cav_error *error)
{
    if (is_numeric(parameter->type)) {
        caviar_code code = derive_range(parameter, error);
        if (code)
            return code;
    } else {
        parameter->level_count = parameter->choice_count;
        parameter->axis =
            parameter->type == CAVIAR_TYPE_ORDINAL ? CAV_AXIS_LEVELS : CAV_AXIS_CHOICES;
    }
    if (parameter->type == CAVIAR_TYPE_CONSTANT || parameter->tier == CAVIAR_TIER_FIXED)
        parameter->axis = CAV_AXIS_NONE;
    return CAVIAR_OK;
}

static caviar_code read_initial(cav_parameter *parameter, const caviar_value *given,
                                cav_error *error)
{
    if (parameter->type == CAVIAR_TYPE_CONSTANT)
        parameter->initial = 0;
    else if (given->kind != CAVIAR_KIND_NONE) {
        double raw;
        if (cav_parameter_read(parameter, given, &raw, error))
            return cav_error_prefix(error, "default");
        parameter->initial = raw;
    } else if (parameter->tier == CAVIAR_TIER_FIXED)
        return fail_field(parameter->name, "tier", "fixed needs a default to be fixed at", error);
    return CAVIAR_OK;
}

static caviar_code read_prior(cav_parameter *parameter, const caviar_value *given, cav_error *error)
{
    double raw;
    if (given->kind == CAVIAR_KIND_NONE)
        return CAVIAR_OK;
    if (parameter->axis == CAV_AXIS_NONE)
        return fail_field(parameter->name, "prior", "belongs to a parameter that is searched",
                          error);
    if (cav_parameter_read(parameter, given, &raw, error))
        return cav_error_prefix(error, "prior");
    parameter->prior = raw;
    return CAVIAR_OK;
}

caviar_code cav_parameter_init(cav_parameter *parameter, const caviar_parameter *given,
                               cav_error *error)
{
    *parameter = (cav_parameter){0};
    caviar_code code = check_given(given, error);
    if (code)
        return code;
    if (!copy_given(parameter, given))
        code = cav_fail_memory(error);
    if (!code)
        code = derive(parameter, error);
    if (!code)
        code = read_initial(parameter, &given->initial, error);
    if (!code)
        code = read_prior(parameter, &given->prior, error);
    if (code)
        cav_parameter_free(parameter);
    return code;
}
