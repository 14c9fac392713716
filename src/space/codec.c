/**
 * codec.c: configurations to JSON and back.
 *
 * A store of a hundred thousand trials is read in one go, so there is a second, fast reader for
 * the exact form that the writer here produces. Whatever it does not recognise (names in another
 * order, a parameter that has been renamed since, another hand's JSON) takes the general way.
 */
#include "space/codec.h"

#include "base/number.h"

#include <math.h>
#include <string.h>

void cav_space_write(const cav_space *space, const double *raw, cav_json *json)
{
    cav_json_begin_object(json);
    for (size_t i = 0; i < space->count; i++) {
        if (isnan(raw[i]))
            continue;
        caviar_value value = cav_parameter_value(&space->parameters[i], raw[i]);
        cav_json_key(json, space->parameters[i].name);
        cav_json_value(json, &value);
    }
    cav_json_end_object(json);
}

bool cav_value_from_json(const json_t *json, caviar_value *ret_value)
{
    switch (json ? json_typeof(json) : JSON_NULL) {
    case JSON_STRING:
        *ret_value = (caviar_value){.kind = CAVIAR_KIND_TEXT, .text = json_string_value(json)};
        return true;
    case JSON_INTEGER:
        *ret_value = (caviar_value){.kind = CAVIAR_KIND_INT, .integer = json_integer_value(json)};
        return true;
    case JSON_REAL:
        *ret_value = (caviar_value){.kind = CAVIAR_KIND_REAL, .real = json_real_value(json)};
        return true;
    case JSON_TRUE:
    case JSON_FALSE:
        *ret_value = (caviar_value){.kind = CAVIAR_KIND_BOOL, .truth = json_is_true(json)};
        return true;
    case JSON_NULL:
    case JSON_OBJECT:
    case JSON_ARRAY:
        break;
    }
    return false;
}

// Reads the value of a parameter; free of its range, unless it is one of its choices.
static caviar_code read_value(const cav_parameter *parameter, const json_t *given, bool is_free,
                              double *ret_raw, cav_error *error)
{
    caviar_value value;
    if (!cav_value_from_json(given, &value))
        return cav_fail(error, CAVIAR_INVALID, "parameter '%s' cannot be %s", parameter->name,
                        cav_json_type_name(given));
    return cav_parameter_read_value(parameter, &value, is_free, ret_raw, error);
}

static caviar_code read_object(const cav_space *space, const json_t *object, bool is_free,
                               double *ret_raw, cav_error *error)
{
    if (!json_is_object(object))
        return cav_fail(error, CAVIAR_INVALID, "parameters must be an object, not %s",
                        cav_json_type_name(object));
    for (size_t i = 0; i < space->count; i++)
        ret_raw[i] = NAN;
    const char *name;
    json_t *given;
    json_object_foreach ((json_t *)(uintptr_t)object, name, given) {
        size_t i = cav_space_find(space, name);
        if (i == space->count)
            return cav_space_fail_unknown(space, name, error);
        if (json_is_null(given))
            continue;
        caviar_code code = read_value(&space->parameters[i], given, is_free, &ret_raw[i], error);
        if (code)
            return code;
    }
    return CAVIAR_OK;
}

caviar_code cav_space_read(const cav_space *space, const json_t *object, double *ret_raw,
                           cav_error *error)
{
    return read_object(space, object, false, ret_raw, error);
}

caviar_code cav_space_read_changes(const cav_space *space, const json_t *object, double *ret_raw,
                                   cav_error *error)
{
    return read_object(space, object, true, ret_raw, error);
}

// Skips `word` at *at; false, and nothing skipped, if something else stands there.
static bool skip(const char **at, const char *word, size_t size)
{
    if (strncmp(*at, word, size) != 0)
        return false;
    *at += size;
    return true;
}

static bool skip_key(const char **at, const char *name)
{
    const char *from = *at;
    if (skip(at, "\"", 1) && skip(at, name, strlen(name)) && skip(at, "\":", 2))
        return true;
    *at = from;
    return false;
}

// The end of a scalar: a closing quote for a text, else the next comma or brace.
static const char *scalar_end(const char *at)
{
    if (*at != '"')
        return at + strcspn(at, ",}");
    const char *quote = at + 1 + strcspn(at + 1, "\"\\");
    return *quote == '"' ? quote + 1 : NULL; // an escape: the general reader's
}

static bool is_word(const char *at, size_t size, const char *word)
{
    return strlen(word) == size && memcmp(at, word, size) == 0;
}

// A number as JSON has it, which is stricter than cav_number_parse: no plus, no bare point, no
// zeros in front, and whole only as far as an int64_t goes.
static bool read_number(const char *at, size_t size, double *ret_number)
{
    static const char digits[] = "0123456789";
    size_t sign = *at == '-', whole = strspn(at + sign, digits);
    const char *rest = at + sign + whole;
    if (whole == 0 || whole > 18 || (at[sign] == '0' && whole > 1))
        return false;
    if (*rest == '.' && strspn(rest + 1, digits) == 0)
        return false;
    return cav_number_parse(at, size, ret_number);
}

static bool read_choice(const cav_parameter *parameter, const char *at, size_t size,
                        double *ret_raw)
{
    bool quoted = *at == '"';
    const char *word = quoted ? at + 1 : at;
    size_t word_size = quoted ? size - 2 : size;
    for (size_t i = 0; i < parameter->choice_count; i++) {
        const caviar_value *choice = &parameter->choices[i];
        double number;
        bool same = false;
        if (choice->kind == CAVIAR_KIND_TEXT)
            same = quoted && is_word(word, word_size, choice->text);
        else if (choice->kind == CAVIAR_KIND_BOOL)
            same = is_word(at, size, choice->truth ? "true" : "false");
        else if (!quoted && read_number(at, size, &number))
            same = number ==
                   (choice->kind == CAVIAR_KIND_INT ? (double)choice->integer : choice->real);
        if (same) {
            *ret_raw = (double)i;
            return true;
        }
    }
    return false;
}

// A number that the general reader would neither refuse nor move to the nearest step.
static bool is_own_value(const cav_parameter *parameter, double raw)
{
    return cav_parameter_check(parameter, raw, NULL) == CAVIAR_OK &&
           cav_parameter_snap(parameter, raw) == raw;
}

static bool read_scalar(const cav_parameter *parameter, const char **at, double *ret_raw)
{
    const char *end = scalar_end(*at), *from = *at;
    if (!end || end == from)
        return false;
    size_t size = (size_t)(end - from);
    *at = end;
    if (parameter->choice_count > 0)
        return read_choice(parameter, from, size, ret_raw);
    return read_number(from, size, ret_raw) && is_own_value(parameter, *ret_raw);
}

bool cav_space_read_fast(const cav_space *space, const char *text, double *ret_raw)
{
    const char *at = text;
    if (!skip(&at, "{", 1))
        return false;
    bool first = true;
    for (size_t i = 0; i < space->count; i++) {
        const char *before = at;
        ret_raw[i] = NAN;
        if ((!first && !skip(&at, ",", 1)) || !skip_key(&at, space->parameters[i].name)) {
            at = before; // this parameter was inactive
            continue;
        }
        if (!read_scalar(&space->parameters[i], &at, &ret_raw[i]))
            return false;
        first = false;
    }
    return strcmp(at, "}") == 0;
}
