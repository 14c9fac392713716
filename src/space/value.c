/**
 * value.c: a parameter's values as they come from outside and go there.
 */
#include "space/parameter.h"

#include "base/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_number(const caviar_value *value)
{
    return value->kind == CAVIAR_KIND_INT || value->kind == CAVIAR_KIND_REAL;
}

static double number_of(const caviar_value *value)
{
    return value->kind == CAVIAR_KIND_INT ? (double)value->integer : value->real;
}

caviar_value cav_value_of_number(double number)
{
    if (number == nearbyint(number) && fabs(number) < CAV_INT_LIMIT)
        return (caviar_value){.kind = CAVIAR_KIND_INT, .integer = (int64_t)number};
    return (caviar_value){.kind = CAVIAR_KIND_REAL, .real = number};
}

bool cav_value_equal(const caviar_value *a, const caviar_value *b)
{
    if (is_number(a) && is_number(b))
        return number_of(a) == number_of(b);
    if (a->kind != b->kind)
        return false;
    if (a->kind == CAVIAR_KIND_TEXT)
        return strcmp(a->text, b->text) == 0;
    return a->kind == CAVIAR_KIND_NONE || a->truth == b->truth;
}

void cav_value_print(const caviar_value *value, cav_text *text)
{
    switch (value->kind) {
    case CAVIAR_KIND_NONE:
        break;
    case CAVIAR_KIND_BOOL:
        cav_text_append(text, value->truth ? "true" : "false");
        break;
    case CAVIAR_KIND_INT:
        cav_text_appendf(text, "%lld", (long long)value->integer);
        break;
    case CAVIAR_KIND_REAL:
        cav_text_append_number(text, value->real);
        break;
    case CAVIAR_KIND_TEXT:
        cav_text_append(text, value->text);
        break;
    }
}

caviar_value cav_parameter_value(const cav_parameter *parameter, double raw)
{
    if (isnan(raw))
        return (caviar_value){.kind = CAVIAR_KIND_NONE};
    if (parameter->choice_count > 0)
        return parameter->choices[(size_t)raw];
    if (parameter->type == CAVIAR_TYPE_INT)
        return (caviar_value){.kind = CAVIAR_KIND_INT, .integer = (int64_t)raw};
    return (caviar_value){.kind = CAVIAR_KIND_REAL, .real = raw};
}

void cav_parameter_print(const cav_parameter *parameter, double raw, cav_text *text)
{
    caviar_value value = cav_parameter_value(parameter, raw);
    cav_value_print(&value, text);
}

static void print_choices(const cav_parameter *parameter, cav_text *text)
{
    for (size_t i = 0; i < parameter->choice_count && text->size < 300; i++) {
        cav_text_append(text, i ? ", " : "");
        cav_value_print(&parameter->choices[i], text);
    }
}

static caviar_code fail_choice(const cav_parameter *parameter, const caviar_value *value,
                               cav_error *error)
{
    cav_text known = {0}, given = {0};
    print_choices(parameter, &known);
    cav_value_print(value, &given);
    cav_fail(error, CAVIAR_INVALID, "parameter '%s': '%.200s' is none of its choices: %s",
             parameter->name, cav_text_get(&given), cav_text_get(&known));
    cav_text_free(&known);
    cav_text_free(&given);
    return CAVIAR_INVALID;
}

static caviar_code fail_range(const cav_parameter *parameter, double raw, cav_error *error)
{
    char given[CAV_NUMBER_SIZE], low[CAV_NUMBER_SIZE], high[CAV_NUMBER_SIZE];
    cav_number_print(raw, given);
    cav_number_print(parameter->limit_low, low);
    cav_number_print(parameter->limit_high, high);
    return cav_fail(error, CAVIAR_INVALID, "parameter '%s': %s lies outside of %s to %s",
                    parameter->name, given, low, high);
}

static caviar_code fail_grid(const cav_parameter *parameter, double raw, double nearest,
                             cav_error *error)
{
    char given[CAV_NUMBER_SIZE], near[CAV_NUMBER_SIZE];
    cav_number_print(raw, given);
    cav_number_print(nearest, near);
    return cav_fail(error, CAVIAR_INVALID,
                    "parameter '%s': %s is not one of its steps; the nearest is %s",
                    parameter->name, given, near);
}

// How far a number may lie from a step and still mean it.
static double rounding_error(const cav_parameter *parameter, double raw)
{
    if (parameter->type == CAVIAR_TYPE_INT)
        return 0;
    return parameter->step_factor != 0 ? 1e-9 * fabs(raw) : 1e-6 * parameter->step;
}

caviar_code cav_parameter_check(const cav_parameter *parameter, double raw, cav_error *error)
{
    if (parameter->choice_count > 0) {
        bool known = raw >= 0 && raw < (double)parameter->choice_count && raw == floor(raw);
        return known ? CAVIAR_OK
                     : cav_fail(error, CAVIAR_INVALID, "parameter '%s' has no choice of that index",
                                parameter->name);
    }
    for (size_t i = 0; i < parameter->special_count; i++)
        if (parameter->specials[i] == raw)
            return CAVIAR_OK;
    if (!(raw >= parameter->limit_low && raw <= parameter->limit_high))
        return fail_range(parameter, raw, error);
    double nearest = cav_parameter_snap(parameter, raw);
    if (fabs(nearest - raw) > rounding_error(parameter, raw))
        return fail_grid(parameter, raw, nearest, error);
    return CAVIAR_OK;
}

static caviar_code read_number(const cav_parameter *parameter, double raw, double *ret_raw,
                               cav_error *error)
{
    if (parameter->type == CAVIAR_TYPE_INT && raw != floor(raw)) {
        char given[CAV_NUMBER_SIZE];
        cav_number_print(raw, given);
        return cav_fail(error, CAVIAR_INVALID, "parameter '%s': %s is not a whole number",
                        parameter->name, given);
    }
    caviar_code code = cav_parameter_check(parameter, raw, error);
    if (!code)
        *ret_raw = cav_parameter_snap(parameter, raw);
    return code;
}

caviar_code cav_parameter_read(const cav_parameter *parameter, const caviar_value *value,
                               double *ret_raw, cav_error *error)
{
    for (size_t i = 0; i < parameter->choice_count; i++) {
        if (cav_value_equal(&parameter->choices[i], value)) {
            *ret_raw = (double)i;
            return CAVIAR_OK;
        }
    }
    if (parameter->choice_count > 0)
        return fail_choice(parameter, value, error);
    if (is_number(value))
        return read_number(parameter, number_of(value), ret_raw, error);
    return cav_fail(error, CAVIAR_INVALID, "parameter '%s': a number is expected", parameter->name);
}

caviar_code cav_parameter_read_text(const cav_parameter *parameter, const char *text,
                                    double *ret_raw, cav_error *error)
{
    for (size_t i = 0; i < parameter->choice_count; i++) {
        cav_text choice = {0};
        cav_value_print(&parameter->choices[i], &choice);
        bool same = !choice.failed && strcmp(cav_text_get(&choice), text) == 0;
        cav_text_free(&choice);
        if (same) {
            *ret_raw = (double)i;
            return CAVIAR_OK;
        }
    }
    caviar_value value = {.kind = CAVIAR_KIND_TEXT, .text = text};
    double number;
    if (cav_number_parse(text, strlen(text), &number))
        value = (caviar_value){.kind = CAVIAR_KIND_REAL, .real = number};
    return cav_parameter_read(parameter, &value, ret_raw, error);
}
