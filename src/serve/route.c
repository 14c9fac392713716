/**
 * route.c: paths and bodies.
 */
#include "serve/route.h"

#include "base/memory.h"
#include "base/number.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *method, *pattern;
} routes[] = {
#define X(name, method, pattern) {method, pattern},
    CAV_ROUTES(X)
#undef X
};

// ---- Paths ------------------------------------------------------------------------------------

static bool take_study(const char *word, size_t size, cav_route *route)
{
    if (size >= sizeof route->study)
        return false;
    memcpy(route->study, word, size);
    route->study[size] = '\0';
    return cav_text_is_name(route->study);
}

static bool take_trial(const char *word, size_t size, cav_route *route)
{
    char digits[20];
    if (size == 0 || size >= sizeof digits || strspn(word, "0123456789") < size)
        return false;
    snprintf(digits, sizeof digits, "%.*s", (int)size, word);
    return cav_number_parse_int(digits, &route->trial);
}

static bool fits(const char *pattern, const char *path, cav_route *route)
{
    while (*pattern == '/' && *path == '/') {
        size_t wanted = strcspn(++pattern, "/"), size = strcspn(++path, "/");
        bool same = wanted == size && strncmp(pattern, path, size) == 0;
        if (strncmp(pattern, "{study}", 7) == 0)
            same = take_study(path, size, route);
        else if (strncmp(pattern, "{trial}", 7) == 0)
            same = take_trial(path, size, route);
        if (!same)
            return false;
        pattern += wanted;
        path += size;
    }
    return *pattern == '\0' && *path == '\0';
}

caviar_code cav_route_find(const char *method, const char *path, cav_route *ret_route,
                           cav_error *error)
{
    const char *asks = strcmp(method, "HEAD") == 0 ? "GET" : method;
    for (size_t i = 0; i < CAV_COUNT_OF(routes); i++) {
        cav_route route = {.kind = (cav_route_kind)i, .trial = -1};
        if (!fits(routes[i].pattern, path, &route))
            continue;
        if (strcmp(asks, routes[i].method) != 0)
            return cav_fail(error, CAVIAR_STATE, "%s takes %s, not %.20s", routes[i].pattern,
                            routes[i].method, method);
        route.is_change = strcmp(routes[i].method, "POST") == 0;
        *ret_route = route;
        return CAVIAR_OK;
    }
    return cav_fail(error, CAVIAR_NOT_FOUND, "there is nothing at %.200s", path);
}

caviar_code cav_route_number(const char *name, const char *text, int64_t otherwise,
                             int64_t *ret_number, cav_error *error)
{
    int64_t number = otherwise;
    if (text && (!cav_number_parse_int(text, &number) || number < 0))
        return cav_fail(error, CAVIAR_INVALID, "%s: a whole number from 0 is expected, not '%.40s'",
                        name, text);
    *ret_number = number;
    return CAVIAR_OK;
}

// ---- Bodies -----------------------------------------------------------------------------------

static bool knows(cav_route_kind kind, const char *key)
{
    if (kind == CAV_ROUTE_CONTROL)
        return strcmp(key, "control") == 0;
    bool takes_changes = kind == CAV_ROUTE_NUDGE || kind == CAV_ROUTE_FORK;
    return strcmp(key, "note") == 0 ||
           (takes_changes && (strcmp(key, "changes") == 0 || strcmp(key, "force") == 0)) ||
           (kind == CAV_ROUTE_ROLLBACK && strcmp(key, "to") == 0) ||
           (kind == CAV_ROUTE_FORK && strcmp(key, "from") == 0);
}

static caviar_code fail_type(const char *key, const char *expected, const json_t *value,
                             cav_error *error)
{
    return cav_fail(error, CAVIAR_INVALID, "%.60s: %s is expected, not %s", key, expected,
                    cav_json_type_name(value));
}

static caviar_code take_key(const char *key, const json_t *value, cav_wish *wish, cav_error *error)
{
    if (strcmp(key, "changes") == 0) {
        wish->changes = value;
        return json_is_object(value) ? CAVIAR_OK : fail_type(key, "an object", value, error);
    }
    if (strcmp(key, "force") == 0) {
        wish->force = json_is_true(value);
        return json_is_boolean(value) ? CAVIAR_OK : fail_type(key, "true or false", value, error);
    }
    if (strcmp(key, "to") == 0 || strcmp(key, "from") == 0) {
        wish->step = json_integer_value(value);
        return json_is_integer(value) && wish->step >= 0 ? CAVIAR_OK
                                                         : fail_type(key, "a step", value, error);
    }
    const char **place = strcmp(key, "control") == 0 ? &wish->control : &wish->note;
    *place = json_string_value(value);
    return json_is_string(value) ? CAVIAR_OK : fail_type(key, "a string", value, error);
}

caviar_code cav_wish_read(cav_route_kind kind, const char *body, size_t size, cav_wish *ret_wish,
                          cav_error *error)
{
    cav_wish wish = {.step = -1};
    const char *key;
    json_t *value;
    caviar_code code = cav_json_parse(size ? body : "{}", size ? size : 2, &wish.body, error);
    if (!code && !json_is_object(wish.body))
        code = fail_type("the body", "an object", wish.body, error);
    if (code) {
        json_decref(wish.body);
        return code;
    }
    json_object_foreach (wish.body, key, value) {
        code = knows(kind, key) ? take_key(key, value, &wish, error)
                                : cav_fail(error, CAVIAR_INVALID, "%s takes no '%.60s'",
                                           routes[kind].pattern, key);
        if (code)
            break;
    }
    if (!code && kind == CAV_ROUTE_CONTROL && !wish.control)
        code = cav_fail(error, CAVIAR_INVALID, "control is needed: run, pause, stop or cancel");
    if (code)
        json_decref(wish.body);
    else
        *ret_wish = wish;
    return code;
}

void cav_wish_free(cav_wish *wish)
{
    json_decref(wish->body);
}
