/**
 * codec.h: configurations as JSON objects, {"lr":0.01,"activation":"relu"}, inactive ones left out.
 */
#ifndef CAV_SPACE_CODEC_H
#define CAV_SPACE_CODEC_H

#include "base/json.h"
#include "space/space.h"

/** Writes a configuration as an object. */
void cav_space_write(const cav_space *space, const double *raw, cav_json *json);

/**
 * Reads an object of parameters into ret_raw [count]; those that it does not name become NaN. Only
 * names, types and ranges are checked, not conditions: see cav_space_check. On failure ret_raw
 * holds nothing of use.
 */
caviar_code cav_space_read(const cav_space *space, const json_t *object, double *ret_raw,
                           cav_error *error);

/**
 * Reads changes of parameters as cav_space_write wrote them. Numbers may lie outside of their
 * ranges: somebody wanted it so.
 */
caviar_code cav_space_read_changes(const cav_space *space, const json_t *object, double *ret_raw,
                                   cav_error *error);

/**
 * Reads what cav_space_write wrote, quickly: no tree is built. False if the text is in any other
 * form, or a value is not one that the parameter can have; then cav_json_parse and cav_space_read
 * know what to make of it. What this takes, they take alike.
 */
bool cav_space_read_fast(const cav_space *space, const char *text, double *ret_raw);

/** A JSON value (a scalar) as a caviar_value, whose text belongs to `json`; false for others. */
bool cav_value_from_json(const json_t *json, caviar_value *ret_value);

#endif
