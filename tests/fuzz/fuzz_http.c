/**
 * fuzz_http.c: what comes with a request to the dashboard. A line each: method, path, Host, Origin,
 * Authorization, a number of the query; the rest is the body.
 *
 * Whatever they are, they are taken or refused with a sentence; a path that is taken names a study
 * by a name; a wish that is taken has what its route takes.
 */
#include "serve/guard.h"
#include "serve/route.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINES = 6 };

// Cuts the text into lines; returns the rest.
static char *cut(char *text, const char *lines[LINES])
{
    for (size_t i = 0; i < LINES; i++) {
        lines[i] = text;
        text += strcspn(text, "\n");
        if (*text)
            *text++ = '\0';
    }
    return text;
}

static void try_body(cav_route_kind kind, const char *body, size_t size)
{
    cav_wish wish;
    cav_error error = {0};
    if (cav_wish_read(kind, body, size, &wish, &error)) {
        assert(error.message[0]);
        return;
    }
    assert(json_is_object(wish.body) && wish.step >= -1);
    assert(!wish.changes || json_is_object(wish.changes));
    assert(!wish.control || kind == CAV_ROUTE_CONTROL);
    assert(kind != CAV_ROUTE_CONTROL || wish.control);
    cav_wish_free(&wish);
}

static void try_guard(const char *host, const char *origin, const char *authorization)
{
    static const char token[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
    bool known = cav_guard_knows_host(host, "lab");
    assert(!known || strlen(host) > 2);
    assert(!cav_guard_is_own_origin(origin, host) || strlen(origin) > strlen(host));
    const char *given = cav_guard_bearer(authorization);
    assert(cav_guard_is_token(given, token) == (given && strcmp(given, token) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *lines[LINES];
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    char *body = cut(text, lines);
    cav_route route;
    cav_error error = {0};
    int64_t number;
    if (!cav_route_find(lines[0], lines[1], &route, &error)) {
        assert(!route.study[0] || cav_text_is_name(route.study));
        assert(route.trial >= -1 && route.kind < CAV_ROUTE_COUNT);
    } else {
        assert(error.message[0]);
    }
    try_guard(lines[2], lines[3], lines[4]);
    if (!cav_route_number("since", lines[5], 0, &number, &error))
        assert(number >= 0);
    for (cav_route_kind kind = CAV_ROUTE_CONTROL; kind < CAV_ROUTE_COUNT; kind++)
        try_body(kind, body, (size_t)(text + size - body));
    free(text);
    return 0;
}
