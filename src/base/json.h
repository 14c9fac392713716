/**
 * json.h: JSON. Reading is jansson's (strict: UTF-8, no duplicate keys, located errors); writing
 * streams into a cav_text, so that numbers round-trip in their shortest form.
 */
#ifndef CAV_BASE_JSON_H
#define CAV_BASE_JSON_H

#include "base/error.h"
#include "base/text.h"

#include <jansson.h>

/**
 * Parses `size` bytes into a value that the caller releases with json_decref. Fails with
 * CAVIAR_INVALID and the line and column of the fault.
 */
caviar_code cav_json_parse(const char *text, size_t size, json_t **ret_value, cav_error *error);

/** Names a value's type for messages: "a string", "an object". */
const char *cav_json_type_name(const json_t *value);

/**
 * A writer. Start from {.text = …}; commas and quotes come by themselves. With `pretty` there is
 * a line for each item. A number that is not finite is written as null, as JSON has no other.
 */
typedef struct cav_json {
    cav_text *text;
    bool pretty;
    int depth;
    bool filled; // the innermost container has an item
    bool keyed;  // a key was written and its value is due
} cav_json;

void cav_json_begin_object(cav_json *json);
void cav_json_end_object(cav_json *json);
void cav_json_begin_array(cav_json *json);
void cav_json_end_array(cav_json *json);
void cav_json_key(cav_json *json, const char *key);

void cav_json_string(cav_json *json, const char *value); // NULL becomes null
void cav_json_real(cav_json *json, double value);        // always with a point or an exponent
void cav_json_number(cav_json *json, double value);      // "64" where it is whole
void cav_json_int(cav_json *json, int64_t value);
void cav_json_bool(cav_json *json, bool value);
void cav_json_null(cav_json *json);
void cav_json_value(cav_json *json, const caviar_value *value);

/** Writes a list of values. */
void cav_json_values(cav_json *json, const caviar_value *values, size_t count);

/** Text that is JSON already. */
void cav_json_raw(cav_json *json, const char *value);

/** Key and value at once. */
void cav_json_add_string(cav_json *json, const char *key, const char *value);
void cav_json_add_number(cav_json *json, const char *key, double value);
void cav_json_add_values(cav_json *json, const char *key, const caviar_value *values, size_t count);
void cav_json_add_int(cav_json *json, const char *key, int64_t value);
void cav_json_add_bool(cav_json *json, const char *key, bool value);

/** Appends `value` as a JSON string; bytes that are no UTF-8 become U+FFFD. */
void cav_json_quote(cav_text *text, const char *value);

#endif
