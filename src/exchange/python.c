/**
 * python.c: how Python writes things down: its JSON, which has NaN, its times, and the
 * distributions that Optuna keeps as such JSON.
 */
#include "exchange/ledger.h"

#include "base/number.h"
#include "space/codec.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *const odd_words[] = {"NaN", "Infinity", "-Infinity"};

// Copies a string token; returns its end.
static const char *copy_string(const char *at, const char *end, cav_text *text)
{
    const char *from = at++;
    while (at < end && *at != '"')
        at += *at == '\\' && at + 1 < end ? 2 : 1;
    at += at < end;
    cav_text_append_size(text, from, (size_t)(at - from));
    return at;
}

static size_t odd_size(const char *at, const char *end)
{
    for (size_t i = 0; i < CAV_COUNT_OF(odd_words); i++) {
        size_t size = strlen(odd_words[i]);
        if ((size_t)(end - at) >= size && memcmp(at, odd_words[i], size) == 0)
            return size;
    }
    return 0;
}

caviar_code cav_python_json_parse(const char *text, size_t size, json_t **ret_value,
                                  cav_error *error)
{
    cav_text strict = {0};
    const char *end = text + size;
    for (const char *at = text; at < end;) {
        size_t odd = odd_size(at, end);
        if (odd > 0) {
            cav_text_append_char(&strict, '"');
            cav_text_append_size(&strict, at, odd);
            cav_text_append_char(&strict, '"');
            at += odd;
        } else if (*at == '"') {
            at = copy_string(at, end, &strict);
        } else {
            cav_text_append_char(&strict, *at++);
        }
    }
    caviar_code code = strict.failed
                           ? cav_fail_memory(error)
                           : cav_json_parse(cav_text_get(&strict), strict.size, ret_value, error);
    cav_text_free(&strict);
    return code;
}

bool cav_python_number(const json_t *value, double *ret_number)
{
    if (json_is_number(value)) {
        *ret_number = json_number_value(value);
        return true;
    }
    if (json_is_null(value)) {
        *ret_number = NAN;
        return true;
    }
    for (size_t i = 0; json_is_string(value) && i < CAV_COUNT_OF(odd_words); i++)
        if (strcmp(json_string_value(value), odd_words[i]) == 0)
            return cav_number_parse(odd_words[i], strlen(odd_words[i]), ret_number);
    return false;
}

int64_t cav_python_time_read(const char *text)
{
    struct tm local = {.tm_isdst = -1};
    char separator;
    int used = 0;
    double fraction = 0;
    if (!text ||
        sscanf(text, "%4d-%2d-%2d%c%2d:%2d:%2d%n", &local.tm_year, &local.tm_mon, &local.tm_mday,
               &separator, &local.tm_hour, &local.tm_min, &local.tm_sec, &used) < 7)
        return 0;
    const char *rest = text + used; // behind the fraction a time zone, which Optuna does not write
    size_t digits = *rest == '.' ? strspn(rest + 1, "0123456789") : 0;
    if (digits > 0 && !cav_number_parse(rest, digits + 1, &fraction))
        fraction = 0;
    local.tm_year -= 1900;
    local.tm_mon--;
    time_t seconds = mktime(&local);
    return seconds > 0 ? (int64_t)seconds * 1000 + (int64_t)(fraction * 1000 + 0.5) : 0;
}

void cav_python_time_print(int64_t ms, char separator, char ret_text[CAV_PYTHON_TIME_SIZE])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm local;
    localtime_r(&seconds, &local);
    snprintf(ret_text, CAV_PYTHON_TIME_SIZE, "%04d-%02d-%02d%c%02d:%02d:%02d.%06d",
             local.tm_year + 1900, local.tm_mon + 1, local.tm_mday, separator, local.tm_hour,
             local.tm_min, local.tm_sec, (int)(ms % 1000 * 1000 % 1000000));
}

// The distributions of Optuna by their names: those of today, and those before version 3.
static const struct kind {
    const char *name;
    caviar_type type;
    int log; // -1: as it says
    const char *step;
} kinds[] = {
    {"FloatDistribution", CAVIAR_TYPE_FLOAT, -1, "step"},
    {"float", CAVIAR_TYPE_FLOAT, -1, "step"},
    {"UniformDistribution", CAVIAR_TYPE_FLOAT, 0, NULL},
    {"LogUniformDistribution", CAVIAR_TYPE_FLOAT, 1, NULL},
    {"DiscreteUniformDistribution", CAVIAR_TYPE_FLOAT, 0, "q"},
    {"IntDistribution", CAVIAR_TYPE_INT, -1, "step"},
    {"int", CAVIAR_TYPE_INT, -1, "step"},
    {"IntUniformDistribution", CAVIAR_TYPE_INT, 0, "step"},
    {"IntLogUniformDistribution", CAVIAR_TYPE_INT, 1, NULL},
    {"CategoricalDistribution", CAVIAR_TYPE_CATEGORICAL, 0, NULL},
    {"categorical", CAVIAR_TYPE_CATEGORICAL, 0, NULL},
};

// Python's None is a text here; what is neither a number nor a text is its JSON.
static caviar_code read_choice(const json_t *from, cav_arena *arena, caviar_value *to,
                               cav_error *error)
{
    if (json_is_null(from)) {
        *to = (caviar_value){.kind = CAVIAR_KIND_TEXT, .text = "None"};
        return CAVIAR_OK;
    }
    bool is_scalar = cav_value_from_json(from, to);
    char *dump = is_scalar ? NULL : json_dumps(from, JSON_COMPACT);
    if (!is_scalar)
        *to = (caviar_value){.kind = CAVIAR_KIND_TEXT, .text = dump ? dump : ""};
    if (to->kind == CAVIAR_KIND_TEXT)
        to->text = cav_arena_strdup(arena, to->text);
    free(dump);
    return to->kind == CAVIAR_KIND_TEXT && !to->text ? cav_fail_memory(error) : CAVIAR_OK;
}

static caviar_code read_choices(const json_t *list, cav_arena *arena, cav_distribution *to,
                                cav_error *error)
{
    size_t count = json_array_size(list);
    caviar_value *choices = CAV_ARENA_NEW(arena, caviar_value, count);
    if (count == 0)
        return cav_fail(error, CAVIAR_INVALID, "its distribution has no choices");
    if (!choices)
        return cav_fail_memory(error);
    for (size_t i = 0; i < count; i++)
        if (read_choice(json_array_get(list, i), arena, &choices[i], error))
            return CAVIAR_NOMEM;
    to->choices = choices;
    to->choice_count = count;
    return CAVIAR_OK;
}

static caviar_code read_range(const json_t *fields, const struct kind *kind, cav_distribution *to,
                              cav_error *error)
{
    const json_t *low = json_object_get(fields, "low"), *high = json_object_get(fields, "high");
    if (!json_is_number(low) || !json_is_number(high) ||
        json_number_value(low) > json_number_value(high))
        return cav_fail(error, CAVIAR_INVALID,
                        "its distribution needs numbers low and high, low not above high");
    to->low = json_number_value(low);
    to->high = json_number_value(high);
    bool is_log = kind->log < 0 ? json_is_true(json_object_get(fields, "log")) : kind->log == 1;
    to->scale = is_log ? CAVIAR_SCALE_LOG : CAVIAR_SCALE_LINEAR;
    const json_t *step = kind->step ? json_object_get(fields, kind->step) : NULL;
    to->step = json_is_number(step) ? json_number_value(step) : 0;
    if (to->type == CAVIAR_TYPE_INT && to->step == 0)
        to->step = 1;
    if (!(to->step >= 0) || (is_log && to->low <= 0))
        return cav_fail(error, CAVIAR_INVALID,
                        "its distribution has a negative step, or a log range that begins at or "
                        "below 0");
    return CAVIAR_OK;
}

static caviar_code read_kind(const json_t *object, cav_arena *arena, cav_distribution *to,
                             cav_error *error)
{
    const char *name = json_string_value(json_object_get(object, "name"));
    const json_t *fields = name ? json_object_get(object, "attributes") : object;
    if (!name)
        name = json_string_value(json_object_get(object, "type"));
    for (size_t i = 0; name && i < CAV_COUNT_OF(kinds); i++) {
        if (strcmp(kinds[i].name, name) != 0)
            continue;
        to->type = kinds[i].type;
        return to->type == CAVIAR_TYPE_CATEGORICAL
                   ? read_choices(json_object_get(fields, "choices"), arena, to, error)
                   : read_range(fields, &kinds[i], to, error);
    }
    return cav_fail(error, CAVIAR_INVALID,
                    "'%.60s' is no distribution that Optuna is known to have", name ? name : "");
}

caviar_code cav_distribution_read(const char *text, cav_arena *arena,
                                  cav_distribution *ret_distribution, cav_error *error)
{
    json_t *object;
    cav_distribution read = {0};
    caviar_code code = cav_python_json_parse(text, strlen(text), &object, error);
    if (code)
        return cav_error_prefix(error, "its distribution");
    code = read_kind(object, arena, &read, error);
    json_decref(object);
    if (!code)
        *ret_distribution = read;
    return code;
}
