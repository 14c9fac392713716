/**
 * json.c: a thin door to jansson for reading, and the writer.
 */
#include "base/json.h"

#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

caviar_code cav_json_parse(const char *text, size_t size, json_t **ret_value, cav_error *error)
{
    json_error_t fault;
    json_t *value = NULL;
    // twice: where memory is short in the middle of a string, jansson calls it a fault of the text
    for (int i = 0; i < 2 && !value; i++)
        value = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &fault);
    if (!value) {
        // without a text jansson has set no code either: it could not even begin
        if (fault.text[0] == '\0' || json_error_code(&fault) == json_error_out_of_memory)
            return cav_fail_memory(error);
        return cav_fail(error, CAVIAR_INVALID, "not valid JSON: line %d, column %d: %s", fault.line,
                        fault.column, fault.text);
    }
    *ret_value = value;
    return CAVIAR_OK;
}

const char *cav_json_type_name(const json_t *value)
{
    if (!value)
        return "nothing";
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "true or false";
    case JSON_NULL:
        return "null";
    }
    return "nothing";
}

static void new_line(cav_json *json)
{
    cav_text_append_char(json->text, '\n');
    for (int i = 0; i < json->depth; i++)
        cav_text_append(json->text, "  ");
}

// What stands before an item: a comma, a line break, or nothing after its key.
static void lead(cav_json *json)
{
    if (json->keyed) {
        json->keyed = false;
        return;
    }
    if (json->filled)
        cav_text_append_char(json->text, ',');
    if (json->pretty && json->depth > 0)
        new_line(json);
    json->filled = true;
}

static void begin(cav_json *json, char bracket)
{
    lead(json);
    cav_text_append_char(json->text, bracket);
    json->depth++;
    json->filled = false;
}

static void end(cav_json *json, char bracket)
{
    json->depth--;
    if (json->pretty && json->filled)
        new_line(json);
    cav_text_append_char(json->text, bracket);
    json->filled = true;
}

void cav_json_begin_object(cav_json *json)
{
    begin(json, '{');
}

void cav_json_end_object(cav_json *json)
{
    end(json, '}');
}

void cav_json_begin_array(cav_json *json)
{
    begin(json, '[');
}

void cav_json_end_array(cav_json *json)
{
    end(json, ']');
}

static void quote_char(cav_text *text, unsigned char c)
{
    static const char *const short_forms[0x20] = {
        ['\b'] = "\\b", ['\f'] = "\\f", ['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t"};
    if (c == '"' || c == '\\')
        cav_text_appendf(text, "\\%c", c);
    else if (c < 0x20 && short_forms[c])
        cav_text_append(text, short_forms[c]);
    else
        cav_text_appendf(text, "\\u%04x", c);
}

void cav_json_quote(cav_text *text, const char *value)
{
    cav_text_append_char(text, '"');
    while (*value) {
        const unsigned char *start = (const unsigned char *)value, *c = start;
        while (*c >= 0x20 && *c < 0x7f && *c != '"' && *c != '\\')
            c++;
        cav_text_append_size(text, value, (size_t)(c - start));
        value += c - start;
        size_t length = *c >= 0x80 ? cav_utf8_length(value) : 1;
        if (*c == '\0')
            break;
        if (length == 0)
            cav_text_append(text, "\xef\xbf\xbd");
        else if (length > 1)
            cav_text_append_size(text, value, length);
        else
            quote_char(text, *c);
        value += length ? length : 1;
    }
    cav_text_append_char(text, '"');
}

void cav_json_key(cav_json *json, const char *key)
{
    lead(json);
    cav_json_quote(json->text, key);
    cav_text_append(json->text, json->pretty ? ": " : ":");
    json->keyed = true;
}

void cav_json_raw(cav_json *json, const char *value)
{
    lead(json);
    cav_text_append(json->text, value);
}

void cav_json_string(cav_json *json, const char *value)
{
    if (!value) {
        cav_json_null(json);
        return;
    }
    lead(json);
    cav_json_quote(json->text, value);
}

void cav_json_number(cav_json *json, double value)
{
    lead(json);
    if (isfinite(value))
        cav_text_append_number(json->text, value);
    else
        cav_text_append(json->text, "null");
}

void cav_json_real(cav_json *json, double value)
{
    char digits[CAV_NUMBER_SIZE];
    cav_json_number(json, value);
    if (isfinite(value) && cav_number_print(value, digits) && !strpbrk(digits, ".e"))
        cav_text_append(json->text, ".0");
}

void cav_json_int(cav_json *json, int64_t value)
{
    lead(json);
    cav_text_appendf(json->text, "%lld", (long long)value);
}

void cav_json_bool(cav_json *json, bool value)
{
    cav_json_raw(json, value ? "true" : "false");
}

void cav_json_null(cav_json *json)
{
    cav_json_raw(json, "null");
}

void cav_json_value(cav_json *json, const caviar_value *value)
{
    switch (value->kind) {
    case CAVIAR_KIND_NONE:
        cav_json_null(json);
        break;
    case CAVIAR_KIND_BOOL:
        cav_json_bool(json, value->truth);
        break;
    case CAVIAR_KIND_INT:
        cav_json_int(json, value->integer);
        break;
    case CAVIAR_KIND_REAL:
        cav_json_real(json, value->real);
        break;
    case CAVIAR_KIND_TEXT:
        cav_json_string(json, value->text);
        break;
    }
}

void cav_json_values(cav_json *json, const caviar_value *values, size_t count)
{
    cav_json_begin_array(json);
    for (size_t i = 0; i < count; i++)
        cav_json_value(json, &values[i]);
    cav_json_end_array(json);
}

void cav_json_add_values(cav_json *json, const char *key, const caviar_value *values, size_t count)
{
    cav_json_key(json, key);
    cav_json_values(json, values, count);
}

void cav_json_add_string(cav_json *json, const char *key, const char *value)
{
    cav_json_key(json, key);
    cav_json_string(json, value);
}

void cav_json_add_number(cav_json *json, const char *key, double value)
{
    cav_json_key(json, key);
    cav_json_number(json, value);
}

void cav_json_add_int(cav_json *json, const char *key, int64_t value)
{
    cav_json_key(json, key);
    cav_json_int(json, value);
}

void cav_json_add_bool(cav_json *json, const char *key, bool value)
{
    cav_json_key(json, key);
    cav_json_bool(json, value);
}
