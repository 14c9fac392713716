/**
 * options.c: reading options against their table.
 */
#include "base/options.h"

#include "base/number.h"
#include "base/text.h"

#include <string.h>

enum { MOST_OPTIONS = 32 };

static const cav_option *find_option(const cav_option *options, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(options[i].name, key) == 0)
            return &options[i];
    return NULL;
}

static void store_number(const cav_option *option, double number, void *settings)
{
    char *field = (char *)settings + option->offset;
    switch (option->kind) {
    case CAV_OPTION_REAL:
        memcpy(field, &number, sizeof number);
        break;
    case CAV_OPTION_INT:
        memcpy(field, &(int64_t){(int64_t)number}, sizeof(int64_t));
        break;
    case CAV_OPTION_BOOL:
        memcpy(field, &(bool){number != 0}, sizeof(bool));
        break;
    }
}

static bool parse_bool(const char *text, double *ret_number)
{
    bool on = strcmp(text, "true") == 0 || strcmp(text, "on") == 0 || strcmp(text, "yes") == 0;
    bool off = strcmp(text, "false") == 0 || strcmp(text, "off") == 0 || strcmp(text, "no") == 0;
    *ret_number = on;
    return on || off;
}

static bool parse_value(const cav_option *option, const char *text, double *ret_number)
{
    int64_t whole;
    switch (option->kind) {
    case CAV_OPTION_REAL:
        return cav_number_parse(text, strlen(text), ret_number);
    case CAV_OPTION_INT:
        if (!cav_number_parse_int(text, &whole))
            return false;
        *ret_number = (double)whole;
        return true;
    case CAV_OPTION_BOOL:
        return parse_bool(text, ret_number);
    }
    return false;
}

static caviar_code fail_value(const cav_option *option, const char *owner,
                              const cav_option_value *given, cav_error *error)
{
    char low[CAV_NUMBER_SIZE], high[CAV_NUMBER_SIZE];
    cav_number_print(option->low, low);
    cav_number_print(option->high, high);
    if (option->kind == CAV_OPTION_BOOL)
        return cav_fail(error, CAVIAR_INVALID, "option '%s' of %s is '%s'; use true or false",
                        option->name, owner, given->text);
    return cav_fail(error, CAVIAR_INVALID,
                    "option '%s' of %s is '%s'; use a%s number from %s to %s", option->name, owner,
                    given->text, option->kind == CAV_OPTION_INT ? " whole" : "", low, high);
}

static caviar_code fail_unknown(const cav_option *options, size_t count, const char *owner,
                                const char *key, cav_error *error)
{
    if (count == 0)
        return cav_fail(error, CAVIAR_INVALID, "%s has no option '%s'; it takes none", owner, key);
    const char *names[MOST_OPTIONS] = {NULL};
    size_t name_count = count < MOST_OPTIONS ? count : MOST_OPTIONS;
    for (size_t i = 0; i < name_count; i++)
        names[i] = options[i].name;
    char hint[CAV_HINT_SIZE];
    cav_text_hint(key, names, name_count, hint);
    return cav_fail(error, CAVIAR_INVALID, "%s has no option '%s'%s", owner, key, hint);
}

static caviar_code read_one(const cav_option *options, size_t count, const char *owner,
                            const cav_option_value *given, void *settings, cav_error *error)
{
    const cav_option *option = find_option(options, count, given->key);
    if (!option)
        return fail_unknown(options, count, owner, given->key, error);
    double number;
    if (!parse_value(option, given->text, &number) ||
        !(number >= option->low && number <= option->high))
        return fail_value(option, owner, given, error);
    store_number(option, number, settings);
    return CAVIAR_OK;
}

caviar_code cav_options_read(const cav_option *options, size_t option_count, const char *owner,
                             const cav_option_value *given, size_t given_count, void *ret_settings,
                             cav_error *error)
{
    for (size_t i = 0; i < option_count; i++)
        store_number(&options[i], options[i].initial, ret_settings);
    for (size_t i = 0; i < given_count; i++) {
        if (read_one(options, option_count, owner, &given[i], ret_settings, error)) {
            if (given[i].where && given[i].where[0])
                cav_error_prefix(error, "%s", given[i].where);
            return CAVIAR_INVALID;
        }
    }
    return CAVIAR_OK;
}
