/**
 * spec_text.c: to JSON and back.
 */
#include "support/spec_text.h"

#include <stdlib.h>
#include <string.h>

cav_spec *spec_parse(const char *text)
{
    cav_spec *spec = NULL;
    cav_error error = {0};
    if (cav_spec_parse("s.yaml", text, strlen(text), &spec, &error))
        fail_msg("%s\n%s", error.message, text);
    return spec;
}

char *spec_text(const cav_spec *spec)
{
    cav_text text = {0};
    cav_spec_write(spec, &(cav_json){.text = &text});
    assert_false(text.failed);
    return cav_text_take(&text);
}

static char *read_and_write(const char *text)
{
    json_t *json = NULL;
    cav_error error = {0};
    cav_spec *spec = NULL;
    assert_ok(cav_json_parse(text, strlen(text), &json, &error), &error);
    if (cav_spec_from_json(json, NULL, &spec, &error))
        fail_msg("%s\n%s", error.message, text);
    json_decref(json);
    char *again = spec_text(spec);
    cav_spec_free(spec);
    return again;
}

char *spec_round_trip(const char *text)
{
    cav_spec *spec = spec_parse(text);
    char *first = spec_text(spec), *second = read_and_write(first);
    assert_string_equal(second, first);
    cav_spec *as_yaml = spec_parse(first); // JSON is YAML
    char *third = spec_text(as_yaml);
    assert_string_equal(third, first);
    cav_spec_free(as_yaml);
    cav_spec_free(spec);
    free(second);
    free(third);
    return first;
}

const char *spec_complaint(const char *text, cav_error *error)
{
    cav_spec *spec = NULL;
    cav_error_clear(error);
    caviar_code code = cav_spec_parse("s.yaml", text, strlen(text), &spec, error);
    assert_true(code == CAVIAR_OK || code == CAVIAR_INVALID || code == CAVIAR_EXISTS);
    assert_true(code == CAVIAR_OK ? spec != NULL : spec == NULL);
    cav_spec_free(spec);
    return error->message;
}
