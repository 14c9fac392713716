/**
 * change.c: changes of a value, relative to what it is: as words, and as a way on its scale.
 */
#include "space/parameter.h"

#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// Without what the arithmetic adds behind the twelfth digit: 0.1 x 3 is 0.3.
static double rounded(double number)
{
    char text[CAV_NUMBER_SIZE];
    double result = number;
    cav_number_print_short(number, 12, text);
    cav_number_parse(text, strlen(text), &result);
    return result;
}

static bool is_numeric(const cav_parameter *parameter)
{
    return parameter->choice_count == 0;
}

// What a number that was worked out becomes: a step of the range where it has steps.
static double settle(const cav_parameter *parameter, double raw, bool is_free)
{
    raw = rounded(raw);
    if (parameter->type == CAVIAR_TYPE_INT)
        raw = round(raw);
    bool inside = raw >= parameter->limit_low && raw <= parameter->limit_high;
    return inside && !is_free ? cav_parameter_snap(parameter, raw) : raw;
}

static caviar_code check_free(const cav_parameter *parameter, double raw, cav_error *error)
{
    char given[CAV_NUMBER_SIZE];
    cav_number_print(raw, given);
    if (!isfinite(raw))
        return cav_fail(error, CAVIAR_INVALID, "parameter '%s' cannot be %s", parameter->name,
                        given);
    if (parameter->type == CAVIAR_TYPE_INT && (raw != floor(raw) || fabs(raw) > CAV_INT_LIMIT))
        return cav_fail(error, CAVIAR_INVALID, "parameter '%s': %s is not a whole number",
                        parameter->name, given);
    return CAVIAR_OK;
}

caviar_code cav_parameter_read_value(const cav_parameter *parameter, const caviar_value *value,
                                     bool is_free, double *ret_raw, cav_error *error)
{
    bool is_whole = value->kind == CAVIAR_KIND_INT;
    if (!is_free || !is_numeric(parameter) || !(is_whole || value->kind == CAVIAR_KIND_REAL))
        return cav_parameter_read(parameter, value, ret_raw, error);
    double raw = is_whole ? (double)value->integer : value->real;
    caviar_code code = check_free(parameter, raw, error);
    if (!code)
        *ret_raw = raw;
    return code;
}

static caviar_code read_relative(const cav_parameter *parameter, double now, const char *text,
                                 bool is_free, double *ret_raw, cav_error *error)
{
    double operand;
    if (!cav_number_parse(text + 1, strlen(text + 1), &operand) || !isfinite(operand))
        return cav_fail(error, CAVIAR_INVALID,
                        "parameter '%s': '%.60s' is no change: a number, x0.5 or +0.01 is expected",
                        parameter->name, text);
    double raw = settle(parameter, *text == 'x' ? now * operand : now + operand, is_free);
    caviar_code code = check_free(parameter, raw, error);
    if (!code && !is_free)
        code = cav_parameter_check(parameter, raw, error);
    if (!code)
        *ret_raw = raw;
    return code;
}

caviar_code cav_parameter_read_change(const cav_parameter *parameter, double now, const char *text,
                                      bool is_free, double *ret_raw, cav_error *error)
{
    double number;
    bool is_relative = is_numeric(parameter) && (*text == 'x' || *text == '+');
    if (is_relative)
        return read_relative(parameter, now, text, is_free, ret_raw, error);
    if (!is_free || !is_numeric(parameter) || !cav_number_parse(text, strlen(text), &number))
        return cav_parameter_read_text(parameter, text, ret_raw, error);
    caviar_code code = check_free(parameter, number, error);
    if (!code)
        *ret_raw = number;
    return code;
}

bool cav_parameter_is_live(const cav_parameter *parameter)
{
    bool presumed = parameter->type == CAVIAR_TYPE_FLOAT;
    return parameter->axis != CAV_AXIS_NONE &&
           (parameter->live == CAVIAR_LIVE_UNSET ? presumed : parameter->live == CAVIAR_LIVE_YES);
}

// A continuum in three digits: what a person would have typed.
static double typed(const cav_parameter *parameter, double raw)
{
    char text[CAV_NUMBER_SIZE];
    double result = raw;
    if (parameter->axis != CAV_AXIS_CONTINUOUS)
        return raw;
    cav_number_print_short(raw, 3, text);
    if (!cav_number_parse(text, strlen(text), &result) ||
        cav_parameter_check(parameter, result, NULL))
        return raw;
    return result;
}

double cav_parameter_shift(const cav_parameter *parameter, double raw, double distance)
{
    enum { MOST_TRIES = 100 }; // a coarse range may need more than one
    if (parameter->choice_count > 0) {
        double other = raw + (distance > 0 ? 1 : -1);
        return other >= 0 && other < (double)parameter->choice_count ? other : raw;
    }
    double from = cav_parameter_encode(parameter, raw);
    for (int i = 1; i <= MOST_TRIES; i++) {
        double u = fmin(fmax(from + distance * i, 0), 1);
        double other = typed(parameter, cav_parameter_decode(parameter, u));
        if (other != raw)
            return other;
    }
    return raw;
}
