/**
 * http_library.c: loading libmicrohttpd.
 */
#include "serve/http_library.h"

#include "base/library.h"
#include "base/memory.h"

static const cav_library_symbol symbols[] = {
#define X(function) {#function, offsetof(cav_http, function)},
    CAV_HTTP_FUNCTIONS(X)
#undef X
};

static const cav_library library = {
    .file = "libmicrohttpd.so.12",
    .name = "libmicrohttpd",
    .package = "libmicrohttpd12",
    .version = "0.9.75",
    .purpose = "the dashboard",
    .symbols = symbols,
    .symbol_count = CAV_COUNT_OF(symbols),
};

caviar_code cav_http_load(cav_http *ret_http, cav_error *error)
{
    cav_http http = {0};
    caviar_code code = cav_library_load(&library, &http, &http.handle, error);
    if (!code)
        *ret_http = http;
    return code;
}

void cav_http_unload(cav_http *http)
{
    cav_library_release(http->handle);
    http->handle = NULL;
}
