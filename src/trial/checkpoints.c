/**
 * checkpoints.c: reading the list.
 */
#include "trial/checkpoints.h"

#include "base/json.h"

#include <string.h>

bool cav_checkpoints_are_known(const char *list)
{
    return list && list[0];
}

// The list, for json_decref; NULL where there is nothing to read.
static json_t *parse(const char *list)
{
    json_t *json = NULL;
    if (cav_checkpoints_are_known(list) && cav_json_parse(list, strlen(list), &json, NULL))
        return NULL;
    return json;
}

size_t cav_checkpoints_count(const char *list)
{
    json_t *json = parse(list);
    size_t count = json_array_size(json);
    json_decref(json);
    return count;
}

int64_t cav_checkpoints_find(const char *list, int64_t low, int64_t high)
{
    json_t *json = parse(list);
    int64_t found = -1;
    for (size_t i = 0; i < json_array_size(json) && found < 0; i++) {
        int64_t step = json_integer_value(json_array_get(json, i));
        if (step >= low && step < high)
            found = step;
    }
    json_decref(json);
    return found;
}

int64_t cav_checkpoints_last(const char *list)
{
    json_t *json = parse(list);
    size_t count = json_array_size(json);
    int64_t last = count > 0 ? json_integer_value(json_array_get(json, count - 1)) : -1;
    json_decref(json);
    return last;
}
